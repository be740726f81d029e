//! A command with the configuration that it reads: its flags stand over what the file says.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};

use super::{keys_of, unrecognised};
use crate::advice::keys::{Keys, Part};
use crate::advice::run::RunFields;
use crate::advice::trainers::Trainer;

/// What the command of a script trains by, which is one of `parts`; no default fills the gaps of a file that is not found.
pub fn read(
    script: &Path,
    parts: &[&Part],
    given: &RunFields,
    remarks: &mut Vec<String>,
) -> Result<RunFields> {
    let part = parts.first().context("a command without a configuration")?;
    let is_one = parts.iter().all(|other| other == part);
    let why = match found(script, &part.told) {
        _ if !is_one => "it is one of several",
        _ if part.takes_flags => "flags come to it by a variable",
        None => "there is no such file beside it, in the folder above or in this one",
        Some(file) => return merged(script, &file, part, given, remarks),
    };
    Err(anyhow!(
        "the command in {} reads {}, which is not read with it: {why}; give that file with --config, and what the \
         command's flags say otherwise by arguments, such as --steps or --lr",
        script.display(),
        part.told
    ))
}

/// The file of a name in a script: commands are called beside it, above it or here.
fn found(script: &Path, name: &str) -> Option<PathBuf> {
    let own = script.parent();
    let above = own.map(|own| own.join(".."));
    let folders = own.map(Path::to_path_buf).into_iter().chain(above).chain([PathBuf::new()]);
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn merged(
    script: &Path,
    file: &Path,
    part: &Part,
    given: &RunFields,
    remarks: &mut Vec<String>,
) -> Result<RunFields> {
    let name = format!("the command in {} with {}", script.display(), file.display());
    let mut keys = over(keys_of(file)?, &part.beside);
    let trainer = Trainer::of(&keys).with_context(|| format!("{name} is not told apart"))?;
    let trainer = trainer.ok_or_else(|| unrecognised(&name))?;
    trainer.settle(&mut keys, &part.beside);
    remarks.push(format!("flags of {} stand over {}", script.display(), file.display()));
    let fields = trainer.read(&keys, given, remarks);
    fields.with_context(|| format!("{name}, read as {}", trainer.name))
}

/// A file's keys with a command's in their place.
fn over(mut file: Keys, command: &Keys) -> Keys {
    for (name, found) in command.names().filter_map(|name| Some((name, command.get(name)?))) {
        file.replace(name, found.clone());
    }
    file
}
