//! What the scenario expects of itself: `[[expect]]`.

use super::Compiler;
use crate::error::Problem;
use crate::id::Id;
use crate::model::{Expectation, Measure, Metric, Model, Scope, Unit};
use crate::scenario::{Amount, ExpectTable, QueueTable};
use crate::stats::Confidence;

impl Compiler<'_> {
    pub(super) fn expectations(&mut self) -> Vec<Expectation> {
        let mut expectations = Vec::new();
        for (index, table) in self.scenario.document().expect.iter().enumerate() {
            let path = format!("expect[{index}]");
            match self.metric(&table.metric) {
                Ok(metric) => self.bounds(&path, table, &metric, &mut expectations),
                Err(problem) => self.problem(&format!("{path}.metric"), problem.message),
            }
        }
        expectations
    }

    fn metric(&self, name: &str) -> Result<Metric, Problem> {
        let document = self.scenario.document();
        let queues: Vec<&str> = document.queue.iter().map(|queue| queue.name.as_str()).collect();
        let profiles: Vec<&str> = document.routing_profile.iter().map(|profile| profile.name.as_str()).collect();
        Metric::parse(name, &queues, &profiles)
    }

    /// Where contacts do nothing but queue there are no ways to expect anything of; where agents do nothing but take one call at a time, nothing else of them.
    pub(super) fn expectations_of_ways(&mut self, model: &Model) {
        for (index, table) in self.scenario.document().expect.iter().enumerate() {
            let Ok(Metric { measure, .. }) = self.metric(&table.metric) else { continue };
            if measure.of_desks() && !model.reports_agents() {
                let message = format!("{} is {}, and there are none such", table.metric, Measure::OF_DESKS);
                self.problem(&format!("expect[{index}].metric"), message);
            }
            if measure.of_ways() && !model.has_paths() {
                let message = format!("{} is of paths to service, and here contacts do nothing but queue", table.metric);
                self.problem(&format!("expect[{index}].metric"), message);
            }
        }
    }

    fn bounds(&mut self, path: &str, table: &ExpectTable, metric: &Metric, expectations: &mut Vec<Expectation>) {
        if let Err(why) = Confidence::new(table.confidence) {
            self.problem(&format!("{path}.confidence"), why);
        }
        if table.at_least.is_none() && table.at_most.is_none() {
            self.problem(path, "expected `at_least` or `at_most`");
        }
        if metric.measure == Measure::DaysMeetingTarget
            && let Some(why) = self.without_target(metric)
        {
            self.problem(&format!("{path}.metric"), format!("{metric}: {why}"));
        }
        let before = expectations.len();
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
            let (most, expected) = match metric.measure.unit() {
                Unit::Share => (1.0, "a share from 0 to 1, such as 0.8 or \"80%\""),
                Unit::Seconds | Unit::Contacts => (f64::MAX, "0 or more"),
            };
            match bound {
                Ok(bound) if !(0.0..=most).contains(&bound) => {
                    self.problem(&path, format!("{bound} is not within what {metric} can be: expected {expected}"));
                }
                Ok(bound) => expectations.push(Expectation { metric: metric.clone(), bound, at_least, confidence: table.confidence }),
                Err(why) => self.problem(&path, format!("{metric} is compared with {why}")),
            }
        }
        if let [low, high] = &expectations[before..]
            && low.bound > high.bound
        {
            self.problem(&format!("{path}.at_most"), "`at_most` is below `at_least`: no figure can be both");
        }
    }

    /// Why there is no target that days could meet.
    fn without_target(&self, metric: &Metric) -> Option<&'static str> {
        let queues = &self.scenario.document().queue;
        let headline = |queue: &QueueTable| queue.service_level.0.first().filter(|level| level.target.is_some()).cloned();
        match metric.scope {
            Scope::Queue(queue) if queues.get(queue.index()).and_then(headline).is_some() => None,
            Scope::Queue(_) => Some("the headline service level has no target to meet"),
            _ if queues.iter().all(|queue| headline(queue).is_some() && headline(queue) == headline(&queues[0])) => None,
            _ => Some("the queues have no headline service level with a target in common"),
        }
    }
}
