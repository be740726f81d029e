use burn::tensor::Device;

use super::*;
use crate::config::Decay;
use crate::config::tests::example;
use crate::config::{Cut, Order, Texts};
use crate::config::{Form, Mask, RunConfig, Start};
use crate::corpus::{Corpus, Source};
use crate::record::CurveRow;

mod changed;
mod memory;
mod notebook;

use notebook::{Notebook, TrainedLane};

fn cut() -> Cut {
    let (test, texts) = (Some(150), Some(Texts::PerSeed));
    Cut { train: 400, val: 200, test, order: Order::Random, texts, canaries: None }
}

fn corpus() -> Corpus {
    Corpus::load(&Source::GRAMMAR, &cut(), &[0, 1, 2]).unwrap()
}

fn lane(form: Form, weight_decay: f64, seed: u64) -> RunConfig {
    let mut run = example();
    run.start = Start::Seed(seed);
    (run.data.seed, run.data.text_seed) = (seed, Some(seed));
    run.data.split.test = 150;
    run.decay = Decay { form, mask: Some(Mask::Global), weight_decay: Some(weight_decay) };
    run
}

fn trained(lanes: &[RunConfig], device: Device) -> Vec<TrainedLane> {
    let (ending, lanes) = trained_until(lanes, Vec::new(), None, device);
    assert_eq!(ending, Ending::Complete);
    lanes
}

/// Trains on from checkpoints, to the end or to a step.
fn trained_until(
    lanes: &[RunConfig],
    resume: Vec<Checkpoint>,
    stop_after: Option<usize>,
    device: Device,
) -> (Ending, Vec<TrainedLane>) {
    let corpus = corpus();
    let cohort = Cohort { lanes, resume, corpus: &corpus, initial: None, device };
    let mut notebook = Notebook { stop_after, ..Notebook::default() };
    let interrupter = notebook.interrupter.clone();
    let ending = train(&cohort, &mut notebook, &interrupter).unwrap();
    (ending, notebook.lanes)
}

fn mixed_lanes() -> Vec<RunConfig> {
    let mut lanes = vec![
        lane(Form::AdamW, 0.0, 0),
        lane(Form::L2Loss, 0.3, 0),
        lane(Form::AdamW, 1.0, 1),
        lane(Form::Cautious, 1.0, 2),
        lane(Form::L2, 0.3, 1),
    ];
    lanes[2].recipe.lr = 1e-2;
    lanes[4].recipe.clip = 0.0;
    lanes
}

fn assert_same(a: &TrainedLane, b: &TrainedLane) {
    assert_eq!(a.curve, b.curve);
    let told = |end: LaneEnd| (end.status, end.steps, end.test_loss, end.stopped_test_loss);
    assert_eq!(told(a.end()), told(b.end()));
    assert_eq!(a.weights(), b.weights());
}

#[test]
fn the_weights_of_evaluations_are_handed_out_without_changing_a_number() {
    let (lanes, corpus, device) = (mixed_lanes(), corpus(), Device::flex());
    let cohort =
        Cohort { lanes: &lanes, resume: Vec::new(), corpus: &corpus, initial: None, device };
    let mut notebook = Notebook { wants_weights: true, ..Notebook::default() };
    let interrupter = notebook.interrupter.clone();
    train(&cohort, &mut notebook, &interrupter).unwrap();
    for (given, plain) in notebook.lanes.iter().zip(trained(&lanes, Device::flex())) {
        assert_same(given, &plain);
        let recipe = lanes[0].recipe;
        assert!(
            given
                .evaluated
                .keys()
                .copied()
                .eq((0..=recipe.steps).filter(|at| recipe.evaluates(*at)))
        );
        assert_eq!(given.evaluated.get(&recipe.steps), given.weights());
        assert_ne!(given.evaluated.get(&0), given.weights());
    }
}

#[test]
fn a_curve_is_bit_identical_alone_and_among_others() {
    let lanes = mixed_lanes();
    let together = trained(&lanes, Device::flex());
    for (run, among) in lanes.iter().zip(&together) {
        let alone = trained(std::slice::from_ref(run), Device::flex()).remove(0);
        assert_same(&alone, among);
    }
}

#[test]
fn threads_change_no_bit() {
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| trained(&mixed_lanes(), Device::flex()))
    };
    for (one, three) in with(1).iter().zip(&with(3)) {
        assert_same(one, three);
    }
}

#[test]
fn a_lane_that_diverges_is_a_result_and_its_neighbours_go_on() {
    let mut wild = lane(Form::AdamW, 0.0, 0);
    wild.recipe.lr = 1e30;
    let lanes = [lane(Form::AdamW, 0.5, 0), wild];
    let trained_lanes = trained(&lanes, Device::flex());
    assert_eq!(trained_lanes[1].end().status, Status::Diverged);
    assert!(trained_lanes[1].end().steps < 4, "{}", trained_lanes[1].end().steps);
    assert!(trained_lanes[1].curve.iter().all(CurveRow::is_finite));
    assert_eq!(trained_lanes[0].end().status, Status::Done);
    assert_same(&trained_lanes[0], &trained(&lanes[..1], Device::flex()).remove(0));
}

#[test]
fn the_curve_has_a_row_for_every_logged_step_and_its_evaluations() {
    let mut run = lane(Form::AdamW, 0.1, 0);
    run.recipe.steps = 7;
    run.recipe.eval_every = 3;
    run.recipe.log_every = 2;
    let curve = trained(&[run], Device::flex()).remove(0).curve;
    let steps: Vec<usize> = curve.iter().map(|row| row.step).collect();
    assert_eq!(steps, [0, 2, 3, 4, 6, 7]);
    let evaluated: Vec<usize> =
        curve.iter().filter(|row| row.gap().is_some()).map(|row| row.step).collect();
    assert_eq!(evaluated, [0, 3, 6, 7]);
    assert!(curve[1..].iter().all(|row| row.batch_loss.is_some() && row.grad_norm.is_some()));
}

#[test]
fn test_is_measured_at_the_end_and_at_the_best_step_and_changes_no_number() {
    let mut run = lane(Form::AdamW, 0.1, 1);
    (run.recipe.steps, run.recipe.eval_every) = (9, 4);
    let with = trained(std::slice::from_ref(&run), Device::flex()).remove(0);
    let end = with.end();
    assert!(end.test_loss.is_some() && end.stopped_test_loss.is_some());
    let (_, best) = crate::record::best_evaluation(&with.curve, 1).unwrap();
    assert_eq!(end.test_loss == end.stopped_test_loss, best == 9);
    let best = best.min(8);
    assert_eq!(with.checkpoint.as_ref().unwrap().best.unwrap().step, best);

    let mut without = corpus();
    without.test.clear();
    let (lanes, resume, device) = ([run], Vec::new(), Device::flex());
    let cohort = Cohort { lanes: &lanes, resume, corpus: &without, initial: None, device };
    let mut notebook = Notebook::default();
    train(&cohort, &mut notebook, &Interrupter::new()).unwrap();
    let without = notebook.lanes.remove(0);
    assert_eq!((without.end().test_loss, without.end().stopped_test_loss), (None, None));
    assert_eq!((&without.curve, without.weights()), (&with.curve, with.weights()));
}

#[test]
fn lanes_read_train_texts_of_their_own() {
    let mut other = lane(Form::AdamW, 0.1, 0);
    other.data.text_seed = Some(1);
    let lanes = trained(&[lane(Form::AdamW, 0.1, 0), other], Device::flex());
    let first = |lane: usize| (lanes[lane].curve[0].train_loss, lanes[lane].curve[0].val_loss);
    assert_eq!(first(0).1, first(1).1, "the same weights and val");
    assert_ne!(first(0).0, first(1).0);
}

#[test]
fn training_lowers_the_loss() {
    let mut run = lane(Form::AdamW, 0.0, 0);
    run.recipe.steps = 60;
    run.recipe.eval_every = 60;
    let curve = trained(&[run], Device::flex()).remove(0).curve;
    let (first, last) = (curve[0].train_loss.unwrap(), curve.last().unwrap().train_loss.unwrap());
    assert!(last < first - 0.3, "{first} -> {last}");
}

#[test]
fn a_lane_goes_on_bit_for_bit_in_another_cohort() {
    let lanes = mixed_lanes();
    let whole = trained(&lanes, Device::flex());
    let (ending, first) = trained_until(&lanes, Vec::new(), Some(2), Device::flex());
    assert_eq!(ending, Ending::Stopped);
    assert!(first.iter().all(|lane| lane.end.is_none()));
    for group in [&[3, 0][..], &[1], &[2, 4]] {
        let pick = |place: &usize| lanes[*place].clone();
        let again: Vec<RunConfig> = group.iter().map(pick).collect();
        let resume = group.iter().map(|place| first[*place].checkpoint.clone().unwrap()).collect();
        let (_, second) = trained_until(&again, resume, None, Device::flex());
        for (place, second) in group.iter().zip(second) {
            let mut both = second;
            both.curve.splice(0..0, first[*place].curve.clone());
            assert_same(&both, &whole[*place]);
        }
    }
}

#[test]
fn a_step_over_two_batches_is_a_step_over_one_of_twice_the_size() {
    let with = |batch: usize, accumulate: usize| {
        let mut lanes = [lane(Form::AdamW, 0.1, 0), lane(Form::L2, 0.3, 1)];
        for run in &mut lanes {
            (run.recipe.batch, run.recipe.accumulate) = (batch, accumulate);
            run.recipe.steps = 10;
        }
        trained(&lanes, Device::flex())
    };
    let (whole, parts) = (with(6, 1), with(2, 3));
    assert_ne!(whole[0].weights(), with(2, 1)[0].weights(), "the batches are read");
    for (whole, parts) in whole.iter().zip(&parts) {
        assert_eq!(whole.curve.len(), parts.curve.len());
        for (whole, parts) in whole.curve.iter().zip(&parts.curve) {
            let near = |a: Option<f64>, b: Option<f64>| match (a, b) {
                (Some(a), Some(b)) => (a - b).abs() < 2e-4 * a.abs().max(1.0),
                (a, b) => a == b,
            };
            assert!(
                near(whole.batch_loss.map(f64::from), parts.batch_loss.map(f64::from)),
                "{whole:?} {parts:?}"
            );
            assert!(
                near(whole.grad_norm.map(f64::from), parts.grad_norm.map(f64::from)),
                "{whole:?} {parts:?}"
            );
            assert!(near(whole.val_loss, parts.val_loss), "{whole:?} {parts:?}");
            assert!(
                near(whole.weight_norm.map(f64::from), parts.weight_norm.map(f64::from)),
                "{whole:?} {parts:?}"
            );
        }
    }
}

#[test]
fn lanes_that_accumulate_are_bit_identical_alone_and_among_others() {
    let mut lanes = mixed_lanes();
    lanes.iter_mut().for_each(|run| run.recipe.accumulate = 3);
    let together = trained(&lanes, Device::flex());
    for (run, among) in lanes.iter().zip(&together) {
        let alone = trained(std::slice::from_ref(run), Device::flex()).remove(0);
        assert_same(&alone, among);
    }
}

#[test]
fn a_diverged_lane_ends_at_the_next_checkpoint_and_has_none_itself() {
    let mut wild = lane(Form::AdamW, 0.0, 0);
    wild.recipe.lr = 1e30;
    let lanes = [lane(Form::AdamW, 0.5, 0), wild];
    let (_, lanes) = trained_until(&lanes, Vec::new(), Some(3), Device::flex());
    assert_eq!(lanes[1].end().status, Status::Diverged);
    assert_eq!(lanes[1].checkpoint, None);
    assert_eq!((lanes[0].end, lanes[0].checkpoint.as_ref().unwrap().step), (None, 3));
}

#[test]
fn what_was_stopped_before_its_first_step_leaves_nothing() {
    let (corpus, lanes) = (corpus(), [lane(Form::AdamW, 0.1, 0)]);
    let (initial, device) = (None, Device::flex());
    let cohort = Cohort { lanes: &lanes, resume: Vec::new(), corpus: &corpus, initial, device };
    let mut notebook = Notebook::default();
    let interrupter = Interrupter::new();
    interrupter.stop(None);
    assert_eq!(train(&cohort, &mut notebook, &interrupter).unwrap(), Ending::Stopped);
    assert_eq!(notebook.lane(0).checkpoint, None);
}

/// A shape of each family, as small as it may be.
fn shapes() -> Vec<crate::config::ModelShape> {
    let gpt2 = example().model;
    let of =
        |family| crate::config::ModelShape { family, kv_heads: Some(1), hidden: Some(8), ..gpt2 };
    let mut mixtral = of(crate::config::Family::Mixtral);
    (mixtral.experts, mixtral.active_experts) = (Some(3), Some(2));
    let grok = crate::config::ModelShape { family: crate::config::Family::Grok, ..mixtral };
    let mistral =
        crate::config::ModelShape { window: Some(3), ..of(crate::config::Family::Mistral) };
    vec![of(crate::config::Family::Llama), mistral, mixtral, grok, of(crate::config::Family::Palm)]
}

#[test]
fn lanes_of_every_family_are_bit_identical_alone_and_among_others() {
    for shape in shapes() {
        let mut lanes = mixed_lanes();
        lanes.iter_mut().for_each(|lane| lane.model = shape);
        let together = trained(&lanes, Device::flex());
        for (run, among) in lanes.iter().zip(&together) {
            let alone = trained(std::slice::from_ref(run), Device::flex()).remove(0);
            assert_same(&alone, among);
            assert!(among.curve.iter().all(CurveRow::is_finite), "{:?}", shape.family);
        }
    }
}
