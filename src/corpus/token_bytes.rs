//! How much text tokens stand for, so that losses of different tokenizers can be compared: in bits per byte.

use super::levels::BytesPerToken;
use super::{Corpus, Token, Tokenizer, evaluation_windows};

/// Bytes of text, in UTF-8, that tokens stand for.
#[derive(Clone, Debug, PartialEq)]
pub enum TokenBytes {
    /// By token; nothing for one that stands between documents.
    Each(Vec<u32>),
    /// On average, where it depends on the text around a token.
    Mean(f64),
}

impl TokenBytes {
    /// Of texts that are so many tokens.
    pub fn of(tokenizer: &Tokenizer, texts: &[String], tokens: usize) -> Self {
        let whole = || texts.iter().map(String::len).sum::<usize>() as f64 / tokens.max(1) as f64;
        Self::known(tokenizer).unwrap_or_else(|| TokenBytes::Mean(whole()))
    }

    /// Of each token, where the tokenizer alone says it.
    pub fn known(tokenizer: &Tokenizer) -> Option<Self> {
        let each = match tokenizer {
            Tokenizer::Characters(alphabet) => {
                alphabet.iter().map(|c| c.len_utf8() as u32).collect()
            }
            Tokenizer::Bytes => vec![1; tokenizer.vocabulary()],
            Tokenizer::Learned(learned) => learned.bytes()?.to_vec(),
        };
        Some(TokenBytes::Each(each))
    }

    /// Mean over the targets of the evaluation windows that are cut of tokens.
    fn per_token(&self, tokens: &[Token], starts: &[usize], context: usize) -> f64 {
        let each = match self {
            TokenBytes::Mean(mean) => return *mean,
            TokenBytes::Each(each) => each,
        };
        let targets = starts.iter().flat_map(|start| &tokens[start + 1..=start + context]);
        let bytes: u64 = targets.map(|token| u64::from(each[usize::from(*token)])).sum();
        bytes as f64 / (starts.len() * context) as f64
    }
}

impl Corpus {
    /// On the evaluation windows of val and test; `None` where tokens say nothing of their text.
    pub fn bytes_per_token(&self, context: usize, count: usize) -> Option<BytesPerToken> {
        let starts =
            |tokens: &[Token]| evaluation_windows(tokens.len(), context, count, self.stride);
        let of = |tokens: &[Token]| {
            Some(self.bytes.as_ref()?.per_token(tokens, &starts(tokens), context))
        };
        let (val, test) = (of(&self.val)?, of(Some(&self.test).filter(|test| !test.is_empty())?)?);
        (val > 0.0 && test > 0.0).then_some(BytesPerToken { val, test })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::tests::in_memory;

    /// The windows of ten tokens with context 4 start at 0 and 5: their targets are all but the first and the sixth.
    #[test]
    fn bytes_are_counted_over_the_targets_of_the_windows() {
        let tokens = [9, 0, 1, 1, 0, 9, 0, 1, 1, 1];
        let each = TokenBytes::Each(vec![1, 3, 0, 0, 0, 0, 0, 0, 0, 99]);
        assert_eq!(
            each.per_token(&tokens, &evaluation_windows(tokens.len(), 4, 2, 1), 4),
            (3.0 * 1.0 + 5.0 * 3.0) / 8.0
        );
        assert_eq!(TokenBytes::Mean(2.5).per_token(&tokens, &[0], 4), 2.5);
    }

    #[test]
    fn tokens_without_a_text_have_no_bytes() {
        let corpus = in_memory(3, &[0, 1, 2], &[0, 1, 2]);
        assert_eq!(corpus.bytes_per_token(1, 1), None);
    }
}
