//! Train loss against val loss over training, an arm a path: where decayed paths lie on the undecayed one,
//! decay does what stopping does.

use std::ops::Range;

use anyhow::Result;
use plotters::prelude::*;

use super::axes::{Chart, add_step_hints};
use super::canvas::{Area, Hints, left, line, px, text};
use super::data::{Data, Rules, lambdas};
use super::drawn::Figure;
use super::grid::Grid;
use super::lettering::Lettering;
use super::palette::{self, FAINT, INK};
use super::room::{fit_name, spread};
use super::scale::{Ruler, pieces, tick};
use crate::stats::{Cell, Group};

const PANEL: (u32, u32) = (440, 340);
/// Room for the list of λ beside a chart, and of one of them.
const KEY: u32 = 76;
const KEY_LINE: u32 = 15;
/// Panels, paths of a panel, and numbers at an axis.
const MOST_PANELS: usize = 12;
const MOST_PATHS: usize = 12;
const LABELS: usize = 6;
/// The axes are ruled by no decay and the best arm, after this share of the steps.
const SETTLED: f64 = 0.3;
/// Step, train loss and val loss: means over seeds.
type Place = (f64, f64, f64);

/// A panel per rule, a path per λ.
pub struct Phase {
    lettering: Lettering,
    panels: Vec<Panel>,
    train: Range<f64>,
    val: Range<f64>,
}

struct Panel {
    title: String,
    paths: Vec<Path>,
}

struct Path {
    label: String,
    colour: RGBColor,
    is_none: bool,
    /// Val loss at the last step.
    rank: f64,
    points: Vec<Place>,
}

impl Phase {
    /// The figure; `None` where no run was evaluated twice after its start.
    pub fn new(data: &Data) -> Option<Self> {
        let rules = data.rules(MOST_PANELS);
        let panels = rules.shown.iter().zip(rules.names());
        let panels = panels.map(|(group, title)| Panel::new(data, group, title));
        let panels: Vec<Panel> = panels.filter(|panel| !panel.paths.is_empty()).collect();
        let paths = || panels.iter().flat_map(|panel| &panel.paths);
        let last = paths().flat_map(Path::steps).fold(1.0, f64::max);
        let best = paths().min_by(|a, b| a.rank.total_cmp(&b.rank))?;
        let rules_axes = |path: &&Path| path.is_none || path.rank == best.rank;
        let late = |point: &&Place| point.0 >= last * SETTLED;
        let settled = || paths().filter(rules_axes).flat_map(|path| &path.points).filter(late);
        let range = |of: fn(&Place) -> f64| {
            Ruler::of_curve(best.points.iter().map(of), 0.0)?.range(settled().map(of))
        };
        let (train, val) = (range(|point| point.1)?, range(|point| point.2)?);
        let mut notes = vec![
            format!(
                "training runs from right to left; ● last step, ◇ lowest val; {}",
                black(&rules)
            ),
            "where coloured paths lie on the black one, decay does what stopping does".to_owned(),
        ];
        if paths().any(|path| path.ends_beyond(&train, &val)) {
            notes.push("↗ ends beyond the axes".to_owned());
        }
        notes.extend(rules.left_out().into_iter().chain(data.without_end()));
        let title = "Train loss against val loss over training".to_owned();
        let lettering = Lettering { title, notes, caption: data.caption.clone() };
        Some(Phase { lettering, panels, train, val })
    }

    fn grid(&self) -> Grid {
        Grid::of_pairs(PANEL, self.panels.len())
    }

    fn draw_panel(&self, area: &Area, panel: &Panel, hints: &mut Hints) -> Result<()> {
        let (wide, _) = area.dim_in_pixel();
        let (plot, key) = area.split_horizontally(wide as i32 - px(KEY));
        let (train, val) = (&self.train, &self.val);
        let title = fit_name(&panel.title, 14, f64::from(PANEL.0 - KEY - 60));
        let mut chart = ChartBuilder::on(&plot)
            .margin(px(8))
            .caption(title, text(14, INK))
            .x_label_area_size(px(36))
            .y_label_area_size(px(52))
            .build_cartesian_2d(train.clone(), val.clone())?;
        chart
            .configure_mesh()
            .bold_line_style(line(FAINT, 0.7, 1))
            .light_line_style(WHITE)
            .axis_style(line(INK, 1.0, 1))
            .label_style(text(11, INK))
            .x_labels(LABELS - 2)
            .y_labels(LABELS)
            .x_label_formatter(&|value| tick(*value, train, LABELS))
            .y_label_formatter(&|value| tick(*value, val, LABELS))
            .x_desc("train loss (nats per token)")
            .y_desc("val loss")
            .axis_desc_style(text(11, INK))
            .draw()?;
        for path in &panel.paths {
            path.draw(&mut chart, (train, val))?;
            let shown =
                path.points.iter().filter(|one| train.contains(&one.1) && val.contains(&one.2));
            let places = shown.map(|(step, train, val)| (*step, (*train, *val)));
            add_step_hints(hints, &chart, &format!("{}, λ = {}", panel.title, path.label), places);
        }
        for (place, path) in panel.paths.iter().enumerate() {
            let y = px(48 + KEY_LINE * place as u32);
            let dash = [(px(2), y), (px(14), y)];
            key.draw(&PathElement::new(dash, line(path.colour, 1.0, path.thickness())))?;
            let mark = if path.ends_beyond(train, val) { " ↗" } else { "" };
            let label = fit_name(&format!("{}{mark}", path.label), 11, f64::from(KEY - 22));
            key.draw(&Text::new(label, (px(18), y), left(11, INK)))?;
        }
        Ok(())
    }
}

/// What the black paths are.
fn black(rules: &Rules) -> &'static str {
    match rules.shown.iter().any(|group| !group.rule.treatment.is_empty()) {
        true => "black: no decay, without rivals",
        false => "black: no decay",
    }
}

impl Panel {
    fn new(data: &Data, group: &Group, title: String) -> Self {
        let all = data.cells(group);
        let cells: Vec<&Cell> =
            spread(all.len(), MOST_PATHS).into_iter().map(|place| all[place]).collect();
        let decayed = cells.iter().filter(|cell| cell.is_treated()).count();
        let last = (decayed.max(2) - 1) as f64;
        let mut place = 0.0;
        let paths = cells.iter().zip(lambdas(&cells)).map(|(cell, label)| {
            let share = place / last;
            place += f64::from(u8::from(cell.is_treated()));
            Path::new(data, cell, label, share)
        });
        let paths = paths.filter(|path| path.points.len() > 1).collect();
        Panel { title, paths }
    }
}

impl Path {
    fn new(data: &Data, cell: &Cell, label: String, share: f64) -> Self {
        let val = data.series(cell, |row| row.train_loss.and(row.val_loss));
        let train = data.series(cell, |row| row.val_loss.and(row.train_loss));
        let points = train.means().zip(val.means());
        Path {
            label,
            colour: if cell.is_treated() { palette::ramp(share) } else { BLACK },
            is_none: !cell.is_treated(),
            rank: cell.mean(|run| run.val_loss).unwrap_or(f64::INFINITY),
            points: points.map(|((step, train), (_, val))| (step, train, val)).collect(),
        }
    }

    fn steps(&self) -> impl Iterator<Item = f64> + '_ {
        self.points.iter().map(|point| point.0)
    }

    fn ends_beyond(&self, train: &Range<f64>, val: &Range<f64>) -> bool {
        self.points.last().is_some_and(|at| !train.contains(&at.1) || !val.contains(&at.2))
    }

    fn thickness(&self) -> u32 {
        if self.is_none { 3 } else { 2 }
    }

    fn draw(&self, chart: &mut Chart, (train, val): (&Range<f64>, &Range<f64>)) -> Result<()> {
        let style = line(self.colour, 1.0, self.thickness());
        for piece in pieces(self.points.iter().map(|point| (point.1, point.2)), val) {
            // The same across: a piece is cut at the ends of the other axis.
            for piece in pieces(piece.into_iter().map(|(x, y)| (y, x)), train) {
                // Segment by segment: a thick line through a sharp turn would leave a spike there.
                let segments = piece.windows(2).map(|ends| [ends[0], ends[1]]);
                let segment =
                    |ends: [(f64, f64); 2]| PathElement::new(ends.map(|(y, x)| (x, y)), style);
                chart.draw_series(segments.map(segment))?;
            }
        }
        let shown = |at: &(f64, f64)| train.contains(&at.0) && val.contains(&at.1);
        let last = self.points.last().map(|point| (point.1, point.2)).filter(shown);
        chart.draw_series(last.map(|at| Circle::new(at, px(4), self.colour.filled())))?;
        let trained = self.points.iter().filter(|point| point.0 > 0.0);
        let lowest = trained.min_by(|a, b| a.2.total_cmp(&b.2));
        if let Some(at) = lowest.map(|point| (point.1, point.2)).filter(shown) {
            let far = px(6);
            let diamond = vec![(far, 0), (0, far), (-far, 0), (0, -far), (far, 0)];
            let mark = EmptyElement::at(at)
                + Polygon::new(diamond.clone(), WHITE.mix(0.8).filled())
                + PathElement::new(diamond, line(self.colour, 1.0, 2));
            chart.draw_series([mark])?;
        }
        Ok(())
    }
}

impl Figure for Phase {
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
