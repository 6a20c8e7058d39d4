//! Replications in parallel, and what they say together.

mod across;

pub use across::{Across, Row, WaitTimes, column, total_levels};

use crate::error::{Error, ErrorKind, Problem};
use crate::model::Model;
use crate::observe::Observer;
use crate::observers::{Grid, Summary};
use crate::random::Streams;
use crate::stats::Merge;
use rayon::prelude::*;
use std::fmt;
use std::sync::Mutex;

/// A model, a seed and a number of replications: what [`Experiment::run`] runs.
///
/// ```
/// # use waitline::experiment::Experiment;
/// let model = std::fs::read_to_string("examples/small.toml")?.parse::<waitline::Scenario>()?.compile()?;
/// let results = Experiment::new(&model).seed(42).replications(30).run()?;
/// assert_eq!(results.replications(), 30);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Experiment<'a> {
    model: &'a Model,
    seed: u64,
    replications: u64,
    threads: usize,
    progress: Option<&'a (dyn Fn(u64) + Sync)>,
}

impl fmt::Debug for Experiment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Experiment")
            .field("model", &self.model.name)
            .field("seed", &self.seed)
            .field("replications", &self.replications)
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

impl<'a> Experiment<'a> {
    /// The most cells of interval and queue (or routing profile) that are reported; about a kilobyte each.
    pub const CELLS_MAX: u64 = crate::compile::CELLS_MAX as u64;

    /// Seed and number of replications as the model says, on all cores.
    pub fn new(model: &'a Model) -> Experiment<'a> {
        Experiment { model, seed: model.run.seed, replications: model.run.replications, threads: 0, progress: None }
    }

    /// Sets the seed.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the number of replications.
    pub fn replications(mut self, replications: u64) -> Self {
        self.replications = replications;
        self
    }

    /// Sets the number of threads; 0: one a core. It changes how long the run takes and nothing else (R2).
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// What is run.
    pub fn model(&self) -> &'a Model {
        self.model
    }

    /// `progress` is told after each replication how many are done, from any thread.
    pub fn progress(mut self, progress: &'a (dyn Fn(u64) + Sync)) -> Self {
        self.progress = Some(progress);
        self
    }

    /// Runs all replications.
    ///
    /// # Errors
    /// When a limit is met, or there is nothing to run.
    ///
    /// # Panics
    /// When a replication panics: what a worker panics with is passed on.
    pub fn run(&self) -> Result<Results<'a>, Error> {
        self.run_observed(|_| ()).map(|(results, _)| results)
    }

    /// Runs all replications, each watched by an observer of its own, and gives the observers back in the order of the replications.
    ///
    /// All observers are kept until the end; for those that are better used one after the other (they write to one file, say) there is
    /// [`Experiment::run_one`].
    ///
    /// # Errors
    /// As [`Experiment::run`].
    ///
    /// # Panics
    /// As [`Experiment::run`].
    pub fn run_observed<O: Observer + Send>(&self, observer: impl Fn(u64) -> O + Sync) -> Result<(Results<'a>, Vec<O>), Error> {
        self.check()?;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build();
        let pool = pool.map_err(|error| Error::new(ErrorKind::Limit, Problem::new(format!("no threads could be started: {error}"))))?;
        // What is merged may come in any order. So there are as many sums as threads: each replication is added to one that nobody else
        // holds at the moment, and no replication is kept.
        let shared = Mutex::new((Vec::<Across>::new(), 0));
        // A poisoned lock means that another worker panicked, and that panic is on its way to the caller.
        let shared_sums = || shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let one = |replication| {
            let mut watching = observer(replication);
            let summary = self.replicate(replication, &mut watching)?;
            let mut across = shared_sums().0.pop().unwrap_or_default();
            across.record(self.model, &summary);
            let mut shared = shared_sums();
            shared.0.push(across);
            shared.1 += 1;
            if let Some(progress) = self.progress {
                progress(shared.1);
            }
            Ok(watching)
        };
        let observers = pool.install(|| (0..self.replications).into_par_iter().map(one).collect::<Result<Vec<O>, Error>>())?;
        let mut parts = std::mem::take(&mut shared_sums().0);
        let mut across = parts.pop().unwrap_or_default();
        for part in &parts {
            across.merge(part);
        }
        Ok((Results { model: self.model, seed: self.seed, across }, observers))
    }

    /// Runs replication `replication` alone, watched by `observer`. The results of several are put together by [`Results::merge`].
    ///
    /// # Errors
    /// As [`Experiment::run`].
    pub fn run_one<O: Observer>(&self, replication: u64, observer: &mut O) -> Result<Results<'a>, Error> {
        self.check()?;
        let mut across = Across::default();
        across.record(self.model, &self.replicate(replication, observer)?);
        Ok(Results { model: self.model, seed: self.seed, across })
    }

    fn replicate<O: Observer>(&self, replication: u64, observer: &mut O) -> Result<Summary, Error> {
        let mut watching = (Summary::new(self.model), observer);
        crate::engine::run(self.model, Streams::new(self.seed, replication), &mut watching)?;
        Ok(watching.0)
    }

    fn check(&self) -> Result<(), Error> {
        let cells = (Grid::of(self.model).intervals() as u64).saturating_mul((self.model.queues.len() + self.model.profiles.len()) as u64);
        if self.replications == 0 {
            return Err(Error::input(vec![Problem::new("0 replications: at least one is needed").key("run.replications")]));
        }
        if self.model.run.interval.is_some() && cells > Self::CELLS_MAX {
            let message = format!(
                "{cells} intervals times queues and routing profiles are more than the {} that are reported; choose longer intervals",
                Self::CELLS_MAX
            );
            return Err(Error::new(ErrorKind::Limit, Problem::new(message).key("run.interval")));
        }
        Ok(())
    }
}

/// What the replications of an experiment say together.
///
/// ```
/// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// # let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// let results = waitline::Experiment::new(&model).replications(5).run().unwrap();
/// println!("{}", results.report());
/// ```
#[derive(Clone, Debug)]
pub struct Results<'a> {
    model: &'a Model,
    seed: u64,
    across: Across,
}

impl<'a> Results<'a> {
    /// What was run.
    pub fn model(&self) -> &'a Model {
        self.model
    }

    /// With which seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How many replications.
    pub fn replications(&self) -> u64 {
        self.across.replications()
    }

    /// The sums over all replications.
    pub fn across(&self) -> &Across {
        &self.across
    }

    /// Adds other replications of the same model and seed; the order does not matter.
    ///
    /// # Panics
    /// When model or seed are not the same.
    pub fn merge(&mut self, other: &Results<'_>) {
        assert!(
            std::ptr::eq(self.model, other.model) && self.seed == other.seed,
            "only replications of one model and seed are put together"
        );
        self.across.merge(&other.across);
    }
}

#[cfg(test)]
mod tests;
