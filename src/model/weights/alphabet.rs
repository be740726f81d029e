//! The characters that weights were trained on: rows of an embedding mean nothing without them.

use std::collections::{BTreeSet, HashMap};

use anyhow::{Result, bail};

use super::purpose::Purpose;

/// The entry of a weight file's metadata: every character, in the order of the tokens.
pub const ALPHABET: &str = "alphabet";

/// The entry with a digest of the pieces of text that its tokens are, where those were learned.
pub const PIECES: &str = "tokenizer";

/// At most so many characters are listed.
const MOST_LISTED: usize = 12;

/// Whether a file was trained on the characters of the data; returns what people should know.
///
/// # Errors
/// Other characters, or another order; the message lists them.
pub fn check(
    metadata: &HashMap<String, String>,
    data: Option<&[char]>,
    crop: bool,
) -> Result<Option<String>> {
    let Some(text) = metadata.get(ALPHABET) else { return Ok(None) };
    let Some(data) = data else {
        return Ok(Some(
            "was trained on characters, and this data does not say which characters its tokens are: \
             taken as the same"
                .to_owned(),
        ));
    };
    let file: Vec<char> = text.chars().collect();
    if file == data || (crop && file.starts_with(data)) {
        return Ok(None);
    }
    let (ours, theirs) = (set(data), set(&file));
    let mut differences = Vec::new();
    for (who, missing) in [
        ("the data lacks", theirs.difference(&ours)),
        ("the weights do not know", ours.difference(&theirs)),
    ] {
        let missing: Vec<char> = missing.copied().collect();
        if !missing.is_empty() {
            differences.push(format!("{who} {}", list(&missing)));
        }
    }
    if differences.is_empty() {
        differences.push("the characters are the same, in another order".to_owned());
    }
    bail!(
        "was trained on {} characters, and the data has {}: {}; use data with the same characters, whose \
         rows the weights have",
        file.len(),
        data.len(),
        differences.join("; ")
    );
}

/// Whether a file was trained on tokens of the same kind, as far as both sides say.
///
/// # Errors
/// Learned pieces against characters or other pieces.
pub fn check_pieces(metadata: &HashMap<String, String>, purpose: &Purpose) -> Result<()> {
    match (metadata.get(PIECES), purpose.pieces) {
        (Some(file), Some(data)) if file != data => bail!(
            "was trained on the tokens of another tokenizer than the data's; give its own by data.tokenizer"
        ),
        (Some(_), None) if purpose.alphabet.is_some() => bail!(
            "was trained on learned pieces of text, and the data's tokens are characters; give its tokenizer by \
             data.tokenizer"
        ),
        (None, Some(_)) if metadata.contains_key(ALPHABET) => {
            bail!("was trained on characters, and the data's tokens are learned pieces of text")
        }
        _ => Ok(()),
    }
}

fn set(characters: &[char]) -> BTreeSet<char> {
    characters.iter().copied().collect()
}

fn list(characters: &[char]) -> String {
    let quoted = characters.iter().take(MOST_LISTED).map(|character| format!("{character:?}"));
    let more = characters.len().saturating_sub(MOST_LISTED);
    let more = (more > 0).then(|| format!("and {more} more"));
    quoted.chain(more).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ModelShape;

    #[test]
    fn tokens_of_another_kind_are_refused_where_both_sides_say_what_theirs_are() {
        let shape = ModelShape::gpt2(1, 1, 8, 8);
        let refused = |key: Option<&str>, alphabet: Option<&[char]>, pieces: Option<&str>| {
            let entry = key.map(|key| (key.to_owned(), "ab".to_owned()));
            let purpose = Purpose { shape: &shape, vocabulary: 2, alphabet, pieces };
            check_pieces(&entry.into_iter().collect(), &purpose).is_err()
        };
        let characters = Some(&['a', 'b'][..]);
        assert!(refused(Some(PIECES), None, Some("cd")));
        assert!(refused(Some(PIECES), characters, None));
        assert!(refused(Some(ALPHABET), None, Some("cd")));
        assert!(!refused(Some(PIECES), None, Some("ab")));
        assert!(!refused(Some(PIECES), None, None) && !refused(None, None, Some("cd")));
        assert!(!refused(Some(ALPHABET), characters, None) && !refused(None, characters, None));
    }
}
