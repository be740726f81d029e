//! λ on a logarithmic axis with a place for 0, and what stands at the edges of a chart over it.

use anyhow::Result;
use plotters::prelude::*;

use super::axes::Chart;
use super::canvas::{Area, SCALE, centred, line, px};
use super::palette::INK;
use super::room::{thinned, width};
use crate::report::format;

/// Numbers at the axis, at most.
const LABELS: i32 = 12;
/// Distance of the slot for λ = 0 from the smallest λ, in decades and as a share of all of them.
const ZERO_SLOT: (f64, f64) = (0.7, 0.06);

/// log10 λ with a slot of its own for 0.
pub struct LambdaAxis {
    zero: f64,
    pub ticks: Vec<Tick>,
    pub end: f64,
}

/// A number at a place of the axis.
pub type Tick = (f64, String);

/// A horizontal edge of a chart, as the value where it lies.
#[derive(Clone, Copy)]
pub enum Edge {
    Below(f64),
    Above(f64),
}

impl LambdaAxis {
    /// For these λ.
    pub fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut positive: Vec<f64> = values.filter(|value| *value > 0.0).collect();
        positive.sort_by(f64::total_cmp);
        positive.dedup();
        let low = positive.first().map_or(0.0, |value| value.log10());
        let high = positive.last().map_or(0.0, |value| value.log10());
        let (first, last) = (low.ceil() as i32, high.floor() as i32);
        let steps = [1, 2, 5, 10, 20, 50, 100];
        let step = steps.into_iter().find(|step| (last - first) / step < LABELS).unwrap_or(100);
        let decades = (first..=last).filter(|power| power % step == 0);
        let tick = |power: i32| (f64::from(power), format::number(10f64.powi(power)));
        let mut ticks: Vec<Tick> = decades.map(tick).collect();
        if ticks.len() < 2 {
            let labels = format::labels(&positive);
            ticks = positive.iter().map(|value| value.log10()).zip(labels).collect();
        }
        let (decades, share) = ZERO_SLOT;
        let zero = low - decades.max((high - low) * share);
        ticks.insert(0, (zero, "0".to_owned()));
        LambdaAxis { zero, ticks, end: high + 0.25f64.max((high - low) * 0.02) }
    }

    /// A little before the slot for 0.
    pub fn start(&self) -> f64 {
        self.zero - 0.25f64.max((self.end - self.zero) * 0.02)
    }

    pub fn at(&self, weight_decay: f64) -> f64 {
        if weight_decay > 0.0 { weight_decay.log10() } else { self.zero }
    }
}

/// Numbers of `points` pixels along an edge, outside of the chart, as many as have room.
pub fn draw_ticks(
    area: &Area,
    chart: &Chart,
    ticks: &[Tick],
    (edge, points): (Edge, u32),
) -> Result<()> {
    let (left, top) = area.get_base_pixel();
    let (level, away) = match edge {
        Edge::Below(level) => (level, 1),
        Edge::Above(level) => (level, -1),
    };
    let at = |value: f64| {
        let (x, y) = chart.backend_coord(&(value, level));
        (x - left, y - top)
    };
    let room =
        |(value, label): &Tick| (f64::from(at(*value).0) / f64::from(SCALE), width(label, points));
    let shown = thinned(&ticks.iter().map(room).collect::<Vec<_>>(), 8.0);
    for (value, label) in shown.into_iter().map(|index| &ticks[index]) {
        let (x, y) = at(*value);
        area.draw(&PathElement::new([(x, y), (x, y + away * px(4))], line(INK, 1.0, 1)))?;
        // Letters hang from their top.
        let top = if away > 0 { y + px(points - 5) } else { y - px(points + 6) };
        area.draw(&Text::new(label.clone(), (x, top), centred(points, INK)))?;
    }
    Ok(())
}
