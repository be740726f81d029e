//! What a run costs: parameters, memory, arithmetic. Estimates for planning, not promises.

use crate::config::{
    Canaries, ModelShape, NormControl, OptimizerKind, ParameterShape, Recipe, RunConfig,
};

/// Bytes of a process that trains, before its first lane.
pub const WORKER_BYTES: u64 = 62 << 20;
/// Bytes of a sweep's own process, which holds rows and draws figures.
pub const SWEEP_BYTES: u64 = 100 << 20;
/// What allocators keep beside what is asked of them.
const SLACK: f64 = 1.06;

/// How the operations of a model are computed, which decides what is kept for the backward pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// Kernels of our own, which compute again what is cheap.
    Kernels,
    /// Burn's primitives, each of which keeps its results.
    Primitives,
}

/// float32 numbers kept for the backward pass; fitted to measured peaks from 2 layers of 64 channels to
/// GPT-2 124M.
struct Kept {
    /// Of a block, in channels per token.
    block_channels: f64,
    /// Attention matrices.
    attention_matrices: f64,
    /// Copies of the logits.
    logits: f64,
}

impl Arithmetic {
    fn kept(self) -> Kept {
        match self {
            Arithmetic::Kernels => {
                Kept { block_channels: 18.0, attention_matrices: 0.0, logits: 3.0 }
            }
            Arithmetic::Primitives => {
                Kept { block_channels: 50.0, attention_matrices: 4.0, logits: 6.0 }
            }
        }
    }

    /// Experts that are computed for a token: kernels know those that it takes.
    fn experts(self, model: &ModelShape) -> usize {
        let computed = match self {
            Arithmetic::Kernels => model.active_experts.or(model.experts),
            Arithmetic::Primitives => model.experts,
        };
        computed.unwrap_or(0)
    }
}

/// float32 operations per second of one core in matrix products, and seconds one core spends on one
/// intermediate number: fitted to `benches/training` with the flex backend on an AMD EPYC of the fourth
/// generation. Other machines were up to twice as slow.
const PRODUCTS_PER_SECOND: f64 = 85e9;
const SECONDS_PER_INTERMEDIATE: f64 = 2.5e-10;

/// Seconds of a core (an Intel Xeon's) for axes of SOAP, over the cube of their number: to turn them, to find the first.
const SECONDS_PER_CUBE_TURNED: f64 = 5.5e-10;
const SECONDS_PER_CUBE_FOUND: f64 = 1.2e-9;

/// Numbers kept per lane for one backward pass, where a token goes through so many experts. The largest runs that a
/// spec can name have more than an integer holds.
fn intermediates(run: &RunConfig, kept: &Kept, experts: usize) -> f64 {
    let model = &run.model;
    let [layers, heads, channels, hidden, context] =
        [model.layers, model.heads, model.channels, model.hidden_channels(), model.context]
            .map(|size| size as f64);
    let experts = experts as f64 * (3.0 * hidden + 2.0 * channels);
    let attention = kept.attention_matrices * heads * context;
    let block = kept.block_channels * channels + attention + experts;
    let rows = run.recipe.batch as f64 * context;
    rows * (layers * block + kept.logits * run.data.vocabulary as f64)
}

/// Parameters that a token meets: all but those of the experts that it does not take.
fn met_parameters(run: &RunConfig) -> usize {
    let model = &run.model;
    let [all, met] = [Arithmetic::Primitives, Arithmetic::Kernels].map(|one| one.experts(model));
    let expert = 3 * model.hidden_channels() * model.channels;
    model.parameter_count(run.data.vocabulary) - model.layers * (all - met) * expert
}

/// Lanes that a run takes: one, and another for the twin whose η/‖w‖ it has.
fn lanes_of(run: &RunConfig) -> usize {
    if run.decay.form.norm_control() == NormControl::Matched { 2 } else { 1 }
}

/// Bytes that one lane needs at its peak: while it trains (weights, gradients, optimizer state, what is kept for the
/// backward pass, and weights of its lowest val loss that test has still to measure), or while it is read back for a
/// checkpoint (weights and state twice).
pub fn lane_bytes(run: &RunConfig, arithmetic: Arithmetic) -> u64 {
    let parameters = run.model.parameters(run.data.vocabulary);
    let weights: f64 = parameters.iter().map(|one| one.elements() as f64).sum();
    let state = parameters.iter().flat_map(|one| run.state_of(one));
    let state: f64 = state.map(|(_, count)| count as f64).sum();
    let kept = intermediates(run, &arithmetic.kept(), arithmetic.experts(&run.model));
    let waiting = if tests_late(run) { weights } else { 0.0 };
    let training = 2.0 * weights + waiting + state + kept;
    let numbers = lanes_of(run) as f64 * training.max(2.0 * (weights + state));
    (4.0 * SLACK * numbers) as u64
}

/// Seconds that one core of a CPU needs for a run, evaluations included.
pub fn core_seconds(run: &RunConfig) -> f64 {
    let recipe = &run.recipe;
    let tokens = recipe.batch as f64 * run.model.context as f64;
    let flops = 6.0 * met_parameters(run) as f64 * tokens;
    let experts = Arithmetic::Kernels.experts(&run.model);
    let intermediates = intermediates(run, &Arithmetic::Primitives.kept(), experts);
    let batch = flops / PRODUCTS_PER_SECOND + intermediates * SECONDS_PER_INTERMEDIATE;
    // A forward pass is about a third of all.
    let evaluation = evaluated_windows(run) / recipe.batch as f64 * batch / 3.0;
    let update = update_flops(run) / PRODUCTS_PER_SECOND;
    let seconds = recipe.steps as f64 * (recipe.accumulate as f64 * batch + update) + evaluation;
    lanes_of(run) as f64 * (seconds + axes_seconds(run))
}

/// Seconds that the axes of SOAP take over a run: they are computed on the host, in 64 bits, one matrix at a time.
fn axes_seconds(run: &RunConfig) -> f64 {
    let Recipe { optimizer, steps, precondition_every, .. } = run.recipe;
    let cubes = |parameter: &ParameterShape| {
        let [count, inputs, outputs] = parameter.matrices().map(|size| size as f64);
        let is_turned = optimizer.of(parameter.role) == OptimizerKind::Soap;
        if is_turned { count * (inputs.powi(3) + outputs.powi(3)) } else { 0.0 }
    };
    let cubes: f64 = run.model.parameters(run.data.vocabulary).iter().map(cubes).sum();
    let turns = (steps.saturating_sub(1) / precondition_every) as f64;
    cubes * (turns * SECONDS_PER_CUBE_TURNED + SECONDS_PER_CUBE_FOUND)
}

/// Windows that all evaluations of a run read.
fn evaluated_windows(run: &RunConfig) -> f64 {
    let (recipe, split) = (&run.recipe, run.data.split);
    let evaluations = 1.0 + recipe.steps.div_ceil(recipe.eval_every) as f64;
    let whole = |tokens: usize| tokens.saturating_sub(1).div_ceil(run.model.context);
    let windows = |tokens: usize| whole(tokens).min(recipe.eval_windows) as f64;
    let of_test = if tests_late(run) { 2.0 } else { evaluations };
    let each = windows(run.train_tokens()) + windows(split.val) + memory_windows(run);
    evaluations * each + of_test * windows(split.test)
}

/// Whether test is measured of the best weights and of the last, and not at every evaluation, beside what is known by
/// heart.
fn tests_late(run: &RunConfig) -> bool {
    run.data.split.test > 0 && memory_windows(run) == 0.0
}

/// Windows of an evaluation in which a run is asked what it knows by heart.
fn memory_windows(run: &RunConfig) -> f64 {
    let prompts = run.recipe.verbatim().map_or(0, |terms| 2 * terms.prompts);
    let planted = run.data.canaries.as_ref().map_or(0, |terms| terms.count + Canaries::CANDIDATES);
    (prompts + planted) as f64
}

/// Operations of the matrix products in which an optimizer updates a lane; 0 for those that need none.
fn update_flops(run: &RunConfig) -> f64 {
    let of = |parameter: &ParameterShape| {
        let [count, inputs, outputs] = parameter.matrices().map(|size| size as f64);
        let (short, long) = (inputs.min(outputs), inputs.max(outputs));
        let flops = match run.recipe.optimizer.of(parameter.role) {
            // Five iterations: a Gram matrix, its square, and a product with the matrix.
            OptimizerKind::Muon => 5.0 * (4.0 * short * short * long + 2.0 * short.powi(3)),
            // Both products of gradients, and ways to the axes and back on both sides.
            OptimizerKind::Soap => 8.0 * (short * short * long + short * long * long),
            _ => 0.0,
        };
        count * flops
    };
    run.model.parameters(run.data.vocabulary).iter().map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Family;
    use crate::config::tests::example;

    const MIB: f64 = 1024.0 * 1024.0;

    /// Peaks of a worker process with kernels, in MiB, as measured: layers, heads, channels, context,
    /// batch, vocabulary.
    #[test]
    fn memory_is_estimated_within_a_quarter_of_measured_peaks() {
        let measured = [
            ([2, 4, 64, 64, 8, 51], 66.0),
            ([2, 4, 64, 64, 64, 51], 109.0),
            ([2, 4, 64, 256, 8, 51], 92.0),
            ([4, 4, 128, 64, 12, 51], 118.0),
            ([4, 4, 128, 64, 48, 51], 198.0),
            ([6, 6, 384, 256, 2, 51], 336.0),
            ([6, 6, 384, 256, 8, 51], 556.0),
            ([12, 12, 768, 256, 1, 50_257], 3121.0),
        ];
        for ([layers, heads, channels, context, batch, vocabulary], peak) in measured {
            let mut run = example();
            run.model = ModelShape::gpt2(layers, heads, channels, context);
            (run.recipe.batch, run.data.vocabulary) = (batch, vocabulary);
            let bytes = WORKER_BYTES + lane_bytes(&run, Arithmetic::Kernels);
            let share = bytes as f64 / MIB / peak;
            assert!((0.8..1.25).contains(&share), "{channels} channels, batch {batch}: {share:.2}");
        }
    }

    #[test]
    fn the_largest_runs_cost_more_than_smaller_ones() {
        let cost = |batch: usize| {
            let mut run = example();
            run.model = ModelShape::gpt2(1000, 2, 100_000, 1_000_000);
            run.recipe.batch = batch;
            (lane_bytes(&run, Arithmetic::Kernels), core_seconds(&run))
        };
        let [(bytes, seconds), (more_bytes, more_seconds)] = [1, 1_000_000].map(cost);
        assert!(bytes < more_bytes && more_bytes == u64::MAX, "{bytes} and {more_bytes}");
        assert!(more_seconds > 1e5 * seconds, "{seconds} and {more_seconds}");
    }

    /// Time of a core beside that of Adam, as measured on an Intel Xeon with the axes of SOAP turned every tenth step.
    #[test]
    fn optimizers_take_about_as_much_longer_than_adam_as_was_measured() {
        for (layers, channels, batch, muon, soap) in
            [(2, 64, 8, 1.22, 2.5), (4, 128, 12, 1.43, 3.4)]
        {
            let mut run = example();
            run.model = ModelShape::gpt2(layers, 4, channels, 64);
            (run.recipe.batch, run.recipe.steps, run.data.vocabulary) = (batch, 200, 51);
            let adam = core_seconds(&run);
            for (kind, share) in [(OptimizerKind::Muon, muon), (OptimizerKind::Soap, soap)] {
                run.recipe.optimizer = kind;
                let found = core_seconds(&run) / adam / share;
                assert!((0.75..1.33).contains(&found), "{kind:?}, {channels} channels: {found}");
            }
        }
    }

    #[test]
    fn experts_count_with_what_they_compute() {
        let mut run = example();
        run.model = ModelShape { family: Family::Mixtral, ..ModelShape::gpt2(4, 4, 128, 64) };
        (Family::Mixtral.facts().imply)(&mut run.model);
        (run.recipe.batch, run.data.vocabulary) = (12, 51);
        let bytes = (WORKER_BYTES + lane_bytes(&run, Arithmetic::Kernels)) as f64 / MIB;
        assert!((bytes / 245.0 - 1.0).abs() < 0.25, "{bytes:.0} MiB against 245 measured");
    }
}
