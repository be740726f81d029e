use std::fmt;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// What `squeue` is asked for: task of the array, state, reason, node, and the comment, which holds the
/// frozen sweep's folder.
pub const FORMAT: &str = "%K|%T|%r|%N|%k";

/// A job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub u64);

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It waits for its start, or for its next one.
    Pending,
    /// It has a node.
    Running,
    /// It has ended, in whatever way.
    Over,
}

/// A task of an array, or a job without tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its number in the array, 0 for a job without tasks.
    pub number: usize,
    /// Where it stands.
    pub stage: Stage,
    /// Slurm's word for it.
    pub state: String,
    /// Why it waits or how it ended, if Slurm says.
    pub reason: Option<String>,
    /// Where it runs.
    pub node: Option<String>,
}

impl Task {
    /// Whether it may still run.
    pub fn is_live(&self) -> bool {
        self.stage != Stage::Over
    }

    /// State, reason and node in words.
    pub fn describe(&self) -> String {
        let reason = self.reason.as_ref().map(|reason| format!(" ({reason})"));
        let node = self.node.as_ref().map(|node| format!(" on {node}"));
        format!("{}{}{}", self.state, reason.unwrap_or_default(), node.unwrap_or_default())
    }
}

/// The tasks of a job.
#[derive(Clone, Debug, Default)]
pub struct Queue(pub Vec<Task>);

impl Queue {
    /// Whether any task may still run.
    pub fn is_live(&self) -> bool {
        self.0.iter().any(Task::is_live)
    }

    /// A task by its number.
    pub fn task(&self, number: usize) -> Option<&Task> {
        self.0.iter().find(|task| task.number == number)
    }

    /// How many tasks are at a stage.
    pub fn count(&self, stage: Stage) -> usize {
        self.0.iter().filter(|task| task.stage == stage).count()
    }
}

/// Reads lines of [`FORMAT`] and skips jobs of others: a controller that lost its state gives job numbers
/// out again.
pub fn parse(text: &str, folder: &Path) -> Result<Vec<Task>> {
    let ours = text.lines().filter(|line| !line.trim().is_empty()).map(parse_line);
    let ours = ours.filter(|task| {
        task.as_ref().is_ok_and(|(_, comment)| Path::new(comment) == folder) || task.is_err()
    });
    ours.map(|task| task.map(|(task, _)| task)).collect()
}

fn parse_line(line: &str) -> Result<(Task, &str)> {
    let context = || format!("squeue said {line:?} where {FORMAT} was expected");
    let mut parts = line.splitn(5, '|');
    let mut next = || parts.next().map(str::trim).with_context(context);
    let (number, state, reason, node, comment) = (next()?, next()?, next()?, next()?, next()?);
    let named =
        |text: &str| (!["", "None", "(null)", "N/A"].contains(&text)).then(|| text.to_owned());
    let number = match number {
        "N/A" => 0,
        number => number.parse().ok().with_context(context)?,
    };
    let (stage, state) = (stage(state), state.to_owned());
    Ok((Task { number, stage, state, reason: named(reason), node: named(node) }, comment))
}

fn stage(state: &str) -> Stage {
    match state {
        "PENDING" | "CONFIGURING" | "REQUEUED" | "REQUEUE_HOLD" | "REQUEUE_FED"
        | "RESV_DEL_HOLD" | "SPECIAL_EXIT" => Stage::Pending,
        "COMPLETED" | "FAILED" | "CANCELLED" | "TIMEOUT" | "NODE_FAIL" | "PREEMPTED"
        | "BOOT_FAIL" | "DEADLINE" | "OUT_OF_MEMORY" | "REVOKED" => Stage::Over,
        // A state that is not known: better too long than too short.
        _ => Stage::Running,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_of_our_folder_are_read_and_others_passed_over() {
        let text = "1|RUNNING|None|n1|/r/.sweeps/a-1\n2|PENDING|Resources||/r/.sweeps/a-1\n\
                    3|TIMEOUT|TimeLimit|n2|/r/.sweeps/a-1\nN/A|PENDING|Dependency||/r/.sweeps/a-1\n\
                    4|RUNNING|None|n1|(null)\n5|RUNNING|None|n1|/r/.sweeps/b-1";
        let queue = Queue(parse(text, Path::new("/r/.sweeps/a-1")).unwrap());
        let numbers: Vec<usize> = queue.0.iter().map(|task| task.number).collect();
        assert_eq!(numbers, [1, 2, 3, 0]);
        assert_eq!(queue.task(1).unwrap().describe(), "RUNNING on n1");
        assert_eq!(queue.task(2).unwrap().describe(), "PENDING (Resources)");
        assert_eq!(queue.task(3).unwrap().stage, Stage::Over);
        assert_eq!((queue.count(Stage::Pending), queue.count(Stage::Running)), (2, 1));
    }

    #[test]
    fn what_is_not_a_line_of_the_queue_is_an_error_that_shows_it() {
        let error = parse("slurm is sleepy", Path::new("/r")).unwrap_err();
        assert!(error.to_string().contains("slurm is sleepy"));
    }
}
