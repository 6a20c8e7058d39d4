//! What is different where agents may hold several contacts: an agent is at work as long as it holds any, and when handling ends is known when it does.

use super::{Leaving, Summary};
use crate::id::{AgentId, Id, ProfileId, QueueId};
use crate::model::Model;
use crate::observe::{Contact, Customer, Fact, Observer};
use crate::observers::AgentCounts;
use crate::observers::in_hand::{Held, InHand};
use crate::time::Time;

/// What agents have in hand, and what each of them did.
#[derive(Clone, Debug)]
pub(super) struct Desks {
    in_hand: InHand,
    /// `None`: of a stretch of a run.
    agents: Option<AgentCounts>,
}

impl Desks {
    /// Of a whole run of `model`; `None`: each agent does one thing at a time, and everybody knows how long it takes.
    pub(super) fn of(model: &Model) -> Option<Box<Desks>> {
        let desks = || Box::new(Desks { in_hand: InHand::new(model), agents: Some(AgentCounts::new(model)) });
        model.reports_agents().then(desks)
    }

    /// Of a stretch of a run that begins with nobody there, or where `before` ended.
    pub(super) fn of_stretch(model: &Model, before: Option<&Summary>) -> Option<Box<Desks>> {
        let in_hand = || before.and_then(|before| before.desks.as_ref()).map_or_else(|| InHand::new(model), |desks| desks.in_hand.clone());
        model.reports_agents().then(|| Box::new(Desks { in_hand: in_hand(), agents: None }))
    }

    pub(super) fn agents(&self) -> Option<&AgentCounts> {
        self.agents.as_ref()
    }

    pub(super) fn observe(&mut self, at: i64, fact: &Fact) {
        if let Some(agents) = &mut self.agents {
            agents.observe(Time::from_us(at), fact);
        }
    }
}

impl Summary {
    /// An agent comes or goes.
    #[inline(never)]
    pub(super) fn comes_or_goes(&mut self, at: i64, fact: &Fact) {
        if let Some(desks) = &mut self.desks {
            desks.observe(at, fact);
        }
    }

    /// An agent answers. Of the contact only what is needed is handed over, because agents without desks answer often: its rank is not in it.
    #[inline(never)]
    pub(super) fn answered_at_desk(
        &mut self,
        at: i64,
        agent: AgentId,
        profile: ProfileId,
        who: Customer,
        (queue, enqueued): (QueueId, Time),
    ) {
        let Some(desks) = &mut self.desks else { return };
        let Customer { source, number } = who;
        let contact = Contact { source, number, queue, enqueued, priority: Contact::DEFAULT_PRIORITY, age_us: 0 };
        if let Some(agents) = &mut desks.agents {
            agents.answers(agent, profile, &contact, at);
        }
        if desks.in_hand.takes(agent, Held { contact, profile, since: Time::from_us(at), dialed: false }) {
            self.staff[profile.index()].at_work.changes(1, at - self.start);
        }
        self.leaves_line(&contact, at);
        if !self.by_end {
            self.count(&contact, at - enqueued.as_us(), Leaving::Answered(profile), at);
        }
    }

    /// An agent is done with somebody's contact.
    #[inline(never)]
    pub(super) fn completed_at_desk(&mut self, at: i64, agent: AgentId, customer: Customer, answered: Time) {
        let Some(desks) = &mut self.desks else { return };
        if let Some(agents) = &mut desks.agents {
            agents.completes(agent, at);
        }
        let Some((held, is_free)) = desks.in_hand.puts_down(agent, customer, answered) else { return };
        if is_free {
            self.staff[held.profile.index()].at_work.changes(-1, at - self.start);
        }
        self.ends(&held, at);
    }

    /// An agent calls back; whether it held nothing before.
    pub(super) fn dials_at_desk(&mut self, at: i64, fact: &Fact) -> bool {
        let (Some(desks), Fact::Dialed { contact, agent, profile, .. }) = (&mut self.desks, fact) else { return true };
        desks.in_hand.takes(*agent, Held { contact: *contact, profile: *profile, since: Time::from_us(at), dialed: true })
    }

    /// Where contacts count by their end, it has come.
    fn ends(&mut self, held: &Held, at: i64) {
        let Held { contact, profile, since, dialed } = held;
        if self.by_end && !dialed {
            self.count(contact, since.since(contact.enqueued).as_us(), Leaving::Answered(*profile), at);
        }
    }

    /// The run is over: whoever is still in hand has been answered, and ends after the horizon.
    pub(super) fn desks_end(&mut self, at: i64) {
        let Some(desks) = &mut self.desks else { return };
        desks.observe(at, &Fact::Ended);
        for (_, held) in desks.in_hand.left() {
            self.ends(&held, i64::MAX);
        }
    }
}
