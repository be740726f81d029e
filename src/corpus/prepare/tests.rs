use std::cell::Cell;
use std::path::Path;

use serde_json::{Value, json};

use super::*;

/// Prepares a text with bytes as tokens, whose tokenizer.json has `more` in it.
fn prepared(folder: &Path, name: &str, text: &str, more: &Value) -> Prepared {
    let mut json: Value = serde_json::from_str(&Tokenizer::bytes().to_json()).unwrap();
    json.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let [source, tokenizer] = [(name, text.to_owned()), ("t.json", json.to_string())].map(
        |(name, contents): (&str, String)| {
            let path = folder.join(name);
            std::fs::write(&path, contents).unwrap();
            path
        },
    );
    let out = folder.join("out");
    let _ = std::fs::remove_dir_all(&out);
    let shares = Shares { val: 0.2, test: 0.2 };
    let tokenizer = Choice::File(tokenizer);
    let order = Order { source, text_field: None, tokenizer, shares, seed: 0, out };
    prepare(&order, &|_, _| (), &|| Ok(())).unwrap()
}

fn tokens(folder: &Path, split: &str) -> Vec<u16> {
    let bytes = std::fs::read(folder.join(format!("out/{split}.bin"))).unwrap();
    bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect()
}

#[test]
fn empty_documents_are_dropped_as_they_are_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let line = |text: &str| format!("{}\n", json!({"text": text}));
    let full: Vec<String> = (0..20).map(|one| line(&format!("document {one}."))).collect();
    let plain = prepared(folder.path(), "a.jsonl", &full.concat(), &json!({}));
    let expected = tokens(folder.path(), "train");
    let between = full.join(&line("")) + &line("");
    let holed = prepared(folder.path(), "a.jsonl", &(line("") + &between), &json!({}));
    assert_eq!((holed.files, holed.copies), (plain.files, 0));
    assert_eq!(tokens(folder.path(), "train"), expected);
    let documents = full.len().to_string();
    let separated = (0..20).map(|one| format!("document {one}.")).collect::<Vec<_>>();
    let text = separated.join("<|endoftext|><|endoftext|>");
    let of_text = prepared(folder.path(), "a.txt", &text, &json!({}));
    let count: u64 = of_text.files.iter().map(|one| one.documents).sum();
    assert_eq!(count.to_string(), documents);
}

#[test]
fn what_is_stopped_while_it_is_written_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (source, out) = (folder.path().join("a.txt"), folder.path().join("out"));
    std::fs::write(&source, "to be or not to be\n".repeat(60)).unwrap();
    let (tokenizer, shares) = (Choice::Bytes, Shares { val: 0.2, test: 0.2 });
    let order = Order { source, text_field: None, tokenizer, shares, seed: 0, out };
    let asked = Cell::new(0);
    let go_on = || {
        asked.set(asked.get() + 1);
        ensure!(asked.get() < 2, "stopped");
        Ok(())
    };
    let error = prepare(&order, &|_, _| (), &go_on).unwrap_err();
    assert_eq!((error.to_string().as_str(), asked.get()), ("stopped", 2));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "the text alone");
}

#[test]
fn tokens_that_do_not_give_their_text_back_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let text = "To be, or not  to be, that is the question:\n".repeat(60);
    let whole = prepared(folder.path(), "a.txt", &text, &json!({}));
    assert_eq!(whole.lost_told(), None);
    let bytes = json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false});
    for first in [
        json!({"type": "Whitespace"}),
        json!({"type": "Split", "pattern": {"String": "\n"}, "behavior": "Removed", "invert": false}),
    ] {
        let more = json!({"pre_tokenizer": {"type": "Sequence", "pretokenizers": [first, bytes]}});
        let lossy = prepared(folder.path(), "a.txt", &text, &more);
        assert!(lossy.lost_told().unwrap().contains("in bits per byte"), "{more}");
        assert!(lossy.files.iter().all(|file| !file.gives_back), "{more}");
    }
    let of_train = format!("{}{}", "TO BE\n".repeat(60), "to be\n".repeat(90));
    let lower = json!({"normalizer": {"type": "Lowercase"}});
    let told = prepared(folder.path(), "a.txt", &of_train, &lower).lost_told().unwrap();
    assert!(told.starts_with("tokens of train") && !told.contains("bits per byte"), "{told}");
}

#[test]
fn a_document_that_cannot_be_cut_has_the_tokens_of_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let text = "to be or not to be, that is the question\n".repeat(10_000);
    let prepend = json!({"normalizer": {"type": "Prepend", "prepend": "_"}});
    let found = prepared(folder.path(), "a.txt", &text, &prepend);
    assert_eq!(found.cuts, None);
    let train = tokens(folder.path(), "train");
    assert_eq!(train.len() as u64, found.files[0].bytes + 1);
    assert_eq!(train.iter().filter(|token| **token == u16::from(b'_')).count(), 1);
}

#[test]
fn a_source_that_changes_while_it_is_read_is_refused_and_nothing_is_left() {
    let record = |one: usize| format!("{}\n", json!({"text": format!("document {one}.")}));
    let [fewer, records] = [8, 9].map(|count| (0..count).map(record).collect::<String>());
    let lines = "To be or not to be.\n".repeat(50);
    let grown = format!("{lines}That is the question.\n");
    let other = lines.replace('b', "s");
    for (name, before, after) in [
        ("a.txt", &lines, &grown),
        ("a.txt", &grown, &lines),
        ("a.txt", &lines, &other),
        ("a.jsonl", &fewer, &records),
        ("a.jsonl", &records, &fewer),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (source, out) = (folder.path().join(name), folder.path().join("out"));
        std::fs::write(&source, before).unwrap();
        let change = || std::fs::write(&source, after).map_err(anyhow::Error::from);
        let (source, tokenizer) = (source.clone(), Choice::Bytes);
        let shares = Shares { val: 0.2, test: 0.2 };
        let order = Order { source, text_field: None, tokenizer, shares, seed: 0, out };
        let said = format!("{:#}", prepare(&order, &|_, _| (), &change).unwrap_err());
        assert!(said.contains(name) && said.contains("changed while it was read"), "{said}");
        assert!(!order.out.exists());
    }
}
