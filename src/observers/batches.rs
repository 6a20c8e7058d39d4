//! One run cut into stretches of equal length, each with a summary of its own.

use super::Summary;
use crate::model::Model;
use crate::observe::{Fact, Observer};
use crate::time::Time;

/// The statistics of a long run, batch by batch, and how many contacts were in the center, block by block: a finer grid, in which the end of
/// the warm-up is looked for.
///
/// A contact counts in the batch in which it entered its queue, whenever it leaves; waiting and work count when they are done. What
/// happens after the horizon belongs to no batch.
///
/// ```
/// use waitline::QueueId;
/// use waitline::observers::Batches;
/// use waitline::random::Streams;
/// let model = waitline::Scenario::open("scenarios/mmc.toml")?.compile()?;
/// let mut batches = Batches::new(&model, 40, 5);
/// waitline::run(&model, Streams::new(1, 0), &mut batches)?;
/// assert_eq!((batches.summaries().len(), batches.in_center().len()), (40, 200));
/// let offered: u64 = batches.summaries().iter().map(|batch| batch.queue(QueueId(0)).offered()).sum();
/// assert!((239_000..241_000).contains(&offered), "{offered}");
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Debug)]
pub struct Batches<'m> {
    model: &'m Model,
    /// The batches begun so far; the last one is not over.
    summaries: Vec<Summary>,
    batches: usize,
    /// When the present batch is over.
    end: i64,
    in_center: InCenter,
}

impl<'m> Batches<'m> {
    /// Cuts a run of `model`, from its start to its horizon, into so many batches, each into so many blocks.
    ///
    /// # Panics
    /// Without batches or blocks.
    pub fn new(model: &'m Model, batches: usize, blocks: usize) -> Batches<'m> {
        assert!(batches > 0 && blocks > 0, "a run has one batch of one block at least");
        let in_center = InCenter::new(model.run.horizon.as_us().max(1), batches * blocks);
        let mut made = Batches { model, summaries: Vec::with_capacity(batches), batches, end: 0, in_center };
        let first = made.batch(0, None);
        made.summaries.push(first);
        made
    }

    /// Batch `number`, which begins where `before` ended.
    fn batch(&mut self, number: usize, before: Option<&Summary>) -> Summary {
        let border = |number| border(number, self.batches, self.model.run.horizon.as_us());
        self.end = border(number + 1);
        Summary::of_stretch(self.model, Time::from_us(border(number)), Time::from_us(self.end), before)
    }

    /// The batches in their order; complete when the run has ended.
    pub fn summaries(&self) -> &[Summary] {
        &self.summaries
    }

    /// The mean number of contacts in the center, waiting or in hand, block by block.
    pub fn in_center(&self) -> Vec<f64> {
        self.in_center.means()
    }

    /// The present batch, and those without a fact in them, are over.
    #[cold]
    fn advance(&mut self, at: i64) {
        while at >= self.end && self.end < i64::MAX {
            let Some(mut over) = self.summaries.pop() else { return };
            over.close_at_horizon();
            let number = self.summaries.len() + 1;
            let next = (number < self.batches).then(|| self.batch(number, Some(&over)));
            self.end = if next.is_some() { self.end } else { i64::MAX };
            self.summaries.extend(std::iter::once(over).chain(next));
        }
    }

    /// What became of a contact that entered in a batch that is over, whose levels are complete.
    fn settle(&mut self, at: Time, fact: &Fact) {
        let (Fact::Answered { contact, .. } | Fact::Abandoned { contact } | Fact::Unfinished { contact }) = fact else { return };
        let horizon = self.model.run.horizon.as_us();
        let number = (i128::from(contact.enqueued.as_us()) * self.batches as i128 / i128::from(horizon.max(1))) as usize;
        // Borders are rounded down to the microsecond: a contact on one belongs to what it begins.
        let number = if contact.enqueued.as_us() >= border(number + 1, self.batches, horizon) { number + 1 } else { number };
        let over = number + 1 < self.summaries.len() || self.end == i64::MAX;
        if !over {
            return;
        }
        let wait = at.as_us() - contact.enqueued.as_us();
        match fact {
            Fact::Answered { profile, .. } => self.summaries[number].count(contact, wait, Some(*profile), 0),
            Fact::Abandoned { .. } => self.summaries[number].count(contact, wait, None, 0),
            _ => self.summaries[number].count_unfinished(contact),
        }
    }
}

/// Where part `number` of so many begins.
fn border(number: usize, parts: usize, length: i64) -> i64 {
    (i128::from(length) * number as i128 / parts as i128) as i64
}

impl Observer for Batches<'_> {
    fn observe(&mut self, at: Time, fact: &Fact) {
        if at.as_us() >= self.end {
            self.advance(at.as_us());
        }
        self.in_center.observe(at, fact);
        if matches!(fact, Fact::Ended) {
            self.advance(self.model.run.horizon.as_us());
            self.summaries.iter().for_each(Summary::hold_to_r19);
            return;
        }
        if self.end < i64::MAX
            && let Some(now) = self.summaries.last_mut()
        {
            now.observe(at, fact);
        }
        self.settle(at, fact);
    }
}

/// How many contacts are in the center, integrated over blocks of time.
#[derive(Debug)]
struct InCenter {
    horizon: i64,
    now: i64,
    /// Up to when it is summed.
    at: i64,
    sums: Vec<i128>,
    block: usize,
}

impl InCenter {
    fn new(horizon: i64, blocks: usize) -> InCenter {
        InCenter { horizon, now: 0, at: 0, sums: vec![0; blocks], block: 0 }
    }

    /// Sums up to an instant.
    fn advance(&mut self, at: i64) {
        while self.at < at && self.block < self.sums.len() {
            let end = border(self.block + 1, self.sums.len(), self.horizon);
            let to = at.min(end);
            self.sums[self.block] += i128::from(self.now) * i128::from(to - self.at);
            self.at = to;
            self.block += usize::from(to == end);
        }
    }

    fn observe(&mut self, at: Time, fact: &Fact) {
        let by = match fact {
            Fact::Offered { .. } => 1,
            Fact::Completed { .. } | Fact::Abandoned { .. } | Fact::Rejected { .. } => -1,
            Fact::Ended => 0,
            _ => return,
        };
        self.advance(at.as_us());
        self.now += by;
    }

    fn means(&self) -> Vec<f64> {
        let blocks = self.sums.len();
        let length = |block| border(block + 1, blocks, self.horizon) - border(block, blocks, self.horizon);
        self.sums.iter().enumerate().map(|(block, sum)| *sum as f64 / length(block).max(1) as f64).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scenario;
    use crate::id::{Id, QueueId};
    use crate::observers::Counts;
    use crate::random::Streams;
    use crate::stats::{Histogram, Merge};

    /// Together the batches say what a summary of the whole run says, and the blocks add up to it.
    #[test]
    fn batches_add_up_to_the_whole() {
        for (horizon, at_horizon) in [("8h", "drain"), ("7h13m", "stop")] {
            let scenario = Scenario::open("scenarios/savings-overflow.toml").unwrap();
            let scenario = scenario.set("run.horizon", horizon).and_then(|other| other.set("run.at_horizon", at_horizon)).unwrap();
            let model = scenario.set("run.interval", "none").unwrap().compile().unwrap();
            let mut watching = (Summary::new(&model), Batches::new(&model, 7, 3));
            crate::run(&model, Streams::new(4, 0), &mut watching).unwrap();
            let (whole, batches) = watching;
            assert_eq!(batches.summaries().len(), 7);
            for queue in [0, 1].map(QueueId::from_index) {
                let (mut counts, mut waits) = (Counts::default(), Histogram::default());
                for batch in batches.summaries() {
                    counts.merge(&batch.queue(queue));
                    waits.merge(batch.waits(queue));
                }
                assert_eq!(counts, whole.queue(queue));
                assert_eq!(&waits, whole.waits(queue));
            }
            let until_horizon = |profile| whole.work(0, crate::ProfileId(profile));
            for profile in [0, 1] {
                let sum = |of: fn(&crate::observers::Work) -> i128| {
                    batches.summaries().iter().map(|batch| of(&batch.profile(crate::ProfileId(profile)))).sum::<i128>()
                };
                assert_eq!(sum(|work| work.handling_us), until_horizon(profile).handling_us);
                assert_eq!(sum(|work| work.staffed_us), until_horizon(profile).staffed_us);
            }
            let in_center: f64 = batches.in_center.sums.iter().map(|&sum| sum as f64).sum();
            let handling = until_horizon(0).handling_us + until_horizon(1).handling_us;
            assert!((in_center - (whole.total().waiting_us + handling) as f64).abs() < 1.0);
        }
    }
}
