use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};

use super::arm::Arm;
use super::columns::Columns;
use super::grouped::grouped;
use super::labels::labelled;
use super::remarks::{
    another_loss, at_a_known_step, different_ends, empty_cells, mixed, several_settings,
    taken_up_again, unfinished, without_a_number, without_a_row,
};
use super::runs::{Chosen, Run};
use super::table::Table;

/// The arms of a table with the name of what was measured, in order of first appearance, and what was concluded of
/// the columns.
///
/// # Errors
/// A column that is not there or not known, a number that is none, or two runs that cannot be told apart.
pub fn arms(table: &Table, columns: &Columns) -> Result<(Vec<Arm>, String, Vec<String>)> {
    let mut remarks = table.remarks.clone();
    let value = columns.value(table)?;
    let step = columns.step(table)?;
    ensure!(
        columns.at.is_none() || step.is_some(),
        "--step needs a column of steps: --step-column"
    );
    let (labelled, told) = labelled(table, columns)?;
    remarks.extend(told);
    let found = grouped(table, &labelled, value, step)?;
    // What is logged by step varies over steps.
    let has_steps =
        found.iter().flat_map(|(_, runs)| runs.values()).any(|run| run.measured.len() > 1);
    remarks.extend(match has_steps {
        false => mixed(table, &labelled, &[value], columns),
        true => several_settings(table, &labelled, (value, step), columns),
    });
    if columns.value.is_none() {
        remarks.extend(another_loss(table, value));
    }
    remarks.extend(taken_up_again(&found));
    remarks.extend(empty_cells(&found));
    remarks.extend(unfinished(table));
    if let Some(at) = columns.at {
        let runs = found.iter().flat_map(|(_, runs)| runs.values());
        let steps = runs.flat_map(|run| run.measured.iter().filter_map(|(step, _)| *step));
        at_a_known_step(&steps.collect::<Vec<_>>(), at)?;
    }
    let arms = found.into_iter().map(|(parts, runs)| arm(parts, runs, columns.at));
    let arms: Vec<Arm> = arms.collect::<Result<_>>()?;
    remarks.extend(arms.iter().filter_map(|arm| without_a_number(arm, value)));
    remarks.extend(arms.iter().filter_map(|arm| without_a_row(arm, columns.at)));
    remarks.extend(different_ends(&arms, has_steps));
    Ok((arms, value.to_owned(), remarks))
}

fn arm(parts: Vec<String>, runs: BTreeMap<String, Run>, at: Option<f64>) -> Result<Arm> {
    let label = parts.join(" ");
    let mut arm = Arm { parts, runs: Vec::new(), without: 0, without_a_row: 0, ends: Vec::new() };
    for (name, run) in runs {
        match run.chosen(at).with_context(|| format!("{label}, {name}"))? {
            Chosen::At(step, value) => {
                arm.ends.extend(step);
                arm.runs.push((run.seed, value));
            }
            Chosen::NoNumber(step) => {
                arm.ends.extend(step);
                arm.without += 1;
            }
            Chosen::NoRow => {
                arm.without += 1;
                arm.without_a_row += 1;
            }
        }
    }
    Ok(arm)
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
    fn a_run_without_a_value_of_the_arm_is_of_an_arm_of_its_own() {
        let table =
            table("wd,lr,seed,val_loss\n0.1,1,0,3.0\n0.1,1,1,3.1\n,1,0,3.2\n,1,1,3.3\n,1,2,\n");
        let (found, _, remarks) = arms(&table, &columns(&["wd"])).unwrap();
        assert_eq!(found[1].label(), "(empty)");
        assert_eq!(found[1].values(), [3.2, 3.3]);
        assert!(remarks.iter().any(|one| one.starts_with("2 runs have nothing")), "{remarks:?}");
    }

    #[test]
    fn the_last_step_counts_or_the_one_that_is_named() {
        let table =
            table("wd,seed,step,val_loss\n0,0,10,3.5\n0,0,20,3.0\n0,1,20,3.1\n0,1,10,3.4\n");
        let value = |at| arms(&table, &Columns { at, ..columns(&["wd"]) }).unwrap().0[0].values();
        assert_eq!(value(None), [3.0, 3.1]);
        assert_eq!(value(Some(10.0)), [3.5, 3.4]);
        let none = arms(&table, &Columns { at: Some(14.0), ..columns(&["wd"]) }).unwrap_err();
        assert!(
            none.to_string().contains("no run has a row at step 14; the nearest is 10"),
            "{none}"
        );
    }

    #[test]
    fn runs_that_end_at_different_steps_are_told() {
        let table = table("wd,seed,step,val_loss\n0,0,10,3.5\n0,0,20,3.0\n0,1,10,3.1\n");
        let (_, _, remarks) = arms(&table, &columns(&["wd"])).unwrap();
        assert!(
            remarks.iter().any(|one| one.contains("1 of 2 runs of 0 from 10 on") && one.contains("--step 10")),
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
    fn runs_without_a_number_are_counted_and_told() {
        let table = table("wd,seed,val_loss\n0,0,nan\n0,1,3.0\n0,2,\n");
        let (arms, _, remarks) = arms(&table, &columns(&["wd"])).unwrap();
        assert_eq!((arms[0].without, arms[0].values()), (2, vec![3.0]));
        let told = "2 of 3 runs of 0 have no finite val_loss: mean and n leave them out";
        assert!(remarks.iter().any(|one| one.starts_with(told)), "{remarks:?}");
    }

    #[test]
    fn whole_runs_one_after_another_are_no_run_that_was_taken_up_again() {
        let rows = |lr: &str, steps: &[u32]| -> String {
            steps.iter().map(|step| format!("0,{lr},0,{step},3.{step}\n")).collect()
        };
        let header = "wd,lr,seed,step,val_loss\n";
        let both = table(&format!(
            "{header}{}{}",
            rows("1e-3", &[100, 200, 300]),
            rows("1e-2", &[100, 201, 300, 400])
        ));
        let told = arms(&both, &columns(&["wd"]));
        assert!(told.is_ok(), "equal numbers at equal steps are a log that stands twice");
        let other =
            format!("{header}{}0,1e-2,0,100,2.0\n0,1e-2,0,300,2.5\n", rows("1e-3", &[100, 300]));
        let error = format!("{:#}", arms(&table(&other), &columns(&["wd"])).unwrap_err());
        assert!(
            error.contains("several numbers at step 300: several runs under one name"),
            "{error}"
        );
        let resumed =
            format!("{header}{}0,1e-3,0,200,2.9\n0,1e-3,0,300,2.5\n", rows("1e-3", &[100, 200]));
        let (found, _, remarks) = arms(&table(&resumed), &columns(&["wd"])).unwrap();
        assert_eq!(found[0].values(), [2.5]);
        assert!(remarks.iter().any(|one| one.contains("1 run was taken up again")), "{remarks:?}");
    }

    #[test]
    fn a_setting_that_changes_inside_a_run_is_told() {
        let rows: String = (0..4)
            .flat_map(|seed| [(1, 900, "1e-3"), (2, 1000, "1e-2")].map(|one| (seed, one)))
            .map(|(seed, (loss, steps, lr))| format!("0,{lr},{seed},{steps},{loss}.{seed}\n"))
            .collect();
        let table = table(&format!("wd,lr,seed,steps,val_loss\n{rows}"));
        let (_, _, remarks) = arms(&table, &columns(&["wd"])).unwrap();
        assert!(remarks.iter().any(|one| one.contains("`lr` changes inside runs")), "{remarks:?}");
    }

    #[test]
    fn a_schedule_of_two_values_that_all_runs_share_is_no_setting() {
        let rows = |seed: usize, after: usize| -> String {
            let lr = |step: usize| if step > after { "1e-4" } else { "1e-3" };
            (1..=6).map(|step| format!("0,{},{seed},{step},2.{seed}{step}\n", lr(step))).collect()
        };
        let told = |rows: String| {
            let table = table(&format!("wd,lr,seed,step,val_loss\n{rows}"));
            let (_, _, remarks) = arms(&table, &columns(&["wd"])).unwrap();
            remarks.iter().any(|one| one.contains("`lr` changes inside runs"))
        };
        assert!(!told((0..3).map(|seed| rows(seed, 4)).collect()));
        assert!(told((0..3).map(|seed| rows(seed, 4 - seed)).collect()));
    }

    #[test]
    fn a_last_row_without_any_number_is_of_a_run_that_diverged() {
        let diverged = table("wd,seed,step,val_loss\n0,0,1,3.0\n0,0,2,\n0,1,1,3.1\n0,1,2,2.9\n");
        let (found, _, _) = arms(&diverged, &columns(&["wd"])).unwrap();
        assert_eq!((found[0].values(), found[0].without), (vec![2.9], 1));
        // Rows of a learning rate alone, as some loggers write them.
        let other =
            table("wd,seed,step,lr,val_loss\n0,0,1,,3.0\n0,0,1,0.1,\n0,1,1,,3.1\n0,1,1,0.1,\n");
        let (found, _, _) = arms(&other, &columns(&["wd"])).unwrap();
        assert_eq!(found[0].values(), [3.0, 3.1]);
    }

    #[test]
    fn a_run_without_a_row_at_the_step_that_is_asked_for_is_not_told_to_have_diverged() {
        let table =
            table("wd,seed,step,val_loss\n0,0,10,3.5\n0,0,20,3.0\n0,1,10,3.4\n0,1,30,2.9\n");
        let at = Columns { at: Some(20.0), ..columns(&["wd"]) };
        let (found, _, remarks) = arms(&table, &at).unwrap();
        assert_eq!((found[0].without, found[0].without_a_row), (1, 1));
        assert!(remarks.iter().any(|one| one.contains("has no row at step 20")), "{remarks:?}");
        assert!(!remarks.iter().any(|one| one.contains("diverged")), "{remarks:?}");
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
