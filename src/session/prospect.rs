use anyhow::Result;

use super::{Inputs, Options};
use crate::experiment::{Entry, Plan, Seed, Spec};
use crate::results::{RunRow, run_row};
use crate::stats::{FamilySpread, spreads};
use crate::store::Store;

/// Seeds of other plans that are looked up, at most.
const MOST_SEEDS: usize = 100;

/// What a plan could tell apart, as far as the spread of finished runs says.
pub struct Prospect {
    pub spreads: Vec<FamilySpread>,
}

impl Prospect {
    /// From the runs of these arms in the store, whichever seeds they have.
    ///
    /// # Errors
    /// A store that cannot be read.
    pub fn of(inputs: &Inputs, options: &Options) -> Result<Self> {
        let store = Store::new(&options.out);
        let families = &inputs.spec.analysis.families;
        let own = spreads(&rows(&inputs.plan, &store), families);
        if own.iter().any(|spread| spread.sd.is_some()) || inputs.initial.is_some() {
            return Ok(Prospect { spreads: own });
        }
        let spec = with_known_seeds(&inputs.spec, &store)?;
        // Seeds of other texts may be none of this spec's.
        let Ok(corpus) = spec.load_corpus() else { return Ok(Prospect { spreads: own }) };
        let plan = Plan::new(&spec, &corpus, None);
        Ok(Prospect { spreads: spreads(&rows(&plan, &store), families) })
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
    plan.entries.iter().map(row).collect()
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
