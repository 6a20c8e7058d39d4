//! One run cut into stretches of equal length, each with a summary of its own.

use super::Summary;
use super::summary::Leaving;
use crate::model::Model;
use crate::observe::{Fact, Observer};
use crate::time::Time;

/// The statistics of a long run, batch by batch.
///
/// A contact counts in the batch in which it entered its queue, whenever it leaves; waiting and work count when they are done. What
/// happens after the horizon belongs to no batch.
///
/// ```
/// use waitline::QueueId;
/// use waitline::observers::Batches;
/// use waitline::random::Streams;
/// let model = waitline::Scenario::open("scenarios/mmc.toml")?.compile()?;
/// let mut batches = Batches::new(&model, 40);
/// waitline::run(&model, Streams::new(1, 0), &mut batches)?;
/// assert_eq!(batches.summaries().len(), 40);
/// let offered: u64 = batches.summaries().iter().map(|batch| batch.queue(QueueId(0)).offered()).sum();
/// assert!((239_000..241_000).contains(&offered), "{offered}");
/// # Ok::<(), waitline::Error>(())
/// ```
#[derive(Debug)]
pub struct Batches<'m> {
    model: &'m Model,
    /// The batches begun so far; the last one is not over.
    summaries: Vec<Summary>,
    /// When they began.
    starts: Vec<Time>,
    batches: usize,
    /// When the present batch is over; [`Time::NEVER`]: all are.
    end: Time,
}

impl<'m> Batches<'m> {
    /// Cuts a run of `model`, from its start to its horizon, into so many batches.
    ///
    /// # Panics
    /// Without batches.
    pub fn new(model: &'m Model, batches: usize) -> Batches<'m> {
        assert!(batches > 0, "a run has one batch at least");
        let mut made = Batches { model, summaries: Vec::with_capacity(batches), starts: Vec::new(), batches, end: Time::START };
        let first = made.batch(0, None);
        made.summaries.push(first);
        made
    }

    /// Batch `number`, which begins where `before` ended.
    fn batch(&mut self, number: usize, before: Option<&Summary>) -> Summary {
        let start = self.model.run.horizon.part(number, self.batches);
        self.starts.push(start);
        self.end = self.model.run.horizon.part(number + 1, self.batches);
        Summary::of_stretch(self.model, start, self.end, before)
    }

    /// The batches in their order; complete when the run has ended.
    pub fn summaries(&self) -> &[Summary] {
        &self.summaries
    }

    /// The present batch, and those without a fact in them, are over.
    #[cold]
    fn advance(&mut self, at: Time) {
        while at >= self.end && self.end < Time::NEVER {
            let Some(mut over) = self.summaries.pop() else { return };
            over.close_at_horizon();
            let number = self.summaries.len() + 1;
            let next = (number < self.batches).then(|| self.batch(number, Some(&over)));
            self.end = if next.is_some() { self.end } else { Time::NEVER };
            self.summaries.extend(std::iter::once(over).chain(next));
        }
    }

    /// What became of a contact that entered in a batch that is over, whose levels are complete.
    #[inline]
    fn settle(&mut self, at: Time, fact: &Fact) {
        let (Fact::Answered { contact, .. }
        | Fact::Abandoned { contact }
        | Fact::Left { contact, .. }
        | Fact::Dialed { contact, .. }
        | Fact::Unfinished { contact }) = fact
        else {
            return;
        };
        let present = self.end < Time::NEVER && self.starts.last().is_some_and(|&start| contact.enqueued >= start);
        if present {
            return;
        }
        let number = self.starts.partition_point(|&start| start <= contact.enqueued) - 1;
        let wait = at.as_us() - contact.enqueued.as_us();
        match fact {
            Fact::Answered { profile, .. } => self.summaries[number].count(contact, wait, Leaving::Answered(*profile), 0),
            Fact::Abandoned { .. } => self.summaries[number].count(contact, wait, Leaving::Abandoned, 0),
            Fact::Left { .. } | Fact::Dialed { .. } => self.summaries[number].count(contact, wait, Leaving::Diverted, 0),
            _ => self.summaries[number].count_unfinished(contact),
        }
    }
}

impl Observer for Batches<'_> {
    fn observe(&mut self, at: Time, fact: &Fact) {
        if at >= self.end {
            self.advance(at);
        }
        if matches!(fact, Fact::Ended) {
            self.advance(self.model.run.horizon);
            self.summaries.iter().for_each(Summary::hold_to_r19);
            return;
        }
        if self.end < Time::NEVER
            && let Some(now) = self.summaries.last_mut()
        {
            now.observe(at, fact);
        }
        self.settle(at, fact);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scenario;
    use crate::id::{Id, QueueId};
    use crate::observers::{Counts, InCenter};
    use crate::random::Streams;
    use crate::stats::{Histogram, Merge};

    /// Together the batches say what a summary of the whole run says, and the blocks add up to it.
    #[test]
    fn batches_add_up_to_the_whole() {
        for (horizon, at_horizon) in [("8h", "drain"), ("7h13m", "stop")] {
            let scenario = Scenario::open("scenarios/savings-overflow.toml").unwrap();
            let scenario = scenario.set("run.horizon", horizon).and_then(|other| other.set("run.at_horizon", at_horizon)).unwrap();
            let model = scenario.set("run.interval", "none").unwrap().compile().unwrap();
            let mut watching = (Summary::new(&model), (Batches::new(&model, 7), InCenter::new(&model, 21)));
            crate::run(&model, Streams::new(4, 0), &mut watching).unwrap();
            let (whole, (batches, in_center)) = watching;
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
            let block_us = model.run.horizon.as_us() as f64 / 21.0;
            let in_center: f64 = in_center.means().iter().map(|mean| mean * block_us).sum();
            let handling = until_horizon(0).handling_us + until_horizon(1).handling_us;
            assert!((in_center - (whole.total().waiting_us + handling) as f64).abs() < 1e-6 * in_center);
        }
    }
}
