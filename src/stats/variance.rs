//! How much of the spread over seeds is text, and how much is first weights and order of the data.

use super::groups::Cell;
use super::quantity::Quantity;
use crate::results::RunRow;

/// Where the spread of a loss over runs comes from, as far as the design can tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spread {
    /// One text: all of it is what else varies.
    OneText { sd: f64, varied: Varied },
    /// Several texts, and what else varies changes with them.
    Together { sd: f64, varied: Varied },
    /// Texts crossed with seeds: standard deviations of each, and of what neither explains.
    Crossed { text: f64, seed: f64, rest: f64 },
}

/// What seeds change beside the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Varied {
    pub weights: bool,
    pub order: bool,
}

impl Varied {
    fn between(runs: &[(&RunRow, f64)]) -> Self {
        let several = |of: fn(&RunRow) -> Option<u64>| {
            distinct(runs.iter().map(|(run, _)| of(run))).len() > 1
        };
        // Older files do not tell the parts of a seed, which all change there.
        let is_told =
            runs.iter().any(|(run, _)| run.model_seed.is_some() || run.data_seed.is_some());
        Varied {
            weights: !is_told || several(|run| run.model_seed),
            order: !is_told || several(|run| run.data_seed),
        }
    }
}

impl Spread {
    /// Of a cell without decay, or any other; `None` for fewer than two runs.
    pub fn of(cell: &Cell, quantity: Quantity) -> Option<Self> {
        let sd = cell.estimate(|run| quantity.of(run))?.sd?;
        let runs: Vec<(&RunRow, f64)> =
            cell.done().filter_map(|run| Some((run, quantity.of(run)?))).collect();
        let texts = distinct(runs.iter().map(|(run, _)| run.text_seed));
        let varied = Varied::between(&runs);
        match texts.len() {
            1 if runs[0].0.texts.is_some() => Some(Spread::OneText { sd, varied }),
            1 => None,
            _ => crossed(&runs, &texts).or(Some(Spread::Together { sd, varied })),
        }
    }
}

/// The variance components of a complete table of texts and seeds, one run a cell (two-way random effects,
/// by the mean squares; Searle, Casella & McCulloch 1992, section 4.3).
fn crossed(runs: &[(&RunRow, f64)], texts: &[Option<u64>]) -> Option<Spread> {
    let seeds = distinct(runs.iter().map(|(run, _)| run.model_seed));
    if seeds.len() < 2 || texts.len() < 2 || runs.len() != texts.len() * seeds.len() {
        return None;
    }
    let (rows, columns) = (texts.len() as f64, seeds.len() as f64);
    let mean = |keep: &dyn Fn(&RunRow) -> bool| {
        let kept: Vec<f64> =
            runs.iter().filter(|(run, _)| keep(run)).map(|(_, loss)| *loss).collect();
        kept.iter().sum::<f64>() / kept.len() as f64
    };
    let all = mean(&|_| true);
    let of_text = |text: Option<u64>| mean(&|run| run.text_seed == text) - all;
    let of_seed = |seed: Option<u64>| mean(&|run| run.model_seed == seed) - all;
    let text: f64 =
        texts.iter().map(|one| of_text(*one).powi(2)).sum::<f64>() * columns / (rows - 1.0);
    let seed: f64 =
        seeds.iter().map(|one| of_seed(*one).powi(2)).sum::<f64>() * rows / (columns - 1.0);
    let rest = |(run, loss): &(&RunRow, f64)| {
        (loss - all - of_text(run.text_seed) - of_seed(run.model_seed)).powi(2)
    };
    let rest = runs.iter().map(rest).sum::<f64>() / ((rows - 1.0) * (columns - 1.0));
    let component = |mean_square: f64, runs: f64| ((mean_square - rest) / runs).max(0.0).sqrt();
    Some(Spread::Crossed {
        text: component(text, columns),
        seed: component(seed, rows),
        rest: rest.sqrt(),
    })
}

fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut distinct = Vec::new();
    for one in all {
        if !distinct.contains(&one) {
            distinct.push(one);
        }
    }
    distinct
}
