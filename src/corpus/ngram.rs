//! N-gram models by counting: interpolated Witten–Bell (Bell, Cleary & Witten 1990; Chen & Goodman 1999,
//! section 2.5) for all orders at once.
//!
//! With c(h, w) how often token w follows the context h in train, c(h) = Σ_w c(h, w), T(h) the number of
//! different tokens that follow h, and h⁻ the context h without its first token,
//!
//! ```text
//! P(w | h) = (c(h, w) + T(h) · P(w | h⁻)) / (c(h) + T(h)),   P(w | h) = P(w | h⁻) where c(h) = 0,
//! ```
//!
//! and below the empty context every token of the vocabulary has the same probability.

use std::collections::HashMap;

use super::Token;

/// Longest n-grams: this many tokens with the one that is predicted.
pub const ORDERS: usize = 8;

/// Counts of what follows the contexts that will be asked for, and no others: a few windows ask for few, so
/// that a long text costs time and no memory. Contexts are a tree, each below that without its first token.
pub struct NGrams {
    vocabulary: usize,
    contexts: Vec<Context>,
    /// By a context and the token before it.
    longer: HashMap<(usize, Token), usize>,
    /// c(h, w).
    counts: HashMap<(usize, Token), u64>,
}

/// What follows a context in train.
#[derive(Clone, Copy, Default)]
struct Context {
    /// c(h).
    total: u64,
    /// T(h).
    different: u64,
}

impl NGrams {
    /// Counts what follows, in `train`, the contexts of all targets in windows: a window is what a model
    /// reads and the target after it.
    pub fn count<'a>(
        train: &[Token],
        vocabulary: usize,
        windows: impl Iterator<Item = &'a [Token]>,
    ) -> Self {
        let (contexts, longer, counts) = (vec![Context::default()], HashMap::new(), HashMap::new());
        let mut model = NGrams { vocabulary, contexts, longer, counts };
        for window in windows {
            (1..window.len()).for_each(|target| model.ask_for(&window[..target]));
        }
        (0..train.len()).for_each(|place| model.add(&train[..place], train[place]));
        model
    }

    /// Makes room for the contexts that end a history.
    fn ask_for(&mut self, history: &[Token]) {
        let mut context = 0;
        for token in history.iter().rev().take(ORDERS - 1) {
            let next = self.contexts.len();
            context = *self.longer.entry((context, *token)).or_insert(next);
            if context == next {
                self.contexts.push(Context::default());
            }
        }
    }

    fn add(&mut self, history: &[Token], token: Token) {
        for context in self.known(history) {
            let count = self.counts.entry((context, token)).or_default();
            *count += 1;
            let first = *count == 1;
            let context = &mut self.contexts[context];
            context.total += 1;
            context.different += u64::from(first);
        }
    }

    /// The contexts that end a history and were asked for, from the empty one up.
    fn known(&self, history: &[Token]) -> Vec<usize> {
        let mut known = vec![0];
        for token in history.iter().rev().take(ORDERS - 1) {
            match self.longer.get(&(known[known.len() - 1], *token)) {
                Some(context) => known.push(*context),
                None => break,
            }
        }
        known
    }

    /// P(token | history) by the n-grams of every order, from 1 up. An order that reaches beyond the history
    /// sees all of it.
    pub fn probabilities(&self, history: &[Token], token: Token) -> [f64; ORDERS] {
        let mut probability = 1.0 / self.vocabulary as f64;
        let known = self.known(history);
        let mut known = known.into_iter();
        std::array::from_fn(|_| {
            if let Some(context) = known.next() {
                let Context { total, different } = self.contexts[context];
                let count = self.counts.get(&(context, token)).copied().unwrap_or(0) as f64;
                if total > 0 {
                    let different = different as f64;
                    probability = (count + different * probability) / (total as f64 + different);
                }
            }
            probability
        })
    }

    /// Mean loss in nats per token over the targets of windows, by every order from 1 up.
    pub fn losses<'a>(&self, windows: impl Iterator<Item = &'a [Token]>) -> [f64; ORDERS] {
        let (mut sums, mut targets) = ([0.0; ORDERS], 0);
        for window in windows {
            for target in 1..window.len() {
                let probabilities = self.probabilities(&window[..target], window[target]);
                sums.iter_mut().zip(probabilities).for_each(|(sum, p)| *sum -= p.ln());
                targets += 1;
            }
        }
        sums.map(|sum| sum / f64::from(targets.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of<'a>(train: &[Token], vocabulary: usize, windows: &'a [&'a [Token]]) -> NGrams {
        NGrams::count(train, vocabulary, windows.iter().copied())
    }

    /// Train is a b a b c with a vocabulary of 4. After the empty context 5 tokens, 3 different: a 2, b 2,
    /// c 1. After b: a and c, once each. After a: b twice. After a b: a and c.
    #[test]
    fn a_case_worked_by_hand() {
        let [a, b, c, d] = [0, 1, 2, 3];
        let model = of(&[a, b, a, b, c], 4, &[&[a, b, c], &[d, b, d]]);
        let close = |found: f64, expected: f64| {
            assert!((found - expected).abs() < 1e-15, "{found} {expected}");
        };
        let one = |count: f64| (count + 3.0 * 0.25) / 8.0;
        let after_ab = model.probabilities(&[a, b], c);
        close(after_ab[0], one(1.0));
        close(after_ab[1], (1.0 + 2.0 * one(1.0)) / 4.0);
        close(after_ab[2], (1.0 + 2.0 * after_ab[1]) / 4.0);
        assert_eq!(after_ab[3..], [after_ab[2]; 5], "there is no longer history");
        let after_a = model.probabilities(&[a], b);
        close(after_a[1], (2.0 + one(2.0)) / 3.0);
        let never = model.probabilities(&[d], a);
        assert_eq!(never, [one(2.0); ORDERS], "d never occurs in train");
        let unseen = model.probabilities(&[d, b], d);
        close(unseen[1], 2.0 * one(0.0) / 4.0);
        assert_eq!(unseen[2], unseen[1], "d b never occurs in train");
    }

    proptest! {
        #[test]
        fn probabilities_of_all_tokens_sum_to_one(
            train in prop::collection::vec(0_u16..5, 1..200),
            history in prop::collection::vec(0_u16..7, 0..12),
        ) {
            let window: Vec<Token> = [&history[..], &[0]].concat();
            let model = of(&train, 7, &[&window]);
            let mut sums = [0.0; ORDERS];
            for token in 0..7 {
                let probabilities = model.probabilities(&history, token);
                sums.iter_mut().zip(probabilities).for_each(|(sum, p)| *sum += p);
            }
            prop_assert!(sums.iter().all(|sum| (sum - 1.0).abs() < 1e-12), "{:?}", sums);
        }

        #[test]
        fn what_else_is_asked_for_changes_no_probability(
            train in prop::collection::vec(0_u16..4, 1..200),
            one in prop::collection::vec(0_u16..4, 2..12),
            other in prop::collection::vec(0_u16..4, 2..12),
        ) {
            let (alone, both) = (of(&train, 4, &[&one]), of(&train, 4, &[&other, &one]));
            let (last, history) = one.split_last().unwrap();
            prop_assert_eq!(alone.probabilities(history, *last), both.probabilities(history, *last));
        }
    }
}
