//! Replications in parallel, and what they say together.

mod across;
mod agent_sums;
mod baseline;
mod compare;
mod formulas;
mod gate;
mod long_run;
mod part;
mod path_sums;
mod select;
mod until;
mod workers;

pub use across::{Across, Cell, Row, column};
pub use agent_sums::{AgentSums, GroupSums};
pub use baseline::{BASELINE, Change, Stored, against_baseline};
pub use compare::{Compared, Conditions, Design, Difference, compare};
pub use formulas::Formula;
pub use gate::{Check, Gated, Outcome, gate};
pub use long_run::{BATCHES, LongRun, LongRunResults, Settling};
pub use part::{Part, Shard};
pub use path_sums::{PathSums, SourceSums};
pub use select::{Contender, FIRST, Selected, select};
pub use until::{Limits, Precision};

use crate::error::{Error, ErrorKind, Problem};
use crate::model::{Model, Outline};
use crate::observe::Observer;
use crate::observers::{Grid, Summary};
use crate::random::Streams;
use crate::stats::{Confidence, Merge};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
pub use workers::OnProgress;
use workers::Workers;

/// A model, a seed and a number of replications: what [`Experiment::run`] runs.
///
/// ```
/// # use waitline::experiment::Experiment;
/// let model = std::fs::read_to_string("examples/small.toml")?.parse::<waitline::Scenario>()?.compile()?;
/// let results = Experiment::new(&model).seed(42).replications(30).run()?;
/// assert_eq!(results.replications(), 30);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Experiment<'a> {
    model: &'a Model,
    outline: Arc<Outline>,
    seed: u64,
    replications: u64,
    until: Vec<Precision>,
    limits: Limits,
    confidence: Confidence,
    threads: usize,
    progress: Option<OnProgress<'a>>,
    stop: Option<&'a AtomicBool>,
}

impl fmt::Debug for Experiment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Experiment")
            .field("model", &self.model.name)
            .field("seed", &self.seed)
            .field("replications", &self.replications)
            .field("until", &self.until)
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

impl<'a> Experiment<'a> {
    /// The most cells of interval and queue (or routing profile) that are reported; about a kilobyte each.
    pub const CELLS_MAX: u64 = crate::compile::CELLS_MAX as u64;

    /// Seed and number of replications as the model says, on all cores, with intervals of 95 %.
    pub fn new(model: &'a Model) -> Experiment<'a> {
        Experiment {
            model,
            outline: Arc::new(model.outline()),
            seed: model.run.seed,
            replications: model.run.replications,
            until: Vec::new(),
            limits: Limits::default(),
            confidence: Confidence::default(),
            threads: 0,
            progress: None,
            stop: None,
        }
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

    /// Instead of a number of replications: as many as it takes to know all these figures so precisely, within the limits.
    ///
    /// ```
    /// # use waitline::experiment::{Experiment, Limits, Precision};
    /// # let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
    /// # let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
    /// let precision = Precision::parse("total.service_level ± 2%", &model.outline()).unwrap();
    /// let results = Experiment::new(&model).until(vec![precision], Limits::default()).run()?;
    /// assert!(results.report().total.service_level[0].half_width.unwrap() <= 0.02);
    /// # Ok::<(), waitline::Error>(())
    /// ```
    pub fn until(mut self, until: Vec<Precision>, limits: Limits) -> Self {
        self.until = until;
        self.limits = limits;
        self
    }

    /// Sets the confidence of all half-widths.
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
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

    /// `progress` is told after each replication how many are done and how many there will be, as far as is known; from any thread.
    pub fn progress(mut self, progress: &'a (dyn Fn(u64, u64) + Sync)) -> Self {
        self.progress = Some(progress);
        self
    }

    /// Once `stop` is true no further replication begins; those under way are completed, and the results are of these.
    pub fn stop(mut self, stop: &'a AtomicBool) -> Self {
        self.stop = Some(stop);
        self
    }

    /// Runs all replications.
    ///
    /// # Errors
    /// When a limit is met, there is nothing to run, or it was stopped before a replication was complete.
    ///
    /// # Panics
    /// When a replication panics: what a worker panics with is passed on.
    pub fn run(&self) -> Result<Results, Error> {
        let asked = if self.until.is_empty() { self.replications } else { self.limits.least.clamp(1, self.limits.most.max(1)) };
        self.check(asked)?;
        let workers = Workers::new(self.threads, self.stop, self.progress)?;
        let mut sums = Across::default();
        let (mut done, mut goal) = (0, asked);
        loop {
            let (end, more) = self.sums(&workers, done..goal)?;
            sums.merge(&more);
            done = end;
            if done < goal {
                break;
            }
            let next = until::next(&self.until, self.limits, done, &sums, &self.outline, &self.confidence);
            match next {
                Some(next) if !self.until.is_empty() => goal = next,
                _ => break,
            }
        }
        self.results(sums, goal)
    }

    /// The results of `sums`, of `goal` replications that were asked for.
    fn results(&self, sums: Across, goal: u64) -> Result<Results, Error> {
        if sums.replications() == 0 {
            return Err(Error::new(ErrorKind::Interrupted, Problem::new("stopped before a replication was complete")));
        }
        let mut results = Results::new(self.outline.clone(), self.seed, sums, self.confidence.clone());
        results.asked = goal;
        results.until.clone_from(&self.until);
        Ok(results)
    }

    /// Sums over a range of replications, and how far it came.
    fn sums(&self, workers: &Workers<'_>, range: Range<u64>) -> Result<(u64, Across), Error> {
        let folded = workers.fold(range, |replication, across: &mut Across| {
            across.record(&self.outline, &self.replicate(replication, &mut ())?);
            Ok(())
        })?;
        let mut states = folded.states.into_iter();
        let mut sums = states.next().unwrap_or_default();
        states.for_each(|other| sums.merge(&other));
        Ok((folded.end, sums))
    }

    /// Runs one shard's replications, to be merged with those of the others by [`Part::merge_texts`].
    ///
    /// # Errors
    /// As [`Experiment::run`]; a part that was stopped is none.
    pub fn run_part(&self, shard: Shard) -> Result<Part, Error> {
        self.check(self.replications)?;
        let range = shard.replications(self.replications);
        let workers = Workers::new(self.threads, self.stop, self.progress)?;
        let (end, sums) = self.sums(&workers, range.clone())?;
        if end < range.end {
            return Err(Error::new(ErrorKind::Interrupted, Problem::new("stopped: an incomplete part is not written")));
        }
        let results = Results::new(self.outline.clone(), self.seed, sums, self.confidence.clone());
        Ok(Part::new(results, &range, self.replications))
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
    pub fn run_observed<O: Observer + Send>(&self, observer: impl Fn(u64) -> O + Sync) -> Result<(Results, Vec<O>), Error> {
        self.check(self.replications)?;
        let workers = Workers::new(self.threads, self.stop, self.progress)?;
        let folded = workers.fold(0..self.replications, |replication, (across, observers): &mut (Across, Vec<(u64, O)>)| {
            let mut watching = observer(replication);
            across.record(&self.outline, &self.replicate(replication, &mut watching)?);
            observers.push((replication, watching));
            Ok(())
        })?;
        let (mut sums, mut observers) = (Across::default(), Vec::new());
        for (across, watching) in folded.states {
            sums.merge(&across);
            observers.extend(watching);
        }
        observers.sort_by_key(|(replication, _)| *replication);
        Ok((self.results(sums, self.replications)?, observers.into_iter().map(|(_, observer)| observer).collect()))
    }

    /// Runs replication `replication` alone, watched by `observer`. The results of several are put together by [`Results::merge`].
    ///
    /// # Errors
    /// As [`Experiment::run`].
    pub fn run_one<O: Observer>(&self, replication: u64, observer: &mut O) -> Result<Results, Error> {
        self.check(1)?;
        let mut across = Across::default();
        across.record(&self.outline, &self.replicate(replication, observer)?);
        self.results(across, 1)
    }

    fn replicate<O: Observer>(&self, replication: u64, observer: &mut O) -> Result<Summary, Error> {
        replicate(self.model, Streams::new(self.seed, replication), observer)
    }

    fn check(&self, replications: u64) -> Result<(), Error> {
        let cells = (Grid::of(self.model).intervals() as u64).saturating_mul((self.model.queues.len() + self.model.profiles.len()) as u64);
        if replications == 0 {
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

/// One replication, told to `observer` too.
fn replicate<O: Observer>(model: &Model, streams: Streams, observer: &mut O) -> Result<Summary, Error> {
    let mut watching = (Summary::new(model), observer);
    crate::engine::run(model, streams, &mut watching)?;
    Ok(watching.0)
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
pub struct Results {
    outline: Arc<Outline>,
    seed: u64,
    across: Across,
    confidence: Confidence,
    asked: u64,
    until: Vec<Precision>,
}

impl Results {
    fn new(outline: Arc<Outline>, seed: u64, across: Across, confidence: Confidence) -> Results {
        Results { outline, seed, asked: across.replications(), across, confidence, until: Vec::new() }
    }

    /// What was run.
    pub fn outline(&self) -> &Outline {
        &self.outline
    }

    /// With which seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How many replications.
    pub fn replications(&self) -> u64 {
        self.across.replications()
    }

    /// How many there should have been; more than [`Results::replications`] if the experiment was stopped.
    pub fn asked(&self) -> u64 {
        self.asked
    }

    /// The confidence of all half-widths.
    pub fn confidence(&self) -> &Confidence {
        &self.confidence
    }

    /// The stopping rules, each with how far the half-width is from what it should be: 1 and less is met.
    pub fn until(&self) -> impl Iterator<Item = (&Precision, f64)> {
        self.until.iter().map(|precision| {
            let found = self.across.careful(&self.outline, &precision.metric, &self.confidence);
            (precision, precision.excess(found))
        })
    }

    /// The sums over all replications.
    pub fn across(&self) -> &Across {
        &self.across
    }

    /// The same for which `asked` replications were meant.
    pub fn of_asked(mut self, asked: u64) -> Results {
        self.asked = asked;
        self
    }

    /// Adds other replications of the same model and seed; the order does not matter.
    ///
    /// # Panics
    /// When model or seed are not the same.
    pub fn merge(&mut self, other: &Results) {
        let same = Arc::ptr_eq(&self.outline, &other.outline) || self.outline == other.outline;
        assert!(same && self.seed == other.seed, "only replications of one model and seed are put together");
        self.across.merge(&other.across);
        self.asked += other.asked;
    }
}

#[cfg(test)]
mod tests;
