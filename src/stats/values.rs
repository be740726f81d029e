//! Published recipes at the scale of an experiment: the loss without decay, at the published λ and
//! at the λ that matches the original's total decay, seed by seed.

use super::comparison::{self, Comparison, Quantity};
use super::groups::{Cell, GroupKey, Side};
use super::inference::{FEWEST_SEEDS, p_text};
use super::warnings::TOO_LITTLE_DECAY;
use crate::published::{Published, Transfer, known_and_repeated};
use crate::record::Status;
use crate::results::RunRow;

/// A row per published recipe that was trained.
#[derive(Clone, Debug)]
pub struct ValuesTable {
    /// In the order of the published models.
    pub rows: Vec<ValuesRow>,
}

/// One published recipe.
#[derive(Clone, Debug)]
pub struct ValuesRow {
    /// Its facts.
    pub published: &'static Published,
    /// Its name, with the numbers in which the experiment varies it.
    pub variant: String,
    /// Without decay.
    pub none: Option<Cell>,
    /// At the published λ.
    pub raw: Option<Carried>,
    /// At the λ that matches the original's total decay.
    pub matched: Option<Carried>,
}

/// The runs of one transfer.
#[derive(Clone, Debug)]
pub struct Carried {
    /// Its runs.
    pub cell: Cell,
    /// Val loss against no decay; corrected over all rows and both transfers.
    pub against_none: Option<Comparison>,
}

impl ValuesTable {
    /// The table of an experiment; `None` where it trains no published recipe.
    pub fn of(runs: &[RunRow]) -> Option<Self> {
        let mut rows: Vec<ValuesRow> = Vec::new();
        for published in Published::all() {
            let of_recipe = |run: &&RunRow| run.recipe.as_ref() == Some(&published.name);
            let own: Vec<&RunRow> = runs.iter().filter(of_recipe).collect();
            let mut variants: Vec<&String> = own.iter().map(|run| &run.variant).collect();
            variants.dedup();
            rows.extend(
                variants.into_iter().map(|variant| ValuesRow::of(published, variant, &own)),
            );
        }
        correct(&mut rows);
        (!rows.is_empty()).then_some(ValuesTable { rows })
    }

    /// What each row says, in words.
    pub fn verdicts(&self) -> Vec<String> {
        self.rows.iter().map(|row| format!("{}: {}", row.title(), row.verdict())).collect()
    }

    /// The table in two sentences.
    pub fn in_short(&self) -> Vec<String> {
        let count = |carried: &dyn Fn(&ValuesRow) -> Option<&Carried>, lower: bool| {
            let comparisons =
                self.rows.iter().filter_map(carried).filter_map(|c| c.against_none.as_ref());
            let apart = comparisons.filter(|comparison| comparison.is_distinguishable());
            apart.filter(|comparison| (comparison.difference.mean < 0.0) == lower).count()
        };
        let sentence = |what: &str, carried: &dyn Fn(&ValuesRow) -> Option<&Carried>| {
            let all = self.rows.iter().filter_map(carried).count();
            let (lower, higher) = (count(carried, true), count(carried, false));
            format!(
                "Of {all} recipes at {what}, {lower} lower val loss, {higher} raise it, and {} cannot be told \
                 from no decay by these seeds.",
                all - lower - higher
            )
        };
        vec![
            known_and_repeated(),
            sentence("their raw λ", &|row| row.raw.as_ref()),
            sentence("the λ that matches their total decay", &|row| row.matched.as_ref()),
        ]
    }

    /// Every comparison of the table with no decay.
    pub fn comparisons(&self) -> impl Iterator<Item = &Comparison> {
        let carried = self.rows.iter().flat_map(|row| [&row.raw, &row.matched]).flatten();
        carried.filter_map(|carried| carried.against_none.as_ref())
    }
}

impl ValuesRow {
    fn of(published: &'static Published, variant: &str, runs: &[&RunRow]) -> Self {
        let cell = |transfer| cell(runs, variant, transfer);
        let none = cell(Transfer::None);
        let carried = |transfer| {
            let cell = cell(transfer)?;
            let against_none = none.as_ref().and_then(|none| against(&cell, none));
            Some(Carried { cell, against_none })
        };
        let (raw, matched) = (carried(Transfer::Raw), carried(Transfer::Matched));
        ValuesRow { published, variant: variant.to_owned(), none, raw, matched }
    }

    /// The model's name, with what the experiment varies.
    pub fn title(&self) -> String {
        match self.variant.strip_prefix(&self.published.name).map(str::trim) {
            Some(own) if !own.is_empty() => format!("{} ({own})", self.published.model),
            _ => self.published.model.clone(),
        }
    }

    /// What the runs say, in words.
    pub fn verdict(&self) -> String {
        let mut words = Vec::new();
        words.extend(self.raw.as_ref().map(|carried| format!("raw λ: {}", carried.verdict())));
        words.extend(
            self.matched.as_ref().map(|carried| format!("matched Λ: {}", carried.verdict())),
        );
        words.join("; ")
    }
}

impl Carried {
    /// λ, total decay and the rest of what all its runs share.
    pub fn run(&self) -> &RunRow {
        &self.cell.runs[0]
    }

    /// Whether its total decay is too small to matter.
    pub fn is_too_small(&self) -> bool {
        self.run().total_decay.is_some_and(|total| total < TOO_LITTLE_DECAY)
    }

    /// What its runs say, in words.
    pub fn verdict(&self) -> String {
        let note = if self.is_too_small() { "decay too small to matter here" } else { "" };
        let told = self.told();
        match note {
            "" => told,
            note => format!("{note}, {told}"),
        }
    }

    fn told(&self) -> String {
        let done = self.cell.runs.iter().filter(|run| run.status == Status::Done).count();
        if done < self.cell.runs.len() {
            return format!("{done} of {} runs reached their end", self.cell.runs.len());
        }
        let Some(comparison) = &self.against_none else { return "nothing to compare with".into() };
        let (Some(p), Some(half)) = (comparison.p_holm, comparison.difference.half_width) else {
            return format!("no verdict with fewer than {FEWEST_SEEDS} seeds");
        };
        let mean = comparison.difference.mean;
        match comparison.is_distinguishable() {
            false => {
                let signed = format!("{mean:+.3}").replace('-', "−");
                format!("not distinguishable ({signed} ± {half:.3}, {})", p_text(p))
            }
            true => {
                let direction = if mean < 0.0 { "lowers" } else { "raises" };
                let by = mean.abs();
                format!("{direction} val loss by {by:.3} ± {half:.3} ({})", p_text(p))
            }
        }
    }
}

/// The runs of one transfer; where an experiment varies form or mask, those of its first arm.
fn cell(runs: &[&RunRow], variant: &str, transfer: Transfer) -> Option<Cell> {
    let mut own =
        runs.iter().filter(|run| run.variant == variant && run.transfer == Some(transfer));
    let first = own.clone().next()?;
    let rule = |run: &RunRow| (run.form, run.mask, run.weight_decay);
    let same = |run: &&&RunRow| rule(run) == rule(first);
    let runs = own.by_ref().filter(same).map(|run| (*run).clone()).collect();
    Some(Cell { weight_decay: first.weight_decay, runs })
}

fn against(cell: &Cell, none: &Cell) -> Option<Comparison> {
    let run = &cell.runs[0];
    let key = GroupKey { form: run.form, mask: run.mask, variant: run.variant.clone() };
    let side = Side { key, weight_decay: run.weight_decay };
    let differences = cell.differences(none, |run| run.val_loss);
    comparison::compare(Quantity::ValLoss, side, None, &differences)
}

/// Corrects all comparisons of the table as one family.
fn correct(rows: &mut [ValuesRow]) {
    let mut family: Vec<&mut Comparison> = rows
        .iter_mut()
        .flat_map(|row| [row.raw.as_mut(), row.matched.as_mut()])
        .flatten()
        .filter_map(|carried| carried.against_none.as_mut())
        .collect();
    comparison::correct(&mut family);
}
