//! The folder of results, looked at before anything is trained or read.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::exit::usage;
use crate::files::create_folder;

/// Makes sure that results can be written to the folder of an experiment.
///
/// # Errors
/// A usage error that says what is in the way.
pub fn check(out: &Path, name: &str) -> Result<()> {
    usage(check_parts(out, name).with_context(|| format!("--out {}", out.display())))
}

/// Which folder stands at a path: by its name alone another that was put there is taken for it.
#[derive(Debug)]
pub struct Place {
    path: PathBuf,
    identity: Option<Identity>,
}

/// What a system tells folders apart by; `None` where it does not say.
type Identity = (u64, u64);

impl Place {
    /// The folder that stands there now.
    ///
    /// # Errors
    /// There is none; the message names it.
    pub fn of(path: &Path) -> Result<Self> {
        let found =
            fs::metadata(path).with_context(|| format!("cannot look at {}", path.display()))?;
        Ok(Place { path: path.to_owned(), identity: identity(&found) })
    }

    /// Makes sure that it stands there still.
    ///
    /// # Errors
    /// It does not; the message says where what was trained is.
    pub fn check_is_same(&self) -> Result<()> {
        let now = fs::metadata(&self.path).ok();
        ensure!(
            now.is_some_and(|now| identity(&now) == self.identity),
            "the folder {} was moved or replaced while this call trained, and no results are written into what stands \
             there now: what was trained went with its .runs; give the folder its place back, and the same command goes \
             on",
            self.path.display()
        );
        Ok(())
    }
}

#[cfg(unix)]
fn identity(about: &Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    Some((about.dev(), about.ino()))
}

#[cfg(not(unix))]
fn identity(_about: &Metadata) -> Option<Identity> {
    None
}

/// Makes sure that a folder is or can become what `--out` names.
///
/// # Errors
/// A usage error that says what is in the way.
pub fn check_out(out: &Path) -> Result<()> {
    usage(check_is_free(out).with_context(|| format!("--out {}", out.display())))
}

fn check_parts(out: &Path, name: &str) -> Result<()> {
    check_is_free(out)?;
    check_is_free(&out.join(name))?;
    create_folder(out)?;
    let folder = out.join(name);
    // Results are replaced by files that are written beside them.
    for folder in [out, folder.as_path()].into_iter().filter(|folder| folder.is_dir()) {
        tempfile::tempfile_in(folder)
            .with_context(|| format!("nothing can be written into {}", folder.display()))?;
    }
    Ok(())
}

/// Makes sure that a folder that is only read is there.
///
/// # Errors
/// A usage error that names it.
pub fn check_is_there(results: &Path) -> Result<()> {
    usage((|| {
        ensure!(
            results.is_dir(),
            "{} is not a folder; expected one that `wane sweep` writes, such as results",
            results.display()
        );
        Ok(())
    })())
}

/// Refuses a path where a folder can neither be nor become.
fn check_is_free(path: &Path) -> Result<()> {
    for part in path.ancestors().filter(|part| !part.as_os_str().is_empty()) {
        let Ok(link) = fs::symlink_metadata(part) else { continue };
        match fs::metadata(part) {
            Ok(found) => {
                ensure!(found.is_dir(), "{} is a file; expected a folder", part.display());
            }
            Err(error) if link.is_symlink() => {
                let target = fs::read_link(part).unwrap_or_default();
                let (part, target) = (part.display(), target.display());
                bail!(
                    "{part} is a link to {target}, which cannot be reached: {error}; create that folder, or name another"
                )
            }
            Err(error) => bail!("{} cannot be looked at: {error}", part.display()),
        }
        break;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_folder_of_results_that_takes_no_files_is_told_before_anything_is_trained() {
        use std::os::unix::fs::PermissionsExt;
        let out = tempfile::tempdir().unwrap();
        let folder = out.path().join("tiny");
        fs::create_dir(&folder).unwrap();
        check(out.path(), "tiny").unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
        // The superuser writes everywhere.
        let takes_none = fs::write(folder.join("file"), "").is_err();
        let said = check(out.path(), "tiny").map_err(|error| format!("{error:#}"));
        assert_eq!(said.is_err(), takes_none, "{said:?}");
        assert!(
            said.err().is_none_or(|said| said.contains("written into") && said.contains("tiny"))
        );
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    #[cfg(unix)]
    fn a_folder_that_takes_the_place_of_another_is_not_taken_for_it() {
        let around = tempfile::tempdir().unwrap();
        let (out, moved) = (around.path().join("results"), around.path().join("moved"));
        fs::create_dir(&out).unwrap();
        let place = Place::of(&out).unwrap();
        place.check_is_same().unwrap();
        fs::rename(&out, &moved).unwrap();
        assert!(place.check_is_same().is_err(), "there is none");
        fs::create_dir(&out).unwrap();
        let error = place.check_is_same().unwrap_err().to_string();
        assert!(error.contains("was moved or replaced"), "{error}");
        fs::remove_dir(&out).unwrap();
        fs::rename(&moved, &out).unwrap();
        place.check_is_same().unwrap();
    }
}
