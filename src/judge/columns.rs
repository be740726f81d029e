//! Which column of a table means what.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};

use super::table::{Table, means_one_of};
use super::words::words;

/// Columns that count steps.
pub const STEPS: [&str; 8] = [
    "step",
    "_step",
    "global_step",
    "trainer/global_step",
    "train/global_step",
    "iter",
    "iteration",
    "steps",
];
/// Columns that name runs.
pub const RUNS: [&str; 5] = ["run", "run_id", "Name", "ID", "id"];
/// Columns with seeds.
pub const SEEDS: [&str; 2] = ["seed", "random_seed"];
/// Columns with the number to compare, where none is named.
pub const VALUES: [&str; 11] = [
    "val_loss",
    "valid_loss",
    "validation_loss",
    "dev_loss",
    "eval_loss",
    "test_loss",
    "val_bpb",
    "eval_bpb",
    "test_bpb",
    "Value",
    "loss",
];
/// Words in the names of what is measured of a run, and is no setting of it.
const MEASURED: [&str; 8] =
    ["best", "final", "accuracy", "perplexity", "ppl", "elapsed", "seconds", "duration"];
/// Words that such names end with.
const ENDS: [&str; 3] = ["loss", "acc", "bpb"];

/// Whether a column is of what was measured, by its name.
pub fn is_measured(column: &str) -> bool {
    let words = words(column);
    words.iter().any(|word| MEASURED.contains(&word.as_str()))
        || words.last().is_some_and(|last| ENDS.contains(&last.as_str()))
}

/// Whether a column is of a loss of which no text is named: most trainers call that of training so.
pub fn is_bare_loss(column: &str) -> bool {
    means_one_of(column, &["loss"])
}

/// That what is taken where nothing is named, and may be of training, passes over no loss of another text.
///
/// # Errors
/// There is one that has to be named, or that cannot be read.
fn none_passed_over(table: &Table, found: &str) -> Result<()> {
    if !is_bare_loss(found) && !words(found).iter().any(|word| word == "train") {
        return Ok(());
    }
    let is_panel =
        |column: &&String| column.ends_with("/val_loss") || column.ends_with("/test_loss");
    let panels: BTreeSet<&String> = table.columns.iter().filter(is_panel).collect();
    ensure!(
        panels.is_empty(),
        "`{found}` may be the training loss, and there are {}",
        listed(panels)
    );
    ensure!(
        table.unread.is_empty(),
        "`{found}` may be the training loss, and lines with {} say no step that is certain, or \
         cannot be read",
        listed(&table.unread)
    );
    Ok(())
}

fn listed<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    names.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// Which columns mean what.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// What tells arms apart; empty to take it from the names of runs.
    pub arm: Vec<String>,
    pub seed: Option<String>,
    pub value: Option<String>,
    pub step: Option<String>,
    /// The step at which numbers are compared, instead of the last.
    pub at: Option<f64>,
}

impl Columns {
    /// The column with the number to compare.
    ///
    /// # Errors
    /// One that is not there, or not known.
    pub fn value<'a>(&self, table: &'a Table) -> Result<&'a str> {
        let found = match &self.value {
            Some(name) => table.column(name),
            None => match table.any_column(&VALUES)? {
                Some(usual) => Ok(usual),
                None => self.only_number(table),
            },
        };
        let is_taken = |found: &&str| match self.value {
            Some(_) => Ok(()),
            None => none_passed_over(table, found),
        };
        let found = found.and_then(|found| is_taken(&found).map(|()| found));
        found.context("name the number to compare: --value")
    }

    /// The column with the step, where there is one.
    ///
    /// # Errors
    /// One that is named and not there.
    pub fn step<'a>(&self, table: &'a Table) -> Result<Option<&'a str>> {
        match &self.step {
            Some(step) => table.column(step).map(Some),
            None => table.any_column(&STEPS),
        }
    }

    /// The column with the seed, where there is one.
    ///
    /// # Errors
    /// One that is named and not there.
    pub fn seed<'a>(&self, table: &'a Table) -> Result<Option<&'a str>> {
        match &self.seed {
            Some(seed) => table.column(seed).map(Some),
            None => table.any_column(&SEEDS),
        }
    }

    /// The only column that is not about the run itself.
    fn only_number<'a>(&self, table: &'a Table) -> Result<&'a str> {
        let usual = [&STEPS[..], &RUNS, &SEEDS, &["folder", "Wall time", "Step"]].concat();
        let named = self.arm.iter().chain(&self.seed).chain(&self.step);
        let named: Vec<&str> = named.filter_map(|name| table.column(name).ok()).collect();
        let is_other = |column: &&String| {
            !usual.contains(&column.as_str()) && !named.contains(&column.as_str())
        };
        match table.columns.iter().filter(is_other).collect::<Vec<_>>()[..] {
            [only] => Ok(only),
            _ => bail!("the columns are {}", table.list()),
        }
    }
}
