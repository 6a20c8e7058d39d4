//! desru: an event list of closures.

use std::cell::RefCell;
use std::rc::Rc;

use desru::{Event, EventScheduler};
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;

use crate::desk::{Desk, Waiting};
use crate::tally::Tally;
use crate::workload::Workload;

struct Center {
    workload: Workload,
    desk: Desk<()>,
    rng: Pcg64Mcg,
    tally: Tally,
    arrived: u64,
}

type Shared = Rc<RefCell<Center>>;

pub fn run(workload: &Workload, seed: u64) -> Tally {
    let center = Rc::new(RefCell::new(Center {
        workload: workload.clone(),
        desk: Desk::new(workload),
        rng: Pcg64Mcg::seed_from_u64(seed),
        tally: Tally::new(workload.horizon, workload.queues.len()),
        arrived: 0,
    }));
    let mut scheduler = EventScheduler::new();
    for queue in 0..workload.queues.len() {
        arrive_later(&center, &mut scheduler, queue);
    }
    scheduler.run(Box::new(|_| false), Some(Box::new(|_, _| false)));
    center.borrow().tally.clone()
}

/// Does something to the center after a delay.
fn after(center: &Shared, scheduler: &mut EventScheduler, delay: f64, act: impl Fn(&Shared, &mut EventScheduler) + 'static) {
    let center = Rc::clone(center);
    let action = move |scheduler: &mut EventScheduler| {
        act(&center, scheduler);
        None
    };
    scheduler.schedule(Event::new(scheduler.current_time + delay, Some(Box::new(action)), None));
}

fn arrive_later(center: &Shared, scheduler: &mut EventScheduler, queue: usize) {
    let gap = {
        let Center { workload, rng, .. } = &mut *center.borrow_mut();
        let gap = workload.queues[queue].interarrival.sample(rng);
        if scheduler.current_time + gap >= workload.horizon {
            return;
        }
        gap
    };
    after(center, scheduler, gap, move |center, scheduler| {
        arrive(center, scheduler, queue);
        arrive_later(center, scheduler, queue);
    });
}

fn arrive(center: &Shared, scheduler: &mut EventScheduler, queue: usize) {
    let arrived = scheduler.current_time;
    let taken = center.borrow_mut().desk.take_agent(queue, 0.0);
    if let Some(profile) = taken {
        return answer(center, scheduler, queue, arrived, profile);
    }
    let (number, patience) = {
        let Center { workload, desk, rng, arrived: count, .. } = &mut *center.borrow_mut();
        *count += 1;
        desk.enter(*count, Waiting { queue, arrived, with: () });
        (*count, workload.queues[queue].patience.as_ref().map(|law| law.sample(rng)))
    };
    if let Some(patience) = patience {
        after(center, scheduler, patience, move |center, scheduler| abandon(center, scheduler, queue, number));
    }
    stage_later(center, scheduler, queue, number, arrived, 0);
}

/// When the next delay ends, more agents may take the contact.
fn stage_later(center: &Shared, scheduler: &mut EventScheduler, queue: usize, number: u64, arrived: f64, passed: usize) {
    let Some(delay) = center.borrow().desk.stage(queue, passed) else { return };
    let remaining = arrived + delay - scheduler.current_time;
    after(center, scheduler, remaining, move |center, scheduler| {
        if !center.borrow().desk.waits(queue, number) {
            return;
        }
        let taken = center.borrow_mut().desk.take_agent(queue, delay);
        if let Some(profile) = taken {
            center.borrow_mut().desk.leave(queue, number);
            answer(center, scheduler, queue, arrived, profile);
        } else {
            stage_later(center, scheduler, queue, number, arrived, passed + 1);
        }
    });
}

fn answer(center: &Shared, scheduler: &mut EventScheduler, queue: usize, arrived: f64, profile: usize) {
    let handling = {
        let Center { workload, rng, tally, .. } = &mut *center.borrow_mut();
        tally.answered(queue, arrived, scheduler.current_time - arrived);
        workload.queues[queue].handling.sample(rng)
    };
    after(center, scheduler, handling, move |center, scheduler| finish(center, scheduler, profile));
}

fn finish(center: &Shared, scheduler: &mut EventScheduler, profile: usize) {
    let next = center.borrow_mut().desk.take_contact(profile, scheduler.current_time);
    match next {
        Some(contact) => answer(center, scheduler, contact.queue, contact.arrived, profile),
        None => center.borrow_mut().desk.free(profile),
    }
}

/// Patience ends. Events cannot be taken back, so the contact may have been answered long ago.
fn abandon(center: &Shared, scheduler: &mut EventScheduler, queue: usize, number: u64) {
    let Center { desk, tally, .. } = &mut *center.borrow_mut();
    if let Some(contact) = desk.leave(queue, number) {
        tally.abandoned(queue, contact.arrived, scheduler.current_time - contact.arrived);
    }
}
