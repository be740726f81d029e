use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::experiment;
use super::output::print;
use crate::config::Role;
use crate::exit::usage;
use crate::report::{across_experiments, explain, is_ours};

#[derive(clap::Args, Debug)]
pub struct Args {
    /// Folder of an experiment, such as results/overfit; of several, their losses are laid over τ in epochs
    #[arg(required = true)]
    folders: Vec<PathBuf>,
    /// Role of the weights to show: embedding, attention, mlp, head, norm or bias [default: mlp]
    #[arg(long, value_parser = role, value_name = "ROLE")]
    role: Option<Role>,
    /// A line for every run, not for every arm
    #[arg(long)]
    runs: bool,
    /// Draw the figure of several experiments here, as collapse.svg and collapse.png
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

fn role(name: &str) -> Result<Role, String> {
    let known: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
    let found = Role::ALL.into_iter().find(|role| role.name() == name);
    found.ok_or_else(|| format!("expected one of {}", known.join(", ")))
}

pub fn run(args: Args) -> Result<()> {
    for folder in &args.folders {
        experiment::check(folder, &["runs.csv"])?;
    }
    match args.folders.as_slice() {
        [folder] => {
            usage(no_figure(&args))?;
            print(&explain(folder, args.role.unwrap_or(Role::Mlp), args.runs)?)
        }
        folders => {
            usage(no_table(&args))?;
            args.out.as_deref().map_or(Ok(()), |out| usage(no_other_figure(out)))?;
            print(&across_experiments(folders, args.out.as_deref())?)
        }
    }
}

fn no_other_figure(out: &Path) -> Result<()> {
    let figure = out.join("collapse.svg");
    ensure!(
        is_ours(&figure),
        "{} is no figure of wane, and would be replaced; name another folder",
        figure.display()
    );
    Ok(())
}

fn no_table(args: &Args) -> Result<()> {
    ensure!(
        args.role.is_none() && !args.runs,
        "--role and --runs are for the table of one experiment; expected one folder"
    );
    Ok(())
}

fn no_figure(args: &Args) -> Result<()> {
    ensure!(
        args.out.is_none(),
        "--out is for the figure of several experiments; the figures of one are drawn by `wane report {}`",
        args.folders[0].display()
    );
    Ok(())
}
