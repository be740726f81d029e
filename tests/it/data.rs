//! Data is what its bytes are: read right, or refused with what it is and what to do.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use flate2::write::GzEncoder;
use sha2::Digest;
use wane::config::{Cut, Order, Texts};
use wane::corpus::{Corpus, Source};

use crate::common::{Call, command, fixture, project, rows, text, wane, wane_ok};

const CUT: Cut = Cut {
    train: 600,
    val: 300,
    test: Some(0),
    order: Order::Random,
    texts: Some(Texts::Fixed),
    canaries: None,
};

/// A text with letters beyond ASCII.
fn prose() -> String {
    "Zwölf Boxkämpfer jagen Viktor, vor dem 3. Haus.\n".repeat(40)
}

fn corpus(path: &Path) -> Corpus {
    Corpus::load(&Source::parse(text(path)), &CUT, &[]).unwrap()
}

fn refusal(path: &Path) -> String {
    let error = Corpus::load(&Source::parse(text(path)), &CUT, &[]).unwrap_err();
    format!("{error:#}")
}

/// Makes a token file of tokens.
type TokenWriter = fn(&[u32]) -> Vec<u8>;

/// Files that a test makes.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// A folder of token files.
    fn tokens(&self, name: &str, write: TokenWriter) -> PathBuf {
        self.file(&format!("{name}/train.bin"), &write(&numbers(700)));
        self.file(&format!("{name}/val.bin"), &write(&numbers(320)));
        self.0.path().join(name)
    }
}

/// Tokens of a small vocabulary in no simple order.
fn numbers(count: u32) -> Vec<u32> {
    (0..count).map(|n| n * n % 199 + n % 2).collect()
}

fn as_u16(tokens: &[u32]) -> Vec<u8> {
    tokens.iter().flat_map(|token| (*token as u16).to_le_bytes()).collect()
}

fn as_u32(tokens: &[u32]) -> Vec<u8> {
    tokens.iter().flat_map(|token| token.to_le_bytes()).collect()
}

fn as_i64(tokens: &[u32]) -> Vec<u8> {
    tokens.iter().flat_map(|token| i64::from(*token).to_le_bytes()).collect()
}

fn llmc(magic: u32, tokens: &[u32], body: &[u8]) -> Vec<u8> {
    let mut head: Vec<u8> =
        [magic, 1, tokens.len() as u32].into_iter().flat_map(u32::to_le_bytes).collect();
    head.resize(1024, 0);
    [&head, body].concat()
}

fn npy(dtype: &str, shape: &str, body: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}");
    let header = format!("{header:<117}\n");
    [b"\x93NUMPY\x01\0", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), body].concat()
}

#[test]
fn the_identity_of_what_was_read_right_before_stays() {
    let folder = Folder::new();
    let plain = corpus(&folder.file("plain.txt", prose().as_bytes()));
    assert_eq!(plain.digest(), "d15438fb2e56c09b43b3b174e1ce7c29eb584c93ae29741a22f219af22271ee1");
    let bins = corpus(&folder.tokens("bins", as_u16));
    assert_eq!(
        (bins.digest().as_str(), bins.vocabulary),
        ("30be6556c4a7834ea90296d3f7d40e61ff24de53a107a6fd866758e30fb2a7b3", 50_257)
    );
    let grammar = Corpus::load(&Source::GRAMMAR, &CUT, &[]).unwrap();
    assert_eq!(
        grammar.digest(),
        "4d5e46dacc46ba0dd3f8f9c4fe6e386581cd537e9615e4bf6cfcf11ba06d56ac"
    );
}

#[test]
fn one_text_is_one_corpus_in_every_encoding_and_packing() {
    let folder = Folder::new();
    let prose = prose();
    let plain = corpus(&folder.file("plain.txt", prose.as_bytes()));
    let little: Vec<u8> = prose.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = prose.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let wide: Vec<u8> = prose.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
    let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(prose.as_bytes()).unwrap();
    let zstd = ruzstd::encoding::compress_to_vec(
        prose.as_bytes(),
        ruzstd::encoding::CompressionLevel::Fastest,
    );
    let record = |line: &str| serde_json::json!({"id": "x", "text": line}).to_string() + "\n";
    let lines: String = prose.trim_end().lines().map(record).collect();
    let marked = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
    for (bytes, told) in [
        (marked(b"\xef\xbb\xbf", prose.as_bytes()), "UTF-8 text with a byte-order mark, 1,920 "),
        (little.clone(), "UTF-16 (little-endian) text, 1,920 characters"),
        (big.clone(), "UTF-16 (big-endian) text, "),
        (marked(b"\xff\xfe", &little), "UTF-16 (little-endian) text with a byte-order mark"),
        (marked(b"\xfe\xff", &big), "UTF-16 (big-endian) text with a byte-order mark"),
        (wide.clone(), "UTF-32 (little-endian) text, "),
        (marked(b"\xff\xfe\0\0", &wide), "UTF-32 (little-endian) text with a byte-order mark"),
        (gzip.finish().unwrap(), "gzip of UTF-8 text, "),
        (zstd, "zstd of UTF-8 text, "),
    ] {
        let read = corpus(&folder.file("data", &bytes));
        assert_eq!(read.digest(), plain.digest(), "{told}");
        assert!(read.recognised.starts_with(told), "{} / {told}", read.recognised);
    }
    let read = corpus(&folder.file("data", lines.as_bytes()));
    let joined = corpus(&folder.file("joined.txt", prose.trim_end().as_bytes()));
    assert_eq!(read.digest(), joined.digest());
    assert!(
        read.recognised
            .contains("JSON lines, field `text`, 40 documents with a line break between them"),
        "{}",
        read.recognised
    );
}

#[test]
fn tokens_are_one_corpus_however_they_are_written() {
    let folder = Folder::new();
    let plain = corpus(&folder.tokens("u16", as_u16));
    let meta = br#"{"vocab_size": 50257}"#;
    let forms: [(&str, TokenWriter, &str); 8] = [
        ("u32", as_u32, "train: 700 tokens of 32 bits; val: 320 tokens of 32 bits"),
        ("i64", as_i64, "train: 700 tokens of 64 bits"),
        ("llmc", |t| llmc(20_240_520, t, &as_u16(t)), "llm.c's header and 700 tokens of 16 bits"),
        ("llama", |t| llmc(20_240_801, t, &as_u32(t)), "llm.c's header and 700 tokens of 32 bits"),
        ("npy2", |t| npy("<u2", &format!("({},)", t.len()), &as_u16(t)), "a NumPy array of 700"),
        ("npy4", |t| npy("<i4", &format!("({},)", t.len()), &as_u32(t)), "tokens of 32 bits"),
        ("npy8", |t| npy("<i8", &format!("({},)", t.len()), &as_i64(t)), "tokens of 64 bits"),
        ("u4", |t| npy("<u4", &format!("({},)", t.len()), &as_u32(t)), "tokens of 32 bits"),
    ];
    for (name, write, told) in forms {
        let path = folder.tokens(name, write);
        folder.file(&format!("{name}/meta.json"), meta);
        let read = corpus(&path);
        assert_eq!(read.digest(), plain.digest(), "{name}");
        assert!(read.recognised.contains(told), "{}", read.recognised);
    }
    let single = folder.tokens("u1", |tokens| tokens.iter().map(|token| *token as u8).collect());
    folder.file("u1/meta.json", br#"{"vocab_size": 50257, "dtype": "uint8"}"#);
    let read = corpus(&single);
    assert_eq!(read.digest(), plain.digest());
    assert!(read.recognised.contains("train: 700 tokens of 8 bits"), "{}", read.recognised);
}

#[test]
fn token_files_that_are_not_read_say_what_they_are() {
    let folder = Folder::new();
    let forms: [(&str, TokenWriter, &[&str]); 14] = [
        ("llama", |t| llmc(20_240_801, t, &as_u32(t)), &["Llama 3", "128256", "meta.json"]),
        ("cut", |t| llmc(20_240_520, t, &as_u16(&t[1..])), &["header of llm.c", "cut short"]),
        ("long", |t| llmc(20_240_520, t, &as_u16(&[t, &[1]].concat())), &["more than that"]),
        (
            "version",
            |t| {
                let mut bytes = llmc(20_240_520, t, &as_u16(t));
                bytes[4] = 9;
                bytes
            },
            &["header of llm.c has version 9"],
        ),
        (
            "cut-npy",
            |t| npy("<u2", &format!("({},)", t.len() + 1), &as_u16(t)),
            &["NumPy header", "fewer than that", "cut short"],
        ),
        (
            "long-npy",
            |t| npy("<u2", &format!("({},)", t.len() - 1), &as_u16(t)),
            &["NumPy header", "more than that"],
        ),
        ("float", |t| npy("<f4", &format!("({},)", t.len()), &as_u32(t)), &["dtype <f4"]),
        ("axes", |t| npy("<u2", &format!("(2, {})", t.len() / 2), &as_u16(t)), &["shape (2, "]),
        ("big", |t| npy(">u2", &format!("({},)", t.len()), &as_u16(t)), &["dtype >u2", "'<u2'"]),
        (
            "wide",
            |t| as_u32(&t.iter().map(|token| token * 600).collect::<Vec<_>>()),
            &["val.bin", "does not fit 16 bits", "65536"],
        ),
        (
            "marked",
            |t| {
                let marked = [&t[1..], &[u32::MAX - 99]].concat();
                npy("<i4", &format!("({},)", t.len()), &as_u32(&marked))
            },
            &["val.bin", "of the split is -100, and tokens are 0 or more"],
        ),
        ("text", |_| prose().into_bytes(), &["holds text"]),
        ("zip", |t| [b"PK\x03\x04\0\0\0\0", &as_u16(t)[..]].concat(), &["a zip archive"]),
        (
            "mixed",
            |t| if t.len() == 700 { as_u16(t) } else { as_u32(t) },
            &["train.bin", "16 bits", "val.bin", "32", "write both alike"],
        ),
    ];
    for (name, write, expected) in forms {
        let said = refusal(&folder.tokens(name, write));
        for word in expected {
            assert!(said.contains(word), "{name} should say `{word}`: {said}");
        }
    }
    let single = folder.tokens("single", as_u16).join("train.bin");
    assert!(
        refusal(&single).contains("has 700 tokens, but data.train = 600"),
        "{}",
        refusal(&single)
    );
    let other = folder.file("other/fineweb_train_000001.bin", b"");
    let said = refusal(other.parent().unwrap());
    assert!(said.contains("train.bin") && said.contains("fineweb_train_000001.bin"), "{said}");
}

#[test]
fn a_token_file_that_was_made_and_not_filled_to_its_end_is_refused() {
    let folder = Folder::new();
    let few = folder.tokens("few", |tokens| match tokens.len() {
        700 => as_u16(&[tokens, &[0; 1000]].concat()),
        _ => as_u16(tokens),
    });
    corpus(&few);
    let stopped = folder.tokens("stopped", |tokens| match tokens.len() {
        700 => as_u16(&[tokens, &[0; 2000]].concat()),
        _ => as_u16(tokens),
    });
    let said = refusal(&stopped);
    assert!(said.contains("the last 1,024 tokens of") && said.contains("train.bin"), "{said}");
    assert!(said.contains("not filled to its end; write it again"), "{said}");
    // Nothing of it was written.
    let empty = folder.tokens("empty", |tokens| as_u16(&vec![0; tokens.len()]));
    folder.file("empty/meta.json", br#"{"vocab_size": 300, "dtype": "uint16"}"#);
    assert!(refusal(&empty).contains("the last 700 tokens"), "{}", refusal(&empty));
}

#[test]
fn a_hole_in_the_middle_of_a_token_file_is_refused_with_its_place() {
    let folder = Folder::new();
    let with_hole = |zeros: usize| -> Vec<u8> {
        let tokens = numbers(700);
        as_u16(&[&tokens[..100], &vec![0; zeros][..], &tokens[..]].concat())
    };
    let data = folder.tokens("holed", as_u16);
    let cut = Cut { train: 1500, ..CUT };
    let load = || Corpus::load(&Source::parse(text(&data)), &cut, &[]);
    folder.file("holed/train.bin", &with_hole(1000));
    load().unwrap();
    folder.file("holed/train.bin", &with_hole(1100));
    let said = load().unwrap_err().to_string();
    assert!(
        said.contains("train.bin: 1,101 tokens from place 100 of the split on are all 0"),
        "{said}"
    );
}

#[test]
fn a_hole_of_zero_bytes_in_a_text_is_refused_in_every_packing_and_by_every_reader() {
    let folder = Folder::new();
    let (start, rest) = (prose(), prose());
    let apart = folder.file("apart.txt", format!("{start}\0{rest}").as_bytes());
    corpus(&apart);
    // Few enough for what tells text from binary data by its control characters.
    let holed = format!("{start}{}{rest}", "\0".repeat(200));
    let plain = folder.file("holed.txt", holed.as_bytes());
    let said = refusal(&plain);
    let place = start.len().to_string();
    let place = format!("{},{}", &place[..1], &place[1..]);
    assert!(
        said.contains(&format!(
            "holed.txt: 200 zero bytes in a row from byte {place} of its text on"
        )),
        "{said}"
    );
    let mut packed = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(holed.as_bytes()).unwrap();
    let packed = folder.file("holed.txt.gz", &packed.finish().unwrap());
    assert!(refusal(&packed).contains("200 zero bytes in a row"), "{}", refusal(&packed));
    let out = folder.0.path().join("out");
    let call =
        wane(&["data", "prepare", text(&plain), "--tokenizer", "bytes", "--out", text(&out)]);
    assert_eq!(call.code, Some(2), "{}", call.stderr);
    assert!(call.stderr.contains("200 zero bytes") && !out.exists(), "{}", call.stderr);
}

#[test]
#[cfg(unix)]
fn a_file_that_may_grow_no_further_is_named_and_is_no_mistake_of_the_call() {
    let folder = Folder::new();
    let lines: String = (0..4000).map(|line| format!("line {line} of a text\n")).collect();
    let (source, out) = (folder.file("lines.txt", lines.as_bytes()), folder.0.path().join("out"));
    let limited = ["-c", "ulimit -f 8; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_wane")];
    let prepare = ["data", "prepare", text(&source), "--out", text(&out), "--quiet"];
    let call = std::process::Command::new("sh").args(limited).args(prepare).output().unwrap();
    let said = String::from_utf8_lossy(&call.stderr);
    assert_eq!(call.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write") && said.contains(".bin"), "{said}");
    assert!(!out.exists());
}

#[test]
fn utf_8_with_zeros_between_its_documents_is_no_utf_16() {
    let folder = Folder::new();
    for record in ["abc \0 def\n", "id \0 some record text here, number 12\n", "odd\0 length\n"] {
        let path = folder.file("zeros.txt", record.repeat(300).as_bytes());
        let read = corpus(&path);
        assert!(read.recognised.starts_with("UTF-8 text"), "{record:?}: {}", read.recognised);
    }
}

#[test]
fn split_files_that_are_one_are_refused() {
    let folder = Folder::new();
    let write: TokenWriter = |_| as_u16(&numbers(900));
    let same = folder.tokens("same", write);
    let said = refusal(&same);
    assert!(
        said.contains("train.bin and ") && said.contains("val.bin hold the same tokens"),
        "{said}"
    );
    let test = folder.tokens("test", as_u16);
    fs::hard_link(test.join("val.bin"), test.join("test.bin")).unwrap();
    let said = refusal(&test);
    assert!(
        said.contains("val.bin and ") && said.contains("test.bin hold the same tokens"),
        "{said}"
    );
}

/// A text that does not repeat itself.
fn told_once(lines: usize) -> String {
    let line = |place: usize| {
        let digest = format!("{:x}", sha2::Sha256::digest(place.to_string()));
        format!("{}\n", &digest[..40])
    };
    (0..lines).map(line).collect()
}

#[test]
fn held_out_text_that_is_in_train_is_told_before_training_and_above_the_answer() {
    let folder = Folder::new();
    let once = folder.file("once.txt", told_once(200).as_bytes());
    let twice = folder.file("twice.txt", told_once(100).repeat(2).as_bytes());
    let out = folder.0.path().join("out");
    let sweep = |data: &Path, name: &str| {
        let name = format!("name={name}");
        let cut = ["data.train=5000", "data.val=1000", "data.test=500"];
        let set = [&cut[..], &["seeds=[0]", "train.steps=4", "train.warmup=1", &name]].concat();
        let set = set.into_iter().flat_map(|one| ["--set", one]);
        let own = ["sweep", "experiments/quick.toml", "--data", text(data), "--out", text(&out)];
        wane(&own.into_iter().chain(set).collect::<Vec<_>>())
    };
    let call = sweep(&once, "once");
    assert_eq!(call.code, Some(0), "{}", call.stderr);
    assert!(!call.stderr.contains("word for word") && !call.stdout.contains("word for word"));
    let call = sweep(&twice, "twice");
    assert_eq!(call.code, Some(0), "{}", call.stderr);
    assert!(call.stderr.contains("100 % of val stands word for word in train"), "{}", call.stderr);
    let first = call.stdout.lines().find(|line| line.contains("warning:")).unwrap();
    assert!(first.starts_with("warning: TOO LITTLE IS HELD OUT: 100 % of val"), "{}", call.stdout);
    let runs = rows(&out.join("twice/runs.csv"));
    assert!(runs.iter().all(|run| run["val_copied"] == "1.0"), "{:?}", runs[0]["val_copied"]);
    let page = fs::read_to_string(out.join("twice/report.html")).unwrap();
    assert!(
        page.contains("TOO LITTLE IS HELD OUT") && page.contains("stands word for word in train")
    );
}

/// Documents that are shorter than a stretch, every one of which is there twice.
#[test]
fn short_documents_that_are_in_train_stand_above_the_answer() {
    let folder = Folder::new();
    let lines: Vec<String> = (0..200)
        .map(|n| format!("{{\"text\": \"number {} and {}\"}}\n", n * n, n + 1000))
        .collect();
    let copies: String = lines.iter().rev().take(60).cloned().collect();
    let data = folder.file("short.jsonl", (lines.concat() + &copies).as_bytes());
    let out = folder.0.path().join("out");
    let cut = ["data.train=4254", "data.val=500", "data.test=400", "seeds=[0]", "name=short"];
    let set = cut.iter().chain(&["train.steps=4", "train.warmup=1"]).flat_map(|one| ["--set", one]);
    let own = ["sweep", "experiments/quick.toml", "--data", text(&data), "--out", text(&out)];
    let call = wane(&own.into_iter().chain(set).collect::<Vec<_>>());
    assert_eq!(call.code, Some(0), "{}", call.stderr);
    assert!(call.stderr.contains("val documents are also in train"), "{}", call.stderr);
    let first = call.stdout.lines().find(|line| line.contains("warning:")).unwrap();
    assert!(first.starts_with("warning: TOO LITTLE IS HELD OUT: 100 % of val"), "{}", call.stdout);
    let runs = rows(&out.join("short/runs.csv"));
    assert!(runs.iter().all(|run| run["test_copied"] == "1.0"), "{:?}", runs[0]["test_copied"]);
}

/// A sweep of a few steps on data that are cut so.
fn quick_sweep(folder: &Folder, data: &Path, cut: [usize; 3]) -> Call {
    let [train, val, test] = cut;
    let cut =
        [format!("data.train={train}"), format!("data.val={val}"), format!("data.test={test}")];
    let few = ["seeds=[0]", "train.steps=4", "train.warmup=1"].map(str::to_owned);
    let set: Vec<String> =
        cut.into_iter().chain(few).flat_map(|one| ["--set".to_owned(), one]).collect();
    let out = folder.0.path().join("out");
    let own = ["sweep", "experiments/quick.toml", "--data", text(data), "--out", text(&out)];
    wane(&own.into_iter().chain(set.iter().map(String::as_str)).collect::<Vec<_>>())
}

#[test]
fn lines_that_are_in_train_in_another_order_stand_above_the_answer() {
    let folder = Folder::new();
    let lines = told_once(150);
    let other_way: String = lines.lines().rev().take(50).map(|line| format!("{line} \n")).collect();
    let data = folder.file("lines.txt", (lines.clone() + &other_way).as_bytes());
    let call = quick_sweep(&folder, &data, [6000, 1000, 1000]);
    assert!(call.stdout.contains("TOO LITTLE IS HELD OUT: 10"), "{}", call.stdout);
    assert!(call.stderr.contains("test lines are also in train"), "{}", call.stderr);
    // Every third line is another: those are what plays and programs have.
    let some = |at: usize| if at.is_multiple_of(3) { "" } else { " and other words than there" };
    let others = other_way.lines().enumerate().map(|(at, line)| format!("{line}{}\n", some(at)));
    let data = folder.file("some.txt", (lines + &others.collect::<String>()).as_bytes());
    let call = quick_sweep(&folder, &data, [6000, 1000, 1000]);
    assert!(!call.stderr.contains("lines are also in train"), "{}", call.stderr);
}

#[test]
fn copies_in_test_are_told_however_short_val_is() {
    let folder = Folder::new();
    let twice = folder.file("twice.txt", told_once(100).repeat(2).as_bytes());
    let call = quick_sweep(&folder, &twice, [4500, 66, 1000]);
    let told = "100 % of test stands word for word in train";
    assert!(call.stderr.contains(told), "{}", call.stderr);
}

#[test]
fn a_file_of_two_encodings_is_refused_with_the_byte_at_which_the_other_begins() {
    let folder = Folder::new();
    let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let (narrow, marked) = (told_once(40), wide(&format!("\u{feff}{}", told_once(40))));
    for bytes in [
        [narrow.as_bytes(), &wide(&narrow)].concat(),
        [narrow.as_bytes(), &wide(&narrow[..400]), narrow.as_bytes()].concat(),
        [&marked, narrow.as_bytes()].concat(),
    ] {
        let path = folder.file("added.txt", &bytes);
        let said = refusal(&path);
        assert!(
            said.contains("added.txt is UTF-") && said.contains("another encoding begins at byte")
        );
    }
}

#[test]
fn padding_of_test_stands_above_the_answer_and_a_test_of_one_token_is_refused() {
    let folder = Folder::new();
    let file = |name: &str, count: u32, padded: bool| {
        let some = |tokens: &[u32]| match padded {
            true => [tokens, &[198; 100]].concat(),
            false => tokens.to_vec(),
        };
        let tokens: Vec<u32> = numbers(count).chunks(100).flat_map(some).collect();
        folder.file(&format!("padded/{name}.bin"), &as_u16(&tokens));
    };
    file("train", 9000, false);
    file("val", 2000, false);
    file("test", 1000, true);
    let data = folder.0.path().join("padded");
    let call = quick_sweep(&folder, &data, [8000, 1000, 1000]);
    assert!(
        call.stdout.contains("PADDING IS MEASURED: 50 % of test is one token"),
        "{}",
        call.stdout
    );
    folder.file("padded/test.bin", &as_u16(&[198; 2000]));
    let call = quick_sweep(&folder, &data, [8000, 1000, 1000]);
    assert_eq!(call.code, Some(2), "{}", call.stderr);
    assert!(call.stderr.contains("test tokens of"), "{}", call.stderr);
    assert!(
        call.stderr.contains("are all the same: there is nothing to predict"),
        "{}",
        call.stderr
    );
}

#[test]
fn padding_is_told() {
    let folder = Folder::new();
    let padded = folder.tokens("padded", |tokens| {
        let some = |tokens: &[u32]| [tokens, &[198; 100]].concat();
        as_u16(&tokens.chunks(100).flat_map(some).collect::<Vec<_>>())
    });
    let told = corpus(&padded).padding_told().unwrap();
    assert!(
        told.contains("and more of one token are") && told.contains("67 % of val (token 198)"),
        "{told}"
    );
    assert_eq!(corpus(&folder.tokens("plain", as_u16)).padding_told(), None);
}

#[test]
fn what_contradicts_itself_beside_tokens_is_refused() {
    let folder = Folder::new();
    let data = folder.tokens("meta", as_u16);
    let said = |meta: &str| {
        folder.file("meta/meta.json", meta.as_bytes());
        refusal(&data)
    };
    let twice = said(r#"{"vocab_size": 300, "vocab_size": 200}"#);
    assert!(twice.contains("the key `vocab_size` stands twice"), "{twice}");
    let other =
        said(r#"{"vocab_size": 300, "itos": {"0": "a", "1": "b"}, "stoi": {"a": 0, "b": 2}}"#);
    assert!(other.contains("itos names token 1 \"b\", but stoi has another token"), "{other}");
    let one = said(r#"{"vocab_size": 2, "itos": ["a", "a"]}"#);
    assert!(one.contains("it names two tokens 'a'"), "{one}");
    let lines = r#"{"text": "first document of these", "text": "another one"}"#;
    let lines = folder.file("twice.jsonl", format!("{lines}\n").repeat(90).as_bytes());
    assert!(refusal(&lines).contains("line 1 of these JSON lines: the key `text` stands twice"));
}

#[test]
fn tokens_of_eight_bits_have_the_vocabulary_of_bytes() {
    let folder = Folder::new();
    let data = folder.0.path().join("eight");
    for (split, count) in [("train", 700), ("val", 320)] {
        let bytes: Vec<u8> = numbers(count).iter().map(|token| *token as u8).collect();
        folder.file(&format!("eight/{split}.npy"), &npy("|u1", &format!("({count},)"), &bytes));
    }
    assert_eq!(corpus(&data).vocabulary, 256);
}

#[test]
fn a_text_in_which_nothing_can_be_predicted_is_refused() {
    let folder = Folder::new();
    let said = refusal(&folder.file("one.txt", " ".repeat(2000).as_bytes()));
    assert!(said.contains("the 300 val tokens") && said.contains("are all the same"), "{said}");
}

#[test]
fn tokens_that_the_named_tokenizer_does_not_have_are_refused() {
    let folder = Folder::new();
    let data = folder.tokens("wide", |tokens| {
        as_u16(&tokens.iter().map(|token| token + 200).collect::<Vec<_>>())
    });
    folder.file("wide/meta.json", br#"{"vocab_size": 50257, "tokenizer": "bytes"}"#);
    let said = refusal(&data);
    assert!(said.contains("val.bin: the token at place"), "{said}");
    assert!(said.contains("the tokenizer that is named has 256 tokens"), "{said}");
}

#[test]
fn a_table_is_no_text() {
    let folder = Folder::new();
    let table = format!("id,text\n{}", "1,\"To be, or not to be\"\n".repeat(90));
    for name in ["a.csv", "a.TSV", "a.csv.gz"] {
        let said = refusal(&folder.file(name, table.as_bytes()));
        assert!(said.contains("is a table by its name, not a text; export its column"), "{said}");
    }
    corpus(&folder.file("a.txt", table.as_bytes()));
}

/// What nanoGPT's `prepare.py` writes for four characters, in protocol 4.
const META_PKL: &[u8] = b"\x80\x04\x95U\0\0\0\0\0\0\0}\x94(\x8c\nvocab_size\x94K\x04\x8c\x04itos\x94}\x94\
    (K\0\x8c\x01\n\x94K\x01\x8c\x01a\x94K\x02\x8c\x02\xc3\xa9\x94K\x03\x8c\x03\xe2\x80\x94\x94u\x8c\x04stoi\
    \x94}\x94(h\x04K\0h\x05K\x01h\x06K\x02h\x07K\x03uu.";

#[test]
fn vocabulary_and_alphabet_come_from_the_pickle_of_nanogpt() {
    let folder = Folder::new();
    let letters: TokenWriter = |t| as_u16(&t.iter().map(|n| n % 4).collect::<Vec<_>>());
    let path = folder.tokens("char", letters);
    folder.file("char/meta.pkl", META_PKL);
    let read = corpus(&path);
    assert_eq!(read.vocabulary, 4);
    assert_eq!(read.alphabet(), Some(&['\n', 'a', 'é', '—'][..]));
    assert!(read.recognised.ends_with("vocabulary of 4 from meta.pkl"), "{}", read.recognised);
    folder.file("char/meta.json", br#"{"vocab_size": 5}"#);
    assert!(refusal(&path).contains("meta.json has vocab_size 5, but meta.pkl 4"));
    folder.file("char/meta.json", br#"{"vocab_size": 4}"#);
    assert_eq!(corpus(&path).alphabet(), read.alphabet());
    let objects = folder.tokens("objects", letters);
    folder.file("objects/meta.pkl", b"cnumpy\nint64\n(I4\ntR.");
    let said = refusal(&objects);
    assert!(said.contains("Python object") && said.contains("write meta.json"), "{said}");
}

#[test]
fn plan_and_report_say_what_was_recognised_and_what_is_unseen() {
    let folder = Folder::new();
    let late = format!("\u{feff}{}{}", prose(), "ÄÖ ".repeat(100));
    let data = folder.file("text.txt", late.as_bytes());
    let spec = fixture("tiny.toml");
    let call = wane_ok(&["plan", text(&spec), "--data", text(&data)]);
    for line in [
        "recognised   UTF-8 text with a byte-order mark, 2,220 characters\n",
        "alphabet     33 characters: \\n ,.3BHVZ",
        "unseen       at most 200 of 300 val tokens (66.67 %) never occur in train\n",
    ] {
        assert!(call.stdout.contains(line), "{line}: {}", call.stdout);
    }
    let out = folder.0.path().join("results");
    let call = wane_ok(&["sweep", text(&spec), "--data", text(&data), "--out", text(&out)]);
    assert!(call.stderr.contains("200 of 300 val tokens"), "{}", call.stderr);
    let alarm = "warning: TRAIN LACKS WHAT IS HELD OUT: 66.7 % of val is tokens that never occur";
    assert!(call.stdout.contains(alarm), "{}", call.stdout);
    let page = fs::read_to_string(out.join("tiny/report.html")).unwrap();
    assert!(page.contains("UTF-8 text with a byte-order mark, 2,220 characters"));
    assert!(page.contains("200 of 300 val tokens"));
}

#[test]
fn every_command_that_reads_data_refuses_it_alike_before_it_writes() {
    let folder = Folder::new();
    let chinese = "天地玄黄，宇宙洪荒。日月盈昃，辰宿列张。\n".repeat(60);
    let mut bytes = vec![0; 2 * chinese.len()];
    let mut encoder = encoding_rs::GBK.new_encoder();
    let (_, _, written, _) = encoder.encode_from_utf8(&chinese, &mut bytes, true);
    let data = folder.file("it's.txt", &bytes[..written]);
    let out = folder.0.path().join("results");
    let spec = fixture("tiny.toml");
    for name in ["sweep", "train", "plan", "manifest", "status", "collect"] {
        let mut call = vec![name, text(&spec), "--data", text(&data)];
        if name != "manifest" {
            call.extend(["--out", text(&out)]);
        }
        let call = wane(&call);
        assert_eq!(call.code, Some(2), "{name}: {}", call.stderr);
        assert!(call.stderr.contains("it looks like GBK"), "{name}: {}", call.stderr);
        assert!(call.stderr.contains("iconv -f GBK -t UTF-8 \""), "{name}: {}", call.stderr);
        assert!(!out.exists(), "{name}");
    }
}

#[test]
#[cfg(unix)]
fn data_that_can_be_read_once_only_is_refused_at_once() {
    let spec = fixture("tiny.toml");
    for (path, expected) in [
        ("-", "standard input"),
        ("/dev/stdin", "is a pipe or a device"),
        ("/dev/fd/0", "is a pipe or a device"),
        ("/dev/zero", "is a pipe or a device"),
    ] {
        let mut call = command(&["plan", text(&spec), "--data", path]);
        let mut child = call
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdin.take());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(expected), "{path}: {said}");
        assert_eq!(output.status.code(), Some(2));
    }
}

/// Real text: 9,000 characters of Shakespeare.
fn shakespeare() -> PathBuf {
    project().join("tests/fixtures/ngram/text.txt")
}

#[test]
fn every_seed_has_an_excerpt_of_its_own_and_runs_are_told_by_their_texts() {
    let folder = Folder::new();
    let (spec, data, out) = (fixture("tiny.toml"), shakespeare(), folder.0.path().join("out"));
    let call = wane_ok(&["sweep", text(&spec), "--data", text(&data), "--out", text(&out)]);
    let told = "data.test is not given: 300 test tokens, just before val";
    assert!(call.stderr.contains(told), "{}", call.stderr);
    let experiment = fs::read_to_string(out.join("tiny/experiment.json")).unwrap();
    assert!(experiment.contains("\"pool\": 8"), "what excerpts are cut from: {experiment}");
    let runs = rows(&out.join("tiny/runs.csv"));
    assert!(runs.iter().all(|run| run["texts"] == "per-seed" && run["text_seed"] == run["seed"]));
    for level in ["test_loss", "stopped_test_loss", "test_uniform", "test_unigram", "test_ngram"] {
        assert!(runs.iter().all(|run| run[level].parse::<f64>().unwrap() > 0.0), "{level}");
    }
    let of = |seed: &str, column: &str| -> Vec<&str> {
        let rows = runs.iter().filter(|run| run["seed"] == seed);
        rows.map(|run| run[column].as_str()).collect()
    };
    for column in ["test_ngram", "test_unigram"] {
        assert_ne!(of("0", column)[0], of("1", column)[0], "another text");
        assert!(of("0", column).iter().all(|one| *one == of("0", column)[0]));
    }
    assert!(runs.iter().all(|run| run["test_floor"].is_empty()), "nobody knows it");
    assert_eq!(fs::read_dir(out.join(".levels")).unwrap().count(), 2, "once a text");
}

#[test]
fn reference_levels_that_were_changed_are_computed_again() {
    let folder = Folder::new();
    let (spec, data, out) = (fixture("tiny.toml"), shakespeare(), folder.0.path().join("out"));
    let named = [text(&spec), "--data", text(&data), "--out", text(&out)];
    wane_ok(&[&["sweep"], &named[..]].concat());
    let table = || fs::read(out.join("tiny/runs.csv")).unwrap();
    let (before, mut kept) = (table(), fs::read_dir(out.join(".levels")).unwrap());
    let path = kept.next().unwrap().unwrap().path();
    let whole = fs::read_to_string(&path).unwrap();
    let mut changed: serde_json::Value = serde_json::from_str(&whole).unwrap();
    changed["ngram"] = 0.5.into();
    let mut without = changed.clone();
    without.as_object_mut().unwrap().remove("sha256").unwrap();
    for (call, text) in [("collect", changed), ("sweep", without)] {
        fs::write(&path, serde_json::to_vec_pretty(&text).unwrap()).unwrap();
        wane_ok(&[&[call], &named[..]].concat());
        assert!(table() == before, "{call}");
        assert_eq!(fs::read_to_string(&path).unwrap(), whole, "{call}");
    }
}

#[test]
fn a_fixed_text_without_test_is_the_run_that_it_was_before_there_was_test() {
    let folder = Folder::new();
    let spec = fixture("tiny.toml");
    let sweep = |name: &str, test: &str| {
        let (out, test) = (folder.0.path().join(name), format!("data.test={test}"));
        let set = ["--set", "data.texts=fixed", "--set", &test];
        wane_ok(&[&["sweep", text(&spec), "--out", text(&out)], &set[..]].concat());
        let curves = rows(&out.join("tiny/curves.csv")).into_iter();
        let numbers = curves.map(|row| (row["step"].clone(), row["val_loss"].clone()));
        (rows(&out.join("tiny/runs.csv")), numbers.collect::<Vec<_>>())
    };
    let (before, curves) = sweep("before", "0");
    assert!(before.iter().all(|run| run["test_loss"].is_empty() && run["texts"] == "fixed"));
    assert_eq!(before[0]["run"], PINNED);
    let (with, with_curves) = sweep("with", "300");
    assert_eq!(curves, with_curves, "measuring changes no number");
    assert!(with.iter().all(|run| !run["test_floor"].is_empty()));
    assert_ne!(with[0]["run"], PINNED);
}

/// The first run of `tiny.toml` as it was named before there were test and texts.
const PINNED: &str = "570795e4d856def8";

#[test]
fn seeds_of_text_and_of_weights_can_be_varied_apart() {
    let folder = Folder::new();
    let (spec, out) = (fixture("tiny.toml"), folder.0.path().join("out"));
    let seeds = "seeds=[{ model = 4, data = 5, text = 6 }, { model = 4, data = 5, text = 7 }]";
    wane_ok(&["sweep", text(&spec), "--set", seeds, "--out", text(&out)]);
    let runs = rows(&out.join("tiny/runs.csv"));
    let of = |run: &std::collections::HashMap<String, String>| {
        ["seed", "model_seed", "data_seed", "text_seed"].map(|column| run[column].clone())
    };
    assert_eq!(of(&runs[0]), ["0", "4", "5", "6"]);
    assert_eq!(of(&runs[1]), ["1", "4", "5", "7"]);
}

#[test]
fn plan_says_how_the_source_is_cut() {
    let (spec, data) = (fixture("tiny.toml"), shakespeare());
    let plan = |set: &[&str]| {
        let words = [&["plan", text(&spec), "--data", text(&data)], set].concat();
        wane_ok(&words).stdout
    };
    let own = plan(&[]);
    assert!(own.contains("600 train, 300 val and 300 test tokens"), "{own}");
    assert!(own.contains("texts        per-seed"), "{own}");
    assert!(!own.contains("excerpts     "), "two of 600 lie apart: {own}");
    let half = plan(&["--set", "data.train=4000"]);
    assert!(half.contains("excerpts     they share "), "{half}");
    assert!(half.contains("intervals hold for this source"), "{half}");
    let crowded = plan(&["--set", "data.train=4000", "--seeds", "0,1,2,3,4"]);
    assert!(crowded.contains(": 5 excerpts take "), "{crowded}");
    let fixed = plan(&["--set", "data.train=8000", "--set", "data.test=400"]);
    assert!(fixed.contains("texts        fixed"), "{fixed}");
    assert!(fixed.contains("2 × data.train = 16000"), "{fixed}");
}

#[test]
fn tokens_below_zero_of_16_bits_are_refused_as_those_of_wider_ones() {
    let folder = Folder::new();
    let path = folder.tokens("signed", |tokens| {
        let marked = |(place, token): (usize, &u32)| match place % 50 {
            49 => (-100_i16).to_le_bytes(),
            _ => (*token as u16).to_le_bytes(),
        };
        tokens.iter().enumerate().flat_map(marked).collect()
    });
    folder.file("signed/meta.json", b"{\"vocab_size\": 65536, \"dtype\": \"int16\"}");
    let said = refusal(&path);
    assert!(said.contains("is -100, and tokens are 0 or more"), "{said}");
}

#[test]
fn json_lines_that_say_of_themselves_that_some_are_held_out_are_refused() {
    let folder = Folder::new();
    let line = |place: usize| {
        let split = if place % 3 == 2 { "test" } else { "train" };
        format!("{{\"text\": \"{}\", \"split\": \"{split}\"}}\n", prose().trim())
    };
    let lines = (0..9).map(line).collect::<String>().replace("Haus.\n", "Haus. ");
    let said = refusal(&folder.file("both.jsonl", lines.as_bytes()));
    assert!(
        said.contains("line 3 \"test\"") && said.contains("select(.split == \"train\")"),
        "{said}"
    );
    let one = lines.replace("\"test\"", "\"train\"");
    corpus(&folder.file("one.jsonl", one.as_bytes()));
}

#[test]
fn two_documents_are_told_to_make_no_three_splits() {
    let folder = Folder::new();
    folder.file("two/a.txt", told_once(30).as_bytes());
    folder.file("two/b.txt", told_once(40).as_bytes());
    let cut = Cut { train: 300, val: 300, test: Some(300), ..CUT };
    let path = folder.0.path().join("two");
    let error = Corpus::load(&Source::parse(text(&path)), &cut, &[]).unwrap_err();
    let said = format!("{error:#}");
    assert!(said.contains("two documents make no three splits: go without test"), "{said}");
    Corpus::load(&Source::parse(text(&path)), &Cut { test: Some(0), ..cut }, &[]).unwrap();
}
