//! What `[data]` says of sequences that are planted in train texts.

use anyhow::{Result, ensure};

use super::Arm;
use super::given::{Given, WrongKey};
use crate::config::Canaries;

/// Tokens of a canary where the spec says nothing.
const LENGTH: usize = 16;
/// How often they are planted where the spec says nothing.
const REPEATS: [usize; 3] = [1, 4, 16];

/// The canaries that `[data]` asks for.
///
/// # Errors
/// A word about canaries where there are none; it names the key.
pub fn read(data: &Given) -> Result<Option<Canaries>> {
    let count = data.count("canaries").unwrap_or(0);
    let unread =
        ["canary_length", "canary_repeats"].into_iter().find(|key| data.one(key).is_some());
    match (count, unread) {
        (0, None) => Ok(None),
        (0, Some(key)) => {
            let why = ": data.canaries = 0 plants nothing; ask for some, such as canaries = 6";
            Err(WrongKey::new(data.at(key), why).into())
        }
        _ => Ok(Some(Canaries {
            count,
            length: data.count("canary_length").unwrap_or(LENGTH),
            repeats: data.counts("canary_repeats").unwrap_or(REPEATS.to_vec()),
        })),
    }
}

/// Checks that a model can be asked for a whole canary after at least one token.
///
/// # Errors
/// A context that is too short, with the numbers.
pub fn check<'a>(
    canaries: Option<&Canaries>,
    mut arms: impl Iterator<Item = &'a Arm>,
) -> Result<()> {
    let Some(Canaries { length, .. }) = canaries else { return Ok(()) };
    let short = arms.find(|arm| arm.model.context < *length).map(|arm| arm.model.context);
    ensure!(
        short.is_none(),
        "data.canary_length = {length} is longer than model.context = {}; lower it",
        short.unwrap_or_default()
    );
    Ok(())
}
