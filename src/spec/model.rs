//! From `[model]` to a shape: what each family has and what it takes for granted.

use anyhow::{Result, ensure};

use super::file::ModelTable;
use super::{count, keys};
use crate::run::{Family, ModelShape};

/// Checks a model's numbers and fills in what its family implies; `recipe` is the family of a
/// published recipe, for a table that names none.
pub fn resolve(table: &ModelTable, recipe: Option<Family>) -> Result<ModelShape> {
    let ModelTable { family, layers, heads, channels, context, .. } = table;
    let family = match family {
        None => recipe.unwrap_or(Family::Gpt2),
        Some(name) => keys::named("model.family", name, &Family::ALL, Family::name)?,
    };
    count("model.layers", *layers, 1_000)?;
    count("model.heads", *heads, 1_000)?;
    count("model.channels", *channels, 100_000)?;
    count("model.context", *context, 1_000_000)?;
    ensure!(
        channels.is_multiple_of(*heads),
        "model.heads = {heads} does not divide model.channels = {channels}"
    );
    let mut shape = ModelShape::gpt2(*layers, *heads, *channels, *context);
    shape.family = family;
    refuse_foreign(table, family)?;
    if family != Family::Gpt2 {
        ensure!(
            shape.head_channels().is_multiple_of(2),
            "model.channels / model.heads = {}: rotary positions need an even number",
            shape.head_channels()
        );
        shape.kv_heads = Some(kv_heads(table, family)?);
        shape.hidden = Some(hidden(table, family)?);
        shape.window = window(table, family)?;
        (shape.experts, shape.active_experts) = experts(table, family)?;
    }
    Ok(shape)
}

/// Refuses keys that a family has no use for.
fn refuse_foreign(table: &ModelTable, family: Family) -> Result<()> {
    let has_experts = matches!(family, Family::Mixtral | Family::Grok);
    let has_window = matches!(family, Family::Mistral | Family::Mixtral);
    let given = [
        ("kv_heads", table.kv_heads, !matches!(family, Family::Gpt2 | Family::Palm)),
        ("hidden", table.hidden, family != Family::Gpt2),
        ("window", table.window, has_window),
        ("experts", table.experts, has_experts),
        ("active_experts", table.active_experts, has_experts),
    ];
    for (key, value, belongs) in given {
        ensure!(
            value.is_none() || belongs,
            "model.{key}: the family `{}` has no such number; leave it out",
            family.name()
        );
    }
    Ok(())
}

/// All heads have their own keys in LLaMA; two share them in Mistral, Mixtral and Grok; one head
/// serves all in PaLM.
fn kv_heads(table: &ModelTable, family: Family) -> Result<usize> {
    let heads = table.heads;
    let implied = match family {
        Family::Palm => 1,
        Family::Mistral | Family::Mixtral | Family::Grok if heads.is_multiple_of(2) => heads / 2,
        _ => heads,
    };
    let kv_heads = table.kv_heads.unwrap_or(implied);
    count("model.kv_heads", kv_heads, heads)?;
    ensure!(
        heads.is_multiple_of(kv_heads),
        "model.kv_heads = {kv_heads} does not divide model.heads = {heads}"
    );
    Ok(kv_heads)
}

/// Two thirds of four times the width, so that three matrices have the parameters of two; PaLM's
/// paper says four times.
fn hidden(table: &ModelTable, family: Family) -> Result<usize> {
    let implied = match family {
        Family::Palm => 4 * table.channels,
        _ => (8 * table.channels).div_ceil(3).next_multiple_of(8),
    };
    let hidden = table.hidden.unwrap_or(implied);
    count("model.hidden", hidden, 400_000)?;
    Ok(hidden)
}

/// Mistral looks back half of the context unless told otherwise, so that the window matters.
fn window(table: &ModelTable, family: Family) -> Result<Option<usize>> {
    let implied = (family == Family::Mistral).then_some((table.context / 2).max(1));
    let window = table.window.or(implied);
    if let Some(window) = window {
        count("model.window", window, 1_000_000)?;
    }
    Ok(window)
}

/// Eight experts, two of them active, in Mixtral and Grok.
fn experts(table: &ModelTable, family: Family) -> Result<(Option<usize>, Option<usize>)> {
    if !matches!(family, Family::Mixtral | Family::Grok) {
        return Ok((None, None));
    }
    let (experts, active) = (table.experts.unwrap_or(8), table.active_experts.unwrap_or(2));
    count("model.experts", experts, 1_000)?;
    count("model.active_experts", active, experts)?;
    Ok((Some(experts), Some(active)))
}
