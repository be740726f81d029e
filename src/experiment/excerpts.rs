//! Arms that read the beginning of their train text alone.

use anyhow::Result;

use super::Arm;
use super::wrong_key::WrongKey;
use crate::config::Cut;

/// Checks that what an arm reads is there, holds a window, and has nothing planted in it.
///
/// # Errors
/// A number that does not fit the rest of the spec; the message names both.
pub fn check<'a>(cut: &Cut, arms: impl Iterator<Item = &'a Arm>) -> Result<()> {
    for arm in arms.filter(|arm| arm.recipe.read_tokens > 0) {
        let (tokens, context) = (arm.recipe.read_tokens, arm.model.context);
        let problem = if tokens > cut.train {
            format!("data.train = {} has fewer", cut.train)
        } else if tokens < context + 2 {
            format!("one window of context {context} needs {}", context + 2)
        } else if cut.canaries.is_some() {
            "data.canaries are planted in the whole text; leave one of the two out".to_owned()
        } else {
            continue;
        };
        return Err(WrongKey::new("read_tokens", format!(" = {tokens}: {problem}")).into());
    }
    Ok(())
}
