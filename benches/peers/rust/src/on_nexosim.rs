//! NeXosim: models that send each other messages and schedule events for themselves.

use std::time::Duration;

use nexosim::model::{Context, Model, schedulable};
use nexosim::ports::{EventSinkReader, EventSource, Output, SinkState, event_slot};
use nexosim::simulation::{EventKey, Mailbox, SimInit, SimulationError};
use nexosim::time::MonotonicTime;
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};

use crate::desk::{Desk, Waiting};
use crate::tally::Tally;
use crate::workload::{Law, Workload};

const SHORTEST: Duration = Duration::from_nanos(1);

/// An event lies in the future, if only by a nanosecond.
fn later(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds).max(SHORTEST)
}

fn now<M: Model>(cx: &Context<M>) -> f64 {
    cx.time().duration_since(MonotonicTime::EPOCH).as_secs_f64()
}

/// Sends contacts of one queue.
#[derive(Serialize, Deserialize)]
struct Source {
    contact: Output<usize>,
    queue: usize,
    interarrival: Law,
    horizon: f64,
    rng: Pcg64Mcg,
}

#[Model]
impl Source {
    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>) {
        self.arrive_later(cx);
    }

    #[nexosim(schedulable)]
    async fn arrive(&mut self, _: (), cx: &Context<Self>) {
        self.contact.send(self.queue).await;
        self.arrive_later(cx);
    }

    fn arrive_later(&mut self, cx: &Context<Self>) {
        let gap = self.interarrival.sample(&mut self.rng);
        if now(cx) + gap < self.horizon {
            cx.schedule_event(later(gap), schedulable!(Self::arrive), ()).expect("it is in the future");
        }
    }
}

/// What is to be called off when a contact is answered.
#[derive(Default, Serialize, Deserialize)]
struct Timers {
    patience: Option<EventKey>,
    stage: Option<EventKey>,
}

impl Timers {
    fn cancel(self) {
        for timer in [self.patience, self.stage].into_iter().flatten() {
            timer.cancel();
        }
    }
}

/// A waiting contact: its queue, its number, and how many delays it has waited.
type Place = (usize, u64, usize);

/// Queues, agents and routing.
#[derive(Serialize, Deserialize)]
struct Center {
    report: Output<Tally>,
    workload: Workload,
    desk: Desk<Timers>,
    rng: Pcg64Mcg,
    tally: Tally,
    arrived: u64,
}

#[Model]
impl Center {
    fn arrive(&mut self, queue: usize, cx: &Context<Self>) {
        let arrived = now(cx);
        if let Some(profile) = self.desk.take_agent(queue, 0.0) {
            return self.answer(queue, arrived, profile, cx);
        }
        self.arrived += 1;
        let number = self.arrived;
        let patience = self.workload.queues[queue].patience.as_ref().map(|law| later(law.sample(&mut self.rng)));
        let patience = patience
            .map(|after| cx.schedule_keyed_event(after, schedulable!(Self::abandon), (queue, number)).expect("it is in the future"));
        let stage = self.stage_later((queue, number, 0), arrived, cx);
        self.desk.enter(number, Waiting { queue, arrived, with: Timers { patience, stage } });
    }

    /// When the next delay ends, more agents may take the contact.
    fn stage_later(&self, place: Place, arrived: f64, cx: &Context<Self>) -> Option<EventKey> {
        let delay = self.desk.stage(place.0, place.2)?;
        let after = later(arrived + delay - now(cx));
        Some(cx.schedule_keyed_event(after, schedulable!(Self::stage), place).expect("it is in the future"))
    }

    #[nexosim(schedulable)]
    fn stage(&mut self, (queue, number, passed): Place, cx: &Context<Self>) {
        let Some(mut contact) = self.desk.leave(queue, number) else { return };
        let waited = self.desk.stage(queue, passed).expect("this delay has ended");
        if let Some(profile) = self.desk.take_agent(queue, waited) {
            contact.with.cancel();
            return self.answer(queue, contact.arrived, profile, cx);
        }
        contact.with.stage = self.stage_later((queue, number, passed + 1), contact.arrived, cx);
        self.desk.enter(number, contact);
    }

    fn answer(&mut self, queue: usize, arrived: f64, profile: usize, cx: &Context<Self>) {
        self.tally.answered(queue, arrived, now(cx) - arrived);
        let handling = later(self.workload.queues[queue].handling.sample(&mut self.rng));
        cx.schedule_event(handling, schedulable!(Self::finish), profile).expect("it is in the future");
    }

    #[nexosim(schedulable)]
    fn finish(&mut self, profile: usize, cx: &Context<Self>) {
        match self.desk.take_contact(profile, now(cx)) {
            Some(contact) => {
                contact.with.cancel();
                self.answer(contact.queue, contact.arrived, profile, cx);
            }
            None => self.desk.free(profile),
        }
    }

    #[nexosim(schedulable)]
    fn abandon(&mut self, (queue, number): (usize, u64), cx: &Context<Self>) {
        if let Some(contact) = self.desk.leave(queue, number) {
            contact.with.cancel();
            self.tally.abandoned(queue, contact.arrived, now(cx) - contact.arrived);
        }
    }

    async fn tell(&mut self) {
        self.report.send(self.tally.clone()).await;
    }
}

pub fn run(workload: &Workload, seed: u64) -> Result<Tally, SimulationError> {
    let generator = |number: usize| Pcg64Mcg::seed_from_u64(seed * 1000 + number as u64);
    let mut center = Center {
        report: Output::default(),
        workload: workload.clone(),
        desk: Desk::new(workload),
        rng: generator(workload.queues.len()),
        tally: Tally::new(workload.horizon, workload.queues.len()),
        arrived: 0,
    };
    let (sink, mut report) = event_slot(SinkState::Enabled);
    center.report.connect_sink(sink);
    let mailbox = Mailbox::new();
    // One thread is the fastest here: messages are many and small.
    let mut bench = SimInit::with_num_threads(1);
    let tell = EventSource::new().connect(Center::tell, &mailbox).register(&mut bench);
    for (queue, of) in workload.queues.iter().enumerate() {
        let (horizon, interarrival, rng) = (workload.horizon, of.interarrival.clone(), generator(queue));
        let mut source = Source { contact: Output::default(), queue, interarrival, horizon, rng };
        source.contact.connect(Center::arrive, &mailbox);
        bench = bench.add_model(source, Mailbox::new(), &format!("source{queue}"));
    }
    let mut simulation = bench.add_model(center, mailbox, "center").init(MonotonicTime::EPOCH)?;
    simulation.run()?;
    simulation.process_event(&tell, ())?;
    Ok(report.try_read().expect("the center has told"))
}
