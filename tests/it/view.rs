//! Sweeps that are watched: over HTTP as a program sees them, and in a browser as a person does.
#![cfg(unix)]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::browser::Browser;
use crate::common::{command, fixture, rows, text, wane, wane_ok};
use crate::folders::with_last;

/// Two λ at two learning rates under three seeds.
const ARMS: &str = "[[arm]]\nform = \"adamw\"\nmask = \"matrices\"\nweight_decay = [0.0, 1.0]\nlr = [1e-3, 1e-2]\n";

/// Writes a spec of twelve runs of eleven evaluations.
fn spec(folder: &Path) -> PathBuf {
    let tiny = fs::read_to_string(fixture("tiny.toml")).unwrap();
    let arms = &tiny[tiny.find("[[arm]]").unwrap()..];
    let spec = tiny
        .replace(arms, ARMS)
        .replace("\"tiny\"", "\"watched\"")
        .replace("seeds = [0, 1]", "seeds = [0, 1, 2]")
        .replace("steps = 6", "steps = 40")
        .replace("eval_every = 3", "eval_every = 4");
    let path = folder.join("watched.toml");
    fs::write(&path, spec).unwrap();
    path
}

/// Trains it, or a part of it.
fn sweep(spec: &Path, out: &Path, more: &[&str]) {
    wane_ok(&[&["sweep", text(spec), "--out", text(out), "-q"][..], more].concat());
}

/// A server that ends with its test.
pub struct View {
    child: Child,
    /// What it said until it began to answer.
    said: String,
    address: String,
}

impl View {
    pub fn of(folder: &Path) -> Self {
        Self::with(folder, &["--port", "0"])
    }

    fn with(folder: &Path, more: &[&str]) -> Self {
        let words = [&["view", text(folder)][..], more].concat();
        let mut child =
            command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let mut said = String::new();
        let address = loop {
            let line = lines.next().unwrap_or_else(|| panic!("it ended: {said}"));
            said += &line;
            if let Some((address, _)) = line.split_once(" shows ") {
                break address.strip_prefix("http://").unwrap().to_owned();
            }
        };
        // What it says later has a reader.
        std::thread::spawn(move || lines.for_each(drop));
        View { child, said, address }
    }

    fn page(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// The whole answer to a request as it is sent.
    fn ask(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn get(&self, path: &str) -> String {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.address))
    }

    pub fn json(&self, path: &str) -> Value {
        let answer = self.get(path);
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{path}: {answer}");
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    /// The sweep that is listed under a name.
    pub fn id(&self, name: &str) -> String {
        let sweeps = self.json("/sweeps");
        let found = sweeps.as_array().unwrap().iter().find(|one| one["name"] == name);
        found.unwrap_or_else(|| panic!("{sweeps}"))["id"].as_str().unwrap().to_owned()
    }

    /// Asks it to end; returns its exit code and what it printed on stdout.
    fn stop(mut self) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        let mut printed = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
        (self.child.wait().unwrap().code(), printed)
    }
}

impl Drop for View {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Every file below a folder with its bytes and when it was written.
fn files_below(folder: &Path) -> Vec<(PathBuf, Vec<u8>, SystemTime)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files_below(&path)),
            false => {
                let written = fs::metadata(&path).unwrap().modified().unwrap();
                found.push((path.clone(), fs::read(&path).unwrap(), written));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn only_known_routes_are_answered_and_only_to_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    sweep(&spec(folder.path()), &folder.path().join("results"), &[]);
    fs::write(folder.path().join("secret"), "secret").unwrap();
    let view = View::of(&folder.path().join("results"));
    let (own, id) = (&view.address, view.id("watched"));
    let port = own.split(':').nth(1).unwrap();
    let page = view.get("/");
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.contains("<!doctype html>"), "{page}");
    let policy = "Content-Security-Policy: default-src 'none'; script-src 'self'";
    assert!(page.contains(policy) && !page.contains("src=\"http"), "{page}");
    for path in [
        "/secret",
        "/../secret",
        "/%2e%2e/secret",
        "/sweep/../../secret",
        "/sweep/..%2fsecret",
        "//secret",
        "/watched/runs.csv",
        "/runs.csv",
        "/sweep/",
        "/sweep/0123456789ab",
        "/verdicts/0123456789ab",
        "/page.css/",
        &format!("/{id}"),
    ] {
        let answer = view.get(path);
        assert!(answer.starts_with("HTTP/1.1 404 Not Found\r\n"), "{path}: {answer}");
        assert!(!answer.contains("secret\n"), "{path}");
    }
    let status = |request: String| view.ask(&request).split("\r\n").next().unwrap().to_owned();
    for host in [format!("localhost:{port}"), format!("[::1]:{port}"), own.clone()] {
        assert_eq!(status(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")), "HTTP/1.1 200 OK");
    }
    for host in ["evil.example", &format!("evil.example:{port}"), "127.0.0.1", "localhost:1", ""] {
        let request = format!("GET /sweeps HTTP/1.1\r\nHost: {host}\r\n\r\n");
        assert_eq!(status(request), "HTTP/1.1 403 Forbidden", "{host}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let request = format!("{method} /sweeps HTTP/1.1\r\nHost: {own}\r\n\r\n");
        assert_eq!(status(request), "HTTP/1.1 405 Method Not Allowed", "{method}");
    }
    let head = view.ask(&format!("HEAD /sweeps HTTP/1.1\r\nHost: {own}\r\n\r\n"));
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    assert_eq!(status("nonsense\r\n\r\n".to_owned()), "HTTP/1.1 400 Bad Request");
}

#[test]
fn an_address_is_told_on_stderr_and_the_server_ends_with_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    let view = View::of(folder.path());
    assert!(view.address.starts_with("127.0.0.1:") && view.said.contains("Ctrl-C ends it"));
    assert_eq!(view.json("/sweeps"), serde_json::json!([]));
    assert_eq!(view.stop(), (Some(0), String::new()));
    let open = View::with(folder.path(), &["--port", "0", "--bind", "0.0.0.0"]);
    assert!(open.said.contains("everybody who can reach 0.0.0.0 can look"), "{}", open.said);
}

#[test]
fn a_port_that_is_taken_is_an_error_if_it_was_asked_for_and_else_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let call = wane(&["view", text(folder.path()), "--port", &port]);
    assert_eq!(call.code, Some(1), "{}", call.stderr);
    assert!(call.stderr.contains(&format!("127.0.0.1:{port}")) && call.stderr.contains("--port"));
    // Held here, or by somebody else.
    let _usual = TcpListener::bind("127.0.0.1:9263");
    let view = View::with(folder.path(), &[]);
    assert!(view.said.contains("port 9263 is taken"), "{}", view.said);
    let missing = wane(&["view", text(&folder.path().join("none"))]);
    assert_eq!(missing.code, Some(2), "{}", missing.stderr);
    assert!(missing.stderr.contains("none is not a folder"), "{}", missing.stderr);
}

#[test]
fn what_is_looked_at_is_not_written_and_its_locks_are_free() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("results");
    sweep(&spec(folder.path()), &out, &["--shard", "1/3"]);
    let before = files_below(&out);
    let view = View::of(&out);
    let id = view.id("watched");
    let locks = before.iter().map(|(path, ..)| path).filter(|path| path.ends_with("lock"));
    let locks: Vec<File> = locks.map(|path| File::open(path).unwrap()).collect();
    assert_eq!(locks.len(), 4);
    for lock in &locks {
        lock.try_lock().unwrap();
    }
    // As if all of them trained at this moment: it is read all the same.
    let update = view.json(&format!("/sweep/{id}?since=&m=&n=val_loss"));
    assert_eq!(update["measures"]["val_loss"]["values"].as_array().unwrap().len(), 12);
    for lock in &locks {
        lock.unlock().unwrap();
    }
    for _ in 0..50 {
        view.json(&format!("/sweep/{id}?since=&m=&n=val_loss,train_loss"));
        for lock in &locks {
            lock.try_lock().expect("nobody else has it");
            lock.unlock().unwrap();
        }
    }
    view.json(&format!("/verdicts/{id}"));
    assert!(files_below(&out) == before);
}

/// The statuses of runs, one of each, sorted.
pub fn statuses(update: &Value) -> Vec<String> {
    let all = update["runs"]["status"].as_array().unwrap().iter();
    let mut found: Vec<String> = all.map(|one| one.as_str().unwrap().to_owned()).collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn only_what_is_new_is_sent_and_a_torn_line_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("results");
    sweep(&spec(folder.path()), &out, &["--shard", "1/12"]);
    let view = View::of(&out);
    let path = format!("/sweep/{}", view.id("watched"));
    let all = view.json(&format!("{path}?since=&m=&n=val_loss,train_loss"));
    assert_eq!(statuses(&all), ["done", "waiting"]);
    assert_eq!(all["chart"]["arms"].as_array().unwrap().len(), 4);
    let since = |update: &Value| update["version"].as_str().unwrap().to_owned();
    let next = |update: &Value| {
        std::thread::sleep(Duration::from_millis(300));
        view.json(&format!("{path}?since={}&m=val_loss&n=", since(update)))
    };
    let same = next(&all);
    assert!(same["chart"].is_null() && same["anew"] == false);
    assert_eq!(same["runs"]["at"], serde_json::json!([]));
    assert_eq!(same["measures"]["val_loss"]["at"], serde_json::json!([]));
    // The run as it was before its end, in the middle of a line.
    let mut runs = fs::read_dir(out.join(".runs")).unwrap().map(|entry| entry.unwrap().path());
    let run = runs.find(|run| run.join("end.json").exists()).unwrap();
    let (curve, whole) = (run.join("curve.csv"), fs::read(run.join("curve.csv")).unwrap());
    let end = fs::read(run.join("end.json")).unwrap();
    fs::remove_file(run.join("end.json")).unwrap();
    let line = |number: usize| {
        let ends = whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        ends.map(|(at, _)| at + 1).nth(number).unwrap()
    };
    fs::write(&curve, &whole[..line(21) + 7]).unwrap();
    let cut = next(&same);
    assert_eq!(statuses(&cut), ["training"]);
    assert_eq!(cut["runs"]["step"], serde_json::json!([20]));
    assert_eq!(cut["measures"]["val_loss"]["from"], serde_json::json!([0]));
    assert_eq!(cut["measures"]["val_loss"]["values"][0].as_array().unwrap().len(), 6);
    let mut file = fs::File::options().append(true).open(&curve).unwrap();
    file.write_all(&whole[line(21) + 7..line(29)]).unwrap();
    let grown = next(&cut);
    assert_eq!(grown["measures"]["val_loss"]["from"], serde_json::json!([6]));
    let steps = grown["measures"]["val_loss"]["grid"][0].as_u64().unwrap() as usize;
    assert_eq!(grown["grids"][steps], serde_json::json!([24, 28]));
    // Nothing was written for long: it was stopped, or is slow.
    let long_ago = SystemTime::now() - Duration::from_secs(3600);
    for name in ["curve.csv", "lock"] {
        let file = fs::File::options().write(true).open(run.join(name)).unwrap();
        file.set_modified(long_ago).unwrap();
    }
    let quiet = next(&grown);
    assert_eq!(statuses(&quiet), ["quiet"]);
    file.write_all(&whole[line(29)..]).unwrap();
    fs::write(run.join("end.json"), end).unwrap();
    let ended = next(&quiet);
    assert_eq!(statuses(&ended), ["done"]);
    let values = &ended["measures"]["val_loss"]["values"][0];
    assert_eq!(values.as_array().unwrap().len(), 3);
    // A browser that another server answered is told everything.
    let other = view.json(&format!("{path}?since=1-1&m=val_loss&n="));
    assert!(other["anew"] == true && other["chart"].is_object());
}

#[test]
fn a_run_whose_files_were_changed_after_its_end_is_damaged_and_not_done() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("results");
    sweep(&spec(folder.path()), &out, &["--shard", "1/12"]);
    let mut runs = fs::read_dir(out.join(".runs")).unwrap().map(|entry| entry.unwrap().path());
    let run = runs.find(|run| run.join("end.json").exists()).unwrap();
    let curve = fs::read_to_string(run.join("curve.csv")).unwrap();
    let (before, last) = curve.trim_end().rsplit_once('\n').unwrap();
    let digit = last.rfind(|sign: char| sign.is_ascii_digit()).unwrap();
    let other = if last[digit..].starts_with('7') { "8" } else { "7" };
    let changed = format!("{before}\n{}{other}{}\n", &last[..digit], &last[digit + 1..]);
    let end = fs::read_to_string(run.join("end.json")).unwrap();
    let view = View::of(&out);
    let path = format!("/sweep/{}?since=&m=&n=val_loss", view.id("watched"));
    for (file, text, whole) in [("curve.csv", &*changed, &curve), ("end.json", "{", &end)] {
        for (text, expected, ended) in [(whole.as_str(), "done", 1), (text, "damaged", 0)] {
            fs::write(run.join(file), text).unwrap();
            std::thread::sleep(Duration::from_millis(1700));
            let update = view.json(&path);
            assert_eq!(statuses(&update)[0], expected, "{file}");
            assert_eq!(view.json("/sweeps")[0]["ended"], ended, "{file}");
            let losses = update["runs"]["val"].as_array().unwrap();
            assert_eq!(losses.iter().filter(|loss| !loss.is_null()).count(), ended, "{file}");
            assert!(update.to_string().contains(file) != (ended == 1), "{update}");
        }
        fs::write(run.join(file), whole).unwrap();
    }
}

#[test]
fn every_sweep_below_a_folder_is_listed_and_runs_of_none_too() {
    let folder = tempfile::tempdir().unwrap();
    let (here, below) = (folder.path().join("here"), folder.path().join("a/below"));
    sweep(&spec(folder.path()), &here, &["--shard", "1/12"]);
    fs::create_dir_all(below.join("old")).unwrap();
    for file in ["experiment.json", "runs.csv", "curves.csv", "manifest.csv"] {
        fs::copy(fixture("report").join(file), below.join("old").join(file)).unwrap();
    }
    // A link may lead out of the folder.
    let elsewhere = tempfile::tempdir().unwrap();
    fs::create_dir(elsewhere.path().join("hidden")).unwrap();
    for file in ["experiment.json", "runs.csv"] {
        fs::copy(fixture("report").join(file), elsewhere.path().join("hidden").join(file)).unwrap();
    }
    std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("link")).unwrap();
    let view = View::of(folder.path());
    let listed = |view: &View| -> Vec<(String, String)> {
        let sweeps = view.json("/sweeps");
        let name = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
        let all = sweeps.as_array().unwrap().iter();
        all.map(|one| (name(one, "folder"), name(one, "name"))).collect()
    };
    let expected = [("a/below", "old"), ("here", "watched")];
    assert_eq!(listed(&view), expected.map(|(folder, name)| (folder.to_owned(), name.to_owned())));
    let update = view.json(&format!("/sweep/{}?since=&m=&n=val_loss", view.id("old")));
    let runs = rows(&fixture("report").join("runs.csv"));
    let known: std::collections::BTreeSet<&String> = runs.iter().map(|row| &row["run"]).collect();
    assert_eq!(update["chart"]["ids"].as_array().unwrap().len(), known.len());
    assert!(!update["measures"]["val_loss"]["values"][0].as_array().unwrap().is_empty());
    // A folder of one experiment, and a store whose plan is gone.
    assert_eq!(listed(&View::of(&below.join("old"))), [(String::new(), "old".to_owned())]);
    fs::remove_dir_all(here.join(".planned")).unwrap();
    let view = View::of(&here);
    assert_eq!(listed(&view), [(String::new(), "other runs".to_owned())]);
    let others = &view.json("/sweeps")[0];
    assert_eq!(
        (&others["runs"], &others["ended"], &others["is_judged"]),
        (&1.into(), &1.into(), &false.into())
    );
    let id = view.id("other runs");
    assert_eq!(statuses(&view.json(&format!("/sweep/{id}?since=&m=&n=val_loss"))), ["done"]);
    assert_eq!(view.json(&format!("/verdicts/{id}"))["verdicts"], serde_json::json!([]));
}

/// Copies results of an older version, without their curves.
fn copy_without_curves(to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in ["experiment.json", "runs.csv", "manifest.csv"] {
        fs::copy(fixture("report").join(file), to.join(file)).unwrap();
    }
}

#[test]
fn results_below_results_are_listed_and_shown_without_curves() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("reference");
    let below = ["grid", "literature/01-one", "literature/02-two"];
    copy_without_curves(&root);
    below.iter().for_each(|name| copy_without_curves(&root.join(name)));
    let view = View::of(&root);
    let sweeps = view.json("/sweeps");
    let names = sweeps.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap());
    assert_eq!(Vec::from_iter(names), ["reference", "grid", "01-one", "02-two"]);
    for name in ["reference", "grid", "02-two"] {
        let update = view.json(&format!("/sweep/{}?since=&m=&n=val_loss", view.id(name)));
        assert!(update["trouble"].is_null(), "{}", update["trouble"]);
        // What the losses are drawn from against λ.
        let arms = update["chart"]["arms"].as_array().unwrap();
        assert!(arms.iter().any(|arm| arm["at"]["weight_decay"].is_number()), "{arms:?}");
        let losses = update["runs"]["val"].as_array().unwrap();
        assert!(!losses.is_empty() && losses.iter().all(Value::is_number), "{losses:?}");
        let curves = update["measures"]["val_loss"]["values"].as_array().unwrap();
        assert!(curves.iter().all(|curve| curve.as_array().unwrap().is_empty()), "{curves:?}");
    }
    let Some(mut browser) = Browser::start() else { return };
    browser.open(&view.page());
    let dots = "document.querySelector('#against figcaption')?.textContent";
    browser.wait(&format!("{dots}?.includes('runs against λ')"));
    assert_eq!(browser.complaints, Vec::<String>::new());
}

#[test]
fn results_that_cannot_be_read_are_listed_with_the_trouble() {
    let folder = tempfile::tempdir().unwrap();
    let (runs, curves) = (folder.path().join("runs"), folder.path().join("curves"));
    copy_without_curves(&runs);
    copy_without_curves(&curves);
    let table = fs::read_to_string(runs.join("runs.csv")).unwrap();
    fs::write(runs.join("runs.csv"), table.replacen("weight_decay", "lambda", 1)).unwrap();
    let table = fs::read_to_string(fixture("report").join("curves.csv")).unwrap();
    fs::write(curves.join("curves.csv"), table.replacen(",step,", ",at,", 1)).unwrap();
    let view = View::of(folder.path());
    let sweeps = view.json("/sweeps");
    let listed = sweeps.as_array().unwrap().iter();
    let trouble: Vec<_> = listed.map(|one| (one["name"].as_str(), &one["trouble"])).collect();
    assert_eq!(trouble[0], (Some("curves"), &Value::Null));
    assert_eq!(trouble[1].0, Some("runs"));
    assert!(trouble[1].1.as_str().unwrap().contains("no column `weight_decay`"), "{trouble:?}");
    for (name, column) in [("runs", "no column `weight_decay`"), ("curves", "no column `step`")] {
        let update = view.json(&format!("/sweep/{}?since=&m=&n=val_loss", view.id(name)));
        assert!(update["trouble"].as_str().unwrap().contains(column), "{}", update["trouble"]);
    }
}

#[test]
fn results_that_were_not_written_to_their_end_are_trouble_and_have_no_verdicts() {
    let folder = tempfile::tempdir().unwrap();
    copy_without_curves(folder.path());
    fs::write(folder.path().join(".half-written"), "").unwrap();
    let view = View::of(folder.path());
    let id = view.json("/sweeps")[0]["id"].as_str().unwrap().to_owned();
    let update = view.json(&format!("/sweep/{id}?since=&m=&n=val_loss"));
    let trouble = update["trouble"].as_str().unwrap_or_default();
    assert!(trouble.contains("were not written to their end"), "{update}");
    let told = view.json(&format!("/verdicts/{id}")).to_string();
    assert!(!told.contains("test loss") && !told.contains("val loss"), "{told}");
}

#[test]
fn a_loss_that_its_curve_contradicts_is_trouble() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["experiment.json", "runs.csv", "curves.csv"] {
        fs::copy(fixture("report").join(file), folder.path().join(file)).unwrap();
    }
    let path = folder.path().join("runs.csv");
    let table = fs::read_to_string(&path).unwrap();
    fs::write(&path, with_last(&table, "best_val_loss", "0.5")).unwrap();
    let view = View::of(folder.path());
    let id = view.json("/sweeps")[0]["id"].as_str().unwrap().to_owned();
    let update = view.json(&format!("/sweep/{id}?since=&m=&n=val_loss"));
    let trouble = update["trouble"].as_str().unwrap_or_default();
    assert!(trouble.contains("and 0.5 in runs.csv"), "{update}");
}

#[test]
fn fewer_rows_beside_a_cut_table_of_curves_are_trouble_and_no_crash() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["experiment.json", "runs.csv", "curves.csv", "manifest.csv"] {
        fs::copy(fixture("report").join(file), folder.path().join(file)).unwrap();
    }
    let view = View::of(folder.path());
    let id = view.json("/sweeps")[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/sweep/{id}?since=&m=&n=val_loss");
    assert!(view.json(&path)["trouble"].is_null());
    let table = fs::read_to_string(folder.path().join("runs.csv")).unwrap();
    let first: Vec<&str> = table.split_inclusive('\n').take(3).collect();
    let curves = fs::read(folder.path().join("curves.csv")).unwrap();
    fs::write(folder.path().join("curves.csv"), &curves[..2000]).unwrap();
    fs::write(folder.path().join("runs.csv"), first.concat()).unwrap();
    // Files are looked at again after a while.
    let trouble = || view.json(&path)["trouble"].as_str().map(str::to_owned);
    let told = (0..100).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        trouble()
    });
    assert!(told.as_ref().is_some_and(|told| told.contains("curves.csv")), "{told:?}");
    assert!(view.json(&format!("/verdicts/{id}"))["verdicts"].is_array());
}

#[test]
fn results_are_shown_as_they_are_where_their_runs_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("results");
    sweep(&spec(folder.path()), &out, &[]);
    let shown = |view: &View| {
        let id = view.id("watched");
        let update = view.json(&format!("/sweep/{id}?since=&m=&n=val_loss"));
        assert_eq!(statuses(&update), ["done"]);
        let verdicts = view.json(&format!("/verdicts/{id}"))["verdicts"].clone();
        (update["chart"].clone(), update["measures"].clone(), update["runs"].clone(), verdicts)
    };
    let before = shown(&View::of(&out));
    assert!(!before.3.as_array().unwrap().is_empty());
    fs::remove_dir_all(out.join(".runs")).unwrap();
    assert!(shown(&View::of(&out)) == before);
}

#[test]
fn a_sweep_is_watched_from_its_start_to_its_verdicts_in_one_page() {
    let Some(mut browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = (spec(folder.path()), folder.path().join("results"));
    fs::create_dir(&out).unwrap();
    let view = View::of(&out);
    browser.open(&view.page());
    browser
        .wait("document.getElementById('counts').textContent.startsWith('No sweep is here yet')");
    browser.value("window.isThisPage = true");
    sweep(&spec, &out, &["--shard", "1/6"]);
    browser.wait("document.getElementById('counts').textContent.startsWith('2 of 12 runs done, 10 waiting; 16% of the steps')");
    browser.wait("document.getElementById('no-verdict')?.textContent.startsWith('No verdict')");
    assert_eq!(browser.value("document.getElementById('sentences')"), Value::Null);
    let heat = "[...document.querySelectorAll('#heat td')].map((cell) => cell.textContent)";
    browser.wait(&format!("{heat}.length === 4 && {heat}.some((text) => text.endsWith('/3'))"));
    let dots = "document.querySelector('#against figcaption').textContent";
    browser.wait(&format!("{dots}.startsWith('Val loss of 2 runs against λ')"));
    // A run that trains at this moment: its end is still to come.
    let mut runs = fs::read_dir(out.join(".runs")).unwrap().map(|entry| entry.unwrap().path());
    let run = runs.find(|run| run.join("end.json").exists()).unwrap();
    let end = fs::read(run.join("end.json")).unwrap();
    fs::remove_file(run.join("end.json")).unwrap();
    browser.wait("document.getElementById('counts').textContent.startsWith('1 of 12 runs done, 1 training, 10 waiting')");
    browser.wait(&format!("{dots}.includes('1 ring: the last value of a run that has not ended')"));
    fs::write(run.join("end.json"), end).unwrap();
    sweep(&spec, &out, &[]);
    browser.wait("document.getElementById('counts').textContent.startsWith('12 of 12 runs done; 100% of the steps')");
    browser.wait("document.getElementById('sentences')");
    let summary = fs::read(out.join("watched/summary.json")).unwrap();
    let summary: Value = serde_json::from_slice(&summary).unwrap();
    let told = "[...document.getElementById('sentences').children].map((item) => item.textContent)";
    let expected = summary["verdicts"].to_string();
    browser.wait(&format!("JSON.stringify({told}) === JSON.stringify({expected})"));
    assert!(!summary["verdicts"].as_array().unwrap().is_empty());
    browser.wait(&format!("{heat}.every((text) => Number(text) > 1)"));
    assert_eq!(browser.value("window.isThisPage"), true, "it was never loaded again");
    browser.click("#runs-shown summary");
    browser.wait("document.querySelectorAll('#runs tbody tr[data-status=done]').length === 12");
    drop(view);
    browser.wait("document.body.classList.contains('lost')");
    assert!(browser.text("#trouble").contains("has ended or cannot be reached"));
    let unexpected = |one: &&String| !one.contains("Failed to load resource");
    assert_eq!(browser.complaints.iter().find(unexpected), None);
}

/// The mean of a column over the runs of one arm.
fn mean(results: &Path, lambda: &str, lr: &str, column: &str) -> f64 {
    let own = rows(&results.join("runs.csv"));
    let own = own.iter().filter(|row| row["weight_decay"] == lambda && row["lr"] == lr);
    let values: Vec<f64> = own.map(|row| row[column].parse().unwrap()).collect();
    assert_eq!(values.len(), 3);
    values.iter().sum::<f64>() / 3.0
}

/// Switches and axes as a person uses them, wherever the figures stand; they show the results of a folder.
fn use_figures(browser: &mut Browser, results: &Path) {
    let caption = "document.querySelector('#curves figcaption').textContent";
    browser.wait(&format!("{caption}.startsWith('Val loss over steps of 4 arms')"));
    browser.click("#switches input[type=checkbox]");
    browser.wait(&format!("{caption}.startsWith('Val loss over steps of 3 arms')"));
    browser.wait("location.hash.includes('off=')");
    browser.click("#no-arms");
    browser.wait(&format!("{caption}.startsWith('Val loss over steps of 0 arms')"));
    browser.click("#all-arms");
    browser.wait(&format!("{caption}.startsWith('Val loss over steps of 4 arms')"));
    browser.click("#every-run");
    browser.wait(&format!("{caption}.startsWith('Val loss over steps of 12 runs')"));
    browser.click("#every-run");
    browser.click("#beside");
    browser.click("#log-x");
    browser.click("#log-y");
    browser.wait("['train=1', 'x=log', 'y=log'].every((choice) => location.hash.includes(choice))");
    browser.click("#log-x");
    browser.click("#log-y");
    browser.click("#beside");
    browser.value("document.getElementById('smooth').focus()");
    browser.press("ArrowRight");
    browser.wait("location.hash.includes('smooth=0.05')");
    browser.press("ArrowLeft");
    browser.wait("location.hash === '' || !location.hash.includes('smooth')");
    // With the mouse: whatever line is nearest, its value is that of an arm at a logged step.
    browser.point("#curves-plot .u-over", 0.1, 0.0);
    let values = browser.text("#curves .values");
    let step = values.split("at step ").nth(1).and_then(|rest| rest.split(',').next()).unwrap();
    assert!(values.contains(": val loss ") && values.contains("(3 seeds: "), "{values}");
    assert_eq!(step.parse::<usize>().unwrap() % 4, 0, "{values}");
    // With the keyboard: the end of the first arm.
    browser.value("document.getElementById('curves-plot').focus()");
    browser.point("h1", 0.0, 0.0);
    browser.press("End");
    let values = browser.text("#curves .values");
    let told = values.split("val loss ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    let expected = mean(results, "0.0", "0.001", "val_loss");
    assert!((told.parse::<f64>().unwrap() - expected).abs() < 1e-4, "{values}: {expected}");
    assert!(values.contains("at step 40"), "{values}");
    browser.press("ArrowLeft");
    assert!(browser.text("#curves .values").contains("at step 36"));
    browser.press("ArrowUp");
    assert_ne!(browser.text("#curves .values").split(':').next(), values.split(':').next());
    browser.drag("#curves-plot .u-over", -0.2, 0.3);
    browser.wait("location.hash.includes('zoom=')");
    browser.click("#whole");
    browser.wait("!location.hash.includes('zoom=')");
    browser.value("document.getElementById('against-plot').focus()");
    let shown = "document.querySelector('#against .values').textContent";
    browser.press_until("ArrowRight", &format!("{shown}.includes('test loss ')"));
    let values = browser.text("#against .values");
    assert!(values.contains("test loss ") && values.contains("mean of 3 seeds"), "{values}");
    let heat =
        browser.value("[...document.querySelectorAll('#heat td')].map((cell) => cell.textContent)");
    let least = mean(results, "1.0", "0.001", "test_loss");
    let shown =
        |cell: &Value| (cell.as_str().unwrap().parse::<f64>().unwrap() - least).abs() < 1e-3;
    assert!(heat.as_array().unwrap().iter().any(shown), "{heat}: {least}");
}

/// Downloads of a figure, by the name of its experiment.
fn download(browser: &mut Browser, results: &Path) {
    browser.click("#curves [data-save=csv]");
    let csv = String::from_utf8(browser.downloaded("watched-val_loss.csv")).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "arm,run,seed,measure,step,value,lowest,highest,seeds,smoothed");
    assert_eq!(lines.len(), 1 + 4 * 11, "{csv}");
    let last = csv::Reader::from_reader(csv.as_bytes()).into_records().nth(10).unwrap().unwrap();
    let expected = mean(results, "0.0", "0.001", "val_loss");
    assert!((last[5].parse::<f64>().unwrap() - expected).abs() < 1e-6, "{last:?} {expected}");
    browser.click("#curves [data-save=svg]");
    let svg = String::from_utf8(browser.downloaded("watched-val_loss.svg")).unwrap();
    assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"), "{svg}");
    assert!(svg.contains("val loss over steps") && svg.matches("<path d=\"M").count() > 8, "{svg}");
    for (figure, name) in
        [("curves", "val_loss"), ("against", "against-weight_decay"), ("heat", "weight_decay-lr")]
    {
        browser.click(&format!("#{figure} [data-save=png]"));
        let png = browser.downloaded(&format!("watched-{name}.png"));
        assert!(png.starts_with(b"\x89PNG") && png.len() > 5000, "{name}: {}", png.len());
    }
}

/// At every width and in both colours nothing stands beyond the page.
fn look_around(browser: &mut Browser) {
    let paper = "getComputedStyle(document.body).backgroundColor";
    browser.dark(false);
    let light = browser.value(paper);
    browser.dark(true);
    assert_ne!(browser.value(paper), light);
    for width in [360, 768, 1400] {
        browser.resize(width, 800);
        browser.wait(&format!(
            "document.querySelector('#curves-plot canvas').getBoundingClientRect().right <= {width}"
        ));
        let beyond = browser.value("document.documentElement.scrollWidth > innerWidth");
        assert_eq!(beyond, false, "{width} pixels");
    }
    browser.dark(false);
    let unnamed = browser.value(
        "[...document.querySelectorAll('button, input, select')].filter((one) => \
         !(one.textContent.trim() || one.ariaLabel || one.labels?.[0]?.textContent.trim())).length",
    );
    assert_eq!(unnamed, 0, "every control has a name");
}

#[test]
fn figures_are_switched_pointed_at_and_downloaded_and_a_view_is_its_address() {
    let Some(mut browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("results");
    sweep(&spec(folder.path()), &out, &[]);
    let results = out.join("watched");
    let view = View::of(&out);
    browser.open(&view.page());
    browser.wait("document.getElementById('sentences')");
    use_figures(&mut browser, &results);
    download(&mut browser, &results);
    look_around(&mut browser);
    // By keyboard alone from the top to the first switch of an arm.
    browser.value("document.activeElement.blur(); scrollTo(0, 0)");
    let is_there = "document.activeElement.matches('#switches input[type=checkbox]')";
    let mut presses = 0;
    while browser.value(is_there) != true {
        browser.press("Tab");
        presses += 1;
        assert!(presses < 30, "no switch of an arm is reached");
    }
    assert_ne!(browser.value("getComputedStyle(document.activeElement).outlineStyle"), "none");
    browser.press(" ");
    browser.wait("document.querySelector('#curves figcaption').textContent.includes('of 3 arms')");
    browser.click("#log-x");
    browser.wait("location.hash.includes('x=log')");
    // Another reader, who is sent the address.
    let address = browser.value("location.href").as_str().unwrap().to_owned();
    let Some(mut other) = Browser::start() else { return };
    other.open(&address);
    other.wait("document.querySelector('#curves figcaption')?.textContent.includes('of 3 arms')");
    assert_eq!(other.value("document.getElementById('log-x').checked"), true);
    assert_eq!(other.value("location.href"), address.as_str());
    let nothing: Vec<String> = Vec::new();
    assert_eq!((&browser.complaints, &other.complaints), (&nothing, &nothing));
    let loaded = browser.value("performance.getEntriesByType('resource').map((one) => one.name)");
    for one in loaded.as_array().unwrap() {
        let one = one.as_str().unwrap();
        assert!(
            one.starts_with(&view.page()) || one.starts_with("data:") || one.starts_with("blob:"),
            "{one}"
        );
    }
}

#[test]
fn a_report_has_the_same_figures_and_needs_no_network() {
    let Some(mut browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("results");
    sweep(&spec(folder.path()), &out, &[]);
    let results = out.join("watched");
    let shown = "document.querySelector('#curves figcaption').textContent";
    let view = View::of(&out);
    browser.open(&view.page());
    browser.wait("document.querySelector('#curves figcaption')?.textContent.includes('of 4 arms')");
    let watched = browser.value(shown);
    let report = results.join("report.html");
    assert!(!fs::read_to_string(&report).unwrap().contains("src=\"http"));
    // The page alone, where nothing is beside it.
    let alone = folder.path().join("alone.html");
    fs::copy(&report, &alone).unwrap();
    drop(view);
    browser.complaints.clear();
    browser.open(&format!("file://{}", alone.display()));
    use_figures(&mut browser, &results);
    assert_eq!(browser.value(shown), watched);
    download(&mut browser, &results);
    look_around(&mut browser);
    assert_eq!(browser.complaints, Vec::<String>::new());
    let loaded = browser.value("performance.getEntriesByType('resource').map((one) => one.name)");
    let loaded = loaded.as_array().unwrap();
    let from_elsewhere = |one: &&Value| {
        let one = one.as_str().unwrap();
        !(one.starts_with("data:") || one.starts_with("blob:"))
    };
    assert_eq!(loaded.iter().find(from_elsewhere), None);
}

/// Runs of the large sweep, and logged points of each.
const MANY: usize = 1000;

/// A store of a thousand runs of a thousand points, every one an evaluation with all its columns, in 200 arms; made of
/// a run that was trained.
fn many_runs(out: &Path) -> Vec<PathBuf> {
    let planned = fs::read_to_string(out.join(".planned/watched.csv")).unwrap();
    let names: Vec<&str> = planned.lines().next().unwrap().split(',').collect();
    let place = |name: &str| names.iter().position(|one| *one == name).unwrap();
    let row: Vec<&str> = planned.lines().nth(1).unwrap().split(',').collect();
    let store = out.join(".runs");
    let trained = fs::read_dir(&store).unwrap().next().unwrap().unwrap().path();
    let curve = fs::read_to_string(trained.join("curve.csv")).unwrap();
    let (header, last) = (curve.lines().next().unwrap(), curve.lines().last().unwrap());
    let columns: Vec<&str> = header.split(',').collect();
    let losses = ["step", "train_loss", "val_loss"];
    let [step, train, val] =
        losses.map(|name| columns.iter().position(|one| *one == name).unwrap());
    let mut listing = vec![names.join(",")];
    let mut folders = Vec::new();
    for run in 0..MANY {
        let (arm, seed, id) = (run / 5, run % 5, format!("{run:016x}"));
        let (lr, lambda) = ([1e-3, 1e-2][arm % 2], 10f64.powf((arm / 8) as f64 / 6.0 - 3.0));
        let mut own: Vec<String> = row.iter().map(|cell| (*cell).to_owned()).collect();
        let set = [
            ("run", id.clone()),
            ("form", ["adamw", "l2"][arm / 2 % 2].to_owned()),
            ("mask", ["matrices", "global"][arm / 4 % 2].to_owned()),
            ("weight_decay", lambda.to_string()),
            ("lr", lr.to_string()),
            ("variant", format!("lr={lr}")),
            ("setting", format!("{lr}")),
            ("seed", seed.to_string()),
            ("steps", (MANY + 9).to_string()),
            ("tokens", (16 * (MANY + 9)).to_string()),
        ];
        set.into_iter().for_each(|(name, value)| own[place(name)] = value);
        listing.push(own.join(","));
        let folder = store.join(&id);
        fs::create_dir(&folder).unwrap();
        fs::copy(trained.join("config.json"), folder.join("config.json")).unwrap();
        let mut cells: Vec<String> = last.split(',').map(str::to_owned).collect();
        let mut text = format!("{header}\n");
        for point in 0..MANY {
            let fall = 2.0 * (-(point as f64) / 120.0).exp() + 0.001 * (run % 97) as f64;
            cells[step] = point.to_string();
            cells[train] = (1.9 + fall).to_string();
            cells[val] = (2.1 + fall + 1e-4 * (point as f64 * lambda).sqrt()).to_string();
            text += &format!("{}\n", cells.join(","));
        }
        fs::write(folder.join("curve.csv"), text).unwrap();
        folders.push(folder);
    }
    fs::write(out.join(".planned/watched.csv"), listing.join("\n") + "\n").unwrap();
    folders
}

/// Measures; nothing depends on the times. The store has 900 MB.
#[test]
#[ignore = "measures: cargo test --release --test it a_thousand_runs -- --ignored --nocapture"]
fn a_thousand_runs_of_a_thousand_points_are_shown_and_grow() {
    let Some(mut browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("results");
    sweep(&spec(folder.path()), &out, &["--shard", "1/12"]);
    let folders = many_runs(&out);
    let view = View::of(&out);
    let noted = |browser: &mut Browser, what: &str| {
        let at = format!("document.getElementById('explore-figures').dataset.{what}");
        browser.wait(&format!("{at} !== undefined"));
        browser.value(&at).as_str().unwrap().to_owned()
    };
    for look in ["nothing read yet", "read before"] {
        browser.open(&view.page());
        let first = noted(&mut browser, "first");
        eprintln!("first paint, {look}: {first} ms");
        browser.open("about:blank");
    }
    browser.open(&view.page());
    noted(&mut browser, "first");
    for grown in [8, 8, 8, MANY, MANY] {
        let version = browser.value("document.body.dataset.version");
        for folder in &folders[..grown] {
            let path = folder.join("curve.csv");
            let curve = fs::read_to_string(&path).unwrap();
            let (step, rest) = curve.lines().last().unwrap().split_once(',').unwrap();
            let next = format!("{},{rest}\n", step.parse::<usize>().unwrap() + 1);
            File::options().append(true).open(&path).unwrap().write_all(next.as_bytes()).unwrap();
        }
        browser.wait(&format!("document.body.dataset.version !== {version}"));
        std::thread::sleep(Duration::from_secs(2));
        let (shown, drawn) = (noted(&mut browser, "shown"), noted(&mut browser, "drawn"));
        eprintln!(
            "{grown} runs have grown: {shown} ms from asking to the picture, {drawn} of them drawing"
        );
    }
    browser.click("#every-run");
    std::thread::sleep(Duration::from_secs(3));
    eprintln!("every run as a line: {} ms", noted(&mut browser, "drawn"));
    assert_eq!(browser.complaints, Vec::<String>::new());
}
