//! What is trained here is the same model in Hugging Face's transformers: same tokens, same scores.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::common::{Call, fixture, text, wane, wane_ok};

/// Scores may differ by as much, in nats.
const TOLERANCE: f64 = 1e-4;

/// The first merges of GPT-2's list.
const MERGES: &str = "#version: 0.2\nĠ t\nĠ a\nh e\ni n\nr e\no n\nĠt he\ne r\nĠ s\na t\nĠ w\nĠ o\ne n\nĠ c\ni t\ni s\n\
                      a n\no r\ne s\nĠ b\ne d\nĠ f\nin g\nĠ p\no u\nĠa n\na l\na r\nĠt o\nĠ m\nĠo f\nĠ in\nĠ d\nĠ h\n\
                      Ġan d\n";

fn story() -> String {
    let line = "It was the best of times, it was the worst of times, and there was nothing in it for the other of us.\n";
    (0..80).map(|n| format!("{n}: {}{line}", "and so on, ".repeat(n % 4))).collect()
}

struct Scene {
    folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let scene = Scene { folder: tempfile::tempdir().unwrap() };
        fs::write(scene.path("story.txt"), story()).unwrap();
        fs::write(scene.path("merges.txt"), MERGES).unwrap();
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn train(&self, family: &str, tokenizer: &str) -> Call {
        let spec = format!(
            "name = 'one'\nseeds = [0]\n[data]\nsource = {:?}\ntokenizer = {tokenizer:?}\ntrain = 1500\nval = 300\n\
             test = 0\ntexts = 'fixed'\n[model]\nfamily = '{family}'\nlayers = 2\nheads = 2\nchannels = 16\ncontext = 24\n\
             [train]\nsteps = 30\nbatch = 4\nlr = 1e-2\neval_every = 15\neval_windows = 4\n\
             [[arm]]\nform = 'adamw'\nweight_decay = 0.1\n",
            text(&self.path("story.txt")),
        );
        fs::write(self.path("one.toml"), spec).unwrap();
        let (spec, out, model) = (self.path("one.toml"), self.path("results"), self.path("model"));
        wane(&[
            "train",
            text(&spec),
            "--out",
            text(&out),
            "--save-model",
            text(&model),
            "--fresh",
            "--quiet",
        ])
    }
}

fn written(model: &Path, prompt: &str, count: usize) -> Value {
    let count = count.to_string();
    let fixed =
        ["sample", text(model), "--json", "--temperature", "0", "--tokens", &count, "--quiet"];
    let call = wane_ok(&[&fixed[..], &["--prompt", prompt]].concat());
    serde_json::from_str(&call.stdout).unwrap()
}

/// `WANE_PYTHON` names an interpreter that has torch and transformers.
fn read(model: &Path, prompt: &str, count: usize) -> Option<Value> {
    let Some(python) = std::env::var_os("WANE_PYTHON") else {
        eprintln!(
            "skipped: nothing was read by transformers: set WANE_PYTHON to a Python that has them"
        );
        return None;
    };
    let script = fixture("transformers/read.py");
    let output = Command::new(python)
        .args([text(&script), text(model), prompt, &count.to_string()])
        .env("HF_HUB_OFFLINE", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn a_saved_folder_is_the_same_model_for_transformers() {
    let merges = |scene: &Scene| text(&scene.path("merges.txt")).to_owned();
    for (family, tokenizer) in [
        ("gpt2", None),
        ("gpt2", Some("bpe:300")),
        ("gpt2", Some("bytes")),
        ("llama", Some("characters")),
        ("mistral", Some("bpe:300")),
        ("mixtral", Some("bytes")),
    ] {
        let scene = Scene::new();
        let tokenizer = tokenizer.map_or_else(|| merges(&scene), str::to_owned);
        let call = scene.train(family, &tokenizer);
        assert_eq!(call.code, Some(0), "{family} {tokenizer}: {}", call.stderr);
        let model = scene.path("model");
        let (prompt, count) = ("it was the ", 16);
        let ours = written(&model, prompt, 8);
        assert_eq!(ours["tokens"].as_array().unwrap().len(), 8, "{ours}");
        let Some(theirs) = read(&model, prompt, count) else { continue };
        // What fits the context beside the prompt.
        let fits = 24 - theirs["prompt"].as_array().unwrap().len();
        let count = fits.min(count);
        let (ours, theirs) = (written(&model, prompt, count), read(&model, prompt, count).unwrap());
        assert_eq!(ours["tokens"], theirs["tokens"], "{family} {tokenizer}");
        assert_eq!(ours["text"], theirs["text"], "{family} {tokenizer}");
        let nats: Vec<f64> =
            theirs["nats"].as_array().unwrap().iter().map(|one| one.as_f64().unwrap()).collect();
        let mean = nats.iter().sum::<f64>() / nats.len() as f64;
        let difference = (ours["nats_per_token"].as_f64().unwrap() - mean).abs();
        assert!(difference < TOLERANCE, "{family} {tokenizer}: {difference}");
    }
}

#[test]
fn a_folder_for_transformers_replaces_nothing_and_is_refused_before_training() {
    let scene = Scene::new();
    fs::create_dir(scene.path("model")).unwrap();
    let call = scene.train("gpt2", "bytes");
    assert_eq!(call.code, Some(2), "{}", call.stderr);
    assert!(
        call.stderr.contains("--save-model") && call.stderr.contains("is there already"),
        "{}",
        call.stderr
    );
    fs::remove_dir(scene.path("model")).unwrap();
    let call = scene.train("palm", "bytes");
    assert_eq!(call.code, Some(2), "{}", call.stderr);
    assert!(call.stderr.contains("no model of the family palm"), "{}", call.stderr);
    assert!(!scene.path("results").exists() && !scene.path("model").exists());
}
