//! Exit codes: 0 for success, 1 if something failed, 2 if the call, the spec or the data is wrong, 130 if the
//! program was stopped.

use std::fmt;

use anyhow::{Error, Result};

/// Marks an error as the caller's: an argument, a spec or data that is wrong.
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
    /// How far it came, and how to resume.
    pub message: String,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Stopped {}

/// Marks an error as the caller's.
///
/// # Errors
/// The same, marked.
pub fn usage<T>(result: Result<T>) -> Result<T> {
    result.map_err(|error| Error::new(Usage(error)))
}

/// The exit code of an error.
pub fn code(error: &Error) -> u8 {
    if error.chain().any(|cause| cause.is::<Usage>()) {
        2
    } else if error.chain().any(|cause| cause.is::<Stopped>()) {
        130
    } else {
        1
    }
}
