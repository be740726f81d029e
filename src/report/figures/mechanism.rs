//! Through what decay acts: norms against λ by role, updates by layer, runs that theory says are one.

use plotters::style::RGBColor;

use super::axes::{Across, STEPS};
use super::data::{Data, Point, Series};
use super::lettering::Lettering;
use super::palette;
use super::profiles::{MOST_LINES, Panel, Profile, Profiles, power_of_ten};
use super::room::spread;
use crate::config::Role;
use crate::record::CurveRow;
use crate::report::{format, words};
use crate::stats::collapse::{Claim, Collapse, Line, Place};
use crate::stats::{Cell, Group, Quantity};

const MOST_PANELS: usize = 12;
/// The end of a run over which numbers of single steps are averaged, as a share of its steps.
const END: f64 = 0.2;

/// What is drawn of numbers that belong to single steps.
const AT_THE_END: &str =
    "mean over the evaluations of the last fifth of the steps, each of the steps logged up to it";
const BAND_AT_THE_END: &str = "mean over seeds, band: means of the lowest and of the highest seed";

/// λ, as its logarithm.
pub const LAMBDA: Across = Across::logarithmic("weight decay λ (logarithmic)", power_of_ten);
const BLOCK: Across = Across::linear("block, from the input on", whole);

/// The norm of the weights after the last step against λ: a panel per role, a line per rule.
pub fn norms_by_lambda(data: &Data) -> Option<Profiles> {
    let panel = |role: Role| {
        let last = |cell: &Cell| {
            let norm = |row: &CurveRow| row.of(role).weight_norm.map(f64::from);
            data.series(cell, norm).0.last().copied()
        };
        Panel::new(role.to_string(), over_lambda(data, &last))
    };
    let mut notes = vec![
        "after the last step; mean over seeds, band: their range; no decay has no place on the axis".to_owned(),
        "every role by itself: the norm of all weights together hides that they differ".to_owned(),
    ];
    notes.extend(data.rules(MOST_LINES).left_out());
    let title = "Weight norms against λ, by role".to_owned();
    let lettering = Lettering { title, notes, caption: data.caption.clone() };
    Profiles::whole(lettering, LAMBDA, "norm", Role::ALL.map(panel).into())
}

/// Gradient norm over weight norm at the end of training against λ, a line per rule: Defazio 2025 expects it to rise
/// under AdamW and not under corrected decay.
pub fn end_ratio(data: &Data) -> Option<Profiles> {
    let ratio = |row: &CurveRow| Some(f64::from(row.grad_norm?) / f64::from(row.weight_norm?));
    let at_the_end = |cell: &Cell| at_the_end(data.series(cell, ratio));
    let lines = over_lambda(data, &at_the_end);
    let mut notes = vec![
        "gradient before clipping (of l2-loss with its penalty) over the norm of all weights"
            .to_owned(),
        AT_THE_END.to_owned(),
        BAND_AT_THE_END.to_owned(),
    ];
    notes.extend(data.rules(MOST_LINES).left_out());
    let title = "Gradient norm over weight norm at the end of the schedule".to_owned();
    let lettering = Lettering { title, notes, caption: data.caption.clone() };
    let panel = Panel::new(String::new(), lines);
    Profiles::whole(lettering, LAMBDA, "gradient / weight norm", vec![panel])
}

/// A line over λ for every rule.
fn over_lambda(data: &Data, of: &dyn Fn(&Cell) -> Option<Point>) -> Vec<Profile> {
    let rules = data.rules(MOST_LINES);
    let line = |(place, (group, label)): (usize, (&&Group, String))| {
        let decayed = group.cells.iter().filter(|cell| lambda(cell) > 0.0);
        let points =
            decayed.filter_map(|cell| Some(Point { step: lambda(cell).log10(), ..of(cell)? }));
        let series = Series(points.collect());
        Profile::new(label, colour(&rules.shown, place), series)
    };
    rules.shown.iter().zip(rules.names()).enumerate().map(line).collect()
}

/// Mean over the last fifth of the steps.
fn at_the_end(series: Series) -> Option<Point> {
    let last = series.0.last()?.step;
    let late: Vec<Point> =
        series.0.into_iter().filter(|point| point.step > last * (1.0 - END)).collect();
    let mean = |of: fn(&Point) -> f64| late.iter().map(of).sum::<f64>() / late.len() as f64;
    let (low, high) = (mean(|point| point.low), mean(|point| point.high));
    Some(Point { step: last, mean: mean(|point| point.mean), low, high })
}

/// The relative update of every block at the end of training: a panel per rule, a line per λ.
pub fn updates_by_layer(data: &Data) -> Option<Profiles> {
    let rules = data.rules(MOST_PANELS);
    let panels = rules.shown.iter().zip(rules.names()).map(|(group, title)| {
        let cells = data.cells(group);
        let last = (cells.len().max(2) - 1) as f64;
        let shown = spread(cells.len(), MOST_LINES).into_iter().map(|place| (place, cells[place]));
        let line = |(place, cell): (usize, &Cell)| {
            let label = format!("λ = {}", format::number(lambda(cell)));
            Profile::new(label, palette::ramp(place as f64 / last), by_block(data, cell))
        };
        Panel::new(title, shown.map(line).collect())
    });
    let panels = panels.collect();
    let mut notes = vec![
        "norm of what a step changes over the norm of the matrix, mean over the matrices of a block".to_owned(),
        AT_THE_END.to_owned(),
        BAND_AT_THE_END.to_owned(),
    ];
    notes.extend(rules.left_out());
    let title = "Relative update by layer".to_owned();
    let lettering = Lettering { title, notes, caption: data.caption.clone() };
    Profiles::whole(lettering, BLOCK, "relative update", panels)
}

fn by_block(data: &Data, cell: &Cell) -> Series {
    let blocks = data.series(cell, |row| Some(row.relative_update_by_layer.len() as f64));
    let blocks = blocks.means().map(|(_, count)| count as usize).max().unwrap_or(0);
    let point = |block: usize| {
        let of_block =
            |row: &CurveRow| row.relative_update_by_layer.get(block).map(|value| f64::from(*value));
        Some(Point { step: (block + 1) as f64, ..at_the_end(data.series(cell, of_block))? })
    };
    Series((0..blocks).filter_map(point).collect())
}

/// Runs that a claim of the theory says are one; `None` where the experiment has none.
pub fn collapse(data: &Data, claim: Claim) -> Option<Profiles> {
    let own: Vec<&Collapse> = data.collapses.iter().filter(|one| one.claim == claim).collect();
    drawn(&own, loss_of(claim, data.analysis.loss), data.caption.clone())
}

/// The loss of a claim: over training it is that on val.
fn loss_of(claim: Claim, reported: Quantity) -> &'static str {
    match reported.is_on_test() && claim != Claim::EffectiveRate {
        true => "test loss (nats per token)",
        false => "val loss (nats per token)",
    }
}

/// A panel for each collapse of one claim, with the name of the loss that it is about.
pub fn drawn(collapses: &[&Collapse], loss: &'static str, caption: String) -> Option<Profiles> {
    let claim = collapses.first()?.claim;
    let panel = |collapse: &&Collapse| {
        let last = (collapse.lines.len().max(2) - 1) as f64;
        let line = |(place, one): (usize, &Line)| {
            let series = Series(one.places.iter().map(point).collect());
            Profile::new(one.label.clone(), palette::ramp(place as f64 / last * 0.9), series)
        };
        let lines = collapse.lines.iter().enumerate().take(MOST_LINES).map(line).collect();
        Panel::new(collapse.subject.clone(), lines)
    };
    let mut notes: Vec<String> =
        collapses.iter().flat_map(|one| words::collapse(one, collapses.len())).collect();
    let places = || collapses.iter().flat_map(|one| &one.lines).flat_map(|line| &line.places);
    let has_bands = places().any(|place| place.losses.len() > 1);
    notes.extend(has_bands.then(|| "mean over seeds, band: their range".to_owned()));
    let title = words::collapse_title(claim).to_owned();
    let lettering = Lettering { title, notes, caption };
    let across = match claim {
        Claim::Timescale | Claim::TimescaleCost { .. } => {
            Across::logarithmic("timescale τ (epochs)", power_of_ten)
        }
        Claim::Product => Across::logarithmic("η λ at the peak", power_of_ten),
        Claim::EffectiveRate => STEPS,
    };
    let panels = collapses.iter().map(panel).collect();
    let axis = match claim {
        Claim::TimescaleCost { .. } if collapses.iter().all(|one| one.coincidence.is_some()) => {
            "loss over its mean at the τ that all have (nats per token)"
        }
        _ => loss,
    };
    Profiles::new(lettering, across, axis, panels)
}

fn point(place: &Place) -> Point {
    let losses = || place.losses.values().copied();
    Point {
        step: place.at,
        mean: place.mean(),
        low: losses().fold(f64::INFINITY, f64::min),
        high: losses().fold(f64::NEG_INFINITY, f64::max),
    }
}

/// There is nothing between two blocks.
fn whole(value: f64) -> String {
    if (value - value.round()).abs() < 1e-6 { format::number(value.round()) } else { String::new() }
}

/// λ of a cell; 0 for the forms without one.
pub fn lambda(cell: &Cell) -> f64 {
    cell.weight_decay.unwrap_or(0.0)
}

/// Of a form, in another shade for each of its rules.
pub fn colour(rules: &[&Group], place: usize) -> RGBColor {
    let form = |group: &Group| group.rule.form;
    let before = rules[..place].iter().filter(|group| form(group) == form(rules[place])).count();
    palette::shade(palette::form(form(rules[place])), before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_says_which_loss_it_is_of() {
        let (test, val) = (Quantity::TestLoss, Quantity::ValLoss);
        assert!(loss_of(Claim::Product, test).starts_with("test loss"));
        assert!(loss_of(Claim::EffectiveRate, test).starts_with("val loss"));
        assert!(loss_of(Claim::Timescale, val).starts_with("val loss"));
    }
}
