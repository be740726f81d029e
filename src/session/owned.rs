//! Files that some experiments have in their folders and others do not: those that are known to be of one are replaced, or
//! taken away, and somebody's own are not.

use std::fs;
use std::path::Path;

use anyhow::Result;
use sha2::{Digest, Sha256};

use super::results::DECISIONS;
use crate::corpus::Tokenizer;
use crate::report;
use crate::results::{Experiment, is_half_written};

/// Refuses files in the folder of an experiment that would be replaced or taken away, and that nothing says are of this
/// program.
///
/// # Errors
/// Such a file, by its name.
pub fn check(folder: &Path, experiment: &Experiment) -> Result<()> {
    report::check_own(folder)?;
    let is_search = |path: &Path| report::is_table(path, &["stage", "decided", "why"]);
    report::check_is_ours(&folder.join(DECISIONS), is_search)?;
    // The one that is known by now may not have replaced that of before.
    if is_half_written(folder) {
        return Ok(());
    }
    Tokenizer::FILES.into_iter().try_for_each(|name| {
        let is_its = |path: &Path| {
            fs::read(path).is_ok_and(|contents| is_tokenizer_of(experiment, name, &contents))
        };
        report::check_is_ours(&folder.join(name), is_its)
    })
}

/// Whether what is in a file is the tokenizer of an experiment. Older versions do not say what they kept.
fn is_tokenizer_of(experiment: &Experiment, name: &str, contents: &[u8]) -> bool {
    let [learned, _] = Tokenizer::FILES;
    match &experiment.tokenizer {
        Some(own) => *own == digest(contents),
        None => {
            let is_other = name == learned && experiment.alphabet.is_some();
            !is_other && Tokenizer::from_kept(contents).is_ok()
        }
    }
}

/// Tells the file that a tokenizer is kept in; without one it is empty.
///
/// # Errors
/// None in practice: lists of characters are JSON.
pub fn digest_of(tokenizer: Option<&Tokenizer>) -> Result<String> {
    let kept = tokenizer.map(Tokenizer::kept).transpose()?;
    Ok(kept.map_or(String::new(), |(_, contents)| digest(&contents)))
}

fn digest(contents: &[u8]) -> String {
    format!("{:x}", Sha256::digest(contents))
}
