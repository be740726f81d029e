//! Whatever is wrong with the input, the error says where and nothing on disk changes.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{Call, fixture, text, wane, wane_ok};

/// A spec, and what its error must say.
struct Case {
    spec: String,
    expected: Vec<&'static str>,
}

/// The tiny spec with one line replaced.
fn replaced(line: &str, by: &str, expected: &[&'static str]) -> Case {
    let whole = fs::read_to_string(fixture("tiny.toml")).unwrap();
    assert!(whole.contains(line), "{line}");
    Case { spec: whole.replacen(line, by, 1), expected: expected.to_vec() }
}

/// Every file below a folder with its contents.
fn snapshot(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => found.push((path.clone(), fs::read(&path).unwrap_or_default())),
            }
        }
    }
    found.sort();
    found
}

/// Calls `wane` in front of a folder that must not change.
fn refused(folder: &Path, arguments: &[&str], expected: &[&str]) {
    let before = snapshot(folder);
    let call = wane(arguments);
    assert_refused(&call, 2, expected, arguments);
    assert!(snapshot(folder) == before, "{arguments:?} changed {}", folder.display());
}

fn assert_refused(call: &Call, code: i32, expected: &[&str], what: &[&str]) {
    let said = &call.stderr;
    assert_eq!(call.code, Some(code), "{what:?}: {said}");
    assert!(!said.contains("panicked") && call.stdout.is_empty(), "{what:?}: {said}");
    for word in expected {
        assert!(said.contains(word), "{what:?} should say `{word}`: {said}");
    }
}

fn assert_all_refused(cases: Vec<Case>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spec.toml");
    for Case { spec, expected } in cases {
        fs::write(&path, &spec).unwrap();
        let out = folder.path().join("results");
        let mut expected = expected;
        expected.push("spec.toml");
        refused(folder.path(), &["sweep", text(&path), "--out", text(&out)], &expected);
    }
}

#[test]
fn a_value_of_the_wrong_type_is_shown_with_its_key() {
    let mut cases = vec![
        replaced("name = \"tiny\"", "name = 3", &["name"]),
        replaced("name = \"tiny\"", "name = \"tiny\"\nquestion = 3", &["question"]),
        replaced("seeds = [0, 1]", "seeds = \"0\"", &["seeds"]),
        replaced("seeds = [0, 1]", "seeds = [-1]", &["seeds"]),
        replaced("seeds = [0, 1]", "seeds = [0.5]", &["seeds"]),
        replaced("seeds = [0, 1]", "seeds = 0", &["seeds"]),
        replaced("source = \"grammar\"", "source = 3", &["source"]),
        replaced("source = \"grammar\"", "order = 3", &["order"]),
        replaced("form = \"adamw\"", "form = 3", &["form"]),
        replaced("form = \"adamw\"", "form = [3]", &["form"]),
        replaced("form = \"adamw\"", "form = {}", &["form"]),
        replaced("weight_decay = [0.0, 1.0]", "weight_decay = \"1\"", &["weight_decay"]),
        replaced("weight_decay = [0.0, 1.0]", "weight_decay = [\"1\"]", &["weight_decay"]),
        replaced("weight_decay = [0.0, 1.0]", "weight_decay = true", &["weight_decay"]),
        replaced("mask = [\"matrices\", \"global\"]", "mask = 1", &["mask"]),
        replaced("layers = 1", "layers = 1\nfamily = 2", &["family"]),
    ];
    let counts =
        ["train = 600", "val = 300", "layers = 1", "heads = 2", "channels = 8", "context = 8"];
    let counts = counts.iter().chain(&["steps = 6", "batch = 2", "warmup = 2", "eval_every = 3"]);
    for line in counts.chain(&["eval_windows = 4"]) {
        let key = line.split(' ').next().unwrap();
        for wrong in ["\"6\"", "1.5", "-1"] {
            cases.push(replaced(line, &format!("{key} = {wrong}"), &[key]));
        }
    }
    for key in ["lr", "min_lr_ratio", "eps", "clip"] {
        cases.push(replaced("steps = 6", &format!("steps = 6\n{key} = \"x\""), &[key]));
        cases.push(replaced("form =", &format!("{key} = \"x\"\nform ="), &[key]));
    }
    for betas in ["0.9", "[0.9]", "[0.9, 0.9, 0.9]", "\"x\"", "[[0.9]]"] {
        cases.push(replaced("form =", &format!("betas = {betas}\nform ="), &["betas"]));
    }
    assert!(cases.len() >= 60, "{}", cases.len());
    assert_all_refused(cases);
}

#[test]
fn a_file_that_is_no_toml_is_shown_with_the_line() {
    assert_all_refused(vec![
        replaced("name = \"tiny\"", "name = \"tiny", &["line 1"]),
        replaced("name = \"tiny\"", "name: tiny", &["line 1"]),
        replaced("[data]", "[data", &["line 4"]),
        replaced("seeds = [0, 1]", "seeds = [0, 1", &["line"]),
        replaced("seeds = [0, 1]", "seeds = [0, 1]\nseeds = [2]", &["duplicate key"]),
        replaced("[[arm]]", "[arm]", &["arm"]),
        replaced("[data]", "data = 3\n[other]", &["other"]),
        Case { spec: String::new(), expected: vec!["name"] },
        Case { spec: "\u{feff}\u{0}".into(), expected: vec!["line 1"] },
    ]);
}

#[test]
fn a_spec_in_another_encoding_is_told_with_its_line_and_how_to_convert_it() {
    let folder = tempfile::tempdir().unwrap();
    let (path, out) = (folder.path().join("other.toml"), folder.path().join("results"));
    let tiny = fs::read_to_string(fixture("tiny.toml")).unwrap();
    let wide = |bytes: fn(u16) -> [u8; 2]| {
        std::iter::once(0xfeff).chain(tiny.encode_utf16()).flat_map(bytes).collect::<Vec<u8>>()
    };
    let (head, tail) = tiny.split_at(tiny.find("[data]").unwrap());
    let latin = [head.as_bytes(), b"# Gr\xf6\xdfe\n", tail.as_bytes()].concat();
    let line = format!("line {} of the spec", head.lines().count() + 1);
    for (bytes, line, from) in [
        (wide(u16::to_le_bytes), "line 1 of the spec", "is UTF-16"),
        (wide(u16::to_be_bytes), "line 1 of the spec", "is UTF-16"),
        (latin, &line, "may be ISO-8859-1"),
    ] {
        fs::write(&path, bytes).unwrap();
        let code = from.rsplit(' ').next().unwrap();
        let convert = format!("`iconv -f {code} -t UTF-8 {} > utf-8.toml`", path.display());
        let expected = [line, "is not UTF-8", from, &convert];
        refused(folder.path(), &["sweep", text(&path), "--out", text(&out)], &expected);
    }
}

#[test]
fn a_number_out_of_range_is_shown_with_what_was_expected() {
    let train = |line: &str| format!("steps = 6\n{line}");
    let mut cases = vec![
        replaced("steps = 6", &train("lr = 0.0"), &["train.lr", "above 0"]),
        replaced("steps = 6", &train("lr = -1.0"), &["train.lr", "above 0"]),
        replaced("steps = 6", &train("lr = nan"), &["train.lr"]),
        replaced("steps = 6", &train("lr = inf"), &["train.lr"]),
        replaced("steps = 6", &train("min_lr_ratio = 1.5"), &["min_lr_ratio", "0 to 1"]),
        replaced("steps = 6", &train("min_lr_ratio = -0.1"), &["min_lr_ratio", "0 to 1"]),
        replaced("steps = 6", &train("betas = [1.0, 0.9]"), &["betas", "below 1"]),
        replaced("steps = 6", &train("betas = [0.9, -0.1]"), &["betas", "from 0"]),
        replaced("steps = 6", &train("eps = 0.0"), &["train.eps", "above 0"]),
        replaced("steps = 6", &train("eps = -1e-8"), &["train.eps", "above 0"]),
        replaced("steps = 6", &train("clip = -1.0"), &["train.clip", "0 to turn"]),
        replaced("steps = 6", &train("clip = nan"), &["train.clip"]),
        replaced("warmup = 2", "warmup = 7", &["train.warmup = 7", "train.steps = 6"]),
        replaced("heads = 2", "heads = 3", &["heads = 3", "does not divide", "channels = 8"]),
        replaced("[0.0, 1.0]", "[0.0, -1.0]", &["weight_decay", "-1"]),
        replaced("[0.0, 1.0]", "nan", &["weight_decay"]),
        replaced("[0.0, 1.0]", "inf", &["weight_decay"]),
        replaced("form =", "lr = [1e-3, -1.0]\nform =", &["arm", "lr"]),
        replaced("form =", "warmup = 9\nform =", &["arm", "warmup"]),
        replaced("form =", "steps = 0\nform =", &["arm", "steps"]),
    ];
    for line in [
        "train = 600",
        "val = 300",
        "layers = 1",
        "heads = 2",
        "channels = 8",
        "context = 8",
        "steps = 6",
        "batch = 2",
        "eval_every = 3",
        "eval_windows = 4",
    ] {
        let key = line.split(' ').next().unwrap();
        cases.push(replaced(line, &format!("{key} = 0"), &["= 0: expected"]));
    }
    assert_all_refused(cases);
}

#[test]
fn a_combination_that_says_nothing_is_refused() {
    let adamw = "form = \"adamw\"";
    assert_all_refused(vec![
        replaced(adamw, "form = \"none\"", &["none"]),
        replaced(adamw, "form = \"lr-power\"", &["lr-power", "weight_decay"]),
        replaced("weight_decay = [0.0, 1.0]", "", &["weight_decay"]),
        replaced("weight_decay = [0.0, 1.0]", "weight_decay = []", &["weight_decay", "empty"]),
        replaced("weight_decay = [0.0, 1.0]", "weight_decay = [1.0, 1.0]", &["twice"]),
        replaced(adamw, "form = []", &["form", "empty"]),
        replaced(adamw, "form = \"adamv\"", &["adamv", "did you mean `adamw`?"]),
        replaced(adamw, "form = [\"adamw\", \"adamw\"]", &["twice"]),
        replaced("\"global\"]", "\"globl\"]", &["globl", "did you mean `global`?"]),
        replaced("mask = [\"matrices\", \"global\"]", "mask = []", &["mask", "empty"]),
        replaced("seeds = [0, 1]", "seeds = []", &["seeds", "empty"]),
        replaced("seeds = [0, 1]", "seeds = [1, 1]", &["seeds", "1 twice"]),
        replaced("name = \"tiny\"", "name = \"a/b\"", &["name", "folder"]),
        replaced("name = \"tiny\"", "name = \"..\"", &["name", "folder"]),
        replaced("name = \"tiny\"", "name = \"\"", &["name", "folder"]),
        replaced("name = \"tiny\"", "nmae = \"tiny\"", &["nmae", "did you mean `name`?"]),
        replaced("source = \"grammar\"", "source = \"\"", &["data.source", "is empty"]),
        replaced("source = \"grammar\"", "source = \"absent.txt\"", &["data.source", "absent.txt"]),
        replaced("val = 300", "vla = 300", &["data.vla", "expected one of", "val"]),
        replaced("layers = 1", "layer = 1", &["model.layer", "did you mean `layers`?"]),
        replaced("steps = 6", "step = 6", &["train.step", "did you mean `steps`?"]),
        replaced("form =", "decay = 1\nform =", &["arm.0.decay"]),
        replaced("layers = 1", "layers = 1\nfamily = \"gpt3\"", &["gpt3", "did you mean `gpt2`?"]),
        replaced("val = 300", "val = 300\norder = \"rando\"", &["rando", "did you mean `random`?"]),
    ]);
}

#[test]
fn gigantic_specs_are_refused_with_their_numbers_before_anything_is_written() {
    let thousand: Vec<String> = (0..1000).map(|n| format!("{n}.5")).collect();
    let list = format!("[{}]", thousand.join(", "));
    let grid =
        format!("weight_decay = {list}\nlr = {}\nclip = {list}", list.replace("[0.5,", "[0.25,"));
    assert_all_refused(vec![
        replaced("weight_decay = [0.0, 1.0]", &grid, &["4000000000 runs", "at most 1000000"]),
        replaced("train = 600", "train = 9000000000000000000", &["data.train", "at most"]),
        replaced("val = 300", "val = 9000000000000000000", &["data.val", "at most"]),
        replaced("layers = 1", "layers = 9000000000000000000", &["model.layers", "at most"]),
        replaced("channels = 8", "channels = 9000000000000000000", &["model.channels", "at most"]),
        replaced("context = 8", "context = 9000000000000000000", &["model.context", "at most"]),
        replaced("steps = 6", "steps = 9000000000000000000", &["train.steps", "at most"]),
        replaced("batch = 2", "batch = 9000000000000000000", &["train.batch", "at most"]),
        replaced("eval_windows = 4", "eval_windows = 9000000000000000000", &["at most"]),
        replaced("warmup = 2", "warmup = 9223372036854775808", &["warmup"]),
    ]);
}

#[test]
fn assignments_on_the_command_line_are_checked_like_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = (fixture("tiny.toml"), folder.path().join("results"));
    for (assignment, expected) in [
        ("train.steps", "expected KEY=VALUE"),
        ("=3", "key is empty"),
        ("train.steps.more=3", "`steps` is a value"),
        ("arm.7.form=l2", "from 0 to 0"),
        ("arm.form=l2", "from 0 to 0"),
        ("train.steps=0", "train.steps = 0"),
        ("data.train=5", "train split has 5 tokens, but one window of context 8 needs 10"),
        ("data.val=9", "val split has 9 tokens"),
        ("data.test=9", "test split has 9 tokens"),
        ("data.texts=own", "data.texts = \"own\": expected one of per-seed, fixed"),
        ("seeds=[{ modle = 1 }]", "did you mean `model`?"),
        ("seeds=[{ text = 1 }, { text = 1 }]", "the same seed at places 0 and 1"),
        ("model.context=700", "train split has 600 tokens"),
        ("train.stepz=3", "did you mean `steps`?"),
        ("train.steps=many", "steps"),
        ("arm.0.form=l3", "arm.0.form = \"l3\": expected one of none, adamw, l2,"),
        ("arm.0.form=adamv", "arm.0.form = \"adamv\": did you mean `adamw`?"),
        ("seeds=[]", "empty"),
        ("model.heads=5", "does not divide"),
    ] {
        let arguments = ["sweep", text(&spec), "--set", assignment, "--out", text(&out)];
        refused(folder.path(), &arguments, &[expected]);
    }
    for (flag, value, expected) in [
        ("--seeds", "a", "--seeds"),
        ("--seeds", "1,1", "1 twice"),
        ("--lanes", "0", "above 0"),
        ("--jobs", "-1", "--jobs"),
        ("--jobs", "many", "above 0"),
        ("--backend", "gpu", "flex"),
        ("--checkpoint-every", "soon", "seconds"),
        ("--data", "", "--data"),
        ("--init", "no.safetensors", "no.safetensors"),
    ] {
        let value = format!("{flag}={value}");
        let arguments = ["sweep", text(&spec), &value, "--out", text(&out)];
        refused(folder.path(), &arguments, &[expected]);
    }
}

#[test]
fn data_that_cannot_be_used_is_named_with_the_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = (fixture("tiny.toml"), folder.path().join("results"));
    let path = |name: &str| folder.path().join(name);
    let long = "ab".repeat(500);
    fs::write(path("latin.txt"), [long.as_bytes(), b"\xe9", long.as_bytes()].concat()).unwrap();
    fs::write(path("one.txt"), "a").unwrap();
    fs::write(path("empty.txt"), "").unwrap();
    fs::write(path("short.txt"), "ab".repeat(400)).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(path("loop.txt"), path("loop.txt")).unwrap();
    let tokens = |count: usize| -> Vec<u8> { (0..count).flat_map(|_| [1, 0]).collect() };
    let bins = |name: &str, train: Vec<u8>, val: Vec<u8>, meta: Option<&str>| {
        fs::create_dir(path(name)).unwrap();
        fs::write(path(name).join("train.bin"), train).unwrap();
        fs::write(path(name).join("val.bin"), val).unwrap();
        if let Some(meta) = meta {
            fs::write(path(name).join("meta.json"), meta).unwrap();
        }
    };
    bins("odd", vec![1; 1201], tokens(300), None);
    bins("few", tokens(599), tokens(300), None);
    bins("full", tokens(600), tokens(300), None);
    bins("beyond", tokens(600), tokens(601), Some("{\"vocab_size\": 1}"));
    bins("none", tokens(600), tokens(300), Some("{\"vocab_size\": 0}"));
    bins("many", tokens(600), tokens(300), Some("{\"vocab_size\": 70000}"));
    bins("torn", tokens(600), tokens(300), Some("{\"vocab_size\""));
    bins("typed", tokens(600), tokens(300), Some("{\"vocab_size\": \"8\"}"));
    fs::create_dir(path("nothing")).unwrap();
    for (source, expected) in [
        ("absent.txt", vec!["absent.txt", "cannot read"]),
        ("latin.txt", vec!["latin.txt", "windows-1252", "iconv -f windows-1252 -t UTF-8 "]),
        ("one.txt", vec!["one.txt", "1 characters", "900"]),
        ("empty.txt", vec!["empty.txt", "0 characters"]),
        ("short.txt", vec!["short.txt", "800 characters", "overlap"]),
        ("loop.txt", vec!["loop.txt"]),
        ("nothing", vec!["train.bin", "cannot open"]),
        ("odd", vec!["train.bin", "1201 bytes", "odd"]),
        ("few", vec!["train.bin", "599 tokens", "data.train = 600"]),
        ("full", vec!["no test file", "data.val = 300 leaves 0", "data.train = 600 leaves 0"]),
        ("beyond", vec!["outside the vocabulary of 1"]),
        ("none", vec!["meta.json", "vocab_size is 0"]),
        ("many", vec!["meta.json", "70000"]),
        ("torn", vec!["meta.json", "vocab_size"]),
        ("typed", vec!["meta.json", "vocab_size"]),
    ] {
        let source = path(source);
        let arguments = ["sweep", text(&spec), "--data", text(&source), "--out", text(&out)];
        refused(folder.path(), &arguments, &expected);
    }
}

#[test]
fn lines_may_end_as_in_windows() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("windows.txt");
    fs::write(&data, "ab\r\n".repeat(300)).unwrap();
    let call = wane_ok(&["plan", text(&fixture("tiny.toml")), "--data", text(&data)]);
    assert!(call.stdout.contains("vocabulary 4"), "{}", call.stdout);
    let spec = folder.path().join("spec.toml");
    let unix = fs::read_to_string(fixture("tiny.toml")).unwrap();
    fs::write(&spec, unix.replace('\n', "\r\n")).unwrap();
    wane_ok(&["plan", text(&spec)]);
}

/// A safetensors file as its header and its data.
struct Weights {
    header: serde_json::Value,
    data: Vec<u8>,
}

impl Weights {
    fn read(path: &Path) -> Self {
        let bytes = fs::read(path).unwrap();
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let header = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
        Weights { header, data: bytes[8 + length..].to_vec() }
    }

    fn bytes(&self) -> Vec<u8> {
        let header = serde_json::to_vec(&self.header).unwrap();
        let length = (header.len() as u64).to_le_bytes();
        [&length[..], &header, &self.data].concat()
    }
}

#[test]
fn weights_that_do_not_fit_are_named_with_the_tensor() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = (fixture("tiny.toml"), folder.path().join("results"));
    let good = folder.path().join("good.safetensors");
    let one = ["--set", "arm.0.mask=global", "--set", "arm.0.weight_decay=1.0", "--seeds=0"];
    let train = ["train", text(&spec), "--out", text(&out), "--save", text(&good)];
    wane_ok(&[&train[..], &one].concat());
    let name = "h.0.mlp.c_fc.weight";
    type Change = fn(&mut Weights);
    let changes: [(Change, &[&str]); 6] = [
        (
            |file| {
                let header = file.header.as_object_mut().unwrap();
                let tensor = header.remove("h.0.mlp.c_fc.weight").unwrap();
                header.insert("other".into(), tensor);
            },
            &["h.0.mlp.c_fc.weight", "missing"],
        ),
        (
            |file| {
                let (start, end) = (file.data.len(), file.data.len() + 4);
                file.data.extend([0; 4]);
                file.header["h.7.ln_1.bias"] =
                    serde_json::json!({"dtype": "F32", "shape": [1], "data_offsets": [start, end]});
            },
            &["h.7.ln_1.bias", "8 layers", "model.layers = 1"],
        ),
        (
            |file| {
                let tensor = &mut file.header["h.0.mlp.c_fc.weight"];
                tensor["shape"] = serde_json::json!([tensor["shape"][1], tensor["shape"][0]]);
            },
            &["has shape [32, 8]", "which is [out, in]"],
        ),
        (|file| file.header["h.0.mlp.c_fc.weight"]["dtype"] = "I32".into(), &["floating-point"]),
        (
            |file| {
                let start = file.header["h.0.mlp.c_fc.weight"]["data_offsets"][0].as_u64().unwrap();
                let nan = f32::NAN.to_le_bytes();
                file.data[start as usize..start as usize + 4].copy_from_slice(&nan);
            },
            &["not finite"],
        ),
        (|file| file.data.truncate(100), &["cannot read weights"]),
    ];
    let bad = folder.path().join("bad.safetensors");
    let refuse = |contents: &[u8], expected: &[&str]| {
        fs::write(&bad, contents).unwrap();
        let arguments = ["sweep", text(&spec), "--init", text(&bad), "--out", text(&out)];
        refused(folder.path(), &arguments, &[expected, &["bad.safetensors"]].concat());
    };
    for (change, expected) in changes {
        let mut file = Weights::read(&good);
        assert!(file.header.get(name).is_some());
        change(&mut file);
        refuse(&file.bytes(), expected);
    }
    refuse(b"", &["cannot read weights"]);
    refuse(b"not a weight file", &["cannot read weights"]);
    refuse(&u64::MAX.to_le_bytes(), &["cannot read weights"]);
}

#[cfg(unix)]
#[test]
fn a_cause_that_many_runs_share_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join(".runs");
    std::os::unix::fs::symlink(&store, &store).unwrap();
    let spec = fixture("tiny.toml");
    let call = wane(&["sweep", text(&spec), "--lanes", "1", "--out", text(folder.path())]);
    let said = &call.stderr;
    assert_eq!(call.code, Some(1), "{said}");
    assert!(said.contains("6 of 6 runs failed:\n  6 runs failed: "), "{said}");
    assert!(said.contains("and 3 more)") && said.contains(".runs"), "{said}");
    assert!(said.matches("cannot create").count() <= 2, "{said}");
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn a_folder_that_cannot_hold_results_is_refused_before_training() {
    let folder = tempfile::tempdir().unwrap();
    let spec = fixture("tiny.toml");
    let path = |name: &str| folder.path().join(name);
    fs::write(path("file"), "mine").unwrap();
    fs::create_dir(path("taken")).unwrap();
    fs::write(path("taken/tiny"), "mine").unwrap();
    let mut cases = vec![
        ("file", "file is a file; expected a folder"),
        ("file/below", "file is a file; expected a folder"),
        ("taken", "tiny is a file; expected a folder"),
    ];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(path("nowhere"), path("dangling")).unwrap();
        std::os::unix::fs::symlink(path("loop"), path("loop")).unwrap();
        cases.extend([
            ("dangling", "nowhere, which cannot be reached"),
            ("dangling/below", "nowhere, which cannot be reached"),
            ("loop", "cannot be reached"),
        ]);
    }
    #[cfg(target_os = "linux")]
    cases.push(("/proc/results", "--out /proc/results: cannot create the folder"));
    for (out, expected) in cases {
        let out = path(out);
        for command in ["sweep", "train"] {
            let one = ["--set", "arm.0.mask=global", "--set", "arm.0.weight_decay=1.0"];
            let arguments = [&[command, text(&spec), "--out", text(&out)], &one[..]].concat();
            refused(folder.path(), &arguments, &["--out", expected]);
        }
    }
}

#[test]
fn a_name_too_long_for_a_folder_is_refused_and_the_longest_works() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("results");
    let spec = fixture("tiny.toml");
    for length in [201, 255, 300, 5000] {
        let name = format!("name={}", "n".repeat(length));
        let arguments = ["sweep", text(&spec), "--set", &name, "--out", text(&out)];
        refused(folder.path(), &arguments, &["expected at most 200"]);
    }
    let name = "n".repeat(200);
    let set = format!("name={name}");
    wane_ok(&["sweep", text(&spec), "--set", &set, "--out", text(&out), "--seeds", "0"]);
    assert!(out.join(name).join("report.html").is_file());
}

/// Bytes that are no UTF-8, blanks, quotes and letters of other scripts.
#[cfg(unix)]
#[test]
fn paths_of_any_bytes_work_or_are_refused_by_name() {
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::OsStringExt;
    for name in [b"f\xfflder".to_vec(), "a \"b\" $x λ's".as_bytes().to_vec()] {
        let is_text = std::str::from_utf8(&name).is_ok();
        let folder = tempfile::tempdir().unwrap();
        let odd = folder.path().join(OsString::from_vec(name));
        fs::create_dir(&odd).unwrap();
        let path = |name: &str| odd.join(name).into_os_string();
        fs::copy(fixture("tiny.toml"), path("s.toml")).unwrap();
        fs::write(path("t.txt"), "abc ".repeat(500)).unwrap();
        let call = |words: &[&OsStr]| {
            let mut command = crate::common::command::<&str>(&[]);
            Call::from(command.args(words).current_dir(&odd).output().unwrap())
        };
        let (spec, out, weights) = (path("s.toml"), path("out"), path("w.safetensors"));
        let results = path("out/tiny");
        let word = OsStr::new;
        let one = ["--seeds=0", "--set", "arm.0.mask=global", "--set", "arm.0.weight_decay=1.0"];
        let one = one.map(word);
        let with_out = |command: &'static str| vec![word(command), &spec, word("--out"), &out];
        let train = [with_out("train"), one.to_vec(), vec![word("--save"), &weights]].concat();
        let init = [with_out("sweep"), vec![word("--init"), &weights]].concat();
        let calls = [
            with_out("sweep"),
            with_out("plan"),
            with_out("status"),
            with_out("collect"),
            train,
            init,
            vec![word("manifest"), &spec],
            vec![word("report"), &results],
            vec![word("compare"), &results, &results],
            vec![word("sweep"), word("s.toml"), word("--data"), word("t.txt")],
        ];
        for words in calls {
            let call = call(&words);
            assert_eq!(call.code, Some(0), "{words:?}: {}", call.stderr);
        }
        let data = path("t.txt");
        let data = call(&[word("plan"), &spec, word("--data"), &data]);
        assert_eq!(data.code, Some(if is_text { 0 } else { 2 }), "{}", data.stderr);
        assert!(is_text || data.stderr.contains("--data <PATH>"), "{}", data.stderr);
        if !is_text {
            let slurm = [with_out("sweep"), vec![word("--launcher"), word("slurm")]].concat();
            let slurm = call(&slurm);
            assert_eq!(slurm.code, Some(2), "{}", slurm.stderr);
            assert!(slurm.stderr.contains("--out") && slurm.stderr.contains("UTF-8"));
        }
    }
}

#[test]
fn a_store_that_leads_nowhere_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let spec = fixture("tiny.toml");
    #[cfg(unix)]
    {
        let store = folder.path().join(".runs");
        std::os::unix::fs::symlink(&store, &store).unwrap();
        let call = wane(&["sweep", text(&spec), "--out", text(folder.path())]);
        assert_eq!(call.code, Some(1), "{}", call.stderr);
        assert!(call.stderr.contains(".runs"), "{}", call.stderr);
        assert!(!call.stderr.contains("panicked"), "{}", call.stderr);
    }
}
