//! From what a model says of the next token to a token.

use anyhow::{Result, ensure};

use crate::corpus::Token;

/// How a token is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    /// Scores are divided by it; 0 takes the token with the highest.
    pub temperature: f64,
    /// Only so many tokens with the highest scores (Fan et al. 2018).
    pub top_k: Option<usize>,
    /// Of these only the likeliest, as few as have this probability together (Holtzman et al. 2020).
    pub top_p: Option<f64>,
}

/// A token that was chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chosen {
    pub token: Token,
    /// −ln of the probability that the model gives it, at temperature 1 and among all tokens.
    pub nats: f64,
}

impl Choice {
    /// A token by the scores of all, and a number in [0, 1) that decides. Of equal scores the first token is higher.
    ///
    /// # Errors
    /// Scores that are no numbers.
    pub fn choose(&self, scores: &[f32], draw: f64) -> Result<Chosen> {
        let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        ensure!(
            most.is_finite() && !scores.iter().any(|score| score.is_nan()),
            "the model's scores are not finite: its weights are too large, or damaged"
        );
        let score = |token: usize| f64::from(scores[token]) - f64::from(most);
        let sum: f64 = (0..scores.len()).map(|token| score(token).exp()).sum();
        let token = match self.temperature > 0.0 {
            true => self.drawn(scores, score, draw),
            false => scores.iter().position(|score| *score == most).unwrap_or_default(),
        };
        Ok(Chosen { token: token as Token, nats: sum.ln() - score(token) })
    }

    fn drawn(&self, scores: &[f32], score: impl Fn(usize) -> f64, draw: f64) -> usize {
        let kept = self.kept(scores);
        let weight = |token: &usize| (score(*token) / self.temperature).exp();
        let total: f64 = kept.iter().map(weight).sum();
        let likely = self.likely(&kept, weight, total);
        let total: f64 = likely.iter().map(weight).sum();
        let mut left = draw * total;
        for token in likely {
            left -= weight(token);
            if left < 0.0 {
                return *token;
            }
        }
        // Rounding left a little over; the last that is possible at all.
        likely.iter().rfind(|token| weight(token) > 0.0).copied().unwrap_or(likely[0])
    }

    /// The tokens with the highest scores; ordered by them where it matters.
    fn kept(&self, scores: &[f32]) -> Vec<usize> {
        let mut tokens: Vec<usize> = (0..scores.len()).collect();
        let higher = |a: &usize, b: &usize| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b));
        if let Some(count) = self.top_k.filter(|count| *count < tokens.len()) {
            tokens.select_nth_unstable_by(count, higher);
            tokens.truncate(count);
        }
        if self.top_k.is_some() || self.top_p.is_some() {
            tokens.sort_unstable_by(higher);
        }
        tokens
    }

    fn likely<'a>(
        &self,
        ordered: &'a [usize],
        weight: impl Fn(&usize) -> f64,
        total: f64,
    ) -> &'a [usize] {
        let Some(share) = self.top_p else { return ordered };
        let mut sum = 0.0;
        let enough = ordered.iter().position(|token| {
            sum += weight(token);
            sum >= share * total
        });
        &ordered[..enough.map_or(ordered.len(), |last| last + 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Choice = Choice { temperature: 1.0, top_k: None, top_p: None };

    /// ln of 1, 4, 2, 3 tenths.
    fn scores() -> Vec<f32> {
        [0.1f32, 0.4, 0.2, 0.3].map(f32::ln).to_vec()
    }

    /// How often each token is chosen by draws that are spread evenly.
    fn shares(choice: Choice) -> [f64; 4] {
        let mut counts = [0.0; 4];
        for draw in 0..10_000 {
            let chosen = choice.choose(&scores(), f64::from(draw) / 10_000.0).unwrap();
            counts[usize::from(chosen.token)] += 1e-4;
        }
        counts
    }

    fn assert_shares(choice: Choice, expected: [f64; 4]) {
        for (found, expected) in shares(choice).into_iter().zip(expected) {
            assert!((found - expected).abs() < 1e-3, "{choice:?}: {found} {expected}");
        }
    }

    #[test]
    fn tokens_come_as_often_as_the_model_says() {
        assert_shares(PLAIN, [0.1, 0.4, 0.2, 0.3]);
        let squared = [0.01, 0.16, 0.04, 0.09].map(|share| share / 0.3);
        assert_shares(Choice { temperature: 0.5, ..PLAIN }, squared);
    }

    #[test]
    fn what_is_left_out_never_comes_and_the_rest_keeps_its_proportions() {
        assert_shares(Choice { top_k: Some(2), ..PLAIN }, [0.0, 4.0 / 7.0, 0.0, 3.0 / 7.0]);
        assert_shares(Choice { top_k: Some(9), ..PLAIN }, [0.1, 0.4, 0.2, 0.3]);
        assert_shares(
            Choice { top_p: Some(0.71), ..PLAIN },
            [0.0, 4.0 / 9.0, 2.0 / 9.0, 3.0 / 9.0],
        );
        assert_shares(Choice { top_p: Some(1e-9), ..PLAIN }, [0.0, 1.0, 0.0, 0.0]);
        assert_shares(Choice { top_p: Some(1.0), ..PLAIN }, [0.1, 0.4, 0.2, 0.3]);
    }

    #[test]
    fn without_temperature_the_first_of_the_highest_is_taken_and_nats_are_those_of_the_model() {
        let greedy = Choice { temperature: 0.0, top_k: Some(1), top_p: Some(0.5) };
        let chosen = greedy.choose(&[0.0, 1.0, 1.0], 0.99).unwrap();
        assert_eq!(chosen.token, 1);
        let exact = (1.0 + 2.0 * 1f64.exp()).ln() - 1.0;
        assert!((chosen.nats - exact).abs() < 1e-12);
        let other = Choice { temperature: 3.0, ..PLAIN }.choose(&[0.0, 1.0, 1.0], 0.99).unwrap();
        assert!(other.token == 2 && (other.nats - exact).abs() < 1e-12);
    }

    #[test]
    fn scores_that_are_no_numbers_are_an_error() {
        for scores in [[f32::NAN, 1.0], [f32::INFINITY, 1.0], [f32::NEG_INFINITY; 2]] {
            let error = PLAIN.choose(&scores, 0.5).unwrap_err().to_string();
            assert!(error.contains("not finite"), "{error}");
        }
    }
}
