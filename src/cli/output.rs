//! stdout. A reader that stops reading (`| head`) is no error.

use std::io::{ErrorKind, Write};

use anyhow::{Context, Result};

use crate::report::{Canvas, Told};
use crate::terminal;

/// Prints a part of a text at once, with its styles where the terminal has them; `false` where nobody reads any more.
/// Text without styles is printed byte for byte: escape sequences may be part of it.
///
/// # Errors
/// A stdout that cannot be written, other than a closed pipe.
pub fn stream(text: &str, is_styled: bool) -> Result<bool> {
    let mut stdout: Box<dyn Write> = match is_styled {
        true => Box::new(anstream::stdout()),
        false => Box::new(std::io::stdout()),
    };
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        result => result.map(|()| true).context("cannot write to stdout"),
    }
}

/// Columns that a plot needs.
const ROOM: usize = 80;

/// Prints what a call answers, with its plot where stdout is a terminal that is wide enough.
///
/// # Errors
/// A stdout that cannot be written, other than a closed pipe.
pub fn answer(told: &Told) -> Result<()> {
    let wide = terminal::columns().filter(|columns| *columns >= ROOM);
    print(&told.text(wide.map(canvas)))
}

/// A place for a plot of so many columns.
pub fn canvas(columns: usize) -> Canvas {
    Canvas { columns, is_unicode: terminal::is_unicode() }
}

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
