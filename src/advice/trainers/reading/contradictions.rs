//! Keys of one field that state different numbers.

use anyhow::{Result, bail};

use super::super::name::Name;
use super::Reading;
use super::values::help;
use crate::advice::expression::value_of;
use crate::advice::keys::OPTIMIZERS_LR;
use crate::advice::run::RunFields;

impl Reading<'_> {
    /// The peak learning rate. The one with which a program calls its optimizer stands before another that the file has.
    ///
    /// # Errors
    /// Several with which it is called, or one that is not known there, unless the file has no other.
    pub(super) fn lr(&mut self) -> Result<Option<f64>> {
        let called = self.keys.get(OPTIMIZERS_LR).filter(|_| !self.is_given(Name::Lr));
        let Some(called) = called else { return self.lr_of_keys() };
        let number = value_of(&called.text, &|_| None);
        let stated = self.stated(Name::Lr)?;
        let is_same = |text: &str| number.is_some() && value_of(text, &|_| None) == number;
        if stated.as_ref().is_some_and(|(_, text)| is_same(text)) {
            return Ok(number);
        }
        let other = stated.map(|(key, text)| format!("{key} = {text}"));
        if called.doubt.is_some() {
            let beside = other.map_or(String::new(), |other| format!(", and {other}"));
            let told = format!("{}{beside}: expected one value{}", called.text, help(Name::Lr));
            bail!("{OPTIMIZERS_LR} is {told}");
        }
        let taken =
            |other| format!("{OPTIMIZERS_LR}, {}, is the run's, and not {other}", called.text);
        self.said.extend(other.map(taken));
        Ok(number)
    }

    fn lr_of_keys(&mut self) -> Result<Option<f64>> {
        if self.is_given(Name::Lr) {
            return Ok(None);
        }
        match self.default_peak() {
            Some(peak) => Ok(Some(peak)),
            None => self.number(Name::Lr),
        }
    }

    /// A last learning rate above the peak is one of two numbers that are written wrongly.
    pub(super) fn refuse_rise(&mut self, fields: &RunFields) -> Result<()> {
        let peak = self.given.lr.or(fields.lr).unwrap_or(f64::INFINITY);
        let lowest = fields.min_lr.map(|min| (Name::MinLr, min > peak));
        let share = fields.min_lr_ratio.map(|share| (Name::MinLrRatio, share > 1.0));
        let Some((name, true)) = lowest.or(share) else { return Ok(()) };
        let (key, text) = self.text(name)?.unwrap_or_default();
        match name {
            Name::MinLr => {
                bail!("{key} = {text} is above the peak learning rate {peak}{}", help(name))
            }
            _ => bail!("{key} = {text}: expected a share of the peak, from 0 to 1{}", help(name)),
        }
    }

    /// A schedule that is named for its lowest learning rate has none by default.
    pub(super) fn refuse_no_lowest(&self, fields: &RunFields) -> Result<()> {
        let is_known = fields.min_lr.or(fields.min_lr_ratio).is_some();
        if is_known || self.is_given(Name::MinLrRatio) || self.is_given(Name::Schedule) {
            return Ok(());
        }
        let Some(schedule) = self.has_own_lowest() else { return Ok(()) };
        let keys: Vec<&str> =
            self.own(Name::MinLr).chain(self.own(Name::MinLrRatio)).map(String::as_str).collect();
        bail!(
            "the schedule is {schedule}: expected one of {}{}",
            keys.join(", "),
            help(Name::MinLr)
        )
    }

    /// The first key of a list counts, but not where another plainly states another number that the answer rests on.
    pub(super) fn refuse_contradiction(&self, name: Name) -> Result<()> {
        if !matches!(name, Name::Lr | Name::WeightDecay | Name::Beta1) {
            return Ok(());
        }
        // The peak of a schedule stands before the optimizer's learning rate and mostly differs from it.
        if name == Name::Lr && !self.trainer.own_peaks.is_empty() {
            return Ok(());
        }
        let number = |key| value_of(self.keys.value(key)?, &|_| None);
        let mut stated = self.own(name).filter_map(|key| Some((key, number(key)?)));
        let Some((key, first)) = stated.next() else { return Ok(()) };
        if let Some((other, second)) = stated.find(|(_, second)| *second != first) {
            bail!("{key} = {first} and {other} = {second}: expected one value{}", help(name));
        }
        Ok(())
    }
}
