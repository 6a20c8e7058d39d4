//! Sources and their arrival processes.

use super::intervals::VOLUMES;
use super::{Compiler, Names};
use crate::id::{CriteriaId, FlowId, Id, QueueId, SourceId, Table};
use crate::model::{
    ArrivalProcess, BatchSize, Batches, Busy, MarkovModulated, Poisson, RateChanging, RatePoint, RateState, Renewal, Run, Scheduled,
    Source, Volume,
};
use crate::observe::Contact;
use crate::scenario::{ArrivalsTable, BatchSizeTable, BusynessTable, SourceTable};
use crate::time::Time;

impl Compiler<'_> {
    pub(super) fn sources(
        &mut self,
        run: &Run,
        queues: &Names<QueueId>,
        flows: &Names<FlowId>,
        names: &Names<SourceId>,
        criteria: &Names<CriteriaId>,
    ) -> Table<SourceId, Source> {
        let tables = &self.scenario.document().source;
        if tables.is_empty() {
            self.problem("source", "no contacts come in: add a [[source]]");
        }
        tables.iter().enumerate().filter_map(|(index, table)| self.source(index, table, run, (queues, flows, criteria), names)).collect()
    }

    fn source(
        &mut self,
        index: usize,
        table: &SourceTable,
        run: &Run,
        (queues, flows, criteria): (&Names<QueueId>, &Names<FlowId>, &Names<CriteriaId>),
        sources: &Names<SourceId>,
    ) -> Option<Source> {
        let path = format!("source[{index}]");
        let flow = table.flow.as_ref().and_then(|flow| self.find(&format!("{path}.flow"), "flow", flow, flows));
        if table.flow.is_some() && table.queue.is_some() {
            self.problem(&path, "contacts enter either a `queue` or a `flow`, not both");
        }
        let queue = table.queue.as_ref().and_then(|queue| self.find(&format!("{path}.queue"), "queue", queue, queues));
        if table.priority.is_some_and(|priority| priority < 1) {
            self.problem(&format!("{path}.priority"), "a contact priority is 1 (highest) or more");
        }
        let priority = table.priority.unwrap_or(Contact::DEFAULT_PRIORITY);
        let age_us = table.age.unwrap_or_default().us;
        let wanted = table.routing_criteria.as_ref();
        let criteria = wanted.and_then(|name| self.find(&format!("{path}.routing_criteria"), "routing criteria", name, criteria));
        let (name, channel, outbound) = (table.name.clone(), super::desks::channel(table.channel), table.outbound);
        let source = |queue, arrivals, given| Source { name, queue, flow, channel, outbound, criteria, priority, age_us, arrivals, given };
        match (&table.arrivals, &table.contacts) {
            (Some(arrivals), None) => {
                if table.queue.is_none() && table.flow.is_none() {
                    self.problem(&path, "the key `queue` is missing: say which queue the contacts enter, or which `flow`");
                }
                let queue = queue.or(flow.map(|_| QueueId(0)));
                let arrivals = self.arrivals(&format!("{path}.arrivals"), arrivals, table, run, sources);
                Some(source(queue?, arrivals?, Vec::new()))
            }
            (None, Some(file)) => {
                let (instants, given) = self.contacts(&format!("{path}.contacts"), file, run, queues, (priority, age_us))?;
                let arrivals = self.take(&format!("{path}.contacts"), Scheduled::new(instants))?;
                // An empty file sends nobody, wherever that would be.
                let queue = queue.or(given.first().map(|given| given.queue)).unwrap_or(QueueId::from_index(0));
                Some(source(queue, Box::new(arrivals), given))
            }
            (None, None) => {
                self.problem(&path, "nothing comes from this source: give `arrivals` or `contacts`");
                None
            }
            (Some(_), Some(_)) => {
                self.problem(&path, "a source has either `arrivals` or `contacts`, not both");
                None
            }
        }
    }

    fn arrivals(
        &mut self,
        path: &str,
        table: &ArrivalsTable,
        source: &SourceTable,
        run: &Run,
        sources: &Names<SourceId>,
    ) -> Option<Box<dyn ArrivalProcess>> {
        match table {
            ArrivalsTable::Poisson { rate: Some(rate), rates: None, points: None, starts_at: _, busyness: None } => {
                let made = self.take(&format!("{path}.rate"), Poisson::new(rate.per_s()));
                made.map(|made| Box::new(made) as _)
            }
            ArrivalsTable::Poisson { rate, rates, points, starts_at, busyness } => {
                let changing = match (rate, rates, points) {
                    (Some(rate), None, None) => {
                        let offered = rate.per_s() * run.horizon.as_secs_f64();
                        let whole = Volume { start: Time::START, length: run.horizon.since(Time::START), offered };
                        self.take(&format!("{path}.rate"), RateChanging::by_interval(vec![whole]))
                    }
                    (None, Some(file), None) => self.volumes(path, file, starts_at.as_ref(), source, sources),
                    (None, None, Some(points)) => {
                        let points: Vec<RatePoint> =
                            points.iter().map(|point| RatePoint { at: Time::START + point.at, per_s: point.rate.per_s() }).collect();
                        self.take(&format!("{path}.points"), RateChanging::linear(&points))
                    }
                    _ => {
                        self.problem(path, "a Poisson process takes one of `rate`, `rates` (a CSV) or `points`");
                        None
                    }
                };
                self.with_busyness(path, changing?, busyness.as_ref(), source, sources)
            }
            ArrivalsTable::Renewal { interarrival } => {
                let gap = self.distribution(&format!("{path}.interarrival"), interarrival);
                let made = self.take(&format!("{path}.interarrival"), Renewal::new(gap));
                made.map(|made| Box::new(made) as _)
            }
            ArrivalsTable::Scheduled { times } => {
                let instants = times.iter().map(|&at| Time::START + at).collect();
                let made = self.take(&format!("{path}.times"), Scheduled::new(instants));
                made.map(|made| Box::new(made) as _)
            }
            ArrivalsTable::Batches { rate, interarrival, size } => {
                let instants: Option<Box<dyn ArrivalProcess>> = match (rate, interarrival) {
                    (Some(rate), None) => self.take(&format!("{path}.rate"), Poisson::new(rate.per_s())).map(|made| Box::new(made) as _),
                    (None, Some(gap)) => {
                        let gap = self.distribution(&format!("{path}.interarrival"), gap);
                        self.take(&format!("{path}.interarrival"), Renewal::new(gap)).map(|made| Box::new(made) as _)
                    }
                    _ => {
                        self.problem(path, "batches take either `rate` or `interarrival`");
                        None
                    }
                };
                let size = self.batch_size(&format!("{path}.size"), size);
                Some(Box::new(Batches::new(instants?, size?)))
            }
            ArrivalsTable::MarkovModulated { rates, sojourns, transitions } => {
                if rates.len() != sojourns.len() {
                    self.problem(path, format!("{} rates but {} sojourns: each state has one of both", rates.len(), sojourns.len()));
                    return None;
                }
                let states = rates.iter().zip(sojourns).map(|(rate, &mean_stay)| RateState { per_s: rate.per_s(), mean_stay }).collect();
                let made = match transitions {
                    None => MarkovModulated::cyclic(states),
                    Some(rows) => MarkovModulated::new(states, rows),
                };
                self.take(path, made).map(|made| Box::new(made) as _)
            }
        }
    }

    fn batch_size(&mut self, path: &str, table: &BatchSizeTable) -> Option<BatchSize> {
        let made = match table {
            BatchSizeTable::Constant { value } => BatchSize::constant(*value),
            BatchSizeTable::Uniform { min, max } => BatchSize::uniform(*min, *max),
            BatchSizeTable::Geometric { mean } => BatchSize::geometric(*mean),
            BatchSizeTable::Weighted { sizes, weights } if sizes.len() == weights.len() => {
                BatchSize::weighted(&sizes.iter().copied().zip(weights.iter().copied()).collect::<Vec<_>>())
            }
            BatchSizeTable::Weighted { sizes, weights } => Err(format!("{} sizes but {} weights", sizes.len(), weights.len())),
        };
        self.take(path, made)
    }

    fn with_busyness(
        &mut self,
        path: &str,
        rates: RateChanging,
        table: Option<&BusynessTable>,
        source: &SourceTable,
        sources: &Names<SourceId>,
    ) -> Option<Box<dyn ArrivalProcess>> {
        let Some(table) = table else { return Some(Box::new(rates)) };
        let path = format!("{path}.busyness");
        let busy = self.take(&path, Busy::new(rates, table.cv, table.day.unwrap_or(Busy::DAY)));
        let shared = match &table.shared_with {
            None => sources.get(&source.name).copied(),
            Some(other) => self.find(&format!("{path}.shared_with"), "source", other, sources),
        };
        Some(Box::new(busy?.sharing(shared?)))
    }

    /// The rows of a file of volumes that are this source's: under its own name, else under its queue's.
    fn volumes(
        &mut self,
        path: &str,
        file: &str,
        starts_at: Option<&String>,
        source: &SourceTable,
        sources: &Names<SourceId>,
    ) -> Option<RateChanging> {
        let key = format!("{path}.rates");
        let table = self.interval_table(&key, file, &VOLUMES, starts_at, &format!("{path}.starts_at"))?;
        let queue = source.queue.as_deref().unwrap_or("");
        let Some(rows) = table.get(&source.name).or(table.get(queue)) else {
            let known = table.keys().map(String::as_str);
            let problem =
                self.scenario.problem(&key, format!("{file} has no rows for the queue `{queue}` or the source `{}`", source.name));
            self.problems.push(problem.nearest(queue, known));
            return None;
        };
        let document = self.scenario.document();
        for name in table.keys() {
            if !sources.contains_key(name) && !document.queue.iter().any(|queue| queue.name == *name) {
                let note = format!("{file}: `{name}` is neither a queue nor a source; what it says is not used");
                if !self.notes.contains(&note) {
                    self.notes.push(note);
                }
            }
        }
        let volumes = rows.iter().map(|row| Volume { start: row.start, length: row.length, offered: row.value }).collect();
        self.take(&key, RateChanging::by_interval(volumes).map_err(|why| format!("{file}: {why}")))
    }
}
