//! What is counted, the same in every tool: sums by the batch of time in which a contact arrived and by queue.

use serde::{Deserialize, Serialize};

/// Stretches of equal length into which a run is cut.
const BATCHES: usize = 13;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Row {
    answered: u64,
    abandoned: u64,
    waited: u64,
    answered_wait: f64,
    wait: f64,
}

/// The sums of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tally {
    horizon: f64,
    queues: usize,
    rows: Vec<Row>,
}

impl Tally {
    pub fn new(horizon: f64, queues: usize) -> Self {
        Tally { horizon, queues, rows: vec![Row::default(); BATCHES * queues] }
    }

    pub fn answered(&mut self, queue: usize, arrived: f64, wait: f64) {
        let row = self.row(queue, arrived);
        row.answered += 1;
        row.waited += u64::from(wait > 0.0);
        row.answered_wait += wait;
        row.wait += wait;
    }

    pub fn abandoned(&mut self, queue: usize, arrived: f64, wait: f64) {
        let row = self.row(queue, arrived);
        row.abandoned += 1;
        row.waited += 1;
        row.wait += wait;
    }

    fn row(&mut self, queue: usize, arrived: f64) -> &mut Row {
        let batch = ((arrived / self.horizon * BATCHES as f64) as usize).min(BATCHES - 1);
        &mut self.rows[batch * self.queues + queue]
    }

    /// One line for each batch and queue, as `../judge.py` reads them: batch, queue, and the sums of the row.
    pub fn print(&self) {
        for (index, row) in self.rows.iter().enumerate() {
            let (batch, queue) = (index / self.queues, index % self.queues);
            let Row { answered, abandoned, waited, answered_wait, wait } = row;
            println!("{batch},{queue},{answered},{abandoned},{waited},{answered_wait},{wait}");
        }
    }
}
