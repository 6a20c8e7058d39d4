//! Lines over which calls come in, and who calls again.

use super::drawn_of;
use crate::id::{CarrierId, EventId, Id, Table};
use crate::observe::Outcome;
use crate::random::{Distribution, Purpose, SourceStreams};

/// A carrier: a group of lines.
///
/// ```
/// use waitline::model::Carrier;
/// let trunk = Carrier { name: "north".into(), lines: 100, upto: 0.6, outage: None };
/// assert_eq!(trunk.lines, 100);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Carrier {
    /// Its name.
    pub name: String,
    /// So many calls at once.
    pub lines: u32,
    /// The share of calls that try it first, added to those of the carriers before it.
    pub upto: f64,
    /// While this is the case it takes no new calls; those in progress go on.
    pub outage: Option<EventId>,
}

/// All lines. A telephone call (no chat, task or letter) holds one from its arrival through flows, queues and talk; after-contact work needs none.
///
/// ```
/// use waitline::model::Telephony;
/// assert!(Telephony::default().is_unlimited());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Telephony {
    /// The carriers; none: every call gets a line as far as the quota goes.
    pub carriers: Table<CarrierId, Carrier>,
    /// Whether a call tries the other carriers, in their order, when its own has no line.
    pub failover: bool,
    /// So many calls at once over all carriers; callbacks in progress count, and are made nevertheless.
    pub quota: Option<u32>,
}

impl Telephony {
    /// Whether every call gets a line.
    pub fn is_unlimited(&self) -> bool {
        self.carriers.is_empty() && self.quota.is_none()
    }

    /// The carrier that a call tries first. `number`: the contact's, with the calls it made before.
    pub fn first_choice(&self, streams: SourceStreams, number: u64) -> Option<CarrierId> {
        let last = self.carriers.len().checked_sub(1)?;
        let mut luck = streams.stream(Purpose::Carrier, number);
        Some(CarrierId::from_index(drawn_of(self.carriers.iter().map(|carrier| carrier.upto), &mut luck).min(last)))
    }
}

/// After a call that ended so, the customer may call again.
///
/// ```
/// use waitline::model::CallAgain;
/// use waitline::random::Distribution;
/// use waitline::{Outcome, Span};
/// let redial = CallAgain { after: Outcome::Blocked, chance: 0.7, delay: Distribution::Constant(Span::from_secs(60)), calls_max: 5 };
/// assert_eq!(redial.calls_max, 5);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CallAgain {
    /// How the call ended.
    pub after: Outcome,
    /// The chance.
    pub chance: f64,
    /// How long after.
    pub delay: Distribution,
    /// Not if the customer has called so often already.
    pub calls_max: u32,
}
