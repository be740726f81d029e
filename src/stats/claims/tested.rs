//! The comparisons of a claim, tested.

use std::collections::HashMap;

use super::WhyNot;
use super::measured::Measurements;
use super::operand::{Operand, common, only_collapsed};
use super::seeds::Seen;
use super::sides::Sides;
use crate::config::{Claim, Expect, Measured, Part};
use crate::results::Draw;
use crate::stats::contrast::Contrast;
use crate::stats::inference::FEWEST_SEEDS;
use crate::stats::rotations::Rotations;

/// One comparison with its data.
pub struct Tested {
    pub expect: Expect,
    pub contrast: Contrast,
    pub seeds: Vec<Draw>,
    /// Where the best of several arms was meant, which it was.
    pub chosen: Vec<String>,
}

impl Tested {
    /// With the interval of so many claims.
    pub fn seen(&self, interval: [f64; 2]) -> Seen {
        let differences = self.contrast.differences();
        let seeds = differences.len();
        let mean = differences.iter().sum::<f64>() / seeds as f64;
        Seen { expect: self.expect, mean, seeds, interval }
    }

    /// Small where it comes out as said; of two sides.
    pub fn p_shows(&self, smallest: f64) -> f64 {
        let p = match self.expect {
            Expect::Lower => self.contrast.p_below(0.0),
            Expect::Higher => self.contrast.p_above(0.0),
            Expect::Equal => self.contrast.p_beyond(smallest),
        };
        (2.0 * p).min(1.0)
    }

    /// Small where an effect that matters is excluded; for what is to be equal, where there is one. Of two sides.
    pub fn p_against(&self, smallest: f64) -> f64 {
        let contrast = &self.contrast;
        let p = match self.expect {
            Expect::Lower => contrast.p_above(-smallest),
            Expect::Higher => contrast.p_below(smallest),
            Expect::Equal => contrast.p_below(-smallest).min(contrast.p_above(smallest)),
        };
        (2.0 * p).min(1.0)
    }
}

/// All comparisons must come out as said. Each by itself would be enough of a test (Berger 1982); their number is
/// counted in all the same, as in the intervals that all of them hold at once.
pub fn p_shows(claim: &Claim, parts: &[Tested]) -> f64 {
    let most = parts.iter().map(|part| part.p_shows(claim.smallest)).fold(0.0, f64::max);
    (most * parts.len() as f64).min(1.0)
}

/// One of them is enough (Bonferroni).
pub fn p_against(claim: &Claim, parts: &[Tested]) -> f64 {
    let least = parts.iter().map(|part| part.p_against(claim.smallest)).fold(1.0, f64::min);
    (least * parts.len() as f64).min(1.0)
}

pub fn test(
    claim: &Claim,
    measurements: &Measurements,
    rotations: &mut HashMap<usize, Rotations>,
) -> Result<Vec<Tested>, WhyNot> {
    claim.parts.iter().map(|part| test_part(claim, part, measurements, rotations)).collect()
}

fn test_part(
    claim: &Claim,
    part: &Part,
    measurements: &Measurements,
    rotations: &mut HashMap<usize, Rotations>,
) -> Result<Tested, WhyNot> {
    let accepts_collapsed =
        part.terms.iter().any(|term| only_collapsed(term, claim.quantity, measurements));
    let operands: Vec<Operand> = part
        .terms
        .iter()
        .map(|term| Operand::of(term, claim.quantity, measurements, accepts_collapsed))
        .collect::<Result<_, _>>()?;
    let seeds = common(&operands);
    if seeds.len() < FEWEST_SEEDS {
        return Err(WhyNot::FewSeeds(seeds.len()));
    }
    let sides = Sides::of(&operands, part.constant, &seeds);
    let contrast = sides.contrast(rotations);
    if sides.are_same_in_every_seed(&contrast, chooses_what_it_compares(claim, part)) {
        return Err(WhyNot::SameInEverySeed);
    }
    let chosen = operands.iter().filter_map(|one| one.chosen(&seeds)).collect();
    Ok(Tested { expect: part.expect, contrast, seeds, chosen })
}

/// Whether the best of several arms is the one with the least of what is compared.
fn chooses_what_it_compares(claim: &Claim, part: &Part) -> bool {
    let losses = [Measured::TestLoss, Measured::StoppedTestLoss, Measured::ValLoss];
    losses.contains(&claim.quantity) && part.terms.iter().all(|term| term.at.is_none())
}
