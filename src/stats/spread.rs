//! How far paired differences spread over seeds, family by family: what a plan's power is told from.

use super::comparison::common_differences;
use super::contenders::{Contender, Operand};
use super::families::{Question, questions};
use super::quantity::Quantity;
use crate::config::{Named, TestFamily};

/// A family of a plan, and what is known of its spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FamilySpread {
    pub family: TestFamily,
    /// Tests that are corrected together.
    pub tests: usize,
    /// Standard deviation of paired differences, pooled over the family's pairs of arms with at least two
    /// common seeds; missing where there are none.
    pub sd: Option<f64>,
    /// Differences that it rests on.
    pub differences: usize,
}

/// The families of some contenders, with the spread of those of their runs that have ended.
pub fn spreads(
    contenders: &[Contender],
    families: &[TestFamily],
    loss: Quantity,
) -> Vec<FamilySpread> {
    let questions = questions(contenders);
    let of = |family: &TestFamily| {
        let own: Vec<&Question> =
            questions.iter().filter(|question| question.family() == *family).collect();
        let pools = own.iter().map(|question| pool(question, contenders, loss));
        let (squares, freedom) = pools.fold((0.0, 0), |(a, n), (b, m)| (a + b, n + m));
        FamilySpread {
            family: *family,
            tests: own.len(),
            sd: (freedom > 0).then(|| (squares / freedom as f64).sqrt()),
            differences: freedom,
        }
    };
    let known = TestFamily::ALL.iter().filter(|family| families.contains(family));
    known.map(of).filter(|family| family.tests > 0).collect()
}

/// Sum of squares and degrees of freedom of the differences between all pairs of points of a question.
fn pool(question: &Question, contenders: &[Contender], loss: Quantity) -> (f64, usize) {
    let points = |place: usize, quantity: Quantity| single(contenders[place].operand(quantity));
    let none = |place: usize, quantity| single(contenders[place].without_decay(quantity));
    let (left, right) = match question {
        Question::AgainstNone(place) => (points(*place, loss), none(*place, loss)),
        Question::AgainstStopping(place) => (points(*place, loss), none(*place, loss.stopped())),
        Question::Forms([a, b]) | Question::Masks([a, b]) => (points(*a, loss), points(*b, loss)),
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
            let differences = common_differences(left, right);
            let mean = differences.iter().sum::<f64>() / differences.len().max(1) as f64;
            all.0 += differences.iter().map(|one| (one - mean).powi(2)).sum::<f64>();
            all.1 += differences.len().saturating_sub(1);
        }
    }
    all
}

/// Each point of an operand as one of its own.
fn single(operand: Operand) -> Vec<Operand> {
    let quantity = operand.quantity;
    operand.points.into_iter().map(|point| Operand { points: vec![point], quantity }).collect()
}
