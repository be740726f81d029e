//! Steps per second of a GPU as lanes grow, beside PyTorch that trains one model after another; then the
//! default sweep. Prints a table, and writes the same as JSON where `WANE_BENCH_JSON` names a file.

use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};
use wane::backend::Backend;

use crate::peer::{MODES, Rival};
use crate::{Bench, SHAPES, Shape};

/// Seconds of training that a measurement should take.
const SECONDS: f64 = 3.0;
/// Steps before that, in which kernels are compiled and tuned.
const WARM_UP: usize = 10;
const MOST_LANES: usize = 256;

/// The table, for two toy sizes or those of them whose names hold `only`, then a sweep: the default one, or a
/// tiny one where lanes are limited.
pub fn measure(backend: Backend, only: &str, most_lanes: Option<usize>) {
    let adapters = backend.device_names();
    println!("{backend}: {}", adapters.join(", "));
    // A process can open a GPU once.
    let device = backend.open().expect("the device is there");
    println!("{:<12} {:>6} {:>10} {:>16}", "shape", "lanes", "step, ms", "lane-steps/s");
    let mut found = json!({ "backend": backend.name(), "adapters": adapters });
    let (mut steps, mut torch) = (Vec::new(), Vec::new());
    let toys = SHAPES.iter().filter(|shape| ["gpt2 2×64", "gpt2 4×128"].contains(&shape.name));
    for shape in toys.filter(|shape| shape.name.contains(only)) {
        let bench = Bench::new(shape);
        let most = most_lanes.unwrap_or(MOST_LANES);
        let lanes = std::iter::successors(Some(1), |lanes| Some(2 * lanes));
        for lanes in lanes.take_while(|lanes| *lanes <= most) {
            let step = bench.mean_step(&device, lanes, WARM_UP, SECONDS);
            let (name, per_second) = (shape.name, lanes as f64 / step);
            println!("{name:<12} {lanes:>6} {:>10.2} {per_second:>16.0}", step * 1e3);
            steps.push(json!({
                "shape": name, "lanes": lanes, "step_ms": step * 1e3, "lane_steps_per_second": per_second
            }));
            found["steps"] = json!(steps);
            write(&found);
        }
        torch.extend(beside(shape));
        found["torch"] = json!(torch);
        write(&found);
    }
    let limited = most_lanes.is_some();
    let spec = if limited { "tests/fixtures/tiny.toml" } else { "experiments/overfit.toml" };
    found["sweep"] = sweep(backend, spec);
    write(&found);
}

/// After every measurement, so that one that is cut off leaves what it had.
fn write(found: &Value) {
    let Some(path) = std::env::var_os("WANE_BENCH_JSON") else { return };
    let text = serde_json::to_string_pretty(found).expect("plain data");
    std::fs::write(path, text + "\n").expect("WANE_BENCH_JSON names a file that can be written");
}

fn sweep(backend: Backend, spec: &str) -> Value {
    let (start, out) = (Instant::now(), tempfile::tempdir().expect("a temporary folder"));
    let program = std::env::var_os("WANE_BENCH_PROGRAM");
    let sweep = Command::new(program.unwrap_or_else(|| env!("CARGO_BIN_EXE_wane").into()))
        .args(["sweep", spec, "--backend", backend.name()])
        .args(["--quiet", "--out"])
        .arg(out.path())
        .stdout(Stdio::null())
        .status();
    assert!(sweep.expect("the program starts").success());
    let seconds = start.elapsed().as_secs_f64();
    println!("sweep of {spec}: {seconds:.1} s");
    json!({ "spec": spec, "seconds": seconds })
}

/// PyTorch on its GPU, in each of its ways.
fn beside(shape: &Shape) -> Vec<Value> {
    let measured = |mode| {
        let mut rival = Rival::on_gpu(shape, mode)?;
        rival.step_seconds(true, WARM_UP);
        let step = rival.step_seconds(true, 100)[0];
        let name = format!("torch {mode}");
        println!("{:<12} {name} {:.2} ms, {:.0} steps/s", shape.name, step * 1e3, 1.0 / step);
        Some(json!({
            "shape": shape.name, "mode": mode, "step_ms": step * 1e3, "steps_per_second": 1.0 / step
        }))
    };
    MODES.into_iter().filter_map(measured).collect()
}
