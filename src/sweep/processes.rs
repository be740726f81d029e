use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;

use anyhow::{Context, Result};

use super::protocol::{Assignment, Message};
use super::{Executor, Stop};
use crate::run::RunConfig;
use crate::store::Store;
use crate::worker::{Event, Outcome, Tell, give_up};

/// Times that a cohort's worker is started again after it died.
const RESTARTS: usize = 3;
/// Lines of a dead worker's stderr that its error repeats.
const LAST_WORDS: usize = 3;

/// Trains every cohort in a process of its own, so that one that dies takes nothing with it but its
/// steps since the last checkpoint.
pub struct Processes {
    /// The program; it is called as `PROGRAM worker`.
    pub program: PathBuf,
    /// What every worker gets, without its lanes.
    pub assignment: Assignment,
    /// Stops the workers.
    pub stop: Stop,
}

/// How a worker process ended.
enum Ended {
    Properly(Vec<Outcome>),
    Died(String),
}

impl Executor for Processes {
    fn carry_out(&self, lanes: &[RunConfig], tell: &mut dyn Tell) -> Result<Vec<Outcome>> {
        let mut deaths = 0;
        loop {
            match self.work_once(lanes, tell)? {
                // Somebody stopped the worker alone: start it again, as after a death.
                Ended::Properly(outcomes)
                    if outcomes.contains(&Outcome::Stopped)
                        && !self.stop.is_requested()
                        && deaths < RESTARTS =>
                {
                    tell(Event::Note("a worker was stopped; starting it again".to_owned()));
                }
                Ended::Properly(outcomes) => return Ok(outcomes),
                Ended::Died(_) if self.stop.is_requested() => {
                    return Ok(vec![Outcome::Stopped; lanes.len()]);
                }
                Ended::Died(why) if deaths == RESTARTS => {
                    let why = format!("its worker died {} times, at last with {why}", deaths + 1);
                    let store = Store::new(&self.assignment.results);
                    give_up(&store, lanes, &self.assignment.provenance, &why);
                    return Ok(vec![Outcome::Failed(why); lanes.len()]);
                }
                Ended::Died(why) => {
                    let time = deaths + 1;
                    tell(Event::Note(format!(
                        "a worker died ({why}); starting it again ({time} of {RESTARTS})"
                    )));
                }
            }
            deaths += 1;
        }
    }
}

impl Processes {
    fn work_once(&self, lanes: &[RunConfig], tell: &mut dyn Tell) -> Result<Ended> {
        let mut worker = Command::new(&self.program)
            .arg("worker")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        let last_words = listen(worker.stderr.take().context("the worker has no stderr")?);
        self.assign(&mut worker, lanes)?;
        let outcomes = follow(&mut worker, tell);
        self.stop.release(worker.id());
        let status = worker.wait().context("cannot wait for a worker")?;
        let last_words = last_words.join().unwrap_or_default();
        Ok(match outcomes.filter(|outcomes| outcomes.len() == lanes.len()) {
            Some(outcomes) => Ended::Properly(outcomes),
            None => Ended::Died(describe(status, &last_words)),
        })
    }

    /// Sends the assignment. A worker that cannot take it is dead, which shows when it is followed.
    fn assign(&self, worker: &mut Child, lanes: &[RunConfig]) -> Result<()> {
        let assignment = Assignment { lanes: lanes.to_vec(), ..self.assignment.clone() };
        let mut line = serde_json::to_vec(&assignment)?;
        line.push(b'\n');
        let mut input = worker.stdin.take().context("the worker has no stdin")?;
        let _ = input.write_all(&line).and_then(|()| input.flush());
        self.stop.hold(worker.id(), input);
        Ok(())
    }
}

/// Passes a worker's events on until its stdout ends; returns what it said at last.
fn follow(worker: &mut Child, tell: &mut dyn Tell) -> Option<Vec<Outcome>> {
    let lines = BufReader::new(worker.stdout.take()?).lines();
    let mut outcomes = None;
    for line in lines.map_while(Result::ok) {
        match serde_json::from_str(&line) {
            Ok(Message::Event(event)) => tell(event),
            Ok(Message::Outcomes(brought)) => outcomes = Some(brought),
            // A worker that was killed in the middle of a line.
            Err(_) => {}
        }
    }
    outcomes
}

/// Keeps the last lines of a worker's stderr.
fn listen(stderr: ChildStderr) -> JoinHandle<VecDeque<String>> {
    std::thread::spawn(move || {
        let mut last = VecDeque::new();
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            last.push_back(line);
            if last.len() > LAST_WORDS {
                last.pop_front();
            }
        }
        last
    })
}

fn describe(status: ExitStatus, last_words: &VecDeque<String>) -> String {
    let words: Vec<&str> = last_words.iter().map(String::as_str).collect();
    match words.is_empty() {
        true => status.to_string(),
        false => format!("{status}: {}", words.join(" / ")),
    }
}
