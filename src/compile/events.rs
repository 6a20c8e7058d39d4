//! What is the case at times.

use super::sheet::Sheet;
use super::{Compiler, Names};
use crate::id::{EventId, Table};
use crate::model::{DRAIN_MAX, Event, RandomTimes, Run, Timetable};
use crate::scenario::EventTable;
use crate::time::Time;

impl Compiler<'_> {
    pub(super) fn events(&mut self, run: &Run) -> (Names<EventId>, Table<EventId, Event>) {
        let tables = &self.scenario.document().event;
        let names = self.names("event", tables.iter().map(|event| event.name.as_str()));
        (names, tables.iter().enumerate().map(|(index, table)| self.event(&format!("event[{index}]"), table, run)).collect())
    }

    fn event(&mut self, path: &str, table: &EventTable, run: &Run) -> Event {
        let (mut periods, mut random) = (Vec::new(), None);
        match (&table.windows, &table.random, &table.file) {
            (Some(windows), None, None) => {
                for (place, window) in windows.iter().enumerate() {
                    if window.to <= window.from {
                        self.problem(&format!("{path}.windows[{place}].to"), format!("{} is not after {}", window.to, window.from));
                    }
                    periods.push((Time::START + window.from, Time::START + window.to));
                }
            }
            (None, Some(times), None) => {
                let every = self.distribution(&format!("{path}.random.every"), &times.every);
                let lasts = self.distribution(&format!("{path}.random.lasts"), &times.lasts);
                let times = (run.horizon + DRAIN_MAX).as_us() as f64 / (every.mean_us() + lasts.mean_us());
                if times > 0.9 * Event::TIMES_MAX as f64 {
                    let message = format!("it would happen more than {} times in a run and the {DRAIN_MAX} after it", Event::TIMES_MAX);
                    self.problem(&format!("{path}.random"), message);
                }
                random = Some(RandomTimes { every, lasts });
            }
            (None, None, Some(file)) => periods = self.periods(&format!("{path}.file"), file).unwrap_or_default(),
            _ => self.problem(path, "give one of `windows`, `random` and `file`"),
        }
        Event { name: table.name.clone(), windows: Timetable::from_periods(periods), random }
    }

    fn periods(&mut self, path: &str, file: &str) -> Option<Vec<(Time, Time)>> {
        let content = self.file(path, file)?;
        let sheet = Sheet::read(file, content, &mut self.problems)?;
        let [start, end] = sheet.columns(["start_s", "end_s"], [], &mut self.problems)?.0;
        let mut periods = Vec::new();
        for row in sheet.rows() {
            let (from, to) = (row.span(start, &mut self.problems), row.span(end, &mut self.problems));
            if let (Some(from), Some(to)) = (from, to) {
                if to <= from {
                    self.problems.push(row.problem(end, format!("{to} is not after {from}")));
                }
                periods.push((Time::START + from, Time::START + to));
            }
        }
        Some(periods)
    }
}
