//! The published recipes: printed with their sources, trained at toy scale, set into a table.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use crate::common::{rows, text, wane, wane_ok};

/// The values table at a size that trains in seconds.
pub const SMALL: &[&str] = &[
    "model.layers=1",
    "model.heads=2",
    "model.channels=8",
    "model.context=8",
    "train.steps=40",
    "train.batch=2",
    "train.eval_every=20",
    "train.eval_windows=2",
    "data.train=300",
    "data.val=200",
];

fn small_table(out: &Path) -> Vec<HashMap<String, String>> {
    let mut arguments = vec!["sweep", "experiments/values-table.toml", "--out", text(out)];
    arguments.extend(SMALL.iter().flat_map(|change| ["--set", change]));
    let call = wane_ok(&arguments);
    let words = [
        "PaLM 540B",
        "At the published λ",
        "At the λ with the original's total decay Λ",
        "At the λ with the original's timescale τ in epochs",
        "λ = 0.1, over the 10 toys that differ in more than their names",
        "Of the 8 values that are repeated",
    ];
    for word in words {
        assert!(call.stdout.contains(word), "{word}: {}", call.stdout);
    }
    assert!(call.stdout.lines().all(|line| line.chars().count() <= 112), "{}", call.stdout);
    // Of 18 models at three λ the most telling; the report has all.
    let lines = call.stdout.lines().take_while(|line| !line.starts_with("report")).count();
    assert!(lines <= 55 && call.stdout.contains("more models in the report"), "{}", call.stdout);
    assert!(call.stderr.contains("grok-1: no matched arm: nothing is said of training"));
    let fast =
        "palm: no timescale arm: its τ of 0.04 epochs is 0.7 steps of this text, and a step would";
    assert!(call.stderr.contains(fast), "{}", call.stderr);
    rows(&out.join("values-table/table.csv"))
}

#[test]
fn every_row_of_the_table_trains_with_its_own_family_and_rule() {
    let folder = tempfile::tempdir().unwrap();
    let table = small_table(folder.path());
    assert_eq!(table.len(), 18);
    let results = folder.path().join("values-table");
    let runs = rows(&results.join("runs.csv"));
    assert!(runs.iter().all(|run| run["status"] == "done"));
    for row in &table {
        let model = &row["model"];
        let of = |transfer: &str| -> Vec<_> {
            let own = |run: &&HashMap<_, String>| {
                run["recipe"] == row["recipe"] && run["transfer"] == transfer
            };
            runs.iter().filter(own).collect()
        };
        let (none, raw, matched) = (of("none"), of("raw"), of("matched"));
        assert_eq!((none.len(), raw.len()), (5, 5), "{model}");
        assert!(none.iter().all(|run| run["form"] == "none" && run["family"] == row["family"]));
        assert!(raw.iter().all(|run| run["form"] == row["form"] && run["mask"] == row["mask"]));
        assert!(!row["none_val_loss_ci95"].is_empty() && !row["raw_gap"].is_empty(), "{model}");
        assert!(row["verdict"].contains("raw λ: "), "{model}: {}", row["verdict"]);
        let documented = !row["original_total_decay"].is_empty();
        assert_eq!(documented, row["not_matched"].is_empty(), "{model}");
        if let Some(run) = matched.first() {
            let number = |text: &String| text.parse::<f64>().unwrap();
            let share = number(&run["total_decay"]) / number(&row["original_total_decay"]);
            assert!((share - 1.0).abs() < 0.006, "{model}: {share}");
            assert!(row["verdict"].contains("matched Λ: "), "{model}");
        } else {
            let too_much = documented && row["matched_val_loss"].is_empty();
            assert!(too_much || !documented, "{model} has a total decay to match");
        }
    }
    let families: BTreeSet<&str> = runs.iter().map(|run| &*run["family"]).collect();
    let all = ["gpt2", "grok", "llama", "mistral", "mixtral", "palm"];
    assert_eq!(families, BTreeSet::from(all));
    let markdown = fs::read_to_string(results.join("table.md")).unwrap();
    // Three recipes are one toy at their raw λ, and share a line.
    let shared = "| ● GPT-3 175B, ● BLOOM-176B, ● Pythia-160M, ● nanoGPT 124M | gpt2 | 0.1 |";
    let rules = "| GPT-3 175B | 175B | 300B | 0.1 |";
    for words in
        [shared, rules, "○ GPT-2", "✗ PaLM 540B", "contradicted", "Holm", "arXiv 2204.02311"]
    {
        assert!(markdown.contains(words), "{words}: {markdown}");
    }
    assert!(fs::read(results.join("figures/values-table.png")).unwrap().starts_with(b"\x89PNG"));
}

/// Arms of the values table whose recipes differ must be different runs, also without decay.
#[test]
fn recipes_that_differ_are_different_runs() {
    let folder = tempfile::tempdir().unwrap();
    small_table(folder.path());
    let runs = rows(&folder.path().join("values-table/runs.csv"));
    let run_of = |recipe: &str, transfer: &str| -> &str {
        let own = |run: &&HashMap<_, String>| {
            run["recipe"] == recipe && run["transfer"] == transfer && run["seed"] == "0"
        };
        &runs.iter().find(own).unwrap()["run"]
    };
    let table = ["gpt-1", "gpt-2", "gpt-3", "llama-1", "llama-2", "palm", "grok-1", "mistral"];
    for transfer in ["none", "raw"] {
        let mut ids: Vec<&str> = table.iter().map(|recipe| run_of(recipe, transfer)).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), table.len(), "{transfer}");
    }
    // Pythia and nanoGPT are one recipe here, and differ in their total decay alone.
    assert_eq!(run_of("pythia", "raw"), run_of("nanogpt", "raw"));
    assert_ne!(run_of("pythia", "matched"), run_of("gpt-3", "matched"));
}

#[test]
fn the_table_is_printed_with_its_sources_without_training() {
    let table = wane_ok(&["table"]);
    for words in ["○ GPT-2: The paper names no optimizer", "lr²", "Further reading", "matrices*"]
    {
        assert!(table.stdout.contains(words), "{words}: {}", table.stdout);
    }
    let markdown = wane_ok(&["table", "--markdown"]).stdout;
    let lines: Vec<&str> = markdown.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(lines.len(), 2 + 18);
    let columns = |line: &str| line.matches('|').count();
    assert!(lines.iter().all(|line| columns(line) == columns(lines[0])), "{markdown}");
    let palm = wane_ok(&["table", "palm"]).stdout;
    for words in ["lr-power", "255,000", "§5", "undisclosed (assumed: T5X has no mask for decay)"]
    {
        assert!(palm.contains(words), "{words}: {palm}");
    }
    let wrong = wane(&["table", "palmm"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("did you mean `palm`?"), "{}", wrong.stderr);
}

fn spec(folder: &Path, body: &str) -> String {
    let path = folder.join("spec.toml");
    fs::write(&path, format!("name = 'one'\n{body}")).unwrap();
    text(&path).to_owned()
}

#[test]
fn a_recipe_can_be_pulled_in_and_any_key_overrides_it() {
    let folder = tempfile::tempdir().unwrap();
    let body =
        "[recipe]\nname = 'llama-2'\n[train]\nsteps = 100\nclip = 0.5\n[[arm]]\nmask = 'global'\n";
    let path = spec(folder.path(), body);
    let arguments = ["plan", &path, "--set", "train.batch=4", "--resolved"];
    let plan = wane_ok(&arguments).stdout;
    let origin = |key: &str| -> Vec<String> {
        let line = plan.lines().find(|line| line.trim_start().starts_with(key));
        let line = line.unwrap_or_else(|| panic!("{key}: {plan}"));
        line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).collect()
    };
    assert_eq!(origin("model.family"), ["model.family", "llama", "recipe llama-2: §2.2"]);
    assert_eq!(origin("model.kv_heads"), ["model.kv_heads", "4", "implied by the family"]);
    assert_eq!(origin("train.eps"), ["train.eps", "1e-5", "recipe llama-2: §2.2"]);
    assert_eq!(origin("train.clip"), ["train.clip", "0.5", "the spec, [train]"]);
    assert_eq!(origin("train.batch"), ["train.batch", "4", "the spec, [train]"]);
    assert_eq!(origin("train.lr"), ["train.lr", "0.003", "default"]);
    assert_eq!(origin("arm.mask"), ["arm.mask", "global", "the spec, arm 0"]);
    assert_eq!(origin("arm.weight_decay"), ["arm.weight_decay", "0.1", "recipe llama-2: §2.2"]);
}

#[test]
fn a_spec_may_be_a_recipe_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = spec(folder.path(), "seeds = [0]\n[recipe]\nname = 'palm'\n");
    let plan = wane_ok(&["plan", &path, "--out", text(folder.path())]).stdout;
    assert!(plan.contains("palm: 2 layers") && plan.contains("1 arm × 1 seed"), "{plan}");
    let resolved = wane_ok(&["plan", &path, "--resolved"]).stdout;
    assert!(resolved.starts_with("lr-power global palm\n"), "{resolved}");
    assert!(resolved.contains("its share of the original's steps (§5)"), "{resolved}");
    let manifest = wane_ok(&["manifest", &path]).stdout;
    assert!(manifest.contains("122240 of 122240 elements decay"), "{manifest}");
}

/// The README's own example, at a size that trains in a moment.
#[test]
fn a_recipe_with_two_masks_of_its_own_is_answered_with_their_comparison() {
    let folder = tempfile::tempdir().unwrap();
    let body = "[recipe]\nname = 'llama-2'\n[[arm]]\nmask = ['matrices', 'global']\n";
    let path = spec(folder.path(), body);
    let small = SMALL.iter().flat_map(|change| ["--set", change]);
    let call = ["sweep", &path, "--out", text(folder.path())];
    let answer = wane_ok(&call.into_iter().chain(small).collect::<Vec<_>>()).stdout;
    let verdict = "adamw on matrices, llama-2 − adamw on global, llama-2";
    assert!(answer.contains(verdict), "{answer}");
    let results = folder.path().join("one");
    let runs = rows(&results.join("runs.csv"));
    assert_eq!(runs.len(), 2 * 3);
    let setting = &runs[0]["setting"];
    assert!(setting.len() == 12 && runs.iter().all(|run| run["setting"] == *setting));
    assert!(runs.iter().all(|run| run["transfer"].is_empty() && !run["val_unigram"].is_empty()));
    assert!(!results.join("table.csv").exists());
}

#[test]
fn what_a_recipe_cannot_be_asked_for_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let cases: &[(&str, &[&str])] = &[
        (
            "[recipe]\nname = 'gpt3'\n",
            &["no published recipe is called `gpt3`", "did you mean `gpt-3`?"],
        ),
        ("[recipe]\n", &["name"]),
        ("[recipe]\nnam = 'gpt-3'\n", &["recipe.nam", "did you mean `name`?"]),
        ("[[arm]]\nrecipe = []\n", &["recipe is an empty list"]),
        ("[[arm]]\nrecipe = 'opt'\ntransfer = 'match'\n", &["transfer", "did you mean `matched`?"]),
        ("[[arm]]\nform = 'adamw'\ntransfer = 'raw'\n", &["name one with recipe"]),
        (
            "[[arm]]\nrecipe = 'opt'\ntransfer = 'raw'\nweight_decay = 1\n",
            &["leave weight_decay out"],
        ),
        ("[[arm]]\nrecipe = 'grok-1'\ntransfer = 'matched'\n", &["in arm 0", "nothing is said"]),
        ("[[arm]]\nrecipe = 'opt'\nform = 'l2'\ntransfer = 'matched'\n", &["no total decay"]),
        ("[train]\nsteps = 30\n[[arm]]\nrecipe = 'nanogpt'\ntransfer = 'matched'\n", &["too few"]),
        (
            "[train]\noptimizer = 'rmsprop'\n[[arm]]\nform = 'none'\n",
            &["optimizer = \"rmsprop\"", "adafactor"],
        ),
        ("[train]\nschedule = 'cosin'\n[[arm]]\nform = 'none'\n", &["did you mean `cosine`?"]),
        (
            "[train]\nhold = 490\n[[arm]]\nform = 'none'\n",
            &["train.hold = 490", "train.steps = 500"],
        ),
        ("[[arm]]\nweight_decay = 1\n", &["form is missing"]),
    ];
    for (body, expected) in cases {
        let call = wane(&["plan", &spec(folder.path(), body)]);
        assert_eq!(call.code, Some(2), "{body}: {}", call.stderr);
        for words in *expected {
            assert!(call.stderr.contains(words), "{body}: {}", call.stderr);
        }
    }
}

#[test]
fn weights_of_one_family_are_no_start_for_arms_of_several() {
    let folder = tempfile::tempdir().unwrap();
    let path = spec(folder.path(), "[[arm]]\nrecipe = ['gpt-3', 'palm']\n");
    let weights = "tests/fixtures/families/gpt2.safetensors";
    let call = wane(&["plan", &path, "--init", weights]);
    assert_eq!(call.code, Some(2));
    assert!(call.stderr.contains("2 different models (family gpt2, "), "{}", call.stderr);
}
