//! Time and memory of this process.

use cpu_time::ProcessTime;

/// What was asked for, and the nanoseconds of CPU time that it took.
pub fn cpu_ns<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let begun = ProcessTime::now();
    let done = work();
    (done, begun.elapsed().as_nanos() as f64)
}

/// The middle one; of an even number the mean of the two.
pub fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    f64::midpoint(values[(values.len() - 1) / 2], values[values.len() / 2])
}

/// The most memory that was resident so far, in MB; where the system tells.
pub fn peak_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok().map(|kb| kb * 1024.0 / 1e6)
}
