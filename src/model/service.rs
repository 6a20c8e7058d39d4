//! Services outside the center that flows call.

use crate::id::EventId;
use crate::random::Distribution;
use crate::time::Span;

/// A service outside the center.
///
/// ```
/// use waitline::Span;
/// use waitline::model::{Jitter, Service};
/// use waitline::random::Distribution;
/// let crm = Service {
///     name: "crm".into(),
///     latency: Distribution::Constant(Span::from_secs(1)),
///     failure: 0.01,
///     timeout: Some(Span::from_secs(8)),
///     limit: None,
///     retries: 3,
///     backoff: Span::from_secs(1),
///     backoff_max: Span::from_secs(5),
///     jitter: Jitter::Equal,
///     outage: None,
///     cache: None,
/// };
/// assert_eq!(crm.backoff_before(2), Span::from_secs(4));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// How long an attempt takes.
    pub latency: Distribution,
    /// The chance that an attempt fails.
    pub failure: f64,
    /// An attempt that takes longer fails after that time.
    pub timeout: Option<Span>,
    /// How many attempts it accepts, from all contacts together.
    pub limit: Option<RateLimit>,
    /// How many more attempts follow one that failed or was refused.
    pub retries: u32,
    /// The pause before the first of them; each is twice as long as the one before.
    pub backoff: Span,
    /// No pause is longer.
    pub backoff_max: Span,
    /// How pauses vary.
    pub jitter: Jitter,
    /// While this is the case, every attempt fails.
    pub outage: Option<EventId>,
    /// Answers that are kept.
    pub cache: Option<Cache>,
}

impl Service {
    /// The pause after attempt number `attempt` (from 0), before jitter.
    pub fn backoff_before(&self, attempt: u32) -> Span {
        let factor = 1_i64.checked_shl(attempt.min(62)).unwrap_or(i64::MAX);
        Span::from_us(self.backoff.as_us().saturating_mul(factor).min(self.backoff_max.as_us()))
    }
}

/// A token bucket: a token more every so often, at most `burst`, full at the start.
///
/// ```
/// use waitline::Span;
/// let two_a_second = waitline::model::RateLimit { every: Span::from_us(500_000), burst: 5 };
/// assert_eq!(two_a_second.burst, 5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// The time between two tokens.
    pub every: Span,
    /// How many tokens there are at most.
    pub burst: u32,
}

/// How pauses between attempts vary.
///
/// ```
/// assert_eq!(waitline::model::Jitter::default(), waitline::model::Jitter::Equal);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Jitter {
    /// Not at all.
    None,
    /// Between half the pause and all of it.
    #[default]
    Equal,
    /// Between nothing and all of it.
    Full,
}

/// Answers of a service that are kept for a while.
///
/// ```
/// use waitline::Span;
/// let cache = waitline::model::Cache { lifetime: Span::from_secs(600), by: None }; // one answer for everybody
/// assert!(cache.by.is_none());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Cache {
    /// How long.
    pub lifetime: Span,
    /// One answer for each value of an attribute: the table, and row by row the number of the value, from 1 (0: contacts without it).
    /// `None`: one answer for all.
    pub by: Option<(usize, Vec<u32>)>,
}
