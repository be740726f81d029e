//! PyTorch, in processes of one thread that take steps when they are told to.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::Shape;

/// One process a core.
pub struct Peers(Vec<Peer>);

struct Peer {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// The ways of PyTorch on a GPU: as it comes, compiled, and compiled into CUDA graphs.
pub const MODES: [&str; 3] = ["eager", "default", "reduce-overhead"];

impl Peers {
    /// Starts them; `None` where no interpreter is named or PyTorch has no such family here.
    pub fn start(shape: &Shape, count: usize) -> Option<Self> {
        (0..count).map(|_| Peer::start(shape, "cpu", "eager")).collect::<Option<_>>().map(Peers)
    }

    /// Starts one on `WANE_BENCH_DEVICE` (`cuda` by default); `None` as above.
    pub fn start_on_gpu(shape: &Shape, mode: &str) -> Option<Self> {
        let device = std::env::var("WANE_BENCH_DEVICE").unwrap_or_else(|_| "cuda".to_owned());
        Peer::start(shape, &device, mode).map(|peer| Peers(vec![peer]))
    }

    /// Median seconds of a step in each of the first `count`, at the same time.
    pub fn step_seconds(&mut self, count: usize, steps: usize) -> Vec<f64> {
        let peers = &mut self.0[..count];
        for peer in peers.iter_mut() {
            writeln!(peer.orders, "{steps}").expect("PyTorch runs");
        }
        peers
            .iter_mut()
            .map(|peer| {
                let mut line = String::new();
                peer.answers.read_line(&mut line).expect("PyTorch answers");
                line.trim().parse().expect("PyTorch answers with a number")
            })
            .collect()
    }
}

impl Peer {
    fn start(shape: &Shape, device: &str, mode: &str) -> Option<Self> {
        let python = std::env::var_os("WANE_BENCH_PYTHON").filter(|_| shape.family == "gpt2")?;
        let Shape { layers, heads, channels, context, batch, .. } = shape;
        let mut process = Command::new(&python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/training/torch_gpt2.py"))
            .args([layers, heads, channels, context, batch].map(|n| n.to_string()))
            .args([device, mode])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("WANE_BENCH_PYTHON names an interpreter");
        let orders = process.stdin.take().expect("stdin is a pipe");
        let answers = BufReader::new(process.stdout.take().expect("stdout is a pipe"));
        Some(Peer { process, orders, answers })
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        for peer in &mut self.0 {
            let _ = peer.process.kill();
            let _ = peer.process.wait();
        }
    }
}
