//! Figures, drawn from an experiment's CSV files alone.

mod against_lambda;
mod axes;
mod canvas;
mod curves;
mod data;
mod drawn;
#[cfg(test)]
mod fixture;
mod forest;
mod grid;
mod heatmap;
mod lambda_axis;
mod lettering;
mod levels;
mod markers;
mod mechanism;
mod memorisation;
pub(super) mod palette;
mod phase;
mod profiles;
mod regret;
mod room;
mod scale;
mod sheet;
mod shrink;
mod stops;
mod story;
mod stroke;

use anyhow::{Context, Result};
use rayon::prelude::*;

use crate::judge::Case;
use crate::report::words;
use crate::stats::Quantity;
use crate::stats::claims::{Effect, Judged};
use crate::stats::collapse::{Claim, Collapse};
use against_lambda::AgainstLambda;
use curves::Curves;
use drawn::{Drawn, Figure};
use forest::Forest;
use heatmap::HeatMap;
use phase::Phase;
use regret::Regret;
use stops::Stops;
use story::Story;

pub use canvas::escape;
pub use data::{Data, Rules};
pub use lambda_axis::LambdaAxis;
pub use scale::{Ruler, tick};

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

/// What draws one figure, if there is anything to draw.
type Task<'a> = Box<dyn Fn() -> Result<Option<Drawing>> + Sync + 'a>;

/// Draws every figure that the experiment has data for: none where no run reached its end.
///
/// # Errors
/// A drawing that fails; the message names it.
pub fn draw_all(data: &Data) -> Result<Vec<Drawing>> {
    let drawn: Vec<Result<Option<Drawing>>> = tasks(data).par_iter().map(|task| task()).collect();
    drawn.into_iter().filter_map(Result::transpose).collect()
}

/// Names of what [`draw_all`] draws.
pub const NAMES: [&str; 22] = [
    "claims",
    "collapse-product",
    "collapse-rate",
    "collapse-timescale",
    "differences",
    "final-and-stopped",
    "gap-by-lambda",
    "generalization-gap",
    "gradient-ratio",
    "gradient-ratio-end",
    "heatmap",
    "loss-by-lambda",
    "loss-curves",
    "memorisation",
    "norms-by-lambda",
    "overfitting",
    "phase",
    "regret",
    "rotation",
    "updates-by-layer",
    "values-table",
    "weight-norms",
];

/// The figure of a claim over several experiments, a panel for each mask; `caption` stands below it.
///
/// # Errors
/// A drawing that fails, or lines without two points.
pub fn across(collapses: &[Collapse], caption: &str) -> Result<Drawing> {
    let name = "collapse";
    let collapses: Vec<&Collapse> = collapses.iter().collect();
    let loss = "loss (nats per token)";
    let figure = || mechanism::drawn(&collapses, loss, caption.to_owned());
    task(name, "Loss against the timescale in epochs, by experiment", figure)()?
        .context("no line has two points")
}

/// The differences between arms that others trained; `None` where there is nothing finite to draw.
///
/// # Errors
/// A drawing that fails.
pub fn judged(case: &Case) -> Result<Option<Drawing>> {
    let caption = String::new();
    task("differences", "Differences between arms, with their intervals", || {
        Forest::of_judged(case, caption.clone())
    })()
}

/// The claims of many experiments, by name; `None` where none was tested.
///
/// # Errors
/// A drawing that fails.
pub fn literature(claims: Vec<(String, Effect)>, caption: String) -> Result<Option<Drawing>> {
    task("literature", "What toys say of the field's claims", || {
        let title = words::literature_title();
        let notes = words::claims_notes("all claims");
        Forest::of_claims(claims.clone(), title, notes, caption.clone())
    })()
}

fn of_claims(data: &Data) -> Option<Forest> {
    let effect = |one: &Judged| Some((one.claim.text.clone(), one.effect()?));
    let claims: Vec<(String, Effect)> = data.claims.iter().filter_map(effect).collect();
    let title = words::claims_in_short(&data.claims)?;
    Forest::of_claims(claims, title, words::claims_notes("all claims"), data.caption.clone())
}

/// In the order of the page.
fn tasks(data: &Data) -> Vec<Task<'_>> {
    let loss = data.analysis.loss;
    vec![
        task("overfitting", "Train and val loss without decay and at the best decay", || {
            Story::new(data)
        }),
        task("claims", "What runs say of the claims of their spec", || of_claims(data)),
        task(
            "values-table",
            "Loss of every published recipe against no decay, at raw λ and at matched Λ",
            || Forest::of_values(data),
        ),
        task("differences", "Loss of every rule and every arm against no decay", || {
            Forest::of_arms(data)
        }),
        task(
            "final-and-stopped",
            "Loss of every arm at its last step and stopped at its best",
            || Stops::new(data),
        ),
        task("regret", "What each λ costs against the best of its rule, by form", || {
            Regret::new(data)
        }),
        task("loss-by-lambda", "Loss at the last step against λ, by rule", move || {
            AgainstLambda::new(data, loss)
        }),
        task("gap-by-lambda", "Generalization gap at the last step against λ, by rule", || {
            AgainstLambda::new(data, Quantity::Gap)
        }),
        task("phase", "Train loss against val loss over training, by rule and λ", || {
            Phase::new(data)
        }),
        task("loss-curves", "Train and val loss over training, by rule and λ", || {
            Curves::loss(data)
        }),
        task("generalization-gap", "Generalization gap over training, by rule and λ", || {
            Curves::gap(data)
        }),
        task("weight-norms", "Weight norms by role over training, by rule and λ", || {
            Curves::weight_norms(data)
        }),
        task(
            "gradient-ratio",
            "Gradient norm over weight norm during training, by rule and λ",
            || Curves::gradient_ratio(data),
        ),
        task("gradient-ratio-end", "Gradient norm over weight norm at the end, against λ", || {
            mechanism::end_ratio(data)
        }),
        task(
            "rotation",
            "Rotation by role over training with its prediction, by rule and λ",
            || Curves::rotation(data),
        ),
        task("norms-by-lambda", "Weight norms after the last step against λ, by role", || {
            mechanism::norms_by_lambda(data)
        }),
        task("updates-by-layer", "Relative update of every block, by rule and λ", || {
            mechanism::updates_by_layer(data)
        }),
        task("memorisation", "What is known by heart against λ and against test loss", || {
            memorisation::memorisation(data)
        }),
        task("collapse-timescale", "Loss against the timescale in epochs, by batch", || {
            mechanism::collapse(data, Claim::Timescale)
        }),
        task("collapse-product", "Loss against η λ, by learning rate", || {
            mechanism::collapse(data, Claim::Product)
        }),
        task(
            "collapse-rate",
            "Val loss over training under decay and without it at the same η/‖w‖",
            || mechanism::collapse(data, Claim::EffectiveRate),
        ),
        task("heatmap", "Loss over learning rate and λ, by rule", || HeatMap::new(data)),
    ]
}

fn task<'a, F: Figure + Sync>(
    name: &'static str,
    alternative: &'static str,
    figure: impl Fn() -> Option<F> + Sync + 'a,
) -> Task<'a> {
    Box::new(move || {
        let Some(figure) = figure() else { return Ok(None) };
        let Drawn { svg, png } =
            Drawn::of(&figure).with_context(|| format!("cannot draw {name}"))?;
        Ok(Some(Drawing { name, alternative, svg, png }))
    })
}
