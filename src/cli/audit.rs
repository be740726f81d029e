use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use super::output::print;
use crate::audit::{Audit, Question, Snippet};
use crate::config::{Mask, Named};
use crate::exit::usage;
use crate::report::{audit_json, audit_screen};

/// What the short help leaves out.
const MORE: &str = "\
A step with zero gradients multiplies every weight that decays by 1 − ηλ and leaves the others as they were; \
--snippet prints the lines that make one in a trainer of one's own. Lines with a ! differ from the mask expected, \
from other blocks, from their role or from rank ≥ 2, as the sentences below the table say.

Exit code: 0, whatever was told; 1 if --expect is given and not met, or could not be told; 2 if files or arguments are wrong.";

#[derive(clap::Args, Debug)]
#[command(after_help = MORE)]
pub struct Args {
    /// Weights before the step: a safetensors file, an index, one of its shards, or a folder
    #[arg(required_unless_present = "snippet")]
    before: Option<PathBuf>,
    /// Weights after it
    #[arg(required_unless_present = "snippet")]
    after: Option<PathBuf>,
    /// Learning rate of that step, after warmup and schedule, to tell λ = (1 − factor) / η
    #[arg(long, value_name = "η", value_parser = learning_rate, allow_negative_numbers = true)]
    lr: Option<f64>,
    /// Mask that the trainer should have: matrices (rank 2 and more, embeddings too), linear (weights of linear layers),
    /// no-embeddings (all but embeddings) or global (everything); exit code 1 if it has not, or if that cannot be told
    #[arg(long, value_name = "MASK", value_parser = mask)]
    expect: Option<Mask>,
    /// A line for every tensor, not for those of all blocks together
    #[arg(long)]
    all: bool,
    /// As JSON, with every tensor
    #[arg(long, conflicts_with = "all")]
    json: bool,
    /// Print the lines that make the two files: pytorch, transformers or jax
    #[arg(long, value_name = "LIBRARY", value_parser = snippet, conflicts_with_all = ["before", "after", "lr", "expect", "all", "json"])]
    snippet: Option<Snippet>,
}

fn mask(name: &str) -> Result<Mask, String> {
    Mask::parse(name).ok_or_else(|| format!("expected one of {}", Mask::names().join(", ")))
}

fn snippet(name: &str) -> Result<Snippet, String> {
    Snippet::parse(name).ok_or_else(|| format!("expected one of {}", Snippet::names().join(", ")))
}

fn learning_rate(text: &str) -> Result<f64, String> {
    let found = text.parse::<f64>().ok().filter(|lr| lr.is_normal() && *lr > 0.0);
    found.ok_or_else(|| "expected a number above 0, such as 3e-4".to_owned())
}

pub fn run(args: Args) -> Result<()> {
    if let Some(snippet) = args.snippet {
        return print(snippet.text().trim_end());
    }
    let before = usage(args.before.as_deref().context("BEFORE is missing"))?;
    let after = usage(args.after.as_deref().context("AFTER is missing"))?;
    let question = Question { before, after, lr: args.lr, expected: args.expect };
    let audit = usage(Audit::of(&question))?;
    print(&if args.json { audit_json(&audit) } else { audit_screen(&audit, args.all) })?;
    let expected = args.expect.map_or("", Named::name);
    ensure!(
        !audit.is_violated(),
        "not the expected mask {expected}, or it cannot be told; see above"
    );
    Ok(())
}
