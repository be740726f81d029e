//! The lines of a log, one after the other.

use std::borrow::Cow;
use std::collections::BTreeMap;

use anstream::adapter::strip_bytes;

use super::losses::AGAIN;
use super::objects;
use super::rows::{parsed, row_of};
use super::stepless::Stepless;
use super::steps::{LONGEST, of_line};
use crate::json;
use crate::judge::table::Table;
use crate::plural::counted;

type Row = BTreeMap<String, String>;

/// What the lines of a log say.
#[derive(Default)]
pub struct Lines {
    table: Table,
    /// What is measured once more when training has ended.
    again: Vec<Row>,
    stepless: Stepless,
    /// Lines of JSON of which nothing is read, and those that are none.
    twice: usize,
    broken: usize,
    /// Lines that name losses in quotation marks and say no step, and those that cannot be read.
    without_step: usize,
    odd: usize,
}

impl Lines {
    /// Those of a text.
    pub fn of(text: &str) -> Self {
        let mut lines = Lines::default();
        // A progress bar goes back to the beginning of its line.
        text.split(['\n', '\r']).for_each(|line| lines.add(without_colours(line).trim()));
        lines
    }

    fn add(&mut self, line: &str) {
        let is_of_json =
            line.strip_prefix('{').is_some_and(|rest| !rest.trim_start().starts_with('\''));
        if is_of_json {
            // A list that is written an object a line has commas between them.
            self.add_object(line.trim_end_matches(','));
        } else if objects::has_a_loss(line) {
            self.add_named(line);
        } else {
            self.add_words(line);
        }
    }

    fn add_object(&mut self, line: &str) {
        if let Some(row) = parsed(line).and_then(row_of) {
            return self.table.push(row);
        }
        self.table.unread.extend(objects::others(line));
        match json::is_json(line) {
            true => self.twice += 1,
            false => self.broken += 1,
        }
    }

    /// A line with losses that are named in quotation marks.
    fn add_named(&mut self, line: &str) {
        let row = objects::row(line);
        let is_other = |name: &String| objects::is_of_another_text(name);
        if !row.as_ref().is_some_and(|row| row.keys().any(is_other)) {
            self.table.unread.extend(objects::others(line));
        }
        match row {
            Some(row) => self.add_row(row),
            None if objects::has_a_step(line) => self.odd += 1,
            None => self.without_step += 1,
        }
    }

    fn add_words(&mut self, line: &str) {
        match of_line(line) {
            Some(row) => self.add_row(row),
            None if line.len() <= LONGEST => self.stepless.line(line),
            None => {}
        }
    }

    fn add_row(&mut self, row: Row) {
        self.stepless.step(&row);
        match row.keys().any(|name| name.ends_with(AGAIN)) {
            true => self.again.push(row),
            false => self.table.push(row),
        }
    }

    /// Their rows, with what was left out.
    pub fn table(mut self) -> Table {
        self.settle_again();
        std::mem::take(&mut self.stepless).settle(&mut self.table);
        let reasons = [
            (self.twice, "of JSON with a key twice or nothing that is read"),
            (self.broken, "beginning with { and holding no single object of JSON"),
            (self.odd, "with a loss in a dict of Python or an object of JSON that cannot be read"),
            (
                self.without_step,
                "with a loss in a dict of Python or an object of JSON that says no step; what is read is the \
                 trainer_state.json that transformers write into the folder of the run",
            ),
        ];
        for (count, reason) in reasons.into_iter().filter(|(count, _)| *count > 0) {
            self.table.remarks.push(format!("left out: {} {reason}", counted(count, "line")));
        }
        self.table
    }

    /// What was measured once more counts where its step has no other number: batches may be others then, and so the
    /// number.
    fn settle_again(&mut self) {
        let mut count = 0;
        for row in std::mem::take(&mut self.again) {
            let bare = |(name, text): (String, String)| (name.replace(AGAIN, ""), text);
            let row: Row = row.into_iter().map(bare).collect();
            let is_of_it = |known: &&Row| {
                known.get("step") == row.get("step")
                    && row.keys().all(|name| known.contains_key(name))
            };
            match self.table.rows.iter().find(is_of_it) {
                Some(known) => {
                    count += usize::from(row.iter().any(|one| known.get(one.0) != Some(one.1)))
                }
                None => self.table.push(row),
            }
        }
        if count > 0 {
            self.table.remarks.push(format!(
                "left out: {} of another number `on validation set` after training: that of the same step during \
                 training counts",
                counted(count, "line")
            ));
        }
    }
}

/// A line as a terminal shows it, without what colours it.
fn without_colours(line: &str) -> Cow<'_, str> {
    if !line.contains('\u{1b}') {
        return Cow::Borrowed(line);
    }
    Cow::Owned(String::from_utf8_lossy(&strip_bytes(line.as_bytes()).into_vec()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_of_a_terminal_are_no_part_of_a_line() {
        let text = "INFO - \u{1b}[31mstep: 10  \u{1b}[32mloss:  3.25  \u{1b}[36mmfu: 40.0%\u{1b}[39m\n\
                    \u{1b}[1;35mvalidate step: 10  \u{1b}[38;5;10mloss:  3.5  \u{1b}[33mmemory: 10GiB\u{1b}[0m\r\n\
                    \u{1b}[2K\u{1b}[Aüber \u{1b}]0;title\u{7}step 20: val loss \u{1b}[1m3.75\u{1b}[0m";
        let table = Lines::of(text).table();
        let said: Vec<_> = table.rows.iter().map(|row| row.iter().collect::<Vec<_>>()).collect();
        let own = |name: &str| -> Vec<&str> {
            table.rows.iter().filter_map(|row| row.get(name)).map(String::as_str).collect()
        };
        assert_eq!(own("step"), ["10", "10", "20"], "{said:?}");
        assert_eq!((own("loss"), own("val_loss")), (vec!["3.25"], vec!["3.5", "3.75"]), "{said:?}");
    }

    #[test]
    fn what_megatron_measures_after_training_counts_where_its_step_has_no_other_number() {
        let line = |step: usize, of: &str, loss: f64| {
            format!(
                " validation loss at iteration {step}{of} | lm loss value: {loss} | lm loss PPL: 2.4 | \n"
            )
        };
        let told = |last: f64, end: usize| {
            let lines = [line(500, "", 3.5), line(1000, "", 3.25), line(end, AGAIN, last)];
            let text = lines.concat() + &line(end, " on test set", 3.75);
            let table = Lines::of(&text).table();
            let own = table.rows.iter().filter_map(|row| row.get("val_loss")).cloned();
            (own.collect::<Vec<String>>(), table.remarks.join("; "))
        };
        let (losses, remark) = told(3.0, 1000);
        assert_eq!(losses, ["3.5", "3.25"]);
        assert!(remark.contains("1 line of another number `on validation set`"), "{remark}");
        assert_eq!(told(3.25, 1000), (vec!["3.5".to_owned(), "3.25".to_owned()], String::new()));
        assert_eq!(told(3.0, 1200).0, ["3.5", "3.25", "3"]);
    }

    #[test]
    fn a_dict_that_python_prints_is_told_with_the_file_that_is_read() {
        let table =
            Lines::of("{'loss': 3.6, 'epoch': 0.5}\n{'eval_loss': 3.7, 'epoch': 0.5}").table();
        assert!(table.rows.is_empty(), "{:?}", table.rows);
        let [told] = &table.remarks[..] else { panic!("{:?}", table.remarks) };
        assert!(told.starts_with("left out: 2 lines with a loss in a dict of Python"), "{told}");
        assert!(told.contains("trainer_state.json"), "{told}");
    }
}
