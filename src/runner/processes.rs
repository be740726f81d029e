use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Lines};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use anyhow::{Context, Result};

use super::protocol::{Assignment, Message};
use super::{Event, Executor, Outcome, Stop, Tell, mark_failed};
use crate::config::RunConfig;
use crate::store::Store;

/// How often a cohort's worker is started again after it died.
const RESTARTS: usize = 3;
/// Last lines of a dead worker's stderr that its error repeats.
const STDERR_LINES: usize = 3;
/// Last words of a Rust program that gets no more memory.
const ALLOCATION_FAILED: &str = "memory allocation of";
const OUT_OF_MEMORY: &str = "its worker process ran out of memory; fewer --jobs or --lanes, a smaller model, or a \
    smaller train.batch with train.accumulate need less";

/// Trains cohorts in worker processes: one that dies costs its cohort the steps since the last checkpoint,
/// and nothing else. A worker that has trained a cohort trains the next.
pub struct Processes {
    program: PathBuf,
    assignment: Assignment,
    stop: Stop,
    idle: Mutex<Vec<Worker>>,
}

/// A worker process.
struct Worker {
    process: Child,
    answers: Lines<BufReader<ChildStdout>>,
    stderr: JoinHandle<VecDeque<String>>,
}

/// What a worker process made of a cohort.
enum Answer {
    Outcomes(Vec<Outcome>),
    /// None: the process died.
    Died(Death),
}

/// How a worker process died.
struct Death {
    /// Exit status and last words.
    why: String,
    /// Dying of that again is certain.
    out_of_memory: bool,
}

impl Executor for Processes {
    fn run_cohort(&self, lanes: &[RunConfig], tell: &mut dyn Tell) -> Result<Vec<Outcome>> {
        let mut deaths = 0;
        loop {
            match self.work_once(lanes, tell)? {
                Answer::Outcomes(outcomes)
                    if deaths == RESTARTS || !self.is_worker_stopped_alone(&outcomes) =>
                {
                    return Ok(outcomes);
                }
                Answer::Died(_) if self.stop.is_requested() => {
                    return Ok(vec![Outcome::Stopped; lanes.len()]);
                }
                Answer::Died(Death { out_of_memory: true, .. }) => {
                    return Ok(self.give_up(lanes, OUT_OF_MEMORY.to_owned()));
                }
                Answer::Died(Death { why, .. }) if deaths == RESTARTS => {
                    let times = RESTARTS + 1;
                    let why =
                        format!("its worker process died {times} times; the last time: {why}");
                    return Ok(self.give_up(lanes, why));
                }
                Answer::Outcomes(_) => {
                    tell(Event::Note("a worker process was stopped; starting it again".to_owned()));
                }
                Answer::Died(Death { why, .. }) => tell(Event::Note(format!(
                    "a worker process died ({why}); starting it again ({} of {RESTARTS})",
                    deaths + 1
                ))),
            }
            deaths += 1;
        }
    }
}

impl Processes {
    /// Workers are calls of `program` as `PROGRAM worker`; `assignment` is what each gets, without its
    /// lanes; `stop` stops them.
    pub fn new(program: PathBuf, assignment: Assignment, stop: Stop) -> Self {
        Processes { program, assignment, stop, idle: Mutex::default() }
    }

    fn work_once(&self, lanes: &[RunConfig], tell: &mut dyn Tell) -> Result<Answer> {
        let waiting = self.idle().pop();
        let mut worker = waiting.map_or_else(|| self.start(), Ok)?;
        let assignment = Assignment { lanes: lanes.to_vec(), ..self.assignment.clone() };
        let killed_before = killed_for_memory();
        let mut line = serde_json::to_vec(&assignment)?;
        line.push(b'\n');
        // Writing to a dead worker fails; reading its answer will show that it is dead.
        self.stop.send(worker.process.id(), &line);
        let outcomes = worker.follow(tell).filter(|outcomes| outcomes.len() == lanes.len());
        match outcomes {
            Some(outcomes) if !outcomes.contains(&Outcome::Stopped) => {
                self.idle().push(worker);
                Ok(Answer::Outcomes(outcomes))
            }
            outcomes => {
                self.stop.release(worker.process.id());
                let death = worker.wait_for_end(killed_before)?;
                Ok(outcomes.map_or(Answer::Died(death), Answer::Outcomes))
            }
        }
    }

    /// Whether somebody stopped a worker process and not the sweep, which is like a death.
    fn is_worker_stopped_alone(&self, outcomes: &[Outcome]) -> bool {
        outcomes.contains(&Outcome::Stopped) && !self.stop.is_requested()
    }

    fn give_up(&self, lanes: &[RunConfig], why: String) -> Vec<Outcome> {
        let store = Store::new(&self.assignment.results);
        mark_failed(&store, lanes, &self.assignment.provenance, &why);
        vec![Outcome::Failed(why); lanes.len()]
    }

    fn start(&self) -> Result<Worker> {
        let mut process = Command::new(&self.program)
            .arg("worker")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        self.stop.hold(process.id(), process.stdin.take().context("the worker has no stdin")?);
        let stderr = listen(process.stderr.take().context("the worker has no stderr")?)
            .inspect_err(|_| self.stop.release(process.id()))?;
        let answers = process.stdout.take().context("the worker has no stdout")?;
        Ok(Worker { process, answers: BufReader::new(answers).lines(), stderr })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Worker>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        for mut worker in std::mem::take(&mut *self.idle()) {
            self.stop.release(worker.process.id());
            let _ = worker.process.wait();
        }
    }
}

impl Worker {
    /// Passes its events on until it says what came of its cohort; `None` if it dies before.
    fn follow(&mut self, tell: &mut dyn Tell) -> Option<Vec<Outcome>> {
        for line in self.answers.by_ref().map_while(Result::ok) {
            match serde_json::from_str(&line) {
                Ok(Message::Event(event)) => tell(event),
                Ok(Message::Outcomes(brought)) => return Some(brought),
                // Half a line: the worker was killed while it wrote.
                Err(_) => {}
            }
        }
        None
    }

    /// Waits for it to end. `killed_before` is what [`killed_for_memory`] said when it got its work.
    fn wait_for_end(mut self, killed_before: Option<u64>) -> Result<Death> {
        let status = self.process.wait().context("cannot wait for a worker")?;
        let stderr = self.stderr.join().unwrap_or_default();
        let killed = !status.success() && status.code().is_none();
        let out_of_memory = stderr.iter().any(|line| line.contains(ALLOCATION_FAILED))
            || killed && killed_for_memory() > killed_before;
        Ok(Death { why: describe(status, &stderr), out_of_memory })
    }
}

/// How many processes Linux has killed for want of memory.
fn killed_for_memory() -> Option<u64> {
    let counters = std::fs::read_to_string("/proc/vmstat").ok()?;
    counters.lines().find_map(|line| line.strip_prefix("oom_kill "))?.parse().ok()
}

/// Keeps the last lines of a worker's stderr.
fn listen(stderr: ChildStderr) -> Result<JoinHandle<VecDeque<String>>> {
    let listener = move || {
        let mut last = VecDeque::new();
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            last.push_back(line);
            if last.len() > STDERR_LINES {
                last.pop_front();
            }
        }
        last
    };
    let started = std::thread::Builder::new().spawn(listener);
    started.context("cannot start a thread: the system allows no more threads or memory")
}

fn describe(status: ExitStatus, stderr: &VecDeque<String>) -> String {
    let lines: Vec<&str> = stderr.iter().map(String::as_str).collect();
    match lines.is_empty() {
        true => status.to_string(),
        false => format!("{status}: {}", lines.join(" / ")),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    use super::*;
    use crate::backend::Backend;
    use crate::config::tests::example;
    use crate::corpus::Source;
    use crate::record::Provenance;

    /// What comes of a run whose workers are this shell script, what is told of it, and how often they started.
    fn outcome_of(script: &str) -> (Outcome, Vec<Event>, usize) {
        let folder = tempfile::tempdir().unwrap();
        let (program, starts) = (folder.path().join("worker"), folder.path().join("starts"));
        let script = format!("#!/bin/sh\necho >> '{}'\n{script}\n", starts.display());
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let assignment = Assignment {
            results: folder.path().to_owned(),
            source: Source::GRAMMAR,
            handed: None,
            initial: None,
            backend: Backend::Flex,
            device: None,
            threads: 1,
            checkpoint_every: Duration::ZERO,
            keep_best: false,
            provenance: Provenance::of_call(Backend::Flex, None, 1, Vec::new()),
            lanes: Vec::new(),
        };
        let processes = Processes::new(program, assignment, Stop::default());
        let mut events = Vec::new();
        let outcomes = processes.run_cohort(&[example()], &mut |event| events.push(event)).unwrap();
        let starts = fs::read_to_string(starts).unwrap().lines().count();
        (outcomes.into_iter().next().unwrap(), events, starts)
    }

    #[test]
    fn a_worker_that_runs_out_of_memory_is_not_started_again() {
        let script = "read work; echo 'memory allocation of 99 bytes failed' >&2; kill -ABRT $$";
        let (outcome, events, starts) = outcome_of(script);
        let Outcome::Failed(why) = outcome else { panic!("{outcome:?}") };
        assert!(why.contains("ran out of memory") && why.contains("--jobs"), "{why}");
        assert_eq!((events, starts), (Vec::new(), 1));
    }

    #[test]
    fn a_worker_that_dies_of_something_else_is_tried_three_times_more() {
        let (outcome, events, starts) = outcome_of("read work; echo 'no such luck' >&2; exit 3");
        let Outcome::Failed(why) = outcome else { panic!("{outcome:?}") };
        assert!(why.contains("died 4 times") && why.contains("no such luck"), "{why}");
        assert_eq!((events.len(), starts), (3, 4));
    }
}
