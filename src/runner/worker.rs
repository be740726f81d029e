//! A worker process: the other end of [`Processes`](super::Processes).

use std::io::{BufRead, Write};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use burn::tensor::Device;
use burn::train::Interrupter;

use super::protocol::{Assignment, Message};
use super::{CohortRunner, Event, Outcome, mark_failed};
use crate::config::{Cut, RunConfig, Start};
use crate::corpus::Corpus;
use crate::model::{Purpose, read_weights};
use crate::record::LaneWeights;
use crate::store::Store;

/// Steps are reported at most this often.
const STEP_INTERVAL: Duration = Duration::from_millis(100);

/// Runs as a worker process: reads assignments and trains them one after another.
///
/// # Errors
/// An assignment that cannot be read. Every other error is the outcome of its runs.
pub fn serve(interrupter: &Interrupter) -> Result<()> {
    let mut loaded = None;
    for line in lines_of_stdin(interrupter.clone()) {
        let assignment: Assignment =
            serde_json::from_str(&line).context("stdin holds a line that is no assignment")?;
        let outcomes = train(&assignment, &mut loaded, interrupter).unwrap_or_else(|error| {
            let why = format!("{error:#}");
            let store = Store::new(&assignment.results);
            mark_failed(&store, &assignment.lanes, &assignment.provenance, &why);
            vec![Outcome::Failed(why); assignment.lanes.len()]
        });
        send(&Message::Outcomes(outcomes));
        if interrupter.should_stop() {
            break;
        }
    }
    Ok(())
}

/// What a worker needs for every cohort, which all have the same data and device.
struct Loaded {
    corpus: Corpus,
    device: Device,
}

impl Loaded {
    fn load(assignment: &Assignment, first: &RunConfig) -> Result<Self> {
        // A folder that is gone, as temporary ones are after days, costs the time to read the source again.
        let handed = assignment.handed.as_ref().and_then(|folder| Corpus::handed(folder).ok());
        let corpus = match handed {
            Some(corpus) => corpus,
            None => Corpus::load(&assignment.source, &Cut::of(&first.data), &[])?,
        };
        let device = assignment.backend.open_device(assignment.device.as_deref())?;
        Ok(Loaded { corpus, device })
    }
}

fn train(
    assignment: &Assignment,
    loaded: &mut Option<Loaded>,
    interrupter: &Interrupter,
) -> Result<Vec<Outcome>> {
    let first = assignment.lanes.first().context("an assignment without runs")?;
    let loaded = match loaded {
        Some(loaded) => loaded,
        None => loaded.insert(Loaded::load(assignment, first)?),
    };
    let Loaded { corpus, device } = loaded;
    assignment.lanes.iter().try_for_each(|run| read_text(corpus, run))?;
    let cohort_runner = CohortRunner {
        initial: initial_weights(assignment, first, corpus)?,
        corpus,
        device: device.clone(),
        threads: assignment.threads,
        store: Store::new(&assignment.results),
        provenance: assignment.provenance.clone(),
        checkpoint_every: assignment.checkpoint_every,
        keep_best: assignment.keep_best,
        interrupter: interrupter.clone(),
    };
    let mut reporter = Reporter::default();
    let tell = &mut |event| reporter.report(event);
    let outcomes = cohort_runner.run_cohort(&assignment.lanes, tell);
    reporter.flush();
    Ok(outcomes)
}

/// Reads the train text of a run, which must be that of its plan.
fn read_text(corpus: &mut Corpus, run: &RunConfig) -> Result<()> {
    corpus.read_text(run.data.text_seed)?;
    ensure!(
        corpus.beginning(run.data.text_seed, run.train_tokens()).digest == run.data.digest,
        "{} has changed since the sweep began",
        corpus.source
    );
    Ok(())
}

/// Reads stdin while cohorts train. End of file means stop: the sweep was stopped, or is gone.
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

fn initial_weights(
    assignment: &Assignment,
    run: &RunConfig,
    corpus: &Corpus,
) -> Result<Option<Arc<LaneWeights>>> {
    let (Some(initial), Start::Weights(digest)) = (&assignment.initial, &run.start) else {
        return Ok(None);
    };
    let read = read_weights(initial, Purpose::of(&run.model, corpus))?;
    ensure!(read.digest == *digest, "{} has changed since the sweep began", initial.path.display());
    Ok(Some(Arc::new(read.weights)))
}

/// Writes events to stdout. Errors are ignored: if the sweep is gone, stdin has ended too.
#[derive(Default)]
struct Reporter {
    last: Option<Instant>,
    /// Lanes, steps and the last step that were not reported yet.
    held_back: Option<(usize, usize, usize)>,
}

impl Reporter {
    fn report(&mut self, event: Event) {
        match event {
            Event::Stepped { lanes, steps, step } => {
                let before = self.held_back.take_if(|(others, ..)| *others == lanes);
                self.flush();
                self.held_back =
                    Some((lanes, steps + before.map_or(0, |(_, steps, _)| steps), step));
                if self.last.is_none_or(|last| last.elapsed() >= STEP_INTERVAL) {
                    self.flush();
                }
            }
            // Other rows are on disk; the bars show evaluations alone.
            Event::Logged { ref row, .. } if row.val_loss.is_none() => {}
            event => send(&Message::Event(event)),
        }
    }

    fn flush(&mut self) {
        if let Some((lanes, steps, step)) = self.held_back.take() {
            self.last = Some(Instant::now());
            send(&Message::Event(Event::Stepped { lanes, steps, step }));
        }
    }
}

fn send(message: &Message) {
    if let Ok(mut line) = serde_json::to_string(message) {
        line.push('\n');
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    }
}
