//! What a sweep and its worker processes say to each other: [`Assignment`]s as lines of JSON on stdin,
//! which stays open for as long as the worker should work; for each of them events and at last the
//! outcomes as lines of JSON on stdout.

use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use burn::tensor::Device;
use burn::train::Interrupter;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{CohortRunner, Event, Outcome, give_up};
use crate::backend::Backend;
use crate::config::{RunConfig, Start};
use crate::corpus::{Corpus, Source};
use crate::model::read_weights;
use crate::record::{LaneWeights, Provenance};
use crate::store::Store;

/// Everything that a worker process needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Assignment {
    /// Folder of results.
    pub results: PathBuf,
    /// Where the text comes from.
    pub source: Source,
    /// Weights to start from, for runs whose [`Start`] says so.
    pub initial: Option<PathBuf>,
    /// The backend.
    pub backend: Backend,
    /// Threads of its tensor operations.
    pub threads: usize,
    /// Time between checkpoints.
    pub checkpoint_every: Duration,
    /// What the records say about their origin.
    pub provenance: Provenance,
    /// The runs.
    pub lanes: Vec<RunConfig>,
}

/// What a worker process says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Message {
    /// Training goes on.
    Event(Event),
    /// The cohort is done with.
    Outcomes(Vec<Outcome>),
}

/// Progress is told at most this often.
const TELLING: Duration = Duration::from_millis(100);

/// Works as a worker process: reads assignments, carries them out one after another, says how it goes.
///
/// # Errors
/// An assignment that cannot be read. Every other error is the outcome of its runs.
pub fn serve(interrupter: &Interrupter) -> Result<()> {
    let mut tools = None;
    for line in lines_of_stdin(interrupter.clone()) {
        let assignment: Assignment =
            serde_json::from_str(&line).context("no assignment on stdin")?;
        let outcomes = work(&assignment, &mut tools, interrupter).unwrap_or_else(|error| {
            let why = format!("{error:#}");
            let store = Store::new(&assignment.results);
            give_up(&store, &assignment.lanes, &assignment.provenance, &why);
            vec![Outcome::Failed(why); assignment.lanes.len()]
        });
        say(&Message::Outcomes(outcomes));
        if interrupter.should_stop() {
            break;
        }
    }
    Ok(())
}

/// What a worker keeps from one cohort to the next, which has the same data and device.
struct Tools {
    corpus: Corpus,
    device: Device,
}

fn work(
    assignment: &Assignment,
    tools: &mut Option<Tools>,
    interrupter: &Interrupter,
) -> Result<Vec<Outcome>> {
    let first = assignment.lanes.first().context("an assignment without runs")?;
    let tools = match tools {
        Some(tools) => tools,
        None => tools.insert(Tools {
            corpus: Corpus::load(&assignment.source, &first.data.split)?,
            device: assignment.backend.open()?,
        }),
    };
    ensure!(
        tools.corpus.digest == first.data.digest,
        "{} has changed since the sweep began",
        tools.corpus.source
    );
    let runner = CohortRunner {
        initial: initial_weights(assignment, first)?,
        corpus: &tools.corpus,
        device: tools.device.clone(),
        threads: assignment.threads,
        store: Store::new(&assignment.results),
        provenance: assignment.provenance.clone(),
        checkpoint_every: assignment.checkpoint_every,
        interrupter: interrupter.clone(),
    };
    let mut teller = Teller::default();
    let outcomes = runner.run_cohort(&assignment.lanes, &mut |event| teller.tell(event));
    teller.flush();
    Ok(outcomes)
}

/// Reads on while cohorts train. Where stdin ends, nobody wants the results any more, or somebody wants
/// to stop.
fn lines_of_stdin(interrupter: Interrupter) -> Receiver<String> {
    let (sender, lines) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
        interrupter.stop(Some("the sweep stopped"));
    });
    lines
}

fn initial_weights(assignment: &Assignment, run: &RunConfig) -> Result<Option<Arc<LaneWeights>>> {
    let (Some(path), Start::Weights(digest)) = (&assignment.initial, &run.start) else {
        return Ok(None);
    };
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    ensure!(
        format!("{:x}", Sha256::digest(&bytes)) == *digest,
        "{} has changed since the sweep began",
        path.display()
    );
    read_weights(path, &run.model, run.data.vocabulary).map(Arc::new).map(Some)
}

/// Says how it goes on stdout. Where nobody listens any more, stdin has ended too.
#[derive(Default)]
struct Teller {
    last: Option<Instant>,
    /// Lanes, steps and the last step that were not told yet.
    untold: Option<(usize, usize, usize)>,
}

impl Teller {
    fn tell(&mut self, event: Event) {
        match event {
            Event::Stepped { lanes, steps, step } => {
                let before = self.untold.take_if(|(others, ..)| *others == lanes);
                self.flush();
                self.untold = Some((lanes, steps + before.map_or(0, |(_, steps, _)| steps), step));
                if self.last.is_none_or(|last| last.elapsed() >= TELLING) {
                    self.flush();
                }
            }
            // Rows without an evaluation are on disk; nobody watches them from another process.
            Event::Logged { ref row, .. } if row.val_loss.is_none() => {}
            event => say(&Message::Event(event)),
        }
    }

    fn flush(&mut self) {
        if let Some((lanes, steps, step)) = self.untold.take() {
            self.last = Some(Instant::now());
            say(&Message::Event(Event::Stepped { lanes, steps, step }));
        }
    }
}

fn say(message: &Message) {
    if let Ok(mut line) = serde_json::to_string(message) {
        line.push('\n');
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    }
}
