//! The rule of an arm as code for another trainer: parameter groups, decoupling and schedule as they were, and in
//! comments what does not carry over.
//!
//! Code is put together from the pieces of Python below `export/`, each with `{{names}}` that are filled in.

mod arms;
mod comments;
mod epochs;
mod evidence;
mod facts;
mod groups;
mod horizon;
mod left_behind;
mod nanogpt;
mod optax;
mod python;
mod refusal;
mod resolve;
mod rule;
mod sources;
mod target;
mod torch;
mod transformers;

use std::path::Path;

use anyhow::Result;

use crate::config::{AnalysisTerms, TestFamily};
use crate::exit::usage;
use crate::results::{check_rows, read_experiment, read_runs};
use crate::stats::Analysis;
use arms::Found;
use comments::Comments;
use rule::Rule;

pub use arms::{ArmRows, Arms};
pub use facts::Facts;
pub use horizon::Horizon;
pub use target::Target;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The folder of an experiment.
    pub folder: &'a Path,
    /// Words of an arm's label, or the identity of one of its runs; the best arm without.
    pub arm: Option<&'a str>,
    /// The trainer.
    pub target: Target,
    /// Where the rule is to be used.
    pub horizon: Horizon,
}

/// The rule of an arm as code, with the same facts for tools.
///
/// # Errors
/// A folder that is no experiment, an arm that is not there, and a rule that the target cannot have; the message
/// says what there is.
pub fn export(request: &Request) -> Result<Facts> {
    usage(made(request))
}

fn made(request: &Request) -> Result<Facts> {
    let experiment = read_experiment(request.folder)?;
    let rows = read_runs(request.folder)?;
    check_rows(request.folder, &rows)?;
    let analysis = Analysis::on(&rows, &told(&experiment.analysis));
    let arms = Arms::of(&rows);
    let found = match request.arm {
        Some(asked) => arms.find(asked)?,
        None => Found { arm: arms.best_that_gains(&analysis)?, fitting: 1, confirmed: 0 },
    };
    let arm = found.arm;
    let was = resolve::rule(request.folder, &experiment, arm)?;
    let (rule, moved) = request.horizon.apply(&was)?;
    refusal::check(request.target, &rule, &arms, arm)?;
    let evidence = evidence::of(&analysis, &arms, found, request.arm.is_none());
    let comments =
        Comments::new(request.target, &experiment, arm, &was, &rule, moved.as_ref(), evidence);
    let code = code(request.target, &rule, &comments);
    Ok(Facts::new(&experiment, arm, &was, &rule, moved, comments, code))
}

/// The families of tests that are told of an arm. Each is corrected by itself, so no other changes its verdicts.
fn told(terms: &AnalysisTerms) -> AnalysisTerms {
    const TOLD: [TestFamily; 3] =
        [TestFamily::AgainstNone, TestFamily::AgainstStopping, TestFamily::Published];
    let families = terms.families.iter().copied().filter(|family| TOLD.contains(family)).collect();
    AnalysisTerms { families, ..terms.clone() }
}

/// A rule as the code of a trainer, below its comments.
fn code(target: Target, rule: &Rule, comments: &Comments) -> String {
    let body = match target {
        Target::PyTorch => torch::code(rule),
        Target::Transformers => transformers::code(rule),
        Target::Optax => optax::code(rule),
        Target::NanoGpt => nanogpt::code(rule),
    };
    format!("{}\n{}\n", comments.text(), body.trim())
}
