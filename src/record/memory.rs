//! What a run knows by heart, as its curve tells it.

use std::str::FromStr;

/// What an evaluation measured of what is known by heart; what was not asked for is missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    /// Loss on the evaluation windows of test, in nats per token: so that runs can be compared where it is the same.
    /// Nothing is chosen by it.
    pub test_loss: Option<f64>,
    /// Share of the greedy continuations of train prompts that are the text for as many tokens as is asked for.
    pub verbatim_train: Option<f64>,
    /// The same of val prompts.
    pub verbatim_val: Option<f64>,
    /// Tokens of the longest beginning of any continuation of a train prompt that is the text; at most as many as fit
    /// into the context behind a prompt, and one.
    pub longest_verbatim: Option<usize>,
    /// The same of val prompts.
    pub longest_verbatim_val: Option<usize>,
    /// Mean exposure of the planted canaries, in bits (Carlini et al. 2019).
    pub exposure: Option<f64>,
    /// The same of those that were planted equally often, for every number of repeats.
    pub exposure_by_repeats: Vec<f64>,
    /// Mean Kullback–Leibler divergence of the model from the true distribution of the next token, on the evaluation
    /// windows of test, in nats per token.
    pub divergence: Option<f64>,
}

/// Numbers parted by spaces, as one cell of a table holds them.
pub fn joined<T: ToString>(numbers: &[T]) -> String {
    numbers.iter().map(T::to_string).collect::<Vec<_>>().join(" ")
}

/// What [`joined`] wrote.
///
/// # Errors
/// A word that is no number.
pub fn parted<T: FromStr>(cell: &str) -> Result<Vec<T>, T::Err> {
    cell.split_whitespace().map(str::parse).collect()
}
