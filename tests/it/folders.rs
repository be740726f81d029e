//! Whose a folder of results is, and what is not written over.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::common::{Call, command, fixture, rows, text, wane, wane_ok};

fn sweep<'a>(out: &'a Path, more: &[&'a str]) -> Vec<String> {
    let spec = fixture("tiny.toml");
    let words = ["sweep", text(&spec), "--out", text(out), "--quiet"];
    words.iter().chain(more).map(|word| (*word).to_owned()).collect()
}

fn refused(arguments: &[String], words: &[&str]) {
    let call = wane(arguments);
    assert_eq!(call.code, Some(2), "{}", call.stderr);
    for word in words {
        assert!(call.stderr.contains(word), "{word}: {}", call.stderr);
    }
}

/// A sweep that no test waits for, once it holds the name of its experiment.
fn under_way(out: &Path) -> Child {
    let mut long = command(&sweep(out, &["--set", "train.steps=100000"]));
    let child =
        long.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts");
    let (lock, deadline) =
        (out.join(".presented/tiny.lock"), Instant::now() + Duration::from_secs(120));
    while fs::read(&lock).map_or(true, |text| text.is_empty()) {
        assert!(Instant::now() < deadline, "no name was held");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

#[test]
fn two_experiments_of_one_name_are_not_trained_into_one_folder_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    let mut first = under_way(out);
    let other = sweep(out, &["--set", "train.steps=7"]);
    refused(&other, &["another call of wane", "tiny", "--out"]);
    wane_ok(&sweep(out, &["--set", "train.steps=7", "--set", "name=other"]));
    // The same experiment may be trained by several calls.
    let mut twin = under_way(out);
    first.kill().unwrap();
    first.wait().unwrap();
    let lock = fs::File::open(out.join(".presented/tiny.lock")).unwrap();
    while lock.try_lock().is_ok() {
        lock.unlock().unwrap();
        std::thread::sleep(Duration::from_millis(20));
    }
    refused(&other, &["another call of wane"]);
    twin.kill().unwrap();
    twin.wait().unwrap();
    wane_ok(&other);
    assert!(rows(&out.join("tiny/runs.csv")).iter().all(|row| row["steps"] == "7"));
}

#[test]
fn files_that_no_experiment_wrote_are_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let (out, own) = (folder.path(), folder.path().join("tiny/runs.csv"));
    fs::create_dir(own.parent().unwrap()).unwrap();
    fs::write(&own, "a,b\n1,2\n").unwrap();
    fs::write(own.with_file_name("notes.txt"), "mine").unwrap();
    let call = sweep(out, &[]);
    refused(&call, &["runs.csv", "experiment.json", "--replace"]);
    assert_eq!(fs::read_to_string(&own).unwrap(), "a,b\n1,2\n");
    fs::remove_file(&own).unwrap();
    wane_ok(&call);
    assert_eq!(fs::read_to_string(own.with_file_name("notes.txt")).unwrap(), "mine");
}

#[test]
fn a_report_is_not_written_over_that_of_another_experiment() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    wane_ok(&sweep(out, &[]));
    wane_ok(&sweep(out, &["--set", "name=other"]));
    let path = |name: &str| out.join(name);
    let page = fs::read(path("other/report.html")).unwrap();
    let report =
        |to: &str| -> Call { wane(&["report", text(&path("tiny")), "--out", text(&path(to))]) };
    let call = report("other");
    assert_eq!(call.code, Some(2), "{}", call.stderr);
    assert!(call.stderr.contains("is the folder of an experiment"), "{}", call.stderr);
    assert_eq!(fs::read(path("other/report.html")).unwrap(), page);
    assert_eq!((report("tiny").code, report("new").code), (Some(0), Some(0)));
    assert!(path("new/report.html").is_file());
}
