//! Drawings scaled down to a third of their size.

/// How much a pixel takes of those around it, in either direction: a triangle over five.
const WEIGHTS: [u32; 5] = [1, 2, 3, 2, 1];
/// Their sum.
const WHOLE: u32 = 9;
const CHANNELS: usize = 3;

/// RGB pixels of a drawing that is three times as wide and as high, scaled down to `width` × `height`.
pub fn to_a_third(large: &[u8], width: usize, height: usize) -> Vec<u8> {
    let mut small = Vec::with_capacity(width * height * CHANNELS);
    let mut column_sums = vec![0; 3 * width * CHANNELS];
    for y in 0..height {
        let whole = add_rows(large, &mut column_sums, y, height);
        for x in 0..width {
            (0..CHANNELS).for_each(|channel| small.push(mean(&column_sums, x, channel, whole)));
        }
    }
    small
}

/// The columns of the rows around a row; returns the sum of the weights of those that there are.
fn add_rows(large: &[u8], sums: &mut [u32], y: usize, height: usize) -> u32 {
    sums.fill(0);
    let mut whole = 0;
    for (row, weight) in around(y, height) {
        let row = &large[row * sums.len()..][..sums.len()];
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * u32::from(*value));
        whole += weight;
    }
    whole
}

fn mean(column_sums: &[u32], x: usize, channel: usize, whole: u32) -> u8 {
    let width = column_sums.len() / CHANNELS / 3;
    let (mut sum, mut weights) = (0, 0);
    for (column, weight) in around(x, width) {
        sum += weight * column_sums[column * CHANNELS + channel];
        weights += weight;
    }
    // A division by a number that the compiler knows takes a tenth of the time.
    let rounded = match (whole, weights) {
        (WHOLE, WHOLE) => (2 * sum + WHOLE * WHOLE) / (2 * WHOLE * WHOLE),
        _ => (2 * sum + whole * weights) / (2 * whole * weights),
    };
    rounded as u8
}

/// The places in the drawing around a place of its third, with their weights; beyond the ends there are none.
fn around(place: usize, size: usize) -> impl Iterator<Item = (usize, u32)> {
    let weighted = WEIGHTS.into_iter().enumerate();
    let first = 3 * place;
    weighted
        .map(move |(offset, weight)| (first + offset, weight))
        .filter(move |(shifted, _)| (1..=3 * size).contains(shifted))
        .map(|(shifted, weight)| (shifted - 1, weight))
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
