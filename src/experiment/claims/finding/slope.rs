//! How a comparison changes with a key that both sides vary.

use anyhow::{Result, bail};
use toml::Value as Toml;

use super::super::asked::{AskedPart, AskedTerm};
use super::super::selector::{Selected, number_of};
use super::sides::Sides;
use super::{Found, Reader};
use crate::config::plain;

impl Reader<'_> {
    /// What left − right gains with every doubling of a key.
    pub fn slope(&self) -> Result<Found> {
        let (expect, sides) = (self.expect()?, self.sides(self.fields)?);
        let Some(Toml::String(key)) = self.fields.get("over") else {
            bail!(self.fields.wrong("over", ": expected the name of a key, such as \"steps\""));
        };
        let values = self.values(key, &sides)?;
        let logs: Vec<f64> = values.iter().map(|value| value.log2()).collect();
        let mean = logs.iter().sum::<f64>() / logs.len() as f64;
        let squares: f64 = logs.iter().map(|log| (log - mean).powi(2)).sum();
        let mut terms = Vec::new();
        for (value, log) in values.iter().zip(&logs) {
            let weight = (log - mean) / squares;
            for (sign, side) in [(1.0, &sides.left), (-1.0, &sides.right)] {
                for one in side {
                    let term = self.only(one, key, *value)?;
                    terms.push(AskedTerm { weight: sign * weight * one.term.weight, ..term });
                }
            }
        }
        terms.retain(|term| term.weight != 0.0);
        let told = format!(
            "{}, with every doubling of {key} from {} to {}",
            sides.told(),
            plain(values[0]),
            plain(values[values.len() - 1])
        );
        let part = AskedPart { label: told.clone(), expect, terms, constant: 0.0 };
        Ok(Found { parts: vec![part], expect, told })
    }

    /// The values of a key among the arms of both sides, by size.
    fn values(&self, key: &str, sides: &Sides) -> Result<Vec<f64>> {
        let of = |side: &[Selected]| -> Vec<f64> {
            let arms = side.iter().flat_map(|one| &one.term.arms);
            let mut values: Vec<f64> =
                arms.filter_map(|arm| number_of(&self.arms[*arm], key)).collect();
            values.sort_by(f64::total_cmp);
            values.dedup();
            values
        };
        let values = of(&sides.left);
        let wrong = |problem: String| {
            Err(self.fields.wrong("over", format!(" = \"{key}\": {problem}")).into())
        };
        if values.len() < 2 {
            return wrong(format!(
                "the arms of left have {} of its values; expected two or more numbers above 0",
                values.len()
            ));
        }
        if values[0] <= 0.0 {
            return wrong(
                "an arm of left has 0, which has no doublings; leave it out by naming the values of left".to_owned(),
            );
        }
        if let Some(value) = of(&sides.right).iter().find(|value| !values.contains(value)) {
            return wrong(format!("right has {}, and left has no such arm", plain(*value)));
        }
        Ok(values)
    }

    /// The arms of a side that have a value of a key.
    fn only(&self, one: &Selected, key: &str, value: f64) -> Result<AskedTerm> {
        let has = |arm: &&usize| number_of(&self.arms[**arm], key) == Some(value);
        let arms: Vec<usize> = one.term.arms.iter().filter(has).copied().collect();
        if arms.is_empty() {
            bail!(self.fields.wrong(
                "over",
                format!(" = \"{key}\": no arm of {} has {key} = {}", one.told, plain(value))
            ));
        }
        Ok(AskedTerm { arms, ..one.term.clone() })
    }
}
