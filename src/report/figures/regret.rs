//! What every λ costs against the best of its rule: a panel per form, with what does not matter as a band.

mod line;
mod panel;

use std::ops::Range;

use anyhow::Result;

use super::canvas::{Area, Hints};
use super::data::Data;
use super::drawn::Figure;
use super::grid::Grid;
use super::lettering::Lettering;
use super::scale::Ruler;
use crate::plural::counted;
use crate::report::{format, words};
use crate::stats::Contender;
use line::{Line, Point, WITHOUT_RIVALS};
use panel::{KEY_LINE, Panel};

/// Width of a panel, and its height below the key.
const PANEL: (u32, u32) = (440, 380);
/// Rules of a panel.
const MOST_RULES: usize = 4;

/// A panel per form, a line per rule.
pub struct Regret {
    lettering: Lettering,
    panels: Vec<Panel>,
    scale: Scale,
}

/// What all panels have in common.
struct Scale {
    values: Range<f64>,
    /// What does not matter.
    epsilon: Option<f64>,
    /// Height of a panel's key.
    key: u32,
}

impl Regret {
    /// The figure; `None` where no rule was tried at several λ.
    pub fn new(data: &Data) -> Option<Self> {
        let (panels, left_out) = panels(data);
        let scale = Scale::of(data, &panels)?;
        let mut notes = scale.notes(data, &panels);
        if left_out > 0 {
            let more = counted(left_out, "more rule");
            notes.push(format!("the best {MOST_RULES} of a form; … {more} in summary.csv"));
        }
        let title = words::regret_title(data.regret_loss());
        let lettering = Lettering { title, notes, caption: data.caption.clone() };
        Some(Regret { lettering, panels, scale })
    }

    /// Whether every rule of which something is tried has a line.
    pub fn holds_every_rule(data: &Data) -> bool {
        Regret::new(data).is_some() && searched_beside(data).is_none()
    }

    fn grid(&self) -> Grid {
        Grid::of_pairs((PANEL.0, PANEL.1 + self.scale.key), self.panels.len())
    }
}

/// By form, in the order of the rules; and how many rules have no room: those with the highest val loss.
fn panels(data: &Data) -> (Vec<Panel>, usize) {
    let mut panels: Vec<Panel> = Vec::new();
    for line in lines(data) {
        let form = line.form;
        let known = panels.iter().position(|panel| panel.form == form);
        let place = known.unwrap_or_else(|| {
            panels.push(Panel::new(data, form));
            panels.len() - 1
        });
        panels[place].lines.push(line);
    }
    let all: usize = panels.iter().map(|panel| panel.lines.len()).sum();
    panels.iter_mut().for_each(|panel| keep_lowest(&mut panel.lines));
    let shown: usize = panels.iter().map(|panel| panel.lines.len()).sum();
    (panels, all - shown)
}

/// Leaves the lines with the lowest val loss, in their order.
fn keep_lowest(lines: &mut Vec<Line>) {
    let mut ranked: Vec<usize> = (0..lines.len()).collect();
    ranked.sort_by(|a, b| lines[*a].lowest.total_cmp(&lines[*b].lowest));
    ranked.truncate(MOST_RULES);
    let mut places = 0..;
    lines.retain(|_| places.next().is_some_and(|place| ranked.contains(&place)));
}

/// Of every rule: what its search tells, or what its arms do.
fn lines(data: &Data) -> Vec<Line> {
    match &data.analysis.search {
        Some(search) => search.rules.iter().filter_map(|rule| Line::found(data, rule)).collect(),
        None => data.analysis.contenders.iter().filter_map(|one| Line::of(data, one)).collect(),
    }
}

fn points(panels: &[Panel]) -> impl Iterator<Item = &Point> + Clone {
    panels.iter().flat_map(|panel| &panel.lines).flat_map(|line| &line.points)
}

fn means(panels: &[Panel]) -> impl Iterator<Item = f64> + Clone {
    points(panels).map(|point| point.regret)
}

fn intervals(panels: &[Panel]) -> impl Iterator<Item = [f64; 2]> {
    points(panels).map(|point| point.ends)
}

impl Scale {
    fn of(data: &Data, panels: &[Panel]) -> Option<Self> {
        let epsilon = data.analysis.epsilon.map(|one| one.value);
        let seen = epsilon.map(|epsilon| 2.0 * epsilon);
        let ruler = Ruler::of_arms(means(panels), seen.into_iter(), 0.0)?;
        let shown = means(panels).chain(seen).chain([0.0]);
        let range = ruler.range_with(shown, intervals(panels))?;
        let most = panels.iter().map(|panel| panel.lines.len()).max().unwrap_or(0) as u32;
        Some(Scale { values: range, epsilon, key: most * KEY_LINE })
    }

    /// How to read the figure.
    fn notes(&self, data: &Data, panels: &[Panel]) -> Vec<String> {
        let is_search = data.analysis.search.is_some();
        let (first, bar) = match is_search {
            true => (
                "paired mean with a 95% band for all λ at once; ring: the lowest mean",
                "bar at the bottom: the 95% interval of the best λ",
            ),
            false => (
                "mean over seeds with its 95% interval; ring: best by val loss",
                "bar at the bottom: λ within ε",
            ),
        };
        let mut notes = vec![first.to_owned()];
        notes.extend(self.epsilon.map(|one| {
            let loss = words::quantity(data.regret_loss());
            format!("grey: within ε = {} of {loss}", format::three_digits(one))
        }));
        notes.extend((is_search || self.epsilon.is_some()).then(|| bar.to_owned()));
        notes.extend(self.marks(panels));
        notes.extend(searched_beside(data));
        if !is_search {
            notes.extend(not_eligible(data));
            notes.extend(without_none(data));
        }
        notes
    }

    /// What its other marks mean, of those that are there.
    fn marks(&self, panels: &[Panel]) -> impl Iterator<Item = String> {
        let mut lines = panels.iter().flat_map(|panel| &panel.lines);
        let is_beyond = |mean: f64| !self.values.contains(&mean);
        let told = [
            (lines.any(|line| line.is_open), "arrow: no upper end".to_owned()),
            (means(panels).any(is_beyond), "triangle: beyond the axis".to_owned()),
            (points(panels).any(|point| point.is_apart), format!("hollow: {WITHOUT_RIVALS}")),
        ];
        told.into_iter().filter_map(|(is_so, note)| is_so.then_some(note))
    }
}

/// Rules of a search that have no line, since no one λ has a cost there.
fn searched_beside(data: &Data) -> Option<String> {
    let rules = &data.analysis.search.as_ref()?.rules;
    let count = rules.iter().filter(|rule| Line::found(data, rule).is_none()).count();
    let are_pairs =
        rules.iter().all(|rule| rule.found.len() > 1 || Line::found(data, rule).is_some());
    let of = if are_pairs { " of two searched values" } else { "" };
    (count > 0).then(|| format!("{}{of}: not drawn", counted(count, "rule")))
}

/// Arms that have no point, since they are never the best; arms are chosen on val.
fn not_eligible(data: &Data) -> Option<String> {
    let points = data.analysis.contenders.iter().flat_map(|one| &one.points);
    let count = points.filter(|point| !point.is_eligible).count();
    (count > 0).then(|| {
        format!(
            "not drawn, as a run did not reach its end or collapsed on val: {}",
            counted(count, "arm")
        )
    })
}

/// No decay that rules have beside them and that has no point.
fn without_none(data: &Data) -> Option<String> {
    let contenders = || data.analysis.contenders.iter().filter(|one| !one.none.is_empty());
    let is_unpaired = |one: &Contender| {
        one.best_without_decay().is_some_and(|none| one.regret(none, data.analysis.loss).is_none())
    };
    let why = if contenders().any(|one| one.best_without_decay().is_none()) {
        "as a run did not reach its end or collapsed on val"
    } else if contenders().any(|one| one.best().is_some() && is_unpaired(one)) {
        "as it shares no seed with the best"
    } else {
        return None;
    };
    Some(format!("no decay: not drawn, {why}"))
}

impl Figure for Regret {
    fn lettering(&self) -> &Lettering {
        &self.lettering
    }

    fn size(&self) -> (u32, u32) {
        self.grid().size()
    }

    fn draw(&self, body: &Area, hints: &mut Hints) -> Result<()> {
        for (panel, area) in self.panels.iter().zip(self.grid().areas(body)) {
            panel.draw(&area, &self.scale, hints)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
