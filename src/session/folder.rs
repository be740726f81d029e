//! The folder of results, looked at before anything is trained or read.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use super::results::DECISIONS;
use crate::corpus::Tokenizer;
use crate::exit::usage;
use crate::files::create_folder;
use crate::{report, results};

/// Makes sure that results can be written to the folder of an experiment.
///
/// # Errors
/// A usage error that says what is in the way.
pub fn check(out: &Path, name: &str) -> Result<()> {
    usage(check_parts(out, name).with_context(|| format!("--out {}", out.display())))
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
    check_kinds(&folder)?;
    // Results are replaced by files that are written beside them.
    for folder in [out, folder.as_path()].into_iter().filter(|folder| folder.is_dir()) {
        tempfile::tempfile_in(folder)
            .with_context(|| format!("nothing can be written into {}", folder.display()))?;
    }
    Ok(())
}

/// Refuses what stands where the files of an experiment go and cannot be replaced by them.
fn check_kinds(folder: &Path) -> Result<()> {
    let figures = folder.join(report::FIGURES);
    let numbers = results::FILES.iter().chain(&["experiment.json", DECISIONS, report::PAGE]);
    let names = numbers.chain(&report::FILES).chain(&Tokenizer::FILES);
    let files = names.map(|name| folder.join(name)).chain(report::drawings(folder));
    for file in files.filter(|file| *file != figures) {
        let is_free = fs::metadata(&file).map_or(true, |found| found.is_file());
        ensure!(
            is_free,
            "{} is not a plain file; expected one, or none: move it away",
            file.display()
        );
    }
    let is_free = fs::symlink_metadata(&figures).is_err() || figures.is_dir();
    ensure!(is_free, "{} is no folder; expected one, or nothing: move it away", figures.display());
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
}
