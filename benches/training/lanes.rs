//! Steps per second of a GPU as lanes grow, beside PyTorch that trains one model after another.

use std::process::{Command, Stdio};
use std::time::Instant;

use wane::backend::Backend;

use crate::peer::{MODES, Peers};
use crate::{Bench, SHAPES, Shape};

/// Seconds of training that a measurement should take.
const SECONDS: f64 = 3.0;
/// Steps before that, in which kernels are compiled and tuned.
const WARM_UP: usize = 10;
const MOST_LANES: usize = 256;

/// The table, for two toy sizes, then the default sweep.
pub fn measure(backend: Backend, most_lanes: Option<usize>) {
    println!("{backend}: {}", wane::backend::adapters().join(", "));
    // A process can open a GPU once.
    let device = backend.open().expect("the device is there");
    println!("{:<12} {:>6} {:>10} {:>16}", "shape", "lanes", "step, ms", "lane-steps/s");
    let toys = SHAPES.iter().filter(|shape| ["gpt2 2×64", "gpt2 4×128"].contains(&shape.name));
    for shape in toys {
        let bench = Bench::new(shape);
        let most = most_lanes.unwrap_or(MOST_LANES);
        let lanes = std::iter::successors(Some(1), |lanes| Some(2 * lanes));
        for lanes in lanes.take_while(|lanes| *lanes <= most) {
            let step = bench.mean_step(&device, lanes, WARM_UP, SECONDS);
            let (name, per_second) = (shape.name, lanes as f64 / step);
            println!("{name:<12} {lanes:>6} {:>10.2} {per_second:>16.0}", step * 1e3);
        }
        beside(shape);
    }
    if most_lanes.is_none() {
        let start = Instant::now();
        let out = tempfile::tempdir().expect("a temporary folder");
        let sweep = Command::new(env!("CARGO_BIN_EXE_wane"))
            .args(["sweep", "experiments/overfit.toml", "--backend", backend.name(), "--quiet"])
            .arg("--out")
            .arg(out.path())
            .stdout(Stdio::null())
            .status();
        assert!(sweep.expect("the program starts").success());
        println!("default sweep, 105 runs of 1,000 steps: {:.1} s", start.elapsed().as_secs_f64());
    }
}

/// PyTorch on its GPU, in each of its ways.
fn beside(shape: &Shape) {
    for mode in MODES {
        let Some(mut peer) = Peers::start_on_gpu(shape, mode) else { return };
        peer.step_seconds(1, WARM_UP);
        let step = peer.step_seconds(1, 100)[0];
        let name = format!("torch {mode}");
        println!("{:<12} {name} {:.2} ms, {:.0} steps/s", shape.name, step * 1e3, 1.0 / step);
    }
}
