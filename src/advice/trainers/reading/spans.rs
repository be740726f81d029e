//! Lengths that trainers write in steps, tokens, samples or shares of the run: of runs, warm-ups and falls.

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::super::name::Name;
use super::Reading;
use super::values::help;
use crate::advice::expression::value_of;
use crate::advice::run::RunFields;

/// What a length is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Steps,
    Tokens,
    Samples,
    Epochs,
    /// Of the run.
    Share,
    /// Seconds, or rounds of a program's own: no number of steps.
    Other,
}

/// What OLMo and Composer write behind a number for its unit, the longer first.
const ENDS: [(&str, Unit); 8] = [
    ("tok", Unit::Tokens),
    ("T", Unit::Tokens),
    ("ba", Unit::Steps),
    ("sp", Unit::Samples),
    ("ep", Unit::Epochs),
    ("dur", Unit::Share),
    ("sec", Unit::Other),
    ("iter", Unit::Other),
];

/// What is said of a length that cannot be counted in steps.
const UNKNOWN: &str = "not read, for it is not known how many steps that is";

/// A number and what it counts.
pub type Span = (f64, Unit);

impl Reading<'_> {
    /// The length of the run.
    pub(super) fn duration(&mut self, fields: &mut RunFields) -> Result<()> {
        let Some((key, text)) = self.text(Name::Duration)? else { return Ok(()) };
        if self.given.tokens.is_some() && !text.ends_with("ep") {
            return Ok(());
        }
        let (number, unit) = self.span(Name::Duration, &key, &text)?;
        match unit {
            Unit::Steps => fields.steps = Some(number),
            Unit::Tokens => fields.tokens = Some(number),
            Unit::Samples => fields.tokens = self.context(fields).map(|context| number * context),
            Unit::Epochs => fields.epochs = Some(number),
            Unit::Share | Unit::Other => bail!(
                "{key} = {text}: expected a length in steps, tokens, samples or epochs, such as 10000ba{}",
                help(Name::Duration)
            ),
        }
        Ok(())
    }

    /// Steps of warm-up, where the file does not have them as steps or a share.
    pub(super) fn warmup_span(&mut self, fields: &mut RunFields) -> Result<()> {
        let is_known = fields.warmup.is_some_and(|steps| steps > 0.0);
        if is_known || fields.warmup_ratio.is_some() {
            return Ok(());
        }
        let Some((key, text)) = self.text(Name::WarmupSpan)? else { return Ok(()) };
        let span = self.span(Name::WarmupSpan, &key, &text)?;
        if let (share, Unit::Share) = span {
            fields.warmup_ratio = Some(share);
            return Ok(());
        }
        match self.in_steps(span, fields) {
            Some(steps) => fields.warmup = Some(steps.round()),
            None => self.said.push(format!("{key} = {text}: {UNKNOWN}{}", help(Name::Warmup))),
        }
        Ok(())
    }

    /// The step at which the fall ends, where the file does not have it as one.
    pub(super) fn fall_span(&mut self, fields: &mut RunFields) -> Result<()> {
        if fields.fall_ends.is_some() {
            return Ok(());
        }
        let Some((key, text)) = self.text(Name::FallSpan)? else { return Ok(()) };
        let span = self.span(Name::FallSpan, &key, &text)?;
        let is_whole_run = span.1 == Unit::Epochs && fields.epochs == Some(span.0);
        if span == (1.0, Unit::Share) || is_whole_run {
            return Ok(());
        }
        fields.fall_ends = self.in_steps(span, fields).map(f64::round);
        if fields.fall_ends.is_none() {
            fields.schedule = None;
            self.said.push(format!("{key} = {text}: {UNKNOWN}{}", help(Name::Schedule)));
        }
        Ok(())
    }

    /// A run that is stopped before the length that its schedule is for.
    pub(super) fn stop(&mut self, fields: &mut RunFields) -> Result<()> {
        let Some(stop) = self.count(Name::StopsAt)? else { return Ok(()) };
        let steps = self.steps(fields);
        if steps.is_some_and(|steps| steps <= stop) {
            return Ok(());
        }
        if fields.fall_ends.is_none() {
            fields.fall_ends = steps.map(f64::round);
        }
        if fields.fall_ends.is_none() {
            fields.schedule = None;
        }
        (fields.steps, fields.tokens, fields.epochs) = (Some(stop), None, None);
        let key = self.own(Name::StopsAt).next().map_or("", |key| key);
        let before = match fields.fall_ends.is_some_and(|ends| ends <= stop) {
            true => "its length, and after its schedule has ended",
            false => "its schedule has ended",
        };
        self.said.push(format!("{key} = {stop}: training stops before {before}"));
        Ok(())
    }

    /// A number with its unit.
    ///
    /// # Errors
    /// No number, or one below 0.
    pub(super) fn span(&self, name: Name, key: &str, text: &str) -> Result<Span> {
        let end = ENDS.iter().find_map(|(end, unit)| Some((text.strip_suffix(end)?, *unit)));
        let (number, unit) = end.unwrap_or((text, self.unit_of(name, key)));
        let number = value_of(number, &|_| None).filter(|number| *number >= 0.0);
        let number = number.with_context(|| {
            // The length of the run is no share of itself.
            let share = if name == Name::Duration { "" } else { ", or 0.1dur of the run" };
            format!(
                "{key} = {text}: expected steps, such as 10000, or 2e12T tokens, 1ep, 10000ba or 1e6sp{share}{}",
                help(name)
            )
        })?;
        Ok((number, unit))
    }

    /// The unit of a number that has none beside it.
    fn unit_of(&self, name: Name, key: &str) -> Unit {
        let trainer = self.trainer;
        let in_tokens =
            trainer.units_by.as_deref().is_some_and(|key| self.keys.value(key) == Some("tokens"));
        let of_schedule = (in_tokens && name != Name::Duration).then_some(Unit::Tokens);
        trainer.units.get(key).copied().or(of_schedule).unwrap_or(Unit::Steps)
    }

    /// A length in steps; `None` where it is not known how much a step or the run has.
    pub(super) fn in_steps(&self, (number, unit): Span, fields: &RunFields) -> Option<f64> {
        match unit {
            Unit::Steps => Some(number),
            Unit::Tokens => Some(number / self.batch(fields)?),
            Unit::Samples => Some(number / self.sequences(fields)?),
            Unit::Share => Some(number * self.steps(fields)?),
            Unit::Epochs => Some(number * self.given.unique_tokens? / self.batch(fields)?),
            Unit::Other => None,
        }
    }

    /// Steps of the run.
    pub(super) fn steps(&self, fields: &RunFields) -> Option<f64> {
        let of = |tokens: Option<f64>| Some(tokens? / self.batch(fields)?);
        let given = self.given.steps.or_else(|| of(self.given.tokens));
        given.or(fields.steps).or_else(|| of(fields.tokens))
    }

    /// Tokens of a step.
    fn batch(&self, fields: &RunFields) -> Option<f64> {
        let counted = || Some(self.sequences(fields)? * self.context(fields)?);
        self.given.batch.or_else(counted)
    }

    /// Sequences of a step.
    fn sequences(&self, fields: &RunFields) -> Option<f64> {
        if let Some(batch) = self.given.batch {
            return Some(batch / self.context(fields)?);
        }
        let of_devices = || Some(fields.device_sequences? * self.given.devices?);
        self.given.batch_sequences.or(fields.batch_sequences).or_else(of_devices)
    }

    fn context(&self, fields: &RunFields) -> Option<f64> {
        self.given.context.or(fields.context)
    }
}
