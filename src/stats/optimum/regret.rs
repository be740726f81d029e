//! What it costs to miss the optimum.

use super::{ALPHA, Difference, Layout};

/// How far a value's loss is above that of the best value tried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Regret {
    /// 0 for no decay.
    pub value: f64,
    pub regret: f64,
    /// The bounds for all values together, at 95%; +∞ where nothing bounds it. A value that is beaten may have
    /// 0 as its lower bound: it is not the best, by however little.
    pub band: [f64; 2],
    /// Seeds that it rests on; 0 where it is read off between two values.
    pub seeds: usize,
}

/// Values whose loss is within ε of the best.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Within {
    /// From the lowest to the highest that are by the means, read off between the values tried.
    pub estimate: [f64; 2],
    /// What is not excluded at 95% lies between these values.
    pub possible: [f64; 2],
    /// The lowest and the highest that are at 95%; missing if none is.
    pub certain: Option<[f64; 2]>,
}

/// The regret at every value; the best is one of the contenders, whichever that is, and `between` tells how far a point
/// is above another.
pub fn curve(
    values: &[f64],
    layout: &Layout,
    contenders: &[usize],
    between: impl Fn(&Layout, usize, usize) -> Difference,
) -> Vec<Regret> {
    let means = layout.means();
    let lowest = means.iter().copied().fold(f64::INFINITY, f64::min);
    let critical = layout.certainty(ALPHA / 2.0);
    let at = |point: usize| {
        let others = contenders.iter().filter(move |other| **other != point);
        let against: Vec<Difference> = others.map(|other| between(layout, point, *other)).collect();
        let is_contender = contenders.contains(&point);
        let least = against.iter().map(|one| one.lower(critical)).fold(f64::INFINITY, f64::min);
        let most = against.iter().map(|one| one.upper(critical)).fold(0.0, f64::max);
        Regret {
            value: values[point],
            regret: means[point] - lowest,
            band: [if is_contender { 0.0 } else { least.max(0.0) }, most],
            seeds: layout.seeds(point),
        }
    };
    (0..values.len()).map(at).collect()
}

/// Read off on the straight line, over the logarithm, between the values on both sides. Below the lowest value
/// that decays it is a line over the value itself.
pub fn between(curve: &[Regret], value: f64) -> Option<Regret> {
    if let Some(known) = curve.iter().find(|regret| regret.value == value) {
        return Some(*known);
    }
    let after = curve.iter().position(|regret| regret.value > value)?;
    let (low, high) = (curve[after.checked_sub(1)?], curve[after]);
    let share = match low.value > 0.0 {
        true => (value / low.value).ln() / (high.value / low.value).ln(),
        false => value / high.value,
    };
    let mix = |low: f64, high: f64| {
        if low.is_finite() && high.is_finite() { low + share * (high - low) } else { f64::INFINITY }
    };
    // What a diverged neighbour says of the lower bound is that of the other.
    let least = if high.band[0].is_finite() { mix(low.band[0], high.band[0]) } else { low.band[0] };
    let band = [least, mix(low.band[1], high.band[1])];
    Some(Regret { value, regret: mix(low.regret, high.regret), band, seeds: 0 })
}

impl Within {
    /// Whether a value is within ε of the best by the means.
    pub fn holds(&self, value: f64) -> bool {
        self.estimate[0] <= value && value <= self.estimate[1]
    }

    pub fn of(curve: &[Regret], epsilon: f64) -> Self {
        let possible = hull(curve, |regret| regret.band[0] <= epsilon);
        let certain = hull(curve, |regret| regret.band[1] <= epsilon);
        let estimate = hull(curve, |regret| regret.regret <= epsilon);
        Within {
            estimate: estimate.map_or([f64::NAN; 2], |ends| crossings(curve, ends, epsilon)),
            possible: possible.map_or([0.0, f64::INFINITY], |[low, high]| {
                let below = low.checked_sub(1).map_or(0.0, |below| curve[below].value);
                [below, curve.get(high + 1).map_or(f64::INFINITY, |above| above.value)]
            }),
            certain: certain.map(|ends| ends.map(|end| curve[end].value)),
        }
    }
}

/// The first and the last place of which something holds.
fn hull(curve: &[Regret], holds: impl Fn(&Regret) -> bool) -> Option<[usize; 2]> {
    Some([curve.iter().position(&holds)?, curve.iter().rposition(&holds)?])
}

/// Where the line to the next value on either side crosses ε.
fn crossings(curve: &[Regret], [low, high]: [usize; 2], epsilon: f64) -> [f64; 2] {
    let crossing = |inside: Regret, outside: Option<&Regret>| match outside {
        Some(outside) if outside.regret.is_finite() && inside.value * outside.value > 0.0 => {
            let share = (epsilon - inside.regret) / (outside.regret - inside.regret);
            inside.value * (outside.value / inside.value).powf(share)
        }
        _ => inside.value,
    };
    let below = low.checked_sub(1).map(|below| &curve[below]);
    [crossing(curve[low], below), crossing(curve[high], curve.get(high + 1))]
}
