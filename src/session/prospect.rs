use super::{Inputs, Options};
use crate::experiment::{Plan, Spec};
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
    pub fn of(inputs: &Inputs, options: &Options) -> anyhow::Result<Self> {
        let store = Store::new(&options.out);
        let families = &inputs.spec.analysis.families;
        let own = spreads(&rows(&inputs.plan, &store), families);
        if own.iter().any(|spread| spread.sd.is_some()) || inputs.initial.is_some() {
            return Ok(Prospect { spreads: own });
        }
        let plan = Plan::new(&with_known_seeds(inputs, &store)?, &inputs.corpus, None);
        Ok(Prospect { spreads: spreads(&rows(&plan, &store), families) })
    }

    pub fn is_known(&self) -> bool {
        self.spreads.iter().any(|spread| spread.sd.is_some())
    }
}

fn rows(plan: &Plan, store: &Store) -> Vec<RunRow> {
    plan.entries.iter().map(|entry| run_row(entry, &store.so_far(&plan.runs[entry.run]))).collect()
}

/// The spec under all seeds that the store has runs of.
fn with_known_seeds(inputs: &Inputs, store: &Store) -> anyhow::Result<Spec> {
    let mut spec = inputs.spec.clone();
    for run in store.runs()? {
        if !spec.seeds.contains(&run.data.seed) && spec.seeds.len() < MOST_SEEDS {
            spec.seeds.push(run.data.seed);
        }
    }
    Ok(spec)
}
