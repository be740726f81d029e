use anyhow::Result;
use indicatif::HumanCount;

use super::arguments::{SpecArgs, TrainingArgs};
use super::output::print;
use crate::backend::Backend;
use crate::config::{Claim, ModelShape, Named, Texts, plain};
use crate::corpus::Corpus;
use crate::experiment::cost::core_seconds;
use crate::experiment::{Arm, SearchedRule};
use crate::plural::counted;
use crate::report::words::{self, searched_title, standing};
use crate::report::{detectable, seeds_needed, settings_table};
use crate::runner::layout::{Shortage, duration, mebibytes};
use crate::runner::{cores, peak_bytes};
use crate::search::{Runs, runs_of};
use crate::session::{Forecast, Inputs, Options, Prospect};

#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    training: TrainingArgs,
    /// Show every value of every arm and where it comes from
    #[arg(long)]
    resolved: bool,
    /// Say how many seeds find a difference of so many nats per token
    #[arg(long, value_name = "NATS", value_parser = nats)]
    seeds_for: Option<f64>,
}

pub fn run(args: Args) -> Result<()> {
    let path = args.spec.spec.display().to_string();
    let options: Options = args.training.into();
    let inputs = Inputs::planned(&args.spec.into(), &options.out)?;
    if args.resolved {
        return print(&resolved(&inputs));
    }
    let forecast = Forecast::of(&inputs, &options)?;
    let prospect = Prospect::of(&inputs, &options)?;
    let power = power(&inputs, &prospect, args.seeds_for, &path);
    let mut runs = runs(&inputs, &forecast);
    let untold = prospect.other_values.iter().map(words::warning);
    runs.extend(untold.map(|what| format!("tune         {what}")));
    let lines = [asked(&inputs), claims(&inputs), runs, costs(&forecast), power].concat();
    print(&lines.join("\n"))
}

fn resolved(inputs: &Inputs) -> String {
    let spec = &inputs.spec;
    let table = |arm: &Arm| settings_table(&arm.label(), spec.settings(arm));
    spec.every_arm().map(table).collect::<Vec<_>>().join("\n\n")
}

/// Question, data and models.
fn asked(inputs: &Inputs) -> Vec<String> {
    let (spec, corpus) = (&inputs.spec, &inputs.corpus);
    let mut lines = vec![format!("experiment   {}", spec.name)];
    lines.extend(spec.question.iter().map(|question| format!("question     {question}")));
    lines.push(format!(
        "data         {}: {} train, {} val and {} test tokens, vocabulary {}, order {}",
        corpus.source,
        HumanCount(corpus.split.train as u64),
        HumanCount(corpus.split.val as u64),
        HumanCount(corpus.split.test as u64),
        corpus.vocabulary,
        corpus.split.order.name(),
    ));
    lines.push(format!("texts        {}", texts(corpus)));
    lines.extend(corpus.excerpts_told().map(|excerpts| format!("excerpts     {excerpts}")));
    lines.extend(corpus.decided.iter().map(|decided| format!("decided      {decided}")));
    lines.push(format!("recognised   {}", corpus.recognised));
    lines.extend(corpus.alphabet_told().map(|alphabet| format!("alphabet     {alphabet}")));
    lines.extend(corpus.unseen_told().map(|unseen| format!("unseen       {unseen}")));
    lines.extend(corpus.copied_told().map(|copied| format!("copied       {copied}")));
    lines.extend(corpus.padding_told().map(|padding| format!("padding      {padding}")));
    lines.extend(corpus.numbers_told().map(|numbers| format!("numbers      {numbers}")));
    lines.extend(inputs.notes.iter().map(|note| format!("weights      {note}")));
    lines.extend(spec.models().iter().map(|model| self::model(model, corpus.vocabulary)));
    lines
}

fn texts(corpus: &Corpus) -> &'static str {
    match corpus.texts {
        Texts::PerSeed if corpus.excerpts().is_some() => {
            "per-seed: every seed trains on an excerpt of its own; val and test are the same for all"
        }
        Texts::PerSeed => {
            "per-seed: every seed trains on a text of its own; val and test are the same for all"
        }
        Texts::Fixed => "fixed: every seed trains on the same text",
    }
}

fn model(model: &ModelShape, vocabulary: usize) -> String {
    format!(
        "model        {}: {}, {}, {}, context {}; {} parameters",
        model.family.name(),
        counted(model.layers, "layer"),
        counted(model.heads, "head"),
        counted(model.channels, "channel"),
        model.context,
        HumanCount(model.parameter_count(vocabulary) as u64),
    )
}

/// The runs, which of them are trained already, and what was left out.
fn runs(inputs: &Inputs, forecast: &Forecast) -> Vec<String> {
    let (spec, plan) = (&inputs.spec, &inputs.plan);
    let mut lines = match spec.is_search() {
        true => search(inputs),
        false => vec![format!(
            "runs         {}: {} × {}; {} different runs:",
            counted(plan.entries.len(), "row"),
            counted(spec.arms.len(), "arm"),
            counted(spec.seeds.len(), "seed"),
            plan.runs.len(),
        )],
    };
    lines.extend(forecast.todo.reasons().iter().map(|reason| format!("             {reason}")));
    lines.extend(spec.notes.iter().map(|note| format!("left out     {note}")));
    lines.extend(spec.remarks.iter().map(|remark| format!("note         {remark}")));
    lines.extend(spec.tuned_in_vain_told().iter().map(|note| format!("tune         {note}")));
    lines.push(format!("tokens       {}", tokens(plan.training_tokens(), forecast.tokens_left)));
    lines
}

/// Tokens of all runs together, and how many of them are left to train on where that is not all.
fn tokens(all: u64, left: u64) -> String {
    match left {
        _ if left == all => format!("{} to train on in all runs together", HumanCount(all)),
        0 => format!("{} in all runs together, none left to train on", HumanCount(all)),
        _ => format!(
            "{} in all runs together, {} left to train on",
            HumanCount(all),
            HumanCount(left)
        ),
    }
}

/// What the spec claims of its outcome.
fn claims(inputs: &Inputs) -> Vec<String> {
    let told = |claim: Claim| {
        let Claim { text, finding, .. } = &claim;
        format!("claim        {text}: {finding}; {}", words::claim_expected(&claim))
    };
    inputs.spec.claims(&inputs.plan).into_iter().map(told).collect()
}

/// What is searched, how far that is, and what it may cost.
fn search(inputs: &Inputs) -> Vec<String> {
    let (spec, terms) = (&inputs.spec, &inputs.spec.search);
    let rule = |rule: &SearchedRule| {
        let starts: Vec<String> = rule
            .axes
            .iter()
            .map(|axis| format!("{} from {}", axis.key, plain(axis.start)))
            .collect();
        format!("search       {}: {}", searched_title(rule), starts.join(", "))
    };
    let mut lines: Vec<String> = spec.searched.iter().map(rule).collect();
    let looks: Vec<String> = terms.looks.iter().map(usize::to_string).collect();
    lines.push(format!(
        "stages       bracket with {}, refine with {}; looks at {} fresh seeds",
        counted(terms.bracket_seeds, "seed"),
        counted(terms.refine_seeds, "seed"),
        looks.join(" and ").replacen(" and ", ", ", looks.len().saturating_sub(2)),
    ));
    let Runs { expected, most } = runs_of(spec);
    let seconds = inputs.plan.runs.first().map_or(0.0, core_seconds) / cores() as f64;
    let time = |runs: usize| duration(seconds * runs as f64);
    let first = if looks.len() > 1 { " if the first look decides every question" } else { "" };
    lines.push(format!(
        "cost         expected {} ({} on this CPU){first}",
        counted(expected, "run"),
        time(expected)
    ));
    lines.push(format!(
        "             at most {} ({}), {} of them of each rule before it is confirmed: search.most_runs",
        counted(most, "run"),
        time(most),
        terms.most_runs
    ));
    lines
        .extend(inputs.course.iter().flat_map(standing).map(|line| format!("now          {line}")));
    lines
        .push(format!("runs         {} asked for so far:", counted(inputs.plan.runs.len(), "run")));
    lines
}

/// Simulated of grids of four and six λ on 5 to 12 seeds.
const CHOICE: &str =
    "so between two arms; where each rule is at its best of several λ, 30 to 80% of them do";

/// What the seeds can tell, or that this is not known and how to know it.
fn power(inputs: &Inputs, prospect: &Prospect, difference: Option<f64>, path: &str) -> Vec<String> {
    let Prospect { spreads, seeds, alpha, .. } = prospect;
    if inputs.spec.is_search() && !prospect.is_known() {
        return vec!["power        not known before runs on fresh seeds have ended".to_owned()];
    }
    if spreads.is_empty() {
        let what = match inputs.spec.claims(&inputs.plan).is_empty() {
            true => "the spec compares nothing",
            false => "that of the claims is not known before their runs have ended",
        };
        return vec![format!("power        {what}")];
    }
    if !prospect.is_known() {
        return vec![
            "power        not known: no arms of this spec have two finished seeds in common"
                .to_owned(),
            format!("             two seeds of each arm tell: wane sweep {path} --seeds 0,1"),
        ];
    }
    let mut lines = detectable(spreads, *seeds, *alpha);
    if lines.is_empty() {
        lines.push(format!("{} find nothing: three are the least", counted(*seeds, "seed")));
    }
    lines.extend(difference.iter().flat_map(|one| seeds_needed(spreads, *one, *alpha)));
    if !inputs.spec.is_search() && spreads.iter().any(|spread| spread.sd.is_some()) {
        lines.push(CHOICE.to_owned());
    }
    let heads = std::iter::once("power        ").chain(std::iter::repeat("             "));
    heads.zip(lines).map(|(head, line)| format!("{head}{line}")).collect()
}

fn nats(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number.is_finite() => Ok(number),
        _ => Err("expected a number above 0, in nats per token, such as 0.02".to_owned()),
    }
}

fn costs(forecast: &Forecast) -> Vec<String> {
    let layout = &forecast.layout;
    let seconds = duration(forecast.seconds);
    let time = match forecast.backend {
        Backend::Flex => format!("time         about {seconds} on this CPU"),
        Backend::Ndarray => format!(
            "time         about {seconds} on this CPU with flex; ndarray takes about ten times as long"
        ),
        Backend::Wgpu | Backend::Cuda => "time         not estimated on a GPU".to_owned(),
    };
    // A sweep reads the data as this plan did.
    let reading = peak_bytes().filter(|peak| *peak > layout.bytes());
    let reading = reading.map(|peak| format!(", and {} while data is read", mebibytes(peak)));
    let mut lines = vec![
        format!("training     {}", layout.describe(forecast.cohorts)),
        format!(
            "memory       about {} ({} a lane){}",
            mebibytes(layout.bytes()),
            mebibytes(layout.lane_bytes),
            reading.unwrap_or_default()
        ),
    ];
    if let Some(Shortage::Likely(text) | Shortage::Hopeless(text)) = layout.shortage() {
        lines.push(format!("             too much: {text}"));
    }
    lines.push(time);
    lines
}
