//! A part of an experiment: some of its replications, to be merged with the others.

use super::{Across, Results};
use crate::error::{Error, Problem};
use crate::model::Outline;
use crate::random::hash_of_text;
use crate::stats::{Confidence, Merge};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;

/// Which part of an experiment: shard `number` (from 1) of `of`.
///
/// ```
/// use waitline::experiment::Shard;
/// let shard: Shard = "3/10".parse().unwrap();
/// assert_eq!(shard.replications(25), 5..7);
/// assert!("0/10".parse::<Shard>().unwrap_err().contains("from 1"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which one.
    pub number: u64,
    /// Of how many.
    pub of: u64,
}

impl Shard {
    /// Its share of that many replications. All shards together have each once; no two differ by more than one in length.
    pub fn replications(self, all: u64) -> Range<u64> {
        let border = |number: u64| (u128::from(all) * u128::from(number) / u128::from(self.of)) as u64;
        border(self.number - 1)..border(self.number)
    }
}

impl std::str::FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Shard, String> {
        let numbers = text.split_once('/').and_then(|(number, of)| Some((number.trim().parse().ok()?, of.trim().parse().ok()?)));
        match numbers {
            Some((number, of)) if number >= 1 && number <= of && of <= 1_000_000 => Ok(Shard { number, of }),
            _ => Err(format!("`{text}` is no shard: expected such as 3/10, from 1/10 to 10/10; at most 1000000 shards")),
        }
    }
}

/// The sums over a range of an experiment's replications, with what is needed to put it together with the others.
///
/// ```
/// use waitline::experiment::{Part, Shard};
/// let text = std::fs::read_to_string("examples/small.toml")?;
/// let model = text.parse::<waitline::Scenario>()?.compile()?;
/// let experiment = waitline::Experiment::new(&model).replications(7);
/// let part = |number| experiment.run_part(Shard { number, of: 2 }).unwrap();
/// let files = [("b".to_string(), part(2).to_text()), ("a".to_string(), part(1).to_text())];
/// let merged = Part::merge_texts(&files)?;
/// assert_eq!(merged.report(), experiment.run()?.report());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The version of Waitline that made it.
    waitline: String,
    outline: Outline,
    seed: u64,
    /// Of all parts together.
    replications: u64,
    first: u64,
    end: u64,
    confidence: f64,
    across: Across,
}

/// What the first line of a part begins with.
const MARK: &str = "waitline part 1 ";

impl Part {
    pub(super) fn new(results: Results, range: &Range<u64>, replications: u64) -> Part {
        Part {
            waitline: env!("CARGO_PKG_VERSION").into(),
            seed: results.seed,
            replications,
            first: range.start,
            end: range.end,
            confidence: results.confidence.level(),
            across: results.across,
            outline: Arc::unwrap_or_clone(results.outline),
        }
    }

    /// As a text of two lines: a mark with a checksum of the second, which finds damage but not forgery, and the part as JSON.
    ///
    /// # Panics
    /// Never: a part has no value that JSON cannot hold.
    pub fn to_text(&self) -> String {
        let json = serde_json::to_string(self).expect("numbers, texts and lists can be written as JSON");
        format!("{MARK}{:016x}\n{json}\n", hash_of_text(&json))
    }

    fn read(text: &str) -> Result<Part, String> {
        let Some((checksum_text, json)) = text.strip_prefix(MARK).and_then(|rest| rest.split_once('\n')) else {
            return Err("not a part: expected a file that --shard wrote".into());
        };
        let json = json.strip_suffix('\n').unwrap_or(json);
        if u64::from_str_radix(checksum_text.trim(), 16) != Ok(hash_of_text(json)) {
            return Err("damaged: its content is not what was written (the checksum differs)".into());
        }
        let part: Part = serde_json::from_str(json).map_err(|error| format!("not readable by this version of Waitline: {error}"))?;
        let sound = part.first <= part.end
            && part.end <= part.replications
            && part.across.replications() == part.end - part.first
            && (part.first == part.end || part.across.fits(&part.outline));
        if sound { Ok(part) } else { Err("damaged: its sums are not of the replications it names".into()) }
    }

    /// The results of all parts together, given as (name, text): the same to the bit as those of the whole experiment.
    ///
    /// # Errors
    /// By name, every part that is damaged or of another scenario, version, seed, number of replications or confidence; overlaps and gaps.
    pub fn merge_texts(files: &[(String, String)]) -> Result<Results, Error> {
        let mut problems = Vec::new();
        let mut parts: Vec<(&str, Part)> = Vec::new();
        for (name, text) in files {
            match Part::read(text) {
                Ok(part) => parts.push((name, part)),
                Err(why) => problems.push(Problem::new(why).file(name.as_str())),
            }
        }
        if let Some(((first_name, first), others)) = parts.split_first() {
            for (name, part) in others {
                problems.extend(first.foreign(part).map(|why| Problem::new(format!("{why} than {first_name}")).file(*name)));
            }
        }
        if problems.is_empty() {
            parts.sort_by_key(|(_, part)| (part.first, part.end));
            problems.extend(borders(&parts));
        }
        if !problems.is_empty() {
            return Err(Error::input(problems));
        }
        let mut sums = Across::default();
        for (_, part) in &parts {
            sums.merge(&part.across);
        }
        let Some((_, part)) = parts.into_iter().next() else {
            return Err(Error::input(vec![Problem::new("there is no part to merge")]));
        };
        let confidence = Confidence::new(part.confidence).map_err(|why| Error::input(vec![Problem::new(why)]))?;
        Ok(Results::new(Arc::new(part.outline), part.seed, sums, confidence))
    }

    /// In what another part is not of the same experiment.
    fn foreign(&self, other: &Part) -> Option<String> {
        Some(match () {
            () if self.waitline != other.waitline => format!("made by another version of Waitline ({})", other.waitline),
            () if self.outline.digest != other.outline.digest => {
                format!("of another scenario (`{}`, digest {})", other.outline.name, other.outline.digest)
            }
            () if self.outline != other.outline => "of another reading of the scenario".into(),
            () if self.seed != other.seed => format!("with another seed ({})", other.seed),
            () if self.replications != other.replications => format!("of another number of replications ({})", other.replications),
            () if self.confidence.to_bits() != other.confidence.to_bits() => format!("with another confidence ({})", other.confidence),
            () => return None,
        })
    }
}

/// Overlaps and gaps of parts in order.
fn borders(parts: &[(&str, Part)]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let Some((_, first)) = parts.first() else { return problems };
    let gap = |from: u64, to: u64| {
        let which = if to - from == 1 { format!("replication {}", from + 1) } else { format!("replications {} to {}", from + 1, to) };
        Problem::new(format!("{which} of {} are in no part", first.replications))
    };
    let mut covered = 0;
    let mut last = "";
    for (name, part) in parts.iter().filter(|(_, part)| part.first < part.end) {
        if part.first > covered {
            problems.push(gap(covered, part.first));
        } else if part.first < covered {
            let to = part.end.min(covered);
            problems.push(Problem::new(format!("replications {} to {to} are in {last} too", part.first + 1)).file(*name));
        }
        if part.end > covered {
            covered = part.end;
            last = name;
        }
    }
    if covered < first.replications {
        problems.push(gap(covered, first.replications));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Experiment;
    use crate::observers::testing::model;

    #[test]
    fn shards_cover_everything_once() {
        for of in 1..12 {
            for all in [0, 1, 5, 10, 1_000_003] {
                let ranges: Vec<_> = (1..=of).map(|number| Shard { number, of }.replications(all)).collect();
                assert!(ranges[0].start == 0 && ranges.last().is_some_and(|last| last.end == all));
                assert!(ranges.windows(2).all(|pair| pair[0].end == pair[1].start));
            }
        }
    }

    #[test]
    fn what_does_not_belong_together_is_refused_by_name() {
        let (one, other) = (model(1, 1, 10), model(2, 1, 10));
        let text = |model, seed, replications, number| {
            let experiment = Experiment::new(model).seed(seed).replications(replications);
            experiment.run_part(Shard { number, of: 3 }).unwrap().to_text()
        };
        let merge = |texts: &[(&str, String)]| {
            let files: Vec<_> = texts.iter().map(|(name, text)| ((*name).to_string(), text.clone())).collect();
            Part::merge_texts(&files).map(drop).map_err(|error| error.to_string())
        };
        let (first, second, third) = (text(&one, 1, 9, 1), text(&one, 1, 9, 2), text(&one, 1, 9, 3));
        assert_eq!(merge(&[("c", third.clone()), ("a", first.clone()), ("b", second.clone())]), Ok(()));
        let refused = |texts: &[(&str, String)], what: &str| {
            let error = merge(texts).unwrap_err();
            assert!(error.contains(what), "{error}");
        };
        refused(&[("a", first.clone()), ("c", third.clone())], "replications 4 to 6 of 9 are in no part");
        refused(&[("a", first.clone()), ("b", second.clone()), ("a2", first.clone())], "a2: replications 1 to 3 are in a too");
        refused(&[("a", first.clone()), ("b", second.replace("\"seed\":1", "\"seed\":2"))], "b: damaged");
        refused(&[("a", first.clone()), ("b", second[..second.len() / 2].into())], "b: damaged");
        refused(&[("a", first.clone()), ("b", text(&one, 2, 9, 2))], "b: with another seed (2) than a");
        refused(&[("a", first.clone()), ("b", text(&one, 1, 8, 2))], "b: of another number of replications (8) than a");
        refused(&[("a", first.clone()), ("b", text(&other, 1, 9, 2))], "b: of another");
        // Edited with care, it is still not a part.
        let json = second.split_once('\n').unwrap().1.trim_end().replacen("\"sums\":[", "\"sums\":[7,", 1);
        refused(&[("a", first.clone()), ("b", format!("{MARK}{:016x}\n{json}\n", hash_of_text(&json)))], "b: damaged: its sums");
        refused(&[("a", first), ("b", "{}".into())], "b: not a part");
        refused(&[], "there is no part");
    }
}
