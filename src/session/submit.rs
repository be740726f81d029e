//! A sweep on a cluster.

use std::collections::BTreeSet;
use std::fs;
use std::path::absolute;

use anyhow::{Context, Result, anyhow, bail, ensure};

use super::{Inputs, Options, Print, Request, Session, claim, command, planned, prepare};
use crate::cluster::Options as ClusterOptions;
use crate::cluster::check::{check_cluster, check_programs};
use crate::cluster::follow::Queued;
use crate::cluster::slurm::{JobId, Slurm};
use crate::cluster::snapshot::{Contents, Frozen, Lock, Program};
use crate::cluster::submit::{Live, SubmissionOrder, live, queue_positions, submit};
use crate::config::{RunConfig, RunId};
use crate::exit::{Stopped, usage};
use crate::plural::counted;
use crate::report::{Told, words};
use crate::runner::SweepResult;
use crate::talk::say;

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
    usage(check_paths(request, &options))?;
    let note = check_cluster(&Slurm, cluster.job.partition.as_deref(), &options.out)?;
    if let Some(note) = note.filter(|_| !options.quiet) {
        say(&note);
    }
    let (mut inputs, work) = prepare(request, &options)?;
    let mut lock = Lock::take(&options.out)?;
    let mut session = Session::start(work, options)?;
    loop {
        planned::tell(&inputs, &session.options.out)?;
        inputs.course.iter().flat_map(words::standing).for_each(|line| session.say(&line));
        let call = Call { request, inputs: &inputs, session: &session, cluster };
        let jobs = call.submit_missing(&lock)?;
        let queued = live(&session.options.out, &Slurm)?;
        drop(lock);
        let told = |job: String| Told { files: job, ..Told::default() };
        jobs.iter().try_for_each(|job| print(&told(job.to_string())))?;
        if jobs.is_empty() {
            return session.finish(&inputs, SweepResult::default(), print);
        }
        if !cluster.wait {
            call.say_who_goes_on();
            return Ok(());
        }
        let result = call.follow(&queued)?;
        if !inputs.spec.is_search() || result != SweepResult::default() {
            return session.finish(&inputs, result, print);
        }
        inputs.follow(&session.options.out)?;
        session.go_on(&inputs.plan.runs)?;
        lock = Lock::take(&session.options.out)?;
    }
}

/// Submits what a frozen search asks for now that its runs have ended; the jobs are new ones.
///
/// # Errors
/// A cluster that refuses or does not answer.
pub fn go_on(frozen: &Frozen, request: &Request, print: Print) -> Result<()> {
    let cluster = frozen.contents.search.clone().unwrap_or_default();
    sweep(request, Options::of_frozen(frozen), &ClusterOptions { wait: false, ..cluster }, print)
}

/// Results are not thrown away before a cluster has accepted to train them again.
fn check_options(options: &Options) -> Result<()> {
    ensure!(
        !options.fresh && !options.retry_diverged,
        "--fresh and --retry-diverged throw results away; with --launcher slurm use another --out"
    );
    ensure!(!options.extend, "--extend works on this machine alone; leave --launcher slurm out");
    Ok(())
}

/// Batch scripts and their options are text.
fn check_paths(request: &Request, options: &Options) -> Result<()> {
    let out = absolute(&options.out).unwrap_or_else(|_| options.out.clone());
    for (flag, path) in
        [("--out", Some(out)), ("--init", request.init.as_ref().map(|init| init.path.clone()))]
    {
        let Some(path) = path.filter(|path| path.to_str().is_none()) else { continue };
        bail!("{flag} {}: Slurm takes paths in UTF-8 alone; rename the folder", path.display());
    }
    Ok(())
}

/// One call that submits.
struct Call<'a> {
    request: &'a Request,
    inputs: &'a Inputs,
    session: &'a Session,
    cluster: &'a ClusterOptions,
}

impl Call<'_> {
    /// Submits what is missing; returns every job that trains runs of the plan.
    fn submit_missing(&self, lock: &Lock) -> Result<BTreeSet<JobId>> {
        let queued = live(&self.session.options.out, &Slurm)?;
        let program = Program::this()?;
        check_programs(&queued, &program, self.cluster.allow_version_mix)?;
        queued.iter().try_for_each(|live| self.check_name(&live.frozen))?;
        let positions = queue_positions(&queued)?;
        let missing = self.session.pending().into_iter().map(|run| run.run);
        let (waiting, new): (Vec<_>, Vec<_>) =
            missing.partition(|run| positions.contains_key(&run.id()));
        let mut jobs: BTreeSet<JobId> =
            waiting.iter().map(|run| positions[&run.id()].job).collect();
        if !waiting.is_empty() {
            self.session.say(&format!("{} already queued", counted(waiting.len(), "run")));
        }
        if !new.is_empty() {
            jobs.insert(self.submit(lock, program, &new, &jobs)?);
        }
        Ok(jobs)
    }

    /// Refuses an experiment while the results of another one of its name are still to be written, as
    /// [`claim::check`] does once they are.
    fn check_name(&self, queued: &Frozen) -> Result<()> {
        let name = &self.inputs.spec.name;
        let text = fs::read_to_string(queued.spec());
        let text = text.with_context(|| format!("cannot read {}", queued.spec().display()))?;
        if queued.contents.name != *name || claim::is_same_spec(&text, &self.inputs.text) {
            return Ok(());
        }
        let planned: BTreeSet<RunId> = self.inputs.plan.runs.iter().map(RunConfig::id).collect();
        let shards = queued.all_shards()?;
        if shards.iter().flatten().all(|run| planned.contains(&run.id())) {
            return Ok(());
        }
        usage(Err(anyhow!(
            "another spec named {name} is queued, with runs that are not in this one, and both would write their results \
             to {}; give this one another name (--set name=…) or another --out, or `wane cancel {}` first",
            self.session.options.out.join(name).display(),
            queued.folder().display()
        )))
    }

    /// Submits runs; returns the job that trains them.
    fn submit(
        &self,
        lock: &Lock,
        program: Program,
        runs: &[RunConfig],
        beside: &BTreeSet<JobId>,
    ) -> Result<JobId> {
        let order = SubmissionOrder {
            contents: self.contents(program),
            spec: &self.inputs.text,
            runs,
            runs_per_task: self.cluster.runs_per_task,
            beside,
            options: &self.cluster.job,
        };
        let (frozen, submission) = submit(lock, &Slurm, order)?;
        let (runs, tasks) = (counted(runs.len(), "run"), counted(frozen.contents.shards, "task"));
        let folder = frozen.folder().display();
        self.session.say(&format!("submitted {runs} in {tasks}; see {folder}"));
        Ok(submission.job)
    }

    fn contents(&self, program: Program) -> Contents {
        let options = &self.session.options;
        Contents {
            name: self.inputs.spec.name.clone(),
            changes: self.request.changes.clone(),
            initial: self.request.init.as_ref().map(|init| init.path.clone()),
            init_crop: self.request.init.as_ref().is_some_and(|init| init.crop),
            keep_best: options.keep_best,
            source: self.inputs.spec.source.clone(),
            backend: options.backend,
            device: options.device.clone(),
            lanes: options.lanes,
            jobs: options.jobs.unwrap_or(1),
            checkpoint_every: options.checkpoint_every,
            program,
            shards: 0,
            runs: 0,
            search: self.inputs.spec.is_search().then(|| self.cluster.clone()),
            command: command::as_text(),
        }
    }

    fn say_who_goes_on(&self) {
        let spec = self.request.spec.display();
        let next = match self.inputs.spec.is_search() {
            true => {
                "another job will submit what the search asks for then, and write the results at its end"
            }
            false => "another job will write the results",
        };
        self.session.say(&format!("{next}; `wane status {spec}` shows how far it is"));
    }

    /// Follows every task that trains runs of the plan.
    fn follow(&self, queued: &[Live]) -> Result<SweepResult> {
        let session = self.session;
        let wanted: BTreeSet<RunId> = session.pending().iter().map(|run| run.run.id()).collect();
        let (executor, shards) =
            Queued::of(&Slurm, session.store.clone(), session.stop.clone(), queued, &wanted)?;
        let progress = session.progress(&shards);
        let mut sweep = session.sweep(&executor, &*progress, false);
        sweep.workers = MOST_FOLLOWED;
        let result = sweep.run(&shards);
        drop(progress);
        if result.stopped {
            let message = format!(
                "stopped waiting; the tasks continue. `wane cancel {}` cancels them",
                self.request.spec.display()
            );
            return Err(Stopped { message }.into());
        }
        Ok(result)
    }
}
