//! How time, memory and disk grow with runs, lanes, channels, context and steps: the program itself,
//! called with one number growing, and the exponent between the last two points.
//!
//! `cargo bench --bench scaling`; `docs/performance.md` says what came of it and why.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// What one call cost.
struct Cost {
    seconds: f64,
    /// Peak memory of its largest process, MiB.
    peak: f64,
}

const SMALL: &str = "layers = 2\nheads = 4\nchannels = 64\ncontext = 64";

fn main() {
    runs();
    series("lanes", &[1, 2, 4, 8, 16], "step of one thread", |lanes| {
        let seeds: Vec<String> = (0..lanes).map(|seed| seed.to_string()).collect();
        spec(&seeds.join(","), SMALL, 60, 8)
    });
    series("channels", &[32, 64, 128, 256], "step of one thread", |channels| {
        spec("0", &SMALL.replace("channels = 64", &format!("channels = {channels}")), 60, 8)
    });
    series("context", &[32, 64, 128, 256], "step of one thread", |context| {
        spec("0", &SMALL.replace("context = 64", &format!("context = {context}")), 60, 8)
    });
    series("steps", &[100, 200, 400, 800], "run of one thread", |steps| spec("0", SMALL, steps, 8));
}

fn spec(seeds: &str, model: &str, steps: usize, batch: usize) -> String {
    format!(
        "name = 'scaling'\nseeds = [{seeds}]\n[data]\ntrain = 20000\nval = 5000\n[model]\n{model}\n\
         [train]\nsteps = {steps}\nbatch = {batch}\nwarmup = 2\neval_every = 1000000\n\
         eval_windows = 4\n[[arm]]\nform = 'adamw'\nweight_decay = 0.1\n"
    )
}

/// Many short runs: what planning, storing and reporting cost beside training.
fn runs() {
    println!(
        "runs     wall, s   training, s   the rest   disk per run, KiB   peak of a process, MiB"
    );
    let workers = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    let mut points = Vec::new();
    for count in [1usize, 10, 100, 1000] {
        let lambdas: Vec<String> = (1..=count).map(|i| format!("{}e-4", i)).collect();
        let text = spec("0", SMALL, 100, 8).replace("0.1", &format!("[{}]", lambdas.join(",")));
        let folder = tempfile::tempdir().expect("a temporary folder");
        let cost = call(folder.path(), &text, &["sweep"]);
        let mut rows =
            csv::Reader::from_path(folder.path().join("scaling/runs.csv")).expect("rows");
        let column = rows.headers().expect("a header").iter().position(|name| name == "seconds");
        let column = column.expect("a column of seconds");
        let of_row = |row: csv::StringRecord| row[column].parse::<f64>().expect("a number");
        let trained: f64 = rows.records().map(|row| of_row(row.expect("a row"))).sum();
        let training = trained / workers.min(count as f64);
        let disk = size(&folder.path().join(".runs")) / count as f64 / 1024.0;
        println!(
            "{count:>4}  {:>10.2} {training:>13.2} {:>9.1}% {disk:>19.1} {:>24.0}",
            cost.seconds,
            100.0 * (1.0 - training / cost.seconds),
            cost.peak
        );
        points.push((count, cost));
    }
    exponents(&points);
}

/// One number growing in a spec that trains in one process on one thread.
fn series(name: &str, values: &[usize], what: &str, spec: impl Fn(usize) -> String) {
    println!("\n{name:<9} {what}: wall, s   peak, MiB");
    let mut points = Vec::new();
    for value in values {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let lanes = ["--lanes", "64", "--plain"];
        let cost = call(folder.path(), &spec(*value), &[&["train"][..], &lanes].concat());
        println!("{value:<9} {:>10.2} {:>28.0}", cost.seconds, cost.peak);
        points.push((*value, cost));
    }
    exponents(&points);
}

fn exponents(points: &[(usize, Cost)]) {
    let ((first, from), (last, to)) = (&points[points.len() - 2], &points[points.len() - 1]);
    let growth = (*last as f64 / *first as f64).ln();
    println!(
        "exponents from {first} to {last}: time {:.2}, memory {:.2}",
        (to.seconds / from.seconds).ln() / growth,
        (to.peak / from.peak).ln() / growth
    );
}

/// Calls the program and waits for it.
#[allow(clippy::zombie_processes)] // wait4 waits, and tells the memory that std does not.
fn call(folder: &Path, spec: &str, arguments: &[&str]) -> Cost {
    let path = folder.join("spec.toml");
    fs::write(&path, spec).expect("the folder is writable");
    let start = Instant::now();
    let child = Command::new(env!("CARGO_BIN_EXE_wane"))
        .args(&arguments[..1])
        .arg(&path)
        .args(&arguments[1..])
        .args(["--quiet", "--out"])
        .arg(folder)
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let (mut status, mut usage) = (0, unsafe { std::mem::zeroed::<libc::rusage>() });
    // SAFETY: the child is ours and nobody else waits for it; both places are there to be written.
    unsafe { libc::wait4(child.id() as i32, &raw mut status, 0, &raw mut usage) };
    assert_eq!(status, 0, "{spec}");
    // On Linux in KiB, its own processes' included.
    Cost { seconds: start.elapsed().as_secs_f64(), peak: usage.ru_maxrss as f64 / 1024.0 }
}

fn size(folder: &Path) -> f64 {
    let entries = fs::read_dir(folder).expect("the folder is there").map_while(Result::ok);
    entries
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => size(&entry.path()),
            _ => entry.metadata().map_or(0.0, |metadata| metadata.len() as f64),
        })
        .sum()
}
