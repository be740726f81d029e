use anyhow::Result;

use super::{Inputs, Options};
use crate::backend::Backend;
use crate::experiment::cost::core_seconds;
use crate::runner::layout::Layout;
use crate::runner::{Pending, Todo, cohorts};
use crate::store::Store;

/// What training a plan would take, as far as can be told without training.
pub struct Forecast {
    pub todo: Todo,
    pub layout: Layout,
    /// Number of cohorts that are left to train.
    pub cohorts: usize,
    /// Tokens that are left to train on in all runs together.
    pub tokens_left: u64,
    pub backend: Backend,
    /// Time that is left, if this CPU did it with its own kernels.
    pub seconds: f64,
}

impl Forecast {
    /// # Errors
    /// A plan without runs, or a device that is not there.
    pub fn of(inputs: &Inputs, options: &Options) -> Result<Self> {
        options.check_device()?;
        let runs = &inputs.plan.runs;
        let layout = options.layout(runs)?;
        let todo = Todo::of(runs, &Store::new(&options.out));
        let pending = todo.pending();
        let seconds = pending.iter().map(seconds_left).sum::<f64>() / layout.workers as f64;
        let tokens = |pending: &Pending| pending.run.tokens_of(pending.steps_left());
        let tokens_left = pending.iter().map(tokens).fold(0, u64::saturating_add);
        let cohorts = cohorts(pending, layout.lanes, layout.workers).len();
        let backend = options.backend;
        Ok(Forecast { todo, layout, cohorts, tokens_left, backend, seconds })
    }
}

fn seconds_left(pending: &Pending) -> f64 {
    let share = pending.steps_left() as f64 / pending.run.recipe.steps as f64;
    core_seconds(&pending.run) * share
}
