use super::inference::Estimate;
use crate::config::{Form, Mask, Named};
use crate::record::Status;
use crate::results::RunRow;

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
    /// For sentences: "AdamW on matrices".
    pub fn title(&self) -> String {
        let mut title = self.form.title().to_owned();
        if let Some(mask) = self.mask {
            title += &format!(" on {}", mask.title());
        }
        if !self.variant.is_empty() {
            title += &format!(" ({})", self.variant);
        }
        title
    }

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

impl Cell {
    /// A number of the runs that have it.
    pub fn estimate(&self, of: impl Fn(&RunRow) -> Option<f64>) -> Option<Estimate> {
        Estimate::of(&self.runs.iter().filter_map(of).collect::<Vec<_>>())
    }

    /// A number's differences from the same seed in another cell.
    pub fn differences(&self, other: &Cell, of: impl Fn(&RunRow) -> Option<f64>) -> Vec<f64> {
        let difference = |run: &RunRow| {
            let twin = other.runs.iter().find(|twin| twin.seed == run.seed)?;
            Some(of(run)? - of(twin)?)
        };
        self.runs.iter().filter_map(difference).collect()
    }

    /// [`differences`](Self::differences), estimated.
    pub fn paired(&self, other: &Cell, of: impl Fn(&RunRow) -> Option<f64>) -> Option<Estimate> {
        Estimate::of(&self.differences(other, of))
    }

    /// Whether every run of it reached its last step.
    pub fn is_complete(&self) -> bool {
        self.runs.iter().all(|run| run.status == Status::Done)
    }
}

/// A rule at one λ.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// The rule.
    pub key: GroupKey,
    /// λ; `None` for the forms without one.
    pub weight_decay: Option<f64>,
}

impl Group {
    /// The cell with the lowest mean val loss among those whose runs all reached their end.
    pub fn best(&self) -> Option<&Cell> {
        Self::lowest(self.cells.iter())
    }

    /// The same among the cells that decay anything.
    pub fn best_decayed(&self) -> Option<&Cell> {
        Self::lowest(self.cells.iter().filter(|cell| self.decays(cell)))
    }

    /// Whether its runs take a published recipe over.
    pub fn is_published(&self) -> bool {
        self.cells.iter().flat_map(|cell| &cell.runs).any(|run| run.transfer.is_some())
    }

    /// Whether a cell of this rule decays anything.
    pub fn decays(&self, cell: &Cell) -> bool {
        self.key.form != Form::None && cell.weight_decay != Some(0.0)
    }

    /// A cell of this rule, for comparisons.
    pub fn side(&self, cell: &Cell) -> Side {
        Side { key: self.key.clone(), weight_decay: cell.weight_decay }
    }

    fn lowest<'a>(cells: impl Iterator<Item = &'a Cell>) -> Option<&'a Cell> {
        let loss = |cell: &Cell| cell.estimate(|run| run.val_loss).map(|loss| loss.mean);
        cells
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
