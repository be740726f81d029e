use super::inference::Estimate;
use crate::config::{Form, Mask};
use crate::record::Status;
use crate::results::RunRow;

/// A form of decay on a mask under one model and recipe: its runs differ in λ and seed alone.
#[derive(Clone, Debug)]
pub struct Rule {
    pub form: Form,
    pub mask: Option<Mask>,
    /// Identity of model and recipe, see [`RunRow::setting_or_variant`].
    pub setting: String,
    /// Name of the published recipe that it takes over.
    pub recipe: Option<String>,
    /// Whether its λ are carried over from that recipe: then its runs belong to the values table, and the
    /// experiment's own questions leave it out.
    pub in_values_table: bool,
    /// What stands beside its decay, see [`RunRow::treatment`]; keys that it tunes without a value.
    pub treatment: String,
    /// How people tell its recipe from the others; no part of its identity.
    pub variant: String,
}

impl Rule {
    pub fn of(run: &RunRow) -> Self {
        Rule {
            form: run.form,
            mask: run.mask,
            setting: run.setting_or_variant().to_owned(),
            recipe: run.recipe.clone(),
            in_values_table: run.transfer.is_some(),
            treatment: run.treatment.clone(),
            variant: run.variant.clone(),
        }
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        let Rule { form, mask, setting, recipe, in_values_table, treatment, variant: _ } = self;
        *form == other.form
            && *mask == other.mask
            && *setting == other.setting
            && *recipe == other.recipe
            && *in_values_table == other.in_values_table
            && *treatment == other.treatment
    }
}

/// A rule at every λ that was tried.
#[derive(Clone, Debug)]
pub struct Group {
    pub rule: Rule,
    /// By rising λ; a form without λ has one cell.
    pub cells: Vec<Cell>,
    /// The same model and recipe without decay, where some arm of the experiment has it.
    pub baseline: Option<Cell>,
    /// Whether a collapsed cell may be the best: nothing in the experiment learned more, or a rule that others are held
    /// against has no other.
    pub accepts_collapsed: bool,
}

/// One arm over its seeds.
#[derive(Clone, Debug)]
pub struct Cell {
    /// λ.
    pub weight_decay: Option<f64>,
    /// A row per seed, whether its run reached its end or not; at least one.
    pub runs: Vec<RunRow>,
}

impl Cell {
    /// The first run of each seed; `None` where there are no runs.
    pub fn of<'a>(runs: impl IntoIterator<Item = &'a RunRow>) -> Option<Self> {
        let mut runs = runs.into_iter();
        let mut cell = Cell::start(runs.next()?);
        runs.for_each(|run| cell.add(run));
        Some(cell)
    }

    pub fn start(run: &RunRow) -> Self {
        Cell { weight_decay: run.weight_decay, runs: vec![run.clone()] }
    }

    /// Adds a run unless its seed is there: a spec may name one arm twice, under two transfers.
    pub fn add(&mut self, run: &RunRow) {
        if !self.runs.iter().any(|known| known.draw() == run.draw()) {
            // In the order of seeds, so that no answer depends on that of rows.
            let place = self.runs.partition_point(|one| one.draw() <= run.draw());
            self.runs.insert(place, run.clone());
        }
    }

    /// The runs that reached their end: no other is in any mean.
    pub fn done(&self) -> impl Iterator<Item = &RunRow> {
        self.runs.iter().filter(|run| run.is_done())
    }

    /// A number of the runs that reached their end and have it.
    pub fn estimate(&self, of: impl Fn(&RunRow) -> Option<f64>) -> Option<Estimate> {
        Estimate::of(&self.done().filter_map(of).collect::<Vec<_>>())
    }

    pub fn mean(&self, of: impl Fn(&RunRow) -> Option<f64>) -> Option<f64> {
        Some(self.estimate(of)?.mean)
    }

    /// A number's differences from the same seed in another cell.
    pub fn differences(&self, other: &Cell, of: impl Fn(&RunRow) -> Option<f64>) -> Vec<f64> {
        let difference = |run: &RunRow| {
            let twin = other.done().find(|twin| twin.draw() == run.draw())?;
            Some(of(run)? - of(twin)?)
        };
        self.done().filter_map(difference).collect()
    }

    /// [`differences`](Self::differences), estimated.
    pub fn paired(&self, other: &Cell, of: impl Fn(&RunRow) -> Option<f64>) -> Option<Estimate> {
        Estimate::of(&self.differences(other, of))
    }

    /// Whether another cell is of the same runs.
    pub fn is_of_same_runs(&self, other: &Cell) -> bool {
        self.runs.iter().map(|run| &run.run).eq(other.runs.iter().map(|run| &run.run))
    }

    /// Whether every run reached its last step.
    pub fn is_complete(&self) -> bool {
        self.runs.iter().all(RunRow::is_done)
    }

    /// Whether any run learned no more than how often each token occurs.
    pub fn is_collapsed(&self) -> bool {
        self.collapsed() > 0
    }

    /// Runs that learned no more than how often each token occurs.
    pub fn collapsed(&self) -> usize {
        self.runs.iter().filter(|run| run.is_collapsed()).count()
    }

    /// Whether any run learned no more than that on val, where arms are chosen.
    pub fn is_collapsed_on_val(&self) -> bool {
        self.runs.iter().any(RunRow::is_collapsed_on_val)
    }

    /// Whether every run reached its end and learned something, or nothing in the experiment did.
    pub fn may_be_best(&self, accepts_collapsed: bool) -> bool {
        self.is_complete() && (accepts_collapsed || !self.is_collapsed_on_val())
    }

    /// Whether it decays anything.
    pub fn decays(&self) -> bool {
        self.runs.iter().any(RunRow::decays)
    }

    /// Whether it does anything against overfitting.
    pub fn is_treated(&self) -> bool {
        self.runs.iter().any(RunRow::is_treated)
    }
}

/// A rule at one λ.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    pub rule: Rule,
    /// `None` for the forms without one.
    pub weight_decay: Option<f64>,
    /// Values of the keys of `[train]` that the rule tunes, such as `lr=0.001`.
    pub at: String,
}

impl Side {
    /// The axes that have a value here: `weight_decay`, then what else the rule tunes.
    pub fn axes(&self) -> Vec<String> {
        let others = self.at.split(' ').filter_map(|word| word.split_once('='));
        let others = others.map(|(key, _)| key.to_owned());
        self.weight_decay.map(|_| "weight_decay".to_owned()).into_iter().chain(others).collect()
    }

    /// The number of an axis.
    pub fn value(&self, axis: &str) -> Option<f64> {
        if axis == "weight_decay" {
            return self.weight_decay;
        }
        let mut words = self.at.split(' ').filter_map(|word| word.split_once('='));
        words.find(|(key, _)| *key == axis)?.1.parse().ok()
    }

    /// Whether both name one arm: a tuned rule and the group of one of its settings differ in how the rest is
    /// told.
    pub fn is_same_arm(&self, other: &Side) -> bool {
        let (a, b) = (&self.rule, &other.rule);
        let same_rule = a.form == b.form
            && a.mask == b.mask
            && a.recipe == b.recipe
            && a.treatment == b.treatment;
        let same_setting = a.setting == b.setting && self.at == other.at;
        let is_tuned =
            [self, other].iter().any(|side| !side.at.is_empty() || side.rule.setting.contains(' '));
        self.weight_decay == other.weight_decay
            && same_rule
            && a.in_values_table == b.in_values_table
            && (same_setting || is_tuned)
    }
}

impl Group {
    /// The cell with the lowest mean val loss among those that may be the best.
    pub fn best(&self) -> Option<&Cell> {
        self.lowest(|_| true)
    }

    /// The cell that its rule is held against others by: the best, or where no cell of the rule learned anything the
    /// best of those, since that is what the rule does.
    pub fn best_of_rule(&self) -> Option<&Cell> {
        self.best().or_else(|| lowest(self.cells.iter().filter(|cell| cell.may_be_best(true))))
    }

    /// The same among the cells that do anything against overfitting.
    pub fn best_treated(&self) -> Option<&Cell> {
        self.lowest(Cell::is_treated)
    }

    /// Whether a cell of this rule may be its best.
    pub fn may_be_best(&self, cell: &Cell) -> bool {
        cell.may_be_best(self.accepts_collapsed)
    }

    /// A cell of this rule, for comparisons.
    pub fn side(&self, cell: &Cell) -> Side {
        Side { rule: self.rule.clone(), weight_decay: cell.weight_decay, at: String::new() }
    }

    fn lowest(&self, keep: impl Fn(&Cell) -> bool) -> Option<&Cell> {
        lowest(self.cells.iter().filter(|cell| keep(cell) && self.may_be_best(cell)))
    }
}

/// The cell with the lowest mean val loss.
fn lowest<'a>(cells: impl Iterator<Item = &'a Cell>) -> Option<&'a Cell> {
    cells
        .filter_map(|cell| Some((cell.mean(|run| run.val_loss)?, cell)))
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, cell)| cell)
}

/// The treated cell with the lowest mean val loss among those that are the best of their rule.
pub fn best_of<'a>(groups: impl Iterator<Item = &'a Group>) -> Option<(&'a Group, &'a Cell)> {
    let bests = groups.filter_map(|group| Some((group, group.best_treated()?)));
    let loss = |cell: &Cell| cell.mean(|run| run.val_loss).unwrap_or(f64::NAN);
    bests.min_by(|a, b| loss(a.1).total_cmp(&loss(b.1)))
}

/// Groups rows by rule, in the order in which the rules first appear.
pub fn group_by_rule(rows: &[RunRow]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for row in rows {
        let rule = Rule::of(row);
        let known = groups.iter().position(|group| group.rule == rule);
        let index = known.unwrap_or_else(|| {
            let baseline = baseline(rows, &rule.setting);
            groups.push(Group { rule, cells: Vec::new(), baseline, accepts_collapsed: false });
            groups.len() - 1
        });
        let cells = &mut groups[index].cells;
        match cells.iter_mut().find(|cell| cell.weight_decay == row.weight_decay) {
            Some(cell) => cell.add(row),
            None => cells.push(Cell::start(row)),
        }
    }
    let accepts_collapsed = nothing_is_learned(&groups);
    for group in &mut groups {
        group.accepts_collapsed = accepts_collapsed;
        group.cells.sort_by(|a, b| {
            a.weight_decay.partial_cmp(&b.weight_decay).unwrap_or(std::cmp::Ordering::Equal)
        });
    }
    groups
}

/// Whether there are arms whose runs all reached their end, each of them has collapsed, and no other is still to come.
fn nothing_is_learned(groups: &[Group]) -> bool {
    let cells = || groups.iter().flat_map(|group| &group.cells);
    let is_open = cells().flat_map(|cell| &cell.runs).any(|run| run.status == Status::Unfinished);
    let mut complete = cells().filter(|cell| cell.is_complete()).peekable();
    !is_open && complete.peek().is_some() && complete.all(Cell::is_collapsed_on_val)
}

/// The runs of a model and recipe without decay, one per seed, whichever arm has them.
fn baseline(rows: &[RunRow], setting: &str) -> Option<Cell> {
    let own = rows.iter().filter(|row| !row.is_treated() && row.setting_or_variant() == setting);
    Cell::of(own).map(|cell| Cell { weight_decay: Some(0.0), ..cell })
}
