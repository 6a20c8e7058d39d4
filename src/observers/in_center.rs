//! How many contacts are in the center.

use crate::model::Model;
use crate::observe::{Fact, Observer};
use crate::time::Time;

/// The number of contacts in the center, waiting or in hand, on average over each of so many blocks of equal length from the start of a run
/// to its horizon.
///
/// ```
/// use waitline::observers::InCenter;
/// use waitline::random::Streams;
/// let model = waitline::Scenario::open("scenarios/mmc.toml")?.compile()?;
/// let mut in_center = InCenter::new(&model, 100);
/// waitline::run(&model, Streams::new(1, 0), &mut in_center)?;
/// let mean = in_center.means().iter().sum::<f64>() / 100.0; // Erlang C: 8.33 in hand and 2.44 waiting
/// assert!((10.0..11.5).contains(&mean), "{mean}");
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct InCenter {
    horizon: Time,
    sums_us: Vec<i128>,
    now: i64,
    /// Up to when it is summed, in which block, and when that is over.
    at: Time,
    block: usize,
    end: Time,
}

impl InCenter {
    /// For a run of `model`.
    ///
    /// # Panics
    /// Without blocks.
    pub fn new(model: &Model, blocks: usize) -> InCenter {
        let horizon = model.run.horizon;
        InCenter { horizon, sums_us: vec![0; blocks], now: 0, at: Time::START, block: 0, end: horizon.part(1, blocks) }
    }

    /// Block by block; complete when the run has ended.
    pub fn means(&self) -> Vec<f64> {
        let blocks = self.sums_us.len();
        let length_us = |block| self.horizon.part(block + 1, blocks).since(self.horizon.part(block, blocks)).as_us().max(1);
        self.sums_us.iter().enumerate().map(|(block, sum_us)| *sum_us as f64 / length_us(block) as f64).collect()
    }

    /// Sums up to an instant of the present block, or to its end.
    #[inline]
    fn sum_to(&mut self, at: Time) {
        if let Some(sum_us) = self.sums_us.get_mut(self.block) {
            *sum_us += i128::from(self.now) * i128::from(at.since(self.at).as_us());
            self.at = at;
        }
    }

    #[cold]
    fn advance(&mut self, at: Time) {
        while at >= self.end && self.block < self.sums_us.len() {
            self.sum_to(self.end);
            self.block += 1;
            self.end = self.horizon.part(self.block + 1, self.sums_us.len());
        }
    }
}

impl Observer for InCenter {
    #[inline]
    fn observe(&mut self, at: Time, fact: &Fact) {
        let by = match fact {
            Fact::Offered { .. } => 1,
            Fact::Completed { .. } | Fact::Abandoned { .. } | Fact::Rejected { .. } | Fact::Left { .. } => -1,
            Fact::Ended => 0,
            _ => return,
        };
        if at >= self.end {
            self.advance(at);
        }
        self.sum_to(at);
        self.now += by;
    }
}
