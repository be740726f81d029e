use serde::Serialize;

use super::inference::is_measured;
use crate::results::RunRow;

/// What is compared, in nats per token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    /// Test loss at the last step.
    TestLoss,
    /// Test loss at the step of the lowest val loss.
    StoppedTestLoss,
    /// Val loss at the last step.
    ValLoss,
    /// Lowest val loss: too low by what the choice of the step on the same windows gains.
    LowestValLoss,
    /// Generalization gap at the last step, val − train loss.
    Gap,
}

impl Quantity {
    /// Its value in a run; `None` where that is no number that statistics can be made of, whatever a file says.
    pub fn of(self, run: &RunRow) -> Option<f64> {
        let value = match self {
            Quantity::TestLoss => run.test_loss,
            Quantity::StoppedTestLoss => run.stopped_test_loss,
            Quantity::ValLoss => run.val_loss,
            Quantity::LowestValLoss => run.best_val_loss,
            Quantity::Gap => run.gap,
        };
        value.filter(|value| is_measured(*value))
    }

    /// The val loss by which an arm is chosen that is scored on this.
    pub fn chooser(self) -> Quantity {
        match self {
            Quantity::StoppedTestLoss | Quantity::LowestValLoss => Quantity::LowestValLoss,
            Quantity::TestLoss | Quantity::ValLoss | Quantity::Gap => Quantity::ValLoss,
        }
    }

    /// The same of the weights at the lowest val loss instead of the last.
    pub fn stopped(self) -> Quantity {
        match self {
            Quantity::TestLoss | Quantity::StoppedTestLoss => Quantity::StoppedTestLoss,
            Quantity::ValLoss | Quantity::LowestValLoss | Quantity::Gap => Quantity::LowestValLoss,
        }
    }

    /// Test loss where any run that reached its end has one; val loss in files of older versions.
    pub fn reported(rows: &[RunRow]) -> Quantity {
        let has_test = rows.iter().any(|row| row.is_done() && row.test_loss.is_some());
        if has_test { Quantity::TestLoss } else { Quantity::ValLoss }
    }

    /// Whether it is measured on windows on which nothing is chosen.
    pub fn is_on_test(self) -> bool {
        matches!(self, Quantity::TestLoss | Quantity::StoppedTestLoss)
    }
}
