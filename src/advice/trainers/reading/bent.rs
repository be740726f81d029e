//! Schedules that keys of a trainer give another shape than the one that their name has everywhere else.

use super::super::name::Name;
use super::Reading;
use crate::advice::run::RunFields;

impl<'a> Reading<'a> {
    /// Leaves a schedule unknown whose shape such a key changes.
    pub(super) fn bent(&mut self, fields: &mut RunFields) {
        // Who says over which share it falls takes it for a plain one.
        if fields.schedule.is_none() || self.given.wsd_fall.is_some() {
            return;
        }
        let unlike = self.trainer.bent_unless.iter();
        let unlike = unlike.filter(|(key, usual)| self.keys.is_unlike(key, usual));
        let is_that = |(key, value): &(&String, &String)| {
            self.keys.value(key).is_some_and(|own| own.eq_ignore_ascii_case(value))
        };
        let bends = unlike.chain(self.trainer.bent_where.iter().filter(is_that)).next();
        if let Some((key, _)) = bends.filter(|(key, _)| self.keys.contains(key)) {
            (fields.schedule, fields.wsd_fall) = (None, None);
            let value = self.keys.value(key).unwrap_or_default();
            self.said.push(format!(
                "{key} = {value}: the learning rate falls in another shape than this trainer's schedule has in others, which is \
                 not known here; --schedule says the nearest"
            ));
        }
    }

    /// Whether the program that a file is of does not read a field, nor has the trainer's default of it.
    pub(super) fn is_unread_here(&mut self, name: Name) -> bool {
        let beside = |key: &'a String| Some((key, self.trainer.unread_beside.get(key)?));
        let unread = self.own(name).filter_map(beside).find(|(_, one)| self.keys.contains(one));
        if let Some((key, beside)) = unread.filter(|(key, _)| self.keys.contains(key)) {
            self.said.push(format!("{key} is not read by the program whose files have {beside}"));
        }
        unread.is_some()
    }
}
