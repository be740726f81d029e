//! Rows of runs that have not begun: what their configuration tells.

use super::{RunRow, bits_per_byte};
use crate::config::{ByRole, Decay, Group, Recipe, Role, RunConfig, timescale_steps, total_decay};
use crate::corpus::Levels;
use crate::experiment::Entry;
use crate::record::{Status, joined};
use crate::store::SoFar;

/// The row of an entry, whose run has this record; `levels` are those of the run's text.
pub fn run_row(entry: &Entry, run: &RunConfig, record: &SoFar, levels: Option<Levels>) -> RunRow {
    planned_row(entry, run, levels).so_far(record)
}

/// The row of an entry whose run has not begun; its steps and tokens are those that it is to take.
pub fn planned_row(entry: &Entry, run: &RunConfig, levels: Option<Levels>) -> RunRow {
    let arm = &entry.arm;
    let bytes = levels.and_then(|levels| levels.bytes);
    let on_test = |nats: Option<f64>| Some(bits_per_byte(nats?, bytes?.test));
    RunRow {
        run: entry.id.to_string(),
        seed: entry.seed.label,
        variant: arm.variant.clone(),
        recipe: arm.published.map(|published| published.name.clone()),
        transfer: arm.transfer,
        setting: arm.setting(),
        test_uniform: levels.map(|levels| levels.uniform),
        test_unigram: levels.map(|levels| levels.unigram),
        test_ngram: levels.map(|levels| levels.ngram),
        test_ngram_order: levels.map(|levels| levels.ngram_order),
        test_floor: levels.and_then(|levels| levels.floor),
        val_bytes_per_token: bytes.map(|bytes| bytes.val),
        test_bytes_per_token: bytes.map(|bytes| bytes.test),
        test_unigram_bpb: on_test(levels.map(|levels| levels.unigram)),
        test_ngram_bpb: on_test(levels.map(|levels| levels.ngram)),
        base: arm.base(),
        axes: arm.place(),
        tuned: arm.tuned(),
        stage: entry.stage,
        treatment: arm.treatment.clone(),
        common: arm.common(),
        ..bare_row(run, &arm.decay, &arm.recipe, &arm.by_role)
    }
}

/// The row of a run whose sweep is not known: its arm is told by its configuration alone.
pub fn other_row(run: &RunConfig) -> RunRow {
    let differences = run.recipe.differences(&Recipe::DEFAULT).into_iter();
    let variant: Vec<String> = differences.map(|(key, value)| format!("{key}={value}")).collect();
    RunRow { variant: variant.join(" "), ..bare_row(run, &run.decay, &run.recipe, &run.by_role) }
}

/// The group that Λ and τ speak of: matrices inside the blocks. Where attention and MLP have numbers of their own, those
/// of which decay takes the larger share, as the form has it: under `independent` the learning rate is no part of it.
fn bulk(recipe: &Recipe, decay: &Decay, by_role: &ByRole) -> Group {
    let groups = [Role::Mlp, Role::Attention].map(|role| Group::of(recipe, decay, by_role, role));
    let strength = |group: &Group| {
        let schedule = group.recipe.lr_schedule();
        let total = total_decay(decay.form, group.weight_decay, &schedule, recipe.steps);
        // Forms without a total have no column to fill: there λ tells whether a role decays at all.
        total.unwrap_or(group.weight_decay)
    };
    let [mlp, attention] = groups;
    if strength(&attention) > strength(&mlp) { attention } else { mlp }
}

/// What a run's configuration tells of it, under the decay and the recipe of an arm.
fn bare_row(run: &RunConfig, decay: &Decay, recipe: &Recipe, by_role: &ByRole) -> RunRow {
    let bulk = bulk(recipe, decay, by_role);
    let schedule = bulk.recipe.lr_schedule();
    let verbatim = run.recipe.verbatim();
    let repeats =
        run.data.canaries.as_ref().map_or(String::new(), |canaries| joined(&canaries.repeats));
    RunRow {
        run: run.id().to_string(),
        form: decay.form,
        mask: decay.mask,
        weight_decay: decay.weight_decay,
        lr: recipe.lr,
        seed: run.data.seed,
        status: Status::Unfinished,
        steps: recipe.steps,
        train_loss: None,
        val_loss: None,
        gap: None,
        best_val_loss: None,
        best_step: None,
        total_decay: total_decay(decay.form, bulk.weight_decay, &schedule, recipe.steps),
        timescale_steps: timescale_steps(decay.form, bulk.weight_decay, &schedule),
        weight_norm: None,
        seconds: None,
        variant: String::new(),
        val_floor: None,
        backend: None,
        commit: None,
        family: run.model.family,
        recipe: None,
        transfer: None,
        setting: String::new(),
        val_unigram: None,
        tokens: recipe.steps.saturating_mul(run.tokens_per_step()),
        test_loss: None,
        stopped_test_loss: None,
        test_uniform: None,
        test_unigram: None,
        test_ngram: None,
        test_ngram_order: None,
        test_floor: None,
        texts: Some(run.data.texts()),
        text_seed: run.data.text_seed,
        model_seed: run.start.seed(),
        data_seed: Some(run.data.seed),
        base: String::new(),
        axes: String::new(),
        tuned: String::new(),
        stage: None,
        treatment: String::new(),
        last_train_loss: None,
        last_val_loss: None,
        val_bytes_per_token: None,
        test_bytes_per_token: None,
        val_bpb: None,
        test_bpb: None,
        stopped_test_bpb: None,
        test_unigram_bpb: None,
        test_ngram_bpb: None,
        verbatim_after: verbatim.map(|terms| terms.after),
        verbatim_tokens: verbatim.map(|terms| terms.tokens),
        verbatim_train: None,
        verbatim_val: None,
        longest_verbatim: None,
        longest_verbatim_val: None,
        exposure: None,
        exposure_by_repeats: repeats,
        divergence: None,
        stopped_verbatim_train: None,
        stopped_verbatim_val: None,
        stopped_exposure: None,
        stopped_divergence: None,
        val_copied: None,
        test_copied: None,
        common: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::example;
    use crate::config::{Form, Mask};

    /// Λ of a run whose attention has λ = 0.02 at a learning rate of 1, and whose MLPs have λ = 0.1 at 0.003.
    fn total(form: Form) -> Option<f64> {
        let mut run = example();
        run.decay = Decay { form, mask: Some(Mask::Matrices), weight_decay: Some(0.1) };
        run.by_role.set_weight_decay(Role::Attention, 0.02);
        run.by_role.set_lr(Role::Attention, 1.0);
        other_row(&run).total_decay
    }

    #[test]
    fn the_row_speaks_of_the_role_of_which_its_form_takes_more_away() {
        let recipe = example().recipe;
        let of = |form, lambda, lr| {
            let schedule = Recipe { lr, ..recipe }.lr_schedule();
            total_decay(form, lambda, &schedule, recipe.steps)
        };
        assert_eq!(total(Form::AdamW), of(Form::AdamW, 0.02, 1.0));
        assert_eq!(total(Form::Independent), of(Form::Independent, 0.1, recipe.lr));
        assert_eq!(total(Form::L2), None);
    }
}
