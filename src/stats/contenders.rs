//! Rules as they are compared: each with all the points among which its best is chosen.

mod of_row;
mod operand;

use super::choice::Choice;
use super::groups::Rule;
use super::inference::Estimate;
use super::point::{Point, best};
use super::quantity::Quantity;
use crate::config::RIVALS;
use crate::record::Status;
use crate::results::{Draw, RunRow};
use of_row::{add, fixed, key_of, none_rule, tuned_rule, tunes_beside_decay};

pub use operand::Operand;

/// A rule with the points that it tunes, and the points of no decay beside it.
#[derive(Clone, Debug)]
pub struct Contender {
    pub rule: Rule,
    /// What no arm of the spec tunes: only rules that share it are compared.
    base: String,
    /// What other arms tune and this rule does not, such as `lr=0.003`.
    fixed: Vec<String>,
    /// What it tunes beside what it does against overfitting.
    pub choice: Choice,
    /// Points that do anything against overfitting.
    pub points: Vec<Point>,
    /// No decay on the same terms.
    pub none: Vec<Point>,
    /// No decay that would be on them, had it the values that this rule has.
    pub elsewhere: Vec<Point>,
}

impl Contender {
    /// Every rule that does anything against overfitting and asks the experiment's own questions, in order of first appearance.
    pub fn of(rows: &[RunRow], accepts_collapsed: bool) -> Vec<Contender> {
        let own = rows.iter().filter(|row| row.transfer.is_none() && row.is_treated());
        let mut contenders: Vec<Contender> = Vec::new();
        own.for_each(|row| take_up(&mut contenders, tuned_rule(row), row, row.weight_decay));
        for contender in &mut contenders {
            let none = rows.iter().filter(|row| !row.is_treated() && contender.meets(row));
            let mut points = Vec::new();
            none.for_each(|row| add(&mut points, none_rule(row), row, Some(0.0)));
            contender.stand_beside(points);
        }
        let accepts_collapsed = accepts_collapsed || one_has_only_collapsed(&contenders);
        for contender in &mut contenders {
            mark_eligible(&mut contender.points, accepts_collapsed);
            mark_eligible(&mut contender.none, accepts_collapsed);
        }
        contenders
    }

    /// No decay with values that arms of its own tune, such as a learning rate: nothing that it is held against.
    pub fn without_decay_of(rows: &[RunRow]) -> Vec<Contender> {
        let own = rows.iter().filter(|row| row.transfer.is_none() && !row.is_treated());
        let mut contenders: Vec<Contender> = Vec::new();
        own.filter(|row| tunes_beside_decay(row))
            .for_each(|row| take_up(&mut contenders, none_rule(row), row, Some(0.0)));
        contenders.iter_mut().for_each(|one| mark_eligible(&mut one.points, false));
        contenders
    }

    fn start(rule: Rule, row: &RunRow) -> Self {
        Contender {
            rule,
            base: row.base_or_setting().to_owned(),
            fixed: fixed(row),
            choice: Choice::default(),
            points: Vec::new(),
            none: Vec::new(),
            elsewhere: Vec::new(),
        }
    }

    /// Whether a row without decay stands on the same terms: what this rule does not tune is as here, or is
    /// tuned by the row's own arm.
    fn meets(&self, row: &RunRow) -> bool {
        let tuned: Vec<&str> = row.tuned.split(' ').collect();
        let same = |own: &String| {
            tuned.contains(&key_of(own)) || row.axes.split(' ').any(|axis| axis == own)
        };
        row.base_or_setting() == self.base && self.fixed.iter().all(same)
    }

    /// Takes no decay at what this rule holds, and of that what lies where its points do: at another learning rate a
    /// difference may be that of the learning rate.
    fn stand_beside(&mut self, points: Vec<Point>) {
        let at_held: Vec<Point> =
            points.iter().filter(|point| self.holds_as(point)).cloned().collect();
        self.none = self.choice.of_same(&at_held);
        if self.none.is_empty() {
            self.elsewhere = if at_held.is_empty() { points } else { at_held };
        }
    }

    /// Whether no decay is at the values that this rule does not tune. It may be shorter, which is stopping by another
    /// schedule, and not longer.
    fn holds_as(&self, none: &Point) -> bool {
        let is_as = |own: &String| {
            let shorter = own.strip_prefix("steps=").and_then(|own| own.parse::<f64>().ok());
            match shorter.zip(none.side.value("steps")) {
                Some((own, steps)) => steps <= own,
                None => none.side.at.split(' ').any(|axis| axis == own),
            }
        };
        self.fixed.iter().all(is_as)
    }

    /// What others tune and this rule does not, where all no decay that it is held against is at the same: "lr=0.01".
    pub fn held_with_none(&self) -> impl Iterator<Item = &str> {
        let is_at = |none: &Point, own: &str| none.side.at.split(' ').any(|axis| axis == own);
        let fixed = self.fixed.iter().map(String::as_str);
        fixed.filter(move |own| self.none.iter().all(|none| is_at(none, own)))
    }

    /// What it tunes, and what it holds where no decay is at other values of that.
    pub fn choice_beside_none(&self) -> Choice {
        match self.elsewhere.iter().any(|point| self.holds_as(point)) {
            true => self.choice.clone(),
            false => self.choice.with(self.fixed.iter().map(|axis| key_of(axis))),
        }
    }

    /// Whether both may be compared: they differ in form, in mask, or in both, and in nothing else, and what one of
    /// them chooses among the other does too.
    pub fn may_meet(&self, other: &Contender) -> bool {
        self.stands_beside(other) && self.choice.is_as(&other.choice)
    }

    /// Whether they might be, did both choose among the same.
    pub fn is_unlike(&self, other: &Contender) -> bool {
        self.stands_beside(other) && !self.choice.is_as(&other.choice)
    }

    /// Whether nothing but form and mask differs that is not tuned by one of them.
    fn stands_beside(&self, other: &Contender) -> bool {
        let differs = |axis: &&String| {
            other.fixed.iter().any(|one| key_of(one) == key_of(axis) && one != *axis)
        };
        self.base == other.base
            && self.rule.recipe == other.rule.recipe
            && !self.fixed.iter().any(|axis| differs(&axis))
    }

    /// What it does against overfitting: `weight_decay` for decay, then keys such as `dropout`.
    pub fn treatments(&self) -> Vec<&str> {
        let decays = self.points.iter().any(|point| point.cell.decays());
        let beside = self.rule.treatment.split(' ').map(key_of);
        let decay = decays.then_some("weight_decay").into_iter();
        decay.chain(beside.filter(|key| RIVALS.contains(key))).collect()
    }

    /// Whether any seed has both a point of it and no decay.
    pub fn shares_a_seed_with_none(&self) -> bool {
        let draws = |points: &[Point]| -> Vec<Draw> {
            points.iter().flat_map(|point| point.cell.runs.iter().map(RunRow::draw)).collect()
        };
        let none = draws(&self.none);
        draws(&self.points).iter().any(|draw| none.contains(draw))
    }

    /// Its points under the last step.
    pub fn operand(&self, quantity: Quantity) -> Operand {
        Operand { points: self.points.clone(), quantity }
    }

    /// No decay on the same terms.
    pub fn without_decay(&self, quantity: Quantity) -> Operand {
        Operand { points: self.none.clone(), quantity }
    }

    /// The point with the lowest mean val loss.
    pub fn best(&self) -> Option<&Point> {
        best(&self.points)
    }

    /// Whether that is the best of several.
    pub fn is_choice(&self) -> bool {
        self.candidates() > 1
    }

    /// Points that may be the best.
    pub fn candidates(&self) -> usize {
        self.points.iter().filter(|point| point.is_eligible).count()
    }

    /// How much a point loses against the best, in the mean of a loss over seeds paired with the best's; points
    /// that may not be chosen have none.
    pub fn regret(&self, point: &Point, loss: Quantity) -> Option<Estimate> {
        let best = self.best()?;
        point.is_eligible.then(|| point.cell.paired(&best.cell, |run| loss.of(run)))?
    }

    /// The smallest and the largest λ whose mean regret is at most `epsilon`.
    pub fn within(&self, epsilon: Option<f64>, loss: Quantity) -> Option<[f64; 2]> {
        let is_within = |point: &&Point| {
            let regret = self.regret(point, loss);
            regret.zip(epsilon).is_some_and(|(regret, epsilon)| regret.mean <= epsilon)
        };
        let lambdas = self.points.iter().filter(is_within).filter_map(|one| one.side.weight_decay);
        let ends = lambdas.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], lambda| {
            [low.min(lambda), high.max(lambda)]
        });
        (ends[0] <= ends[1]).then_some(ends)
    }

    /// No decay at its own best point.
    pub fn best_without_decay(&self) -> Option<&Point> {
        best(&self.none)
    }
}

/// Takes up a row as a point of its rule.
fn take_up(contenders: &mut Vec<Contender>, rule: Rule, row: &RunRow, weight_decay: Option<f64>) {
    let known = contenders.iter().position(|one| one.rule == rule);
    let place = known.unwrap_or_else(|| {
        contenders.push(Contender::start(rule.clone(), row));
        contenders.len() - 1
    });
    contenders[place].choice.add(row);
    add(&mut contenders[place].points, rule, row, weight_decay);
}

/// A rule, and no decay, is held against others even where all of its points collapsed: that is what it does.
fn mark_eligible(points: &mut [Point], accepts_collapsed: bool) {
    let accepts_collapsed = accepts_collapsed || only_collapsed(points);
    points
        .iter_mut()
        .for_each(|point| point.is_eligible = point.cell.may_be_best(accepts_collapsed));
}

/// Whether a rule, or no decay, has a collapsed run in every arm, and none still to come. Then no other may leave such arms
/// out of its choice: those without would be held against all runs of this one, and be lower where nothing differs.
pub fn one_has_only_collapsed(contenders: &[Contender]) -> bool {
    let is_open = |points: &[Point]| {
        let mut runs = points.iter().flat_map(|point| &point.cell.runs);
        runs.any(|run| run.status == Status::Unfinished)
    };
    let mut sides = contenders.iter().flat_map(|one| [&one.points, &one.none]);
    sides.any(|points| only_collapsed(points) && !is_open(points))
}

/// Whether every arm that is complete has a run that collapsed.
fn only_collapsed(points: &[Point]) -> bool {
    let mut complete = points.iter().filter(|point| point.cell.is_complete()).peekable();
    complete.peek().is_some() && complete.all(|point| !point.cell.may_be_best(false))
}
