use anyhow::Error;
use serde::{Deserialize, Serialize};

use crate::record::{CurveRow, Status};

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was trained, now or before, and is in the store.
    Kept(Status),
    /// Another process trains it.
    Busy,
    /// It was stopped after a checkpoint.
    Stopped,
    /// It could not be trained.
    Failed(String),
}

impl Outcome {
    /// A run that could not be trained.
    pub fn failed(error: &Error) -> Self {
        Outcome::Failed(format!("{error:#}"))
    }

    /// Whether nothing is left to do for the run.
    pub fn is_kept(&self) -> bool {
        matches!(self, Outcome::Kept(_))
    }
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
        row: Box<CurveRow>,
    },
    /// Something that people should know.
    Note(String),
}

/// Takes the events of a cohort.
pub trait Tell: FnMut(Event) + Send {}

impl<F: FnMut(Event) + Send> Tell for F {}
