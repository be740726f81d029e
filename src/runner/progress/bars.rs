use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::Progress;
use crate::config::RunConfig;
use crate::plural::counted;
use crate::record::CurveRow;
use crate::terminal::Keys;

/// A bar for the sweep and a line for each cohort in training.
pub struct Bars {
    all: MultiProgress,
    sweep: ProgressBar,
    runs: usize,
    ended: AtomicUsize,
    running: Mutex<HashMap<usize, Running>>,
    /// `q` stops the sweep.
    _keys: Option<Keys>,
}

struct Running {
    bar: ProgressBar,
    /// Lowest val loss so far and the λ it was reached with.
    best: Option<(f64, f64)>,
}

impl Bars {
    pub fn new(cohorts: &[Vec<RunConfig>], lane_steps: u64) -> Self {
        let all = MultiProgress::new();
        let tokens_per_lane_step =
            cohorts.iter().flatten().next().map_or(0, RunConfig::tokens_per_step);
        let style = ProgressStyle::with_template(
            "{msg} {wide_bar} {percent:>3}%  {eta} left  {tokens_per_sec}",
        )
        .expect("the template is well-formed")
        .with_key(
            "tokens_per_sec",
            move |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
                let rate = state.per_sec() * tokens_per_lane_step as f64;
                let _ = write!(out, "{:.0}k tokens/s", rate / 1e3);
            },
        );
        let sweep = all.add(ProgressBar::new(lane_steps).with_style(style));
        let runs = cohorts.iter().map(Vec::len).sum();
        let (ended, running) = (AtomicUsize::new(0), Mutex::default());
        let bars = Bars { all, sweep, runs, ended, running, _keys: Keys::listen() };
        bars.runs_ended(0);
        bars
    }

    fn running(&self) -> MutexGuard<'_, HashMap<usize, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for Bars {
    fn cohort_started(&self, cohort: usize, lanes: &[RunConfig]) {
        let style = ProgressStyle::with_template("  {prefix} step {pos}/{len}  {msg}")
            .expect("the template is well-formed");
        let bar = ProgressBar::new(lanes[0].recipe.steps as u64).with_style(style);
        let bar = self.all.add(bar);
        bar.set_prefix(format!("{}:", counted(lanes.len(), "run")));
        self.running().insert(cohort, Running { bar, best: None });
    }

    fn advanced(&self, cohort: usize, lanes: usize, steps: usize, step: usize) {
        self.sweep.inc((lanes * steps) as u64);
        if let Some(running) = self.running().get(&cohort) {
            running.bar.set_position(step as u64);
        }
    }

    fn logged(&self, cohort: usize, run: &RunConfig, row: &CurveRow) {
        let Some(loss) = row.val_loss else { return };
        let mut all = self.running();
        let Some(running) = all.get_mut(&cohort) else { return };
        if running.best.is_none_or(|(best, _)| loss < best) {
            let coefficient = run.decay.coefficient();
            running.best = Some((loss, coefficient));
            running.bar.set_message(format!("lowest val loss {loss:.4} at λ = {coefficient}"));
        }
    }

    fn note(&self, text: &str) {
        let _ = self.all.println(text);
    }

    fn cohort_finished(&self, cohort: usize) {
        if let Some(running) = self.running().remove(&cohort) {
            running.bar.finish_and_clear();
        }
    }

    fn runs_ended(&self, count: usize) {
        let ended = self.ended.fetch_add(count, Ordering::Relaxed) + count;
        self.sweep.set_message(format!("{ended} of {} done", counted(self.runs, "run")));
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.running().drain().for_each(|(_, running)| running.bar.finish_and_clear());
        self.sweep.finish_and_clear();
    }
}
