//! Paths to service as a person writes them. Every doc comment here is also what `waitline schema` says.

use super::text::{Rate, Share, SignedSpan};
use super::types::DistributionTable;
use crate::time::Span;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A path to service: steps that a contact takes before, beside and after a queue.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowTable {
    /// Its name.
    pub name: String,
    /// Its steps; contacts enter at the first. Where a step does not say what comes next, the one after it does.
    pub step: Vec<StepTable>,
}

/// A step of a flow.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(tag = "block", rename_all = "snake_case", deny_unknown_fields)]
pub enum StepTable {
    /// The contact listens, or waits.
    Prompt {
        /// The step's name.
        name: String,
        /// How long.
        duration: DistributionTable,
        /// Where it goes on. Default: with the step after it.
        next: Option<String>,
    },
    /// The contact tries to help itself.
    SelfService {
        /// The step's name.
        name: String,
        /// How long an attempt takes.
        duration: DistributionTable,
        /// The chance that an attempt succeeds.
        containment: Share,
        /// After so many failed attempts it escalates. Default 1.
        #[serde(default = "one")]
        attempts: u32,
        /// Where it goes on after success. Default: the contact has served itself and leaves.
        contained: Option<String>,
        /// Where it goes on after the last failed attempt. Default: with the step after it.
        escalate: Option<String>,
    },
    /// By an attribute of the contact.
    Branch {
        /// The step's name.
        name: String,
        /// Which attribute.
        attribute: String,
        /// Value by value, where it goes on.
        cases: BTreeMap<String, String>,
        /// Where it goes on with any other value, or none.
        default: String,
    },
    /// By hours of operation.
    Hours {
        /// The step's name.
        name: String,
        /// Which `[[hours]]`.
        hours: String,
        /// Where it goes on when they are open.
        open: String,
        /// Where it goes on when they are closed.
        closed: String,
    },
    /// By something that is the case or not: an emergency, a storm.
    Event {
        /// The step's name.
        name: String,
        /// Which `[[event]]`.
        event: String,
        /// Where it goes on when it is the case.
        active: String,
        /// Where it goes on when it is not.
        inactive: String,
    },
    /// Whether agents serve a queue.
    Staffing {
        /// The step's name.
        name: String,
        /// Which queue; of a waiting contact by default its own.
        queue: Option<String>,
        /// Who counts. Default `available`.
        #[serde(default)]
        agents: StaffName,
        /// More than so many. Default 0.
        #[serde(default)]
        more_than: u32,
        /// Where it goes on when there are.
        yes: String,
        /// Where it goes on when there are not.
        no: String,
    },
    /// How a queue is doing; one of the three keys that end in `above`.
    QueueStatus {
        /// The step's name.
        name: String,
        /// Which queue; of a waiting contact by default its own.
        queue: Option<String>,
        /// More contacts wait than that.
        size_above: Option<u32>,
        /// The oldest has waited longer than that.
        oldest_above: Option<Span>,
        /// One who came now could expect to wait longer: (number waiting + 1) x mean handling of the queue / agents staffed. Not Amazon Connect's.
        estimated_wait_above: Option<Span>,
        /// Where it goes on then.
        above: String,
        /// Where it goes on otherwise.
        otherwise: String,
    },
    /// By chance; an experiment within one run.
    Distribute {
        /// The step's name.
        name: String,
        /// The branches.
        branches: Vec<BranchTable>,
        /// Where the rest goes on.
        default: String,
    },
    /// Sets contact priority or routing age.
    Rank {
        /// The step's name.
        name: String,
        /// The new contact priority: 1 (highest) and up.
        priority: Option<i64>,
        /// How much older the contact ranks than it is.
        age: Option<SignedSpan>,
        /// Where it goes on. Default: with the step after it.
        next: Option<String>,
    },
    /// Says which agents the contact wants in the queues that it enters from now on.
    Criteria {
        /// The step's name.
        name: String,
        /// One of the `[[routing_criteria]]`. Left out: anybody.
        routing_criteria: Option<String>,
        /// Where it goes on. Default: with the step after it.
        next: Option<String>,
    },
    /// Puts the contact into a queue, or moves it there from the one in which it waits.
    Queue {
        /// The step's name.
        name: String,
        /// Which queue.
        queue: String,
        /// The step at which a flow begins beside the waiting.
        while_waiting: Option<String>,
        /// Where it goes on when the queue is full. Default: it is rejected; if it waits in another queue, it goes on waiting there.
        full: Option<String>,
    },
    /// Promises to call back and ends the call.
    Callback {
        /// The step's name.
        name: String,
        /// Which queue the callback enters; of a waiting contact by default its own.
        queue: Option<String>,
        /// From the promise until it queues. Default 0s.
        #[serde(default)]
        delay: Span,
        /// So many times the customer is called at most. Default 1.
        #[serde(default = "one")]
        attempts: u32,
        /// From a call that was not answered until the next one queues. Demanded if there are several attempts.
        retry_delay: Option<Span>,
        /// The chance that the customer answers. Default 100%.
        answers: Option<Share>,
        /// How long an agent is taken by a call that is not answered. Default 60s.
        ring: Option<DistributionTable>,
        /// Where it goes on when the queue is full. Default: it is rejected; if it waits in a queue, it goes on waiting.
        full: Option<String>,
    },
    /// Asks a service outside.
    Call {
        /// The step's name.
        name: String,
        /// Which `[[service]]`.
        service: String,
        /// Where it goes on with an answer. Default: with the step after it.
        success: Option<String>,
        /// Where it goes on without one.
        failure: String,
    },
    /// Goes on in another flow.
    Flow {
        /// The step's name.
        name: String,
        /// Which.
        flow: String,
    },
    /// The contact leaves a message and the call ends.
    Message {
        /// The step's name.
        name: String,
        /// How long it takes.
        duration: DistributionTable,
    },
    /// The call is ended.
    Disconnect {
        /// The step's name.
        name: String,
    },
    /// The flow beside the waiting is over, and the contact waits on.
    KeepWaiting {
        /// The step's name.
        name: String,
    },
}

fn one() -> u32 {
    1
}

impl StepTable {
    /// The step's name.
    pub fn name(&self) -> &str {
        match self {
            StepTable::Prompt { name, .. }
            | StepTable::SelfService { name, .. }
            | StepTable::Branch { name, .. }
            | StepTable::Hours { name, .. }
            | StepTable::Event { name, .. }
            | StepTable::Staffing { name, .. }
            | StepTable::QueueStatus { name, .. }
            | StepTable::Distribute { name, .. }
            | StepTable::Rank { name, .. }
            | StepTable::Criteria { name, .. }
            | StepTable::Queue { name, .. }
            | StepTable::Callback { name, .. }
            | StepTable::Call { name, .. }
            | StepTable::Flow { name, .. }
            | StepTable::Message { name, .. }
            | StepTable::Disconnect { name }
            | StepTable::KeepWaiting { name } => name,
        }
    }

    /// The distribution that it names, with its key.
    pub(super) fn distribution(&self) -> Option<(&'static str, &DistributionTable)> {
        match self {
            StepTable::Prompt { duration, .. } | StepTable::SelfService { duration, .. } | StepTable::Message { duration, .. } => {
                Some(("duration", duration))
            }
            StepTable::Callback { ring: Some(ring), .. } => Some(("ring", ring)),
            _ => None,
        }
    }
}

/// Which agents of a queue count: those whose routing profile has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum StaffName {
    /// They could take a contact now.
    #[default]
    Available,
    /// They are logged in: available, or handling a contact.
    Staffed,
    /// They are logged in, or on a break, in a meeting or the like.
    Online,
}

/// A branch that is taken by chance.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BranchTable {
    /// Its share of the contacts.
    pub share: Share,
    /// Where it goes on.
    pub next: String,
}

/// What contacts are like: attributes that are drawn together, for steps that branch.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttributesTable {
    /// The attributes.
    pub names: Vec<String>,
    /// Row by row, a value for each.
    pub values: Vec<Vec<String>>,
    /// How likely each row is, relative to the others.
    pub weights: Vec<f64>,
    /// Of which sources' contacts. Default: of all.
    pub sources: Option<Vec<String>>,
}

/// A service outside the center that flows call: an API, a function.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceTable {
    /// Its name.
    pub name: String,
    /// How long an attempt takes.
    pub latency: DistributionTable,
    /// The chance that an attempt fails. Default 0.
    pub failure: Option<Share>,
    /// An attempt that takes longer fails after that time. Default: none does.
    pub timeout: Option<Span>,
    /// How many attempts it accepts, from all contacts together. Default: all.
    pub rate_limit: Option<RateLimitTable>,
    /// How many more attempts follow one that failed or was refused. Default 0.
    #[serde(default)]
    pub retries: u32,
    /// The pause before the first of them; each is twice as long as the one before. Default 1s.
    pub backoff: Option<Span>,
    /// No pause is longer. Default 5s.
    pub backoff_max: Option<Span>,
    /// How pauses vary. Default `equal`.
    #[serde(default)]
    pub jitter: JitterName,
    /// An `[[event]]` while which every attempt fails.
    pub outage: Option<String>,
    /// Answers that are kept. Default: none.
    pub cache: Option<CacheTable>,
}

/// How many attempts a service accepts: a token bucket, full at the start.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimitTable {
    /// In the long run.
    pub rate: Rate,
    /// At once. Default 1.
    #[serde(default = "one")]
    pub burst: u32,
}

/// How pauses between attempts vary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum JitterName {
    /// Not at all.
    None,
    /// Between half the pause and all of it.
    #[default]
    Equal,
    /// Between nothing and all of it.
    Full,
}

/// Answers of a service that are kept.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CacheTable {
    /// How long.
    pub lifetime: Span,
    /// One answer for each value of this attribute. Default: one for all contacts.
    pub by: Option<String>,
}

/// A carrier: a group of telephone lines.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CarrierTable {
    /// Its name.
    pub name: String,
    /// So many calls at once.
    pub lines: u32,
    /// The share of calls that try it first, relative to the other carriers. Default 1.
    pub weight: Option<f64>,
    /// An `[[event]]` while which it takes no new calls; those in progress go on.
    pub outage: Option<String>,
}

/// Telephone calls as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TelephonyTable {
    /// So many calls at once, over all carriers. Default: any number.
    pub calls_max: Option<u32>,
    /// Whether a call tries the other carriers, in their order, when its own has no line. Default true.
    pub failover: Option<bool>,
}

/// A conversation goes on elsewhere.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferTable {
    /// The share of the queue's conversations that do.
    pub share: Share,
    /// In which queue; or give `flow`.
    pub queue: Option<String>,
    /// In which flow.
    pub flow: Option<String>,
}

/// Customers call again.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallAgainTable {
    /// After a call that ended so.
    pub after: CallEndName,
    /// The share who do.
    pub share: Share,
    /// How long after.
    pub delay: DistributionTable,
    /// Nobody calls more often than that in all. Default 10.
    pub calls_max: Option<u32>,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum CallEndName {
    /// Somebody spoke with the customer.
    Answered,
    /// The customer's patience ended.
    Abandoned,
    /// The queue was full.
    Rejected,
    /// The customer served itself.
    SelfServed,
    /// The customer left a message.
    Message,
    /// A flow sent the customer away.
    Disconnected,
    /// There was no line.
    Blocked,
    /// A callback did not find the customer.
    Unreached,
}

/// Whence a contact ranks in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum RankFromName {
    /// The start of the call.
    CallStart,
    /// What it was in the queue before; without one, that of entry.
    Before,
    /// The time at which it enters the queue.
    Entry,
}
