//! Designs against each other, on the same contacts.

use super::formulas;
use super::replicate;
use super::workers::{OnProgress, Workers};
use crate::error::{Error, ErrorKind, Problem};
use crate::model::{Measure, Metric, Model, Outline, PathOutline, Scope};
use crate::random::Streams;
use crate::stats::{Confidence, Estimate, Merge, Moments};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A model with a name for people: one of several to choose from.
///
/// ```
/// use waitline::experiment::Design;
/// let text = std::fs::read_to_string("scenarios/savings-overflow.toml").unwrap();
/// let model = text.parse::<waitline::Scenario>().unwrap().compile().unwrap();
/// assert_eq!(Design::new("as it is", &model).label, "as it is");
/// ```
#[derive(Clone, Debug)]
pub struct Design<'a> {
    /// What it is called.
    pub label: String,
    /// What it is.
    pub model: &'a Model,
}

impl<'a> Design<'a> {
    /// A design of that name.
    pub fn new(label: impl Into<String>, model: &'a Model) -> Design<'a> {
        Design { label: label.into(), model }
    }
}

/// How several designs are run side by side.
///
/// ```
/// use waitline::experiment::Conditions;
/// assert_eq!(Conditions::new(1, 20).replications, 20);
/// ```
#[derive(Clone)]
pub struct Conditions<'a> {
    /// The seed, one for all: every design meets the same contacts.
    pub seed: u64,
    /// How many replications of each.
    pub replications: u64,
    /// Of the intervals.
    pub confidence: Confidence,
    /// Threads; 0: one a core.
    pub threads: usize,
    /// Is told how many replications are done, and of how many.
    pub progress: Option<OnProgress<'a>>,
    /// Once it is true no further replication begins.
    pub stop: Option<&'a AtomicBool>,
}

impl fmt::Debug for Conditions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conditions").field("seed", &self.seed).field("replications", &self.replications).finish_non_exhaustive()
    }
}

impl Conditions<'_> {
    /// On all cores, at 95 %.
    pub fn new(seed: u64, replications: u64) -> Self {
        Conditions { seed, replications, confidence: Confidence::default(), threads: 0, progress: None, stop: None }
    }
}

/// What a comparison found of one metric in one variant.
///
/// ```
/// use waitline::experiment::{Conditions, Design, compare};
/// let scenario = waitline::Scenario::open("scenarios/savings-overflow.toml")?;
/// let (base, more) = (scenario.compile()?, scenario.set("agents.senior.count", "8")?.compile()?);
/// let found = compare(&Design::new("6", &base), &[Design::new("8", &more)], &[], &Conditions::new(1, 20))?;
/// let difference = &found.variants[0][0];
/// assert_eq!(difference.metric.to_string(), "total.service_level");
/// assert!(difference.difference.unwrap().estimate > 0.0);
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Difference {
    /// Which figure.
    pub metric: Metric,
    /// In the base.
    pub base: Option<Estimate>,
    /// In the variant.
    pub variant: Option<Estimate>,
    /// The variant less the base, replication by replication; its interval is for this difference read alone.
    pub difference: Option<Estimate>,
    /// The half-width with which all differences of the comparison hold together (Bonferroni).
    pub joint_half_width: Option<f64>,
    /// How many times as many replications independent runs would have taken for the same half-width.
    pub variance_reduction: Option<f64>,
}

/// What a comparison found.
///
/// ```
/// use waitline::experiment::{Conditions, Design, compare};
/// let model = waitline::Scenario::open("scenarios/savings-overflow.toml")?.compile()?;
/// let same = compare(&Design::new("one", &model), &[Design::new("other", &model)], &[], &Conditions::new(1, 5))?;
/// assert!(same.variants[0].iter().all(|row| row.difference.is_none_or(|difference| difference.estimate == 0.0)));
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Compared {
    /// The seed.
    pub seed: u64,
    /// How many replications are complete.
    pub replications: u64,
    /// How many were asked for.
    pub asked: u64,
    /// Of all intervals.
    pub confidence: Confidence,
    /// The figures that were asked for, as the base has them.
    pub metrics: Vec<String>,
    /// Names and outlines: the base, then the variants.
    pub designs: Vec<(String, Arc<Outline>)>,
    /// Variant by variant the differences of all metrics that it shares with the base; the first decides.
    pub variants: Vec<Vec<Difference>>,
    /// What the reader should know.
    pub notes: Vec<String>,
}

/// Plays `base` and each of `variants` on the same contacts and looks at the differences of `metrics`, given as names; without any, at service level,
/// average speed of answer and abandonment of each queue and all together, and each profile's occupancy.
///
/// # Errors
/// A metric that does not exist or cannot be compared, a limit that is met, or that it was stopped before two replications were complete.
pub fn compare(base: &Design<'_>, variants: &[Design<'_>], metrics: &[String], conditions: &Conditions<'_>) -> Result<Compared, Error> {
    let outlines: Vec<Arc<Outline>> = std::iter::once(base).chain(variants).map(|design| Arc::new(design.model.outline())).collect();
    let wanted = if metrics.is_empty() { standard(&outlines[0]) } else { asked(metrics, &outlines[0])? };
    // Of each design, the metrics by its own ids; what it does not have is left out.
    let of_designs: Vec<Vec<Option<Metric>>> =
        outlines.iter().map(|outline| wanted.iter().map(|metric| outline.metric(&metric.to_string()).ok()).collect()).collect();
    let designs: Vec<&Design<'_>> = std::iter::once(base).chain(variants).collect();
    let workers = Workers::new(conditions.threads, conditions.stop, conditions.progress)?;
    let folded = workers.fold(0..conditions.replications, |replication, pairs: &mut Pairs| {
        let streams = Streams::new(conditions.seed, replication);
        let mut rows = Vec::with_capacity(designs.len());
        for ((design, outline), metrics) in designs.iter().zip(&outlines).zip(&of_designs) {
            let summary = replicate(design.model, streams, &mut ())?;
            let parts = |metric: &Option<Metric>| formulas::parts(outline, &summary, metric.as_ref()?);
            rows.push(metrics.iter().map(parts).collect::<Vec<_>>());
        }
        pairs.record(&rows);
        Ok(())
    })?;
    let mut pairs = Pairs::default();
    folded.states.iter().for_each(|state| pairs.merge(state));
    if folded.end < 2 {
        let kind = if workers.stopped() { ErrorKind::Interrupted } else { ErrorKind::Input };
        return Err(Error::new(kind, Problem::new("a comparison takes at least two complete replications")));
    }
    let common = of_designs[1..].iter().flatten().flatten().count();
    let joint = conditions.confidence.each_of(common);
    let variants = pairs.0.iter().map(|row| {
        let pairs = wanted.iter().zip(row).filter(|(_, moments)| moments.count() > 0);
        pairs.map(|(metric, moments)| difference(metric, moments, &conditions.confidence, &joint)).collect()
    });
    Ok(Compared {
        seed: conditions.seed,
        replications: folded.end,
        asked: conditions.replications,
        confidence: conditions.confidence.clone(),
        variants: variants.collect(),
        metrics: wanted.iter().map(ToString::to_string).collect(),
        notes: notes(&designs, &outlines),
        designs: designs.iter().map(|design| design.label.clone()).zip(outlines).collect(),
    })
}

/// Variant by variant and metric by metric: numerator and denominator in the base, then in the variant.
#[derive(Default)]
struct Pairs(Vec<Vec<Moments>>);

impl Pairs {
    fn record(&mut self, rows: &[Vec<Option<[i128; 2]>>]) {
        let Some((base, variants)) = rows.split_first() else { return };
        self.0.resize_with(variants.len(), || vec![Moments::default(); base.len()]);
        for (row, moments) in variants.iter().zip(&mut self.0) {
            for ((base, variant), moments) in base.iter().zip(row).zip(moments) {
                if let (Some(base), Some(variant)) = (base, variant) {
                    moments.record(&[base[0], base[1], variant[0], variant[1]]);
                }
            }
        }
    }

    fn merge(&mut self, other: &Pairs) {
        self.0.resize_with(self.0.len().max(other.0.len()), Vec::new);
        self.0.iter_mut().zip(&other.0).for_each(|(mine, theirs)| mine.merge(theirs));
    }
}

fn difference(metric: &Metric, moments: &Moments, confidence: &Confidence, joint: &Confidence) -> Difference {
    let unit = formulas::unit_of_parts(metric.measure);
    let ratio = |numerator, denominator| moments.ratio(&[(numerator, 1)], &[(denominator, 1)], confidence).map(|figure| figure.per(unit));
    let apart = |confidence| moments.difference([0, 1], [2, 3], confidence).map(|figure| figure.per(unit));
    let (base, variant, difference) = (ratio(0, 1), ratio(2, 3), apart(confidence));
    let square = |figure: Option<Estimate>| figure.and_then(|figure| figure.half_width).map(|width| width * width);
    let variance_reduction = match (square(base), square(variant), square(difference)) {
        // Where nothing differs, rounding is all that is left.
        (Some(base), Some(variant), Some(paired)) if paired > 1e-12 * (base + variant) => Some((base + variant) / paired),
        _ => None,
    };
    Difference {
        metric: metric.clone(),
        base,
        variant,
        difference,
        joint_half_width: apart(joint).and_then(|figure| figure.half_width),
        variance_reduction,
    }
}

/// What planners look at first.
fn standard(outline: &Outline) -> Vec<Metric> {
    let of_contacts = [Measure::ServiceLevel, Measure::Asa, Measure::AbandonmentRate];
    let of_ways = [Measure::Spoken, Measure::ToAgent, Measure::SelfServed, Measure::Blocked];
    // Where agents have desks, contacts are followed all their way, but they need not do anything on it.
    let has_ways = |paths: &PathOutline| !outline.reports_agents || !paths.flows.is_empty() || !paths.carriers.is_empty();
    let of_ways = of_ways.iter().filter(|_| outline.paths.as_ref().is_some_and(has_ways));
    let total = of_ways.chain(&of_contacts).map(|&measure| Metric::new(Scope::Total, "total", measure));
    let mut metrics: Vec<Metric> = total.collect();
    if outline.queues.len() > 1 {
        for (queue, row) in outline.queue_ids().zip(&outline.queues) {
            metrics.extend(of_contacts.map(|measure| Metric::new(Scope::Queue(queue), &row.name, measure)));
        }
    }
    for (place, profile) in outline.profiles.iter().enumerate() {
        let id = crate::id::Id::from_index(place);
        metrics.push(Metric::new(Scope::Profile(id), &profile.name, Measure::Occupancy));
    }
    metrics
}

fn asked(names: &[String], outline: &Outline) -> Result<Vec<Metric>, Error> {
    let (mut metrics, mut problems) = (Vec::new(), Vec::new());
    for name in names {
        match outline.metric(name).and_then(|metric| comparable(metric, outline)) {
            // Named twice, it is one figure, and one of those that hold together.
            Ok(metric) if metrics.contains(&metric) => {}
            Ok(metric) => metrics.push(metric),
            Err(problem) => problems.push(problem.key("--metric")),
        }
    }
    if problems.is_empty() { Ok(metrics) } else { Err(Error::input(problems)) }
}

/// Percentiles are no ratio of sums, so that a difference of two has no interval here.
pub(super) fn comparable(metric: Metric, outline: &Outline) -> Result<Metric, Problem> {
    match metric.measure {
        Measure::Wait(_) => Err(Problem::new(format!(
            "{metric} cannot be compared replication by replication: choose such as service_level, asa_s, mean_wait_s or delayed"
        ))),
        Measure::DaysMeetingTarget if outline.headline(metric.scope).and_then(|level| level.target).is_none() => {
            Err(Problem::new(format!("{metric}: the headline service level has no target to meet")))
        }
        _ => Ok(metric),
    }
}

/// Where designs do not meet the same contacts.
pub(super) fn notes(designs: &[&Design<'_>], outlines: &[Arc<Outline>]) -> Vec<String> {
    let mut notes = Vec::new();
    let names = |model: &Model| model.sources.iter().map(|source| source.name.clone()).collect::<Vec<_>>();
    let base = names(designs[0].model);
    for (design, outline) in designs.iter().zip(outlines).skip(1) {
        if names(design.model) != base {
            notes.push(format!(
                "{}: its sources are not those of {} in the same order; contacts are paired by the place of their source",
                design.label, designs[0].label
            ));
        }
        if outline.counted_us() != outlines[0].counted_us() {
            notes.push(format!("{}: its horizon or warm-up is not that of {}", design.label, designs[0].label));
        }
    }
    notes
}
