//! Rows whose number is the mean of others, as people write them below those of runs.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Result, bail};

use super::labels::{EMPTY, Label, Labelled};
use super::table::Table;

/// The numbers of rows with a seed, by their arm and step.
type Numbers<'a> = HashMap<(Vec<&'a str>, Option<&'a str>), Vec<f64>>;

/// A row with its number, as far as means are concerned.
struct Row<'a> {
    place: usize,
    parts: &'a [String],
    has_seed: bool,
    step: Option<&'a str>,
    number: f64,
    /// The most that rounding took from it or gave it.
    rounding: f64,
}

/// What a row tells of how many others.
struct Told {
    place: usize,
    statistic: &'static str,
    count: usize,
}

/// That no row is of means: one without a seed among rows with seeds, or, where no row has a seed, the last of every arm.
/// What such rows say of several arms is sought too: they leave the columns of those empty.
///
/// # Errors
/// A row whose number is the mean, or the standard deviation or error, of the others.
pub fn none_is_a_mean(
    table: &Table,
    labelled: &Labelled,
    value: &str,
    step: Option<&str>,
) -> Result<()> {
    let labels = table.rows.iter().zip(labelled).enumerate();
    let rows: Vec<Row> = labels.filter_map(|one| row(one, value, step)).collect();
    let found = match rows.iter().any(|row| row.has_seed) {
        true => among_seeds(&rows),
        false => last_of_every_arm(&rows),
    };
    if let Some(Told { place, statistic, count }) = found {
        bail!(
            "{}: without a seed, and its {value} is the {statistic} of {count} other rows: a row about several runs is no \
             run. Take such rows out; where it is a run, give it a seed",
            table.place_of(place)
        );
    }
    Ok(())
}

fn row<'a>(
    (place, (cells, (parts, seed))): (usize, (&'a BTreeMap<String, String>, &'a Label)),
    value: &str,
    step: Option<&str>,
) -> Option<Row<'a>> {
    let text = cells.get(value)?.trim();
    let number: f64 = text.parse().ok().filter(|number: &f64| number.is_finite())?;
    let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let rounding = match text.contains(['e', 'E']) {
        true => 0.0,
        false => 0.5 * 10f64.powi(-i32::try_from(decimals).unwrap_or(i32::MAX)),
    };
    let step = step.and_then(|step| cells.get(step)).map(String::as_str);
    let rounding = rounding + 1e-9 * number.abs();
    Some(Row { place, parts, has_seed: seed.is_some(), step, number, rounding })
}

/// A row without a seed that tells a statistic of rows with seeds; of rows at steps, most of an arm have to.
fn among_seeds(rows: &[Row]) -> Option<Told> {
    let has_steps = rows.iter().any(|row| row.step.is_some());
    let mut numbers: HashMap<Vec<bool>, Numbers> = HashMap::new();
    let mut of_arms: BTreeMap<&[String], Vec<Option<Told>>> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.has_seed) {
        let empty: Vec<bool> = row.parts.iter().map(|part| part == EMPTY).collect();
        let found = [vec![false; empty.len()], empty].into_iter().find_map(|any| {
            let known = numbers.entry(any.clone()).or_insert_with(|| of_seeds(rows, &any));
            told(row, known.get(&(masked(row.parts, &any), row.step))?)
        });
        of_arms.entry(row.parts).or_default().push(found);
    }
    of_arms.into_values().find_map(|rows| {
        let count = rows.iter().flatten().count();
        let are_means = !has_steps || 2 * count >= rows.len();
        rows.into_iter().flatten().next().filter(|_| are_means)
    })
}

/// The numbers of rows with seeds, by arm and step, where some of the columns that tell arms may be any.
fn of_seeds<'a>(rows: &'a [Row], any: &[bool]) -> Numbers<'a> {
    let mut numbers = Numbers::new();
    for row in rows.iter().filter(|row| row.has_seed) {
        numbers.entry((masked(row.parts, any), row.step)).or_default().push(row.number);
    }
    numbers
}

/// What tells the arm, without the columns that may be any.
fn masked<'a>(parts: &'a [String], any: &[bool]) -> Vec<&'a str> {
    parts.iter().zip(any).map(|(part, any)| if *any { EMPTY } else { part.as_str() }).collect()
}

/// The last row of the first of some arms, where the last row of every arm is the mean of the others, at least two.
fn last_of_every_arm(rows: &[Row]) -> Option<Told> {
    if rows.iter().any(|row| row.step.is_some()) {
        return None;
    }
    let mut arms: BTreeMap<&[String], Vec<&Row>> = BTreeMap::new();
    rows.iter().for_each(|row| arms.entry(row.parts).or_default().push(row));
    let own = |rows: &Vec<&Row>| {
        let (last, others) = rows.split_last()?;
        let others: Vec<f64> = others.iter().map(|row| row.number).collect();
        told(last, &others)
    };
    let found: Option<Vec<Told>> = arms.values().map(own).collect();
    found.filter(|found| found.len() > 1)?.into_iter().min_by_key(|told| told.place)
}

fn told(row: &Row, others: &[f64]) -> Option<Told> {
    let statistic = statistic(row, others)?;
    Some(Told { place: row.place, statistic, count: others.len() })
}

/// Which statistic of other numbers a row's number is, as far as its digits tell.
fn statistic(row: &Row, others: &[f64]) -> Option<&'static str> {
    let count = others.len() as f64;
    let mean = others.iter().sum::<f64>() / count;
    let squares: f64 = others.iter().map(|other| (other - mean).powi(2)).sum();
    if others.len() < 2 || squares == 0.0 {
        return None;
    }
    let deviation = (squares / (count - 1.0)).sqrt();
    let statistics = [
        ("mean", mean),
        ("standard deviation", deviation),
        ("standard deviation", (squares / count).sqrt()),
        ("standard error", deviation / count.sqrt()),
    ];
    let is_it = |(_, number): &(_, f64)| (row.number - number).abs() <= row.rounding;
    statistics.into_iter().find(is_it).map(|(name, _)| name)
}
