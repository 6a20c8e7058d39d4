//! What can be asked of a run by name: `savings.service_level`.

use crate::error::Problem;
use crate::id::{Id, ProfileId, QueueId};
use std::cmp::Ordering;
use std::fmt;

/// Of what a figure is.
///
/// ```
/// use waitline::QueueId;
/// use waitline::model::Scope;
/// assert_ne!(Scope::Total, Scope::Queue(QueueId(0)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All queues, or all agents.
    Total,
    /// One queue.
    Queue(QueueId),
    /// One routing profile.
    Profile(ProfileId),
}

/// In what a figure is counted.
///
/// ```
/// use waitline::model::{Measure, Unit};
/// assert_eq!(Measure::Asa.unit(), Unit::Seconds);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// From 0 to 1; people write percent.
    Share,
    /// Seconds.
    Seconds,
    /// Contacts.
    Contacts,
}

/// A kind of figure, with the name that the JSON report has for it.
///
/// ```
/// use waitline::model::Measure;
/// assert_eq!(Measure::Wait(90).name(), "wait_s.p90");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Contacts offered, per replication.
    Offered,
    /// Contacts answered.
    Answered,
    /// Contacts that abandoned.
    Abandoned,
    /// Contacts rejected.
    Rejected,
    /// Contacts that left the queue in another way: moved to another one, promised a callback, sent away.
    Diverted,
    /// Contacts still waiting at the end.
    Unfinished,
    /// The headline service level, answered within the threshold / offered.
    ServiceLevel,
    /// The share of replications that meet the headline's target.
    DaysMeetingTarget,
    /// Average speed of answer.
    Asa,
    /// Mean wait of all that left the queue.
    MeanWait,
    /// A percentile of the same waits: 50, 90, 95 or 99.
    Wait(u32),
    /// Share of offered contacts not answered at wait 0.
    Delayed,
    /// Abandoned / offered.
    AbandonmentRate,
    /// Rejected / offered.
    RejectionRate,
    /// The number waiting, on average over time.
    QueueLength,
    /// Handling time / staffed time.
    Occupancy,
    /// Staffed time.
    Staffed,
    /// Handling time.
    Handling,
    /// Of models with paths to service: calls on which an agent spoke with the customer, at once or on the callback that was promised / all calls.
    Spoken,
    /// Of the same calls: those on which customers served themselves / all.
    SelfServed,
    /// Both together: calls on which somebody or something served the customer / all.
    Served,
    /// Those that found no line / all.
    Blocked,
    /// All these calls, first and repeated ones.
    Calls,
    /// The mean time from the start of a call to the first agent.
    ToAgent,
    /// Of models that report what agents did: how many contacts they had in hand, on average over staffed time.
    Concurrency,
    /// Offers accepted / offers.
    AnswerRate,
    /// Offers that came to nothing, per replication.
    NonResponse,
    /// Time on shift in a state such as a break.
    NonProductive,
    /// The longest stretch in which an agent had something in hand at every moment, that of the agent who had the longest.
    LongestRun,
    /// Contacts that were not of their agent's first skill / contacts answered.
    OffSkill,
    /// The standard deviation of the occupancies of the agents.
    OccupancySpread,
}

impl Measure {
    /// What those are of that only some models have ([`Measure::of_desks`]).
    pub(crate) const OF_DESKS: &'static str = "of agents who hold several contacts at once, are offered contacts or are in states";

    /// All of them.
    pub const ALL: [Measure; 34] = [
        Measure::ServiceLevel,
        Measure::DaysMeetingTarget,
        Measure::Asa,
        Measure::MeanWait,
        Measure::Wait(50),
        Measure::Wait(90),
        Measure::Wait(95),
        Measure::Wait(99),
        Measure::AbandonmentRate,
        Measure::RejectionRate,
        Measure::Delayed,
        Measure::QueueLength,
        Measure::Offered,
        Measure::Answered,
        Measure::Abandoned,
        Measure::Rejected,
        Measure::Diverted,
        Measure::Unfinished,
        Measure::Occupancy,
        Measure::Staffed,
        Measure::Handling,
        Measure::Spoken,
        Measure::SelfServed,
        Measure::Served,
        Measure::Blocked,
        Measure::Calls,
        Measure::ToAgent,
        Measure::Concurrency,
        Measure::AnswerRate,
        Measure::NonResponse,
        Measure::NonProductive,
        Measure::LongestRun,
        Measure::OffSkill,
        Measure::OccupancySpread,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Measure::Offered => "offered",
            Measure::Answered => "answered",
            Measure::Abandoned => "abandoned",
            Measure::Rejected => "rejected",
            Measure::Diverted => "diverted",
            Measure::Unfinished => "unfinished",
            Measure::ServiceLevel => "service_level",
            Measure::DaysMeetingTarget => "days_meeting_target",
            Measure::Asa => "asa_s",
            Measure::MeanWait => "mean_wait_s",
            Measure::Wait(50) => "wait_s.p50",
            Measure::Wait(90) => "wait_s.p90",
            Measure::Wait(95) => "wait_s.p95",
            Measure::Wait(_) => "wait_s.p99",
            Measure::Delayed => "delayed",
            Measure::AbandonmentRate => "abandonment_rate",
            Measure::RejectionRate => "rejection_rate",
            Measure::QueueLength => "queue_length.mean",
            Measure::Occupancy => "occupancy",
            Measure::Staffed => "staffed_s",
            Measure::Handling => "handling_s",
            Measure::Spoken => "spoken",
            Measure::SelfServed => "self_served",
            Measure::Served => "served",
            Measure::Blocked => "blocked",
            Measure::Calls => "calls",
            Measure::ToAgent => "to_agent_s",
            Measure::Concurrency => "concurrency",
            Measure::AnswerRate => "answer_rate",
            Measure::NonResponse => "non_response",
            Measure::NonProductive => "non_productive_s",
            Measure::LongestRun => "longest_run_s",
            Measure::OffSkill => "off_skill",
            Measure::OccupancySpread => "occupancy_spread",
        }
    }

    /// In what it is counted.
    pub fn unit(self) -> Unit {
        match self {
            Measure::ServiceLevel
            | Measure::DaysMeetingTarget
            | Measure::Delayed
            | Measure::AbandonmentRate
            | Measure::RejectionRate
            | Measure::Spoken
            | Measure::SelfServed
            | Measure::Served
            | Measure::Blocked
            | Measure::Occupancy
            | Measure::AnswerRate
            | Measure::OffSkill
            | Measure::OccupancySpread => Unit::Share,
            Measure::Asa
            | Measure::MeanWait
            | Measure::Wait(_)
            | Measure::Staffed
            | Measure::Handling
            | Measure::ToAgent
            | Measure::NonProductive
            | Measure::LongestRun => Unit::Seconds,
            Measure::Offered
            | Measure::Answered
            | Measure::Abandoned
            | Measure::Rejected
            | Measure::Diverted
            | Measure::Unfinished
            | Measure::QueueLength
            | Measure::Calls
            | Measure::Concurrency
            | Measure::NonResponse => Unit::Contacts,
        }
    }

    /// Whether more of it is better for the caller (`Greater`), or less (`Less`); `Equal`: neither as such.
    pub fn better(self) -> Ordering {
        match self {
            Measure::ServiceLevel
            | Measure::DaysMeetingTarget
            | Measure::Answered
            | Measure::Spoken
            | Measure::Served
            | Measure::AnswerRate => Ordering::Greater,
            Measure::Asa
            | Measure::MeanWait
            | Measure::Wait(_)
            | Measure::Delayed
            | Measure::AbandonmentRate
            | Measure::RejectionRate
            | Measure::QueueLength
            | Measure::Abandoned
            | Measure::Rejected
            | Measure::Blocked
            | Measure::ToAgent
            | Measure::NonResponse
            | Measure::Unfinished => Ordering::Less,
            Measure::Offered
            | Measure::Diverted
            | Measure::Occupancy
            | Measure::Staffed
            | Measure::Handling
            | Measure::SelfServed
            | Measure::Calls
            | Measure::Concurrency
            | Measure::NonProductive
            | Measure::LongestRun
            | Measure::OffSkill
            | Measure::OccupancySpread => Ordering::Equal,
        }
    }

    /// A value with its unit, as people read it: `81.25 %`, `12.5 s`, `718`.
    pub fn show(self, value: f64) -> String {
        match self.unit() {
            Unit::Share => format!("{} %", shortest(value * 100.0)),
            Unit::Seconds => format!("{} s", shortest(value)),
            Unit::Contacts => shortest(value),
        }
    }

    /// The measure in the name of a metric, whatever its scope is called; `None` if it ends in none.
    ///
    /// ```
    /// use waitline::model::Measure;
    /// assert_eq!(Measure::in_name("savings.wait_s.p90"), Some(Measure::Wait(90)));
    /// ```
    pub fn in_name(metric: &str) -> Option<Measure> {
        Measure::ALL.into_iter().find(|measure| metric.strip_suffix(measure.name()).is_some_and(|scope| scope.ends_with('.')))
    }

    /// Whether it is of ways through the center, of all sources together.
    pub fn of_ways(self) -> bool {
        matches!(self, Measure::Spoken | Measure::SelfServed | Measure::Served | Measure::Blocked | Measure::Calls | Measure::ToAgent)
    }

    /// Whether it is of agents' time; the others are of contacts.
    pub fn of_agents(self) -> bool {
        matches!(self, Measure::Occupancy | Measure::Staffed | Measure::Handling)
    }

    /// Whether it is of what else agents did, which only some models report ([`Model::reports_agents`](crate::Model::reports_agents)).
    pub fn of_desks(self) -> bool {
        matches!(
            self,
            Measure::Concurrency
                | Measure::AnswerRate
                | Measure::NonResponse
                | Measure::NonProductive
                | Measure::LongestRun
                | Measure::OffSkill
                | Measure::OccupancySpread
        )
    }
}

/// A figure by name: a queue, a routing profile or `total`, a dot, and a [`Measure`].
///
/// ```
/// use waitline::model::{Measure, Metric};
/// let metric = Metric::parse("savings.service_level", &["savings", "loans"], &["senior"]).unwrap();
/// assert_eq!(metric.measure, Measure::ServiceLevel);
/// assert_eq!(metric.to_string(), "savings.service_level");
/// let problem = Metric::parse("savngs.asa", &["savings", "loans"], &["senior"]).unwrap_err();
/// assert!(problem.message.contains("did you mean `savings.asa_s`?"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    name: String,
    /// Of what.
    pub scope: Scope,
    /// Which figure.
    pub measure: Measure,
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Metric {
    /// The figure of that name in a center with these queues and routing profiles, in the order of their ids. A queue or profile that is
    /// itself called `total` cannot be asked for.
    ///
    /// # Errors
    /// When there is none, with the nearest name that there is.
    pub fn parse<S: AsRef<str>>(text: &str, queues: &[S], profiles: &[S]) -> Result<Metric, Problem> {
        let text = text.trim();
        let all = all(queues, profiles);
        if let Some(metric) = all.iter().find(|metric| metric.name == text) {
            return Ok(metric.clone());
        }
        let message = format!("unknown metric `{text}`: expected QUEUE, ROUTING PROFILE or total, a dot and a figure, such as total.asa_s");
        // Scope and figure are looked for one by one; so two small slips do not add up to a large one.
        let scope = text.split('.').next().unwrap_or("");
        let near = all.iter().min_by_key(|metric| {
            let (found, figure) = (metric.scope_name(), metric.measure.name());
            let rest = text.get(scope.len() + 1..).unwrap_or("");
            (strsim::damerau_levenshtein(scope, found) + strsim::damerau_levenshtein(rest, figure), figure.len())
        });
        match near {
            Some(near) if strsim::damerau_levenshtein(text, &near.name) <= 4 + text.len() / 3 => {
                Err(Problem::new(format!("{message}; did you mean `{near}`?")))
            }
            _ => Err(Problem::new(format!("{message}; figures: {}", Measure::ALL.map(Measure::name).join(", ")))),
        }
    }

    /// The metric of a scope, by that scope's name.
    pub fn new(scope: Scope, scope_name: &str, measure: Measure) -> Metric {
        Metric { name: format!("{scope_name}.{}", measure.name()), scope, measure }
    }

    /// The name of its queue or profile, or `total`.
    pub fn scope_name(&self) -> &str {
        &self.name[..self.name.len() - self.measure.name().len() - 1]
    }
}

/// At most three decimals, none that says nothing; what is very large or small by its order of magnitude.
fn shortest(value: f64) -> String {
    if value != 0.0 && !(1e-3..1e15).contains(&value.abs()) {
        return format!("{value:e}");
    }
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

fn all<S: AsRef<str>>(queues: &[S], profiles: &[S]) -> Vec<Metric> {
    let total = std::iter::once((Scope::Total, "total", true, true));
    let queues = queues.iter().enumerate().map(|(index, name)| (Scope::Queue(QueueId::from_index(index)), name.as_ref(), true, false));
    let profiles =
        profiles.iter().enumerate().map(|(index, name)| (Scope::Profile(ProfileId::from_index(index)), name.as_ref(), false, true));
    let scopes = total.chain(queues).chain(profiles);
    scopes
        .flat_map(|(scope, name, of_contacts, of_agents)| {
            let of_all = scope == Scope::Total;
            let fits = move |measure: &Measure| match measure {
                measure if measure.of_ways() => of_all,
                measure if measure.of_agents() || measure.of_desks() => of_agents,
                _ => of_contacts,
            };
            Measure::ALL.into_iter().filter(fits).map(move |measure| Metric::new(scope, name, measure))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_found_by_its_name() {
        let (queues, profiles) = (["a.b", "c d"], ["wait_s"]);
        let all = all(&queues, &profiles);
        assert_eq!(all.len(), 34 + 2 * 18 + 10);
        for metric in all {
            assert_eq!(Metric::parse(&metric.to_string(), &queues, &profiles), Ok(metric));
        }
    }

    #[test]
    fn a_profile_has_no_service_level() {
        let problem = Metric::parse("senior.service_level", &["savings"], &["senior"]).unwrap_err();
        assert!(problem.message.contains("unknown metric"), "{problem}");
    }

    #[test]
    fn values_as_people_read_them() {
        assert_eq!(Measure::ServiceLevel.show(0.8125), "81.25 %");
        assert_eq!(Measure::Asa.show(12.5), "12.5 s");
        assert_eq!(Measure::Offered.show(718.0), "718");
    }
}
