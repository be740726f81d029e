//! Curves whose optimum is known, and losses around them. `optuna_search.py` defines the same.

/// Loss above the optimum, over u = ln(value / optimum).
#[derive(Clone, Copy, Debug)]
pub struct Truth {
    pub name: &'static str,
    pub regret: fn(f64) -> f64,
    /// The loss without decay.
    pub none: f64,
    pub optimum: Place,
}

/// Where a truth is lowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At u = 0.
    Inside,
    Zero,
    Infinity,
    /// Everywhere.
    Nowhere,
}

pub const TRUTHS: &[Truth] = &[
    Truth { name: "quadratic", regret: quadratic, none: 0.2, optimum: Place::Inside },
    Truth { name: "skewed", regret: skewed, none: 0.15, optimum: Place::Inside },
    Truth { name: "two basins", regret: two_basins, none: 0.3, optimum: Place::Inside },
    Truth { name: "cliff", regret: cliff, none: 0.2, optimum: Place::Inside },
    Truth { name: "cliff at the best", regret: cliff_at_best, none: 0.2, optimum: Place::Inside },
    Truth { name: "rising", regret: rising, none: 0.0, optimum: Place::Zero },
    Truth { name: "falling", regret: falling, none: 0.3, optimum: Place::Infinity },
    Truth { name: "flat", regret: flat, none: 0.0, optimum: Place::Nowhere },
];

/// 0.1 at a factor of 4; towards 0 it goes over into no decay.
fn quadratic(u: f64) -> f64 {
    if u > 0.0 { 0.052 * u * u } else { 0.2 * (1.0 - (-0.26 * u * u).exp()) }
}

/// Steep above the optimum, slow below.
fn skewed(u: f64) -> f64 {
    let slow = 0.08 * ((0.8 * u).exp() - 0.8 * u - 1.0);
    if u > 0.0 { slow } else { 0.15 * (1.0 - (-slow / 0.15).exp()) }
}

/// A second basin, 0.06 above the first, at 1/64 of it.
fn two_basins(u: f64) -> f64 {
    let away = u + 64f64.ln();
    (0.052 * u * u).min(0.06 + 0.052 * away * away)
}

/// Diverges from a factor of 3 above the optimum.
fn cliff(u: f64) -> f64 {
    if u > 3f64.ln() { f64::INFINITY } else { quadratic(u) }
}

/// Diverges from just above the optimum.
fn cliff_at_best(u: f64) -> f64 {
    if u > 0.05 { f64::INFINITY } else { quadratic(u) }
}

fn rising(u: f64) -> f64 {
    0.1 * u.exp().ln_1p()
}

fn falling(u: f64) -> f64 {
    0.3 / (1.0 + u.exp()).sqrt()
}

fn flat(_: f64) -> f64 {
    0.0
}

/// The spread of what a seed adds to every loss.
const OF_SEED: f64 = 0.03;

/// One world: where the optimum lies, and every loss that can be trained in it.
#[derive(Clone, Copy, Debug)]
pub struct World {
    pub truth: &'static Truth,
    /// The spread of runs.
    pub sd: f64,
    /// How many times as far runs scatter over u = ln(value / optimum).
    pub scatter: fn(f64) -> f64,
    pub number: u64,
}

impl World {
    /// Where runs scatter alike at every value.
    pub fn even(truth: &'static Truth, sd: f64, number: u64) -> Self {
        World { truth, sd, scatter: |_| 1.0, number }
    }

    /// The optimum lies within a factor of 16 of 0.1, anywhere on a logarithmic scale.
    pub fn optimum(&self) -> f64 {
        0.1 * 16f64.powf(2.0 * unit(hash(self.number, 0, 0)) - 1.0)
    }

    /// What a value costs.
    pub fn regret(&self, value: f64) -> f64 {
        match value > 0.0 {
            true => (self.truth.regret)((value / self.optimum()).ln()),
            false => self.truth.none,
        }
    }

    /// The loss of a run; `run` tells runs of one seed apart.
    pub fn loss(&self, value: f64, seed: u64, run: u64) -> f64 {
        let of_seed = OF_SEED * normal(hash(self.number, 1 + seed, 0));
        let sd = self.sd * (self.scatter)((value / self.optimum()).ln());
        1.5 + self.regret(value) + of_seed + sd * normal(hash(self.number, 1 + seed, 1 + run))
    }
}

/// The finalizer of SplitMix64, over three numbers.
fn hash(world: u64, seed: u64, run: u64) -> u64 {
    [world, seed, run].into_iter().fold(0x9e37_79b9_7f4a_7c15, |state, key| mix(state ^ mix(key)))
}

fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 * (-53f64).exp2()
}

/// Box and Muller.
fn normal(bits: u64) -> f64 {
    let radius = (-2.0 * (1.0 - unit(bits)).ln()).sqrt();
    radius * (std::f64::consts::TAU * unit(mix(bits))).cos()
}
