//! The scenario: a contact center and what is to be asked of it, as a person writes it in TOML.
//!
//! [`Scenario`] reads the text and keeps what is needed to say, of anything wrong, in which line it stands. It opens no file itself: the files that it
//! names are attached to it ([`Scenario::attach`]), or [`Scenario::open`] does both.

mod calendar;
mod desks;
mod files;
mod flows;
mod lines;
mod open;
mod set;
mod structure;
mod text;
mod types;

pub use calendar::*;
pub use desks::*;
pub use flows::*;
pub(crate) use open::read as read_file;
pub use text::{Amount, Interval, Rate, Share, SignedSpan};
pub use types::*;

use crate::error::{Error, Problem};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::OnceLock;

/// A scenario: text read, names not yet resolved, files not yet read.
///
/// ```
/// use waitline::Scenario;
/// let text = r#"
/// version = 1
/// name = "one queue"
/// [run]
/// horizon = "8h"
/// [[queue]]
/// name = "sales"
/// handle_time = { distribution = "exponential", mean = "5m" }
/// "#;
/// let scenario: Scenario = text.parse().unwrap();
/// assert_eq!(scenario.document().queue[0].name, "sales");
///
/// let error = text.replace("handle_time", "handel_time").parse::<Scenario>().unwrap_err();
/// assert!(error.to_string().contains("line 8: queue[0].handel_time: unknown key; did you mean `handle_time`?"));
/// ```
#[derive(Clone, Debug)]
pub struct Scenario {
    document: Document,
    text: String,
    /// What errors call the scenario's own file; empty if it has none.
    file: String,
    /// Where each key stands; found when the first problem asks, for most scenarios have none.
    lines: OnceLock<BTreeMap<String, u64>>,
    attached: BTreeMap<String, Vec<u8>>,
    /// Where the files that it names are; `None` if it was not opened from a file.
    folder: Option<PathBuf>,
}

impl FromStr for Scenario {
    type Err = Error;

    /// Reads the text of a scenario.
    ///
    /// # Errors
    /// Everything that is wrong with its form: syntax, unknown keys, wrong types, missing keys.
    fn from_str(text: &str) -> Result<Scenario, Error> {
        Scenario::read(text, "")
    }
}

impl Scenario {
    fn read(text: &str, file: &str) -> Result<Scenario, Error> {
        let error = match toml::from_str::<Document>(text) {
            Ok(document) => {
                let (text, file) = (text.into(), file.into());
                return Ok(Scenario { document, text, file, lines: OnceLock::new(), attached: BTreeMap::new(), folder: None });
            }
            Err(error) => error,
        };
        // Serde stops at the first problem; here all of them are found.
        let (root, syntax_errors) = toml::de::DeTable::parse_recoverable(text);
        if !syntax_errors.is_empty() {
            let problems = syntax_errors.iter().map(|error| {
                let line = error.span().map_or(0, |span| lines::line_at(text, span.start));
                Problem::new(format!("not TOML: {}", error.message().trim())).file(file).line(line)
            });
            return Err(Error::input(problems.collect()));
        }
        let mut problems = structure::check(root.get_ref(), &lines::by_path(text, root.get_ref()));
        if problems.is_empty() {
            let line = error.span().map_or(0, |span| lines::line_at(text, span.start));
            problems.push(Problem::new(error.message().trim()).line(line));
        }
        Err(Error::input(problems.into_iter().map(|problem| problem.file(file)).collect()))
    }

    /// What the person wrote.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The text it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A problem with the value at a key path such as `queue[0].name`, with file and line filled in.
    pub fn problem(&self, path: &str, message: impl Into<String>) -> Problem {
        let lines = self.lines.get_or_init(|| lines::of_text(&self.text));
        Problem::new(message).file(self.file.as_str()).line(lines::nearest(lines, path)).key(path)
    }

    /// Every file that the scenario names, with the key that names it.
    pub fn files(&self) -> Vec<(String, &str)> {
        files::of(&self.document)
    }

    /// Gives the scenario the content of a file that it names.
    pub fn attach(&mut self, name: &str, content: Vec<u8>) {
        self.attached.insert(name.into(), content);
    }

    /// The content of an attached file.
    pub fn attached(&self, name: &str) -> Option<&[u8]> {
        self.attached.get(name).map(Vec::as_slice)
    }

    /// A fingerprint of the text and all attached files, as 32 hexadecimal digits: FNV-1a with 128 bits
    /// (Fowler, Noll, Vo; RFC 9923). It tells scenarios apart; it does not protect against forgery.
    pub fn digest(&self) -> String {
        const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
        const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
        let mut hash = OFFSET;
        let mut add = |bytes: &[u8]| {
            for byte in (bytes.len() as u64).to_le_bytes().iter().chain(bytes) {
                hash = (hash ^ u128::from(*byte)).wrapping_mul(PRIME);
            }
        };
        add(self.text.as_bytes());
        for (name, content) in &self.attached {
            add(name.as_bytes());
            add(content);
        }
        format!("{hash:032x}")
    }
}
