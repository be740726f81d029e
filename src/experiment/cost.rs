//! What a run costs: parameters, memory, arithmetic. Estimates for planning, not promises.

use crate::config::RunConfig;

/// float32 numbers kept per parameter: weight, gradient, two moments and two temporaries.
const COPIES_OF_PARAMETERS: usize = 6;
/// Intermediate results of a block that are kept for the backward pass, in channels per token.
const BLOCK_CHANNELS: usize = 50;
/// Attention matrices kept for the backward pass.
const ATTENTION_MATRICES: usize = 4;
/// Copies of the logits kept for the backward pass.
const LOGITS: usize = 6;

/// float32 operations per second of one core in matrix products, and seconds one core spends on one
/// intermediate number: fitted to `benches/training` with the flex backend on an AMD EPYC of the fourth
/// generation. Other machines were up to twice as slow.
const PRODUCTS_PER_SECOND: f64 = 85e9;
const SECONDS_PER_INTERMEDIATE: f64 = 2.5e-10;

/// Numbers kept per lane for one backward pass.
fn intermediates(run: &RunConfig) -> usize {
    let (model, rows) = (&run.model, run.recipe.batch * run.model.context);
    let experts = model.experts.unwrap_or(0) * (3 * model.hidden_channels() + 2 * model.channels);
    let attention = ATTENTION_MATRICES * model.heads * model.context;
    let block = BLOCK_CHANNELS * model.channels + attention + experts;
    rows * (model.layers * block + LOGITS * run.data.vocabulary)
}

/// Bytes that one lane needs while it trains.
pub fn lane_bytes(run: &RunConfig) -> u64 {
    let parameters = run.model.parameter_count(run.data.vocabulary);
    4 * (COPIES_OF_PARAMETERS * parameters + intermediates(run)) as u64
}

/// Seconds that one core of a CPU needs for a run, evaluations included.
pub fn core_seconds(run: &RunConfig) -> f64 {
    let recipe = &run.recipe;
    let tokens = (recipe.batch * run.model.context) as f64;
    let flops = 6.0 * run.model.parameter_count(run.data.vocabulary) as f64 * tokens;
    let step = flops / PRODUCTS_PER_SECOND + intermediates(run) as f64 * SECONDS_PER_INTERMEDIATE;
    let evaluations = 1 + recipe.steps.div_ceil(recipe.eval_every);
    // A forward pass is about a third of a step.
    let evaluation = 2.0 * recipe.eval_windows as f64 / recipe.batch as f64 * step / 3.0;
    recipe.steps as f64 * step + evaluations as f64 * evaluation
}
