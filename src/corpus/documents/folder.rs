//! A folder of texts.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::endings::{TEXTS, is_code, is_lines, is_text};
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
    /// Files that are no texts by their names, links to folders, and texts beside JSON lines; without hidden ones.
    left_out: Vec<PathBuf>,
}

impl Listed {
    /// Where there are JSON lines, they are the data, and other texts beside them, or in a folder above, tell what it is or
    /// how it was made. Of programs, lines are what they read.
    fn without_notes(mut self) -> Self {
        let bytes = |of: &dyn Fn(&Path) -> bool| -> u64 {
            self.texts.iter().filter(|path| of(path)).map(|path| unread::bytes(path)).sum()
        };
        if 2 * bytes(&is_code) > bytes(&|_| true) {
            return self;
        }
        let folders: BTreeSet<PathBuf> = self
            .texts
            .iter()
            .filter(|path| is_lines(path))
            .flat_map(|path| path.ancestors().skip(1))
            .map(Path::to_owned)
            .collect();
        let is_data = |path: &PathBuf| {
            is_lines(path) || path.parent().is_none_or(|parent| !folders.contains(parent))
        };
        let (data, notes): (Vec<_>, Vec<_>) = self.texts.into_iter().partition(is_data);
        self.texts = data;
        self.left_out.extend(notes);
        self.left_out.sort();
        self
    }

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
/// Data that is left out while less than it is read, and so are texts beside JSON lines.
pub fn pool(folder: &Path) -> Result<Listed> {
    let listed = listed(folder)?;
    splits::check(folder, &listed.texts)?;
    let listed = listed.without_notes();
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

    fn read(files: &[(&str, usize)]) -> Result<(Vec<String>, Option<String>)> {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            std::fs::write(folder.path().join(name), "a".repeat(*bytes)).unwrap();
        }
        let found = pool(folder.path())?;
        let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
        Ok((found.texts.iter().map(name).collect(), found.left_out_told()))
    }

    #[test]
    fn what_lies_beside_json_lines_is_named_and_not_read() {
        let notes = [("README.md", 90), ("prepare.py", 60), ("requirements.txt", 20)];
        let (texts, told) = read(&[&notes[..], &[("data.jsonl.gz", 80)]].concat()).unwrap();
        assert_eq!(texts, ["data.jsonl.gz"]);
        let told = told.unwrap();
        assert!(told.ends_with("not read: README.md, prepare.py, requirements.txt"), "{told}");
    }

    #[test]
    fn texts_are_not_left_out_for_fewer_json_lines() {
        let error = read(&[("a.txt", 501), ("b.txt", 499), ("c.jsonl", 900)]).unwrap_err();
        let said = error.to_string();
        for word in ["c.jsonl", "a.txt", "1000 B", "900 B", "as another folder"] {
            assert!(said.contains(word), "{word}: {said}");
        }
        let (texts, told) =
            read(&[("main.rs", 900), ("README.md", 200), ("c.jsonl", 300)]).unwrap();
        assert_eq!((texts.len(), told), (3, None));
        let folder = tempfile::tempdir().unwrap();
        for name in ["wiki/a.txt", "web/b.jsonl", "web/c.txt", "README.md"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, name.repeat(if name == "web/b.jsonl" { 99 } else { 9 })).unwrap();
        }
        let found = pool(folder.path()).unwrap();
        assert_eq!(found.texts.len(), 2, "another folder holds other data: {found:?}");
        let (texts, told) = read(&[("LICENSE", 900), ("README.md", 99), ("a.txt", 9)]).unwrap();
        assert_eq!(texts, ["README.md", "a.txt"]);
        assert!(told.unwrap().ends_with("not read: LICENSE"));
    }

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
