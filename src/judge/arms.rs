use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context, Result, bail, ensure};

use super::names::arm_and_seed;
use super::table::Table;
use crate::config::plain;

/// Columns that count steps.
const STEPS: [&str; 7] =
    ["step", "_step", "global_step", "trainer/global_step", "iter", "iteration", "steps"];
/// Columns that name runs.
const RUNS: [&str; 5] = ["run", "run_id", "Name", "ID", "id"];
/// Columns with seeds.
const SEEDS: [&str; 2] = ["seed", "random_seed"];
/// Columns with the number to compare, where none is named.
const VALUES: [&str; 5] = ["val_loss", "eval_loss", "test_loss", "Value", "loss"];

/// Which columns mean what.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// What tells arms apart; empty to take it from the names of runs.
    pub arm: Vec<String>,
    pub seed: Option<String>,
    pub value: Option<String>,
    pub step: Option<String>,
    /// The step at which numbers are compared, instead of the last.
    pub at: Option<f64>,
}

/// Runs that differ in their seeds alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// Its values of the columns that tell arms apart.
    pub parts: Vec<String>,
    /// What was measured of each run that has it, with its seed where that is known.
    pub runs: Vec<(Option<String>, f64)>,
    /// Runs whose number is not finite or missing: they did not reach it.
    pub without: usize,
    /// The first and the last step at which its numbers were measured, where that is known.
    pub steps: Option<[f64; 2]>,
}

impl Arm {
    /// As readers see it.
    pub fn label(&self) -> String {
        self.parts.join(" ")
    }

    /// The numbers alone.
    pub fn values(&self) -> Vec<f64> {
        self.runs.iter().map(|(_, value)| *value).collect()
    }
}

/// One run's rows.
#[derive(Default)]
struct Run {
    seed: Option<String>,
    /// What the table calls it: several names are several runs.
    names: BTreeSet<String>,
    /// Step and number of each row.
    measured: Vec<(Option<f64>, Option<f64>)>,
}

/// The arms of a table with the name of what was measured, in order of first appearance, and what was concluded of
/// the columns.
///
/// # Errors
/// A column that is not there or not known, a number that is none, or two runs that cannot be told apart.
pub fn arms(table: &Table, columns: &Columns) -> Result<(Vec<Arm>, String, Vec<String>)> {
    let mut remarks = table.remarks.clone();
    let value = named_or(table, columns.value.as_deref(), &VALUES)
        .context("name the number to compare: --value")?;
    let step = match &columns.step {
        Some(step) => Some(table.column(step)?),
        None => table.any_column(&STEPS)?,
    };
    ensure!(
        columns.at.is_none() || step.is_some(),
        "--step needs a column of steps: --step-column"
    );
    let (labelled, told) = labelled(table, columns)?;
    remarks.extend(told);
    let run = table.any_column(&RUNS)?;
    let mut places: HashMap<Vec<String>, usize> = HashMap::new();
    let mut found: Vec<(Vec<String>, BTreeMap<String, Run>)> = Vec::new();
    for (place, (row, (parts, seed))) in table.rows.iter().zip(&labelled).enumerate() {
        let Some(parts) = parts else { continue };
        let at = step.and_then(|step| row.get(step));
        let at = at.map(|text| number_or_error(text, "step")).transpose()?;
        let name = run.and_then(|run| row.get(run)).cloned();
        // Rows with steps that nothing tells apart are of one run: several show by their steps.
        let key = seed.clone().or(name.clone());
        let key = key.unwrap_or_else(|| {
            if at.is_some() { "its run".to_owned() } else { format!("row {place}") }
        });
        let known = *places.entry(parts.clone()).or_insert_with(|| {
            found.push((parts.clone(), BTreeMap::new()));
            found.len() - 1
        });
        let own = found[known].1.entry(key).or_default();
        own.seed.clone_from(seed);
        own.names.extend(name);
        match row.get(value) {
            // A row of another measure.
            None if at.is_some() => {}
            text => {
                let number = text.map(|text| number(text, value)).transpose()?.flatten();
                own.measured.push((at, number));
            }
        }
    }
    // What is logged by step varies over steps.
    let has_steps =
        found.iter().flat_map(|(_, runs)| runs.values()).any(|run| run.measured.len() > 1);
    if !has_steps {
        remarks.extend(mixed(table, &labelled, &[value], columns));
    }
    remarks.extend(unfinished(table));
    let arms = found.into_iter().map(|(parts, runs)| arm(parts, runs, columns.at));
    let arms: Vec<Arm> = arms.collect::<Result<_>>()?;
    let without = |arm: &Arm| {
        let all = arm.without + arm.runs.len();
        (arm.without > 0).then(|| {
            format!(
                "{} of {all} runs of {} have no finite {value}: what is said of it is said of the others alone",
                arm.without,
                arm.label()
            )
        })
    };
    remarks.extend(arms.iter().filter_map(without));
    remarks.extend(different_ends(&arms));
    Ok((arms, value.to_owned(), remarks))
}

/// Runs that end at different steps are compared as they ended, and that is said.
fn different_ends(arms: &[Arm]) -> Option<String> {
    let steps = arms.iter().filter_map(|arm| arm.steps);
    let ends = steps.fold([f64::INFINITY, f64::NEG_INFINITY], |[first, last], own| {
        [first.min(own[0]), last.max(own[1])]
    });
    (ends[0] < ends[1]).then(|| {
        format!(
            "runs end at different steps, from {0} to {1}, and are compared as they ended; --step {0} compares them \
             at one",
            plain(ends[0]),
            plain(ends[1])
        )
    })
}

/// Runs that their tracker says did not end as planned.
fn unfinished(table: &Table) -> Option<String> {
    let state = |row: &BTreeMap<String, String>| {
        row.get("State").or(row.get("status")).map(|one| one.to_lowercase())
    };
    let is_ended = |state: &String| ["finished", "done", "completed"].contains(&state.as_str());
    let others = table.rows.iter().filter_map(state).filter(|one| !is_ended(one)).count();
    (others > 0).then(|| {
        format!(
            "{others} of {} rows are of runs that did not finish, and count as they are",
            table.rows.len()
        )
    })
}

/// Settings that vary inside of an arm and count as noise there: columns with few values.
fn mixed(table: &Table, labelled: &Labelled, used: &[&str], columns: &Columns) -> Option<String> {
    let named = columns.arm.iter().chain(&columns.seed).chain(&columns.step);
    let named: Vec<&str> = named.filter_map(|name| table.column(name).ok()).collect();
    let usual =
        [&STEPS[..], &RUNS, &SEEDS, &VALUES, &["folder", "Wall time", "train_loss", "epoch"]]
            .concat();
    let is_setting = |column: &&String| {
        let bare = column.rsplit(['.', '/']).next().unwrap_or(column);
        let is_known = used.contains(&column.as_str()) || named.contains(&column.as_str());
        !is_known && !usual.contains(&bare) && !bare.starts_with('_')
    };
    let varies = |column: &&String| {
        let mut of_arms: BTreeMap<&Option<Vec<String>>, BTreeSet<&str>> = BTreeMap::new();
        for (row, (parts, _)) in table.rows.iter().zip(labelled) {
            of_arms.entry(parts).or_default().extend(row.get(*column).map(String::as_str));
        }
        let all: BTreeSet<&str> = of_arms.values().flatten().copied().collect();
        2 * all.len() <= table.rows.len() && of_arms.values().any(|values| values.len() > 1)
    };
    let found: Vec<String> = table
        .columns
        .iter()
        .filter(is_setting)
        .filter(varies)
        .map(|one| format!("`{one}`"))
        .collect();
    let verb = if found.len() == 1 { "varies" } else { "vary" };
    (!found.is_empty()).then(|| {
        format!(
            "{} {verb} inside arms and count as noise there; --arm tells them apart",
            found.join(", ")
        )
    })
}

fn named_or<'a>(table: &'a Table, name: Option<&str>, usual: &[&str]) -> Result<&'a str> {
    match name {
        Some(name) => table.column(name),
        None => match table.any_column(usual)? {
            Some(usual) => Ok(usual),
            None => only_number(table),
        },
    }
}

/// The only column that is not about the run itself.
fn only_number(table: &Table) -> Result<&str> {
    let usual = [&STEPS[..], &RUNS, &SEEDS, &["folder", "Wall time", "Step"]].concat();
    let others: Vec<&String> = table
        .columns
        .iter()
        .filter(|column| table.is_of_files && !usual.contains(&column.as_str()))
        .collect();
    match others[..] {
        [only] => Ok(only),
        _ => bail!("the columns are {}", table.list()),
    }
}

/// For each row what tells its arm and its seed; no arm for rows that say nothing of it.
type Labelled = Vec<(Option<Vec<String>>, Option<String>)>;

fn labelled(table: &Table, columns: &Columns) -> Result<(Labelled, Vec<String>)> {
    let mut remarks = Vec::new();
    let seed = match &columns.seed {
        Some(seed) => Some(table.column(seed)?),
        None => table.any_column(&SEEDS)?.inspect(|seed| {
            remarks.push(format!("runs are paired by the column `{seed}`"));
        }),
    };
    let seed_of = |row: &BTreeMap<String, String>| {
        seed.and_then(|seed| row.get(seed)).map(|text| normal(text))
    };
    if !columns.arm.is_empty() {
        let names: Vec<&str> =
            columns.arm.iter().map(|name| table.column(name)).collect::<Result<_>>()?;
        let parts = |row: &BTreeMap<String, String>| {
            names.iter().map(|name| Some(normal(row.get(*name)?))).collect::<Option<Vec<_>>>()
        };
        return Ok((table.rows.iter().map(|row| (parts(row), seed_of(row))).collect(), remarks));
    }
    let run = table.any_column(&RUNS)?.filter(|_| table.is_of_files || seed.is_none());
    let Some(run) = run else {
        bail!("name the columns that tell arms apart: --arm; the columns are {}", table.list());
    };
    let (labelled, how) = by_name(table, run);
    remarks.push(how.to_owned());
    Ok((labelled, remarks))
}

/// Arms from the names of runs.
fn by_name(table: &Table, run: &str) -> (Labelled, &'static str) {
    let name = |row: &BTreeMap<String, String>| row.get(run).cloned().unwrap_or_default();
    let split: Vec<_> = table.rows.iter().map(|row| arm_and_seed(&name(row))).collect();
    if split.iter().all(Option::is_some) {
        let pair = |(arm, seed): (String, String)| (Some(vec![arm]), Some(normal(&seed)));
        let labelled = split.into_iter().flatten().map(pair).collect();
        return (
            labelled,
            "arms and seeds are taken from the names of runs; --name and --arm say otherwise",
        );
    }
    let folder =
        |row: &BTreeMap<String, String>| row.get("folder").filter(|one| !one.is_empty()).cloned();
    let of_folder =
        table.rows.iter().map(|row| (Some(vec![folder(row).unwrap_or(name(row))]), None));
    (
        of_folder.collect(),
        "arms are taken from folders, without seeds; --name and --arm say otherwise",
    )
}

/// A number as it is always written, so that 0.10 and 1e-1 are one arm; names that only look like numbers, such as
/// 007 and long identities, stay as they are.
fn normal(text: &str) -> String {
    let text = text.trim();
    let digits = text.trim_start_matches('-');
    let is_name = text.len() > 15
        || digits.starts_with('0') && digits[1..].starts_with(|one: char| one.is_ascii_digit());
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite() && !is_name);
    number.map_or(text.to_owned(), plain)
}

/// A number that may be missing or not finite.
fn number(text: &str, column: &str) -> Result<Option<f64>> {
    let missing = ["", "none", "null", "na", "n/a", "-"];
    if missing.contains(&text.to_lowercase().as_str()) {
        return Ok(None);
    }
    Ok(Some(number_or_error(text, column)?).filter(|number| number.is_finite()))
}

fn number_or_error(text: &str, column: &str) -> Result<f64> {
    let quoted = text.trim().trim_matches('"');
    quoted.parse().with_context(|| format!("`{text}` in the column `{column}` is no number"))
}

fn arm(parts: Vec<String>, runs: BTreeMap<String, Run>, at: Option<f64>) -> Result<Arm> {
    let label = parts.join(" ");
    let mut arm = Arm { parts, runs: Vec::new(), without: 0, steps: None };
    for (name, run) in runs {
        let (step, value) = run.chosen(at).with_context(|| format!("{label}, {name}"))?;
        if let Some(step) = step {
            let [first, last] = arm.steps.unwrap_or([step, step]);
            arm.steps = Some([first.min(step), last.max(step)]);
        }
        match value {
            Some(value) => arm.runs.push((run.seed, value)),
            None => arm.without += 1,
        }
    }
    Ok(arm)
}

impl Run {
    /// The number at a step, or at the last one, with that step.
    fn chosen(&self, at: Option<f64>) -> Result<(Option<f64>, Option<f64>)> {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        ensure!(
            names.len() < 2,
            "is of {} runs ({}): name what tells them apart, in --arm or by --seed",
            names.len(),
            names.join(", ")
        );
        if let ([only], None) = (self.measured.as_slice(), at) {
            return Ok(*only);
        }
        let steps: Option<Vec<f64>> = self.measured.iter().map(|(step, _)| *step).collect();
        let steps = steps.with_context(|| {
            format!(
                "has {} rows: several runs, or several steps of one. Name what tells them apart: --seed, --arm or \
                 --step-column",
                self.measured.len()
            )
        })?;
        let last = at.unwrap_or(steps.iter().copied().fold(f64::NEG_INFINITY, f64::max));
        let at_last: Vec<_> =
            self.measured.iter().filter(|(step, _)| *step == Some(last)).collect();
        let same = at_last.windows(2).all(|pair| pair[0].1 == pair[1].1);
        ensure!(
            same,
            "has several numbers at step {last}: several runs under one name. Name what tells them apart: --seed or \
             --arm"
        );
        let value = at_last.first().and_then(|(_, value)| *value);
        Ok((Some(last).filter(|last| last.is_finite()), value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        super::super::csv_tables::read(std::path::Path::new("x.csv"), text, "x").unwrap()
    }

    fn columns(arm: &[&str]) -> Columns {
        Columns { arm: arm.iter().map(|one| (*one).to_owned()).collect(), ..Columns::default() }
    }

    #[test]
    fn numbers_written_in_two_ways_are_one_arm() {
        let table = table("wd,seed,val_loss\n0.10,0,3.0\n1e-1,1,3.1\n0,0,3.2\n");
        let (arms, value, _) = arms(&table, &columns(&["wd"])).unwrap();
        assert_eq!(value, "val_loss");
        let labels: Vec<_> = arms.iter().map(|arm| (arm.label(), arm.runs.len())).collect();
        assert_eq!(labels, [("0.1".to_owned(), 2), ("0".to_owned(), 1)]);
    }

    #[test]
    fn the_last_step_counts_or_the_one_that_is_named() {
        let table =
            table("wd,seed,step,val_loss\n0,0,10,3.5\n0,0,20,3.0\n0,1,20,3.1\n0,1,10,3.4\n");
        let value = |at| arms(&table, &Columns { at, ..columns(&["wd"]) }).unwrap().0[0].values();
        assert_eq!(value(None), [3.0, 3.1]);
        assert_eq!(value(Some(10.0)), [3.5, 3.4]);
        assert_eq!(value(Some(15.0)), [] as [f64; 0]);
    }

    #[test]
    fn runs_that_end_at_different_steps_are_told() {
        let table = table("wd,seed,step,val_loss\n0,0,10,3.5\n0,0,20,3.0\n0,1,10,3.1\n");
        let (_, _, remarks) = arms(&table, &columns(&["wd"])).unwrap();
        assert!(
            remarks.iter().any(|one| one.contains("from 10 to 20") && one.contains("--step 10")),
            "{remarks:?}"
        );
    }

    #[test]
    fn two_runs_under_one_arm_and_seed_are_told_apart_by_their_names() {
        let table = table("wd,lr,seed,run,step,val_loss\n0,1,0,a,10,3.5\n0,2,0,b,20,3.0\n");
        let error = format!("{:#}", arms(&table, &columns(&["wd"])).unwrap_err());
        assert!(error.contains("0, 0: is of 2 runs (a, b)"), "{error}");
    }

    #[test]
    fn settings_that_vary_inside_an_arm_are_told() {
        let table = table(
            "wd,lr,val_loss\n0,1e-3,3.0\n0,3e-3,3.1\n1,1e-3,2.9\n1,3e-3,2.8\n1,1e-3,2.7\n0,3e-3,3.3\n",
        );
        let (_, _, remarks) = arms(&table, &columns(&["wd"])).unwrap();
        assert!(remarks.iter().any(|one| one.contains("`lr` varies inside arms")), "{remarks:?}");
    }

    #[test]
    fn steps_of_runs_that_nothing_names_are_no_runs() {
        let one = table("optimizer,step,val_loss\na,10,3.5\na,20,3.0\nb,10,3.4\nb,20,2.9\n");
        let (found, _, _) = arms(&one, &columns(&["optimizer"])).unwrap();
        assert_eq!((found[0].values(), found[1].values()), (vec![3.0], vec![2.9]));
        let several = table("optimizer,step,val_loss\na,20,3.5\na,20,3.0\n");
        let error = format!("{:#}", arms(&several, &columns(&["optimizer"])).unwrap_err());
        assert!(error.contains("several numbers at step 20"), "{error}");
    }

    #[test]
    fn a_run_that_ends_without_a_number_is_counted() {
        let table = table("wd,seed,step,val_loss\n0,0,10,3.5\n0,1,10,\n0,2,10,3.4\n");
        let (found, _, _) = arms(&table, &columns(&["wd"])).unwrap();
        assert_eq!((found[0].runs.len(), found[0].without), (2, 1));
    }

    #[test]
    fn names_that_look_like_numbers_stay_names() {
        for (text, name) in [
            ("007", "007"),
            ("0.10", "0.1"),
            ("1e-1", "0.1"),
            ("9007199254740993", "9007199254740993"),
            ("-0.5", "-0.5"),
            ("0", "0"),
        ] {
            assert_eq!(normal(text), name);
        }
    }

    #[test]
    fn runs_without_a_number_are_counted_and_told() {
        let table = table("wd,seed,val_loss\n0,0,nan\n0,1,3.0\n0,2,\n");
        let (arms, _, remarks) = arms(&table, &columns(&["wd"])).unwrap();
        assert_eq!((arms[0].without, arms[0].values()), (2, vec![3.0]));
        assert!(
            remarks.iter().any(|one| one.starts_with("2 of 3 runs of 0 have no finite")),
            "{remarks:?}"
        );
    }

    #[test]
    fn two_runs_of_one_seed_are_an_error_and_not_a_mean() {
        let table = table("wd,seed,val_loss\n0,0,3.0\n0,0,3.5\n");
        let error = format!("{:#}", arms(&table, &columns(&["wd"])).unwrap_err());
        assert!(error.contains("--seed, --arm or --step-column"), "{error}");
        let text =
            super::super::csv_tables::read(std::path::Path::new("x"), "wd,val_loss\n0,low\n", "x")
                .unwrap();
        assert!(format!("{:#}", arms(&text, &columns(&["wd"])).unwrap_err()).contains("`low`"));
    }
}
