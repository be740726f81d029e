//! Whose the files are that a report replaces, or takes away where it does not make them.

use std::path::Path;

use anyhow::{Result, ensure};

use super::drawings;

/// Refuses files in the folder of an experiment that its report may replace or take away, and that nothing says are of
/// this program. Those that every report has are not looked at.
///
/// # Errors
/// Such a file, by its name.
pub fn check_own(folder: &Path) -> Result<()> {
    let (claims, values) = (folder.join("claims.csv"), folder.join("table.csv"));
    check_is_ours(&claims, |path| is_table(path, &["claim", "compared", "verdict"]))?;
    check_is_ours(&values, |path| is_table(path, &["model", "recipe", "claimed_weight_decay"]))?;
    // It is written after its numbers, and taken away before them.
    check_is_ours(&folder.join("table.md"), |_| values.is_file())?;
    // So is a drawing in pixels, which has no words to tell by.
    let is_drawing = |path: &Path| {
        let drawn = path.with_extension("svg");
        drawn.is_file() && is_ours(&drawn)
    };
    drawings(folder).try_for_each(|path| check_is_ours(&path, is_drawing))
}

/// Refuses a file that is there and is not known to be of this program.
///
/// # Errors
/// It is one; the message says what to do.
pub fn check_is_ours(path: &Path, is_ours: impl Fn(&Path) -> bool) -> Result<()> {
    // Another call may take it away meanwhile.
    ensure!(
        !path.is_file() || is_ours(path) || !path.is_file(),
        "nothing says that wane wrote {}, which would be replaced or taken away: move it away, or give another --out",
        path.display()
    );
    Ok(())
}

/// Whether a file is a CSV file with these columns.
pub fn is_table(path: &Path, columns: &[&str]) -> bool {
    let header = csv::Reader::from_path(path).and_then(|mut file| file.headers().cloned());
    header.is_ok_and(|header| columns.iter().all(|column| header.iter().any(|own| own == *column)))
}

/// Whether a file is not there, or was written by a call of this program: all that it draws names it, as a word.
pub fn is_ours(path: &Path) -> bool {
    let text = std::fs::read(path).unwrap_or_default();
    let name = env!("CARGO_PKG_NAME").as_bytes();
    let is_apart = |place: usize| !text.get(place).is_some_and(u8::is_ascii_alphanumeric);
    let is_word = |(place, part): (usize, &[u8])| {
        part == name && (place == 0 || is_apart(place - 1)) && is_apart(place + name.len())
    };
    !path.exists() || text.windows(name.len()).enumerate().any(is_word)
}
