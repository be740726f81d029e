//! What a run measured of what claims speak of.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Curves;
use crate::config::{Claim, Measured};
use crate::record::CurveRow;
use crate::results::{MechanismRow, RunRow};
use crate::stats::inference::is_measured;

/// The files of an experiment, by run.
pub struct Measurements<'a> {
    runs: HashMap<&'a str, &'a RunRow>,
    curves: &'a Curves,
    mechanism: BTreeMap<&'a str, Vec<&'a MechanismRow>>,
}

impl<'a> Measurements<'a> {
    pub fn of(runs: &'a [RunRow], curves: &'a Curves, mechanism: &'a [MechanismRow]) -> Self {
        let mut by_run: BTreeMap<&str, Vec<&MechanismRow>> = BTreeMap::new();
        for row in mechanism {
            by_run.entry(&row.run).or_default().push(row);
        }
        let runs = runs.iter().map(|run| (run.run.as_str(), run)).collect();
        Measurements { runs, curves, mechanism: by_run }
    }

    /// The rows of these runs that there are.
    pub fn runs(&self, ids: &[String]) -> Vec<&'a RunRow> {
        ids.iter().filter_map(|id| self.runs.get(id.as_str()).copied()).collect()
    }

    /// Runs that a claim rests on, whichever arm is the best of several, and that collapsed.
    pub fn collapsed(&self, claim: &Claim) -> usize {
        let terms = claim.parts.iter().flat_map(|part| &part.terms);
        let alone = terms.filter_map(|term| term.arms.first().filter(|_| term.arms.len() == 1));
        let runs: BTreeSet<&str> = alone.flatten().map(String::as_str).collect();
        let rows = runs.into_iter().filter_map(|id| self.runs.get(id));
        rows.filter(|run| run.is_collapsed()).count()
    }

    /// The val loss that chooses and the quantity, after a step or at its end, of a run that reached its end.
    pub fn pair(&self, run: &RunRow, quantity: Measured, at: Option<usize>) -> Option<(f64, f64)> {
        let run = Some(run).filter(|run| run.is_done())?;
        Some((chooser(run, quantity)?, self.value(run, quantity, at)?))
    }

    fn value(&self, run: &RunRow, quantity: Measured, at: Option<usize>) -> Option<f64> {
        match at {
            Some(step) => of_row(self.curve(run)?.iter().find(|row| row.step == step)?, quantity),
            None => self.at_the_end(run, quantity),
        }
        .filter(|value| is_measured(*value))
    }

    fn at_the_end(&self, run: &RunRow, quantity: Measured) -> Option<f64> {
        match quantity {
            Measured::TestLoss => run.test_loss,
            Measured::StoppedTestLoss => run.stopped_test_loss,
            Measured::ValLoss => run.val_loss,
            Measured::TrainLoss => run.train_loss,
            Measured::Gap => run.gap,
            Measured::UTurn => Some(run.test_loss? - run.stopped_test_loss?),
            Measured::ByHeart => run.by_heart(),
            Measured::Continued => run.verbatim_val,
            Measured::WeightNorm => run.weight_norm.map(f64::from),
            Measured::GradNorm => of_row(self.curve(run)?.last()?, quantity),
            Measured::RotationSpread => {
                let own = self.rotations(run, |row| row.rotation);
                let least = own.iter().copied().fold(f64::INFINITY, f64::min);
                (own.len() > 1).then(|| own.iter().copied().fold(0.0, f64::max) / least)
            }
            Measured::RotationRatio => {
                let own =
                    self.rotations(run, |row| Some(row.rotation? / row.equilibrium_rotation?));
                (!own.is_empty()).then(|| own.iter().sum::<f64>() / own.len() as f64)
            }
        }
    }

    fn curve(&self, run: &RunRow) -> Option<Vec<&CurveRow>> {
        Some(self.curves.get(&run.run)?.iter().map(|row| &row.row).collect())
    }

    /// Of the roles that balance is a theory of.
    fn rotations(&self, run: &RunRow, of: fn(&MechanismRow) -> Option<f64>) -> Vec<f64> {
        let rows = self.mechanism.get(run.run.as_str()).into_iter().flatten();
        rows.filter(|row| row.nearly_scale_invariant).filter_map(|row| of(row)).collect()
    }
}

fn of_row(row: &CurveRow, quantity: Measured) -> Option<f64> {
    match quantity {
        Measured::ValLoss => row.val_loss,
        Measured::TrainLoss => row.train_loss,
        Measured::Gap => Some(row.val_loss? - row.train_loss?),
        Measured::GradNorm => row.grad_norm.map(f64::from),
        Measured::WeightNorm => row.weight_norm.map(f64::from),
        Measured::ByHeart => Some(row.memory.verbatim_train? - row.memory.verbatim_val?),
        Measured::Continued => row.memory.verbatim_val,
        Measured::TestLoss
        | Measured::StoppedTestLoss
        | Measured::UTurn
        | Measured::RotationSpread
        | Measured::RotationRatio => None,
    }
}

/// The val loss by which the best of several arms is chosen.
fn chooser(run: &RunRow, quantity: Measured) -> Option<f64> {
    match quantity {
        Measured::StoppedTestLoss => run.best_val_loss,
        _ => run.val_loss,
    }
    .filter(|value| is_measured(*value))
}
