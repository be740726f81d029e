//! One run of a sweep that is watched.

use std::time::{Duration, SystemTime};

use crate::record::{Points, Status};
use crate::report::chart::Standing;
use crate::results::RunRow;
use crate::store::{Change, Watch};

/// A run that has written nothing for so long is told to be quiet: it was stopped, or is slow.
const QUIET: Duration = Duration::from_secs(120);

/// A run with what was seen of it.
pub struct Run {
    /// The first of its rows.
    pub row: usize,
    pub watch: Option<Watch>,
    points: Points,
    pub standing: Standing,
    /// When anything of it changed, and when all of its curve did.
    pub changed: u64,
    anew: u64,
    /// How many rows its curve had from when on.
    grown: Vec<(u64, usize)>,
}

impl Run {
    /// A run of a row, with its watch or, where it has none, its whole curve.
    pub fn new(
        row: usize,
        planned: &RunRow,
        watch: Option<Watch>,
        points: Points,
        tick: u64,
    ) -> Self {
        let standing = match &watch {
            Some(watch) => standing(planned, watch),
            None => Standing::of(planned),
        };
        let grown = vec![(tick, watch.as_ref().map_or(&points, Watch::points).len())];
        Run { row, watch, points, standing, changed: tick, anew: tick, grown }
    }

    pub fn has_ended(&self) -> bool {
        matches!(self.standing.status, "done" | "diverged" | "failed")
    }

    /// One of its rows as it stands.
    pub fn row_of(&self, planned: &RunRow) -> RunRow {
        match &self.watch {
            Some(watch) => as_it_stands(planned, watch),
            None => planned.clone(),
        }
    }

    /// Its curve; none of one that is damaged.
    pub fn points(&self) -> &Points {
        let usable = self.watch.as_ref().filter(|watch| watch.damage().is_none());
        usable.map_or(&self.points, Watch::points)
    }

    /// Reads what is new of it, if it may still change.
    pub fn look(&mut self, planned: &RunRow, tick: u64) {
        let Some(watch) = &mut self.watch else { return };
        let change = watch.look();
        // Time alone makes a run quiet that trained.
        if change == Change::Nothing && self.standing.status != "training" {
            return;
        }
        let standing = standing(planned, watch);
        if change != Change::Nothing || standing != self.standing {
            (self.changed, self.standing) = (tick, standing);
        }
        let rows = self.points().len();
        match change {
            Change::Nothing => {}
            Change::Grown => self.grown.push((tick, rows)),
            Change::Anew => (self.anew, self.grown) = (tick, vec![(tick, rows)]),
        }
    }

    /// Rows of its curve that are known to who last looked at a time.
    pub fn known_at(&self, tick: u64) -> usize {
        if tick < self.anew {
            return 0;
        }
        let after = self.grown.partition_point(|(at, _)| *at <= tick);
        after.checked_sub(1).map_or(0, |last| self.grown[last].1)
    }
}

fn as_it_stands(planned: &RunRow, watch: &Watch) -> RunRow {
    let tokens_per_step = planned.tokens / planned.steps.max(1);
    planned.clone().so_far(&watch.so_far(tokens_per_step, planned.first_stop()))
}

fn standing(planned: &RunRow, watch: &Watch) -> Standing {
    if let Some(why) = watch.damage() {
        let (steps, detail) = (planned.steps, why.to_owned());
        return Standing { status: "damaged", steps, detail, ..Standing::default() };
    }
    let row = as_it_stands(planned, watch);
    let points = watch.points();
    let last = |measure| points.last(measure).filter(|loss| loss.is_finite());
    let (status, detail) = match row.status {
        Status::Done => ("done", String::new()),
        Status::Diverged => ("diverged", format!("at step {}", row.steps)),
        Status::Failed => {
            ("failed", watch.end().and_then(|end| end.error.clone()).unwrap_or_default())
        }
        Status::Unfinished if !watch.has_begun() => ("waiting", String::new()),
        Status::Unfinished => match watch.heard().filter(|heard| is_long_ago(*heard)) {
            Some(heard) => ("quiet", format!("since {}", humantime::format_rfc3339_seconds(heard))),
            None => ("training", String::new()),
        },
    };
    Standing {
        status,
        step: row.steps.max(points.last_step()),
        steps: planned.steps,
        val: row.val_loss.or_else(|| last(0)),
        train: row.train_loss.or_else(|| last(1)),
        test: row.test_loss,
        best: row.best_val_loss,
        detail,
    }
}

/// Clocks of two machines may differ.
fn is_long_ago(heard: SystemTime) -> bool {
    SystemTime::now().duration_since(heard).is_ok_and(|since| since > QUIET)
}
