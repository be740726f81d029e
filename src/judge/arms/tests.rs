use super::*;

fn table(text: &str) -> Table {
    crate::judge::csv_tables::read(std::path::Path::new("x.csv"), text, "x").unwrap()
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
    let table = table("wd,lr,seed,val_loss\n0.1,1,0,3.0\n0.1,1,1,3.1\n,1,0,3.2\n,1,1,3.3\n,1,2,\n");
    let (found, _, remarks) = arms(&table, &columns(&["wd"])).unwrap();
    assert_eq!(found[1].label(), "(empty)");
    assert_eq!(found[1].values(), [3.2, 3.3]);
    assert!(remarks.iter().any(|one| one.starts_with("2 runs have nothing")), "{remarks:?}");
}

#[test]
fn the_last_step_counts_or_the_one_that_is_named() {
    let table = table("wd,seed,step,val_loss\n0,0,10,3.5\n0,0,20,3.0\n0,1,20,3.1\n0,1,10,3.4\n");
    let value = |at| arms(&table, &Columns { at, ..columns(&["wd"]) }).unwrap().0[0].values();
    assert_eq!(value(None), [3.0, 3.1]);
    assert_eq!(value(Some(10.0)), [3.5, 3.4]);
    let none = arms(&table, &Columns { at: Some(14.0), ..columns(&["wd"]) }).unwrap_err();
    assert!(none.to_string().contains("no run has a row at step 14; the nearest is 10"), "{none}");
}

#[test]
fn runs_that_end_at_different_steps_are_told() {
    let table = table("wd,seed,step,val_loss\n0,0,10,3.5\n0,0,20,3.0\n0,1,10,3.1\n");
    let (_, _, remarks) = arms(&table, &columns(&["wd"])).unwrap();
    assert!(
        remarks
            .iter()
            .any(|one| one.contains("1 of 2 runs of 0 from 10 on") && one.contains("--step 10")),
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
fn a_loss_of_which_no_text_is_named_is_told_as_one_that_may_be_of_training() {
    for (name, is_told) in [
        ("loss", true),
        ("Loss", true),
        ("metrics.loss", true),
        ("val/loss", false),
        ("val_loss", false),
    ] {
        let table = table(&format!("wd,seed,{name}\n0,0,3.0\n0,1,3.1\n1,0,3.2\n1,1,3.3\n"));
        for value in [None, Some(name.to_owned())] {
            let columns = Columns { value, ..columns(&["wd"]) };
            let (_, _, remarks) = arms(&table, &columns).unwrap();
            let is_said = remarks.iter().any(|one| one.contains("may be the training loss"));
            assert_eq!(is_said, is_told, "{name}: {remarks:?}");
        }
    }
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
    assert!(error.contains("several numbers at step 300: several runs under one name"), "{error}");
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
    let other = table("wd,seed,step,lr,val_loss\n0,0,1,,3.0\n0,0,1,0.1,\n0,1,1,,3.1\n0,1,1,0.1,\n");
    let (found, _, _) = arms(&other, &columns(&["wd"])).unwrap();
    assert_eq!(found[0].values(), [3.0, 3.1]);
}

#[test]
fn a_run_without_a_row_at_the_step_that_is_asked_for_is_not_told_to_have_diverged() {
    let table = table("wd,seed,step,val_loss\n0,0,10,3.5\n0,0,20,3.0\n0,1,10,3.4\n0,1,30,2.9\n");
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
        crate::judge::csv_tables::read(std::path::Path::new("x"), "wd,val_loss\n0,low\n", "x")
            .unwrap();
    assert!(format!("{:#}", arms(&text, &columns(&["wd"])).unwrap_err()).contains("`low`"));
}

#[test]
fn a_row_that_stands_twice_counts_once_where_a_seed_or_a_run_says_so() {
    for text in [
        "wd,seed,val_loss\n0,0,3.0\n0,0,3.0\n0,0,3.0\n0,1,3.1\n",
        "wd,run,val_loss\n0,a,3.0\n0,a,3.0\n0,b,3.1\n0,a,3.0\n",
    ] {
        let (found, _, remarks) = arms(&table(text), &columns(&["wd"])).unwrap();
        assert_eq!((found[0].values(), found[0].copies), (vec![3.0, 3.1], 0));
        let told = remarks.iter().any(|one| one.starts_with("2 rows stand twice"));
        assert!(told, "{remarks:?}");
    }
}

#[test]
fn a_row_that_nothing_tells_from_another_counts_and_is_warned_of() {
    let text = table("wd,val_loss\n0,3.0\n0,3.0\n0,3.1\n1,3.0\n1,nan\n1,nan\n");
    let (found, _, remarks) = arms(&text, &columns(&["wd"])).unwrap();
    assert_eq!((found[0].runs.len(), found[0].copies), (3, 1));
    assert_eq!((found[1].without, found[1].copies), (2, 0), "runs that diverged are alike");
    assert!(remarks.iter().any(|one| one.starts_with("WARNING: 1 of 4 rows")), "{remarks:?}");
}

#[test]
fn arms_that_read_alike_stay_apart_in_their_names_and_remarks() {
    let text = table("a,b,seed,val_loss\nx y,z,0,3.0\nx y,z,1,nan\nx,y z,0,3.1\nx,y z,1,3.2\n");
    let (found, _, remarks) = arms(&text, &columns(&["a", "b"])).unwrap();
    let names: Vec<&str> = found.iter().map(|arm| &*arm.name).collect();
    assert_eq!(names, ["\"x y\" z", "x \"y z\""]);
    assert!(remarks.iter().any(|one| one.contains("runs of \"x y\" z has")), "{remarks:?}");
}

#[test]
fn one_decay_in_two_spellings_is_one_arm_and_that_is_said() {
    for (one, other, name) in [("0", "-0.0", "0"), ("0.1", "0.10000000149011612", "0.1")] {
        let text = format!("wd,seed,val_loss\n{one},0,3.0\n{other},1,3.1\n3,0,3.2\n");
        let (found, _, remarks) = arms(&table(&text), &columns(&["wd"])).unwrap();
        assert_eq!((found.len(), found[0].label(), found[0].runs.len()), (2, name.to_owned(), 2));
        assert!(remarks.iter().any(|one| one.contains("are one number")), "{remarks:?}");
    }
}
