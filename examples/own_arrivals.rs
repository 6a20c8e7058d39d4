//! An arrival process of your own: a shuttle bus sets down passengers every 20 minutes, and some of them call within the next two.
//!
//! `cargo run --example own_arrivals`

use rand::RngExt;
use waitline::model::ArrivalProcess;
use waitline::random::{Purpose, SourceStreams, Streams};
use waitline::{SourceId, Span, Time};

/// Every `every`, `least..=most` people call, each at a random moment of the `within` that follow.
#[derive(Debug)]
struct ShuttleBus {
    every: Span,
    within: Span,
    least: u32,
    most: u32,
}

impl ArrivalProcess for ShuttleBus {
    fn arrivals(&self, streams: SourceStreams) -> Box<dyn Iterator<Item = Time> + '_> {
        let callers_of_bus = move |bus: u64| {
            // Each bus has its own luck: whatever changes about one bus, the next one brings the same people.
            let mut luck = streams.stream(Purpose::Own, bus);
            let stops = Time::from_us(bus as i64 * self.every.as_us());
            let callers = luck.random_range(self.least..=self.most);
            let mut calls: Vec<Time> =
                (0..callers).map(|_| stops.after(Span::from_us(luck.random_range(0..self.within.as_us())))).collect();
            // Instants must never decrease. Across buses they cannot, for `within` is less than `every`.
            calls.sort_unstable();
            calls
        };
        Box::new((1..).flat_map(callers_of_bus))
    }

    /// Optional: lets the program warn when nothing would arrive. Only whole buses are counted here.
    fn expected(&self, from: Time, to: Time) -> Option<f64> {
        let buses_by = |at: Time| at.as_us().max(0) / self.every.as_us();
        Some((buses_by(to) - buses_by(from)).max(0) as f64 * f64::from(self.least + self.most) / 2.0)
    }
}

fn main() {
    let shuttle = ShuttleBus { every: Span::from_secs(20 * 60), within: Span::from_secs(120), least: 0, most: 6 };
    let hour = Time::START + Span::from_secs(3600);
    println!("expected in the first hour: about {:.0}", shuttle.expected(Time::START, hour).unwrap_or(0.0));
    println!("the first ten calls, in seconds:");
    let streams = Streams::new(1, 0).source(SourceId(0));
    for (number, at) in shuttle.arrivals(streams).take(10).enumerate() {
        println!("{:>3}  {at}", number + 1);
    }
}
