//! What a trainer takes where a file is silent, and whose defaults do not hold.

use super::super::name::Name;
use super::Reading;
use crate::advice::keys::{Call, OPTIMIZER_CALLED, SCHEDULE_CALLED, is_of_call};

/// The default learning rate of programs that share a trainer's keys.
struct OwnLr<'a> {
    /// The classes, or the key, that tell the program.
    who: String,
    /// What they do in the file.
    does: &'static str,
    /// `None` where it is not known, or not which.
    lr: Option<&'a str>,
}

impl<'a> Reading<'a> {
    /// The default of a field; it is remembered as taken.
    pub(super) fn default_of(&mut self, name: Name) -> Option<(String, String)> {
        if let Some(own) = self.own_lr().filter(|_| name == Name::Lr) {
            return self.take_lr(own);
        }
        let has_default = self.trainer.defaults.contains_key(&name) && self.has_default(name);
        if let Some(stranger) = self.stranger(name).filter(|_| has_default) {
            self.pass_over(name, &stranger);
            return None;
        }
        let default = self.trainer.defaults.get(&name).filter(|_| self.has_default(name))?;
        let key = self.own(name).find(|key| !is_of_call(key));
        let key = key.map_or("", |key| key.as_str());
        self.take(key, format!("{key} = {default}"));
        Some((key.to_owned(), default.clone()))
    }

    /// Remembers a default as taken.
    fn take(&mut self, key: &str, row: String) {
        if !key.is_empty() && !self.taken.contains(&row) {
            self.taken.push(row);
        }
    }

    /// Whose default learning rate a file has that is of a class which shares the trainer's keys. The call of a class tells
    /// more than a key.
    fn own_lr(&self) -> Option<OwnLr<'a>> {
        let called = self.trainer.class_lrs.iter().filter(|(class, _)| self.keys.is_called(class));
        let (classes, lrs): (Vec<&str>, Vec<&str>) =
            called.map(|(class, lr)| (class.as_str(), lr.as_str())).unzip();
        let Some(first) = lrs.first() else {
            let key = self.trainer.of_classes.iter().find(|key| self.is_of_class(key))?;
            return Some(OwnLr { who: key.clone(), does: "is a key of TRL", lr: None });
        };
        let is_one = !first.is_empty() && lrs.iter().all(|lr| lr == first);
        let does = if classes.len() > 1 { "are called" } else { "is called" };
        Some(OwnLr { who: classes.join(" and "), does, lr: is_one.then_some(first) })
    }

    /// Whether a key is there, and not as the argument of a call that has nothing of the trainer.
    fn is_of_class(&self, key: &str) -> bool {
        let is_handed = |call: &&Call| call.arguments.iter().any(|name| name == key);
        let mut calls = self.keys.calls.iter().filter(is_handed).peekable();
        let is_alone = calls.peek().is_none();
        let is_of_trainer = |name: &String| self.trainer.marks.contains(name);
        self.keys.contains(key)
            && (is_alone || calls.any(|call| call.arguments.iter().any(is_of_trainer)))
    }

    /// The default learning rate of another program; it is remembered as taken, or it is said that there is none.
    fn take_lr(&mut self, own: OwnLr) -> Option<(String, String)> {
        let key = self.own(Name::Lr).next()?;
        let Some(lr) = own.lr else {
            self.said.push(format!(
                "{} {}: no default of the learning rate is taken",
                own.who, own.does
            ));
            return None;
        };
        self.take(key, format!("{key} = {lr} ({})", own.who));
        Some((key.clone(), lr.to_owned()))
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
        let is_of_trainer = self.trainer.class_lrs.keys().any(|class| self.keys.is_called(class));
        called.filter(|_| self.trainer.has_defaults_for_itself_alone && !is_of_trainer)
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
        let schedule = match self.keys.value(SCHEDULE_CALLED) {
            Some(schedule) => format!("its schedule is {schedule}"),
            None if self.falls_as_trainers() => {
                format!("its schedule is taken for {trainer}'s, whose names it has")
            }
            None => "its schedule is not read: --schedule, --warmup and --min-lr-ratio say it"
                .to_owned(),
        };
        let program = format!(
            "it calls {called} itself: a program of its own, for which defaults of {trainer} do not hold; without \
             another word of it, nothing is accumulated and nothing warmed up; {schedule}"
        );
        own.filter(|_| self.says(Name::Accumulation)).into_iter().chain([program]).collect()
    }
}
