//! `waitline schema`: the JSON Schema of the scenario.

use super::{Outcome, emit};
use crate::error::Error;
use crate::scenario::Document;

/// Prints the JSON Schema of the scenario file, for editors that complete and check as you type.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  waitline schema > waitline.schema.json
Then, as the first line of a scenario, for editors with Taplo or Even Better TOML:
  #:schema ./waitline.schema.json")]
pub(super) struct SchemaArguments {}

pub(super) fn run(_: &SchemaArguments) -> Result<Outcome, Error> {
    let schema = serde_json::to_string_pretty(&schemars::schema_for!(Document)).expect("a schema is plain JSON");
    emit(&format!("{schema}\n"))?;
    Ok(Outcome::Yes)
}
