//! What a loss is measured against: models that count, and the floor that no model can beat.

use std::collections::BTreeMap;

use serde::Serialize;

use super::groups::{Cell, Group};
use super::inference::{Estimate, FEWEST_SEEDS, t_quantile};
use super::quantity::Quantity;
use crate::results::{RunRow, bits_per_byte};

/// Losses of models that know little, on the windows of the reported loss, in nats per token; means over the
/// texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Levels {
    /// ln V: every token is as likely as any other.
    pub uniform: Option<f64>,
    /// How often each token occurs in train.
    pub unigram: Option<f64>,
    /// The best of the counted n-grams.
    pub ngram: Option<f64>,
    /// Tokens of its longest n-gram; missing where it is not the same on all texts.
    pub ngram_order: Option<usize>,
    /// The fewest of them on any text, and the most.
    #[serde(skip)]
    pub ngram_orders: Option<[usize; 2]>,
    /// Exact negative log-likelihood: no model does better on average.
    pub floor: Option<f64>,
    /// Bytes of text that a token stands for, on average; missing where tokens say nothing of their text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_token: Option<f64>,
}

/// A model that a loss may be told against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reference {
    Uniform,
    Unigram,
    /// Counts n-grams of so many tokens: the fewest on any text, and the most; `None` where files do not tell.
    Ngram(Option<[usize; 2]>),
    Floor,
}

/// The smallest difference that matters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epsilon {
    pub value: f64,
    pub origin: EpsilonOrigin,
}

/// Where ε comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EpsilonOrigin {
    /// The spec names it.
    Spec,
    /// 2% of the distance between no decay and a level.
    Distance { from: Start, to: Reference },
}

/// The loss without decay that distances are measured from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Start {
    pub loss: f64,
    /// Models and recipes that it is the mean of.
    pub settings: usize,
}

impl Start {
    /// Of one model and recipe.
    pub fn of(loss: f64) -> Self {
        Start { loss, settings: 1 }
    }

    /// Of the arms without decay of every model and recipe, each once.
    pub fn of_all(groups: &[Group], loss: Quantity) -> Option<Self> {
        let mut means: BTreeMap<&str, f64> = BTreeMap::new();
        for group in groups {
            let mean = group.baseline.as_ref().and_then(|cell| cell.mean(|run| loss.of(run)));
            means.extend(mean.map(|mean| (group.rule.setting.as_str(), mean)));
        }
        let settings = means.len();
        let sum: f64 = means.values().sum();
        (settings > 0).then(|| Start { loss: sum / settings as f64, settings })
    }
}

/// Share of what decay could gain at most that is worth telling.
pub const SHARE: f64 = 0.02;

impl Levels {
    /// Of the windows that a quantity is measured on.
    pub fn of(rows: &[RunRow], quantity: Quantity) -> Self {
        let mean = |of: fn(&RunRow) -> Option<f64>| mean(rows, of);
        if !quantity.is_on_test() {
            let (unigram, floor) = (mean(|row| row.val_unigram), mean(|row| row.val_floor));
            return Levels { unigram, floor, ..Levels::default() };
        }
        let orders = || rows.iter().filter_map(|row| row.test_ngram_order);
        let ngram_orders = orders().min().zip(orders().max()).map(|(least, most)| [least, most]);
        Levels {
            uniform: mean(|row| row.test_uniform),
            unigram: mean(|row| row.test_unigram),
            ngram: mean(|row| row.test_ngram),
            ngram_order: ngram_orders.filter(|[least, most]| least == most).map(|[order, _]| order),
            ngram_orders,
            floor: mean(|row| row.test_floor),
            bytes_per_token: mean(|row| row.test_bytes_per_token),
        }
    }

    /// A loss in nats per token as bits per byte of text, where tokens say how much text they stand for.
    pub fn in_bits_per_byte(&self, nats: f64) -> Option<f64> {
        self.bytes_per_token.map(|bytes| bits_per_byte(nats, bytes))
    }

    /// The lowest level of a model that counts.
    pub fn best_counting(&self) -> Option<(Reference, f64)> {
        let known = [
            (Reference::Ngram(self.ngram_orders), self.ngram),
            (Reference::Unigram, self.unigram),
            (Reference::Uniform, self.uniform),
        ];
        let known = known.into_iter().filter_map(|(name, level)| Some((name, level?)));
        known.min_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// ε by default: a share of what no decay is above the floor; where none is known, of its distance from the best model
    /// that counts or from the level that it starts at, whichever is larger: as good as counting is no small thing, and near
    /// it the distance is nothing.
    pub fn epsilon(&self, from: Start) -> Option<Epsilon> {
        let none = from.loss;
        let floor = self.floor.map(|floor| (Reference::Floor, floor));
        let start = || {
            let unigram = self.unigram.map(|level| (Reference::Unigram, level));
            unigram.or(self.uniform.map(|level| (Reference::Uniform, level)))
        };
        let below = |(_, level): &(Reference, f64)| *level < none;
        let distance = |(_, level): &(Reference, f64)| (none - level).abs();
        let counted = || {
            let levels = [self.best_counting(), start()].into_iter().flatten();
            levels.max_by(|a, b| distance(a).total_cmp(&distance(b)))
        };
        let (to, level) = floor.filter(below).or_else(counted)?;
        let value = SHARE * (none - level).abs();
        (value > 0.0).then_some(Epsilon { value, origin: EpsilonOrigin::Distance { from, to } })
    }
}

/// The mean over texts: rows of one text share their levels, unless they read other lengths of it.
fn mean(rows: &[RunRow], of: fn(&RunRow) -> Option<f64>) -> Option<f64> {
    let mut texts: Vec<(Option<u64>, f64)> =
        rows.iter().filter_map(|row| Some((row.text_seed, of(row)?))).collect();
    texts.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    texts.dedup();
    let sum: f64 = texts.iter().map(|(_, level)| level).sum();
    (!texts.is_empty()).then(|| sum / texts.len() as f64)
}

/// Share of experiments that tell a change of the gap in one direction where there is none.
const TAIL: f64 = 0.025;

/// How the gap between val and train loss changes from one arm to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GapChange {
    /// Means over the seeds that both arms have, as is all that follows.
    pub from: f64,
    pub to: f64,
    /// By how much train loss is higher, in nats per token, with its own 95% interval over pairs of runs.
    pub train_rise: Estimate,
    /// Whether it is more than chance makes of so many seeds; missing where they are too few to tell.
    pub is_told: Option<bool>,
    /// Whether it narrows, by more than chance.
    pub narrows: bool,
    /// Share of its narrowing that is train loss rising; missing where either may be chance.
    pub train_share: Option<f64>,
    /// Whether val loss rises, by more than chance makes of so many seeds.
    pub val_rises: bool,
}

impl GapChange {
    /// From one cell to another, which was chosen among so many: by their val losses, and so by their gaps. Of all of
    /// them together one in twenty experiments tells a change where there is none (Bonferroni).
    pub fn between(from: &Cell, to: &Cell, candidates: usize) -> Option<Self> {
        let (before, after) = gaps(from, to)?;
        let train_rise = train_rise(from, to)?;
        let paired = from.paired(to, |run| run.gap);
        let narrowing = paired.map_or(before - after, |one| one.mean);
        // Where val lies below train there is nothing to narrow.
        let is_told = paired.and_then(|one| is_more_than_chance(&one, candidates));
        let narrows = narrowing > 0.0 && after >= 0.0 && is_told == Some(true);
        let is_apart = train_rise.half_width.is_some_and(|half| train_rise.mean.abs() > half);
        let train_share = (narrows && is_apart).then_some(train_rise.mean / narrowing);
        let val_rises = to.paired(from, |run| run.val_loss).is_some_and(|one| {
            one.mean > 0.0 && is_more_than_chance(&one, candidates) == Some(true)
        });
        let (from, to) = (before, after);
        Some(GapChange { from, to, train_rise, is_told, narrows, train_share, val_rises })
    }
}

/// The mean gaps of two cells over the runs that have a twin in the other: their difference is then the narrowing. Of all
/// runs where no seed is in both.
fn gaps(from: &Cell, to: &Cell) -> Option<(f64, f64)> {
    let of_pairs = |cell: &Cell, other: &Cell| {
        let is_twin = |twin: &RunRow, run: &RunRow| twin.draw() == run.draw() && twin.gap.is_some();
        let has_twin = |run: &RunRow| other.done().any(|twin| is_twin(twin, run));
        cell.mean(|run| run.gap.filter(|_| has_twin(run)))
    };
    let paired = of_pairs(from, to).zip(of_pairs(to, from));
    paired.or_else(|| from.mean(|run| run.gap).zip(to.mean(|run| run.gap)))
}

/// Of pairs of runs, or of the means without an interval where no seed is in both cells.
fn train_rise(from: &Cell, to: &Cell) -> Option<Estimate> {
    let train = |run: &RunRow| run.train_loss;
    let mean = to.mean(train)? - from.mean(train)?;
    let unpaired = Estimate { mean, sd: None, half_width: None, n: 0 };
    Some(to.paired(from, train).unwrap_or(unpaired))
}

/// Whether a difference between pairs of runs is more than chance makes of them, of an arm that was chosen among so many;
/// `None` where they are too few to tell.
fn is_more_than_chance(paired: &Estimate, candidates: usize) -> Option<bool> {
    let tail = TAIL / candidates.max(1) as f64;
    let error = paired.sd.filter(|_| paired.n >= FEWEST_SEEDS)? / (paired.n as f64).sqrt();
    Some(paired.mean.abs() > t_quantile(1.0 - tail, paired.n as f64 - 1.0) * error)
}
