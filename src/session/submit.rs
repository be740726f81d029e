use std::collections::{BTreeSet, HashMap};

use anyhow::{Context, Result, anyhow, ensure};

use super::inputs::{Inputs, positive};
use super::{Session, Work};
use crate::cli::output::print;
use crate::cli::sweep::Args;
use crate::cluster::follow::{Followed, Queued};
use crate::cluster::slurm::{Cluster, JobId, Options, Slurm, Stage, check_shared};
use crate::cluster::snapshot::{Contents, Lock, Program};
use crate::cluster::submit::{Live, SubmissionOrder, live, queue_positions, submit};
use crate::config::{RunConfig, RunId};
use crate::exit::{Stopped, usage};
use crate::files::create_folder;
use crate::runner::SweepResult;
use crate::runner::progress;

/// Shards that are followed at once; Slurm starts them in order.
const MOST_FOLLOWED: usize = 64;

/// What Slurm should do.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "With --launcher slurm")]
pub struct SlurmArgs {
    /// Partition
    #[arg(long, value_name = "NAME", requires = "launcher")]
    partition: Option<String>,
    /// Time limit of a task; one that reaches it checkpoints and goes back into the queue
    #[arg(long, value_name = "TIME", requires = "launcher")]
    time: Option<String>,
    /// GPUs of a task
    #[arg(long, value_name = "N", value_parser = positive, requires = "launcher")]
    gpus: Option<usize>,
    /// Most tasks to run at once
    #[arg(long, value_name = "K", value_parser = positive, requires = "launcher")]
    array_limit: Option<usize>,
    /// Most runs of a task [default: enough for five minutes by estimate]
    #[arg(long, value_name = "N", value_parser = positive, requires = "launcher")]
    runs_per_task: Option<usize>,
    /// More options for sbatch, such as "--account=lab --mem=2G"; they go before all others
    #[arg(long, value_name = "OPTIONS", allow_hyphen_values = true, requires = "launcher")]
    sbatch: Option<String>,
    /// Follow the tasks until they end, then show the results; Ctrl-C stops following alone
    #[arg(long, requires = "launcher")]
    wait: bool,
    /// Let this program go on with what another one submitted
    #[arg(long, requires = "launcher")]
    allow_version_mix: bool,
}

/// Submits what is neither trained nor queued as a job array.
pub fn run(args: Args) -> Result<()> {
    let options = usage(args.slurm.options())?;
    usage(check_training(&args))?;
    check_cluster(&args)?;
    let inputs = Inputs::load(&args.spec)?;
    let lock = Lock::take(&args.training.out)?;
    let session = Session::start(Work::of(&inputs), &args.training)?;
    let jobs = submit_missing(&args, &inputs, &session, &options, &lock)?;
    let queued = live(&args.training.out, &Slurm)?;
    drop(lock);
    jobs.iter().try_for_each(|job| print(&job.to_string()))?;
    if args.slurm.wait {
        follow(&args, &inputs, &session, &queued)
    } else if jobs.is_empty() {
        session.finish(&inputs, SweepResult::default())
    } else {
        let spec = args.spec.spec.display();
        session.say(&format!("a job after it writes results; look with `wane status {spec}`"));
        Ok(())
    }
}

/// Submits what is missing; returns every job that trains runs of the plan.
fn submit_missing(
    args: &Args,
    inputs: &Inputs,
    session: &Session,
    options: &Options,
    lock: &Lock,
) -> Result<BTreeSet<JobId>> {
    let queued = live(&args.training.out, &Slurm)?;
    let program = Program::this()?;
    check_programs(&queued, &program, args.slurm.allow_version_mix)?;
    let queue_positions = queue_positions(&queued)?;
    let missing = session.pending().into_iter().map(|run| run.run);
    let (waiting, new): (Vec<_>, Vec<_>) =
        missing.partition(|run| queue_positions.contains_key(&run.id()));
    let mut jobs: BTreeSet<JobId> =
        waiting.iter().map(|run| queue_positions[&run.id()].job).collect();
    if !waiting.is_empty() {
        session.say(&format!("{} runs are in the queue already", waiting.len()));
    }
    if new.is_empty() {
        return Ok(jobs);
    }
    let order = SubmissionOrder {
        contents: contents(args, inputs, program),
        spec: &inputs.text,
        runs: &new,
        runs_per_task: args.slurm.runs_per_task,
        beside: &jobs,
        options,
    };
    let (frozen, submission) = submit(lock, &Slurm, order)?;
    let (tasks, folder) = (frozen.contents.shards, frozen.folder().display());
    session.say(&format!("submitted {} runs in {tasks} tasks; frozen in {folder}", new.len()));
    jobs.insert(submission.job);
    Ok(jobs)
}

impl SlurmArgs {
    fn options(&self) -> Result<Options> {
        let raw = self.sbatch.as_deref().unwrap_or_default();
        let raw = shlex::split(raw)
            .with_context(|| format!("--sbatch '{raw}': a quotation mark is not closed"))?;
        Ok(Options {
            partition: self.partition.clone(),
            time: self.time.clone(),
            gpus: self.gpus,
            array_limit: self.array_limit,
            raw,
        })
    }
}

/// Results are not thrown away before a cluster has accepted to train them again.
fn check_training(args: &Args) -> Result<()> {
    ensure!(
        !args.training.fresh && !args.training.retry_diverged,
        "--fresh and --retry-diverged forget results here; with --launcher slurm use another --out"
    );
    Ok(())
}

/// What can be known to go wrong before anything is written.
fn check_cluster(args: &Args) -> Result<()> {
    let (partitions, partition) = (Slurm.partitions()?, args.slurm.partition.as_deref());
    let mut names = partition.into_iter().flat_map(|names| names.split(','));
    if let Some(name) = names.find(|name| !partitions.iter().any(|known| known == name)) {
        let known = partitions.join(", ");
        return usage(Err(anyhow!("--partition {name}: the cluster has {known}")));
    }
    let hosts = Slurm.hosts(partition)?;
    create_folder(&args.training.out)?;
    let note = usage(check_shared(&args.training.out, &hosts))?;
    if let Some(note) = note.filter(|_| !args.training.quiet) {
        eprintln!("{note}");
    }
    Ok(())
}

/// Tasks that another program froze refuse this one: say so before they do.
fn check_programs(queued: &[Live], program: &Program, mix: bool) -> Result<()> {
    for live in queued.iter().filter(|live| live.tasks.is_live()) {
        if mix {
            live.frozen.allow_version_mix()?;
        }
        live.frozen.check_program(program)?;
    }
    Ok(())
}

fn contents(args: &Args, inputs: &Inputs, program: Program) -> Contents {
    let training = &args.training;
    Contents {
        name: inputs.spec.name.clone(),
        changes: args.spec.changes.changes(),
        initial: args.spec.changes.init.clone(),
        source: inputs.spec.source.clone(),
        backend: training.backend,
        lanes: training.lanes,
        jobs: training.jobs.unwrap_or(1),
        checkpoint_every: training.checkpoint_every(),
        program,
        shards: 0,
        runs: 0,
        command: std::env::args().collect(),
    }
}

/// Follows every task that trains runs of the plan, then writes and shows the results.
fn follow(args: &Args, inputs: &Inputs, session: &Session, queued: &[Live]) -> Result<()> {
    let wanted: BTreeSet<RunId> = session.pending().iter().map(|run| run.run.id()).collect();
    let (mut shards, mut tasks) = (Vec::new(), HashMap::new());
    for Live { frozen, submission, tasks: queue, .. } in queued {
        for (index, runs) in frozen.all_shards()?.into_iter().enumerate() {
            let number = index + 1;
            let live = queue.task(number).is_some_and(|task| task.stage != Stage::Over);
            let runs: Vec<RunConfig> =
                runs.into_iter().filter(|run| wanted.contains(&run.id())).collect();
            if live && let Some(first) = runs.first() {
                let folder = frozen.folder().to_owned();
                tasks.insert(first.id(), Followed { job: submission.job, number, folder });
                shards.push(runs);
            }
        }
    }
    let executor = Queued::new(&Slurm, session.store.clone(), session.stop.clone(), tasks);
    let lane_steps = session.pending().iter().map(|run| run.steps_left() as u64).sum();
    let progress = progress::for_sweep(&shards, lane_steps, args.training.quiet);
    let mut sweep = session.sweep(&executor, &*progress, false);
    sweep.workers = MOST_FOLLOWED;
    let result = sweep.run(&shards);
    drop(progress);
    if result.stopped {
        let spec = args.spec.spec.display();
        let message = format!("stopped following; the tasks go on. `wane cancel {spec}` ends them");
        return Err(Stopped { message }.into());
    }
    let failed = result.failed.len();
    session.finish(inputs, result)?;
    let left = session.look_again().pending().len();
    ensure!(
        failed > 0 || left == 0,
        "{left} runs have left the queue without an end; call it again"
    );
    Ok(())
}
