//! The rows of one run.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};

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
        let last = at.unwrap_or(steps.iter().copied().fold(f64::NEG_INFINITY, f64::max));
        let at_last: Vec<_> =
            self.measured.iter().filter(|(step, _)| *step == Some(last)).collect();
        let same = at_last.windows(2).all(|pair| pair[0].1 == pair[1].1);
        ensure!(
            same,
            "has several numbers at step {last}: several runs under one name. Name what tells them apart: --seed or \
             --arm"
        );
        let value = at_last.first().and_then(|(_, value)| *value);
        Ok((Some(last).filter(|last| last.is_finite()), value))
    }
}
