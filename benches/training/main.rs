//! Training speed: a step on one thread beside its matrix products alone, and tokens per second of the
//! whole machine beside PyTorch's. See `benches/README.md` for how to read it.
//!
//! `cargo bench --bench training`, with `WANE_BENCH_PYTHON` naming an interpreter that has torch for
//! the comparison, `WANE_BENCH_ONLY` a part of a shape's name. With `WANE_BENCH_BACKEND=wgpu` steps per
//! second of a GPU as lanes grow instead.

mod kept;
mod lanes;
mod medium;
mod optimizers;
mod peer;
mod products;

use std::time::Instant;

use burn::tensor::Device;
use burn::train::Interrupter;
use clap::ValueEnum;
use sysinfo::{CpuRefreshKind, RefreshKind, System};
use wane::backend::Backend;
use wane::config::{RunConfig, Start};
use wane::corpus::Corpus;
use wane::experiment::Plan;
use wane::experiment::{Changes, Spec};
use wane::ops::kernels::vector_bits;
use wane::train::{Cohort, Observer, train};

use kept::Kept;
use peer::{Framework, Rival};

// The program's allocator, so that the bench measures what users get.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Rounds that are counted; every measurement is taken once in each, one after another, so that a
/// machine that slows down slows all of them.
const ROUNDS: usize = 7;
/// Seconds of training that a measurement should take.
const SECONDS: f64 = 0.6;

/// A model and its batch.
pub struct Shape {
    pub name: &'static str,
    pub family: &'static str,
    pub layers: usize,
    pub heads: usize,
    pub channels: usize,
    pub context: usize,
    pub batch: usize,
}

const SHAPES: [Shape; 5] = [
    Shape {
        name: "gpt2 2×64",
        family: "gpt2",
        layers: 2,
        heads: 4,
        channels: 64,
        context: 64,
        batch: 8,
    },
    Shape {
        name: "llama 2×64",
        family: "llama",
        layers: 2,
        heads: 4,
        channels: 64,
        context: 64,
        batch: 8,
    },
    Shape {
        name: "gpt2 4×128",
        family: "gpt2",
        layers: 4,
        heads: 4,
        channels: 128,
        context: 64,
        batch: 12,
    },
    Shape {
        name: "llama 4×128",
        family: "llama",
        layers: 4,
        heads: 4,
        channels: 128,
        context: 64,
        batch: 12,
    },
    Shape {
        name: "gpt2 6×384",
        family: "gpt2",
        layers: 6,
        heads: 6,
        channels: 384,
        context: 256,
        batch: 8,
    },
];

fn main() {
    wane::allocator::keep_what_is_freed();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let only = std::env::var("WANE_BENCH_ONLY").unwrap_or_default();
    if let Ok(backend) = std::env::var("WANE_BENCH_BACKEND") {
        let backend =
            Backend::from_str(&backend, true).expect("WANE_BENCH_BACKEND names a backend");
        let most = std::env::var("WANE_BENCH_LANES").ok().map(|most| most.parse().expect("lanes"));
        return lanes::measure(backend, &only, most);
    }
    println!("{cores} cores; medians of {ROUNDS} rounds (lowest–highest); one lane a worker");
    println!(
        "{:<12} {:>22} {:>22} {:>6} {:>22} {:>24}",
        "shape", "products, ms", "step, ms", "ratio", "torch eager step, ms", "all cores, tokens/s"
    );
    let mut kept = Kept::read("ratios.csv", machine(cores));
    for shape in SHAPES.iter().filter(|shape| shape.name.contains(&only)) {
        println!("{}", measured(shape, cores, &mut kept));
    }
    let of_optimizers =
        SHAPES.iter().filter(|shape| matches!(shape.name, "gpt2 2×64" | "gpt2 4×128"));
    for shape in of_optimizers.filter(|shape| shape.name.contains(&only)) {
        println!("{}", optimizers::measured(shape, &mut kept));
    }
    medium::measured(&only, cores, &mut kept).into_iter().for_each(|lines| println!("{lines}"));
    kept.finish();
}

/// The class of machine whose ratios compare with one another's.
fn machine(cores: usize) -> String {
    let what = RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing());
    let system = System::new_with_specifics(what);
    let brand = system.cpus().first().map(|cpu| cpu.brand().trim().to_owned()).unwrap_or_default();
    format!("{brand}, {}-bit vectors, {cores} cores", vector_bits())
}

/// What every round found.
#[derive(Default)]
struct Found(Vec<f64>);

impl Found {
    fn median(&self) -> f64 {
        let sorted = self.sorted();
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }

    fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }

    fn show(&self, decimals: usize) -> String {
        let (median, sorted) = (self.median(), self.sorted());
        match (sorted.first(), sorted.last()) {
            (Some(low), Some(high)) => {
                format!("{median:.decimals$} ({low:.decimals$}–{high:.decimals$})")
            }
            _ => "–".to_owned(),
        }
    }
}

fn measured(shape: &Shape, cores: usize, kept: &mut Kept) -> String {
    let bench = Bench::new(shape);
    let mut rivals = Rival::all(shape, cores);
    let tokens = (shape.batch * shape.context) as f64;
    let [mut products, mut alone, mut all] = std::array::from_fn(|_| Found::default());
    let mut rival_tokens: Vec<Found> = rivals.iter().map(|_| Found::default()).collect();
    let mut rival_step = Found::default();
    // The first round warms up and finds out how many steps fill the time.
    let mut steps = 3;
    for round in 0..=ROUNDS {
        let product = products::seconds(shape, bench.corpus.vocabulary);
        let step = bench.step_seconds(1, steps);
        let together = bench.step_seconds(cores, steps);
        let first = rivals.first_mut().map(|rival| rival.step_seconds(true, steps)[0]);
        for (rival, found) in rivals.iter_mut().zip(&mut rival_tokens) {
            let seconds = rival.step_seconds(false, steps);
            let of_lanes = tokens * rival.lanes as f64;
            found.0.push(seconds.iter().map(|seconds| of_lanes / seconds).sum());
        }
        if round == 0 {
            steps = ((SECONDS / step[0]) as usize).clamp(3, 400);
            rival_tokens.iter_mut().for_each(|found| found.0.clear());
            continue;
        }
        products.0.push(product * 1e3);
        alone.0.push(step[0] * 1e3);
        all.0.push(together.iter().map(|seconds| tokens / seconds).sum());
        rival_step.0.extend(first.map(|seconds| seconds * 1e3));
    }
    let named: Vec<(&Rival, Found)> = rivals.iter().zip(rival_tokens).collect();
    let best = |framework| {
        let of_it = named.iter().filter(|(rival, _)| rival.framework == framework);
        let best = of_it.max_by(|a, b| a.1.median().total_cmp(&b.1.median()));
        best.map(|(rival, found)| (rival.name, found.median(), found.show(0)))
    };
    let (torch, jax) = (best(Framework::Torch), best(Framework::Jax));
    let to_products = alone.median() / products.median();
    let mut lines = vec![format!(
        "{:<12} {:>22} {:>22} {:>6.2} {:>22} {:>24}",
        shape.name,
        products.show(2),
        alone.show(2),
        to_products,
        rival_step.show(2),
        all.show(0),
    )];
    let mut say = |what: &str, figure: f64, more_is_better, detail: &str| {
        let beside = kept.compared(&format!("{}: {what}", shape.name), figure, more_is_better);
        lines.push(format!("{:<12} {what} {figure:.2}, {beside}{detail}", ""));
    };
    say("step over products", to_products, false, "");
    for (framework, best) in [("PyTorch", torch), ("JAX", jax)] {
        let Some((name, tokens, shown)) = best else { continue };
        let detail = format!("; {framework}'s best: {name}, {shown} tokens/s");
        let ratio = all.median() / tokens;
        say(&format!("tokens over {framework}'s best"), ratio, true, &detail);
    }
    lines.join("\n")
}

struct Bench {
    run: RunConfig,
    corpus: Corpus,
}

impl Bench {
    fn new(shape: &Shape) -> Self {
        Self::with(shape, "")
    }

    /// With more lines of `[train]`.
    fn with(shape: &Shape, train: &str) -> Self {
        let Shape { family, layers, heads, channels, context, batch, .. } = shape;
        let text = format!(
            "name = 'bench'\nseeds = [0]\n[data]\ntrain = 30000\nval = 2000\n[model]\n\
             family = '{family}'\nlayers = {layers}\nheads = {heads}\nchannels = {channels}\n\
             context = {context}\n[train]\nsteps = 1000000\nbatch = {batch}\nwarmup = 1\n\
             eval_every = 1000000\neval_windows = 1\n{train}[[arm]]\nform = 'adamw'\nweight_decay = 0.1\n"
        );
        let spec = Spec::parse(&text, &Changes::default()).expect("the spec is valid");
        let corpus = spec.load_corpus().expect("the grammar is embedded");
        let run = Plan::new(&spec, &corpus, None).runs[0].clone();
        Bench { run, corpus }
    }

    /// Median seconds of a step in each of `workers` that train at the same time, a thread each.
    fn step_seconds(&self, workers: usize, steps: usize) -> Vec<f64> {
        std::thread::scope(|scope| {
            let start = || scope.spawn(|| self.median_step(steps));
            let workers: Vec<_> = (0..workers).map(|_| start()).collect();
            workers.into_iter().map(|worker| worker.join().expect("training succeeds")).collect()
        })
    }

    fn median_step(&self, steps: usize) -> f64 {
        self.median_step_on(1, steps)
    }

    fn median_step_on(&self, threads: usize, steps: usize) -> f64 {
        let device = Backend::Flex.open().expect("a CPU is there");
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let train = || self.train(&device, 1, steps, f64::INFINITY);
        Found(pool.expect("threads start").install(train)).median()
    }

    /// Mean seconds of a step of so many lanes over `seconds`, after some to warm up. Where a step is only
    /// put into a queue, the mean is what it takes.
    fn mean_step(&self, device: &Device, lanes: usize, warm_up: usize, seconds: f64) -> f64 {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread starts");
        let taken = pool.install(|| self.train(device, lanes, usize::MAX - 1, seconds));
        let taken = taken.get(warm_up..).filter(|taken| !taken.is_empty()).unwrap_or(&taken);
        taken.iter().sum::<f64>() / taken.len() as f64
    }

    /// Seconds of each step but the first, in training for so many steps or so long.
    fn train(&self, device: &Device, lanes: usize, steps: usize, seconds: f64) -> Vec<f64> {
        let interrupter = Interrupter::new();
        let (now, taken) = (Instant::now(), Vec::new());
        let mut watch = Watch { steps, seconds, last: now, taken, interrupter };
        let interrupter = watch.interrupter.clone();
        let device = device.clone();
        let lane = |seed| RunConfig { start: Start::Seed(seed), ..self.run.clone() };
        let lanes: Vec<RunConfig> = (0..lanes as u64).map(lane).collect();
        let (resume, initial) = (Vec::new(), None);
        let cohort = Cohort { lanes: &lanes, resume, corpus: &self.corpus, initial, device };
        train(&cohort, &mut watch, &interrupter).expect("training succeeds");
        watch.taken
    }
}

/// Takes the time of every step but the first, and stops training after enough of them.
struct Watch {
    steps: usize,
    seconds: f64,
    last: Instant,
    taken: Vec<f64>,
    interrupter: Interrupter,
}

impl Observer for Watch {
    fn stepped(&mut self, step: usize) {
        let now = Instant::now();
        if step > 1 {
            self.taken.push((now - self.last).as_secs_f64());
        }
        self.last = now;
        let long = self.taken.len() > 12 && self.taken.iter().sum::<f64>() > self.seconds;
        if step > self.steps || long {
            self.interrupter.stop(None);
        }
    }
}
