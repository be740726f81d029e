//! Attention of new tokens to all that their windows have read, whose keys and values are kept.

use super::super::blocks::each_pair;
use super::super::rotary::Angles;
use super::super::simd::{exp, fma, larger, sum_of, vectorised};
use super::Heads;

/// Keys, turned by their positions, and values of the tokens that windows have read, of one layer.
#[derive(Clone, Debug)]
pub struct KeyValues {
    /// `[windows, kv_heads, 2, room, head]`: the keys of a head, then its values.
    numbers: Vec<f32>,
    windows: usize,
    room: usize,
    read: usize,
}

impl KeyValues {
    /// Of windows that have read nothing, with room for so many tokens each; `channels` are those of all keys.
    pub fn new(windows: usize, room: usize, channels: usize) -> Self {
        KeyValues { numbers: vec![0.0; windows * 2 * room * channels], windows, room, read: 0 }
    }

    /// Tokens that every window has read.
    pub fn read(&self) -> usize {
        self.read
    }

    /// Every window so many times, one after the other.
    pub fn repeated(&self, times: usize) -> Self {
        let size = self.numbers.len() / self.windows;
        let windows = self.numbers.chunks_exact(size);
        let numbers =
            windows.flat_map(|window| (0..times).flat_map(move |_| window)).copied().collect();
        KeyValues { numbers, windows: self.windows * times, ..*self }
    }
}

/// Reads `heads.context` more tokens of every window, from packed rows as [`forward`](super::forward) takes them; gives
/// its outputs, `[rows, heads · head]`. A row is computed in one way, whatever is read beside it or was read in the
/// same pass.
pub fn forward_after(packed: &[f32], heads: &Heads, past: &mut KeyValues) -> Vec<f32> {
    let (rows, group) = (heads.context, heads.heads / heads.kv_heads);
    assert_eq!(packed.len(), past.windows * rows * heads.packed());
    assert!(past.read + rows <= past.room, "there is room for what is read");
    let angles = heads.rotary_base.map(|base| Angles::of(base, past.room, heads.head));
    let mut by_head = vec![0.0; past.windows * rows * heads.channels()];
    let kept = (&mut past.numbers[..], 2 * past.room * heads.head);
    each_pair((&mut by_head, rows * group * heads.head), kept, |place, out, kept| {
        let (window, kv_head) = (place / heads.kv_heads, place % heads.kv_heads);
        let size = rows * heads.packed();
        let packed = &packed[window * size..][..size];
        let new = New { packed, heads, angles: angles.as_deref(), kv_head, read: past.read };
        head_forward(&new, kept, out);
    });
    past.read += rows;
    if rows == 1 { by_head } else { by_row(&by_head, heads) }
}

/// From `[windows, kv_heads, rows, group · head]` to `[windows, rows, heads · head]`.
fn by_row(by_head: &[f32], heads: &Heads) -> Vec<f32> {
    let (rows, width) = (heads.context, heads.channels() / heads.kv_heads);
    let part = |window: &[f32], row: usize, kv_head: usize| {
        window[(kv_head * rows + row) * width..][..width].to_vec()
    };
    let windows = by_head.chunks_exact(rows * heads.channels());
    windows
        .flat_map(|window| (0..rows).map(move |row| (window, row)))
        .flat_map(|(window, row)| (0..heads.kv_heads).map(move |kv_head| (window, row, kv_head)))
        .flat_map(|(window, row, kv_head)| part(window, row, kv_head))
        .collect()
}

/// New tokens of one window, and the head that is computed.
struct New<'a> {
    /// `[rows, packed]`.
    packed: &'a [f32],
    heads: &'a Heads,
    angles: Option<&'a Angles>,
    kv_head: usize,
    /// Tokens before them.
    read: usize,
}

vectorised! { at most 256,
    /// Keeps the keys and values of one key-value head, and computes the heads that share it, `[rows, group · head]`.
    fn head_forward(new: &New, kept: &mut [f32], out: &mut [f32]) = head_forward_body
}

#[inline(always)]
fn head_forward_body<const BITS: usize>(new: &New, kept: &mut [f32], out: &mut [f32]) {
    let New { packed, heads, angles, kv_head, read } = *new;
    let (head, group) = (heads.head, heads.heads / heads.kv_heads);
    let turn = |position: usize, channels: &mut [f32]| {
        if let Some(angles) = angles {
            angles.turn(position, channels);
        }
    };
    let (keys, values) = kept.split_at_mut(kept.len() / 2);
    let (mut query, mut weights) = (vec![0.0; head], vec![0.0; read + heads.context]);
    let rows = packed.chunks_exact(heads.packed()).zip(out.chunks_exact_mut(group * head));
    for (row, (packed, out)) in rows.enumerate() {
        let position = read + row;
        let of_key = (heads.heads + kv_head) * head;
        let of_value = of_key + heads.kv_heads * head;
        let key = &mut keys[position * head..][..head];
        key.copy_from_slice(&packed[of_key..][..head]);
        turn(position, key);
        values[position * head..][..head].copy_from_slice(&packed[of_value..][..head]);
        let seen = heads.first_key(position) * head..(position + 1) * head;
        let weights = &mut weights[..seen.len() / head];
        for (index, out) in out.chunks_exact_mut(head).enumerate() {
            query.copy_from_slice(&packed[(kv_head * group + index) * head..][..head]);
            turn(position, &mut query);
            let inverse = weigh::<BITS>(&query, &keys[seen.clone()], heads.scale(), weights);
            for (weight, value) in weights.iter().zip(values[seen.clone()].chunks_exact(head)) {
                let sums = out.iter_mut().zip(value);
                sums.for_each(|(sum, value)| *sum = fma::<BITS>(*weight, *value, *sum));
            }
            out.iter_mut().for_each(|sum| *sum *= inverse);
        }
    }
}

/// Exponentials of a query's scores with keys, below the highest; returns one over their sum.
#[inline(always)]
fn weigh<const BITS: usize>(query: &[f32], keys: &[f32], scale: f32, weights: &mut [f32]) -> f32 {
    let mut most = f32::NEG_INFINITY;
    for (weight, key) in weights.iter_mut().zip(keys.chunks_exact(query.len())) {
        *weight = sum_of(query, key, fma::<BITS>) * scale;
        most = larger(most, *weight);
    }
    weights.iter_mut().for_each(|weight| *weight = exp::<BITS>(*weight - most));
    1.0 / weights.iter().sum::<f32>()
}
