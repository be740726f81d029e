//! The verdicts on losses of two experiments side by side, whichever way round each asks.

use comfy_table::Table;

use super::COLUMNS;
use super::asked::{Asked, Sense};
use crate::report::tables::{new_table, set_close, set_width};
use crate::report::{format, words};
use crate::stats::{Analysis, Kind};

/// The verdicts of both, and how many of them differ in what.
#[derive(Default)]
pub struct Verdicts {
    pub table: Table,
    /// Verdicts that either has.
    all: usize,
    /// That say what cannot both be so: lower and higher, or intervals that have nothing in common.
    contradict: usize,
    /// Decided by both in other words that can both be so: lower, and equivalent within ε.
    compatible: usize,
    /// Decided by one of them, undecided by the other.
    undecided: usize,
    /// Of one of them alone: the other does not ask.
    alone: usize,
    /// Of one of them alone: the other asks, and had nothing to test.
    untested: usize,
}

impl Verdicts {
    pub fn of([left, right]: &[Analysis; 2], names: &[String; 2]) -> Self {
        let table = new_table(&["loss of", "against", &names[0], &names[1], ""]);
        let mut verdicts = Verdicts { table, ..Verdicts::default() };
        let [left, right] = [left, right].map(Asked::all);
        for one in &left {
            let twin = right.iter().find_map(|other| Some((other, other.sense(one)?)));
            verdicts.add_pair(one, twin);
        }
        for one in right.iter().filter(|one| left.iter().all(|other| other.sense(one).is_none())) {
            verdicts.add_alone(one);
        }
        set_close(&mut verdicts.table);
        set_width(&mut verdicts.table, COLUMNS as u16);
        verdicts
    }

    /// A question of the first, with the same of the second.
    fn add_pair(&mut self, one: &Asked, twin: Option<(&Asked, Sense)>) {
        let Some((other, sense)) = twin else {
            self.count_alone(one);
            let told = told(one, one, Sense::Same);
            return self.add(one, [told, format::MISSING.to_owned()], "");
        };
        let kinds = [one.comparison.kind(), sense.kind(other.comparison.kind())];
        let untested = kinds.iter().filter(|kind| **kind == Kind::NoTest).count();
        let differs = untested == 0 && kinds[0] != kinds[1];
        let is_open = kinds.contains(&Kind::Undecided);
        let contradicts = differs && !is_open && contradict(one, other, sense);
        self.all += usize::from(untested < 2);
        self.untested += usize::from(untested == 1);
        self.contradict += usize::from(contradicts);
        self.compatible += usize::from(differs && !is_open && !contradicts);
        self.undecided += usize::from(differs && is_open);
        let told = [told(one, one, Sense::Same), told(other, one, sense)];
        let note = match (differs, is_open, contradicts) {
            (false, ..) => "",
            (true, true, _) => "one undecided",
            (true, false, true) => "differs",
            (true, false, false) => "can both be",
        };
        self.add(one, told, note);
    }

    /// A question that the second alone asks.
    fn add_alone(&mut self, one: &Asked) {
        self.count_alone(one);
        let told = told(one, one, Sense::Same);
        self.add(one, [format::MISSING.to_owned(), told], "");
    }

    fn count_alone(&mut self, one: &Asked) {
        let has_verdict = one.comparison.kind() != Kind::NoTest;
        self.all += usize::from(has_verdict);
        self.alone += usize::from(has_verdict);
    }

    fn add(&mut self, one: &Asked, [left, right]: [String; 2], note: &str) {
        let [subject, object] = one.words.clone();
        self.table.add_row([subject, object, left, right, note.to_owned()]);
    }

    /// How many differ, in a sentence or some; `on` says of what they are.
    pub fn told(&self, on: &str) -> String {
        let mut told = match self.contradict {
            _ if self.all == 0 => format!("Neither has a verdict{on}."),
            0 => format!("No verdict{on} differs."),
            1 => format!("1 verdict{on} differs."),
            count => format!("{count} verdicts{on} differ."),
        };
        let are = |count: usize| if count == 1 { "verdict is" } else { "verdicts are" };
        if self.compatible > 0 {
            told += &format!(
                " {} {} told in other words that can both be so: a difference from 0 that is smaller than ε.",
                self.compatible,
                are(self.compatible)
            );
        }
        if self.undecided > 0 {
            told += &format!(
                " {} {} decided by one of them alone: that seeds of the other do not tell is no difference between them.",
                self.undecided,
                are(self.undecided)
            );
        }
        if self.alone > 0 {
            told += &format!(" {} {} of one of them alone.", self.alone, are(self.alone));
        }
        if self.untested > 0 {
            let count = self.untested;
            told +=
                &format!(" {count} {} of one of them, where the other has no test.", are(count));
        }
        told
    }
}

/// Whether both cannot be so: differences on either side of 0, or intervals that have nothing in common.
fn contradict(one: &Asked, other: &Asked, sense: Sense) -> bool {
    let kinds = [one.comparison.kind(), sense.kind(other.comparison.kind())];
    let are_opposite = kinds.contains(&Kind::Lower) && kinds.contains(&Kind::Higher);
    let own = one.comparison.judgement.interval;
    let others = other.comparison.judgement.interval.map(|ends| sense.interval(ends));
    let are_apart = own.zip(others).is_some_and(|([low, high], [other_low, other_high])| {
        low.max(other_low) > high.min(other_high)
    });
    are_opposite || are_apart
}

/// What a comparison says of a question, in a word and in numbers; `sense` is that in which it asks it.
fn told(answer: &Asked, question: &Asked, sense: Sense) -> String {
    let comparison = answer.comparison;
    let word = words::kind(sense.kind(comparison.kind()));
    let what = words::quantity(comparison.quantity);
    let mean = format::signed(sense.number(comparison.difference.mean), 3);
    let interval = comparison.judgement.interval;
    let interval = interval.map(|ends| format!(" {}", format::interval(sense.interval(ends), 3)));
    let point = words::at_point(answer.side_of(question));
    format!("{word} ({what} {mean}{}{point})", interval.unwrap_or_default())
}
