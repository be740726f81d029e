//! What training adds at random to a pass through a model: dropout (Srivastava et al. 2014) where GPT-2 has it, and
//! stochastic depth (Huang et al. 2016). Every mask is drawn from the run's seed, the step and the place in the
//! model, so that no interruption and no neighbour changes it. What is kept is scaled up: evaluation changes
//! nothing.

use burn::tensor::Tensor;

use crate::ops::kernels::noise::factors;
use crate::{ops, random};

/// The noise of one batch.
#[derive(Clone, Debug)]
pub struct Noise {
    /// Of every lane.
    pub lanes: Vec<LaneNoise>,
    /// The step, from 1.
    pub step: usize,
    /// The batch of the step, from 0.
    pub batch: usize,
    /// Blocks of the model.
    pub layers: usize,
}

/// The noise of a lane.
#[derive(Clone, Copy, Debug)]
pub struct LaneNoise {
    /// The seed of its order of data.
    pub seed: u64,
    /// Share of the numbers that dropout takes away.
    pub dropout: f64,
    /// Share of the windows that skip a branch of the last block.
    pub depth: f64,
}

/// Where noise acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// What goes into the first block.
    Embedding,
    /// The weights of attention in a block.
    Weights(usize),
    /// What attention adds to the residual stream in a block.
    Attention(usize),
    /// What the MLP adds in a block.
    Mlp(usize),
}

impl Noise {
    /// `None` where no lane has any.
    pub fn of(self) -> Option<Self> {
        let has_any = |lane: &LaneNoise| lane.dropout > 0.0 || lane.depth > 0.0;
        self.lanes.iter().any(has_any).then_some(self)
    }

    /// Whether any number is dropped.
    pub fn drops(&self) -> bool {
        self.lanes.iter().any(|lane| lane.dropout > 0.0)
    }

    /// Factors of numbers, `[lanes, …]` flat with `count` for each lane: 0, or what makes up for it.
    pub fn dropped(&self, place: Place, count: usize) -> Vec<f32> {
        self.factors("dropout", place, count, |lane| lane.dropout)
    }

    /// Factors of the windows of every lane for a branch of a block, `[lanes · windows]`.
    fn skipped(&self, place: Place, windows: usize) -> Vec<f32> {
        let share = |lane: &LaneNoise| lane.depth * (place.layer() + 1) as f64 / self.layers as f64;
        self.factors("depth", place, windows, share)
    }

    /// Numbers `[lanes, rows, channels]` with some dropped.
    pub fn drop(&self, x: Tensor<3>, place: Place) -> Tensor<3> {
        if !self.drops() {
            return x;
        }
        let [_, rows, channels] = x.dims();
        ops::scaled(x, self.dropped(place, rows * channels))
    }

    /// What a branch adds to the residual stream, `[lanes, rows, channels]`, with some numbers dropped and some
    /// windows skipped.
    pub fn branch(&self, x: Tensor<3>, place: Place, context: usize) -> Tensor<3> {
        let x = self.drop(x, place);
        if self.lanes.iter().all(|lane| lane.depth == 0.0) {
            return x;
        }
        let windows = x.dims()[1] / context;
        ops::scaled(x, self.skipped(place, windows))
    }

    /// `[lanes, count]`, a share of each lane's 0.
    fn factors(
        &self,
        purpose: &str,
        place: Place,
        count: usize,
        share: impl Fn(&LaneNoise) -> f64,
    ) -> Vec<f32> {
        let mut all = vec![1.0; self.lanes.len() * count];
        for (lane, own) in self.lanes.iter().zip(all.chunks_exact_mut(count.max(1))) {
            match share(lane) {
                0.0 => {}
                share => self.drop_some(own, share, purpose, lane, place),
            }
        }
        all
    }

    fn drop_some(
        &self,
        all: &mut [f32],
        share: f64,
        purpose: &str,
        lane: &LaneNoise,
        place: Place,
    ) {
        // Of 2³² equally likely words this many drop their number.
        let below = (share * 2f64.powi(32)).round() as u64;
        let kept = (1.0 - share).recip() as f32;
        let number = |count: usize| (count as u64).to_le_bytes();
        let (kind, layer) = (u64::from(place.kind()), number(place.layer()));
        let (seed, step, batch) = (lane.seed.to_le_bytes(), number(self.step), number(self.batch));
        let keys: [&[u8]; 5] = [&seed, &step, &batch, &kind.to_le_bytes(), &layer];
        let mut start = 0;
        random::words(purpose, &keys, all.len(), |words| {
            factors(words, below, kept, &mut all[start..start + words.len()]);
            start += words.len();
        });
    }
}

impl Place {
    fn kind(self) -> u8 {
        match self {
            Place::Embedding => 0,
            Place::Weights(_) => 1,
            Place::Attention(_) => 2,
            Place::Mlp(_) => 3,
        }
    }

    fn layer(self) -> usize {
        match self {
            Place::Embedding => 0,
            Place::Weights(layer) | Place::Attention(layer) | Place::Mlp(layer) => layer,
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    fn noise(lanes: &[(u64, f64, f64)], step: usize) -> Noise {
        let lane = |(seed, dropout, depth): &(u64, f64, f64)| LaneNoise {
            seed: *seed,
            dropout: *dropout,
            depth: *depth,
        };
        Noise { lanes: lanes.iter().map(lane).collect(), step, batch: 0, layers: 4 }
    }

    #[test]
    fn a_share_is_dropped_and_the_rest_makes_up_for_it() {
        let factors = noise(&[(1, 0.3, 0.0)], 1).dropped(Place::Mlp(2), 100_000);
        let dropped = factors.iter().filter(|factor| **factor == 0.0).count() as f64 / 1e5;
        // Four standard deviations of a share of 100,000.
        assert!((dropped - 0.3).abs() < 0.006, "{dropped}");
        let mean = factors.iter().map(|factor| f64::from(*factor)).sum::<f64>() / 1e5;
        assert!((mean - 1.0).abs() < 0.01, "{mean}");
        assert!(factors.iter().all(|factor| *factor == 0.0 || *factor == (1.0 / 0.7) as f32));
    }

    #[test]
    fn a_mask_depends_on_seed_step_batch_and_place_and_on_no_neighbour() {
        let place = Place::Attention(1);
        let alone = noise(&[(7, 0.5, 0.0)], 3).dropped(place, 64);
        let among = noise(&[(8, 0.1, 0.0), (7, 0.5, 0.0), (7, 0.0, 0.2)], 3).dropped(place, 64);
        assert_eq!(alone, among[64..128]);
        assert!(among[128..].iter().all(|factor| *factor == 1.0));
        let others = [
            noise(&[(8, 0.5, 0.0)], 3).dropped(place, 64),
            noise(&[(7, 0.5, 0.0)], 4).dropped(place, 64),
            Noise { batch: 1, ..noise(&[(7, 0.5, 0.0)], 3) }.dropped(place, 64),
            noise(&[(7, 0.5, 0.0)], 3).dropped(Place::Attention(2), 64),
            noise(&[(7, 0.5, 0.0)], 3).dropped(Place::Mlp(1), 64),
            noise(&[(7, 0.5, 0.0)], 3).dropped(Place::Weights(1), 64),
        ];
        for (index, other) in others.iter().enumerate() {
            assert_ne!(alone, *other, "{index}");
        }
    }

    #[test]
    fn later_blocks_are_skipped_more_often_and_whole_windows_at_a_time() {
        let noise = noise(&[(1, 0.0, 0.8)], 1);
        let skipped = |layer: usize| {
            let factors = noise.skipped(Place::Mlp(layer), 20_000);
            factors.iter().filter(|factor| **factor == 0.0).count() as f64 / 2e4
        };
        for (layer, share) in [0.2, 0.4, 0.6, 0.8].into_iter().enumerate() {
            assert!((skipped(layer) - share).abs() < 0.015, "{layer}: {}", skipped(layer));
        }
        let device = Device::flex();
        let x = Tensor::<3>::ones([1, 6, 2], &device);
        let branch = noise.branch(x, Place::Mlp(3), 3).try_into_vec_as::<f32>().unwrap();
        for window in branch.chunks(6) {
            assert!(window.iter().all(|value| *value == window[0]), "{window:?}");
        }
    }
}
