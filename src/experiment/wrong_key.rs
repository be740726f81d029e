use thiserror::Error;

/// Something wrong with one key.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct WrongKey {
    /// The key, as in `--set`, such as `arm.0.lr`.
    pub place: String,
    message: String,
}

impl WrongKey {
    /// A problem, to follow the key's name.
    pub fn new(place: impl Into<String>, problem: impl Into<String>) -> Self {
        let place = place.into();
        WrongKey { message: format!("{place}{}", problem.into()), place }
    }

    /// A key that there is not.
    pub fn unknown(place: String, hint: &str) -> Self {
        WrongKey { message: format!("unknown key `{place}`; {hint}"), place }
    }
}
