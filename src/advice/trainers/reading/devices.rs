//! Sequences of a step where a file says how many one device has.

use anyhow::{Context, Result, ensure};

use super::super::name::Name;
use super::Reading;
use crate::advice::expression::value_of;
use crate::advice::run::RunFields;
use crate::config::plain;

/// What keys share by their names: text is cut along the context or, as older versions call it, along the sequence.
const SHARED: [&[&str]; 3] = [&["tensor", "tp_size"], &["pipe"], &["context", "sequence"]];

/// Degrees of which every one is of another kind: two names of one kind are two versions' of the same.
///
/// # Errors
/// Two that say different numbers of the same.
fn each_once<'a>(degrees: &[(&'a String, f64)]) -> Result<Vec<(&'a String, f64)>> {
    let kind = |key: &str| SHARED.iter().position(|all| all.iter().any(|part| key.contains(part)));
    let mut once: Vec<(&String, f64)> = Vec::new();
    for (key, number) in degrees {
        let is_same = |other: &str| kind(other).is_some() && kind(other) == kind(key);
        match once.iter().find(|(other, _)| is_same(other)) {
            None => once.push((key, *number)),
            Some((other, same)) => ensure!(
                same == number,
                "{other} is {} and {key} is {}, which are names of the same: expected one number",
                plain(*same),
                plain(*number)
            ),
        }
    }
    Ok(once)
}

impl Reading<'_> {
    /// Whether the batch is put together from what a device has, or a part of a step.
    pub fn counts_batch(&self) -> bool {
        !self.is_given(Name::Sequences) && !self.says(Name::Sequences)
    }

    /// Sequences of one device, with what it accumulates.
    pub(super) fn of_device(&mut self, fields: &mut RunFields, accumulation: f64) -> Result<()> {
        let total = self.count(Name::DeviceTotal)?.filter(|_| !self.has(Name::Accumulation));
        fields.device_sequences = match total {
            Some(total) => Some(total),
            None => self.count(Name::DeviceSequences)?.map(|one| one * accumulation),
        };
        self.in_common(fields)
    }

    /// Devices that share a model, or a sequence, have their sequences in common.
    fn in_common(&mut self, fields: &mut RunFields) -> Result<()> {
        let Some((sequences, devices)) = fields.device_sequences.zip(self.given.devices) else {
            return Ok(());
        };
        let degrees = self.trainer.shared_by.iter().map(|key| Ok((key, self.degree(key)?)));
        let mut degrees: Vec<(&String, f64)> = degrees.collect::<Result<_>>()?;
        degrees.retain(|(_, number)| *number > 1.0);
        let degrees = each_once(&degrees)?;
        if degrees.is_empty() {
            return Ok(());
        }
        let together: f64 = degrees.iter().map(|(_, number)| number).product();
        ensure!(
            (devices / together).fract() == 0.0,
            "--devices is {}: expected a multiple of {}, all devices that train together; {} share a model by the file",
            plain(devices),
            plain(together),
            plain(together)
        );
        fields.batch_sequences = Some(sequences * devices / together);
        let told = degrees.iter().map(|(key, number)| format!("{key} = {}", plain(*number)));
        self.said.push(format!(
            "{}: {} devices have the sequences of one in common",
            told.collect::<Vec<_>>().join(", "),
            plain(together)
        ));
        Ok(())
    }

    /// How many devices share a model by a key; 1 where the file does not say.
    ///
    /// # Errors
    /// What is not one number: as 1 it would make the batch so many times larger.
    fn degree(&self, key: &str) -> Result<f64> {
        let found = self.keys.get(key);
        let found = found.filter(|one| self.is_set(Name::DeviceSequences, key, &one.text));
        let Some(found) = found else { return Ok(1.0) };
        let known = self.keys.value(key).and_then(|text| value_of(text, &|_| None));
        let number = known.filter(|number| *number >= 0.0 && number.fract() == 0.0).with_context(|| {
            format!(
                "{key} is {}: expected the number of devices that share a model; --batch says the tokens of a step",
                found.text
            )
        })?;
        Ok(number.max(1.0))
    }
}
