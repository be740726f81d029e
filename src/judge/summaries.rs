//! Rows about several runs, as spreadsheets and trackers write them among those of runs.

use std::collections::BTreeMap;

use anyhow::{Result, bail};

use super::table::Table;

/// What is written in the place of a seed or of an arm in such a row.
const SUMMARIES: [&str; 19] = [
    "mean", "average", "avg", "median", "std", "stdev", "stddev", "sd", "se", "sem", "stderr",
    "var", "variance", "min", "max", "sum", "total", "overall", "all",
];
/// Those of them that are settings too, such as of what is decayed.
const SETTINGS: [&str; 7] = ["min", "max", "sum", "total", "overall", "all", "var"];

fn is_summary(text: &str) -> bool {
    SUMMARIES.contains(&&*text.to_lowercase())
}

fn cells<'a>(table: &'a Table, column: &'a str) -> impl Iterator<Item = &'a str> {
    table.rows.iter().filter_map(move |row| row.get(column)).map(|text| text.trim())
}

fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok()
}

/// That no row is about several seeds.
///
/// # Errors
/// One that is, among seeds that are numbers.
pub fn none_among_seeds(table: &Table, seed: &str) -> Result<()> {
    let summary = cells(table, seed).find(|text| is_summary(text));
    if let Some(summary) = summary.filter(|_| cells(table, seed).any(is_number)) {
        bail!(
            "the column `{seed}` has `{summary}` beside numbers: a row about several runs is no run. Take such rows out"
        );
    }
    Ok(())
}

/// That no row is about several arms, or about several runs of one. A word such as `mean` may be a setting: its rows then
/// have seeds or names of runs as others have, or are about as many. `names` are the columns of these.
///
/// # Errors
/// A row that is.
pub fn none_among_arms(table: &Table, arm: &str, names: &[&str]) -> Result<()> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    cells(table, arm).for_each(|text| *counts.entry(text).or_default() += 1);
    let others = || counts.iter().filter(|(text, _)| !is_summary(text));
    let Some(fewest) = others().map(|(_, count)| *count).min() else { return Ok(()) };
    let are_numbers = others().all(|(text, _)| is_number(text));
    for (text, count) in counts.iter().filter(|(text, _)| is_summary(text)) {
        let is_no_setting = are_numbers && !SETTINGS.contains(&&*text.to_lowercase());
        let is_unnamed = !has_a_name(table, names, |own| own == Some(text), arm);
        let is_other_named = has_a_name(table, names, |own| own != Some(text), arm);
        let why = match is_unnamed {
            _ if is_no_setting => "beside numbers",
            true if is_other_named => "in rows without a seed or a run",
            true if 2 * count <= fewest => "in fewer rows than any other value",
            _ => continue,
        };
        bail!(
            "the column `{arm}` has `{text}` {why}: a row about several runs is no run. Take such rows out; where \
             `{text}` is a setting of runs, give it another name there"
        );
    }
    Ok(())
}

/// Whether a row with such a value of a column says its seed or run.
fn has_a_name(
    table: &Table,
    names: &[&str],
    is_value: impl Fn(Option<&str>) -> bool,
    column: &str,
) -> bool {
    let mut own = table.rows.iter().filter(|row| is_value(row.get(column).map(|text| text.trim())));
    own.any(|row| names.iter().any(|name| row.contains_key(*name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, names: &[&str]) -> Option<String> {
        let table =
            super::super::csv_tables::read(std::path::Path::new("x.csv"), text, "x").unwrap();
        none_among_arms(&table, "arm", names).err().map(|error| error.to_string())
    }

    #[test]
    fn a_row_about_several_arms_is_no_arm() {
        for (text, names, why) in [
            ("arm,loss\na,1\na,2\nmean,1.5\nb,2\nb,3\n", &[][..], "`mean` in fewer rows"),
            ("arm,loss\na,1\na,2\nb,2\nb,3\nTotal,8\n", &[], "`Total` in fewer rows"),
            ("arm,loss\n0,1\n0.1,2\nstd,0.5\n", &[], "`std` beside numbers"),
            ("arm,seed,loss\na,0,1\nmean,,1\nb,0,3\nmean,,3\n", &["seed"], "without a seed"),
        ] {
            let error = found(text, names).unwrap_or_default();
            assert!(error.contains(why) && error.contains("Take such rows out"), "{text}: {error}");
        }
    }

    #[test]
    fn a_setting_that_is_called_like_a_summary_is_an_arm() {
        for text in [
            "arm,seed,loss\nmean,0,1\nmean,1,2\nmax,0,2\nmax,1,3\n",
            "arm,seed,loss\nmean,0,1\nmean,1,2\ncls,0,2\ncls,1,3\n",
            "arm,seed,loss\n1,0,1\n1,1,2\n2,0,2\n2,1,3\nall,0,1\nall,1,2\n",
            "arm,seed,loss\nmean,0,1\ncls,0,2\ncls,1,3\n",
            "arm,seed,loss\na,0,1\nb,0,2\n",
        ] {
            assert_eq!(found(text, &["seed"]), None, "{text}");
        }
    }
}
