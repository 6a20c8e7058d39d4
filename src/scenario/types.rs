//! The scenario as a person writes it: names, units, defaults. Every doc comment here is also what `waitline schema` says.

use super::calendar::{EventTable, HoursTable};
use super::desks::{
    AvailabilityName, CapacityTable, ChannelName, ChannelTermsTable, CriteriaTable, LearningTable, OffersTable, Proficiencies,
};
use super::flows::{AttributesTable, CallAgainTable, CarrierTable, FlowTable, RankFromName, ServiceTable, TelephonyTable, TransferTable};
use super::text::{Amount, Interval, Rate, Share, SignedSpan};
use crate::time::Span;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::{Deserialize, Deserializer, de};
use std::borrow::Cow;
use std::fmt;

/// A contact center and what is to be asked of it.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// The version of this format: 1.
    pub version: u32,
    /// The scenario's name; reports carry it.
    pub name: String,
    /// How long, how often, what counts.
    pub run: RunTable,
    /// Which rules decide who goes first. Left out: the rules of Amazon Connect.
    #[serde(default)]
    pub policy: PolicyTable,
    /// The queues.
    #[serde(default)]
    pub queue: Vec<QueueTable>,
    /// The routing profiles.
    #[serde(default)]
    pub routing_profile: Vec<ProfileTable>,
    /// The agents.
    #[serde(default)]
    pub agents: Vec<AgentsTable>,
    /// Where contacts come from.
    #[serde(default)]
    pub source: Vec<SourceTable>,
    /// Hours of operation.
    #[serde(default)]
    pub hours: Vec<HoursTable>,
    /// What is the case at times.
    #[serde(default)]
    pub event: Vec<EventTable>,
    /// Paths to service: what happens before, beside and after a queue.
    #[serde(default)]
    pub flow: Vec<FlowTable>,
    /// What contacts are like.
    #[serde(default)]
    pub attributes: Vec<AttributesTable>,
    /// Services outside that flows call.
    #[serde(default)]
    pub service: Vec<ServiceTable>,
    /// Groups of telephone lines. Left out: there is always a line.
    #[serde(default)]
    pub carrier: Vec<CarrierTable>,
    /// Which agents contacts want.
    #[serde(default)]
    pub routing_criteria: Vec<CriteriaTable>,
    /// Telephone calls as a whole.
    #[serde(default)]
    pub telephony: TelephonyTable,
    /// What should come of it; `waitline gate` decides whether it does.
    #[serde(default)]
    pub expect: Vec<ExpectTable>,
}

/// How long, how often, what counts.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunTable {
    /// Arrivals stop here.
    pub horizon: Span,
    /// Contacts that enter before it are simulated, not counted. Default 0s.
    #[serde(default)]
    pub warm_up: Span,
    /// `drain` (default): the run goes on until nothing more can happen; `stop`: it ends at the horizon.
    #[serde(default)]
    pub at_horizon: AtHorizonName,
    /// How many replications. Default 20.
    #[serde(default = "default_replications")]
    pub replications: u64,
    /// The seed. Default 1.
    #[serde(default = "default_seed")]
    pub seed: u64,
    /// The reporting grid; staffing lists follow it. Default 30m; `none` for the whole run only.
    #[serde(default = "default_interval")]
    pub interval: Interval,
    /// The date and time at which the run begins, such as `2026-03-02T00:00`; demanded by hours of operation.
    pub starts: Option<String>,
    /// IANA name of the time zone of `starts` and, unless they have one of their own, of hours of operation. Default UTC.
    pub time_zone: Option<String>,
    /// Which interval a contact counts in: the one in which it `enqueued` (default), or in which it `ended`.
    #[serde(default)]
    pub count_by: CountByName,
}

fn default_replications() -> u64 {
    20
}

fn default_seed() -> u64 {
    1
}

fn default_interval() -> Interval {
    Interval::Every(Span::from_secs(1800))
}

/// What happens at the horizon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum AtHorizonName {
    /// The run goes on until nothing more can happen.
    #[default]
    Drain,
    /// The run ends.
    Stop,
}

/// Which interval a contact counts in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum CountByName {
    /// The one in which it entered the queue.
    #[default]
    Enqueued,
    /// The one in which it ended.
    Ended,
}

/// Which rules decide who goes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyTable {
    /// Which eligible contact an agent takes.
    #[serde(default)]
    pub contact: ContactRuleName,
    /// Which available agent takes a contact.
    #[serde(default)]
    pub agent: AgentRuleName,
    /// Whether agents who hold fewer contacts go before those who hold more. Default true.
    pub fewest_contacts_first: Option<bool>,
    /// Whence a contact ranks that an agent transferred. Default `before`.
    pub agent_transfer_rank: Option<RankFromName>,
    /// Whence a contact ranks that a flow moved from queue to queue. Default `entry`.
    pub queue_transfer_rank: Option<RankFromName>,
    /// Whence a callback ranks. Default `call_start`.
    pub callback_rank: Option<RankFromName>,
    /// Whence a callback ranks after a call that was not answered. Default `before`.
    pub callback_retry_rank: Option<RankFromName>,
    /// By how much transfers and callbacks may overfill a queue. Default 20%.
    pub capacity_buffer: Option<Share>,
    /// Whether further adjustments of the routing age add up and do not replace each other. Default false.
    #[serde(default)]
    pub ages_add_up: bool,
    /// How long a change of rank takes to show in a queue in which the contact waits already. Default 60s.
    pub rank_change_takes: Option<Span>,
}

/// Which eligible contact an agent takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum ContactRuleName {
    /// Profile priority, then contact priority, then the oldest: what Amazon Connect documents.
    #[default]
    Strict,
    /// The largest wait times weight of the profile entry. Not Amazon Connect's.
    Weighted,
    /// As strict with all profile priorities equal. Not Amazon Connect's.
    LongestWaitFirst,
}

/// Which available agent takes a contact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum AgentRuleName {
    /// The one available the longest: what Amazon Connect documents.
    #[default]
    LongestAvailable,
    /// The one that has answered the fewest contacts. Not Amazon Connect's.
    FewestContacts,
    /// The one least occupied so far. Not Amazon Connect's.
    LeastOccupied,
    /// Any, by chance. Not Amazon Connect's.
    Random,
}

/// A queue.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QueueTable {
    /// Its name.
    pub name: String,
    /// What is promised: one table or a list, the first being the headline. Default: within 20s.
    #[serde(default)]
    pub service_level: ServiceLevels,
    /// How long a contact talks.
    pub handle_time: DistributionTable,
    /// How long the agent works on after that. Default: not at all.
    pub after_contact_work: Option<DistributionTable>,
    /// How much the handling of all its contacts differs from one replication (a day) to the next. Default: not at all.
    pub handle_time_varies: Option<VariationTable>,
    /// How long a contact waits before it abandons. Default: for ever.
    pub patience: Option<DistributionTable>,
    /// The most contacts that wait in it at once; who comes when it is full is rejected. 0: nobody can enter. Default: any number.
    pub max_contacts: Option<i64>,
    /// Whose own queue it is: only that agent serves it, before all other queues.
    pub agent: Option<String>,
    /// What is different for calls.
    pub voice: Option<ChannelTermsTable>,
    /// What is different for chats.
    pub chat: Option<ChannelTermsTable>,
    /// What is different for tasks.
    pub task: Option<ChannelTermsTable>,
    /// What is different for e-mail.
    pub email: Option<ChannelTermsTable>,
    /// Where its conversations go on. Default: nowhere.
    #[serde(default)]
    pub transfers: Vec<TransferTable>,
}

/// Replications differ: a factor per replication, gamma with mean 1.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VariationTable {
    /// Standard deviation of the factor; its mean is 1.
    pub cv: f64,
}

/// A promise: answered within some time.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceLevelTable {
    /// The threshold.
    pub within: Span,
    /// The share that should be reached, 0 to 1.
    pub target: Option<f64>,
    /// Whether the threshold itself still counts: `<=` (default) or `<`.
    #[serde(default)]
    pub comparator: ComparatorName,
}

/// Whether the threshold itself still counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum ComparatorName {
    /// At most.
    #[default]
    #[serde(rename = "<=")]
    AtMost,
    /// Below.
    #[serde(rename = "<")]
    Below,
}

/// One service level or several.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceLevels(pub Vec<ServiceLevelTable>);

/// A distribution of durations.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(tag = "distribution", rename_all = "snake_case", deny_unknown_fields)]
pub enum DistributionTable {
    /// Always the same.
    Constant {
        /// How long.
        value: Span,
    },
    /// Any between two bounds, all equally likely.
    Uniform {
        /// At least.
        min: Span,
        /// At most.
        max: Span,
    },
    /// Exponential.
    Exponential {
        /// The mean.
        mean: Span,
    },
    /// Lognormal, by mean and coefficient of variation or by median and sigma.
    Lognormal {
        /// The mean; goes with cv.
        mean: Option<Span>,
        /// Standard deviation / mean.
        cv: Option<f64>,
        /// The median; goes with sigma.
        median: Option<Span>,
        /// Standard deviation of the logarithm.
        sigma: Option<f64>,
    },
    /// Gamma.
    Gamma {
        /// The mean.
        mean: Span,
        /// Standard deviation / mean.
        cv: f64,
    },
    /// Erlang: a sum of exponential phases.
    Erlang {
        /// The mean of the sum.
        mean: Span,
        /// How many phases.
        phases: u32,
    },
    /// Weibull.
    Weibull {
        /// The mean.
        mean: Span,
        /// The shape: below 1 the longer it has lasted the longer it lasts.
        shape: f64,
    },
    /// One of several exponentials.
    Hyperexponential {
        /// How likely each is, relative to the others.
        weights: Vec<f64>,
        /// The mean of each.
        means: Vec<Span>,
    },
    /// One of several distributions.
    Mixture {
        /// How likely each is, relative to the others.
        weights: Vec<f64>,
        /// The distributions.
        of: Vec<DistributionTable>,
    },
    /// From a CSV: a column `value_s`, or a survival table with the columns `at_s` and `surviving`.
    Empirical {
        /// The CSV, relative to the scenario.
        file: String,
    },
}

/// A routing profile.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileTable {
    /// Its name.
    pub name: String,
    /// Its queues.
    pub queues: Vec<EntryTable>,
    /// What its agents hold of calls. Default, here and below: one contact of each channel that stands in `queues`, and nothing beside it.
    pub voice: Option<CapacityTable>,
    /// What its agents hold of chats.
    pub chat: Option<CapacityTable>,
    /// What its agents hold of tasks.
    pub task: Option<CapacityTable>,
    /// What its agents hold of e-mail.
    pub email: Option<CapacityTable>,
    /// How contacts are offered to its agents. Default: agents answer at once.
    pub offers: Option<OffersTable>,
    /// Since when its agents pass for available. Default `since_last_contact`.
    #[serde(default)]
    pub availability: AvailabilityName,
}

/// A queue in a routing profile.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EntryTable {
    /// The queue.
    pub queue: String,
    /// The channel.
    #[serde(default)]
    pub channel: ChannelName,
    /// 1 to 99; the lower goes first.
    pub priority: i64,
    /// How long a contact must have been in the queue before agents of this profile may take it, 0s to 9999s. Default 0s.
    #[serde(default)]
    pub delay: Span,
    /// Its contacts are taken only while, after that, at least so many agents of the profile are left who hold nothing and could take a contact. Default 0.
    pub keep_available: Option<i64>,
    /// Under the weighted rule: how fast a waiting contact's claim grows. Default 1.
    pub weight: Option<f64>,
    /// Instead of the queue's.
    pub handle_time: Option<DistributionTable>,
    /// Instead of the queue's.
    pub after_contact_work: Option<DistributionTable>,
}

/// Agents: a profile with `count` or `staffing`, or a `roster`, or `skills`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentsTable {
    /// Their routing profile; not with `roster` or `skills`.
    pub routing_profile: Option<String>,
    /// How many, present for the whole run.
    pub count: Option<i64>,
    /// Heads for each reporting interval (the last one goes on), or a CSV `routing_profile,start_s,length_s,heads`.
    pub staffing: Option<Staffing>,
    /// A CSV `agent,routing_profile,start_s,end_s[,activity]`. A row is a shift, or with an activity (`break`, `lunch`, `meeting`, any name) what the agent does
    /// at that time of a shift instead of taking contacts.
    pub roster: Option<String>,
    /// A CSV of agents and queues with marks; agents with equal marks share a profile.
    pub skills: Option<String>,
    /// For files with clock times: which one is time 0 of the run, as HH:MM. Default: midnight.
    pub starts_at: Option<String>,
    /// The chance of each agent to be absent for a day (24 hours from the start of the run), such as "8%". Default 0.
    pub absence: Option<Share>,
    /// The chance of each agent to be away for a reporting interval (breaks, meetings, training), such as "12%". Default 0.
    pub shrinkage: Option<Share>,
    /// By what the handling of what they take is multiplied. Default 1.
    pub handle_time_factor: Option<f64>,
    /// The same by agent and queue: a CSV `agent,queue,factor`; an empty queue means all.
    pub handle_time_factors: Option<String>,
    /// How new agents become faster. Default: not at all.
    pub learning: Option<LearningTable>,
    /// What they can do, and how well: levels such as `{ spanish = 4 }`, or a CSV `agent,proficiency,level`. Default: nothing.
    pub proficiencies: Option<Proficiencies>,
    /// By how much later than planned each shift begins, drawn for each agent and shift. A shift that would begin at its end or later is missed. Default: in time.
    pub late: Option<DistributionTable>,
    /// With a roster: by how much later than planned each activity begins, drawn for each agent and activity. Default: in time.
    pub breaks_start_late: Option<DistributionTable>,
    /// With a roster: by how much later each activity ends, at the latest with the shift or when the next activity begins. Default: in time.
    pub breaks_end_late: Option<DistributionTable>,
}

/// Heads by interval: a list or a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Staffing {
    /// Heads for each reporting interval.
    Heads(Vec<i64>),
    /// A CSV.
    File(String),
}

/// Where contacts come from: `arrivals` into a `queue`, or a replay of `contacts`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceTable {
    /// Its name.
    pub name: String,
    /// The queue that its contacts enter; the rows of `contacts` name their own.
    pub queue: Option<String>,
    /// The flow that its contacts enter, instead of a queue.
    pub flow: Option<String>,
    /// Who of its customers calls again, and when. The first that fits decides.
    #[serde(default)]
    pub calls_again: Vec<CallAgainTable>,
    /// When they arrive.
    pub arrivals: Option<ArrivalsTable>,
    /// A CSV `contact,queue,arrival_s,handle_s,patience_s[,after_contact_work_s][,priority][,age_s]`.
    pub contacts: Option<String>,
    /// Contact priority: 1 (highest) and up. Default 5.
    pub priority: Option<i64>,
    /// How much older its contacts rank than they are. Default 0s.
    pub age: Option<SignedSpan>,
    /// How its contacts reach the center. Default `voice`.
    #[serde(default)]
    pub channel: ChannelName,
    /// The center calls, not the customer: work that agents take from the queue as any other. Default false.
    #[serde(default)]
    pub outbound: bool,
    /// Which agents its contacts want: one of the `[[routing_criteria]]`. Default: anybody.
    pub routing_criteria: Option<String>,
}

/// When contacts arrive.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(tag = "process", rename_all = "snake_case", deny_unknown_fields)]
pub enum ArrivalsTable {
    /// Poisson, with a constant `rate`, or with `rates` from a CSV of volumes, or with a rate that is linear between `points`.
    Poisson {
        /// The rate.
        rate: Option<Rate>,
        /// A CSV `queue,start_s,length_s,offered`; other shapes that planners have are read too.
        rates: Option<String>,
        /// Instants and rates; linear in between.
        points: Option<Vec<PointTable>>,
        /// For files with clock times: which one is time 0 of the run, as HH:MM. Default: midnight.
        starts_at: Option<String>,
        /// A factor per day, gamma with mean 1, by which all rates of the day are multiplied.
        busyness: Option<BusynessTable>,
    },
    /// Independent gaps.
    Renewal {
        /// The gap between two arrivals.
        interarrival: DistributionTable,
    },
    /// At given instants.
    Scheduled {
        /// The instants.
        times: Vec<Span>,
    },
    /// Several at a time.
    Batches {
        /// How often batches come, as a Poisson process; or give `interarrival`.
        rate: Option<Rate>,
        /// The gap between two batches.
        interarrival: Option<DistributionTable>,
        /// How many contacts a batch holds.
        size: BatchSizeTable,
    },
    /// Poisson with a rate that a Markov chain switches.
    MarkovModulated {
        /// The rate in each state.
        rates: Vec<Rate>,
        /// How long the chain stays in each state, on average.
        sojourns: Vec<Span>,
        /// Row by row, where the chain goes from each state; default: to the next one, from the last to the first.
        transitions: Option<Vec<Vec<f64>>>,
    },
}

/// An instant and the rate there.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PointTable {
    /// When.
    pub at: Span,
    /// The rate.
    pub rate: Rate,
}

/// Days differ: a factor per day.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BusynessTable {
    /// Standard deviation of the factor; its mean is 1.
    pub cv: f64,
    /// How long a day is. Default 24h.
    pub day: Option<Span>,
    /// Another source whose factor this one shares: busy days are busy for both.
    pub shared_with: Option<String>,
}

/// How many contacts a batch holds.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(tag = "distribution", rename_all = "snake_case", deny_unknown_fields)]
pub enum BatchSizeTable {
    /// Always the same number.
    Constant {
        /// How many.
        value: u32,
    },
    /// Any between two numbers, all equally likely.
    Uniform {
        /// At least.
        min: u32,
        /// At most.
        max: u32,
    },
    /// Geometric on 1, 2, 3, ...
    Geometric {
        /// The mean.
        mean: f64,
    },
    /// One of several sizes.
    Weighted {
        /// The sizes.
        sizes: Vec<u32>,
        /// How likely each is, relative to the others.
        weights: Vec<f64>,
    },
}

/// What should come of the scenario: a figure within a bound.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectTable {
    /// QUEUE, ROUTING PROFILE or total, a dot and a figure of the report: `savings.service_level`, `total.asa_s`, `senior.occupancy`,
    /// `savings.days_meeting_target`.
    pub metric: String,
    /// The figure should be at least this: 0.8 or "80%" for shares, "20s" or a number of seconds for times.
    pub at_least: Option<Amount>,
    /// The figure should be at most this.
    pub at_most: Option<Amount>,
    /// How sure a verdict must be. Default 0.95.
    #[serde(default = "default_confidence")]
    pub confidence: f64,
}

fn default_confidence() -> f64 {
    0.95
}

// ---- one or several, list or file ------------------------------------------------------------------------------------

impl<'de> Deserialize<'de> for ServiceLevels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMore;
        impl<'de> de::Visitor<'de> for OneOrMore {
            type Value = ServiceLevels;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table such as { within = \"20s\", target = 0.8 }, or a list of them")
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<ServiceLevels, A::Error> {
                ServiceLevelTable::deserialize(MapAccessDeserializer::new(map)).map(|one| ServiceLevels(vec![one]))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<ServiceLevels, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(ServiceLevels)
            }
        }
        deserializer.deserialize_any(OneOrMore)
    }
}

impl JsonSchema for ServiceLevels {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "ServiceLevels".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<ServiceLevelTable>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })
    }
}

impl<'de> Deserialize<'de> for Staffing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListOrFile;
        impl<'de> de::Visitor<'de> for ListOrFile {
            type Value = Staffing;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of heads such as [4, 6, 8], or the name of a CSV file")
            }
            fn visit_str<E: de::Error>(self, file: &str) -> Result<Staffing, E> {
                Ok(Staffing::File(file.into()))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<Staffing, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Staffing::Heads)
            }
        }
        deserializer.deserialize_any(ListOrFile)
    }
}

impl JsonSchema for Staffing {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Staffing".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "array", "items": { "type": "integer", "minimum": 0 } }, { "type": "string" }] })
    }
}
