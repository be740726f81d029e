//! CSV files: one row a run or a step, the wide ones of charts, and TensorBoard's scalars.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::columns::STEPS;
use super::table::{Table, means_one_of};

/// What a chart's export puts after the name of a series for its bounds.
const LOWEST: &str = "__MIN";
const HIGHEST: &str = "__MAX";
/// Between the name of a run and that of its number there.
const JOINT: &str = " - ";
/// The step of a run there.
const STEP: &str = "_step";

/// A CSV file as rows; `name` is what its path says of the run, for files of one run.
///
/// # Errors
/// A file that is no CSV with a header.
pub fn read(path: &Path, text: &str, name: &str) -> Result<Table> {
    ensure!(!text.trim().is_empty(), "{} is empty", path.display());
    let (delimiter, text) = separated(text);
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
    let header: Vec<String> = reader.headers()?.iter().map(|one| one.trim().to_owned()).collect();
    ensure!(
        header.len() > 1,
        "{} has one column; expected a CSV file with a header",
        path.display()
    );
    let mut sorted = header.clone();
    sorted.sort_unstable();
    sorted.dedup();
    ensure!(sorted.len() == header.len(), "{} has a column twice", path.display());
    let mut table = Table { columns: header.clone(), has_cells: true, ..Table::default() };
    for record in reader.records() {
        let record = record.with_context(|| format!("cannot read {}", path.display()))?;
        let cells = header.iter().cloned().zip(record.iter().map(|cell| cell.trim().to_owned()));
        table.rows.push(cells.filter(|(_, cell)| !cell.is_empty()).collect());
    }
    leave_out_row_numbers(&mut table);
    if header.iter().any(|column| is_bound(column)) {
        return series(path, &table);
    }
    let is_scalars =
        ["Wall time", "Step", "Value"].iter().all(|one| header.iter().any(|own| own == one));
    Ok(if is_scalars { scalars(table, name) } else { table })
}

/// Leaves a first column out that only counts rows, as pandas writes it: rows that stand twice would differ in it.
fn leave_out_row_numbers(table: &mut Table) {
    let Some(first) =
        table.columns.first().filter(|one| ["", "Unnamed: 0"].contains(&one.as_str()))
    else {
        return;
    };
    let counts = |from: usize| {
        let mut numbered = table.rows.iter().zip(from..);
        numbered.all(|(row, number)| row.get(first).is_some_and(|cell| *cell == number.to_string()))
    };
    if counts(0) || counts(1) {
        let first = table.columns.remove(0);
        table.rows.iter_mut().for_each(|row| drop(row.remove(&first)));
    }
}

/// Lines by which it is told what parts columns.
const FIRST_LINES: usize = 5;

/// What parts the columns, and the file from its header on: what a spreadsheet says in a line above it, or what stands as
/// often in each of the first lines outside of quotation marks, commas before others; else what the header has most of.
fn separated(text: &str) -> (u8, &str) {
    let text = text.trim_start_matches('\u{feff}');
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    if let Some([said]) = first.trim_end_matches('\r').strip_prefix("sep=").map(str::as_bytes) {
        return (*said, rest);
    }
    // Of as many the last counts.
    let own = [b'\t', b';', b','].into_iter().max_by_key(|letter| {
        let lines = text.lines().filter(|line| !line.trim().is_empty()).take(FIRST_LINES);
        let counts: Vec<usize> = lines.map(|line| outside(line, *letter)).collect();
        let is_even = counts.iter().all(|count| *count > 0 && *count == counts[0]);
        (
            is_even,
            counts.first().copied().unwrap_or(0) > 0,
            *letter == b',' && is_even,
            counts.first().copied(),
        )
    });
    (own.unwrap_or(b','), text)
}

/// How often a letter stands in a line outside of quotation marks.
fn outside(line: &str, letter: u8) -> usize {
    line.split('"').step_by(2).flat_map(str::bytes).filter(|own| *own == letter).count()
}

fn is_bound(column: &str) -> bool {
    column.ends_with(LOWEST) || column.ends_with(HIGHEST)
}

/// A chart's export, a column a run, as rows of run, step and number. Without a step of its own or of the chart a run has
/// one number: which of several is the last is not known.
fn series(path: &Path, wide: &Table) -> Result<Table> {
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
/// equally old may be at different ones.
struct Axis<'a> {
    name: Option<&'a str>,
    is_step: bool,
}

impl<'a> Axis<'a> {
    fn of(wide: &'a Table) -> Self {
        let first = wide.columns.first().map(String::as_str);
        let name = first.filter(|column| !column.contains(JOINT));
        Axis { name, is_step: name.is_some_and(|name| means_one_of(name, &STEPS)) }
    }

    /// The step of a run's number: what the chart is drawn over where that is a step, or what the run itself says.
    fn step_of<'b>(&self, row: &'b BTreeMap<String, String>, run: &str) -> Option<&'b str> {
        let on_axis = self.name.filter(|_| self.is_step).and_then(|name| row.get(name));
        on_axis.or_else(|| row.get(&format!("{run}{JOINT}{STEP}"))).map(String::as_str)
    }

    /// What its rows lack.
    fn lack(&self) -> String {
        match self.name.filter(|_| !self.is_step) {
            Some(name) => format!("over `{name}`, which is no step"),
            None => "without the steps of its rows".to_owned(),
        }
    }

    /// From where the steps are, where it is another column.
    fn told(&self, long: &Table) -> Option<String> {
        let name = self.name.filter(|_| !self.is_step)?;
        let has_steps = long.columns.iter().any(|column| column == "step");
        has_steps.then(|| {
            format!("the axis of the chart, `{name}`, is no step: steps are those of `{STEP}` of every run")
        })
    }
}

/// The scalars of one run, under the name of their tag where the file's name says it.
fn scalars(mut table: Table, name: &str) -> Table {
    let last = name.rsplit('/').next().unwrap_or(name);
    let told = last.strip_prefix("run-").and_then(|rest| rest.split_once("-tag-"));
    let (run, tag) = told.map_or((name, "Value"), |(run, tag)| (run, tag));
    for row in &mut table.rows {
        row.insert("run".to_owned(), run.to_owned());
        if let Some(value) = row.remove("Value") {
            row.insert(tag.to_owned(), value);
        }
    }
    table.columns.retain(|column| column != "Value");
    table.columns.extend([tag.to_owned(), "run".to_owned()]);
    table.is_of_files = true;
    table
}

#[cfg(test)]
mod tests {
    use super::*;

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
        for axis in ["Step", "trainer/global_step", "train/global_step", "_step"] {
            let own = format!("{axis},a - val_loss,a - val_loss__MIN\n100,3.5,3.5\n200,3.1,3.1\n");
            let table = read(&own).unwrap();
            assert_eq!((&*table.rows[1]["step"], table.remarks.len()), ("200", 0), "{axis}");
        }
    }

    #[test]
    fn what_stands_in_quotation_marks_parts_no_columns() {
        for header in
            ["arm;seed;\"loss, nats, val\"", "arm\tseed\t\"loss; nats\"", "arm;seed;loss, nats"]
        {
            let between = if header.contains('\t') { "\t" } else { ";" };
            let row = ["a", "0", "3.5"].join(between);
            let table = read(Path::new("x.csv"), &format!("{header}\n{row}\n"), "x").unwrap();
            assert_eq!((table.columns.len(), &*table.rows[0]["seed"]), (3, "0"), "{header}");
        }
    }

    #[test]
    fn what_parts_columns_stands_as_often_in_each_line_whatever_names_hold() {
        for (text, columns, cell) in [
            // Names of runs and of columns that hold more of another letter.
            (
                "step,wd=0.1;lr=3e-4;s=0 - val_loss,wd=0.1;lr=3e-4;s=1 - val_loss\n10,3.5,3.6\n20,3.1,3.2\n",
                3,
                ("step", "20"),
            ),
            (
                "step,wd=0.1;lr=3e-4;s=0 - val_loss,wd=0.1;lr=3e-4;s=1 - val_loss\n10,3.5,3.6\n20,3.1,3.2\n\n",
                3,
                ("step", "20"),
            ),
            (
                "run,wd,tags (a;b;c;d;e),val_loss\nx,0.1,1;0;0;0;1,3.5\ny,0.2,0;0;1;0;1,3.4\n",
                4,
                ("val_loss", "3.4"),
            ),
            ("run,wd,tags (a;b;c;d;e),val_loss\nx,0.1,a,3.5\ny,0.2,,3.4\n", 4, ("wd", "0.2")),
            ("run;wd;val_loss\nx;0,1;3,5\ny;0,2;3,4\n", 3, ("val_loss", "3,4")),
            ("run\twd\tval_loss\nx, a\t0.1\t3.5\ny; b\t0.2\t3.4\n", 3, ("run", "y; b")),
        ] {
            let table = read(Path::new("x.csv"), text, "x").unwrap();
            assert_eq!((table.columns.len(), &*table.rows[1][cell.0]), (columns, cell.1), "{text}");
        }
        for alone in ["val_loss\n3.5\n", "val_loss\n3,5\n", "val_loss\n\"3;5\"\n"] {
            let error = read(Path::new("x.csv"), alone, "x").unwrap_err().to_string();
            assert!(error.contains("has one column"), "{alone}: {error}");
        }
    }

    #[test]
    fn scalars_are_of_the_run_that_their_file_is_named_after() {
        let text = "Wall time,Step,Value\n1.7e9,10,3.5\n";
        let table = read(Path::new("x.csv"), text, "logs/run-adamw_s1-tag-loss_val").unwrap();
        assert_eq!((&*table.rows[0]["run"], &*table.rows[0]["loss_val"]), ("adamw_s1", "3.5"));
    }

    #[test]
    fn a_line_above_the_header_that_says_what_parts_columns_is_no_row() {
        for (text, value) in
            [("sep=,\nrun,loss\na,3.5\n", "3.5"), ("\u{feff}sep=;\r\nrun;loss\r\na;3,5\r\n", "3,5")]
        {
            let table = read(Path::new("x.csv"), text, "x").unwrap();
            assert_eq!((&*table.rows[0]["run"], &*table.rows[0]["loss"]), ("a", value));
        }
    }

    #[test]
    fn tables_without_a_header_or_with_a_column_twice_are_refused() {
        assert!(read(Path::new("x.csv"), "alone\n1\n", "x").is_err());
        assert!(read(Path::new("x.csv"), "a,a\n1,2\n", "x").is_err());
        assert!(read(Path::new("x.csv"), "a,b\n1\n", "x").is_err());
    }
}
