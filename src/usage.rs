//! Which errors are the caller's to mend: they end the program with exit code 2, all others with 1.

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

/// Marks the error of a result as a wrong use.
///
/// # Errors
/// The same, marked.
pub fn usage<T>(result: Result<T>) -> Result<T> {
    result.map_err(|error| Error::new(Usage(error)))
}

/// Whether an error was marked by [`usage`].
pub fn is_usage_error(error: &Error) -> bool {
    error.chain().any(|cause| cause.is::<Usage>())
}
