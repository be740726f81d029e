//! Sums modulo a number that are written out as tokens.

use super::Token;
use crate::random;

/// Tokens of an equation.
pub const LENGTH: usize = 4;

/// The equations that train texts are drawn from.
#[derive(Clone, Debug)]
pub struct Equations {
    pub modulus: u16,
    /// a and b of each.
    pub pairs: Vec<[u16; 2]>,
}

impl Equations {
    /// The equations of a train text, in an order of its own: all or some of them.
    pub fn text(&self, seed: Option<u64>, length: usize) -> Vec<Token> {
        let seed = seed.map_or([0xff; 8], u64::to_le_bytes);
        let mut pairs = self.pairs.clone();
        random::shuffle(&mut random::stream("modular text", &[&seed]), &mut pairs);
        self.written(&pairs[..length / LENGTH])
    }

    /// These pairs of a and b, written out.
    pub fn written(&self, pairs: &[[u16; 2]]) -> Vec<Token> {
        let modulus = self.modulus;
        let sum = |[a, b]: [u16; 2]| ((u32::from(a) + u32::from(b)) % u32::from(modulus)) as u16;
        pairs.iter().flat_map(|pair| [pair[0], pair[1], modulus, sum(*pair)]).collect()
    }
}
