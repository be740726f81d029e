//! Figures, drawn from an experiment's CSV files alone.

mod against_lambda;
mod axes;
mod canvas;
mod curves;
mod data;
mod forest;
mod heatmap;
mod markers;
mod palette;
mod story;

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::files::create_folder;
use crate::stats::Quantity;
use against_lambda::AgainstLambda;
use canvas::Figure;
use curves::Curves;
use forest::Forest;
use heatmap::HeatMap;
use story::Story;

pub use canvas::escape;
pub use data::Data;

/// A figure as a file's name, what it shows, and its drawing.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// Stem of the file.
    pub name: &'static str,
    /// What it shows, for those who cannot see it.
    pub alternative: &'static str,
    /// As SVG, with values where a pointer rests.
    pub svg: String,
}

/// Draws every figure that the experiment has data for into `<folder>/figures`, and returns the
/// files (PNG and SVG of each) and the drawings.
///
/// # Errors
/// A folder that cannot be written.
pub fn draw_all(folder: &Path, data: &Data) -> Result<(Vec<PathBuf>, Vec<Drawing>)> {
    let mut easel = Easel { folder: folder.join("figures"), ..Easel::default() };
    create_folder(&easel.folder)?;
    if let Some(story) = Story::new(data) {
        easel.draw(
            "overfitting",
            "Train and val loss without decay and at the best decay",
            &story,
        )?;
    }
    if let Some(forest) = Forest::of_values(data) {
        let alternative =
            "Val loss of every published recipe against no decay, at raw and matched λ";
        easel.draw("values-table", alternative, &forest)?;
    }
    if let Some(forest) = Forest::of_arms(data) {
        easel.draw("differences", "Val loss of every arm against no decay", &forest)?;
    }
    let against = [
        (Quantity::ValLoss, "val-loss", "Val loss at the last step against λ, by rule"),
        (Quantity::Gap, "gap-by-lambda", "Generalization gap at the last step against λ, by rule"),
    ];
    for (quantity, name, alternative) in against {
        if let Some(figure) = AgainstLambda::new(data, quantity)? {
            easel.draw(name, alternative, &figure)?;
        }
    }
    easel.draw(
        "loss-curves",
        "Train and val loss over training, by rule and λ",
        &Curves::loss(data),
    )?;
    let gap = "Generalization gap over training, by rule and λ";
    easel.draw("generalization-gap", gap, &Curves::gap(data))?;
    if let Some(norms) = Curves::weight_norms(data) {
        let alternative = "Weight norms by role over training, by rule and λ";
        easel.draw("weight-norms", alternative, &norms)?;
    }
    let ratio = "Gradient norm over weight norm during training, by rule and λ";
    easel.draw("gradient-ratio", ratio, &Curves::gradient_ratio(data))?;
    if let Some(map) = HeatMap::new(data) {
        easel.draw("heatmap", "Val loss over learning rate and λ, by rule", &map)?;
    }
    Ok((easel.files, easel.drawings))
}

#[derive(Default)]
struct Easel {
    folder: PathBuf,
    files: Vec<PathBuf>,
    drawings: Vec<Drawing>,
}

impl Easel {
    fn draw(
        &mut self,
        name: &'static str,
        alternative: &'static str,
        figure: &impl Figure,
    ) -> Result<()> {
        self.files.extend(canvas::write(figure, &self.folder.join(name))?);
        self.drawings.push(Drawing { name, alternative, svg: canvas::svg(figure)? });
        Ok(())
    }
}
