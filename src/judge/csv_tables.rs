//! CSV files: one row a run or a step, and TensorBoard's scalars.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::charts::{is_bound, series};
use super::table::Table;

/// A CSV file as rows; `name` is what its path says of the run, for files of one run.
///
/// # Errors
/// A file that is no CSV with a header.
pub fn read(path: &Path, text: &str, name: &str) -> Result<Table> {
    ensure!(!text.trim().is_empty(), "{} is empty", path.display());
    let whole = text.trim_start_matches('\u{feff}');
    let (delimiter, text) = separated(whole);
    // A line above the header that says what parts columns.
    let above = u64::from(text.len() < whole.len());
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
        let line = record.position().map(|position| (table.rows.len(), position.line() + above));
        table.lines.extend(line);
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
