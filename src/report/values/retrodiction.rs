//! What published rules for λ would have said of the originals.

use super::super::format::{self, three_digits};
use super::super::published::markdown_table;
use crate::advice::{BaseRun, LearningRate, Run, Said, ask};
use crate::config::{Form, LrShape, OptimizerKind};
use crate::published::{Algorithm, Fall, Published};

/// Rules that take size, tokens and batch alone, by their ids.
pub const RULES: [&str; 2] = ["power-lines", "adana"];

/// The original as a run that rules can be asked of; `None` where its source says too little.
fn original(one: &Published) -> Option<Run> {
    let (schedule, steps) = one.original_schedule()?;
    let (params, batch) =
        (one.original.params.as_ref()?.value, one.original.batch_tokens.as_ref()?.value);
    let recipe = one.recipe();
    let tokens = one.original.tokens.as_ref().map_or(steps as f64 * batch, |fact| fact.value);
    let epochs = one.original.epochs.as_ref().map_or(1.0, |fact| fact.value);
    let fall = match schedule.shape {
        LrShape::Cosine => Fall::Cosine,
        LrShape::Linear if schedule.hold > 0 => Fall::Wsd,
        LrShape::Linear => Fall::Linear,
        LrShape::InverseSqrt => Fall::InverseSqrt,
    };
    let optimizer = match recipe.optimizer {
        OptimizerKind::Adam => Algorithm::AdamW,
        OptimizerKind::Adafactor => Algorithm::Adafactor,
        _ => return None,
    };
    Some(Run {
        params,
        tokens,
        batch,
        lr: LearningRate {
            peak: schedule.lr,
            fall: Some(fall),
            wsd_fall: 1.0 - (schedule.warmup + schedule.hold) as f64 / schedule.steps as f64,
            min_ratio: schedule.min_lr_ratio,
            warmup: schedule.warmup as f64,
            fall_ends: (schedule.steps != steps).then_some(schedule.steps as f64),
        },
        unique_tokens: (epochs > 1.0).then_some(tokens / epochs),
        optimizer,
        weight_decay: (one.recipe.form.value != Form::LrPower).then_some(one.coefficient()),
        beta1: recipe.betas[0],
        width: None,
        depth: None,
        rotation: None,
        base: BaseRun::default(),
    })
}

/// What each of [`RULES`] says of the original, in their order.
pub fn said(one: &Published) -> Vec<Option<Said>> {
    let all = original(one).map(|run| ask(&run)).unwrap_or_default();
    RULES.iter().map(|id| all.iter().find(|said| said.rule.id == *id).cloned()).collect()
}

/// λ as a rule has it, in parentheses where the run lies outside of what it was fitted on.
fn cell(said: Option<&Said>) -> String {
    let Some((said, value)) = said.and_then(|one| Some((one, one.weight_decay?))) else {
        return format::MISSING.to_owned();
    };
    match said.applies() {
        true => three_digits(value),
        false => format!("({})", three_digits(value)),
    }
}

/// The models with what rules would have said of them.
pub fn section(models: &[&Published]) -> String {
    let row = |one: &&&Published| {
        let run = original(one)?;
        let said = said(one);
        let mut cells = vec![
            one.model.clone(),
            format::magnitude(run.params),
            format::magnitude(run.tokens),
            run.weight_decay.map_or("lr²".to_owned(), three_digits),
        ];
        cells.extend(said.iter().map(|one| cell(one.as_ref())));
        cells.push(one.timescale_epochs().map_or(format::MISSING.to_owned(), three_digits));
        Some(cells)
    };
    let rows: Vec<Vec<String>> = models.iter().filter_map(|one| row(&one)).collect();
    format!(
        "## What published rules would have said of the originals\n\n{}\n\nλ by Power Lines (Bergsma et al. 2025, arXiv \
         2505.13738, its constants second-hand) and ADANA (Ferbach et al. 2026, arXiv 2602.05298), from size, tokens, \
         batch and learning rate. In parentheses: the original lies outside of what the rule was fitted on, which is true \
         of every model larger than a few billion parameters. τ is taken of a text that was read once where the source \
         does not say how often.",
        markdown_table(
            "model | parameters | tokens | its λ | Power Lines | ADANA | its τ in epochs",
            rows.into_iter()
        )
    )
}
