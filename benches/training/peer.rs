//! PyTorch and JAX, in processes that take steps when they are told to.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::Shape;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/training");

/// One way to train with another framework: so many processes at the same time.
pub struct Rival {
    pub framework: Framework,
    pub name: &'static str,
    /// Models that one step of a process trains.
    pub lanes: usize,
    processes: Vec<Peer>,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Framework {
    Torch,
    Jax,
}

struct Peer {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// The ways of PyTorch on a GPU: as it comes, compiled, and compiled into CUDA graphs.
pub const MODES: [&str; 3] = ["eager", "default", "reduce-overhead"];

impl Rival {
    /// Every way to use a CPU's cores that the interpreter of `WANE_BENCH_PYTHON` has: PyTorch's first is
    /// the plain one of one thread a process. None for a family that the scripts do not have.
    pub fn all(shape: &Shape, cores: usize) -> Vec<Self> {
        let Some(python) = python().filter(|_| shape.family == "gpt2") else { return Vec::new() };
        let torch = |name, mode: &str, threads: usize| {
            let order = ["cpu".to_owned(), mode.to_owned(), threads.to_string()];
            let rival = (Framework::Torch, name, 1, cores / threads);
            Rival::start(&python, "torch_gpt2.py", shape, &order, rival)
        };
        let jax = |name, threads: usize, lanes: usize| {
            let order = [threads.to_string(), lanes.to_string()];
            let rival = (Framework::Jax, name, lanes, cores / threads);
            Rival::start(&python, "jax_gpt2.py", shape, &order, rival)
        };
        let has = |module: &str| {
            let mut look = Command::new(&python);
            look.args(["-c", &format!("import {module}")]).stderr(Stdio::null());
            look.status().is_ok_and(|status| status.success())
        };
        let mut rivals = Vec::new();
        if has("torch") {
            rivals.push(torch("eager, a process a core", "eager", 1));
            rivals.push(torch("compiled, a process a core", "default", 1));
            rivals.push(torch("eager, all threads", "eager", cores));
            rivals.push(torch("compiled, all threads", "default", cores));
        }
        if has("jax") && has("optax") {
            rivals.push(jax("jit, a process a core", 1, 1));
            rivals.push(jax("jit and vmap, all threads", cores, cores));
        }
        rivals
    }

    /// PyTorch on so many threads of a CPU, eager and compiled, with a vocabulary of such a size; none without
    /// an interpreter.
    pub fn of_threads(shape: &Shape, threads: usize, vocabulary: u16) -> Vec<Self> {
        let Some(python) = python() else { return Vec::new() };
        let start = |(name, mode): (&'static str, &str)| {
            let order =
                ["cpu".to_owned(), mode.to_owned(), threads.to_string(), vocabulary.to_string()];
            Rival::start(&python, "torch_gpt2.py", shape, &order, (Framework::Torch, name, 1, 1))
        };
        [("eager", "eager"), ("compiled", "default")].map(start).into()
    }

    /// PyTorch on `WANE_BENCH_DEVICE` (`cuda` by default); `None` without an interpreter.
    pub fn on_gpu(shape: &Shape, mode: &'static str) -> Option<Self> {
        let device = std::env::var("WANE_BENCH_DEVICE").unwrap_or_else(|_| "cuda".to_owned());
        let order = [device, mode.to_owned(), "1".to_owned()];
        let rival = (Framework::Torch, mode, 1, 1);
        Some(Rival::start(&python()?, "torch_gpt2.py", shape, &order, rival))
    }

    fn start(
        python: &Path,
        script: &str,
        shape: &Shape,
        order: &[String],
        (framework, name, lanes, count): (Framework, &'static str, usize, usize),
    ) -> Self {
        let processes = (0..count).map(|_| Peer::start(python, script, shape, order)).collect();
        Rival { framework, name, lanes, processes }
    }

    pub fn process_id(&self) -> Option<u32> {
        self.processes.first().map(|peer| peer.process.id())
    }

    /// Median seconds of a step in each of its processes, or of the first of them alone, at the same time.
    pub fn step_seconds(&mut self, alone: bool, steps: usize) -> Vec<f64> {
        let count = if alone { 1 } else { self.processes.len() };
        let peers = &mut self.processes[..count];
        for peer in peers.iter_mut() {
            writeln!(peer.orders, "{steps}").expect("the other framework runs");
        }
        peers.iter_mut().map(Peer::answer).collect()
    }
}

fn python() -> Option<std::path::PathBuf> {
    std::env::var_os("WANE_BENCH_PYTHON").map(Into::into)
}

impl Peer {
    fn start(python: &Path, script: &str, shape: &Shape, order: &[String]) -> Self {
        let Shape { layers, heads, channels, context, batch, .. } = shape;
        let mut process = Command::new(python)
            .arg(Path::new(FOLDER).join(script))
            .args([layers, heads, channels, context, batch].map(|n| n.to_string()))
            .args(order)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("WANE_BENCH_PYTHON names an interpreter");
        let orders = process.stdin.take().expect("stdin is a pipe");
        let answers = BufReader::new(process.stdout.take().expect("stdout is a pipe"));
        Peer { process, orders, answers }
    }

    fn answer(&mut self) -> f64 {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the other framework answers");
        line.trim().parse().expect("the other framework answers with a number")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
