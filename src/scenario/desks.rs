//! Channels, offers and wishes as a person writes them. Every doc comment here is also what `waitline schema` says.

use super::text::Share;
use super::types::DistributionTable;
use crate::time::Span;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::{Deserialize, Deserializer, de};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// A channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum ChannelName {
    /// Telephone.
    #[default]
    Voice,
    /// Conversations in writing.
    Chat,
    /// Pieces of work.
    Task,
    /// Letters.
    Email,
}

/// What is different for the contacts of one channel in a queue.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelTermsTable {
    /// Instead of the queue's.
    pub handle_time: Option<DistributionTable>,
    /// Instead of the queue's.
    pub after_contact_work: Option<DistributionTable>,
    /// Instead of the queue's.
    pub patience: Option<DistributionTable>,
    /// Pauses in which the agent waits for the customer. Default: none.
    pub replies: Option<RepliesTable>,
}

/// Pauses in a conversation: the talk is divided into equal parts, with a pause between each two, in which the agent is free for its other contacts.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RepliesTable {
    /// How many pauses.
    pub count: u32,
    /// How long the customer takes to reply.
    pub after: DistributionTable,
}

/// What an agent may hold of a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CapacityTable {
    /// So many contacts at once: 1 for voice, 1 to 10 for the others. Default 1.
    pub at_once: Option<i64>,
    /// Whether an agent who holds one of these may be given contacts of other channels. Default false.
    #[serde(default)]
    pub other_channels: bool,
    /// By how much each further contact in hand stretches the handling of one of these: 0.2 for a fifth. Default 0.
    pub slowdown: Option<f64>,
}

/// Since when an agent passes for available.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum AvailabilityName {
    /// Since its last contact.
    #[default]
    SinceLastContact,
    /// Since its last inbound contact: outbound contacts leave it its place.
    SinceLastInbound,
}

/// How contacts are offered to agents.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OffersTable {
    /// How long it rings until the agent accepts or rejects; more than 20s (tasks: 30s) is missed. Default: 0.5s, as with automatic acceptance.
    pub accept: Option<DistributionTable>,
    /// The share of offers to which the agent does not react, such as "2%". Default 0.
    pub missed: Option<Share>,
    /// The share that the agent rejects. Default 0.
    pub rejected: Option<Share>,
    /// How long an agent gets nothing after a missed or rejected offer. Default 30s.
    pub recovery: Option<DistributionTable>,
    /// From accepting until they talk: whispers. It belongs to the wait. Default: no time.
    pub connect: Option<DistributionTable>,
}

/// A straight learning curve.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LearningTable {
    /// By what the handling of the first contact is multiplied; 1 or more.
    pub begins_at: f64,
    /// After so many contacts nothing is left to learn.
    pub contacts: i64,
}

/// What agents can do, and how well: a table of names and levels from 1 to 5, or a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Proficiencies {
    /// All agents of the table have these.
    All(BTreeMap<String, i64>),
    /// A CSV `agent,proficiency,level`.
    File(String),
}

/// Which agents contacts want, step by step; after the last step everybody who serves the queue will do.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CriteriaTable {
    /// Their name.
    pub name: String,
    /// The steps, 1 to 5.
    pub steps: Vec<CriteriaStepTable>,
}

/// A step: agents by name, or by what they can do.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CriteriaStepTable {
    /// One of these agents, at most ten.
    pub agents: Option<Vec<String>>,
    /// An agent who meets all of these.
    pub needs: Option<Vec<NeedTable>>,
    /// An agent who meets all of one of these lists.
    pub any_of: Option<Vec<Vec<NeedTable>>>,
    /// How long the step lasts. Left out: for ever.
    pub expires: Option<Span>,
}

/// What an agent must have, or must not have.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NeedTable {
    /// Which proficiency.
    pub proficiency: String,
    /// The lowest level that will do, 1 to 5. Default 1.
    pub at_least: Option<i64>,
    /// The highest level that will do, 1 to 5. Default 5.
    pub at_most: Option<i64>,
    /// Whoever has it at such a level will not do. Default false.
    #[serde(default)]
    pub not: bool,
}

impl<'de> Deserialize<'de> for Proficiencies {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TableOrFile;
        impl<'de> de::Visitor<'de> for TableOrFile {
            type Value = Proficiencies;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("levels such as { spanish = 4 }, or the name of a CSV file")
            }
            fn visit_str<E: de::Error>(self, file: &str) -> Result<Proficiencies, E> {
                Ok(Proficiencies::File(file.into()))
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Proficiencies, A::Error> {
                BTreeMap::deserialize(MapAccessDeserializer::new(map)).map(Proficiencies::All)
            }
        }
        deserializer.deserialize_any(TableOrFile)
    }
}

impl JsonSchema for Proficiencies {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Proficiencies".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "object", "additionalProperties": { "type": "integer" } }, { "type": "string" }] })
    }
}
