use anyhow::Result;
use indicatif::{HumanCount, HumanDuration};
use std::time::Duration;

use super::output::print;
use crate::backend::DeviceKind;
use crate::config::Named;
use crate::experiment::Arm;
use crate::experiment::cost::core_seconds;
use crate::report::settings_table;
use crate::runner::Todo;
use crate::runner::layout::mebibytes;
use crate::runner::{Pending, cohorts};
use crate::session::inputs::{Inputs, SpecArgs, TrainingArgs};
use crate::store::Store;

#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    training: TrainingArgs,
    /// Show every value of every arm and where it comes from
    #[arg(long)]
    resolved: bool,
}

pub fn run(args: Args) -> Result<()> {
    let inputs = Inputs::load(&args.spec)?;
    let (spec, plan) = (&inputs.spec, &inputs.plan);
    if args.resolved {
        let arm = |arm: &Arm| settings_table(&arm.label(), spec.settings(arm));
        return print(&spec.arms.iter().map(arm).collect::<Vec<_>>().join("\n\n"));
    }
    let layout = args.training.layout(&plan.runs)?;
    let store = Store::new(&args.training.out);
    let todo = Todo::of(&plan.runs, &store);
    let pending = todo.pending();
    let share = |run: &Pending| run.steps_left() as f64 / run.run.recipe.steps as f64;
    let seconds: f64 = pending.iter().map(|run| core_seconds(&run.run) * share(run)).sum();
    let seconds = seconds / layout.workers as f64;
    let cohorts = cohorts(pending, layout.lanes, layout.workers);

    let mut lines = Vec::new();
    lines.push(format!("experiment   {}", spec.name));
    if let Some(question) = &spec.question {
        lines.push(format!("question     {question}"));
    }
    lines.push(format!(
        "data         {}: {} train and {} val tokens, vocabulary {}, order {}",
        inputs.corpus.source,
        HumanCount(inputs.corpus.train.len() as u64),
        HumanCount(inputs.corpus.val.len() as u64),
        inputs.corpus.vocabulary,
        spec.split.order.name(),
    ));
    for model in spec.models() {
        lines.push(format!(
            "model        {}: {} layers, {} heads, {} channels, context {}; {} parameters",
            model.family.name(),
            model.layers,
            model.heads,
            model.channels,
            model.context,
            HumanCount(model.parameter_count(inputs.corpus.vocabulary) as u64),
        ));
    }
    lines.push(format!(
        "runs         {} rows: {} arms × {} seeds; {} different runs:",
        plan.entries.len(),
        spec.arms.len(),
        spec.seeds.len(),
        plan.runs.len(),
    ));
    lines.extend(todo.reasons().iter().map(|reason| format!("             {reason}")));
    lines.extend(spec.notes.iter().map(|note| format!("left out     {note}")));
    lines.push(format!(
        "tokens       {} to train on in all runs together",
        HumanCount(plan.training_tokens())
    ));
    lines.push(format!(
        "cohorts      {} of at most {} lanes ({}), {} at a time with {} thread(s) each",
        cohorts.len(),
        layout.lanes,
        layout.reason,
        layout.workers,
        layout.threads,
    ));
    lines.push(format!(
        "memory       about {} ({} a lane)",
        mebibytes(layout.bytes()),
        mebibytes(layout.lane_bytes)
    ));
    match args.training.backend.kind() {
        DeviceKind::Cpu => {
            lines.push(format!(
                "time         about {} on this CPU",
                HumanDuration(Duration::from_secs_f64(seconds))
            ));
        }
        DeviceKind::Gpu => lines.push("time         not estimated on a GPU".to_owned()),
    }
    print(&lines.join("\n"))
}
