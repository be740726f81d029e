//! Layer and root-mean-square normalisation over channels.

use super::blocks::each_pair;
use super::simd::{Chunk, WIDTH, filled, fma, fold, sum_of, vectorised};
use super::{Slot, written};

/// Rows of a block.
pub(super) const ROWS: usize = 128;

/// What a norm does to a row.
#[derive(Clone, Copy, Debug)]
pub struct Norm {
    /// Numbers of a row.
    pub channels: usize,
    /// Rows of a lane.
    pub rows: usize,
    /// Whether the row's mean is taken away (LayerNorm) or not (RMSNorm).
    pub centred: bool,
    /// Added to the variance.
    pub eps: f32,
}

/// Mean (0 where it is not taken away) of a row, and one over its deviation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    mean: f32,
    scale: f32,
}

/// `[lanes, rows, channels]`, normalised, times a gain `[lanes, channels]`, plus a bias of that shape;
/// and every row's moments.
pub fn forward(
    x: &[f32],
    gain: &[f32],
    bias: Option<&[f32]>,
    norm: &Norm,
) -> (Vec<f32>, Vec<Moments>) {
    let (channels, size) = (norm.channels, norm.rows * norm.channels);
    assert!(x.len().is_multiple_of(size) && gain.len() == x.len() / size * channels);
    let mut moments = vec![Moments::default(); x.len() / channels];
    let write = |out: &mut [Slot]| {
        each_pair((out, size), (&mut moments[..], norm.rows), |lane, out, moments| {
            let x = &x[lane * size..][..size];
            let of_lane = lane * channels..(lane + 1) * channels;
            let gain = &gain[of_lane.clone()];
            let bias = bias.map_or(&[][..], |bias| &bias[of_lane]);
            each_pair((out, ROWS * channels), (moments, ROWS), |place, out, moments| {
                let x = &x[place * ROWS * channels..][..out.len()];
                normalise(x, gain, bias, norm, out, moments);
            });
        });
    };
    // SAFETY: the kernel writes every row.
    let rows = unsafe { written(x.len(), write) };
    (rows, moments)
}

/// The gradients of x, of the gain and of the bias.
pub fn backward(
    x: &[f32],
    gain: &[f32],
    moments: &[Moments],
    gradient: &[f32],
    norm: &Norm,
) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    let channels = norm.channels;
    let size = norm.rows * channels;
    assert!(x.len().is_multiple_of(size) && gradient.len() == x.len());
    let (lanes, blocks) = (x.len() / size, norm.rows.div_ceil(ROWS));
    // Sums of every block, gain and bias in turn, added up in order afterwards.
    let mut sums = vec![0.0; lanes * blocks * 2 * channels];
    let write = |out: &mut [Slot]| {
        let lane_sums = (&mut sums[..], blocks * 2 * channels);
        each_pair((out, size), lane_sums, |lane, out, sums| {
            let gain = &gain[lane * channels..][..channels];
            each_pair((out, ROWS * channels), (sums, 2 * channels), |place, out, sums| {
                let first = lane * norm.rows + place * ROWS;
                let numbers = first * channels..first * channels + out.len();
                let (x, gradient) = (&x[numbers.clone()], &gradient[numbers]);
                let moments = &moments[first..][..out.len() / channels];
                slopes(x, gain, moments, (gradient, &[]), norm, out, sums);
            });
        });
    };
    // SAFETY: the kernel writes every row.
    let of_x = unsafe { written(x.len(), write) };
    let [of_gain, of_bias] = added_up(&sums, lanes, channels);
    (of_x, of_gain, of_bias)
}

/// The sums of all blocks, `[lanes, blocks, gain and bias, channels]`, added up in order: the gradients of gain and
/// bias, `[lanes, channels]` each.
pub(super) fn added_up(sums: &[f32], lanes: usize, channels: usize) -> [Vec<f32>; 2] {
    let mut both = [vec![0.0; lanes * channels], vec![0.0; lanes * channels]];
    let blocks = sums.len() / lanes.max(1) / (2 * channels);
    for (place, sums) in sums.chunks_exact(2 * channels).enumerate() {
        let lane = place / blocks * channels..(place / blocks + 1) * channels;
        for (all, sums) in both.iter_mut().zip(sums.chunks_exact(channels)) {
            all[lane.clone()].iter_mut().zip(sums).for_each(|(all, sum)| *all += sum);
        }
    }
    both
}

#[inline(always)]
fn moments_of<const BITS: usize>(row: &[f32], norm: &Norm) -> Moments {
    let count = row.len() as f32;
    let mean = if norm.centred { sum_of(row, row, |a, _, sum| sum + a) / count } else { 0.0 };
    let squares = sum_of(row, row, |a, _, sum| fma::<BITS>(a - mean, a - mean, sum));
    Moments { mean, scale: 1.0 / (squares / count + norm.eps).sqrt() }
}

/// Writes what `of` makes of a number of a row, of the gain and of the bias in its place.
#[inline(always)]
fn write_row(
    out: &mut [Slot],
    row: &[f32],
    gain: &[f32],
    bias: &[f32],
    of: impl Fn(f32, f32, f32) -> f32,
) {
    let (out, out_rest) = out.as_chunks_mut::<WIDTH>();
    let (row, row_rest) = row.as_chunks::<WIDTH>();
    let ((gain, gain_rest), (bias, bias_rest)) = (gain.as_chunks(), bias.as_chunks());
    for chunk in 0..row.len() {
        let (gain, bias): (Chunk, Chunk) = (gain[chunk], bias[chunk]);
        let mut made = row[chunk];
        for place in 0..WIDTH {
            made[place] = of(made[place], gain[place], bias[place]);
        }
        out[chunk] = filled(made);
    }
    for place in 0..row_rest.len() {
        out_rest[place].write(of(row_rest[place], gain_rest[place], bias_rest[place]));
    }
}

vectorised! {
    /// Normalises rows; an empty bias is none.
    pub fn normalise(x: &[f32], gain: &[f32], bias: &[f32], norm: &Norm, out: &mut [Slot], moments: &mut [Moments]) = normalise_body
}

#[inline(always)]
fn normalise_body<const BITS: usize>(
    x: &[f32],
    gain: &[f32],
    bias: &[f32],
    norm: &Norm,
    out: &mut [Slot],
    moments: &mut [Moments],
) {
    let channels = norm.channels;
    let gain = &gain[..channels];
    for (place, moments) in moments.iter_mut().enumerate() {
        let row = &x[place * channels..][..channels];
        let out = &mut out[place * channels..][..channels];
        *moments = moments_of::<BITS>(row, norm);
        let Moments { mean, scale } = *moments;
        if bias.is_empty() {
            write_row(out, row, gain, gain, |x, gain, _| (x - mean) * scale * gain);
        } else {
            write_row(out, row, gain, bias, |x, gain, bias| {
                fma::<BITS>((x - mean) * scale, gain, bias)
            });
        }
    }
}

vectorised! {
    /// Gradients of rows, from those of their normalised rows, plus those that go past the norm, of which an empty list
    /// is none; adds those of gain and bias to `sums`.
    pub fn slopes(
        x: &[f32],
        gain: &[f32],
        moments: &[Moments],
        gradients: (&[f32], &[f32]),
        norm: &Norm,
        out: &mut [Slot],
        sums: &mut [f32],
    ) = slopes_body
}

#[inline(always)]
fn slopes_body<const BITS: usize>(
    x: &[f32],
    gain: &[f32],
    moments: &[Moments],
    (gradient, past): (&[f32], &[f32]),
    norm: &Norm,
    out: &mut [Slot],
    sums: &mut [f32],
) {
    let channels = norm.channels;
    let gain = &gain[..channels];
    let (of_gain, of_bias) = sums.split_at_mut(channels);
    let of_bias = &mut of_bias[..channels];
    for (place, moments) in moments.iter().enumerate() {
        let Moments { mean, scale } = *moments;
        let row = &x[place * channels..][..channels];
        let out = &mut out[place * channels..][..channels];
        let gradient = &gradient[place * channels..][..channels];
        // With n the normalised row and h = gradient · gain: dx = scale (h − mean(h) − n mean(h n)),
        // without mean(h) where the row's mean is not taken away.
        let (h_sum, hn_sum) = weighted_sums::<BITS>(row, gradient, gain, mean, scale);
        let h_mean = if norm.centred { h_sum / channels as f32 } else { 0.0 };
        let hn_mean = hn_sum / channels as f32;
        for channel in 0..channels {
            let n = (row[channel] - mean) * scale;
            let h = gradient[channel] * gain[channel];
            out[channel].write(scale * (h - h_mean - n * hn_mean));
            of_gain[channel] = fma::<BITS>(gradient[channel], n, of_gain[channel]);
            of_bias[channel] += gradient[channel];
        }
        if !past.is_empty() {
            let past = &past[place * channels..][..channels];
            // SAFETY: the row has just been written.
            let out = unsafe { out.assume_init_mut() };
            for channel in 0..channels {
                out[channel] += past[channel];
            }
        }
    }
}

/// Sums of `gradient · gain`, and of that times the normalised row.
#[inline(always)]
fn weighted_sums<const BITS: usize>(
    row: &[f32],
    gradient: &[f32],
    gain: &[f32],
    mean: f32,
    scale: f32,
) -> (f32, f32) {
    let (row, row_rest) = row.as_chunks::<WIDTH>();
    let (gradient, gradient_rest) = gradient.as_chunks::<WIDTH>();
    let (gain, gain_rest) = gain.as_chunks::<WIDTH>();
    let (mut h_sums, mut hn_sums) = ([0.0; WIDTH], [0.0; WIDTH]);
    let (gradient, gain) = (&gradient[..row.len()], &gain[..row.len()]);
    for chunk in 0..row.len() {
        let (row, gradient, gain) = (&row[chunk], &gradient[chunk], &gain[chunk]);
        for place in 0..WIDTH {
            let h = gradient[place] * gain[place];
            h_sums[place] += h;
            hn_sums[place] = fma::<BITS>(h, (row[place] - mean) * scale, hn_sums[place]);
        }
    }
    let add = |a, b| a + b;
    let (mut h_sum, mut hn_sum) = (fold(h_sums, add), fold(hn_sums, add));
    for place in 0..row_rest.len() {
        let h = gradient_rest[place] * gain_rest[place];
        h_sum += h;
        hn_sum += h * (row_rest[place] - mean) * scale;
    }
    (h_sum, hn_sum)
}
