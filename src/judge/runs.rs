//! The rows of one run.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};

/// One run's rows.
#[derive(Default)]
pub struct Run {
    pub seed: Option<String>,
    /// What the table calls it: several names are several runs.
    pub names: BTreeSet<String>,
    /// Step and number of each row.
    pub measured: Vec<(Option<f64>, Option<f64>)>,
}

impl Run {
    /// The number at a step, or at the last one, with that step.
    ///
    /// # Errors
    /// Rows of several runs.
    pub fn chosen(&self, at: Option<f64>) -> Result<(Option<f64>, Option<f64>)> {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        ensure!(
            names.len() < 2,
            "is of {} runs ({}): name what tells them apart, in --arm or by --seed",
            names.len(),
            names.join(", ")
        );
        if let ([only], None) = (self.measured.as_slice(), at) {
            return Ok(*only);
        }
        let steps: Option<Vec<f64>> = self.measured.iter().map(|(step, _)| *step).collect();
        let steps = steps.with_context(|| {
            format!(
                "has {} rows: several runs, or several steps of one. Name what tells them apart: --seed, --arm or \
                 --step-column",
                self.measured.len()
            )
        })?;
        if let Some(step) = self.step_of_several(&steps) {
            bail!(
                "has several numbers at step {step}: several runs under one name. Name what tells them apart: --seed or \
                 --arm"
            );
        }
        let last = at.unwrap_or(steps.iter().copied().fold(f64::NEG_INFINITY, f64::max));
        // Of a run that was taken up again the later number counts.
        let at_last = self.measured.iter().rfind(|(step, _)| *step == Some(last));
        let value = at_last.and_then(|(_, value)| *value);
        Ok((Some(last).filter(|last| last.is_finite()), value))
    }

    /// The last step that has two numbers, as rows of several runs have it; `None` where no step has, or where steps only
    /// go back where a run was taken up again, to go on at least as far as before.
    fn step_of_several(&self, steps: &[f64]) -> Option<f64> {
        let mut by_step: BTreeMap<u64, Option<f64>> = BTreeMap::new();
        let is_other = |(step, value): &(&f64, Option<f64>)| {
            *by_step.entry(step.to_bits()).or_insert(*value) != *value
        };
        let values = self.measured.iter().map(|(_, value)| *value);
        let others = steps.iter().zip(values).filter(is_other);
        let last = others.map(|(step, _)| *step).reduce(f64::max)?;
        (!Self::is_resumed(steps)).then_some(last)
    }

    fn is_resumed(steps: &[f64]) -> bool {
        let mut furthest = f64::NEG_INFINITY;
        steps.chunk_by(|a, b| a < b).all(|stretch| {
            let end = stretch[stretch.len() - 1];
            let goes_on = end >= furthest;
            furthest = furthest.max(end);
            // A stretch of one is a step that stands twice.
            goes_on && stretch.len() > 1
        })
    }
}
