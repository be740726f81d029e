//! What is known by heart: against λ, and over training against test loss.

use super::axes::{Across, STEPS};
use super::data::{Data, Point, Series};
use super::lettering::Lettering;
use super::mechanism::{LAMBDA, colour, lambda};
use super::palette::{self, INK};
use super::profiles::{MOST_LINES, Panel, Profile, Profiles};
use super::room::spread;
use crate::record::CurveRow;
use crate::report::{format, words};
use crate::results::RunRow;
use crate::stats::Cell;
use crate::stats::memorisation::Measure;

const SHARE: &str = "share of prompts continued verbatim";
const BY_HEART: &str = "verbatim on train − on val";
const BITS: &str = "exposure of planted sequences (bits)";
const LOSS: Across = Across::linear("test loss (nats per token)", format::number);

type Number = fn(&RunRow) -> Option<f64>;

/// Shares of verbatim continuations against λ, on train and on val; what of that is known by heart over training, against
/// test loss; the exposure of canaries over training. `None` where nothing was measured.
pub fn memorisation(data: &Data) -> Option<Profiles> {
    data.memorisation.as_ref()?;
    let shares: [(&str, Number); 2] =
        [("train", |run| run.verbatim_train), ("val", |run| run.verbatim_val)];
    let canaries = by_lambda(data, exposure);
    let has_canaries = canaries.iter().any(Profile::is_line);
    let panels = vec![
        Panel::new("at the last step, against λ".to_owned(), over_lambda(data, &shares)),
        Panel::new("over training".to_owned(), by_lambda(data, by_heart)).over(LOSS, BY_HEART),
        Panel::new("canaries over training".to_owned(), canaries).over(STEPS, BITS),
    ];
    let mut notes =
        vec!["against λ: mean over seeds, band: its 95% interval; no decay as a line".to_owned()];
    if let Some((group, _)) = data.analysis.best() {
        let rule = words::label(&group.rule);
        notes.push(format!("over training: a path per λ of {rule}, mean over seeds"));
    }
    notes.extend(has_canaries.then(|| "canaries: band: the range over seeds".to_owned()));
    notes.extend(data.rules(MOST_RULES).left_out());
    let title = words::by_heart_title().to_owned();
    let lettering = Lettering { title, notes, caption: data.caption.clone() };
    Profiles::whole(lettering, LAMBDA, SHARE, panels)
}

/// Two lines of a key for each of them, and two for no decay.
const MOST_RULES: usize = MOST_LINES / 2 - 1;

/// A line over λ for every rule and number, and a level for no decay.
fn over_lambda(data: &Data, numbers: &[(&str, Number)]) -> Vec<Profile> {
    let rules = data.rules(MOST_RULES);
    let mut lines = Vec::new();
    for (place, (group, label)) in rules.shown.iter().zip(rules.names()).enumerate() {
        for (shade, (name, of)) in numbers.iter().enumerate() {
            let decayed = group.cells.iter().filter(|cell| lambda(cell) > 0.0);
            let points = decayed.filter_map(|cell| point(cell, *of, lambda(cell).log10()));
            let colour = palette::shade(colour(&rules.shown, place), shade);
            let label = named(&label, name);
            lines.push(Profile::new(label, colour, Series(points.collect())));
        }
    }
    let none = rules.shown.iter().find_map(|group| group.baseline.as_ref());
    let of_lambda = rules.shown.iter().flat_map(|group| &group.cells).map(lambda);
    let logarithms = of_lambda.filter(|lambda| *lambda > 0.0).map(f64::log10);
    let ends = logarithms.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], place| {
        [low.min(place), high.max(place)]
    });
    let has_line = ends[0] < ends[1];
    for (shade, (name, of)) in numbers.iter().enumerate().filter(|_| has_line) {
        let points = none.into_iter().flat_map(|none| ends.map(|end| point(none, *of, end)));
        let series = Series(points.flatten().collect());
        let colour = palette::shade(INK, shade);
        lines.push(Profile::new(named("no decay", name), colour, series));
    }
    lines
}

fn named(rule: &str, name: &str) -> String {
    if name.is_empty() { rule.to_owned() } else { format!("{rule}, {name}") }
}

/// The mean of a number over the runs of a cell, with its interval.
fn point(cell: &Cell, of: Number, place: f64) -> Option<Point> {
    let estimate = cell.estimate(of)?;
    let half = estimate.half_width.unwrap_or(0.0);
    let mean = estimate.mean;
    Some(Point { step: place, mean, low: mean - half, high: mean + half })
}

/// A path over training for every λ of the rule with the lowest val loss.
fn by_lambda(data: &Data, path: fn(&Data, &Cell) -> Series) -> Vec<Profile> {
    let Some((group, _)) = data.analysis.best() else { return Vec::new() };
    let cells = data.cells(group);
    let last = (cells.len().max(2) - 1) as f64;
    let shown = spread(cells.len(), MOST_LINES).into_iter().map(|place| (place, cells[place]));
    let line = |(place, cell): (usize, &Cell)| {
        let label = format!("λ = {}", format::number(lambda(cell)));
        Profile::new(label, palette::ramp(place as f64 / last * 0.9), path(data, cell))
    };
    shown.map(line).collect()
}

/// What is known by heart against test loss: means over seeds at every evaluation after the start.
fn by_heart(data: &Data, cell: &Cell) -> Series {
    let losses = data.series(cell, |row: &CurveRow| row.memory.test_loss);
    let shares = data.series(cell, |row: &CurveRow| Measure::ByHeart.at(row));
    let pairs = losses.means().zip(shares.means());
    let pairs = pairs.filter(|(loss, share)| loss.0 == share.0 && loss.0 > 0.0);
    let point = |((_, loss), (_, mean))| Point { step: loss, mean, low: mean, high: mean };
    Series(pairs.map(point).collect())
}

/// The exposure of canaries at every evaluation.
fn exposure(data: &Data, cell: &Cell) -> Series {
    data.series(cell, |row: &CurveRow| row.memory.exposure)
}
