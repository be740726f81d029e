use anyhow::Result;

use super::{Inputs, Options};
use crate::config::Stage;
use crate::experiment::{Entry, Plan, Seed, Spec};
use crate::results::{RunRow, run_row};
use crate::stats::looks::level;
use crate::stats::{FamilySpread, Warning, other_values, spreads};
use crate::store::Store;

/// Seeds of other plans that are looked up, at most.
const MOST_SEEDS: usize = 100;

/// What a plan could tell apart, as far as the spread of finished runs says.
pub struct Prospect {
    pub spreads: Vec<FamilySpread>,
    /// Seeds that judge.
    pub seeds: usize,
    /// The level at which they do.
    pub alpha: f64,
    /// What is not compared, since arms have other values of what is tuned.
    pub other_values: Option<Warning>,
}

impl Prospect {
    /// From the runs of these arms in the store, whichever seeds they have.
    ///
    /// # Errors
    /// A store that cannot be read.
    pub fn of(inputs: &Inputs, options: &Options) -> Result<Self> {
        let store = Store::new(&options.out);
        let analysis = &inputs.spec.analysis;
        let families = &analysis.families;
        let seeds = analysis.looks.last().copied().unwrap_or(inputs.spec.seeds.len());
        let alpha = level(&analysis.looks, seeds, analysis.alpha);
        let rows_of_plan = rows(&inputs.plan, &store);
        let other_values = other_values(&rows_of_plan, families);
        let of = |spreads| Prospect { spreads, seeds, alpha, other_values };
        let own = spreads(&rows_of_plan, families);
        let is_settled = inputs.initial.is_some() || inputs.spec.is_search();
        if own.iter().any(|spread| spread.sd.is_some()) || is_settled {
            return Ok(of(own));
        }
        let spec = with_known_seeds(&inputs.spec, &store)?;
        if spec.seeds.len() == inputs.spec.seeds.len() {
            return Ok(of(own));
        }
        // Seeds of other texts may be none of this spec's.
        let Ok(corpus) = spec.load_corpus() else { return Ok(of(own)) };
        let plan = Plan::new(&spec, &corpus, None);
        Ok(of(spreads(&rows(&plan, &store), families)))
    }

    pub fn is_known(&self) -> bool {
        self.spreads.iter().any(|spread| spread.sd.is_some())
    }
}

fn rows(plan: &Plan, store: &Store) -> Vec<RunRow> {
    let row = |entry: &Entry| {
        let run = &plan.runs[entry.run];
        run_row(entry, run, &store.so_far(run), None)
    };
    // What a search only tried says nothing of what it judges.
    let is_judged = |entry: &&Entry| entry.stage.is_none_or(|stage| stage == Stage::Confirm);
    plan.entries.iter().filter(is_judged).map(row).collect()
}

/// The spec under all seeds that the store has runs of.
fn with_known_seeds(spec: &Spec, store: &Store) -> Result<Spec> {
    let mut spec = spec.clone();
    for run in store.runs()? {
        let (label, text) = (run.data.seed, run.data.text_seed.unwrap_or(run.data.seed));
        let Some(model) = run.start.seed() else { continue };
        let seed = Seed { label, model, data: run.data.seed, text };
        let same = |one: &Seed| (one.model, one.data, one.text) == (model, seed.data, text);
        if spec.seeds.len() < MOST_SEEDS && !spec.seeds.iter().any(same) {
            spec.seeds.push(seed);
        }
    }
    Ok(spec)
}
