//! The committed reference results and what the README says of them cannot drift apart.

mod common;

use std::fs;

use common::project;

fn read(path: &str) -> String {
    fs::read_to_string(project().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_readme_says_what_the_reference_results_say() {
    let readme = read("README.md");
    let summary: serde_json::Value =
        serde_json::from_str(&read("results/reference/summary.json")).unwrap();
    let verdicts = summary["verdicts"].as_array().unwrap();
    assert!(verdicts.len() >= 4);
    for verdict in verdicts {
        let verdict = verdict.as_str().unwrap();
        assert!(readme.contains(verdict), "the README lacks: {verdict}");
    }
    assert!(readme.contains("results/reference/overfitting.png"));
    assert!(project().join("results/reference/overfitting.png").is_file());
}

#[test]
fn the_reference_is_the_default_sweep() {
    let experiment: serde_json::Value =
        serde_json::from_str(&read("results/reference/experiment.json")).unwrap();
    assert_eq!(experiment["spec"], read("experiments/overfit.toml"), "run `just reference` again");
    let commit = experiment["provenance"]["commit"].as_str().unwrap();
    assert!(!commit.ends_with("-dirty"), "the reference comes from a committed program: {commit}");
    let runs = common::rows(&project().join("results/reference/runs.csv"));
    assert!(runs.len() >= 63 && runs.iter().all(|run| run["status"] == "done"));
}
