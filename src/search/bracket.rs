//! The first stage: by the factor of each axis, until the best has worse neighbours or an axis ends, and no search says
//! that decay does nothing before usual values were tried.

use super::ledger::{Ledger, Stop};
use super::pattern::{neighbour, star};
use super::view::{SURELY, View};
use super::{Place, Why};
use crate::config::Stage;
use crate::stats::optimum::Difference;

/// A step of the bracket, in parts of a factor.
pub const STEP: i32 = 4;

/// How far above the best a single seed may show a point, in ε, for the point to get the other seeds.
const NEAR: f64 = 10.0;

/// An axis is flat where so many times its value changes nothing that matters.
const FLAT: f64 = 4.0;

/// Ends with the reason why it ends.
pub fn bracket(ledger: &mut Ledger) -> Result<Why, Stop> {
    let start = Place(vec![0; ledger.axes.len()]);
    // One axis starts with two steps to both sides: the price of a point is small, and what lies beyond
    // a second basin is seen.
    let distances: &[i32] = if ledger.axes.len() == 1 { &[STEP, 2 * STEP] } else { &[STEP] };
    let places = star(ledger.axes, &start, distances);
    extend(ledger, places, Why::First)
}

/// On one axis, goes on where further seeds have made an end of what was tried the best. Nothing if they have not.
pub fn go_on(ledger: &mut Ledger) -> Result<Option<Why>, Stop> {
    let (places, why) = next(ledger);
    if places.is_empty() || is_above_usual(ledger, why) {
        return Ok(None);
    }
    extend(ledger, places, why).map(Some)
}

/// Asks for places, then for what they suggest, until nothing is left to ask.
fn extend(ledger: &mut Ledger, mut places: Vec<Place>, mut why: Why) -> Result<Why, Stop> {
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
                    why = why.or(is_edge(&view, leader, axis, by).then_some(edge));
                }
                Side::Tried => {}
                Side::Ends(reason) => end = end.or(Some(reason)),
            }
        }
    }
    // More seeds of what was tried come before places that nothing points to.
    if places.is_empty()
        && unsure(ledger).is_empty()
        && let Some(beyond) = uncovered(ledger, &view, leader)
    {
        return beyond;
    }
    let untried = (!places.is_empty()).then_some(Why::NeighboursUntried);
    (places, why.or(untried).or(end).unwrap_or(Why::Inside))
}

/// Whether nothing lies beyond the best on one side of an axis, wherever on the others.
fn is_edge(view: &View, leader: &Place, axis: usize, by: i32) -> bool {
    let is_beyond = |place: &Place| (place.0[axis] - leader.0[axis]) * by.signum() > 0;
    !view.places().iter().any(is_beyond)
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
    let is_past_usual = || ledger.axes[axis].is_past_usual(leader.0[axis], by);
    match () {
        () if view.diverged(&place) => Side::Ends(Why::Cliff),
        () if is_tried(ledger, view, (leader, &place), by) => Side::Tried,
        () if by < 0
            && ledger.axes[axis].ends_at_zero
            && is_past_usual()
            && is_as_none(ledger, view, leader) =>
        {
            Side::Ends(Why::SameAsNone)
        }
        () if is_past_usual() && is_flat(ledger, view, (leader, axis), by) => {
            Side::Ends(Why::Flat { axis })
        }
        () => Side::Untried(place),
    }
}

/// Whether, on several axes, the way to the best has changed nothing that matters over the last factor of 4: along a value
/// that does nothing noise would lead on for ever.
fn is_flat(ledger: &Ledger, view: &View, (leader, axis): (&Place, usize), by: i32) -> bool {
    let steps = (FLAT.ln() / ledger.axes[axis].factor.ln()).ceil().max(1.0) as i32;
    let before = neighbour(ledger.axes, leader, axis, -by * steps);
    let before = before.filter(|_| ledger.axes.len() > 1);
    let gain = before.and_then(|before| view.difference(&before, leader));
    gain.is_some_and(|gain| gain.error.is_finite() && gain.mean <= half(ledger).max(gain.error))
}

/// Whether a neighbour of the best was tried; on one axis, whether anything beyond the best was.
fn is_tried(ledger: &Ledger, view: &View, (leader, place): (&Place, &Place), by: i32) -> bool {
    let mut places = view.places().iter();
    let end = if by < 0 { places.next() } else { places.next_back() };
    match ledger.axes.len() {
        1 => end != Some(leader),
        _ => ledger.seeds_of(place) > 0,
    }
}

/// Whether a place cannot be told from no decay. Far above that the curve may dip on its way there.
fn is_as_none(ledger: &Ledger, view: &View, place: &Place) -> bool {
    let half = half(ledger);
    // Single seeds tell no error: where there are to be more, they come first.
    let waits = ledger.terms.bracket_seeds > 1;
    let is_alike = |gain: Difference| match gain.error.is_finite() {
        true => gain.mean.abs() <= half + gain.error,
        false => waits || gain.mean.abs() <= half,
    };
    view.against_none(place).is_some_and(is_alike)
}

/// Whether the best lies above all others and above what is usual. Its interval is open there; more steps up would tell a
/// curve that falls for ever to turn in more than the 5 of 100 searches that may be wrong.
fn is_above_usual(ledger: &Ledger, why: Why) -> bool {
    let Why::BestAtUpperEdge { axis } = why else { return false };
    let view = ledger.view();
    view.leader().is_some_and(|(best, _)| ledger.axes[axis].is_past_usual(best.0[axis], STEP))
}

/// A step beyond what was tried on one axis, where usual values lie there that nothing rules out: below, as long as the
/// best is not below no decay; above, as long as the highest is not surely above the best.
fn uncovered(ledger: &Ledger, view: &View, leader: &Place) -> Option<(Vec<Place>, Why)> {
    let [axis] = ledger.axes else { return None };
    let (half, none) = (half(ledger), view.against_none(leader)?);
    let [lowest, highest] = [view.places().first()?, view.places().last()?];
    let rise = view.difference(highest, leader)?;
    let is_open = [
        -none.mean <= half + none.error && !axis.is_past_usual(lowest.0[0], -STEP),
        rise.mean <= half.max(SURELY * rise.error) && !axis.is_past_usual(highest.0[0], STEP),
    ];
    let beyond = [(lowest, -STEP), (highest, STEP)].into_iter().zip(is_open);
    let beyond = beyond.filter(|(_, is_open)| *is_open);
    let places: Vec<Place> =
        beyond.filter_map(|((end, by), _)| neighbour(ledger.axes, end, 0, by)).collect();
    let why = if is_open[0] { Why::MayLieBelow { axis: 0 } } else { Why::MayLieAbove { axis: 0 } };
    (!places.is_empty()).then_some((places, why))
}

/// A difference that does not matter.
fn half(ledger: &Ledger) -> f64 {
    ledger.known_epsilon().unwrap_or(0.0) / 2.0
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
