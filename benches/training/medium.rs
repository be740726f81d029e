//! A step of GPT-2 124M on one thread and on all, beside PyTorch's on as many: a model whose products are cut
//! for threads.

use std::path::Path;

use wane::experiment::{Changes, Plan, Spec};

use crate::kept::Kept;
use crate::peer::Rival;
use crate::{Bench, Found, Shape};

/// GPT-2's smallest, on one window of 256 tokens.
const SHAPE: Shape = Shape {
    name: "gpt2 12×768",
    family: "gpt2",
    layers: 12,
    heads: 12,
    channels: 768,
    context: 256,
    batch: 1,
};
const VOCABULARY: u16 = 50_257;
const ROUNDS: usize = 3;
const STEPS: usize = 4;

/// Only where `only` names it: it takes minutes and four gigabytes.
pub fn measured(only: &str, cores: usize, kept: &mut Kept) -> Option<String> {
    if only.is_empty() || !SHAPE.name.contains(only) {
        return None;
    }
    let folder = tempfile::tempdir().expect("there is room for a file");
    let bench = bench(folder.path());
    let mut threads = vec![1, cores];
    threads.dedup();
    let lines: Vec<String> =
        threads.into_iter().map(|threads| line(&bench, threads, kept)).collect();
    Some(lines.join("\n"))
}

/// Beside PyTorch's eager and compiled: the faster of them is what ours is set beside.
fn line(bench: &Bench, threads: usize, kept: &mut Kept) -> String {
    let mut rivals = Rival::of_threads(&SHAPE, threads, VOCABULARY);
    let mut ours = Found::default();
    let mut theirs: Vec<Found> = rivals.iter().map(|_| Found::default()).collect();
    // The first round warms up.
    for round in 0..=ROUNDS {
        let step = bench.median_step_on(threads, STEPS);
        ours.0.extend((round > 0).then_some(step));
        for (rival, found) in rivals.iter_mut().zip(&mut theirs) {
            let step = rival.step_seconds(true, STEPS);
            found.0.extend(step.into_iter().filter(|_| round > 0));
        }
    }
    let name = format!("{}, threads: {threads}", SHAPE.name);
    let mut lines = vec![format!("{name}; a step {} s", ours.show(2))];
    for (rival, found) in rivals.iter().zip(&theirs) {
        lines.push(format!("  PyTorch, {}: {} s", rival.name, found.show(2)));
    }
    let mut say = |what: &str, figure: f64, more_is_better| {
        let beside = kept.compared(&format!("{name}: {what}"), figure, more_is_better);
        lines.push(format!("  {what} {figure:.2}, {beside}"));
    };
    if let Some(best) = theirs.iter().map(Found::median).min_by(f64::total_cmp) {
        say("speed over PyTorch's best", best / ours.median(), true);
    }
    let peaks = rivals.iter().filter_map(|rival| peak(&rival.process_id()?.to_string()));
    if let Some((theirs, ours)) = peaks.min_by(f64::total_cmp).zip(peak("self")) {
        say("most memory over PyTorch's least", ours / theirs, false);
    }
    lines.join("\n")
}

/// GiB of memory that a process had at most so far; `None` where the system does not tell it in `/proc`.
fn peak(process: &str) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = peak.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib / 1024.0 / 1024.0)
}

/// Tokens as nanoGPT keeps them.
fn bench(folder: &Path) -> Bench {
    for (name, count) in [("train", 200_000_u32), ("val", 20_000)] {
        let token = |place: u32| (place.wrapping_mul(2_654_435_761) >> 8) % u32::from(VOCABULARY);
        let bytes: Vec<u8> =
            (0..count).flat_map(|place| (token(place) as u16).to_le_bytes()).collect();
        std::fs::write(folder.join(format!("{name}.bin")), bytes)
            .expect("there is room for a file");
    }
    let text = format!(
        "name = 'bench'\nseeds = [0]\n[data]\nsource = {folder:?}\n[model]\nfamily = 'gpt2'\nlayers = {}\n\
         heads = {}\nchannels = {}\ncontext = {}\n[train]\nsteps = 1000000\nbatch = {}\nwarmup = 1\n\
         eval_every = 1000000\neval_windows = 1\n[[arm]]\nform = 'adamw'\nweight_decay = 0.1\n",
        SHAPE.layers, SHAPE.heads, SHAPE.channels, SHAPE.context, SHAPE.batch,
    );
    let spec = Spec::parse(&text, &Changes::default()).expect("the spec is valid");
    let corpus = spec.load_corpus().expect("the files are there");
    let run = Plan::new(&spec, &corpus, None).runs[0].clone();
    Bench { run, corpus }
}
