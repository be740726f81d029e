//! A loss against that without decay, each at its last step or where it is stopped.

use std::collections::BTreeMap;

use crate::results::{Draw, RunRow};
use crate::stats::groups::Cell;
use crate::stats::quantity::Quantity;

/// What a toy's loss is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Against {
    /// No decay, both at the last step.
    Final,
    /// No decay stopped at its lowest val loss, the decayed run at its last step.
    Stopped,
    /// Both stopped.
    BothStopped,
}

impl Against {
    /// The quantities of the decayed run and of the run without decay.
    fn quantities(self, last: Quantity) -> [Quantity; 2] {
        let stopped = last.stopped();
        match self {
            Against::Final => [last, last],
            Against::Stopped => [last, stopped],
            Against::BothStopped => [stopped, stopped],
        }
    }
}

/// The loss of a cell against that without decay, by seed; `None` where runs of either did not reach their end.
pub fn differences(
    cell: &Cell,
    none: &Cell,
    loss: Quantity,
    against: Against,
) -> Option<BTreeMap<Draw, f64>> {
    if !cell.is_complete() || !none.is_complete() {
        return None;
    }
    let [own, other] = against.quantities(loss);
    let difference = |run: &RunRow| {
        let twin = none.done().find(|twin| twin.draw() == run.draw())?;
        Some((run.draw(), own.of(run)? - other.of(twin)?))
    };
    Some(cell.done().filter_map(difference).collect())
}
