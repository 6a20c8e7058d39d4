//! How far long work is, and how to stop it.

use std::cell::Cell;
use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How far the work is, on a terminal, if it takes more than a second.
pub(super) struct Progress {
    /// What is counted.
    what: &'static str,
    begun: Instant,
    /// When it was last shown; `None`: not on a terminal.
    shown: Option<Mutex<Cell<Instant>>>,
}

impl Progress {
    const PATIENCE: Duration = Duration::from_secs(1);

    /// Of replications.
    pub(super) fn new() -> Progress {
        Progress::of("replications")
    }

    pub(super) fn of(what: &'static str) -> Progress {
        let begun = Instant::now();
        Progress { what, begun, shown: io::stderr().is_terminal().then(|| Mutex::new(Cell::new(begun))) }
    }

    pub(super) fn show(&self, done: u64, of: u64) {
        let Some(shown) = self.shown.as_ref().and_then(|shown| shown.try_lock().ok()) else { return };
        let now = Instant::now();
        if now.duration_since(shown.get()) >= Self::PATIENCE {
            shown.set(now);
            let left = now.duration_since(self.begun).as_secs_f64() / done as f64 * of.saturating_sub(done) as f64;
            eprint!("\r{done} of {of} {}, about {left:.0} s left \x1b[K", self.what);
        }
    }

    /// What is known before the work is done; only said on a terminal, for the report says it too.
    pub(super) fn say(&self, what: &str) {
        if self.shown.is_some() {
            eprintln!("{what}");
        }
    }

    pub(super) fn clear(&self) {
        let was_shown = |shown: &Mutex<Cell<Instant>>| shown.try_lock().is_ok_and(|shown| shown.get() > self.begun);
        if self.shown.as_ref().is_some_and(was_shown) {
            eprint!("\r\x1b[K");
        }
    }
}

static STOP: AtomicBool = AtomicBool::new(false);

/// What Ctrl-C sets: no further replication begins, and what is complete is reported. Pressed again, it ends the program at once.
pub(super) fn stop_on_interrupt() -> &'static AtomicBool {
    // Without a handler Ctrl-C ends the program, as ever; that is no reason not to run.
    let _ = ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        let _ = writeln!(io::stderr(), "\nstopping when the replications under way are complete; Ctrl-C again stops at once");
    });
    &STOP
}
