//! What a comparison holds against what.

use std::collections::HashMap;

use super::operand::{Operand, added};
use crate::results::Draw;
use crate::stats::contrast::Contrast;
use crate::stats::inference::Estimate;
use crate::stats::rotations::Rotations;
use crate::stats::scores::{Scores, chosen};

/// Of either side every sum of one arm of each of its terms.
pub struct Sides {
    left: Vec<Scores>,
    right: Vec<Scores>,
}

impl Sides {
    pub fn of(operands: &[Operand], constant: f64, seeds: &[Draw]) -> Self {
        let side = |is_left: bool| {
            let own = operands.iter().filter(|one| (one.weight > 0.0) == is_left);
            let zero = Scores { choose: vec![0.0; seeds.len()], score: vec![0.0; seeds.len()] };
            own.fold(vec![zero], |sum, one| added(&sum, &one.scores(seeds)))
        };
        let (left, mut right) = (side(true), side(false));
        right.iter_mut().flat_map(|one| &mut one.score).for_each(|score| *score += constant);
        Sides { left, right }
    }

    /// The rotations of so many seeds are drawn once.
    pub fn contrast(&self, rotations: &mut HashMap<usize, Rotations>) -> Contrast {
        let seeds = self.left[0].score.len();
        match self.left.len() > 1 || self.right.len() > 1 {
            true => {
                let drawn = rotations.entry(seeds).or_insert_with(|| Rotations::of(seeds));
                Contrast::new(&self.left, &self.right, drawn)
            }
            false => Contrast::new(&self.left, &self.right, &Rotations::draw(seeds, 0)),
        }
    }

    /// Whether what is compared is one number in every seed, of which there is no test. Where the best of several has the
    /// least of what is compared, that an arm is held against itself says something: none is below the best, and the
    /// others are shown to be above. The test of each of them is as good as where the choice falls on another arm now and
    /// then.
    pub fn are_same_in_every_seed(&self, contrast: &Contrast, best_has_least: bool) -> bool {
        let is_test_of_others = || best_has_least && self.are_one_arm() && self.others_vary();
        self.is_constant(contrast.differences()) && !is_test_of_others()
    }

    /// Whether both sides choose one arm in every seed.
    fn are_one_arm(&self) -> bool {
        let mut pairs = chosen(&self.left).into_iter().zip(chosen(&self.right));
        pairs.all(|(left, right)| self.left[left] == self.right[right])
    }

    /// Whether there are other pairs of arms, none of which differs by the same in every seed.
    fn others_vary(&self) -> bool {
        let pairs =
            self.left.iter().flat_map(|left| self.right.iter().map(move |right| (left, right)));
        let mut others = pairs.filter(|(left, right)| left != right).peekable();
        let differences = |left: &Scores, right: &Scores| -> Vec<f64> {
            left.score.iter().zip(&right.score).map(|(left, right)| left - right).collect()
        };
        others.peek().is_some()
            && others.all(|(left, right)| !self.is_constant(&differences(left, right)))
    }

    fn is_constant(&self, differences: &[f64]) -> bool {
        let scores = self.left.iter().chain(&self.right).flat_map(|one| &one.score);
        let largest = scores.map(|score| score.abs()).fold(0.0, f64::max);
        Estimate::of(differences).is_some_and(|one| one.is_constant(largest))
    }
}
