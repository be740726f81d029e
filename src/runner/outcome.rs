use serde::{Deserialize, Serialize};

use crate::record::{CurveRow, Status};

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It ended, now or before, and is in the store.
    Kept(Status),
    /// Another process trains it.
    Busy,
    /// The interrupter stopped it after its last checkpoint.
    Stopped,
    /// It could not be trained.
    Failed(String),
}

/// What happens while a cohort trains.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// Lanes took steps together.
    Stepped {
        /// How many lanes.
        lanes: usize,
        /// Steps since the last such event.
        steps: usize,
        /// Steps taken in all.
        step: usize,
    },
    /// A row was added to a run's curve.
    Logged {
        /// Its index among the runs of the cohort.
        lane: usize,
        /// The row.
        row: CurveRow,
    },
    /// Something that people should know.
    Note(String),
}

/// Is told what happens while a cohort trains.
pub trait Tell: FnMut(Event) + Send {}

impl<F: FnMut(Event) + Send> Tell for F {}
