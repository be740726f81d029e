//! Whether a file holds the tensors of a model, no fewer and no more, and what may be the cause if not.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use super::names::{core, layers, likelier_family};
use super::stored::Tensors;
use crate::config::{ModelShape, Named, ParameterShape, Role};
use crate::plural::counted;

/// # Errors
/// A tensor that is missing or left over; the message names it and the likely cause.
pub fn check(
    name: &str,
    tensors: &Tensors,
    shape: &ModelShape,
    parameters: &[ParameterShape],
) -> Result<()> {
    let missing: Vec<&ParameterShape> =
        parameters.iter().filter(|one| !tensors.contains_key(core(&one.name))).collect();
    let known: BTreeSet<&str> = parameters.iter().map(|one| core(&one.name)).collect();
    let surplus = tensors.iter().filter(|(core, _)| !known.contains(core.as_str()));
    let surplus: Vec<&str> = surplus.map(|(_, one)| one.name.as_str()).collect();
    let cause = || cause(tensors, shape, parameters, &missing);
    match (missing.first(), surplus.first()) {
        (None, None) => Ok(()),
        (Some(first), _) => {
            let beside = surplus.first().map_or_else(String::new, |other| {
                format!("; it holds `{other}`{}, which no parameter is named", more(surplus.len()))
            });
            bail!(
                "{name}: the tensor `{}`{} is missing{beside}; {}",
                first.name,
                more(missing.len()),
                cause()
            )
        }
        (None, Some(first)) => bail!(
            "{name}: the tensor `{first}`{} belongs to no parameter of this model; {}",
            more(surplus.len()),
            cause()
        ),
    }
}

fn more(count: usize) -> String {
    if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() }
}

fn cause(
    tensors: &Tensors,
    shape: &ModelShape,
    parameters: &[ParameterShape],
    missing: &[&ParameterShape],
) -> String {
    let found: BTreeSet<&str> = tensors.keys().map(String::as_str).collect();
    if let Some(family) = likelier_family(&found, shape) {
        return format!("its names are those of model.family = \"{}\"", family.name());
    }
    let layers = layers(found.into_iter());
    if layers != shape.layers && layers > 0 {
        let layers = counted(layers, "layer");
        return format!("the file has {layers}, and model.layers = {}", shape.layers);
    }
    let is_bias = |one: &&ParameterShape| one.name.ends_with(".bias");
    let biases = parameters.iter().filter(is_bias).count();
    if biases > 0 && missing.len() == biases && missing.iter().all(is_bias) {
        return "it was trained without biases, which this family has; add tensors of zeros under their names"
            .to_owned();
    }
    let family = shape.family.name();
    let example = parameters.iter().find(|one| one.role == Role::Attention);
    let example = example.map_or("", |one| one.name.as_str());
    format!("check [model]; the tensors of {family} are named such as `{example}`")
}
