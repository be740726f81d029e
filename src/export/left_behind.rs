//! What a recipe has that no code of its rule says.

use super::rule::Rule;
use super::target::Target;
use crate::config::plain;

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

/// What of the recipe stands in no code.
pub fn of(target: Target, was: &Rule) -> Vec<String> {
    let recipe = &was.recipe;
    let mut told = Vec::new();
    let mut tell = |is_on: bool, text: String| told.extend(is_on.then_some(text));
    tell(
        recipe.accumulate > 1,
        format!(
            "Accumulation: a step averages the gradients of {0} batches; {1}.",
            recipe.accumulate,
            accumulated(target, recipe.accumulate)
        ),
    );
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
        format!(
            "Label smoothing: {}.",
            match target {
                Target::Transformers => format!(
                    "label_smoothing_factor={} as an argument of training_arguments",
                    plain(recipe.label_smoothing)
                ),
                _ => format!(
                    "cross_entropy(…, label_smoothing={}) in your loss",
                    plain(recipe.label_smoothing)
                ),
            }
        ),
    );
    tell(
        recipe.ema > 0.0,
        format!(
            "Averaged weights: what was evaluated is an average over steps with β = {}, without the first weights; keep \
             one beside the model.",
            plain(recipe.ema)
        ),
    );
    told
}
