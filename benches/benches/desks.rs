//! What a contact costs where agents hold several of three channels, with and without offers that ring; and, for comparison in the same run, where as many
//! agents take calls only.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const CONTACTS: f64 = 200_000.0;

fn desks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("desks");
    group.sample_size(10);
    let models = [
        ("calls only", waitline_benches::world(1, 50, 1, 1, 0.9, CONTACTS)),
        ("three channels", waitline_benches::desks(false, CONTACTS)),
        ("three channels, offers", waitline_benches::desks(true, CONTACTS)),
    ];
    for (name, model) in &models {
        group.throughput(Throughput::Elements(waitline_benches::run(model, 0)));
        group.bench_with_input(BenchmarkId::from_parameter(name), model, |bencher, model| bencher.iter(|| waitline_benches::run(model, 0)));
    }
    group.finish();
}

criterion_group!(benches, desks);
criterion_main!(benches);
