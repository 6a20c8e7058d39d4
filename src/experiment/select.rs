//! Selecting the best of several designs: the procedure of Kim and Nelson.

use super::compare::{Conditions, Design, comparable, notes};
use super::workers::Workers;
use super::{formulas, replicate};
use crate::error::{Error, ErrorKind, Problem};
use crate::model::{Metric, Outline};
use crate::random::Streams;
use std::cmp::Ordering;
use std::sync::Arc;

/// What came of a design in a selection.
///
/// ```
/// // Part of what `select` finds:
/// # use waitline::experiment::Contender;
/// fn is_still_in(contender: &Contender) -> bool {
///     contender.beaten_by.is_none()
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Contender {
    /// What it is called.
    pub label: String,
    /// What it is.
    pub outline: Arc<Outline>,
    /// The mean over its replications, each counting once.
    pub mean: Option<f64>,
    /// How many were spent on it.
    pub replications: u64,
    /// Which design (by its place) put it out; `None`: it stayed in.
    pub beaten_by: Option<usize>,
}

/// What a selection found.
///
/// ```
/// use waitline::experiment::{Conditions, Design, select};
/// let scenario = waitline::Scenario::open("scenarios/savings-overflow.toml")?;
/// let models = ["4", "8"].map(|count| scenario.set("agents.senior.count", count).unwrap().compile().unwrap());
/// let designs = [Design::new("4", &models[0]), Design::new("8", &models[1])];
/// let found = select(&designs, "total.service_level", 0.01, &Conditions::new(1, 1000))?;
/// assert_eq!(found.best, Some(1));
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Selected {
    /// By what.
    pub metric: Metric,
    /// The smallest difference that matters.
    pub indifference: f64,
    /// The least chance that the best is selected, if it is better than all others by the smallest difference that matters.
    pub confidence: f64,
    /// The largest number of replications of each design.
    pub most: u64,
    /// The seed of all.
    pub seed: u64,
    /// The designs.
    pub contenders: Vec<Contender>,
    /// The place of the best; `None`: several are still in at the largest number of replications, or it was stopped.
    pub best: Option<usize>,
    /// Whether it was stopped before either.
    pub interrupted: bool,
    /// Replications in which a design had no such figure (nobody was answered, say); they were passed over for all.
    pub passed_over: u64,
    /// What the reader should know.
    pub notes: Vec<String>,
}

/// Replications of each design before any is put out.
pub const FIRST: u64 = 30;

/// Finds the design with the best mean of a metric over replications, spending replications on those only that may still be the best.
///
/// With chance `conditions.confidence` at least it is the best, if the best is better than all others by `indifference` (in the unit of the metric);
/// otherwise one within `indifference` of the best, in the same sense. All designs meet the same contacts, which makes it faster. A replication is
/// one observation: the mean is that of the days' figures, whereas a report has the ratio of the sums. `conditions.replications` is the largest
/// number for each design.
///
/// Source: Kim and Nelson, A fully sequential procedure for indifference-zone selection in simulation, ACM TOMACS 11, 2001, with c = 1 and 30
/// first replications; figures of replications are taken for normally distributed.
///
/// # Errors
/// A metric that does not exist in a design or has no better and worse, an indifference of 0 or less, fewer than two designs, a limit that is met.
pub fn select(designs: &[Design<'_>], metric: &str, indifference: f64, conditions: &Conditions<'_>) -> Result<Selected, Error> {
    let outlines: Vec<Arc<Outline>> = designs.iter().map(|design| Arc::new(design.model.outline())).collect();
    let metrics = metrics(designs, &outlines, metric)?;
    possible(designs.len(), indifference, conditions.replications)?;
    // So that more is better.
    let sign = if metrics[0].measure.better() == Ordering::Less { -1.0 } else { 1.0 };
    let mut race = Race::new(designs.len(), indifference, 1.0 - conditions.confidence.level());
    let workers = Workers::new(conditions.threads, conditions.stop, conditions.progress)?;
    let (mut done, mut passed_over) = (0, 0);
    let mut spent = vec![0; designs.len()];
    while race.left().count() > 1 && done < conditions.replications && !workers.stopped() {
        let left: Vec<usize> = race.left().collect();
        // Stages: what is run past the one at which a design is put out was spent in vain, so stages are short.
        let goal = (done + (done / 4).max(FIRST)).min(conditions.replications);
        let folded = workers.fold(done..goal, |replication, rows: &mut Vec<(u64, Vec<Option<f64>>)>| {
            let mut row = vec![None; designs.len()];
            for &place in &left {
                let summary = replicate(designs[place].model, Streams::new(conditions.seed, replication), &mut ())?;
                let parts = formulas::parts(&outlines[place], &summary, &metrics[place]);
                let unit = formulas::unit_of_parts(metrics[place].measure);
                row[place] = parts.filter(|[_, below]| *below != 0).map(|[above, below]| sign * above as f64 / below as f64 / unit);
            }
            rows.push((replication, row));
            Ok(())
        })?;
        let mut rows: Vec<_> = folded.states.into_iter().flatten().filter(|(replication, _)| *replication < folded.end).collect();
        rows.sort_by_key(|(replication, _)| *replication);
        for &place in &left {
            spent[place] = folded.end;
        }
        for (_, row) in rows {
            if left.iter().all(|&place| row[place].is_some()) {
                race.observe(&row.iter().map(|value| value.unwrap_or(0.0)).collect::<Vec<_>>());
            } else {
                passed_over += 1;
            }
        }
        done = folded.end;
    }
    // A selection that took its time to the end is not interrupted by what comes later.
    let interrupted = race.left().count() > 1 && done < conditions.replications;
    if interrupted && done < FIRST {
        let message = format!("stopped: a selection takes at least {FIRST} complete replications of each design");
        return Err(Error::new(ErrorKind::Interrupted, Problem::new(message)));
    }
    let contender = |place: usize| Contender {
        label: designs[place].label.clone(),
        mean: race.mean(place).map(|mean| sign * mean),
        replications: spent[place],
        beaten_by: race.beaten_by[place],
        outline: outlines[place].clone(),
    };
    let tie = |(kept, out): (usize, usize)| {
        format!(
            "{} and {} gave the same in all of the first {FIRST} replications; the one named first stayed, and the guarantee does not cover what they may differ in",
            designs[kept].label, designs[out].label
        )
    };
    let mut left = race.left();
    let best = match (left.next(), left.next()) {
        (Some(best), None) => Some(best),
        _ => None,
    };
    let all: Vec<&Design<'_>> = designs.iter().collect();
    Ok(Selected {
        metric: metrics[0].clone(),
        indifference,
        confidence: conditions.confidence.level(),
        most: conditions.replications,
        seed: conditions.seed,
        contenders: (0..designs.len()).map(contender).collect(),
        best,
        interrupted,
        passed_over,
        notes: notes(&all, &outlines).into_iter().chain(race.ties().map(tie)).collect(),
    })
}

/// Whether there is anything to select, and a way to.
fn possible(designs: usize, indifference: f64, replications: u64) -> Result<(), Error> {
    let wrong = |message: &str, key: &str| Err(Error::input(vec![Problem::new(message).key(key)]));
    if designs < 2 {
        return wrong("there is only one design: expected several to choose from", "--best");
    }
    if !(indifference > 0.0 && indifference.is_finite()) {
        return wrong("the smallest difference that matters must be more than 0", "--indifference");
    }
    if replications < FIRST {
        return wrong("a selection takes at least 30 replications of each design", "--replications");
    }
    Ok(())
}

/// The metric by the ids of each design.
fn metrics(designs: &[Design<'_>], outlines: &[Arc<Outline>], name: &str) -> Result<Vec<Metric>, Error> {
    let (mut metrics, mut problems) = (Vec::new(), Vec::new());
    for (design, outline) in designs.iter().zip(outlines) {
        match outline.metric(name).and_then(|metric| comparable(metric, outline)) {
            Ok(metric) if metric.measure.better() == Ordering::Equal => {
                problems.push(Problem::new(format!("{metric}: neither more nor less of it is better as such")).key("--best"));
                break;
            }
            Ok(metric) => metrics.push(metric),
            Err(problem) => {
                problems.push(Problem::new(format!("{}: {}", design.label, problem.message)).key("--best"));
                // What the first does not have, the others lack for the same reason.
                if metrics.is_empty() {
                    break;
                }
            }
        }
    }
    if !problems.is_empty() {
        return Err(Error::input(problems));
    }
    if metrics.is_empty() {
        return Err(Error::new(ErrorKind::Input, Problem::new("there is no design")));
    }
    Ok(metrics)
}

/// The procedure itself, on observations of which more is better.
#[derive(Debug)]
struct Race {
    indifference: f64,
    /// h²: how long two designs of equal spread stay in.
    patience: f64,
    observed: u64,
    sums: Vec<f64>,
    counts: Vec<u64>,
    /// The observations before any design is put out.
    first: Vec<Vec<f64>>,
    /// Variances of the differences of each two, once those are complete.
    variances: Vec<Vec<f64>>,
    beaten_by: Vec<Option<usize>>,
}

impl Race {
    fn new(designs: usize, indifference: f64, error: f64) -> Race {
        let freedom = (FIRST - 1) as f64;
        let eta = (libm::pow(2.0 * error / (designs.max(2) - 1) as f64, -2.0 / freedom) - 1.0) / 2.0;
        Race {
            indifference,
            patience: 2.0 * eta * freedom,
            observed: 0,
            sums: vec![0.0; designs],
            counts: vec![0; designs],
            first: Vec::new(),
            variances: Vec::new(),
            beaten_by: vec![None; designs],
        }
    }

    fn left(&self) -> impl Iterator<Item = usize> {
        (0..self.beaten_by.len()).filter(|&place| self.beaten_by[place].is_none())
    }

    /// Of which two designs one put out the other without any difference between them: (which stayed, which went).
    fn ties(&self) -> impl Iterator<Item = (usize, usize)> {
        let beaten = self.beaten_by.iter().enumerate().filter_map(|(out, kept)| Some(((*kept)?, out)));
        beaten.filter(|&(kept, out)| self.first.iter().all(|row| row[kept].to_bits() == row[out].to_bits()))
    }

    fn mean(&self, place: usize) -> Option<f64> {
        (self.counts[place] > 0).then(|| self.sums[place] / self.counts[place] as f64)
    }

    /// One more replication of all designs that are in; what the others have is not looked at.
    fn observe(&mut self, values: &[f64]) {
        let left: Vec<usize> = self.left().collect();
        if left.len() < 2 {
            return;
        }
        self.observed += 1;
        for &place in &left {
            self.sums[place] += values[place];
            self.counts[place] += 1;
        }
        if self.observed <= FIRST {
            self.first.push(values.to_vec());
        }
        if self.observed == FIRST {
            self.variances =
                (0..values.len()).map(|one| (0..values.len()).map(|other| variance(&self.first, one, other)).collect()).collect();
        }
        if self.observed < FIRST {
            return;
        }
        let observed = self.observed as f64;
        for &one in &left {
            let margin = |other: usize| {
                let scale = self.patience * self.variances[one][other] / (self.indifference * self.indifference);
                (self.indifference / (2.0 * observed) * (scale - observed)).max(0.0)
            };
            let behind = |other: usize| (self.sums[other] - self.sums[one]) / observed - margin(other);
            let winner = left.iter().copied().filter(|&other| other != one).max_by(|&a, &b| behind(a).total_cmp(&behind(b)));
            // Of two that are exactly equal the later one goes.
            if let Some(winner) = winner
                && (behind(winner) > 0.0 || (behind(winner) == 0.0 && margin(winner) == 0.0 && winner < one))
            {
                self.beaten_by[one] = Some(winner);
            }
        }
    }
}

/// The sample variance of the difference of two designs.
fn variance(rows: &[Vec<f64>], one: usize, other: usize) -> f64 {
    let count = rows.len() as f64;
    let mean = rows.iter().map(|row| row[one] - row[other]).sum::<f64>() / count;
    rows.iter().map(|row| row[one] - row[other] - mean).map(|apart| apart * apart).sum::<f64>() / (count - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::SourceId;
    use crate::random::Purpose;
    use rand_distr::{Distribution as _, StandardNormal};

    /// Which of designs with these means wins, with luck of their own and, weighing more, in common.
    fn winner(means: &[f64], seed: u64, spread: f64) -> (usize, u64) {
        let mut race = Race::new(means.len(), 0.5, 0.05);
        let mut stream = Streams::new(seed, 0).source(SourceId(0)).stream(Purpose::Own, 0);
        while race.left().count() > 1 {
            let common: f64 = StandardNormal.sample(&mut stream);
            let own = |stream: &mut _| -> f64 { StandardNormal.sample(stream) };
            let values: Vec<f64> = means.iter().map(|mean| mean + 2.0 * common + spread * own(&mut stream)).collect();
            race.observe(&values);
        }
        (race.left().next().unwrap(), race.observed)
    }

    /// Where all others are worse by just what matters, the best is found in 95 of 100 races or more.
    #[test]
    fn the_best_is_selected_as_often_as_is_promised() {
        let means = [0.0, 0.0, 0.5, 0.0, 0.0];
        let right = (0..1000).filter(|&seed| winner(&means, seed, 1.0).0 == 2).count();
        // Four standard errors below 950 would be 922.
        assert!(right >= 950, "{right} of 1000");
    }

    #[test]
    fn clear_cases_take_fewer_replications_than_close_ones() {
        let spent = |means: &[f64]| (0..50).map(|seed| winner(means, seed, 2.0).1).sum::<u64>();
        assert!(3 * spent(&[0.0, 4.0]) < 2 * spent(&[0.0, 0.5]));
        assert_eq!(winner(&[0.0, 4.0], 1, 0.1).1, FIRST);
    }

    #[test]
    fn of_two_that_are_the_same_the_first_stays() {
        let mut race = Race::new(2, 0.5, 0.05);
        for value in 0..FIRST {
            race.observe(&[value as f64, value as f64]);
        }
        assert_eq!(race.beaten_by, [None, Some(0)]);
    }
}
