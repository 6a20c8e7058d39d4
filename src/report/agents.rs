//! What is said of agents besides occupancy: time, offers, how evenly work is shared.

use super::Figure;
use super::columns::{Columns, number};
use super::text::percent;
use crate::experiment::column::agents as column;
use crate::experiment::{Formula, GroupSums, Results};
use crate::id::{Id, ProfileId};
use crate::model::{Measure, Scope};
use crate::observers::Spread;
use crate::stats::{Confidence, Tally, Terms};
use serde::Serialize;

/// What agents did, in models in which they do more than take one call at a time, or are in states; after the warm-up, until the end of the run.
///
/// ```
/// let report = waitline::report::AgentReport { routing_profiles: Vec::new(), total: Default::default() };
/// assert!(report.total.occupancy.is_none()); // nobody is there
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AgentReport {
    /// By routing profile.
    pub routing_profiles: Vec<AgentFigures>,
    /// All agents together.
    pub total: AgentFigures,
}

/// What the agents of a routing profile did; times and counts are means per replication, of all of them together.
///
/// ```
/// let nobody = waitline::report::AgentFigures::default();
/// assert!(nobody.answer_rate.is_none()); // R24
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AgentFigures {
    /// The profile; `total` for all together.
    pub routing_profile: String,
    /// On shift: logged in or in a state such as a break.
    pub online_s: Figure,
    /// Logged in.
    pub staffed_s: Figure,
    /// In a state, not logged in.
    pub non_productive_s: Figure,
    /// With at least one contact in hand: talking, in a pause of the customer, at after-contact work, calling back.
    pub contact_s: Figure,
    /// The same of each contact, added up.
    pub handle_s: Figure,
    /// Logged in without a contact in hand. Ringing, being connected and what follows a missed offer are idle time.
    pub idle_s: Figure,
    /// Of idle time and time with contacts, that kept from further contacts by a missed offer.
    pub missed_s: Figure,
    /// Time with a contact in hand / that and idle time.
    pub occupancy: Figure,
    /// Time with a contact in hand / time on shift.
    pub utilization: Figure,
    /// Handling time of all contacts added up / time with a contact in hand and idle time: contacts in hand at once, on average.
    pub concurrency: Figure,
    /// Contacts answered.
    pub answered: Figure,
    /// Offers: contacts that rang.
    pub offers: Figure,
    /// Offers accepted.
    pub accepted: Figure,
    /// The same / offers.
    pub answer_rate: Figure,
    /// Offers that came to nothing.
    pub non_response: Figure,
    /// Those to which nobody reacted in time.
    pub no_answer: Figure,
    /// Those that the agent rejected.
    pub rejected: Figure,
    /// Those during which the customer hung up.
    pub hung_up: Figure,
    /// From ringing until accepted or missed, mean over such offers.
    pub mean_connecting_s: Figure,
    /// The lowest occupancy of an agent who ever was logged in, mean over replications.
    pub occupancy_lowest: Figure,
    /// The highest.
    pub occupancy_highest: Figure,
    /// The standard deviation of the occupancies of these agents (each counts once, however long it was there; of a population), mean over replications.
    /// `None` where there never are two.
    pub occupancy_spread: Figure,
    /// Contacts taken from an entry of the routing profile whose priority is not the best one in it / contacts answered.
    pub off_skill: Figure,
    /// The longest stretch in which an agent had a contact in hand at every moment, that of the agent who had the longest; mean over replications.
    pub longest_run_s: Figure,
}

impl AgentReport {
    /// `None` if the model does not report them.
    pub(super) fn new(results: &Results) -> Option<AgentReport> {
        let (outline, confidence) = (results.outline(), results.confidence());
        let sums = results.across().desks()?;
        let of_profile = |(place, profile): (usize, &crate::model::ProfileOutline)| {
            sums.of(Scope::Profile(ProfileId::from_index(place))).map(|sums| AgentFigures::of(&profile.name, sums, confidence))
        };
        Some(AgentReport {
            routing_profiles: outline.profiles.iter().enumerate().filter_map(of_profile).collect(),
            total: AgentFigures::of("total", &sums.total, confidence),
        })
    }

    fn rows(&self) -> impl Iterator<Item = &AgentFigures> {
        self.routing_profiles.iter().chain((self.routing_profiles.len() > 1).then_some(&self.total))
    }

    /// All figures as (name, metric, definition, figure); all agents together have no name.
    pub(super) fn list(&self) -> Vec<(&str, &'static str, &'static str, Figure)> {
        let named = self.routing_profiles.iter().map(|row| (row.routing_profile.as_str(), row)).chain([("", &self.total)]);
        named
            .flat_map(|(name, row)| row.list().into_iter().map(move |(metric, definition, figure)| (name, metric, definition, figure)))
            .collect()
    }

    /// Adds the tables to a report for people; of offers only where there were any.
    pub(super) fn add_to(&self, text: &mut String) {
        let hours = |figure: Figure| number(figure.map(|seconds| seconds.per(3600.0)));
        let mut times =
            Columns::new(&["routing profile", "online h", "staffed h", "non-productive h", "idle h", "occupancy %", "concurrency"]);
        let mut offers =
            Columns::new(&["routing profile", "offers", "accepted %", "missed", "no answer", "rejected", "hung up", "connecting s"]);
        let mut shares = Columns::new(&["routing profile", "lowest %", "highest %", "deviation %", "off-skill %", "longest run min"]);
        for row in self.rows() {
            let name = || vec![row.routing_profile.clone()];
            let of_time = [row.online_s, row.staffed_s, row.non_productive_s, row.idle_s].map(hours);
            times.row([name(), of_time.into(), vec![percent(row.occupancy), number(row.concurrency)]].concat());
            if row.offers.is_some_and(|offers| offers.estimate > 0.0) {
                let reasons = [row.non_response, row.no_answer, row.rejected, row.hung_up, row.mean_connecting_s].map(number);
                offers.row([name(), vec![number(row.offers), percent(row.answer_rate)], reasons.into()].concat());
            }
            let of_agents = [row.occupancy_lowest, row.occupancy_highest, row.occupancy_spread, row.off_skill].map(percent);
            let run = number(row.longest_run_s.map(|seconds| seconds.per(60.0)));
            shares.row([name(), of_agents.into(), vec![run]].concat());
        }
        times.add_to(
            "Agents, per replication (idle: no contact in hand; concurrency: contacts in hand at once, mean over staffed time)",
            text,
        );
        offers.add_to("Offers to agents, per replication", text);
        shares.add_to("How work is shared: occupancy of the agents one by one, and the longest run of an agent without a pause; means of replications", text);
    }
}

impl AgentFigures {
    fn of(name: &str, sums: &GroupSums, confidence: &Confidence) -> AgentFigures {
        let mean = |of: Terms<'_>| sums.work.mean(of, confidence);
        let seconds = |of: Terms<'_>| mean(of).map(|us| us.per(1e6));
        let ratio = |above: Terms<'_>, below: Terms<'_>| sums.work.ratio(above, below, confidence);
        let figure = |measure| Formula::of(measure, 0)?.estimate(&sums.work, confidence);
        let share = |tally: &Tally| tally.mean(confidence).map(|billionths| billionths.per(Spread::ONE as f64));
        AgentFigures {
            routing_profile: name.into(),
            online_s: seconds(&[(column::ONLINE_US, 1)]),
            staffed_s: seconds(&[(column::STAFFED_US, 1)]),
            non_productive_s: figure(Measure::NonProductive),
            contact_s: seconds(&[(column::CONTACT_US, 1)]),
            handle_s: seconds(&[(column::HANDLE_US, 1)]),
            idle_s: seconds(column::IDLE_US),
            missed_s: seconds(&[(column::MISSED_US, 1)]),
            occupancy: ratio(&[(column::CONTACT_US, 1)], &[(column::STAFFED_US, 1)]),
            utilization: ratio(&[(column::CONTACT_US, 1)], &[(column::ONLINE_US, 1)]),
            concurrency: figure(Measure::Concurrency),
            answered: mean(&[(column::ANSWERED, 1)]),
            offers: mean(&[(column::OFFERS, 1)]),
            accepted: mean(&[(column::ACCEPTED, 1)]),
            answer_rate: figure(Measure::AnswerRate),
            non_response: figure(Measure::NonResponse),
            no_answer: mean(&[(column::NO_ANSWER, 1)]),
            rejected: mean(&[(column::REJECTED, 1)]),
            hung_up: mean(&[(column::HUNG_UP, 1)]),
            mean_connecting_s: ratio(&[(column::CONNECTING_US, 1)], column::DECIDED).map(|us| us.per(1e6)),
            occupancy_lowest: share(&sums.lowest),
            occupancy_highest: share(&sums.highest),
            occupancy_spread: sums.spread(confidence),
            off_skill: figure(Measure::OffSkill),
            longest_run_s: figure(Measure::LongestRun),
        }
    }

    fn list(&self) -> [(&'static str, &'static str, Figure); 24] {
        [
            ("online_s", "logged in or in a state, mean per replication", self.online_s),
            ("staffed_s", "logged in, mean per replication", self.staffed_s),
            ("non_productive_s", "in a state and not logged in, mean per replication", self.non_productive_s),
            ("contact_s", "with at least one contact in hand, mean per replication", self.contact_s),
            ("handle_s", "handling time of all contacts added up, mean per replication", self.handle_s),
            ("idle_s", "logged in without a contact in hand, mean per replication", self.idle_s),
            ("missed_s", "kept from contacts by missed offers, mean per replication", self.missed_s),
            ("occupancy", "time with a contact in hand / that and idle time", self.occupancy),
            ("utilization", "time with a contact in hand / time online", self.utilization),
            ("concurrency", "handling time of all contacts added up / time with a contact in hand and idle time", self.concurrency),
            ("answered", "contacts answered, mean per replication", self.answered),
            ("offers", "contacts that rang, mean per replication", self.offers),
            ("accepted", "offers accepted, mean per replication", self.accepted),
            ("answer_rate", "offers accepted / offers", self.answer_rate),
            ("non_response", "offers that came to nothing, mean per replication", self.non_response),
            ("no_answer", "offers to which nobody reacted, mean per replication", self.no_answer),
            ("rejected", "offers that the agent rejected, mean per replication", self.rejected),
            ("hung_up", "offers during which the customer hung up, mean per replication", self.hung_up),
            ("mean_connecting_s", "from ringing until accepted or missed, mean over such offers", self.mean_connecting_s),
            ("occupancy_lowest", "lowest occupancy of an agent, mean of replications", self.occupancy_lowest),
            ("occupancy_highest", "highest occupancy of an agent, mean of replications", self.occupancy_highest),
            ("occupancy_spread", "standard deviation of the agents' occupancies, mean of replications", self.occupancy_spread),
            ("off_skill", "contacts not of the best priority in the profile / contacts answered", self.off_skill),
            ("longest_run_s", "longest time of an agent without a pause, mean of replications", self.longest_run_s),
        ]
    }
}
