use super::factors::Factors;
use super::scores::{row_products, scores, weigh};
use super::scratch::Scratch;
use super::tiles::{Left, Rows, TILE, multiply};
use super::{Heads, Scale, head_rows, turn_over};
use crate::Slot;
use crate::rotary::Angles;
use crate::simd::{vectorised, write_each};

/// What the way back through one window begins with.
pub(super) struct Given<'a> {
    pub(super) packed: Rows<'a>,
    pub(super) gradient: Rows<'a>,
    pub(super) scales: &'a [Scale],
    /// The exponentials that were kept, tile after tile of head after head; none where they were not.
    pub(super) weights: &'a [f32],
    pub(super) angles: Option<&'a Angles>,
    pub(super) factors: Factors<'a>,
}

vectorised! {
    /// The gradient of one window's packed rows, `[context, packed]`.
    pub(super) fn window_backward(
        given: &Given,
        heads: &Heads,
        scratch: &mut Scratch,
        of_packed: &mut [Slot],
    ) = window_backward_body
}

#[inline(always)]
fn window_backward_body<const BITS: usize>(
    given: &Given,
    heads: &Heads,
    scratch: &mut Scratch,
    of_packed: &mut [Slot],
) {
    let (group, head) = (heads.heads / heads.kv_heads, heads.head);
    let Given { packed, gradient, scales, weights: kept, angles, factors } = *given;
    let of_head = kept.len() / heads.heads;
    let (rows, width) = (scratch.rows, scratch.width);
    for kv_head in 0..heads.kv_heads {
        let of_key = (heads.heads + kv_head) * head;
        let of_value = of_key + heads.kv_heads * head;
        let keys = packed.columns_from(of_key);
        let keys = head_rows(keys, heads, angles, &mut scratch.key, width);
        if kept.is_empty() {
            turn_over(keys, heads, &mut scratch.key_turned, rows);
        }
        turn_over(packed.columns_from(of_value), heads, &mut scratch.value_turned, rows);
        for index in kv_head * group..(kv_head + 1) * group {
            let queries = packed.columns_from(index * head);
            let queries = head_rows(queries, heads, angles, &mut scratch.query, width);
            let gradient = gradient.columns_from(index * head);
            let gradient = head_rows(gradient, heads, None, &mut scratch.gradient, width);
            let mut part = Part {
                keys,
                queries,
                gradient,
                key_turned: Rows { values: &scratch.key_turned, stride: rows },
                value_turned: Rows { values: &scratch.value_turned, stride: rows },
                scales: &scales[index * heads.context..][..heads.context],
                factors: factors.of_head(index),
                kept: &kept[index * of_head..][..of_head],
                weights: &mut scratch.weights,
                slopes: &mut scratch.slopes,
                products: &mut scratch.products,
                rows,
                width,
            };
            part.find_slopes::<BITS>(heads);
            let starts = [index * head, of_key, of_value];
            part.spread_slopes::<BITS>(heads, of_packed, starts, index > kv_head * group);
            turn_back(of_packed, index * head, heads, angles);
        }
        turn_back(of_packed, of_key, heads, angles);
    }
}

/// Turns the gradient of one head's queries or keys, which has been written, back where those were turned.
#[inline(always)]
fn turn_back(of_packed: &mut [Slot], start: usize, heads: &Heads, angles: Option<&Angles>) {
    let Some(angles) = angles else { return };
    for (position, row) in of_packed.chunks_exact_mut(heads.packed()).enumerate() {
        // SAFETY: the head's rows are spread before they are turned.
        angles.turn_back(position, unsafe { row[start..][..heads.head].assume_init_mut() });
    }
}

/// One head on its way back.
struct Part<'a> {
    keys: Rows<'a>,
    queries: Rows<'a>,
    gradient: Rows<'a>,
    key_turned: Rows<'a>,
    value_turned: Rows<'a>,
    scales: &'a [Scale],
    factors: Factors<'a>,
    kept: &'a [f32],
    weights: &'a mut [f32],
    slopes: &'a mut [f32],
    products: &'a mut [f32],
    rows: usize,
    width: usize,
}

impl Part<'_> {
    /// The weights again, and the gradient of the scores in `slopes`.
    #[inline(always)]
    fn find_slopes<const BITS: usize>(&mut self, heads: &Heads) {
        let rows = self.rows;
        for first in (0..heads.context).step_by(TILE) {
            let weights = &mut self.weights[first * rows..];
            let slopes = &mut self.slopes[first * rows..];
            row_products::<BITS>(slopes, rows, self.gradient, self.value_turned, first, heads);
            let mut tile = [Scale::default(); TILE];
            let last = (first + TILE).min(heads.context);
            for (row, scale) in self.scales[first..last].iter().enumerate() {
                tile[row] = *scale;
            }
            self.factors.apply(slopes, rows, first, heads);
            if self.kept.is_empty() {
                scores::<BITS>(weights, rows, self.queries, self.key_turned, first, heads);
                weigh::<BITS, false>(weights, &[], slopes, rows, &tile, first, heads);
            } else {
                let count = TILE * heads.columns(first, TILE).len();
                let kept = self.kept.split_off(..count).expect("a tile was kept");
                weigh::<BITS, true>(weights, kept, slopes, rows, &tile, first, heads);
            }
            self.factors.apply(weights, rows, first, heads);
        }
    }

    /// From the gradient of the scores to those of queries, keys and values, which begin at these columns of the packed
    /// rows. Keys and values of a head that another has read too get more than one gradient.
    #[inline(always)]
    fn spread_slopes<const BITS: usize>(
        &mut self,
        heads: &Heads,
        of_packed: &mut [Slot],
        [of_query, of_key, of_value]: [usize; 3],
        was_read: bool,
    ) {
        let weights = Rows { values: &*self.weights, stride: self.rows };
        let slopes = Rows { values: &*self.slopes, stride: self.rows };
        let stride = heads.packed();
        for first in (0..heads.context).step_by(TILE) {
            let last = (first + TILE).min(heads.context);
            let keys = heads.first_key(first)..last;
            // Rows that see one of the tile's keys.
            let seen_by = first..heads.context.min(first.saturating_add(TILE - 1 + heads.window));
            let of_slopes = Left::columns(slopes.columns_from(first));
            let of_weights = Left::columns(weights.columns_from(first));
            let products = [
                (of_query, false, Left::rows(slopes.from(first)), self.keys, keys),
                (of_key, was_read, of_slopes, self.queries, seen_by.clone()),
                (of_value, was_read, of_weights, self.gradient, seen_by),
            ];
            let of_rows = &mut of_packed[first * stride..last * stride];
            for (start, is_written, left, right, inner) in products {
                let columns = 0..self.width;
                multiply::<BITS>(left, right, inner, columns, self.products, self.width);
                for row in 0..last - first {
                    let of_row = &mut of_rows[row * stride + start..][..heads.head];
                    let products = &self.products[row * self.width..][..heads.head];
                    match is_written {
                        // SAFETY: the first head that reads keys and values writes their gradients.
                        true => add(unsafe { of_row.assume_init_mut() }, products),
                        // What adding to 0 gives: no −0.
                        false => write_each(of_row, products, |product| 0.0 + product),
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn add(sums: &mut [f32], products: &[f32]) {
    for place in 0..sums.len() {
        sums[place] += products[place];
    }
}
