//! What was tried or measured once, so that nothing else can be the best.

use super::warning::{Warning, runs};
use crate::config::Form;
use crate::results::RunRow;
use crate::stats::contenders::Contender;
use crate::stats::groups::Rule;

/// Rules with a single λ that are held against others: how they differ there is not how they differ at each one's best.
pub fn one_lambda(contenders: &[Contender]) -> Option<Warning> {
    let decays = |one: &&Contender| one.rule.form != Form::None;
    let all: Vec<&Contender> = contenders.iter().filter(decays).collect();
    let is_compared =
        |one: &Contender| all.iter().any(|other| other.rule != one.rule && one.may_meet(other));
    let single = all.iter().filter(|one| is_compared(one));
    let rules: Vec<(Rule, f64)> =
        single.filter_map(|one| Some((one.rule.clone(), only_lambda(one)?))).collect();
    (!rules.is_empty()).then_some(Warning::OneLambda { rules })
}

/// The λ of all points of a rule; `None` where there are several, or a search had a choice among others.
fn only_lambda(contender: &Contender) -> Option<f64> {
    let mut runs = contender.points.iter().flat_map(|point| &point.cell.runs);
    if runs.any(|run| run.tuned.split(' ').any(|key| key == "weight_decay")) {
        return None;
    }
    let mut values = contender.points.iter().map(|point| point.side.weight_decay);
    let first = values.next()??;
    values.all(|value| value == Some(first)).then_some(first).filter(|value| *value > 0.0)
}

/// Runs that reached their end and have no best step: it was measured once.
pub fn one_evaluation(rows: &[RunRow]) -> Option<Warning> {
    let runs = runs(rows);
    let mut ended = runs.iter().filter(|run| run.is_done() && run.test_loss.is_some()).peekable();
    ended.peek()?;
    let are_single = ended.all(|run| run.best_step.is_none() && run.stopped_test_loss.is_none());
    are_single.then_some(Warning::OneEvaluation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Mask;
    use crate::stats::tests::{arm, experiment};

    fn lone(rows: &[RunRow]) -> Vec<(Form, f64)> {
        match one_lambda(&Contender::of(rows, false)) {
            Some(Warning::OneLambda { rules }) => {
                rules.iter().map(|(rule, value)| (rule.form, *value)).collect()
            }
            _ => Vec::new(),
        }
    }

    #[test]
    fn rules_that_are_held_against_others_at_their_only_lambda_are_named() {
        assert_eq!(lone(&experiment()), [(Form::AdamW, 0.5), (Form::L2, 0.1)]);
        let mut searched = experiment();
        searched.iter_mut().for_each(|row| row.tuned = "weight_decay".to_owned());
        assert_eq!(lone(&searched), []);
        let alone = [
            arm(Form::AdamW, Mask::Matrices, 0.0, 2.0, 0.1),
            arm(Form::AdamW, Mask::Matrices, 1.0, 1.5, 0.1),
        ];
        assert_eq!(lone(&alone.concat()), [], "there is no other rule");
    }

    #[test]
    fn runs_that_were_evaluated_once_are_told_as_such() {
        let on_test = |row: RunRow| RunRow { test_loss: row.val_loss, ..row };
        let mut rows: Vec<RunRow> = experiment().into_iter().map(on_test).collect();
        assert_eq!(one_evaluation(&rows), Some(Warning::OneEvaluation));
        rows[0].best_step = Some(50);
        assert_eq!(one_evaluation(&rows), None);
    }
}
