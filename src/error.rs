//! What can go wrong, said so that the reader can mend it: file, line, key, what was wrong, what was expected.

use std::fmt;

/// Among so many known names at most the nearest is looked for.
const NEAREST_AMONG_MAX: usize = 2_000;

/// One thing wrong with the input.
///
/// ```
/// use waitline::Problem;
/// let problem = Problem::new("unknown queue `savngs`").file("day.toml").line(12).key("source[0].queue").nearest("savngs", ["savings", "loans"]);
/// assert_eq!(problem.to_string(), "day.toml:12: source[0].queue: unknown queue `savngs`; did you mean `savings`?");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, as the user named it; empty when there is none.
    pub file: String,
    /// The line in the file, from 1; 0 when unknown.
    pub line: u64,
    /// The key, column or contact: `queue[0].patience.mean`; empty when the whole file is meant.
    pub key: String,
    /// What was wrong and what was expected.
    pub message: String,
}

impl Problem {
    /// A problem of which only the message is known yet.
    pub fn new(message: impl Into<String>) -> Problem {
        Problem { file: String::new(), line: 0, key: String::new(), message: message.into() }
    }

    /// Names the file.
    pub fn file(mut self, file: impl Into<String>) -> Problem {
        self.file = file.into();
        self
    }

    /// Names the line, from 1.
    pub fn line(mut self, line: u64) -> Problem {
        self.line = line;
        self
    }

    /// Names the key, column or contact.
    pub fn key(mut self, key: impl Into<String>) -> Problem {
        self.key = key.into();
        self
    }

    /// Adds the known name nearest to `wrong`, or, where none is near, the known names if they are few.
    pub fn nearest<'a>(mut self, wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Problem {
        let known: Vec<&str> = known.into_iter().take(NEAREST_AMONG_MAX + 1).collect();
        if known.len() > NEAREST_AMONG_MAX {
            return self;
        }
        let lower = wrong.to_lowercase();
        let near = known
            .iter()
            .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
            .filter(|(distance, name)| *distance <= 1 + name.chars().count() / 3)
            .min_by_key(|(distance, _)| *distance);
        if let Some((_, name)) = near {
            self.message += &format!("; did you mean `{name}`?");
        } else if !known.is_empty() && known.len() <= 12 {
            self.message += &format!("; known: {}", known.join(", "));
        }
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.file.is_empty() {
            f.write_str(&self.file)?;
            if self.line > 0 {
                write!(f, ":{}", self.line)?;
            }
            f.write_str(": ")?;
        } else if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)
    }
}

/// What kind of thing went wrong.
///
/// ```
/// use waitline::{ErrorKind, Scenario};
/// assert_eq!("version = 2".parse::<Scenario>().unwrap_err().kind(), ErrorKind::Input);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input is wrong: mend it and try again.
    Input,
    /// A stated limit was met while running.
    Limit,
    /// A law of the simulated world was broken: a fault of the program, not of the user.
    Law,
    /// A file could not be read or written.
    Io,
    /// It was stopped before there was anything to report.
    Interrupted,
}

/// Why something could not be done: one or more [`Problem`]s, all at once.
///
/// ```
/// use waitline::{Error, ErrorKind, Problem};
/// let error = Error::input(vec![Problem::new("first"), Problem::new("second")]);
/// assert_eq!(error.kind(), ErrorKind::Input);
/// assert_eq!(error.problems().len(), 2);
/// assert_eq!(error.to_string(), "first\nsecond");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    problems: Vec<Problem>,
}

impl Error {
    /// An error of that kind with one problem.
    pub fn new(kind: ErrorKind, problem: Problem) -> Error {
        Error { kind, problems: vec![problem] }
    }

    /// An error of that kind with these problems.
    ///
    /// # Panics
    /// When the list is empty.
    pub fn several(kind: ErrorKind, problems: Vec<Problem>) -> Error {
        assert!(!problems.is_empty(), "an error says what is wrong");
        Error { kind, problems }
    }

    /// The input has these problems.
    ///
    /// # Panics
    /// When the list is empty.
    pub fn input(problems: Vec<Problem>) -> Error {
        Error::several(ErrorKind::Input, problems)
    }

    /// The kind.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The same, of a file wherever none is named yet.
    ///
    /// ```
    /// use waitline::{Error, Problem};
    /// let error = Error::input(vec![Problem::new("too long"), Problem::new("too short").file("b.csv")]);
    /// assert_eq!(error.in_file("a.toml").to_string(), "a.toml: too long\nb.csv: too short");
    /// ```
    #[must_use]
    pub fn in_file(mut self, file: &str) -> Error {
        for problem in self.problems.iter_mut().filter(|problem| problem.file.is_empty()) {
            problem.file = file.into();
        }
        self
    }

    /// Every problem found.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for Error {
    /// A line a problem.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
