//! Benchmarks of waitline.
