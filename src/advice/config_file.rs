//! Configuration files of other trainers: their keys are recognised, nothing is executed.

mod python;
mod shell;
mod tables;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

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
    let keys = keys(path, text).with_context(|| format!("cannot read {name}"))?;
    refuse_part(path, keys.parts.iter().find(|part| is_of_training(part)))?;
    let trainer = Trainer::of(&keys).with_context(|| format!("{name} is not told apart"))?;
    let Some(trainer) = trainer else {
        refuse_part(path, keys.parts.first())?;
        bail!(
            "{name} is no configuration that is recognised; expected one of {}. Give the run by --params, \
             --tokens, --batch and --lr instead",
            Trainer::names().join(", ")
        );
    };
    let fields = trainer.read(&keys, given, remarks);
    fields.with_context(|| format!("{name}, read as {}", trainer.name))
}

/// Whether a configuration is read by a command with flags of a trainer: others prepare data, or convert a model.
fn is_of_training(part: &Part) -> bool {
    let is_training = part.takes_flags || !matches!(Trainer::of(&part.beside), Ok(None));
    is_training && !part.is_maybe_data
}

/// The flags of a command are a part of what it trains by where it reads a file beside them: no default fills the gaps.
fn refuse_part(path: &Path, part: Option<&Part>) -> Result<()> {
    let Some(part) = part else { return Ok(()) };
    bail!(
        "the command in {} reads {}, which is not read with it; give that file with --config, and what the command's flags \
         say otherwise by arguments, such as --steps or --lr",
        path.display(),
        part.told
    )
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
