use anyhow::Result;

use super::evaluation::Evaluation;
use crate::config::{Recipe, RunConfig};
use crate::model::LanguageModel;
use crate::record::{Best, Checkpoint};

/// What a cohort measured on test. Nothing is chosen by it: it is wanted of a lane's weights where its val loss is the
/// lowest of all, and at its end. Weights of a lowest loss so far are kept and wait, since the next evaluation's mostly
/// take their place.
pub struct Tested<M> {
    chosen: Chosen,
    waiting: Option<Waiting<M>>,
}

/// Weights that test has not measured yet, as of an evaluation.
struct Waiting<M> {
    step: usize,
    model: M,
}

/// The evaluations of every lane whose test loss is wanted.
struct Chosen {
    recipe: Recipe,
    lanes: Vec<LaneChosen>,
}

#[derive(Clone, Copy)]
struct LaneChosen {
    /// The first step at which it may be stopped.
    first: usize,
    /// The best evaluation of those that a longer run has too.
    best: Option<At>,
    /// The evaluation after the last step.
    last: Option<At>,
}

#[derive(Clone, Copy)]
struct At {
    step: usize,
    val_loss: f64,
    /// `None` until it is measured.
    test_loss: Option<f64>,
}

impl<M: LanguageModel> Tested<M> {
    /// Of lanes that go on where their checkpoints were written, or start.
    pub fn new(lanes: &[RunConfig], resume: &[Checkpoint]) -> Self {
        Tested { chosen: Chosen::new(lanes, resume), waiting: None }
    }

    /// Takes the weights of an evaluation: `val_losses` has one of every lane that goes on. Test losses are at hand where
    /// every evaluation measures them.
    ///
    /// # Errors
    /// A device that fails.
    pub fn evaluated(
        &mut self,
        step: usize,
        val_losses: &[Option<f64>],
        model: M,
        test_losses: Option<&[f64]>,
        evaluation: &Evaluation,
    ) -> Result<()> {
        let is_chosen = self.chosen.choose(step, val_losses);
        if let Some(losses) = test_losses {
            self.chosen.measured(step, losses);
        } else if is_chosen && evaluation.has_test() {
            // Unless every lane that waited has better weights now.
            self.measure(evaluation)?;
            self.waiting = Some(Waiting { step, model });
        }
        Ok(())
    }

    /// Measures the weights that wait, where any lane still wants it; what its neighbours want changes no lane.
    ///
    /// # Errors
    /// A device that fails.
    pub fn measure(&mut self, evaluation: &Evaluation) -> Result<()> {
        let Some(Waiting { step, model }) = self.waiting.take() else { return Ok(()) };
        if self.chosen.wants(step)
            && let Some(losses) = evaluation.test_losses(&model)?
        {
            self.chosen.measured(step, &losses);
        }
        Ok(())
    }

    /// For the checkpoint of a lane, once it is measured.
    pub fn best(&self, lane: usize) -> Option<Best> {
        self.chosen.lanes[lane].best.and_then(At::measured)
    }

    /// Test loss of the last weights of a lane.
    pub fn last_loss(&self, lane: usize) -> Option<f64> {
        self.chosen.lanes[lane].last.and_then(|last| last.test_loss)
    }

    /// Test loss of a lane where its val loss was lowest.
    pub fn stopped_loss(&self, lane: usize) -> Option<f64> {
        self.chosen.lanes[lane].stopped().and_then(|stopped| stopped.test_loss)
    }

    /// Where that was, of a lane from given weights: older versions measured it after the first step.
    pub fn stopped_step(&self, lane: usize) -> Option<usize> {
        let lane = &self.chosen.lanes[lane];
        let measured = lane.stopped().filter(|at| lane.first == 0 && at.test_loss.is_some());
        measured.map(|at| at.step)
    }
}

impl Chosen {
    fn new(lanes: &[RunConfig], resume: &[Checkpoint]) -> Self {
        let best = |lane: usize| resume.get(lane).and_then(|checkpoint| checkpoint.best);
        let lane = |(lane, run): (usize, &RunConfig)| LaneChosen {
            first: run.start.first_stop(),
            best: best(lane).map(At::from),
            last: None,
        };
        Chosen { recipe: lanes[0].recipe, lanes: lanes.iter().enumerate().map(lane).collect() }
    }

    /// Whether the test loss of any lane is wanted after `step`. The evaluation before training is one of
    /// given weights alone.
    fn choose(&mut self, step: usize, val_losses: &[Option<f64>]) -> bool {
        let Recipe { steps, eval_every, .. } = self.recipe;
        for (lane, val_loss) in self.lanes.iter_mut().zip(val_losses) {
            let Some(val_loss) = *val_loss else { continue };
            let at = At { step, val_loss, test_loss: None };
            if step >= lane.first && step.is_multiple_of(eval_every) && lane.improves(val_loss) {
                lane.best = Some(at);
            }
            if step == steps {
                lane.last = Some(at);
            }
        }
        self.wants(step)
    }

    fn wants(&self, step: usize) -> bool {
        let wants = |at: Option<At>| at.is_some_and(|at| at.step == step && at.test_loss.is_none());
        self.lanes.iter().any(|lane| wants(lane.best) || wants(lane.last))
    }

    fn measured(&mut self, step: usize, test_losses: &[f64]) {
        for (lane, test_loss) in self.lanes.iter_mut().zip(test_losses) {
            let at = lane.best.iter_mut().chain(&mut lane.last).filter(|at| at.step == step);
            at.for_each(|at| at.test_loss = Some(*test_loss));
        }
    }
}

impl LaneChosen {
    /// The first of equals is the best.
    fn improves(&self, val_loss: f64) -> bool {
        self.best.is_none_or(|best| val_loss < best.val_loss)
    }

    fn stopped(&self) -> Option<At> {
        self.last.filter(|last| self.improves(last.val_loss)).or(self.best)
    }
}

impl At {
    fn measured(self) -> Option<Best> {
        let At { step, val_loss, test_loss } = self;
        test_loss.map(|test_loss| Best { step, val_loss, test_loss })
    }
}

impl From<Best> for At {
    fn from(Best { step, val_loss, test_loss }: Best) -> Self {
        At { step, val_loss, test_loss: Some(test_loss) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Start;
    use crate::config::tests::example;

    /// Evaluations every 2 of 5 steps, whose test losses are ten times their val losses; measured at once or when the
    /// next is chosen, and how often.
    fn run(losses: &[(usize, f64)], from: Option<Best>, at_once: bool) -> (LaneChosen, usize) {
        run_of(example(), losses, from, at_once)
    }

    fn run_of(
        mut config: RunConfig,
        losses: &[(usize, f64)],
        from: Option<Best>,
        at_once: bool,
    ) -> (LaneChosen, usize) {
        (config.recipe.steps, config.recipe.eval_every) = (5, 2);
        let resume: Vec<Checkpoint> = from
            .into_iter()
            .map(|best| Checkpoint { best: Some(best), ..Checkpoint::default() })
            .collect();
        let mut chosen = Chosen::new(&[config], &resume);
        let (mut waiting, mut measured) = (None, 0);
        let mut measure = |chosen: &mut Chosen, waiting: Option<(usize, f64)>| {
            if let Some((step, val_loss)) = waiting.filter(|(step, _)| chosen.wants(*step)) {
                chosen.measured(step, &[10.0 * val_loss]);
                measured += 1;
            }
        };
        for (step, val_loss) in losses {
            if chosen.choose(*step, &[Some(*val_loss)]) {
                measure(&mut chosen, waiting.replace((*step, *val_loss)));
            }
            if at_once {
                measure(&mut chosen, waiting.take());
            }
        }
        measure(&mut chosen, waiting);
        (chosen.lanes[0], measured)
    }

    fn test_losses(lane: LaneChosen) -> (Option<f64>, Option<f64>) {
        let loss = |at: Option<At>| at.and_then(|at| at.test_loss);
        (loss(lane.last), loss(lane.stopped()))
    }

    #[test]
    fn a_lane_is_measured_where_val_is_lowest_and_at_its_end() {
        for at_once in [true, false] {
            let (lane, _) = run(&[(0, 0.5), (2, 3.0), (4, 2.0), (5, 4.0)], None, at_once);
            assert_eq!(test_losses(lane), (Some(40.0), Some(20.0)));
            let (lane, _) = run(&[(2, 3.0), (4, 3.0)], None, at_once);
            assert_eq!(lane.best.unwrap().step, 2, "the first of equals is the best");
        }
    }

    #[test]
    fn given_weights_may_be_taken_as_they_are_and_those_of_a_fresh_model_not() {
        let losses = [(0, 0.5), (2, 3.0), (4, 2.0), (5, 4.0)];
        let given = RunConfig { start: Start::Weights("ab".into()), ..example() };
        for at_once in [true, false] {
            let (lane, _) = run_of(given.clone(), &losses, None, at_once);
            assert_eq!(test_losses(lane), (Some(40.0), Some(5.0)));
            let best = lane.best.and_then(At::measured);
            let (again, _) = run_of(given.clone(), &losses[2..], best, at_once);
            assert_eq!(test_losses(again), (Some(40.0), Some(5.0)), "it goes on from step 2");
            let (fresh, _) = run(&losses, None, at_once);
            assert_eq!(test_losses(fresh), (Some(40.0), Some(20.0)));
        }
    }

    #[test]
    fn weights_that_better_ones_follow_are_not_measured() {
        let falling = [(2, 3.0), (4, 2.0), (5, 4.0)];
        assert_eq!((run(&falling, None, true).1, run(&falling, None, false).1), (3, 2));
    }

    #[test]
    fn an_evaluation_for_being_the_last_counts_at_the_end_and_in_no_checkpoint() {
        for at_once in [true, false] {
            let (lane, _) = run(&[(2, 3.0), (4, 2.0), (5, 1.0)], None, at_once);
            assert_eq!(test_losses(lane), (Some(10.0), Some(10.0)));
            let best = lane.best.and_then(At::measured).unwrap();
            assert_eq!((best.step, best.test_loss), (4, 20.0));
            let stopped = |val_loss| {
                let (lane, _) = run(&[(5, val_loss)], Some(best), at_once);
                test_losses(lane).1
            };
            assert_eq!((stopped(1.5), stopped(9.0)), (Some(15.0), Some(20.0)));
        }
    }
}
