use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::slurm::{Cluster, JobId, Stage};
use super::snapshot::{Frozen, Lock};
use super::submit::{Live, live};
use crate::experiment::{Changes, Spec};

/// Whose jobs to cancel.
pub enum Target {
    /// Every submission of an experiment.
    Experiment(String),
    /// One submission.
    Submission(Box<Frozen>),
}

impl Target {
    /// What a path names: a spec, which is changed as it was when it was submitted, or the folder of a frozen sweep.
    ///
    /// # Errors
    /// Neither of them, or changes to what is frozen.
    pub fn read(path: &Path, changes: &Changes) -> Result<Self> {
        if Frozen::is_at(path) {
            ensure!(
                *changes == Changes::default(),
                "{} is one submitted sweep, whose spec is not changed any more; leave out --set, --data and --seeds",
                path.display()
            );
            return Ok(Target::Submission(Box::new(Frozen::open(path)?)));
        }
        Ok(Target::Experiment(Spec::read(path, changes)?.1.name))
    }

    /// Name of the experiment.
    pub fn name(&self) -> &str {
        match self {
            Target::Experiment(name) => name,
            Target::Submission(frozen) => &frozen.contents.name,
        }
    }

    /// Folder of its results; `out` for an experiment, whose spec does not say.
    fn results(&self, out: &Path) -> PathBuf {
        match self {
            Target::Experiment(_) => out.to_owned(),
            Target::Submission(frozen) => frozen.results().to_owned(),
        }
    }

    fn holds(&self, live: &Live) -> bool {
        match self {
            Target::Experiment(name) => live.frozen.contents.name == *name,
            Target::Submission(frozen) => live.frozen.folder() == frozen.folder(),
        }
    }
}

/// A job of which tasks were cancelled.
#[derive(Debug, PartialEq, Eq)]
pub struct Cancelled {
    pub job: JobId,
    /// Tasks that had not started.
    pub waiting: usize,
    /// Tasks that were running.
    pub running: usize,
    /// Whether those were cancelled too.
    pub all: bool,
}

/// Cancels the tasks that wait, and those that run where `also` says so of a job and their number.
///
/// # Errors
/// A cluster that refuses or does not answer.
pub fn cancel(
    target: &Target,
    out: &Path,
    cluster: &dyn Cluster,
    also: &dyn Fn(JobId, usize) -> bool,
) -> Result<Vec<Cancelled>> {
    let results = target.results(out);
    // Nothing is submitted meanwhile.
    let _lock = Lock::take(&results)?;
    let queued = live(&results, cluster)?;
    let queued = queued.iter().filter(|live| target.holds(live));
    queued.map(|live| cancel_one(live, cluster, also)).collect()
}

/// The job that writes results stays while any task runs.
fn cancel_one(
    live: &Live,
    cluster: &dyn Cluster,
    also: &dyn Fn(JobId, usize) -> bool,
) -> Result<Cancelled> {
    let (waiting, running) = (live.tasks.count(Stage::Pending), live.tasks.count(Stage::Running));
    let job = live.submission.job;
    if waiting > 0 {
        cluster.cancel(job, false)?;
    }
    let all = running == 0 || also(job, running);
    if running > 0 && all {
        cluster.cancel(job, true)?;
    }
    if let Some(report) = live.submission.report.filter(|_| all) {
        cluster.cancel(report, true)?;
    }
    Ok(Cancelled { job, waiting, running, all })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::submit::tests::{Mock, order, runs};
    use super::*;

    /// Cancels a submission whose two tasks are at this stage; job 2 writes its results.
    fn cancel_at(stage: Stage, agreed: bool) -> (Vec<Cancelled>, Vec<(JobId, bool)>) {
        let results = tempfile::tempdir().unwrap();
        let mut mock = Mock { most_tasks: 10, ..Mock::default() };
        order(&runs(4), results.path(), &mock).unwrap();
        mock.jobs = HashMap::from([(JobId(1), stage), (JobId(2), Stage::Pending)]);
        let target = Target::Experiment("a".into());
        let cancelled = cancel(&target, results.path(), &mock, &|_, _| agreed).unwrap();
        (cancelled, mock.cancelled.into_inner().unwrap())
    }

    #[test]
    fn a_spec_is_called_as_its_changes_call_it() {
        let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny.toml");
        let named = |set: &[&str]| {
            let set = set.iter().map(|one| (*one).to_owned()).collect();
            let target = Target::read(&spec, &Changes { set, ..Changes::default() }).unwrap();
            target.name().to_owned()
        };
        assert_eq!((named(&[]), named(&["name=other"])), ("tiny".to_owned(), "other".to_owned()));
    }

    #[test]
    fn tasks_that_wait_are_cancelled_with_the_job_that_writes_results() {
        let (told, asked) = cancel_at(Stage::Pending, false);
        assert_eq!(told, [Cancelled { job: JobId(1), waiting: 2, running: 0, all: true }]);
        assert_eq!(asked, [(JobId(1), false), (JobId(2), true)]);
    }

    #[test]
    fn tasks_that_run_are_left_alone_until_the_user_agrees() {
        let (told, asked) = cancel_at(Stage::Running, false);
        assert_eq!(told, [Cancelled { job: JobId(1), waiting: 0, running: 2, all: false }]);
        assert_eq!(asked, []);
        let (_, asked) = cancel_at(Stage::Running, true);
        assert_eq!(asked, [(JobId(1), true), (JobId(2), true)]);
    }

    #[test]
    fn other_experiments_are_left_alone() {
        let results = tempfile::tempdir().unwrap();
        let mut mock = Mock { most_tasks: 10, ..Mock::default() };
        order(&runs(4), results.path(), &mock).unwrap();
        mock.jobs = HashMap::from([(JobId(1), Stage::Running)]);
        let target = Target::Experiment("b".into());
        assert_eq!(cancel(&target, results.path(), &mock, &|_, _| true).unwrap(), []);
    }
}
