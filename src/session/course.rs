//! Where a search stands, as the runs in the store tell it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;

use anyhow::Result;

use super::Inputs;
use super::levels::LevelsOfTexts;
use crate::config::{RunConfig, RunId};
use crate::corpus::Corpus;
use crate::experiment::{Asked, Entry, Plan};
use crate::record::Status;
use crate::results::{RunRow, run_row};
use crate::search::{Course, Records};
use crate::stats::{Analysis, Levels, Quantity, Start};
use crate::store::{RunState, Store};

/// The smallest difference that matters where nothing tells how much there is to gain, in nats per token.
const LEAST_DIFFERENCE: f64 = 0.01;

impl Inputs {
    /// Goes on with a search as far as the finished runs in `out` allow, and plans what it asks for now. Does
    /// nothing for a spec whose arms are all given.
    ///
    /// # Errors
    /// Reference levels that cannot be written beside the runs; the message names the file.
    pub fn follow(&mut self, out: &Path) -> Result<()> {
        if !self.spec.is_search() {
            return Ok(());
        }
        let store = Store::new(out);
        let records = Stored {
            inputs: self,
            store: &store,
            out,
            losses: RefCell::default(),
            trouble: RefCell::default(),
        };
        let course = Course::of(&self.spec, &records);
        if let Some(error) = records.trouble.into_inner() {
            return Err(error);
        }
        self.plan = Plan::of(course.asked.clone(), &self.corpus, self.digest.as_deref());
        self.course = Some(course);
        Ok(())
    }
}

/// The runs of a spec in a store.
struct Stored<'a> {
    inputs: &'a Inputs,
    store: &'a Store,
    out: &'a Path,
    /// Of runs that have ended: a search asks for the same loss many times.
    losses: RefCell<HashMap<RunId, f64>>,
    trouble: RefCell<Option<anyhow::Error>>,
}

impl Stored<'_> {
    fn run(&self, asked: &Asked) -> RunConfig {
        asked.run(&self.inputs.corpus, self.inputs.digest.as_deref())
    }

    /// The rows of runs, with the levels of their texts.
    fn rows(&self, asked: &[Asked]) -> Result<Vec<RunRow>> {
        let corpus: &Corpus = &self.inputs.corpus;
        let plan = Plan::of(asked.to_vec(), corpus, self.inputs.digest.as_deref());
        let levels = LevelsOfTexts::load(&plan.runs, corpus, self.out)?;
        let row = |entry: &Entry| {
            let run = &plan.runs[entry.run];
            run_row(entry, run, &self.store.so_far(run), levels.of(run))
        };
        Ok(plan.entries.iter().map(row).collect())
    }

    /// The rows; none, and the error is kept, where their levels cannot be had.
    fn rows_if_any(&self, asked: &[Asked]) -> Vec<RunRow> {
        self.rows(asked).unwrap_or_else(|error| {
            self.trouble.replace(Some(error));
            Vec::new()
        })
    }
}

impl Records for Stored<'_> {
    fn loss(&self, asked: &Asked) -> Option<f64> {
        let run = self.run(asked);
        let id = run.id();
        if let Some(loss) = self.losses.borrow().get(&id) {
            return Some(*loss);
        }
        let RunState::Finished(record) = self.store.state(&run) else { return None };
        let last = record.curve.last().and_then(|row| row.val_loss);
        let loss = match record.end.status {
            Status::Done => last.unwrap_or(f64::INFINITY),
            _ => f64::INFINITY,
        };
        self.losses.borrow_mut().insert(id, loss);
        Some(loss)
    }

    fn epsilon(&self, none: &[Asked]) -> f64 {
        let rows = self.rows_if_any(none);
        let loss = Quantity::reported(&rows);
        let losses: Vec<f64> = rows.iter().filter_map(|row| loss.of(row)).collect();
        let mean = losses.iter().sum::<f64>() / losses.len().max(1) as f64;
        let known = Levels::of(&rows, loss).epsilon(Start::of(mean)).map(|epsilon| epsilon.value);
        known.filter(|_| !losses.is_empty()).unwrap_or(LEAST_DIFFERENCE)
    }

    fn undecided(&self, judged: &[Asked]) -> usize {
        Analysis::on(&self.rows_if_any(judged), &self.inputs.spec.analysis).undecided()
    }
}
