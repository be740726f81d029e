use anyhow::{Context, Result, bail, ensure};

use crate::config::{Decay, Form, Stage, plain};
use crate::results::RunRow;
use crate::stats::{Analysis, Cell};

/// Arms that a message lists, at most.
const MOST_LISTED: usize = 40;

/// The arms of an experiment, in the order of its rows.
pub struct Arms {
    arms: Vec<ArmRows>,
}

/// One arm with its runs over seeds.
#[derive(Clone, Debug)]
pub struct ArmRows {
    /// Form, mask, λ and what differs in its recipe, as `wane plan` and `wane status` name it.
    pub label: String,
    /// At least one.
    pub rows: Vec<RunRow>,
}

/// An arm that words ask for.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    pub arm: &'a ArmRows,
    /// Arms that the words fit.
    pub fitting: usize,
    /// Those of them that a search judged on fresh seeds.
    pub confirmed: usize,
}

impl ArmRows {
    /// A row of the arm: all agree in what they trained, but for seeds.
    pub fn first(&self) -> &RunRow {
        &self.rows[0]
    }

    fn is_arm_of(&self, row: &RunRow) -> bool {
        let own = self.first();
        let same_decay = (own.form, own.mask) == (row.form, row.mask)
            && own.weight_decay.map(f64::to_bits) == row.weight_decay.map(f64::to_bits);
        let same_recipe = own.setting == row.setting
            && own.variant == row.variant
            && own.treatment == row.treatment
            && own.recipe == row.recipe;
        same_decay && same_recipe && own.transfer == row.transfer && own.family == row.family
    }

    /// Whether a search judged it on fresh seeds.
    fn is_confirmed(&self) -> bool {
        self.rows.iter().any(|row| row.stage == Some(Stage::Confirm))
    }

    /// Its runs; those on fresh seeds alone where a search judged it there.
    pub fn cell(&self) -> Option<Cell> {
        let fresh = |row: &&RunRow| row.stage == Some(Stage::Confirm);
        Cell::of(self.rows.iter().filter(fresh)).or_else(|| Cell::of(&self.rows))
    }

    fn val_loss(&self) -> Option<f64> {
        self.cell()?.mean(|run| run.val_loss)
    }
}

impl Arms {
    /// Of the rows of `runs.csv`.
    pub fn of(rows: &[RunRow]) -> Self {
        let mut arms: Vec<ArmRows> = Vec::new();
        for row in rows {
            // Rows of an arm mostly follow one another.
            match arms.iter_mut().rev().find(|arm| arm.is_arm_of(row)) {
                Some(arm) => arm.rows.push(row.clone()),
                None => arms.push(ArmRows { label: label(row), rows: vec![row.clone()] }),
            }
        }
        Arms { arms }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &ArmRows> {
        self.arms.iter()
    }

    /// The best arm, unless no decay is better: nobody is handed decay that does worse.
    pub fn best_that_gains(&self, analysis: &Analysis) -> Result<&ArmRows> {
        ensure!(
            analysis.best_without_decay().is_none(),
            "no decay is the best arm by val loss; choose one with --arm:\n{}",
            self.list()
        );
        self.best(analysis)
    }

    /// The arm that the product calls the best: of the experiment's own rules, each at its own best point, the one
    /// with the lowest mean val loss.
    pub fn best(&self, analysis: &Analysis) -> Result<&ArmRows> {
        let own = analysis.best_point().map(|(_, point)| &point.cell);
        let cell = own.or(analysis.best().map(|(_, cell)| cell));
        let row = cell.and_then(|cell| cell.runs.first());
        let arm = row.and_then(|row| self.arms.iter().find(|arm| arm.is_arm_of(row)));
        arm.with_context(|| {
            format!(
                "no arm that does anything against overfitting has reached its end under every seed, so there is no \
                 best one; choose one with --arm:\n{}",
                self.list()
            )
        })
    }

    /// The best arm, or that without decay where no other does better.
    pub fn best_of_all(&self, analysis: &Analysis) -> Result<&ArmRows> {
        if analysis.best_without_decay().is_none() {
            return self.best(analysis);
        }
        let idle = self.arms.iter().filter(|arm| !arm.first().is_treated());
        let losses = idle.filter_map(|arm| Some((arm.val_loss()?, arm)));
        let best = losses.min_by(|a, b| a.0.total_cmp(&b.0));
        best.map_or_else(|| self.best(analysis), |(_, arm)| Ok(arm))
    }

    /// The arm that differs in being under AdamW alone.
    pub fn twin_under_adamw(&self, arm: &ArmRows) -> Option<&ArmRows> {
        let twin = RunRow { form: Form::AdamW, ..arm.first().clone() };
        self.arms.iter().find(|other| other.is_arm_of(&twin))
    }

    /// The runs of its model and recipe without decay, whichever stage of a search they are of.
    pub fn without_decay(&self, arm: &ArmRows) -> Option<Cell> {
        let setting = arm.first().setting_or_variant();
        let rows = self.arms.iter().flat_map(|arm| &arm.rows);
        Cell::of(rows.filter(|row| !row.is_treated() && row.setting_or_variant() == setting))
    }

    /// The arm that words of its label or the identity of a run ask for. Of several it is the one with the lowest mean
    /// val loss; where a search judged some of them on fresh seeds, of those alone, since the others were tried on other
    /// seeds, by whose losses they were chosen.
    pub fn find(&self, asked: &str) -> Result<Found<'_>> {
        let words = words(asked);
        let named = |arm: &&ArmRows| arm.rows.iter().any(|row| row.run == asked.trim());
        let exact = |arm: &&ArmRows| self::words(&arm.label) == words;
        let holds = |arm: &&ArmRows| {
            let own = self::words(&arm.label);
            !words.is_empty() && words.iter().all(|word| own.contains(word))
        };
        for fits in [&named as &dyn Fn(&&ArmRows) -> bool, &exact, &holds] {
            if let Some(found) = best_found(self.arms.iter().filter(fits).collect()) {
                return Ok(found);
            }
        }
        bail!("no arm is called `{}`; the arms are:\n{}", asked.trim(), self.list())
    }

    fn list(&self) -> String {
        let labels = self.arms.iter().take(MOST_LISTED).map(|arm| format!("  {}", arm.label));
        let mut lines: Vec<String> = labels.collect();
        if self.arms.len() > MOST_LISTED {
            lines.push(format!("  and {} more, see runs.csv", self.arms.len() - MOST_LISTED));
        }
        lines.join("\n")
    }
}

/// The best of the arms that words fit; `None` where they fit none.
fn best_found(all: Vec<&ArmRows>) -> Option<Found<'_>> {
    let fitting = all.len();
    let confirmed = all.iter().filter(|arm| arm.is_confirmed()).count();
    let judged = all.into_iter().filter(|arm| confirmed == 0 || arm.is_confirmed());
    let loss = |arm: &ArmRows| arm.val_loss().unwrap_or(f64::INFINITY);
    let arm = judged.min_by(|a, b| loss(a).total_cmp(&loss(b)))?;
    Some(Found { arm, fitting, confirmed })
}

fn label(row: &RunRow) -> String {
    let RunRow { form, mask, weight_decay, .. } = *row;
    let decay = Decay { form, mask, weight_decay };
    format!("{} {}", decay.label(), row.variant).trim_end().to_owned()
}

/// The words of a label under one spelling: `AdamW on matrices, λ = 0.30` and `adamw matrices λ=0.3` are one.
fn words(label: &str) -> Vec<String> {
    let parts = label.to_lowercase().replace([',', '(', ')'], " ");
    let parts = parts.replace(" = ", "=").replace("weight_decay=", "λ=").replace("lambda=", "λ=");
    let parts = parts.split_whitespace().filter(|word| !["on", "at"].contains(word));
    parts.map(spelled).collect()
}

/// A word whose number is written one way.
fn spelled(word: &str) -> String {
    match word.rsplit_once('=').map(|(key, value)| (key, value.parse::<f64>())) {
        Some((key, Ok(value))) => format!("{key}={}", plain(value)),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arm_is_found_however_its_words_are_written() {
        let label = words("adamw matrices λ=0.3 lr=0.001");
        for asked in [
            "AdamW on matrices, λ = 0.3, lr=1e-3",
            "adamw  matrices weight_decay=0.30 lr=0.001",
            "adamw matrices lambda=3e-1 (lr=0.001)",
        ] {
            assert_eq!(words(asked), label, "{asked}");
        }
        assert_ne!(words("adamw matrices λ=0.31 lr=0.001"), label);
    }
}
