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
            0x6e35_3ccd_8f12_d506,
            0x754a_e7b5_fd10_9420,
            0xf719_f06e_7ae3_55fa,
            0x3591_a1c5_8cef_2094,
            0xe522_6945_252f_bf09,
            0xaa42_b30f_5e64_b82f
        ]
    );
    let mut words = stream(Purpose::Arrivals, 0);
    assert_eq!([words.next_u32(), words.next_u32()], [0x6c29_8208, 0x268c_582a]);
}

/// Name, distribution and, in microseconds, what contacts 0 to 4 get.
fn pinned() -> Vec<(&'static str, Result<Distribution, String>, [i64; 5])> {
    let s = Span::from_secs;
    let table = [(30, 0.9), (120, 0.7), (600, 0.4)].map(|(at, surviving)| SurvivalPoint { at: s(at), surviving });
    let mixed = Distribution::mixture(&[1.0, 2.0], vec![Distribution::Constant(s(9)), Distribution::exponential(s(90)).unwrap()]);
    vec![
        ("constant", Ok(Distribution::Constant(s(5))), [5_000_000, 5_000_000, 5_000_000, 5_000_000, 5_000_000]),
        ("uniform", Distribution::uniform(s(30), s(90)), [82_896_917, 76_302_071, 47_893_068, 78_068_719, 34_597_880]),
        ("exponential", Distribution::exponential(s(240)), [809_434_855, 767_195_838, 224_374_698, 427_396_769, 32_601_381]),
        ("lognormal, mean and cv", Distribution::lognormal(s(300), 1.3), [1_198_680_143, 741_604_073, 75_271_803, 542_538_997, 47_931_619]),
        (
            "lognormal, median and sigma",
            Distribution::lognormal_median(s(126), 0.868),
            [649_817_778, 427_397_979, 58_062_328, 325_377_957, 39_161_635],
        ),
        ("gamma, shape above 1", Distribution::gamma(s(100), 0.2), [141_174_811, 129_345_378, 81_975_421, 122_011_772, 74_264_762]),
        ("gamma, shape below 1", Distribution::gamma(s(100), 1.8), [127_952_712, 34_304_261, 5_453_413, 316_485_081, 60_749]),
        ("erlang", Distribution::erlang(s(200), 3), [473_096_566, 379_189_070, 97_234_713, 325_287_175, 67_800_112]),
        ("weibull", Distribution::weibull(s(180), 0.7), [7_374_149, 20_660_186, 186_693_361, 16_531_607, 547_288_201]),
        (
            "hyperexponential",
            Distribution::hyperexponential(&[3.0, 1.0], &[s(60), s(600)]),
            [72_306_719, 94_426_015, 32_383_620, 1_134_255_018, 23_897_934],
        ),
        ("mixture", mixed, [10_846_008, 14_163_902, 9_000_000, 170_138_253, 9_000_000]),
        (
            "empirical",
            Distribution::empirical([1, 2, 3, 5, 8, 13, 21].map(s).to_vec()),
            [21_000_000, 13_000_000, 3_000_000, 13_000_000, 1_000_000],
        ),
        ("survival table", Distribution::survival(&table), [1_397_252_402, 967_225_685, 119_198_011, 1_057_643_115, 22_989_399]),
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
        ("poisson", Box::new(Poisson::new(0.01).unwrap()), [43_293_919, 70_581_471, 579_361_953, 627_974_482, 760_237_669]),
        ("by interval", Box::new(by_interval.clone()), [38_964_527, 63_523_324, 521_425_757, 565_177_033, 684_213_902]),
        ("linear", Box::new(RateChanging::linear(&points).unwrap()), [72_078_224, 92_031_389, 263_672_969, 274_512_181, 302_040_594]),
        (
            "renewal",
            Box::new(Renewal::new(Distribution::erlang(s(100), 4).unwrap()).unwrap()),
            [83_414_692, 318_250_792, 458_945_776, 542_158_303, 624_723_012],
        ),
        ("batches", Box::new(batches), [43_293_919, 43_293_919, 70_581_471, 579_361_953, 627_974_482]),
        (
            "busy",
            Box::new(Busy::new(by_interval, 0.2, Busy::DAY).unwrap()),
            [32_712_698, 53_331_054, 437_763_385, 474_494_801, 574_432_293],
        ),
        (
            "markov-modulated",
            Box::new(MarkovModulated::cyclic(states.to_vec()).unwrap()),
            [23_602_233, 24_966_610, 84_844_697, 133_457_225, 165_273_065],
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
        ("exponential", Distribution::exponential(Span::from_secs(240)), 23_996_693_913_664),
        ("lognormal", Distribution::lognormal(Span::from_secs(300), 1.3), 29_937_336_640_909),
        ("gamma", Distribution::gamma(Span::from_secs(100), 0.2), 9_995_942_993_549),
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
