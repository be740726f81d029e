//! What a step did to the weights, in files and in words.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{fixture, project, rows, text, wane, wane_ok};

const ROLES: [&str; 6] = ["embedding", "attention", "mlp", "head", "norm", "bias"];

/// A sweep of the tiny spec with changes; the folder of its results.
pub fn swept(out: &Path, name: &str, changes: &[&str]) -> PathBuf {
    let (spec, name_is) = (fixture("tiny.toml"), format!("name={name}"));
    let mut words = vec!["sweep", text(&spec), "--out", text(out), "-q", "--set", &name_is];
    changes.iter().for_each(|change| words.extend(["--set", *change]));
    wane_ok(&words);
    out.join(name)
}

fn number(row: &HashMap<String, String>, column: &str) -> Option<f64> {
    let value = &row[column];
    (!value.is_empty()).then(|| value.parse().unwrap_or_else(|_| panic!("{column} = {value}")))
}

/// Numbers of each role, from the manifest.
fn elements(folder: &Path, role: &str) -> f64 {
    let manifest = rows(&folder.join("manifest.csv"));
    let first =
        manifest.iter().take_while(|row| row["weight_decay"] == manifest[0]["weight_decay"]);
    let is_same = |row: &HashMap<String, String>| {
        ["mask", "variant"].iter().all(|column| row[*column] == manifest[0][*column])
    };
    let first = first.filter(|row| row["role"] == role && is_same(row));
    first.map(|row| row["elements"].parse::<f64>().unwrap()).sum()
}

#[test]
fn every_logged_step_has_what_it_did_to_every_role_and_all_of_it_fits_together() {
    let folder = tempfile::tempdir().unwrap();
    let results = swept(folder.path(), "told", &["train.eval_every=2", "train.log_every=2"]);
    let curves = rows(&results.join("curves.csv"));
    let mut compared = 0;
    for row in curves.iter().filter(|row| row["step"] != "0") {
        for role in ROLES {
            let of = |measure: &str| number(row, &format!("{measure}_{role}"));
            if role == "head" {
                assert_eq!(of("rotation"), None, "the head is the embedding");
                continue;
            }
            let (rms, norm) = (of("weight_rms").unwrap(), of("weight_norm").unwrap());
            let from_norm = norm / elements(&results, role).sqrt();
            assert!((rms - from_norm).abs() <= 1e-5 * from_norm, "{role}: {rms} {from_norm}");
            let (rotation, relative) = (of("rotation").unwrap(), of("relative_update").unwrap());
            // A step that does not pass through 0 turns by no more than its size.
            assert!(relative > 0.5 || rotation <= relative.asin() * 1.0001, "{role}");
            assert!(of("gradient_cosine").unwrap().abs() <= 1.0);
            let share = of("decay_share").unwrap();
            let acts = row["weight_decay"] == "1.0"
                && (row["mask"] == "global" || ["embedding", "attention", "mlp"].contains(&role));
            assert_eq!(share > 0.0, acts, "{role} {}", row["mask"]);
            assert_eq!(of("equilibrium_rotation").is_some(), acts, "{role}");
            compared += 1;
        }
        let layers: Vec<f64> = row["relative_update_by_layer"]
            .split_whitespace()
            .map(|layer| layer.parse().unwrap())
            .collect();
        assert_eq!(layers.len(), 1);
        assert!(["0.0", "1.0"].contains(&row["clipped"].as_str()));
    }
    assert_eq!(compared, 8 * 3 * 5);
}

/// The formula of Kosson et al. 2024 at the learning rate of each row.
#[test]
fn the_rotation_of_balance_stands_beside_the_one_that_was_measured() {
    let folder = tempfile::tempdir().unwrap();
    let results = swept(folder.path(), "balance", &["train.betas=[0.8, 0.95]"]);
    for row in rows(&results.join("curves.csv")) {
        let Some(predicted) = number(&row, "equilibrium_rotation_mlp") else { continue };
        let (lr, lambda) = (number(&row, "lr").unwrap(), number(&row, "weight_decay").unwrap());
        let expected = (2.0 * lr * lambda * 0.2 / 1.8).sqrt();
        assert!((predicted - expected).abs() < 1e-6 * expected, "{predicted} {expected}");
    }
    let mechanism = rows(&results.join("mechanism.csv"));
    assert_eq!(mechanism.len(), 8 * 5, "a row per arm, seed and role of the model");
    let of = |lambda: &str| {
        let is_it =
            |row: &&HashMap<String, String>| row["weight_decay"] == lambda && row["role"] == "mlp";
        mechanism.iter().find(is_it).unwrap().clone()
    };
    let (none, decayed) = (of("0.0"), of("1.0"));
    assert_eq!(number(&none, "total_decay"), Some(0.0));
    assert_eq!(number(&none, "timescale_steps"), None);
    assert_eq!(number(&none, "initial_left"), Some(1.0));
    let tau = number(&decayed, "timescale_steps").unwrap();
    assert!((tau - 1.0 / 3e-3).abs() < 1e-6);
    // 600 tokens at 16 a step.
    assert!((number(&decayed, "timescale_epochs").unwrap() - tau * 16.0 / 600.0).abs() < 1e-6);
    assert!((number(&decayed, "timescale_runs").unwrap() - tau / 6.0).abs() < 1e-6);
    assert!(number(&decayed, "float32_share").unwrap() > 0.999);
}

#[test]
fn decay_that_float32_cannot_tell_is_called_so() {
    let folder = tempfile::tempdir().unwrap();
    let lambdas = "arm.0.weight_decay=[1e-6, 1.0]";
    let results = swept(folder.path(), "small", &[lambdas]);
    let told = wane_ok(&["explain", text(&results)]).stdout;
    assert!(told.contains("λ = 1e-6: float32 makes this decay 0% of what λ says"), "{told}");
    assert!(!told.contains("λ = 1: float32"), "{told}");
}

#[test]
fn not_measuring_changes_no_loss_and_leaves_the_columns_empty() {
    let folder = tempfile::tempdir().unwrap();
    let told = swept(folder.path(), "told", &[]);
    let silent = swept(folder.path(), "silent", &["train.log_updates=false"]);
    let [told, silent] = [told, silent].map(|folder| rows(&folder.join("curves.csv")));
    assert_eq!(told.len(), silent.len());
    for (told, silent) in told.iter().zip(&silent) {
        for column in ["batch_loss", "val_loss", "grad_norm", "weight_norm_mlp", "clipped"] {
            assert_eq!(told[column], silent[column], "{column}");
        }
        assert!(silent["rotation_mlp"].is_empty() && silent["relative_update_by_layer"].is_empty());
        assert_ne!(told["run"], silent["run"], "runs that say less are others");
    }
    let wrong = wane(&["plan", text(&fixture("tiny.toml")), "--set", "train.log_updates=yes"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("log_updates") && wrong.stderr.contains("true or false"));
}

#[test]
fn explain_tells_of_every_arm_of_every_run_and_of_each_role() {
    let folder = tempfile::tempdir().unwrap();
    let results = swept(folder.path(), "told", &[]);
    let of = |more: &[&str]| wane_ok(&[&["explain", text(&results)], more].concat()).stdout;
    let arms = of(&[]);
    assert!(arms.contains("for mlp weights, means over seeds"), "{arms}");
    assert!(arms.contains("adamw on matrices") && arms.contains("adamw on global"), "{arms}");
    assert!(arms.lines().all(|line| line.chars().count() <= 160), "{arms}");
    let runs = of(&["--runs"]);
    assert_eq!(runs.matches(", seed ").count(), 8, "{runs}");
    assert!(of(&["--role", "attention"]).contains("for attention weights"));
    let wrong = wane(&["explain", text(&results), "--role", "heads"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("expected one of embedding, attention"), "{}", wrong.stderr);
    let absent = wane(&["explain", text(&results), "--role", "head"]);
    assert_eq!(absent.code, Some(2));
    assert!(absent.stderr.contains("no head weights"), "{}", absent.stderr);
    let figure = wane(&["explain", text(&results), "--out", text(folder.path())]);
    assert_eq!(figure.code, Some(2));
    let several = wane(&["explain", text(&results), text(&results), "--runs"]);
    assert_eq!(several.code, Some(2));
    assert!(several.stderr.contains("expected one folder"), "{}", several.stderr);
    let missing = wane(&["explain", text(&folder.path().join("nothing"))]);
    assert_eq!(missing.code, Some(2));
    assert!(missing.stderr.contains("expected a folder that `wane sweep` wrote"));
}

#[test]
fn a_folder_of_an_older_version_is_reported_and_explain_says_what_it_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let results = swept(folder.path(), "told", &[]);
    fs::remove_file(results.join("mechanism.csv")).unwrap();
    let lost = "mechanism.csv is missing";
    assert!(wane_ok(&["report", text(&results)]).stdout.contains(lost));
    let call = wane(&["explain", text(&results)]);
    assert_eq!(call.code, Some(2));
    assert!(call.stderr.contains("mechanism.csv is missing, or of an older"), "{}", call.stderr);
    assert!(call.stderr.contains("wane collect SPEC"), "{}", call.stderr);
    // The committed results of before there were such measurements.
    let out = folder.path().join("out");
    let older = fixture("report");
    let told = wane_ok(&["report", text(&older), "--out", text(&out)]).stdout;
    assert!(!told.contains(lost), "an older version had none: {told}");
    assert!(!out.join("figures/rotation.svg").exists());
}

#[test]
fn numbers_of_the_mechanism_that_no_run_can_have_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let results = swept(folder.path(), "told", &[]);
    let path = results.join("mechanism.csv");
    let whole = fs::read_to_string(&path).unwrap();
    let columns: Vec<&str> = whole.lines().next().unwrap().split(',').collect();
    for (column, value, expected) in [
        ("weight_decay", "0.7", "has another weight_decay than runs.csv"),
        ("seed", "99", "has another seed than runs.csv"),
        ("status", "failed", "has another status than runs.csv"),
        ("run", "0123456789abcdef", "runs.csv has no run 0123456789abcdef"),
        ("weight_rms", "-1", "has a weight_rms of -1 for role"),
        ("gradient_cosine", "7", "has a gradient_cosine of 7 for role"),
        ("clipped", "2.5", "has a clipped of 2.5 for role"),
        ("timescale_epochs", "NaN", "has a timescale_epochs of NaN for role"),
        ("float32_share", "9", "has a float32_share of 9 for role"),
        ("balance_ratio", "1.05", "has a balance_ratio that its `reached` contradicts"),
    ] {
        let place = columns.iter().position(|name| *name == column).unwrap();
        let mut lines: Vec<String> = whole.lines().map(str::to_owned).collect();
        let mut cells: Vec<&str> = lines[1].split(',').collect();
        let reached = columns.iter().position(|name| *name == "reached").unwrap();
        (cells[place], cells[reached]) =
            (value, if column == "balance_ratio" { "" } else { cells[reached] });
        lines[1] = cells.join(",");
        fs::write(&path, lines.join("\n") + "\n").unwrap();
        for command in ["report", "explain"] {
            let call = wane(&[command, text(&results)]);
            assert_eq!(call.code, Some(2), "{column}: {}", call.stderr);
            let told = ["mechanism.csv", expected, "wane collect SPEC"];
            assert!(told.iter().all(|word| call.stderr.contains(word)), "{}", call.stderr);
        }
    }
}

#[test]
fn a_lambda_of_more_digits_than_a_spreadsheet_keeps_is_the_same_in_both_files() {
    let folder = tempfile::tempdir().unwrap();
    let results = swept(folder.path(), "told", &[]);
    let columns = |name: &str, lambda: &str| {
        let path = results.join(name);
        let whole = fs::read_to_string(&path).unwrap();
        let columns: Vec<&str> = whole.lines().next().unwrap().split(',').collect();
        let place = columns.iter().position(|name| *name == "weight_decay").unwrap();
        let changed = whole.lines().map(|line| {
            let mut cells: Vec<&str> = line.split(',').collect();
            cells[place] = if cells[place] == "1.0" { lambda } else { cells[place] };
            cells.join(",") + "\n"
        });
        let changed: String = changed.collect();
        assert_ne!(changed, whole);
        fs::write(&path, changed).unwrap();
    };
    columns("mechanism.csv", "1.0000000000000002");
    columns("runs.csv", "1");
    for command in ["report", "explain"] {
        wane_ok(&[command, text(&results)]);
    }
}

#[test]
fn a_part_of_the_mechanism_is_not_taken_for_all_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let results = swept(folder.path(), "told", &[]);
    let path = results.join("mechanism.csv");
    let whole = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    // Cut between two runs, within the rows of one, after the header, and before it.
    for kept in [lines.len() - 5, lines.len() - 1, 1, 0] {
        fs::write(&path, lines[..kept].iter().map(|line| format!("{line}\n")).collect::<String>())
            .unwrap();
        for command in ["report", "explain"] {
            let call = wane(&[command, text(&results)]);
            assert_eq!(call.code, Some(2), "{kept} lines: {}", call.stderr);
            assert!(call.stderr.contains("mechanism.csv lacks rows of run"), "{}", call.stderr);
            assert!(call.stderr.contains("wane collect SPEC"), "{}", call.stderr);
        }
    }
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert_eq!(wane(&["report", text(&results)]).code, Some(2));
}

#[test]
fn explain_counts_the_runs_that_did_not_reach_their_end() {
    let folder = tempfile::tempdir().unwrap();
    let blown = swept(folder.path(), "blown", &["arm.0.weight_decay=[0.0, 1e30]"]);
    let told = wane_ok(&["explain", text(&blown)]).stdout;
    assert!(told.contains("not told of, without an end: 4 runs diverged"), "{told}");
    let whole = swept(folder.path(), "whole", &[]);
    assert!(!wane_ok(&["explain", text(&whole)]).stdout.contains("without an end"));
}

#[test]
fn several_experiments_are_laid_over_their_timescales() {
    let folder = tempfile::tempdir().unwrap();
    let lambdas = "arm.0.weight_decay=[0.25, 0.5, 1.0, 2.0]";
    let seeds = "seeds=[0, 1, 2]";
    let less = swept(folder.path(), "less", &[lambdas, seeds, "data.train=300"]);
    let more = swept(folder.path(), "more", &[lambdas, seeds]);
    let out = folder.path().join("figure");
    let told = wane_ok(&["explain", text(&less), text(&more), "--out", text(&out)]).stdout;
    assert!(
        told.contains("timescale τ in epochs") && told.contains("nats from their mean"),
        "{told}"
    );
    // Of three seeds no lines can be told apart, and nothing else may be said.
    assert!(told.contains("too few seeds to tell them apart"), "{told}");
    assert!(told.contains("lowest at τ in epochs = ") && told.contains("(more)"), "{told}");
    let svg = fs::read_to_string(out.join("collapse.svg")).unwrap();
    assert!(svg.contains("less") && svg.contains("more"));
    assert!(out.join("collapse.png").is_file());
    let none = swept(folder.path(), "none", &["arm.0.weight_decay=[0, 1.0]"]);
    let call = wane(&["explain", text(&less), text(&none)]);
    assert_eq!(call.code, Some(2));
    assert!(call.stderr.contains("none") && call.stderr.contains("three λ"), "{}", call.stderr);
}

#[test]
fn the_answer_says_through_what_decay_acts() {
    let folder = tempfile::tempdir().unwrap();
    let spec = fixture("tiny.toml");
    let lambdas = "arm.0.weight_decay=[0.5, 1.0]";
    let call =
        wane_ok(&["sweep", text(&spec), "--out", text(folder.path()), "-q", "--set", lambdas]);
    assert!(
        call.stdout.contains("Mechanism: AdamW") && call.stdout.contains("epochs ("),
        "{}",
        call.stdout
    );
    for figure in ["rotation", "norms-by-lambda"] {
        assert!(folder.path().join(format!("tiny/figures/{figure}.png")).is_file(), "{figure}");
    }
    let page = fs::read_to_string(folder.path().join("tiny/report.html")).unwrap();
    assert!(page.contains("What λ amounted to"));
    assert!(page.contains(">τ runs</button>"), "a column of τ looks like one of counts");
    // Without decay there is nothing to tell of it.
    let none = wane_ok(&[
        "sweep",
        text(&spec),
        "--out",
        text(folder.path()),
        "-q",
        "--set",
        "name=none",
        "--set",
        "arm.0.weight_decay=[0]",
    ]);
    assert!(!none.stdout.contains("Mechanism:"), "{}", none.stdout);
}

#[test]
fn lanes_and_jobs_change_no_digit_of_what_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let curves = |name: &str, more: &[&str]| {
        let out = folder.path().join(name);
        let spec = project().join("tests/fixtures/tiny.toml");
        wane_ok(&[&["sweep", text(&spec), "--out", text(&out), "-q"], more].concat());
        fs::read(out.join("tiny/curves.csv")).unwrap()
    };
    let one = curves("one", &["--lanes", "1", "--jobs", "1"]);
    assert!(one == curves("many", &["--lanes", "8", "--jobs", "1"]));
    assert!(one == curves("jobs", &["--lanes", "2", "--jobs", "2"]));
}

/// Forms that set norms or learning rates by them, and roles that Muon leaves to Adam.
#[test]
fn what_a_form_or_an_optimizer_sets_itself_is_not_told_as_if_decay_did_it() {
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str, changes: &[&str]| {
        let results = swept(folder.path(), name, changes);
        let mechanism = rows(&results.join("mechanism.csv"));
        let is_it = |row: &&HashMap<String, String>, role: &str| {
            row["role"] == role && row["mask"] != "global" && row["weight_decay"] != "0.0"
        };
        let role = |role: &str| mechanism.iter().find(|row| is_it(row, role)).unwrap().clone();
        let curve = rows(&results.join("curves.csv"));
        let last = curve.iter().rfind(|row| row["run"] == role("mlp")["run"]).unwrap();
        (role("mlp"), role("embedding"), last.clone())
    };
    let matched = ["arm.0.form=matched", "arm.0.mask=matrices"];
    let (mlp, _, curve) = of("matched", &matched);
    assert_eq!((number(&mlp, "total_decay"), number(&mlp, "initial_left")), (None, None));
    assert!(curve["effective_lr_mlp"].is_empty() && !curve["effective_lr_norm"].is_empty());
    let muon = ["train.optimizer=muon", "arm.0.mask=matrices", "train.steps=30"];
    let (mlp, embedding, curve) = of("muon", &muon);
    assert!(
        number(&mlp, "timescale_steps").is_some() && number(&mlp, "equilibrium_steps").is_none()
    );
    assert!(number(&embedding, "equilibrium_steps").is_some(), "Adam updates it");
    assert!(curve["equilibrium_rotation_mlp"].is_empty());
    assert!(!curve["equilibrium_rotation_embedding"].is_empty());
    assert!(number(&curve, "rotation_mlp").unwrap() > 0.0);
}

#[test]
fn a_run_that_diverged_says_nothing_of_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let changes =
        ["train.lr=1e30", "train.clip=0", "train.steps=20", "arm.0.weight_decay=[0, 1.0]"];
    let results = swept(folder.path(), "diverged", &changes);
    let mechanism = rows(&results.join("mechanism.csv"));
    let diverged: Vec<_> = mechanism.iter().filter(|row| row["status"] == "diverged").collect();
    assert!(!diverged.is_empty());
    for row in diverged {
        for column in ["rotation", "weight_rms", "initial_share"] {
            assert!(row[column].is_empty(), "{column} = {}", row[column]);
        }
    }
}
