//! A number as a function of a run: a product of powers, or the value of the nearest of a few points.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::config::Named;

/// A number that describes a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// N, parameters.
    Params,
    /// Parameters of the blocks alone: 12 × depth × width².
    NonEmbeddingParams,
    /// D, tokens read, all epochs.
    Tokens,
    /// B, tokens a step.
    Batch,
    /// η, peak learning rate of the hidden matrices.
    Lr,
    /// T = D/B.
    Steps,
    /// D/N.
    TokensPerParam,
    /// D/(20 N).
    Overtraining,
    /// C = 6 N D floating-point operations.
    Compute,
    /// Tokens of the text.
    UniqueTokens,
    /// M = unique tokens/B.
    StepsPerEpoch,
    /// D/unique tokens; 1 where nothing is said of repetition.
    Epochs,
    /// h, channels.
    Width,
    /// Width over that of the base run.
    WidthRatio,
    /// Blocks.
    Depth,
    /// λ of the base run: a smaller one that was tuned.
    BaseWeightDecay,
    /// η of the base run.
    BaseLr,
    /// M of the base run.
    BaseStepsPerEpoch,
    /// Angle in radians by which a step should turn weights in balance.
    Rotation,
    /// (1 − β1)/(1 + β1) of AdamW.
    Averaging,
}

impl Named for Quantity {
    const ALL: &'static [Self] = &[
        Quantity::Params,
        Quantity::NonEmbeddingParams,
        Quantity::Tokens,
        Quantity::Batch,
        Quantity::Lr,
        Quantity::Steps,
        Quantity::TokensPerParam,
        Quantity::Overtraining,
        Quantity::Compute,
        Quantity::UniqueTokens,
        Quantity::StepsPerEpoch,
        Quantity::Epochs,
        Quantity::Width,
        Quantity::WidthRatio,
        Quantity::Depth,
        Quantity::BaseWeightDecay,
        Quantity::BaseLr,
        Quantity::BaseStepsPerEpoch,
        Quantity::Rotation,
        Quantity::Averaging,
    ];

    fn name(self) -> &'static str {
        match self {
            Quantity::Params => "parameters",
            Quantity::NonEmbeddingParams => "non-embedding parameters",
            Quantity::Tokens => "tokens",
            Quantity::Batch => "tokens a step",
            Quantity::Lr => "learning rate",
            Quantity::Steps => "steps",
            Quantity::TokensPerParam => "tokens a parameter",
            Quantity::Overtraining => "times 20 tokens a parameter",
            Quantity::Compute => "FLOPs",
            Quantity::UniqueTokens => "unique tokens",
            Quantity::StepsPerEpoch => "steps an epoch",
            Quantity::Epochs => "epochs",
            Quantity::Width => "channels",
            Quantity::WidthRatio => "times the base width",
            Quantity::Depth => "blocks",
            Quantity::BaseWeightDecay => "λ of the base run",
            Quantity::BaseLr => "learning rate of the base run",
            Quantity::BaseStepsPerEpoch => "steps an epoch of the base run",
            Quantity::Rotation => "radians a step",
            Quantity::Averaging => "(1 − β1)/(1 + β1)",
        }
    }
}

/// A function of a run.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Law {
    /// What the powers are multiplied with; 1 if missing.
    pub factor: Option<f64>,
    /// The lowest and the highest factor that its evidence allows.
    pub band: Option<[f64; 2]>,
    /// Exponents.
    pub powers: BTreeMap<Quantity, f64>,
    /// What quantities are divided by before they are raised.
    pub reference: BTreeMap<Quantity, f64>,
    /// What is added to quantities before they are raised.
    pub plus: BTreeMap<Quantity, f64>,
    /// The result is this at most.
    pub at_most: Option<f64>,
    /// The result is the power of two that is nearest by its logarithm.
    pub nearest_power_of_two: bool,
    /// In the place of powers, the quantities by whose logarithms the nearest point is found.
    pub by: Vec<Quantity>,
    /// Points: the values of these quantities, then the result.
    pub nearest: Vec<Vec<f64>>,
}

impl Law {
    /// Its value, from what is known of a run.
    ///
    /// # Errors
    /// The quantities that it needs and that are not known.
    pub fn at(&self, known: &dyn Fn(Quantity) -> Option<f64>) -> Result<f64, BTreeSet<Quantity>> {
        let asked = self.powers.keys().chain(&self.by);
        let missing: BTreeSet<Quantity> =
            asked.copied().filter(|one| known(*one).is_none()).collect();
        if !missing.is_empty() {
            return Err(missing);
        }
        let value = |quantity: Quantity| known(quantity).expect("it is not missing");
        let result = match self.nearest.is_empty() {
            true => self.product(&value),
            false => self.nearest_point(&value),
        };
        let result = result.min(self.at_most.unwrap_or(f64::INFINITY));
        Ok(if self.nearest_power_of_two { result.log2().round().exp2() } else { result })
    }

    /// The lowest and the highest value that its evidence allows, beside `value`; both are `value` where its
    /// authors name one factor.
    pub fn band_around(&self, value: f64) -> [f64; 2] {
        match (self.band, self.factor) {
            (Some(band), Some(factor)) => band.map(|end| value * end / factor),
            _ => [value, value],
        }
    }

    fn product(&self, value: &dyn Fn(Quantity) -> f64) -> f64 {
        let of = |map: &BTreeMap<Quantity, f64>, quantity: &Quantity| map.get(quantity).copied();
        let power = |(quantity, exponent): (&Quantity, &f64)| {
            let shifted = value(*quantity) + of(&self.plus, quantity).unwrap_or(0.0);
            (shifted / of(&self.reference, quantity).unwrap_or(1.0)).powf(*exponent)
        };
        self.factor.unwrap_or(1.0) * self.powers.iter().map(power).product::<f64>()
    }

    fn nearest_point(&self, value: &dyn Fn(Quantity) -> f64) -> f64 {
        let distance = |point: &Vec<f64>| -> f64 {
            let pairs = self.by.iter().zip(point);
            pairs.map(|(quantity, at)| (value(*quantity) / at).ln().powi(2)).sum()
        };
        let nearest = self.nearest.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
        nearest.and_then(|point| point.last().copied()).unwrap_or(f64::NAN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_takes_every_quantity_over_its_reference_to_its_power() {
        let law: Law = toml::from_str(
            "factor = 3\nband = [2, 6]\npowers = { batch = 2, lr = -1 }\nreference = { batch = 10 }\n\
             plus = { lr = 1 }",
        )
        .unwrap();
        let known = |quantity| match quantity {
            Quantity::Batch => Some(20.0),
            Quantity::Lr => Some(1.0),
            _ => None,
        };
        assert_eq!(law.at(&known), Ok(6.0));
        assert_eq!(law.band_around(6.0), [4.0, 12.0]);
        assert_eq!(law.at(&|_| None), Err(BTreeSet::from([Quantity::Batch, Quantity::Lr])));
    }

    #[test]
    fn the_nearest_point_is_that_of_the_logarithms() {
        let law: Law =
            toml::from_str("by = [\"params\"]\nnearest = [[1, 0.5], [100, 0.25]]").unwrap();
        assert_eq!(law.at(&|_| Some(9.0)), Ok(0.5));
        assert_eq!(law.at(&|_| Some(11.0)), Ok(0.25));
    }

    #[test]
    fn bounds_and_powers_of_two_come_last() {
        let law: Law =
            toml::from_str("powers = { batch = 1 }\nnearest_power_of_two = true").unwrap();
        assert_eq!(law.at(&|_| Some(23.0)), Ok(32.0));
        let law: Law = toml::from_str("powers = { batch = 1 }\nat_most = 7").unwrap();
        assert_eq!(law.at(&|_| Some(23.0)), Ok(7.0));
    }
}
