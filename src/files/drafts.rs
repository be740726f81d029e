//! Files that are being written: under a name of their own until they are whole.

use std::fs;
use std::path::Path;
use std::time::Duration;

/// How the name of a file begins that is being written.
pub(super) const DRAFT: &str = ".wane-draft-";
/// The same in older versions; files of others may be called so.
const FORMER_DRAFT: &str = ".tmp";
/// A file that was not written to for so long is written by nobody any more.
const LONGEST_DRAFT: Duration = Duration::from_secs(3600);

/// Whether a file was being written when its process ended.
pub fn is_draft(path: &Path) -> bool {
    (begins(path, DRAFT) || begins(path, FORMER_DRAFT)) && path.is_file()
}

fn begins(path: &Path, start: &str) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(start))
}

/// Removes what calls that were killed left in a folder half written; what cannot be removed harms nobody.
pub fn remove_old_drafts(folder: &Path) {
    let is_old = |path: &Path| -> std::io::Result<bool> {
        let written = fs::metadata(path)?.modified()?;
        Ok(written.elapsed().is_ok_and(|age| age > LONGEST_DRAFT))
    };
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    for path in files.filter(|path| begins(path, DRAFT)) {
        if is_old(&path).unwrap_or(false) {
            let remove = if path.is_dir() { fs::remove_dir_all } else { fs::remove_file };
            let _ = remove(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::SystemTime;

    use super::super::replace_atomically;
    use super::*;

    #[test]
    fn drafts_that_nobody_writes_any_more_are_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in [".wane-draft-old", ".wane-draft-new", ".tmp-of-mine", "runs.csv"] {
            fs::write(path(name), "x").unwrap();
            let file = File::options().write(true).open(path(name)).unwrap();
            let age = if name.ends_with("new") { Duration::ZERO } else { 2 * LONGEST_DRAFT };
            file.set_modified(SystemTime::now() - age).unwrap();
        }
        remove_old_drafts(folder.path());
        assert!(!path(".wane-draft-old").exists());
        for name in [".wane-draft-new", ".tmp-of-mine", "runs.csv"] {
            assert!(path(name).exists(), "{name}");
        }
        remove_old_drafts(&path("no-such-folder"));
    }

    #[test]
    fn what_is_being_written_is_a_draft_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let written = folder.path().join("numbers");
        replace_atomically(&written, |draft| {
            assert!(is_draft(draft) && begins(draft, DRAFT), "{}", draft.display());
            Ok(())
        })
        .unwrap();
        assert!(!is_draft(&written));
    }
}
