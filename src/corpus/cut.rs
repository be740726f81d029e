//! Where a source of bounded length is cut. The same words of a spec cut it alike every time, and what a
//! spec does not say is decided here and told.

use anyhow::{Result, bail};
use indicatif::HumanCount;

use crate::config::{Cut, Texts};

/// A source has texts that differ from seed to seed where it holds this many times `data.train` outside of
/// val and test: below, excerpts are mostly the same text.
const EXCERPTS: usize = 2;

/// Test tokens of a source that has `room` for them: what is asked for, else as many as val.
pub fn test_size(cut: &Cut, room: usize) -> usize {
    cut.test.unwrap_or(cut.val.min(room))
}

/// What people should know of test tokens that their spec does not name, or of none; `place` follows them.
pub fn test_told(cut: &Cut, test: usize, place: &str) -> Option<String> {
    match (cut.test, test) {
        (None, test) => {
            let tokens = HumanCount(test as u64);
            Some(format!("data.test is not given: {tokens} test tokens, {place}"))
        }
        (Some(0), _) => {
            Some("data.test = 0: no loss is measured on text that nothing was chosen on".to_owned())
        }
        _ => None,
    }
}

/// Whether every seed has a text of its own, where train texts are cut from `pool` tokens; with it what
/// people should know of that.
///
/// # Errors
/// Texts per seed that the source does not have.
pub fn texts(source: &str, cut: &Cut, pool: usize) -> Result<(Texts, Option<String>)> {
    let needed = cut.train.saturating_mul(EXCERPTS);
    let why = format!(
        "{source} has {pool} tokens outside of val and test, and excerpts that differ need {EXCERPTS} × \
         data.train = {needed}"
    );
    match (cut.texts, pool >= needed) {
        (Some(Texts::Fixed), _) => Ok((Texts::Fixed, None)),
        (Some(Texts::PerSeed) | None, true) => Ok((Texts::PerSeed, None)),
        (None, false) => {
            Ok((Texts::Fixed, Some(format!("every seed trains on the same text: {why}"))))
        }
        (Some(Texts::PerSeed), false) => {
            bail!("data.texts = \"per-seed\": {why}; lower data.train, or write texts = \"fixed\"")
        }
    }
}
