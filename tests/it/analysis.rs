//! How a spec is judged: families, tuned axes, ε, and what so many seeds can tell.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::common::{fixture, text, wane, wane_ok};

/// The tiny spec with another lot of arms, in a folder.
fn spec(folder: &Path, arms: &str) -> String {
    let tiny = fs::read_to_string(fixture("tiny.toml")).unwrap();
    let own = &tiny[tiny.find("[[arm]]").unwrap()..];
    let path = folder.join("spec.toml");
    fs::write(&path, tiny.replace(own, arms)).unwrap();
    text(&path).to_owned()
}

fn summary(folder: &Path) -> Value {
    let summary = fs::read(folder.join("tiny/summary.json")).unwrap();
    serde_json::from_slice(&summary).unwrap()
}

fn families(summary: &Value) -> Vec<(String, u64)> {
    let rows = summary["comparisons"].as_array().unwrap().iter();
    let mut families: Vec<(String, u64)> = rows
        .map(|row| {
            let name = row["family"].as_str().unwrap().to_owned();
            (name, row["family_size"].as_u64().unwrap())
        })
        .collect();
    families.dedup();
    families
}

#[test]
fn a_sweep_is_judged_by_family_and_its_summary_has_every_name_that_tools_read() {
    let folder = tempfile::tempdir().unwrap();
    let arms = "[[arm]]\nform = ['adamw', 'l2']\nmask = ['matrices', 'global']\n\
        weight_decay = [0.0, 0.1, 1.0]\n";
    let path = spec(folder.path(), arms);
    let call = ["sweep", &path, "--out", text(folder.path()), "--seeds", "0,1,2,3", "-q"];
    let answer = wane_ok(&call).stdout;
    let headings = [
        "against no decay (4 tests)",
        "against stopping no decay (4 tests)",
        "form (2 tests)",
        "mask (2 tests)",
        "interaction (1 test)",
    ];
    for heading in headings {
        assert!(answer.contains(heading), "{heading}: {answer}");
    }
    let lines: Vec<&str> = answer.lines().take_while(|line| !line.starts_with("report")).collect();
    let is_short = |line: &&str| line.chars().count() <= 112;
    assert!(lines.len() <= 36 && lines.iter().all(is_short), "{answer}");
    let summary = summary(folder.path());
    let expected = [
        ("against-none", 4),
        ("against-stopping", 4),
        ("form", 2),
        ("mask", 2),
        ("interaction", 1),
    ];
    let expected: Vec<_> = expected.map(|(name, size)| (name.to_owned(), size)).to_vec();
    assert_eq!(families(&summary), expected);
    for key in ["splits", "texts", "epsilon", "reference_levels", "arms", "comparisons", "rules"] {
        assert!(summary.get(key).is_some(), "{key}");
    }
    for key in ["uniform", "unigram", "ngram", "ngram_order", "floor"] {
        assert!(summary["reference_levels"].get(key).is_some(), "{key}");
    }
    let row = &summary["comparisons"][0];
    let names = ["left", "right", "kind", "difference", "ci95", "p", "p_holm", "n", "seeds_needed"];
    for key in names {
        assert!(row.get(key).is_some(), "{key}: {row}");
    }
    let kinds = ["lower", "higher", "equivalent", "undecided"];
    assert!(kinds.contains(&row["kind"].as_str().unwrap()), "{row}");
    let arm = &summary["arms"][0];
    for key in ["form", "mask", "weight_decay", "variant", "n", "diverged", "collapsed"] {
        assert!(arm.get(key).is_some(), "{key}: {arm}");
    }
    for key in ["final_test", "final_test_ci95", "stopped_test", "stopped_test_ci95", "best_step"] {
        assert!(arm.get(key).is_some(), "{key}: {arm}");
    }
}

#[test]
fn a_tuned_axis_makes_one_rule_of_a_grid_and_the_analysis_of_a_spec_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let arms = "[analysis]\nfamilies = ['form', 'against-none']\nepsilon = 0.5\nalpha = 0.1\n\
        [[arm]]\nform = ['adamw', 'l2']\ntune = ['weight_decay', 'lr']\nlr = [1e-3, 1e-2]\n\
        weight_decay = [0.0, 0.1]\n\
        [[arm]]\nform = 'none'\ntune = ['lr', 'steps']\nlr = [1e-3, 1e-2]\nsteps = [3, 6]\n";
    let path = spec(folder.path(), arms);
    let call = ["sweep", &path, "--out", text(folder.path()), "--seeds", "0,1,2", "-q"];
    let answer = wane_ok(&call).stdout;
    assert!(answer.contains("own horizon"), "{answer}");
    let summary = summary(folder.path());
    let expected = [("form".to_owned(), 1), ("against-none".to_owned(), 2)];
    assert_eq!(families(&summary), expected);
    assert_eq!((summary["epsilon"].as_f64(), summary["alpha"].as_f64()), (Some(0.5), Some(0.1)));
    let rules = summary["rules"].as_array().unwrap();
    assert!(rules.len() == 2 && rules.iter().all(|rule| rule["points"] == 2), "{rules:?}");
    assert!(rules.iter().all(|rule| rule["at"].as_str().unwrap().starts_with("lr=")), "{rules:?}");
    let again = wane_ok(&["report", text(&folder.path().join("tiny"))]).stdout;
    let again = again.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(again.contains("ε = 0.5, as the spec says"), "{again}");
}

#[test]
fn a_plan_says_which_tuned_key_has_one_value_alone() {
    let folder = tempfile::tempdir().unwrap();
    let arms = "[[arm]]\nform = 'adamw'\nweight_decay = [0.1, 1.0]\nlr = 1e-3\n\
                tune = ['weight_decay', 'lr']\n";
    let path = spec(folder.path(), arms);
    let plan = wane_ok(&["plan", &path, "--out", text(folder.path())]).stdout;
    assert!(plan.contains("arm.0.tune names lr, which has one value alone, 0.001:"), "{plan}");
}

#[test]
fn a_plan_says_what_is_not_compared_for_other_values_of_what_is_tuned() {
    let folder = tempfile::tempdir().unwrap();
    let plan = |none: &str| {
        let tuned = "lr = [1e-3, 1e-2]\ntune = ['lr']\n";
        let arms = format!(
            "[[arm]]\nform = 'none'\n{none}[[arm]]\nform = 'adamw'\nweight_decay = 0.1\n{tuned}"
        );
        let path = spec(folder.path(), &arms);
        wane_ok(&["plan", &path, "--out", text(folder.path())]).stdout
    };
    let told = "chooses among lr = 0.001, 0.01, and is not held against no decay";
    let unlike = plan("lr = 1e-3\n");
    assert!(unlike.contains(told), "{unlike}");
    let alike = plan("lr = [1e-3, 1e-2]\ntune = ['lr']\n");
    assert!(!alike.contains(told), "{alike}");
}

#[test]
fn a_plan_says_what_its_seeds_can_tell_or_how_to_know_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = text(&fixture("tiny.toml")).to_owned();
    let out = text(folder.path());
    let plan = |more: &[&str]| wane_ok(&[&["plan", &path, "--out", out][..], more].concat()).stdout;
    let unknown = plan(&[]);
    assert!(unknown.contains("power        not known"), "{unknown}");
    let pilot = unknown.lines().find_map(|line| line.trim().split("tell: wane ").nth(1)).unwrap();
    let words: Vec<&str> = pilot.split(' ').chain(["--out", out, "-q"]).collect();
    wane_ok(&words);
    let known = plan(&["--seeds", "0,1,2,3,4"]);
    assert!(
        known.contains("with 5 seeds, 80% of such experiments find a difference from"),
        "{known}"
    );
    assert!(known.contains("Decay against no decay: 0."), "{known}");
    assert!(known.contains("Mask against mask: 0."), "{known}");
    let other = plan(&["--seeds", "7,8,9", "--seeds-for", "0.02"]);
    assert!(other.contains("to find a difference of 0.02 in 80%"), "{other}");
    assert!(other.contains(" seeds (2 tests, sd "), "{other}");
}

#[test]
fn what_an_analysis_cannot_be_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let arm = "[[arm]]\nform = 'adamw'\nweight_decay = [0.0, 1.0]\n";
    let known = "against-none, against-stopping, form, mask, rival, interaction, published";
    let cases: &[(&str, &[&str])] = &[
        ("[analysis]\nfamilies = ['forms']\n", &["analysis.families holds \"forms\"", known]),
        ("[analysis]\nfamilies = 'form'\n", &["analysis.families", "a list of some of", known]),
        ("[analysis]\nfamilies = []\n", &["analysis.families"]),
        ("[analysis]\nfamilies = ['form', 'form']\n", &["\"form\" twice"]),
        ("[analysis]\nepsilon = 0\n", &["analysis.epsilon = 0", "above 0"]),
        ("[analysis]\nalpha = 1.0\n", &["analysis.alpha = 1", "between 0 and 1"]),
        ("[analysis]\nalfa = 0.1\n", &["unknown key `analysis.alfa`", "did you mean `alpha`?"]),
        ("analysis = 3\n", &["[analysis]"]),
        ("tune = ['lambda']\n", &["arm.0.tune holds \"lambda\"", "weight_decay, steps"]),
        ("form-none", &["arm.0.tune", "does not take"]),
    ];
    for (body, expected) in cases {
        let arms = match *body {
            "form-none" => "[[arm]]\nform = 'none'\ntune = ['weight_decay']\n".to_owned(),
            body if body.starts_with("tune") => format!("{arm}{body}"),
            body => format!("{arm}{body}"),
        };
        let path = spec(folder.path(), &arms);
        if body.starts_with("analysis = ") {
            let own = fs::read_to_string(&path).unwrap().replace(body, "");
            fs::write(&path, format!("{body}{own}")).unwrap();
        }
        let call = wane(&["plan", &path, "--out", text(folder.path())]);
        assert_eq!(call.code, Some(2), "{body}: {}", call.stderr);
        for words in *expected {
            assert!(call.stderr.contains(words), "{body} should say `{words}`: {}", call.stderr);
        }
    }
    let call = wane(&["plan", text(&fixture("tiny.toml")), "--seeds-for", "-1"]);
    assert_eq!(call.code, Some(2));
}

#[test]
fn without_a_test_split_nothing_is_said_of_one_but_where_its_counting_models_are() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = |test: &str| {
        let (spec, out, test) =
            (fixture("tiny.toml"), text(folder.path()), format!("data.test={test}"));
        let words = ["sweep", text(&spec), "--out", out, "--replace", "--set", &test];
        let told = wane_ok(&[&words[..], &["--set", "seeds=[0, 1, 2]"]].concat()).stdout;
        told.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let told = sweep("0");
    assert!(told.contains("of its own, val the same for all"), "{told}");
    assert!(told.contains("; n-grams, which know more, are counted on test alone."), "{told}");
    let told = sweep("300");
    assert!(told.contains("of its own, val and test the same for all"), "{told}");
    assert!(!told.contains("counted on test alone"), "{told}");
}
