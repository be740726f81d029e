use crate::decay::{Form, Mask};
use crate::record::Status;

use super::rows::RunRow;

/// Runs that differ in λ and seed alone.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupKey {
    /// The form.
    pub form: Form,
    /// The mask.
    pub mask: Option<Mask>,
    /// Numbers in which the recipe differs from `[train]`.
    pub variant: String,
}

impl GroupKey {
    /// For titles and legends.
    pub fn label(&self) -> String {
        let mut label = self.form.name().to_owned();
        if let Some(mask) = self.mask {
            label += &format!(" on {mask}");
        }
        if !self.variant.is_empty() {
            label += &format!(", {}", self.variant);
        }
        label
    }
}

/// A rule at every λ that was tried.
#[derive(Clone, Debug)]
pub struct Group {
    /// The rule.
    pub key: GroupKey,
    /// By rising λ; a form without λ has one cell.
    pub cells: Vec<Cell>,
    /// The same recipe without decay, where some arm of the experiment has it.
    pub baseline: Option<Cell>,
}

/// One arm over its seeds.
#[derive(Clone, Debug)]
pub struct Cell {
    /// λ.
    pub weight_decay: Option<f64>,
    /// A row per seed.
    pub runs: Vec<RunRow>,
}

/// Mean over seeds and how far they lie apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// Standard deviation (n − 1); missing for one seed.
    pub sd: Option<f64>,
    /// Seeds.
    pub n: usize,
}

impl Spread {
    /// Of these values; `None` if there are none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len();
        let mean = (n > 0).then(|| values.iter().sum::<f64>() / n as f64)?;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Some(Spread { mean, sd: (n > 1).then(|| (squares / (n - 1) as f64).sqrt()), n })
    }
}

impl Cell {
    /// A number of the runs that reached their end.
    pub fn spread(&self, of: fn(&RunRow) -> Option<f64>) -> Option<Spread> {
        Spread::of(&self.runs.iter().filter_map(of).collect::<Vec<_>>())
    }

    /// A number's difference from the same seed in another cell.
    pub fn paired(&self, other: &Cell, of: fn(&RunRow) -> Option<f64>) -> Option<Spread> {
        let difference = |run: &RunRow| {
            let twin = other.runs.iter().find(|twin| twin.seed == run.seed)?;
            Some(of(run)? - of(twin)?)
        };
        Spread::of(&self.runs.iter().filter_map(difference).collect::<Vec<_>>())
    }

    /// Whether every run of it reached its last step.
    pub fn is_complete(&self) -> bool {
        self.runs.iter().all(|run| run.status == Status::Done)
    }
}

impl Group {
    /// The cell with the lowest mean val loss among those whose runs all reached their end.
    pub fn best(&self) -> Option<&Cell> {
        let loss = |cell: &Cell| cell.spread(|run| run.val_loss).map(|spread| spread.mean);
        self.cells
            .iter()
            .filter(|cell| cell.is_complete())
            .filter_map(|cell| Some((loss(cell)?, cell)))
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, cell)| cell)
    }
}

/// Groups rows by rule, in the order in which the rules first appear.
pub fn group_by_rule(rows: &[RunRow]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for row in rows {
        let key = GroupKey { form: row.form, mask: row.mask, variant: row.variant.clone() };
        let place = groups.iter().position(|group| group.key == key).unwrap_or_else(|| {
            let baseline = baseline(rows, &key.variant);
            groups.push(Group { key, cells: Vec::new(), baseline });
            groups.len() - 1
        });
        let cells = &mut groups[place].cells;
        match cells.iter_mut().find(|cell| cell.weight_decay == row.weight_decay) {
            Some(cell) => cell.runs.push(row.clone()),
            None => cells.push(Cell { weight_decay: row.weight_decay, runs: vec![row.clone()] }),
        }
    }
    for group in &mut groups {
        group.cells.sort_by(|a, b| {
            a.weight_decay.partial_cmp(&b.weight_decay).unwrap_or(std::cmp::Ordering::Equal)
        });
    }
    groups
}

/// The runs of a recipe without decay, one per seed, whichever arm has them.
fn baseline(rows: &[RunRow], variant: &str) -> Option<Cell> {
    let mut runs: Vec<RunRow> = Vec::new();
    for row in rows {
        let undecayed = row.form == Form::None || row.weight_decay == Some(0.0);
        let new = !runs.iter().any(|known| known.seed == row.seed);
        if undecayed && new && row.variant == variant {
            runs.push(row.clone());
        }
    }
    (!runs.is_empty()).then_some(Cell { weight_decay: Some(0.0), runs })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn row(form: Form, weight_decay: f64, seed: u64, val_loss: f64) -> RunRow {
        RunRow {
            run: format!("{form}-{weight_decay}-{seed}"),
            form,
            mask: Some(Mask::Matrices),
            weight_decay: Some(weight_decay),
            lr: 1e-3,
            seed,
            status: if val_loss.is_finite() { Status::Done } else { Status::Diverged },
            steps: 10,
            train_loss: Some(1.0),
            val_loss: val_loss.is_finite().then_some(val_loss),
            gap: val_loss.is_finite().then_some(val_loss - 1.0),
            best_val_loss: None,
            best_val_step: None,
            total_decay: None,
            timescale_steps: None,
            weight_norm: None,
            seconds: None,
            variant: String::new(),
            val_floor: None,
            backend: None,
        }
    }

    #[test]
    fn the_best_cell_has_the_lowest_mean_and_no_diverged_run() {
        let rows = [
            row(Form::AdamW, 0.0, 0, 2.0),
            row(Form::AdamW, 1.0, 0, 1.5),
            row(Form::AdamW, 1.0, 1, 1.7),
            row(Form::AdamW, 3.0, 0, 1.0),
            row(Form::AdamW, 3.0, 1, f64::NAN),
        ];
        let groups = group_by_rule(&rows);
        assert_eq!(groups.len(), 1);
        let best = groups[0].best().unwrap();
        assert_eq!(best.weight_decay, Some(1.0));
        assert_eq!(best.spread(|run| run.val_loss).unwrap().n, 2);
    }

    #[test]
    fn differences_pair_by_seed_and_the_baseline_may_stand_in_another_rule() {
        let rows = [
            row(Form::AdamW, 0.0, 0, 2.0),
            row(Form::AdamW, 0.0, 1, 3.0),
            row(Form::L2, 0.1, 1, 2.5),
            row(Form::L2, 0.1, 0, 1.9),
        ];
        let groups = group_by_rule(&rows);
        let l2 = &groups[1];
        let difference =
            l2.cells[0].paired(l2.baseline.as_ref().unwrap(), |run| run.val_loss).unwrap();
        assert!((difference.mean + 0.3).abs() < 1e-12);
        assert!((difference.sd.unwrap() - 0.08f64.sqrt()).abs() < 1e-12);
    }
}
