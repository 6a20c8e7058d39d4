//! The designs of a comparison: several scenarios, or variants of one.

use crate::error::{Error, Problem};
use crate::model::Model;
use crate::scenario::Scenario;
use std::path::PathBuf;

/// So many designs are compared at most.
const DESIGNS_MAX: usize = 1_000;

/// Scenarios with what people call them, the base first.
pub(super) struct Variants {
    scenarios: Vec<(String, Scenario)>,
}

impl Variants {
    /// Opens them, and makes those that `--set` asks for: all combinations, or each value alone.
    pub(super) fn new(paths: &[PathBuf], sets: &[String], each: bool) -> Result<Variants, Error> {
        let mut problems = Vec::new();
        let mut scenarios: Vec<(String, Scenario)> = Vec::new();
        for (place, path) in paths.iter().enumerate() {
            match Scenario::open(path) {
                Ok(scenario) => {
                    let label = path.display().to_string();
                    // A file that is named twice is two designs, and each has a name of its own.
                    let again = paths[..place].iter().filter(|other| *other == path).count();
                    scenarios.push((if again > 0 { format!("{label} ({})", again + 1) } else { label }, scenario));
                }
                Err(error) => problems.extend_from_slice(error.problems()),
            }
        }
        if !problems.is_empty() {
            return Err(Error::input(problems));
        }
        if !sets.is_empty() {
            if scenarios.len() > 1 {
                return Err(Error::input(vec![Problem::new("--set makes variants of one scenario: name only one")]));
            }
            let base = &scenarios[0].1;
            let variants = if each {
                // All problems at once: a wrong key must not hide behind another one.
                let found: Vec<_> = sets.iter().map(|set| variants(base, std::slice::from_ref(set))).collect();
                let problems: Vec<Problem> =
                    found.iter().filter_map(|found| found.as_ref().err()).flat_map(Error::problems).cloned().collect();
                if !problems.is_empty() {
                    return Err(Error::input(problems));
                }
                found.into_iter().flatten().flatten().collect()
            } else {
                variants(base, sets)?
            };
            // What is as the base is, is the base.
            let base = scenarios[0].1.document().clone();
            scenarios.extend(variants.into_iter().filter(|(_, scenario)| *scenario.document() != base));
        }
        Ok(Variants { scenarios })
    }

    /// The files that they were read from.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        self.scenarios.iter().flat_map(|(_, scenario)| scenario.paths()).collect()
    }

    /// Ready to run, every problem of every design at once.
    pub(super) fn models(&self) -> Result<Vec<(String, Model)>, Error> {
        let (mut models, mut problems) = (Vec::new(), Vec::new());
        for (place, (label, scenario)) in self.scenarios.iter().enumerate() {
            match scenario.compile() {
                Ok(model) => models.push((label.clone(), model)),
                Err(error) => {
                    let which = |problem: &Problem| {
                        let message = if place == 0 { problem.message.clone() } else { format!("{} ({label})", problem.message) };
                        Problem { message, ..problem.clone() }
                    };
                    problems.extend(error.problems().iter().map(which));
                }
            }
        }
        if problems.is_empty() { Ok(models) } else { Err(Error::input(problems)) }
    }
}

/// All combinations of values.
fn variants(base: &Scenario, sets: &[String]) -> Result<Vec<(String, Scenario)>, Error> {
    let (mut keys, mut problems) = (Vec::new(), Vec::new());
    for set in sets {
        match set.split_once('=') {
            Some((key, _)) if keys.iter().any(|(other, _)| *other == key.trim()) => {
                problems.push(Problem::new("this key is there twice: give all its values in one --set").key(set.as_str()));
            }
            Some((key, text)) if !key.trim().is_empty() && !text.trim().is_empty() => match values(text) {
                Ok(values) => keys.push((key.trim(), values)),
                Err(why) => problems.push(Problem::new(why).key(set.as_str())),
            },
            _ => problems.push(Problem::new("expected KEY=VALUES, such as agents.senior.count=5..9").key(set.as_str())),
        }
    }
    let count = keys.iter().map(|(_, values)| values.len()).try_fold(1_usize, usize::checked_mul).unwrap_or(usize::MAX);
    if count > DESIGNS_MAX {
        problems.push(
            Problem::new(format!("{count} combinations of values are more than the {DESIGNS_MAX} designs that are compared")).key("--set"),
        );
    }
    if !problems.is_empty() {
        return Err(Error::input(problems));
    }
    let mut made = vec![(String::new(), base.clone())];
    for (key, values) in &keys {
        let mut more = Vec::new();
        for (label, scenario) in &made {
            for value in values {
                let comma = if label.is_empty() { "" } else { ", " };
                match scenario.set(key, value) {
                    Ok(scenario) => more.push((format!("{label}{comma}{key}={value}"), scenario)),
                    Err(error) => {
                        let new: Vec<Problem> = error.problems().iter().filter(|problem| !problems.contains(problem)).cloned().collect();
                        problems.extend(new);
                    }
                }
            }
        }
        made = more;
    }
    if problems.is_empty() { Ok(made) } else { Err(Error::input(problems)) }
}

/// `5..9`: whole numbers, both ends included; else a list with commas, of which those in brackets or quotes do not count.
fn values(text: &str) -> Result<Vec<String>, String> {
    if let Some((from, to)) = text.split_once("..")
        && let (Ok(from), Ok(to)) = (from.trim().parse::<i64>(), to.trim_start_matches('=').trim().parse::<i64>())
    {
        let count = to.checked_sub(from).filter(|count| (0..DESIGNS_MAX as i64).contains(count));
        count.ok_or_else(|| format!("`{text}`: expected from..to, at most {DESIGNS_MAX} numbers, the smaller one first"))?;
        return Ok((from..=to).map(|number| number.to_string()).collect());
    }
    let (mut values, mut depth, mut quoted) = (vec![String::new()], 0, false);
    for letter in text.chars() {
        match letter {
            '"' => quoted = !quoted,
            '[' | '{' if !quoted => depth += 1,
            ']' | '}' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                values.push(String::new());
                continue;
            }
            _ => {}
        }
        values.last_mut().into_iter().for_each(|value| value.push(letter));
    }
    let values: Vec<String> = values.iter().map(|value| value.trim().to_string()).collect();
    if values.iter().any(String::is_empty) { Err(format!("`{text}`: a value is empty")) } else { Ok(values) }
}

/// A name in a message, or what stands for none.
pub(super) fn label(name: &str) -> &str {
    if name.is_empty() { "nothing" } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_ranges() {
        for (text, expected) in [
            ("5..7", Some(vec!["5", "6", "7"])),
            ("5..=7", Some(vec!["5", "6", "7"])),
            ("5", Some(vec!["5"])),
            ("0s, 15s,30s", Some(vec!["0s", "15s", "30s"])),
            ("[1, 2],[3, 4]", Some(vec!["[1, 2]", "[3, 4]"])),
            ("\"a,b\",c", Some(vec!["\"a,b\"", "c"])),
            ("7..5", None),
            ("0..9999999999", None),
            ("1,,2", None),
        ] {
            let expected = expected.map(|values| values.iter().map(ToString::to_string).collect());
            assert_eq!(values(text).ok(), expected, "{text}");
        }
    }
}
