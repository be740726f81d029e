//! A sweep on a cluster.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};

use super::{Inputs, Options, Print, Request, Session, Work};
use crate::cluster::Options as ClusterOptions;
use crate::cluster::check::{check_cluster, check_programs};
use crate::cluster::follow::Queued;
use crate::cluster::slurm::{JobId, Slurm};
use crate::cluster::snapshot::{Contents, Lock, Program};
use crate::cluster::submit::{Live, SubmissionOrder, live, queue_positions, submit};
use crate::config::RunId;
use crate::exit::{Stopped, usage};
use crate::plural::counted;
use crate::runner::{SweepResult, progress};

/// Tasks that are followed at once; Slurm starts them in order.
const MOST_FOLLOWED: usize = 64;

/// Submits what is neither trained nor queued as a job array and prints the jobs that train.
///
/// # Errors
/// A cluster that refuses or does not answer; with `wait`, also a run that failed.
pub fn sweep(
    request: &Request,
    options: Options,
    cluster: &ClusterOptions,
    print: Print,
) -> Result<()> {
    usage(check_options(&options))?;
    let note = check_cluster(&Slurm, cluster.job.partition.as_deref(), &options.out)?;
    if let Some(note) = note.filter(|_| !options.quiet) {
        eprintln!("{note}");
    }
    let inputs = Inputs::load(request)?;
    let lock = Lock::take(&options.out)?;
    let session = Session::start(Work::of(&inputs), options)?;
    let jobs = submit_missing(request, &inputs, &session, cluster, &lock)?;
    let queued = live(&session.options.out, &Slurm)?;
    drop(lock);
    jobs.iter().try_for_each(|job| print(&job.to_string()))?;
    if cluster.wait {
        follow(request, &inputs, &session, &queued, print)
    } else if jobs.is_empty() {
        session.finish(&inputs, SweepResult::default(), print)
    } else {
        session.say(&format!(
            "another job will write the results; `wane status {}` shows how far it is",
            request.spec.display()
        ));
        Ok(())
    }
}

/// Submits what is missing; returns every job that trains runs of the plan.
fn submit_missing(
    request: &Request,
    inputs: &Inputs,
    session: &Session,
    cluster: &ClusterOptions,
    lock: &Lock,
) -> Result<BTreeSet<JobId>> {
    let queued = live(&session.options.out, &Slurm)?;
    let program = Program::this()?;
    check_programs(&queued, &program, cluster.allow_version_mix)?;
    let positions = queue_positions(&queued)?;
    let missing = session.pending().into_iter().map(|run| run.run);
    let (waiting, new): (Vec<_>, Vec<_>) =
        missing.partition(|run| positions.contains_key(&run.id()));
    let mut jobs: BTreeSet<JobId> = waiting.iter().map(|run| positions[&run.id()].job).collect();
    if !waiting.is_empty() {
        session.say(&format!("{} already queued", counted(waiting.len(), "run")));
    }
    if new.is_empty() {
        return Ok(jobs);
    }
    let order = SubmissionOrder {
        contents: contents(request, &session.options, inputs, program),
        spec: &inputs.text,
        runs: &new,
        runs_per_task: cluster.runs_per_task,
        beside: &jobs,
        options: &cluster.job,
    };
    let (frozen, submission) = submit(lock, &Slurm, order)?;
    let (runs, tasks) = (counted(new.len(), "run"), counted(frozen.contents.shards, "task"));
    session.say(&format!("submitted {runs} in {tasks}; see {}", frozen.folder().display()));
    jobs.insert(submission.job);
    Ok(jobs)
}

/// Results are not thrown away before a cluster has accepted to train them again.
fn check_options(options: &Options) -> Result<()> {
    ensure!(
        !options.fresh && !options.retry_diverged,
        "--fresh and --retry-diverged throw results away; with --launcher slurm use another --out"
    );
    Ok(())
}

fn contents(request: &Request, options: &Options, inputs: &Inputs, program: Program) -> Contents {
    Contents {
        name: inputs.spec.name.clone(),
        changes: request.changes.clone(),
        initial: request.init.clone(),
        source: inputs.spec.source.clone(),
        backend: options.backend,
        lanes: options.lanes,
        jobs: options.jobs.unwrap_or(1),
        checkpoint_every: options.checkpoint_every,
        program,
        shards: 0,
        runs: 0,
        command: std::env::args().collect(),
    }
}

/// Follows every task that trains runs of the plan, then presents the results.
fn follow(
    request: &Request,
    inputs: &Inputs,
    session: &Session,
    queued: &[Live],
    print: Print,
) -> Result<()> {
    let wanted: BTreeSet<RunId> = session.pending().iter().map(|run| run.run.id()).collect();
    let (executor, shards) =
        Queued::of(&Slurm, session.store.clone(), session.stop.clone(), queued, &wanted)?;
    let lane_steps = session.pending().iter().map(|run| run.steps_left() as u64).sum();
    let progress = progress::for_sweep(&shards, lane_steps, session.options.quiet);
    let mut sweep = session.sweep(&executor, &*progress, false);
    sweep.workers = MOST_FOLLOWED;
    let result = sweep.run(&shards);
    drop(progress);
    if result.stopped {
        let spec = request.spec.display();
        let message =
            format!("stopped waiting; the tasks continue. `wane cancel {spec}` cancels them");
        return Err(Stopped { message }.into());
    }
    let failed = result.failed.len();
    session.finish(inputs, result, print)?;
    let left = session.look_again().pending().len();
    ensure!(
        failed > 0 || left == 0,
        "{} left the queue unfinished; run the command again",
        counted(left, "run")
    );
    Ok(())
}
