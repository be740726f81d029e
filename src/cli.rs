//! The command line: what may be typed, and what is printed. A subcommand is a file with one `run`.

mod advise;
mod arguments;
mod audit;
mod backends;
mod cancel;
mod collect;
mod compare;
mod data;
mod experiment;
mod explain;
mod export;
mod judge;
mod manifest;
mod output;
mod plan;
mod report;
mod sample;
mod status;
mod sweep;
mod table;
mod train;
mod view;
mod worker;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::signals;

/// Find out what weight decay does to a GPT, by experiment.
#[derive(Parser, Debug)]
#[command(name = "wane", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Train every run of a spec; write curves, gaps and figures
    Sweep(sweep::Args),
    /// Train a spec of one arm in this process; --save keeps its weights
    Train(train::Args),
    /// Show what a spec would train: runs, tokens, memory, time
    Plan(plan::Args),
    /// Draw the figures and the report of an experiment again, from its CSV files
    Report(report::Args),
    /// Tell what each λ amounted to: timescale, rotation, balance, and whether curves coincide that theory says do
    Explain(explain::Args),
    /// Write the rule of an arm as code for PyTorch, transformers, Optax or nanoGPT
    Export(export::Args),
    /// Write text by a trained model: saved weights, the runs of an experiment, GPT-2 from Hugging Face
    Sample(sample::Args),
    /// Compare two experiments: what was asked, which verdicts differ
    Compare(compare::Args),
    /// Show the state of the runs of a spec, or of all runs
    Status(status::Args),
    /// Show sweeps in a browser while they train: curves, losses against λ, verdicts
    View(view::Args),
    /// Write results, figures and report from the runs trained so far, without training
    Collect(collect::Args),
    /// Cancel a spec's queued jobs
    Cancel(cancel::Args),
    /// Show which parameters each arm of a spec decays
    Manifest(manifest::Args),
    /// Tell what a trainer of one's own decays, from its weights before and after one step
    Audit(audit::Args),
    /// Show the published values of λ and what their sources say
    Table(table::Args),
    /// Show what published rules say of the weight decay of your own run
    Advise(advise::Args),
    /// Compare runs that you trained elsewhere, with the statistics of a sweep
    Judge(judge::Args),
    /// Download public texts; write texts of any size as files of tokens
    Data(data::Args),
    /// List the backends of this machine
    Backends(backends::Args),
    /// Train runs for a sweep, as its worker process
    #[command(hide = true)]
    Worker(worker::Args),
}

impl Cli {
    /// # Errors
    /// Whatever went wrong, with its context.
    pub fn run(self) -> Result<()> {
        signals::survive_limit_of_files();
        match self.command {
            Command::Sweep(args) => sweep::run(args),
            Command::Train(args) => train::run(args),
            Command::Plan(args) => plan::run(args),
            Command::Report(args) => report::run(args),
            Command::Explain(args) => explain::run(args),
            Command::Export(args) => export::run(args),
            Command::Sample(args) => sample::run(args),
            Command::Compare(args) => compare::run(args),
            Command::Status(args) => status::run(args),
            Command::View(args) => view::run(args),
            Command::Collect(args) => collect::run(args),
            Command::Cancel(args) => cancel::run(args),
            Command::Manifest(args) => manifest::run(args),
            Command::Audit(args) => audit::run(args),
            Command::Table(args) => table::run(args),
            Command::Advise(args) => advise::run(args),
            Command::Judge(args) => judge::run(args),
            Command::Data(args) => data::run(args),
            Command::Backends(args) => backends::run(args),
            Command::Worker(args) => worker::run(args),
        }
    }
}
