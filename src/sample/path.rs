//! Which models a path leads to.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use super::request::Asked;
use super::source::Source;
use super::{hugging_face, results, saved};

/// What a path leads to.
const EXPECTED: &str = "expected weights that `wane train --save` wrote, such as weights.safetensors, the folder of \
                            an experiment, such as results/overfit, or a folder from Hugging Face with \
                            model.safetensors, config.json and a tokenizer";

/// The models that a path stands for.
///
/// # Errors
/// A path that leads to no model, or a run, an arm or a tokenizer that is not there; the message says what there is.
pub fn open(asked: &Asked) -> Result<Source> {
    let path = asked.path;
    let shown = path.display();
    if path.join("experiment.json").is_file() && path.join("runs.csv").is_file() {
        return results::open(asked);
    }
    ensure!(
        asked.runs.is_empty() && asked.arm.is_none() && !asked.best,
        "--run, --arm and --best choose among the runs of an experiment, and {shown} is no folder of one"
    );
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new(".")) };
    match (path.is_file(), folder.join("config.json").is_file()) {
        (true, _) if saved::is_saved(path) => saved::open(asked),
        (_, true) if path.exists() => hugging_face::open(asked, folder),
        (true, false) => bail!(
            "{shown} has neither the {} that `wane train --save` writes beside weights nor Hugging Face's \
             config.json beside it, so nothing says which model it is of; {EXPECTED}",
            saved::config_name(path)
        ),
        _ if path.try_exists().with_context(|| format!("cannot look at {shown}"))? => {
            bail!("{shown} holds no model; {EXPECTED}")
        }
        _ => bail!("{shown} is not there; {EXPECTED}"),
    }
}
