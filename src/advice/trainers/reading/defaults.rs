//! What a trainer takes where a file is silent, and whose defaults do not hold.

use super::super::Name;
use super::Reading;
use crate::advice::keys::{CALL_OF, OPTIMIZER_CALLED};

impl<'a> Reading<'a> {
    /// The default of a field; it is remembered as taken.
    pub(super) fn default_of(&mut self, name: Name) -> Option<(String, String)> {
        if let Some(own) = self.own_lr().filter(|_| name == Name::Lr) {
            return self.take_lr(own);
        }
        let default = self.trainer.defaults.get(&name).filter(|_| self.has_default(name))?;
        let key = self.own(name).find(|key| *key != OPTIMIZER_CALLED);
        let key = key.map_or("", |key| key.as_str());
        let row = format!("{key} = {default}");
        if !key.is_empty() && !self.taken.contains(&row) {
            self.taken.push(row);
        }
        Some((key.to_owned(), default.clone()))
    }

    /// What the file is known by as one of a program that shares the trainer's keys, with the default learning rate of that
    /// program, empty where it is not known. The call of a class tells more than a key.
    fn own_lr(&self) -> Option<(&'a String, &'a String)> {
        let has = |(key, _): &(&String, &String)| self.keys.contains(key);
        let all = || self.trainer.own_lrs.iter().filter(has);
        let mut called = all().filter(|(key, _)| key.starts_with(CALL_OF));
        let Some(first) = called.next() else { return all().next() };
        called.find(|other| other.1 != first.1).or(Some(first))
    }

    /// The default learning rate of another program; it is remembered as taken, or it is said that there is none.
    fn take_lr(&mut self, (whose, lr): (&String, &String)) -> Option<(String, String)> {
        let class = whose.strip_prefix(CALL_OF);
        let key = self.own(Name::Lr).next()?;
        if lr.is_empty() {
            let who = class
                .map_or(format!("{whose} is a key of TRL"), |class| format!("{class} is called"));
            self.said.push(format!("{who}: no default of the learning rate is taken"));
            return None;
        }
        let row = class.map_or(format!("{key} = {lr}"), |class| format!("{key} = {lr} ({class})"));
        if !self.taken.contains(&row) {
            self.taken.push(row);
        }
        Some((key.clone(), lr.clone()))
    }

    /// Whether a file that is silent about a field has the trainer's default.
    fn has_default(&self, name: Name) -> bool {
        let of_schedule =
            [Name::Schedule, Name::Warmup, Name::WarmupSpan, Name::MinLr, Name::MinLrRatio];
        if self.unscheduled().is_some() && of_schedule.contains(&name) {
            return false;
        }
        if name == Name::MinLrRatio && self.has_own_lowest().is_some() {
            return false;
        }
        self.program_of_its_own().is_none() || name == Name::Schedule && self.falls_as_trainers()
    }

    /// The schedule, where its name says that the lowest learning rate is stated beside it.
    pub(super) fn has_own_lowest(&self) -> Option<&str> {
        let schedule = self.own(Name::Schedule).find_map(|key| self.keys.value(key))?;
        schedule.to_lowercase().contains("with_min_lr").then_some(schedule)
    }

    /// The optimizer of a program that is not the trainer's but has names of it: what it does not say it does not do, or
    /// has to be asked for.
    fn program_of_its_own(&self) -> Option<&str> {
        let called = self.keys.get(OPTIMIZER_CALLED).map(|found| found.text.as_str());
        called.filter(|_| self.trainer.has_defaults_for_itself_alone)
    }

    /// The key that would state a schedule, where the file lacks it.
    fn unscheduled(&self) -> Option<&str> {
        self.trainer.scheduled_by.as_deref().filter(|key| !self.keys.contains(key))
    }

    /// The peak of a schedule that has one of its own, which the file does not state; it is remembered as taken.
    pub(super) fn default_peak(&mut self) -> Option<f64> {
        let key = self.own(Name::Lr).next().filter(|key| !self.keys.contains(key))?;
        let schedule = self.own(Name::Schedule).find_map(|key| self.keys.value(key))?;
        let peak = *self.trainer.own_peaks.get(&schedule.to_lowercase())?;
        self.taken.push(format!("{key} = {peak}"));
        Some(peak)
    }

    /// Whether a program names how far its learning rate falls and when, which the trainer's own schedule alone has together.
    fn falls_as_trainers(&self) -> bool {
        self.says(Name::MinLr) && self.says(Name::FallEnds)
    }

    /// What is to be known of the file whatever it says.
    pub fn remark(&self) -> Vec<String> {
        let unscheduled = self.unscheduled().filter(|_| !self.is_given(Name::Schedule)).map(|key| {
            format!(
                "no schedule is stated ({key}): the program that reads the file may bring its own; --schedule, --warmup \
                 and --min-lr-ratio say it"
            )
        });
        let own = self.trainer.remark.clone().or(unscheduled);
        let Some(called) = self.program_of_its_own() else { return own.into_iter().collect() };
        let trainer = &self.trainer.name;
        let schedule = match self.falls_as_trainers() {
            true => format!("its schedule is taken for {trainer}'s, whose names it has"),
            false => "its schedule is not read: --schedule, --warmup and --min-lr-ratio say it"
                .to_owned(),
        };
        let program = format!(
            "it calls {called} itself: a program of its own, for which defaults of {trainer} do not hold; without \
             another word of it, nothing is accumulated and nothing warmed up; {schedule}"
        );
        own.filter(|_| self.says(Name::Accumulation)).into_iter().chain([program]).collect()
    }
}
