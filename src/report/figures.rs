//! Figures, drawn from an experiment's CSV files alone.

mod against_lambda;
mod axes;
mod canvas;
mod curves;
mod data;
mod forest;
mod grid;
mod heatmap;
mod lambda_axis;
mod lettering;
mod levels;
mod markers;
mod palette;
mod phase;
mod regret;
mod room;
mod scale;
mod stops;
mod story;

use anyhow::{Context, Result};

use crate::stats::Quantity;
use against_lambda::AgainstLambda;
use canvas::Figure;
use curves::Curves;
use forest::Forest;
use heatmap::HeatMap;
use phase::Phase;
use regret::Regret;
use stops::Stops;
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
    /// As PNG.
    pub png: Vec<u8>,
}

/// Draws every figure that the experiment has data for: none where no run reached its end.
///
/// # Errors
/// A drawing that fails; the message names it.
pub fn draw_all(data: &Data) -> Result<Vec<Drawing>> {
    let mut easel = Easel::default();
    let story = "Train and val loss without decay and at the best decay";
    easel.draw("overfitting", story, Story::new(data))?;
    let values = "Loss of every published recipe against no decay, at raw λ and at matched Λ";
    easel.draw("values-table", values, Forest::of_values(data))?;
    easel.draw(
        "differences",
        "Loss of every rule and every arm against no decay",
        Forest::of_arms(data),
    )?;
    let stops = "Loss of every arm at its last step and stopped at its best";
    easel.draw("final-and-stopped", stops, Stops::new(data))?;
    let regret = "What each λ costs against the best of its rule, by form";
    easel.draw("regret", regret, Regret::new(data))?;
    let against = [
        (data.analysis.loss, "loss-by-lambda", "Loss at the last step against λ, by rule"),
        (Quantity::Gap, "gap-by-lambda", "Generalization gap at the last step against λ, by rule"),
    ];
    for (quantity, name, alternative) in against {
        easel.draw(name, alternative, AgainstLambda::new(data, quantity))?;
    }
    let phase = "Train loss against val loss over training, by rule and λ";
    easel.draw("phase", phase, Phase::new(data))?;
    let loss = "Train and val loss over training, by rule and λ";
    easel.draw("loss-curves", loss, Curves::loss(data))?;
    let gap = "Generalization gap over training, by rule and λ";
    easel.draw("generalization-gap", gap, Curves::gap(data))?;
    let norms = "Weight norms by role over training, by rule and λ";
    easel.draw("weight-norms", norms, Curves::weight_norms(data))?;
    let ratio = "Gradient norm over weight norm during training, by rule and λ";
    easel.draw("gradient-ratio", ratio, Curves::gradient_ratio(data))?;
    easel.draw("heatmap", "Loss over learning rate and λ, by rule", HeatMap::new(data))?;
    Ok(easel.drawings)
}

#[derive(Default)]
struct Easel {
    drawings: Vec<Drawing>,
}

impl Easel {
    fn draw(
        &mut self,
        name: &'static str,
        alternative: &'static str,
        figure: Option<impl Figure>,
    ) -> Result<()> {
        let Some(figure) = figure else { return Ok(()) };
        let drawn = || -> Result<_> { Ok((canvas::svg(&figure)?, canvas::png(&figure)?)) };
        let (svg, png) = drawn().with_context(|| format!("cannot draw {name}"))?;
        self.drawings.push(Drawing { name, alternative, svg, png });
        Ok(())
    }
}
