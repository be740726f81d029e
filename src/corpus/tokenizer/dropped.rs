//! Characters that a tokenizer takes out of a text before it is cut into tokens. White space between words is left out by
//! design, and so is what tells letters apart that are written alike (small and capital ones, accents); letters, digits
//! and signs are the text.

use anyhow::{Result, anyhow, bail};
use tokenizers::normalizers::Replace;
use tokenizers::pre_tokenizers::split::SplitPattern;
use tokenizers::{
    NormalizedString, Normalizer, NormalizerWrapper, OffsetReferential, OffsetType, PreTokenizer,
    PreTokenizerWrapper, SplitDelimiterBehavior, Tokenizer,
};

use super::anew::is_known;

/// Parts of a tokenizer that may take out more than white space.
#[derive(Clone, Copy, Debug)]
pub struct Drops {
    normalizer: bool,
    pre_tokenizer: bool,
}

impl Drops {
    pub fn of(inner: &Tokenizer) -> Self {
        Drops {
            normalizer: inner.get_normalizer().is_some_and(|one| !removals(one).is_empty()),
            pre_tokenizer: inner.get_pre_tokenizer().is_some_and(may_drop),
        }
    }

    /// Checks that nothing of a text would be taken out.
    ///
    /// # Errors
    /// The first character that would be, and a text that cannot be read.
    pub fn check(self, inner: &Tokenizer, text: &str) -> Result<()> {
        if self.normalizer
            && let Some(normalizer) = inner.get_normalizer()
        {
            check_removals(normalizer, text)?;
        }
        if self.pre_tokenizer
            && let Some(cuts) = inner.get_pre_tokenizer()
            && let Some(lost) = first_between_words(inner, cuts, text)?
        {
            bail!(
                "the tokenizer leaves {lost:?} out of the text, as its pre_tokenizer says: set \"behavior\" to \
                 \"Isolated\" there, or take another tokenizer"
            );
        }
        Ok(())
    }
}

fn is_of_text(c: char) -> bool {
    c.is_alphanumeric() || c.is_ascii_punctuation()
}

/// What a normalizer replaces by nothing or by spaces.
fn removals(normalizer: &NormalizerWrapper) -> Vec<&Replace> {
    match normalizer {
        NormalizerWrapper::Replace(one) if one.content.trim().is_empty() => vec![one],
        NormalizerWrapper::Sequence(parts) => parts.as_ref().iter().flat_map(removals).collect(),
        _ => Vec::new(),
    }
}

/// Each is tried on the text alone: what others make of it before is not taken out.
fn check_removals(normalizer: &NormalizerWrapper, text: &str) -> Result<()> {
    let count = |text: &str| text.chars().filter(|c| is_of_text(*c)).count();
    for removal in removals(normalizer) {
        let mut left = NormalizedString::from(text);
        removal.normalize(&mut left).map_err(|error| anyhow!("{error}"))?;
        let (all, left) = (count(text), count(left.get()));
        if left < all {
            bail!(
                "the tokenizer leaves {} of {all} letters, digits and signs out of the text, as its normalizer says, \
                 which replaces them by {:?}: take that out, or take another tokenizer",
                all - left,
                removal.content
            );
        }
    }
    Ok(())
}

fn may_drop(part: &PreTokenizerWrapper) -> bool {
    use PreTokenizerWrapper as Part;
    let removed = SplitDelimiterBehavior::Removed;
    match part {
        Part::Sequence(parts) => parts.as_ref().iter().any(may_drop),
        Part::Delimiter(one) => !one.delimiter.is_whitespace(),
        Part::Punctuation(one) => one.behavior == removed,
        Part::Split(split) => {
            let is_white =
                matches!(&split.pattern, SplitPattern::String(text) if text.trim().is_empty());
            let takes_all = split.invert && is_known(&split.pattern);
            split.behavior == removed && !takes_all && (split.invert || !is_white)
        }
        _ => false,
    }
}

/// The first character of a text that is in none of its words.
fn first_between_words(
    inner: &Tokenizer,
    cuts: &PreTokenizerWrapper,
    text: &str,
) -> Result<Option<char>> {
    let added = inner.get_added_vocabulary();
    let mut seen = added.extract_and_normalize(inner.get_normalizer(), text);
    cuts.pre_tokenize(&mut seen).map_err(|error| anyhow!("{error}"))?;
    let lost = |start: usize, end: usize| {
        text.get(start..end).unwrap_or_default().chars().find(|c| is_of_text(*c))
    };
    let mut read = 0;
    for (_, (start, end), _) in seen.get_splits(OffsetReferential::Original, OffsetType::Byte) {
        if let Some(lost) = lost(read, start) {
            return Ok(Some(lost));
        }
        read = read.max(end);
    }
    Ok(lost(read, text.len()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Tokenizer;

    fn encoded(more: &Value, text: &str) -> Result<usize, String> {
        let mut whole: Value = serde_json::from_str(&Tokenizer::bytes().to_json()).unwrap();
        whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let tokenizer = Tokenizer::from_json(whole.to_string().as_bytes()).unwrap();
        tokenizer.encode(text).map(|tokens| tokens.len()).map_err(|error| error.to_string())
    }

    fn before_bytes(first: Value) -> Value {
        let level = json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false});
        json!({"pre_tokenizer": {"type": "Sequence", "pretokenizers": [first, level]}})
    }

    fn split(pattern: Value, behavior: &str, invert: bool) -> Value {
        before_bytes(
            json!({"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert}),
        )
    }

    #[test]
    fn letters_and_signs_that_are_taken_out_are_refused() {
        let replaced = |pattern: Value| {
            json!({"normalizer": {"type": "Sequence", "normalizers": [
            {"type": "NFC"}, {"type": "Replace", "pattern": pattern, "content": ""}]}})
        };
        for (more, lost) in [
            (split(json!({"String": "e"}), "Removed", false), "'e'"),
            (split(json!({"Regex": "[a-z]+"}), "Removed", true), "','"),
            (before_bytes(json!({"type": "Punctuation", "behavior": "Removed"})), "','"),
            (before_bytes(json!({"type": "CharDelimiterSplit", "delimiter": "o"})), "'o'"),
            (replaced(json!({"String": "e"})), "1 of 7"),
            (replaced(json!({"Regex": "[aeiou]"})), "3 of 7"),
        ] {
            let error = encoded(&more, "to be, or").unwrap_err();
            assert!(error.contains("leaves") && error.contains(lost), "{more}: {error}");
        }
    }

    #[test]
    fn what_is_cut_without_loss_or_loses_spaces_and_accents_alone_is_read() {
        let words = r"[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";
        for more in [
            split(json!({"String": "e"}), "Isolated", false),
            split(json!({"String": " "}), "Removed", false),
            split(json!({"Regex": "\\s+"}), "Removed", false),
            split(json!({"Regex": words}), "Removed", true),
            before_bytes(json!({"type": "BertPreTokenizer"})),
            json!({"normalizer": {"type": "Replace", "pattern": {"String": "``"}, "content": "\""}}),
            json!({"normalizer": {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}}),
            json!({"normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                                  "strip_accents": true, "lowercase": true}}),
        ] {
            assert!(encoded(&more, "Tö be,  or `` e\u{301}").is_ok(), "{more}");
        }
    }
}
