//! Losses that a line names in quotation marks: in a dict of Python or an object of JSON, alone or behind what a logger
//! writes before it.

use std::collections::{BTreeMap, BTreeSet};

use super::losses;
use super::rows::{parsed, row_of};
use super::steps::of_line;
use crate::json;
use crate::judge::columns::STEPS;
use crate::judge::table::means_one_of;
use crate::judge::words::words;

type Row = BTreeMap<String, String>;

/// What names stand between.
const MARKS: [char; 2] = ['\'', '"'];
/// What the names of losses end with.
const LOSSES: [&str; 2] = ["loss", "bpb"];
/// What is written for no number, and for what was not measured or cannot be written.
const NO_NUMBERS: [&str; 3] = ["nan", "inf", "infinity"];
const NONE: [&str; 2] = ["null", "none"];
/// What Python writes otherwise than JSON, or than what is read for it.
const OF_PYTHON: [(&str, &str); 5] =
    [("True", "true"), ("False", "false"), ("None", "null"), ("nan", "NaN"), ("inf", "Infinity")];

/// Whether a line names a loss and says its number. Source code that was copied into a log only names it.
pub fn has_a_loss(line: &str) -> bool {
    let is_said = |value: &str| is_number(value) || NONE.contains(&&*bare(value));
    named(line).into_iter().any(|(name, value)| is_loss(name) && is_said(value))
}

/// Whether a line names a step.
pub fn has_a_step(line: &str) -> bool {
    named(line).into_iter().any(|(name, _)| means_one_of(name, &STEPS))
}

/// What a line says where its step is certain: its object with a step of its own, or its losses with the step that stands
/// among its words.
pub fn row(line: &str) -> Option<Row> {
    let object = object(line).unwrap_or_default();
    let read = parsed(object).or_else(|| parsed(&in_json(object)?));
    // Of two values of a key nobody knows which is meant.
    let is_twice = read.is_none() && json::is_json(object);
    let whole = read.and_then(row_of).and_then(with_step);
    whole.or_else(|| of_line(&as_words(line)).filter(|_| !is_twice))
}

/// The losses of a line that are not of training.
pub fn others(line: &str) -> BTreeSet<String> {
    let said = losses::of_line(&as_words(line).to_lowercase(), 0).into_keys();
    let named = named(line).into_iter().filter(|(name, value)| is_loss(name) && is_number(value));
    let named = named.map(|(name, _)| name.replace('/', "_"));
    said.chain(named).filter(|name| is_of_another_text(name)).collect()
}

/// Whether a name is of a loss on another text than that of training.
pub fn is_of_another_text(name: &str) -> bool {
    losses::are_of_another_text(&words(name))
}

fn is_loss(name: &str) -> bool {
    words(name).last().is_some_and(|last| LOSSES.contains(&&**last))
}

fn is_number(value: &str) -> bool {
    value.contains(|one: char| one.is_ascii_digit()) || NO_NUMBERS.contains(&&*bare(value))
}

/// A value without its sign and quotation marks.
fn bare(value: &str) -> String {
    value.trim().trim_matches(MARKS).trim_start_matches('-').to_lowercase()
}

/// Names in quotation marks before a colon, each with what stands behind that.
fn named(line: &str) -> Vec<(&str, &str)> {
    let own = line.match_indices(MARKS).filter_map(|(end, mark)| {
        let begin = line[..end].rfind(mark)? + mark.len();
        let behind = line[end + mark.len()..].trim_start().strip_prefix(':')?;
        let length = behind.find([',', '}']).unwrap_or(behind.len());
        Some((&line[begin..end], &behind[..length]))
    });
    own.collect()
}

/// The first object of a line with all that follows, up to the last brace.
fn object(line: &str) -> Option<&str> {
    let is_one = |at: usize| line[at + 1..].trim_start().starts_with(MARKS);
    let (begin, _) = line.match_indices('{').find(|(at, _)| is_one(*at))?;
    let end = line.rfind('}').filter(|end| *end > begin)?;
    Some(&line[begin..=end])
}

/// A dict of Python as JSON; `None` where it has other quotation marks inside of its own.
fn in_json(dict: &str) -> Option<String> {
    let translated = |part: &str| {
        let told = |part: String, (python, json): (&str, &str)| part.replace(python, json);
        OF_PYTHON.into_iter().fold(part.to_owned(), told)
    };
    let parts = dict.split('\'').enumerate();
    let parts =
        parts.map(|(place, part)| if place % 2 == 0 { translated(part) } else { part.to_owned() });
    let is_plain = !dict.contains(['"', '\\']);
    is_plain.then(|| parts.collect::<Vec<String>>().join("\""))
}

/// A row whose step is called so, as that of lines of words is.
fn with_step(mut row: Row) -> Option<Row> {
    let means = |step: &str| row.keys().find(|name| means_one_of(name, &[step])).cloned();
    let name = STEPS.into_iter().find_map(means)?;
    let step = row.remove(&name).filter(|step| step.parse::<f64>().is_ok_and(f64::is_finite))?;
    row.insert("step".to_owned(), step);
    Some(row)
}

/// A line without what marks names and objects.
fn as_words(line: &str) -> String {
    line.replace(MARKS, "").replace(['{', '}'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::logs::read;

    fn only(line: &str) -> Row {
        read(line).rows.into_iter().next().unwrap_or_default()
    }

    #[test]
    fn a_dict_or_an_object_with_a_step_is_read_wherever_it_stands() {
        for line in [
            "{'step': 3, 'val_loss': 3.5}",
            "{ 'val_loss': '3.5', 'global_step': 3, 'is_last': False, 'best': None }",
            "2026-01-01 12:00:00 INFO {\"step\": 3, \"val_loss\": 3.5}",
            "INFO don't stop {'iter': 3, 'val_loss': 3.5} (took 3 ms)",
            "step 3: {'val_loss': 3.5, 'epoch': 1.0}",
            "step 3 | loss 4.5 | {\"val_loss\": 3.5}",
            "[val] step 3 {'loss': 3.5}",
            "{'step': 3, 'val_loss': 3.5, 'lr': np.float64(0.1)}",
        ] {
            let row = only(line);
            let own = |name: &str| row.get(name).map(String::as_str);
            assert_eq!((own("step"), own("val_loss")), (Some("3"), Some("3.5")), "{line}");
        }
        assert_eq!(&*only("{'step': 3, 'val_loss': nan}")["val_loss"], "nan");
        assert_eq!(&*only("INFO {\"step\": 3, \"val_loss\": null}")["val_loss"], "nan");
        assert_eq!(&*only("INFO {'step': 3, 'val': {'loss': 3.5}}")["val/loss"], "3.5");
    }

    #[test]
    fn a_loss_that_is_not_read_is_noted_by_its_name() {
        for (line, name, is_step_said) in [
            ("{'val_loss': 3.5, 'epoch': 1.0}", "val_loss", false),
            ("INFO {\"val/loss\": 3.5}", "val_loss", false),
            (" 50%|##  | 3/6 [00:01<00:02]{'eval_c4_loss': 3.5}", "eval_c4_loss", false),
            ("eval: {'loss': 3.5}", "eval_loss", false),
            ("INFO {'step': 3, 'val_loss': tensor(3.5)}", "val_loss", true),
            ("INFO {\"step\": 3, \"val_loss\": 3.5, \"val_loss\": 3.6}", "val_loss", true),
            ("  \"val_loss\": 3.5,", "val_loss", false),
        ] {
            let table = read(&format!("step 1 | loss 4.5\n{line}"));
            assert!(table.unread.contains(name), "{line}: {:?}", table.unread);
            let [told] = &table.remarks[..] else { panic!("{line}: {:?}", table.remarks) };
            assert_eq!(told.contains("says no step"), !is_step_said, "{told}");
            assert_eq!(table.rows.len(), 1, "{line}");
        }
        let broken = read("step 1 | loss 4.5\n{\"step\": 3, \"val_loss\": 3.5");
        assert!(broken.unread.contains("val_loss"), "{:?}", broken.remarks);
    }

    #[test]
    fn losses_of_training_and_source_code_are_not_noted() {
        for line in [
            "{'loss': 3.5, 'epoch': 1.0}",
            "{'train_loss': 3.5}",
            "{'best_val_loss': 3.5}",
            "wandb.log({'step': step, 'val_loss': val_loss.item()})",
            "INFO {'lr': 0.1}",
            "INFO {'step': 3, 'loss': 3.5, 'val_loss': None}",
        ] {
            let table = read(&format!("step 1 | loss 4.5\n{line}"));
            assert!(table.unread.is_empty(), "{line}: {:?}", table.unread);
        }
    }
}
