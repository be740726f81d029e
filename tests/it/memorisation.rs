//! What is known by heart, through the program: asked for by a key, in every file and every answer, on any text.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::common::{fixture, project, rows, text, wane, wane_ok};

type Row = HashMap<String, String>;

fn number(row: &Row, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column} = {:?}", row[column]))
}

fn mean(rows: &[Row], column: &str, is_it: impl Fn(&&Row) -> bool) -> f64 {
    let values: Vec<f64> = rows.iter().filter(is_it).map(|row| number(row, column)).collect();
    assert!(!values.is_empty(), "{column}");
    values.iter().sum::<f64>() / values.len() as f64
}

fn header(path: &Path) -> String {
    fs::read_to_string(path).unwrap().lines().next().unwrap().to_owned()
}

fn sweep(out: &Path, more: &[&str]) -> String {
    let spec = fixture("memorisation.toml");
    let words = ["sweep", text(&spec), "--out", text(out), "-q"];
    wane_ok(&[&words[..], more].concat()).stdout
}

#[test]
fn what_is_known_by_heart_is_in_every_file_and_every_answer() {
    let folder = tempfile::tempdir().unwrap();
    let screen = sweep(folder.path(), &[]);
    let results = folder.path().join("memorisation");
    let runs = rows(&results.join("runs.csv"));
    let none = |row: &&Row| row["form"] == "none";
    // A text that is read again and again is learned by heart, and val was never read.
    assert!(mean(&runs, "verbatim_train", none) > mean(&runs, "verbatim_val", none) + 0.1);
    for row in &runs {
        for column in ["verbatim_train", "verbatim_val", "stopped_verbatim_train"] {
            assert!((0.0..=1.0).contains(&number(row, column)), "{column} = {}", row[column]);
        }
        assert!(number(row, "longest_verbatim") <= 11.0, "16 tokens of context behind 6, and one");
        assert_eq!((row["verbatim_after"].as_str(), row["verbatim_tokens"].as_str()), ("6", "5"));
        // The loss is the floor and the divergence, but for what was drawn.
        let apart =
            number(row, "test_loss") - number(row, "test_floor") - number(row, "divergence");
        assert!(apart.abs() < 0.15, "{apart}");
    }
    // At the end every canary is known, and a candidate as likely as one is out of reach of 256 sequences.
    assert!(runs.iter().all(|row| row["exposure_by_repeats"] == "1=8 20=8"), "{runs:?}");

    let curves = rows(&results.join("curves.csv"));
    // Nothing is known at the start; then what stands there often is learned first.
    let exposed = |step: &str, place: usize| {
        let own = curves.iter().filter(|row| row["form"] == "none" && row["step"] == step);
        let of = |row: &Row| row["exposure_by_repeats"].split(' ').nth(place)?.parse::<f64>().ok();
        own.map(|row| of(row).unwrap()).sum::<f64>() / 3.0
    };
    assert!(exposed("0", 0) < 4.0 && exposed("0", 1) < 4.0);
    assert!(exposed("60", 1) > 7.0 && exposed("60", 1) > exposed("60", 0) + 1.0);
    let last = curves.iter().find(|row| row["run"] == runs[0]["run"] && row["step"] == "240");
    for column in ["test_loss", "verbatim_train", "verbatim_val", "exposure", "divergence"] {
        assert_eq!(last.unwrap()[column], runs[0][column], "{column}");
    }
    let best = curves
        .iter()
        .find(|row| row["run"] == runs[0]["run"] && row["step"] == runs[0]["best_step"])
        .unwrap();
    assert_eq!(best["verbatim_train"], runs[0]["stopped_verbatim_train"]);
    assert_eq!(best["test_loss"], runs[0]["stopped_test_loss"]);

    let summary: Value =
        serde_json::from_str(&fs::read_to_string(results.join("summary.json")).unwrap()).unwrap();
    let found = summary["memorisation"].as_array().unwrap();
    // Two arms, two measures, two moments.
    assert_eq!(found.len(), 8);
    // Every canary is known at every end, so that nothing is to be tested there.
    let at_its_most = |one: &&Value| one["measure"] == "exposure" && one["moment"] == "last-step";
    let (known, open): (Vec<&Value>, Vec<&Value>) = found.iter().partition(at_its_most);
    assert!(known.len() == 2 && known.iter().all(|one| one["kind"].is_null()), "{known:?}");
    assert!(
        open.iter()
            .all(|one| one["family_size"] == 2 && one["p_holm"].as_f64() >= one["p"].as_f64())
    );
    assert!(screen.contains("By heart: ") && screen.contains("at equal test loss"), "{screen}");
    assert!(screen.lines().all(|line| line.chars().count() <= 160), "{screen}");
    let verdicts = summary["verdicts"].to_string();
    assert!(verdicts.contains("the share known by heart is"), "{verdicts}");
    let page = fs::read_to_string(results.join("report.html")).unwrap();
    for part in ["What is known by heart", "at most 8 bits", "id=\"memorisation\""] {
        assert!(page.contains(part), "the page lacks: {part}");
    }
    let figure = fs::read_to_string(results.join("figures/memorisation.svg")).unwrap();
    for part in ["no decay, val", "test loss (nats per token)", "exposure of planted sequences"] {
        assert!(figure.contains(part), "the figure lacks: {part}");
    }
}

#[test]
fn lanes_and_workers_change_no_byte_and_what_was_stopped_goes_on_to_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let out = |name: &str| folder.path().join(name);
    let curves = |name: &str| fs::read(out(name).join("memorisation/curves.csv")).unwrap();
    sweep(&out("alone"), &["--lanes", "1", "--jobs", "1"]);
    sweep(&out("together"), &["--lanes", "9", "--jobs", "2"]);
    assert!(curves("alone") == curves("together"));
    let steps = ["--set", "train.min_lr_ratio=1.0"];
    let first = [&steps[..], &["--set", "train.steps=120"]].concat();
    sweep(&out("parts"), &first);
    sweep(&out("parts"), &[&steps[..], &["--extend"]].concat());
    sweep(&out("whole"), &steps);
    let of = |name: &str| rows(&out(name).join("memorisation/curves.csv"));
    let extended = rows(&out("parts").join("memorisation-240-steps/curves.csv"));
    assert!(!extended.is_empty() && extended == of("whole"));
}

#[test]
fn without_the_keys_nothing_is_measured_and_the_old_columns_stand_first() {
    let folder = tempfile::tempdir().unwrap();
    wane_ok(&["sweep", text(&fixture("tiny.toml")), "--out", text(folder.path()), "-q"]);
    let results = folder.path().join("tiny");
    let columns = header(&results.join("curves.csv"));
    assert!(
        columns.starts_with("run,form,mask,weight_decay,seed,step,tokens,lr,batch_loss,grad_norm,")
    );
    assert!(columns.contains(",last_train_loss,last_val_loss,variant,test_loss,verbatim_train,"));
    for row in rows(&results.join("runs.csv")) {
        assert!(row["verbatim_train"].is_empty() && row["exposure"].is_empty());
        assert!(row["verbatim_after"].is_empty() && row["divergence"].is_empty());
    }
    assert!(rows(&results.join("curves.csv")).iter().all(|row| row["test_loss"].is_empty()));
    assert!(!results.join("figures/memorisation.svg").exists());
    let summary = fs::read_to_string(results.join("summary.json")).unwrap();
    assert!(!summary.contains("\"memorisation\""));
    assert!(!fs::read_to_string(results.join("report.html")).unwrap().contains("by heart"));
}

#[test]
fn prompts_and_canaries_are_asked_of_any_text() {
    let folder = tempfile::tempdir().unwrap();
    let story = folder.path().join("story.txt");
    let words =
        ["the", "a", "old", "grey", "cat", "dog", "sees", "hears", "one", "other", "and", "é"];
    let mut state = 7_u64;
    let mut word = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        words[(state >> 33) as usize % words.len()]
    };
    fs::write(&story, (0..900).map(|_| word()).collect::<Vec<_>>().join(" ")).unwrap();
    let out = text(folder.path());
    let spec = fixture("memorisation.toml");
    let call = ["sweep", text(&spec), "--data", text(&story), "--out", out, "-q", "--seeds", "0"];
    wane_ok(&[&call[..], &["--set", "data.train=520", "--set", "data.val=300"]].concat());
    let runs = rows(&folder.path().join("memorisation/runs.csv"));
    assert!(runs.iter().all(|row| row["divergence"].is_empty() && !row["exposure"].is_empty()));
    assert!(runs.iter().all(|row| number(row, "verbatim_train") > number(row, "verbatim_val")));
}

#[test]
fn what_does_not_fit_is_refused_with_the_keys_and_the_numbers() {
    let cases: &[(&[&str], &[&str])] = &[
        (
            &["train.verbatim_after=14"],
            &["train.verbatim_after = 14", "verbatim_tokens = 5", "context of 18", "context = 16"],
        ),
        (
            &["train.verbatim_prompts=0"],
            &["verbatim_", "ask for some, such as verbatim_prompts = 64"],
        ),
        (&["data.canaries=0"], &["data.canary_length", "such as canaries = 6"]),
        (&["data.canary_length=17"], &["data.canary_length = 17", "model.context = 16"]),
        (
            &["data.canary_repeats=[4, 1]"],
            &["data.canary_repeats", "rising list of whole numbers from 1"],
        ),
        (&["data.canaries=40"], &["data.canaries = 40", "take 2520 tokens", "data.train = 600"]),
    ];
    let spec = fixture("memorisation.toml");
    for (set, expected) in cases {
        let set: Vec<&str> = set.iter().flat_map(|one| ["--set", one]).collect();
        let call = wane(&[&["plan", text(&spec)], &set[..]].concat());
        assert_eq!(call.code, Some(2), "{}", call.stderr);
        for part in *expected {
            assert!(call.stderr.contains(part), "{part}: {}", call.stderr);
        }
    }
}

#[test]
fn the_experiment_on_memorisation_can_be_planned() {
    let spec = project().join("experiments/memorisation.toml");
    assert!(wane_ok(&["plan", text(&spec)]).stdout.contains("30 different runs"));
}
