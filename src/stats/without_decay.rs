//! No decay among the arms of an experiment: what rules are held against, and what stands beside them.

use super::Analysis;
use super::contenders::Contender;
use super::groups::{Cell, Group, Rule, Side};
use super::point::Point;
use super::search::FoundRule;
use super::verdict::Kind;
use crate::config::{Form, TestFamily};

impl Analysis {
    /// The rule of no decay, of whatever model and recipe, that has as low a mean val loss as the best point of all
    /// rules that do something; `None` where none has. One that collapsed may have it where that point did.
    pub fn best_without_decay(&self) -> Option<&Rule> {
        let loss = |cell: &Cell| cell.mean(|run| run.val_loss);
        let best = &self.best_point()?.1.cell;
        let (has_learned, best) = (best.may_be_best(false), loss(best)?);
        let cells =
            self.own_groups().flat_map(|group| group.cells.iter().map(move |cell| (group, cell)));
        let idle = cells.filter(|(_, cell)| !cell.is_treated() && cell.may_be_best(!has_learned));
        let losses = idle.filter_map(|(group, cell)| Some((loss(cell)?, group)));
        let (lowest, group) = losses.min_by(|a, b| a.0.total_cmp(&b.0))?;
        (lowest <= best).then_some(&group.rule)
    }

    /// Whether no decay and the best point of all rules that do something have one mean val loss.
    pub fn is_tied_with_no_decay(&self) -> bool {
        let loss = |cell: &Cell| cell.mean(|run| run.val_loss);
        let best = self.best_point().and_then(|(_, point)| loss(&point.cell));
        best.is_some() && self.idle().map(loss).any(|idle| idle == best)
    }

    /// Whether a rule was told lower than no decay; in a search by its fresh seeds.
    pub fn is_lower(&self, rule: &Rule) -> bool {
        let mut judged = self.family(TestFamily::AgainstNone);
        judged.any(|one| one.left.rule == *rule && one.kind() == Kind::Lower)
    }

    /// Whether fresh seeds told that 0 is not the best value of a searched key: they told the rule lower than no decay, and
    /// the rule does nothing else that may be why.
    pub fn is_above_none(&self, rule: &FoundRule, axis: &str) -> bool {
        rule.beside(axis).is_empty() && self.is_lower(&rule.rule)
    }

    /// What else a rule does that was told lower than no decay, and may be why: no arm does that alone. Empty where there
    /// is such an arm, or nothing else, or nothing was told.
    pub fn untold_beside<'a>(&self, rule: &'a FoundRule, axis: &str) -> Vec<&'a str> {
        let beside = rule.beside(axis);
        let is_that_alone = |one: &Contender| {
            let is_same_decay = beside.first() != Some(&"weight_decay")
                || (one.rule.form, one.rule.mask) == (rule.rule.form, rule.rule.mask);
            is_same_decay && one.treatments() == beside && one.may_meet(&rule.tried)
        };
        match self.is_lower(&rule.rule) && !self.contenders.iter().any(is_that_alone) {
            true => beside,
            false => Vec::new(),
        }
    }

    /// The cells that do nothing against overfitting, of every model and recipe.
    pub fn idle(&self) -> impl Iterator<Item = &Cell> {
        self.own_groups().flat_map(|group| &group.cells).filter(|cell| !cell.is_treated())
    }

    /// The cell without decay that readers are told of.
    pub fn told_without_decay(&self) -> Option<&Cell> {
        without_decay(&self.groups, &self.contenders)
    }

    /// No decay of the models and recipes in which no rule is held against it, such as those whose search found nothing
    /// lower; each once.
    pub fn without_rule(&self) -> Vec<Point> {
        let paired = self.contenders.iter().flat_map(|one| &one.none).map(|point| &point.cell);
        let mut known: Vec<&Cell> = paired.collect();
        let mut points = Vec::new();
        for group in self.own_groups() {
            let Some(cell) = &group.baseline else { continue };
            if !known.iter().any(|one| one.is_of_same_runs(cell)) {
                known.push(cell);
                points.push(point(group, cell));
            }
        }
        points
    }
}

/// No decay as a point of its own.
fn point(group: &Group, cell: &Cell) -> Point {
    let treatment = String::new();
    let rule = Rule { form: Form::None, mask: None, treatment, ..Rule::of(&cell.runs[0]) };
    let side = Side { rule, weight_decay: Some(0.0), at: String::new() };
    Point { side, cell: cell.clone(), is_eligible: group.may_be_best(cell) }
}

/// The cell without decay that readers are told of: at its own best point, as the rules are, and the best of all models
/// and recipes, whatever their order, and whether a rule is held against it or its search gave all of them up.
pub fn without_decay<'a>(groups: &'a [Group], contenders: &'a [Contender]) -> Option<&'a Cell> {
    let tuned = contenders.iter().filter_map(|one| Some(&one.best_without_decay()?.cell));
    let own = || groups.iter().filter(|group| !group.rule.in_values_table);
    let standing =
        own().filter_map(|group| group.baseline.as_ref().filter(|cell| group.may_be_best(cell)));
    let any = |groups: &mut dyn Iterator<Item = &'a Group>| {
        lowest(groups.filter_map(|group| group.baseline.as_ref()))
    };
    lowest(tuned.chain(standing)).or_else(|| any(&mut own())).or_else(|| any(&mut groups.iter()))
}

/// The cell with the lowest mean val loss; the first, where none has a loss.
fn lowest<'a>(cells: impl Iterator<Item = &'a Cell>) -> Option<&'a Cell> {
    let loss = |cell: &Cell| cell.mean(|run| run.val_loss).unwrap_or(f64::INFINITY);
    cells.min_by(|a, b| loss(a).total_cmp(&loss(b)))
}
