//! What a loss is measured against: how well the same windows are predicted without any model that is
//! trained by gradients.

use serde::{Deserialize, Serialize};

use super::ngram::NGrams;
use super::{Corpus, Text, Token, evaluation_windows};

/// Losses on the evaluation windows of test, in nats per token, of what knows a run's train text by counting
/// alone. Each target is predicted from what a model sees: the tokens before it in its window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Levels {
    /// ln V: a guess among all tokens.
    pub uniform: f64,
    /// How often each token occurs in train, with one added to every count.
    pub unigram: f64,
    /// The best n-gram model: interpolated Witten–Bell.
    pub ngram: f64,
    /// Its order, from 1 to 8: the one with the lowest loss on the evaluation windows of val.
    pub ngram_order: usize,
    /// Exact negative log-likelihood, where the source knows it: no model does better on average.
    pub floor: Option<f64>,
    /// Bytes of text that a token of the windows stands for, on average.
    #[serde(default)]
    pub bytes: Option<BytesPerToken>,
}

/// Bytes of text that a target of the evaluation windows stands for, on average.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BytesPerToken {
    pub val: f64,
    pub test: f64,
}

impl Levels {
    /// With what this source says of its text beside the tokens: another text may have the same.
    pub fn of_source(self, corpus: &Corpus, context: usize, count: usize) -> Self {
        let bytes = corpus.bytes_per_token(context, count);
        Levels { floor: corpus.test_floor(corpus.cut(context, count)), bytes, ..self }
    }
}

impl Corpus {
    /// The levels of a train text, for models of this context that are measured on so many windows; `None`
    /// without test tokens.
    pub fn levels(&self, text: &Text, context: usize, count: usize) -> Option<Levels> {
        // Counting tokens says nothing of sums, whose numbers are all as frequent.
        if self.test.is_empty() || self.stride > 1 {
            return None;
        }
        let shape = self.cut(context, count);
        let val = || windows(&self.val, shape);
        let test = || windows(&self.test, shape);
        let model = NGrams::count(&text.tokens, self.vocabulary, val().chain(test()));
        let of_val = model.losses(val());
        let best = (0..of_val.len()).min_by(|a, b| of_val[*a].total_cmp(&of_val[*b]))?;
        Some(Levels {
            uniform: (self.vocabulary as f64).ln(),
            unigram: self.unigram(text, &self.test, shape),
            ngram: model.losses(test())[best],
            ngram_order: best + 1,
            floor: self.test_floor(shape),
            bytes: self.bytes_per_token(context, count),
        })
    }

    /// The same of test as [`Corpus::val_floor`].
    fn test_floor(&self, shape: Shape) -> Option<f64> {
        self.nats.as_ref().map(|nats| mean(&nats.test, shape))
    }

    /// Mean exact negative log-likelihood, in nats per token, of the targets in the evaluation windows of
    /// val: no model does better on average. `None` where the source is not known exactly.
    pub fn val_floor(&self, context: usize, count: usize) -> Option<f64> {
        let nats = self.nats.as_ref()?;
        Some(mean(&nats.val, self.cut(context, count)))
    }

    /// Mean loss, in nats per token, on the targets in the evaluation windows of val, of a model that knows
    /// only how often each token occurs in train.
    /// `None` where counting says nothing.
    pub fn val_unigram(&self, text: &Text, context: usize, count: usize) -> Option<f64> {
        (self.stride == 1).then(|| self.unigram(text, &self.val, self.cut(context, count)))
    }

    fn cut(&self, context: usize, count: usize) -> Shape {
        Shape { context, count, stride: self.stride }
    }

    /// One is added to every count, so that no token is impossible.
    fn unigram(&self, text: &Text, held_out: &[Token], shape: Shape) -> f64 {
        let mut counts = vec![1_u64; self.vocabulary];
        text.tokens.iter().for_each(|token| counts[usize::from(*token)] += 1);
        let total = (text.tokens.len() + self.vocabulary) as f64;
        let nats: Vec<f64> = counts.iter().map(|count| (total / *count as f64).ln()).collect();
        let of_tokens: Vec<f64> = held_out.iter().map(|token| nats[usize::from(*token)]).collect();
        mean(&of_tokens, shape)
    }
}

/// How evaluation windows are cut.
#[derive(Clone, Copy, Debug)]
struct Shape {
    context: usize,
    count: usize,
    stride: usize,
}

impl Shape {
    fn starts(self, tokens: usize) -> Vec<usize> {
        evaluation_windows(tokens, self.context, self.count, self.stride)
    }
}

/// What a model reads in each evaluation window, and the target after it.
fn windows(tokens: &[Token], shape: Shape) -> impl Iterator<Item = &[Token]> {
    let starts = shape.starts(tokens.len()).into_iter();
    starts.map(move |start| &tokens[start..=start + shape.context])
}

/// Mean over the targets of the evaluation windows, given a number for every token.
fn mean(of_tokens: &[f64], shape: Shape) -> f64 {
    let (starts, context) = (shape.starts(of_tokens.len()), shape.context);
    let total: f64 = starts.iter().flat_map(|start| &of_tokens[start + 1..=start + context]).sum();
    total / (starts.len() * context) as f64
}
