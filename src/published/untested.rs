//! Claims of the field that small models cannot be asked.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::config::Basis;

/// A claim that is not tried, and why.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Untested {
    pub text: String,
    pub source: String,
    pub basis: Basis,
    /// Why small models cannot be asked.
    pub why: String,
    /// What could.
    pub needs: String,
}

#[derive(Deserialize)]
struct File {
    untested: Vec<Untested>,
}

/// All of them.
pub fn untested() -> &'static [Untested] {
    static ALL: LazyLock<Vec<Untested>> = LazyLock::new(|| {
        let file: File = toml::from_str(include_str!("untested.toml"))
            .expect("the list of claims that are not tried is well-formed");
        file.untested
    });
    &ALL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_tried_says_why_and_what_it_takes() {
        let is_said = |text: &String| !text.trim().is_empty() && !text.ends_with('.');
        assert!(untested().iter().all(|one| is_said(&one.why) && is_said(&one.needs)));
    }
}
