use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};

use super::output::print;
use crate::audit::{Audit, Expected, Question, Snippet};
use crate::config::{Form, Mask, Named};
use crate::exit::usage;
use crate::report::{audit_json, audit_screen, audit_unmet};

/// What the short help leaves out.
const MORE: &str = "\
A step with zero gradients multiplies every weight that decays by 1 − ηλ and leaves the others as they were; \
--snippet prints the lines that make one in a trainer of one's own. Lines with a ! differ from what is expected, \
from other blocks, from their role or from rank ≥ 2, as the sentences below the table say.

Exit code: 0, whatever was told; 1 if --expect, --expect-weight-decay or --expect-form is given and not met, or could not be \
told; 2 if files or arguments are wrong.";

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
    /// Mask that the trainer should have: matrices (rank 2 and more, embeddings too; what is one by its rank alone, as
    /// cls_token with axes of length 1, either way), linear (weights of linear layers), no-embeddings (all but embeddings)
    /// or global (everything); exit code 1 if it has not, or if that cannot be told
    #[arg(long, value_name = "MASK", value_parser = mask)]
    expect: Option<Mask>,
    /// λ that everything that decays should have, within 1% or as near as the files tell; exit code 1 if it has not, or if
    /// that cannot be told
    #[arg(long, value_name = "λ", value_parser = weight_decay, requires = "lr", allow_negative_numbers = true)]
    expect_weight_decay: Option<f64>,
    /// Form that everything that decays should have: adamw (one factor for all numbers: decoupled decay, and L2 under plain
    /// SGD), l2 (L2 in the gradient of Adam and others that normalise it) or none; exit code 1 if it has not, or if that
    /// cannot be told
    #[arg(long, value_name = "FORM", value_parser = form)]
    expect_form: Option<Form>,
    /// A line for every tensor, not for those of all blocks together
    #[arg(long)]
    all: bool,
    /// As JSON, with every tensor
    #[arg(long, conflicts_with = "all")]
    json: bool,
    /// Print the lines that make the two files: pytorch, transformers or jax
    #[arg(long, value_name = "LIBRARY", value_parser = snippet, conflicts_with_all = ["before", "after", "lr", "expect",
        "expect_weight_decay", "expect_form", "all", "json"])]
    snippet: Option<Snippet>,
}

fn mask(name: &str) -> Result<Mask, String> {
    Mask::parse(name).ok_or_else(|| format!("expected one of {}", Mask::names().join(", ")))
}

fn form(name: &str) -> Result<Form, String> {
    let told = Form::parse(name).filter(|form| Expected::FORMS.contains(form));
    told.ok_or_else(|| {
        "expected none, adamw or l2, which is all that such a step tells apart: independent, corrected, cautious and \
         lr-power decay look like adamw in it, l2-loss like none"
            .to_owned()
    })
}

fn snippet(name: &str) -> Result<Snippet, String> {
    Snippet::parse(name).ok_or_else(|| format!("expected one of {}", Snippet::names().join(", ")))
}

fn learning_rate(text: &str) -> Result<f64, String> {
    let found = text.parse::<f64>().ok().filter(|lr| lr.is_normal() && *lr > 0.0);
    found.ok_or_else(|| "expected a number above 0, such as 3e-4".to_owned())
}

fn weight_decay(text: &str) -> Result<f64, String> {
    let found = text.parse::<f64>().ok().filter(|value| value.is_normal() && *value > 0.0);
    found.ok_or_else(|| {
        "expected a number above 0, such as 0.1; --expect-form none is for no decay".to_owned()
    })
}

/// What is expected, unless it cannot all be so.
fn expected(args: &Args) -> Result<Expected> {
    let Args { expect: mask, expect_weight_decay: weight_decay, expect_form: form, .. } = *args;
    ensure!(
        form != Some(Form::None) || (mask.is_none() && weight_decay.is_none()),
        "--expect-form none is for a trainer that decays nothing; leave it out, or --expect and --expect-weight-decay"
    );
    ensure!(
        form != Some(Form::L2) || weight_decay.is_none(),
        "--expect-form l2 with --expect-weight-decay: L2 in the gradient of Adam moves all numbers by one distance, \
         from which λ cannot be read; leave one of them out"
    );
    Ok(Expected { mask, weight_decay, form })
}

pub fn run(args: Args) -> Result<()> {
    if let Some(snippet) = args.snippet {
        return print(snippet.text().trim_end());
    }
    let before = usage(args.before.as_deref().context("BEFORE is missing"))?;
    let after = usage(args.after.as_deref().context("AFTER is missing"))?;
    let question = Question { before, after, lr: args.lr, expected: usage(expected(&args))? };
    let audit = usage(Audit::of(&question))?;
    print(&if args.json { audit_json(&audit) } else { audit_screen(&audit, args.all) })?;
    audit_unmet(&audit).map_or(Ok(()), |unmet| bail!("not as expected, see above: {unmet}"))
}
