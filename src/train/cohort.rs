//! Runs of one shape that train together, and what they read.

use std::sync::Arc;

use burn::tensor::Device;

use crate::config::{Recipe, RunConfig, Start};
use crate::corpus::{Batches, Corpus, Token};
use crate::model::{LaneNoise, LaneStart, Noise, Tokens};
use crate::record::{Checkpoint, LaneWeights};

/// What is trained, on what.
pub struct Cohort<'a> {
    /// One run per lane; their [`cohort_key`](RunConfig::cohort_key)s are equal.
    pub lanes: &'a [RunConfig],
    /// Where each lane goes on, all at one step; empty for lanes at their start.
    pub resume: Vec<Checkpoint>,
    /// The data of every lane, with the train text of each.
    pub corpus: &'a Corpus,
    /// Weights to start from, for runs whose [`Start`] says so.
    pub initial: Option<Arc<LaneWeights>>,
    /// Device, without autodiff.
    pub device: Device,
}

impl Cohort<'_> {
    pub(super) fn recipe(&self) -> &Recipe {
        &self.lanes[0].recipe
    }

    pub(super) fn context(&self) -> usize {
        self.lanes[0].model.context
    }

    /// Steps that every lane took before.
    pub(super) fn first_step(&self) -> usize {
        let Some(first) = self.resume.first() else { return 0 };
        assert_eq!(self.resume.len(), self.lanes.len(), "every lane goes on, or none");
        assert!(self.resume.iter().all(|lane| lane.step == first.step), "one cohort, one step");
        first.step
    }

    pub(super) fn starts(&self) -> Vec<LaneStart> {
        if !self.resume.is_empty() {
            let weights = |lane: &Checkpoint| LaneStart::Weights(Arc::new(lane.weights.clone()));
            return self.resume.iter().map(weights).collect();
        }
        let start = |lane: &RunConfig| match &lane.start {
            Start::Seed(seed) => LaneStart::Seed(*seed),
            Start::Weights(_) => {
                let weights = self.initial.as_ref().expect("the plan read the initial weights");
                LaneStart::Weights(Arc::clone(weights))
            }
        };
        self.lanes.iter().map(start).collect()
    }

    pub(super) fn train_text(&self, lane: &RunConfig) -> &[Token] {
        &self.corpus.text(lane.data.text_seed).tokens[..lane.train_tokens()]
    }

    /// The noise of a batch of a step.
    pub(super) fn noise(&self, step: usize, batch: usize) -> Option<Noise> {
        let lane = |lane: &RunConfig| LaneNoise {
            seed: lane.data.seed,
            dropout: lane.recipe.dropout,
            depth: lane.recipe.stochastic_depth,
        };
        let lanes = self.lanes.iter().map(lane).collect();
        Noise { lanes, step, batch, layers: self.lanes[0].model.layers }.of()
    }

    /// The share of every target that each lane spreads over the vocabulary.
    pub(super) fn smoothing(&self) -> Option<Vec<f32>> {
        let shares: Vec<f32> =
            self.lanes.iter().map(|lane| lane.recipe.label_smoothing as f32).collect();
        shares.iter().any(|share| *share > 0.0).then_some(shares)
    }

    /// The batches of a step, each with a block of every lane.
    pub(super) fn batches(&self, step: usize) -> Vec<Tokens> {
        let count = self.recipe().accumulate;
        let blocks = |lane: &RunConfig| {
            let batches = Batches {
                tokens: self.train_text(lane),
                order: lane.data.split.order,
                seed: lane.data.seed,
                windows: lane.recipe.batch * count,
                context: lane.model.context,
                stride: self.corpus.stride,
            };
            batches.at(step).split(count).into_iter()
        };
        let mut lanes: Vec<_> = self.lanes.iter().map(blocks).collect();
        let device = self.device.clone().autodiff();
        let batch = |index| {
            let blocks: Vec<_> = lanes.iter_mut().filter_map(Iterator::next).collect();
            Tokens {
                noise: self.noise(step, index),
                smoothing: self.smoothing(),
                ..Tokens::new(&blocks, self.corpus.vocabulary, self.context(), &device)
            }
        };
        (0..count).map(batch).collect()
    }
}
