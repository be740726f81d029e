//! What a spec claims of its outcome: seen before its runs, judged by them, put on one page.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::common::{fixture, text, wane, wane_ok};

const CLAIMS: &str = "
[[claim]]
text = 'Decay makes weights smaller'
source = 'nobody 2026'
basis = 'primary'
quantity = 'weight-norm'
left = { form = 'adamw', weight_decay = 30.0 }
right = { form = 'none' }
expect = 'lower'
smallest = 0.01

[[claim]]
text = 'Decay is of great help, and makes five nats of difference'
source = 'nobody 2026'
basis = 'second-hand'
quantity = 'test-loss'
left = { form = 'adamw', weight_decay = 30.0 }
right = { form = 'none' }
expect = 'lower'
smallest = 5.0
";

/// The tiny spec with two arms and claims, in a folder.
fn spec(folder: &Path, claims: &str) -> String {
    let tiny = fs::read_to_string(fixture("tiny.toml")).unwrap();
    let own = &tiny[tiny.find("[[arm]]").unwrap()..];
    let arms = "[[arm]]\nform = 'none'\n[[arm]]\nform = 'adamw'\nweight_decay = 30.0\n";
    let path = folder.join("spec.toml");
    fs::write(&path, tiny.replace(own, arms) + claims).unwrap();
    text(&path).to_owned()
}

fn sweep(folder: &Path, spec: &str) -> String {
    wane_ok(&["sweep", spec, "--out", text(folder), "--seeds", "0,1,2,3,4", "-q"]).stdout
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn claims_are_judged_and_stand_in_every_file_that_tells_of_the_sweep() {
    let folder = tempfile::tempdir().unwrap();
    let answer = sweep(folder.path(), &spec(folder.path(), CLAIMS));
    assert!(answer.contains("Of 2 claims, 1 shows here, 1 is contradicted here"), "{answer}");
    assert!(!answer.contains("had begun"), "they were seen before any run: {answer}");
    let out = folder.path().join("tiny");
    let claims = &json(&out.join("summary.json"))["claims"];
    let verdicts: Vec<&str> =
        claims.as_array().unwrap().iter().map(|one| one["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["shows", "contradicted"]);
    for key in
        ["text", "source", "basis", "expected", "observed", "ci95", "p_holm", "verdict", "smallest"]
    {
        assert!(claims[0].get(key).is_some(), "{key}: {}", claims[0]);
    }
    let [low, high] = [0, 1].map(|end| claims[0]["ci95"][end].as_f64().unwrap());
    let observed = claims[0]["observed"].as_f64().unwrap();
    assert!(high < 0.0 && low < observed && observed < high);
    let csv = fs::read_to_string(out.join("claims.csv")).unwrap();
    assert_eq!(csv.lines().count(), 3);
    assert!(out.join("figures/claims.svg").is_file());
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("Decay makes weights smaller") && page.contains("before any run"));
    let table = page.split("<table id=\"claims\"").nth(1).unwrap();
    assert!(table.find(">verdict<").unwrap() < table.find(">claim<").unwrap(), "{table}");
    assert!(page.contains("href=\"#claim-table\""), "the sections lack the claims");
}

#[test]
fn a_claim_that_was_changed_after_there_were_runs_is_told_to_be() {
    let folder = tempfile::tempdir().unwrap();
    sweep(folder.path(), &spec(folder.path(), CLAIMS));
    let registered = |place: usize| {
        json(&folder.path().join("tiny/experiment.json"))["claims"][place]["registered"].clone()
    };
    let before = [registered(0), registered(1)];
    assert!(before.iter().all(|one| one["runs_before"] == 0), "{before:?}");
    let changed = CLAIMS.replace("smallest = 5.0", "smallest = 4.0");
    let answer = sweep(folder.path(), &spec(folder.path(), &changed));
    assert!(answer.contains("1 claim was written or changed on"), "{answer}");
    assert!(answer.contains("when 10 runs of this experiment had begun"), "{answer}");
    assert_eq!(registered(0), before[0], "the other was seen when it was seen");
    assert_eq!(registered(1)["runs_before"], 10);
    let csv = fs::read_to_string(folder.path().join("tiny/claims.csv")).unwrap();
    assert!(csv.lines().nth(2).unwrap().contains(",10,\"1 claim was written or changed"), "{csv}");
    // What was there from the start is known again. More seeds of it are no new claim, and a second look at it.
    let path = spec(folder.path(), CLAIMS);
    let answer = sweep(folder.path(), &path);
    assert!(!answer.contains("warning: 1 claim") && !answer.contains("had begun"), "{answer}");
    let more = ["sweep", &path, "--out", text(folder.path()), "--seeds", "0,1,2,3,4,5", "-q"];
    let answer = wane_ok(&more).stdout;
    assert!(
        !answer.contains("had begun") && answer.contains("1 seed was added to those"),
        "{answer}"
    );
    // Other seeds in the place of those are no more the test that was announced, nor is other data.
    let others = ["sweep", &path, "--out", text(folder.path()), "--seeds", "3,4,5,6,7", "-q"];
    let answer = wane_ok(&others).stdout;
    let left_out = "3 seeds were there when the claims were first seen and are now left out";
    let on_one_line = answer.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(on_one_line.contains(left_out), "{answer}");
    // So are other arms under the same words.
    let said = fs::read_to_string(&path).unwrap();
    fs::write(&path, said.replace("[train]\n", "[train]\nclip = 0.5\n")).unwrap();
    let out = text(folder.path());
    let other = ["sweep", &path, "--out", out, "--seeds", "0,1,2,3,4,5", "-q", "--replace"];
    let answer = wane_ok(&other).stdout;
    assert!(
        answer.contains("2 claims speak of other arms or data than when first seen"),
        "{answer}"
    );
}

#[test]
fn results_that_were_taken_elsewhere_keep_the_time_of_their_claims() {
    let folder = tempfile::tempdir().unwrap();
    let spec = spec(folder.path(), CLAIMS);
    sweep(folder.path(), &spec);
    fs::remove_dir_all(folder.path().join(".registered")).unwrap();
    let answer = wane_ok(&["collect", &spec, "--out", text(folder.path()), "--seeds", "0,1,2,3,4"]);
    assert!(!answer.stdout.contains("had begun"), "{}", answer.stdout);
}

#[test]
fn claims_of_runs_that_are_too_few_say_so_and_what_could_tell() {
    let folder = tempfile::tempdir().unwrap();
    let spec = spec(folder.path(), CLAIMS);
    let call = ["sweep", &spec, "--out", text(folder.path()), "--seeds", "0,1", "-q"];
    let answer = wane_ok(&call).stdout;
    assert!(answer.contains("of 2 nothing can be told here"), "{answer}");
    let claims = &json(&folder.path().join("tiny/summary.json"))["claims"];
    assert_eq!(claims[0]["cannot_tell"], "2 seeds are too few for a test");
    assert_eq!(claims[0]["observed"], Value::Null);
}

#[test]
fn the_claims_of_many_sweeps_are_corrected_together_on_one_page() {
    let folder = tempfile::tempdir().unwrap();
    let literature = folder.path().join("literature");
    let spec = spec(folder.path(), CLAIMS);
    for name in ["01-one", "02-two"] {
        let name = format!("name={name}");
        let call = [
            "sweep",
            &spec,
            "--out",
            text(&literature),
            "--set",
            &name,
            "--seeds",
            "0,1,2,3,4",
            "-q",
        ];
        wane_ok(&call);
    }
    let docs = folder.path().join("docs");
    let call = ["report", text(&literature), "--literature", "--out", text(&docs)];
    let answer = wane_ok(&call).stdout;
    assert!(answer.contains("contradicted") && answer.contains("shows"), "{answer}");
    let page = fs::read_to_string(docs.join("literature.md")).unwrap();
    let places: Vec<usize> = [
        "## Contradicted here: 2",
        "## Cannot be told here: 0",
        "## Shows here: 2",
        "## Not asked: ",
    ]
    .map(|heading| page.find(heading).unwrap_or_else(|| panic!("{heading}: {page}")))
    .to_vec();
    assert!(places.is_sorted(), "what did not work comes first");
    assert!(
        page.contains("](../literature/literature.svg)") && page.contains("(second-hand)"),
        "{page}"
    );
    assert!(
        literature.join("literature.svg").is_file() && literature.join("literature.png").is_file()
    );
    let csv = fs::read_to_string(literature.join("literature.csv")).unwrap();
    assert_eq!(csv.lines().count(), 5);
    assert!(csv.lines().skip(1).all(|line| line.contains(",4,")), "one family of four: {csv}");
}

#[test]
fn a_folder_without_claims_is_refused_with_what_was_expected() {
    let folder = tempfile::tempdir().unwrap();
    let call = wane(&["report", text(folder.path()), "--literature"]);
    assert_eq!(call.code, Some(2));
    assert!(
        call.stderr.contains("has claims; expected a folder of experiments"),
        "{}",
        call.stderr
    );
}

#[test]
fn a_wrong_claim_is_a_usage_error_that_names_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let spec = spec(
        folder.path(),
        &CLAIMS.replace(
            "weight_decay = 30.0 }\nright = { form = 'none' }\nexpect = 'lower'",
            "weight_decay = 3.0 }\nexpect = 'lower'",
        ),
    );
    let call = wane(&["plan", &spec]);
    assert_eq!(call.code, Some(2));
    assert!(
        call.stderr.contains("claim.0.left") && call.stderr.contains("line "),
        "{}",
        call.stderr
    );
}

#[test]
fn a_plan_says_what_is_claimed_of_what() {
    let folder = tempfile::tempdir().unwrap();
    let plan = wane_ok(&["plan", &spec(folder.path(), CLAIMS)]).stdout;
    let line = "claim        Decay makes weights smaller: adamw λ=30 − none; weight norm lower, by 0.01 to matter";
    assert!(plan.contains(line), "{plan}");
    assert!(!folder.path().join(".registered").exists(), "looking registers nothing");
}

#[test]
fn arms_of_other_sizes_and_of_less_text_train_in_one_sweep() {
    let folder = tempfile::tempdir().unwrap();
    let tiny = fs::read_to_string(fixture("tiny.toml")).unwrap();
    let own = &tiny[tiny.find("[[arm]]").unwrap()..];
    let arms = "[[arm]]\nform = 'none'\nchannels = [8, 16]\nread_tokens = [100, 200]\n\
        [[claim]]\ntext = 'larger is lower'\nsource = 'nobody'\nbasis = 'primary'\nquantity = 'train-loss'\n\
        over = 'channels'\nleft = { read_tokens = 200 }\nexpect = 'lower'\nsmallest = 0.001\n";
    let path = folder.path().join("spec.toml");
    fs::write(&path, tiny.replace(own, arms)).unwrap();
    let out = text(folder.path());
    wane_ok(&["sweep", text(&path), "--out", out, "--seeds", "0,1,2", "-q", "--jobs", "2"]);
    let runs = fs::read_to_string(folder.path().join("tiny/runs.csv")).unwrap();
    for variant in ["channels=8 read_tokens=100", "channels=16 read_tokens=200"] {
        assert_eq!(runs.matches(variant).count(), 3, "{runs}");
    }
    assert!(runs.lines().skip(1).all(|line| line.contains(",done,")), "{runs}");
    // One run alone is the run that was trained among others.
    let alone = folder.path().join("alone");
    let call = ["sweep", text(&path), "--out", text(&alone), "--seeds", "1", "-q", "--lanes", "1"];
    wane_ok(&call);
    let losses = |path: &Path| -> Vec<String> {
        let mut reader = csv::Reader::from_path(path.join("tiny/runs.csv")).unwrap();
        let header = reader.headers().unwrap().clone();
        let place = |name: &str| header.iter().position(|one| one == name).unwrap();
        let (seed, loss) = (place("seed"), place("test_loss"));
        let rows = reader.records().map(Result::unwrap).filter(|row| &row[seed] == "1");
        rows.map(|row| row[loss].to_owned()).collect()
    };
    assert_eq!(losses(&alone), losses(folder.path()));
    for (set, expected) in [
        ("train.read_tokens=999999", "has fewer"),
        ("train.read_tokens=3", "one window of context"),
    ] {
        let call = wane(&["plan", text(&fixture("tiny.toml")), "--set", set]);
        assert_eq!(call.code, Some(2));
        assert!(call.stderr.contains(expected), "{}", call.stderr);
    }
}
