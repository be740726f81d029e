//! Small multiples of lines over a number other than the step: λ, τ, the place of a block.

use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::Result;
use plotters::prelude::*;

use super::axes::{Across, Chart, Frame};
use super::canvas::{Area, Hints, left, px};
use super::data::{Point, Series};
use super::drawn::Figure;
use super::grid::Grid;
use super::lambda_axis::{Edge, LambdaAxis, Tick, draw_ticks};
use super::lettering::Lettering;
use super::palette::INK;
use super::room::{fit_name, width, wrapped};
use super::scale::{Ruler, area, pieces};
use super::stroke::Stroke;
use crate::config::to_digits;
use crate::plural::counted;
use crate::report::format;

const PANEL: (u32, u32) = (440, 320);
/// Room for the key beside a chart, at most, twice that beside one alone, and for a line of it.
const KEY: u32 = 190;
const KEY_LINE: u32 = 15;
const LETTERS: u32 = 11;
const DASH: u32 = 12;
/// Digits of a value whose logarithm is its place: what differs beyond them is the same value.
const DIGITS: usize = 6;
/// Lines that a key has room for.
pub const MOST_LINES: usize = 16;

/// A panel for each subject, a line for each of what is compared.
pub struct Profiles {
    lettering: Lettering,
    across: Across,
    /// What the vertical axes show.
    axis: &'static str,
    panels: Vec<Panel>,
    /// Whether every point is shown; else those that lie near the lowest half.
    is_whole: bool,
}

/// Lines over one axis.
pub struct Panel {
    pub title: String,
    pub lines: Vec<Profile>,
    /// What its axes show, where that is not what those of the figure do.
    axes: Option<(Across, &'static str)>,
}

/// One line; the place of a point is its `step`.
pub struct Profile {
    label: String,
    colour: RGBColor,
    series: Series,
    /// Lines of its panel before it that have its colour: it has gaps then.
    alike: usize,
}

impl Profiles {
    /// A figure of losses, whose axes show what lies near the lowest; `None` where no panel has a line with two
    /// points.
    pub fn new(
        lettering: Lettering,
        across: Across,
        axis: &'static str,
        panels: Vec<Panel>,
    ) -> Option<Self> {
        Profiles { lettering, across, axis, panels, is_whole: false }.with_lines()
    }

    /// A figure whose axes show every point.
    pub fn whole(
        lettering: Lettering,
        across: Across,
        axis: &'static str,
        panels: Vec<Panel>,
    ) -> Option<Self> {
        Profiles { lettering, across, axis, panels, is_whole: true }.with_lines()
    }

    /// The panels with a line of two points, if any, and what of them lies beyond the axes.
    fn with_lines(mut self) -> Option<Self> {
        let left_out = self.left_out();
        self.panels.iter_mut().for_each(|one| one.lines.retain(Profile::is_line));
        self.panels.retain(|panel| !panel.lines.is_empty());
        let notes = [
            (self.reaches_beyond(|point| vec![point.mean]), "▲ ▼: beyond the axis"),
            (self.reaches_beyond(|point| vec![point.low, point.high]), "bands: cut at the axis"),
        ];
        let told = notes.into_iter().filter(|(is_beyond, _)| *is_beyond);
        self.lettering.notes.extend(told.map(|(_, note)| note.to_owned()));
        self.lettering.notes.extend(left_out);
        (!self.panels.is_empty()).then_some(self)
    }

    /// Lines that no panel has, by their names. A rule without a λ above 0 has no place where λ is across.
    fn left_out(&self) -> Option<String> {
        let mut most: BTreeMap<&str, usize> = BTreeMap::new();
        for line in self.panels.iter().flat_map(|panel| &panel.lines) {
            let known = most.entry(&line.label).or_default();
            *known = line.series.0.len().max(*known);
        }
        let of = |points: usize| most.values().filter(|known| **known == points).count();
        let kinds = [(of(1), "of one point"), (of(0), "without a point")];
        let kinds = kinds.into_iter().filter(|(count, _)| *count > 0);
        let told: Vec<String> =
            kinds.map(|(count, what)| format!("{} {what}", counted(count, "line"))).collect();
        (!told.is_empty()).then(|| format!("not drawn: {}", told.join(", ")))
    }

    /// Whether any of these numbers of a point lies where its panel does not reach.
    fn reaches_beyond(&self, of: fn(&Point) -> Vec<f64>) -> bool {
        self.panels.iter().any(|panel| {
            let Some((_, shown)) = panel.ranges(self.is_whole) else { return false };
            panel.points().flat_map(of).any(|value| !shown.contains(&value))
        })
    }

    /// Pixels of the key: as wide as its widest label.
    fn key(&self) -> u32 {
        let lines = self.panels.iter().flat_map(|panel| &panel.lines);
        let widest = lines.map(|line| width(&line.label, LETTERS)).fold(0.0, f64::max);
        (widest as u32 + 30).min(if self.panels.len() == 1 { 2 * KEY } else { KEY })
    }

    fn grid(&self) -> Grid {
        Grid::of_pairs(PANEL, self.panels.len())
    }

    fn draw_panel(&self, area: &Area, panel: &Panel, hints: &mut Hints) -> Result<()> {
        let (wide, _) = area.dim_in_pixel();
        let (plot, key) = area.split_horizontally(wide as i32 - px(self.key()));
        let (across, axis) = panel.axes.unwrap_or((self.across, self.axis));
        let frame = Frame { title: &panel.title, across, axis, margin: 8, y_labels: 6 };
        let Some((places, values)) = panel.ranges(self.is_whole) else { return Ok(()) };
        let mut chart = frame.draw(&plot, (places, values.clone()))?;
        if across.is_logarithmic {
            draw_ticks(&plot, &chart, &panel.tried(), (Edge::Below(values.start), LETTERS))?;
        }
        for one in &panel.lines {
            one.draw(&mut chart, &values)?;
            let title = Some(panel.title.as_str()).filter(|title| !title.is_empty());
            let name = title.into_iter().chain([one.label.as_str()]).collect::<Vec<_>>().join(", ");
            for (place, value) in one.series.means().filter(|(_, value)| values.contains(value)) {
                let at = (across.tick)(place);
                let hint = format!("{name}, {} {at}: {}", across.name, digits(value));
                hints.add(chart.backend_coord(&(place, value)), hint);
            }
        }
        panel.draw_key(&key, f64::from(self.key() - 20))
    }
}

impl Panel {
    /// Over the axes of the figure.
    pub fn new(title: String, mut lines: Vec<Profile>) -> Self {
        for place in 1..lines.len() {
            let (before, rest) = lines.split_at_mut(place);
            rest[0].alike = before.iter().filter(|one| one.colour == rest[0].colour).count();
        }
        Panel { title, lines, axes: None }
    }

    /// Over axes of its own.
    pub fn over(self, across: Across, axis: &'static str) -> Self {
        Panel { axes: Some((across, axis)), ..self }
    }

    fn points(&self) -> impl Iterator<Item = &Point> {
        self.lines.iter().flat_map(|line| &line.series.0)
    }

    /// The values at the places of its points, or powers of ten where they reach over several.
    fn tried(&self) -> Vec<Tick> {
        let value = |point: &Point| to_digits(10f64.powf(point.step), DIGITS);
        let axis = LambdaAxis::of(self.points().map(value));
        // The first is a place for 0, which has none here.
        axis.ticks.into_iter().skip(1).collect()
    }

    /// A line and its name for each of them, below each other.
    fn draw_key(&self, key: &Area, room: f64) -> Result<()> {
        let mut y = 48;
        for (one, name) in self.lines.iter().zip(self.names(room)) {
            let at = px(y);
            one.stroke().draw_key(key, (px(2), at), DASH)?;
            for words in name {
                key.draw(&Text::new(words, (px(18), px(y)), left(LETTERS, INK)))?;
                y += KEY_LINE;
            }
        }
        Ok(())
    }

    /// The names of the lines, in as many lines as they need if a key has so many; else their beginnings and ends, which tell
    /// them apart.
    fn names(&self, room: f64) -> Vec<Vec<String>> {
        let labels = || self.lines.iter().map(|line| &line.label);
        let whole: Vec<_> = labels().map(|label| wrapped(label, LETTERS, room)).collect();
        let is_room = whole.iter().flatten().count() <= MOST_LINES;
        match is_room {
            true => whole,
            false => labels().map(|label| vec![fit_name(label, LETTERS, room)]).collect(),
        }
    }

    fn ranges(&self, is_whole: bool) -> Option<(Range<f64>, Range<f64>)> {
        let places = self.points().map(|point| point.step);
        let (low, high) = places.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), place| {
            (low.min(place), high.max(place))
        });
        let air = ((high - low) * 0.04).max(1e-3);
        let means = || self.points().map(|point| point.mean);
        let all = if is_whole { means().collect() } else { Vec::new() };
        let ruler = Ruler::of_arms(means(), all.into_iter(), 0.0)?;
        let values =
            ruler.range(self.points().flat_map(|point| [point.low, point.mean, point.high]))?;
        Some((low - air..high + air, values))
    }
}

impl Profile {
    pub fn new(label: String, colour: RGBColor, series: Series) -> Self {
        Profile { label, colour, series, alike: 0 }
    }

    /// Whether there is a line: a point alone is none.
    pub fn is_line(&self) -> bool {
        self.series.0.len() > 1
    }

    fn stroke(&self) -> Stroke {
        let dashes = self.alike.checked_sub(1).map(|more| if more == 0 { (5, 3) } else { (2, 3) });
        Stroke { colour: self.colour, dashes }
    }

    fn draw(&self, chart: &mut Chart, values: &Range<f64>) -> Result<()> {
        // A path that turns back has no band, and the outline of none would be a line.
        if self.series.0.iter().any(|point| point.low < point.high) {
            let band = area(self.series.band(), values);
            chart.draw_series([Polygon::new(band, self.colour.mix(0.12).filled())])?;
        }
        for piece in pieces(self.series.means(), values) {
            self.stroke().draw(chart, piece)?;
        }
        let shown = self.series.means().filter(|(_, value)| values.contains(value));
        chart.draw_series(shown.map(|at| Circle::new(at, px(3), self.colour.filled())))?;
        // What lies beyond the axis is marked at its edge.
        let beyond = self.series.means().filter(|(_, value)| !values.contains(value));
        for (at, value) in beyond {
            let (edge, up) =
                if value > values.start { (values.end, 1) } else { (values.start, -1) };
            let (wide, high) = (px(5), up * px(8));
            let triangle =
                Polygon::new(vec![(-wide, high), (wide, high), (0, 0)], self.colour.filled());
            chart.draw_series([EmptyElement::at((at, edge)) + triangle])?;
        }
        Ok(())
    }
}

impl Figure for Profiles {
    fn lettering(&self) -> &Lettering {
        &self.lettering
    }

    fn size(&self) -> (u32, u32) {
        self.grid().size()
    }

    fn draw(&self, body: &Area, hints: &mut Hints) -> Result<()> {
        for (panel, area) in self.panels.iter().zip(self.grid().areas(body)) {
            self.draw_panel(&area, panel, hints)?;
        }
        Ok(())
    }
}

/// A loss to 4 decimals, what is far smaller by its digits.
fn digits(value: f64) -> String {
    if (1e-9..0.1).contains(&value) { format::three_digits(value) } else { format::fixed(value, 4) }
}

/// The numbers at an axis of logarithms.
pub fn power_of_ten(exponent: f64) -> String {
    format::three_digits(10f64.powf(exponent))
}

#[cfg(test)]
mod tests;
