//! A plan of 100,000 runs without training: what it costs to plan it, to deal and freeze it for a cluster
//! that only pretends, to go on at one half, and to collect it.
//!
//! `cargo bench --bench scale`; `docs/scale.md` says what came of it. Needs 3 GB of disk.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use wane::backend::Backend;
use wane::cluster::slurm::{Cluster, JobId, JobOptions, Stage, Task};
use wane::cluster::snapshot::{Contents, Lock, Program};
use wane::cluster::submit::{SubmissionOrder, live, queue_positions, submit};
use wane::config::RunConfig;
use wane::corpus::Source;
use wane::experiment::Plan;
use wane::experiment::{Changes, Spec};
use wane::record::{CurveRow, End, OfRole, Provenance, Status, now};
use wane::results::{Experiment, write_results};
use wane::runner::Todo;
use wane::store::Store;

/// Takes whatever is submitted; all of it waits.
struct Pretended;

impl Cluster for Pretended {
    fn most_tasks(&self) -> Result<usize> {
        Ok(1000)
    }

    fn partitions(&self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn hosts(&self, _partition: Option<&str>) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn submit(&self, _script: &Path, _options: &[String]) -> Result<JobId> {
        Ok(JobId(1))
    }

    fn tasks(&self, _job: JobId, _folder: &Path) -> Result<Vec<Task>> {
        let task = |number| Task {
            number,
            stage: Stage::Pending,
            state: "PENDING".into(),
            reason: None,
            node: None,
        };
        Ok((1..=1000).map(task).collect())
    }

    fn cancel(&self, _job: JobId, _running_too: bool) -> Result<()> {
        Ok(())
    }

    fn requeue(&self, _job: JobId, _task: usize) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let count: usize =
        std::env::var("WANE_SCALE_RUNS").map_or(100_000, |n| n.parse().expect("runs"));
    let results = tempfile::tempdir().expect("a temporary folder");
    let store = Store::new(results.path());
    let begin = Instant::now();
    let text = spec(count);
    let (spec, corpus, plan) = timed("plan", || {
        let spec = Spec::parse(&text, &Changes::default()).expect("the spec is valid");
        let corpus = spec.load_corpus().expect("the grammar");
        let plan = Plan::new(&spec, &corpus, None);
        (spec, corpus, plan)
    });
    assert_eq!(plan.runs.len(), count);
    let todo = timed("look all runs up", || Todo::of(&plan.runs, &store));
    timed("deal, freeze and submit", || send(results.path(), &text, &todo));
    let mut worked = begin.elapsed();
    let half = count / 2;
    timed("(pretend to train one half)", || finish(results.path(), &plan.runs[..half]));
    let again = Instant::now();
    let todo = timed("look all runs up at one half", || Todo::of(&plan.runs, &store));
    assert_eq!(todo.finished(), half);
    timed("find what is queued", || {
        let queued = live(results.path(), &Pretended).expect("the pretended cluster answers");
        assert_eq!(queue_positions(&queued).expect("shards are there").len(), count);
    });
    timed("deal, freeze and submit the rest", || send(results.path(), &text, &todo));
    worked += again.elapsed();
    timed("(pretend to train the rest)", || finish(results.path(), &plan.runs[half..]));
    let last = Instant::now();
    timed("collect: runs.csv, curves.csv", || {
        let experiment = Experiment {
            name: spec.name.clone(),
            question: None,
            spec: text.clone(),
            init: None,
            data: corpus.source.clone(),
            recognised: String::new(),
            alphabet: None,
            tokenizer: None,
            unseen: None,
            padding_shares: None,
            unseen_shares: None,
            copied: None,
            padding: None,
            digest: corpus.digest(),
            splits: Some(corpus.split),
            pool: None,
            texts: Some(corpus.texts),
            decided: Vec::new(),
            analysis: Default::default(),
            cut_off: Vec::new(),
            claims: Vec::new(),
            provenance: provenance(),
        };
        let folder = results.path().join("scale");
        write_results(&folder, &experiment, &plan, &store, &|_| (None, None))
            .expect("results can be written");
    });
    timed("collect: statistics, figures, page", || {
        wane::report::write(&results.path().join("scale"), &results.path().join("scale"))
            .expect("the report can be written");
    });
    worked += last.elapsed();
    println!("{:36} {:7.2} s   {}", "all but the pretence", worked.as_secs_f64(), memory());
}

/// Learning rates, λ and seeds that multiply out to `count` runs.
fn spec(count: usize) -> String {
    let list = |count: usize, unit: &str| {
        (1..=count).map(|i| format!("{i}{unit}")).collect::<Vec<_>>().join(",")
    };
    let seeds = (0..10).map(|seed| seed.to_string()).collect::<Vec<_>>().join(",");
    format!(
        "name = 'scale'\nseeds = [{seeds}]\n[data]\ntrain = 2000\nval = 1000\n[model]\nlayers = 1\n\
         heads = 2\nchannels = 8\ncontext = 8\n[train]\nsteps = 20\nbatch = 2\nwarmup = 2\n\
         eval_every = 10\nlog_every = 10\neval_windows = 4\n[[arm]]\nlr = [{}]\nform = 'adamw'\n\
         weight_decay = [{}]\n",
        list(10, "e-4"),
        list(count / 100, "e-5"),
    )
}

fn send(results: &Path, spec: &str, todo: &Todo) {
    let runs: Vec<RunConfig> = todo.pending().into_iter().map(|run| run.run).collect();
    let lock = Lock::take(results).expect("nobody else is here");
    let contents = Contents {
        name: "scale".into(),
        changes: Changes::default(),
        initial: None,
        init_crop: false,
        keep_best: false,
        source: Source::GRAMMAR,
        backend: Backend::Flex,
        device: None,
        lanes: None,
        jobs: 1,
        checkpoint_every: Duration::from_secs(30),
        program: Program { path: "wane".into(), sha256: "0".repeat(64), commit: "none".into() },
        shards: 0,
        runs: 0,
        search: None,
        command: Vec::new(),
    };
    let order = SubmissionOrder {
        contents,
        spec,
        runs: &runs,
        runs_per_task: Some(100),
        beside: &BTreeSet::new(),
        options: &JobOptions::default(),
    };
    let (frozen, _) = submit(&lock, &Pretended, order).expect("the pretended cluster takes it");
    assert_eq!(frozen.contents.runs, runs.len());
}

/// Writes what finished runs leave behind.
fn finish(results: &Path, runs: &[RunConfig]) {
    for run in runs {
        let folder = results.join(".runs").join(run.id().as_str());
        fs::create_dir_all(&folder).expect("room");
        let write = |name: &str, contents: Vec<u8>| {
            fs::write(folder.join(name), contents).expect("room");
        };
        write("config.json", serde_json::to_vec_pretty(run).expect("plain data"));
        let mut curve = csv::Writer::from_writer(Vec::new());
        for step in [0, 10, 20] {
            let loss = Some(3.0 - 0.01 * step as f64 + 0.001 * (run.data.seed as f64).sin());
            let norm = Some(1.5);
            let of_role = OfRole { weight_norm: norm, rotation: norm, ..OfRole::default() };
            let row = CurveRow {
                lr: Some(1e-3),
                batch_loss: norm,
                grad_norm: norm,
                train_loss: loss,
                val_loss: loss,
                weight_norm: norm,
                roles: [of_role; 6],
                ..CurveRow::at(step)
            };
            curve.serialize(row).expect("plain data");
        }
        write("curve.csv", curve.into_inner().expect("in memory"));
        let end = End {
            status: Status::Done,
            steps: 20,
            error: None,
            val_floor: None,
            val_unigram: None,
            val_copied: None,
            test_copied: None,
            test_loss: None,
            stopped_test_loss: None,
            stopped_step: None,
            seconds: 1.0,
            lanes: 1,
            resumed_from: 0,
            started: now(),
            ended: now(),
            provenance: provenance(),
        };
        write("end.json", serde_json::to_vec_pretty(&end).expect("plain data"));
    }
}

fn provenance() -> Provenance {
    let name = || "pretended".to_owned();
    Provenance {
        version: name(),
        commit: name(),
        backend: "flex".into(),
        adapter: name(),
        host: name(),
        cores: 1,
        jobs: 1,
        command: Vec::new(),
    }
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    println!("{what:36} {:7.2} s   {}", start.elapsed().as_secs_f64(), memory());
    result
}

/// The most memory that this process has had so far.
fn memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kib.map_or(String::new(), |kib| format!("peak {:.0} MiB", kib / 1024.0))
}
