//! Erlang B, C and A in closed form: for people, as a start for staffing, and as judges of the simulator.
//!
//! One queue, Poisson arrivals, exponential handle times, identical agents. B: who finds no agent is lost. C: everyone waits (A. K. Erlang, 1917). A: everyone has exponential
//! patience (C. Palm, 1946; O. Garnett, A. Mandelbaum, M. Reiman, Designing a call center with impatient customers, M&SOM 4, 2002).

use special::{Beta, Gamma};

/// Where sums over queue lengths stop: what is left out is less than this share.
const NEGLIGIBLE: f64 = 1e-15;
/// How many lengths of the queue Erlang A looks at; a spread of some ten thousand waiting contacts.
pub const LENGTHS_MAX: usize = 200_000;
/// The most agents that staffing looks at.
pub const AGENTS_MAX: u32 = 1_000_000;

/// The probability that an arrival finds all agents busy and is lost: Erlang B, by its recursion
/// B(0) = 1, 1/B(n) = 1 + (n / a) / B(n - 1), which is stable for any number of agents.
///
/// `erlangs` is the offered load: arrival rate times mean handle time.
///
/// ```
/// let lost = waitline::erlang::blocking(10, 5.0);
/// assert!((lost - 0.018_385).abs() < 1e-6);
/// ```
pub fn blocking(agents: u32, erlangs: f64) -> f64 {
    if erlangs <= 0.0 {
        return if agents == 0 { 1.0 } else { 0.0 };
    }
    let mut inverse = 1.0;
    for n in 1..=agents {
        inverse = 1.0 + inverse * f64::from(n) / erlangs;
        if inverse.is_infinite() {
            return 0.0;
        }
    }
    1.0 / inverse
}

/// The traffic of one queue with waiting: Erlang C, or Erlang A if contacts have patience.
///
/// ```
/// use waitline::erlang::Traffic;
/// let calls = Traffic::new(360.0 / 3600.0, 240.0, None).unwrap();
/// let with_30 = calls.with(30).unwrap();
/// assert!((with_30.wait_probability - 0.1729).abs() < 1e-4);
/// assert_eq!(calls.with(24), None); // the load is 24 erlangs: the queue grows without end
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Traffic {
    rate_per_s: f64,
    handle_time_s: f64,
    patience_s: Option<f64>,
}

/// What to expect of some traffic with some agents. Times in seconds, shares from 0 to 1.
///
/// ```
/// # use waitline::erlang::Traffic;
/// let figures = Traffic::new(0.1, 240.0, Some(300.0)).unwrap().with(24).unwrap();
/// assert!(figures.abandonment > 0.03 && figures.occupancy < 0.97);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// P(an arrival must wait).
    pub wait_probability: f64,
    /// Share that abandons; 0 under Erlang C.
    pub abandonment: f64,
    /// Mean wait of those answered.
    pub asa_s: f64,
    /// Mean wait of all.
    pub mean_wait_s: f64,
    /// Handling time / staffed time.
    pub occupancy: f64,
    /// Mean number waiting.
    pub queue_length: f64,
}

impl Traffic {
    /// `rate_per_s` arrivals a second, each handled for `handle_time_s` on average, with mean patience `patience_s` (`None`: for ever).
    /// `None` unless all are positive and finite.
    pub fn new(rate_per_s: f64, handle_time_s: f64, patience_s: Option<f64>) -> Option<Traffic> {
        let fine = |number: f64| number > 0.0 && number.is_finite();
        let all_fine = fine(rate_per_s) && fine(handle_time_s) && patience_s.is_none_or(fine) && fine(rate_per_s * handle_time_s);
        all_fine.then_some(Traffic { rate_per_s, handle_time_s, patience_s })
    }

    /// The offered load: arrival rate times mean handle time.
    pub fn erlangs(&self) -> f64 {
        self.rate_per_s * self.handle_time_s
    }

    /// What to expect with that many agents; `None` if the queue would grow without end (no patience, load at or above the agents), or, with
    /// patience, if it spreads over more than [`LENGTHS_MAX`] lengths.
    pub fn with(&self, agents: u32) -> Option<Figures> {
        let erlangs = self.erlangs();
        let Some(patience_s) = self.patience_s else {
            // Erlang C from B: C = n B / (n - a (1 - B)); W = C / (n mu - lambda).
            let spare = f64::from(agents) - erlangs;
            if spare <= 0.0 {
                return None;
            }
            let lost = blocking(agents, erlangs);
            let wait_probability = f64::from(agents) * lost / (f64::from(agents) - erlangs * (1.0 - lost));
            let asa_s = wait_probability * self.handle_time_s / spare;
            return Some(Figures {
                wait_probability,
                abandonment: 0.0,
                asa_s,
                mean_wait_s: asa_s,
                occupancy: erlangs / f64::from(agents),
                queue_length: asa_s * self.rate_per_s,
            });
        };
        let mut sums = Sums::default();
        let serving_per_s = f64::from(agents) / self.handle_time_s;
        // Sum over the stages that an arrival who finds j ahead would wait through, of 1 / (n mu + (i + 1) theta).
        let lengths = self.lengths(agents)?;
        let mut stages_s = lengths.first().map_or(0.0, |&(first, _)| self.stages_before(agents, first));
        for (ahead, share) in lengths {
            let leaving_per_s = serving_per_s + (ahead + 1.0) / patience_s;
            stages_s += 1.0 / leaving_per_s;
            let answered = serving_per_s / leaving_per_s;
            sums.waiting += share;
            sums.length += share * ahead;
            sums.answered_wait_s += share * answered * stages_s;
        }
        let abandonment = (sums.length / patience_s / self.rate_per_s).min(1.0);
        Some(Figures {
            wait_probability: sums.waiting,
            abandonment,
            asa_s: if abandonment < 1.0 { sums.answered_wait_s / (1.0 - abandonment) } else { 0.0 },
            mean_wait_s: sums.length / self.rate_per_s,
            occupancy: if agents == 0 { 0.0 } else { erlangs * (1.0 - abandonment) / f64::from(agents) },
            queue_length: sums.length,
        })
    }

    /// The share of all arrivals that is answered within `within_s`; `None` as in [`Traffic::with`].
    ///
    /// C: 1 - C e^(-(n mu - lambda) T). A: an arrival who finds j ahead of it waits a time V with e^(-theta V) distributed as Beta(n mu / theta, j + 1), the j + 1
    /// exponential stages having rates n mu + i theta; so it is answered within T with probability c / (c + j + 1) I(1 - e^(-theta T); j + 1, c + 1), c = n mu / theta.
    pub fn service_level(&self, agents: u32, within_s: f64) -> Option<f64> {
        let within_s = within_s.max(0.0);
        let Some(patience_s) = self.patience_s else {
            let spare_per_s = (f64::from(agents) - self.erlangs()) / self.handle_time_s;
            return Some(1.0 - self.with(agents)?.wait_probability * libm::exp(-spare_per_s * within_s));
        };
        let c = f64::from(agents) / self.handle_time_s * patience_s;
        let gone = -libm::expm1(-within_s / patience_s);
        let (mut waiting, mut in_time) = (0.0, 0.0);
        for (ahead, share) in self.lengths(agents)? {
            waiting += share;
            if c > 0.0 && gone > 0.0 {
                let (p, q) = (ahead + 1.0, c + 1.0);
                let within = gone.inc_beta(p, q, p.ln_beta(q));
                in_time += share * c / (c + ahead + 1.0) * within;
            }
        }
        Some((1.0 - waiting + in_time).clamp(0.0, 1.0))
    }

    /// How likely an arrival finds all agents busy and 0, 1, 2, ... waiting, as far as it matters; for Erlang A. `None` if that is more than
    /// [`LENGTHS_MAX`] lengths.
    ///
    /// The stationary distribution of the birth-death chain, outwards from its mode, so that nothing over- or underflows that matters.
    fn lengths(&self, agents: u32) -> Option<Vec<(f64, f64)>> {
        let patience_s = self.patience_s?;
        let agents = f64::from(agents);
        let leaving_per_s = |present: f64| present.min(agents) / self.handle_time_s + (present - agents).max(0.0) / patience_s;
        let too_many = (self.rate_per_s - agents / self.handle_time_s) * patience_s;
        let mode = if too_many > 0.0 { agents + too_many.floor() } else { self.erlangs().floor().min(agents) };
        let (mut all, mut waiting) = (0.0, Vec::new());
        let mut count = |present: f64, weight: f64| {
            all += weight;
            if present >= agents {
                waiting.push((present - agents, weight));
            }
            waiting.len() <= LENGTHS_MAX
        };
        let (mut present, mut weight) = (mode, 1.0);
        while weight > NEGLIGIBLE * 1e-3 {
            if !count(present, weight) {
                return None;
            }
            present += 1.0;
            weight *= self.rate_per_s / leaving_per_s(present);
        }
        (present, weight) = (mode, 1.0);
        while present > 0.0 && weight > NEGLIGIBLE * 1e-3 {
            weight *= leaving_per_s(present) / self.rate_per_s;
            present -= 1.0;
            if !count(present, weight) {
                return None;
            }
        }
        waiting.sort_by(|a, b| a.0.total_cmp(&b.0));
        Some(waiting.into_iter().map(|(ahead, weight)| (ahead, weight / all)).collect())
    }

    /// Sum over the first `ahead` stages of 1 / (n mu + i theta), for a start in the middle: a difference of digamma functions, however many they are.
    fn stages_before(&self, agents: u32, ahead: f64) -> f64 {
        let Some(patience_s) = self.patience_s else { return 0.0 };
        let c = f64::from(agents) / self.handle_time_s * patience_s;
        if ahead > 0.0 { patience_s * ((c + ahead + 1.0).digamma() - (c + 1.0).digamma()) } else { 0.0 }
    }
}

/// The least number of agents for which `good` holds, given that it holds for all above once it holds for one; `None` if it does not up to
/// [`AGENTS_MAX`].
///
/// ```
/// use waitline::erlang::{Traffic, least_agents};
/// let calls = Traffic::new(360.0 / 3600.0, 240.0, None).unwrap();
/// let agents = least_agents(|agents| calls.service_level(agents, 20.0).is_some_and(|share| share >= 0.8));
/// assert_eq!(agents, Some(29));
/// ```
pub fn least_agents(good: impl Fn(u32) -> bool) -> Option<u32> {
    let mut high = 1;
    while !good(high) {
        if high == AGENTS_MAX {
            return None;
        }
        high = (high * 2).min(AGENTS_MAX);
    }
    let mut low = high / 2;
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if good(middle) { high = middle } else { low = middle }
    }
    Some(high)
}

#[derive(Default)]
struct Sums {
    waiting: f64,
    length: f64,
    answered_wait_s: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64, error: f64) {
        assert!((a - b).abs() <= error, "{a} is not {b}");
    }

    #[test]
    fn blocking_by_the_table() {
        // R. Parkinson, Traffic engineering techniques in telecommunications, Erlang B table: 1 % at 10 servers is 4.461 erlangs, at 100 it is 84.06.
        close(blocking(10, 4.461), 0.01, 2e-5);
        close(blocking(100, 84.06), 0.01, 2e-5);
        close(blocking(1, 1.0), 0.5, 1e-15);
        close(blocking(0, 3.0), 1.0, 0.0);
        close(blocking(5, 0.0), 0.0, 0.0);
        assert!(blocking(1_000_000, 1.0) < 1e-300);
    }

    /// The same chain solved without a closed form: probabilities by summing logarithms, waits by walking through the stages of each state.
    fn by_chain(rate: f64, handle: f64, patience: f64, agents: usize) -> (f64, f64, f64) {
        let states = agents + 3_000;
        let leaving = |k: usize| k.min(agents) as f64 / handle + k.saturating_sub(agents) as f64 / patience;
        let mut logs = vec![0.0];
        for k in 1..states {
            logs.push(logs[k - 1] + libm::log(rate / leaving(k)));
        }
        let top = logs.iter().copied().fold(f64::MIN, f64::max);
        let weights: Vec<f64> = logs.iter().map(|log| libm::exp(log - top)).collect();
        let all: f64 = weights.iter().sum();
        let waiting: f64 = weights[agents..].iter().sum::<f64>() / all;
        let length: f64 = weights.iter().enumerate().skip(agents).map(|(k, w)| w * (k - agents) as f64).sum::<f64>() / all;
        (waiting, length, length / patience / rate)
    }

    #[test]
    fn erlang_a_against_the_chain() {
        for (rate, handle, patience, agents) in [
            (1.0 / 3.0, 300.0, 600.0, 100),
            (0.1, 240.0, 60.0, 20),
            (0.1, 240.0, 300.0, 10),
            (2.0, 180.0, 120.0, 400),
            (0.01, 100.0, 50.0, 1),
        ] {
            let figures = Traffic::new(rate, handle, Some(patience)).unwrap().with(agents).unwrap();
            let (waiting, length, abandonment) = by_chain(rate, handle, patience, agents as usize);
            close(figures.wait_probability, waiting, 1e-9);
            close(figures.queue_length, length, 1e-7 * (1.0 + length));
            close(figures.abandonment, abandonment, 1e-9);
        }
        // The yardstick of many simulators: 100 agents, load 1.0, patience twice the handle time.
        let figures = Traffic::new(1.0 / 3.0, 300.0, Some(600.0)).unwrap().with(100).unwrap();
        close(figures.wait_probability, 0.59670, 1e-5);
        close(figures.abandonment, 0.03303, 1e-5);
    }

    #[test]
    fn erlang_c_by_known_values() {
        let figures = Traffic::new(0.95 / 3.0, 300.0, None).unwrap().with(100).unwrap();
        close(figures.wait_probability, 0.50646, 1e-5);
        close(figures.asa_s, 30.39, 0.01);
        close(figures.occupancy, 0.95, 1e-12);
    }

    #[test]
    fn patience_without_end_is_erlang_c() {
        let patient = Traffic::new(0.1, 240.0, Some(1e9)).unwrap();
        let endless = Traffic::new(0.1, 240.0, None).unwrap();
        let (a, c) = (patient.with(26).unwrap(), endless.with(26).unwrap());
        close(a.asa_s, c.asa_s, 1e-3);
        close(a.wait_probability, c.wait_probability, 1e-6);
        close(patient.service_level(26, 20.0).unwrap(), endless.service_level(26, 20.0).unwrap(), 1e-6);
    }

    #[test]
    fn service_level_runs_from_no_wait_to_all_answered() {
        let traffic = Traffic::new(0.1, 240.0, Some(180.0)).unwrap();
        let figures = traffic.with(22).unwrap();
        close(traffic.service_level(22, 0.0).unwrap(), 1.0 - figures.wait_probability, 1e-12);
        close(traffic.service_level(22, 1e7).unwrap(), 1.0 - figures.abandonment, 1e-9);
        let levels: Vec<f64> = (0..60).map(|t| traffic.service_level(22, f64::from(t) * 10.0).unwrap()).collect();
        assert!(levels.is_sorted());
        // The mean wait of the answered is the area between the two.
        let (step, end) = (0.5, 4_000);
        let answered = 1.0 - figures.abandonment;
        let area: f64 = (0..end).map(|t| (answered - traffic.service_level(22, (f64::from(t) + 0.5) * step).unwrap()) * step).sum();
        close(area / answered, figures.asa_s, 1e-3 * figures.asa_s);
    }

    /// The waits of the answered, where the queue is so long that the sum starts in the middle: V is near p ln(lambda / n mu).
    #[test]
    fn a_sum_that_starts_in_the_middle() {
        let traffic = Traffic::new(100.0, 300.0, Some(10_000.0)).unwrap();
        assert!(traffic.lengths(1_000).unwrap()[0].0 > 900_000.0);
        let by_stages: f64 = (1..=950_000).map(|stage| 1.0 / (1_000.0 / 300.0 + f64::from(stage) / 10_000.0)).sum();
        close(traffic.stages_before(1_000, 950_000.0), by_stages, 1e-6 * by_stages);
        let asa_s = traffic.with(1_000).unwrap().asa_s;
        let fluid_s = 10_000.0 * libm::log(100.0 * 300.0 / 1_000.0);
        close(asa_s, fluid_s, 0.01 * fluid_s);
    }

    #[test]
    fn absurd_input_gives_no_nonsense() {
        for (rate, handle, patience) in
            [(0.0, 1.0, None), (1.0, f64::NAN, None), (1.0, 1.0, Some(0.0)), (f64::INFINITY, 1.0, None), (1e200, 1e200, None)]
        {
            assert_eq!(Traffic::new(rate, handle, patience), None);
        }
        for (rate, agents) in [(1e-9, 1), (1e3, 1), (100.0, 29_000), (100.0, 100_000), (1.0, 0)] {
            let figures = Traffic::new(rate, 300.0, Some(100.0)).unwrap().with(agents).unwrap();
            let shares = [figures.wait_probability, figures.abandonment, figures.occupancy];
            assert!(shares.iter().all(|share| (-1e-9..=1.0 + 1e-9).contains(share)), "{figures:?}");
            assert!(figures.asa_s >= 0.0 && figures.mean_wait_s.is_finite());
        }
        // Billions waiting: an answer or none, but at once.
        assert_eq!(Traffic::new(1e5, 300.0, Some(864e3)).unwrap().with(1), None);
        assert_eq!(least_agents(|_| false), None);
        assert_eq!(least_agents(|_| true), Some(1));
    }
}
