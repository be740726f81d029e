//! Training speed by shape and layout: tokens per second of the whole machine, workers × lanes.
//!
//! Layouts take turns within a round, so that a machine that slows down slows all of them; medians
//! over the rounds. `cargo bench --bench throughput`, or `just bench`.

use std::time::Instant;

use burn::train::Interrupter;
use wane::backend::Backend;
use wane::corpus::Corpus;
use wane::run::RunConfig;
use wane::spec::{Changes, Spec};
use wane::train::{Cohort, Observer, train};

const ROUNDS: usize = 5;
const STEPS: usize = 12;

struct Shape {
    name: &'static str,
    layers: usize,
    heads: usize,
    channels: usize,
    batch: usize,
}

const SHAPES: [Shape; 3] = [
    Shape { name: "1 layer, 16 channels, batch 4", layers: 1, heads: 2, channels: 16, batch: 4 },
    Shape { name: "2 layers, 64 channels, batch 8", layers: 2, heads: 4, channels: 64, batch: 8 },
    Shape {
        name: "4 layers, 128 channels, batch 12",
        layers: 4,
        heads: 4,
        channels: 128,
        batch: 12,
    },
];

struct Layout {
    workers: usize,
    lanes: usize,
    threads: usize,
}

struct Silent;
impl Observer for Silent {}

fn main() {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut layouts: Vec<Layout> =
        [1, 2, 4, 8].map(|lanes| Layout { workers: cores, lanes, threads: 1 }).into();
    layouts.push(Layout { workers: 1, lanes: 8, threads: cores });
    println!("{cores} cores, flex, context 64, {ROUNDS} rounds of {STEPS} steps");
    for shape in &SHAPES {
        println!("\n{}", shape.name);
        println!("workers × lanes, threads   tokens/s (median)   lowest–highest   to the first");
        let speeds = measure(shape, &layouts);
        let first = median(&speeds[0]);
        for (layout, speeds) in layouts.iter().zip(&speeds) {
            let (low, high) = (speeds[0], speeds[speeds.len() - 1]);
            println!(
                "{:>7} × {:<5}, {:<7} {:>19.0} {:>8.0}–{:<8.0} {:>11.2}",
                layout.workers,
                layout.lanes,
                layout.threads,
                median(speeds),
                low,
                high,
                median(speeds) / first
            );
        }
    }
}

fn median(sorted: &[f64]) -> f64 {
    sorted[sorted.len() / 2]
}

/// Sorted tokens per second of each layout.
fn measure(shape: &Shape, layouts: &[Layout]) -> Vec<Vec<f64>> {
    let (run, corpus) = run_of(shape);
    let mut speeds = vec![Vec::new(); layouts.len()];
    // The first round warms up and is not counted.
    for round in 0..=ROUNDS {
        for (layout, speeds) in layouts.iter().zip(&mut speeds) {
            let speed = tokens_per_second(&run, &corpus, layout);
            if round > 0 {
                speeds.push(speed);
            }
        }
    }
    speeds.iter_mut().for_each(|speeds| speeds.sort_by(f64::total_cmp));
    speeds
}

fn run_of(shape: &Shape) -> (RunConfig, Corpus) {
    let Shape { layers, heads, channels, batch, .. } = shape;
    let text = format!(
        "name = 'bench'\nseeds = [0]\n[data]\ntrain = 30000\nval = 2000\n[model]\nlayers = {layers}\n\
         heads = {heads}\nchannels = {channels}\ncontext = 64\n[train]\nsteps = {STEPS}\n\
         batch = {batch}\nwarmup = 1\neval_every = {STEPS}\neval_windows = 1\n\
         [[arm]]\nform = 'adamw'\nweight_decay = 0.1\n"
    );
    let spec = Spec::parse(&text, &Changes::default()).expect("the spec is valid");
    let corpus = Corpus::load(&spec.source, &spec.split).expect("the grammar is embedded");
    let plan = wane::plan::Plan::new(&spec, &corpus, None);
    (plan.runs[0].clone(), corpus)
}

fn tokens_per_second(run: &RunConfig, corpus: &Corpus, layout: &Layout) -> f64 {
    let lanes = vec![run.clone(); layout.lanes];
    let train_cohort = || {
        let device = Backend::Flex.open().expect("a CPU is there");
        let cohort = Cohort { lanes: &lanes, resume: Vec::new(), corpus, initial: None, device };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(layout.threads).build();
        let pool = pool.expect("threads can be started");
        let trained = pool.install(|| train(&cohort, &mut Silent, &Interrupter::new()));
        trained.expect("training succeeds");
    };
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..layout.workers {
            scope.spawn(train_cohort);
        }
    });
    let tokens = layout.workers * layout.lanes * STEPS * run.recipe.batch * run.model.context;
    tokens as f64 / start.elapsed().as_secs_f64()
}
