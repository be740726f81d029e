//! Finds the best value of one, two or three hyperparameters by deciding, from the losses that are known, what
//! to train next: bracket by factors of 4, refine by 2 and √2, then hand over to fresh seeds.
//!
//! A search is a procedure that is replayed from its beginning. It asks for losses; where one is missing, it
//! stops and says what to train. What is decided is a function of the axes, the terms and the losses alone,
//! and of no loss that was not asked for, so a search goes on from a store as if it had never stopped.

mod axis;
mod bracket;
mod course;
mod forecast;
mod known;
mod ledger;
mod log;
mod pattern;
mod refine;
mod terms;
mod view;

pub use axis::{Axis, Place, Tuned};
pub use course::{Course, Look, Records, RuleCourse, Standing, runs_of};
pub use forecast::Runs;
pub use known::Known;
pub use log::{Best, Decision, Leader, Next, Point, Wanted, Why};
pub use terms::{Epsilon, Terms};

use ledger::{Ledger, Stop};

/// What is to be done now, and every decision up to here.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    pub next: Next,
    pub log: Vec<Decision>,
    /// What would be confirmed if it ended at its last decision.
    pub best: Best,
    /// The smallest difference that matters; missing while it waits for the losses without decay.
    pub epsilon: Option<f64>,
    /// What this search has asked for so far, in the order of places: the losses that its answer rests on.
    pub asked: Vec<Wanted>,
}

/// Plays a search from its beginning with what is known. `axes` holds one to three.
pub fn replay(axes: &[Axis], terms: &Terms, known: &Known) -> Replay {
    let mut ledger = Ledger::new(axes, terms, known);
    let next = match carry_out(&mut ledger) {
        Ok(best) => Next::Confirm(best),
        Err(Stop::Missing(next)) => next,
        Err(Stop::MostRuns) => Next::Confirm(ledger.give_up()),
    };
    Replay {
        next,
        best: ledger.best(),
        epsilon: ledger.known_epsilon(),
        asked: ledger.asked(),
        log: ledger.into_log(),
    }
}

fn carry_out(ledger: &mut Ledger) -> Result<Best, Stop> {
    let why = bracket::bracket(ledger)?;
    refine::refine(ledger, why)
}

#[cfg(test)]
mod tests;
