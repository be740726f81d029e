use super::Heads;
use super::tiles::TILE;

/// Factors that dropout puts on weights, `[…, context, context]`; perhaps none.
#[derive(Clone, Copy)]
pub(super) struct Factors<'a> {
    values: Option<&'a [f32]>,
    /// Of a head.
    size: usize,
}

impl<'a> Factors<'a> {
    /// Those of one window, `[heads, context, context]`.
    pub(super) fn of_window(all: Option<&'a [f32]>, heads: &Heads, window: usize) -> Self {
        let size = heads.context.pow(2);
        let window = |all: &'a [f32]| &all[window * heads.heads * size..][..heads.heads * size];
        Factors { values: all.map(window), size }
    }

    /// Those of one head, `[context, context]`.
    pub(super) fn of_head(self, index: usize) -> Self {
        let head = |values: &'a [f32]| &values[index * self.size..][..self.size];
        Factors { values: self.values.map(head), ..self }
    }

    /// Puts those of one head on a tile of weights, or of their gradients, in rows of `stride` that begin with the
    /// tile's `first`.
    #[inline(always)]
    pub(super) fn apply(self, tile: &mut [f32], stride: usize, first: usize, heads: &Heads) {
        let Some(factors) = self.values else { return };
        for row in first..heads.context.min(first + TILE) {
            let seen = heads.first_key(row)..row + 1;
            let weights = &mut tile[(row - first) * stride..][seen.clone()];
            let factors = &factors[row * heads.context..][seen];
            for place in 0..weights.len() {
                weights[place] *= factors[place];
            }
        }
    }
}
