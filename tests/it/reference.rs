//! The committed reference results and what the README says of them cannot drift apart.

use std::fs;

use crate::common::project;

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
fn the_readme_shows_the_values_table_as_it_was_trained() {
    let readme = read("README.md");
    let table = read("results/reference/values-table/table.md");
    let of_table = ["GPT-", "LLaMA 1", "Llama 2", "PaLM", "Grok-1", "Mistral", "Mixtral"];
    let rows: Vec<&str> = table.lines().take_while(|line| !line.is_empty()).collect();
    let shown = rows.iter().filter(|row| of_table.iter().any(|name| row.contains(name)));
    let shown: Vec<_> =
        shown.filter(|row| !row.contains("NeoX") && !row.contains("nano")).collect();
    assert_eq!(shown.len(), 9);
    assert!(shown.iter().chain([&&rows[0]]).all(|row| readme.contains(*row)), "{shown:#?}");
    let sentence = table.lines().find(|line| line.starts_with("Of the 8 values")).unwrap();
    assert!(readme.contains(sentence), "{sentence}");
}

fn comes_from(results: &str, spec: &str, runs: usize) {
    let experiment = read(&format!("{results}/experiment.json"));
    let experiment: serde_json::Value = serde_json::from_str(&experiment).unwrap();
    assert_eq!(experiment["spec"], read(spec), "run `just reference` again");
    let commit = experiment["provenance"]["commit"].as_str().unwrap();
    assert!(!commit.contains("-dirty"), "the reference comes from a committed program: {commit}");
    let rows = crate::common::rows(&project().join(format!("{results}/runs.csv")));
    assert!(rows.len() >= runs && rows.iter().all(|run| run["status"] == "done"));
}

#[test]
fn the_references_are_the_sweeps_that_the_readme_names() {
    comes_from("results/reference", "experiments/overfit.toml", 105);
    comes_from("results/reference/values-table", "experiments/values-table.toml", 245);
}
