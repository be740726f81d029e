//! Runs that learned nothing beyond how often each token occurs.

use super::warning::{ArmName, Extent, Warning, masks_differ, runs};
use crate::results::RunRow;
use crate::stats::groups::{Cell, Group};

/// Which arms have such runs, and what that does to the choice of the best.
pub fn collapsed(groups: &[Group], rows: &[RunRow]) -> Option<Warning> {
    let runs = runs(rows);
    let collapsed: Vec<&RunRow> = runs.iter().copied().filter(|row| row.is_collapsed()).collect();
    let ended = runs.iter().filter(|row| row.is_done()).count();
    let extent = match collapsed.len() == ended {
        true => Extent::All,
        false if groups.iter().any(|group| group.accepts_collapsed) => {
            match is_in_every_arm(groups) {
                true => Extent::EveryArm,
                false => Extent::EveryArmOfARule,
            }
        }
        false => Extent::Some,
    };
    (!collapsed.is_empty()).then(|| Warning::Collapsed {
        count: collapsed.len(),
        overfitted: collapsed.iter().filter(|row| row.is_overfitted()).count(),
        all: runs.len(),
        extent,
        arms: by_arm(&collapsed, masks_differ(rows)),
    })
}

fn is_in_every_arm(groups: &[Group]) -> bool {
    let mut cells = groups.iter().flat_map(|group| &group.cells).filter(|cell| cell.is_complete());
    cells.all(Cell::is_collapsed_on_val)
}

/// Arms in order of first appearance, with how many of these runs each has.
fn by_arm(runs: &[&RunRow], masks_differ: bool) -> Vec<(ArmName, usize)> {
    let mut arms: Vec<(ArmName, usize)> = Vec::new();
    for run in runs {
        let name = ArmName::of(run, masks_differ);
        match arms.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => arms.push((name, 1)),
        }
    }
    arms
}
