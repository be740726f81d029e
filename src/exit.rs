//! How the program ends: 0 when all is well, 1 when something failed, 2 when the caller can mend it,
//! 130 when it was stopped.

use std::fmt;

use anyhow::{Error, Result};

/// Marks an error as a wrong use of the program: a spec, an argument, or data that cannot be.
#[derive(Debug)]
struct Usage(Error);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

impl std::error::Error for Usage {}

/// The user stopped the program before its end.
#[derive(Debug)]
pub struct Stopped {
    /// What there is, and how to go on.
    pub message: String,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Stopped {}

/// Marks the error of a result as a wrong use.
///
/// # Errors
/// The same, marked.
pub fn usage<T>(result: Result<T>) -> Result<T> {
    result.map_err(|error| Error::new(Usage(error)))
}

/// The exit code that tells a caller about this error.
pub fn code(error: &Error) -> u8 {
    if error.chain().any(|cause| cause.is::<Usage>()) {
        2
    } else if error.chain().any(|cause| cause.is::<Stopped>()) {
        130
    } else {
        1
    }
}
