//! What interrupts a sweep costs time and changes no byte of its results.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::common::{Call, command, fixture, rows, text, wane, wane_ok};
use sysinfo::{Pid, ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, Signal, System};

const STEPS: &str = "train.steps=600";
/// Steps that no test waits for.
const LONG: &str = "train.steps=100000";

/// Arguments of the sweep that the tests interrupt: eight rows, six runs.
fn arguments(steps: &str, out: &Path) -> Vec<String> {
    let spec = fixture("tiny.toml");
    let words = ["sweep", text(&spec), "--set", steps, "--out", text(out), "--lanes", "3"];
    let more = ["--jobs", "2", "--checkpoint-every", "0.02"];
    words.iter().chain(&more).map(|word| (*word).to_owned()).collect()
}

fn start(out: &Path) -> Child {
    start_with(STEPS, out)
}

fn start_with(steps: &str, out: &Path) -> Child {
    let mut command = command(&arguments(steps, out));
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts")
}

/// Waits until a run is being trained.
fn wait_for_training(out: &Path) {
    let deadline = Instant::now() + Duration::from_secs(120);
    let has_curve = |run: std::io::Result<fs::DirEntry>| {
        let curve = run.map(|run| run.path().join("curve.csv"));
        curve.is_ok_and(|curve| fs::metadata(curve).is_ok_and(|curve| curve.len() > 0))
    };
    let started = || fs::read_dir(out.join(".runs")).is_ok_and(|mut runs| runs.any(has_curve));
    while !started() {
        assert!(Instant::now() < deadline, "no run was begun");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn finish(child: Child) -> Call {
    Call::from(child.wait_with_output().expect("the child can be waited for"))
}

/// What must not change: the curves, and the runs without their seconds.
fn results(out: &Path) -> (Vec<u8>, Vec<Vec<(String, String)>>) {
    let runs = rows(&out.join("tiny/runs.csv"));
    let without_seconds = |row: std::collections::HashMap<String, String>| {
        let mut row: Vec<_> = row.into_iter().filter(|(name, _)| name != "seconds").collect();
        row.sort();
        row
    };
    let runs = runs.into_iter().map(without_seconds).collect();
    (fs::read(out.join("tiny/curves.csv")).unwrap(), runs)
}

/// The end records of a store.
fn ends(out: &Path) -> Vec<serde_json::Value> {
    let runs = fs::read_dir(out.join(".runs")).unwrap();
    let end = |run: std::io::Result<fs::DirEntry>| {
        let text = fs::read_to_string(run.unwrap().path().join("end.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    runs.map(end).collect()
}

struct Reference {
    folder: tempfile::TempDir,
    time: Duration,
}

impl Reference {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let start = Instant::now();
        wane_ok(&arguments(STEPS, &folder.path().join("whole")));
        Reference { folder, time: start.elapsed() }
    }

    fn out(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn assert_same(&self, out: &Path) {
        assert!(results(out) == results(&self.out("whole")), "{} differs", out.display());
    }
}

/// Numbers that look random and are the same in every run of the tests (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

fn workers_of(parent: u32) -> Vec<Pid> {
    let mut system = System::new();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, ProcessRefreshKind::nothing());
    let parent = Pid::from_u32(parent);
    let children = system.processes().values().filter(|process| process.parent() == Some(parent));
    children
        .filter(|process| process.thread_kind().is_none())
        .map(|process| process.pid())
        .collect()
}

fn exists(process: Pid) -> bool {
    let mut system = System::new();
    system.refresh_processes(ProcessesToUpdate::Some(&[process]), true);
    system.process(process).is_some_and(|process| process.status() != ProcessStatus::Zombie)
}

fn send(signal: Signal, process: Pid) -> bool {
    let mut system = System::new();
    system.refresh_processes(ProcessesToUpdate::Some(&[process]), true);
    system.process(process).and_then(|process| process.kill_with(signal)).unwrap_or(false)
}

/// `WANE_TORTURE=100` kills in 100 rounds instead of 10. More rounds follow until enough kills have hit a
/// run in its middle.
#[test]
fn a_sweep_that_is_killed_at_any_moment_ends_with_the_same_bytes() {
    let rounds = std::env::var("WANE_TORTURE").ok().and_then(|count| count.parse().ok());
    let rounds = rounds.unwrap_or(10);
    let reference = Reference::new();
    let mut dice = Dice(7);
    let (mut kills, mut resumed) = (0, 0);
    for round in 0..10 * rounds {
        if round >= rounds && kills > 10 && resumed > 10 {
            break;
        }
        let out = reference.out(&format!("killed-{round}"));
        for _ in 0..=dice.below(3) {
            let mut child = start(&out);
            let most = reference.time.as_millis() as u64;
            std::thread::sleep(Duration::from_millis(dice.below(most)));
            let workers = workers_of(child.id());
            match dice.below(2) {
                0 => kills += u32::from(child.kill().is_ok()),
                _ => {
                    let some = workers.get(dice.below(2) as usize).or(workers.first());
                    kills += u32::from(some.is_some_and(|worker| send(Signal::Kill, *worker)));
                }
            }
            finish(child);
        }
        let call = finish(start(&out));
        assert_eq!(call.code, Some(0), "round {round}: {}", call.stderr);
        reference.assert_same(&out);
        resumed += ends(&out).iter().filter(|end| end["resumed_from"] != 0).count();
    }
    println!("{kills} kills survived, {resumed} runs resumed in the middle");
    assert!(kills > 10 && resumed > 10, "{kills} kills, {resumed} runs resumed in the middle");
}

/// A kill between the last checkpoint and the end of a run leaves everything but its end.
#[test]
fn a_run_that_only_lacks_its_end_ends_with_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("results");
    for more in
        [&["--set", "train.steps=12"][..], &["--set", "train.steps=12", "--set", "train.ema=0.5"]]
    {
        let spec = fixture("tiny.toml");
        let words = [&["sweep", text(&spec), "--out", text(&out), "--fresh"], more].concat();
        wane_ok(&words);
        let whole = results(&out);
        for run in fs::read_dir(out.join(".runs")).unwrap() {
            let end = run.unwrap().path().join("end.json");
            if end.exists() {
                fs::remove_file(end).unwrap();
            }
        }
        wane_ok(&[&["sweep", text(&spec), "--out", text(&out)], more].concat());
        assert!(results(&out) == whole, "{more:?}");
    }
}

#[test]
fn ctrl_c_leaves_what_there_is_and_says_how_to_go_on() {
    let reference = Reference::new();
    let out = reference.out("stopped");
    let child = start(&out);
    wait_for_training(&out);
    assert!(send(Signal::Interrupt, Pid::from_u32(child.id())));
    let call = finish(child);
    assert_eq!(call.code, Some(130), "{}", call.stderr);
    assert!(call.stderr.contains("runs trained. Resume with"), "{}", call.stderr);
    assert_eq!(rows(&out.join("tiny/runs.csv")).len(), 8, "what there is was written");
    let resume = call.stderr.lines().last().unwrap().trim().to_owned();
    assert!(resume.contains("sweep") && resume.contains(STEPS), "{resume}");
    let status =
        wane_ok(&["status", text(&fixture("tiny.toml")), "--set", STEPS, "--out", text(&out)]);
    assert!(status.stdout.contains("6 runs:"), "{}", status.stdout);
    let again = finish(start(&out));
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert!(!again.stderr.contains("damaged"), "{}", again.stderr);
    reference.assert_same(&out);
}

/// Worker processes that stand still for as long as this lives: none reaches its next checkpoint.
struct Frozen(Vec<Pid>);

impl Frozen {
    fn workers_of(parent: u32) -> Self {
        let workers = Frozen(workers_of(parent));
        workers.0.iter().for_each(|worker| assert!(send(Signal::Stop, *worker)));
        workers
    }
}

impl Drop for Frozen {
    /// Lets them go on and end, which they do without their sweep.
    fn drop(&mut self) {
        for worker in &self.0 {
            send(Signal::Continue, *worker);
            let deadline = Instant::now() + Duration::from_secs(60);
            while exists(*worker) && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }
}

#[test]
fn a_stop_that_arrives_twice_at_once_is_one_stop() {
    let folder = tempfile::tempdir().unwrap();
    let child = start_with(LONG, folder.path());
    wait_for_training(folder.path());
    for signal in [Signal::Term, Signal::Term, Signal::Interrupt] {
        assert!(send(signal, Pid::from_u32(child.id())));
    }
    let call = finish(child);
    assert_eq!(call.code, Some(130), "{}", call.stderr);
    assert!(call.stderr.contains("runs trained. Resume with"), "{}", call.stderr);
}

#[test]
fn ctrl_c_twice_ends_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    let mut child = start_with(LONG, out);
    wait_for_training(out);
    let workers = Frozen::workers_of(child.id());
    assert!(!workers.0.is_empty());
    let process = Pid::from_u32(child.id());
    assert!(send(Signal::Interrupt, process));
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("press Ctrl-C again to quit now")));
    // The first alone waits for the workers, which wait for the end of this test.
    assert_eq!(child.try_wait().unwrap(), None);
    // What comes right after the first is taken for the same wish.
    while child.try_wait().unwrap().is_none() {
        send(Signal::Interrupt, process);
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(!out.join("tiny").exists(), "the first signal would have written results");
    drop(workers);
    let plan = wane_ok(&["plan", text(&fixture("tiny.toml")), "--set", LONG, "--out", text(out)]);
    assert!(!plan.stdout.contains("damaged"), "{}", plan.stdout);
}

#[test]
fn two_sweeps_at_once_share_the_work_and_both_are_complete() {
    let reference = Reference::new();
    let out = reference.out("shared");
    let calls = [start(&out), start(&out)].map(finish);
    for call in &calls {
        assert_eq!(call.code, Some(0), "{}", call.stderr);
        assert!(call.stdout.contains("best λ"), "{}", call.stdout);
    }
    reference.assert_same(&out);
    assert!(ends(&out).iter().all(|end| end["resumed_from"] == 0), "no run was trained twice");
}

#[test]
fn status_tells_from_another_terminal_what_runs() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = (fixture("tiny.toml"), folder.path());
    let child = start_with(LONG, out);
    wait_for_training(out);
    let long = ["status", text(&spec), "--set", LONG, "--out", text(out)];
    let seen = wane_ok(&long).stdout;
    assert!(seen.contains("running") && seen.contains("of 100000 on"), "{seen}");
    assert!(send(Signal::Interrupt, Pid::from_u32(child.id())));
    assert_eq!(finish(child).code, Some(130));
    let stopped = wane_ok(&long).stdout;
    assert!(!stopped.contains("running") && stopped.ends_with("waiting\n"), "{stopped}");
    assert!(stopped.contains("stopped at step"), "{stopped}");
    let short = ["status", text(&spec), "--out", text(out)];
    wane_ok(&["sweep", text(&spec), "--out", text(out), "--quiet"]);
    let done = wane_ok(&short).stdout;
    assert!(done.ends_with("6 runs: 6 done\n"), "{done}");
    let all = wane_ok(&["status", "--out", text(out)]).stdout;
    assert!(all.contains("adamw global λ=1") && all.contains("6 done"), "{all}");
}

#[test]
fn a_worker_that_dies_again_and_again_fails_its_runs_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = (fixture("tiny.toml"), folder.path());
    let long = ["sweep", text(&spec), "--out", text(out), "--set", LONG];
    let one = ["--set", "arm.0.mask=global", "--set", "arm.0.weight_decay=1.0", "--seeds=0"];
    let mut command = command(&[&long[..], &one].concat());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut killed = Vec::new();
    while killed.len() < 4 && Instant::now() < deadline {
        for worker in workers_of(child.id()) {
            if !killed.contains(&worker) && send(Signal::Kill, worker) {
                killed.push(worker);
            }
        }
    }
    let call = finish(child);
    assert_eq!(call.code, Some(1), "{}", call.stderr);
    assert!(call.stderr.contains("starting it again (3 of 3)"), "{}", call.stderr);
    assert!(call.stderr.contains("its worker process died 4 times"), "{}", call.stderr);
    let runs = rows(&out.join("tiny/runs.csv"));
    assert_eq!((runs.len(), runs[0]["status"].as_str()), (1, "failed"));
    let status = wane_ok(&["status", "--out", text(out)]).stdout;
    assert!(status.contains("1 run: 1 failed") && status.contains("died 4 times"), "{status}");
}

/// A sweep of one worker, whose text becomes another while it trains, after which the worker is killed. Temporary files
/// lie in a folder that is there or is not.
fn with_another_text(has_temporary: bool) -> Call {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = (fixture("tiny.toml"), folder.path());
    let data = folder.path().join("text.txt");
    fs::write(&data, "abc ".repeat(400)).unwrap();
    let words = ["sweep", text(&spec), "--out", text(out), "--data", text(&data), "--jobs", "1"];
    let more = ["--lanes", "1", "--set", STEPS];
    let mut command = command(&[&words[..], &more].concat());
    let temporary = folder.path().join(if has_temporary { "." } else { "nowhere" });
    let child = command
        .env("TMPDIR", temporary)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for_training(out);
    fs::write(&data, "acb ".repeat(400)).unwrap();
    for worker in workers_of(child.id()) {
        send(Signal::Kill, worker);
    }
    finish(child)
}

#[test]
fn workers_train_on_the_text_that_the_sweep_has_read_whatever_becomes_of_the_file() {
    let call = with_another_text(true);
    assert_eq!(call.code, Some(0), "{}", call.stderr);
    assert!(call.stderr.contains("starting it again (1 of 3)"), "{}", call.stderr);
}

#[test]
fn a_text_that_changes_under_a_sweep_is_noticed_by_who_reads_it_again() {
    let call = with_another_text(false);
    assert_eq!(call.code, Some(1), "{}", call.stderr);
    assert!(call.stderr.contains("has changed since the sweep began"), "{}", call.stderr);
}

#[test]
fn one_run_that_cannot_be_kept_does_not_take_the_others_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = (fixture("tiny.toml"), folder.path());
    wane_ok(&["sweep", text(&spec), "--out", text(out), "--quiet"]);
    let id = rows(&out.join("tiny/runs.csv"))[2]["run"].clone();
    let run = out.join(".runs").join(&id);
    fs::remove_dir_all(&run).unwrap();
    fs::write(&run, "in the way").unwrap();
    let call = wane(&["sweep", text(&spec), "--out", text(out)]);
    assert_eq!(call.code, Some(1), "{}", call.stderr);
    assert!(call.stderr.contains("1 of 6 runs failed"), "{}", call.stderr);
    assert!(call.stderr.contains(&id), "the run and its path are named: {}", call.stderr);
    let states: Vec<String> =
        rows(&out.join("tiny/runs.csv")).iter().map(|row| row["status"].clone()).collect();
    assert_eq!(states.iter().filter(|state| *state == "done").count(), 7);
    assert_eq!(fs::read_to_string(&run).unwrap(), "in the way", "what is not ours stays");
    fs::remove_file(&run).unwrap();
    wane_ok(&["sweep", text(&spec), "--out", text(out)]);
}

#[test]
fn a_damaged_run_is_set_aside_and_trained_again() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = (fixture("tiny.toml"), folder.path());
    let arguments = ["sweep", text(&spec), "--out", text(out)];
    wane_ok(&arguments);
    let before = results(out);
    let id = rows(&out.join("tiny/runs.csv"))[0]["run"].clone();
    let end = out.join(".runs").join(&id).join("end.json");
    fs::write(&end, "{\"status\":").unwrap();
    let plan = wane_ok(&["plan", text(&spec), "--out", text(out)]);
    assert!(plan.stdout.contains("1 damaged") && plan.stdout.contains(&id), "{}", plan.stdout);
    let call = wane_ok(&arguments);
    assert!(call.stderr.contains("end.json is damaged"), "{}", call.stderr);
    assert_eq!(
        fs::read_to_string(end.with_file_name("set-aside-1/end.json")).unwrap(),
        "{\"status\":"
    );
    assert!(results(out) == before);
}

#[test]
fn what_collect_says_of_a_damaged_run_is_what_a_sweep_would_do() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = (fixture("tiny.toml"), folder.path());
    wane_ok(&["sweep", text(&spec), "--out", text(out), "--quiet"]);
    let run = first_run(out);
    let numbers = || fs::read(out.join("tiny/runs.csv")).unwrap();
    let before = numbers();
    fs::write(run.join("end.json"), "{").unwrap();
    let call = wane(&["collect", text(&spec), "--out", text(out)]);
    assert_eq!(call.code, Some(1), "{}", call.stderr);
    let told = "holds the numbers of 1 run whose records are damaged";
    for part in [told, "end.json is damaged", "`wane sweep` trains these again, and --replace"] {
        assert!(call.stderr.contains(part), "{part}: {}", call.stderr);
    }
    assert_eq!(numbers(), before, "the numbers that there are stay");
    let call = wane(&["collect", text(&spec), "--out", text(out), "--replace"]);
    let told = "1 damaged; to be trained again, the old files set aside";
    assert!(call.stderr.contains(told), "{}", call.stderr);
    assert_ne!(numbers(), before);
    assert_eq!(fs::read_to_string(run.join("end.json")).unwrap(), "{", "collect changes no run");
}

#[cfg(unix)]
#[test]
fn a_pipe_among_the_files_of_a_run_holds_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = (fixture("tiny.toml"), folder.path());
    let sweep = ["sweep", text(&spec), "--out", text(out), "--quiet"];
    wane_ok(&sweep);
    let before = results(out);
    for file in ["curve.csv", "end.json", "config.json"] {
        let path = first_run(out).join(file);
        fs::remove_file(&path).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let told = format!("{file}: it is not a plain file");
        let status = wane_ok(&["status", text(&spec), "--out", text(out)]);
        assert!(status.stdout.contains(&told), "{}", status.stdout);
        let collect = wane(&["collect", text(&spec), "--out", text(out)]);
        assert!(collect.code == Some(1) && collect.stderr.contains(&told), "{}", collect.stderr);
        wane_ok(&sweep);
        assert!(results(out) == before, "{file}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_run_whose_files_cannot_be_opened_is_named_and_neither_trained_again_nor_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = (fixture("tiny.toml"), folder.path());
    wane_ok(&["sweep", text(&spec), "--out", text(out), "--quiet"]);
    let before = results(out);
    let path = first_run(out).join("curve.csv");
    fs::rename(&path, path.with_extension("aside")).unwrap();
    // Reading it fails, whoever asks.
    std::os::unix::fs::symlink("/proc/self/mem", &path).unwrap();
    for command in ["sweep", "collect"] {
        let call = wane(&[command, text(&spec), "--out", text(out)]);
        assert_eq!(call.code, Some(1), "{}", call.stderr);
        assert!(call.stderr.contains("cannot be read"), "{}", call.stderr);
        assert!(call.stderr.contains("curve.csv"), "{}", call.stderr);
        assert!(results(out) == before, "{command} left the results as they were");
    }
    assert!(!first_run(out).join("set-aside-1").exists());
}

#[test]
fn a_run_whose_curve_was_changed_is_left_out_of_results_that_were_presented_before() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = (fixture("tiny.toml"), folder.path());
    wane_ok(&["sweep", text(&spec), "--out", text(out), "--quiet"]);
    let path = first_run(out).join("curve.csv");
    let mut curve = fs::read(&path).unwrap();
    let digit = curve.iter().rposition(u8::is_ascii_digit).unwrap();
    curve[digit] = if curve[digit] == b'1' { b'2' } else { b'1' };
    fs::write(&path, curve).unwrap();
    let collect = ["collect", text(&spec), "--out", text(out)];
    let call = wane(&collect);
    assert!(call.stderr.contains("their checksum does not match"), "{}", call.stderr);
    assert!(rows(&out.join("tiny/runs.csv")).iter().all(|row| row["status"] == "done"));
    let call = wane(&[&collect[..], &["--replace"]].concat());
    assert_eq!(call.code, Some(1), "{}", call.stderr);
    assert!(call.stderr.contains("only 5 of 6 runs are trained"), "{}", call.stderr);
    let id = first_run(out).file_name().unwrap().to_str().unwrap().to_owned();
    for row in rows(&out.join("tiny/runs.csv")) {
        assert_eq!(row["status"] == "done", row["run"] != id, "{row:?}");
    }
}

#[test]
fn divergence_is_a_result_that_is_kept_until_asked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = (fixture("tiny.toml"), folder.path());
    let base = ["sweep", text(&spec), "--out", text(out), "--set", "train.lr=1e30"];
    let call = wane_ok(&base);
    assert!(call.stdout.contains("runs.csv"), "{}", call.stdout);
    let runs = rows(&out.join("tiny/runs.csv"));
    assert!(runs.iter().all(|run| run["status"] == "diverged" && run["val_loss"].is_empty()));
    let again = wane_ok(&base);
    assert!(again.stderr.contains("6 diverged before; kept"), "{}", again.stderr);
    let retry = wane_ok(&[&base[..], &["--retry-diverged"]].concat());
    assert!(retry.stderr.contains("6 new"), "{}", retry.stderr);
}

#[test]
fn fresh_trains_everything_again_and_an_end_tells_its_origin() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = (fixture("tiny.toml"), folder.path());
    let base = ["sweep", text(&spec), "--out", text(out)];
    wane_ok(&base);
    let fresh = wane_ok(&[&base[..], &["--fresh"]].concat());
    assert!(fresh.stderr.contains("6 new"), "{}", fresh.stderr);
    let id = rows(&out.join("tiny/runs.csv"))[0]["run"].clone();
    let end = fs::read_to_string(out.join(".runs").join(id).join("end.json")).unwrap();
    let end: serde_json::Value = serde_json::from_str(&end).unwrap();
    let origin = &end["provenance"];
    for key in ["version", "commit", "backend", "adapter", "host"] {
        assert!(origin[key].as_str().is_some_and(|value| !value.is_empty()), "{key}: {origin}");
    }
    assert!(origin["command"].as_array().unwrap().iter().any(|word| word == "--fresh"));
    assert!(origin["jobs"].as_u64() >= Some(1) && origin["cores"].as_u64() >= Some(1));
}

#[test]
fn fresh_throws_nothing_away_while_one_of_the_runs_is_trained_by_another() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = (fixture("tiny.toml"), folder.path());
    let base = ["sweep", text(&spec), "--out", text(out)];
    wane_ok(&base);
    let ends = || {
        let runs = fs::read_dir(out.join(".runs")).unwrap().flatten();
        runs.filter(|run| run.path().join("end.json").exists()).count()
    };
    // The last of them, so that the others would be gone by then.
    let last = rows(&out.join("tiny/runs.csv")).pop().unwrap()["run"].clone();
    let lock = File::options().write(true).open(out.join(".runs").join(&last).join("lock"));
    let lock = lock.unwrap();
    lock.lock().unwrap();
    let call = wane(&[&base[..], &["--fresh"]].concat());
    assert_eq!((call.code, ends()), (Some(1), 6), "{}", call.stderr);
    assert!(call.stderr.contains(&format!("run {last} is being trained by another process")));
}

#[test]
fn a_file_where_the_results_should_go_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("taken");
    fs::write(&out, "mine").unwrap();
    let call = wane(&["sweep", text(&fixture("tiny.toml")), "--out", text(&out)]);
    assert_eq!(call.code, Some(2), "{}", call.stderr);
    assert!(call.stderr.contains(text(&out)), "{}", call.stderr);
    assert_eq!(fs::read_to_string(&out).unwrap(), "mine");
}

#[test]
fn a_second_call_says_the_same_and_writes_nothing_that_is_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let call = || wane_ok(&["sweep", text(&fixture("tiny.toml")), "--out", text(folder.path())]);
    let results = folder.path().join("tiny");
    let written = |file: &str| fs::metadata(results.join(file)).unwrap().modified().unwrap();
    let first = call();
    let times = ["runs.csv", "report.html"].map(written);
    assert_eq!(call().stdout, first.stdout);
    assert_eq!(["runs.csv", "report.html"].map(written), times);
    let (page, figure) = (results.join("report.html"), results.join("figures/loss-curves.png"));
    let whole = fs::read(&page).unwrap();
    fs::write(&page, "touched").unwrap();
    fs::remove_file(&figure).unwrap();
    assert_eq!(call().stdout, first.stdout);
    assert!(fs::read(&page).unwrap() == whole && figure.exists(), "made again");
}

/// A file system of 900 KiB, for as long as it lives.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=2500k", "none"]).arg(folder.path());
        mount
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
            .then_some(Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_is_named_and_finished_records_stay_whole() {
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("skipped: mounting a small file system takes root on Linux");
        return;
    };
    let (spec, out) = (fixture("tiny.toml"), disk.0.path());
    let base = ["sweep", text(&spec), "--out", text(out), "--set", "seeds=[0]"];
    wane_ok(&base);
    let larger = ["--set", "model.channels=64", "--set", "seeds=[0, 1, 2, 3]"];
    let call = wane(&[&base[..], &larger].concat());
    assert_eq!(call.code, Some(1), "{}", call.stderr);
    assert!(call.stderr.contains("No space left"), "{}", call.stderr);
    assert!(call.stderr.contains(text(out)), "{}", call.stderr);
    let plan = wane_ok(&["plan", text(&spec), "--out", text(out), "--set", "seeds=[0]"]);
    assert!(plan.stdout.contains("3 finished before"), "{}", plan.stdout);
}

/// The folder of the first run of `tiny` in the store.
fn first_run(out: &Path) -> PathBuf {
    out.join(".runs").join(&rows(&out.join("tiny/runs.csv"))[0]["run"])
}

#[test]
fn a_run_whose_files_do_not_say_its_whole_end_is_trained_again() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = (fixture("tiny.toml"), folder.path());
    let arguments = ["sweep", text(&spec), "--out", text(out)];
    wane_ok(&arguments);
    let before = results(out);
    let run = first_run(out);
    let torn = |curve: &str| curve[..curve.len() - 2].to_owned();
    let shorter = |end: &str| end.replacen("\"steps\": 6", "\"steps\": 3", 1);
    let without_loss = |curve: &str| {
        let (head, last) = curve.trim_end().rsplit_once('\n').unwrap();
        let mut fields: Vec<&str> = last.split(',').collect();
        let place = head.lines().next().unwrap().split(',').position(|name| name == "val_loss");
        fields[place.unwrap()] = "NaN";
        format!("{head}\n{}\n", fields.join(","))
    };
    let other_digit = |text: &str| text.replacen('7', "8", 1);
    type Change<'a> = &'a dyn Fn(&str) -> String;
    let changes: [(&str, Change); 5] = [
        ("curve.csv", &torn),
        ("end.json", &shorter),
        ("curve.csv", &without_loss),
        ("curve.csv", &other_digit),
        ("end.json", &other_digit),
    ];
    for (file, change) in changes {
        let path = run.join(file);
        let whole = fs::read_to_string(&path).unwrap();
        let changed = change(&whole);
        assert_ne!(changed, whole);
        fs::write(&path, changed).unwrap();
        let call = wane_ok(&arguments);
        assert!(call.stderr.contains("1 damaged"), "{file}: {}", call.stderr);
        assert!(results(out) == before, "{file}: other results");
    }
}

#[test]
fn results_that_lacked_a_run_are_written_anew_once_it_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = (fixture("tiny.toml"), folder.path());
    wane_ok(&["sweep", text(&spec), "--out", text(out), "--quiet"]);
    let curve = first_run(out).join("curve.csv");
    let whole = fs::read(&curve).unwrap();
    fs::write(&curve, &whole[..whole.len() / 2]).unwrap();
    fs::remove_dir_all(out.join("tiny")).unwrap();
    let collect = ["collect", text(&spec), "--out", text(out)];
    assert_eq!(wane(&collect).code, Some(1));
    fs::write(&curve, whole).unwrap();
    wane_ok(&collect);
    let runs = rows(&out.join("tiny/runs.csv"));
    assert!(runs.iter().all(|run| run["status"] == "done"), "{runs:?}");
}
