use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::bail;

use super::*;
use crate::backend::Backend;
use crate::cluster::slurm::Stage;
use crate::cluster::snapshot::Program;
use crate::config::Start;
use crate::config::tests::example;
use crate::corpus::Source;
use crate::experiment::Changes;

/// A cluster that remembers what it was asked.
#[derive(Default)]
pub struct Mock {
    pub most_tasks: usize,
    /// Scripts that it refuses.
    pub refuses: Option<&'static str>,
    /// Every task of a job is at this stage; of others it knows nothing.
    pub jobs: HashMap<JobId, Stage>,
    pub submitted: Mutex<Vec<(PathBuf, Vec<String>)>>,
    /// Jobs, and whether running tasks were to be cancelled too.
    pub cancelled: Mutex<Vec<(JobId, bool)>>,
}

impl Cluster for Mock {
    fn most_tasks(&self) -> Result<usize> {
        Ok(self.most_tasks)
    }

    fn partitions(&self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn hosts(&self, _partition: Option<&str>) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn submit(&self, script: &Path, options: &[String]) -> Result<JobId> {
        if self.refuses.is_some_and(|name| script.ends_with(name)) {
            bail!("not today");
        }
        let mut submitted = self.submitted.lock().unwrap();
        submitted.push((script.to_owned(), options.to_vec()));
        Ok(JobId(submitted.len() as u64))
    }

    fn tasks(&self, job: JobId, _folder: &Path) -> Result<Vec<Task>> {
        let task =
            |stage, number| Task { number, stage, state: "?".into(), reason: None, node: None };
        let stage = self.jobs.get(&job);
        Ok(stage.map_or(Vec::new(), |stage| (1..=2).map(|number| task(*stage, number)).collect()))
    }

    fn cancel(&self, job: JobId, running_too: bool) -> Result<()> {
        self.cancelled.lock().unwrap().push((job, running_too));
        Ok(())
    }

    fn requeue(&self, _job: JobId, _task: usize) -> Result<()> {
        Ok(())
    }
}

pub fn runs(count: u64) -> Vec<RunConfig> {
    (0..count).map(|seed| RunConfig { start: Start::Seed(seed), ..example() }).collect()
}

fn contents() -> Contents {
    Contents {
        name: "a".into(),
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
        program: Program { path: "/wane".into(), sha256: "0".repeat(64), commit: "c".into() },
        shards: 0,
        runs: 0,
        search: None,
        command: Vec::new(),
    }
}

pub fn order(runs: &[RunConfig], results: &Path, mock: &Mock) -> Result<(Frozen, Submission)> {
    let lock = Lock::take(results)?;
    let order = SubmissionOrder {
        contents: contents(),
        spec: "name = 'a'",
        runs,
        runs_per_task: Some(2),
        beside: &BTreeSet::from([JobId(70)]),
        options: &JobOptions::default(),
    };
    submit(&lock, mock, order)
}

fn left_of_sweeps(results: &Path) -> Vec<String> {
    let folders = std::fs::read_dir(results.join(".sweeps")).unwrap();
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
    let names = folders.map(|entry| name(entry).to_string_lossy().into_owned());
    names.filter(|name| name != "lock").collect()
}

#[test]
fn a_task_lasts_long_enough_and_there_are_never_more_than_the_cluster_takes() {
    let mut runs = runs(1000);
    let shards_of = |runs: &[RunConfig], most| shards(runs, 1, None, most).unwrap();
    assert_eq!(shards_of(&runs, 1000).len(), 1, "these runs take a moment");
    runs.iter_mut().for_each(|run| run.recipe.steps = 10_000_000);
    let long = shards_of(&runs, 1000);
    let seconds = |runs: &Vec<RunConfig>| runs.iter().map(core_seconds).sum::<f64>();
    assert!(long.len() > 100);
    assert!(long.iter().all(|runs| seconds(runs) > 0.5 * TASK_SECONDS));
    assert_eq!(shards_of(&runs, 7).len(), 7);
    assert_eq!(shards_of(&runs, 7).concat().len(), 1000);
}

#[test]
fn too_few_runs_a_task_are_refused_with_the_number_that_fits() {
    let error = shards(&runs(100), 1, Some(2), 30).unwrap_err().to_string();
    assert!(error.contains("makes 50 tasks") && error.contains("give a task 4 runs"), "{error}");
    assert_eq!(shards(&runs(100), 1, Some(4), 30).unwrap().len(), 25);
}

#[test]
fn results_are_written_after_every_job_that_trains_runs_of_the_plan() {
    let results = tempfile::tempdir().unwrap();
    let mock = Mock { most_tasks: 10, ..Mock::default() };
    let (frozen, submission) = order(&runs(4), results.path(), &mock).unwrap();
    assert_eq!(submission, Submission { job: JobId(1), report: Some(JobId(2)) });
    let submitted = mock.submitted.into_inner().unwrap();
    assert!(submitted[0].1.contains(&"--array=1-2".to_owned()));
    assert!(submitted[1].1.contains(&"--dependency=afterany:70:1".to_owned()));
    assert_eq!(frozen.all_shards().unwrap().concat(), runs(4));
    let opened = Frozen::open(&results.path().join(".sweeps/a-1")).unwrap();
    assert_eq!((opened.contents.shards, opened.contents.runs), (2, 4));
}

#[test]
fn a_refusal_of_either_job_leaves_nothing_of_both() {
    for script in ["job.sh", "report.sh"] {
        let results = tempfile::tempdir().unwrap();
        let mock = Mock { most_tasks: 10, refuses: Some(script), ..Mock::default() };
        let error = order(&runs(4), results.path(), &mock).unwrap_err();
        assert_eq!(error.to_string(), "not today");
        assert_eq!(left_of_sweeps(results.path()), Vec::<String>::new());
        let cancelled = mock.cancelled.into_inner().unwrap();
        assert_eq!(cancelled.len(), usize::from(script == "report.sh"));
    }
}

#[test]
fn runs_in_the_queue_have_a_place_there_until_their_task_is_over() {
    let results = tempfile::tempdir().unwrap();
    let mut mock = Mock { most_tasks: 10, ..Mock::default() };
    order(&runs(4), results.path(), &mock).unwrap();
    for stage in [Stage::Pending, Stage::Running] {
        mock.jobs = HashMap::from([(JobId(1), stage)]);
        let queue_positions = queue_positions(&live(results.path(), &mock).unwrap()).unwrap();
        assert_eq!(queue_positions.len(), 4);
        assert!(
            queue_positions
                .values()
                .all(|position| position.job == JobId(1) && position.task.stage == stage)
        );
    }
    mock.jobs = HashMap::from([(JobId(1), Stage::Over), (JobId(2), Stage::Pending)]);
    let reporting = live(results.path(), &mock).unwrap();
    assert_eq!(reporting.len(), 1, "its results are not written yet");
    assert!(queue_positions(&reporting).unwrap().is_empty());
    mock.jobs.clear();
    assert!(live(results.path(), &mock).unwrap().is_empty());
    mock.jobs = HashMap::from([(JobId(1), Stage::Running)]);
    assert!(
        live(results.path(), &mock).unwrap().is_empty(),
        "what is over is not asked after again"
    );
}
