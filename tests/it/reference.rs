//! The committed reference results and what README and docs say of them cannot drift apart.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;

use crate::common::project;

const CLAIMS: &str = "docs/claims.md";
const VALUES: &str = "docs/published-values.md";

fn read(path: &str) -> String {
    fs::read_to_string(project().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The verdicts of the default question, searched and on a grid.
fn verdicts() -> Vec<String> {
    let summaries = ["results/reference/summary.json", "results/reference/grid/summary.json"];
    let of = |path: &str| -> Vec<String> {
        let summary: serde_json::Value = serde_json::from_str(&read(path)).unwrap();
        let verdicts = summary["verdicts"].as_array().unwrap();
        assert!(verdicts.len() >= 4);
        verdicts.iter().map(|verdict| verdict.as_str().unwrap().to_owned()).collect()
    };
    summaries.into_iter().flat_map(of).collect()
}

#[test]
fn the_page_of_findings_says_what_the_reference_results_say() {
    let page = read("docs/findings.md");
    let missing = verdicts().into_iter().find(|verdict| !page.contains(verdict));
    assert_eq!(missing, None, "the page lacks it");
    for (page, figure) in [
        ("README.md", "results/reference/overfitting.png"),
        ("docs/findings.md", "results/reference/regret.png"),
    ] {
        assert!(read(page).contains(figure) && project().join(figure).is_file(), "{figure}");
    }
}

#[test]
fn what_the_readme_quotes_is_what_the_reference_results_say() {
    let (readme, verdicts) = (read("README.md"), verdicts());
    let quoted: Vec<&str> = readme.lines().filter_map(|line| line.strip_prefix("> - ")).collect();
    assert_eq!(quoted.len(), 8);
    assert!(quoted.iter().all(|line| verdicts.iter().any(|one| one == line)), "{quoted:#?}");
    let table = read("results/reference/values-table/table.md");
    let rows: Vec<&str> = readme.lines().filter(|line| line.contains(" ± ")).collect();
    assert_eq!(rows.iter().filter(|row| row.starts_with('|')).count(), 9);
    assert!(rows.iter().all(|row| table.contains(row)), "{rows:#?}");
    let sentence = table.lines().find(|line| line.starts_with("Of the 8 values")).unwrap();
    assert!(readme.contains(sentence), "{sentence}");
    let widest =
        verdicts.iter().filter(|one| one.contains(" against ") && one.contains("equivalent"));
    let ends = widest.flat_map(|one| {
        one.split(['[', ']', ',']).filter_map(|part| {
            part.trim().replace('−', "-").parse::<f64>().ok().filter(|end| end.abs() < 1.0)
        })
    });
    let furthest = ends.map(f64::abs).fold(0.0, f64::max);
    assert!(in_one_line("README.md").contains(&format!("no more than {furthest:.3} can lie")));
}

/// Programs that trained what is kept: the later ones what had other bits under them or said what was not so, see
/// `docs/claims.md`.
const TRAINED_BY: [&str; 4] = ["40a59495775d", "ca528aad5559", "11662d51584e", "309e0755bacf"];

/// Committed programs trained everything, and the page on claims tells how many runs it came to.
#[test]
fn all_that_is_kept_was_trained_by_committed_programs() {
    let mut folders = vec![project().join("results/reference")];
    // Arms without decay share their runs.
    let (mut runs, mut commits) = (BTreeSet::new(), BTreeSet::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name == "runs.csv") {
                let mut table = csv::Reader::from_path(&path).unwrap();
                for run in table.deserialize::<HashMap<String, String>>() {
                    let mut run = run.unwrap();
                    commits.insert(run.remove("commit").unwrap());
                    runs.insert(run.remove("run").unwrap());
                }
            }
        }
    }
    assert!(commits.iter().all(|commit| TRAINED_BY.contains(&commit.as_str())), "{commits:?}");
    for later in &TRAINED_BY[1..] {
        assert!(read(CLAIMS).contains(later.split_at(7).0), "the page names {later}");
    }
    let told = format!("{},{:03} runs", runs.len() / 1000, runs.len() % 1000);
    assert!(read(CLAIMS).contains(&told), "{told}");
}

#[test]
fn the_page_of_published_values_shows_the_table_as_it_was_trained() {
    let page = read(VALUES);
    let table = read("results/reference/values-table/table.md");
    let of_table =
        ["GPT-1", "GPT-2", "GPT-3", "LLaMA 1", "Llama 2", "PaLM", "Grok-1", "Mistral", "Mixtral"];
    // The tables of the three transfers.
    let rows: Vec<&str> = table
        .lines()
        .take_while(|line| !line.starts_with("Differences of"))
        .filter(|line| line.starts_with('|'))
        .collect();
    let shown = rows.iter().filter(|row| of_table.iter().any(|name| row.contains(name)));
    let shown: Vec<_> = shown.collect();
    assert!(shown.len() >= 13, "{shown:#?}");
    assert!(shown.iter().chain([&&rows[0]]).all(|row| page.contains(*row)), "{shown:#?}");
    let pooled = table.lines().filter(|line| line.starts_with("- λ = 0.1, over the"));
    let pooled: Vec<&str> = pooled.collect();
    assert_eq!(pooled.len(), 3);
    assert!(pooled.iter().all(|line| page.contains(*line)), "{pooled:#?}");
    let sentence = table.lines().find(|line| line.starts_with("Of the 8 values")).unwrap();
    assert!(page.contains(sentence), "{sentence}");
}

/// The page is what the program makes of the claims that were kept.
#[test]
fn the_page_of_the_fields_claims_is_made_from_the_reference_results() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, copied) =
        ("results/reference/literature", folder.path().join("results/reference/literature"));
    let mut claims = 0;
    for entry in fs::read_dir(project().join(kept)).unwrap() {
        let entry = entry.unwrap();
        let source = entry.path().join("claims.csv");
        if source.is_file() {
            let target = copied.join(entry.file_name());
            fs::create_dir_all(&target).unwrap();
            fs::copy(&source, target.join("claims.csv")).unwrap();
            let experiment = entry.path().join("experiment.json");
            fs::copy(experiment, target.join("experiment.json")).unwrap();
            claims += crate::common::rows(&source).len();
        }
    }
    let docs = folder.path().join("docs");
    let (from, to) = (crate::common::text(&copied), crate::common::text(&docs));
    crate::common::wane_ok(&["report", from, "--literature", "--out", to]);
    let page = fs::read_to_string(docs.join("literature.md")).unwrap();
    assert_eq!(page, read("docs/literature.md"), "run `just reference` again");
    assert!(claims >= 30, "{claims}");
    let counts = page.lines().nth(2).unwrap().split(" A verdict is on").next().unwrap();
    for page in ["README.md", CLAIMS] {
        assert!(in_one_line(page).contains(counts), "{page} lacks: {counts}");
    }
    let csv = fs::read_to_string(copied.join("literature.csv")).unwrap();
    assert_eq!(csv, read(&format!("{kept}/literature.csv")));
}

/// Every spec of the pack was run as it stands, its claims were there before its runs, and its comment says what was
/// claimed, what is scaled down and what it cannot show.
#[test]
fn the_claims_of_the_pack_were_registered_before_their_runs() {
    let mut specs = 0;
    for entry in fs::read_dir(project().join("experiments/literature")).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let (name, spec) =
            (file.trim_end_matches(".toml"), format!("experiments/literature/{file}"));
        let text = read(&spec);
        for said in ["# Claimed: ", "# Scaled down: ", "# Cannot show: "] {
            assert_eq!(text.matches(said).count(), 1, "{file}: {said}");
        }
        let results = format!("results/reference/literature/{name}");
        let experiment: serde_json::Value =
            serde_json::from_str(&read(&format!("{results}/experiment.json"))).unwrap();
        assert_eq!(experiment["spec"], text, "{file}: run `just reference` again");
        let commit = experiment["provenance"]["commit"].as_str().unwrap();
        assert!(!commit.contains("-dirty"), "{file}: {commit}");
        for claim in crate::common::rows(&project().join(format!("{results}/claims.csv"))) {
            assert_eq!(claim["runs_before"], "0", "{file}: {}", claim["text"]);
        }
        assert!(project().join(format!("{results}/claims.svg")).is_file(), "{file}");
        specs += 1;
    }
    assert!(specs >= 20, "{specs}");
}

/// A page without the places where its lines break.
fn in_one_line(path: &str) -> String {
    read(path).split_whitespace().collect::<Vec<_>>().join(" ")
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
    comes_from("results/reference", "experiments/overfit.toml", 165);
    comes_from("results/reference/grid", "experiments/grid.toml", 168);
    comes_from("results/reference/values-table", "experiments/values-table.toml", 245);
    comes_from("results/reference/rivals", "experiments/rivals.toml", 256);
    comes_from("results/reference/mechanism", "experiments/mechanism.toml", 304);
    comes_from("results/reference/memorisation", "experiments/memorisation.toml", 30);
    for text in ["600", "1200", "2400"] {
        let results = format!("results/reference/timescale-{text}");
        comes_from(&results, "experiments/timescale.toml", 64);
    }
}

#[test]
fn the_page_on_rivals_says_what_their_results_say() {
    let page = read("docs/rivals.md");
    let summary: serde_json::Value =
        serde_json::from_str(&read("results/reference/rivals/summary.json")).unwrap();
    let verdicts = summary["verdicts"].as_array().unwrap();
    assert_eq!(verdicts.len(), 20);
    for verdict in verdicts {
        assert!(page.contains(verdict.as_str().unwrap()), "the page lacks: {verdict}");
    }
    let rows = crate::common::rows(&project().join("results/reference/rivals/summary.csv"));
    let of = |variant: &str, weight_decay: &str, column: &str| -> String {
        let is_it = |row: &&Row| row["variant"] == variant && row["weight_decay"] == weight_decay;
        let value: f64 = rows.iter().find(is_it).unwrap()[column].parse().unwrap();
        format!("{value:.3}")
    };
    let everything = "dropout=0.05 stochastic_depth=0.1 label_smoothing=0.03 ema=0.995";
    let told = [
        format!("{} without decay", of("", "", "gap")),
        format!("{} at the best λ", of("", "2.0", "gap")),
        format!("{} with dropout", of("dropout=0.1", "", "gap")),
        format!("{} with stochastic depth", of("stochastic_depth=0.2", "", "gap")),
        format!("{} with label smoothing", of("label_smoothing=0.03", "", "gap")),
        format!("{} with averaged weights", of("ema=0.999", "", "gap")),
        format!("{} with decay and dropout", of("dropout=0.1", "1.0", "gap")),
        format!("{} with everything", of(everything, "0.25", "gap")),
        format!("to {}, and ends at", of("dropout=0.4", "", "gap")),
        format!("ends at {}", of("dropout=0.4", "", "final_test")),
        format!("no decay's {}", of("", "", "final_test")),
    ];
    for told in told {
        assert!(page.contains(&told), "the page lacks: {told}");
    }
}

type Row = HashMap<String, String>;

/// What a recipe's runs, each at a number of its own, are above those without decay at a number of theirs: a
/// row of `runs.csv` and a difference for every seed and run.
fn above_none(chosen: impl Fn(&Row) -> bool, own: &str, none: &str) -> Vec<(Row, f64)> {
    let rows = crate::common::rows(&project().join("results/reference/values-table/runs.csv"));
    let number = |row: &Row, column: &str| row[column].parse::<f64>().unwrap();
    let difference = |row: &Row| {
        let of_recipe = |other: &&Row| {
            other["transfer"] == "none"
                && (&other["recipe"], &other["seed"]) == (&row["recipe"], &row["seed"])
        };
        let undecayed = rows.iter().find(of_recipe).unwrap();
        (row.clone(), number(row, own) - number(undecayed, none))
    };
    rows.iter().filter(|row| chosen(row)).map(difference).collect()
}

/// A mean over five seeds with half of its 95% t-interval: "0.054 ± 0.016".
fn shown(values: &[f64]) -> String {
    let n = values.len() as f64;
    assert_eq!(values.len(), 5);
    let mean = values.iter().sum::<f64>() / n;
    let sd = (values.iter().map(|own| (own - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    format!("{:.3} ± {:.3}", -mean, 2.776_445 * sd / n.sqrt()).replace('-', "−")
}

#[test]
fn what_is_said_of_a_tenth_is_what_the_pooled_rows_say() {
    let raw = |row: &Row| row["transfer"] == "raw" && row["weight_decay"] == "0.1";
    let (mut names, mut by_seed) = (BTreeSet::new(), BTreeMap::new());
    for (row, difference) in above_none(raw, "test_loss", "test_loss") {
        names.insert(row["recipe"].clone());
        // A run that stands under several names counts once.
        let of_seed: &mut BTreeMap<String, f64> = by_seed.entry(row["seed"].clone()).or_default();
        of_seed.insert(row["run"].clone(), difference);
    }
    assert_eq!(names.len(), 13);
    assert!(by_seed.values().all(|own| own.len() == 10));
    let means: Vec<f64> = by_seed.values().map(|own| own.values().sum::<f64>() / 10.0).collect();
    let said = format!("{} below (n = 5)", shown(&means));
    assert!(read(VALUES).contains(&said), "{said}");
}

#[test]
fn what_is_said_of_stopping_is_what_the_runs_without_decay_say() {
    for (recipe, name) in [("llama-1", "LLaMA 1"), ("llama-2", "Llama 2")] {
        let matched = |row: &Row| row["transfer"] == "matched" && row["recipe"] == recipe;
        let differences = above_none(matched, "test_loss", "stopped_test_loss");
        let differences: Vec<f64> = differences.into_iter().map(|(_, value)| value).collect();
        let said = format!("{} for {name}", shown(&differences));
        assert!(in_one_line(VALUES).contains(&said), "{said}");
    }
}

/// The mean of a column over the runs of one arm of the default ablation.
fn mean(arm: [&str; 3], column: &str) -> f64 {
    let rows = crate::common::rows(&project().join("results/reference/runs.csv"));
    let of_arm = |row: &&Row| {
        row["stage"] == "confirm" && [&row["form"], &row["mask"], &row["weight_decay"]] == arm
    };
    let numbers = rows.iter().filter(of_arm).map(|row| row[column].parse::<f64>().unwrap());
    let numbers: Vec<f64> = numbers.collect();
    assert_eq!(numbers.len(), 12);
    numbers.iter().sum::<f64>() / 12.0
}

#[test]
fn what_is_said_of_the_search_is_what_its_decisions_say() {
    let page = read("docs/findings.md");
    let decisions = crate::common::rows(&project().join("results/reference/search.csv"));
    let of_rule = |row: &&Row| row["form"] == "adamw" && row["mask"] == "matrices";
    let runs: Vec<&String> = decisions.iter().filter(of_rule).map(|row| &row["runs"]).collect();
    assert_eq!(runs, ["0", "5", "9", "17", "20"]);
    for said in
        ["*bracket*, 5 runs known", "*refine*, 9 runs", "*refine*, 17 runs", "*confirm*, 20 runs"]
    {
        assert!(page.contains(said), "{said}");
    }
    let looks: Vec<&Row> = decisions.iter().filter(|row| row["form"].is_empty()).collect();
    assert!(
        looks[0]["why"] == "11 questions undecided" && page.contains("leaves 11 of 13 questions")
    );
    assert!(looks[1]["decided"].starts_with("12 fresh seeds") && looks.len() == 2);
    assert_eq!(looks[1]["why"], "every question is decided");
    let all = crate::common::rows(&project().join("results/reference/runs.csv")).len();
    assert!(page.contains(&format!("{all} runs in all")), "{all}");
}

#[test]
fn what_is_said_of_counting_and_of_the_gap_is_what_the_runs_say() {
    let (best, none) = (["adamw", "matrices", "2.0"], ["none", "", ""]);
    let above = mean(best, "test_loss") - mean(best, "test_ngram");
    let risen = mean(best, "train_loss") - mean(none, "train_loss");
    let share = 100.0 * risen / (mean(none, "gap") - mean(best, "gap"));
    let page = in_one_line("docs/findings.md");
    for said in
        [format!("scores {above:.2} nats better"), format!("the {share:.0}% that the report")]
    {
        assert!(page.contains(&said), "{said}");
    }
}

#[test]
fn the_page_on_memorisation_says_what_its_runs_say() {
    let page = in_one_line("docs/memorisation.md");
    let summary: serde_json::Value =
        serde_json::from_str(&read("results/reference/memorisation/summary.json")).unwrap();
    let verdicts = summary["verdicts"].as_array().unwrap().iter().filter_map(|one| one.as_str());
    let told = verdicts.filter(|one| one.contains("by heart") || one.contains("exposure"));
    let mut told: Vec<String> = told.map(str::to_owned).collect();
    // Two measures at two moments, of which planted sequences are known alike at the last step.
    assert_eq!(told.len(), 3);
    let arms = crate::common::rows(&project().join("results/reference/memorisation/summary.csv"));
    assert_eq!(arms.len(), 5);
    let number = |row: &Row, column: &str| row[column].parse::<f64>().unwrap();
    let signed = |value: &str, decimals: usize| match value.parse::<f64>() {
        Ok(value) => format!("{value:+.decimals$}").replace('-', "−"),
        Err(_) => "–".to_owned(),
    };
    for row in &arms {
        let name = match row["weight_decay"].as_str() {
            "" => "none".to_owned(),
            lambda => lambda.trim_end_matches(".0").to_owned(),
        };
        told.push(format!(
            "| {name} | {:.1}% | {:.1}% | {:.1} | {:.2} | {:.3} | {:.3} | {} | {} |",
            100.0 * number(row, "verbatim_train"),
            100.0 * number(row, "verbatim_val"),
            number(row, "longest_verbatim"),
            number(row, "exposure"),
            number(row, "divergence"),
            number(row, "final_test"),
            signed(&row["d_by_heart_equal_loss"], 3),
            signed(&row["d_exposure_equal_loss"], 2),
        ));
    }
    for told in told {
        assert!(page.contains(&told), "the page lacks: {told}");
    }
}

/// Mean of a column of `mechanism.csv` over the runs that have it, where `is_it`.
fn mean_of(rows: &[Row], column: &str, is_it: impl Fn(&Row) -> bool) -> f64 {
    let values = rows.iter().filter(|row| is_it(row) && !row[column].is_empty());
    let values: Vec<f64> = values.map(|row| row[column].parse().unwrap()).collect();
    assert!(!values.is_empty(), "{column}");
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn the_page_on_the_mechanism_says_what_its_runs_say() {
    let page = in_one_line("docs/mechanism.md");
    let rows = crate::common::rows(&project().join("results/reference/mechanism/mechanism.csv"));
    let of = |column: &str, form: &str, role: &str, lambda: &str| {
        mean_of(&rows, column, |row| {
            (row["form"].as_str(), row["role"].as_str(), row["weight_decay"].as_str())
                == (form, role, lambda)
                && row["variant"].is_empty()
        })
    };
    let mut told: Vec<String> = Vec::new();
    for role in ["embedding", "attention", "mlp"] {
        let balance = |lambda: &str| of("balance_ratio", "adamw", role, lambda);
        let sizes = rows
            .iter()
            .filter(|row| row["role"] == role)
            .map(|row| row["gradient_cosine"].parse::<f64>().unwrap().abs());
        let sizes: Vec<f64> = sizes.collect();
        let size = sizes.iter().sum::<f64>() / sizes.len() as f64;
        told.push(format!(
            "| {role} | {:.2} | {:.2} | {size:.3} |",
            balance("4.0"),
            balance("8.0")
        ));
        let is_settled = |row: &&Row| {
            row["variant"].is_empty()
                && row["form"] == "adamw"
                && row["role"] == role
                && !row["balance_ratio"].is_empty()
        };
        assert!(
            rows.iter()
                .filter(is_settled)
                .all(|row| ["4.0", "8.0"].contains(&row["weight_decay"].as_str()))
        );
    }
    let rms = |role: &str, lambda: &str| of("weight_rms", "adamw", role, lambda);
    told.push(format!(
        "is {:.4} without decay, {:.4} at λ = 2 and {:.4} at λ = 8",
        rms("mlp", "0.0"),
        rms("mlp", "2.0"),
        rms("mlp", "8.0")
    ));
    told.push(format!("from {:.3} to {:.3}", rms("norm", "0.0"), rms("norm", "8.0")));
    told.push(format!(
        "{:.1}% of the norm of its MLPs",
        100.0 * of("initial_share", "adamw", "mlp", "2.0")
    ));
    told.push(format!(
        "square of {:.3} at λ = 4, against {:.4} under decay",
        of("weight_rms", "matched", "mlp", "4.0"),
        rms("mlp", "4.0")
    ));
    let figure = read("results/reference/mechanism/gradient-ratio-end.svg");
    let at_the_end = |form: &str, lambda: &str| {
        let hint = format!("{form} on matrices, weight decay λ (logarithmic) {lambda}: ");
        let all: Vec<&str> = figure.split(&hint).collect();
        // "corrected-all" ends as "corrected" does not, and the other η and batches are named after the mask.
        let own = all.iter().skip(1).find(|_| true).unwrap_or_else(|| panic!("{hint}"));
        own.split('<').next().unwrap().to_owned()
    };
    let forms =
        |lambda: &str| ["adamw", "corrected", "corrected-all"].map(|form| at_the_end(form, lambda));
    let [adamw, corrected, all] = forms("8");
    told.push(format!(
        "{adamw} under AdamW, {corrected} under `corrected` and {all} under `corrected-all`"
    ));
    let [adamw, corrected, all] = forms("0.3");
    told.push(format!("at λ = 0.3 it is {adamw}, {corrected} and {all}"));
    for told in told {
        assert!(page.contains(&told), "the page lacks: {told}");
    }
    let summary: serde_json::Value =
        serde_json::from_str(&read("results/reference/mechanism/summary.json")).unwrap();
    let is_pair = |verdict: &&str| {
        verdict.contains("AdamW")
            && verdict.contains("Corrected decay on")
            && verdict.contains("equivalent")
    };
    let verdicts = summary["verdicts"].as_array().unwrap();
    assert!(
        verdicts.iter().filter_map(|one| one.as_str()).any(|one| is_pair(&one)),
        "{verdicts:#?}"
    );
}

#[test]
fn the_page_on_the_mechanism_says_how_well_lines_are_one() {
    let page = in_one_line("docs/mechanism.md");
    let mut told = Vec::new();
    for (figure, ends) in
        [("collapse-timescale", 1), ("collapse-product", 1), ("collapse-rate", 2), ("collapse", 1)]
    {
        let figure = read(&format!("results/reference/mechanism/{figure}.svg"));
        let numbers = figure.split("lines lie ").skip(1).map(|note| {
            let apart = note.split(' ').next().unwrap();
            let by_seeds = note.split("would put them ").nth(1).unwrap().split(' ').next().unwrap();
            (apart.to_owned(), by_seeds.to_owned())
        });
        let numbers: Vec<_> = numbers.collect();
        assert_eq!(numbers.len(), ends);
        told.extend(numbers.into_iter().flat_map(|(apart, by_seeds)| [apart, by_seeds]));
    }
    for number in told {
        assert!(page.contains(&number), "the page lacks {number}");
    }
    let lowest = |figure: &str| {
        let svg = read(&format!("results/reference/mechanism/{figure}.svg"));
        svg.split("lowest at ").nth(1).unwrap().split('<').next().unwrap().trim().to_owned()
    };
    let same = "τ in epochs = 35.6 (timescale-600), 35.6 (timescale-1200), 35.6 (timescale-2400)";
    assert!(lowest("collapse").starts_with(same), "{}", lowest("collapse"));
    assert!(page.contains("all three are lowest at τ = 35.6 epochs"));
    assert!(lowest("collapse-timescale").contains("71.1 (128 tokens"));
    assert!(page.contains("35.6 epochs, 128 tokens at 71.1"));
    let found = ["600", "1200", "2400"].map(best_and_cost_of_half);
    let best = found.each_ref().map(|(best, _)| best.as_str());
    assert_eq!(best, ["4.0", "2.0", "1.0"]);
    assert!(page.contains("the best λ is 4, 2 and 1"));
    let [a, b, c] = found.map(|(_, cost)| format!("{cost:.3}"));
    assert!(
        page.contains(&format!("Half of the best λ costs {a}, {b} and {c} nats")),
        "{a} {b} {c}"
    );
}

/// The λ of the lowest mean test loss on so much text, and what half of it costs.
fn best_and_cost_of_half(text: &str) -> (String, f64) {
    let path = format!("results/reference/timescale-{text}/runs.csv");
    let rows = crate::common::rows(&project().join(path));
    let loss = |lambda: &str| mean_of(&rows, "test_loss", |row| row["weight_decay"] == lambda);
    let lambdas: BTreeSet<&str> = rows.iter().map(|row| row["weight_decay"].as_str()).collect();
    let best = lambdas.into_iter().min_by(|a, b| loss(a).total_cmp(&loss(b))).unwrap();
    let half = format!("{:?}", best.parse::<f64>().unwrap() / 2.0);
    (best.to_owned(), loss(&half) - loss(best))
}
