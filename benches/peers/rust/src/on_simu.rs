//! simu-des: processes as `async` blocks, after SimPy.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use simu::{EnvHandle, EventTrigger, Resource, SimEnv, any_of};

use crate::desk::{Desk, Waiting};
use crate::tally::Tally;
use crate::workload::{Law, Workload};

/// What the answering agent fires, and where it leaves its profile.
struct Signal {
    answered: EventTrigger,
    profile: Rc<RefCell<Option<usize>>>,
}

struct Center {
    workload: Workload,
    /// The agents, where all are alike.
    agents: Resource,
    /// The agents, where they are not.
    desk: RefCell<Desk<Signal>>,
    /// Contacts that have had to wait there.
    entered: Cell<u64>,
    tally: RefCell<Tally>,
}

pub fn run(workload: &Workload, seed: u64) -> Tally {
    let center = Rc::new(Center {
        workload: workload.clone(),
        agents: Resource::new(workload.profiles[0].agents),
        desk: RefCell::new(Desk::new(workload)),
        entered: Cell::new(0),
        tally: RefCell::new(Tally::new(workload.horizon, workload.queues.len())),
    });
    let mut env = SimEnv::with_seed(seed);
    for queue in 0..workload.queues.len() {
        env.spawn(source(env.handle(), Rc::clone(&center), queue));
    }
    env.run();
    center.tally.borrow().clone()
}

fn draw(env: &EnvHandle, law: &Law) -> f64 {
    law.sample(&mut env.rng())
}

async fn source(env: EnvHandle, center: Rc<Center>, queue: usize) {
    let alike = center.workload.profiles.len() == 1;
    loop {
        let gap = draw(&env, &center.workload.queues[queue].interarrival);
        if env.now() + gap >= center.workload.horizon {
            return;
        }
        env.timeout(gap).await;
        if alike {
            env.spawn(contact(env.clone(), Rc::clone(&center), queue));
        } else {
            env.spawn(routed(env.clone(), Rc::clone(&center), queue));
        }
    }
}

/// A contact of a center whose agents are all alike.
async fn contact(env: EnvHandle, center: Rc<Center>, queue: usize) {
    let arrived = env.now();
    let Some(patience) = &center.workload.queues[queue].patience else {
        let _agent = center.agents.request().await;
        return talk(&env, &center, queue, arrived).await;
    };
    let taken = Rc::new(RefCell::new(None));
    let (request, place) = (center.agents.request(), Rc::clone(&taken));
    let answer = async move {
        *place.borrow_mut() = Some(request.await);
    };
    any_of![answer, env.timeout(draw(&env, patience))].await;
    let agent = taken.borrow_mut().take();
    match agent {
        Some(_agent) => talk(&env, &center, queue, arrived).await,
        None => center.tally.borrow_mut().abandoned(queue, arrived, env.now() - arrived),
    }
}

async fn talk(env: &EnvHandle, center: &Center, queue: usize, arrived: f64) {
    center.tally.borrow_mut().answered(queue, arrived, env.now() - arrived);
    env.timeout(draw(env, &center.workload.queues[queue].handling)).await;
}

/// A contact of a center with routing profiles.
async fn routed(env: EnvHandle, center: Rc<Center>, queue: usize) {
    let arrived = env.now();
    let taken = center.desk.borrow_mut().take_agent(queue, 0.0);
    let profile = match taken {
        Some(profile) => profile,
        None => match wait(&env, &center, queue).await {
            Some(profile) => profile,
            None => return center.tally.borrow_mut().abandoned(queue, arrived, env.now() - arrived),
        },
    };
    talk(&env, &center, queue, arrived).await;
    let next = center.desk.borrow_mut().take_contact(profile, env.now());
    match next {
        Some(contact) => {
            *contact.with.profile.borrow_mut() = Some(profile);
            contact.with.answered.fire();
        }
        None => center.desk.borrow_mut().free(profile),
    }
}

/// Waits in line; says the profile of the agent who has answered.
async fn wait(env: &EnvHandle, center: &Center, queue: usize) -> Option<usize> {
    let arrived = env.now();
    let number = center.entered.get();
    center.entered.set(number + 1);
    let profile = Rc::new(RefCell::new(None));
    let (answered, signal) = env.event();
    let with = Signal { answered, profile: Rc::clone(&profile) };
    center.desk.borrow_mut().enter(number, Waiting { queue, arrived, with });
    let patience = center.workload.queues[queue].patience.as_ref().expect("routed contacts have patience");
    let patience = draw(env, patience);
    for passed in 0.. {
        let stage = center.desk.borrow().stage(queue, passed).filter(|delay| *delay < patience);
        let until = arrived + stage.unwrap_or(patience);
        any_of![signal.clone(), env.timeout(until - env.now())].await;
        if profile.borrow().is_some() {
            break;
        }
        let Some(delay) = stage else {
            center.desk.borrow_mut().leave(queue, number);
            break;
        };
        let taken = center.desk.borrow_mut().take_agent(queue, delay);
        if taken.is_some() {
            center.desk.borrow_mut().leave(queue, number);
            return taken;
        }
    }
    *profile.borrow()
}
