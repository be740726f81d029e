//! stdout. A reader that stops reading (`| head`) is no error.

use std::io::{ErrorKind, Write};

use anyhow::{Context, Result};

/// Prints a text and a newline.
///
/// # Errors
/// A stdout that cannot be written, other than a closed pipe.
pub fn print(text: &str) -> Result<()> {
    match writeln!(anstream::stdout(), "{text}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to stdout"),
    }
}
