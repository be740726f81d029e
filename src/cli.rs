//! The command line: what may be typed. Every subcommand has one file with one `run`.

mod backends;
mod cancel;
mod collect;
mod compare;
mod data;
mod manifest;
pub(crate) mod output;
mod plan;
mod report;
mod status;
pub mod sweep;
mod table;
mod train;
mod worker;

use anyhow::Result;
use clap::{Parser, Subcommand};

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
    /// Train a spec of one arm, watching it on a live dashboard
    Train(train::Args),
    /// Show what a spec would train: runs, cohorts, tokens, memory, time
    Plan(plan::Args),
    /// Draw figures and report of an experiment again, from its CSV files
    Report(report::Args),
    /// Set two experiments side by side: what was asked, which verdicts differ
    Compare(compare::Args),
    /// Show what has become of the runs of a spec, or of all runs
    Status(status::Args),
    /// Write results, figures and report of a spec from the runs that there are, without training
    Collect(collect::Args),
    /// Take what is in a cluster's queue for a spec out of it
    Cancel(cancel::Args),
    /// Show which parameters each arm of a spec decays
    Manifest(manifest::Args),
    /// Show the published values of λ and what their sources say
    Table(table::Args),
    /// Fetch public texts
    Data(data::Args),
    /// List the backends that this machine offers
    Backends(backends::Args),
    /// Train a cohort for a sweep
    #[command(hide = true)]
    Worker(worker::Args),
}

impl Cli {
    /// Carries the command out.
    ///
    /// # Errors
    /// Whatever went wrong, with its context.
    pub fn run(self) -> Result<()> {
        match self.command {
            Command::Sweep(args) => sweep::run(args),
            Command::Train(args) => train::run(args),
            Command::Plan(args) => plan::run(args),
            Command::Report(args) => report::run(args),
            Command::Compare(args) => compare::run(args),
            Command::Status(args) => status::run(args),
            Command::Collect(args) => collect::run(args),
            Command::Cancel(args) => cancel::run(args),
            Command::Manifest(args) => manifest::run(args),
            Command::Table(args) => table::run(args),
            Command::Data(args) => data::run(args),
            Command::Backends(args) => backends::run(args),
            Command::Worker(args) => worker::run(args),
        }
    }
}
