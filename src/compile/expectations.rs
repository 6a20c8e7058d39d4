//! What the scenario expects of itself: `[[expect]]`.

use super::Compiler;
use crate::model::{Expectation, Metric, Unit};
use crate::scenario::{Amount, ExpectTable};
use crate::stats::Confidence;

impl Compiler<'_> {
    pub(super) fn expectations(&mut self) -> Vec<Expectation> {
        let document = self.scenario.document();
        let queues: Vec<&str> = document.queue.iter().map(|queue| queue.name.as_str()).collect();
        let profiles: Vec<&str> = document.routing_profile.iter().map(|profile| profile.name.as_str()).collect();
        let mut expectations = Vec::new();
        for (index, table) in document.expect.iter().enumerate() {
            let path = format!("expect[{index}]");
            match Metric::parse(&table.metric, &queues, &profiles) {
                Ok(metric) => self.bounds(&path, table, &metric, &mut expectations),
                Err(problem) => self.problem(&format!("{path}.metric"), problem.message),
            }
        }
        expectations
    }

    fn bounds(&mut self, path: &str, table: &ExpectTable, metric: &Metric, expectations: &mut Vec<Expectation>) {
        if let Err(why) = Confidence::new(table.confidence) {
            self.problem(&format!("{path}.confidence"), why);
        }
        if table.at_least.is_none() && table.at_most.is_none() {
            self.problem(path, "expected `at_least` or `at_most`");
        }
        if metric.measure == crate::model::Measure::DaysMeetingTarget && !self.has_target(metric) {
            self.problem(&format!("{path}.metric"), format!("{metric}: the headline service level has no target to meet"));
        }
        for (amount, key, at_least) in [(table.at_least, "at_least", true), (table.at_most, "at_most", false)] {
            let Some(amount) = amount else { continue };
            let bound = match (amount, metric.measure.unit()) {
                (Amount::Number(number), _) => Ok(number),
                (Amount::Share(share), Unit::Share) => Ok(share),
                (Amount::Duration(span), Unit::Seconds) => Ok(span.as_secs_f64()),
                (_, Unit::Share) => Err("a share: such as 0.8 or \"80%\""),
                (_, Unit::Seconds) => Err("a time: such as \"20s\", or a number of seconds"),
                (_, Unit::Contacts) => Err("a number"),
            };
            let path = format!("{path}.{key}");
            match bound {
                Ok(bound) if !bound.is_finite() || (metric.measure.unit() == Unit::Share && !(0.0..=1.0).contains(&bound)) => {
                    self.problem(
                        &path,
                        format!("{bound} is not within what {metric} can be: expected a share from 0 to 1, such as 0.8 or \"80%\""),
                    );
                }
                Ok(bound) => expectations.push(Expectation { metric: metric.clone(), bound, at_least, confidence: table.confidence }),
                Err(why) => self.problem(&path, format!("{metric} is compared with {why}")),
            }
        }
    }

    fn has_target(&self, metric: &Metric) -> bool {
        let of_queue = |name: &str| self.scenario.document().queue.iter().find(|queue| queue.name == name)?.service_level.0.first()?.target;
        match metric.scope {
            crate::model::Scope::Queue(_) => of_queue(metric.scope_name()).is_some(),
            _ => self.scenario.document().queue.iter().all(|queue| of_queue(&queue.name).is_some()),
        }
    }
}
