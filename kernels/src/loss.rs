//! Cross-entropy of rows of logits, averaged by lane.

use super::blocks::each_chunk;
use super::simd::{Chunk, WIDTH, exp, fold, larger, sum_of, vectorised, write_each};
use super::{Slot, written};

/// Rows of a block.
const ROWS: usize = 128;

/// Mean loss of each lane in nats, and the logarithm of every row's sum of exponentials.
pub fn forward(
    logits: &[f32],
    vocabulary: usize,
    targets: &[usize],
    lanes: usize,
) -> (Vec<f32>, Vec<f32>) {
    let mut sums = vec![0.0; targets.len()];
    each_chunk(&mut sums, ROWS, |place, sums| {
        let size = sums.len() * vocabulary;
        log_sums(&logits[place * ROWS * vocabulary..][..size], vocabulary, sums);
    });
    let rows = targets.len() / lanes;
    let of_row = |row: usize| f64::from(sums[row] - logits[row * vocabulary + targets[row]]);
    let of_lane = |lane: usize| (lane * rows..(lane + 1) * rows).map(of_row).sum::<f64>();
    ((0..lanes).map(|lane| (of_lane(lane) / rows as f64) as f32).collect(), sums)
}

/// The gradient of the logits, from that of the lanes' means.
pub fn backward(
    logits: &[f32],
    vocabulary: usize,
    targets: &[usize],
    sums: &[f32],
    gradient: &[f32],
) -> Vec<f32> {
    let rows = targets.len() / gradient.len();
    assert_eq!((logits.len(), sums.len()), (targets.len() * vocabulary, targets.len()));
    let write = |place: usize, out: &mut [Slot]| {
        for (index, out) in out.chunks_exact_mut(vocabulary).enumerate() {
            let row = place * ROWS + index;
            let share = gradient[row / rows] / rows as f32;
            shares(&logits[row * vocabulary..][..vocabulary], sums[row], share, out);
            // SAFETY: the kernel has just written the whole row.
            unsafe { *out[targets[row]].assume_init_mut() -= share };
        }
    };
    // SAFETY: every row is written.
    unsafe { written(logits.len(), |out| each_chunk(out, ROWS * vocabulary, write)) }
}

/// What label smoothing adds to each lane's mean loss: `shares` of how far the target's logit is above the mean of its
/// row, averaged over the rows.
pub fn smoothing(logits: &[f32], vocabulary: usize, targets: &[usize], shares: &[f32]) -> Vec<f32> {
    let rows = targets.len() / shares.len();
    let mut above = vec![0.0; targets.len()];
    each_chunk(&mut above, ROWS, |place, above| {
        for (index, above) in above.iter_mut().enumerate() {
            let row = place * ROWS + index;
            let logits = &logits[row * vocabulary..][..vocabulary];
            row_sum(logits, above);
            *above = logits[targets[row]] - *above / vocabulary as f32;
        }
    });
    let mean = |above: &[f32]| above.iter().copied().map(f64::from).sum::<f64>() / rows as f64;
    above.chunks(rows).zip(shares).map(|(above, share)| mean(above) as f32 * share).collect()
}

/// The gradient of the logits, from that of what [`smoothing`] adds.
pub fn smoothing_gradient(
    vocabulary: usize,
    targets: &[usize],
    shares: &[f32],
    gradient: &[f32],
) -> Vec<f32> {
    let rows = targets.len() / gradient.len();
    let write = |place: usize, out: &mut [Slot]| {
        for (index, out) in out.chunks_exact_mut(vocabulary).enumerate() {
            let row = place * ROWS + index;
            let slope = gradient[row / rows] * shares[row / rows] / rows as f32;
            out.iter_mut().for_each(|out| _ = out.write(-slope / vocabulary as f32));
            out[targets[row]].write(slope - slope / vocabulary as f32);
        }
    };
    // SAFETY: every row is written.
    unsafe { written(targets.len() * vocabulary, |out| each_chunk(out, ROWS * vocabulary, write)) }
}

vectorised! {
    fn row_sum(row: &[f32], sum: &mut f32) = row_sum_body
}

#[inline(always)]
fn row_sum_body<const BITS: usize>(row: &[f32], sum: &mut f32) {
    *sum = sum_of(row, row, |value, _, sum| sum + value);
}

vectorised! {
    /// The logarithm of each row's sum of exponentials.
    pub fn log_sums(logits: &[f32], vocabulary: usize, sums: &mut [f32]) = log_sums_body
}

#[inline(always)]
fn log_sums_body<const BITS: usize>(logits: &[f32], vocabulary: usize, sums: &mut [f32]) {
    for (place, sum) in sums.iter_mut().enumerate() {
        let (chunks, rest) = logits[place * vocabulary..][..vocabulary].as_chunks::<WIDTH>();
        let mut most: Chunk = [f32::NEG_INFINITY; WIDTH];
        for chunk in chunks {
            for place in 0..WIDTH {
                most[place] = larger(most[place], chunk[place]);
            }
        }
        let most = rest.iter().fold(fold(most, larger), |most, value| larger(most, *value));
        let mut total: Chunk = [0.0; WIDTH];
        for chunk in chunks {
            for place in 0..WIDTH {
                total[place] += exp::<BITS>(chunk[place] - most);
            }
        }
        let whole = fold(total, |a, b| a + b);
        let whole = rest.iter().fold(whole, |sum, value| sum + exp::<BITS>(value - most));
        *sum = most + whole.ln();
    }
}

vectorised! {
    /// `share` of the softmax of a row, whose sum's logarithm is `sum`.
    pub fn shares(row: &[f32], sum: f32, share: f32, out: &mut [Slot]) = shares_body
}

#[inline(always)]
fn shares_body<const BITS: usize>(row: &[f32], sum: f32, share: f32, out: &mut [Slot]) {
    write_each(out, row, |value| exp::<BITS>(value - sum) * share);
}
