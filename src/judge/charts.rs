//! Charts that Weights & Biases exports, a column a run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Result, ensure};

use super::table::Table;
use super::words::words;

/// What a chart's export puts after the name of a series for its bounds.
const LOWEST: &str = "__MIN";
const HIGHEST: &str = "__MAX";
/// Between the name of a run and that of its number there.
const JOINT: &str = " - ";
/// The step of a run there.
const STEP: &str = "_step";

/// Whether a column holds a bound of a series.
pub fn is_bound(column: &str) -> bool {
    column.ends_with(LOWEST) || column.ends_with(HIGHEST)
}

/// A chart's export, a column a run, as rows of run, step and number. Without a step of its own or of the chart a run has
/// one number: which of several is the last is not known.
///
/// # Errors
/// Several numbers of a run without a step.
pub fn series(path: &Path, wide: &Table) -> Result<Table> {
    let mut long = Table::default();
    let axis = Axis::of(wide);
    let own = wide.columns.iter().filter(|column| !is_bound(column));
    let pairs: Vec<(&String, (&str, &str))> =
        own.filter_map(|column| Some((column, column.rsplit_once(JOINT)?))).collect();
    // The bounds are of a run's series itself, and the step of every run has a column too.
    let numbers = pairs.iter().filter(|(_, (_, metric))| *metric != STEP);
    let mut without_step = BTreeSet::new();
    for row in &wide.rows {
        for (column, (run, metric)) in numbers.clone() {
            let Some(value) = row.get(*column) else { continue };
            let step = axis.step_of(row, run);
            ensure!(
                step.is_some() || without_step.insert(*column),
                "{} is a chart {}, and {run} has several numbers in it; export it with its column `Step`, or keep the \
                 row to compare alone",
                path.display(),
                axis.lack()
            );
            let named = [("run", *run), (*metric, value.as_str())].into_iter();
            let named = named.chain(step.map(|step| ("step", step)));
            long.push(named.map(|(name, cell)| (name.to_owned(), cell.to_owned())).collect());
        }
    }
    long.remarks.extend(axis.told(&long));
    Ok(long)
}

/// What a chart is drawn over: its first column, where that is of no run. Time and epochs are no steps: runs that are
/// equally old may be at different ones. Tokens are a place to compare at as steps are.
struct Axis<'a> {
    name: Option<&'a str>,
    is_step: bool,
}

/// What the name of an axis of steps ends with.
const STEPS: [&str; 8] =
    ["step", "steps", "timestep", "timesteps", "iter", "iters", "iteration", "iterations"];
/// The same of what goes on with the steps.
const AMOUNTS: [&str; 10] = [
    "update", "updates", "batch", "batches", "token", "tokens", "sample", "samples", "example",
    "examples",
];
/// Words behind these that change nothing.
const BEHIND: [&str; 5] = ["num", "count", "seen", "processed", "consumed"];
/// Words that make another number of it, such as a time or a rate.
const TIMES: [&str; 12] = [
    "per", "time", "epoch", "epochs", "s", "sec", "secs", "second", "seconds", "ms", "hours",
    "elapsed",
];

/// The word of a name that says what its column counts from the beginning of a run on, as steps are.
fn counted(column: &str) -> Option<String> {
    // Composer keeps how far a run has come under `time/`: `time/batch`, `time/token`.
    let mut words = words(column.strip_prefix("time/").unwrap_or(column));
    let is_one_of = |word: &String, known: &[&str]| known.contains(&word.as_str());
    let is_other = words.iter().any(|word| is_one_of(word, &TIMES));
    while words.last().is_some_and(|last| is_one_of(last, &BEHIND)) {
        words.pop();
    }
    let is_known = |word: &String| is_one_of(word, &STEPS) || is_one_of(word, &AMOUNTS);
    words.pop().filter(|last| !is_other && is_known(last))
}

impl<'a> Axis<'a> {
    fn of(wide: &'a Table) -> Self {
        let first = wide.columns.first().map(String::as_str);
        let name = first.filter(|column| !column.contains(JOINT));
        Axis { name, is_step: name.is_some_and(|name| counted(name).is_some()) }
    }

    /// The step of a run's number: what the chart is drawn over where that is a step, or what the run itself says.
    fn step_of<'b>(&self, row: &'b BTreeMap<String, String>, run: &str) -> Option<&'b str> {
        let on_axis = self.name.filter(|_| self.is_step).and_then(|name| row.get(name));
        on_axis.or_else(|| row.get(&format!("{run}{JOINT}{STEP}"))).map(String::as_str)
    }

    /// What its rows lack.
    fn lack(&self) -> String {
        match self.name.filter(|_| !self.is_step) {
            Some(name) => format!("over `{name}`, which is no step by its name"),
            None => "without the steps of its rows".to_owned(),
        }
    }

    /// What its steps are, where it is not called so.
    fn told(&self, long: &Table) -> Option<String> {
        let name = self.name?;
        if self.is_step {
            let is_amount = counted(name).is_some_and(|word| AMOUNTS.contains(&word.as_str()));
            return is_amount.then(|| {
                format!("the chart is drawn over `{name}`: these count as steps, for --step too")
            });
        }
        let has_steps = long.columns.iter().any(|column| column == "step");
        has_steps.then(|| {
            format!("the axis of the chart, `{name}`, is no step: steps are those of `{STEP}` of every run")
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::csv_tables::read;

    #[test]
    fn a_chart_of_several_runs_becomes_rows() {
        let text = "\"Step\",\"a-s0 - val_loss\",\"a-s0 - val_loss__MIN\",\"a-s0 - val_loss__MAX\",\"b-s0 - val_loss\"\n\
                    10,3.5,3.5,3.5,\n20,3.1,3.1,3.1,3.0\n";
        let table = read(Path::new("a.csv"), text, "a").unwrap();
        let rows: Vec<_> =
            table.rows.iter().map(|row| (&*row["run"], &*row["step"], &*row["val_loss"])).collect();
        assert_eq!(rows, [("a-s0", "10", "3.5"), ("a-s0", "20", "3.1"), ("b-s0", "20", "3.0")]);
    }

    #[test]
    fn a_chart_without_steps_has_one_number_a_run() {
        let header = "a-s0 - val_loss,a-s0 - val_loss__MIN,b-s0 - val_loss\n";
        let read = |text: &str| read(Path::new("a.csv"), text, "a");
        let table = read(&format!("{header}3.5,3.5,3.6\n")).unwrap();
        let rows: Vec<_> = table.rows.iter().map(|row| (&*row["run"], &*row["val_loss"])).collect();
        assert_eq!(rows, [("a-s0", "3.5"), ("b-s0", "3.6")]);
        assert!(!table.columns.contains(&"step".to_owned()));
        let error = read(&format!("{header}3.5,3.5,3.6\n3.1,3.1,\n")).unwrap_err().to_string();
        assert!(
            error.contains("without the steps") && error.contains("a-s0 has several"),
            "{error}"
        );
        let own = "a - _step,a - val_loss,a - val_loss__MIN\n10,3.5,3.5\n20,3.1,3.1\n";
        assert_eq!(&*read(own).unwrap().rows[1]["step"], "20");
    }

    #[test]
    fn time_and_epochs_on_the_axis_of_a_chart_are_no_steps() {
        let read = |text: &str| read(Path::new("a.csv"), text, "a");
        for axis in ["Relative Time (Process)", "Relative Time (Wall)", "Wall Time", "epoch"] {
            let own = format!(
                "{axis},a - _step,a - val_loss,a - val_loss__MIN\n7,100,3.5,3.5\n8,200,3.1,3.1\n"
            );
            let table = read(&own).unwrap();
            let steps: Vec<&str> = table.rows.iter().map(|row| &*row["step"]).collect();
            assert_eq!(steps, ["100", "200"], "{axis}");
            let told = format!("`{axis}`, is no step");
            assert!(table.remarks.iter().any(|one| one.contains(&told)), "{:?}", table.remarks);
            let bare = format!("{axis},a - val_loss,a - val_loss__MIN\n7,3.5,3.5\n8,3.1,3.1\n");
            let error = read(&bare).unwrap_err().to_string();
            assert!(error.contains(&format!("over `{axis}`, which is no step")), "{error}");
        }
    }

    #[test]
    fn what_goes_on_with_the_steps_of_a_run_is_a_place_to_compare_at() {
        let read = |axis: &str| {
            let own = format!("{axis},a - val_loss,a - val_loss__MIN\n100,3.5,3.5\n200,3.1,3.1\n");
            read(Path::new("a.csv"), &own, "a")
        };
        for axis in "Step trainer/global_step train/global_step _step train/step num_steps \
                     optimizer_step iters iter_num train/iteration Iterations"
            .split_whitespace()
        {
            let table = read(axis).unwrap();
            assert_eq!((&*table.rows[1]["step"], table.remarks.len()), ("200", 0), "{axis}");
        }
        for axis in
            "tokens train/tokens num_input_tokens_seen samples examples batch time/batch time/token"
                .split(' ')
        {
            let table = read(axis).unwrap();
            assert_eq!(&*table.rows[1]["step"], "200", "{axis}");
            let told = format!("drawn over `{axis}`: these count as steps");
            assert!(table.remarks[0].contains(&told), "{:?}", table.remarks);
        }
        for axis in "step_time tokens_per_step epoch_step tokens/s loss lr".split(' ') {
            assert!(read(axis).is_err(), "{axis}");
        }
    }
}
