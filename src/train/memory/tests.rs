use std::collections::BTreeSet;

use burn::tensor::{Device, Tensor};
use burn::train::Interrupter;

use super::exposure::exposure;
use super::*;
use crate::config::tests::example;
use crate::config::{Canaries, Cut, ModelShape, Order, RunConfig, Texts, Verbatim};
use crate::corpus::{Corpus, Source, Token, TokenBlock, spread_windows};
use crate::model::{FirstWeights, Parameter, Tokens, WithModel, with_model};
use crate::optim::LaneNumbers;
use crate::record::Checkpoint;
use crate::train::{Observer, train};

/// Of what an untrained model thinks of a sequence, any rank is as likely as any other.
#[test]
fn what_is_no_likelier_than_others_has_an_exposure_of_a_bit_and_four_tenths_on_average() {
    let candidates: Vec<f64> = (0..Canaries::CANDIDATES).map(|place| place as f64).collect();
    let bits = |loss: f64| exposure(loss, &candidates);
    assert_eq!(bits(-1.0), 8.0);
    assert_eq!(bits(0.0), 7.0, "an equal stands before it");
    assert_eq!(bits(1000.0), 0.0);
    let all = (0..=Canaries::CANDIDATES).map(|place| bits(place as f64 - 0.5));
    let mean = all.sum::<f64>() / (Canaries::CANDIDATES + 1) as f64;
    assert!((mean - 1.42).abs() < 0.005, "{mean}");
}

/// Keeps the last checkpoints.
struct Last(Vec<Checkpoint>);

impl Observer for Last {
    fn checkpoint(&mut self, lane: usize, checkpoint: Checkpoint) -> Result<()> {
        self.0.resize(self.0.len().max(lane + 1), Checkpoint::default());
        self.0[lane] = checkpoint;
        Ok(())
    }
}

fn lanes() -> Vec<RunConfig> {
    let lane = |seed: u64| {
        let mut run = example();
        (run.recipe.steps, run.recipe.batch, run.recipe.lr) = (400, 8, 1e-2);
        (run.recipe.warmup, run.recipe.eval_every) = (10, 400);
        run.model = ModelShape::gpt2(1, 2, 24, 12);
        run.start = crate::config::Start::Seed(seed);
        (run.data.seed, run.data.text_seed) = (seed, Some(seed));
        run
    };
    vec![lane(0), lane(1)]
}

/// Asks a model whose lanes have learned a little.
struct Ask<'a>(&'a Cohort<'a>);

const TERMS: Verbatim = Verbatim { prompts: 40, after: 4, tokens: 3 };

impl WithModel for Ask<'_> {
    type Output = ();

    fn run<M: LanguageModel>(self, model: M, _: Vec<Parameter>) {
        let cohort = self.0;
        // What one lane has learned, and what the other has never read.
        let val = cohort.corpus.val.as_slice();
        let texts = vec![&cohort.train_text(&cohort.lanes[0])[..val.len()], val];
        let starts = spread_windows(texts[0].len(), cohort.context(), TERMS.prompts, 1);
        let asked = Continuations::new(cohort, texts.clone(), TERMS);
        let lengths = asked.lengths(&model).unwrap();
        let written = generated(cohort, &model, &texts, &starts);
        for ((text, lengths), written) in texts.iter().zip(&lengths).zip(&written) {
            for ((start, length), written) in starts.iter().zip(lengths).zip(written) {
                let behind = &text[start + TERMS.after..=start + cohort.context()];
                let same = written.iter().zip(behind).take_while(|(a, b)| a == b).count();
                assert_eq!(*length, same, "{start}: {written:?} {behind:?}");
            }
        }
        // The test would say nothing of models that know all or nothing.
        let found: BTreeSet<usize> = lengths.iter().flatten().copied().collect();
        assert!(found.len() >= 4 && found.contains(&0), "{lengths:?}");
        for (found, lengths) in asked.ask(&model).unwrap().iter().zip(&lengths) {
            let verbatim = lengths.iter().filter(|length| **length >= 3).count();
            assert_eq!(found.share, verbatim as f64 / 40.0);
            assert_eq!(Some(&found.longest), lengths.iter().max());
        }
    }
}

/// What each lane writes behind the prompt at each start, one token after the other.
fn generated<M: LanguageModel>(
    cohort: &Cohort,
    model: &M,
    texts: &[&[Token]],
    starts: &[usize],
) -> Vec<Vec<Vec<Token>>> {
    let (context, vocabulary) = (cohort.context(), cohort.corpus.vocabulary);
    let prompt = |text: &[Token], start: usize| text[start..start + TERMS.after].to_vec();
    let of_lane = |text: &&[Token]| starts.iter().map(|start| prompt(text, *start)).collect();
    let mut windows: Vec<Vec<Vec<Token>>> = texts.iter().map(of_lane).collect();
    for length in TERMS.after..=context {
        let block = |windows: &Vec<Vec<Token>>| {
            let padded = |window: &Vec<Token>| [window.clone(), vec![0; context - length]].concat();
            let inputs: Vec<Token> = windows.iter().flat_map(padded).collect();
            TokenBlock { targets: inputs.clone(), inputs }
        };
        let blocks: Vec<TokenBlock> = windows.iter().map(block).collect();
        let tokens = Tokens::new(&blocks, vocabulary, context, &cohort.device);
        let logits: Tensor<3> = model.logits(&tokens);
        let scores = LaneNumbers::on_device(logits).read().unwrap();
        let mut last = scores.chunks_exact(vocabulary).skip(length - 1).step_by(context);
        for window in windows.iter_mut().flatten() {
            let row = last.next().unwrap();
            let highest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            window.push(row.iter().position(|score| *score == highest).unwrap() as Token);
        }
    }
    windows.iter_mut().flatten().for_each(|window| drop(window.drain(..TERMS.after)));
    windows
}

#[test]
fn a_continuation_is_as_long_as_what_the_model_writes_token_by_token_is_the_text() {
    let texts = Some(Texts::PerSeed);
    let order = Order::Random;
    let cut = Cut { train: 300, val: 200, test: Some(0), order, texts, canaries: None };
    let corpus = Corpus::load(&Source::GRAMMAR, &cut, &[0, 1]).unwrap();
    let (lanes, device) = (lanes(), Device::flex());
    let mut last = Last(Vec::new());
    let cohort = |resume| {
        let device = device.clone();
        Cohort { lanes: &lanes, resume, corpus: &corpus, initial: None, device }
    };
    train(&cohort(Vec::new()), &mut last, &Interrupter::new()).unwrap();
    let cohort = cohort(last.0);
    let first = FirstWeights::new(cohort.starts(), &cohort.device);
    with_model(&lanes[0].model, corpus.vocabulary, first, Ask(&cohort));
}
