//! Weights as people have them: read as what they are, or refused with the tensor and what to do; and
//! weights as they are saved.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use half::{bf16, f16};
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};

use crate::common::{Call, rows, text, wane, wane_ok};

const SPEC: &str = r#"name = "tiny"
seeds = [0]
[data]
source = "SOURCE"
train = 600
val = 300
[model]
family = "FAMILY"
layers = 2
heads = 2
channels = 8
context = 8
[train]
steps = 6
batch = 2
warmup = 2
lr = 1e-2
eval_every = 1
eval_windows = 4
[[arm]]
form = "adamw"
weight_decay = 0.1
"#;

/// A tensor of a file: shape and numbers.
#[derive(Clone, Debug, PartialEq)]
struct Array {
    shape: Vec<usize>,
    values: Vec<f32>,
}

impl Array {
    /// Another number of rows, the new ones filled with 9.
    fn rows(&mut self, rows: usize) {
        self.values.resize(rows * self.shape[1], 9.0);
        self.shape[0] = rows;
    }

    fn transposed(&self) -> Array {
        let (rows, columns) = (self.shape[0], self.shape[1]);
        let values = (0..rows * columns).map(|at| self.values[at % rows * columns + at / rows]);
        Array { shape: vec![columns, rows], values: values.collect() }
    }
}

type Arrays = BTreeMap<String, Array>;

/// A folder with a spec, a model that it trained, and the model's weights.
struct Scene {
    folder: tempfile::TempDir,
    arrays: Arrays,
    metadata: HashMap<String, String>,
    /// Val losses of the model, from the first to the last.
    trained: Vec<f64>,
}

impl Scene {
    fn new(family: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (source, saved) = ("grammar", folder.path().join("saved.safetensors"));
        let spec = SPEC.replace("SOURCE", source).replace("FAMILY", family);
        fs::write(folder.path().join("spec.toml"), spec).unwrap();
        let (arrays, metadata) = (Arrays::new(), HashMap::new());
        let mut scene = Scene { folder, arrays, metadata, trained: Vec::new() };
        scene.ok(&["--save", text(&saved)]);
        scene.trained = scene.losses();
        let bytes = fs::read(&saved).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let array = |view: TensorView| Array {
            shape: view.shape().to_vec(),
            values: view
                .data()
                .chunks_exact(4)
                .map(|four| f32::from_le_bytes(four.try_into().unwrap()))
                .collect(),
        };
        scene.arrays = file.tensors().into_iter().map(|(name, view)| (name, array(view))).collect();
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        scene.metadata = header.metadata().clone().unwrap();
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn train(&self, more: &[&str]) -> Call {
        let (spec, out) = (self.path("spec.toml"), self.path("results"));
        wane(&[&["train", text(&spec), "--out", text(&out)], more].concat())
    }

    fn ok(&self, more: &[&str]) -> Call {
        let call = self.train(more);
        assert_eq!(call.code, Some(0), "{more:?}: {}", call.stderr);
        call
    }

    /// Val losses of the last call, from the first to the last.
    fn losses(&self) -> Vec<f64> {
        let rows = rows(&self.path("results/tiny/curves.csv"));
        let losses = rows.iter().filter(|row| !row["val_loss"].is_empty());
        losses.map(|row| row["val_loss"].parse().unwrap()).collect()
    }

    /// What is said of weights that start where the saved ones ended, besides that nothing tells of their heads and of
    /// their tokens.
    fn starts_the_same(&self, path: &Path, more: &[&str]) -> String {
        let call = self.ok(&[&["--init", text(path)], more].concat());
        assert_eq!(
            self.losses().first(),
            self.trained.last(),
            "{}: {}",
            path.display(),
            call.stderr
        );
        let is_known = [" is believed", " row 0 as token 0"];
        let is_more = |line: &&str| {
            line.starts_with(text(path)) && !is_known.iter().any(|end| line.ends_with(end))
        };
        let about: Vec<&str> = call.stderr.lines().filter(is_more).collect();
        about.join("\n")
    }

    /// As [`Self::starts_the_same`], for a file of these arrays.
    fn reads(&self, arrays: &Arrays, more: &[&str]) -> String {
        let path = self.path("given.safetensors");
        write(&path, arrays);
        self.starts_the_same(&path, more)
    }

    /// What is said of a file that is refused before anything is trained.
    fn refuses(&self, path: &Path, more: &[&str]) -> String {
        let before = fs::read_dir(self.path("results/.runs")).unwrap().count();
        let call = self.train(&[&["--init", text(path)], more].concat());
        assert_eq!(call.code, Some(2), "{}", call.stderr);
        assert_eq!(fs::read_dir(self.path("results/.runs")).unwrap().count(), before);
        assert!(!call.stderr.contains("panicked"), "{}", call.stderr);
        call.stderr
    }
}

fn write(path: &Path, arrays: &Arrays) {
    write_as(path, arrays, Dtype::F32, |value| value.to_le_bytes().to_vec());
}

fn write_as(path: &Path, arrays: &Arrays, dtype: Dtype, bytes: fn(f32) -> Vec<u8>) {
    let data: Vec<Vec<u8>> = arrays
        .values()
        .map(|one| one.values.iter().flat_map(|value| bytes(*value)).collect())
        .collect();
    let views = arrays.iter().zip(&data).map(|((name, array), data)| {
        (name.clone(), TensorView::new(dtype, array.shape.clone(), data).unwrap())
    });
    fs::write(path, serialize(views, None).unwrap()).unwrap();
}

fn renamed(arrays: &Arrays, name: impl Fn(&str) -> String) -> Arrays {
    arrays.iter().map(|(old, array)| (name(old), array.clone())).collect()
}

fn is_linear(name: &str, array: &Array) -> bool {
    name.starts_with("h.") && array.shape.len() == 2
}

#[test]
fn names_are_read_whatever_programs_put_before_them() {
    let scene = Scene::new("gpt2");
    for prefix in [
        "transformer.",
        "_orig_mod.",
        "module.",
        "_orig_mod.transformer.",
        "module._orig_mod.transformer.",
        "base_model.model.transformer.",
        "model.",
        "lightning.net.",
    ] {
        let said = scene.reads(&renamed(&scene.arrays, |name| format!("{prefix}{name}")), &[]);
        let expected = format!("took `{prefix}` off the names of 28 tensors");
        assert!(said.contains(&expected) && said.lines().count() == 1, "{prefix}: {said}");
    }
    let given = scene.path("given.safetensors");
    assert_eq!(scene.ok(&["--init", text(&given), "--quiet"]).stderr, "");
    let told = scene.ok(&["--init", text(&given)]).stderr;
    assert!(told.contains("model.heads = 2 is believed"), "{told}");
    let plan = wane_ok(&["plan", text(&scene.path("spec.toml")), "--init", text(&given)]);
    assert!(plan.stdout.contains("took `lightning.net.` off"), "{}", plan.stdout);
    let llama = Scene::new("llama");
    let bare = |name: &str| name.strip_prefix("model.").unwrap_or(name).to_owned();
    let said = llama.reads(&renamed(&llama.arrays, bare), &[]);
    assert!(said.contains("put `model.` before the names of 20 tensors"), "{said}");
    let compiled = |name: &str| format!("_orig_mod.{name}");
    let said = llama.reads(&renamed(&llama.arrays, compiled), &[]);
    assert!(said.contains("read `_orig_mod.model.` as `model.`"), "{said}");
    assert!(said.contains("took `_orig_mod.` off the names of 1 tensor"), "{said}");
}

#[test]
fn matrices_are_read_in_either_layout_and_only_in_one() {
    let scene = Scene::new("gpt2");
    let mut turned = scene.arrays.clone();
    let linear = turned.iter_mut().filter(|(name, array)| is_linear(name, array));
    linear.for_each(|(_, array)| *array = array.transposed());
    let said = scene.reads(&turned, &[]);
    assert!(said.contains("transposed 8 matrices of linear layers"), "{said}");
    let fc = "h.0.mlp.c_fc.weight";
    turned.insert(fc.to_owned(), scene.arrays[fc].clone());
    let path = scene.path("mixed.safetensors");
    write(&path, &turned);
    let said = scene.refuses(&path, &[]);
    for words in [fc, "[8, 32]", "[in, out]", "[out, in]", "mixed.safetensors"] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn a_tied_head_is_the_embedding_or_refused() {
    let scene = Scene::new("gpt2");
    let mut both = scene.arrays.clone();
    both.insert("lm_head.weight".into(), scene.arrays["wte.weight"].clone());
    assert_eq!(scene.reads(&both, &[]), "");
    let mut head_alone = both.clone();
    head_alone.remove("wte.weight");
    let said = scene.reads(&head_alone, &[]);
    assert!(
        said.contains("has no `wte.weight`; its `lm_head.weight` is the embedding too"),
        "{said}"
    );
    let path = scene.path("head.safetensors");
    let head = both.get_mut("lm_head.weight").unwrap();
    head.values[3] += 1.0;
    write(&path, &both);
    let said = scene.refuses(&path, &[]);
    assert!(said.contains("`lm_head.weight` differs from `wte.weight`"), "{said}");
    both.insert("lm_head.weight".into(), Array { shape: vec![5, 3], values: vec![9.0; 15] });
    write(&path, &both);
    let said = scene.refuses(&path, &[]);
    assert!(said.contains("`lm_head.weight` has shape [5, 3] and `wte.weight` has"), "{said}");
}

#[test]
fn an_untied_head_is_read_or_the_embedding_stands_for_it() {
    let scene = Scene::new("llama");
    assert_eq!(scene.reads(&scene.arrays, &[]), "");
    let mut tied = scene.arrays.clone();
    tied.remove("lm_head.weight");
    let path = scene.path("tied.safetensors");
    write(&path, &tied);
    let call = scene.ok(&["--init", text(&path)]);
    let words = "has no `lm_head.weight`; its `model.embed_tokens.weight` is the head too";
    assert!(call.stderr.contains(words), "{}", call.stderr);
    let tied_losses = scene.losses();
    tied.insert("lm_head.weight".into(), tied["model.embed_tokens.weight"].clone());
    write(&path, &tied);
    scene.ok(&["--init", text(&path)]);
    assert_eq!(scene.losses(), tied_losses);
}

fn half_bytes(value: f32) -> Vec<u8> {
    f16::from_f32(value).to_le_bytes().to_vec()
}

fn half_rounded(value: f32) -> f32 {
    f16::from_f32(value).to_f32()
}

fn brain_bytes(value: f32) -> Vec<u8> {
    bf16::from_f32(value).to_le_bytes().to_vec()
}

fn brain_rounded(value: f32) -> f32 {
    bf16::from_f32(value).to_f32()
}

#[test]
fn floating_point_of_any_width_is_read_and_integers_are_refused() {
    let scene = Scene::new("gpt2");
    let path = scene.path("given.safetensors");
    write_as(&path, &scene.arrays, Dtype::F64, |value| f64::from(value).to_le_bytes().into());
    let said = scene.starts_the_same(&path, &[]);
    assert!(said.contains("converted 28 tensors from F64 to F32"), "{said}");
    let halves = [
        (Dtype::F16, half_bytes as fn(f32) -> Vec<u8>, half_rounded as fn(f32) -> f32),
        (Dtype::BF16, brain_bytes, brain_rounded),
    ];
    for (dtype, bytes, round) in halves {
        let mut rounded = scene.arrays.clone();
        let values = rounded.values_mut().flat_map(|one| &mut one.values);
        values.for_each(|value| *value = round(*value));
        write(&path, &rounded);
        scene.ok(&["--init", text(&path)]);
        let expected = scene.losses();
        write_as(&path, &scene.arrays, dtype, bytes);
        let call = scene.ok(&["--init", text(&path)]);
        assert_eq!(scene.losses(), expected, "{dtype}");
        let said = format!("converted 28 tensors from {dtype} to F32");
        assert!(call.stderr.contains(&said), "{}", call.stderr);
    }
    for (dtype, bytes) in [
        (Dtype::I32, (|value| (value as i32).to_le_bytes().into()) as fn(f32) -> Vec<u8>),
        (Dtype::I8, |value| vec![value as u8]),
        (Dtype::F8_E4M3, |value| vec![value as u8]),
    ] {
        write_as(&path, &scene.arrays, dtype, bytes);
        let said = scene.refuses(&path, &[]);
        assert!(said.contains("expected floating-point numbers"), "{said}");
        assert!(said.contains(&dtype.to_string()), "{said}");
    }
}

#[test]
fn surplus_rows_are_left_out_only_when_asked_for() {
    let scene = Scene::new("gpt2");
    let vocabulary = scene.arrays["wte.weight"].shape[0];
    for (name, size, more, hint) in [
        ("wte.weight", vocabulary, vocabulary + 7, "vocabulary"),
        ("wpe.weight", 8, 64, "model.context"),
    ] {
        let mut padded = scene.arrays.clone();
        padded.get_mut(name).unwrap().rows(more);
        let path = scene.path("padded.safetensors");
        write(&path, &padded);
        let said = scene.refuses(&path, &[]);
        for words in [name, hint, "--init-crop", &format!("[{more}, 8]"), &format!("[{size}, 8]")] {
            assert!(said.contains(words), "{words}: {said}");
        }
        // Nothing says which tokens these are.
        assert_eq!(
            said.contains("if they are of the data's tokens"),
            name == "wte.weight",
            "{said}"
        );
        let said = scene.reads(&padded, &["--init-crop"]);
        let cut = format!("took the first {size} rows of {more} of `{name}` (--init-crop)");
        assert!(said.contains(&cut), "{said}");
        padded.get_mut(name).unwrap().rows(size - 1);
        write(&path, &padded);
        let said = scene.refuses(&path, &["--init-crop"]);
        assert!(said.contains(name) && said.contains("too few rows"), "{said}");
    }
    let llama = Scene::new("llama");
    let mut padded = llama.arrays.clone();
    for name in ["lm_head.weight", "model.embed_tokens.weight"] {
        padded.get_mut(name).unwrap().rows(vocabulary + 7);
    }
    llama.reads(&padded, &["--init-crop"]);
}

#[test]
fn a_tensor_with_another_number_of_axes_is_refused_with_both_shapes() {
    let (scene, name) = (Scene::new("gpt2"), "h.0.ln_1.weight");
    for shape in [vec![], vec![9], vec![1, 8], vec![8, 1], vec![1, 1, 8]] {
        let mut arrays = scene.arrays.clone();
        let values = vec![0.5; shape.iter().product()];
        let told = format!("has shape {shape:?}");
        arrays.insert(name.to_owned(), Array { shape, values });
        let path = scene.path("axes.safetensors");
        write(&path, &arrays);
        let said = scene.refuses(&path, &["--init-crop"]);
        assert!(said.contains(name) && said.contains(&told) && said.contains("[8]"), "{said}");
    }
}

#[test]
fn what_follows_from_the_shape_is_dropped_and_counted() {
    let scene = Scene::new("gpt2");
    let mut masked = scene.arrays.clone();
    for layer in 0..2 {
        let mask = Array { shape: vec![1, 1, 8, 8], values: vec![1.0; 64] };
        masked.insert(format!("h.{layer}.attn.bias"), mask);
        let value = Array { shape: vec![], values: vec![-1e4] };
        masked.insert(format!("h.{layer}.attn.masked_bias"), value);
    }
    let said = scene.reads(&renamed(&masked, |name| format!("transformer.{name}")), &[]);
    assert!(said.contains("dropped 2 causal masks"), "{said}");
    assert!(said.contains("dropped 2 values of masked scores"), "{said}");
    let llama = Scene::new("llama");
    let mut rotary = llama.arrays.clone();
    let table = Array { shape: vec![2], values: vec![1.0, 0.01] };
    rotary.insert("model.layers.0.self_attn.rotary_emb.inv_freq".into(), table);
    let said = llama.reads(&rotary, &[]);
    assert!(said.contains("dropped 1 table of rotary frequencies"), "{said}");
}

#[test]
fn shards_are_read_by_their_index_their_folder_or_any_of_them() {
    let scene = Scene::new("gpt2");
    let hub = scene.path("hub");
    fs::create_dir(&hub).unwrap();
    let mut map = serde_json::Map::new();
    let parts: Vec<(String, Arrays)> = (1..=3)
        .map(|part| {
            let here = scene.arrays.iter().enumerate().filter(|(at, _)| at % 3 + 1 == part);
            let here = here.map(|(_, (name, array))| (name.clone(), array.clone()));
            (format!("model-{part:05}-of-00003.safetensors"), here.collect())
        })
        .collect();
    for (file, arrays) in &parts {
        write(&hub.join(file), arrays);
        map.extend(arrays.keys().map(|name| (name.clone(), file.clone().into())));
    }
    let first = hub.join(&parts[0].0);
    assert_eq!(scene.starts_the_same(&first, &[]), "");
    assert_eq!(scene.starts_the_same(&hub.join(&parts[2].0), &[]), "");
    assert_eq!(scene.starts_the_same(&hub, &[]), "");
    let index = hub.join("model.safetensors.index.json");
    let json = serde_json::json!({"metadata": {}, "weight_map": map});
    fs::write(&index, json.to_string()).unwrap();
    assert_eq!(scene.starts_the_same(&index, &[]), "");
    assert_eq!(scene.starts_the_same(&hub, &[]), "");
    fs::remove_file(hub.join(&parts[1].0)).unwrap();
    for given in [&first, &index, &hub] {
        let said = scene.refuses(given, &[]);
        assert!(said.contains("model-00002-of-00003.safetensors"), "{said}");
    }
    fs::write(&index, "{}").unwrap();
    assert!(scene.refuses(&index, &[]).contains("weight_map"));
    let outside = serde_json::json!({"weight_map": {"wte.weight": "../saved.safetensors"}});
    fs::write(&index, outside.to_string()).unwrap();
    assert!(scene.refuses(&index, &[]).contains("lie beside it"));
    let single = scene.path("single");
    fs::create_dir(&single).unwrap();
    assert!(scene.refuses(&single, &[]).contains("holds no model.safetensors"));
    write(&single.join("model.safetensors"), &scene.arrays);
    assert_eq!(scene.starts_the_same(&single, &[]), "");
}

#[test]
fn files_of_other_formats_are_refused_with_what_they_are() {
    let scene = Scene::new("gpt2");
    let saved = fs::read(scene.path("saved.safetensors")).unwrap();
    let cases: [(&str, &[u8], &[&str]); 9] = [
        (
            "ckpt.pt",
            b"PK\x03\x04rest",
            &["pickle of PyTorch", "torch.load", "ckpt.pt", "save_file"],
        ),
        ("pytorch_model.bin", b"\x80\x02}q", &["pickle of PyTorch", "pytorch_model.safetensors"]),
        ("renamed.safetensors", b"PK\x03\x04rest", &["pickle of PyTorch"]),
        ("model.gguf", b"GGUF\x03", &["GGUF"]),
        ("model.h5", b"\x89HDF\r\n", &["HDF5"]),
        ("lfs.safetensors", b"version https://git-lfs.github.com/spec/v1\n", &["git lfs pull"]),
        ("page.safetensors", b"<!DOCTYPE html>", &["web page"]),
        ("empty.safetensors", b"", &["it is empty"]),
        ("short.safetensors", &saved[..saved.len() - 9], &["cut short"]),
    ];
    for (name, contents, expected) in cases {
        let path = scene.path(name);
        fs::write(&path, contents).unwrap();
        let said = scene.refuses(&path, &[]);
        for words in expected.iter().chain(&[name, "expected a safetensors file"]) {
            assert!(said.contains(words), "{name} should say `{words}`: {said}");
        }
    }
    let folder = scene.path("old-hub");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("pytorch_model.bin"), b"PK\x03\x04rest").unwrap();
    assert!(scene.refuses(&folder, &[]).contains("torch.load"));
}

#[test]
fn tensors_that_do_not_fit_are_refused_with_the_likely_cause() {
    let scene = Scene::new("gpt2");
    type Change = fn(&mut Arrays);
    let cases: [(Change, &[&str]); 7] = [
        (
            |arrays| arrays.retain(|name, _| !name.ends_with(".bias")),
            &["h.0.ln_1.bias", "without biases", "zeros"],
        ),
        (
            |arrays| arrays.retain(|name, _| !name.starts_with("h.1.")),
            &[
                "`h.1.ln_1.weight` (and 11 more) is missing",
                "the file has 1 layer, and model.layers = 2",
            ],
        ),
        (
            |arrays| {
                let copy = arrays["ln_f.weight"].clone();
                arrays.insert("transformer.ln_f.weight".into(), copy);
            },
            &["`ln_f.weight`", "`transformer.ln_f.weight`", "remove one"],
        ),
        (
            |arrays| {
                let extra = arrays["ln_f.weight"].clone();
                arrays.insert("h.0.attn.rotary".into(), extra);
            },
            &["`h.0.attn.rotary` belongs to no parameter", "check [model]"],
        ),
        (
            |arrays| {
                let norm = arrays.get_mut("ln_f.weight").unwrap();
                *norm = Array { shape: vec![4], values: vec![1.0; 4] };
            },
            &["`ln_f.weight` has shape [4]", "needs [8]"],
        ),
        (
            |arrays| arrays.get_mut("ln_f.weight").unwrap().values[0] = f32::INFINITY,
            &["`ln_f.weight` holds a value that is not finite"],
        ),
        (|arrays| arrays.clear(), &["`wte.weight` (and 27 more) is missing"]),
    ];
    let path = scene.path("bad.safetensors");
    for (change, expected) in cases {
        let mut arrays = scene.arrays.clone();
        change(&mut arrays);
        write(&path, &arrays);
        let said = scene.refuses(&path, &["--init-crop"]);
        for words in expected.iter().chain(&["bad.safetensors"]) {
            assert!(said.contains(words), "{words}: {said}");
        }
    }
    let llama = Scene::new("llama");
    let said = scene.refuses(&llama.path("saved.safetensors"), &[]);
    assert!(said.contains("model.family = \"llama\""), "{said}");
}

#[test]
fn weights_of_another_alphabet_are_refused_with_the_characters() {
    let scene = Scene::new("gpt2");
    let alphabet = &scene.metadata["alphabet"];
    let size = scene.arrays["wte.weight"].shape[0];
    assert_eq!(
        (alphabet.chars().count(), &scene.metadata["vocabulary"]),
        (size, &size.to_string())
    );
    let other: String = alphabet.chars().skip(1).chain(['é']).collect();
    let data = scene.path("other.txt");
    fs::write(&data, other.repeat(900 / size + 1)).unwrap();
    let given = scene.path("saved.safetensors");
    let said = scene.refuses(&given, &["--data", text(&data)]);
    let lost = format!("the data lacks {:?}", alphabet.chars().next().unwrap());
    assert!(said.contains(&lost) && said.contains("the weights do not know 'é'"), "{said}");
    assert!(said.contains("saved.safetensors"), "{said}");
    let bins = scene.path("bins");
    fs::create_dir(&bins).unwrap();
    for (name, tokens) in [("train.bin", [1, 0, 2, 0]), ("val.bin", [2, 0, 1, 0])] {
        fs::write(bins.join(name), tokens.repeat(300)).unwrap();
    }
    fs::write(bins.join("meta.json"), format!("{{\"vocab_size\": {size}}}")).unwrap();
    let call = scene.ok(&["--init", text(&given), "--data", text(&bins)]);
    assert!(call.stderr.contains("was trained on characters, and this data"), "{}", call.stderr);
    // Of files that say nothing of their alphabet, what stands beside them is asked.
    write(&given, &scene.arrays);
    let said = scene.refuses(&given, &["--data", text(&data)]);
    for words in ["saved.alphabet.json", "other.txt", "of other tokens", "the same characters"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    fs::remove_file(scene.path("saved.alphabet.json")).unwrap();
    let call = scene.ok(&["--init", text(&given), "--data", text(&data)]);
    let told = call.stderr.matches("taken as token ids, row 0 as token 0").count();
    assert_eq!(told, 1, "{}", call.stderr);
}

#[test]
fn weights_of_bytes_say_so_and_are_no_start_for_characters() {
    let scene = Scene::new("gpt2");
    let (data, weights) = (scene.path("text.txt"), scene.path("bytes.safetensors"));
    fs::write(&data, "to be or not to be, ".repeat(60)).unwrap();
    let of_bytes = ["--data", text(&data), "--set", "data.tokenizer='bytes'"];
    scene.ok(&[&of_bytes[..], &["--save", text(&weights)]].concat());
    let said = scene.refuses(&weights, &["--data", text(&data), "--init-crop"]);
    let expected = "bytes.safetensors was trained on bytes, and the data's tokens are characters";
    assert!(said.contains(expected) && !said.contains("pass --init-crop"), "{said}");
    let said = scene.ok(&[&of_bytes[..], &["--init", text(&weights)]].concat()).stderr;
    let is_told = said.lines().any(|line| line.starts_with(text(&weights)));
    assert!(!is_told, "of its own tokens there is nothing to say: {said}");
}

/// As many heads of another width have tensors of the same shapes.
#[test]
fn weights_of_a_model_with_other_heads_are_refused_by_what_stands_beside_them() {
    let scene = Scene::new("gpt2");
    let said = scene.refuses(&scene.path("saved.safetensors"), &["--set", "model.heads=4"]);
    for word in ["saved.config.json", "heads = 2, and this one has 4", "set model.heads"] {
        assert!(said.contains(word), "{said}");
    }
    let folder = scene.path("hub");
    fs::create_dir(&folder).unwrap();
    write(&folder.join("model.safetensors"), &scene.arrays);
    let vocabulary = scene.arrays["wte.weight"].shape[0];
    let describe = |heads: usize, activation: &str, eps: f64| {
        let config = serde_json::json!({
            "model_type": "gpt2", "n_layer": 2, "n_head": heads, "n_embd": 8, "n_positions": 8,
            "vocab_size": vocabulary, "activation_function": activation, "layer_norm_epsilon": eps,
        });
        fs::write(folder.join("config.json"), config.to_string()).unwrap();
    };
    for (heads, activation, eps, word) in [
        (4, "gelu_new", 1e-5, "heads = 4, and this one has 2"),
        (2, "relu", 1e-5, "activation_function is \"relu\""),
        (2, "gelu_new", 1e-3, "norm_eps = 0.001, and this one has 1e-5; set model.norm_eps"),
    ] {
        describe(heads, activation, eps);
        for path in [folder.clone(), folder.join("model.safetensors")] {
            let said = scene.refuses(&path, &[]);
            assert!(said.contains("config.json") && said.contains(word), "{said}");
        }
    }
    scene.ok(&["--init", text(&folder), "--set", "model.norm_eps=1e-3"]);
    assert_ne!(scene.losses().first(), scene.trained.last(), "other norms, other losses");
    describe(2, "gelu_new", 1e-5);
    assert_eq!(scene.starts_the_same(&folder, &[]), "");
}

#[test]
fn saved_weights_say_what_they_are() {
    let scene = Scene::new("gpt2");
    let json = |name: &str| -> serde_json::Value {
        serde_json::from_slice(&fs::read(scene.path(name)).unwrap()).unwrap()
    };
    let (config, alphabet) = (json("saved.config.json"), json("saved.alphabet.json"));
    let run = rows(&scene.path("results/tiny/runs.csv")).remove(0);
    assert_eq!(config["run"], run["run"].as_str());
    assert_eq!((&config["step"], &config["model"]["channels"]), (&6.into(), &8.into()));
    assert_eq!(config["recipe"]["lr"], 1e-2);
    assert_eq!(config["val_loss"].as_f64(), scene.trained.last().copied());
    assert_eq!(config["vocabulary"], scene.arrays["wte.weight"].shape[0]);
    let characters = alphabet.as_array().unwrap().iter().map(|one| one.as_str().unwrap());
    assert_eq!(characters.collect::<String>(), scene.metadata["alphabet"]);
    assert_eq!(scene.metadata["format"], "pt");
    assert_eq!((&scene.metadata["run"], &scene.metadata["step"]), (&run["run"], &"6".to_owned()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |name: &str| fs::metadata(scene.path(name)).unwrap().permissions().mode();
        assert_eq!(mode("saved.safetensors"), mode("spec.toml"));
        assert_eq!(mode("saved.config.json"), mode("spec.toml"));
    }
}

#[test]
fn weights_that_are_saved_again_are_the_same_file_byte_for_byte() {
    let scene = Scene::new("gpt2");
    let saved = fs::read(scene.path("saved.safetensors")).unwrap();
    for name in ["again.safetensors", "and-again.safetensors"] {
        scene.ok(&["--save", text(&scene.path(name))]);
        assert!(fs::read(scene.path(name)).unwrap() == saved, "{name}");
    }
    let length = u64::from_le_bytes(saved[..8].try_into().unwrap()) as usize;
    let header = String::from_utf8(saved[8..8 + length].to_vec()).unwrap();
    let places = ["alphabet", "format", "run", "sha256", "step", "vocabulary"]
        .map(|name| header.find(&format!("\"{name}\":")).unwrap());
    assert!(places.is_sorted(), "{header}");
}

#[test]
fn a_place_that_cannot_be_written_is_told_before_training() {
    let scene = Scene::new("gpt2");
    fs::remove_dir_all(scene.path("results")).unwrap();
    fs::create_dir(scene.path("folder")).unwrap();
    fs::write(scene.path("notes.txt"), "mine").unwrap();
    fs::write(scene.path("taken.config.json"), "{\"mine\": true}").unwrap();
    let long = format!("{}.safetensors", "n".repeat(300));
    let edge = format!("{}.safetensors", "n".repeat(243));
    for (name, expected) in [
        ("nowhere/deeper/w.safetensors", "does not exist; create it"),
        ("folder", "not a folder"),
        ("folder/", "not a folder"),
        ("spec.toml", "spec.toml, which wane did not write"),
        ("notes.txt", "notes.txt, which wane did not write"),
        ("notes.txt/w.safetensors", "notes.txt does not exist"),
        ("taken.safetensors", "taken.config.json, which wane did not write"),
        (&long, "cannot write"),
        (&edge, "alphabet.json"),
    ] {
        for flag in ["--save", "--save-best"] {
            let call = scene.train(&[flag, &format!("{}/{name}", text(scene.folder.path()))]);
            assert_eq!(call.code, Some(2), "{name}: {}", call.stderr);
            assert!(call.stderr.contains(expected), "{name}: {}", call.stderr);
            assert!(call.stderr.contains(flag), "{name}: {}", call.stderr);
            assert!(!scene.path("results").exists(), "{name}");
        }
    }
    let file = scene.path("both.safetensors");
    let call = scene.train(&["--save", text(&file), "--save-best", text(&file)]);
    assert_eq!(call.code, Some(2), "{}", call.stderr);
    assert!(call.stderr.contains("both.safetensors"), "{}", call.stderr);
}

#[test]
fn results_are_written_even_if_there_are_no_weights_to_save() {
    let scene = Scene::new("gpt2");
    fs::remove_dir_all(scene.path("results")).unwrap();
    let file = scene.path("w.safetensors");
    let call = scene.train(&["--set", "train.lr=1e30", "--save", text(&file)]);
    assert_eq!(call.code, Some(1), "{}", call.stderr);
    assert!(call.stderr.contains("diverged at step"), "{}", call.stderr);
    assert_eq!(rows(&scene.path("results/tiny/runs.csv"))[0]["status"], "diverged");
    assert!(!file.exists());
    let best = scene.path("best.safetensors");
    let call = scene.train(&["--set", "train.lr=1e30", "--save-best", text(&best), "--fresh"]);
    assert_eq!(call.code, Some(1), "{}", call.stderr);
    assert!(call.stderr.contains("no best weights"), "{}", call.stderr);
    assert!(!best.exists());
}

/// A learning rate at which the lowest val loss is neither the first nor the last.
const RISES: [&str; 4] = ["--set", "train.lr=0.4", "--set", "data.texts='fixed'"];

fn lowest(losses: &[f64]) -> (usize, f64) {
    let lowest = losses.iter().copied().enumerate().skip(1);
    lowest.min_by(|(_, a), (_, b)| a.total_cmp(b)).unwrap()
}

#[test]
fn the_best_weights_are_those_of_the_lowest_val_loss_and_change_no_number() {
    let scene = Scene::new("gpt2");
    let best = scene.path("best.safetensors");
    scene.ok(&RISES);
    let without = scene.losses();
    let (step, loss) = lowest(&without);
    assert!(step > 1 && step < 6, "{without:?}");
    let call = scene.train(&[&RISES[..], &["--save-best", text(&best)]].concat());
    assert_eq!(call.code, Some(2), "{}", call.stderr);
    assert!(call.stderr.contains("--fresh trains it again"), "{}", call.stderr);
    scene.ok(&[&RISES[..], &["--save-best", text(&best), "--fresh"]].concat());
    assert_eq!(scene.losses(), without);
    let config = fs::read(scene.path("best.config.json")).unwrap();
    let config: serde_json::Value = serde_json::from_slice(&config).unwrap();
    assert_eq!(
        (config["step"].as_u64(), config["val_loss"].as_f64()),
        (Some(step as u64), Some(loss))
    );
    // A second call has them still.
    fs::remove_file(&best).unwrap();
    scene.ok(&[&RISES[..], &["--save-best", text(&best)]].concat());
    scene.ok(&["--init", text(&best)]);
    assert_eq!(scene.losses()[0], loss);
}

#[test]
fn best_weights_that_were_changed_since_are_neither_saved_nor_sampled() {
    let scene = Scene::new("gpt2");
    let best = scene.path("best.safetensors");
    scene.ok(&[&RISES[..], &["--save-best", text(&best)]].concat());
    fs::remove_file(&best).unwrap();
    let run = rows(&scene.path("results/tiny/runs.csv")).remove(0)["run"].clone();
    let kept = scene.path("results/.runs").join(run).join("best.safetensors");
    let mut bytes = fs::read(&kept).unwrap();
    let start = bytes.len() - 40;
    bytes[start..].iter_mut().for_each(|byte| *byte ^= 0xff);
    fs::write(&kept, bytes).unwrap();
    let call = scene.train(&[&RISES[..], &["--save-best", text(&best)]].concat());
    assert_eq!(call.code, Some(1), "{}", call.stderr);
    assert!(call.stderr.contains("best.safetensors is damaged"), "{}", call.stderr);
    assert!(!best.exists());
    let call = wane(&["sample", text(&scene.path("results/tiny")), "--best"]);
    assert_eq!(call.code, Some(2), "{}", call.stderr);
    assert!(call.stderr.contains("best.safetensors is damaged"), "{}", call.stderr);
}

#[test]
fn a_sweep_keeps_the_best_weights_of_every_run() {
    let scene = Scene::new("gpt2");
    let (spec, out) = (scene.path("spec.toml"), scene.path("swept"));
    let call = ["sweep", text(&spec), "--out", text(&out), "--seeds", "0,1", "--save-best"];
    wane_ok(&[&call[..], &RISES].concat());
    let curves = rows(&out.join("tiny/curves.csv"));
    for run in rows(&out.join("tiny/runs.csv")) {
        let file = out.join(".runs").join(&run["run"]).join("best.safetensors");
        let losses: Vec<f64> = curves
            .iter()
            .filter(|row| row["run"] == run["run"] && !row["val_loss"].is_empty())
            .map(|row| row["val_loss"].parse().unwrap())
            .collect();
        scene.ok(&["--init", text(&file)]);
        assert_eq!(scene.losses()[0], lowest(&losses).1);
    }
    wane_ok(&["sweep", text(&spec), "--out", text(&out), "--seeds", "2"]);
    let call = ["sweep", text(&spec), "--out", text(&out), "--seeds", "2", "--save-best"];
    let said = wane_ok(&call).stderr;
    assert!(said.contains("1 run finished before without keeping the best weights"), "{said}");
}

#[test]
fn weights_that_training_made_no_better_are_the_best_of_a_run_and_the_screen_says_so() {
    let scene = Scene::new("gpt2");
    let saved = scene.path("saved.safetensors");
    let (spec, out) = (scene.path("spec.toml"), scene.path("tuned"));
    // So small a step changes no weight: every evaluation is that of the start, and the first of equals is the best.
    let same = ["--set", "train.lr=1e-30", "--set", "data.test=300", "--init", text(&saved)];
    let call = ["sweep", text(&spec), "--out", text(&out)];
    let told = wane_ok(&[&call[..], &same].concat()).stdout;
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    let row = rows(&out.join("tiny/runs.csv")).remove(0);
    assert_eq!(row["best_step"], "0");
    assert_eq!(row["best_val_loss"], row["val_loss"]);
    assert_eq!(row["stopped_test_loss"], row["test_loss"]);
    assert!(told.contains("Every run starts from saved.safetensors: val loss"), "{told}");
    assert!(told.contains("In 1 of 1 runs no later evaluation has a lower val loss."), "{told}");
    wane_ok(&[&call[..], &["--set", "train.lr=1e-30"]].concat());
    let fresh = rows(&out.join("tiny/runs.csv")).remove(0);
    assert_ne!(fresh["best_step"], "0", "a fresh model is no place to stop");
}
