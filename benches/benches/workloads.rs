//! Contacts per second on the six workloads, one thread, standard summary on.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn workloads(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("workload");
    group.sample_size(20);
    for name in ["w1", "w2", "w3", "w4", "w3h", "w4h"] {
        let model = waitline_benches::workload(name, 200_000.0);
        group.throughput(Throughput::Elements(waitline_benches::run(&model, 0)));
        group
            .bench_with_input(BenchmarkId::from_parameter(name), &model, |bencher, model| bencher.iter(|| waitline_benches::run(model, 0)));
    }
    group.finish();
}

criterion_group!(benches, workloads);
criterion_main!(benches);
