use std::fs;

use super::{answer, headline, json};
use crate::judge::{Case, CaseTerms, Columns, JudgedFamily, arms, read};
use crate::stats::Terms;

/// The case of a table, with the columns of its arms.
fn case(table: &str, arm: &[&str], asked: &CaseTerms) -> Case {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.csv");
    fs::write(&path, table).unwrap();
    let arm = arm.iter().map(|one| (*one).to_owned()).collect();
    let table = read(&[path], None).unwrap();
    Case::new(arms(&table, &Columns { arm, ..Columns::default() }).unwrap(), asked).unwrap()
}

fn asked(baseline: Option<&str>, families: &[JudgedFamily]) -> CaseTerms {
    CaseTerms {
        baseline: baseline.map(str::to_owned),
        families: families.to_vec(),
        terms: Terms { alpha: 0.05, epsilon: None },
        higher_is_better: false,
    }
}

/// A is worse than B on every seed that both have, and B was run on six harder ones too.
fn shifted() -> String {
    let noise = |seed: usize| (seed as f64 * 2.39).sin() * 0.002;
    let common = (0..6).map(|seed| {
        format!("A,{seed},{}\nB,{seed},{}\n", 3.05 + noise(seed), 3.0 - noise(seed + 3))
    });
    let own = (6..12).map(|seed| format!("B,{seed},{}\n", 4.0 + noise(seed)));
    format!("opt,seed,val_loss\n{}", common.chain(own).collect::<String>())
}

#[test]
fn an_arm_that_a_test_finds_worse_is_not_crowned_for_its_mean() {
    let both = [JudgedFamily::AgainstBaseline, JudgedFamily::Pairs];
    for asked in [asked(None, &[]), asked(Some("B"), &[]), asked(Some("A"), &both)] {
        let case = case(&shifted(), &["opt"], &asked);
        let [told] = &headline(&case)[..] else { panic!("one paragraph") };
        let start = "B is better than A, whose mean is the best: on the 6 seeds that both have it is lower by 0.05";
        assert!(told.starts_with(start), "{told}");
        assert!(told.contains("are over different seeds, so no arm is called the best"), "{told}");
        let mislead = "their means mislead: the mean of ";
        let remark = case.remarks.iter().find(|one| one.contains(mislead)).unwrap();
        assert!(remark.contains("on the 6 seeds") && !remark.contains("more pair"), "{remark}");
        let json: serde_json::Value = serde_json::from_str(&json(&case).unwrap()).unwrap();
        assert_eq!(json["headline"], told.as_str());
        assert!(json["arms"].as_array().unwrap().iter().all(|arm| arm["best"] == false));
    }
}

#[test]
fn told_apart_counts_what_is_worse_and_every_arm_once() {
    let line = |seed: usize| {
        let noise = (seed as f64 * 2.39).sin() * 0.002;
        let own = (seed as f64 * 5.1).cos() * 0.002;
        let (a, b, c) = (3.0 + noise, 3.0 + 0.0003 + own, 3.2 + own - noise);
        format!("a,{seed},{a}\nb,{seed},{b}\nc,{seed},{c}\n")
    };
    let table = format!("opt,seed,val_loss\n{}", (0..6).map(line).collect::<String>());
    let both = [JudgedFamily::AgainstBaseline, JudgedFamily::Pairs];
    let case = case(&table, &["opt"], &asked(Some("c"), &both));
    assert_eq!((case.contests.len(), case.distinct().len()), (5, 3));
    let told = headline(&case).join(" ");
    assert!(told.contains(" 1 of 2 other arms compared with it is worse by more than"), "{told}");
    assert_eq!(super::words::judged_title(&case), "val_loss: 2 of 3 comparisons told apart");
}

#[test]
fn arms_of_two_runs_are_compared_and_not_tested() {
    let line = |seed: usize| format!("a,{seed},{}\nb,{seed},{}\n", 3.0 + 0.1 * seed as f64, 3.5);
    let table = format!("opt,seed,val_loss\n{}", (0..2).map(line).collect::<String>());
    let told = headline(&case(&table, &["opt"], &asked(None, &[]))).join(" ");
    assert!(told.contains(" 1 other arm is compared with it, but too few runs"), "{told}");
}

#[test]
fn the_headline_says_why_an_arm_was_not_tested() {
    let told = |line: &dyn Fn(usize) -> String| {
        let table = format!("opt,seed,val_loss\n{}", (0..5).map(line).collect::<String>());
        headline(&case(&table, &["opt"], &asked(None, &[]))).join(" ")
    };
    let a = |seed: usize| format!("a,{seed},{}\n", 3.0 + 0.01 * seed as f64);
    let b = |seed: usize| format!("b,{seed},{}\n", 3.5 + 0.01 * seed as f64);
    let own = |seed: usize| format!("c,{seed},{}\n", 3.5 + 0.003 * (seed * seed) as f64);
    let lost =
        |seed: usize| if seed == 2 { "d,2,nan\n".to_owned() } else { format!("d,{seed},3.6\n") };
    let one = told(&|seed| a(seed) + &lost(seed));
    let said =
        " 1 other arm is compared with it, but not tested (a run without a number to compare).";
    assert!(one.contains(said), "{one}");
    let one = told(&|seed| a(seed) + &b(seed));
    assert!(
        one.contains("but not tested (the same difference in every run, as copies have)."),
        "{one}"
    );
    let both = told(&|seed| a(seed) + &own(seed) + &lost(seed) + &b(seed));
    let said = " 1 of 3 other arms compared with it is worse by more than chance; 2 not tested (1 with the same \
                difference in every run, as copies have, 1 with a run without a number to compare).";
    assert!(both.contains(said) && !both.contains("too few"), "{both}");
}

#[test]
fn rows_that_copy_others_are_told_before_the_answer() {
    let rows = |arm: &str, level: f64| -> String {
        let line = |run: usize| format!("{arm},{}\n", level + (run as f64 * 2.39).sin() * 0.05);
        (0..5).map(|run| line(run).repeat(6)).collect()
    };
    let table = format!("opt,val_loss\n{}{}", rows("A", 3.0), rows("B", 2.9));
    let case = case(&table, &["opt"], &asked(None, &[]));
    let screen = answer(&case);
    assert!(screen.starts_with("Careful: 50 of 60 runs are the same as another row"), "{screen}");
    assert!(screen.contains("\n\nThe best mean is that of B"), "{screen}");
    let warning = case.remarks.iter().find(|one| one.starts_with("WARNING: 50 of 60 rows"));
    assert!(warning.is_some_and(|one| one.contains("--seed")), "{:?}", case.remarks);
}

#[test]
fn arms_whose_values_read_alike_are_told_apart_and_counted() {
    let line = |seed: usize| {
        let noise = [1.0, 2.0, 3.0].map(|own| (seed as f64 * 2.39 * own).sin() * 0.004);
        let [a, b, c] = noise;
        format!("x y,z,{seed},{}\nx,y z,{seed},{}\nq,q,{seed},{}\n", 3.0 + a, 3.1 + b, 3.2 + c)
    };
    let table = format!("a,b,seed,val_loss\n{}", (0..5).map(line).collect::<String>());
    let case = case(&table, &["a", "b"], &asked(None, &[]));
    let told = headline(&case).join(" ");
    assert!(told.contains("The best mean is that of \"x y\" z: "), "{told}");
    assert!(told.contains("2 of 2 other arms compared with it are worse"), "{told}");
    let pair = (&*case.contests[0].left, &*case.contests[0].right);
    assert_eq!(pair, ("\"x y\" z", "x \"y z\""));
}
