//! What a report must know of a model's paths to service.

use super::{Block, Model};
use crate::id::Id;
use serde::{Deserialize, Serialize};

/// The names of the sources, flows, steps, exits, carriers and services of a model with paths to service, each in the order of its ids.
///
/// ```
/// let model = waitline::Scenario::open("scenarios/path-to-service/week.toml")?.compile()?;
/// let paths = model.outline().paths.unwrap();
/// assert_eq!((paths.sources[0].as_str(), paths.carriers[0].name.as_str()), ("calls", "north"));
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathOutline {
    /// The sources.
    pub sources: Vec<String>,
    /// The flows.
    pub flows: Vec<String>,
    /// The steps of all flows.
    pub steps: Vec<StepOutline>,
    /// The carriers.
    pub carriers: Vec<CarrierOutline>,
    /// The services outside.
    pub services: Vec<String>,
}

/// A step of a flow.
///
/// ```
/// let model = waitline::Scenario::open("scenarios/path-to-service/week.toml")?.compile()?;
/// let step = &model.outline().paths.unwrap().steps[1];
/// assert_eq!((step.name.as_str(), step.exits[0].as_str()), ("are we open", "open"));
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepOutline {
    /// The place of its flow among the flows.
    pub flow: u32,
    /// Its name within the flow.
    pub name: String,
    /// The name of its block.
    pub block: String,
    /// The names of its exits, and then of what is counted there besides.
    pub exits: Vec<String>,
    /// How many of them are exits.
    pub ways_out: usize,
    /// Whether it distributes contacts at random, so that its exits are treatments to be compared.
    pub distributes: bool,
    /// The place of the service that it calls.
    pub service: Option<u32>,
}

/// A carrier.
///
/// ```
/// let model = waitline::Scenario::open("scenarios/path-to-service/week.toml")?.compile()?;
/// assert_eq!(model.outline().paths.unwrap().carriers[1].lines, 20);
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CarrierOutline {
    /// Its name.
    pub name: String,
    /// How many lines it has.
    pub lines: u32,
}

impl PathOutline {
    /// Of a model; `None`: its contacts do nothing but queue.
    pub(super) fn of(model: &Model) -> Option<PathOutline> {
        let paths = &model.paths;
        let steps = paths.steps.iter().map(|step| StepOutline {
            flow: step.flow.0,
            name: step.name.clone(),
            block: step.block.name().into(),
            exits: step.exits.iter().map(|exit| exit.name.clone()).collect(),
            ways_out: step.block.ways_out(step.exits.len()),
            distributes: matches!(step.block, Block::Distribute { .. }),
            service: match step.block {
                Block::Call { service } => Some(service.index() as u32),
                _ => None,
            },
        });
        let carriers = paths.telephony.carriers.iter();
        model.has_paths().then(|| PathOutline {
            sources: model.sources.iter().map(|source| source.name.clone()).collect(),
            flows: paths.flows.iter().map(|flow| flow.name.clone()).collect(),
            steps: steps.collect(),
            carriers: carriers.map(|carrier| CarrierOutline { name: carrier.name.clone(), lines: carrier.lines }).collect(),
            services: paths.services.iter().map(|service| service.name.clone()).collect(),
        })
    }
}
