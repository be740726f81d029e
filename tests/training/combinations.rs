//! Whatever a spec may say of optimizer, form, mask, family and rivals of decay trains, goes on after an
//! interruption and stands beside others without a bit of difference.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use burn::tensor::Device;
use burn::train::Interrupter;
use wane::backend::Backend;
use wane::config::{
    CohortKey, Cut, Family, Form, Mask, Named, OptimizerKind, Order, RunConfig, Texts,
};
use wane::corpus::{Corpus, Source};
use wane::experiment::{Changes, Plan, Spec};
use wane::record::{Checkpoint, CurveRow, LaneWeights, Status};
use wane::train::{Cohort, LaneEnd, Observer, train};

const STEPS: usize = 10;

/// Steps after which a run is interrupted: SOAP brings its axes up to date before and after.
const INTERRUPTED: usize = 5;

/// Keeps what it is told of every lane.
#[derive(Default)]
struct Notebook {
    lanes: Vec<Lane>,
    /// Stops after this step.
    stop_after: Option<usize>,
    interrupter: Interrupter,
}

#[derive(Clone, Debug, Default)]
struct Lane {
    curve: Vec<CurveRow>,
    end: Option<LaneEnd>,
    checkpoint: Option<Checkpoint>,
    evaluated: BTreeMap<usize, LaneWeights>,
}

impl Notebook {
    fn lane(&mut self, lane: usize) -> &mut Lane {
        if self.lanes.len() <= lane {
            self.lanes.resize(lane + 1, Lane::default());
        }
        &mut self.lanes[lane]
    }
}

impl Observer for Notebook {
    fn stepped(&mut self, step: usize) {
        if self.stop_after == Some(step) {
            self.interrupter.stop(None);
        }
    }

    fn logged(&mut self, lane: usize, row: &CurveRow) -> Result<()> {
        self.lane(lane).curve.push(row.clone());
        Ok(())
    }

    fn wants_weights(&mut self, _lane: usize) -> bool {
        true
    }

    fn weights(&mut self, lane: usize, step: usize, weights: &LaneWeights) -> Result<()> {
        self.lane(lane).evaluated.insert(step, weights.clone());
        Ok(())
    }

    fn checkpoint(&mut self, lane: usize, checkpoint: Checkpoint) -> Result<()> {
        self.lane(lane).checkpoint = Some(checkpoint);
        Ok(())
    }

    fn ended(&mut self, lane: usize, end: LaneEnd) -> Result<()> {
        self.lane(lane).end = Some(end);
        Ok(())
    }
}

fn corpus() -> Corpus {
    let (test, texts) = (Some(150), Some(Texts::PerSeed));
    let cut = Cut { train: 400, val: 200, test, order: Order::Random, texts, canaries: None };
    Corpus::load(&Source::GRAMMAR, &cut, &[1]).unwrap()
}

fn flex() -> Device {
    Backend::Flex.open().unwrap()
}

/// The CPU backend that this build adds to flex, which a build without it tests; flex where it adds none.
fn device() -> (Backend, Device) {
    let backend = if Backend::Ndarray.is_built() { Backend::Ndarray } else { Backend::Flex };
    (backend, backend.open().unwrap())
}

/// Every run that the program accepts of a family under an optimizer; nothing where it accepts none.
fn accepted(family: Family, optimizer: OptimizerKind, corpus: &Corpus) -> Vec<RunConfig> {
    let rivals = "dropout = 0.2\nstochastic_depth = 0.3\nlabel_smoothing = 0.1\nema = 0.9\n";
    let scheduled = "decay_schedule = 'hold-decay-ramp'\n";
    let mut arms = vec!["form = 'none'\n".to_owned(), format!("form = 'none'\n{rivals}")];
    for form in Form::ALL.iter().copied().filter(|form| *form != Form::None) {
        let lambda = if form.takes_weight_decay() { "weight_decay = 0.5\n" } else { "" };
        for mask in Mask::ALL {
            arms.push(format!("form = '{form}'\nmask = '{mask}'\n{lambda}"));
        }
        arms.push(format!("form = '{form}'\nmask = 'linear'\n{lambda}{rivals}"));
        if form.takes_weight_decay() {
            arms.push(format!("form = '{form}'\nmask = 'linear'\n{lambda}{scheduled}"));
        }
    }
    arms.iter().filter_map(|arm| run(family, optimizer, arm, corpus)).collect()
}

fn run(family: Family, optimizer: OptimizerKind, arm: &str, corpus: &Corpus) -> Option<RunConfig> {
    let more = if optimizer == OptimizerKind::Soap { "precondition_every = 3\n" } else { "" };
    let experts = match family {
        Family::Mixtral | Family::Grok => "experts = 3\n",
        _ => "",
    };
    let text = format!(
        "name = 'a'\nseeds = [1]\n[data]\ntrain = 400\nval = 200\ntest = 150\n\
         [model]\nfamily = '{}'\n{experts}layers = 2\nheads = 2\nchannels = 8\ncontext = 6\n\
         [train]\noptimizer = '{}'\n{more}steps = {STEPS}\nbatch = 2\nwarmup = 2\neval_every = 5\n\
         eval_windows = 2\n[[arm]]\n{arm}",
        family.name(),
        optimizer.name()
    );
    let spec = Spec::parse(&text, &Changes::default()).ok()?;
    Plan::new(&spec, corpus, None).runs.pop()
}

fn train_lanes(
    lanes: &[RunConfig],
    corpus: &Corpus,
    device: &Device,
    resume: Vec<Checkpoint>,
    stop_after: Option<usize>,
) -> Vec<Lane> {
    let cohort = Cohort { lanes, resume, corpus, initial: None, device: device.clone() };
    let mut notebook = Notebook { stop_after, ..Notebook::default() };
    let interrupter = notebook.interrupter.clone();
    // As the program trains on a core. Threads that share so small a model mostly wait for each other.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    pool.install(|| train(&cohort, &mut notebook, &interrupter)).unwrap();
    notebook.lanes
}

/// The rows from the interruption on.
fn rest(lane: &Lane) -> Vec<CurveRow> {
    lane.curve.iter().filter(|row| row.step > INTERRUPTED).cloned().collect()
}

/// Trains a cohort at once, interrupted, and those of its runs alone that are asked for.
fn assert_one_result(
    lanes: &[RunConfig],
    corpus: &Corpus,
    device: &Device,
    is_trained_alone: impl Fn(&RunConfig) -> bool,
) {
    let together = train_lanes(lanes, corpus, device, Vec::new(), None);
    let stopped = train_lanes(lanes, corpus, device, Vec::new(), Some(INTERRUPTED));
    let checkpoints = stopped.into_iter().map(|lane| lane.checkpoint.unwrap()).collect();
    let resumed = train_lanes(lanes, corpus, device, checkpoints, None);
    for (index, run) in lanes.iter().enumerate() {
        let (whole, name) = (&together[index], format!("{:?} {:?}", run.recipe, run.decay));
        assert_eq!(whole.end.map(|end| end.status), Some(Status::Done), "{name}");
        assert!(whole.curve.iter().all(CurveRow::is_finite), "{name}");
        assert_eq!(whole.curve.last().map(|row| row.step), Some(STEPS), "{name}");
        assert_eq!(rest(whole), rest(&resumed[index]), "{name}: interrupted");
        assert!(whole.checkpoint == resumed_as(whole, &resumed[index]), "{name}: interrupted");
        assert_eq!(whole.evaluated.get(&STEPS), resumed[index].evaluated.get(&STEPS), "{name}");
        if is_trained_alone(run) {
            let alone = train_lanes(std::slice::from_ref(run), corpus, device, Vec::new(), None);
            assert_eq!(alone[0].curve, whole.curve, "{name}: alone");
            assert_eq!(alone[0].evaluated, whole.evaluated, "{name}: alone");
            let losses = |lane: &Lane| lane.end.map(|end| (end.test_loss, end.stopped_test_loss));
            assert_eq!(losses(&alone[0]), losses(whole), "{name}: alone");
        }
    }
}

/// The checkpoint of the second, with the seconds of the first.
fn resumed_as(whole: &Lane, resumed: &Lane) -> Option<Checkpoint> {
    let seconds = whole.checkpoint.as_ref()?.seconds;
    Some(Checkpoint { seconds, ..resumed.checkpoint.clone()? })
}

fn by_cohort(runs: Vec<RunConfig>) -> Vec<Vec<RunConfig>> {
    let mut cohorts: HashMap<CohortKey, Vec<RunConfig>> = HashMap::new();
    runs.into_iter().for_each(|run| cohorts.entry(run.cohort_key()).or_default().push(run));
    cohorts.into_values().collect()
}

/// Every combination stands alone in GPT-2, and in one of the other families.
fn assert_of_family(family: Family) {
    let corpus = corpus();
    let others = || Family::ALL.iter().filter(|other| **other != Family::Gpt2);
    let (share, of) = (others().position(|other| *other == family).unwrap_or(0), others().count());
    let (backend, device) = device();
    // An optimizer sees parameters, whatever family they are of: another backend trains all of them in GPT-2
    // and Adam in every family.
    let is_trained = |optimizer: &OptimizerKind| {
        backend == Backend::Flex || family == Family::Gpt2 || *optimizer == OptimizerKind::Adam
    };
    for optimizer in OptimizerKind::ALL.iter().copied().filter(is_trained) {
        let runs = accepted(family, optimizer, &corpus);
        // Four masks of every form, fewer of those that hold a norm, and rivals and a schedule for each.
        assert!(runs.len() >= 59, "{family:?} {optimizer:?}: {}", runs.len());
        let alone: Vec<RunConfig> = runs.iter().skip(share).step_by(of).cloned().collect();
        let is_asked = |run: &RunConfig| alone.contains(run) && backend == Backend::Flex;
        for lanes in by_cohort(runs) {
            assert_one_result(&lanes, &corpus, &device, |run| {
                family == Family::Gpt2 || is_asked(run)
            });
        }
    }
}

#[test]
fn every_combination_trains_goes_on_and_stands_alone_in_gpt2() {
    assert_of_family(Family::Gpt2);
}

#[test]
fn every_combination_trains_goes_on_and_stands_alone_in_llama() {
    assert_of_family(Family::Llama);
}

#[test]
fn every_combination_trains_goes_on_and_stands_alone_in_mistral() {
    assert_of_family(Family::Mistral);
}

#[test]
fn every_combination_trains_goes_on_and_stands_alone_in_mixtral() {
    assert_of_family(Family::Mixtral);
}

#[test]
fn every_combination_trains_goes_on_and_stands_alone_in_grok() {
    assert_of_family(Family::Grok);
}

#[test]
fn every_combination_trains_goes_on_and_stands_alone_in_palm() {
    assert_of_family(Family::Palm);
}

/// The weights of every matrix in a block keep the norms that they had at first.
#[test]
fn hyperball_holds_the_norms_of_a_model_and_adamw_does_not() {
    let corpus = corpus();
    for family in Family::ALL.iter().copied() {
        let of = |arm: &str| run(family, OptimizerKind::Adam, arm, &corpus).unwrap();
        let held = of("form = 'hyperball'\nmask = 'matrices'\nlr = 0.05\n");
        let free = of("form = 'adamw'\nweight_decay = 1.0\n");
        let changes = |run: &RunConfig| -> f64 {
            let lanes = [run.clone()];
            let lane = train_lanes(&lanes, &corpus, &flex(), Vec::new(), None).remove(0);
            let parameters = run.model.parameters(run.data.vocabulary);
            let matrices = parameters.iter().filter(|one| one.shape.len() == 2);
            let norms = |step: usize, name: &str| -> f64 {
                let values = &lane.evaluated[&step][name];
                values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt()
            };
            let change = |name: &str| (norms(STEPS, name) / norms(0, name) - 1.0).abs();
            matrices.map(|one| change(&one.name)).fold(0.0, f64::max)
        };
        assert!(changes(&held) < 1e-6, "{family:?}: {}", changes(&held));
        assert!(changes(&free) > 1e-3, "{family:?}: {}", changes(&free));
    }
}

#[test]
fn rivals_change_training_and_nothing_in_evaluation_but_the_average() {
    let corpus = corpus();
    let of = |rival: &str| {
        let arm = format!("form = 'none'\n{rival}");
        let run = run(Family::Gpt2, OptimizerKind::Adam, &arm, &corpus).unwrap();
        train_lanes(&[run], &corpus, &flex(), Vec::new(), None).remove(0)
    };
    let plain = of("");
    for rival in ["dropout = 0.3\n", "stochastic_depth = 0.5\n", "label_smoothing = 0.2\n"] {
        let lane = of(rival);
        // Before the first step there is nothing but evaluation.
        assert_eq!(lane.curve[0], plain.curve[0], "{rival}");
        assert_ne!(lane.curve[1].batch_loss, plain.curve[1].batch_loss, "{rival}");
        assert!(lane.curve.iter().all(|row| row.last_val_loss.is_none()));
    }
    let averaged = of("ema = 0.9\n");
    for (averaged, plain) in averaged.curve.iter().zip(&plain.curve) {
        assert_eq!(averaged.batch_loss, plain.batch_loss);
        assert_eq!(averaged.weight_norm, plain.weight_norm);
        if averaged.step > 0 && plain.val_loss.is_some() {
            assert_eq!(averaged.last_val_loss, plain.val_loss);
            assert_eq!(averaged.last_train_loss, plain.train_loss);
            assert_ne!(averaged.val_loss, plain.val_loss);
        }
    }
}
