//! Whether a tokenizer starts anew at a space between two letters, so that a text can be cut there and the tokens of its
//! parts, one after another, are those of the whole. What is not known to do so is not cut.

use tokenizers::normalizers::Replace;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{
    AddedToken, NormalizedString, Normalizer, NormalizerWrapper, PreTokenizerWrapper,
    SplitDelimiterBehavior, Tokenizer,
};

/// Patterns of GPT-2, GPT-4, Qwen and nanochat, without how many digits are taken at once. They take every character,
/// and nothing that they take has a space after a letter.
const KNOWN: [&str; 3] = [
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+",
];

/// Whether it does.
pub fn starts_anew(inner: &Tokenizer) -> bool {
    let cuts = inner.get_pre_tokenizer().and_then(cuts_at_spaces) == Some(true);
    let keeps = inner.get_normalizer().is_none_or(|one| is_local(one) && keeps_letters(one));
    cuts && keeps && !inner.get_added_tokens_decoder().values().any(may_span)
}

/// Whether a pattern takes every character, and no space after a letter.
pub fn is_known(pattern: &SplitPattern) -> bool {
    match pattern {
        SplitPattern::String(_) => false,
        SplitPattern::Regex(regex) => {
            let any = ["{1,3}", "{1,2}"]
                .iter()
                .fold(regex.clone(), |one, digits| one.replace(digits, ""));
            KNOWN.contains(&any.as_str())
        }
    }
}

/// Whether a text is always cut before or at a space between two letters; `None` where that is not known, or where it
/// depends on what is farther away.
fn cuts_at_spaces(part: &PreTokenizerWrapper) -> Option<bool> {
    use PreTokenizerWrapper as Part;
    match part {
        Part::BertPreTokenizer(_) | Part::Whitespace(_) | Part::WhitespaceSplit(_) => Some(true),
        // Without its pattern it makes other characters of spaces.
        Part::ByteLevel(bytes) => bytes.use_regex.then_some(true),
        Part::Metaspace(spaces) => spaces.split.then_some(true),
        Part::Delimiter(one) => Some(one.delimiter == ' '),
        Part::Split(split) => of_split(split),
        Part::Digits(_) | Part::Punctuation(_) => Some(false),
        Part::FixedLength(_) | Part::UnicodeScripts(_) => None,
        // Behind the first that cuts there, each side is read for itself.
        Part::Sequence(parts) => {
            for part in parts.as_ref() {
                if cuts_at_spaces(part)? {
                    return Some(true);
                }
            }
            Some(false)
        }
    }
}

fn of_split(split: &Split) -> Option<bool> {
    use SplitDelimiterBehavior as Behaviour;
    match (&split.pattern, split.invert) {
        (SplitPattern::String(text), false) if text == " " => {
            (split.behavior != Behaviour::MergedWithPrevious).then_some(true)
        }
        (SplitPattern::String(text), false) => (!text.contains(' ')).then_some(false),
        (pattern, false) => {
            (is_known(pattern) && split.behavior == Behaviour::Isolated).then_some(true)
        }
        (pattern, true) => {
            (is_known(pattern) && split.behavior == Behaviour::Removed).then_some(true)
        }
    }
}

/// Whether it changes characters for what they are and not for where they stand, but for the end of a text.
fn is_local(normalizer: &NormalizerWrapper) -> bool {
    use NormalizerWrapper as Part;
    match normalizer {
        Part::Sequence(parts) => parts.as_ref().iter().all(is_local),
        Part::StripNormalizer(strip) => !strip.strip_left,
        Part::Replace(replace) => is_of_no_letters(replace),
        Part::Prepend(_) | Part::ByteLevel(_) => false,
        Part::BertNormalizer(_)
        | Part::StripAccents(_)
        | Part::NFC(_)
        | Part::NFD(_)
        | Part::NFKC(_)
        | Part::NFKD(_)
        | Part::Lowercase(_)
        | Part::Nmt(_)
        | Part::Precompiled(_) => true,
    }
}

/// Whether what is replaced cannot lie around a space between two letters.
fn is_of_no_letters(replace: &Replace) -> bool {
    let pattern = serde_json::to_value(replace).unwrap_or_default()["pattern"].take();
    match (pattern["String"].as_str(), pattern["Regex"].as_str()) {
        (Some(text), _) => !text.contains(|c: char| c == ' ' || c.is_ascii_alphabetic()),
        // Several spaces in a row, as SentencePiece's tokenizers have it.
        (_, Some(regex)) => regex == " {2,}",
        _ => false,
    }
}

/// Whether letters stay letters and a space between them a space.
fn keeps_letters(normalizer: &NormalizerWrapper) -> bool {
    ('a'..='z').chain('A'..='Z').all(|letter| {
        let mut text = NormalizedString::from(format!("{letter} {letter}"));
        let is_read = normalizer.normalize(&mut text).is_ok();
        let sides: Vec<&str> = text.get().split(' ').collect();
        let is_letter =
            |side: &&str| side.len() == 1 && side.bytes().all(|one| one.is_ascii_alphabetic());
        is_read && sides.len() == 2 && sides.iter().all(is_letter)
    })
}

/// Whether a token that was added can have a space after a letter in it, take one that follows it, or depend on the
/// letter before its own.
fn may_span(token: &AddedToken) -> bool {
    let begun = token.content.trim_start();
    begun.contains(char::is_whitespace)
        || token.rstrip && begun.ends_with(char::is_alphabetic)
        || token.single_word && begun.len() < token.content.len()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{Tokenizer, pieces::WHOLE};

    fn with(more: &Value) -> Tokenizer {
        let mut whole: Value = serde_json::from_str(&Tokenizer::bytes().to_json()).unwrap();
        whole["pre_tokenizer"] = json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true});
        whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Tokenizer::from_json(whole.to_string().as_bytes()).unwrap()
    }

    fn added(content: &str, rstrip: bool) -> Value {
        json!({"added_tokens": [{"id": 256, "content": content, "single_word": false, "lstrip": false, "rstrip": rstrip,
                                 "normalized": true, "special": false}]})
    }

    #[test]
    fn a_text_is_cut_only_for_what_is_known_to_start_anew_at_spaces() {
        let split = |pattern: Value, behavior: &str| {
            json!({"pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": false},
            {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false}]}})
        };
        let space = |split: bool| json!({"pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": split}});
        let normalizer = |one: Value| json!({"normalizer": one});
        for (more, is_cut) in [
            (json!({}), true),
            (split(json!({"Regex": super::KNOWN[1]}), "Isolated"), true),
            (split(json!({"Regex": "\\w+ \\w+"}), "Isolated"), false),
            (split(json!({"String": "\n"}), "MergedWithPrevious"), false),
            (split(json!({"String": " "}), "MergedWithPrevious"), false),
            (split(json!({"String": " "}), "MergedWithNext"), true),
            (json!({"pre_tokenizer": null}), false),
            (space(true), true),
            (space(false), false),
            (normalizer(json!({"type": "NFC"})), true),
            (normalizer(json!({"type": "Lowercase"})), true),
            (normalizer(json!({"type": "Prepend", "prepend": "▁"})), false),
            (normalizer(json!({"type": "Strip", "strip_left": true, "strip_right": true})), false),
            (normalizer(json!({"type": "Strip", "strip_left": false, "strip_right": true})), true),
            (
                normalizer(json!({"type": "Replace", "pattern": {"String": " "}, "content": "▁"})),
                false,
            ),
            (
                normalizer(
                    json!({"type": "Replace", "pattern": {"String": "``"}, "content": "\""}),
                ),
                true,
            ),
            (added("ROMEO", false), true),
            (added("the king", false), false),
            (added("king", true), false),
        ] {
            assert_eq!(with(&more).starts_anew(), is_cut, "{more}");
        }
    }

    #[test]
    fn a_document_that_cannot_be_cut_is_read_whole() {
        let lines = with(&json!({"normalizer": {"type": "Prepend", "prepend": "_"}}));
        let text = "to be or not ".repeat(20_000);
        assert_eq!(
            (lines.pieces(&text), lines.unproven_cuts([&text].into_iter())),
            (vec![&text[..]], 0)
        );
        assert!(with(&json!({})).pieces(&text).len() > 1);
        let long = text.repeat(3 * WHOLE / 2 / text.len());
        assert_eq!((lines.pieces(&long).len(), lines.unproven_cuts([&long].into_iter())), (2, 1));
    }
}
