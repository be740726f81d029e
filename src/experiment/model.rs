//! From `[model]` to a shape.

use anyhow::{Result, ensure};

use super::given::{Given, WrongKey};
use crate::config::{Family, ModelShape, Named, SHAPE_KEYS};

/// The shape that a table and a family make; `recipe` is the family of a published recipe, for a table
/// that names none.
///
/// # Errors
/// A number that the family does not read, or numbers that do not fit each other.
pub fn resolve(given: &Given, recipe: Option<Family>) -> Result<ModelShape> {
    let family = given.named("family").and_then(|named| named.first().copied()).or(recipe);
    let mut shape = ModelShape { family: family.unwrap_or_default(), ..ModelShape::DEFAULT };
    let facts = shape.family.facts();
    for row in SHAPE_KEYS {
        let Some(value) = given.one(row.key.name) else { continue };
        let is_read = row.key.families().is_none_or(|families| families.contains(&shape.family));
        if !is_read {
            let has = match facts.keys {
                [] => "it has no keys of its own".to_owned(),
                keys => format!("of its own it has {}", keys.join(", ")),
            };
            let problem = format!(": the family `{}` does not read it; {has}", shape.family.name());
            return Err(WrongKey::new(given.at(row.key.name), problem).into());
        }
        row.set(&mut shape, value);
    }
    ensure!(
        shape.channels.is_multiple_of(shape.heads),
        "model.heads = {} does not divide model.channels = {}",
        shape.heads,
        shape.channels
    );
    (facts.imply)(&mut shape);
    check(&shape)?;
    Ok(shape)
}

/// The tables of `[model]` that the lists of an arm make of it, every combination.
pub fn varied(arm: &Given, common: &Given) -> Vec<Given> {
    let mut tables = vec![common.clone()];
    for row in SHAPE_KEYS {
        let name = row.key.name;
        let Some(values) = arm.list(name) else { continue };
        let with = |table: &Given| {
            let table = table.clone();
            values.iter().map(move |value| table.clone().with(name, value.clone()))
        };
        tables = tables.iter().flat_map(with).collect();
    }
    tables
}

/// What an arm says of its model, as in labels.
pub fn differences(model: &ModelShape, arm: &Given) -> Vec<String> {
    let said = SHAPE_KEYS.iter().filter(|row| arm.list(row.key.name).is_some());
    said.filter_map(|row| Some(format!("{}={}", row.key.name, (row.get)(model)?))).collect()
}

/// Checks what one number asks of another.
fn check(shape: &ModelShape) -> Result<()> {
    let heads = shape.heads;
    if shape.family.facts().rotary_base.is_some() {
        ensure!(
            shape.head_channels().is_multiple_of(2),
            "model.channels / model.heads = {}: rotary positions need an even number",
            shape.head_channels()
        );
    }
    if let Some(kv_heads) = shape.kv_heads {
        ensure!(
            heads.is_multiple_of(kv_heads),
            "model.kv_heads = {kv_heads} does not divide model.heads = {heads}"
        );
    }
    if let (Some(active), Some(experts)) = (shape.active_experts, shape.experts) {
        ensure!(
            active <= experts,
            "model.active_experts = {active}: expected at most model.experts = {experts}"
        );
    }
    Ok(())
}
