//! One sweep as it is watched: looked at again when somebody asks.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};
use rayon::prelude::*;

use super::run::Run;
use super::sweeps::{Found, Source, others};
use crate::config::{AnalysisTerms, RunConfig};
use crate::record::{Places, Points};
use crate::report::chart::Chart;
use crate::results::{
    CurveCsvRow, RunRow, check_columns, check_rows, check_written, other_row, read_experiment,
    read_planned, read_runs,
};
use crate::store::{Store, Watch};

/// Looks that come faster than this find what the last one found.
const FRESH: Duration = Duration::from_millis(250);
/// Of more runs than these, those that have ended are looked at again once in so many looks.
const MANY: usize = 2000;
const SELDOM: u64 = 32;
/// A sweep with its runs.
pub struct Watched {
    found: Found,
    /// Tells what another process said from what this one says.
    pub(super) boot: String,
    /// Counts what changed.
    pub(super) tick: u64,
    looked: Option<Instant>,
    /// When the files that list the runs were written.
    listing: Vec<Option<SystemTime>>,
    terms: AnalysisTerms,
    pub(super) expected: Option<usize>,
    /// As they were planned, or as a finished sweep's files have them.
    rows: Vec<RunRow>,
    pub(super) chart: Chart,
    /// When the chart was made.
    pub(super) charted: u64,
    ended: u64,
    pub(super) runs: Vec<Run>,
    /// What cannot be read.
    pub(super) trouble: Option<String>,
}

impl Watched {
    pub fn new(found: Found) -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Watched {
            boot: format!("{:x}", now.as_nanos()),
            tick: 0,
            looked: None,
            listing: Vec::new(),
            terms: AnalysisTerms::default(),
            expected: None,
            rows: Vec::new(),
            chart: Chart::of(&found.name, None, &[]),
            charted: 0,
            ended: 0,
            runs: Vec::new(),
            trouble: None,
            found,
        }
    }

    /// Reads what is new.
    pub fn look(&mut self) {
        if self.looked.is_some_and(|at| at.elapsed() < FRESH) {
            return;
        }
        self.tick += 1;
        let listing = self.written();
        if listing != self.listing {
            match self.list() {
                Ok(()) => (self.listing, self.trouble) = (listing, None),
                Err(error) => self.trouble = Some(format!("{error:#}")),
            }
        }
        self.look_at_runs();
        self.looked = Some(Instant::now());
    }

    /// When the files that list the runs were written.
    fn written(&self) -> Vec<Option<SystemTime>> {
        let name = &self.found.name;
        let files = match &self.found.source {
            Source::Planned(results) => {
                let planned = results.join(".planned").join(name);
                let files = ["json", "csv"].map(|kind| planned.with_added_extension(kind));
                // Levels of the text come with the results.
                files.into_iter().chain([results.join(name).join("runs.csv")]).collect()
            }
            Source::Finished(folder) => vec![folder.join("runs.csv"), folder.join("curves.csv")],
            Source::Others(results) => vec![results.join(".runs"), results.join(".planned")],
        };
        let written = |path| fs::metadata(path).and_then(|about| about.modified()).ok();
        files.into_iter().map(written).collect()
    }

    fn list(&mut self) -> Result<()> {
        let (question, curves, store) = match &self.found.source {
            Source::Planned(results) => {
                let (planned, mut rows) = read_planned(results, &self.found.name)?;
                add_levels(&mut rows, &results.join(&self.found.name));
                (self.terms, self.expected, self.rows) = (planned.analysis, planned.expected, rows);
                (planned.question, HashMap::new(), Some(Store::new(results)))
            }
            Source::Finished(folder) => {
                check_written(folder)?;
                // Where one of its files cannot be read, what is known stays as it was, all of it.
                let (experiment, rows) = (read_experiment(folder)?, read_runs(folder)?);
                check_rows(folder, &rows)?;
                let curves = curves(&folder.join("curves.csv"))?;
                (self.terms, self.rows) = (experiment.analysis, rows);
                (experiment.question, curves, None)
            }
            Source::Others(results) => {
                let store = Store::new(results);
                let runs: Vec<RunConfig> =
                    others(results)?.iter().filter_map(|id| store.run(id)).collect();
                self.rows = runs.iter().map(other_row).collect();
                (None, HashMap::new(), Some(store))
            }
        };
        self.chart = Chart::of(&self.found.name, question.as_deref(), &self.rows);
        (self.charted, self.ended) = (self.tick, self.tick);
        self.take_up(curves, store.as_ref());
        Ok(())
    }

    /// Runs that were there keep what was read of them.
    fn take_up(&mut self, mut curves: HashMap<String, Points>, store: Option<&Store>) {
        let mut places: HashMap<&str, usize> = HashMap::new();
        for (place, row) in self.rows.iter().enumerate() {
            places.entry(&row.run).or_insert(place);
        }
        let mut known: HashMap<String, Watch> = HashMap::new();
        for run in &mut self.runs {
            if let Some(watch) = run.watch.take() {
                known.insert(watch.name(), watch);
            }
        }
        let tick = self.tick;
        let run = |id: &String| {
            let row = places[id.as_str()];
            let watch = store.map(|store| known.remove(id).unwrap_or_else(|| store.watch(id)));
            let points = curves.remove(id).unwrap_or_default();
            Run::new(row, &self.rows[row], watch, points, tick)
        };
        self.runs = self.chart.ids.iter().map(run).collect();
    }

    fn look_at_runs(&mut self) {
        let (tick, rows) = (self.tick, &self.rows);
        let is_short = self.runs.len() > MANY && !tick.is_multiple_of(SELDOM);
        let open = |run: &&mut Run| !(is_short && run.has_ended());
        let ended = self.runs.par_iter_mut().filter(open).filter_map(|run| {
            let had_ended = run.has_ended();
            run.look(&rows[run.row], tick);
            (had_ended != run.has_ended()).then_some(())
        });
        if ended.count() > 0 {
            self.ended = tick;
        }
    }

    /// The rows of its runs as they stand.
    pub fn rows(&self) -> Vec<RunRow> {
        let places: HashMap<&str, &Run> =
            self.chart.ids.iter().map(String::as_str).zip(&self.runs).collect();
        let now = |row: &RunRow| match places.get(row.run.as_str()) {
            Some(run) => run.row_of(row),
            None => row.clone(),
        };
        self.rows.iter().map(now).collect()
    }

    pub fn terms(&self) -> AnalysisTerms {
        self.terms.clone()
    }

    /// Whether every run has ended.
    pub fn is_over(&self) -> bool {
        self.runs.iter().all(Run::has_ended)
    }

    /// Changes when a run has ended.
    pub fn ended_version(&self) -> String {
        format!("{}-{}", self.boot, self.ended)
    }
}

/// What was counted of the text of a run, where its sweep has presented results before.
fn add_levels(rows: &mut [RunRow], folder: &Path) {
    let known = read_runs(folder).unwrap_or_default();
    let known: HashMap<&str, &RunRow> = known.iter().map(|row| (row.run.as_str(), row)).collect();
    for row in rows.iter_mut().filter(|row| row.test_uniform.is_none()) {
        let Some(known) = known.get(row.run.as_str()) else { continue };
        row.test_uniform = known.test_uniform;
        row.test_unigram = known.test_unigram;
        row.test_ngram = known.test_ngram;
        row.test_ngram_order = known.test_ngram_order;
        row.test_floor = known.test_floor;
    }
}

/// The curves of a finished sweep by run; none where they were not kept.
fn curves(path: &Path) -> Result<HashMap<String, Points>> {
    if !path.exists() {
        return Ok(HashMap::new());
    }
    let context = || format!("cannot read {}", path.display());
    let mut reader = BufReader::with_capacity(1 << 20, File::open(path).with_context(context)?);
    let mut line = String::new();
    // Without any run there is no header.
    if reader.read_line(&mut line).with_context(context)? == 0 {
        return Ok(HashMap::new());
    }
    let places = places(&line).with_context(context)?;
    let mut curves: HashMap<String, Points> = HashMap::new();
    for number in 2.. {
        line.clear();
        if reader.read_line(&mut line).with_context(context)? == 0 {
            break;
        }
        let (run, step, row) = places
            .read(&line)
            .with_context(|| format!("line {number} of {} is no row of numbers", path.display()))?;
        match curves.get_mut(run) {
            Some(points) => points.add(step, row),
            None => curves.entry(run.to_owned()).or_default().add(step, row),
        }
    }
    Ok(curves)
}

/// Where the columns of curves are.
fn places(header: &str) -> Result<Places> {
    let header = header.trim_start_matches('\u{feff}').trim_end();
    check_columns::<CurveCsvRow>(&header.split(',').collect::<Vec<_>>())?;
    Places::of(header).context("it has no column `step`")
}
