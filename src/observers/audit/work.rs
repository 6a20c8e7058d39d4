//! The audit of desks: how far agents are with what they hold. What slows down what, and when it ends, in integers.

use super::Audit;
use super::desks::{Held, Phase, Seat};
use super::ways::Stage;
use crate::id::AgentId;
use crate::model::PerChannel;
use crate::random::Distribution;
use crate::time::{Span, Time};

/// By how many thousandths each further contact stretches one of a channel.
type Slowdowns = PerChannel<i64>;

fn factor_milli(slowdowns: &Slowdowns, held: &Held, active: i64) -> i128 {
    i128::from(1000 + slowdowns[held.channel] * (active - 1))
}

/// A quotient, halves up.
fn rounded(product: i128, by: i128) -> Span {
    let us = (product * 2 + by) / (by * 2);
    Span::from_us(us.min(i128::from(Span::MAX.as_us())) as i64)
}

/// What takes `span` of an agent's time, beside so many contacts with itself.
fn stretched(slowdowns: &Slowdowns, held: &Held, span: Span, active: i64) -> Span {
    rounded(i128::from(span.as_us()) * factor_milli(slowdowns, held, active), 1000)
}

impl Seat<'_> {
    /// So many contacts took its time before: all others than `changed` go on at another pace from now on.
    fn rescale(&mut self, now: Time, slowdowns: &Slowdowns, before: i64, changed: u64) {
        let after = self.active();
        if before == after {
            return;
        }
        for held in self.held.iter_mut().filter(|held| held.id != changed && slowdowns[held.channel] > 0) {
            let (old, new) = (factor_milli(slowdowns, held, before), factor_milli(slowdowns, held, after));
            if let Phase::Part { ends, .. } | Phase::Work { ends } = &mut held.phase {
                let left = i128::from(ends.as_us() - now.as_us()).max(0);
                *ends = now + rounded(left * new, old);
            }
        }
    }
}

impl Audit<'_> {
    fn slowdowns(&self, agent: AgentId) -> Slowdowns {
        let capacity = &self.model.profiles[self.model.agents[agent].profile].desk.capacity;
        PerChannel(capacity.0.map(|capacity| capacity.map_or(0, |capacity| i64::from(capacity.slowdown_milli))))
    }

    /// It goes into another phase, which takes `span` if nothing else is in hand; `None`: it is in hand no more.
    pub(super) fn goes_into(&mut self, agent: AgentId, id: u64, phase: Option<(Phase, Span)>) {
        let (now, slowdowns) = (self.world.now, self.slowdowns(agent));
        let seat = &mut self.world.desks.seats[agent];
        let before = seat.active();
        match phase {
            None => seat.held.retain(|held| held.id != id),
            Some((phase, span)) => {
                if let Some(held) = seat.held.iter_mut().find(|held| held.id == id) {
                    held.phase = phase;
                }
                let active = seat.active();
                if let Some(held) = seat.held.iter_mut().find(|held| held.id == id) {
                    let span = if phase.is_active() { stretched(&slowdowns, held, span, active) } else { span };
                    held.phase = match phase {
                        Phase::Part { part, .. } => Phase::Part { part, ends: now + span },
                        Phase::Pause { part, .. } => Phase::Pause { part, ends: now + span },
                        Phase::Work { .. } => Phase::Work { ends: now + span },
                        other => other,
                    };
                }
            }
        }
        seat.rescale(now, &slowdowns, before, id);
    }

    fn begins_part(&mut self, agent: AgentId, id: u64, part: u32) {
        let Some(held) = self.world.desks.held(agent, id) else { return };
        let span = held.replies.as_ref().map_or(held.talk, |(replies, _)| replies.part(held.talk, part));
        self.goes_into(agent, id, Some((Phase::Part { part, ends: Time::START }, span)));
    }

    /// They begin to talk.
    pub(super) fn begins_to_talk(&mut self, agent: AgentId, id: u64) {
        self.begins_part(agent, id, 0);
    }

    /// A part of a talk or a pause is over: a pause, the next part or the work after it follows, and what takes no time is passed at once. Whether the
    /// contact is done with thereby.
    fn part_is_over(&mut self, agent: AgentId, id: u64, phase: Phase) -> bool {
        let Some(held) = self.world.desks.held(agent, id) else { return false };
        let (customer, talk, after) = (held.contact.customer(), held.talk, held.after);
        let (mut part, mut has_paused) = match phase {
            // The pause that is over stands before its part.
            Phase::Pause { part, .. } => (part - 1, true),
            Phase::Part { part, .. } => (part, false),
            _ => return false,
        };
        while let Some((terms, luck)) =
            self.world.desks.held(agent, id).and_then(|held| held.replies.as_mut()).filter(|(terms, _)| part < terms.count)
        {
            let pause = if has_paused { Span::ZERO } else { Distribution::sample(&terms.after, luck) };
            let next = terms.part(talk, part + 1);
            (part, has_paused) = (part + 1, false);
            if pause > Span::ZERO {
                self.goes_into(agent, id, Some((Phase::Pause { part, ends: Time::START }, pause)));
                return false;
            }
            if next > Span::ZERO {
                self.goes_into(agent, id, Some((Phase::Part { part, ends: Time::START }, next)));
                return false;
            }
        }
        let now = self.world.now;
        if let Stage::Talks { until } = self.way(customer).stage
            && until > now
        {
            self.set(customer, Stage::Talks { until: now });
        }
        if after > Span::ZERO {
            self.goes_into(agent, id, Some((Phase::Work { ends: Time::START }, after)));
        }
        after == Span::ZERO
    }

    /// What is due at an agent's goes on, if nothing is told of it; `false`: something must be told.
    pub(super) fn goes_on_silently(&mut self, agent: AgentId, id: u64) -> bool {
        let now = self.world.now;
        let Some(phase) = self.world.desks.held(agent, id).map(|held| held.phase) else { return true };
        match phase {
            Phase::HangsUp | Phase::Done { .. } => false,
            _ if phase.due() > now => true,
            Phase::Part { .. } | Phase::Pause { .. } => {
                let done = self.part_is_over(agent, id, phase);
                if let Some(held) = self.world.desks.held(agent, id).filter(|_| done) {
                    held.phase = Phase::Done { active: phase.is_active() };
                }
                !done
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_stretched_in_integers() {
        assert_eq!([rounded(3, 2), rounded(5, 4), rounded(7, 4), rounded(0, 9)].map(Span::as_us), [2, 1, 2, 0]);
        assert_eq!(rounded(i128::from(i64::MAX) * 5, 1), Span::MAX);
    }
}
