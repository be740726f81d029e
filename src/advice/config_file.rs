//! Configuration files of other trainers: their keys are recognised, nothing is executed.

mod command;
mod python;
mod shell;
mod tables;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};

use super::keys::{Keys, Part};
use super::run::RunFields;
use super::trainers::Trainer;
use crate::shell::quoted;

/// Files of another size are no configuration.
const LARGEST: u64 = 1 << 20;

/// What a file says of a run beside what is `given`; `remarks` get what is to be known of how it was read, also where it
/// is refused.
///
/// # Errors
/// A file that is no configuration of a known trainer, or whose value cannot be read; the message names the key.
pub fn read_config(path: &Path, given: &RunFields, remarks: &mut Vec<String>) -> Result<RunFields> {
    let keys = keys_of(path)?;
    let parts: Vec<&Part> = keys.parts.iter().filter(|part| is_of_training(part)).collect();
    if !parts.is_empty() {
        return command::read(path, &parts, given, remarks);
    }
    let name = path.display();
    let trainer = Trainer::of(&keys).with_context(|| format!("{name} is not told apart"))?;
    let Some(trainer) = trainer else {
        if !keys.parts.is_empty() {
            let parts: Vec<&Part> = keys.parts.iter().collect();
            return command::read(path, &parts, given, remarks);
        }
        return Err(unrecognised(&name.to_string()));
    };
    let fields = trainer.read(&keys, given, remarks);
    fields.with_context(|| format!("{name}, read as {}", trainer.name))
}

/// What a file says, whosever it is.
fn keys_of(path: &Path) -> Result<Keys> {
    let name = path.display();
    let size = fs::metadata(path).with_context(|| format!("cannot read {name}"))?.len();
    ensure!(
        size <= LARGEST,
        "{name} has {size} bytes; expected a configuration file, of 1 MiB at most"
    );
    let text = fs::read(path).with_context(|| format!("cannot read {name}"))?;
    let is_utf16 = text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff");
    ensure!(
        !is_utf16,
        "{name} is UTF-16; convert it with `iconv -f UTF-16 -t UTF-8 {} > NEW`",
        quoted(path)
    );
    let text = String::from_utf8(text).with_context(|| format!("{name} is no text in UTF-8"))?;
    // Some editors begin a text with a mark of its encoding.
    let text = text.trim_start_matches('\u{feff}');
    keys(path, text).with_context(|| format!("cannot read {name}"))
}

fn unrecognised(name: &str) -> anyhow::Error {
    anyhow!(
        "{name} is no configuration that is recognised; expected one of {}. Give the run by --params, --tokens, --batch \
         and --lr instead",
        Trainer::names().join(", ")
    )
}

/// Whether a configuration is read by a command with flags of a trainer: others prepare data, or convert a model.
fn is_of_training(part: &Part) -> bool {
    let is_training = part.takes_flags || !matches!(Trainer::of(&part.beside), Ok(None));
    is_training && !part.is_maybe_data
}

fn keys(path: &Path, text: &str) -> Result<Keys> {
    match path.extension().and_then(|ending| ending.to_str()).unwrap_or_default() {
        "json" => tables::json(text),
        "yaml" | "yml" => tables::yaml(text),
        "toml" => tables::toml(text),
        "py" => python::keys(text),
        _ => Ok(shell::keys(text)),
    }
}
