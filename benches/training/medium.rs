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

fn line(bench: &Bench, threads: usize, kept: &mut Kept) -> String {
    let mut rival = Rival::eager(&SHAPE, threads, VOCABULARY);
    let (mut ours, mut theirs) = (Found::default(), Found::default());
    for _ in 0..ROUNDS {
        ours.0.push(bench.median_step_on(threads, STEPS));
        theirs.0.extend(rival.iter_mut().flat_map(|rival| rival.step_seconds(true, STEPS)));
    }
    let step = format!("{}, threads: {threads}; a step {} s", SHAPE.name, ours.show(2));
    if theirs.0.is_empty() {
        return step;
    }
    let ratio = theirs.median() / ours.median();
    let what = format!("{}: speed over PyTorch's eager, threads: {threads}", SHAPE.name);
    let beside = kept.compared(&what, ratio, true);
    format!("{step}, PyTorch's eager {} s: {ratio:.2} × as fast, {beside}", theirs.show(2))
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
