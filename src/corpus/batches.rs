//! Which tokens a training step and an evaluation read.

use super::Token;
use crate::config::Order;
use crate::random;

/// Windows of tokens and, for each token, the one that follows it: both `[rows, context]`, row
/// after row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenBlock {
    /// What the model reads.
    pub inputs: Vec<Token>,
    /// What it should predict.
    pub targets: Vec<Token>,
}

impl TokenBlock {
    /// Splits the rows evenly into `count` blocks.
    ///
    /// # Panics
    /// If they do not divide evenly.
    pub fn split(self, count: usize) -> Vec<TokenBlock> {
        let size = self.inputs.len() / count;
        assert_eq!(self.inputs.len(), count * size, "parts are of one size");
        let part = |(inputs, targets): (&[Token], &[Token])| TokenBlock {
            inputs: inputs.to_vec(),
            targets: targets.to_vec(),
        };
        self.inputs.chunks(size).zip(self.targets.chunks(size)).map(part).collect()
    }

    /// Cuts one row of `context` tokens at each start.
    ///
    /// # Panics
    /// If a window runs past the end of the tokens.
    pub fn cut(tokens: &[Token], starts: &[usize], context: usize) -> Self {
        let mut block = TokenBlock::default();
        for start in starts {
            block.inputs.extend_from_slice(&tokens[*start..start + context]);
            block.targets.extend_from_slice(&tokens[start + 1..=start + context]);
        }
        block
    }
}

/// The training batches of one run: a function of the step, with no state to save.
#[derive(Clone, Copy, Debug)]
pub struct Batches<'a> {
    /// The training split.
    pub tokens: &'a [Token],
    /// How windows are chosen.
    pub order: Order,
    /// Seed of the random order.
    pub seed: u64,
    /// Windows a step reads, in all its batches.
    pub windows: usize,
    /// Tokens a window holds.
    pub context: usize,
    /// Tokens from one place where a window may begin to the next.
    pub stride: usize,
}

impl Batches<'_> {
    /// What `step`, counted from 1, reads.
    pub fn at(&self, step: usize) -> TokenBlock {
        TokenBlock::cut(self.tokens, &self.starts(step), self.context)
    }

    fn starts(&self, step: usize) -> Vec<usize> {
        let free = self.tokens.len() - self.context;
        match self.order {
            Order::Random => {
                let keys = [self.seed.to_le_bytes(), (step as u64).to_le_bytes()];
                let mut rng = random::stream("training batch", &[&keys[0], &keys[1]]);
                let mut start = || random::below(&mut rng, free) / self.stride * self.stride;
                (0..self.windows).map(|_| start()).collect()
            }
            Order::Sequential => {
                let ahead = self.context.next_multiple_of(self.stride);
                let start = |row| ((step - 1) * self.windows + row) * ahead % (free - 1);
                (0..self.windows).map(|row| start(row) / self.stride * self.stride).collect()
            }
        }
    }
}

/// Starts of the windows that an evaluation reads: [spread](spread_windows) over the text, and no more than read all of
/// it, since more would read tokens again.
pub fn evaluation_windows(
    tokens: usize,
    context: usize,
    count: usize,
    stride: usize,
) -> Vec<usize> {
    let whole = match stride {
        1 => (tokens - 1).div_ceil(context),
        // Windows that begin at few places may overlap, and leave gaps.
        _ => usize::MAX,
    };
    spread_windows(tokens, context, count.min(whole), stride)
}

/// Starts of at most `count` windows, evenly spaced from the first to the last possible one, where a window may begin at
/// every `stride`th token.
pub fn spread_windows(tokens: usize, context: usize, count: usize, stride: usize) -> Vec<usize> {
    let last = (tokens - context - 1) / stride;
    let count = count.min(last + 1);
    match count {
        0 | 1 => vec![0],
        _ => (0..count).map(|window| window * last / (count - 1) * stride).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batches(order: Order, seed: u64, tokens: &[Token]) -> Batches<'_> {
        Batches { tokens, order, seed, windows: 3, context: 4, stride: 1 }
    }

    #[test]
    fn targets_are_the_inputs_shifted_by_one() {
        let tokens: Vec<Token> = (0..50).collect();
        for order in [Order::Random, Order::Sequential] {
            let block = batches(order, 0, &tokens).at(7);
            let shifted: Vec<Token> = block.inputs.iter().map(|token| token + 1).collect();
            assert_eq!(block.targets, shifted);
        }
    }

    #[test]
    fn the_batches_of_a_step_are_its_windows_in_order() {
        let tokens: Vec<Token> = (0..50).collect();
        let whole = batches(Order::Random, 3, &tokens).at(7);
        let parts = whole.clone().split(3);
        assert!(parts.iter().all(|part| part.inputs.len() == 4 && part.targets.len() == 4));
        let joined: Vec<Token> = parts.into_iter().flat_map(|part| part.inputs).collect();
        assert_eq!(joined, whole.inputs);
    }

    #[test]
    fn sequential_order_wraps_where_the_convention_says() {
        let tokens: Vec<Token> = (0..20).collect();
        // Starts are ((step − 1) · batch + row) · context mod (20 − 4 − 1).
        assert_eq!(batches(Order::Sequential, 9, &tokens).starts(1), [0, 4, 8]);
        assert_eq!(batches(Order::Sequential, 9, &tokens).starts(2), [12, 1, 5]);
    }

    #[test]
    fn random_batches_depend_on_seed_and_step_alone() {
        let tokens: Vec<Token> = (0..2000).collect();
        let of = |seed, step| batches(Order::Random, seed, &tokens).at(step);
        assert_eq!(of(1, 2), of(1, 2));
        assert_ne!(of(1, 2), of(2, 2));
        assert_ne!(of(1, 2), of(1, 3));
    }

    #[test]
    fn windows_are_distinct_and_reach_both_ends() {
        assert_eq!(spread_windows(20, 4, 4, 1), [0, 5, 10, 15]);
        assert_eq!(spread_windows(20, 4, 1, 1), [0]);
        assert_eq!(spread_windows(7, 4, 100, 1), [0, 1, 2]);
        assert_eq!(spread_windows(20, 3, 100, 4), [0, 4, 8, 12, 16]);
    }

    #[test]
    fn an_evaluation_reads_every_target_and_none_for_the_sake_of_a_count() {
        for (tokens, context) in [(5, 4), (6, 4), (9, 4), (10, 4), (1200, 32), (1217, 32)] {
            let starts = evaluation_windows(tokens, context, 100, 1);
            assert_eq!(starts.len(), (tokens - 1).div_ceil(context));
            let mut targets: Vec<usize> =
                starts.iter().flat_map(|start| start + 1..=start + context).collect();
            targets.sort_unstable();
            targets.dedup();
            assert!(targets.into_iter().eq(1..tokens), "{tokens} tokens in windows of {context}");
        }
        assert_eq!(evaluation_windows(2000, 4, 100, 1), spread_windows(2000, 4, 100, 1));
        assert_eq!(evaluation_windows(20, 3, 100, 4), [0, 4, 8, 12, 16]);
    }

    #[test]
    fn windows_begin_at_every_stride() {
        let tokens: Vec<Token> = (0..200).collect();
        for order in [Order::Random, Order::Sequential] {
            let strided = Batches { stride: 4, context: 3, ..batches(order, 1, &tokens) };
            let starts: Vec<usize> = (1..40).flat_map(|step| strided.starts(step)).collect();
            assert!(starts.iter().all(|start| start % 4 == 0 && start + 3 < 200), "{starts:?}");
        }
    }
}
