//! Sweeps on a real Slurm, which every test starts for itself on this machine (`tests/slurm/start.sh`).
//!
//! Where Slurm is not installed they say that they were skipped; with `WANE_NEEDS_SLURM` set they fail.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use crate::common::{Call, command, fixture, project, rows, text};
use crate::view::{View, statuses};
use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};
use tempfile::TempDir;
use wane::config::RunConfig;

/// How long anything in these tests may take.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Where one machine alone trains what tests compare with. Those that run at once share it, since many of their runs
/// are the same.
static LOCAL: Mutex<Weak<TempDir>> = Mutex::new(Weak::new());

fn local() -> Arc<TempDir> {
    let mut shared = LOCAL.lock().unwrap();
    shared.upgrade().unwrap_or_else(|| {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        *shared = Arc::downgrade(&folder);
        folder
    })
}

/// A Slurm with nodes n1 and n2, and a folder for results.
struct Cluster {
    folder: TempDir,
    local: Arc<TempDir>,
    config: String,
}

impl Cluster {
    /// Starts one; `None` where Slurm is not installed.
    fn start() -> Option<Self> {
        let installed = |program: &str| {
            let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).output();
            found.is_ok_and(|found| found.status.success())
        };
        if !["slurmctld", "slurmd", "munged"].into_iter().all(installed) {
            assert!(std::env::var_os("WANE_NEEDS_SLURM").is_none(), "Slurm is not installed");
            eprintln!("skipped: Slurm is not installed (Debian: slurm-wlm, munge)");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let files = folder.path().join("slurm");
        let [controller, n1, n2] = free_ports();
        let started = script("start.sh", &[text(&files), &controller, &n1, &n2]);
        assert_eq!(started.code, Some(0), "Slurm did not start:\n{}", started.stderr);
        let local = local();
        Some(Cluster { folder, local, config: started.stdout.trim().to_owned() })
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("results")
    }

    /// A call of `wane` on this cluster.
    fn command(&self, arguments: &[&str]) -> Command {
        let out = self.out();
        let mut words = arguments.to_vec();
        words.extend(["--out", text(&out)]);
        let mut command = command(&words);
        command.env("SLURM_CONF", &self.config);
        command
    }

    fn wane(&self, arguments: &[&str]) -> Call {
        Call::from(self.command(arguments).output().expect("the binary starts"))
    }

    /// Submits a sweep and returns its job.
    fn submit(&self, spec: &Path, more: &[&str]) -> String {
        let call = self.wane(&[&["sweep", text(spec), "--launcher", "slurm"], more].concat());
        assert_eq!(call.code, Some(0), "{}", call.stderr);
        let job = call.stdout.trim().to_owned();
        assert!(job.parse::<u64>().is_ok(), "{job:?} is no job\n{}", call.stderr);
        job
    }

    /// Submits a sweep, or follows what is queued of it, to its end.
    fn wait(&self, spec: &Path, more: &[&str]) -> Call {
        let words = ["sweep", text(spec), "--launcher", "slurm", "--wait"];
        self.wane(&[&words, more].concat())
    }

    /// Calls one of Slurm's commands.
    fn slurm(&self, program: &str, arguments: &[&str]) -> String {
        let call = Command::new(program).args(arguments).env("SLURM_CONF", &self.config).output();
        let call = Call::from(call.expect("Slurm's commands start"));
        call.stdout + &call.stderr
    }

    /// Waits until a query of the queue says what is expected.
    fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let start = Instant::now();
        while !holds() {
            let queue = || self.slurm("squeue", &["--array", "--states=all"]);
            assert!(start.elapsed() < TIMEOUT, "{what} never came\n{}\n{}", queue(), self.logs());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// State of each task of a job, `1 RUNNING` and so on.
    fn states(&self, job: &str) -> Vec<String> {
        let job = format!("--jobs={job}");
        let arguments = ["--noheader", "--array", "--states=all", &job, "--format=%K %T"];
        let mut states: Vec<String> =
            self.slurm("squeue", &arguments).lines().map(str::to_owned).collect();
        states.sort();
        states
    }

    fn until_over(&self, job: &str) {
        let live = ["PENDING", "RUNNING", "COMPLETING", "CONFIGURING", "REQUEUED"];
        self.until(&format!("the end of job {job}"), || {
            !self.states(job).iter().any(|state| live.iter().any(|live| state.contains(live)))
        });
    }

    /// Waits until a task of the first sweep is in the middle of a run: after a checkpoint.
    fn until_training(&self, task: usize) {
        self.until(&format!("a checkpoint of task {task}"), || {
            self.runs_of(task).iter().any(|run| {
                run.join("checkpoint.safetensors").exists() && !run.join("end.json").exists()
            })
        });
    }

    /// Folders of the runs of a task of the first sweep; none before it is submitted.
    fn runs_of(&self, task: usize) -> Vec<PathBuf> {
        let sweeps = fs::read_dir(self.out().join(".sweeps")).into_iter().flatten().flatten();
        let shards = sweeps.map(|sweep| sweep.path().join(format!("shards/{task}.json")));
        let text = shards.filter_map(|shard| fs::read_to_string(shard).ok()).next();
        // Half of a file is there for a moment.
        let runs: Vec<RunConfig> =
            text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let store = self.out().join(".runs");
        runs.iter().map(|run| store.join(run.id().as_str())).collect()
    }

    /// What the tasks and jobs said.
    fn logs(&self) -> String {
        let sweeps = fs::read_dir(self.out().join(".sweeps")).into_iter().flatten().flatten();
        let logs =
            sweeps.flat_map(|sweep| fs::read_dir(sweep.path().join("log")).into_iter().flatten());
        logs.flatten().map(|log| fs::read_to_string(log.path()).unwrap_or_default()).collect()
    }

    /// Expects the results of a spec to be what one machine alone makes of it.
    fn assert_same_as_local(&self, spec: &Path) {
        let local = self.local.path();
        let call = crate::common::wane_ok(&["sweep", text(spec), "--out", text(local)]);
        let name = call.stdout.lines().rev().find(|line| line.starts_with("numbers")).unwrap();
        let name = Path::new(name).parent().unwrap().file_name().unwrap();
        assert_eq!(results(&self.out().join(name)), results(&local.join(name)), "{}", self.logs());
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        script("stop.sh", &[text(&self.folder.path().join("slurm"))]);
    }
}

/// Ports that nothing listens on.
fn free_ports() -> [String; 3] {
    // All are bound before any is given back, so that they differ.
    let bound = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    bound.map(|listener| listener.local_addr().unwrap().port().to_string())
}

/// Runs a script of `tests/slurm`. What it leaves running must not hold on to its output.
fn script(name: &str, arguments: &[&str]) -> Call {
    let path = project().join("tests/slurm").join(name);
    Call::from(Command::new(path).args(arguments).output().expect("the script starts"))
}

/// What must not change: the curves, and the runs without their seconds.
fn results(folder: &Path) -> (String, Vec<Vec<(String, String)>>) {
    let sorted = |row: std::collections::HashMap<String, String>| {
        let mut row: Vec<_> = row.into_iter().filter(|(name, _)| name != "seconds").collect();
        row.sort();
        row
    };
    let runs = rows(&folder.join("runs.csv")).into_iter().map(sorted).collect();
    (fs::read_to_string(folder.join("curves.csv")).unwrap(), runs)
}

/// A spec of six runs with so many steps.
fn spec(cluster: &Cluster, name: &str, steps: usize) -> PathBuf {
    let tiny = fs::read_to_string(fixture("tiny.toml")).unwrap();
    let spec = tiny
        .replace("name = \"tiny\"", &format!("name = \"{name}\""))
        .replace("steps = 6", &format!("steps = {steps}"))
        .replace("eval_every = 3", "eval_every = 1000");
    let path = cluster.folder.path().join(format!("{name}.toml"));
    fs::write(&path, spec).unwrap();
    path
}

/// Steps that last long enough to be interrupted.
const LONG: usize = 4000;
const INTERRUPTIBLE: [&str; 4] = ["--runs-per-task", "3", "--checkpoint-every", "0.02"];

/// Kills the process of a shard, as a node that runs out of memory would.
fn kill_task(cluster: &Cluster, shard: &str) {
    let mut system = System::new();
    let command = ProcessRefreshKind::nothing().with_cmd(UpdateKind::Always);
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, command);
    let folder = cluster.out();
    let is_task = |process: &&sysinfo::Process| {
        let words: Vec<&str> = process.cmd().iter().filter_map(|word| word.to_str()).collect();
        process.thread_kind().is_none()
            && words.iter().any(|word| word.starts_with(text(&folder)))
            && words.contains(&shard)
    };
    let task = system.processes().values().find(is_task).expect("there is a task to kill");
    assert!(task.kill());
}

fn finish(child: Child) -> Call {
    Call::from(child.wait_with_output().expect("the child can be waited for"))
}

fn assert_ok(call: &Call, cluster: &Cluster) {
    assert_eq!(call.code, Some(0), "{}\n{}\n{}", call.stdout, call.stderr, cluster.logs());
}

#[test]
fn a_sweep_over_two_nodes_equals_the_local_one_byte_for_byte() {
    let Some(cluster) = Cluster::start() else { return };
    let spec = spec(&cluster, "two-nodes", 300);
    // Three tasks with two cores each on nodes of four.
    let job = cluster.submit(&spec, &["--runs-per-task", "2", "--jobs", "2"]);
    cluster.until_over(&job);
    let folder = cluster.out().join("two-nodes");
    cluster.until("the report", || folder.join("report.html").exists());
    let nodes =
        cluster.slurm("squeue", &["--noheader", "--states=all", "--format=%N", "--jobs", &job]);
    assert!(nodes.contains("n1") && nodes.contains("n2"), "{nodes}");
    cluster.assert_same_as_local(&spec);
    // Now there is nothing to submit.
    let call = cluster.wait(&spec, &[]);
    assert_ok(&call, &cluster);
    assert!(call.stderr.contains("6 finished before"), "{}", call.stderr);
    assert_eq!(fs::read_dir(cluster.out().join(".sweeps")).unwrap().count(), 2, "one and the lock");
}

#[test]
fn a_search_over_two_nodes_submits_stage_after_stage_and_decides_as_one_machine_does() {
    let Some(cluster) = Cluster::start() else { return };
    let spec = fixture("search.toml");
    cluster.submit(&spec, &["--runs-per-task", "4"]);
    let folder = cluster.out().join("search");
    cluster.until("the end of the search", || folder.join("report.html").exists());
    cluster.assert_same_as_local(&spec);
    let decisions = |out: &Path| fs::read_to_string(out.join("search/search.csv")).unwrap();
    assert_eq!(decisions(&cluster.out()), decisions(cluster.local.path()));
    let call = cluster.wait(&spec, &[]);
    assert_ok(&call, &cluster);
    assert!(call.stderr.contains("the search is over"), "{}", call.stderr);
}

#[test]
fn a_search_that_is_followed_shows_its_answer() {
    let Some(cluster) = Cluster::start() else { return };
    let spec = fixture("search.toml");
    let call = cluster.wait(&spec, &["--runs-per-task", "4"]);
    assert_ok(&call, &cluster);
    assert!(call.stdout.contains("λ*"), "{}", call.stdout);
    cluster.assert_same_as_local(&spec);
}

#[test]
fn a_task_that_fails_is_told_and_submitted_again() {
    let Some(cluster) = Cluster::start() else { return };
    let data = cluster.folder.path().join("text.txt");
    let text_of_data = "to be or not to be, that is the question. ".repeat(60);
    fs::write(&data, &text_of_data).unwrap();
    let spec = spec(&cluster, "failing", 50);
    let written = fs::read_to_string(&spec).unwrap();
    fs::write(&spec, written.replace("\"grammar\"", &format!("{:?}", text(&data)))).unwrap();
    let job = cluster.submit(&spec, &["--sbatch=--hold"]);
    fs::write(&data, text_of_data.replace("be", "do")).unwrap();
    cluster.slurm("scontrol", &["release", &job]);
    cluster.until_over(&job);
    assert_eq!(cluster.states(&job), ["1 FAILED"]);
    fs::write(&data, &text_of_data).unwrap();
    let status = cluster.wane(&["status", text(&spec)]);
    assert!(status.stdout.contains("6 failed"), "{}", status.stdout);
    assert!(status.stdout.contains("has changed since"), "{}", status.stdout);
    let call = cluster.wait(&spec, &[]);
    assert_ok(&call, &cluster);
    cluster.assert_same_as_local(&spec);
}

#[test]
fn a_task_that_is_killed_costs_the_steps_since_its_checkpoint() {
    let Some(cluster) = Cluster::start() else { return };
    let spec = spec(&cluster, "killed", LONG);
    let words = ["sweep", text(&spec), "--launcher", "slurm", "--wait"];
    let mut waiting = cluster.command(&[&words[..], &INTERRUPTIBLE].concat());
    let waiting = waiting.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    cluster.until_training(1);
    kill_task(&cluster, "1/2");
    let call = finish(waiting);
    assert_eq!(call.code, Some(1), "{}", call.stderr);
    assert!(call.stderr.contains("its task ended without finishing it: FAILED"), "{}", call.stderr);
    let call = cluster.wait(&spec, &INTERRUPTIBLE);
    assert_ok(&call, &cluster);
    assert!(call.stderr.contains("resumed after step"), "{}", call.stderr);
    assert!(!call.stderr.contains("submitted 6 runs"), "{}", call.stderr);
    cluster.assert_same_as_local(&spec);
}

#[test]
fn what_was_cancelled_is_submitted_again_and_nothing_else() {
    let Some(cluster) = Cluster::start() else { return };
    let spec = spec(&cluster, "cancelled", LONG);
    // One task runs, the other waits.
    let job = cluster.submit(&spec, &[&INTERRUPTIBLE[..], &["--array-limit", "1"]].concat());
    cluster.until_training(1);
    let status = cluster.wane(&["status", text(&spec)]);
    assert!(status.stdout.contains(&format!("job {job}_2 PENDING")), "{}", status.stdout);
    assert!(status.stdout.contains("3 queued") || status.stdout.contains("running"));
    // Who watches sees all that was submitted: what trains and what waits.
    let view = View::of(&cluster.out());
    let watched = view.json(&format!("/sweep/{}?since=&m=&n=val_loss", view.id("cancelled")));
    assert_eq!(statuses(&watched), ["training", "waiting"]);
    // Submitting again while all of it is in the queue submits nothing.
    let again = cluster.submit(&spec, &INTERRUPTIBLE);
    assert_eq!(again, job);
    let call = cluster.wane(&["cancel", text(&spec)]);
    assert!(call.stdout.contains("cancelled 1 waiting task"), "{}", call.stdout);
    assert!(
        call.stdout.contains("left 1 running task alone (--yes cancels them too)"),
        "{}",
        call.stdout
    );
    let call = cluster.wane(&["cancel", text(&spec), "--yes"]);
    assert!(
        call.stdout.contains("cancelled 1 running task; running tasks stop after a checkpoint"),
        "{}",
        call.stdout
    );
    cluster.until_over(&job);
    let call = cluster.wane(&["cancel", text(&spec)]);
    assert_eq!(call.stdout.trim(), "nothing of cancelled is in the queue");
    let call = cluster.wait(&spec, &INTERRUPTIBLE);
    assert_ok(&call, &cluster);
    assert!(
        call.stderr.contains("resumed after step"),
        "the task left no checkpoint: {}",
        call.stderr
    );
    cluster.assert_same_as_local(&spec);
}

#[test]
fn a_requeued_task_goes_on_and_a_warning_of_the_time_limit_requeues_it() {
    let Some(cluster) = Cluster::start() else { return };
    let spec = spec(&cluster, "requeued", LONG);
    let job = cluster.submit(&spec, &INTERRUPTIBLE);
    cluster.until_training(1);
    cluster.until_training(2);
    cluster.slurm("scontrol", &["requeue", &format!("{job}_1")]);
    cluster.slurm("scancel", &["--batch", "--signal=USR1", &format!("{job}_2")]);
    let requeued = |cluster: &Cluster| {
        let shown = cluster.slurm("scontrol", &["--oneliner", "show", "job", &job]);
        shown.lines().filter(|line| line.contains("Restarts=1")).count()
    };
    cluster.until("both tasks in the queue again", || requeued(&cluster) == 2);
    let call = cluster.wait(&spec, &INTERRUPTIBLE);
    assert_ok(&call, &cluster);
    assert!(cluster.logs().contains("queued again, to resume"), "{}", cluster.logs());
    assert!(cluster.logs().contains("resumed after step"), "{}", cluster.logs());
    cluster.assert_same_as_local(&spec);
}

#[test]
fn a_node_that_goes_down_hands_its_task_to_another() {
    let Some(cluster) = Cluster::start() else { return };
    let spec = spec(&cluster, "node-down", LONG);
    let job = cluster.submit(&spec, &["--checkpoint-every", "0.02"]);
    cluster.until_training(1);
    let node = cluster.slurm("squeue", &["--noheader", "--jobs", &job, "--format=%N"]);
    let node = format!("nodename={}", node.trim());
    cluster.slurm("scontrol", &["update", &node, "state=down", "reason=lost"]);
    let call = cluster.wait(&spec, &INTERRUPTIBLE);
    assert_ok(&call, &cluster);
    let shown = cluster.slurm("scontrol", &["--oneliner", "show", "job", &job]);
    assert!(shown.contains("Restarts=1"), "{shown}");
    cluster.assert_same_as_local(&spec);
}

#[test]
fn a_controller_that_restarts_is_waited_for() {
    let Some(cluster) = Cluster::start() else { return };
    let spec = spec(&cluster, "controller", LONG);
    let words = ["sweep", text(&spec), "--launcher", "slurm", "--wait"];
    let mut waiting = cluster.command(&[&words[..], &INTERRUPTIBLE].concat());
    let waiting = waiting.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    cluster.until_training(1);
    let restarted = script("controller.sh", &[text(&cluster.folder.path().join("slurm")), "2"]);
    assert_eq!(restarted.code, Some(0), "{}", restarted.stderr);
    let call = finish(waiting);
    assert_ok(&call, &cluster);
    cluster.assert_same_as_local(&spec);
}

#[test]
fn two_sweeps_at_once_train_what_they_share_once() {
    let Some(cluster) = Cluster::start() else { return };
    let (first, second) = (spec(&cluster, "first", 2000), spec(&cluster, "second", 2000));
    let more = fs::read_to_string(&second).unwrap().replace("[0.0, 1.0]", "[0.0, 1.0, 2.0]");
    fs::write(&second, more).unwrap();
    let start = |spec: &Path| {
        let words = ["sweep", text(spec), "--launcher", "slurm", "--wait", "--runs-per-task", "3"];
        let mut command = cluster.command(&words);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let both = [start(&first), start(&second)];
    both.into_iter().for_each(|child| assert_ok(&finish(child), &cluster));
    for spec in [first, second] {
        cluster.assert_same_as_local(&spec);
    }
    let ends = fs::read_dir(cluster.out().join(".runs")).unwrap();
    assert_eq!(ends.count(), 10, "no run was trained under two names");
    let trained: usize = cluster.logs().matches(" new\n").count();
    assert!(trained >= 2, "{}", cluster.logs());
}

#[test]
fn a_frozen_sweep_knows_neither_a_changed_spec_nor_a_changed_program() {
    let Some(cluster) = Cluster::start() else { return };
    let spec = spec(&cluster, "frozen", 40);
    let original = fs::read_to_string(&spec).unwrap();
    let program = cluster.folder.path().join("wane");
    fs::copy(env!("CARGO_BIN_EXE_wane"), &program).unwrap();
    let out = cluster.out();
    let call = |more: &[&str]| {
        let mut call = Command::new(&program);
        call.args(["sweep", text(&spec), "--launcher", "slurm", "--out", text(&out)]).args(more);
        Call::from(call.env("SLURM_CONF", &cluster.config).current_dir(project()).output().unwrap())
    };
    let job = call(&["--sbatch=--hold"]).stdout.trim().to_owned();
    fs::write(&spec, original.replace("steps = 40", "steps = 44")).unwrap();
    let mut changed = fs::read(&program).unwrap();
    changed.push(0);
    fs::remove_file(&program).unwrap();
    fs::write(&program, changed).unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&program, executable).unwrap();
    let refused = call(&[]);
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(refused.stderr.contains("was frozen by another program"), "{}", refused.stderr);
    cluster.slurm("scontrol", &["release", &job]);
    cluster.until_over(&job);
    assert_eq!(cluster.states(&job), ["1 FAILED"]);
    assert!(cluster.logs().contains("was frozen by another program"), "{}", cluster.logs());
    // Insisting: the queued sweep goes on under the other program.
    fs::write(&spec, &original).unwrap();
    let job = call(&["--sbatch=--hold"]).stdout.trim().to_owned();
    fs::copy(env!("CARGO_BIN_EXE_wane"), program.with_extension("new")).unwrap();
    fs::rename(program.with_extension("new"), &program).unwrap();
    fs::write(&spec, original.replace("steps = 40", "steps = 44")).unwrap();
    // The job that collects what the failed one left may have run by now, or not.
    let taken = call(&["--allow-version-mix", "--sbatch=--hold", "--replace"]);
    assert_eq!(taken.code, Some(2), "{}", taken.stderr);
    assert!(taken.stderr.contains("another spec named frozen is queued"), "{}", taken.stderr);
    let insisted = call(&["--allow-version-mix", "--sbatch=--hold", "--set", "name=longer"]);
    assert_eq!(insisted.code, Some(0), "{}", insisted.stderr);
    fs::write(&spec, &original).unwrap();
    cluster.slurm("scontrol", &["release", &job]);
    cluster.until_over(&job);
    assert_eq!(cluster.states(&job), ["1 COMPLETED"], "{}", cluster.logs());
    cluster.wane(&["collect", text(&spec)]);
    cluster.assert_same_as_local(&spec);
}

#[test]
fn what_slurm_refuses_is_told_in_its_words_and_leaves_nothing_behind() {
    let Some(cluster) = Cluster::start() else { return };
    let spec = spec(&cluster, "refused", 6);
    let sweep = ["sweep", text(&spec), "--launcher", "slurm"];
    let nothing_left = || {
        let folders = fs::read_dir(cluster.out().join(".sweeps")).into_iter().flatten();
        let left: Vec<_> = folders.flatten().map(|entry| entry.file_name()).collect();
        assert!(left.iter().all(|name| name == "lock"), "{left:?}");
    };
    let call = cluster.wane(&[&sweep[..], &["--partition", "nope"]].concat());
    assert_eq!(call.code, Some(2), "{}", call.stderr);
    assert!(call.stderr.contains("--partition nope: the cluster has main"), "{}", call.stderr);
    let call = cluster.wane(&[&sweep[..], &["--time", "soon"]].concat());
    assert_eq!(call.code, Some(1), "{}", call.stderr);
    assert!(
        call.stderr.contains("sbatch failed: sbatch: error: Invalid --time"),
        "{}",
        call.stderr
    );
    nothing_left();
    let call = cluster.wane(&[&sweep[..], &["--sbatch=--reservation=nope"]].concat());
    assert_eq!(call.code, Some(1), "{}", call.stderr);
    assert!(call.stderr.contains("sbatch failed"), "{}", call.stderr);
    nothing_left();
    let call = cluster.wane(&[&sweep[..], &["--sbatch", "--comment='open"]].concat());
    assert_eq!(call.code, Some(2), "{}", call.stderr);
    let mut pathless = cluster.command(&sweep);
    let call = Call::from(pathless.env("PATH", "").output().unwrap());
    assert_eq!(call.code, Some(2), "{}", call.stderr);
    assert!(call.stderr.contains("there is no `sinfo` on the path"), "{}", call.stderr);
    assert_eq!(cluster.slurm("squeue", &["--noheader", "--states=all"]), "");
}
