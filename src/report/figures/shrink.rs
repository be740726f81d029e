//! Drawings scaled down to a third of their size.

/// How much a pixel takes of those around it, in either direction: a triangle over five.
const WEIGHTS: [u16; 5] = [1, 2, 3, 2, 1];
/// Their sum.
const WHOLE: u32 = 9;
const CHANNELS: usize = 3;

/// RGB pixels of a drawing that is three times as wide and as high, scaled down to `width` × `height`.
pub fn to_a_third(large: &[u8], width: usize, height: usize) -> Vec<u8> {
    let mut small = Vec::with_capacity(width * height * CHANNELS);
    // With a column of zeros at either end, for what a pixel would take from beyond it.
    let mut sums = vec![0; (3 * width + 2) * CHANNELS];
    let mut inside = vec![0; (3 * width - 2) * CHANNELS];
    for y in 0..height {
        let whole = add_rows(large, &mut sums, y, height);
        if whole == WHOLE {
            means_inside(&sums, &mut inside);
        }
        for x in 0..width {
            let missing = u32::from(x == 0) + u32::from(x + 1 == width);
            let place = 3 * x * CHANNELS;
            if whole == WHOLE && missing == 0 {
                small.extend_from_slice(&inside[place..][..CHANNELS]);
            } else {
                let around = &sums[place..][..WEIGHTS.len() * CHANNELS];
                small.extend(means(around, whole * (WHOLE - missing)));
            }
        }
    }
    small
}

/// The columns of the rows around a row; returns the sum of the weights of those that there are.
fn add_rows(large: &[u8], sums: &mut [u16], y: usize, height: usize) -> u32 {
    sums.fill(0);
    let columns = sums.len() - 2 * CHANNELS;
    let sums = &mut sums[CHANNELS..][..columns];
    let mut whole = 0;
    for (offset, weight) in WEIGHTS.into_iter().enumerate() {
        // The row above the first and the one below the last are not there.
        let Some(row) = (3 * y + offset).checked_sub(1).filter(|row| *row < 3 * height) else {
            continue;
        };
        let row = &large[row * columns..][..columns];
        // Nine times 255 is far from the end of its type; looked at, it would be added up one by one.
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum = sum.wrapping_add(weight.wrapping_mul(u16::from(*value)));
        }
        whole += u32::from(weight);
    }
    whole
}

/// Means around every column where all weights are there, rounded. A pixel wants one of three, but a processor makes
/// many side by side in the time of one.
fn means_inside(sums: &[u16], means: &mut [u8]) {
    const ALL: u16 = (WHOLE * WHOLE) as u16;
    let at = |column: usize| &sums[column * CHANNELS..][..means.len()];
    let columns = at(0).iter().zip(at(1)).zip(at(2)).zip(at(3)).zip(at(4));
    for (mean, ((((a, b), c), d), e)) in means.iter_mut().zip(columns) {
        // At most 81 times 255, twice: within 16 bits.
        let near = b.wrapping_add(*d).wrapping_mul(2).wrapping_add(c.wrapping_mul(3));
        let sum = a.wrapping_add(*e).wrapping_add(near);
        *mean = (sum.wrapping_mul(2).wrapping_add(ALL) / (2 * ALL)) as u8;
    }
}

/// Means of five columns, rounded; `whole` is the sum of all weights.
fn means(columns: &[u16], whole: u32) -> [u8; CHANNELS] {
    let mut sums = [0; CHANNELS];
    for (place, weight) in WEIGHTS.into_iter().enumerate() {
        for channel in 0..CHANNELS {
            sums[channel] += u32::from(weight * columns[place * CHANNELS + channel]);
        }
    }
    sums.map(|sum| ((2 * sum + whole) / (2 * whole)) as u8)
}

#[cfg(test)]
mod tests {
    use image::RgbImage;
    use image::imageops::{FilterType, resize};

    use super::*;

    #[test]
    fn a_third_is_what_a_triangle_filter_makes_of_it() {
        for (width, height) in [(1, 1), (1, 7), (40, 3), (33, 29)] {
            let value = |i: u32| (i.wrapping_mul(2_654_435_761) >> 24) as u8;
            let large: Vec<u8> = (0..9 * 3 * width * height).map(value).collect();
            let small = to_a_third(&large, width as usize, height as usize);
            let image = RgbImage::from_raw(3 * width, 3 * height, large).unwrap();
            let expected = resize(&image, width, height, FilterType::Triangle).into_raw();
            let inside = |place: usize| {
                let (x, y) = (place / 3 % width as usize, place / 3 / width as usize);
                x > 0 && y > 0 && x + 1 < width as usize && y + 1 < height as usize
            };
            for (place, (own, other)) in small.iter().zip(&expected).enumerate() {
                // At the edges a mean may lie between two values, where rounding is anybody's guess.
                let room = u8::from(!inside(place));
                assert!(own.abs_diff(*other) <= room, "{width}×{height}, {place}: {own} {other}");
            }
        }
    }
}
