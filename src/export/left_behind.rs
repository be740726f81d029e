//! What a recipe has that no code of its rule says.

use super::horizon::Moved;
use super::rule::Rule;
use super::target::Target;
use crate::config::{plain, to_digits};

/// What of the recipe stands in no code; `moved` is where the rule was carried to.
pub fn of(target: Target, was: &Rule, moved: Option<&Moved>) -> Vec<String> {
    let recipe = &was.recipe;
    let mut told = Vec::new();
    told.extend(batches(target, was, moved));
    let mut tell = |is_on: bool, text: String| told.extend(is_on.then_some(text));
    tell(
        recipe.dropout > 0.0,
        format!(
            "Dropout {}: of embeddings, attention and residual branches; set it in your model.",
            plain(recipe.dropout)
        ),
    );
    tell(
        recipe.stochastic_depth > 0.0,
        format!(
            "Stochastic depth {}: of the last residual branch, fewer before it; it belongs into your model.",
            plain(recipe.stochastic_depth)
        ),
    );
    tell(
        recipe.label_smoothing > 0.0,
        format!("Label smoothing: {}.", smoothed(target, recipe.label_smoothing)),
    );
    tell(recipe.ema > 0.0, averaged(was, moved));
    // nanoGPT keeps its parameters in float32 and casts them where it multiplies.
    tell(target != Target::NanoGpt && was.shrinks_weights(), of_types(target));
    told
}

/// What a step reads. The batches of the run say nothing of a step at another horizon, which is of so many tokens
/// however they are divided.
fn batches(target: Target, was: &Rule, moved: Option<&Moved>) -> Option<String> {
    let batches = was.recipe.accumulate;
    match moved {
        Some(moved) => (target == Target::NanoGpt).then(|| {
            format!(
                "The batch: batch_size × block_size × gradient_accumulation_steps must be {}, the tokens of a step, with \
                 gradient_accumulation_steps those of all processes together.",
                plain(moved.tokens_per_step)
            )
        }),
        None => (batches > 1).then(|| {
            let how = accumulated(target, batches);
            format!("Accumulation: a step averages the gradients of {batches} batches; {how}.")
        }),
    }
}

/// How a trainer averages the gradients of several batches.
fn accumulated(target: Target, batches: usize) -> String {
    match target {
        Target::PyTorch => "divide each loss by that".to_owned(),
        Target::Optax => format!("optax.MultiSteps(optimizer, {batches}) does it"),
        Target::Transformers => {
            format!(
                "gradient_accumulation_steps={batches} as an argument of training_arguments; Trainer divides"
            )
        }
        Target::NanoGpt => format!("gradient_accumulation_steps = {batches}; train.py divides"),
    }
}

/// How a trainer smooths labels.
fn smoothed(target: Target, share: f64) -> String {
    let share = plain(share);
    match target {
        Target::Transformers => {
            format!("label_smoothing_factor={share} as an argument of training_arguments")
        }
        Target::Optax => format!(
            "optax.softmax_cross_entropy(logits, optax.smooth_labels(jax.nn.one_hot(targets, logits.shape[-1]), {share})) \
             in your loss"
        ),
        Target::PyTorch | Target::NanoGpt => {
            format!("cross_entropy(…, label_smoothing={share}) in your loss")
        }
    }
}

/// In which types decay is lost.
fn of_types(target: Target) -> String {
    let loaded = match target {
        Target::Transformers => {
            ", the type in which transformers loads a model that was saved in it,"
        }
        _ => "",
    };
    let lost = match target {
        Target::Optax => {
            "lies below what a weight is rounded to, and is kept by chance or not at all"
        }
        _ => "is rounded back, and nothing decays",
    };
    format!(
        "Parameters in float32: in bfloat16{loaded} what decays by less than the share 2⁻⁹ = 0.002 in a step {lost}, but where an \
         engine keeps float32 copies of them."
    )
}

/// The average over steps. Its β is of the run's steps: in another number of them it spans another share of training.
fn averaged(was: &Rule, moved: Option<&Moved>) -> String {
    let (ema, steps) = (was.recipe.ema, was.recipe.steps);
    let told = format!(
        "Averaged weights: what was evaluated is an average over steps with β = {}, without the first weights; keep one \
         beside the model.",
        plain(ema)
    );
    match moved.filter(|moved| moved.steps != steps) {
        Some(moved) => format!(
            "{told} That β is of the {steps} steps of the run and is not carried: over the {} steps here β = {} averages \
             over the same share of training, which no run has tried.",
            moved.steps,
            plain(of_same_share(ema, steps as f64 / moved.steps as f64))
        ),
        None => told,
    }
}

/// β that has in one step the effect of the given one in `steps`, which may be a share of one.
fn of_same_share(ema: f64, steps: f64) -> f64 {
    1.0 - to_digits(1.0 - ema.powf(steps), 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_average_over_the_same_share_of_more_steps_forgets_less_in_each() {
        assert_eq!(of_same_share(0.9, 1.0), 0.9);
        assert_eq!(of_same_share(0.81, 0.5), 0.9);
        assert_eq!(of_same_share(0.9, 2.0), 0.81);
        assert_eq!(plain(of_same_share(0.9, 2e-6)), "0.999999789");
    }
}
