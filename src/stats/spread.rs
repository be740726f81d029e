//! How far paired differences spread over seeds, family by family: what a plan's power is told from.

use std::collections::BTreeSet;

use super::comparison::common_differences;
use super::contenders::{Contender, Operand};
use super::families::{Question, questions};
use super::inference::squares;
use super::quantity::Quantity;
use super::values::ValuesTable;
use crate::config::{Named, TestFamily};
use crate::results::{Draw, RunRow};

/// A family of a plan, and what is known of its spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FamilySpread {
    pub family: TestFamily,
    /// Tests that are corrected together.
    pub tests: usize,
    /// Standard deviation of paired differences, pooled over the family's pairs of arms with at least two
    /// common seeds; missing where there are none.
    pub sd: Option<f64>,
    /// Degrees of freedom of that, at most.
    pub degrees: usize,
}

/// The families of the rows of a plan, with the spread of those of its runs that have ended.
pub fn spreads(rows: &[RunRow], families: &[TestFamily]) -> Vec<FamilySpread> {
    let contenders = Contender::of(rows, false);
    let loss = Quantity::reported(rows);
    let questions = questions(&contenders);
    let most = most_degrees(rows);
    let of = |family: &TestFamily| {
        let own = questions.iter().filter(|question| question.family() == *family);
        let pools: Vec<(f64, usize)> = match family {
            TestFamily::Published => ValuesTable::spreads(rows, loss),
            _ => own.map(|question| pool(question, &contenders, loss)).collect(),
        };
        let tests = pools.len();
        let (squares, freedom) = pools.iter().fold((0.0, 0), |(a, n), (b, m)| (a + b, n + m));
        FamilySpread {
            family: *family,
            tests,
            sd: (freedom > 0).then(|| (squares / freedom as f64).sqrt()),
            degrees: freedom.min(most),
        }
    };
    let known = TestFamily::ALL.iter().filter(|family| families.contains(family));
    known.map(of).filter(|family| family.tests > 0).collect()
}

/// Pairs of arms share arms: all of them together know no more than what runs differ in beside their seed and their arm.
fn most_degrees(rows: &[RunRow]) -> usize {
    let done = || rows.iter().filter(|run| run.is_done());
    let runs: BTreeSet<&str> = done().map(|run| run.run.as_str()).collect();
    let draws: BTreeSet<Draw> = done().map(RunRow::draw).collect();
    let arms = runs.len().div_ceil(draws.len().max(1));
    arms.saturating_sub(1) * draws.len().saturating_sub(1)
}

/// Sum of squares and degrees of freedom of the differences between all pairs of points of a question.
fn pool(question: &Question, contenders: &[Contender], loss: Quantity) -> (f64, usize) {
    let points = |place: usize, quantity: Quantity| single(contenders[place].operand(quantity));
    let none = |place: usize, quantity| single(contenders[place].without_decay(quantity));
    let (left, right) = match question {
        Question::AgainstNone(place) => (points(*place, loss), none(*place, loss)),
        Question::AgainstStopping(place) => (points(*place, loss), none(*place, loss.stopped())),
        Question::Forms([a, b]) | Question::Masks([a, b]) | Question::Rivals([a, b]) => {
            (points(*a, loss), points(*b, loss))
        }
        // Two differences that share seeds: about twice the variance of one.
        Question::Interaction([a, b, c, d]) => {
            let pair = |a, b| pool(&Question::Masks([a, b]), contenders, loss);
            let ((x, n), (y, m)) = (pair(*a, *b), pair(*c, *d));
            return (2.0 * (x + y), n + m);
        }
    };
    let mut all = (0.0, 0);
    for left in &left {
        for right in &right {
            let (squares, freedom) = squares(&common_differences(left, right));
            all = (all.0 + squares, all.1 + freedom);
        }
    }
    all
}

/// Each point of an operand as one of its own.
fn single(operand: Operand) -> Vec<Operand> {
    let quantity = operand.quantity;
    operand.points.into_iter().map(|point| Operand { points: vec![point], quantity }).collect()
}
