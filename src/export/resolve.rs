use std::path::Path;

use anyhow::{Result, bail, ensure};

use super::arms::ArmRows;
use super::rule::Rule;
use crate::config::RunConfig;
use crate::experiment::{Arm, Changes, SearchedRule, Spec};
use crate::results::{Experiment, RunRow};
use crate::store::Store;

/// Everything that an arm trains by: from the run's own folder where it is there, else from the spec that the
/// results keep, where that has an arm of the same identity.
pub fn rule(folder: &Path, experiment: &Experiment, arm: &ArmRows) -> Result<Rule> {
    let row = arm.first();
    let rule = stored(folder, row).or_else(|| of_spec(experiment, row));
    let Some(rule) = rule else {
        bail!(
            "cannot tell the whole recipe of `{}`: there is no .runs/{} beside {}, and the spec in its experiment.json \
             has no such arm (was it changed on another command line?); write the results anew with `wane collect` \
             and the changes of the sweep, or export where the runs are",
            arm.label,
            row.run,
            folder.display()
        );
    };
    check(&rule, folder)?;
    Ok(rule)
}

/// Numbers that only a file changed by hand can have.
fn check(rule: &Rule, folder: &Path) -> Result<()> {
    let recipe = &rule.recipe;
    let fits = recipe.warmup.checked_add(recipe.hold).is_some_and(|start| start <= recipe.steps);
    ensure!(
        recipe.steps > 0 && fits && recipe.lr > 0.0,
        "the recipe of {} is damaged: {} steps, {} of them warm-up and {} at the peak, lr {}",
        folder.display(),
        recipe.steps,
        recipe.warmup,
        recipe.hold,
        recipe.lr
    );
    Ok(())
}

fn stored(folder: &Path, row: &RunRow) -> Option<Rule> {
    let folder = folder.canonicalize().ok()?;
    let run = Store::new(folder.parent()?).run(&row.run)?;
    let RunConfig { model, recipe, decay, by_role, .. } = run;
    Some(Rule { model, recipe, decay, by_role })
}

fn of_spec(experiment: &Experiment, row: &RunRow) -> Option<Rule> {
    let changes = Changes::of_command(&experiment.provenance.command);
    let changed = Spec::parse(&experiment.spec, &changes).ok();
    let as_written = || Spec::parse(&experiment.spec, &Changes::default()).ok();
    let arm = changed.and_then(|spec| arm_of(&spec, row));
    let arm = arm.or_else(|| arm_of(&as_written()?, row))?;
    let Arm { model, recipe, decay, by_role, .. } = arm;
    let decay = decay.normalised();
    Some(Rule { model, recipe, decay, by_role })
}

/// The arm of a spec that a row is of.
fn arm_of(spec: &Spec, row: &RunRow) -> Option<Arm> {
    let given = spec.arms.iter().cloned();
    let found =
        spec.searched.iter().flat_map(|rule| [at(rule, row), at(&rule.without_decay(), row)]);
    given.chain(found.flatten()).find(|arm| is_of(arm, row))
}

/// The arm of a searched rule at the values of a row.
fn at(rule: &SearchedRule, row: &RunRow) -> Option<Arm> {
    let value = |key: &str| match key {
        "weight_decay" => row.weight_decay,
        key => {
            let words = row.axes.split(' ').filter_map(|word| word.split_once('='));
            words.filter(|(name, _)| *name == key).find_map(|(_, value)| value.parse().ok())
        }
    };
    let values: Option<Vec<f64>> = rule.axes.iter().map(|axis| value(axis.key)).collect();
    Some(rule.at(&values?))
}

/// Whether a row is of an arm: its decay, what stands beside it, and the identity of model and recipe.
fn is_of(arm: &Arm, row: &RunRow) -> bool {
    let decay = &arm.decay;
    let same_decay =
        (decay.form, decay.mask, decay.weight_decay) == (row.form, row.mask, row.weight_decay);
    let same_recipe = match row.setting.as_str() {
        "" => arm.variant == row.variant && arm.recipe.lr == row.lr,
        setting => arm.setting() == setting && arm.treatment == row.treatment,
    };
    same_decay && same_recipe && arm.transfer == row.transfer
}
