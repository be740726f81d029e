use crate::config::{Recipe, RunConfig};
use crate::record::{Best, Checkpoint};

/// What a cohort measured on test. Nothing is chosen by it: a lane is measured where its val loss is the
/// lowest so far, and at its end.
pub struct Tested {
    recipe: Recipe,
    lanes: Vec<LaneTested>,
}

#[derive(Clone, Copy, Default)]
struct LaneTested {
    /// The best evaluation of those that a longer run has too.
    best: Option<Best>,
    /// The evaluation after the last step.
    last: Option<Best>,
}

impl Tested {
    /// Of lanes that go on where their checkpoints were written, or start.
    pub fn new(lanes: &[RunConfig], resume: &[Checkpoint]) -> Self {
        let best = |lane: usize| resume.get(lane).and_then(|checkpoint| checkpoint.best);
        let lane = |lane| LaneTested { best: best(lane), last: None };
        Tested { recipe: lanes[0].recipe, lanes: (0..lanes.len()).map(lane).collect() }
    }

    /// Whether the test loss of a lane is wanted after `step`, where it has this val loss. The evaluation before
    /// training is no evaluation of a run.
    pub fn wants(&self, lane: usize, step: usize, val_loss: f64) -> bool {
        step > 0 && (step == self.recipe.steps || self.lanes[lane].improves(val_loss))
    }

    /// Adds what was measured of a lane after `step`.
    pub fn add(&mut self, lane: usize, step: usize, val_loss: f64, test_loss: f64) {
        let (of, measured) = (&mut self.lanes[lane], Best { step, val_loss, test_loss });
        if of.improves(val_loss) && step.is_multiple_of(self.recipe.eval_every) {
            of.best = Some(measured);
        }
        if step == self.recipe.steps {
            of.last = Some(measured);
        }
    }

    /// For the checkpoint of a lane.
    pub fn best(&self, lane: usize) -> Option<Best> {
        self.lanes[lane].best
    }

    /// Test loss of the last weights of a lane.
    pub fn last_loss(&self, lane: usize) -> Option<f64> {
        self.lanes[lane].last.map(|last| last.test_loss)
    }

    /// Test loss of a lane where its val loss was lowest.
    pub fn stopped_loss(&self, lane: usize) -> Option<f64> {
        let of = &self.lanes[lane];
        let stopped = of.last.filter(|last| of.improves(last.val_loss)).or(of.best);
        stopped.map(|stopped| stopped.test_loss)
    }
}

impl LaneTested {
    fn improves(&self, val_loss: f64) -> bool {
        self.best.is_none_or(|best| val_loss < best.val_loss)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::example;

    /// Evaluations every 2 of 5 steps.
    fn run(losses: &[(usize, f64)], from: Option<Best>) -> Tested {
        let mut config = example();
        (config.recipe.steps, config.recipe.eval_every) = (5, 2);
        let resume: Vec<Checkpoint> = from
            .into_iter()
            .map(|best| Checkpoint { best: Some(best), ..Checkpoint::default() })
            .collect();
        let mut tested = Tested::new(&[config], &resume);
        for (step, val_loss) in losses {
            if tested.wants(0, *step, *val_loss) {
                tested.add(0, *step, *val_loss, 10.0 * val_loss);
            }
        }
        tested
    }

    #[test]
    fn a_lane_is_measured_where_val_improves_and_at_its_end() {
        let tested = run(&[(0, 0.5), (2, 3.0), (4, 2.0), (5, 4.0)], None);
        assert_eq!((tested.last_loss(0), tested.stopped_loss(0)), (Some(40.0), Some(20.0)));
        assert!(!run(&[(2, 3.0)], None).wants(0, 4, 3.0), "the first of equals is the best");
    }

    #[test]
    fn an_evaluation_for_being_the_last_counts_at_the_end_and_in_no_checkpoint() {
        let tested = run(&[(2, 3.0), (4, 2.0), (5, 1.0)], None);
        assert_eq!((tested.last_loss(0), tested.stopped_loss(0)), (Some(10.0), Some(10.0)));
        let best = tested.best(0).unwrap();
        assert_eq!((best.step, best.test_loss), (4, 20.0));
        let resumed = run(&[(5, 1.5)], Some(best));
        assert_eq!(resumed.stopped_loss(0), Some(15.0));
        assert_eq!(run(&[(5, 9.0)], Some(best)).stopped_loss(0), Some(20.0));
    }
}
