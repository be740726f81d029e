use std::path::PathBuf;

use anyhow::Result;

use super::arguments::{SpecArgs, TrainingArgs};
use super::output::answer;
use crate::allocator;
use crate::session::{Options, Saves, single};

#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    training: TrainingArgs,
    /// Write the last weights here (safetensors; their average, where the arm has an `ema`), and beside them what
    /// they are; the spec must describe one run
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Write the weights of the lowest val loss here, as --save does
    #[arg(long, value_name = "FILE")]
    save_best: Option<PathBuf>,
    /// Write the last weights as a new folder that from_pretrained of Hugging Face's transformers reads, with
    /// config.json and tokenizer.json
    #[arg(long, value_name = "DIR")]
    save_model: Option<PathBuf>,
    /// Plain lines instead of bars, even on a terminal
    #[arg(long)]
    plain: bool,
    /// Say how the runs are grouped and why
    #[arg(long, short, conflicts_with = "quiet")]
    verbose: bool,
}

pub fn run(args: Args) -> Result<()> {
    allocator::keep_what_is_freed();
    let options = Options { verbose: args.verbose, plain: args.plain, ..args.training.into() };
    let saves = Saves { last: args.save, best: args.save_best, model: args.save_model };
    single::train(&args.spec.into(), options, &saves, &answer)
}
