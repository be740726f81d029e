//! Sequences of a step where a file says how many one device has.

use anyhow::Result;

use super::super::Name;
use super::Reading;
use crate::advice::expression::value_of;
use crate::advice::run::RunFields;
use crate::config::plain;

impl Reading<'_> {
    /// Sequences of one device, with what it accumulates.
    pub(super) fn of_device(&mut self, fields: &mut RunFields, accumulation: f64) -> Result<()> {
        let total = self.count(Name::DeviceTotal)?.filter(|_| !self.has(Name::Accumulation));
        fields.device_sequences = match total {
            Some(total) => Some(total),
            None => self.count(Name::DeviceSequences)?.map(|one| one * accumulation),
        };
        self.in_common(fields);
        Ok(())
    }

    /// Devices that share a model, or a sequence, have their sequences in common.
    fn in_common(&mut self, fields: &mut RunFields) {
        let Some((sequences, devices)) = fields.device_sequences.zip(self.given.devices) else {
            return;
        };
        let degree = |key: &String| {
            let number = value_of(self.keys.value(key)?, &|_| None).filter(|one| *one > 1.0)?;
            Some((format!("{key} = {}", plain(number)), number))
        };
        let degrees: Vec<(String, f64)> =
            self.trainer.shared_by.iter().filter_map(degree).collect();
        if degrees.is_empty() {
            return;
        }
        let together: f64 = degrees.iter().map(|(_, number)| number).product();
        fields.batch_sequences = Some(sequences * devices / together);
        fields.device_sequences = None;
        let keys: Vec<String> = degrees.into_iter().map(|(key, _)| key).collect();
        self.said.push(format!(
            "{}: {} devices have the sequences of one in common",
            keys.join(", "),
            plain(together)
        ));
    }
}
