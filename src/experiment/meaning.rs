//! What goes together in an arm, and what says nothing beside the rest of it.

use anyhow::{Result, ensure};

use super::arm::{Arm, reads};
use super::given::{Given, WrongKey};
use crate::config::{
    ByRole, DECAY_TERMS, Decay, Form, Mask, ModelShape, Named, NormControl, OptimizerKind, Recipe,
    Role, Verbatim,
};

/// Sets back what an arm with this decay does not read: it is said for others.
pub fn forget_unread(decay: &Decay, recipe: &mut Recipe) {
    let said = *recipe;
    recipe.reset(|key| !reads(decay, &said, key));
}

/// Checks what one part of an arm asks of another.
///
/// # Errors
/// A combination without meaning; the message names the key and says why.
pub fn check(table: &Given, decay: &Decay, recipe: &Recipe) -> Result<()> {
    check_terms(table, decay)?;
    check_norms(decay, recipe)
}

/// A term of decay needs a form that reads it.
fn check_terms(table: &Given, decay: &Decay) -> Result<()> {
    let form = decay.form;
    let of_adam = "adam.weight_decay";
    if table.list(of_adam).is_some() && !form.takes_weight_decay() {
        let why = format!(": the form `{form}` takes no weight_decay");
        return Err(WrongKey::new(table.at(of_adam), why).into());
    }
    for key in table.keys().filter(|key| DECAY_TERMS.contains(key)) {
        let why = match key {
            "target_norm" if form != Form::TargetNorm => {
                format!(": only the form `target-norm` reads it, this arm has `{form}`")
            }
            "target_norm" => continue,
            _ if !form.takes_weight_decay() => {
                format!(": the form `{form}` has no λ that could change over the run")
            }
            _ => continue,
        };
        return Err(WrongKey::new(table.at(key), why).into());
    }
    Ok(())
}

/// Checks that a prompt, and what it should be continued by, fit into the model's context.
///
/// # Errors
/// They do not; the message names the keys and the numbers.
pub fn check_verbatim(model: &ModelShape, recipe: &Recipe) -> Result<()> {
    let Some(Verbatim { after, tokens, .. }) = recipe.verbatim() else { return Ok(()) };
    let (context, needed) = (model.context, after + tokens - 1);
    ensure!(
        needed <= context,
        "train.verbatim_after = {after} and train.verbatim_tokens = {tokens} need a context of {needed}, but \
         model.context = {context}; lower one of the two"
    );
    Ok(())
}

/// Holding a norm needs a norm, and one optimizer that the rule was made for.
fn check_norms(decay: &Decay, recipe: &Recipe) -> Result<()> {
    let holds = matches!(decay.form.norm_control(), NormControl::Fixed | NormControl::Matched);
    let Some(mask) = decay.mask.filter(|_| holds) else { return Ok(()) };
    ensure!(
        !mask.decays(Role::Bias),
        "the form `{}` goes by the norms of weights, and biases start at 0; with mask = \"{}\" it would \
         act on them, expected mask = \"{}\" or \"{}\"",
        decay.form,
        mask.name(),
        Mask::Matrices.name(),
        Mask::Linear.name()
    );
    ensure!(
        decay.form != Form::Hyperball || recipe.optimizer != OptimizerKind::Adafactor,
        "the form `hyperball` sets the size of an update by the norm of its weights, and so does the optimizer \
         `adafactor`; choose another of the two"
    );
    Ok(())
}

/// Checks that a role is one of the model's, and that it has a λ of its own where the arm decays it alone.
///
/// # Errors
/// One of both is not so; the message names the key and says why.
pub fn check_roles(
    table: &Given,
    model: &ModelShape,
    decay: &Decay,
    by_role: &ByRole,
) -> Result<()> {
    for (role, terms) in by_role.iter() {
        if !model.has(role) {
            let family = model.family.name();
            let instead = match role {
                Role::Head => ": its head is the embedding; write by_role.embedding",
                _ => "",
            };
            let why = format!(
                ": a model of the family `{family}` has no parameters of this role{instead}"
            );
            return Err(WrongKey::new(table.at(&format!("by_role.{role}")), why).into());
        }
        if terms.weight_decay.is_none() {
            continue;
        }
        let at = || table.at(&format!("by_role.{role}.weight_decay"));
        let why = match decay.mask {
            None => format!(": the form `{}` decays nothing", decay.form),
            Some(_) if !decay.form.takes_weight_decay() => {
                format!(": the form `{}` takes no weight_decay", decay.form)
            }
            Some(mask) if !mask.decays(role) => {
                format!(": mask = \"{}\" does not decay the role `{role}`", mask.name())
            }
            Some(_) => continue,
        };
        return Err(WrongKey::new(at(), why).into());
    }
    Ok(())
}

/// Refuses a term of decay in `[train]` that no arm reads.
pub fn refuse_unread(arms: &[&Arm], train: &Given) -> Result<()> {
    let is_read = |key: &str| arms.iter().any(|arm| reads(&arm.decay, &arm.recipe, key));
    match train.keys().find(|key| DECAY_TERMS.contains(key) && !is_read(key)) {
        Some(key) => {
            let why = ": no arm has a form of decay that reads it";
            Err(WrongKey::new(train.at(key), why).into())
        }
        None => Ok(()),
    }
}
