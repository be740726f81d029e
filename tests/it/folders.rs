//! Whose a folder of results is, and what is not written over.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
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
#[cfg(unix)]
fn a_link_in_the_place_of_the_lock_of_a_name_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (out, own) = (folder.path(), folder.path().join("own.txt"));
    fs::write(&own, "mine").unwrap();
    fs::create_dir(out.join(".presented")).unwrap();
    std::os::unix::fs::symlink(&own, out.join(".presented/tiny.lock")).unwrap();
    let call = wane(&sweep(out, &[]));
    assert_eq!(call.code, Some(1), "{}", call.stderr);
    assert!(call.stderr.contains("tiny.lock: it is not a plain file"), "{}", call.stderr);
    assert_eq!(fs::read_to_string(&own).unwrap(), "mine");
}

/// A sweep that has begun to train.
fn begun(out: &Path) -> Child {
    let child = command(&sweep(out, &["--set", "train.steps=2000"]))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let deadline = Instant::now() + Duration::from_secs(120);
    while fs::read_dir(out.join(".runs")).map_or(0, Iterator::count) == 0 {
        assert!(Instant::now() < deadline, "no run began");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

#[test]
#[cfg(unix)]
fn results_are_not_written_into_a_folder_that_took_the_place_of_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let (out, moved) = (folder.path().join("results"), folder.path().join("moved"));
    let first = begun(&out);
    fs::rename(&out, &moved).unwrap();
    fs::create_dir(&out).unwrap();
    let call = first.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&call.stderr);
    assert_eq!(call.status.code(), Some(1), "{said}");
    assert!(said.contains("was moved or replaced"), "{said}");
    assert!(!out.join("tiny").exists(), "nothing is written there");
}

#[test]
fn a_sweep_whose_lock_is_cleared_away_while_it_trains_writes_its_results() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("results");
    let first = begun(&out);
    fs::remove_dir_all(out.join(".presented")).unwrap();
    let call = first.wait_with_output().unwrap();
    assert_eq!(call.status.code(), Some(0), "{}", String::from_utf8_lossy(&call.stderr));
    assert!(out.join("tiny/report.html").exists());
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
    for name in ["search.csv", "tokenizer.json", "alphabet.json", "table.csv", "table.md"] {
        let own = own.with_file_name(name);
        fs::write(&own, "mine").unwrap();
        refused(&call, &[name, "experiment.json", "--replace"]);
        assert_eq!(fs::read_to_string(&own).unwrap(), "mine");
        fs::remove_file(&own).unwrap();
    }
    wane_ok(&call);
    assert_eq!(fs::read_to_string(own.with_file_name("notes.txt")).unwrap(), "mine");
}

#[test]
#[cfg(unix)]
fn what_cannot_be_looked_at_is_not_taken_for_what_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let (out, tiny) = (folder.path(), folder.path().join("tiny"));
    fs::create_dir(&tiny).unwrap();
    // The superuser may look at whatever has permissions, but nobody along a link to itself.
    for name in ["experiment.json", "runs.csv"] {
        std::os::unix::fs::symlink(tiny.join(name), tiny.join(name)).unwrap();
    }
    refused(&sweep(out, &[]), &["cannot look at", "experiment.json"]);
    refused(&["report".to_owned(), text(&tiny).to_owned()], &["cannot read", "runs.csv"]);
    let compare = ["compare", text(&tiny), text(&tiny)].map(str::to_owned);
    refused(&compare, &["cannot read", "experiment.json"]);
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
    assert_eq!(report("new").code, Some(0), "its own report is replaced");
    for (name, contents) in
        [("claims.csv", "mine"), ("report.html", "<html>Taiwanese recipes</html>")]
    {
        let theirs = path("theirs").join(name);
        fs::create_dir_all(path("theirs")).unwrap();
        fs::write(&theirs, contents).unwrap();
        let call = report("theirs");
        assert!(call.code == Some(2) && call.stderr.contains(name), "{}", call.stderr);
        assert_eq!(fs::read_to_string(&theirs).unwrap(), contents);
        fs::remove_file(theirs).unwrap();
    }
}

#[test]
fn a_table_of_runs_that_lost_rows_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    wane_ok(&sweep(out, &[]));
    let (tiny, runs) = (out.join("tiny"), out.join("tiny/runs.csv"));
    let table = fs::read_to_string(&runs).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    fs::write(&runs, lines[..lines.len() - 1].join("\n") + "\n").unwrap();
    refused(&["report".to_owned(), text(&tiny).to_owned()], &["runs.csv has no row of run"]);
    let compare = ["compare", text(&tiny), text(&tiny)].map(str::to_owned);
    refused(&compare, &["runs.csv has no row of run"]);
    fs::write(&runs, format!("{}\n", lines[0])).unwrap();
    fs::remove_file(tiny.join("curves.csv")).unwrap();
    refused(&compare, &["runs.csv holds no run"]);
}

#[test]
fn a_manifest_that_lost_rows_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    wane_ok(&sweep(out, &[]));
    let (tiny, manifest) = (out.join("tiny"), out.join("tiny/manifest.csv"));
    let table = fs::read_to_string(&manifest).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    let count = lines.len();
    // Four arms have the same parameters.
    let arm = (count - 1) / 4;
    let without = |gone: Range<usize>| [&lines[..gone.start], &lines[gone.end..]].concat();
    let of_arm = "for the arm with form adamw, mask matrices, weight_decay 0";
    for (gone, said) in [
        (1..2, &["no row of `wte.weight`", of_arm][..]),
        (arm / 2..arm / 2 + 1, &["no row of `h.0.", of_arm]),
        (
            count - 1..count,
            &["no row of `ln_f.bias` for the arm with", "mask global, weight_decay 1;"],
        ),
        (count - arm..count, &["no row of the arm of run"]),
        (1..count, &["no row of the arm of run"]),
    ] {
        fs::write(&manifest, without(gone).join("\n") + "\n").unwrap();
        let said = [&["manifest.csv has", "wane collect SPEC"], said].concat();
        refused(&["report".to_owned(), text(&tiny).to_owned()], &said);
    }
    let page = fs::read(tiny.join("report.html")).unwrap();
    let mut sorted = lines[1..].to_vec();
    sorted.sort_by_key(|line| line.split(',').nth(3).map(str::to_owned));
    fs::write(&manifest, [&lines[..1], &sorted].concat().join("\n") + "\n").unwrap();
    wane_ok(&["report", text(&tiny)]);
    assert!(fs::read(tiny.join("report.html")).unwrap() == page, "of the same arms");
    fs::write(&manifest, table).unwrap();
    wane_ok(&["report", text(&tiny)]);
}

/// A table with this cell in its last line, in the column of this name.
pub fn with_last(table: &str, column: &str, cell: &str) -> String {
    let (before, last) = table.trim_end().rsplit_once('\n').unwrap();
    let place = table.lines().next().unwrap().split(',').position(|one| one == column).unwrap();
    let mut cells: Vec<&str> = last.split(',').collect();
    cells[place] = cell;
    format!("{before}\n{}\n", cells.join(","))
}

#[test]
fn curves_that_contradict_the_table_of_runs_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    wane_ok(&sweep(out, &[]));
    let (tiny, curves) = (out.join("tiny"), out.join("tiny/curves.csv"));
    let table = fs::read_to_string(&curves).unwrap();
    for (column, cell, said) in [
        ("val_loss", "1.5", "has a val loss of 1.5 at its last step"),
        ("step", "1500000", "and an evaluation at step 1500000"),
        ("train_loss", "-1", "has a loss below 0 at step"),
    ] {
        let without_gap = with_last(&table, "gap", "");
        fs::write(&curves, with_last(&without_gap, column, cell)).unwrap();
        for call in [
            &["report", text(&tiny)][..],
            &["compare", text(&tiny), text(&tiny)],
            &["export", text(&tiny), "--to", "pytorch"],
        ] {
            let call: Vec<String> = call.iter().map(|word| word.to_string()).collect();
            refused(&call, &["curves.csv: run ", said]);
        }
    }
    fs::write(&curves, table).unwrap();
    wane_ok(&["report", text(&tiny)]);
}

#[test]
fn what_cannot_be_replaced_by_results_is_told_before_anything_is_trained() {
    let folder = tempfile::tempdir().unwrap();
    let (out, tiny) = (folder.path(), folder.path().join("tiny"));
    wane_ok(&sweep(out, &["--seeds", "0"]));
    let both = sweep(out, &["--seeds", "0,1"]);
    for name in ["runs.csv", "report.html", "search.csv", "tokenizer.json"] {
        let _ = fs::remove_file(tiny.join(name));
        fs::create_dir(tiny.join(name)).unwrap();
        refused(&both, &[name, "not a plain file", "move it away"]);
        fs::remove_dir(tiny.join(name)).unwrap();
    }
    fs::remove_dir_all(tiny.join("figures")).unwrap();
    fs::write(tiny.join("figures"), "mine").unwrap();
    refused(&both, &["figures is no folder; expected one"]);
    fs::remove_file(tiny.join("figures")).unwrap();
    wane_ok(&both);
}

#[test]
fn what_an_experiment_did_not_write_into_its_folder_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let (out, tiny) = (folder.path(), folder.path().join("tiny"));
    wane_ok(&sweep(out, &["--seeds", "0"]));
    let both = sweep(out, &["--seeds", "0,1"]);
    let report = ["report", text(&tiny)].map(str::to_owned);
    let tables = ["search.csv", "tokenizer.json", "claims.csv", "table.csv", "table.md"];
    let drawings = ["figures/values-table.svg", "figures/values-table.png"];
    for (place, name) in tables.iter().chain(&drawings).enumerate() {
        let own = tiny.join(name);
        assert!(!own.exists(), "{name}");
        fs::write(&own, "mine,too\n1,2\n").unwrap();
        refused(&both, &["nothing says that wane wrote", name, "move it away"]);
        // A report leaves decisions and tokenizers alone.
        if place > 1 {
            refused(&report, &["nothing says that wane wrote", name]);
        }
        assert_eq!(fs::read_to_string(&own).unwrap(), "mine,too\n1,2\n");
        fs::remove_file(&own).unwrap();
    }
    wane_ok(&both);
    wane_ok(&report);
}

#[test]
fn ones_own_results_are_replaced_where_drawings_are_gone_and_a_spreadsheet_saved_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let (out, tiny) = (folder.path(), folder.path().join("tiny"));
    wane_ok(&sweep(out, &["--seeds", "0,1"]));
    let drawings = fs::read_dir(tiny.join("figures")).unwrap().map(|one| one.unwrap().path());
    let is_in_words = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "svg");
    let in_words: Vec<PathBuf> = drawings.filter(is_in_words).collect();
    in_words.iter().for_each(|path| fs::remove_file(path).unwrap());
    let table = tiny.join("claims.csv");
    fs::write(&table, "claim;compared;verdict\r\na;b;c\r\n").unwrap();
    wane_ok(&["report", text(&tiny)]);
    assert!(!table.exists() && in_words.iter().all(|path| path.is_file()));
    fs::remove_file(&in_words[0]).unwrap();
    wane_ok(&sweep(out, &["--seeds", "0,1,2"]));
}

#[test]
#[cfg(unix)]
fn a_pipe_in_the_place_of_a_table_is_not_read_forever() {
    let folder = tempfile::tempdir().unwrap();
    let (out, runs) = (folder.path(), folder.path().join("tiny/runs.csv"));
    wane_ok(&sweep(out, &[]));
    fs::remove_file(&runs).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&runs).status().unwrap().success());
    refused(&sweep(out, &[]), &["runs.csv is not a plain file"]);
}

#[test]
fn numbers_that_were_not_written_to_their_end_are_told_by_nobody_until_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    wane_ok(&sweep(out, &[]));
    let tiny = out.join("tiny");
    let page = fs::read(tiny.join("report.html")).unwrap();
    // As a call leaves it that is killed while it replaces the numbers.
    fs::write(tiny.join(".half-written"), "").unwrap();
    let words = ["not written to their end", "wane collect SPEC"];
    for call in [
        &["report", text(&tiny)][..],
        &["explain", text(&tiny)],
        &["compare", text(&tiny), text(&tiny)],
        &["export", text(&tiny), "--to", "pytorch"],
    ] {
        refused(&call.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>(), &words);
    }
    assert!(wane(&["sample", text(&tiny)]).stderr.contains(words[0]));
    assert_eq!(fs::read(tiny.join("report.html")).unwrap(), page);
    wane_ok(&sweep(out, &[]));
    assert!(!tiny.join(".half-written").exists());
    wane_ok(&["report", text(&tiny)]);
}

#[test]
fn numbers_whose_runs_are_not_here_are_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let (home, moved) = (folder.path().join("home"), folder.path().join("moved"));
    wane_ok(&sweep(&home, &[]).iter().map(String::as_str).collect::<Vec<_>>());
    fs::create_dir(&moved).unwrap();
    fs::rename(home.join("tiny"), moved.join("tiny")).unwrap();
    let before = fs::read(moved.join("tiny/runs.csv")).unwrap();
    let words = ["holds the numbers of 6 runs of this spec", "--replace"];
    refused(&sweep(&moved, &[]), &words);
    // A part of the runs alone.
    let run = fs::read_dir(home.join(".runs")).unwrap().next().unwrap().unwrap();
    fs::create_dir(moved.join(".runs")).unwrap();
    fs::rename(run.path(), moved.join(".runs").join(run.file_name())).unwrap();
    let tiny = fixture("tiny.toml");
    let collect = ["collect", text(&tiny), "--out", text(&moved)];
    refused(&collect.map(str::to_owned), &["holds the numbers of 5 runs of this spec"]);
    assert_eq!(fs::read(moved.join("tiny/runs.csv")).unwrap(), before);
    assert_eq!(wane(&[&collect[..], &["--replace"]].concat()).code, Some(1));
}

#[test]
fn a_folder_that_is_not_there_is_named_and_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let mistyped = folder.path().join("resluts");
    let spec = fixture("tiny.toml");
    let renamed = vec!["cancel", text(&spec), "--set", "name=other"];
    for call in [vec!["status"], vec!["cancel", text(&spec)], renamed] {
        let words = [call, vec!["--out", text(&mistyped)]].concat();
        refused(
            &words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>(),
            &["resluts is not a folder"],
        );
    }
    let told = wane_ok(&["status", text(&spec), "--out", text(&mistyped)]);
    assert!(told.stderr.contains("there is no such folder"), "{}", told.stderr);
    assert!(!mistyped.exists());
    let empty = wane_ok(&["status", "--out", text(folder.path())]);
    assert!(empty.stdout.starts_with("no run is in "), "{}", empty.stdout);
}

#[test]
fn a_file_where_judge_was_to_make_a_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (runs, file) = (folder.path().join("runs.csv"), folder.path().join("report"));
    let lines = ["0.0,0,2.1", "0.0,1,2.2", "0.0,2,2.0", "0.1,0,2.0", "0.1,1,2.15", "0.1,2,1.9"];
    fs::write(&runs, format!("weight_decay,seed,val_loss\n{}\n", lines.join("\n"))).unwrap();
    fs::write(&file, "mine").unwrap();
    let words = ["judge", text(&runs), "--arm", "weight_decay", "--out", text(&file)];
    refused(&words.map(str::to_owned), &["report is a file; expected a folder"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn a_plan_says_how_much_is_left_to_train() {
    let folder = tempfile::tempdir().unwrap();
    let spec = fixture("tiny.toml");
    let plan = || wane_ok(&["plan", text(&spec), "--out", text(folder.path())]).stdout;
    assert!(plan().contains("to train on in all runs together"), "{}", plan());
    wane_ok(&sweep(folder.path(), &["--seeds", "0"]));
    assert!(plan().contains("left to train on\n"), "{}", plan());
    wane_ok(&sweep(folder.path(), &[]));
    assert!(plan().contains("in all runs together, none left to train on"), "{}", plan());
}

#[test]
fn another_experiment_whose_runs_cannot_be_read_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    wane_ok(&sweep(out, &[]));
    let spec = fs::read_to_string(fixture("tiny.toml")).unwrap();
    let other = out.join("other.toml");
    fs::write(&other, spec.replace("channels = 8", "channels = 4")).unwrap();
    let runs = out.join("tiny/runs.csv");
    let damaged = fs::read_to_string(&runs).unwrap() + "garbage\n";
    fs::write(&runs, &damaged).unwrap();
    let call = wane(&["sweep", text(&other), "--out", text(out), "--quiet"]);
    assert!(call.code == Some(2) && call.stderr.contains("--replace"), "{}", call.stderr);
    assert_eq!(fs::read_to_string(&runs).unwrap(), damaged);
    wane_ok(&sweep(out, &[]));
    assert!(!fs::read_to_string(&runs).unwrap().contains("garbage"));
}

#[test]
fn an_experiment_that_replaces_a_search_leaves_none_of_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    let search = fixture("search.toml");
    let few = ["--set", "name=tiny", "--set", "train.steps=20", "--set", "train.eval_every=10"];
    wane_ok(&[&["sweep", text(&search), "--out", text(out), "--quiet"][..], &few].concat());
    assert!(out.join("tiny/search.csv").is_file());
    wane_ok(&sweep(out, &["--replace"]));
    assert!(!out.join("tiny/search.csv").exists());
}

/// Two texts whose characters have the same order have the same tokens, and not the same bytes.
#[test]
fn bits_per_byte_are_those_of_the_text_whatever_lies_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let latin: String =
        (0..4000_usize).map(|place| ['a', 'b', 'c', 'd'][place * place % 97 % 4]).collect();
    let cyrillic: String =
        latin.chars().map(|one| ['а', 'б', 'в', 'г'][one as usize - 97]).collect();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let (latin, cyrillic) = (write("latin.txt", &latin), write("cyrillic.txt", &cyrillic));
    let (both, alone) = (folder.path().join("both"), folder.path().join("alone"));
    let train = |out: &Path, name: &str, data: &Path| {
        let more = ["--data", text(data), "--set", "data.train=1500", "--set", "data.test=300"];
        let name = format!("name={name}");
        wane_ok(&sweep(out, &[&more[..], &["--set", name.as_str()]].concat()));
    };
    train(&both, "latin", &latin);
    train(&both, "cyrillic", &cyrillic);
    train(&alone, "cyrillic", &cyrillic);
    let bytes =
        |out: &Path| rows(&out.join("cyrillic/runs.csv"))[0]["test_bytes_per_token"].clone();
    assert_eq!((bytes(&both), bytes(&alone)), ("2.0".to_owned(), "2.0".to_owned()));
}
