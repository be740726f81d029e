//! Texts of all kinds, cut into tokens of all kinds, in runs and in files for other trainers.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::write::GzEncoder;
use serde_json::Value;

use crate::common::{Call, rows, text, wane, wane_ok};

/// Documents that are alike in kind and differ in every word.
fn documents(count: usize) -> Vec<String> {
    let words =
        ["to", "be", "or", "not", "that", "is", "the", "question", "whether", "tis", "nobler"];
    let word = |n: usize| words[n * n % 101 % words.len()];
    let line = |document: usize, n: usize| {
        let drawn = (0..9).map(|place| word(document * 31 + n * 7 + place * 3)).collect::<Vec<_>>();
        format!("{} {}.\n", drawn.join(" "), document * 100 + n)
    };
    (0..count).map(|document| (0..12).map(|n| line(document, n)).collect()).collect()
}

fn json_line(field: &str, text: &str) -> String {
    format!("{}\n", serde_json::json!({ "id": 7, field: text }))
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Prepares a source into a folder.
    fn prepare(&self, source: &Path, out: &str, more: &[&str]) -> Call {
        let out = self.path(out);
        let fixed = ["data", "prepare", text(source), "--out", text(&out)];
        wane(&[&fixed[..], more].concat())
    }

    fn prepared(&self, source: &Path, out: &str, more: &[&str]) -> Prepared {
        let call = self.prepare(source, out, more);
        assert_eq!(call.code, Some(0), "{}", call.stderr);
        Prepared { folder: self.path(out), call }
    }
}

struct Prepared {
    folder: PathBuf,
    call: Call,
}

impl Prepared {
    fn tokens(&self, split: &str) -> Vec<u16> {
        let bytes = fs::read(self.folder.join(format!("{split}.bin"))).unwrap();
        bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect()
    }

    fn meta(&self) -> Value {
        serde_json::from_slice(&fs::read(self.folder.join("meta.json")).unwrap()).unwrap()
    }

    fn count(&self, split: &str, key: &str) -> u64 {
        self.meta()["splits"][split][key].as_u64().unwrap()
    }
}

#[test]
fn prepared_files_hold_every_document_once_and_say_what_they_are() {
    let folder = Folder::new();
    let documents = documents(60);
    let lines: String = documents.iter().map(|one| json_line("text", one)).collect();
    let source = folder.file("docs.jsonl", lines);
    let prepared = folder.prepared(
        &source,
        "bytes",
        &["--tokenizer", "bytes", "--val", "0.1", "--test", "0.2"],
    );
    let meta = prepared.meta();
    assert_eq!(
        (meta["vocab_size"].as_u64(), meta["tokenizer"].as_str()),
        (Some(256), Some("bytes"))
    );
    let mut found = Vec::new();
    for split in ["train", "val", "test"] {
        let bytes: Vec<u8> = prepared.tokens(split).into_iter().map(|token| token as u8).collect();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(prepared.count(split, "tokens"), text.len() as u64);
        let own: Vec<String> =
            text.split_inclusive(".\n\n").map(|one| one[..one.len() - 1].to_owned()).collect();
        assert_eq!(prepared.count(split, "documents"), own.len() as u64);
        assert_eq!(prepared.count(split, "bytes"), (text.len() - own.len()) as u64);
        found.extend(own);
    }
    found.sort();
    let mut all = documents.clone();
    all.sort();
    assert_eq!(found, all);
    assert!((5..=7).contains(&prepared.count("val", "documents")), "{meta}");
    assert!((11..=13).contains(&prepared.count("test", "documents")), "{meta}");
    assert!(prepared.call.stdout.contains("train on it by --data"), "{}", prepared.call.stdout);
    let other = folder.prepared(&source, "other", &["--tokenizer", "bytes", "--seed", "1"]);
    assert_ne!(
        other.tokens("val"),
        folder.prepared(&source, "again", &["--tokenizer", "bytes"]).tokens("val")
    );
}

#[test]
fn a_source_is_the_same_however_its_documents_are_kept() {
    let folder = Folder::new();
    let documents = documents(30);
    let lines: String = documents.iter().map(|one| json_line("content", one)).collect();
    let joined =
        documents.iter().map(|one| one.trim_end()).collect::<Vec<_>>().join("\n<|endoftext|>\n");
    let trimmed: String = documents.iter().map(|one| json_line("text", one.trim_end())).collect();
    let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(lines.as_bytes()).unwrap();
    for (place, document) in documents.iter().enumerate() {
        folder.file(&format!("texts/{place:03}.txt"), document);
    }
    folder.file("texts/cover.png", b"\x89PNG\r\n\x1a\n");
    let of = |source: PathBuf, out: &str, more: &[&str]| {
        let prepared = folder.prepared(&source, out, &[&["--tokenizer", "bpe:300"], more].concat());
        ["train", "val", "test"].map(|split| prepared.tokens(split))
    };
    let plain = of(folder.file("docs.jsonl", &lines), "a", &[]);
    assert_eq!(
        of(folder.file("docs.gz", gzip.finish().unwrap()), "b", &["--text-field", "content"]),
        plain
    );
    assert_eq!(of(folder.path("texts"), "c", &[]), plain);
    assert_eq!(
        of(folder.file("joined.txt", joined), "d", &[]),
        of(folder.file("trimmed", trimmed), "e", &[])
    );
}

#[test]
fn one_text_is_cut_at_line_ends_and_copies_of_a_document_stay_together() {
    let folder = Folder::new();
    let whole = documents(40).concat();
    let prepared = folder.prepared(&folder.file("text.txt", &whole), "one", &[]);
    let alphabet: Vec<String> = serde_json::from_value(prepared.meta()["itos"].clone()).unwrap();
    let read = |split| {
        prepared.tokens(split).iter().map(|token| alphabet[usize::from(*token)].as_str()).collect()
    };
    let [train, val, test]: [String; 3] = ["train", "val", "test"].map(read);
    assert_eq!(format!("{train}{test}{val}"), whole);
    assert!(train.ends_with('\n') && test.ends_with('\n'));
    assert!((0.03..0.07).contains(&(val.len() as f64 / whole.len() as f64)));
    assert!(fs::read(prepared.folder.join("meta.pkl")).unwrap().starts_with(b"\x80\x02"));
    let twice: String =
        documents(25).iter().cycle().take(50).map(|one| json_line("text", one)).collect();
    let copied =
        folder.prepared(&folder.file("twice.jsonl", twice), "copied", &["--tokenizer", "bytes"]);
    assert!(
        copied.call.stderr.contains("25 documents are another one word for word"),
        "{}",
        copied.call.stderr
    );
    assert_eq!(copied.count("val", "documents") % 2, 0);
}

#[test]
fn what_cannot_be_prepared_leaves_nothing_behind() {
    let folder = Folder::new();
    let source = folder.file("text.txt", documents(9).concat());
    let there = folder.file("there/notes.txt", "mine");
    let two = folder.file(
        "two.jsonl",
        documents(2).iter().map(|one| json_line("text", one)).collect::<String>(),
    );
    let bad = folder.file("bad.jsonl", format!("{}no JSON\n", json_line("text", "a").repeat(9)));
    folder.file("empty/picture.png", b"\x89PNG");
    for (source, out, more, expected) in [
        (&source, "there", vec![], "is there already"),
        (&source, "new", vec!["--val", "1.5"], "expected a share"),
        (&source, "new", vec!["--val", "0"], "everything is chosen on val"),
        (&source, "new", vec!["--tokenizer", "bpe:9"], "from 257 to 65536"),
        (&source, "new", vec!["--tokenizer", "gpt2"], "no tokenizer is called gpt2"),
        (&source, "new", vec!["--text-field", "text"], "holds no JSON lines"),
        (&two, "new", vec!["--tokenizer", "bytes"], "2 different documents"),
        (&bad, "new", vec![], "line 10 is no JSON object"),
        (&folder.path("nothing"), "new", vec![], "cannot read"),
        (&folder.path("empty"), "new", vec![], "holds no texts"),
    ] {
        let call = folder.prepare(source, out, &more);
        assert_eq!(call.code, Some(2), "{more:?}: {}", call.stderr);
        assert!(call.stderr.contains(expected), "{expected}: {}", call.stderr);
        assert!(call.stdout.is_empty() && !folder.path("new").exists());
    }
    assert_eq!(fs::read(&there).unwrap(), b"mine");
    let left = fs::read_dir(folder.0.path()).unwrap().flatten();
    assert!(
        left.map(|entry| entry.file_name())
            .all(|name| !name.to_string_lossy().starts_with(".wane"))
    );
}

const SPEC: &str = "name = 'words'\nseeds = [0, 1]\n[data]\ntrain = 2000\nval = 400\ntest = 400\n\
                    [model]\nlayers = 1\nheads = 2\nchannels = 16\ncontext = 16\n\
                    [train]\nsteps = 6\nwarmup = 2\nbatch = 4\neval_every = 3\neval_windows = 8\n\
                    [[arm]]\nform = 'adamw'\nweight_decay = [0.0, 0.1]\n";

#[test]
fn losses_are_reported_per_token_and_per_byte() {
    let folder = Folder::new();
    let out = folder.path("results");
    let source = folder.file("text.txt", documents(60).concat());
    let spec = folder.file("words.toml", SPEC);
    let sweep = |data: &Path, tokenizer: &str, name: &str| {
        let (tokenizer, name) = (format!("data.tokenizer='{tokenizer}'"), format!("name='{name}'"));
        let fixed = ["sweep", text(&spec), "--data", text(data), "--out", text(&out), "--quiet"];
        wane_ok(&[&fixed[..], &["--set", &tokenizer, "--set", &name]].concat())
    };
    let number = |row: &std::collections::HashMap<String, String>, key: &str| -> f64 {
        row[key].parse().unwrap()
    };
    for (tokenizer, least, most) in
        [("characters", 1.0, 1.0), ("bytes", 1.0, 1.0), ("bpe:280", 1.2, 9.0)]
    {
        let name = tokenizer.replace(':', "-");
        let call = sweep(&source, tokenizer, &name);
        assert!(call.stdout.contains("Per byte of text it is"), "{}", call.stdout);
        for row in rows(&out.join(&name).join("runs.csv")) {
            let bytes = number(&row, "test_bytes_per_token");
            assert!((least..=most).contains(&bytes), "{tokenizer}: {bytes}");
            for (nats, bits) in [
                ("test_loss", "test_bpb"),
                ("test_ngram", "test_ngram_bpb"),
                ("stopped_test_loss", "stopped_test_bpb"),
            ] {
                let expected = number(&row, nats) / 2f64.ln() / bytes;
                assert!((number(&row, bits) - expected).abs() < 1e-12, "{tokenizer}: {bits}");
            }
        }
        let summary: Value =
            serde_json::from_slice(&fs::read(out.join(&name).join("summary.json")).unwrap())
                .unwrap();
        assert!(summary["reference_levels"]["bytes_per_token"].as_f64().unwrap() >= least);
    }
    // Prepared tokens know their text too, and are read where they lie.
    folder.prepared(
        &source,
        "tokens",
        &["--tokenizer", "bpe:280", "--val", "0.1", "--test", "0.1"],
    );
    let tokens = folder.path("tokens");
    let plan = wane_ok(&["plan", text(&spec), "--data", text(&tokens)]).stdout;
    assert!(plan.contains("vocabulary of 280 from meta.json"), "{plan}");
}

#[test]
fn a_tokenizer_that_did_not_make_the_tokens_of_a_folder_is_refused_by_what_the_folder_names() {
    let folder = Folder::new();
    let source = folder.file("text.txt", documents(60).concat());
    folder.prepared(
        &source,
        "tokens",
        &["--tokenizer", "bpe:280", "--val", "0.1", "--test", "0.1"],
    );
    let (spec, tokens) = (folder.file("words.toml", SPEC), folder.path("tokens"));
    let plan = |tokenizer: &str| {
        let tokenizer = format!("data.tokenizer='{tokenizer}'");
        wane(&["plan", text(&spec), "--data", text(&tokens), "--set", &tokenizer])
    };
    let own = plan(text(&tokens.join("tokenizer.json")));
    assert_eq!(own.code, Some(0), "{}", own.stderr);
    let other = plan("bytes");
    assert_eq!(other.code, Some(2), "{}", other.stdout);
    for word in ["data.tokenizer", "bytes did not make these tokens: token 0", "meta.json names"] {
        assert!(other.stderr.contains(word), "{word}: {}", other.stderr);
    }
}

#[test]
fn a_file_of_tokens_is_cut_as_a_text_is() {
    let folder = Folder::new();
    let tokens: Vec<u8> =
        (0..4000_u32).flat_map(|n| ((n * n % 199) as u16).to_le_bytes()).collect();
    let source = folder.file("corpus.bin", &tokens);
    folder.file("meta.json", br#"{"vocab_size": 199}"#);
    let spec = folder.file("words.toml", SPEC);
    let plan = wane_ok(&["plan", text(&spec), "--data", text(&source)]).stdout;
    assert!(
        plan.contains("one file: 4,000 tokens of 16 bits; vocabulary of 199 from meta.json"),
        "{plan}"
    );
    let asked = ["--set", "data.tokenizer='bpe:300'"];
    let call = wane(&[&["plan", text(&spec), "--data", text(&source)][..], &asked].concat());
    assert_eq!(call.code, Some(2));
    assert!(call.stderr.contains("the data is tokens already"), "{}", call.stderr);
}

#[test]
fn tokens_are_not_prepared_again_and_are_told_where_they_go() {
    let folder = Folder::new();
    let tokens: Vec<u8> =
        (0..4000_u32).flat_map(|n| ((n * n % 199) as u16).to_le_bytes()).collect();
    let source = folder.file("train.bin", &tokens);
    let call = folder.prepare(&source, "out", &["--tokenizer", "bytes"]);
    assert_eq!(call.code, Some(2), "{}", call.stdout);
    assert!(call.stderr.contains("holds tokens already"), "{}", call.stderr);
    assert!(call.stderr.contains("--data (data.source) takes it"), "{}", call.stderr);
}

#[test]
fn a_wrong_tokenizer_in_a_spec_is_named_with_its_line() {
    let folder = Folder::new();
    let source = folder.file("text.txt", documents(60).concat());
    for (value, expected) in [
        ("bpe:many", &["line 4", "data.tokenizer", "bpe:many", "such as bpe:512"][..]),
        ("gpt-2", &["data.tokenizer", "no tokenizer is called gpt-2", "tokenizer.json"]),
    ] {
        let spec = SPEC.replace("[data]\n", &format!("[data]\ntokenizer = '{value}'\n"));
        let spec = folder.file("words.toml", spec);
        let call = wane(&["plan", text(&spec), "--data", text(&source)]);
        assert_eq!(call.code, Some(2), "{}", call.stderr);
        expected
            .iter()
            .for_each(|word| assert!(call.stderr.contains(word), "{word}: {}", call.stderr));
    }
}

#[test]
fn tokens_for_what_a_tokenizer_does_not_know_are_told_of_every_split() {
    let folder = tempfile::tempdir().unwrap();
    let tokenizer = r#"{"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "Whitespace"},
        "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "a": 1, "b": 2}, "unk_token": "[UNK]"}}"#;
    let path = folder.path().join("words.json");
    fs::write(&path, tokenizer).unwrap();
    let words = ["a b b a ".repeat(400), "a c b d ".repeat(50), "a b ".repeat(100)].concat();
    let data = folder.path().join("words.txt");
    fs::write(&data, words).unwrap();
    let tokenizer = format!("data.tokenizer={:?}", text(&path));
    let cut = ["data.train=600", "data.val=200", "data.test=200", &tokenizer];
    let set = cut.iter().flat_map(|one| ["--set", one]);
    let own = ["plan", "experiments/quick.toml", "--data", text(&data)];
    let plan = wane_ok(&own.into_iter().chain(set).collect::<Vec<_>>());
    let told = "100 of 200 test tokens are the token for what the tokenizer does not know";
    assert!(plan.stdout.contains(told), "{}", plan.stdout);
}
