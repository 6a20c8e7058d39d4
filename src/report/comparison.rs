//! A comparison as finished numbers, tables and sentences.

use super::Figure;
use super::columns::{Columns, NONE, decimals, percentage, places, rounded, scaled, shown, title, unit_of_difference};
use crate::experiment::{Compared, Difference};
use crate::model::{Origin, Outline};
use serde::Serialize;
use std::cmp::Ordering;
use std::fmt::Write as _;
use std::io;
use std::sync::Arc;

/// Everything that is reported of a comparison. Serialised, it is the JSON form; printed, the text.
///
/// ```
/// use waitline::experiment::{Conditions, Design, compare};
/// use waitline::report::ComparisonReport;
/// let scenario = waitline::Scenario::open("scenarios/savings-overflow.toml")?;
/// let (base, more) = (scenario.compile()?, scenario.set("agents.senior.count", "8")?.compile()?);
/// let found = compare(&Design::new("as it is", &base), &[Design::new("8 seniors", &more)], &[], &Conditions::new(1, 20))?;
/// let report = ComparisonReport::new(&found);
/// assert!(report.to_text().contains("8 seniors is better than as it is: total.service_level rises by "));
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComparisonReport {
    /// Version of waitline.
    pub waitline: &'static str,
    /// The seed of all designs.
    pub seed: u64,
    /// How many replications of each.
    pub replications: u64,
    /// Present if it was stopped: how many there should have been.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partial: Option<u64>,
    /// The confidence of each `half_width` read alone, and of all `joint_half_width` together.
    pub confidence: f64,
    /// The figures that were asked for.
    pub metrics: Vec<String>,
    /// How many differences hold together.
    pub differences: usize,
    /// What the others are compared with.
    pub base: DesignReport,
    /// The others.
    pub variants: Vec<VariantReport>,
    /// What the reader should know.
    pub notes: Vec<String>,
}

/// A design in a comparison.
///
/// ```
/// use waitline::report::DesignReport;
/// let design = DesignReport { label: "as it is".into(), scenario: "day".into(), scenario_digest: "00".into(), origin: None };
/// assert_eq!(design.label, "as it is");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DesignReport {
    /// What it is called here.
    pub label: String,
    /// Name of the scenario.
    pub scenario: String,
    /// Its fingerprint.
    pub scenario_digest: String,
    /// The scenario as it was written, so that the comparison can be repeated.
    pub origin: Option<Arc<Origin>>,
}

impl DesignReport {
    pub(super) fn new(label: &str, outline: &Outline) -> DesignReport {
        DesignReport {
            label: label.into(),
            scenario: outline.name.clone(),
            scenario_digest: outline.digest.clone(),
            origin: outline.origin.clone(),
        }
    }
}

/// A variant, and in what it differs.
///
/// ```
/// use waitline::experiment::{Conditions, Design, compare};
/// use waitline::report::{ComparisonReport, Verdict};
/// let model = waitline::Scenario::open("scenarios/savings-overflow.toml")?.compile()?;
/// let found = compare(&Design::new("one", &model), &[Design::new("same", &model)], &[], &Conditions::new(1, 5))?;
/// let variant = &ComparisonReport::new(&found).variants[0];
/// assert!(variant.differences.iter().all(|difference| difference.verdict == Verdict::NoDifferenceFound));
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VariantReport {
    /// What it is.
    pub design: DesignReport,
    /// Metric by metric; the first decides.
    pub differences: Vec<DifferenceReport>,
    /// In plain words.
    pub sentences: Vec<String>,
}

/// A difference, variant less base.
///
/// ```
/// use waitline::report::{DifferenceReport, Verdict};
/// let row = DifferenceReport {
///     metric: "total.asa_s".into(), base: None, variant: None, difference: None, joint_half_width: None,
///     verdict: Verdict::NoDifferenceFound, variance_reduction: None,
/// };
/// assert!(row.difference.is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DifferenceReport {
    /// Of what.
    pub metric: String,
    /// In the base.
    pub base: Figure,
    /// In the variant.
    pub variant: Figure,
    /// Paired by replication.
    pub difference: Figure,
    /// With this half-width all differences of the report hold together.
    pub joint_half_width: Option<f64>,
    /// What follows from that.
    pub verdict: Verdict,
    /// How many times as many replications independent runs would have taken.
    pub variance_reduction: Option<f64>,
}

/// What follows from a difference and its joint half-width.
///
/// ```
/// assert_eq!(waitline::report::Verdict::NoDifferenceFound.words(), "no difference found");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// For the caller.
    Better,
    /// For the caller.
    Worse,
    /// Of what is neither good nor bad as such, there is more.
    Higher,
    /// There is less.
    Lower,
    /// The interval holds 0.
    NoDifferenceFound,
}

impl Verdict {
    /// As people read it.
    pub fn words(self) -> &'static str {
        match self {
            Verdict::Better => "better",
            Verdict::Worse => "worse",
            Verdict::Higher => "higher",
            Verdict::Lower => "lower",
            Verdict::NoDifferenceFound => "no difference found",
        }
    }

    fn of(row: &Difference) -> Verdict {
        let (Some(difference), Some(width)) = (row.difference, row.joint_half_width) else { return Verdict::NoDifferenceFound };
        if difference.estimate.abs() <= width {
            return Verdict::NoDifferenceFound;
        }
        let more = difference.estimate > 0.0;
        match row.metric.measure.better() {
            Ordering::Equal => {
                if more {
                    Verdict::Higher
                } else {
                    Verdict::Lower
                }
            }
            better => {
                if more == (better == Ordering::Greater) {
                    Verdict::Better
                } else {
                    Verdict::Worse
                }
            }
        }
    }
}

impl ComparisonReport {
    /// The finished numbers of a comparison.
    pub fn new(found: &Compared) -> ComparisonReport {
        let design = |place: usize| DesignReport::new(&found.designs[place].0, &found.designs[place].1);
        let variant = |(place, rows): (usize, &Vec<Difference>)| VariantReport {
            design: design(place + 1),
            differences: rows.iter().map(difference).collect(),
            sentences: sentences(&found.designs[place + 1].0, &found.designs[0].0, rows),
        };
        ComparisonReport {
            waitline: env!("CARGO_PKG_VERSION"),
            seed: found.seed,
            replications: found.replications,
            partial: (found.asked > found.replications).then_some(found.asked),
            confidence: found.confidence.level(),
            differences: found.variants.iter().map(Vec::len).sum(),
            metrics: found.metrics.clone(),
            base: design(0),
            variants: found.variants.iter().enumerate().map(variant).collect(),
            notes: found.notes.clone(),
        }
    }

    /// Tables and sentences for people.
    pub fn to_text(&self) -> String {
        let mut text = format!("{} replications of each design, seed {}: all meet the same contacts\n", self.replications, self.seed);
        if let Some(asked) = self.partial {
            let _ = writeln!(text, "PARTIAL: interrupted after {} of {asked} replications", self.replications);
        }
        for variant in &self.variants {
            let mut table = Columns::new(&["", "base", "variant", "difference", "± together", "", "saves"]);
            for row in &variant.differences {
                table.row(vec![
                    title(&row.metric),
                    shown(&row.metric, row.base),
                    shown(&row.metric, row.variant),
                    shown(&row.metric, row.difference),
                    row.joint_half_width.map_or(NONE.into(), |width| places(scaled(&row.metric, width), scaled(&row.metric, width))),
                    row.verdict.words().into(),
                    row.variance_reduction.map_or(NONE.into(), |times| format!("{} x", decimals(times, 1))),
                ]);
            }
            table.add_to(&format!("{} (variant) against {} (base)", variant.design.label, self.base.label), &mut text);
            for sentence in &variant.sentences {
                let _ = writeln!(text, "  => {sentence}");
            }
        }
        let percent = percentage(self.confidence);
        let _ = write!(
            text,
            "
Base and variant as in their own reports; differences are paired by replication, ± at {percent} % for each read alone. With \"± together\"
all {} differences hold at the same time with {percent} % (Bonferroni); verdicts are by that.
\"saves\": how many times as many replications it would have taken without the same contacts.
",
            self.differences
        );
        for note in &self.notes {
            let _ = writeln!(text, "Note: {note}");
        }
        let _ = writeln!(
            text,
            "To repeat: waitline {}, --seed {} --replications {}, scenario digests {}.",
            self.waitline,
            self.seed,
            self.replications,
            std::iter::once(&self.base)
                .chain(self.variants.iter().map(|variant| &variant.design))
                .map(|design| design.scenario_digest.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        );
        text
    }

    /// A row for each difference:
    /// `variant,metric,base,variant_value,difference,half_width,joint_half_width,verdict,variance_reduction,replications,partial`; the last says of
    /// how many replications there should have been, if it was interrupted.
    ///
    /// # Errors
    /// When `to` cannot be written.
    pub fn write_csv(&self, to: &mut dyn io::Write) -> io::Result<()> {
        let mut rows = csv::Writer::from_writer(to);
        rows.write_record([
            "variant",
            "metric",
            "base",
            "variant_value",
            "difference",
            "half_width",
            "joint_half_width",
            "verdict",
            "variance_reduction",
            "replications",
            "partial",
        ])?;
        let (replications, partial) = (self.replications.to_string(), self.partial.map(|asked| format!("of {asked}")).unwrap_or_default());
        let text = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        for variant in &self.variants {
            for row in &variant.differences {
                let estimate = |figure: Figure| text(figure.map(|figure| figure.estimate));
                rows.write_record([
                    variant.design.label.as_str(),
                    &row.metric,
                    &estimate(row.base),
                    &estimate(row.variant),
                    &estimate(row.difference),
                    &text(row.difference.and_then(|figure| figure.half_width)),
                    &text(row.joint_half_width),
                    row.verdict.words(),
                    &text(row.variance_reduction),
                    &replications,
                    &partial,
                ])?;
            }
        }
        rows.flush()
    }
}

fn difference(row: &Difference) -> DifferenceReport {
    DifferenceReport {
        metric: row.metric.to_string(),
        base: row.base,
        variant: row.variant,
        difference: row.difference,
        joint_half_width: row.joint_half_width,
        verdict: Verdict::of(row),
        variance_reduction: row.variance_reduction,
    }
}

/// What the differences say, in plain words.
fn sentences(variant: &str, base: &str, rows: &[Difference]) -> Vec<String> {
    let mut sentences = Vec::new();
    if let Some(first) = rows.first() {
        sentences.push(verdict(variant, base, first));
    }
    for (verdict, title) in
        [(Verdict::Better, "Better off"), (Verdict::Worse, "Worse off"), (Verdict::Higher, "Higher"), (Verdict::Lower, "Lower")]
    {
        // Scope by scope, in the order of the rows; the total is in the sentence above.
        let mut scopes: Vec<(&str, Vec<&str>)> = Vec::new();
        for row in rows.iter().filter(|row| Verdict::of(row) == verdict && row.metric.scope_name() != "total") {
            let (scope, figure) = (row.metric.scope_name(), row.metric.measure.name());
            match scopes.iter_mut().find(|(name, _)| *name == scope) {
                Some((_, figures)) => figures.push(figure),
                None => scopes.push((scope, vec![figure])),
            }
        }
        if !scopes.is_empty() {
            let list: Vec<String> = scopes.iter().map(|(scope, figures)| format!("{scope} ({})", figures.join(", "))).collect();
            sentences.push(format!("{title}: {}.", list.join("; ")));
        }
    }
    sentences
}

fn verdict(variant: &str, base: &str, row: &Difference) -> String {
    let (Some(before), Some(after), Some(difference)) = (row.base, row.variant, row.difference) else {
        return format!("{} does not exist in both.", row.metric);
    };
    let metric = row.metric.to_string();
    let width = scaled(&metric, row.joint_half_width.unwrap_or(f64::INFINITY));
    let apart = format!("{} ± {}", places(scaled(&metric, difference.estimate.abs()), width), places(width, width));
    let unit = unit_of_difference(row.metric.measure);
    let values = format!("{} to {}", rounded(row.metric.measure, before.estimate), rounded(row.metric.measure, after.estimate));
    let moves = if difference.estimate > 0.0 { "rises" } else { "falls" };
    match Verdict::of(row) {
        Verdict::NoDifferenceFound => {
            format!("No difference between {variant} and {base} was found in {}: {apart}{unit}, {values}.", row.metric)
        }
        Verdict::Better => format!("{variant} is better than {base}: {} {moves} by {apart}{unit}, from {values}.", row.metric),
        Verdict::Worse => format!("{variant} is worse than {base}: {} {moves} by {apart}{unit}, from {values}.", row.metric),
        Verdict::Higher | Verdict::Lower => format!("{variant}: {} {moves} by {apart}{unit}, from {values}.", row.metric),
    }
}
