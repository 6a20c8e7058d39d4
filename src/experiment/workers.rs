//! Replications on all cores, begun in order.

use crate::error::{Error, ErrorKind, Problem};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::fmt;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// No more threads than that are started, whoever asks for a million: starting them takes longer than the work, and results do not depend on it.
const THREADS_MAX: usize = 1024;

/// Is told how many replications are done, and of how many; from any thread.
pub type OnProgress<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// Threads that share out replications.
pub(super) struct Workers<'a> {
    pool: ThreadPool,
    pub(super) stop: Option<&'a AtomicBool>,
    pub(super) progress: Option<OnProgress<'a>>,
    done: AtomicU64,
}

impl fmt::Debug for Workers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workers").field("threads", &self.pool.current_num_threads()).finish_non_exhaustive()
    }
}

/// What came of it.
pub(super) struct Folded<S> {
    /// One state for each thread; together they have seen each replication once.
    pub(super) states: Vec<S>,
    /// The first replication that was not begun: all before it are complete.
    pub(super) end: u64,
}

impl<'a> Workers<'a> {
    pub(super) fn new(threads: usize, stop: Option<&'a AtomicBool>, progress: Option<OnProgress<'a>>) -> Result<Workers<'a>, Error> {
        let pool = ThreadPoolBuilder::new().num_threads(threads.min(THREADS_MAX)).build();
        let pool = pool.map_err(|error| Error::new(ErrorKind::Limit, Problem::new(format!("no threads could be started: {error}"))))?;
        Ok(Workers { pool, stop, progress, done: AtomicU64::new(0) })
    }

    /// Whether the user wants no more.
    pub(super) fn stopped(&self) -> bool {
        self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed))
    }

    /// Does `one` for each replication of a range, with a state of its own for each thread.
    ///
    /// Replications are begun in order and those begun are completed, so that whoever is stopped has all up to some number.
    pub(super) fn fold<S: Default + Send>(
        &self,
        range: Range<u64>,
        one: impl Fn(u64, &mut S) -> Result<(), Error> + Sync,
    ) -> Result<Folded<S>, Error> {
        let (next, failed) = (AtomicU64::new(range.start), Mutex::new(None::<(u64, Error)>));
        let over = AtomicBool::new(false);
        let goal = self.done.load(Ordering::Relaxed) + (range.end - range.start);
        let states = self.pool.broadcast(|_| {
            let mut state = S::default();
            let guard = StopOnPanic(&over);
            while !self.stopped() && !over.load(Ordering::Relaxed) {
                let replication = next.fetch_add(1, Ordering::Relaxed);
                if replication >= range.end {
                    break;
                }
                if let Err(error) = one(replication, &mut state) {
                    over.store(true, Ordering::Relaxed);
                    let mut failed = failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    if failed.as_ref().is_none_or(|(earlier, _)| replication < *earlier) {
                        *failed = Some((replication, error));
                    }
                }
                let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
                if let Some(progress) = self.progress {
                    progress(done, goal);
                }
            }
            drop(guard);
            state
        });
        match failed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
            Some((_, error)) => Err(error),
            None => Ok(Folded { states, end: next.into_inner().min(range.end) }),
        }
    }
}

/// The others stop when one panics; its panic goes on to the caller.
struct StopOnPanic<'a>(&'a AtomicBool);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}
