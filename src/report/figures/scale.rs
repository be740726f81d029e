//! Which values an axis shows and how its ticks read. The bulk rules an axis: what lies far beyond it
//! is marked at the edge.

use std::ops::Range;

/// Where the interesting values lie: around `centre`, as far as `reach`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ruler {
    pub centre: f64,
    pub reach: f64,
}

/// A value further from the centre than this many reaches is beyond the axis.
const FAR: f64 = 2.0;
/// A quarter of all values may stretch the reach by this.
const STRETCH: f64 = 50.0;
/// A point this many times further off than the one before it says nothing of the reach.
const SPIKE: f64 = 50.0;

impl Ruler {
    /// By a curve that went well: around its end, as far as it ran or as it is large.
    pub fn of_curve(values: impl Iterator<Item = f64>, unit: f64) -> Option<Self> {
        let values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        let centre = *values.last()?;
        let mut run: Vec<f64> = values.iter().map(|value| (value - centre).abs()).collect();
        run.sort_by(f64::total_cmp);
        let is_spike = |run: &[f64]| matches!(run, [.., before, last] if *before > 0.0 && *last > SPIKE * before);
        while is_spike(&run) {
            run.pop();
        }
        let ran = run.last().copied().unwrap_or(0.0);
        Some(Ruler { centre, reach: ran.max(centre.abs()).max(unit) })
    }

    /// By the arms that matter: from the lowest, twice as far as half of the means or a value that must be
    /// seen, and at least `least`.
    pub fn of_arms(
        means: impl Iterator<Item = f64>,
        seen: impl Iterator<Item = f64>,
        least: f64,
    ) -> Option<Self> {
        let mut means: Vec<f64> = means.filter(|mean| mean.is_finite()).collect();
        means.sort_by(f64::total_cmp);
        let centre = *means.first()?;
        let half = means[(means.len() - 1) / 2] - centre;
        let seen = seen.filter(|value| value.is_finite()).map(|value| (value - centre).abs());
        Some(Ruler { centre, reach: seen.fold(half.max(least), f64::max) })
    }

    /// By arms of which none is the best: from their median, twice as far as their middle half is wide or as a value
    /// that must be seen, and at least `least`.
    pub fn of_bulk(
        means: impl Iterator<Item = f64>,
        seen: impl Iterator<Item = f64>,
        least: f64,
    ) -> Option<Self> {
        let mut means: Vec<f64> = means.filter(|mean| mean.is_finite()).collect();
        means.sort_by(f64::total_cmp);
        let last = means.len().checked_sub(1)?;
        let at = |quarters: usize| means[last * quarters / 4];
        let centre = at(2);
        let seen = seen.filter(|value| value.is_finite()).map(|value| (value - centre).abs());
        let reach = seen.fold((2.0 * (at(3) - at(1))).max(least), f64::max);
        Some(Ruler { centre, reach })
    }

    /// Whether a value is far beyond what this ruler and these values call near.
    fn limit(self, values: &[f64]) -> f64 {
        let mut distances: Vec<f64> =
            values.iter().map(|value| (value - self.centre).abs()).collect();
        distances.sort_by(f64::total_cmp);
        let quarter = distances.get(distances.len() / 4).copied().unwrap_or(0.0);
        let reach = match self.reach > 0.0 {
            true => self.reach.max(quarter.min(self.reach * STRETCH)),
            false => distances.into_iter().find(|distance| *distance > 0.0).unwrap_or(0.0),
        };
        FAR * reach
    }

    /// The smallest range that holds all values but those far beyond the ruler, with a little air;
    /// `None` where there is none.
    pub fn range(self, values: impl Iterator<Item = f64>) -> Option<Range<f64>> {
        let values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        let limit = self.limit(&values);
        let near = values.into_iter().filter(|value| (value - self.centre).abs() <= limit);
        range_of(near)
    }

    /// The same with the intervals of what it holds, as far as what is near reaches: one that ends beyond leaves its
    /// middle where it is.
    pub fn range_with(
        self,
        values: impl Iterator<Item = f64>,
        intervals: impl Iterator<Item = [f64; 2]>,
    ) -> Option<Range<f64>> {
        let values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        let limit = self.limit(&values);
        let is_near = |value: f64| (value - self.centre).abs() <= limit;
        let held = intervals.filter(|[low, high]| is_near(f64::midpoint(*low, *high))).flatten();
        let ends = held.map(|end| end.clamp(self.centre - limit, self.centre + limit));
        let near = values.iter().copied().filter(|value| is_near(*value));
        range_of(near.chain(ends))
    }

    /// A range that reaches down to a level as well where that lies near: an axis that reached down to a
    /// far one would squeeze what it shows.
    pub fn with_level(range: Range<f64>, level: f64) -> Range<f64> {
        let near = range.start - level < 0.25 * (range.end - range.start);
        if !near || level >= range.start {
            return range;
        }
        range_of([range.start, range.end, level].into_iter()).unwrap_or(range)
    }
}

/// The smallest range that holds all values, with a little air: enough that ticks need few digits.
fn range_of(values: impl Iterator<Item = f64>) -> Option<Range<f64>> {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    let air = ((high - low) * 0.06).max(low.abs().max(high.abs()) * 5e-4).max(1e-9);
    (low <= high).then_some(low - air..high + air)
}

/// The number at a tick, with as many decimals as tell it from its neighbours, of which the range holds
/// at most `count`.
pub fn tick(value: f64, range: &Range<f64>, count: usize) -> String {
    let span = range.end - range.start;
    let size = range.start.abs().max(range.end.abs());
    let step = (span / count as f64).log10().floor();
    // The sum that led here may have missed 0 by a little.
    if value.abs() < span * 1e-9 {
        return "0".to_owned();
    }
    if (1e-2..1e6).contains(&size) {
        let fewest = if size < 1e3 { 2.0 } else { 0.0 };
        let decimals = (-step).max(fewest) as usize;
        return format!("{value:.decimals$}");
    }
    let digits = (value.abs().log10().floor() - step).max(0.0) as usize;
    format!("{value:.digits$e}")
}

/// The pieces of a line through points that lie in a range.
pub fn pieces(
    points: impl Iterator<Item = (f64, f64)>,
    range: &Range<f64>,
) -> Vec<Vec<(f64, f64)>> {
    let mut pieces: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut before: Option<(f64, f64)> = None;
    for point in points {
        if let Some([from, to]) = before.and_then(|before| inside(before, point, range)) {
            match pieces.last_mut() {
                Some(piece) if piece.last() == Some(&from) => piece.push(to),
                _ => pieces.push(vec![from, to]),
            }
        }
        before = Some(point);
    }
    pieces
}

/// The part of a segment whose values lie in a range.
fn inside(a: (f64, f64), b: (f64, f64), range: &Range<f64>) -> Option<[(f64, f64); 2]> {
    let end = |from: (f64, f64), to: (f64, f64)| {
        let edge = from.1.clamp(range.start, range.end);
        if edge == from.1 {
            return Some(from);
        }
        let share = (edge - from.1) / (to.1 - from.1);
        (0.0..=1.0).contains(&share).then_some((from.0 + (to.0 - from.0) * share, edge))
    };
    Some([end(a, b)?, end(b, a)?])
}

/// The part of an area whose values lie in a range.
pub fn area(mut outline: Vec<(f64, f64)>, range: &Range<f64>) -> Vec<(f64, f64)> {
    for half in [f64::NEG_INFINITY..range.end, range.start..f64::INFINITY] {
        let next = outline.iter().cycle().skip(1);
        let edges = outline.iter().zip(next).take(outline.len());
        outline = edges.filter_map(|(a, b)| inside(*a, *b, &half)).flatten().collect();
        outline.dedup();
    }
    outline
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULER: Ruler = Ruler { centre: 2.0, reach: 2.0 };

    #[test]
    fn the_bulk_rules_an_axis_and_outliers_lie_beyond() {
        let range = RULER.range([2.0, 2.1, 4.1, 1e6, 3e7].into_iter()).unwrap();
        assert!(range.start < 2.0 && range.contains(&4.1) && range.end < 5.0, "{range:?}");
        let all = RULER.range([2.0, 3.0].into_iter()).unwrap();
        assert!(all.contains(&2.0) && all.contains(&3.0));
    }

    #[test]
    fn a_spike_of_a_good_curve_does_not_rule() {
        let curve = [4.0, 3.0, 1e9, 2.5, 2.0];
        assert_eq!(Ruler::of_curve(curve.into_iter(), 0.0), Some(RULER));
    }

    #[test]
    fn a_line_is_cut_at_the_edge_and_goes_on_where_it_returns() {
        let points = [(0.0, 0.0), (1.0, 2.0), (2.0, 0.0), (3.0, 0.5)];
        let cut = pieces(points.into_iter(), &(0.0..1.0));
        assert_eq!(cut, [vec![(0.0, 0.0), (0.5, 1.0)], vec![(1.5, 1.0), (2.0, 0.0), (3.0, 0.5)]]);
    }

    #[test]
    fn an_area_is_cut_at_the_edge() {
        let triangle = vec![(0.0, 0.0), (2.0, 0.0), (1.0, 2.0)];
        let cut = area(triangle, &(0.0..1.0));
        assert_eq!(cut, [(0.0, 0.0), (2.0, 0.0), (1.5, 1.0), (0.5, 1.0), (0.0, 0.0)]);
    }

    #[test]
    fn the_bulk_of_the_arms_is_seen_whichever_is_the_lowest() {
        let gaps = [0.01, 0.02, 0.03, 0.08, 0.25, 0.3, 0.4, 0.45, 0.5];
        let range = |gaps: &[f64]| {
            let means = || gaps.iter().copied();
            Ruler::of_bulk(means(), std::iter::empty(), 0.0)?.range(means())
        };
        let whole = range(&gaps).unwrap();
        assert!(gaps.iter().all(|gap| whole.contains(gap)), "{whole:?}");
        let exploded = [&[-900.0], &gaps[..], &[900.0]].concat();
        let bulk = range(&exploded).unwrap();
        assert!(gaps.iter().all(|gap| bulk.contains(gap)), "{bulk:?}");
        assert!(!bulk.contains(&900.0) && !bulk.contains(&-900.0), "{bulk:?}");
    }

    #[test]
    fn an_interval_that_ends_far_off_leaves_its_middle_in_the_range() {
        let ruler = Ruler { centre: 0.0, reach: 0.0 };
        let intervals = [[-0.5, 0.5], [-0.4, 0.6]];
        let range = ruler.range_with([0.0, 0.1].into_iter(), intervals.into_iter()).unwrap();
        assert!(range.contains(&0.1) && range.contains(&-0.2), "{range:?}");
        assert!(!range.contains(&-0.4) && !range.contains(&0.5), "{range:?}");
    }

    proptest! {
        #[test]
        fn neighbouring_ticks_never_read_the_same(
            centre in prop_oneof![-1e9..1e9f64, -10.0..10.0f64, -1e-6..1e-6f64, Just(1e300)],
            share in 1e-9..1.0f64,
            count in 3usize..12,
        ) {
            let values = [centre, centre + centre.abs() * share];
            let range = range_of(values.into_iter()).unwrap();
            let rough = (range.end - range.start) / count as f64;
            let power = 10f64.powf(rough.log10().floor());
            for factor in [1.0, 2.0, 5.0, 10.0] {
                let step = factor * power;
                if step < rough {
                    continue;
                }
                let first = (range.start / step).ceil();
                let ticks = (0..count).map(|index| tick((first + index as f64) * step, &range, count));
                let ticks: Vec<String> = ticks.collect();
                prop_assert!(ticks.windows(2).all(|pair| pair[0] != pair[1]), "{:?}", ticks);
                prop_assert!(ticks.iter().all(|text| text.len() <= 12), "{:?}", ticks);
            }
        }
    }
}
