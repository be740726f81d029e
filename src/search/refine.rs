//! The second stage: more seeds for what may be the best, more points around it, until the fit promises
//! less than ε/2.

use super::bracket;
use super::ledger::{Ledger, Stop};
use super::pattern::{corners, star};
use super::{Best, Place, Why};
use crate::config::Stage;

/// Factor 2 and √2, in parts of a factor of 4.
const STEPS: [i32; 2] = [2, 1];
/// On several axes, how often a point is added where the fit is lowest.
const MOST_ADDED: usize = 6;

pub fn refine(ledger: &mut Ledger, why: Why) -> Result<Best, Stop> {
    if ledger.view().leader().is_none() {
        ledger.conclude(Stage::Confirm, why);
        return Ok(Best::Nothing);
    }
    match ledger.axes.len() {
        1 => refine_to_the_ends(ledger, why)?,
        _ => refine_surface(ledger, why)?,
    }
    let predicted = ledger.view().gain();
    ledger.conclude(Stage::Confirm, judged(ledger, predicted));
    Ok(ledger.best())
}

/// On one axis, again where all seeds or a nearer point have moved the best to an end of what was tried.
fn refine_to_the_ends(ledger: &mut Ledger, mut why: Why) -> Result<(), Stop> {
    loop {
        refine_line(ledger, why)?;
        let Some(next) = bracket::go_on(ledger)? else { return Ok(()) };
        why = next;
    }
}

/// Neighbours at factor 2, then at √2.
fn refine_line(ledger: &mut Ledger, mut why: Why) -> Result<(), Stop> {
    for step in STEPS {
        let center = snapped(&center(ledger), step);
        let around = star(ledger.axes, &center, &[step]);
        ask_around(ledger, around, why)?;
        settle(ledger)?;
        let predicted = ledger.view().gain();
        why = judged(ledger, predicted);
        if matches!(why, Why::GainBelow { .. }) {
            break;
        }
    }
    Ok(())
}

/// On several axes: corners, so that the fit has all its terms; then wherever it is lowest.
fn refine_surface(ledger: &mut Ledger, mut why: Why) -> Result<(), Stop> {
    let Some(leader) = ledger.view().leader().map(|leader| leader.0.clone()) else { return Ok(()) };
    let mut around = corners(ledger.axes, &leader, STEPS[0]);
    for _ in 0..MOST_ADDED {
        ask_around(ledger, around, why)?;
        settle(ledger)?;
        why = judged(ledger, ledger.view().gain());
        around = next_places(ledger, why);
        around.retain(|place| ledger.seeds_of(place) == 0);
        if around.is_empty() {
            break;
        }
    }
    Ok(())
}

/// Where the fit is lowest, unless it promises little. On three axes the best often comes to lie, along a ridge, among
/// too few places for a fit, which then promises nothing either: a star and corners around it come first.
fn next_places(ledger: &Ledger, why: Why) -> Vec<Place> {
    let view = ledger.view();
    match (view.leader(), why) {
        (Some((leader, _)), _) if ledger.axes.len() > 2 && !view.is_fitted() => {
            let star = star(ledger.axes, leader, &[bracket::STEP]);
            star.into_iter().chain(corners(ledger.axes, leader, STEPS[0])).collect()
        }
        (_, Why::GainBelow { .. }) => Vec::new(),
        _ => vec![center(ledger)],
    }
}

/// New points on the seeds of the bracket, together with more seeds for what may be the best.
fn ask_around(ledger: &mut Ledger, around: Vec<Place>, why: Why) -> Result<(), Stop> {
    let few = ledger.terms.bracket_seeds;
    let mut wanted = unsettled(ledger);
    wanted.extend(around.into_iter().map(|place| (place, few)));
    wanted.sort_by(|a, b| (&a.0, b.1).cmp(&(&b.0, a.1)));
    wanted.dedup_by(|later, first| later.0 == first.0);
    ledger.ask(Stage::Refine, &wanted, why)
}

/// All seeds for every point that may be the best.
fn settle(ledger: &mut Ledger) -> Result<(), Stop> {
    let wanted = unsettled(ledger);
    match wanted.len() {
        0 => Ok(()),
        points => ledger.ask(Stage::Refine, &wanted, Why::NotRuledOut { points }),
    }
}

fn unsettled(ledger: &Ledger) -> Vec<(Place, usize)> {
    let (view, seeds) = (ledger.view(), ledger.terms.refine_seeds);
    let contenders = view.contenders().into_iter().filter(|place| ledger.seeds_of(place) < seeds);
    contenders.map(|place| (place.clone(), seeds)).collect()
}

/// Where the fit is lowest, or the best that was tried.
fn center(ledger: &Ledger) -> Place {
    let view = ledger.view();
    match view.promising() {
        Best::At(point) => point.place,
        _ => view.leader().map_or_else(|| Place(vec![0; ledger.axes.len()]), |one| one.0.clone()),
    }
}

/// The nearest place whose parts are multiples of a step.
fn snapped(place: &Place, step: i32) -> Place {
    let snap = |parts: &i32| (f64::from(*parts) / f64::from(step)).round() as i32 * step;
    Place(place.0.iter().map(snap).collect())
}

fn judged(ledger: &Ledger, predicted: f64) -> Why {
    let half = ledger.known_epsilon().unwrap_or(0.0) / 2.0;
    match predicted > half {
        true => Why::GainAbove { predicted },
        false => Why::GainBelow { predicted },
    }
}
