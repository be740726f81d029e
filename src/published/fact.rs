use std::fmt;

use anyhow::{Error, bail};
use serde::Deserialize;

/// A value and what it rests on. In TOML: `{ value = 0.1, source = "App. B" }`; in the place of
/// `source`, `assumed` for what was not disclosed, or `nearest` for what cannot be had here as it is.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Written<T>")]
pub struct Fact<T> {
    /// The value.
    pub value: T,
    /// What it rests on.
    pub basis: Basis,
}

/// What a value rests on.
#[derive(Clone, Debug, PartialEq)]
pub enum Basis {
    /// A place in the source.
    Source(String),
    /// An assumption, because the source does not say.
    Assumed(String),
    /// How the original differs from what is here in its place.
    Nearest(String),
}

impl<T> Fact<T> {
    /// Whether the source says so.
    pub fn is_documented(&self) -> bool {
        matches!(self.basis, Basis::Source(_))
    }
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Basis::Source(place) => f.write_str(place),
            Basis::Assumed(why) => write!(f, "undisclosed (assumed: {why})"),
            Basis::Nearest(difference) => write!(f, "the nearest here: {difference}"),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<T> {
    value: T,
    source: Option<String>,
    assumed: Option<String>,
    nearest: Option<String>,
}

impl<T> TryFrom<Written<T>> for Fact<T> {
    type Error = Error;

    fn try_from(written: Written<T>) -> Result<Self, Error> {
        let basis = match (written.source, written.assumed, written.nearest) {
            (Some(place), None, None) => Basis::Source(place),
            (None, Some(why), None) => Basis::Assumed(why),
            (None, None, Some(difference)) => Basis::Nearest(difference),
            _ => bail!("expected one of `source`, `assumed` and `nearest`"),
        };
        Ok(Fact { value: written.value, basis })
    }
}
