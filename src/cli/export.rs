use std::path::PathBuf;

use anyhow::Result;

use super::arguments::size;
use super::experiment;
use super::output::print;
use crate::config::Named;
use crate::export::{Horizon, Request, Target, export};
use crate::talk::say;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// Folder of an experiment, such as results/overfit
    folder: PathBuf,
    /// Trainer to write for: pytorch, transformers, optax or nanogpt
    #[arg(long, value_parser = target, value_name = "TRAINER")]
    to: Target,
    /// Words of the arm's name, such as 'adamw matrices λ=0.3', or one of its runs by identity [default: the best arm]
    #[arg(long, value_name = "ARM")]
    arm: Option<String>,
    /// Tokens of your training: carries λ there so that κ = ηλT stays [default: as in the run]
    #[arg(long, value_name = "TOKENS", value_parser = positive)]
    tokens: Option<f64>,
    /// Tokens of a step of your training [default: as in the run]
    #[arg(long, value_name = "TOKENS", value_parser = positive)]
    batch: Option<f64>,
    /// Peak learning rate of your training [default: as in the run]
    #[arg(long, value_parser = positive)]
    lr: Option<f64>,
    /// The same facts and the code as JSON
    #[arg(long)]
    json: bool,
}

fn target(name: &str) -> Result<Target, String> {
    Target::parse(name).ok_or_else(|| format!("expected one of {}", Target::names().join(", ")))
}

fn positive(text: &str) -> Result<f64, String> {
    let number = size(text)?;
    (number > 0.0)
        .then_some(number)
        .ok_or_else(|| "expected a number above 0, such as 0.001 or 10B".to_owned())
}

pub fn run(args: Args) -> Result<()> {
    experiment::check(&args.folder, &["experiment.json", "runs.csv"])?;
    let Args { folder, to, arm, tokens, batch, lr, json } = &args;
    let horizon = Horizon { tokens: *tokens, batch: *batch, lr: *lr };
    let request = Request { folder, arm: arm.as_deref(), target: *to, horizon };
    let facts = export(&request)?;
    if *json {
        return print(&serde_json::to_string_pretty(&facts)?);
    }
    say(&format!("{}. {}", facts.title(), facts.evidence.join(" ")));
    print(facts.code.trim_end())
}
