//! Where in a tensor of unequal shrink which factor acted: a fused projection of which one part decays, rows that
//! are masked, columns that are padded.

use anyhow::Result;

use super::number::Format;
use super::pass::{Both, slices};
use super::sums::{Rounding, Sums};
use super::verdict::{Axis, Factor, Pattern, Run, one_factor};

/// Stretches that a sentence can name.
const NAMED: usize = 6;
/// Rows or columns beyond which none are told apart: a hundred megabytes of sums.
const MOST: usize = 1 << 18;

/// The pattern of rows or columns, if there is one.
///
/// # Errors
/// A file that cannot be read any more.
pub fn by_slices(both: Both, format: &Format, rounding: Rounding) -> Result<Option<Pattern>> {
    let shape = &both.0.shape;
    let ends = [(Axis::Rows, shape.first()), (Axis::Columns, shape.get(1).and(shape.last()))];
    for (axis, count) in ends {
        if count.is_none_or(|count| *count > MOST) {
            continue;
        }
        if let Some(found) = along(axis, &slices(both, axis)?, format, rounding) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn along(axis: Axis, slices: &[Sums], format: &Format, rounding: Rounding) -> Option<Pattern> {
    let runs = runs(slices, format, rounding)?;
    if runs.len() <= NAMED {
        return Some(Pattern::Stretches { axis, runs });
    }
    let moved: Vec<&Run> = runs.iter().filter(|run| !stays(run.factor)).collect();
    let best = moved.iter().map(|run| run.factor).min_by(|a, b| a.error.total_cmp(&b.error))?;
    let is_one = moved.iter().all(|run| run.factor.agrees(best)) && moved.len() < runs.len();
    let counted = moved.iter().map(|run| run.to - run.from + 1).sum();
    is_one.then_some(Pattern::Some { axis, moved: counted, of: slices.len(), factor: best })
}

/// Neighbours of one factor together; `None` where a slice has none of its own.
fn runs(slices: &[Sums], format: &Format, rounding: Rounding) -> Option<Vec<Run>> {
    let mut runs: Vec<Run> = Vec::new();
    for (at, sums) in slices.iter().enumerate() {
        // A slice of zeros goes with any.
        let factor = match sums.used {
            0 => runs.last().map(|run| run.factor),
            _ => Some(one_factor(sums, format, rounding)?),
        };
        match (runs.last_mut(), factor) {
            (Some(run), Some(factor))
                if run.factor.agrees(factor) && stays(run.factor) == stays(factor) =>
            {
                run.to = at;
                run.factor = narrower(run.factor, factor);
            }
            (_, Some(factor)) => {
                let from = if runs.is_empty() { 0 } else { at };
                runs.push(Run { from, to: at, factor });
            }
            (_, None) => {}
        }
    }
    Some(runs)
}

fn narrower(a: Factor, b: Factor) -> Factor {
    if a.error <= b.error { a } else { b }
}

/// Whether nothing in it changed.
pub fn stays(factor: Factor) -> bool {
    factor.value == 1.0
}
