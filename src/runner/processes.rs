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
    /// None: the process died, in this way.
    Died(String),
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
                Answer::Died(why) if deaths == RESTARTS => return Ok(self.give_up(lanes, &why)),
                Answer::Outcomes(_) => {
                    tell(Event::Note("a worker process was stopped; starting it again".to_owned()));
                }
                Answer::Died(why) => tell(Event::Note(format!(
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
                let why = worker.wait_for_end()?;
                Ok(outcomes.map_or(Answer::Died(why), Answer::Outcomes))
            }
        }
    }

    /// Whether somebody stopped a worker process and not the sweep, which is like a death.
    fn is_worker_stopped_alone(&self, outcomes: &[Outcome]) -> bool {
        outcomes.contains(&Outcome::Stopped) && !self.stop.is_requested()
    }

    fn give_up(&self, lanes: &[RunConfig], why: &str) -> Vec<Outcome> {
        let times = RESTARTS + 1;
        let why = format!("its worker process died {times} times; the last time: {why}");
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
        let stderr = listen(process.stderr.take().context("the worker has no stderr")?);
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

    /// Waits for it to end; returns its exit status and the last lines of its stderr.
    fn wait_for_end(mut self) -> Result<String> {
        let status = self.process.wait().context("cannot wait for a worker")?;
        Ok(describe(status, &self.stderr.join().unwrap_or_default()))
    }
}

/// Keeps the last lines of a worker's stderr.
fn listen(stderr: ChildStderr) -> JoinHandle<VecDeque<String>> {
    std::thread::spawn(move || {
        let mut last = VecDeque::new();
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            last.push_back(line);
            if last.len() > STDERR_LINES {
                last.pop_front();
            }
        }
        last
    })
}

fn describe(status: ExitStatus, stderr: &VecDeque<String>) -> String {
    let lines: Vec<&str> = stderr.iter().map(String::as_str).collect();
    match lines.is_empty() {
        true => status.to_string(),
        false => format!("{status}: {}", lines.join(" / ")),
    }
}
