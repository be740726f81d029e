//! The first stage: by the factor of each axis, until the best has worse neighbours or an axis ends.

use super::ledger::{Ledger, Stop};
use super::pattern::{neighbour, star};
use super::view::View;
use super::{Place, Why};
use crate::config::Stage;
use crate::stats::optimum::Difference;

/// A step of the bracket, in parts of a factor.
pub const STEP: i32 = 4;

/// How far above the best a single seed may show a point, in ε, for the point to get the other seeds.
const NEAR: f64 = 10.0;

/// Ends with the reason why it ends.
pub fn bracket(ledger: &mut Ledger) -> Result<Why, Stop> {
    let start = Place(vec![0; ledger.axes.len()]);
    // One axis starts with two steps to both sides: the price of a point is small, and what lies beyond
    // a second basin is seen.
    let distances: &[i32] = if ledger.axes.len() == 1 { &[STEP, 2 * STEP] } else { &[STEP] };
    let (mut places, mut why) = (star(ledger.axes, &start, distances), Why::First);
    loop {
        let unsure = unsure(ledger);
        if places.is_empty() && unsure.is_empty() {
            return Ok(why);
        }
        if places.is_empty() {
            why = Why::NotRuledOut { points: unsure.len() };
        }
        let new = places.into_iter().map(|place| (place, 1));
        let wanted: Vec<(Place, usize)> = new.chain(unsure).collect();
        ledger.ask(Stage::Bracket, &wanted, why)?;
        (places, why) = next(ledger);
    }
}

/// Points that one seed does not rule out by far, with the seeds of the bracket.
fn unsure(ledger: &Ledger) -> Vec<(Place, usize)> {
    let (view, seeds) = (ledger.view(), ledger.terms.bracket_seeds);
    let near = view.within(NEAR * ledger.known_epsilon().unwrap_or(f64::INFINITY));
    let few = near.into_iter().filter(|place| ledger.seeds_of(place) < seeds);
    few.map(|place| (place.clone(), seeds)).collect()
}

/// Where the bracket goes on, and why; nowhere if it ends.
fn next(ledger: &Ledger) -> (Vec<Place>, Why) {
    let view = ledger.view();
    let Some((leader, _)) = view.leader() else {
        return (below_all(ledger, &view), Why::NothingFinite);
    };
    let (mut places, mut why, mut end) = (Vec::new(), None, None);
    for axis in 0..ledger.axes.len() {
        for (by, edge) in
            [(-STEP, Why::BestAtLowerEdge { axis }), (STEP, Why::BestAtUpperEdge { axis })]
        {
            match side(ledger, &view, leader, axis, by) {
                Side::Untried(place) => {
                    places.push(place);
                    why = why.or(Some(edge));
                }
                Side::Tried => {}
                Side::Ends(reason) => end = end.or(Some(reason)),
            }
        }
    }
    (places, why.or(end).unwrap_or(Why::Inside))
}

/// What lies on one side of the best.
enum Side {
    Untried(Place),
    Tried,
    Ends(Why),
}

fn side(ledger: &Ledger, view: &View, leader: &Place, axis: usize, by: i32) -> Side {
    let Some(place) = neighbour(ledger.axes, leader, axis, by) else {
        return Side::Ends(Why::AtTheEnd { axis });
    };
    let half = ledger.known_epsilon().unwrap_or(0.0) / 2.0;
    // Far above no decay the curve may dip on its way there.
    let is_as_none = || {
        // Single seeds tell no error: where there are to be more, they come first.
        let waits = ledger.terms.bracket_seeds > 1;
        let is_alike = |gain: Difference| match gain.error.is_finite() {
            true => gain.mean.abs() <= half + gain.error,
            false => waits || gain.mean.abs() <= half,
        };
        view.against_none(leader).is_some_and(is_alike)
    };
    match () {
        () if view.diverged(&place) => Side::Ends(Why::Cliff),
        () if ledger.seeds_of(&place) > 0 => Side::Tried,
        () if by < 0 && ledger.axes[axis].ends_at_zero && is_as_none() => {
            Side::Ends(Why::SameAsNone)
        }
        () => Side::Untried(place),
    }
}

/// Two steps down on every axis from the lowest that was tried, where everything diverged.
fn below_all(ledger: &Ledger, view: &View) -> Vec<Place> {
    let axes = 0..ledger.axes.len();
    let lowest = |axis: usize| view.places().iter().map(|place| place.0[axis]).min().unwrap_or(0);
    let mut place = Place(axes.clone().map(lowest).collect());
    let mut places = Vec::new();
    for _ in 0..2 {
        let down = |at: Place, axis| neighbour(ledger.axes, &at, axis, -STEP).unwrap_or(at);
        place = axes.clone().fold(place, down);
        places.push(place.clone());
    }
    places.retain(|place| ledger.seeds_of(place) == 0);
    places.dedup();
    places
}
