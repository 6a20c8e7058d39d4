//! One long run instead of many days: the warm-up found from the data, intervals from batch means.

use super::Across;
use super::workers::Workers;
use crate::engine::LAST_INSTANT_US;
use crate::error::{Error, Problem};
use crate::model::{Agent, AtHorizon, Model, Outline};
use crate::observe::{Fact, Observer};
use crate::observers::{Batches, InCenter, Summary};
use crate::random::Streams;
use crate::stats::{Confidence, lag_one_correlation, warm_up};
use crate::time::{Span, Time};
use std::fmt;
use std::sync::Arc;

/// A run is cut into so many batches; those after the warm-up are the observations.
pub const BATCHES: usize = 20;
/// Each batch is cut into so many blocks: the grid in which the end of the warm-up is looked for.
const BLOCKS: usize = 10;
/// So many short runs before the long one, each a tenth as long, show where the warm-up ends.
const PILOTS: u64 = 10;
/// Blocks that are more alike than that leave intervals by batches too narrow: measured, 95 % ones of an M/M/10 at a load of 0.83 then cover 90 % and less.
const CORRELATION_MAX: f64 = 0.3;
/// So many contacts are enough for most questions, and take less than a second.
const CONTACTS: f64 = 1e6;

/// A long run: what a center comes to if it goes on for ever under the same conditions.
///
/// The warm-up is found by MSER-5 ([`warm_up`]) from the number of contacts in the center, averaged over ten independent pilot runs, each a
/// tenth as long as the long one and cut into 200 blocks: so what is left out does not depend on the luck of the run that is reported, which would make its intervals
/// too narrow and its means too low. Where the pilots have not settled, the long run itself is asked, and then up to half of it is left out. What is
/// left of the long run, in batches of a twentieth of it, gives the intervals: those of [`Experiment`](super::Experiment), batches in the place of replications
/// (the method of batch means: Law, Simulation Modeling and Analysis, 5th ed., section 9.5.3). They hold as far as the run is long compared with what the
/// center remembers, which is tested by the correlation of neighbouring blocks, of the pilot runs again: a run that is calm by chance looks as if it remembered
/// little, and its intervals are too narrow.
///
/// ```
/// use waitline::experiment::LongRun;
/// let model = waitline::Scenario::open("scenarios/mmc.toml")?.compile()?;
/// let results = LongRun::new(model).run()?;
/// assert!(results.warnings().is_empty());
/// let asa = results.report().total.asa_s.unwrap(); // Erlang C: 87.8 s
/// assert!((asa.estimate - 87.8).abs() < 2.0 * asa.half_width.unwrap());
/// # Ok::<(), waitline::Error>(())
/// ```
pub struct LongRun<'a> {
    model: Model,
    length: Span,
    seed: u64,
    confidence: Confidence,
    threads: usize,
    progress: Option<&'a (dyn Fn(u64, u64) + Sync)>,
}

impl fmt::Debug for LongRun<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LongRun").field("model", &self.model.name).field("length", &self.length).finish_non_exhaustive()
    }
}

impl<'a> LongRun<'a> {
    /// A long run of a model, with the seed that it names and intervals of 95 %. Its horizon, warm-up, intervals and drain do not matter; the run takes as long
    /// as a million contacts do, so far as that is known, and not less than the horizon.
    pub fn new(model: Model) -> LongRun<'a> {
        let times =
            model.expected_contacts().filter(|&expected| expected > 0.0).map_or(1.0, |expected| (CONTACTS / expected).ceil().max(1.0));
        let length = (model.run.horizon.as_us() as f64 * times).min(LAST_INSTANT_US as f64 / 2.0);
        LongRun {
            length: Span::from_us_f64(length),
            seed: model.run.seed,
            confidence: Confidence::default(),
            threads: 0,
            progress: None,
            model,
        }
    }

    /// Sets how long it takes.
    pub fn length(mut self, length: Span) -> Self {
        self.length = length;
        self
    }

    /// Sets the seed.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the confidence of all half-widths.
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    /// Sets the number of threads for the pilot runs; 0: one a core. It changes how long they take and nothing else (R2).
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// `progress` is told how many batches of the long run are over, and of how many.
    pub fn progress(mut self, progress: &'a (dyn Fn(u64, u64) + Sync)) -> Self {
        self.progress = Some(progress);
        self
    }

    /// Runs it.
    ///
    /// # Errors
    /// A length below a second or beyond what the engine plays; everything by which conditions change during the run, so that there is no
    /// long-run average; a limit that is met, such as the number waiting.
    pub fn run(mut self) -> Result<LongRunResults, Error> {
        if self.length < Span::from_secs(1) || self.length.as_us() >= LAST_INSTANT_US {
            let message = format!("a run of {} is too short or too long to be played", self.length);
            return Err(Error::input(vec![Problem::new(message).key("--length")]));
        }
        self.model.run.at_horizon = AtHorizon::Stop;
        self.model.run.horizon = Time::START + self.length;
        let problems = changing(&self.model);
        if !problems.is_empty() {
            return Err(Error::input(problems));
        }
        self.model.run.horizon = Time::from_us(self.length.as_us() / PILOTS as i64);
        let pilots = self.pilots()?;
        self.model.run.horizon = Time::START + self.length;
        let horizon = self.model.run.horizon;
        let told = Told { progress: self.progress, horizon, over: 0, next: horizon.part(1, BATCHES) };
        let mut watching = (Batches::new(&self.model, BATCHES), InCenter::new(&self.model, BATCHES * BLOCKS), told);
        crate::engine::run(&self.model, Streams::new(self.seed, 0), &mut watching)?;
        let (batches, in_center, _) = watching;
        Ok(self.results(batches.summaries(), &in_center.means(), &pilots))
    }

    /// The number of contacts in the center, pilot run by pilot run and block by block.
    fn pilots(&self) -> Result<Vec<Vec<f64>>, Error> {
        let workers = Workers::new(self.threads, None, None)?;
        let folded = workers.fold(1..PILOTS + 1, |replication, pilots: &mut Vec<(u64, Vec<f64>)>| {
            let mut in_center = InCenter::new(&self.model, BATCHES * BLOCKS);
            crate::engine::run(&self.model, Streams::new(self.seed, replication), &mut in_center)?;
            pilots.push((replication, in_center.means()));
            Ok(())
        })?;
        let mut pilots: Vec<_> = folded.states.into_iter().flatten().collect();
        // Sums of doubles have an order.
        pilots.sort_by_key(|(replication, _)| *replication);
        Ok(pilots.into_iter().map(|(_, pilot)| pilot).collect())
    }

    fn results(&self, batches: &[Summary], in_center: &[f64], pilots: &[Vec<f64>]) -> LongRunResults {
        let average = |block: usize| pilots.iter().map(|pilot| pilot[block]).sum::<f64>() / PILOTS as f64;
        let by_pilots = warm_up(&(0..BATCHES * BLOCKS).map(average).collect::<Vec<_>>());
        let found = match by_pilots {
            Some(blocks) => Some(blocks.div_ceil(BLOCKS * PILOTS as usize)),
            None => warm_up(in_center).map(|blocks| blocks.div_ceil(BLOCKS)),
        };
        // What has not settled is reported as far as it goes: from its second half.
        let first = found.unwrap_or(BATCHES / 2);
        // Agents are away by the interval of the scenario; the report has none.
        let mut outline = Outline { interval_us: None, ..self.model.outline() };
        if outline.paths.take().is_some() {
            outline.notes.push("a long run tells of queues and agents only; `waitline run` tells of ways, flows and lines".into());
        }
        let mut across = Across::default();
        batches[first..].iter().for_each(|batch| across.record(&outline, batch));
        let settling = Settling {
            length: self.length,
            warm_up: self.model.run.horizon.part(first, BATCHES).since(Time::START),
            found: found.is_some(),
            in_center: [mean(&in_center[in_center.len() / 4..in_center.len() / 2]), mean(&in_center[in_center.len() * 3 / 4..])],
            correlation: lag_one_correlation(&match by_pilots {
                Some(blocks) => pilots.iter().map(|pilot| as_long_blocks(&pilot[blocks..])).collect(),
                None => vec![in_center[first * BLOCKS..].to_vec()],
            }),
        };
        let overload = self.model.overload().map(|overload| overload.describe(&self.model));
        LongRunResults { outline: Arc::new(outline), seed: self.seed, confidence: self.confidence.clone(), across, settling, overload }
    }
}

/// Blocks of a pilot run, taken together until they are as long as those of the long run.
fn as_long_blocks(blocks: &[f64]) -> Vec<f64> {
    blocks.chunks_exact(PILOTS as usize).map(mean).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// How far a long run has settled.
///
/// ```
/// use waitline::experiment::LongRun;
/// let model = waitline::Scenario::open("scenarios/mmc.toml")?.compile()?;
/// let settling = LongRun::new(model).run()?.settling();
/// assert!(settling.found && settling.warm_up.as_us() * 10 <= settling.length.as_us());
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settling {
    /// How long the run is.
    pub length: Span,
    /// How much of its beginning is left out.
    pub warm_up: Span,
    /// Whether a warm-up of at most half of the run was found; else half of the run is left out.
    pub found: bool,
    /// The mean number of contacts in the center in the second and in the last quarter of the run.
    pub in_center: [f64; 2],
    /// The correlation of neighbouring stretches of a 200th of the run in that number; from the pilot runs, or if these have not settled from the run itself.
    pub correlation: Option<f64>,
}

/// What a long run says.
///
/// ```
/// use waitline::experiment::LongRun;
/// let model = waitline::Scenario::open("scenarios/erlang-a.toml")?.compile()?;
/// let results = LongRun::new(model).seed(7).run()?;
/// println!("{}", results.report());
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct LongRunResults {
    outline: Arc<Outline>,
    seed: u64,
    confidence: Confidence,
    across: Across,
    settling: Settling,
    overload: Option<String>,
}

impl LongRunResults {
    /// What was run.
    pub fn outline(&self) -> &Outline {
        &self.outline
    }

    /// With which seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The confidence of all half-widths.
    pub fn confidence(&self) -> &Confidence {
        &self.confidence
    }

    /// Sums over the batches after the warm-up, in the place of replications.
    pub fn across(&self) -> &Across {
        &self.across
    }

    /// How far it has settled.
    pub fn settling(&self) -> Settling {
        self.settling
    }

    /// How long a batch is.
    pub fn batch(&self) -> Span {
        Span::from_us(self.outline.horizon_us / BATCHES as i64)
    }

    /// Why the figures should not be believed, in plain words; none if all is well.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings: Vec<String> = self.overload.iter().cloned().collect();
        let Settling { found, in_center: [before, after], correlation, .. } = self.settling;
        if !found {
            let why =
                if after > 1.1 * before { "more work comes in than is done, or the run is too short" } else { "the run is too short" };
            warnings.push(format!(
                "it has not settled: {why} (contacts in the center: {before:.1} in the second quarter of the run, {after:.1} in the last)"
            ));
        }
        if let Some(correlation) = correlation.filter(|correlation| *correlation > CORRELATION_MAX) {
            warnings.push(format!(
                "the run is short for what the center remembers (correlation of neighbouring 200ths {correlation:.2}): the half-widths are too narrow"
            ));
        }
        let left = self.across.total().waits.all().count() as f64 / self.across.replications() as f64;
        if left < 100.0 {
            warnings.push(format!("a batch has {left:.0} contacts only: a longer run is needed"));
        }
        warnings
    }
}

/// By what conditions change during the run.
fn changing(model: &Model) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut add = |key: String, message: String| problems.push(Problem::new(format!("{message}: there is no long-run average")).key(key));
    let horizon = model.run.horizon;
    for (place, source) in model.sources.iter().enumerate() {
        let key = format!("source[{place}]");
        if !source.given.is_empty() {
            add(key, format!("`{}` replays contacts that end", source.name));
            continue;
        }
        let rates: Option<Vec<f64>> = (0..40)
            .map(|part| {
                let (from, to) = (horizon.part(part, 40), horizon.part(part + 1, 40));
                source.arrivals.expected(from, to).map(|expected| expected / (to.since(from).as_secs_f64() / 3600.0))
            })
            .collect();
        let Some(rates) = rates else { continue };
        let (least, most) = rates.iter().fold((f64::INFINITY, 0.0_f64), |(least, most), &rate| (least.min(rate), most.max(rate)));
        if most - least > 1e-6 * most {
            add(key, format!("the arrivals of `{}` change (from {:.1} to {most:.1} an hour on average)", source.name, least + 0.0));
        }
    }
    for (place, queue) in model.queues.iter().enumerate().filter(|(_, queue)| queue.handle_time_cv > 0.0) {
        add(format!("queue[{place}].handle_time_varies"), format!("the handle time of `{}` varies from one run to the next", queue.name));
    }
    let goes = |agent: &&Agent| !matches!(agent.presence[..], [shift] if shift.start == Time::START && shift.end >= horizon);
    let mut going = model.agents.iter().filter(goes);
    if let Some(agent) = going.next() {
        let all = 1 + going.count();
        let verb = if all == 1 { "agent comes and goes" } else { "agents come and go" };
        add("agents".into(), format!("{all} {verb}, such as `{}`", agent.name));
    }
    problems
}

/// Tells how many batches are over.
struct Told<'a> {
    progress: Option<&'a (dyn Fn(u64, u64) + Sync)>,
    horizon: Time,
    over: usize,
    /// When the next one will be.
    next: Time,
}

impl Observer for Told<'_> {
    #[inline]
    fn observe(&mut self, at: Time, _fact: &Fact) {
        if at < self.next {
            return;
        }
        while at >= self.next {
            self.over += 1;
            self.next = self.horizon.part(self.over + 1, BATCHES);
        }
        if let Some(progress) = self.progress {
            progress(self.over as u64, BATCHES as u64);
        }
    }
}
