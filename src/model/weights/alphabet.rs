//! The characters that weights were trained on: rows of an embedding mean nothing without them.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

/// At most so many characters are listed.
const MOST_LISTED: usize = 12;

/// Whether a file was trained on the characters of the data, or on these and others behind them that are left out.
///
/// # Errors
/// Other characters, or another order; the message lists them.
pub fn check(file: &str, data: &[char], crop: bool) -> Result<()> {
    let file: Vec<char> = file.chars().collect();
    if file == data || (crop && file.starts_with(data)) {
        return Ok(());
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

fn set(characters: &[char]) -> BTreeSet<char> {
    characters.iter().copied().collect()
}

fn list(characters: &[char]) -> String {
    let quoted = characters.iter().take(MOST_LISTED).map(|character| format!("{character:?}"));
    let more = characters.len().saturating_sub(MOST_LISTED);
    let more = (more > 0).then(|| format!("and {more} more"));
    quoted.chain(more).collect::<Vec<_>>().join(" ")
}
