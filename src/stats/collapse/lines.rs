//! Which runs make a line. All are of AdamW at a constant λ: its share of a weight is η_t λ, which τ and ηλ speak of.

use std::collections::BTreeMap;

use super::{Line, Place};
use crate::config::{Form, Mask, Named, Role, plain};
use crate::results::{Curves, MechanismRow, RunRow};
use crate::stats::Quantity;

/// With fewer there is no line.
const FEWEST_PLACES: usize = 3;

/// Lines by what they share.
type ByMask = Vec<(String, Vec<Line>)>;

/// Loss over τ in epochs, a line for each batch: steps and learning rate may go with it, if as many tokens are read.
pub fn over_timescale(runs: &[RunRow], mechanism: &[MechanismRow], loss: Quantity) -> ByMask {
    let goes_with = ["batch", "accumulate", "steps", "warmup", "hold", "eval_every", "lr"];
    let is_batch = |key: &&str| ["batch", "accumulate"].contains(key);
    let has_line = |keys: &[&str]| {
        let is_other = keys.iter().any(is_batch) && keys.iter().all(|key| goes_with.contains(key));
        keys.is_empty() || is_other
    };
    let tokens = runs.iter().find(|run| run.variant.is_empty()).map(|run| run.tokens);
    let timescale = timescales(mechanism);
    let place = |run: &RunRow| timescale(run).filter(|_| Some(run.tokens) == tokens);
    by_setting(runs, loss, &place, has_line, |run| {
        format!("{} tokens, η = {}", tokens_per_step(run), plain(run.lr))
    })
}

/// Loss over ηλ, a line for each η.
pub fn over_product(runs: &[RunRow], loss: Quantity) -> ByMask {
    let product = |run: &RunRow| Some(run.lr * run.weight_decay?);
    let has_line = |keys: &[&str]| keys.iter().all(|key| *key == "lr");
    by_setting(runs, loss, &product, has_line, |run| format!("η = {}", plain(run.lr)))
}

/// Loss over τ in epochs of the runs that are as `[train]` says, the line of every mask by what it is of.
pub fn of_spec(
    runs: &[RunRow],
    mechanism: &[MechanismRow],
    loss: Quantity,
) -> BTreeMap<String, Line> {
    let timescale = timescales(mechanism);
    let found = by_setting(runs, loss, &timescale, |keys| keys.is_empty(), |_| String::new());
    // All of them have the batch and the learning rate of `[train]`: a mask has one line.
    let only = |(subject, lines): (String, Vec<Line>)| Some((subject, lines.into_iter().next()?));
    found.into_iter().filter_map(only).collect()
}

/// τ in epochs of a run.
fn timescales(mechanism: &[MechanismRow]) -> impl Fn(&RunRow) -> Option<f64> {
    let of_matrices = mechanism.iter().filter(|row| row.role == Role::Mlp);
    let known: BTreeMap<String, f64> =
        of_matrices.filter_map(|row| Some((row.run.clone(), row.timescale_epochs?))).collect();
    move |run| known.get(&run.run).copied()
}

fn tokens_per_step(run: &RunRow) -> usize {
    run.tokens / run.steps.max(1)
}

/// Whether a run stands for its λ and setting alone: no published recipe, no rival of decay, no schedule of λ, and not one
/// by which a search chose.
fn is_plain(run: &RunRow) -> bool {
    run.is_done() && run.recipe.is_none() && run.treatment.is_empty() && !run.is_explored()
}

/// What orders lines, by batch and learning rate, what else their runs have for themselves, and the label of one.
type Rank = (usize, u64, String, String);
/// By the bits of a positive number, which are in its order.
type Places = BTreeMap<u64, Place>;

/// The lines of every mask, each over the logarithm of what `place` gives, of the runs that have one by the keys in which
/// they differ from `[train]`.
fn by_setting(
    runs: &[RunRow],
    loss: Quantity,
    place: &impl Fn(&RunRow) -> Option<f64>,
    has_line: impl Fn(&[&str]) -> bool,
    label: impl Fn(&RunRow) -> String,
) -> ByMask {
    let mut found: BTreeMap<Option<Mask>, BTreeMap<Rank, Places>> = BTreeMap::new();
    let is_shown = |run: &&RunRow| {
        let words = run.variant.split(' ').filter_map(|word| word.split_once('='));
        let keys: Vec<&str> = words.map(|(key, _)| key).collect();
        run.form == Form::AdamW && is_plain(run) && has_line(&keys)
    };
    for run in runs.iter().filter(is_shown) {
        let at = place(run).filter(|at| *at > 0.0);
        let (Some(at), Some(value)) = (at, loss.of(run).filter(|loss| loss.is_finite())) else {
            continue;
        };
        // Arms that differ in anything, such as their warm-up, are no one line: one would hide the other's losses.
        let rank = (tokens_per_step(run), run.lr.to_bits(), run.variant.clone(), label(run));
        let line = found.entry(run.mask).or_default().entry(rank).or_default();
        let new = || Place { at: at.log10(), ..Place::default() };
        let place = line.entry(at.to_bits()).or_insert_with(new);
        place.losses.insert(run.draw(), value);
        place.val.extend(run.val_loss.map(|loss| (run.draw(), loss)));
        place.collapsed.extend(run.is_collapsed().then(|| run.draw()));
    }
    let of_mask = |(mask, lines): (Option<Mask>, BTreeMap<Rank, Places>)| {
        let lines = lines.into_iter().filter(|(_, places)| places.len() >= FEWEST_PLACES);
        (subject(mask), told_apart(lines.collect()))
    };
    found.into_iter().map(of_mask).collect()
}

/// Lines with their labels; of those that share one, each with what sets its runs apart.
fn told_apart(lines: Vec<(Rank, Places)>) -> Vec<Line> {
    let labels: Vec<String> = lines.iter().map(|((.., label), _)| label.clone()).collect();
    let line = |((tokens, _, variant, label), places): (Rank, Places)| {
        let is_shared = labels.iter().filter(|other| **other == label).count() > 1;
        // The learning rate stands in the label.
        let own = variant.split(' ').filter(|word| !word.is_empty() && !word.starts_with("lr="));
        let own: Vec<&str> = own.take_while(|_| is_shared).collect();
        let label = [&[label.as_str()], &own[..]].concat().join(", ");
        Line { label, tokens, places: places.into_values().collect() }
    };
    lines.into_iter().map(line).collect()
}

fn subject(mask: Option<Mask>) -> String {
    mask.map_or("AdamW".to_owned(), |mask| format!("AdamW on {}", mask.name()))
}

/// Val loss over training of AdamW and of the runs without decay at its η/‖w‖, for every mask and λ that both have.
pub fn matched(runs: &[RunRow], curves: &Curves) -> ByMask {
    let mut cells: BTreeMap<(Option<Mask>, u64), [Vec<&RunRow>; 2]> = BTreeMap::new();
    for run in runs.iter().filter(|run| is_plain(run) && run.variant.is_empty()) {
        let side = match run.form {
            Form::AdamW => 0,
            Form::Matched => 1,
            _ => continue,
        };
        let lambda = run.weight_decay.unwrap_or_default().to_bits();
        cells.entry((run.mask, lambda)).or_default()[side].push(run);
    }
    let both = cells.into_iter().filter(|(_, sides)| sides.iter().all(|side| !side.is_empty()));
    let lines = |((mask, lambda), [decayed, matched]): (_, [Vec<&RunRow>; 2])| {
        let lambda = plain(f64::from_bits(lambda));
        let lines = [("AdamW", decayed), ("no decay, same η/‖w‖", matched)]
            .map(|(label, runs)| over_training(label, &runs, curves));
        (format!("{}, λ = {lambda}", subject(mask)), lines.into())
    };
    both.map(lines).collect()
}

/// Val loss after every evaluation but the one before training, which is the same for all.
fn over_training(label: &str, runs: &[&RunRow], curves: &Curves) -> Line {
    let mut places: BTreeMap<usize, Place> = BTreeMap::new();
    for run in runs {
        let rows = curves.get(&run.run).into_iter().flatten().map(|row| &row.row);
        for row in rows.filter(|row| row.step > 0) {
            let Some(loss) = row.val_loss.filter(|loss| loss.is_finite()) else { continue };
            let new = || Place { at: row.step as f64, ..Place::default() };
            let place = places.entry(row.step).or_insert_with(new);
            place.losses.insert(run.draw(), loss);
            place.val.insert(run.draw(), loss);
        }
    }
    let tokens = runs.first().map_or(0, |run| tokens_per_step(run));
    Line { label: label.to_owned(), tokens, places: places.into_values().collect() }
}
