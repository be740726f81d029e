//! Models that read text on and say what may come next.

use anyhow::{Result, anyhow};
use burn::tensor::Device;

use super::past::Past;
use super::tokens::Tokens;
use super::weights::{FirstWeights, Parameter};
use super::{LanguageModel, WithModel, with_model};
use crate::config::ModelShape;
use crate::corpus::Token;
use crate::record::LaneWeights;

/// Most tokens that go through the model at once, over all lanes and windows: more would cost memory and no pass less.
const MOST: usize = 2048;

/// Models of one shape, a lane each, that read windows of text on. What a window scores depends on its lane's weights
/// and its tokens alone: to the bit, whatever is read beside it, and in however many calls.
pub trait Reader {
    /// Reads further tokens of every window, `[lanes, windows, tokens]`, and gives the scores of what may follow on
    /// each, `[lanes, windows, vocabulary]`.
    ///
    /// # Errors
    /// A device that fails.
    ///
    /// # Panics
    /// If a window gets longer than the context.
    fn read(&mut self, tokens: &[Token]) -> Result<Vec<f32>>;

    /// Goes on with every window of a lane so many times.
    fn repeat(&mut self, times: usize);

    /// Forgets what was read; so many windows of every lane begin anew.
    fn begin(&mut self, windows: usize);

    /// Tokens that every window has read.
    fn read_so_far(&self) -> usize;
}

/// A reader on the processor, of one lane per entry of `lanes`; each has one window, with room for `room` tokens, of
/// which no window gets more.
pub fn reader(
    shape: &ModelShape,
    vocabulary: usize,
    lanes: Vec<LaneWeights>,
    room: usize,
) -> Box<dyn Reader> {
    let device = Device::flex();
    let count = lanes.len();
    let first = FirstWeights::to_read(lanes, &device);
    let room = room.min(shape.context);
    with_model(
        shape,
        vocabulary,
        first,
        Sizes { shape: *shape, vocabulary, lanes: count, room, device },
    )
}

struct Sizes {
    shape: ModelShape,
    vocabulary: usize,
    lanes: usize,
    room: usize,
    device: Device,
}

impl WithModel for Sizes {
    type Output = Box<dyn Reader>;

    fn run<M: LanguageModel>(self, model: M, _: Vec<Parameter>) -> Box<dyn Reader> {
        let past = Past::new(&self.shape, self.lanes, self.room);
        Box::new(OfFamily { sizes: self, model, windows: 1, past })
    }
}

struct OfFamily<M> {
    sizes: Sizes,
    model: M,
    /// Of a lane.
    windows: usize,
    past: Past,
}

impl<M: LanguageModel> Reader for OfFamily<M> {
    fn read(&mut self, tokens: &[Token]) -> Result<Vec<f32>> {
        let windows = self.sizes.lanes * self.windows;
        let length = tokens.len() / windows;
        let at_once = (MOST / windows).max(1);
        let mut scores = Vec::new();
        for first in (0..length).step_by(at_once) {
            let count = at_once.min(length - first);
            let part = tokens.chunks_exact(length).flat_map(|window| &window[first..first + count]);
            scores = self.pass(&part.copied().collect::<Vec<_>>(), count)?;
        }
        Ok(scores)
    }

    fn repeat(&mut self, times: usize) {
        self.past = self.past.repeated(times);
        self.windows *= times;
    }

    fn begin(&mut self, windows: usize) {
        self.windows = windows;
        // What was kept makes room before there is more.
        self.past = Past::new(&self.sizes.shape, 0, 0);
        self.past = Past::new(&self.sizes.shape, self.sizes.lanes * windows, self.sizes.room);
    }

    fn read_so_far(&self) -> usize {
        self.past.read()
    }
}

impl<M: LanguageModel> OfFamily<M> {
    /// `count` further tokens of every window.
    fn pass(&mut self, tokens: &[Token], count: usize) -> Result<Vec<f32>> {
        let Sizes { lanes, vocabulary, device, .. } = &self.sizes;
        let size = (*lanes, count);
        let tokens = Tokens::after(self.past.clone(), tokens, size, *vocabulary, device);
        let scores = self.model.logits(&tokens);
        self.past = self.past.clone().further(count);
        scores.try_into_vec_as().map_err(|error| anyhow!("cannot read scores: {error:?}"))
    }
}
