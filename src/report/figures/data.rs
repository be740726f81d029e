use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

use crate::config::Form;
use crate::results::{CurveCsvRow, RunRow, read_csv};
use crate::stats::{Analysis, Cell, Group};

/// What figures are drawn from: the CSV files of one experiment.
pub struct Data {
    pub runs: Vec<RunRow>,
    /// What they say.
    pub analysis: Analysis,
    /// The evaluated rows of `curves.csv` by run; their gradient norm is the mean of the steps since
    /// the evaluation before.
    pub curves: BTreeMap<String, Vec<CurveCsvRow>>,
    /// Exact negative log-likelihood of the val windows, where it is known.
    pub floor: Option<f64>,
    /// Experiment, seeds and program, for captions.
    pub caption: String,
}

impl Data {
    /// Reads an experiment's folder.
    ///
    /// # Errors
    /// CSV files that cannot be read; the message names the file.
    pub fn read(folder: &Path) -> Result<Self> {
        let runs: Vec<RunRow> = read_csv(&folder.join("runs.csv"))?;
        let mut curves: BTreeMap<String, Curve> = BTreeMap::new();
        for row in read_csv::<CurveCsvRow>(&folder.join("curves.csv"))? {
            curves.entry(row.run.clone()).or_default().add(row);
        }
        let curves: BTreeMap<String, Vec<CurveCsvRow>> =
            curves.into_iter().map(|(run, curve)| (run, curve.rows)).collect();
        let analysis = Analysis::of(&runs);
        let name = folder.file_name().map_or(String::new(), |name| name.to_string_lossy().into());
        let commit = runs.iter().find_map(|run| run.commit.clone()).unwrap_or_default();
        let caption = format!(
            "{name} · {} runs, {} seeds an arm · wane {} {commit}",
            curves.len(),
            analysis.seeds(),
            env!("CARGO_PKG_VERSION")
        );
        let floor = runs.iter().find_map(|run| run.val_floor);
        Ok(Data { runs, analysis, curves, floor, caption })
    }

    /// The rules that decay, or all where none does.
    pub fn rules(&self) -> Vec<&Group> {
        let groups = &self.analysis.groups;
        let decaying: Vec<&Group> =
            groups.iter().filter(|group| group.rule.form != Form::None).collect();
        if decaying.is_empty() { groups.iter().collect() } else { decaying }
    }

    /// The cells of a rule, no decay first.
    pub fn cells<'a>(&self, group: &'a Group) -> Vec<&'a Cell> {
        let undecayed = group.cells.iter().any(|cell| !cell.decays());
        let baseline = group.baseline.as_ref().filter(|_| !undecayed);
        baseline.into_iter().chain(&group.cells).collect()
    }

    /// A number over the steps of a cell's runs that reached their end.
    pub fn series(&self, cell: &Cell, of: impl Fn(&CurveCsvRow) -> Option<f64>) -> Series {
        let mut by_step: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        let curves = cell.done().filter_map(|run| self.curves.get(&run.run));
        for row in curves.flatten() {
            if let Some(value) = of(row) {
                by_step.entry(row.step).or_default().push(value);
            }
        }
        let point = |(step, values): (usize, Vec<f64>)| Point {
            step: step as f64,
            mean: values.iter().sum::<f64>() / values.len() as f64,
            low: values.iter().copied().fold(f64::INFINITY, f64::min),
            high: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        };
        Series(by_step.into_iter().map(point).collect())
    }
}

/// A curve while it is read.
#[derive(Default)]
struct Curve {
    rows: Vec<CurveCsvRow>,
    last_step: Option<usize>,
    grad_norms: Vec<f32>,
}

impl Curve {
    fn add(&mut self, mut row: CurveCsvRow) {
        // A run that several arms share is written once for each of them: the first copy counts.
        if self.last_step.is_some_and(|last| row.step <= last) {
            return;
        }
        self.last_step = Some(row.step);
        self.grad_norms.extend(row.grad_norm);
        if row.val_loss.is_some() {
            let norms = std::mem::take(&mut self.grad_norms);
            row.grad_norm =
                (!norms.is_empty()).then(|| norms.iter().sum::<f32>() / norms.len() as f32);
            self.rows.push(row);
        }
    }
}

/// A number over the steps.
#[derive(Clone, Debug, Default)]
pub struct Series(pub Vec<Point>);

/// Its mean and range over the seeds at one step.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    pub step: f64,
    pub mean: f64,
    pub low: f64,
    pub high: f64,
}

impl Series {
    /// Step and mean.
    pub fn means(&self) -> impl Iterator<Item = (f64, f64)> + Clone + '_ {
        self.0.iter().map(|point| (point.step, point.mean))
    }

    /// The outline of the range over the seeds.
    pub fn band(&self) -> Vec<(f64, f64)> {
        let upper = self.0.iter().map(|point| (point.step, point.high));
        let lower = self.0.iter().rev().map(|point| (point.step, point.low));
        upper.chain(lower).collect()
    }
}
