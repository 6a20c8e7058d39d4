//! Results must not move with a dependency or a platform (R2): random words, draws and the mathematics under them, pinned.
//!
//! If one of these moves, every stored result moves with it. That is a change for the CHANGELOG's Results heading, never one for this file alone.

use rand::{Rng, TryRng};
use rand_distr::{Distribution as _, Exp1, LogNormal, Weibull};
use std::convert::Infallible;
use waitline::model::{
    ArrivalProcess, BatchSize, Batches, Busy, MarkovModulated, Poisson, RateChanging, RatePoint, RateState, Renewal, Volume,
};
use waitline::random::{Distribution, Purpose, Stream, Streams, SurvivalPoint};
use waitline::{SourceId, Span, Time};

fn stream(purpose: Purpose, number: u64) -> Stream {
    Streams::new(42, 3).source(SourceId(7)).stream(purpose, number)
}

#[test]
fn random_words() {
    let mut words = stream(Purpose::Patience, 11);
    assert_eq!(
        [(); 6].map(|()| words.next_u64()),
        [
            0xf3b6_ce39_a2be_f359,
            0xf719_38b5_d285_e03c,
            0x2c92_e075_efd2_dc74,
            0xfe7d_2173_7efa_f217,
            0x3e10_0ae9_a68e_39ab,
            0x1a6f_4d64_9183_b6bf
        ]
    );
    let mut words = stream(Purpose::Arrivals, 0);
    assert_eq!([words.next_u32(), words.next_u32()], [0xceb5_3174, 0x894e_b3a8]);
}

/// Name, distribution and, in microseconds, what contacts 0 to 4 get.
fn pinned() -> Vec<(&'static str, Result<Distribution, String>, [i64; 5])> {
    let s = Span::from_secs;
    let table = [(30, 0.9), (120, 0.7), (600, 0.4)].map(|(at, surviving)| SurvivalPoint { at: s(at), surviving });
    let mixed = Distribution::mixture(&[1.0, 2.0], vec![Distribution::Constant(s(9)), Distribution::exponential(s(90)).unwrap()]);
    vec![
        ("constant", Ok(Distribution::Constant(s(5))), [5_000_000, 5_000_000, 5_000_000, 5_000_000, 5_000_000]),
        ("uniform", Distribution::uniform(s(30), s(90)), [72_003_517, 46_423_474, 84_976_300, 78_023_097, 68_824_290]),
        ("exponential", Distribution::exponential(s(240)), [172_161_978, 261_107_356, 784_803_229, 1_129_915_152, 150_837_996]),
        (
            "lognormal, mean and cv",
            Distribution::lognormal(s(300), 1.3),
            [288_788_537, 58_558_571, 1_313_902_966, 1_200_211_910, 253_173_042],
        ),
        (
            "lognormal, median and sigma",
            Distribution::lognormal_median(s(126), 0.868),
            [187_686_300, 46_638_787, 703_999_603, 650_542_295, 167_322_371],
        ),
        ("gamma, shape above 1", Distribution::gamma(s(100), 0.2), [108_070_952, 77_623_309, 143_515_049, 141_207_198, 105_301_860]),
        ("gamma, shape below 1", Distribution::gamma(s(100), 1.8), [119_720_001, 8_564_540, 279_636_670, 276_070_163, 66_925_565]),
        ("erlang", Distribution::erlang(s(200), 3), [232_587_095, 79_990_894, 492_648_939, 473_365_009, 215_778_184]),
        ("weibull", Distribution::weibull(s(180), 0.7), [32_594_409, 205_867_543, 4_375_963, 16_632_845, 43_339_209]),
        (
            "hyperexponential",
            Distribution::hyperexponential(&[3.0, 1.0], &[s(60), s(600)]),
            [21_935_224, 138_699_510, 225_383_034, 352_935_033, 51_307_872],
        ),
        ("mixture", mixed, [32_902_836, 9_000_000, 33_807_455, 52_940_255, 76_961_808]),
        (
            "empirical",
            Distribution::empirical([1, 2, 3, 5, 8, 13, 21].map(s).to_vec()),
            [8_000_000, 2_000_000, 21_000_000, 13_000_000, 8_000_000],
        ),
        ("survival table", Distribution::survival(&table), [788_506_204, 108_176_054, 1_624_055_131, 1_055_144_055, 681_982_111]),
    ]
}

#[test]
fn first_draws_of_each_distribution() {
    for (name, distribution, expected) in pinned() {
        let distribution = distribution.unwrap();
        let drawn = [0, 1, 2, 3, 4].map(|number| distribution.sample(&mut stream(Purpose::HandleTime, number)).as_us());
        assert_eq!(drawn, expected, "{name}");
    }
}

/// Name, process and, in microseconds, when contacts 0 to 4 arrive.
fn pinned_arrivals() -> Vec<(&'static str, Box<dyn ArrivalProcess>, [i64; 5])> {
    let s = Span::from_secs;
    let volumes = [(0, 10.0), (1, 0.0), (2, 40.0)].map(|(k, offered)| Volume { start: Time::START + s(900 * k), length: s(900), offered });
    let by_interval = RateChanging::by_interval(volumes.to_vec()).unwrap();
    let points = [(0, 0.0), (600, 0.1), (1200, 0.02)].map(|(at, per_s)| RatePoint { at: Time::START + s(at), per_s });
    let states = [(0.01, 60), (0.2, 60)].map(|(per_s, stay)| RateState { per_s, mean_stay: s(stay) });
    let batches = Batches::new(Box::new(Poisson::new(0.01).unwrap()), BatchSize::geometric(2.0).unwrap());
    vec![
        ("poisson", Box::new(Poisson::new(0.01).unwrap()), [168_053_097, 179_459_885, 182_300_869, 207_613_945, 237_230_350]),
        ("by interval", Box::new(by_interval.clone()), [151_247_787, 161_513_897, 164_070_782, 186_852_550, 213_507_315]),
        ("linear", Box::new(RateChanging::linear(&points).unwrap()), [142_008_351, 146_748_718, 147_905_728, 157_840_658, 168_723_567]),
        (
            "renewal",
            Box::new(Renewal::new(Distribution::erlang(s(100), 4).unwrap()).unwrap()),
            [153_289_177, 196_821_594, 217_581_847, 317_544_214, 378_644_632],
        ),
        ("batches", Box::new(batches), [168_053_097, 179_459_885, 182_300_869, 182_300_869, 182_300_869]),
        (
            "busy",
            Box::new(Busy::new(by_interval, 0.2, Busy::DAY).unwrap()),
            [167_465_965, 178_832_901, 181_663_959, 206_888_598, 236_401_531],
        ),
        (
            "markov-modulated",
            Box::new(MarkovModulated::cyclic(states.to_vec()).unwrap()),
            [100_238_583, 100_808_922, 100_950_972, 102_216_625, 103_697_446],
        ),
    ]
}

#[test]
fn first_arrivals_of_each_process() {
    for (name, process, expected) in pinned_arrivals() {
        let arrivals = process.arrivals(Streams::new(42, 3).source(SourceId(7)));
        assert_eq!(arrivals.take(5).map(Time::as_us).collect::<Vec<_>>(), expected, "{name}");
    }
}

/// So many draws that the rare branches of the ziggurats are among them, which alone use `exp` and `ln`.
#[test]
fn sums_of_many_draws() {
    for (name, distribution, expected) in [
        ("exponential", Distribution::exponential(Span::from_secs(240)), 24_001_046_243_408),
        ("lognormal", Distribution::lognormal(Span::from_secs(300), 1.3), 29_923_959_128_897),
        ("gamma", Distribution::gamma(Span::from_secs(100), 0.2), 9_995_994_914_887),
    ] {
        let distribution = distribution.unwrap();
        let sum: i64 = (0..100_000).map(|number| distribution.sample(&mut stream(Purpose::HandleTime, number)).as_us()).sum();
        assert_eq!(sum, expected, "{name}");
    }
}

/// Gives the words it is told to, the last one for ever.
struct Words<'a>(&'a [u64]);

impl TryRng for Words<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|word| (word >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let word = self.0[0];
        if self.0.len() > 1 {
            self.0 = &self.0[1..];
        }
        Ok(word)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill(0);
        Ok(())
    }
}

/// `rand_distr` computes with libm, bit for bit, and not with the platform's mathematics, which differs from it in the last bit of every tenth result or so.
///
/// Fails as soon as some dependency switches `num-traits/std` or `rand_distr/std_math` on in this build.
#[test]
#[expect(clippy::disallowed_methods, reason = "the platform's mathematics is what is compared with")]
fn the_mathematics_is_libm() {
    /// Where the exponential's ziggurat ends and its tail, `ZIG_EXP_R` - ln u, begins.
    const ZIG_EXP_R: f64 = 7.697_117_470_131_05;
    // [ln behind Float, ln of f64 itself, exp, pow]: how often the platform would have given another result.
    let mut differs = [0; 4];
    let mut words = stream(Purpose::Own, 0);
    for _ in 0..20_000 {
        let word = words.next_u64();
        let unit = (word >> 11) as f64 / (1_u64 << 53) as f64;

        // -ln u to the power 1: the Weibull sampler draws u from (0, 1].
        let half_open = ((word >> 11) + 1) as f64 / (1_u64 << 53) as f64;
        let drawn: f64 = Weibull::new(1.0, 1.0).unwrap().sample(&mut Words(&[word]));
        assert_eq!(drawn.to_bits(), (-libm::log(half_open)).to_bits());
        differs[0] += u32::from(drawn.to_bits() != (-half_open.ln()).to_bits());

        // The lowest box of the ziggurat, at its far end: the tail.
        let drawn: f64 = Exp1.sample(&mut Words(&[!0xff, word]));
        assert_eq!(drawn.to_bits(), (ZIG_EXP_R - libm::log(unit)).to_bits());
        differs[1] += u32::from(drawn.to_bits() != (ZIG_EXP_R - unit.ln()).to_bits());

        let score = 8.0 * unit - 4.0;
        let drawn = LogNormal::new(0.0, 1.0).unwrap().from_zscore(score);
        assert_eq!(drawn.to_bits(), libm::exp(score).to_bits());
        differs[2] += u32::from(drawn.to_bits() != score.exp().to_bits());

        let drawn: f64 = Weibull::new(1.0, 1.0 / 1.7).unwrap().sample(&mut Words(&[word]));
        let exponent = 1.0 / (1.0 / 1.7);
        assert_eq!(drawn.to_bits(), libm::pow(-libm::log(half_open), exponent).to_bits());
        differs[3] += u32::from(drawn.to_bits() != (-libm::log(half_open)).powf(exponent).to_bits());
    }
    // Known to differ on this platform: there the comparisons above do tell the two apart.
    #[cfg(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu"))]
    assert!(!differs.contains(&0), "{differs:?}");
    println!("of 20000 results the platform's mathematics would have changed {differs:?}");
}
