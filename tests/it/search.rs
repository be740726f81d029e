//! Searches: what is trained next follows from the spec and from finished runs alone.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::common::{Call, command, fixture, rows, text, wane, wane_ok};

/// A search and its results, left alone.
struct Alone {
    folder: tempfile::TempDir,
    took: Duration,
    first: Call,
}

impl Alone {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let start = Instant::now();
        let first = wane_ok(&sweep(&folder.path().join("alone"), &[]));
        Alone { took: start.elapsed(), folder, first }
    }

    fn out(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn results(&self) -> PathBuf {
        self.out("alone").join("search")
    }

    fn assert_same(&self, out: &Path) {
        assert_same(&self.results(), &out.join("search"));
    }
}

fn sweep(out: &Path, more: &[&str]) -> Vec<String> {
    let spec = fixture("search.toml");
    let base = ["sweep", text(&spec), "--out", text(out)];
    base.iter().chain(more).map(|word| (*word).to_owned()).collect()
}

/// The files of two searches are the same, but for what tells when and where they ran.
fn assert_same(one: &Path, other: &Path) {
    for file in ["search.csv", "curves.csv", "manifest.csv", "summary.csv", "summary.json"] {
        let read = |folder: &Path| fs::read_to_string(folder.join(file)).unwrap();
        assert_eq!(read(one), read(other), "{file}");
    }
    let runs = |folder: &Path| {
        let mut runs = rows(&folder.join("runs.csv"));
        runs.iter_mut().for_each(|run| drop(run.remove("seconds")));
        runs
    };
    assert_eq!(runs(one), runs(other));
}

fn optima(folder: &Path) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(folder.join("summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
    summary["optima"].as_array().unwrap().clone()
}

/// Written somewhere, with lines before its first arm and arms of its own.
fn spec_with(folder: &Path, before: &str, arms: &str) -> PathBuf {
    let spec = fs::read_to_string(fixture("search.toml")).unwrap();
    let (head, rest) = spec.split_once("[[arm]]").unwrap();
    let tail = rest.split_once("[search]").unwrap().1;
    let path = folder.join("spec.toml");
    fs::write(&path, format!("{before}\n{head}{arms}\n[search]{tail}")).unwrap();
    path
}

#[test]
fn a_search_goes_through_its_stages_and_judges_on_fresh_seeds() {
    let alone = Alone::new();
    let runs = rows(&alone.results().join("runs.csv"));
    let seeds = |stage: &str| -> BTreeSet<u64> {
        let of = runs.iter().filter(|run| run["stage"] == stage);
        of.map(|run| run["seed"].parse().unwrap()).collect()
    };
    assert_eq!(seeds("bracket"), BTreeSet::from([0, 1]));
    assert!(seeds("refine").is_subset(&BTreeSet::from([0, 1, 2])));
    let fresh = seeds("confirm");
    assert!(fresh == (3..6).collect() || fresh == (3..8).collect(), "{fresh:?}");
    let judged: BTreeSet<&String> =
        runs.iter().filter(|run| run["stage"] == "confirm").map(|run| &run["form"]).collect();
    assert_eq!(judged.len(), 2, "the rule and no decay: {judged:?}");
    let [optimum] = &optima(&alone.results())[..] else { panic!("one optimum") };
    let best = optimum["best"].as_f64().unwrap();
    let ends = optimum["ci95"].as_array().unwrap();
    assert!(ends[0].as_f64().unwrap() <= best, "{optimum}");
    assert!(ends[1].as_f64().is_none_or(|end| best <= end), "{optimum}");
    assert!(optimum["regret_of_none"]["regret"].as_f64().unwrap() >= 0.0, "{optimum}");
    assert!(alone.first.stdout.contains("λ*"), "{}", alone.first.stdout);
    let decisions = rows(&alone.results().join("search.csv"));
    assert_eq!(decisions[0]["stage"], "bracket");
    assert!(decisions.iter().all(|row| !row["why"].is_empty() && !row["decided"].is_empty()));
}

#[test]
fn a_finished_search_is_answered_again_without_training() {
    let alone = Alone::new();
    let out = alone.out("again");
    copy(&alone.out("alone"), &out);
    let again = wane_ok(&sweep(&out, &[]));
    assert!(again.stderr.contains("the search is over"), "{}", again.stderr);
    assert!(!again.stderr.contains("training"), "{}", again.stderr);
    alone.assert_same(&out);
    assert_eq!(answer(&alone.first), answer(&again));
    let spec = fixture("search.toml");
    let collected = wane_ok(&["collect", text(&spec), "--out", text(&out)]);
    assert_eq!(answer(&alone.first), answer(&collected));
    alone.assert_same(&out);
    let status = wane_ok(&["status", text(&spec), "--out", text(&out)]);
    let runs = rows(&out.join("search/runs.csv")).len();
    assert!(status.stdout.contains(&format!("{runs} done")), "{}", status.stdout);
}

/// What is said of results, without where they lie.
fn answer(call: &Call) -> String {
    call.stdout.split("\nreport ").next().unwrap().to_owned()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        match entry.path().is_dir() {
            true => copy(&entry.path(), &to.join(entry.file_name())),
            false => drop(fs::copy(entry.path(), to.join(entry.file_name())).unwrap()),
        }
    }
}

#[test]
fn a_search_that_is_killed_at_any_moment_decides_the_same() {
    let alone = Alone::new();
    let mut kills = 0;
    for round in 0..6 {
        let out = alone.out(&format!("killed-{round}"));
        for part in 1..=3 {
            let mut child = command(&sweep(&out, &["-q", "--checkpoint-every", "0"]))
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(alone.took * (round + part) / 9);
            kills += u32::from(child.try_wait().unwrap().is_none() && child.kill().is_ok());
            child.wait().unwrap();
        }
        let call = wane(&sweep(&out, &[]));
        assert_eq!(call.code, Some(0), "round {round}: {}", call.stderr);
        alone.assert_same(&out);
    }
    assert!(kills >= 6, "{kills} kills");
}

#[test]
fn lanes_and_jobs_change_no_decision() {
    let alone = Alone::new();
    for (name, more) in
        [("one", ["--jobs", "1", "--lanes", "1"]), ("many", ["--jobs", "3", "--lanes", "5"])]
    {
        wane_ok(&sweep(&alone.out(name), &more));
        alone.assert_same(&alone.out(name));
    }
}

#[test]
fn shards_that_take_turns_carry_a_search_to_the_same_end() {
    let alone = Alone::new();
    let out = alone.out("shards");
    let spec = fixture("search.toml");
    let mut rounds = 0;
    while wane(&["collect", text(&spec), "--out", text(&out)]).code != Some(0) {
        wane_ok(&sweep(&out, &["--shard", "1/2"]));
        wane_ok(&sweep(&out, &["--shard", "2/2"]));
        rounds += 1;
        assert!(rounds < 20, "the search does not end");
    }
    assert!(rounds > 1);
    alone.assert_same(&out);
}

#[test]
fn given_arms_are_judged_beside_what_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let arms = "[[arm]]\nform = \"adamw\"\nweight_decay = \"search\"\n\
                [[arm]]\nform = \"l2\"\nweight_decay = [1e-4, 1e-3]\n";
    let spec = spec_with(folder.path(), "", arms);
    wane_ok(&["sweep", text(&spec), "--out", text(folder.path()), "-q"]);
    let runs = rows(&folder.path().join("search/runs.csv"));
    let of_l2 = || runs.iter().filter(|run| run["form"] == "l2");
    assert!(of_l2().count() >= 6 && of_l2().all(|run| run["stage"] == "confirm"));
    let text = fs::read_to_string(folder.path().join("search/summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
    let comparisons = summary["comparisons"].as_array().unwrap();
    assert!(comparisons.iter().any(|one| one["family"] == "form"), "{text}");
}

#[test]
fn two_values_are_searched_together_and_no_decay_has_its_own_learning_rate() {
    let folder = tempfile::tempdir().unwrap();
    let arms = "[[arm]]\nform = \"adamw\"\nweight_decay = \"search\"\n\
                lr = { search = true, start = 8e-3, factor = 2 }\n";
    let spec = spec_with(folder.path(), "", arms);
    let set = ["--set", "search.most_runs=80"];
    let base = ["sweep", text(&spec), "--out", text(folder.path()), "-q"];
    wane_ok(&[&base[..], &set].concat());
    let results = folder.path().join("search");
    let decisions = rows(&results.join("search.csv"));
    let rules: BTreeSet<&String> = decisions.iter().map(|row| &row["form"]).collect();
    assert!(rules.iter().any(|form| *form == "none") && rules.iter().any(|form| *form == "adamw"));
    let axes: Vec<_> = optima(&results).iter().map(|one| one["axis"].clone()).collect();
    assert_eq!(axes, ["weight_decay", "lr", "lr"], "of AdamW, and of no decay");
}

#[test]
fn a_search_that_was_cut_off_says_so_wherever_its_answer_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let spec = fixture("search.toml");
    let base = ["sweep", text(&spec), "--out", text(folder.path()), "-q"];
    let cut_off = wane_ok(&[&base[..], &["--set", "search.most_runs=10"]].concat());
    let told = "The search of AdamW on matrices ended before it was sure";
    assert!(cut_off.stdout.contains(told), "{}", cut_off.stdout);
    let results = folder.path().join("search");
    let again = wane_ok(&["report", text(&results)]);
    let page = fs::read_to_string(results.join("report.html")).unwrap();
    assert!(again.stdout.contains(told) && page.contains(told), "{}", again.stdout);
    let whole = wane_ok(&base);
    assert!(!whole.stdout.contains(told), "{}", whole.stdout);
}

#[test]
fn a_plan_says_what_a_search_may_cost() {
    let folder = tempfile::tempdir().unwrap();
    let spec = fixture("search.toml");
    let plan = wane_ok(&["plan", text(&spec), "--out", text(folder.path())]);
    let first = "on this CPU) if the first look decides every question\n";
    let most = " of them of each rule before it is confirmed: search.most_runs\n";
    for part in ["search", "expected", first, "at most", most, "looks at 3 and 5 fresh seeds"] {
        assert!(plan.stdout.contains(part), "{part}: {}", plan.stdout);
    }
    assert!(!folder.path().join(".runs").exists(), "a plan trains nothing");
}

#[test]
fn searches_at_several_settings_are_told_apart_and_the_last_decision_names_what_is_confirmed() {
    let folder = tempfile::tempdir().unwrap();
    let arms = "[[arm]]\nform = \"adamw\"\nweight_decay = \"search\"\nlr = [2e-3, 8e-3]\n";
    let path = spec_with(folder.path(), "", arms);
    let plan = wane_ok(&["plan", text(&path), "--out", text(folder.path())]).stdout;
    let swept = wane_ok(&["sweep", text(&path), "--out", text(folder.path()), "-q"]).stdout;
    let table = swept.split("λ*").nth(1).unwrap_or_default();
    for setting in ["lr=0.002", "lr=0.008"] {
        let title = format!("AdamW on matrices, {setting}: weight_decay from");
        assert!(plan.contains(&title), "{title}: {plan}");
        assert!(table.contains(setting), "{setting}: {swept}");
    }
    let decisions = rows(&folder.path().join("search/search.csv"));
    let mut last = decisions.iter().filter(|row| row["decided"].starts_with("train nothing more"));
    assert!(last.all(|row| row["decided"].starts_with("train nothing more; ")), "{decisions:?}");
}

#[test]
fn a_search_of_lambda_stands_beside_one_of_lambda_and_the_learning_rate() {
    let folder = tempfile::tempdir().unwrap();
    let arms = "[[arm]]\nform = \"adamw\"\nweight_decay = \"search\"\n\
                [[arm]]\nform = \"l2\"\nweight_decay = \"search\"\nlr = \"search\"\n";
    let path = spec_with(folder.path(), "", arms);
    let plan = wane_ok(&["plan", text(&path), "--out", text(folder.path())]).stdout;
    for part in ["AdamW on matrices: weight_decay from", "No decay: lr from 0.01"] {
        assert!(plan.contains(part), "{part}: {plan}");
    }
}

#[test]
fn what_a_search_cannot_do_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let spec = fixture("search.toml");
    let out = text(folder.path()).to_owned();
    let refused = |arguments: &[&str], expected: &[&str]| {
        let call = wane(&[arguments, &["--out", &out]].concat());
        assert_eq!(call.code, Some(2), "{arguments:?}: {}", call.stderr);
        for part in expected {
            assert!(call.stderr.contains(part), "{arguments:?}: {part}: {}", call.stderr);
        }
    };
    let sweep = |set| vec!["sweep", text(&spec), "--set", set];
    refused(&["train", text(&spec)], &["searches", "wane sweep"]);
    refused(&["sweep", text(&spec), "--extend"], &["--extend", "searches"]);
    refused(&["sweep", text(&spec), "--seeds", "0,1"], &["seeds", "refine_seeds = 3"]);
    refused(&sweep("train.lr=\"search\""), &["train.lr", "only in an [[arm]]"]);
    refused(&sweep("arm.0.batch=\"search\""), &["arm.0.batch", "weight_decay, lr, steps, dropout"]);
    refused(&sweep("arm.0.weight_decay={search=true, start=0}"), &["start = 0", "above 0"]);
    refused(&sweep("arm.0.tune=['lr']"), &["arm.0.tune", "is tuned"]);
    refused(&sweep("arm.0.form=\"none\""), &["takes no weight_decay"]);
    refused(&sweep("search.looks=[5, 3]"), &["search.looks", "rising list"]);
    refused(&sweep("search.refine_seeds=1"), &["search.refine_seeds", "3 or above"]);
    refused(&sweep("search.loks=[3]"), &["search.loks", "did you mean `looks`?"]);
    refused(&sweep("seeds=[{model=1},{model=2},{model=3}]"), &["seeds", "whole numbers"]);
}
