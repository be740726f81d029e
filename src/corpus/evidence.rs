//! How wide the tokens of a file without a header are. Nothing in such a file says it, but a wrong
//! width shows: real tokens do not know whether their place is even or odd.

mod floats;
mod halves;
mod others;

use anyhow::{Context, Result, ensure};

use super::encoding::is_plain;
use super::layout::Width;
use halves::Halves;
use others::{refuse_bytes, refuse_other_contents, refuse_places, vary};

/// Fewer 16-bit words than this prove nothing: short texts may have zeros at every second place.
const LEAST_WORDS: usize = 32;

/// What to do where a file is refused that is one of tokens all the same.
const OTHERWISE: &str = "it does not look like tokens; if it holds them, say how wide they are, such as \"dtype\": \"uint16\" in meta.json";

/// Checks a width that is stated against what the beginning of a file shows beyond doubt.
///
/// # Errors
/// Tokens of 8 or of 16 bits whose every second one would be 0, while the others vary.
pub fn check_stated(head: &[u8], stated: Width) -> Result<()> {
    let words: Vec<u16> =
        head.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
    let halves = Halves::of(&words);
    let is_wide = halves.are_of_four() || halves.are_of_eight();
    let are_others = halves.are_of_four() && vary(words.iter().step_by(2));
    let zeros_lie_as_in = match stated {
        Width::Two if is_wide && (halves.are_large() || are_others) => Some("32 or 64"),
        Width::One if vary(&words) && words.iter().all(|word| *word < 256) => Some("16 or more"),
        _ => None,
    };
    let told = zeros_lie_as_in.filter(|_| words.len() >= LEAST_WORDS);
    ensure!(
        told.is_none(),
        "meta.json says that its tokens have {} bits, but its zeros lie as in tokens of {}; correct dtype, or write a \
         .npy file, whose header tells of it",
        8 * stated.bytes(),
        told.unwrap_or_default()
    );
    Ok(())
}

/// The width that the beginning of a file of `length` bytes shows; `None` if it shows none, as where it
/// is short or all zero.
///
/// # Errors
/// No tokens, tokens in an order of bytes that is not read, or signs that contradict each other.
pub fn width(head: &[u8], length: u64) -> Result<Option<Width>> {
    ensure!(!is_text(head), "it holds text, not tokens; give the file itself as data.source");
    ensure!(
        length.is_multiple_of(2),
        "it has {length} bytes, an odd number: it is no file of uint16 tokens, or it was cut short"
    );
    let words: Vec<u16> =
        head.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
    if words.len() < LEAST_WORDS || words.iter().all(|word| *word == 0) {
        return Ok(None);
    }
    refuse_other_contents(&words).context(OTHERWISE)?;
    let width = match Halves::of(&words) {
        halves if halves.are_of_eight() => Width::Eight,
        halves if halves.are_of_four() => Width::Four,
        halves => {
            halves.refuse_half_evidence()?;
            refuse_bytes(&words).context(OTHERWISE)?;
            refuse_places(&words).context(OTHERWISE)?;
            Width::Two
        }
    };
    let bytes = width.bytes();
    ensure!(
        width == Width::Two || length.is_multiple_of(bytes),
        "its zeros lie as in tokens of {bytes} bytes, but {length} bytes are no multiple of {bytes}: \
         it was cut short, or has a header that is not known"
    );
    Ok(Some(width))
}

/// The last character of a beginning may be cut.
fn is_text(head: &[u8]) -> bool {
    (0..4).any(|cut| head.len() > cut && is_plain(&head[..head.len() - cut]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(bytes: &[u8]) -> Result<Option<Width>> {
        width(bytes, bytes.len() as u64)
    }

    fn refused(bytes: &[u8], word: &str) {
        let error = format!("{:#}", of(bytes).unwrap_err());
        assert!(error.contains(word), "{error}");
    }

    proptest! {
        #[test]
        fn any_bytes_give_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = of(&bytes);
        }

        #[test]
        fn tokens_tell_their_width(tokens in proptest::collection::vec(1_u16..50_257, 64..300)) {
            let bytes = |token: &u16| token.to_le_bytes();
            let two: Vec<u8> = tokens.iter().flat_map(bytes).collect();
            let four: Vec<u8> =
                tokens.iter().flat_map(|token| u32::from(*token).to_le_bytes()).collect();
            let eight: Vec<u8> =
                tokens.iter().flat_map(|token| u64::from(*token).to_le_bytes()).collect();
            prop_assert_eq!(of(&two).unwrap(), Some(Width::Two));
            prop_assert_eq!(of(&four).unwrap(), Some(Width::Four));
            prop_assert_eq!(of(&eight).unwrap(), Some(Width::Eight));
        }

        #[test]
        fn tokens_of_a_few_letters_are_not_taken_for_wide_ones(
            tokens in proptest::collection::vec(1_u16..4, 64..300)
        ) {
            let bytes: Vec<u8> = tokens.iter().flat_map(|token| token.to_le_bytes()).collect();
            prop_assert_eq!(of(&bytes).unwrap(), Some(Width::Two));
        }
    }

    #[test]
    fn tokens_of_few_values_are_tokens_of_16_bits() {
        let tokens = |of: &dyn Fn(u16) -> u16| -> Vec<u8> {
            (0..4000_u16).flat_map(|n| of(n).to_le_bytes()).collect()
        };
        for token in [
            &(|_: u16| 256_u16) as &dyn Fn(u16) -> u16,
            &|_| 15_999,
            &|_| 16_256,
            &|n| 256 + n % 16,
            &|n| 2048 + n % 52,
            &|n| 15_997 + n % 3,
            &|n| n % 2 * 256,
            &|n| 2048 + n / 32,
            &|n| 25_600 + n % 6144,
            &|n| n % 2,
            &|n| n % 2 * (n / 2 % 997),
        ] {
            assert_eq!(of(&tokens(token)).unwrap(), Some(Width::Two), "{}", token(3));
        }
    }

    #[test]
    fn a_width_that_is_stated_is_taken_unless_every_second_token_would_be_zero() {
        let bytes: Vec<u8> = (0..200_u32).flat_map(|n| (n * 200).to_le_bytes()).collect();
        assert!(check_stated(&bytes, Width::Two).is_err());
        assert!(check_stated(&bytes, Width::Four).is_ok());
        let small: Vec<u8> = (0..200_u32).flat_map(|n| (n % 58).to_le_bytes()).collect();
        assert!(check_stated(&small, Width::Two).is_err());
        assert!(check_stated(&small, Width::Four).is_ok());
        let bytes: Vec<u8> = (0..200_u16).flat_map(|n| (n % 58).to_le_bytes()).collect();
        assert!(check_stated(&bytes, Width::One).is_err());
        assert!(check_stated(&bytes, Width::Two).is_ok());
        let alternating: Vec<u8> =
            (0..200_u16).flat_map(|n| [(n + 1) % 2, 0]).map(|n| n as u8).collect();
        assert!(check_stated(&alternating, Width::Two).is_ok());
    }

    #[test]
    fn tokens_of_one_byte_are_refused_however_many_values_they_take() {
        let mut state = 7_u64;
        let mut drawn = |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for values in [150, 196] {
            let bytes: Vec<u8> = (0..40_000).map(|_| drawn(values) as u8).collect();
            refused(&bytes, "uint8");
            let few = &bytes[..2000];
            assert_eq!(of(few).unwrap(), Some(Width::Two), "too few to tell");
        }
        for values in [50_257, 65_536] {
            let two: Vec<u8> =
                (0..20_000).flat_map(|_| (drawn(values) as u16).to_le_bytes()).collect();
            assert_eq!(of(&two).unwrap(), Some(Width::Two), "{values}");
        }
    }

    #[test]
    fn tokens_beyond_16_bits_are_seen() {
        let bytes: Vec<u8> = (0..200_u32).flat_map(|n| (n * 641).to_le_bytes()).collect();
        assert_eq!(of(&bytes).unwrap(), Some(Width::Four));
    }

    #[test]
    fn what_is_no_tokens_is_refused_with_what_it_is() {
        let swapped: Vec<u8> = (1..200_u16).flat_map(u16::to_be_bytes).collect();
        refused(&swapped, "big-endian");
        let wide_swapped: Vec<u8> = (1..200_u32).flat_map(u32::to_be_bytes).collect();
        refused(&wide_swapped, "big-endian");
        let single: Vec<u8> = (0..200_u8).map(|n| n % 65).collect();
        refused(&single, "uint8");
        let kinds = [("float32", 4), ("float64", 8), ("float16", 2), ("bfloat16", 2)];
        for (kind, bytes) in kinds {
            let written = |n: u16| match kind {
                "float32" => f32::from(n).to_le_bytes().to_vec(),
                "float64" => f64::from(n).to_le_bytes().to_vec(),
                "float16" => half::f16::from_f32(f32::from(n)).to_le_bytes().to_vec(),
                _ => half::bf16::from_f32(f32::from(n)).to_le_bytes().to_vec(),
            };
            let floats: Vec<u8> = (0..400_u16).flat_map(|n| written(n * 17 % 251)).collect();
            assert_eq!(floats.len(), 400 * bytes);
            refused(&floats, kind);
        }
        // Any numbers, and whole ones with others between them.
        let any = |n: u32| (n as f32 * 0.37).sin();
        let floats: Vec<u8> = (0..4000).flat_map(|n| any(n).to_le_bytes()).collect();
        refused(&floats, "floating-point");
        let floats: Vec<u8> = (0..4000).flat_map(|n| f64::from(any(n)).to_le_bytes()).collect();
        refused(&floats, "floating-point");
        let padded = |n: u32| if n.is_multiple_of(50) { -100.0 } else { (n * 7919 % 50257) as f32 };
        let floats: Vec<u8> = (0..4000).flat_map(|n| padded(n).to_le_bytes()).collect();
        refused(&floats, "floating-point");
        let swapped: Vec<u8> = (0..4000).flat_map(|n| padded(n).to_be_bytes()).collect();
        refused(&swapped, "floating-point");
        // As Zipf's law has it: the token of rank r for a share of 1/r.
        let zipf = |n: u32| ((8.0 * f64::from(n) / 4000.0).exp() * 10.0) as u16 + (n % 7) as u16;
        let little: Vec<u8> = (0..4000).flat_map(|n| zipf(n).to_le_bytes()).collect();
        let big: Vec<u8> = (0..4000).flat_map(|n| zipf(n).to_be_bytes()).collect();
        assert_eq!(of(&little).unwrap(), Some(Width::Two));
        refused(&big, "big-endian");
        refused("To be or not to be. ".repeat(20).as_bytes(), "holds text");
        let mut header = vec![0; 1024];
        header[0] = 7;
        header.extend((0..400_u16).flat_map(|n| (n * 91).to_le_bytes()));
        refused(&header, "header");
        let torn = |n: u16| [n + 300, u16::from(n.is_multiple_of(20)) * 999];
        let torn: Vec<u8> = (0..200).flat_map(torn).flat_map(u16::to_le_bytes).collect();
        refused(&torn, "neither");
    }

    #[test]
    fn wide_tokens_that_were_cut_are_refused() {
        let bytes: Vec<u8> = (1..200_u32).flat_map(u32::to_le_bytes).collect();
        refused(&bytes[..bytes.len() - 2], "multiple of 4");
    }
}
