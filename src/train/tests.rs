use burn::tensor::Device;

use super::*;
use crate::corpus::{Order, Source, Split};
use crate::decay::{Form, Mask};
use crate::run::Decay;
use crate::run::tests::example;

struct Silent;
impl Observer for Silent {}

fn corpus() -> Corpus {
    let split = Split { train: 400, val: 200, order: Order::Random };
    Corpus::load(&Source::Grammar, &split).unwrap()
}

fn lane(form: Form, weight_decay: f64, seed: u64) -> RunConfig {
    let mut run = example();
    run.start = Start::Seed(seed);
    run.data.seed = seed;
    run.decay = Decay { form, mask: Some(Mask::Global), weight_decay: Some(weight_decay) };
    run
}

fn trained(lanes: &[RunConfig], device: Device) -> Vec<TrainedLane> {
    let corpus = corpus();
    let cohort = Cohort { lanes, corpus: &corpus, initial: None, device };
    train(&cohort, &Silent, &Interrupter::new()).unwrap().unwrap()
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
    assert_eq!(a.weights, b.weights);
}

#[test]
fn a_curve_is_bit_identical_alone_and_among_others() {
    #[allow(deprecated)]
    for device in [Device::flex(), Device::ndarray()] {
        let lanes = mixed_lanes();
        let together = trained(&lanes, device.clone());
        for (run, among) in lanes.iter().zip(&together) {
            let alone = trained(std::slice::from_ref(run), device.clone()).remove(0);
            assert_same(&alone, among);
        }
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
    assert_eq!(trained_lanes[1].status, Status::Diverged);
    assert!(trained_lanes[1].steps < 4, "{}", trained_lanes[1].steps);
    assert!(trained_lanes[1].curve.iter().all(CurveRow::is_finite));
    assert_eq!(trained_lanes[0].status, Status::Done);
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
fn training_lowers_the_loss() {
    let mut run = lane(Form::AdamW, 0.0, 0);
    run.recipe.steps = 60;
    run.recipe.eval_every = 60;
    let curve = trained(&[run], Device::flex()).remove(0).curve;
    let (first, last) = (curve[0].train_loss.unwrap(), curve.last().unwrap().train_loss.unwrap());
    assert!(last < first - 0.3, "{first} -> {last}");
}

#[test]
fn an_interrupted_cohort_has_no_result() {
    let interrupter = Interrupter::new();
    interrupter.stop(None);
    let corpus = corpus();
    let lanes = [lane(Form::AdamW, 0.1, 0)];
    let cohort = Cohort { lanes: &lanes, corpus: &corpus, initial: None, device: Device::flex() };
    assert!(train(&cohort, &Silent, &interrupter).unwrap().is_none());
}
