//! `search.csv`: the decisions of a search, line by line.

use serde::Serialize;

use super::words;
use crate::config::{Form, Mask, Stage};
use crate::search::{Course, Decision, Look, RuleCourse};

/// A row of `search.csv`: what was known, what was decided, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DecisionRow {
    /// Empty for what is decided of all rules together.
    pub form: Option<Form>,
    pub mask: Option<Mask>,
    /// Numbers in which the rule differs from `[train]`, where its search starts.
    pub variant: String,
    pub stage: Stage,
    /// Runs of the rule that were known, those without decay not among them.
    pub runs: usize,
    /// The best of them, as the values that are searched.
    pub best: String,
    /// Its mean val loss, nats per token.
    pub best_loss: Option<f64>,
    /// Seeds of it.
    pub best_seeds: Option<usize>,
    /// What was asked for.
    pub decided: String,
    pub why: String,
}

/// The decisions of every rule, in the order of the spec.
pub fn decisions(course: &Course) -> Vec<DecisionRow> {
    let of = |rule: &RuleCourse| -> Vec<DecisionRow> {
        rule.log.iter().map(|decision| row(rule, decision)).collect()
    };
    course.rules.iter().flat_map(of).chain(course.looks.iter().map(look)).collect()
}

fn look(look: &Look) -> DecisionRow {
    let stage = Stage::Confirm;
    let (decided, why) = (words::fresh_seeds(look.seeds), words::look(look));
    DecisionRow {
        form: None,
        mask: None,
        variant: String::new(),
        stage,
        runs: 0,
        best: String::new(),
        best_loss: None,
        best_seeds: None,
        decided,
        why,
    }
}

fn row(rule: &RuleCourse, decision: &Decision) -> DecisionRow {
    let (arm, leader) = (&rule.rule.first, decision.leader.as_ref());
    DecisionRow {
        form: Some(arm.decay.form),
        mask: arm.decay.mask,
        variant: arm.variant.clone(),
        stage: decision.stage,
        runs: decision.runs,
        best: leader.map_or(String::new(), |leader| words::values(rule, &leader.point)),
        best_loss: leader.map(|leader| leader.loss),
        best_seeds: leader.map(|leader| leader.seeds),
        decided: words::decided(rule, decision),
        why: words::why(rule, decision),
    }
}
