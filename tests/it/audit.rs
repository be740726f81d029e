//! What a trainer decays, told from files that PyTorch wrote around a step with zero gradients, and from odd ones.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use safetensors::serialize;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::Value;

use crate::common::{Call, fixture, text, wane, wane_ok};

fn file(name: &str) -> String {
    text(&fixture(&format!("audit/{name}.safetensors"))).to_owned()
}

/// The audit of a step that PyTorch made.
fn of_pytorch(model: &str, case: &str) -> Value {
    json(&[&file(model), &file(&format!("{model}-{case}")), "--lr", "1e-3"])
}

fn json(arguments: &[&str]) -> Value {
    let call = wane_ok(&[&["audit", "--json"], arguments].concat());
    serde_json::from_str(&call.stdout).unwrap()
}

fn tensor<'a>(audit: &'a Value, name: &str) -> &'a Value {
    let tensors = audit["tensors"].as_array().unwrap();
    tensors.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("{name}: {audit}"))
}

fn notes(audit: &Value) -> String {
    let notes = audit["notes"].as_array().unwrap();
    notes.iter().map(|note| note.as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

/// The names that differ from something.
fn differing<'a>(audit: &'a Value, from: &str) -> Vec<&'a str> {
    let all = audit["differences"].as_array().unwrap();
    let found = all.iter().find(|one| one["from"] == from);
    let names = found.map(|one| one["tensors"].as_array().unwrap().as_slice());
    names.unwrap_or_default().iter().map(|name| name.as_str().unwrap()).collect()
}

/// A tensor of a file that a test makes.
struct Made {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

fn f32s(name: &str, shape: &[usize], values: &[f32]) -> Made {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    Made { name: name.to_owned(), dtype: Dtype::F32, shape: shape.to_vec(), bytes }
}

fn weights(count: usize) -> Vec<f32> {
    (0..count).map(|at| ((at as f32 * 0.7).sin() + 0.003) * 0.05).collect()
}

fn times(values: &[f32], factor: f32) -> Vec<f32> {
    values.iter().map(|value| value * factor).collect()
}

fn write(path: &Path, tensors: &[Made]) {
    let views = tensors.iter().map(|one| {
        (one.name.as_str(), TensorView::new(one.dtype, one.shape.clone(), &one.bytes).unwrap())
    });
    fs::write(path, serialize(views, None).unwrap()).unwrap();
}

/// Two files in a folder of their own.
struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    fn new(before: &[Made], after: &[Made]) -> Self {
        let files = Files { folder: tempfile::tempdir().unwrap() };
        write(&files.path("before"), before);
        write(&files.path("after"), after);
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.safetensors"))
    }

    fn call(&self, more: &[&str]) -> Call {
        let (before, after) = (self.path("before"), self.path("after"));
        wane(&[&["audit", text(&before), text(&after)], more].concat())
    }

    fn json(&self, more: &[&str]) -> Value {
        let call = self.call(&[&["--json"], more].concat());
        assert_eq!(call.code, Some(0), "{}", call.stderr);
        serde_json::from_str(&call.stdout).unwrap()
    }
}

/// One tensor of `mlp.weight` before and after, among others that decay by 1e-4.
fn one(before: &[f32], after: &[f32], shape: &[usize]) -> Value {
    let other = weights(64);
    let files = Files::new(
        &[f32s("h.0.mlp.weight", shape, before), f32s("wte.weight", &[8, 8], &other)],
        &[
            f32s("h.0.mlp.weight", shape, after),
            f32s("wte.weight", &[8, 8], &times(&other, 0.9999)),
        ],
    );
    files.json(&["--lr", "1e-3"])
}

#[test]
fn the_mask_and_the_lambda_of_pytorch_are_found() {
    for (model, case, mask) in [
        ("gpt2", "adamw", "matrices"),
        ("llama", "adamw", "matrices"),
        ("llama", "linear", "linear"),
        ("llama", "global", "global"),
        ("llama", "muon", "matrices"),
        ("gpt2", "sgd-l2", "matrices"),
    ] {
        let audit = of_pytorch(model, case);
        assert_eq!(audit["mask"]["name"], mask, "{case}");
        let groups = audit["groups"].as_array().unwrap();
        assert_eq!(groups.len(), 1, "{case}: {groups:?}");
        let number = |key: &str| groups[0][key].as_f64().unwrap();
        let off = (number("weight_decay") - 0.1).abs();
        assert!(off <= number("weight_decay_error"), "{case}: {off}");
        assert!(number("weight_decay_error") < 1e-4, "{case}");
    }
}

#[test]
fn a_norm_among_the_decayed_is_named_as_unlike_its_siblings_and_its_rank() {
    let audit = of_pytorch("gpt2", "decayed-norm");
    let norm = ["transformer.h.1.ln_1.weight"];
    assert_eq!(audit["mask"]["nearest"], "matrices");
    assert_eq!(audit["mask"]["exceptions"].as_array().unwrap(), &norm);
    assert_eq!(differing(&audit, "siblings"), norm);
    assert_eq!(differing(&audit, "rank"), norm);
    assert_eq!(tensor(&audit, norm[0])["role"], "norm");
}

#[test]
fn a_matrix_of_one_block_that_does_not_decay_is_named() {
    let audit = of_pytorch("llama", "undecayed-block");
    assert_eq!(differing(&audit, "siblings"), ["model.layers.1.mlp.up_proj.weight"]);
    assert_eq!(differing(&audit, "rank"), ["model.layers.1.mlp.up_proj.weight"]);
}

#[test]
fn an_embedding_that_does_not_decay_is_against_the_mask_that_has_it() {
    let call =
        |mask: &str| wane(&["audit", &file("llama"), &file("llama-linear"), "--expect", mask]);
    let (wrong, right) = (call("matrices"), call("linear"));
    assert_eq!((wrong.code, right.code), (Some(1), Some(0)), "{}", right.stderr);
    assert!(wrong.stdout.contains("stays !") && !right.stdout.contains("decays !"));
    let sentence = "Against the expected mask matrices: model.embed_tokens.weight stays.";
    assert!(wrong.stdout.contains(sentence), "{}", wrong.stdout);
    assert!(wrong.stderr.contains("expected mask matrices"), "{}", wrong.stderr);
}

#[test]
fn a_lambda_that_is_never_applied_leaves_two_files_of_the_same_numbers() {
    let audit = of_pytorch("gpt2", "never-applied");
    assert_eq!(audit["mask"]["name"], "none");
    assert!(notes(&audit).contains("not one number differs"), "{}", notes(&audit));
    assert!(notes(&audit).contains("None"));
    let call = wane(&["audit", &file("gpt2"), &file("gpt2-never-applied"), "--expect", "matrices"]);
    assert_eq!(call.code, Some(1));
}

#[test]
fn a_learning_rate_that_is_multiplied_in_twice_is_asked_about() {
    let notes = notes(&of_pytorch("gpt2", "lr-twice"));
    assert!(notes.contains("is the learning rate multiplied in twice?"), "{notes}");
    let right = of_pytorch("gpt2", "adamw");
    assert_eq!(right["notes"].as_array().unwrap().len(), 0, "{right}");
}

#[test]
fn decay_of_muon_that_does_nothing_is_seen_and_its_precedent_named() {
    let audit = of_pytorch("llama", "muon-no-op");
    for words in ["tinygrad", "was the optimizer of the matrices stepped"] {
        assert!(notes(&audit).contains(words), "{}", notes(&audit));
    }
    assert_eq!(tensor(&audit, "model.layers.0.mlp.up_proj.weight")["verdict"], "stays");
    assert_eq!(tensor(&audit, "lm_head.weight")["verdict"], "decays");
}

#[test]
fn l2_inside_adam_is_told_from_decoupled_decay_and_gives_no_lambda() {
    let audit = of_pytorch("gpt2", "adam-l2");
    let matrix = tensor(&audit, "transformer.wte.weight");
    assert_eq!(
        (&matrix["verdict"], &matrix["weight_decay"]),
        (&"l2-normalised".into(), &Value::Null)
    );
    assert_eq!(matrix["decays"], true);
    assert!(notes(&audit).contains("not decoupled decay"), "{}", notes(&audit));
    // Gains of one size move by the same distance, which alone would be a factor.
    let (before, other) = (vec![1.0_f32; 8], weights(64));
    let moved: Vec<f32> = other.iter().map(|value| value - 1e-3 * value.signum()).collect();
    let files = Files::new(
        &[f32s("ln_f.weight", &[8], &before), f32s("wte.weight", &[8, 8], &other)],
        &[f32s("ln_f.weight", &[8], &times(&before, 0.999)), f32s("wte.weight", &[8, 8], &moved)],
    );
    assert_eq!(tensor(&files.json(&[]), "ln_f.weight")["verdict"], "l2-normalised");
}

#[test]
fn bfloat16_is_not_said_to_be_undecayed_where_rounding_took_the_decay() {
    let audit = of_pytorch("gpt2-bf16", "adamw");
    for one in audit["tensors"].as_array().unwrap() {
        assert_eq!(
            (&one["verdict"], &one["decays"]),
            (&"too-coarse".into(), &Value::Null),
            "{one}"
        );
    }
    let said = notes(&audit);
    assert!(said.contains("bfloat16") && said.contains("2^-9 = 0.195%"), "{said}");
    let seen = json(&[&file("gpt2-bf16"), &file("gpt2-bf16-seen"), "--lr", "0.1"]);
    assert_eq!(seen["mask"]["name"], "matrices");
    assert_eq!(seen["groups"].as_array().unwrap().len(), 1);
    let lambda = seen["groups"][0]["weight_decay"].as_f64().unwrap();
    assert!((lambda - 0.1).abs() < 0.002, "{lambda}");
}

#[test]
fn rounded_copies_of_finer_weights_show_a_decay_below_their_rounding() {
    let audit = json(&[&file("copies"), &file("copies-adamw"), "--lr", "0.01"]);
    for name in ["transformer.wte.weight", "transformer.h.0.mlp.c_proj.weight"] {
        let one = tensor(&audit, name);
        let number = |key: &str| one[key].as_f64().unwrap();
        assert_eq!(one["verdict"], "decays", "{one}");
        assert!((number("weight_decay") - 0.1).abs() <= number("weight_decay_error"), "{one}");
    }
}

#[test]
fn a_fused_projection_of_which_one_part_decays_is_taken_apart() {
    let before = weights(96);
    let by_row: Vec<f32> = before
        .iter()
        .enumerate()
        .map(|(at, value)| value * if at < 32 { 0.9999 } else { 1.0 })
        .collect();
    let audit = one(&before, &by_row, &[12, 8]);
    let found = tensor(&audit, "h.0.mlp.weight");
    assert_eq!((&found["verdict"], &found["decays"]), (&"unequal".into(), &Value::Null));
    assert_eq!(found["detail"], "rows 0–3 shrink by 0.0001, rows 4–11 stay");
    let by_column: Vec<f32> = before
        .iter()
        .enumerate()
        .map(|(at, value)| value * if at % 8 < 4 { 0.99 } else { 1.0 })
        .collect();
    let found = one(&before, &by_column, &[12, 8]);
    assert_eq!(
        tensor(&found, "h.0.mlp.weight")["detail"],
        "columns 0–3 shrink by 0.01, columns 4–7 stay"
    );
    let scattered: Vec<f32> =
        before.iter().map(|value| value * if *value > 0.0 { 0.9999 } else { 1.0 }).collect();
    let found = one(&before, &scattered, &[12, 8]);
    let detail = tensor(&found, "h.0.mlp.weight")["detail"].as_str().unwrap();
    assert!(
        detail.contains("of 96 numbers shrink by 0.0001") && detail.contains("cautious"),
        "{detail}"
    );
}

#[test]
fn several_steps_of_decoupled_decay_are_among_the_causes_of_nearly_one_factor() {
    let before = weights(4096);
    for steps in [3, 10, 100] {
        let after = (0..steps).fold(before.clone(), |weights, _| times(&weights, 0.9999));
        let shape = [64, 64];
        let gain = || f32s("ln_f.weight", &[8], &[1.0; 8]);
        let files = Files::new(
            &[f32s("h.0.mlp.weight", &shape, &before), gain()],
            &[f32s("h.0.mlp.weight", &shape, &after), gain()],
        );
        let audit = files.json(&["--lr", "1e-3"]);
        assert_eq!(tensor(&audit, "h.0.mlp.weight")["verdict"], "unequal", "{steps}");
        let said = notes(&audit);
        assert!(
            said.contains("several steps of decoupled decay or of L2 under SGD"),
            "{steps}: {said}"
        );
        assert!(
            said.contains("one of L2 in the gradient of Adam where λ|w| is far below"),
            "{said}"
        );
        let verdict = audit["verdict"].as_str().unwrap();
        assert!(verdict.contains("1 tensor shrank by nearly one factor."), "{steps}: {verdict}");
    }
}

#[test]
fn a_step_with_gradients_is_not_taken_for_decay() {
    let before = weights(96);
    let moved: Vec<f32> = before
        .iter()
        .enumerate()
        .map(|(at, value)| value * 0.9999 + 1e-3 * (at as f32).cos())
        .collect();
    let audit = one(&before, &moved, &[12, 8]);
    assert_eq!(tensor(&audit, "h.0.mlp.weight")["verdict"], "moved");
    assert!(notes(&audit).contains("fresh"), "{}", notes(&audit));
}

#[test]
fn zeros_do_not_pass_for_what_is_expected() {
    let one = weights(8);
    let made = |factor: f32, bias: [f32; 4]| {
        vec![
            f32s("h.0.mlp.c_fc.weight", &[2, 4], &times(&one, factor)),
            f32s("h.0.mlp.c_fc.bias", &[4], &bias),
        ]
    };
    let call = |bias| {
        let files = Files::new(&made(1.0, bias), &made(0.99, bias));
        files.call(&["--lr", "0.1", "--expect", "matrices"])
    };
    let filled = call([0.5; 4]);
    assert_eq!(filled.code, Some(0), "{}", filled.stderr);
    let zeros = call([0.0; 4]);
    assert_eq!(zeros.code, Some(1), "{}", zeros.stdout);
    assert!(
        zeros.stderr.contains("which cannot be told of 1 tensor: h.0.mlp.c_fc.bias"),
        "{}",
        zeros.stderr
    );
    assert!(
        zeros.stdout.contains("all zeros, which cannot show that they decay"),
        "{}",
        zeros.stdout
    );
}

#[test]
fn what_cannot_show_decay_is_listed_as_what_it_is() {
    let (one, nan) = (weights(8), [f32::NAN; 8]);
    let made = |factor: f32, width: usize| {
        let integers =
            Made { name: "ids".into(), dtype: Dtype::I64, shape: vec![1], bytes: vec![1; 8] };
        let eight =
            Made { name: "fp8".into(), dtype: Dtype::F8_E4M3, shape: vec![4], bytes: vec![1; 4] };
        vec![
            f32s("wte.weight", &[8], &times(&one, factor)),
            f32s("zeros.bias", &[4], &[0.0; 4]),
            f32s("empty", &[0, 3], &[]),
            f32s("nan", &[8], &nan),
            f32s("scale", &[], &[factor * 3.0]),
            f32s("width", &[width], &vec![1.0; width]),
            integers,
            eight,
        ]
    };
    let (before, mut after) = (made(1.0, 2), made(0.99, 3));
    after.push(f32s("new", &[1], &[1.0]));
    let audit = Files::new(&before, &after).json(&["--lr", "0.1"]);
    for (name, verdict) in [
        ("wte.weight", "decays"),
        ("zeros.bias", "all-zeros"),
        ("empty", "empty"),
        ("nan", "not-finite"),
        ("scale", "decays"),
        ("width", "changed-shape-or-type"),
        ("ids", "not-trained"),
        ("fp8", "unread"),
        ("new", "only-after"),
    ] {
        assert_eq!(tensor(&audit, name)["verdict"], verdict, "{name}");
    }
    let keys = [
        "name",
        "shape",
        "dtype",
        "role",
        "rank",
        "factor",
        "factor_error",
        "weight_decay",
        "weight_decay_error",
        "verdict",
    ];
    assert!(keys.iter().all(|key| tensor(&audit, "scale").get(*key).is_some()));
}

#[test]
fn swapped_files_and_files_of_wrappers_are_recognised() {
    let (before, after) = (file("gpt2-adamw"), file("gpt2"));
    let swapped = json(&[&before, &after]);
    assert!(notes(&swapped).contains("swapped?"), "{}", notes(&swapped));
    let values = weights(64);
    let files = Files::new(
        &[f32s("wte.weight", &[8, 8], &values)],
        &[f32s("module._orig_mod.wte.weight", &[8, 8], &times(&values, 0.9999))],
    );
    assert_eq!(tensor(&files.json(&[]), "wte.weight")["verdict"], "decays");
}

#[test]
fn groups_of_several_lambda_are_told_apart() {
    let values = weights(64);
    let made = |factors: [f32; 3]| {
        let names = ["wte.weight", "h.0.mlp.weight", "h.1.mlp.weight"];
        let one = |(name, factor): (&str, f32)| f32s(name, &[8, 8], &times(&values, factor));
        names.into_iter().zip(factors).map(one).collect::<Vec<_>>()
    };
    let audit =
        Files::new(&made([1.0; 3]), &made([0.9999, 0.9995, 0.9995])).json(&["--lr", "1e-3"]);
    let found: Vec<f64> = audit["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["weight_decay"].as_f64().unwrap())
        .collect();
    assert!((found[0] - 0.5).abs() < 1e-3 && (found[1] - 0.1).abs() < 1e-3, "{found:?}");
    let twice =
        Files::new(&made([1.0; 3]), &made([0.9998, 0.9999, 0.9999])).json(&["--lr", "1e-3"]);
    assert!(notes(&twice).contains("decayed by twice as much"), "{}", notes(&twice));
}

#[test]
fn shards_are_read_like_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let values = weights(64);
    for (when, factor) in [("before", 1.0), ("after", 0.9999)] {
        let inside = folder.path().join(when);
        fs::create_dir(&inside).unwrap();
        for (shard, name) in [(1, "wte.weight"), (2, "lm_head.weight")] {
            let path = inside.join(format!("model-0000{shard}-of-00002.safetensors"));
            write(&path, &[f32s(name, &[8, 8], &times(&values, factor))]);
        }
    }
    let path = |when: &str| text(&folder.path().join(when)).to_owned();
    let audit = json(&[&path("before"), &path("after")]);
    assert_eq!(audit["tensors"].as_array().unwrap().len(), 2);
    assert_eq!(audit["mask"]["fits"], serde_json::json!(["matrices", "global"]));
}

#[test]
fn a_folder_of_shards_of_torch_distributed_says_how_to_merge_them() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("__0_0.distcp"), b"PK\x03\x04zip").unwrap();
    fs::write(folder.path().join(".metadata"), b"\x80\x04").unwrap();
    let call = wane(&["audit", &file("gpt2"), text(folder.path())]);
    assert_eq!(call.code, Some(2), "{}", call.stderr);
    assert!(call.stderr.contains("dcp_to_torch_save("), "{}", call.stderr);
}

#[test]
fn wrong_files_end_with_2_and_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let good = fs::read(fixture("audit/gpt2.safetensors")).unwrap();
    fs::write(path("cut.safetensors"), &good[..good.len() - 7]).unwrap();
    fs::write(path("short.safetensors"), &good[..40]).unwrap();
    fs::write(path("empty.safetensors"), b"").unwrap();
    fs::write(path("huge.safetensors"), u64::MAX.to_le_bytes()).unwrap();
    fs::write(path("weights.pt"), b"PK\x03\x04zip").unwrap();
    for (name, expected) in [
        ("cut.safetensors", "cut short"),
        ("short.safetensors", "cut short"),
        ("empty.safetensors", "it is empty"),
        ("huge.safetensors", "cut short"),
        ("weights.pt", "torch.load"),
        ("missing.safetensors", "missing.safetensors"),
    ] {
        let call = wane(&["audit", &file("gpt2"), text(&path(name))]);
        assert_eq!(call.code, Some(2), "{name}: {}", call.stderr);
        assert!(
            call.stderr.contains(expected) && call.stderr.contains(name),
            "{name}: {}",
            call.stderr
        );
    }
    let (gpt2, copy) = (file("gpt2"), fixture("tiny.toml"));
    for (arguments, expected) in [
        (vec!["audit", &gpt2, &gpt2], "are both"),
        (vec!["audit", &gpt2, &file("llama")], "no tensor in common"),
        (vec!["audit", &gpt2, text(&copy)], "expected a safetensors file"),
        (vec!["audit", &gpt2], "AFTER"),
        (vec!["audit", &gpt2, &file("copies"), "--lr", "0"], "above 0"),
        (vec!["audit", &gpt2, &file("copies"), "--lr", "nan"], "above 0"),
        (vec!["audit", &gpt2, &file("copies"), "--expect", "all"], "no-embeddings"),
        (vec!["audit", "--snippet", "keras"], "transformers"),
    ] {
        let call = wane(&arguments);
        assert_eq!(call.code, Some(2), "{arguments:?}: {}", call.stderr);
        assert!(call.stderr.contains(expected), "{arguments:?}: {}", call.stderr);
    }
}

#[test]
fn the_answer_fits_a_screen_whatever_the_names() {
    let values = weights(64);
    let made = |factor: f32| -> Vec<Made> {
        let name = |at: usize| {
            format!(
                "model.some_very_long_name_of_a_module_{at}x.another_name_that_is_long.{at}.weight"
            )
        };
        let one = |at: usize| {
            f32s(&name(at), &[8, 8], &times(&values, if at == 3 { 1.0 } else { factor }))
        };
        (0..60).map(one).collect()
    };
    let files = Files::new(&made(1.0), &made(0.9999));
    let call = files.call(&["--lr", "1e-3"]);
    let widest = call.stdout.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(widest <= 111 && call.stdout.lines().count() < 50, "{widest}: {}", call.stdout);
    assert!(call.stdout.contains("--all"), "{}", call.stdout);
    let all = files.call(&["--all"]);
    assert!(
        all.stdout.contains(
            "model.some_very_long_name_of_a_module_59x.another_name_that_is_long.59.weight"
        )
    );
    let usual = wane_ok(&["audit", &file("gpt2"), &file("gpt2-decayed-norm"), "--lr", "1e-3"]);
    assert!(
        usual.stdout.contains("h.1.ln_1.weight") && usual.stdout.contains("h.*.mlp.c_fc.weight"),
        "{}",
        usual.stdout
    );
}

/// `WANE_PYTHON` names an interpreter that has torch or jax.
fn python() -> Option<String> {
    let found = std::env::var("WANE_PYTHON").ok();
    if found.is_none() {
        eprintln!("skipped: WANE_PYTHON names no interpreter with torch and jax");
    }
    found
}

/// The audit of what a snippet writes after these lines.
fn of_snippet(python: &str, library: &str, trainer: &str) -> Value {
    printed_and_audit(python, library, trainer).1
}

/// What a snippet prints after these lines, and the audit of what it writes.
fn printed_and_audit(python: &str, library: &str, trainer: &str) -> (String, Value) {
    let folder = tempfile::tempdir().unwrap();
    let snippet = wane_ok(&["audit", "--snippet", library]).stdout;
    fs::write(folder.path().join("run.py"), format!("{trainer}\n{snippet}")).unwrap();
    let output = Command::new(python).arg("run.py").current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let path = |name: &str| text(&folder.path().join(name)).to_owned();
    let audit = json(&[&path("before.safetensors"), &path("after.safetensors"), "--lr", "1e-3"]);
    (String::from_utf8(output.stdout).unwrap(), audit)
}

const TORCH: &str = "import torch\n\
    model = torch.nn.Sequential(torch.nn.Embedding(9, 8), torch.nn.LayerNorm(8), torch.nn.Linear(8, 9))\n\
    model[2].weight = model[0].weight\n\
    matrices = [p for p in model.parameters() if p.dim() > 1]\n\
    rest = [p for p in model.parameters() if p.dim() < 2]\n\
    optimizer = torch.optim.AdamW([{'params': matrices, 'weight_decay': 0.1}, {'params': rest, 'weight_decay': 0}], lr=0.0)\n";

#[test]
fn the_snippets_for_pytorch_make_files_that_show_its_decay() {
    let Some(python) = python() else { return };
    let trainer = "class trainer:\n    model = model\n    create_optimizer = staticmethod(lambda: optimizer)\n";
    for (library, code) in
        [("pytorch", TORCH.to_owned()), ("transformers", format!("{TORCH}{trainer}"))]
    {
        let audit = of_snippet(&python, library, &code);
        let lambda = tensor(&audit, "0.weight")["weight_decay"].as_f64().unwrap();
        assert!((lambda - 0.1).abs() < 1e-3, "{library}: {lambda}");
        assert_eq!(tensor(&audit, "1.bias")["verdict"], "stays", "zeros were filled");
    }
}

#[test]
fn the_snippet_for_pytorch_steps_every_optimizer_and_names_what_is_in_none() {
    let Some(python) = python() else { return };
    let others = "optimizer = torch.optim.SGD(rest, lr=0.0)\n";
    let (printed, _) = printed_and_audit(&python, "pytorch", &format!("{TORCH}{others}"));
    assert!(printed.contains("0.weight is in no optimizer"), "{printed}");
    assert!(!printed.contains("1.bias"), "{printed}");
    let snippet = wane_ok(&["audit", "--snippet", "pytorch"]).stdout;
    assert!(snippet.contains("optimizers = [optimizer]  # every one that the trainer steps"));
    let (printed, audit) = printed_and_audit(&python, "pytorch", TORCH);
    assert_eq!((printed.as_str(), &tensor(&audit, "0.weight")["verdict"]), ("", &"decays".into()));
}

#[test]
fn the_snippet_for_pytorch_shows_decay_that_begins_in_the_second_step() {
    let Some(python) = python() else { return };
    let soap = "class Soap(torch.optim.Optimizer):\n    \
        def step(self):\n        \
        for group in self.param_groups:\n            \
        for p in group['params']:\n                \
        p.data.mul_(1 - group['lr'] * group['weight_decay'] if p in self.state else 1)\n                \
        self.state[p]['made'] = True\n\
        optimizer = Soap(optimizer.param_groups, {'lr': 0.0})\n";
    let audit = of_snippet(&python, "pytorch", &format!("{TORCH}{soap}"));
    let lambda = tensor(&audit, "0.weight")["weight_decay"].as_f64().unwrap();
    assert!((lambda - 0.1).abs() < 1e-3, "{lambda}");
    // One that shows it in the first takes no second, in which momentum would make L2 grow.
    let sgd = "optimizer = torch.optim.SGD(optimizer.param_groups, lr=0.0, momentum=0.9)\n";
    let audit = of_snippet(&python, "pytorch", &format!("{TORCH}{sgd}"));
    let lambda = tensor(&audit, "0.weight")["weight_decay"].as_f64().unwrap();
    assert!((lambda - 0.1).abs() < 1e-3, "{lambda}");
}

#[test]
fn the_snippet_for_jax_shows_decay_of_accumulated_steps_in_arrays_that_are_wrapped() {
    let Some(python) = python() else { return };
    let trainer = "import dataclasses, jax, optax\n\
        @jax.tree_util.register_pytree_node_class\n\
        @dataclasses.dataclass\n\
        class Named:\n    \
        array: object\n    \
        tree_flatten = lambda self: ((self.array,), None)\n    \
        tree_unflatten = classmethod(lambda cls, _, arrays: cls(*arrays))\n\
        params = {'ln_1': {'weight': Named(jax.numpy.ones((2, 8)))}, 'up': {'weight': Named(jax.random.normal(jax.random.key(0), (8, 8)))}}\n\
        tx = optax.MultiSteps(optax.adamw(1e-3, weight_decay=0.1), 4)\n";
    let audit = of_snippet(&python, "jax", trainer);
    let lambda = tensor(&audit, "up.weight")["weight_decay"].as_f64().unwrap();
    assert!((lambda - 0.1).abs() < 1e-3, "{lambda}");
    assert_eq!(tensor(&audit, "ln_1.weight")["role"], "norm");
}

/// Notes on matrices of these names, shapes and factors.
fn notes_on(made: &[(&str, [usize; 2], f32)], lr: &str) -> String {
    let of = |is_after: bool| -> Vec<Made> {
        let one = |(name, shape, factor): &(&str, [usize; 2], f32)| {
            let factor = if is_after { *factor } else { 1.0 };
            f32s(name, shape, &times(&weights(shape[0] * shape[1]), factor))
        };
        made.iter().map(one).collect()
    };
    notes(&Files::new(&of(false), &of(true)).json(&["--lr", lr]))
}

#[test]
fn averages_of_the_weights_are_not_asked_about_their_learning_rate() {
    let own = ("h.0.mlp.weight", [16, 16], 0.999);
    let average = ("ema.h.0.mlp.weight", [16, 16], 0.99999);
    assert!(notes_on(&[average], "1e-2").contains("multiplied in twice?"));
    assert_eq!(notes_on(&[own, average], "1e-2"), "");
}

#[test]
fn a_lambda_of_1_is_said_to_be_what_lamb_shows_of_any() {
    let lamb = notes_on(&[("h.0.mlp.weight", [16, 16], 0.99)], "1e-2");
    assert!(lamb.contains("its trust ratio divides λ out"), "{lamb}");
    assert_eq!(notes_on(&[("h.0.mlp.weight", [16, 16], 0.999)], "1e-2"), "");
}

#[test]
fn another_lambda_than_the_1_of_lamb_cannot_be_told_and_is_not_called_wrong() {
    let made = |factor: f32| vec![f32s("h.0.mlp.weight", &[16, 16], &times(&weights(256), factor))];
    let of = |factor: f32| {
        Files::new(&made(1.0), &made(factor)).call(&[
            "--lr",
            "1e-2",
            "--expect-weight-decay",
            "0.1",
        ])
    };
    let said = |call: &Call| call.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    let lamb = of(0.99);
    assert_eq!(lamb.code, Some(1), "{}", lamb.stdout);
    assert!(said(&lamb).contains("λ = 0.1, which cannot be told of 1 tensor"), "{}", said(&lamb));
    assert!(
        !said(&lamb).contains("found λ") && lamb.stdout.contains("trust ratio"),
        "{}",
        lamb.stdout
    );
    assert!(said(&of(0.98)).contains("expected λ = 0.1, found λ = 1.99"), "{}", said(&of(0.98)));
}

#[test]
fn twice_the_decay_of_long_matrices_is_said_to_be_of_their_shape() {
    let square = ("h.0.attn.weight", [32, 32], 0.999);
    let long = notes_on(&[square, ("h.0.mlp.c_fc.weight", [32, 8], 0.998)], "1e-2");
    assert!(long.contains("√(rows/columns)"), "{long}");
    let other = notes_on(&[square, ("wte.weight", [16, 16], 0.998)], "1e-2");
    assert!(other.contains("in two groups, or a tied one"), "{other}");
}

#[test]
fn shards_of_fsdp_are_said_to_be_flat() {
    let of = |name: &str, shape: &[usize]| {
        let before = weights(64);
        let after = times(&before, 0.9999);
        let files = Files::new(&[f32s(name, shape, &before)], &[f32s(name, shape, &after)]);
        notes(&files.json(&["--lr", "1e-3"]))
    };
    let name = "h.0._fsdp_wrapped_module.mlp.c_fc.weight";
    assert!(of(name, &[64]).contains("flat shards of FSDP"), "{}", of(name, &[64]));
    assert!(!of(name, &[8, 8]).contains("FSDP"));
}

#[test]
fn the_snippet_for_jax_makes_files_that_show_its_decay() {
    let Some(python) = python() else { return };
    let trainer = "import jax, optax\n\
        params = {'Block_0': {'Dense_0': {'kernel': jax.random.normal(jax.random.key(0), (8, 8)), 'bias': jax.numpy.zeros(8)}}}\n\
        mask = lambda tree: jax.tree.map(lambda p: p.ndim > 1, tree)\n\
        tx = optax.adamw(1e-3, weight_decay=0.1, mask=mask)\n";
    let audit = of_snippet(&python, "jax", trainer);
    let kernel = tensor(&audit, "Block_0.Dense_0.kernel");
    assert!((kernel["weight_decay"].as_f64().unwrap() - 0.1).abs() < 1e-3, "{kernel}");
    assert_eq!(tensor(&audit, "Block_0.Dense_0.bias")["verdict"], "stays");
}
