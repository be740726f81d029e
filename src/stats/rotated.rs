//! What the choice among some arms makes of rotated data, against every other arm: p values by counting, and
//! where they cross a level. Other arms are turned a few at a time and again when they are needed again: all
//! of them under all rotations may be gigabytes.

use rayon::prelude::*;

use super::crossing::search;
use super::moments::Moments;
use super::rotations::{Rotation, Rotations};
use super::scores::{Scores, lowest};

/// Other arms that are turned at once.
const WIDTH: usize = 4;
/// A number of each of them.
type Row = [f64; WIDTH];

/// The best of some arms against others, under rotations.
#[derive(Clone, Debug)]
pub struct Rotated {
    rotations: Rotations,
    /// Losses by seed of the arms that rotated data choose, a row a rotation.
    own: Vec<f64>,
    /// Those first that are the hardest to be below.
    blocks: Vec<Block>,
}

/// Some of the other arms.
#[derive(Clone, Debug)]
struct Block {
    /// Their losses, a row a seed.
    scores: Vec<Row>,
    /// Chosen − other in the data as they are.
    observed: Vec<Moments>,
}

/// Chosen − other under one rotation, for the arms of a block.
struct Turned {
    x: Row,
    xx: Row,
    xq: Row,
    q: f64,
    qq: f64,
}

impl Rotated {
    /// Of arms that are chosen among, and others with what was observed of them.
    pub fn new(
        own: &[Scores],
        other: &[Scores],
        observed: &[Moments],
        rotations: &Rotations,
    ) -> Self {
        let choice = Choice::new(own);
        let chosen = |place: usize| choice.scores(rotations.get(place));
        let seeds = own[0].score.len() as f64;
        let mut order: Vec<usize> = (0..other.len()).collect();
        order.sort_by(|a, b| observed[*b].t(0.0, seeds).total_cmp(&observed[*a].t(0.0, seeds)));
        Rotated {
            own: (0..rotations.len()).into_par_iter().flat_map_iter(chosen).collect(),
            rotations: rotations.clone(),
            blocks: order.chunks(WIDTH).map(|places| Block::of(places, other, observed)).collect(),
        }
    }

    /// p of the hypothesis that the best is not below the other best + δ: the largest over the other arms.
    pub fn p(&self, delta: f64) -> f64 {
        let of = |block: &Block| self.p_of(block, &self.turned(block), delta);
        self.blocks.iter().map(of).fold(0.0, f64::max)
    }

    /// What [`search`] finds with [`p`](Self::p) at a level. Block after block says where p is above it along the
    /// search that the blocks before allow, until all of them allow the same.
    pub fn bound(&self, tail: f64, start: f64, spread: f64) -> f64 {
        let mut above: Vec<u64> = Vec::new();
        let mut below: Vec<Vec<u64>> = vec![Vec::new(); self.blocks.len()];
        loop {
            let known = above.len();
            for (block, below) in self.blocks.iter().zip(&mut below) {
                self.settle(block, tail, [start, spread], &mut above, below);
            }
            if above.len() == known {
                return search(start, spread, |delta| !above.contains(&delta.to_bits()));
            }
        }
    }

    /// Asks one block along the search: where p is above the level is added to `above`, where it is not to
    /// `below`.
    fn settle(
        &self,
        block: &Block,
        tail: f64,
        [start, spread]: [f64; 2],
        above: &mut Vec<u64>,
        below: &mut Vec<u64>,
    ) {
        let mut turned = None;
        loop {
            let mut open = None;
            search(start, spread, |delta| {
                let is_below = !above.contains(&delta.to_bits());
                let is_open = is_below && open.is_none() && !below.contains(&delta.to_bits());
                open = if is_open { Some(delta) } else { open };
                is_below
            });
            let Some(delta) = open else { return };
            let turned = turned.get_or_insert_with(|| self.turned(block));
            let is_below = self.p_of(block, turned, delta) <= tail;
            if is_below { &mut *below } else { &mut *above }.push(delta.to_bits());
        }
    }

    fn p_of(&self, block: &Block, turned: &[Turned], delta: f64) -> f64 {
        let seeds = block.scores.len() as f64;
        let mut observed = [f64::NAN; WIDTH];
        observed.iter_mut().zip(&block.observed).for_each(|(t, one)| *t = one.t(delta, seeds));
        let mut as_low = [1.0; WIDTH];
        for turned in turned {
            for arm in 0..WIDTH {
                let t = turned.moments(arm).t(delta, seeds);
                as_low[arm] += if t <= observed[arm] { 1.0 } else { 0.0 };
            }
        }
        let most = as_low[..block.observed.len()].iter().copied().fold(0.0, f64::max);
        most / (1 + turned.len()) as f64
    }

    fn turned(&self, block: &Block) -> Vec<Turned> {
        let own = self.own.chunks_exact(block.scores.len());
        let mut x = vec![[0.0; WIDTH]; block.scores.len()];
        let turn = |(rotation, own): (Rotation, &[f64])| {
            for (seed, (x, own)) in x.iter_mut().zip(own).enumerate() {
                let other = rotation.row_at(seed, &block.scores);
                (0..WIDTH).for_each(|arm| x[arm] = own - other[arm]);
            }
            Turned::of(&x, rotation.ones)
        };
        self.rotations.iter().zip(own).map(turn).collect()
    }
}

impl Block {
    /// Places without an arm hold zeros, and nobody looks at them.
    fn of(places: &[usize], other: &[Scores], observed: &[Moments]) -> Self {
        let row = |seed: usize| {
            let mut row = [0.0; WIDTH];
            row.iter_mut().zip(places).for_each(|(own, arm)| *own = other[*arm].score[seed]);
            row
        };
        Block {
            scores: (0..other[0].score.len()).map(row).collect(),
            observed: places.iter().map(|arm| observed[*arm]).collect(),
        }
    }
}

impl Turned {
    /// Of differences, a row a seed, and of the shift by seed.
    fn of(x: &[Row], q: &[f64]) -> Self {
        let n = q.len() as f64;
        let mut mean = [0.0; WIDTH];
        for x in x {
            (0..WIDTH).for_each(|arm| mean[arm] += x[arm]);
        }
        (0..WIDTH).for_each(|arm| mean[arm] /= n);
        let mean_q = q.iter().sum::<f64>() / n;
        let mut all = Turned { x: mean, xx: [0.0; WIDTH], xq: [0.0; WIDTH], q: mean_q, qq: 0.0 };
        for (x, q) in x.iter().zip(q) {
            let q = q - mean_q;
            for arm in 0..WIDTH {
                let x = x[arm] - mean[arm];
                all.xx[arm] += x * x;
                all.xq[arm] += x * q;
            }
            all.qq += q * q;
        }
        all
    }

    #[inline(always)]
    fn moments(&self, arm: usize) -> Moments {
        let Turned { x, xx, xq, q, qq } = self;
        Moments { x: x[arm], q: *q, xx: xx[arm], xq: xq[arm], qq: *qq }
    }
}

/// The choice among arms, for rotated data.
struct Choice<'a> {
    arms: &'a [Scores],
    /// Losses that choose, a row a seed.
    choose: Vec<f64>,
}

impl<'a> Choice<'a> {
    fn new(arms: &'a [Scores]) -> Self {
        let seeds = arms[0].choose.len();
        let rows = (0..seeds).flat_map(|seed| arms.iter().map(move |arm| arm.choose[seed]));
        Choice { arms, choose: rows.collect() }
    }

    /// Losses by seed of the arms that the other seeds choose.
    fn scores(&self, rotation: Rotation) -> Vec<f64> {
        let chosen = self.chosen(rotation).into_iter().enumerate();
        chosen.map(|(seed, arm)| rotation.at(seed, &self.arms[arm].score)).collect()
    }

    fn chosen(&self, rotation: Rotation) -> Vec<usize> {
        let arms = self.arms.len();
        let turned = rotation.turn_rows(&self.choose);
        let mut sums = vec![0.0; arms];
        for row in turned.chunks_exact(arms) {
            sums.iter_mut().zip(row).for_each(|(sum, loss)| *sum += loss);
        }
        let without = |own: &[f64]| lowest(arms, |arm| sums[arm] - own[arm]);
        turned.chunks_exact(arms).map(without).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{normals, stream};

    fn arms(name: &str, count: usize, seeds: usize) -> Vec<Scores> {
        let mut rng = stream("test", &[name.as_bytes()]);
        let mut losses = || normals(&mut rng, 1.0, seeds).into_iter().map(f64::from).collect();
        (0..count).map(|_| Scores { choose: losses(), score: losses() }).collect()
    }

    fn rotated(own: usize, other: usize, seeds: usize) -> Rotated {
        let (own, other) = (arms("own", own, seeds), arms("other", other, seeds));
        let against = |other: &Scores| {
            let pairs = own[0].score.iter().zip(&other.score);
            Moments::of(pairs.map(|(own, other)| own - other - 2.0), seeds)
        };
        let observed: Vec<Moments> = other.iter().map(against).collect();
        Rotated::new(&own, &other, &observed, &Rotations::draw(seeds, 199))
    }

    #[test]
    fn an_arm_counts_the_same_whichever_others_are_turned_with_it() {
        for (seeds, count) in [(3, 1), (5, 4), (6, 11), (50, 5)] {
            let all = rotated(3, count, seeds);
            let single = |block: &Block, arm: usize| Block {
                scores: block.scores.iter().map(|row| [row[arm], 0.0, 0.0, 0.0]).collect(),
                observed: vec![block.observed[arm]],
            };
            let of = |block: &Block| -> Vec<Block> {
                (0..block.observed.len()).map(|arm| single(block, arm)).collect()
            };
            let blocks: Vec<Block> = all.blocks.iter().flat_map(of).collect();
            assert_eq!(blocks.len(), count);
            let alone = Rotated { blocks, ..all.clone() };
            for delta in [-3.0, 0.0, 0.5, 8.0] {
                assert_eq!(all.p(delta).to_bits(), alone.p(delta).to_bits());
            }
        }
    }

    #[test]
    fn the_bound_is_that_of_a_search_that_asks_every_arm_everywhere() {
        for (own, other, seeds) in [(2, 1, 3), (3, 9, 5), (12, 2, 8), (4, 17, 8)] {
            let rotated = rotated(own, other, seeds);
            for (tail, start) in [(0.025, -2.0), (0.01, -1.0), (0.3, 4.0), (0.001, 0.0)] {
                let asked = search(start, 1.5, |delta| rotated.p(delta) <= tail);
                assert_eq!(rotated.bound(tail, start, 1.5).to_bits(), asked.to_bits());
            }
        }
    }
}
