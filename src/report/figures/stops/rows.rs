use anyhow::Result;
use plotters::prelude::*;

use super::super::canvas::{Area, line, px};
use super::super::data::Data;
use super::super::markers::Look;
use super::super::palette;
use super::super::room::spread;
use crate::report::{format, words};
use crate::stats::{Cell, Group, Point, Quantity, best};

/// Rows that anyone reads.
const MOST_ROWS: usize = 60;

/// An arm, or a rule at its own horizon.
pub struct Row {
    pub name: String,
    colour: RGBColor,
    pub last: f64,
    /// What it would have had at the step of its lowest val loss; none at a horizon that was tuned, where the
    /// last step is the one that was chosen.
    pub stopped: Option<f64>,
}

impl Row {
    fn of_arm(name: String, colour: RGBColor, cell: &Cell, loss: Quantity) -> Option<Self> {
        let last = cell.mean(|run| loss.of(run)).filter(|loss| loss.is_finite())?;
        let stopped = Some(cell.mean(|run| loss.stopped().of(run))?);
        Some(Row { name, colour, last, stopped })
    }

    fn of_horizon(point: &Point, colour: RGBColor, loss: Quantity) -> Option<Self> {
        let last = point.cell.mean(|run| loss.of(run)).filter(|loss| loss.is_finite())?;
        let name = format!("{} (tuned)", words::arm(&point.side));
        Some(Row { name, colour, last, stopped: None })
    }

    pub fn is_none(&self) -> bool {
        self.colour == BLACK && self.stopped.is_some()
    }

    pub fn losses(&self) -> impl Iterator<Item = f64> {
        [Some(self.last), self.stopped].into_iter().flatten()
    }

    pub fn numbers(&self) -> String {
        let last = format::fixed(self.last, 3);
        match self.stopped {
            Some(stopped) => format!("{last}, stopped {}", format::fixed(stopped, 3)),
            None => format!("{last} at its own horizon"),
        }
    }

    /// Its marks at a height; `place` tells where a loss is and whether it is beyond the axis, on which side.
    pub fn draw(&self, area: &Area, y: i32, place: impl Fn(f64) -> (i32, i32)) -> Result<()> {
        let stopped = self.stopped.unwrap_or(self.last);
        let ends = [stopped, self.last].map(|loss| (place(loss).0, y));
        area.draw(&PathElement::new(ends, line(self.colour, 0.8, 2)))?;
        // A ring that the last step fits into: equal losses show both.
        if let Some((x, 0)) = self.stopped.map(&place) {
            area.draw(&Circle::new((x, y), px(6), self.colour.filled()))?;
            area.draw(&Circle::new((x, y), px(5), WHITE.filled()))?;
        }
        match place(self.last) {
            (x, 0) if self.stopped.is_some() => {
                area.draw(&Circle::new((x, y), px(3), self.colour.filled()))?;
            }
            (x, 0) => {
                let far = px(6);
                let diamond = [(x - far, y), (x, y - far), (x + far, y), (x, y + far)];
                area.draw(&Polygon::new(diamond, self.colour.filled()))?;
            }
            (x, side) => {
                let back = x - side * px(9);
                let arrow = [(x, y), (back, y - px(5)), (back, y + px(5))];
                area.draw(&Polygon::new(arrow, self.colour.filled()))?;
            }
        }
        Ok(())
    }
}

/// No decay of every setting, what is tuned at its own horizon, then every arm that decays; and of how many
/// rows these are.
pub fn rows(data: &Data) -> (Vec<Row>, usize) {
    let groups: Vec<&Group> = data.analysis.own_groups().collect();
    let mut rows = without_decay(&groups, data.analysis.loss);
    rows.extend(at_own_horizons(data));
    rows.extend(decayed(&groups, data.analysis.loss));
    let all = rows.len();
    let mut places = spread(all, MOST_ROWS).into_iter().peekable();
    let mut place = 0..;
    rows.retain(|_| places.next_if_eq(&place.next().unwrap_or_default()).is_some());
    (rows, all)
}

fn without_decay(groups: &[&Group], loss: Quantity) -> Vec<Row> {
    let mut settings: Vec<&str> = Vec::new();
    let mut rows = Vec::new();
    for group in groups {
        let Some(none) = &group.baseline else { continue };
        if settings.contains(&group.rule.setting.as_str()) {
            continue;
        }
        settings.push(&group.rule.setting);
        let variant = &group.rule.variant;
        let name = match variant.is_empty() {
            true => "no decay".to_owned(),
            false => format!("no decay, {variant}"),
        };
        rows.extend(Row::of_arm(name, BLACK, none, loss));
    }
    rows
}

/// No decay and every rule at the best of all its points, where their horizons differ.
fn at_own_horizons(data: &Data) -> Vec<Row> {
    let (contenders, loss) = (&data.analysis.contenders, data.analysis.loss);
    let none = contenders.iter().map(|one| (&one.none, BLACK)).find(|(all, _)| !all.is_empty());
    let rules = contenders.iter().map(|one| (&one.points, palette::form(one.rule.form)));
    let tuned = none.into_iter().chain(rules).filter(|(points, _)| {
        points.iter().any(|point| point.side.value("steps") != points[0].side.value("steps"))
    });
    tuned.filter_map(|(points, colour)| Row::of_horizon(best(points)?, colour, loss)).collect()
}

fn decayed(groups: &[&Group], loss: Quantity) -> Vec<Row> {
    let names = words::labels(&groups.iter().map(|group| &group.rule).collect::<Vec<_>>());
    let mut rows = Vec::new();
    for (group, name) in groups.iter().zip(names) {
        let colour = Look::of(&group.rule, groups.iter().copied()).colour;
        let cells: Vec<&Cell> = group.cells.iter().filter(|cell| cell.is_treated()).collect();
        let known: Vec<f64> = cells.iter().filter_map(|cell| cell.weight_decay).collect();
        let mut known = format::labels(&known).into_iter();
        for cell in cells {
            let lambda = cell.weight_decay.and_then(|_| known.next());
            let lambda = lambda.map_or(String::new(), |lambda| format!("   λ = {lambda}"));
            rows.extend(Row::of_arm(format!("{name}{lambda}"), colour, cell, loss));
        }
    }
    rows
}
