//! Figures, drawn from an experiment's CSV files alone.

mod canvas;
mod curves;
mod final_loss;
mod palette;

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::report::{CurveCsvRow, RunRow, read_csv};
use curves::CurveFigure;

/// Draws every figure of the experiment in `folder` and returns their files.
///
/// # Errors
/// CSV files that cannot be read, or a folder that cannot be written.
pub fn draw_all(folder: &Path) -> Result<Vec<PathBuf>> {
    let runs: Vec<RunRow> = read_csv(&folder.join("runs.csv"))?;
    let curves: Vec<CurveCsvRow> = read_csv(&folder.join("curves.csv"))?;
    let figures = folder.join("figures");
    let files = ["loss-curves.png", "generalization-gap.png", "val-loss.png"]
        .map(|name| figures.join(name));
    curves::draw(&files[0], CurveFigure::Loss, &runs, &curves)?;
    curves::draw(&files[1], CurveFigure::Gap, &runs, &curves)?;
    final_loss::draw(&files[2], &runs)?;
    Ok(files.into())
}
