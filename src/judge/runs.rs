//! The rows of one run.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};

/// Steps, each with its number, in order of the steps.
pub type Curve = Vec<(f64, f64)>;

/// One run's rows.
#[derive(Default)]
pub struct Run {
    pub seed: Option<String>,
    /// What the table calls it: several names are several runs.
    pub names: BTreeSet<String>,
    /// Whether its rows are of the file that it is named after.
    pub is_of_a_file: bool,
    /// Whether nothing tells it from another run of its arm.
    pub is_copy: bool,
    /// Step and number of each row.
    pub measured: Vec<(Option<f64>, Option<f64>)>,
}

/// What a run says at the step at which runs are compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Chosen {
    /// Its number, with the step where that is known.
    At(Option<f64>, f64),
    /// It got there, and its number is missing or not finite.
    NoNumber(Option<f64>),
    /// It has rows, and none of that step.
    NoRow,
}

impl Run {
    /// The number at a step, or at the last one, with that step.
    ///
    /// # Errors
    /// Rows of several runs.
    pub fn chosen(&self, at: Option<f64>) -> Result<Chosen> {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        ensure!(
            names.len() < 2,
            "is of {} runs ({}): name what tells them apart, in --arm or by --seed",
            names.len(),
            names.join(", ")
        );
        if let ([(step, value)], None) = (self.measured.as_slice(), at) {
            return Ok(value.map_or(Chosen::NoNumber(*step), |value| Chosen::At(*step, value)));
        }
        let steps = self.steps()?;
        if let Some(step) = self.step_of_several(&steps) {
            bail!("has several numbers at step {step}: {}", self.why_several());
        }
        let last = at.unwrap_or(steps.iter().copied().fold(f64::NEG_INFINITY, f64::max));
        // Of a run that was taken up again the later number counts.
        let at_last = self.measured.iter().rfind(|(step, _)| *step == Some(last));
        let step = Some(last).filter(|last| last.is_finite());
        Ok(match at_last {
            Some((_, Some(value))) => Chosen::At(step, *value),
            None if !self.measured.is_empty() => Chosen::NoRow,
            _ => Chosen::NoNumber(step),
        })
    }

    /// The numbers up to a step; `None` where steps are not known. Of a step that stands twice the later number counts.
    pub fn curve(&self, until: f64) -> Option<Curve> {
        let mut by_step = BTreeMap::new();
        for (step, value) in &self.measured {
            let step = (*step)?;
            by_step.insert(step.to_bits(), (step, *value));
        }
        let known = by_step.into_values().filter_map(|(step, value)| Some((step, value?)));
        let mut curve: Curve = known.filter(|(step, _)| *step <= until).collect();
        curve.sort_by(|a, b| a.0.total_cmp(&b.0));
        Some(curve)
    }

    /// Whether it has two numbers of a step, of which the earlier counts no more since it was taken up again.
    pub fn was_taken_up_again(&self) -> bool {
        self.steps().is_ok_and(|steps| self.step_with_two(&steps).is_some())
    }

    fn steps(&self) -> Result<Vec<f64>> {
        let steps: Option<Vec<f64>> = self.measured.iter().map(|(step, _)| *step).collect();
        steps.with_context(|| {
            format!(
                "has {} rows: several runs, or several steps of one. Name what tells them apart: --seed, --arm or \
                 --step-column",
                self.measured.len()
            )
        })
    }

    /// What several numbers of a step may be, and what to do.
    fn why_several(&self) -> &'static str {
        match self.is_of_a_file {
            true => {
                "its file tells them, or files of its checkpoints do. Of two numbers of that step keep one; of a run \
                 that began anew from its first step, take the earlier rows out; what several runs wrote into one file, \
                 part into files"
            }
            false => {
                "several runs under one name. Name what tells them apart: --seed or --arm. Of a run that began anew \
                 from its first step, take the earlier rows out"
            }
        }
    }

    /// The last step that has two numbers, as rows of several runs have it; `None` where no step has, or where steps only
    /// go back where a run was taken up again, to go on at least as far as before.
    fn step_of_several(&self, steps: &[f64]) -> Option<f64> {
        self.step_with_two(steps).filter(|_| !Self::is_resumed(steps))
    }

    fn step_with_two(&self, steps: &[f64]) -> Option<f64> {
        let mut by_step: BTreeMap<u64, Option<f64>> = BTreeMap::new();
        let is_other = |(step, value): &(&f64, Option<f64>)| {
            *by_step.entry(step.to_bits()).or_insert(*value) != *value
        };
        let values = self.measured.iter().map(|(_, value)| *value);
        let others = steps.iter().zip(values).filter(is_other);
        others.map(|(step, _)| *step).reduce(f64::max)
    }

    fn is_resumed(steps: &[f64]) -> bool {
        let mut furthest = f64::NEG_INFINITY;
        steps.chunk_by(|a, b| a < b).all(|stretch| {
            let (begin, end) = (stretch[0], stretch[stretch.len() - 1]);
            let is_first = furthest == f64::NEG_INFINITY;
            let goes_on = end >= furthest;
            furthest = furthest.max(end);
            // What begins where the run began is another run; a stretch of one is a step that stands twice.
            goes_on && stretch.len() > 1 && (is_first || begin > steps[0])
        })
    }
}
