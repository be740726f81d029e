//! How much text tokens stand for, so that losses of different tokenizers can be compared: in bits per byte.

use super::levels::BytesPerToken;
use super::{Corpus, Token, Tokenizer, evaluation_windows};

/// Why no loss stands in bits per byte; what it is of comes before.
pub const LOST: &str = "do not give the text back that they were made of, so that no loss is told in bits per byte \
                        (val_bpb and test_bpb stay empty)";

/// Bytes of text, in UTF-8, that tokens stand for.
#[derive(Clone, Debug, PartialEq)]
pub enum TokenBytes {
    /// By token; nothing for one that stands between documents.
    Each(Vec<u32>),
    /// By place in val and in test, where it depends on the text around a token.
    Placed([Vec<u32>; 2]),
    /// On average in the files of val and of test, where no more is known of them.
    Mean([f64; 2]),
}

impl TokenBytes {
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

    /// Mean over the targets of the evaluation windows that are cut of tokens, those of val (0) or of test (1).
    fn per_token(&self, part: usize, tokens: &[Token], starts: &[usize], context: usize) -> f64 {
        let places = starts.iter().flat_map(|start| start + 1..=start + context);
        let bytes: u64 = match self {
            TokenBytes::Mean(means) => return means[part],
            TokenBytes::Placed(placed) => places.map(|place| u64::from(placed[part][place])).sum(),
            TokenBytes::Each(each) => {
                places.map(|place| u64::from(each[usize::from(tokens[place])])).sum()
            }
        };
        bytes as f64 / (starts.len() * context) as f64
    }
}

impl Corpus {
    /// On the evaluation windows of val and test; `None` where tokens say nothing of their text.
    pub fn bytes_per_token(&self, context: usize, count: usize) -> Option<BytesPerToken> {
        let bytes = self.bytes.as_ref().filter(|_| !self.test.is_empty())?;
        let [val, test] = [(0, &self.val), (1, &self.test)].map(|(part, tokens)| {
            let starts = evaluation_windows(tokens.len(), context, count, self.stride);
            bytes.per_token(part, tokens, &starts, context)
        });
        (val > 0.0 && test > 0.0).then_some(BytesPerToken { val, test })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::config::{Cut, Order, Texts};
    use crate::corpus::tests::in_memory;
    use crate::corpus::{Source, TokenizerChoice};

    /// The windows of ten tokens with context 4 start at 0 and 5: their targets are all but the first and the sixth.
    #[test]
    fn bytes_are_counted_over_the_targets_of_the_windows() {
        let tokens = [9, 0, 1, 1, 0, 9, 0, 1, 1, 1];
        let each = TokenBytes::Each(vec![1, 3, 0, 0, 0, 0, 0, 0, 0, 99]);
        let starts = evaluation_windows(tokens.len(), 4, 2, 1);
        assert_eq!(each.per_token(0, &tokens, &starts, 4), (3.0 * 1.0 + 5.0 * 3.0) / 8.0);
        let test = vec![99, 1, 3, 3, 1, 99, 1, 3, 3, 3];
        let placed = TokenBytes::Placed([vec![7; 10], test]);
        assert_eq!(placed.per_token(1, &tokens, &starts, 4), (3.0 * 1.0 + 5.0 * 3.0) / 8.0);
        assert_eq!(TokenBytes::Mean([2.5, 3.0]).per_token(1, &tokens, &[0], 4), 3.0);
    }

    #[test]
    fn tokens_without_a_text_have_no_bytes() {
        let corpus = in_memory(3, &[0, 1, 2], &[0, 1, 2]);
        assert_eq!(corpus.bytes_per_token(1, 1), None);
    }

    /// Read with a tokenizer.json of bytes that has `more` in it.
    fn read(text: &str, more: Value) -> Corpus {
        let mut json: Value = serde_json::from_str(&Tokenizer::bytes().to_json()).unwrap();
        json.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let folder = tempfile::tempdir().unwrap();
        let [tokenizer, source] =
            [("t.json", json.to_string()), ("a.txt", text.to_owned())].map(|(name, contents)| {
                let path = folder.path().join(name);
                std::fs::write(&path, contents).unwrap();
                path
            });
        let source = Source {
            tokenizer: Some(TokenizerChoice::File(tokenizer)),
            ..Source::parse(source.to_str().unwrap())
        };
        let fixed = Some(Texts::Fixed);
        let cut = Cut {
            train: 100,
            val: 50,
            test: None,
            order: Order::Random,
            texts: fixed,
            canaries: None,
        };
        Corpus::load(&source, &cut, &[]).unwrap()
    }

    #[test]
    fn tokens_that_do_not_give_their_text_back_have_no_bytes() {
        let text = "To be, or not  to be, that is the question:\n".repeat(60);
        let whole = read(&text, json!({}));
        assert_eq!(whole.bytes_per_token(8, 3).unwrap().val, 1.0);
        let words = json!({"To": 0, "be": 1, ",": 2, "[UNK]": 3});
        let added = json!({"id": 256, "content": "be", "single_word": false, "lstrip": true, "rstrip": true,
                           "normalized": false, "special": false});
        for more in [
            json!({"normalizer": {"type": "Lowercase"}}),
            json!({"added_tokens": [added]}),
            json!({"model": {"type": "WordLevel", "vocab": words, "unk_token": "[UNK]"},
                   "pre_tokenizer": {"type": "Whitespace"}, "decoder": null}),
        ] {
            let lossy = read(&text, more.clone());
            assert_eq!(lossy.bytes_per_token(8, 3), None, "{more}");
            assert_eq!(lossy.decided.join("\n").matches("in bits per byte").count(), 1, "{more}");
        }
    }

    #[test]
    fn what_is_lost_of_train_alone_does_not_count() {
        let lower = json!({"normalizer": {"type": "Lowercase"}});
        let documents = [&"To BE ".repeat(99), &"to be ".repeat(20), &"or not ".repeat(20)];
        let corpus = read(&documents.map(String::as_str).join("<|endoftext|>"), lower);
        assert!((corpus.bytes_per_token(8, 3).unwrap().val - 1.0).abs() < 0.1);
    }

    #[test]
    fn bytes_of_val_are_its_own_where_they_depend_on_the_text() {
        let spaces = json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": true});
        let more = json!({"model": {"type": "Unigram", "unk_id": 0, "byte_fallback": false,
                                    "vocab": [["?", -9.0], ["a", -1.0], ["é", -1.0], ["▁", -1.0], ["日", -1.0]]},
                          "pre_tokenizer": spaces, "decoder": spaces});
        let corpus = read(&format!("{}{}", "日".repeat(900), "a é".repeat(150)), more);
        let found = corpus.bytes_per_token(8, 3).unwrap();
        assert!((found.val - 4.0 / 3.0).abs() < 0.1, "{found:?}");
    }
}
