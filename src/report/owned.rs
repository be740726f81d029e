//! Whose the files are that a report replaces, or takes away where it does not make them.

use std::path::Path;

use anyhow::{Result, ensure};

use super::html::shows;
use super::{PAGE, drawings};

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
    drawings(folder).try_for_each(|path| check_is_ours(&path, |path| is_drawing(folder, path)))
}

/// Whether a drawing is of this program. One in pixels has no words to tell by: it is ours where the same one in words
/// is, or where that is gone and our page in the folder shows it.
fn is_drawing(folder: &Path, path: &Path) -> bool {
    let drawn = path.with_extension("svg");
    if drawn.is_file() {
        return is_ours(&drawn);
    }
    let page = folder.join(PAGE);
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    page.is_file() && is_ours(&page) && shows(&page, &name)
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

/// Whether a file is a CSV file with these columns. Spreadsheets separate them by other signs than commas.
pub fn is_table(path: &Path, columns: &[&str]) -> bool {
    [b',', b';', b'\t'].into_iter().any(|separator| {
        let file = csv::ReaderBuilder::new().delimiter(separator).from_path(path);
        let header = file.and_then(|mut file| file.headers().cloned());
        let has = |header: &csv::StringRecord, column: &str| header.iter().any(|own| own == column);
        header.is_ok_and(|header| columns.iter().all(|column| has(&header, column)))
    })
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::report::FIGURES;

    #[test]
    fn a_table_is_known_by_its_columns_whatever_separates_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("claims.csv");
        let columns = ["claim", "verdict"];
        for (header, is_known) in [
            ("claim,compared,verdict", true),
            ("claim;compared;verdict", true),
            ("\u{feff}\"claim\";\"compared\";\"verdict\"", true),
            ("claim\tcompared\tverdict", true),
            ("claim;compared", false),
            ("my claim;verdict", false),
            ("", false),
        ] {
            fs::write(&path, format!("{header}\r\n1;2;3\r\n")).unwrap();
            assert_eq!(is_table(&path, &columns), is_known, "{header}");
        }
    }

    #[test]
    fn a_drawing_in_pixels_is_known_by_the_one_in_words_or_by_the_page_that_shows_it() {
        let folder = tempfile::tempdir().unwrap();
        let (folder, figures) = (folder.path(), folder.path().join(FIGURES));
        let drawing = |name: &str, contents: &str| {
            fs::create_dir_all(&figures).unwrap();
            fs::write(figures.join(name), contents).unwrap();
        };
        drawing("regret.png", "pixels");
        assert!(check_own(folder).is_err());
        let page = folder.join(PAGE);
        fs::write(&page, "<p>by wane</p><figure id=\"regret\"><svg></svg></figure>").unwrap();
        check_own(folder).unwrap();
        // Another in words was put in its place.
        drawing("regret.svg", "<svg>mine</svg>");
        assert!(check_own(folder).is_err());
        drawing("regret.svg", "<svg>wane</svg>");
        check_own(folder).unwrap();
        // One that the page does not show, and a page of somebody else.
        drawing("phase.png", "pixels");
        let error = check_own(folder).unwrap_err().to_string();
        assert!(error.contains("phase.png"), "{error}");
        fs::write(&page, "<figure id=\"phase\"></figure>").unwrap();
        assert!(check_own(folder).is_err());
    }
}
