//! Files that are never seen half-written.

mod drafts;

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Error, Result, anyhow, ensure};
use serde::Serialize;
use tempfile::{Builder, NamedTempFile};

pub use drafts::{is_draft, remove_old_drafts};

use drafts::DRAFT;

/// Writes a file through a temporary one beside it and makes it durable.
///
/// # Errors
/// A folder that cannot be written; the message names the file.
pub fn write_atomically(path: &Path, contents: &[u8]) -> Result<()> {
    write_atomically_with(path, |file| Ok(file.write_all(contents)?))
}

/// Writes rows, as they come, to a CSV file.
///
/// # Errors
/// A folder that cannot be written, or an error of `rows`; the message names the file.
pub fn write_csv_atomically<T: Serialize>(
    path: &Path,
    rows: impl FnOnce(&mut dyn FnMut(T) -> Result<()>) -> Result<()>,
) -> Result<()> {
    write_atomically_with(path, |file| {
        let mut writer = csv::Writer::from_writer(file);
        rows(&mut |row| Ok(writer.serialize(row)?))?;
        Ok(writer.flush()?)
    })
}

fn write_atomically_with(
    path: &Path,
    contents: impl FnOnce(&mut File) -> Result<()>,
) -> Result<()> {
    let mut draft = Draft::of(path)?;
    contents(draft.file()).with_context(|| cannot_write(path))?;
    draft.keep()
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}

/// A file that is being written: nothing has its name until it is kept, and nothing is left of it where it is not.
pub struct Draft<'a> {
    path: &'a Path,
    file: NamedTempFile,
}

impl<'a> Draft<'a> {
    /// Of a file that is to be at a path, whose folder is there.
    ///
    /// # Errors
    /// A folder that cannot be written; the message names the file.
    pub fn of(path: &'a Path) -> Result<Self> {
        let file = readable_by_all().tempfile_in(folder_of(path));
        Ok(Draft { path, file: file.with_context(|| cannot_write(path))? })
    }

    /// To write to.
    pub fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Gives it its name, instead of what had it, and makes it durable.
    ///
    /// # Errors
    /// A disk that refuses it; the message names the file.
    pub fn keep(self) -> Result<()> {
        let Draft { path, file } = self;
        let keep = || -> Result<()> {
            file.as_file().sync_all()?;
            file.persist(path).map_err(|error| error.error)?;
            sync_folder(folder_of(path))
        };
        keep().with_context(|| cannot_write(path))
    }
}

/// Replaces a file by one that `write` makes under the temporary path it is given, and makes it durable.
///
/// # Errors
/// An error of `write`, or a folder that cannot be written; the message names the file.
pub fn replace_atomically(path: &Path, write: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let folder = folder_of(path);
    let replace = || -> Result<()> {
        let draft = readable_by_all().tempfile_in(folder)?.into_temp_path();
        let permissions = fs::metadata(&draft)?.permissions();
        write(&draft)?;
        // It may have put a private file of its own in the place.
        fs::set_permissions(&draft, permissions)?;
        File::open(&draft)?.sync_all()?;
        draft.persist(path).map_err(|error| error.error)?;
        sync_folder(folder)
    };
    replace().with_context(|| cannot_write(path))
}

/// Makes a folder that is there whole or not at all: `write` fills a draft beside it.
///
/// # Errors
/// Something that has the name already, an error of `write`, or a folder that cannot be written; the message names it.
pub fn make_folder_atomically<T>(path: &Path, write: impl FnOnce(&Path) -> Result<T>) -> Result<T> {
    check_is_free(path)?;
    let around = folder_of(path);
    create_folder(around)?;
    remove_old_drafts(around);
    let draft = Builder::new().prefix(DRAFT).tempdir_in(around);
    let draft =
        draft.with_context(|| format!("cannot write to the folder {}", around.display()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(around)?.permissions().mode();
        fs::set_permissions(draft.path(), fs::Permissions::from_mode(mode & 0o777))?;
    }
    let cannot = || cannot_write(path);
    // What the system refused is told of the folder that was asked for: the draft is gone by then.
    let is_of_system = |error: &Error| error.chain().any(|cause| cause.is::<std::io::Error>());
    let made = write(draft.path()).map_err(|error| match is_of_system(&error) {
        true => error.context(cannot()),
        false => error,
    })?;
    fs::rename(draft.path(), path).with_context(cannot)?;
    // It has moved: there is nothing to be removed.
    let _ = draft.keep();
    sync_folder(around).with_context(cannot)?;
    Ok(made)
}

/// Whether something is there; what must not be looked at may well be.
///
/// # Errors
/// A folder that must not be looked into; the message names what is in it.
pub fn is_there(path: &Path) -> Result<bool> {
    match path.try_exists() {
        // Nothing lies below what is no folder.
        Err(error) if error.kind() == ErrorKind::NotADirectory => Ok(false),
        found => found.with_context(|| format!("cannot look at {}", path.display())),
    }
}

/// Whether a file that is written in its place is a plain one, or not there: through a link another would be.
///
/// # Errors
/// It is something else.
pub fn check_is_no_link(path: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) => {
            ensure!(found.is_file(), "it is not a plain file, as this program makes it; remove it");
            Ok(())
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Whether a file that is read is a plain one, or a link to one: a pipe would be read forever.
///
/// # Errors
/// It is something else, or not there.
pub fn check_is_plain(path: &Path) -> std::io::Result<()> {
    match fs::metadata(path)?.is_file() {
        true => Ok(()),
        false => Err(std::io::Error::other(
            "it is not a plain file; expected the one that was written there, or a link to it",
        )),
    }
}

/// Whether nothing has this name yet.
///
/// # Errors
/// Something has; the message names it.
pub fn check_is_free(path: &Path) -> Result<()> {
    let name = path.display();
    ensure!(
        fs::symlink_metadata(path).is_err(),
        "{name} is there already; name another folder, or remove it first"
    );
    Ok(())
}

/// Whether a file can be put where a path says, as far as its folder decides it.
///
/// # Errors
/// A folder that does not exist or cannot be written; the message names it.
pub fn check_folder_of(path: &Path) -> Result<()> {
    let folder = folder_of(path);
    let name = folder.display();
    ensure!(folder.is_dir(), "the folder {name} does not exist; create it, or choose another");
    let draft = readable_by_all().tempfile_in(folder);
    draft.map(drop).with_context(|| format!("cannot write to the folder {name}"))
}

/// Removes a file for good; that another process did is no error.
///
/// # Errors
/// A file that cannot be removed; the message names it.
pub fn remove_durably(path: &Path) -> Result<()> {
    let remove = || -> Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => sync_folder(folder_of(path)),
        }
    };
    remove().with_context(|| format!("cannot remove {}", path.display()))
}

/// The name of a file that belongs to another: `weights.safetensors` has `weights.config.json` beside it.
pub fn beside(path: &Path, ending: &str) -> PathBuf {
    let is_plain = path.extension().is_some_and(|extension| extension == "safetensors");
    let mut name =
        if is_plain { path.with_extension("") } else { path.to_owned() }.into_os_string();
    name.push(".");
    name.push(ending);
    name.into()
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A new name is durable once its folder is written.
fn sync_folder(folder: &Path) -> Result<()> {
    Ok(File::open(folder).and_then(|folder| folder.sync_all()).or_else(unsupported)?)
}

/// A temporary file is private; results get the permissions that any new file has.
fn readable_by_all() -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(DRAFT);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder
}

/// Not every system can flush a folder; then a rename is as durable as it can be.
fn unsupported(error: std::io::Error) -> std::io::Result<()> {
    if cfg!(unix) { Err(error) } else { Ok(()) }
}

/// Creates a folder and those above it.
///
/// # Errors
/// The message names the folder.
pub fn create_folder(path: &Path) -> Result<()> {
    let name = path.display();
    fs::create_dir_all(path).with_context(|| match fs::symlink_metadata(path) {
        Ok(_) => format!("{name} is no folder; expected one: move away what has its name"),
        Err(_) => format!("cannot create the folder {name}"),
    })
}

/// Rows as CSV with a header.
///
/// # Errors
/// A row that cannot be written as CSV.
pub fn csv_of<T: Serialize>(rows: &[T]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row)?;
    }
    writer.into_inner().map_err(|error| anyhow!("{error}"))
}

/// A value as indented JSON, with a newline at the end.
///
/// # Errors
/// A value that JSON cannot hold.
pub fn json_of<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_file_has_its_name_and_the_rights_of_any_new_file_once_it_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let [path, usual] = ["kept", "usual"].map(|name| folder.path().join(name));
        let mut draft = Draft::of(&path).unwrap();
        draft.file().write_all(b"text").unwrap();
        assert!(!path.exists());
        draft.keep().unwrap();
        fs::write(&usual, "text").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&path), mode(&usual));
        drop(Draft::of(&path).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no draft is left");
        assert_eq!(fs::read(&path).unwrap(), b"text");
    }
}
