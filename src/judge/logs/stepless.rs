//! Losses on lines of their own that say no step: llm.c writes `val loss 3.2` between the lines of its steps.

use std::collections::{BTreeMap, BTreeSet};

use super::losses;
use crate::config::plain;
use crate::judge::columns::is_measured;
use crate::judge::table::Table;
use crate::plural::counted;

/// Words of such a line that says nothing else: two for the loss, and its number.
const MOST_WORDS: usize = 3;

/// A loss without a step.
#[derive(Clone)]
struct Found {
    name: String,
    number: String,
    /// How many lines with a step stand before it.
    place: usize,
    /// Whether its line says nothing else, of an epoch or of the whole run.
    is_alone: bool,
}

/// A line with a step.
struct Stepped {
    /// `None` for one that is no whole number.
    step: Option<u64>,
    /// What it measures.
    names: Vec<String>,
}

/// Lines with steps, and losses without one between them.
#[derive(Default)]
pub struct Stepless {
    lines: Vec<Stepped>,
    found: Vec<Found>,
}

impl Stepless {
    /// Notes a line with a step.
    pub fn step(&mut self, row: &BTreeMap<String, String>) {
        let step = row.get("step").and_then(|step| step.parse().ok());
        let names = row.keys().filter(|name| is_measured(name)).cloned().collect();
        self.lines.push(Stepped { step, names });
    }

    /// Notes the losses of a line without a step that are not of training.
    pub fn line(&mut self, line: &str) {
        let lower = line.to_lowercase();
        let words = lower.split([' ', '\t', ':', '=', '/', '_']).filter(|word| !word.is_empty());
        let is_alone = words.count() <= MOST_WORDS;
        let is_named = |name: &String| !matches!(name.split_once('_'), None | Some(("train", _)));
        for (name, number) in losses::of_line(&lower, 0) {
            if is_named(&name) {
                self.found.push(Found { name, number, place: self.lines.len(), is_alone });
            }
        }
    }

    /// Adds to a table what of them has a certain step, and says what was left out.
    pub fn settle(self, table: &mut Table) {
        let names: BTreeSet<&str> = self.found.iter().map(|one| one.name.as_str()).collect();
        for name in names {
            let last = last_step(table, name);
            let own = self.of(name, last);
            let certain = own.certain();
            let left = own.found.len() - certain.len();
            table.remarks.extend(counted_in(name, certain.len()));
            table.remarks.extend(left_out(name, left, last.filter(|_| certain.is_empty())));
            table.unread.extend((left > 0).then(|| name.to_owned()));
            for (step, number) in certain {
                let cells = [("step", step.to_string()), (name, number.to_owned())];
                table.push(cells.map(|(name, cell)| (name.to_owned(), cell)).into_iter().collect());
            }
        }
    }

    /// Those of a name. What lines with a step name too is asked for behind the last of these alone: before it, a line
    /// without a step repeats a number. A line that says a step and this loss only is none of training.
    fn of(&self, name: &str, last: Option<f64>) -> Between {
        let is_behind = |one: &&Found| {
            let before = one.place.checked_sub(1).and_then(|before| self.lines[before].step);
            last.is_none_or(|last| before.is_some_and(|step| step as f64 > last))
        };
        let trains = |line: &&Stepped| line.names != [name];
        let place = |one: &Found| self.lines[..one.place].iter().filter(trains).count();
        let own = self.found.iter().filter(|one| one.name == name).filter(is_behind);
        Between {
            steps: self.lines.iter().filter(trains).map(|line| line.step).collect(),
            found: own.map(|one| Found { place: place(one), ..one.clone() }).collect(),
        }
    }
}

/// The last step at which a table has a number of a column; beyond all where a row with one has no step.
fn last_step(table: &Table, column: &str) -> Option<f64> {
    let own = table.rows.iter().filter(|row| row.contains_key(column));
    let steps = own.map(|row| row.get("step").and_then(|step| step.parse().ok()));
    steps.map(|step| step.unwrap_or(f64::INFINITY)).reduce(f64::max)
}

/// The losses of one name between lines with a step.
struct Between {
    /// As they follow each other; `None` for one that is no whole number.
    steps: Vec<Option<u64>>,
    found: Vec<Found>,
}

impl Between {
    /// The losses whose step is certain, with it. None that stand before all steps alone: such a line may be a program's
    /// that was copied into its log.
    fn certain(&self) -> Vec<(u64, &str)> {
        let places: Vec<usize> = self.found.iter().map(|one| one.place).collect();
        let is_only = |place: usize| places.iter().filter(|own| **own == place).count() == 1;
        let is_of_training = places.iter().any(|place| *place > 0);
        let is_sure = |one: &&Found| is_of_training && one.is_alone && is_only(one.place);
        let alone = self.found.iter().filter(is_sure);
        let with_step = alone.filter_map(|one| {
            let step = self.between(one.place).or_else(|| self.in_turn(&places, one.place));
            Some((step?, one.number.as_str()))
        });
        with_step.collect()
    }

    fn at(&self, place: usize) -> Option<u64> {
        *self.steps.get(place)?
    }

    /// The step of what stands between the lines of two steps that follow each other, or at the end of such. Trainers that
    /// count from 0 measure before the line of the same step; those that count from 1 write a step when it is done, and
    /// measure after that line.
    fn between(&self, place: usize) -> Option<u64> {
        let is_next = |first: usize| Some(self.at(first)?.checked_add(1)? == self.at(first + 1)?);
        let beside = match place {
            0 => 0,
            _ if place == self.steps.len() => place.checked_sub(2)?,
            _ => place - 1,
        };
        let done = match place {
            0 => self.at(0)?.saturating_sub(1),
            _ => self.at(place - 1)?,
        };
        let is_from_zero = self.at(0)? == 0;
        let step = if is_from_zero && place > 0 { done.saturating_add(1) } else { done };
        is_next(beside)?.then_some(step)
    }

    /// The step where such a line and one with a step stand in turn: before each from step 0 on, or behind each.
    fn in_turn(&self, places: &[usize], place: usize) -> Option<u64> {
        let count = self.steps.len();
        let rises = (1..count).all(|later| self.at(later - 1) < self.at(later));
        let is_zero = self.at(0)? == 0;
        let stand = |from: usize| places.iter().copied().eq(from..from + count);
        match count > 1 && rises {
            true if is_zero && stand(0) => self.at(place),
            true if !is_zero && stand(1) => self.at(place.checked_sub(1)?),
            _ => None,
        }
    }
}

fn counted_in(name: &str, count: usize) -> Option<String> {
    let told =
        format!("lines with {name} and without a step count at the step of the lines around them");
    (count > 0).then_some(told)
}

/// `last` is the step of the last that is read, if any.
fn left_out(name: &str, count: usize, last: Option<f64>) -> Option<String> {
    let lines = counted(count, "line");
    let last = last.map_or(String::new(), |last| {
        format!("; the last {name} that is read is of step {}", plain(last))
    });
    let told = format!(
        "left out: {lines} with {name} and without a step, which the lines around do not make certain{last}"
    );
    (count > 0).then_some(told)
}

#[cfg(test)]
mod tests {
    use crate::judge::logs::read;
    use crate::judge::table::Table;

    /// Steps and losses on val of a log, and the lines with a loss that are left out.
    fn told(lines: &[&str]) -> (Vec<(String, String)>, Table) {
        let table = read(&lines.join("\n"));
        let of_row = |row: &std::collections::BTreeMap<String, String>| {
            Some((row["step"].clone(), row.get("val_loss")?.clone()))
        };
        (table.rows.iter().filter_map(of_row).collect(), table)
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(step, loss)| ((*step).to_owned(), (*loss).to_owned())).collect()
    }

    #[test]
    fn a_loss_between_two_steps_is_of_the_updates_that_were_done() {
        let from_one = [
            "val loss 11.0",
            "step    1/4 | loss 10.9 (+nanz)| norm 15.0",
            "step    2/4 | loss 9.0 (+nanz)| norm 15.0",
            "val loss 8.5",
            "step    3/4 | loss 8.0 (+nanz)| norm 15.0",
            "step    4/4 | loss 7.0 (+nanz)| norm 15.0",
            "val loss 6.5",
        ];
        let (found, table) = told(&from_one);
        assert_eq!(found, pairs(&[("0", "11.0"), ("2", "8.5"), ("4", "6.5")]));
        assert!(table.unread.is_empty() && table.remarks.len() == 1, "{:?}", table.remarks);
        let from_zero = [
            "val loss 5.3",
            "step 0: train loss 4.7 (took 3 ms)",
            "step 1: train loss 4.6 (took 3 ms)",
            "val loss 5.1",
            "step 2: train loss 4.5 (took 3 ms)",
        ];
        assert_eq!(told(&from_zero).0, pairs(&[("0", "5.3"), ("2", "5.1")]));
    }

    #[test]
    fn losses_that_stand_in_turn_with_steps_are_theirs() {
        let before = ["val loss 5.0", "step 0 | loss 4.0", "val loss 3.5", "step 250 | loss 3.0"];
        assert_eq!(told(&before).0, pairs(&[("0", "5.0"), ("250", "3.5")]));
        let behind = ["step 100 | loss 4.0", "val loss 5.0", "step 200 | loss 3.0", "val loss 3.5"];
        assert_eq!(told(&behind).0, pairs(&[("100", "5.0"), ("200", "3.5")]));
    }

    #[test]
    fn a_loss_whose_step_is_not_certain_is_left_out_and_told() {
        for lines in [
            &["step 100 | loss 4.0", "step 200 | loss 3.5", "val loss 5.0", "step 300 | loss 3.0"]
                [..],
            &["val loss 5.0", "step 100 | loss 4.0", "val loss 4.0", "step 200 | loss 3.0"],
            &["step 1 | loss 4.0", "val loss 5.0", "val loss 4.9", "step 2 | loss 3.0"],
            &["step 1 | loss 4.0", "step 2 | loss 3.0", "epoch 1 ended, val loss 4.9"],
            &["step 1 | loss 4.0", "step 2 | loss 3.0", "final val loss: 4.9"],
            &["step 18446744073709551615 | loss 4.0", "val loss 5.0", "step 2 | loss 3.0"],
            &["val_loss = 0.0", "step 1 | loss 4.0", "step 2 | loss 3.0"],
        ] {
            let (found, table) = told(lines);
            assert!(found.is_empty() && table.unread.contains("val_loss"), "{lines:?}");
            let is_told = |one: &String| one.contains("with val_loss and without a step");
            assert!(table.remarks.iter().any(is_told), "{:?}", table.remarks);
        }
        let both = ["step 1: train loss 4.0, val loss 4.5", "best so far, val loss 4.5"];
        let (found, table) = told(&both);
        assert_eq!((found.len(), table.unread.len(), table.remarks.len()), (1, 0, 0));
    }

    #[test]
    fn a_loss_behind_the_last_line_that_says_it_with_a_step_counts_or_is_told() {
        let begun = ["step 0: val loss 11.0", "step 1 | loss 4.7", "step 2 | loss 4.4"];
        let later = ["val loss 3.9", "step 3 | loss 3.8", "step 4 | loss 3.5", "val loss 3.5"];
        let (found, _) = told(&[&begun[..], &later].concat());
        assert_eq!(found, pairs(&[("0", "11.0"), ("2", "3.9"), ("4", "3.5")]));
        let (found, table) = told(&[&begun[..], &["epoch 1 ended, val loss 3.9"]].concat());
        assert_eq!(found, pairs(&[("0", "11.0")]));
        let said = "without a step, which the lines around do not make certain; the last val_loss that is read is of step 0";
        assert!(table.remarks.iter().any(|one| one.ends_with(said)), "{:?}", table.remarks);
        let again =
            [&begun[..], &["val loss 3.9", "step 3: train loss 3.8, val loss 3.8"]].concat();
        let (found, table) = told(&again);
        assert_eq!((found.len(), table.remarks.len()), (2, 0), "{found:?}");
    }
}
