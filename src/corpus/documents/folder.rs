//! A folder of texts.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::endings::{TEXTS, is_text};
use super::{splits, unread};

/// Whether a folder, or one below it, holds texts by their names. One that cannot be looked through may.
pub fn holds_texts(folder: &Path) -> bool {
    let mut found = Listed::default();
    walk(folder, &mut found).is_err() || !found.texts.is_empty()
}

/// The texts in a folder, and what else is in it.
#[derive(Debug, Default)]
pub struct Listed {
    pub texts: Vec<PathBuf>,
    /// Files that are no texts by their names, and links to folders; without hidden ones.
    left_out: Vec<PathBuf>,
}

impl Listed {
    /// What is not read though it is there, if anything, for people.
    pub fn left_out_told(&self) -> Option<String> {
        const NAMED: usize = 3;
        let name =
            |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned());
        let mut names: Vec<String> = self.left_out.iter().filter_map(name).take(NAMED).collect();
        let count = self.left_out.len();
        if count > NAMED {
            names.push("…".to_owned());
        }
        let (files, are) = if count == 1 { ("file", "is") } else { ("files", "are") };
        (count > 0).then(|| {
            format!("{count} other {files} of its folder {are} not read: {}", names.join(", "))
        })
    }
}

/// The texts in a folder and in those below it, in the order of their paths. Hidden files and folders are left
/// out, and so is what has another ending than a text; of a folder without any such, nothing is guessed.
fn listed(folder: &Path) -> Result<Listed> {
    let mut found = Listed::default();
    walk(folder, &mut found)?;
    ensure!(
        !found.texts.is_empty(),
        "{} holds no texts: files whose names end in .{}, or a program's ending, with .gz or .zst after it or \
         without",
        folder.display(),
        TEXTS.join(", ."),
    );
    found.texts.sort();
    found.left_out.sort();
    Ok(found)
}

/// The texts of a folder that is one pool, from which splits are cut.
///
/// # Errors
/// Files or folders that are splits by their names: read in the order of their paths, `test.txt` would be trained on.
/// Data that is left out while less than it is read.
pub fn pool(folder: &Path) -> Result<Listed> {
    let listed = listed(folder)?;
    splits::check(folder, &listed.texts)?;
    unread::check(folder, &listed.texts, &listed.left_out)?;
    Ok(listed)
}

fn walk(folder: &Path, found: &mut Listed) -> Result<()> {
    let name = || format!("cannot list {}", folder.display());
    for entry in std::fs::read_dir(folder).with_context(name)? {
        let entry = entry.with_context(name)?;
        let (path, kind) = (entry.path(), entry.file_type().with_context(name)?);
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        // A link to a folder may lead back to itself.
        if kind.is_dir() {
            walk(&path, found)?;
        } else if is_text(&path) {
            match path.metadata() {
                Ok(metadata) if metadata.is_file() => found.texts.push(path),
                Ok(_) => found.left_out.push(path),
                Err(error) => bail!("cannot read {}: {error}", path.display()),
            }
        } else {
            found.left_out.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_all_folders_are_read_in_the_order_of_their_paths() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.txt", "a/z.md.gz", "a/y.JSONL", "a/.git/x.txt", "README", "c.png", "d.zst"]
        {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        let found = listed(folder.path()).unwrap();
        let names = found
            .texts
            .iter()
            .map(|path| path.strip_prefix(folder.path()).unwrap().to_str().unwrap());
        assert_eq!(names.collect::<Vec<_>>(), ["a/y.JSONL", "a/z.md.gz", "b.txt"]);
        let told = found.left_out_told().unwrap();
        assert_eq!(told, "3 other files of its folder are not read: README, c.png, d.zst");
        let error =
            listed(&folder.path().join("a/.git/..").join("..").join("nothing")).unwrap_err();
        assert!(error.to_string().contains("cannot list"), "{error}");
    }
}
