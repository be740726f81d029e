//! Published recipes at the scale of an experiment: the loss without decay, at the published λ and
//! at the λ that matches the original's total decay, seed by seed.

mod against;
mod toys;

use super::comparison::{Asked, Comparison, Court, Opponent, alone};
use super::groups::{Cell, Rule, Side};
use super::inference::{Estimate, squares};
use super::quantity::Quantity;
use super::verdict::{Kind, Tally, Terms};
use super::warnings::TOO_LITTLE_DECAY;
use crate::config::{Form, Mask, TestFamily};
use crate::published::{Published, Transfer};
use crate::results::RunRow;

use against::differences;

pub use against::Against;
pub use toys::{Pooled, Toy};

/// A row per published recipe that was trained, and per form and mask that it was trained under.
#[derive(Clone, Debug)]
pub struct ValuesTable {
    /// In the order of the published models.
    pub rows: Vec<ValuesRow>,
}

/// One published recipe under one form and mask.
#[derive(Clone, Debug)]
pub struct ValuesRow {
    pub published: &'static Published,
    /// Its name, with the numbers in which the experiment varies it.
    pub variant: String,
    pub form: Form,
    pub mask: Option<Mask>,
    /// Whether other rows have the same recipe under another form or mask.
    pub is_crossed: bool,
    /// Without decay.
    pub none: Option<Cell>,
    /// At the published λ.
    pub raw: Option<Carried>,
    /// At the λ that matches the original's total decay.
    pub matched: Option<Carried>,
    /// At the λ that matches the original's timescale in epochs.
    pub timed: Option<Carried>,
}

/// The runs of one transfer.
#[derive(Clone, Debug)]
pub struct Carried {
    pub cell: Cell,
    /// The reported loss against no decay; corrected over all rows and transfers.
    pub against_none: Option<Comparison>,
    /// The last step against no decay stopped at its lowest val loss: a description.
    pub against_stopped: Option<Estimate>,
    /// Both stopped: a description.
    pub both_stopped: Option<Estimate>,
}

/// What the runs of one transfer say.
#[derive(Clone, Copy, Debug)]
pub enum Finding<'a> {
    /// Not all of them reached their end.
    Incomplete {
        done: usize,
        all: usize,
    },
    /// Not every run without decay is there and reached its end.
    NoBaseline,
    TooFewSeeds,
    /// A difference that is one number in every seed.
    SameInEverySeed,
    Tested(&'a Comparison),
}

impl ValuesTable {
    /// The table of an experiment; `None` where it carries no published recipe over.
    pub fn of(
        runs: &[RunRow],
        loss: Quantity,
        court: &mut Court,
        families: &[TestFamily],
    ) -> Option<Self> {
        let mut rows: Vec<ValuesRow> = Vec::new();
        for published in Published::all() {
            let is_own = |run: &&RunRow| {
                run.transfer.is_some() && run.recipe.as_ref() == Some(&published.name)
            };
            let own: Vec<&RunRow> = runs.iter().filter(is_own).collect();
            for setting in unique(own.iter().map(|run| run.setting_or_variant())) {
                let is_same = |run: &&&RunRow| run.setting_or_variant() == setting;
                let own: Vec<&RunRow> = own.iter().filter(is_same).copied().collect();
                rows.extend(rows_of(published, &own, loss));
            }
        }
        if families.contains(&TestFamily::Published) {
            compare(&mut rows, loss, court);
        }
        (!rows.is_empty()).then_some(ValuesTable { rows })
    }

    /// For each comparison of a plan's table, the sum of squares of its differences and their degrees of
    /// freedom.
    pub fn spreads(runs: &[RunRow], loss: Quantity) -> Vec<(f64, usize)> {
        let mut court = Court::new(Terms { alpha: 0.05, epsilon: None });
        let table = ValuesTable::of(runs, loss, &mut court, &[]);
        let rows = table.iter().flat_map(|table| &table.rows);
        let pairs = rows.flat_map(|row| {
            let carried = [&row.raw, &row.matched, &row.timed].into_iter().flatten();
            carried.filter_map(|carried| Some((&carried.cell, row.none.as_ref()?)))
        });
        let differences =
            pairs.map(|(carried, none)| carried.differences(none, |run| loss.of(run)));
        differences.map(|differences| squares(&differences)).collect()
    }

    /// How many toys found what at one transfer.
    pub fn tally(&self, transfer: Transfer) -> Tally {
        let carried = self.toys(transfer).into_iter().map(|toy| toy.carried);
        let kind = |one: &Carried| one.against_none.as_ref().map_or(Kind::NoTest, Comparison::kind);
        carried.map(kind).collect()
    }

    /// Toys at one transfer whose loss is lower or higher by less than the smallest difference that matters.
    pub fn too_small_to_matter(&self, transfer: Transfer) -> usize {
        let toys = self.toys(transfer).into_iter();
        let found = toys.filter_map(|toy| toy.carried.against_none.as_ref());
        let is_small = |one: &&Comparison| {
            one.is_within_epsilon && matches!(one.kind(), Kind::Lower | Kind::Higher)
        };
        found.filter(is_small).count()
    }

    /// Every comparison of the table with no decay.
    pub fn comparisons(&self) -> impl Iterator<Item = &Comparison> {
        let carried =
            self.rows.iter().flat_map(|row| [&row.raw, &row.matched, &row.timed]).flatten();
        carried.filter_map(|carried| carried.against_none.as_ref())
    }
}

impl ValuesRow {
    /// The runs of a transfer with decay.
    pub fn carried(&self, transfer: Transfer) -> Option<&Carried> {
        match transfer {
            Transfer::Raw => self.raw.as_ref(),
            Transfer::Matched => self.matched.as_ref(),
            Transfer::Timescale => self.timed.as_ref(),
            Transfer::None => None,
        }
    }

    /// What the runs of a transfer of this row say.
    pub fn finding<'a>(&self, carried: &'a Carried) -> Finding<'a> {
        let (done, all) = (carried.cell.done().count(), carried.cell.runs.len());
        if done < all {
            return Finding::Incomplete { done, all };
        }
        match &carried.against_none {
            Some(comparison) if comparison.kind() != Kind::NoTest => Finding::Tested(comparison),
            Some(comparison) if comparison.is_copied => Finding::SameInEverySeed,
            Some(_) if self.none.as_ref().is_some_and(Cell::is_complete) => Finding::TooFewSeeds,
            _ => Finding::NoBaseline,
        }
    }
}

impl Carried {
    fn side(&self) -> Side {
        let rule = Rule::of(&self.cell.runs[0]);
        Side { rule, weight_decay: self.cell.weight_decay, at: String::new() }
    }

    /// λ, total decay and the rest of what all its runs share.
    pub fn run(&self) -> &RunRow {
        &self.cell.runs[0]
    }

    /// Whether its total decay takes next to nothing of a weight.
    pub fn is_too_small(&self) -> bool {
        self.run().total_decay.is_some_and(|total| total < TOO_LITTLE_DECAY)
    }
}

/// Each of these once, in the order of first appearance.
fn unique<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut unique = Vec::new();
    for one in all {
        if !unique.contains(&one) {
            unique.push(one);
        }
    }
    unique
}

/// The rows of one recipe with one setting: one per form and mask of its decay.
fn rows_of(published: &'static Published, runs: &[&RunRow], loss: Quantity) -> Vec<ValuesRow> {
    let of = |transfer| runs.iter().filter(move |run| run.transfer == Some(transfer));
    let none = Cell::of(of(Transfer::None).copied());
    let mut decays = unique(of(Transfer::Raw).map(|run| (run.form, run.mask)));
    for run in of(Transfer::Matched).chain(of(Transfer::Timescale)) {
        if home(&decays, run).is_none() {
            decays.push((run.form, run.mask));
        }
    }
    if decays.is_empty() {
        decays.push((published.recipe.form.value, Some(published.recipe.mask.value)));
    }
    let row = |index: usize, (form, mask): (Form, Option<Mask>)| {
        let carried = |transfer| {
            let own = of(transfer).filter(|run| home(&decays, run) == Some(index));
            let cell = Cell::of(own.copied())?;
            let described = |against| {
                let by_seed = differences(&cell, none.as_ref()?, loss, against)?;
                Estimate::of(&by_seed.into_values().collect::<Vec<_>>())
            };
            let (against_stopped, both_stopped) =
                (described(Against::Stopped), described(Against::BothStopped));
            Some(Carried { cell, against_none: None, against_stopped, both_stopped })
        };
        ValuesRow {
            published,
            variant: runs[0].variant.clone(),
            form,
            mask,
            is_crossed: decays.len() > 1,
            none: none.clone(),
            raw: carried(Transfer::Raw),
            matched: carried(Transfer::Matched),
            timed: carried(Transfer::Timescale),
        }
    };
    decays.iter().enumerate().map(|(index, decay)| row(index, *decay)).collect()
}

/// The row of a decayed run, by its form and mask. Where the raw run's form has no λ to match with, the
/// matched run has another form, and belongs to the same row.
fn home(decays: &[(Form, Option<Mask>)], run: &RunRow) -> Option<usize> {
    let own = decays.iter().position(|decay| *decay == (run.form, run.mask));
    let without_lambda = || {
        let is_matched = matches!(run.transfer, Some(Transfer::Matched | Transfer::Timescale));
        let has_none = |decay: &(Form, _)| !decay.0.takes_weight_decay() && decay.1 == run.mask;
        decays.iter().position(has_none).filter(|_| is_matched)
    };
    own.or_else(without_lambda)
}

/// Compares every row with no decay, all as one family.
fn compare(rows: &mut [ValuesRow], loss: Quantity, court: &mut Court) {
    let (mut places, mut asked) = (Vec::new(), Vec::new());
    for (place, row) in rows.iter().enumerate() {
        for transfer in [Transfer::Raw, Transfer::Matched, Transfer::Timescale] {
            if let Some(one) = ask(row, transfer, loss, court) {
                places.push((place, transfer));
                asked.push(one);
            }
        }
    }
    for ((place, transfer), comparison) in places.into_iter().zip(court.judge(asked)) {
        let row = &mut rows[place];
        let carried = match transfer {
            Transfer::Raw => &mut row.raw,
            Transfer::Matched => &mut row.matched,
            Transfer::Timescale => &mut row.timed,
            Transfer::None => &mut None,
        };
        if let Some(carried) = carried {
            carried.against_none = Some(comparison);
        }
    }
}

fn ask(row: &ValuesRow, transfer: Transfer, loss: Quantity, court: &mut Court) -> Option<Asked> {
    let (carried, none) = (row.carried(transfer)?, row.none.as_ref()?);
    let left = alone(carried.side(), &carried.cell, loss);
    let right = alone(Side { weight_decay: Some(0.0), ..carried.side() }, none, loss);
    court.ask(Some(TestFamily::Published), Opponent::NoDecay, [&[left], &[right]])
}
