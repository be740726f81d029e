//! Instructions that three kernels and a training step take, counted by valgrind's callgrind: unlike
//! times they do not depend on what else the machine does. Valgrind shows every machine as one with AVX2.
//!
//! `cargo bench --bench instructions`; prints them beside those of `instructions.csv`.

#[path = "training/kept.rs"]
mod kept;

use std::hint::black_box;
use std::process::Command;

use burn::tensor::Device;
use burn::train::Interrupter;
use wane::config::{RunConfig, Start};
use wane::experiment::{Changes, Plan, Spec};
use wane::ops::kernels::activation::gelu;
use wane::ops::kernels::attention::{self, Heads};
use wane::ops::kernels::linear::{self, Sizes};
use wane::train::{Cohort, Observer, train};

use kept::Kept;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Names the work of a process that is being counted, and how often it does it.
const WORK: &str = "WANE_COUNTED_WORK";
/// A name, and what does it so often.
type Work = (&'static str, fn(usize));
const WORKS: [Work; 4] = [
    ("linear forward and backward, 512 × 64 → 256", linears),
    ("attention forward and backward, 8 windows of 64, 4 heads of 16", attentions),
    ("gelu forward, 512 × 256", gelus),
    ("training step, gpt2 2×64, context 64, batch 8", steps),
];
/// How often the work is done in the longer of two processes; the shorter does it once, so that the
/// difference holds no start of a program.
const TIMES: usize = 5;

fn main() {
    if let Ok(order) = std::env::var(WORK) {
        let (work, times) = order.split_once(' ').expect("a place and a number");
        return WORKS[work.parse::<usize>().expect("a place")].1(times.parse().expect("a number"));
    }
    let mut kept = Kept::read("instructions.csv", "valgrind, x86-64 with AVX2".to_owned());
    for (place, (name, _)) in WORKS.iter().enumerate() {
        let Some((once, often)) = counted(place, 1).zip(counted(place, TIMES)) else {
            return println!("no instructions are counted: valgrind is not installed");
        };
        let each = (often - once) / (TIMES - 1) as f64;
        println!("{name:<64} {each:>12.0}  {}", kept.compared(name, each, false));
    }
    kept.finish();
}

/// Instructions of a process that does a work so often; `None` without valgrind.
fn counted(place: usize, times: usize) -> Option<f64> {
    let program = std::env::current_exe().expect("this program has a path");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .env(WORK, format!("{place} {times}"))
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let count =
        said.lines().find_map(|line| line.split_once("Collected : ")).map(|(_, count)| count);
    Some(count.unwrap_or_else(|| panic!("valgrind failed:\n{said}")).parse().expect("a count"))
}

/// Numbers between −1 and 1 without a pattern.
fn numbers(count: usize) -> Vec<f32> {
    (0..count as u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32 / 8_388_608.0 - 1.0)
        .collect()
}

fn linears(times: usize) {
    let sizes = Sizes { lanes: 1, rows: 512, inputs: 64, outputs: 256, turned: false };
    let (x, w, b) = (numbers(512 * 64), numbers(64 * 256), numbers(256));
    let dy = numbers(512 * 256);
    alone(|| {
        for _ in 0..times {
            black_box(linear::forward(&x, &w, Some(&b), &sizes));
            black_box(linear::input_gradient(&dy, &w, &sizes));
            black_box(linear::weight_gradient(&x, &dy, &sizes));
            black_box(linear::bias_gradient(&dy, &sizes));
        }
    });
}

fn attentions(times: usize) {
    let heads =
        Heads { heads: 4, kv_heads: 4, head: 16, context: 64, window: 64, rotary_base: None };
    let (packed, dy) = (numbers(512 * 192), numbers(512 * 64));
    alone(|| {
        for _ in 0..times {
            let (_, sums) = black_box(attention::forward(&packed, &heads, None));
            black_box(attention::backward(&packed, &sums, &dy, &heads, None));
        }
    });
}

fn gelus(times: usize) {
    let x = numbers(512 * 256);
    alone(|| (0..times).for_each(|_| drop(black_box(gelu(&x)))));
}

fn steps(times: usize) {
    let text = "name = 'bench'\nseeds = [0]\n[data]\ntrain = 3000\nval = 1000\n[model]\nlayers = 2\n\
                heads = 4\nchannels = 64\ncontext = 64\n[train]\nsteps = 1000000\nbatch = 8\n\
                warmup = 1\neval_every = 1000000\neval_windows = 1\n[[arm]]\nform = 'adamw'\n\
                weight_decay = 0.1\n";
    let spec = Spec::parse(text, &Changes::default()).expect("the spec is valid");
    let corpus = spec.load_corpus().expect("the grammar is embedded");
    let run = Plan::new(&spec, &corpus, None).runs[0].clone();
    let lanes = [RunConfig { start: Start::Seed(0), ..run }];
    let interrupter = Interrupter::new();
    let mut stop = StopAfter { steps: 2 + times, interrupter: interrupter.clone() };
    let (resume, initial, device) = (Vec::new(), None, Device::flex());
    let cohort = Cohort { lanes: &lanes, resume, corpus: &corpus, initial, device };
    alone(|| train(&cohort, &mut stop, &interrupter).map(drop).expect("training succeeds"));
}

struct StopAfter {
    steps: usize,
    interrupter: Interrupter,
}

impl Observer for StopAfter {
    fn stepped(&mut self, step: usize) {
        if step >= self.steps {
            self.interrupter.stop(None);
        }
    }
}

/// On one thread, as a worker works.
fn alone(work: impl FnOnce() + Send) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread starts");
    pool.install(work);
}
