//! Rivals of decay through the program: named by what they are, held against no decay and against decay.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::common::{fixture, rows, text, wane_ok};

#[test]
fn rivals_are_judged_like_decay_and_called_by_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let out = text(folder.path());
    let call = wane_ok(&["sweep", text(&fixture("rivals.toml")), "--out", out, "-q"]);
    for name in ["adamw on matrices", "dropout", "with dropout 0.1", "averaged weights 0.9"] {
        assert!(call.stdout.contains(name), "{name}: {}", call.stdout);
    }
    let widest = call.stdout.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(160), "{}", call.stdout);
    let lines = call.stdout.lines().take_while(|line| !line.starts_with("report")).count();
    assert!(lines <= 41, "{}", call.stdout);
    let results = folder.path().join("rivals");
    let treatments: BTreeSet<String> =
        rows(&results.join("runs.csv")).iter().map(|row| row["treatment"].clone()).collect();
    let expected = ["", "dropout=0.1", "dropout=0.1 ema=0.9", "dropout=0.4"];
    assert_eq!(treatments, expected.map(str::to_owned).into());
    let summary = fs::read_to_string(results.join("summary.json")).unwrap();
    let summary: Value = serde_json::from_str(&summary).unwrap();
    let comparisons = summary["comparisons"].as_array().unwrap();
    let of = |family: &str| comparisons.iter().filter(|one| one["family"] == family).count();
    // Decay, dropout, and both with averages against no decay; decay against each of the others.
    assert_eq!((of("against-none"), of("against-stopping"), of("rival")), (3, 3, 2));
}

#[test]
fn the_losses_of_a_run_that_averages_its_weights_are_those_of_the_weights_it_saves() {
    let folder = tempfile::tempdir().unwrap();
    let spec = |name: &str, more: &str| {
        let whole = fs::read_to_string(fixture("rivals.toml")).unwrap();
        let text = &whole[..whole.find("[[arm]]").unwrap()];
        let text = text.replace("\"rivals\"", &format!("\"{name}\""));
        let text = text.replace("seeds = [0, 1, 2, 3]", "seeds = [0]");
        let path = folder.path().join(format!("{name}.toml"));
        fs::write(&path, format!("{text}\n[[arm]]\nform = \"none\"\n{more}")).unwrap();
        path
    };
    let (out, saved) = (folder.path().join("out"), folder.path().join("averages.safetensors"));
    let averaged = spec("averaged", "ema = 0.9\n");
    wane_ok(&["train", text(&averaged), "--save", text(&saved), "--out", text(&out), "-q"]);
    let plain = spec("plain", "");
    wane_ok(&["train", text(&plain), "--init", text(&saved), "--out", text(&out), "-q"]);
    let curve = |name: &str| rows(&out.join(name).join("curves.csv"));
    let (averaged, plain) = (curve("averaged"), curve("plain"));
    let last = averaged.last().unwrap();
    assert_eq!(last["val_loss"], plain[0]["val_loss"]);
    assert_eq!(last["train_loss"], plain[0]["train_loss"]);
    assert_ne!(last["val_loss"], last["last_val_loss"]);
    let runs = rows(&out.join("averaged/runs.csv"));
    assert_eq!(runs[0]["last_val_loss"], last["last_val_loss"]);
}

#[test]
fn the_manifest_says_for_every_parameter_what_updates_it_how_fast_and_how_it_decays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("muon.toml");
    let whole = fs::read_to_string(fixture("rivals.toml")).unwrap();
    let train = &whole[..whole.find("[[arm]]").unwrap()];
    let spec = format!(
        "{}optimizer = \"muon\"\nadam.lr = 2.5e-3\n[[arm]]\nform = \"adamw\"\nmask = \"global\"\n\
         weight_decay = 0.1\ndecay_schedule = \"cosine\"\n[arm.by_role]\nembedding = {{ weight_decay = 0.0 }}\n\
         bias = {{ lr = 1e-3, weight_decay = 0.5 }}\n",
        train.replace("\"rivals\"", "\"muon\"").trim_end().to_owned() + "\n"
    );
    fs::write(&path, spec).unwrap();
    let shown = wane_ok(&["manifest", text(&path)]).stdout;
    assert!(shown.contains("λ = 0.1, cosine") && shown.contains("muon"), "{shown}");
    let out = text(folder.path());
    wane_ok(&["sweep", text(&path), "--seeds", "0", "--out", out, "-q"]);
    let manifest = rows(&folder.path().join("muon/manifest.csv"));
    let of = |role: &str| {
        let row = manifest.iter().find(|row| row["role"] == role).unwrap();
        ["optimizer", "lr_factor", "form", "coefficient", "decay_schedule", "decayed"]
            .map(|column| row[column].clone())
    };
    assert_eq!(of("mlp"), ["muon", "1.0", "adamw", "0.1", "cosine", "true"]);
    assert_eq!(of("embedding"), ["adam", "0.25", "adamw", "0.0", "", "false"]);
    assert_eq!(of("norm"), ["adam", "0.25", "adamw", "0.1", "cosine", "true"]);
    assert_eq!(of("bias"), ["adam", "0.1", "adamw", "0.5", "cosine", "true"]);
}

#[test]
fn every_run_finds_the_rows_of_its_arm_in_the_manifest_by_form_mask_weight_decay_and_variant() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("roles.toml");
    let whole = fs::read_to_string(fixture("rivals.toml")).unwrap();
    let train = &whole[..whole.find("[[arm]]").unwrap()];
    let arm = "[[arm]]\nform = \"adamw\"\nmask = \"matrices\"\nweight_decay = 2.0\n";
    let spec = format!(
        "{}\n{arm}lr = [1e-3, 2e-3]\n{arm}[arm.by_role]\nembedding = {{ weight_decay = 0.5 }}\n",
        train.replace("\"rivals\"", "\"roles\"").trim_end()
    );
    fs::write(&path, spec).unwrap();
    wane_ok(&["sweep", text(&path), "--seeds", "0", "--out", text(folder.path()), "-q"]);
    let manifest = rows(&folder.path().join("roles/manifest.csv"));
    let mut coefficients: Vec<String> = Vec::new();
    for run in rows(&folder.path().join("roles/runs.csv")) {
        let arm = ["form", "mask", "weight_decay", "variant"];
        let own = manifest.iter().filter(|row| arm.iter().all(|name| row[*name] == run[*name]));
        let embedding: Vec<_> = own.filter(|row| row["parameter"] == "wte.weight").collect();
        assert_eq!(embedding.len(), 1, "{}", run["variant"]);
        coefficients.push(embedding[0]["coefficient"].clone());
    }
    coefficients.sort();
    assert_eq!(coefficients, ["0.5", "2.0", "2.0"]);
}

#[test]
fn a_rival_is_searched_like_decay_and_no_decay_is_where_its_axis_ends() {
    let folder = tempfile::tempdir().unwrap();
    let whole = fs::read_to_string(fixture("rivals.toml")).unwrap();
    let text_of_spec =
        whole[..whole.find("[[arm]]").unwrap()].replace("seeds = [0, 1, 2, 3]\n", "");
    let spec = folder.path().join("searched.toml");
    let arms = "[[arm]]\nform = \"none\"\ndropout = \"search\"\n[[arm]]\nform = \"none\"\n\
                label_smoothing = { search = true, start = 0.05 }\n[search]\nlooks = [3]\nrefine_seeds = 3\n";
    fs::write(&spec, format!("{text_of_spec}{arms}")).unwrap();
    let out = text(folder.path());
    let call = wane_ok(&["sweep", text(&spec), "--out", out, "-q"]);
    let results = folder.path().join("rivals");
    let summary = fs::read_to_string(results.join("summary.json")).unwrap();
    let summary: Value = serde_json::from_str(&summary).unwrap();
    let axes: Vec<&str> = summary["optima"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["axis"].as_str().unwrap())
        .collect();
    assert_eq!(axes, ["dropout", "label_smoothing"], "{}", call.stdout);
    let runs = rows(&results.join("runs.csv"));
    let none = runs.iter().filter(|row| row["treatment"].is_empty()).count();
    assert!(none >= 3, "no decay is trained beside them: {none}");
    let values = runs.iter().filter_map(|row| row["treatment"].strip_prefix("dropout="));
    assert!(values.clone().count() >= 4);
    assert!(values.map(|value| value.parse::<f64>().unwrap()).all(|share| share < 0.91));
}
