use super::factors::Factors;
use super::scores::{exponentials, scores};
use super::scratch::Scratch;
use super::tiles::{Left, Rows, TILE, multiply};
use super::{Heads, Scale, head_rows, turn_over};
use crate::Slot;
use crate::rotary::Angles;
use crate::simd::{vectorised, write_each};

/// What becomes of one window.
pub(super) struct Passed<'a> {
    /// `[context, heads · head]`.
    pub(super) out: &'a mut [Slot],
    /// `[heads, context]`.
    pub(super) scales: &'a mut [Scale],
    /// The exponentials that are kept, tile after tile of head after head; none where they are not.
    pub(super) weights: &'a mut [Slot],
}

vectorised! {
    /// The way of one window.
    pub(super) fn window_forward(
        packed: &[f32],
        heads: &Heads,
        angles: Option<&Angles>,
        factors: Factors,
        scratch: &mut Scratch,
        passed: &mut Passed,
    ) = window_forward_body
}

#[inline(always)]
fn window_forward_body<const BITS: usize>(
    packed: &[f32],
    heads: &Heads,
    angles: Option<&Angles>,
    factors: Factors,
    scratch: &mut Scratch,
    passed: &mut Passed,
) {
    let kept = passed.weights.len() / heads.heads;
    let (group, head) = (heads.heads / heads.kv_heads, heads.head);
    let packed = Rows { values: packed, stride: heads.packed() };
    let Scratch { rows, width, query, key, value, key_turned, weights, products, .. } = scratch;
    let (rows, width) = (*rows, *width);
    for kv_head in 0..heads.kv_heads {
        let start = (heads.heads + kv_head) * head;
        let keys = head_rows(packed.columns_from(start), heads, angles, key, width);
        turn_over(keys, heads, key_turned, rows);
        let values = packed.columns_from(start + heads.kv_heads * head);
        let values = head_rows(values, heads, None, value, width);
        for index in kv_head * group..(kv_head + 1) * group {
            let queries = head_rows(packed.columns_from(index * head), heads, angles, query, width);
            let part = Part {
                queries,
                key_turned: Rows { values: &*key_turned, stride: rows },
                values,
                factors: factors.of_head(index),
                heads,
                rows,
                width,
            };
            let of_head = Passed {
                out: &mut passed.out[index * head..],
                scales: &mut passed.scales[index * heads.context..][..heads.context],
                weights: &mut passed.weights[index * kept..][..kept],
            };
            part.through::<BITS>(weights, products, of_head);
        }
    }
}

/// One head on its way.
struct Part<'a> {
    queries: Rows<'a>,
    key_turned: Rows<'a>,
    values: Rows<'a>,
    factors: Factors<'a>,
    heads: &'a Heads,
    rows: usize,
    width: usize,
}

impl Part<'_> {
    /// What becomes of the head; `out` begins with its first channel.
    #[inline(always)]
    fn through<const BITS: usize>(
        &self,
        weights: &mut [f32],
        products: &mut [f32],
        of_head: Passed,
    ) {
        let Passed { out, scales, weights: mut kept } = of_head;
        let Heads { context, head, .. } = *self.heads;
        let channels = self.heads.channels();
        for first in (0..context).step_by(TILE) {
            let last = (first + TILE).min(context);
            self.weigh::<BITS>(first, weights, &mut scales[first..last], &mut kept);
            let left = Left::rows(Rows { values: weights, stride: self.rows });
            let (seen, columns) = (self.heads.first_key(first)..last, 0..self.width);
            multiply::<BITS>(left, self.values, seen, columns, products, self.width);
            for row in first..last {
                let scale = scales[row].inverse;
                let out = &mut out[row * channels..][..head];
                let products = &products[(row - first) * self.width..];
                write_each(out, products, |product| product * scale);
            }
        }
    }

    /// The weights of a tile before they are divided by their sums, and the scales of its rows.
    #[inline(always)]
    fn weigh<const BITS: usize>(
        &self,
        first: usize,
        weights: &mut [f32],
        scales: &mut [Scale],
        kept: &mut &mut [Slot],
    ) {
        let (queries, keys) = (self.queries, self.key_turned);
        let most = scores::<BITS>(weights, self.rows, queries, keys, first, self.heads);
        let of_tile = exponentials::<BITS>(weights, self.rows, &most, first, self.heads);
        if !kept.is_empty() {
            self.keep(first, weights, kept);
        }
        self.factors.apply(weights, self.rows, first, self.heads);
        for (row, scale) in scales.iter_mut().enumerate() {
            *scale = of_tile[row];
        }
    }

    /// Puts a tile of exponentials into the first slots that are left.
    #[inline(always)]
    fn keep(&self, first: usize, weights: &[f32], kept: &mut &mut [Slot]) {
        let columns = self.heads.columns(first, TILE);
        for row in 0..TILE {
            let slots = kept.split_off_mut(..columns.len()).expect("a slot for each");
            let row = &weights[row * self.rows..][columns.clone()];
            write_each(slots, row, |weight| weight);
        }
    }
}
