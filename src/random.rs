//! Counter-based random numbers: every consumer names its stream, so no number depends on what
//! was drawn before, on the device, or on how runs are grouped.

use chacha20::rand_core::block::Generator;
use chacha20::rand_core::{Rng, SeedableRng};
use chacha20::variants::Legacy;
use chacha20::{ChaCha8Rng, ChaChaCore, R8};
use rand_distr::{Distribution, StandardNormal};
use sha2::{Digest, Sha256};

/// The stream of numbers that belongs to a purpose and its keys (a seed and a parameter's name, a
/// seed and a step). The ChaCha8 key is the SHA-256 of both.
pub fn stream(purpose: &str, keys: &[&[u8]]) -> ChaCha8Rng {
    ChaCha8Rng::from_seed(key(purpose, keys))
}

/// The first `count` words of that stream, a block of them at a time: many, without a copy.
pub fn words(purpose: &str, keys: &[&[u8]], count: usize, mut take: impl FnMut(&[u32])) {
    const BLOCK: usize = 64;
    let mut core = ChaChaCore::<R8, Legacy>::from_seed(key(purpose, keys));
    let mut block = [0; BLOCK];
    for start in (0..count).step_by(BLOCK) {
        core.generate(&mut block);
        take(&block[..BLOCK.min(count - start)]);
    }
}

fn key(purpose: &str, keys: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in std::iter::once(purpose.as_bytes()).chain(keys.iter().copied()) {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// A number in [0, 1) with 53 random bits.
pub fn unit(rng: &mut ChaCha8Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 * (-53f64).exp2()
}

/// An integer in `0..bound`, by a 64×64-bit multiplication (its bias is below `bound` / 2⁶⁴).
pub fn below(rng: &mut ChaCha8Rng, bound: usize) -> usize {
    ((u128::from(rng.next_u64()) * bound as u128) >> 64) as usize
}

/// Puts a list into a random order, each as likely as any other (Durstenfeld 1964).
pub fn shuffle<T>(rng: &mut ChaCha8Rng, list: &mut [T]) {
    for last in (1..list.len()).rev() {
        list.swap(last, below(rng, last + 1));
    }
}

/// `count` draws from N(0, `std`²).
pub fn normals(rng: &mut ChaCha8Rng, std: f64, count: usize) -> Vec<f32> {
    (0..count)
        .map(|_| {
            let draw: f64 = StandardNormal.sample(rng);
            (draw * std) as f32
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_with_different_names_differ_and_equal_names_agree() {
        let first = |purpose: &str, keys: &[&[u8]]| stream(purpose, keys).next_u64();
        assert_eq!(first("batch", &[b"ab"]), first("batch", &[b"ab"]));
        assert_ne!(first("batch", &[b"ab"]), first("batch", &[b"a", b"b"]));
        assert_ne!(first("batch", &[b"ab"]), first("weights", &[b"ab"]));
    }

    #[test]
    fn words_in_blocks_are_those_of_the_stream_one_after_another() {
        for count in [0, 1, 64, 65, 1000] {
            let mut words = Vec::new();
            super::words("noise", &[b"key"], count, |block| words.extend_from_slice(block));
            let mut one_by_one = stream("noise", &[b"key"]);
            assert!(words.iter().all(|word| *word == one_by_one.next_u32()));
            assert_eq!(words.len(), count);
        }
    }

    #[test]
    fn normals_have_the_requested_spread() {
        let draws = normals(&mut stream("test", &[]), 0.02, 20_000);
        let mean = draws.iter().map(|x| f64::from(*x)).sum::<f64>() / 20_000.0;
        let variance = draws.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 5e-4);
        assert!((variance.sqrt() - 0.02).abs() < 5e-4);
    }

    #[test]
    fn a_shuffled_list_holds_the_same_in_any_order() {
        let mut rng = stream("shuffle", &[]);
        let mut firsts = [0usize; 4];
        for _ in 0..4000 {
            let mut list = [0, 1, 2, 3];
            shuffle(&mut rng, &mut list);
            firsts[list[0]] += 1;
            list.sort_unstable();
            assert_eq!(list, [0, 1, 2, 3]);
        }
        assert!(firsts.iter().all(|count| (850..1150).contains(count)), "{firsts:?}");
    }

    #[test]
    fn bounded_integers_reach_every_value_and_no_other() {
        let mut rng = stream("test", &[]);
        let mut seen = [0usize; 7];
        for _ in 0..7000 {
            seen[below(&mut rng, 7)] += 1;
        }
        assert!(seen.iter().all(|count| (800..1200).contains(count)), "{seen:?}");
    }
}
