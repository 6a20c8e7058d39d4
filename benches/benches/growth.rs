//! How the cost of a contact grows with agents, queues, profiles.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use waitline::Model;

const CONTACTS: f64 = 200_000.0;

fn curve(criterion: &mut Criterion, name: &str, sizes: &[usize], model: impl Fn(usize) -> Model) {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(10);
    for &size in sizes {
        let model = model(size);
        group.throughput(Throughput::Elements(waitline_benches::run(&model, 0)));
        group
            .bench_with_input(BenchmarkId::from_parameter(size), &model, |bencher, model| bencher.iter(|| waitline_benches::run(model, 0)));
    }
    group.finish();
}

fn growth(criterion: &mut Criterion) {
    curve(criterion, "agents", &[10, 100, 1_000, 10_000, 100_000], |agents| {
        waitline_benches::world(1, agents, 1, 1, 0.95, CONTACTS.max(3.0 * agents as f64))
    });
    curve(criterion, "queues of one priority", &[1, 10, 100, 1_000], |queues| waitline_benches::world(queues, 100, 1, 1, 1.05, CONTACTS));
    curve(criterion, "queues of four priorities", &[4, 10, 100, 1_000], |queues| {
        waitline_benches::world(queues, 100, 1, 4, 1.05, CONTACTS)
    });
    curve(criterion, "profiles", &[1, 10, 100], |profiles| waitline_benches::world(10, 1_000, profiles, 2, 0.95, CONTACTS));
}

criterion_group!(benches, growth);
criterion_main!(benches);
