//! Panics of the library that reads tokenizers: what a file brings about is an error of that file.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use anyhow::{Result, bail};

thread_local! {
    static IS_AT_WORK: Cell<bool> = const { Cell::new(false) };
}

static SILENCED: Once = Once::new();

/// Does what the library may not survive, without a word of it but the error.
///
/// # Errors
/// Those of the work, and a panic.
pub fn survived<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    SILENCED.call_once(silence);
    let was_at_work = IS_AT_WORK.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    IS_AT_WORK.set(was_at_work);
    match done {
        Ok(done) => done,
        Err(_) => bail!(
            "a part of it is damaged or written otherwise than the library tokenizers expects, which gives up on it; \
             write the file anew, or take another tokenizer"
        ),
    }
}

/// Panics elsewhere are told as before.
fn silence() {
    let before = take_hook();
    set_hook(Box::new(move |panic| {
        if !IS_AT_WORK.get() {
            before(panic);
        }
    }));
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Tokenizer;

    /// Both bring the library down, one where it reads the file, the other where it reads a text.
    #[test]
    fn what_the_library_does_not_survive_is_an_error() {
        let mut whole: Value = serde_json::from_str(&Tokenizer::bytes().to_json()).unwrap();
        let mut damaged = whole.clone();
        damaged["normalizer"] = json!({"type": "Precompiled", "precompiled_charsmap": "AAAA"});
        let error = Tokenizer::from_json(damaged.to_string().as_bytes()).unwrap_err();
        assert!(format!("{error:#}").contains("library tokenizers"), "{error:#}");
        whole["pre_tokenizer"] = json!({"type": "FixedLength", "length": 0});
        let read = Tokenizer::from_json(whole.to_string().as_bytes());
        assert!(read.and_then(|one| one.encode("to be")).is_err());
    }
}
