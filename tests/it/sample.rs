//! Text from trained models: from what they are read, that a seed decides it and nothing beside it, and how it is shown.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use burn::tensor::Device;
use serde_json::Value;

use wane::config::{Family, ModelShape};
use wane::model::{
    FirstWeights, LaneStart, LanguageModel, Parameter, Purpose, WithModel, lane_weights, reader,
    with_model, write_weights,
};
use wane::record::LaneWeights;

use crate::common::{Call, command, rows, text, wane, wane_ok};
use crate::folders::with_last;

const CONTEXT: usize = 8;

const SPEC: &str = r#"name = "tiny"
seeds = [0, 1]
[data]
source = "SOURCE"
train = 600
val = 300
test = 0
texts = "fixed"
[model]
family = "FAMILY"
layers = 2
heads = 2
channels = 8
context = 8
[train]
steps = 20
batch = 2
warmup = 2
lr = 3e-2
eval_every = 5
eval_windows = 4
[[arm]]
form = "adamw"
weight_decay = [0.0, 0.1]
"#;

/// A folder with an experiment of two arms and two seeds.
struct Scene {
    folder: tempfile::TempDir,
}

impl Scene {
    fn new(family: &str) -> Self {
        Self::of_text(family, "grammar")
    }

    fn of_text(family: &str, source: &str) -> Self {
        let scene = Scene { folder: tempfile::tempdir().unwrap() };
        let spec = SPEC.replace("SOURCE", source).replace("FAMILY", family);
        let spec = if source == "grammar" { spec } else { spec.replace("texts", "# texts") };
        fs::write(scene.path("spec.toml"), spec).unwrap();
        let (spec, out) = (scene.path("spec.toml"), scene.path("results"));
        wane_ok(&["sweep", text(&spec), "--out", text(&out), "--save-best"]);
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn results(&self) -> PathBuf {
        self.path("results/tiny")
    }

    /// Identities of the runs in the order of `runs.csv`, with their λ.
    fn runs(&self) -> Vec<(String, String)> {
        let of_row = |row: std::collections::HashMap<String, String>| {
            (row["run"].clone(), row["weight_decay"].clone())
        };
        rows(&self.results().join("runs.csv")).into_iter().map(of_row).collect()
    }

    fn sample(&self, more: &[&str]) -> Call {
        wane(&[&["sample", text(&self.results())], more].concat())
    }

    /// The lines of JSON that a call prints.
    fn lines(&self, more: &[&str]) -> Vec<Value> {
        let call = self.sample(&[more, &["--json"]].concat());
        assert_eq!(call.code, Some(0), "{more:?}: {}", call.stderr);
        call.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn texts(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["text"].as_str().unwrap()).collect()
}

#[test]
fn saved_weights_and_the_run_that_they_are_of_write_the_same_text() {
    for family in ["gpt2", "mistral", "palm"] {
        let scene = Scene::new(family);
        let (last, best) = (scene.path("last.safetensors"), scene.path("best.safetensors"));
        let (spec, out) = (scene.path("spec.toml"), scene.path("results"));
        let one = ["--set", "arm.0.weight_decay=0.1", "--seeds", "1", "--set", "name=\"one\""];
        let saves = ["--save", text(&last), "--save-best", text(&best), "--out", text(&out)];
        wane_ok(&[&["train", text(&spec)], &one[..], &saves].concat());
        let run = &scene.runs().into_iter().rfind(|(_, lambda)| lambda == "0.1").unwrap().0;
        for (file, more) in [(last, &[][..]), (best, &["--best"])] {
            let words = ["--prompt", "The ", "--tokens", "40"];
            let of_file = wane_ok(&[&["sample", text(&file)], &words[..]].concat());
            let of_run = scene.sample(&[&["--run", run], &words[..], more].concat());
            assert_eq!(of_run.code, Some(0), "{}", of_run.stderr);
            assert_eq!(of_file.stdout, of_run.stdout);
            assert!(of_file.stdout.starts_with("The ") && of_file.stdout.ends_with('\n'));
            assert_eq!(of_file.stdout.chars().count(), 4 + 40 + 1);
            assert!(of_file.stderr.contains(run) && of_file.stderr.contains("tokens/s"));
        }
    }
}

#[test]
fn a_seed_gives_the_same_text_whatever_is_written_beside_it() {
    let scene = Scene::new("llama");
    let words = ["--prompt", "A", "--tokens", "50", "--seed", "7"];
    let arm = [&["--arm", "adamw matrices λ=0.1"], &words[..]].concat();
    let many = scene.lines(&[&arm[..], &["--samples", "11"]].concat());
    assert_eq!(many.len(), 2 * 11);
    let runs: Vec<&str> = many.iter().map(|line| line["run"].as_str().unwrap()).collect();
    assert!(runs[..11].iter().all(|run| *run == runs[0]) && runs[11] != runs[0]);
    for place in [0, 11] {
        let few = [&["--run", runs[place]], &words[..], &["--samples", "3"]].concat();
        assert_eq!(scene.lines(&few), many[place..place + 3]);
    }
    let different: std::collections::BTreeSet<&str> = texts(&many).into_iter().collect();
    assert_eq!(different.len(), 22, "samples and runs differ");
    let other = scene.lines(&["--arm", "adamw matrices λ=0.1", "--prompt", "A", "--seed", "8"]);
    assert_ne!(texts(&other)[0], texts(&many)[0]);
}

#[test]
fn without_temperature_or_with_one_token_to_choose_from_every_seed_writes_the_likeliest() {
    let scene = Scene::new("gpt2");
    let run = scene.runs()[0].0.clone();
    let written = |more: &[&str]| {
        texts(&scene.lines(&[&["--run", &run, "--tokens", "30"], more].concat()))[0].to_owned()
    };
    let likeliest = written(&["--temperature", "0"]);
    for more in [
        &["--temperature", "0", "--seed", "5"][..],
        &["--top-k", "1", "--seed", "6"],
        &["--top-p", "1e-9", "--temperature", "2", "--seed", "7"],
    ] {
        assert_eq!(written(more), likeliest, "{more:?}");
    }
    assert_ne!(written(&["--seed", "5"]), likeliest);
}

/// Beyond the context a window begins anew with the last half of the one before.
#[test]
fn text_goes_on_beyond_the_context_from_the_last_half_of_what_the_model_saw() {
    let scene = Scene::new("gpt2");
    let run = scene.runs()[0].0.clone();
    let next = |prompt: &str, tokens: usize| {
        let tokens = tokens.to_string();
        let words = ["--run", &run, "--temperature", "0", "--prompt", prompt, "--tokens", &tokens];
        texts(&scene.lines(&words))[0].to_owned()
    };
    let prompt = "The king ";
    assert!(prompt.len() > CONTEXT);
    let written = next(prompt, 20);
    let whole = format!("{prompt}{written}");
    // The first from the last whole context; then half of one, which grows until it is full.
    for place in 0..20 {
        let seen = if place == 0 { CONTEXT } else { CONTEXT / 2 + (place - 1) % (CONTEXT / 2 + 1) };
        let end = prompt.len() + place;
        assert_eq!(next(&whole[end - seen..end], 1), written[place..=place], "token {place}");
    }
    let call = scene.sample(&["--run", &run, "--prompt", prompt]);
    assert!(
        call.stderr.contains("the prompt has 9 tokens, and the model sees 8"),
        "{}",
        call.stderr
    );
}

#[test]
fn lines_of_json_say_what_was_written_and_what_it_cost() {
    let scene = Scene::new("gpt2");
    let lines = scene.lines(&["--samples", "2", "--tokens", "12", "--prompt", "The "]);
    // The best arm's two seeds.
    assert_eq!(lines.len(), 4);
    let runs: Vec<String> = scene.runs().into_iter().map(|(run, _)| run).collect();
    for (place, line) in lines.iter().enumerate() {
        assert!(runs.iter().any(|run| line["run"] == **run), "{line}");
        assert_eq!((&line["sample"], &line["prompt"]), (&(place % 2 + 1).into(), &"The ".into()));
        assert!(line["model"].as_str().unwrap().contains("seed"), "{line}");
        assert_eq!(line["tokens"].as_array().unwrap().len(), 12);
        assert_eq!(line["text"].as_str().unwrap().chars().count(), 12);
    }
    // Text that the model draws costs about what the text costs that it learned, far less than a guess among all.
    let long = scene.lines(&["--samples", "4", "--tokens", "200"]);
    let nats: Vec<f64> = long.iter().map(|one| one["nats_per_token"].as_f64().unwrap()).collect();
    let mean = nats.iter().sum::<f64>() / nats.len() as f64;
    let losses = rows(&scene.results().join("runs.csv"));
    let loss: f64 = losses[0]["val_loss"].parse().unwrap();
    assert!(mean > 0.5 * loss && mean < 1.3 * loss, "{mean} against {loss}");
}

#[test]
fn several_texts_stand_apart_and_a_prompt_may_come_from_a_file() {
    let scene = Scene::new("gpt2");
    let file = scene.path("prompt.txt");
    // As Windows writes it, with a byte-order mark.
    fs::write(&file, "\u{feff}The king ").unwrap();
    let words = ["--samples", "3", "--tokens", "5", "--run", &scene.runs()[0].0];
    let of_file = scene.sample(&[&words[..], &["--prompt-file", text(&file)]].concat());
    assert_eq!(of_file.stdout.matches("The king ").count(), 3);
    assert_eq!(of_file.stdout.matches("\n\nThe king ").count(), 2);
    let given = scene.sample(&[&words[..], &["--prompt", "The king ", "--quiet"]].concat());
    assert_eq!((given.stdout, given.stderr), (of_file.stdout, String::new()));
}

#[test]
fn text_is_there_before_the_end_and_a_reader_that_leaves_ends_it_quietly() {
    let scene = Scene::new("gpt2");
    let results = scene.results();
    let endless = ["--tokens", "100000000"];
    let many = ["--json", "--tokens", "9", "--samples", "20000"];
    for more in [&endless[..], &[&endless[..], &["--samples", "3"]].concat(), &many] {
        let words = [&["sample", text(&results), "--quiet"], more].concat();
        let mut call = command(&words);
        let mut child = call.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        stdout.read_exact(&mut [0; 30]).unwrap();
        drop(stdout);
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*said), (Some(0), ""), "{more:?}");
    }
}

#[test]
fn characters_of_any_script_come_whole() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("text.txt");
    fs::write(&source, "λόγος → 猫が好き 😀\n".repeat(60)).unwrap();
    let scene = Scene::of_text("gpt2", text(&source));
    let call = scene.sample(&["--prompt", "λ", "--tokens", "60", "--samples", "3"]);
    assert_eq!(call.code, Some(0), "{}", call.stderr);
    let known = |c: char| "λόγος → 猫が好き 😀\n".contains(c);
    assert!(call.stdout.chars().all(known), "{}", call.stdout);
    let refused = scene.sample(&["--prompt", "Λ"]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.stderr.contains("the prompt") && refused.stderr.contains("'Λ'"),
        "{}",
        refused.stderr
    );
}

#[test]
#[cfg(unix)]
fn on_a_terminal_texts_have_headings_and_no_text_steers_it() {
    use crate::terminal::Terminal;
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("text.txt");
    fs::write(&source, "a\u{1b}[31mb\u{9b}c\n".repeat(100)).unwrap();
    let scene = Scene::of_text("gpt2", text(&source));
    let results = scene.results();
    let words =
        ["sample", text(&results), "--samples", "2", "--tokens", "90", "--prompt", "a\u{1b}"];
    let words = words.map(str::to_owned);
    let raw = wane_ok(&words).stdout;
    assert!(
        raw.matches('\u{1b}').count() > 8 && raw.contains('\u{9b}'),
        "the model learned it: {raw:?}"
    );
    let (code, shown) = Terminal::start(&words).end();
    assert_eq!(code, Ok(0), "{shown}");
    assert!(!shown.contains(['\u{1b}', '\u{9b}']), "{shown:?}");
    assert!(shown.contains("a\\u{1b}") && shown.contains("\\u{9b}"), "{shown:?}");
    for heading in ["seed 0", "seed 1"] {
        for sample in ["sample 1 of 2", "sample 2 of 2"] {
            let is_there =
                shown.lines().any(|line| line.contains(heading) && line.contains(sample));
            assert!(is_there, "{heading}, {sample}: {shown}");
        }
    }
}

/// Weights of a model that was not trained.
struct Drawn;

impl WithModel for Drawn {
    type Output = LaneWeights;

    fn run<M: LanguageModel>(self, model: M, parameters: Vec<Parameter>) -> LaneWeights {
        let mut weights = lane_weights(&model, &parameters, 0).unwrap();
        weights.values_mut().flatten().for_each(|number| *number *= 20.0);
        weights
    }
}

/// A model as Hugging Face's transformers save it: 261 tokens over bytes.
fn hugging_face(folder: &Path, shape: &ModelShape, config: &Value) -> LaneWeights {
    let vocabulary = 261;
    let first = FirstWeights::new(vec![LaneStart::Seed(3)], &Device::flex());
    let weights = with_model(shape, vocabulary, first, Drawn);
    let purpose = Purpose { shape, vocabulary, tokenizer: None, text: None };
    write_weights(&folder.join("model.safetensors"), &weights, purpose, None).unwrap();
    fs::write(folder.join("config.json"), config.to_string()).unwrap();
    fs::write(folder.join("merges.txt"), "#version: 0.2\nĠ t\nĠ a\nh e\nĠt he\n").unwrap();
    weights
}

fn gpt2_config() -> Value {
    serde_json::json!({
        "model_type": "gpt2", "n_layer": 2, "n_head": 2, "n_embd": 16, "n_positions": 24,
        "vocab_size": 261, "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5,
        "bos_token_id": 260, "eos_token_id": 260, "n_inner": null
    })
}

fn llama_config() -> Value {
    serde_json::json!({
        "model_type": "llama", "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 2, "hidden_size": 16, "intermediate_size": 24,
        "max_position_embeddings": 24, "vocab_size": 261, "hidden_act": "silu",
        "rms_norm_eps": 1e-6, "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"}
    })
}

#[test]
fn folders_from_hugging_face_write_what_their_weights_say() {
    let gpt2 = ModelShape::gpt2(2, 2, 16, 24);
    let llama = ModelShape {
        family: Family::Llama,
        kv_heads: Some(2),
        hidden: Some(24),
        ..ModelShape::gpt2(2, 4, 16, 24).with_norm_eps(1e-6)
    };
    for (shape, config) in [(gpt2, gpt2_config()), (llama, llama_config())] {
        let folder = tempfile::tempdir().unwrap();
        let weights = hugging_face(folder.path(), &shape, &config);
        let words = ["--prompt", " the a", "--temperature", "0", "--tokens", "9", "--json"];
        let whole = folder.path().join("model.safetensors");
        let of_file = wane_ok(&[&["sample", text(&whole)], &words[..]].concat());
        let call = wane_ok(&[&["sample", text(folder.path())], &words[..]].concat());
        assert_eq!(of_file.stdout, call.stdout);
        let line: Value = serde_json::from_str(&call.stdout).unwrap();
        assert_eq!((&line["run"], &line["prompt"]), (&Value::Null, &" the a".into()));
        // ` the`, ` a` as GPT-2's merges cut them, read anew for every token.
        let mut tokens: Vec<u16> = vec![259, 257];
        for found in line["tokens"].as_array().unwrap() {
            let lanes = vec![weights.clone()];
            let scores = reader(&shape, 261, lanes, 24).read(&tokens).unwrap();
            let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            assert_eq!(scores[found.as_u64().unwrap() as usize], most, "{line}");
            tokens.push(found.as_u64().unwrap() as u16);
        }
        assert!(tokens.len() > 3, "{line}");
    }
}

#[test]
fn a_text_of_documents_begins_and_ends_with_what_stands_between_them() {
    let folder = tempfile::tempdir().unwrap();
    let shape = ModelShape::gpt2(2, 2, 16, 24);
    let mut weights = hugging_face(folder.path(), &shape, &gpt2_config());
    // The end has the highest score everywhere: ln_f gives 1 in the first channel and 0 in the others.
    let gain = weights.get_mut("ln_f.weight").unwrap();
    gain.fill(0.0);
    let bias = weights.get_mut("ln_f.bias").unwrap();
    bias.fill(0.0);
    bias[0] = 1.0;
    let table = weights.get_mut("wte.weight").unwrap();
    table.iter_mut().step_by(16).for_each(|number| *number = 0.0);
    table[260 * 16] = 50.0;
    let purpose = Purpose { shape: &shape, vocabulary: 261, tokenizer: None, text: None };
    write_weights(&folder.path().join("model.safetensors"), &Arc::new(weights), purpose, None)
        .unwrap();
    let call = wane_ok(&["sample", text(folder.path()), "--json", "--samples", "2"]);
    for line in call.stdout.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!((&line["text"], &line["nats_per_token"]), (&"".into(), &Value::Null));
    }
    assert!(call.stderr.contains("2 tokens in"), "{}", call.stderr);
}

#[test]
fn weights_that_are_too_large_to_compute_with_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let shape = ModelShape::gpt2(2, 2, 16, 24);
    let mut weights = hugging_face(folder.path(), &shape, &gpt2_config());
    weights.get_mut("ln_f.weight").unwrap().fill(1e38);
    weights.get_mut("wte.weight").unwrap().fill(1e38);
    let purpose = Purpose { shape: &shape, vocabulary: 261, tokenizer: None, text: None };
    let file = folder.path().join("model.safetensors");
    write_weights(&file, &Arc::new(weights), purpose, None).unwrap();
    let call = wane(&["sample", text(folder.path())]);
    assert_eq!(call.code, Some(1), "{}", call.stderr);
    let told = [text(folder.path()), "scores are not finite"];
    assert!(told.iter().all(|word| call.stderr.contains(word)), "{}", call.stderr);
}

#[test]
fn an_arm_is_not_the_best_by_a_loss_that_its_curve_contradicts() {
    let scene = Scene::new("gpt2");
    let path = scene.results().join("runs.csv");
    let table = fs::read_to_string(&path).unwrap();
    fs::write(&path, with_last(&table, "best_val_loss", "0.5")).unwrap();
    let call = scene.sample(&[]);
    assert_eq!(call.code, Some(2), "{}", call.stderr);
    let told = ["curves.csv", "and 0.5 in runs.csv"];
    assert!(told.iter().all(|word| call.stderr.contains(word)), "{}", call.stderr);
}

#[test]
fn what_cannot_be_sampled_says_what_can() {
    let scene = Scene::new("gpt2");
    let results = scene.results();
    let empty = tempfile::tempdir().unwrap();
    let lonely = scene.path("lonely.safetensors");
    fs::write(&lonely, "x").unwrap();
    let runs = scene.runs();
    let no_best = scene.path("results/.runs").join(&runs[0].0).join("best.safetensors");
    fs::remove_file(no_best).unwrap();
    for (words, expected) in [
        (vec!["no/such/place"], &["no/such/place is not there", "wane train --save"][..]),
        (vec![text(empty.path())], &["holds no model", "config.json"]),
        (vec![text(&lonely)], &["lonely.config.json", "nothing says which model"]),
        (vec![text(&results), "--run", "zz"], &["has no run zz"]),
        (vec![text(&results), "--run", ""], &["has no run"]),
        (
            vec![text(&results), "--arm", "lion"],
            &["no arm is called `lion`", "adamw matrices λ=0.1"],
        ),
        (vec![text(&results), "--arm", "adamw", "--run", "ab"], &["cannot be used with"]),
        (vec![text(&results), "--run", &runs[0].0, "--best"], &["were not kept", "--save-best"]),
        (vec![text(&lonely), "--best"], &["--run, --arm and --best choose among the runs"]),
        (vec![text(&results), "--temperature", "-1"], &["expected 0, or a number"]),
        (vec![text(&results), "--top-k", "0"], &["expected a whole number above 0"]),
        (vec![text(&results), "--top-p", "1.5"], &["expected a number above 0, up to 1"]),
        (vec![text(&results), "--prompt", "\u{1F600}"], &["the prompt", "is in no token"]),
        (
            vec![text(&results), "--prompt-file", "no-such.txt"],
            &["cannot read the prompt no-such.txt"],
        ),
        (vec![text(&results), "--tokenizer", "no-such.json"], &["--tokenizer", "no such file"]),
    ] {
        let call = wane(&[&["sample"], &words[..]].concat());
        assert_eq!((call.code, &*call.stdout), (Some(2), ""), "{words:?}: {}", call.stderr);
        for part in expected {
            assert!(call.stderr.contains(part), "{words:?}, {part}: {}", call.stderr);
        }
    }
    let broken = scene.path("results/.runs").join(&runs[0].0).join("checkpoint.safetensors");
    fs::write(&broken, "x").unwrap();
    let call = scene.sample(&["--run", &runs[0].0]);
    assert!(
        call.code == Some(2) && call.stderr.contains("checkpoint.safetensors is damaged"),
        "{}",
        call.stderr
    );
    let described = broken.with_file_name("config.json");
    fs::write(&described, "{").unwrap();
    let call = scene.sample(&["--run", &runs[0].0]);
    assert_eq!(call.code, Some(2), "{}", call.stderr);
    assert!(call.stderr.contains("config.json is damaged"), "{}", call.stderr);
    assert!(!call.stderr.contains("/../"), "{}", call.stderr);
}

#[test]
fn a_model_that_would_be_computed_otherwise_is_refused_with_the_key() {
    let gpt2 = ModelShape::gpt2(2, 2, 16, 24);
    let changes: [(Value, &str, Value, &str); 9] = [
        (gpt2_config(), "activation_function", "relu".into(), "expected \"gelu_new\""),
        (gpt2_config(), "n_inner", 24.into(), "its n_inner is 24; expected 64"),
        (gpt2_config(), "model_type", "bert".into(), "its model_type is bert; gpt2, llama"),
        (gpt2_config(), "n_layer", Value::Null, "`n_layer` is missing"),
        (gpt2_config(), "n_head", 3.into(), "do not fit"),
        (gpt2_config(), "vocab_size", 100_000.into(), "16 bits"),
        (gpt2_config(), "vocab_size", 200.into(), "another model's"),
        (llama_config(), "rope_theta", 5e5.into(), "its rope_theta is 500000; expected 10000"),
        (
            llama_config(),
            "rope_scaling",
            serde_json::json!({"rope_type": "linear"}),
            "scaled (linear)",
        ),
    ];
    for (mut config, key, value, expected) in changes {
        let folder = tempfile::tempdir().unwrap();
        if key == "rope_theta" {
            config.as_object_mut().unwrap().remove("rope_parameters");
        }
        config[key] = value;
        hugging_face(folder.path(), &gpt2, &config);
        let call = wane(&["sample", text(folder.path())]);
        assert_eq!(call.code, Some(2), "{key}: {}", call.stderr);
        assert!(call.stderr.contains(expected), "{key}: {}", call.stderr);
    }
}

#[test]
fn where_only_the_numbers_of_runs_were_kept_it_says_how_to_have_their_weights() {
    let call = wane(&["sample", "results/reference/grid"]);
    assert_eq!(call.code, Some(2), "{}", call.stderr);
    for part in ["only the numbers of results/reference/grid were kept", "`wane sweep SPEC`"] {
        assert!(call.stderr.contains(part), "{}", call.stderr);
    }
}

#[test]
fn saved_weights_that_are_not_those_of_their_description_are_refused() {
    let scene = Scene::new("gpt2");
    let file = |name: &str| scene.path(&format!("{name}.safetensors"));
    let (spec, out) = (scene.path("spec.toml"), scene.path("results"));
    let one = ["--set", "arm.0.weight_decay=0.1", "--seeds", "1", "--set", "name=\"one\""];
    for (name, steps) in [("first", "20"), ("other", "10")] {
        let (steps, path) = (format!("train.steps={steps}"), file(name));
        let own = ["--set", &steps, "--save", text(&path)];
        let out = ["--out", text(&out)];
        wane_ok(&[&["train", text(&spec)], &one[..], &own, &out].concat());
    }
    let refused = |told: &str| {
        let call = wane(&["sample", text(&file("first"))]);
        assert!(call.code != Some(0) && call.stdout.is_empty(), "{}", call.stdout);
        assert!(call.stderr.contains(told), "{}", call.stderr);
    };
    let own = fs::read(file("first")).unwrap();
    fs::copy(file("other"), file("first")).unwrap();
    refused("at step 20: one of them was written over");
    let mut changed = own;
    *changed.last_mut().unwrap() ^= 1;
    fs::write(file("first"), changed).unwrap();
    refused("are not those that were written there");
    let first = file("first");
    let init = ["--init", text(&first), "--out", text(&out)];
    let call = wane(&[&["train", text(&spec)], &one[..], &init].concat());
    assert!(call.stderr.contains("are not those that were written there"), "{}", call.stderr);
}
