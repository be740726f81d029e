use std::ops::Range;

use super::super::scale::Ruler;
use super::rows::Row;

/// How many times as far as half of the rows rule an axis goes at most.
const WIDEST: f64 = 4.0;

/// The differences and their intervals, without those far from 0 and from the others.
pub fn range(rows: &[&Row], reach: f64) -> Option<Range<f64>> {
    let mean = |row: &&Row| row.difference.mean;
    let near = Ruler { centre: 0.0, reach }.range(rows.iter().map(mean))?;
    let inside: Vec<&&Row> = rows.iter().filter(|row| near.contains(&mean(row))).collect();
    let extent = |row: &Row| row.ends().map(f64::abs).into_iter().fold(0.0, f64::max);
    let mut extents: Vec<f64> = inside.iter().map(|row| extent(row).min(4.0 * reach)).collect();
    extents.sort_by(f64::total_cmp);
    // Half of the rows rule the axis: what is several times as far off would squeeze them.
    let far = 2.0 * extents.get(extents.len() / 2).copied().unwrap_or(reach).max(1e-9);
    let far = with_told(&inside, far);
    let ends = inside.iter().filter(|row| mean(row).abs() <= far).flat_map(|row| row.ends());
    let clipped = ends.map(|end| end.clamp(-far, far));
    let (lowest, highest) =
        clipped.fold((0.0, 0.0), |(low, high): (f64, f64), end| (low.min(end), high.max(end)));
    let air = (highest - lowest).max(1e-6) * 0.06;
    Some(lowest - air..highest + air)
}

/// As far as verdicts and the lowest of all differences lie, of those that are not many times as far: they are what the
/// figure is about.
fn with_told(rows: &[&&Row], far: f64) -> f64 {
    let near = rows.iter().map(|row| (row.difference.mean, row.is_verdict));
    let near = near.filter(|(mean, _)| mean.abs() <= WIDEST * far);
    let lowest = near.clone().map(|(mean, _)| mean).fold(0.0, f64::min);
    let told = near.filter(|(mean, is_verdict)| *is_verdict || *mean == lowest);
    told.map(|(mean, _)| mean.abs()).fold(far, f64::max)
}

/// The same axis, as far as it takes to hold a value on both sides of 0, if there is one.
pub fn holding(range: Range<f64>, value: Option<f64>) -> Range<f64> {
    let end = 1.06 * value.unwrap_or(0.0);
    range.start.min(-end)..range.end.max(end)
}

/// Whether a row or its interval goes on beyond the axis.
pub fn is_clipped(row: &Row, range: &Range<f64>) -> bool {
    let [low, high] = row.ends();
    [low, high, row.difference.mean].iter().any(|value| !range.contains(value))
}

/// Decimals that tell neighbouring ticks apart, at least two.
pub fn decimals(ticks: &[f64]) -> usize {
    let step = ticks.windows(2).map(|pair| pair[1] - pair[0]).fold(1.0, f64::min);
    (-step.log10().floor()).clamp(2.0, 9.0) as usize
}

/// Round numbers across a range, 0 among them.
pub fn ticks(range: &Range<f64>) -> Vec<f64> {
    let rough = (range.end - range.start) / 5.0;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
    let step = step.into_iter().find(|step| *step >= rough).unwrap_or(power);
    let (first, last) = ((range.start / step).ceil() as i64, (range.end / step).floor() as i64);
    (first..=last).map(|index| index as f64 * step).collect()
}
