//! Reading on with keys and values that are kept, against reading everything anew.

use super::*;
use crate::corpus::Token;

pub const CONTEXT: usize = 12;

/// Every family, with heads that are shared, a window that hides, experts that are left out.
pub fn shapes() -> Vec<ModelShape> {
    let shape = |family: &Family| {
        let gpt2 = ModelShape::gpt2(2, 4, 16, CONTEXT);
        let mut shape = ModelShape { family: *family, ..gpt2 };
        if family.facts().keys.contains(&"kv_heads") {
            shape.kv_heads = Some(2);
        }
        if family.facts().keys.contains(&"window") {
            shape.window = Some(5);
        }
        (family.facts().imply)(&mut shape);
        shape
    };
    Family::ALL.iter().map(shape).collect()
}

/// Weights of the size they have after training.
struct Drawn;

impl WithModel for Drawn {
    type Output = LaneWeights;

    fn run<M: LanguageModel>(self, model: M, parameters: Vec<Parameter>) -> LaneWeights {
        let mut weights = lane_weights(&model, &parameters, 0).unwrap();
        weights.values_mut().flatten().for_each(|number| *number *= 4.0);
        weights
    }
}

pub fn drawn(shape: &ModelShape, seed: u64) -> LaneWeights {
    let first = FirstWeights::new(vec![LaneStart::Seed(seed)], &Device::flex());
    with_model(shape, VOCABULARY, first, Drawn)
}

/// The scores of every token of one window, `[tokens, vocabulary]`.
struct Whole<'a>(&'a [Token]);

impl WithModel for Whole<'_> {
    type Output = Vec<f32>;

    fn run<M: LanguageModel>(self, model: M, _: Vec<Parameter>) -> Vec<f32> {
        let text = [self.0, &[0]].concat();
        let block = TokenBlock::cut(&text, &[0], self.0.len());
        let tokens = Tokens::new(&[block], VOCABULARY, self.0.len(), &Device::flex());
        model.logits(&tokens).try_into_vec_as().unwrap()
    }
}

pub fn whole(shape: &ModelShape, weights: &LaneWeights, window: &[Token]) -> Vec<f32> {
    let lane = LaneStart::Weights(Arc::new(weights.clone()));
    let first = FirstWeights::new(vec![lane], &Device::flex());
    with_model(shape, VOCABULARY, first, Whole(window))
}

fn window(seed: usize) -> Vec<Token> {
    (0..CONTEXT)
        .map(|place| ((place * place + seed * 7 + place / 3) % VOCABULARY) as Token)
        .collect()
}

/// Texts of several windows, `from..to` of each.
fn parts(windows: &[Vec<Token>], from: usize, to: usize) -> Vec<Token> {
    windows.iter().flat_map(|window| &window[from..to]).copied().collect()
}

#[test]
fn scores_with_what_was_kept_are_those_of_the_whole_window_in_every_family_and_lane() {
    for shape in shapes() {
        let lanes = [drawn(&shape, 1), drawn(&shape, 2)];
        let windows = [window(0), window(1)];
        let expected: Vec<Vec<f32>> =
            (0..2).map(|lane| whole(&shape, &lanes[lane], &windows[lane])).collect();
        for first in [1, 5, CONTEXT] {
            let mut reader = reader(&shape, VOCABULARY, lanes.to_vec(), CONTEXT);
            let mut scores = reader.read(&parts(&windows, 0, first)).unwrap();
            for read in first..=CONTEXT {
                assert_eq!(reader.read_so_far(), read);
                for lane in 0..2 {
                    let found = &scores[lane * VOCABULARY..][..VOCABULARY];
                    let expected = &expected[lane][(read - 1) * VOCABULARY..][..VOCABULARY];
                    // Scores are sums of terms as large as the largest of them.
                    let most = expected.iter().fold(1f32, |most, score| most.max(score.abs()));
                    for (found, expected) in found.iter().zip(expected) {
                        assert!(
                            (found - expected).abs() < 1e-5 * most,
                            "{:?} after {read}: {found} against {expected}",
                            shape.family
                        );
                    }
                }
                if read < CONTEXT {
                    scores = reader.read(&parts(&windows, read, read + 1)).unwrap();
                }
            }
        }
    }
}

#[test]
fn a_window_scores_the_same_bits_alone_and_among_any_others_however_it_is_read() {
    for shape in shapes() {
        let lanes = [drawn(&shape, 1), drawn(&shape, 2)];
        let windows: Vec<Vec<Token>> = (0..22).map(window).collect();
        let mut many = reader(&shape, VOCABULARY, lanes.to_vec(), CONTEXT);
        many.repeat(11);
        let mut scores = many.read(&parts(&windows, 0, 7)).unwrap();
        for read in 7..10 {
            scores = many.read(&parts(&windows, read, read + 1)).unwrap();
        }
        for (place, window) in windows.iter().enumerate() {
            let lane = lanes[place / 11].clone();
            let mut alone = reader(&shape, VOCABULARY, vec![lane], CONTEXT);
            let found = alone.read(&window[..10]).unwrap();
            assert_eq!(found, scores[place * VOCABULARY..][..VOCABULARY], "{:?}", shape.family);
        }
    }
}

#[test]
fn a_window_that_is_repeated_goes_on_as_each_would_alone() {
    for shape in shapes() {
        let lanes = vec![drawn(&shape, 3), drawn(&shape, 4)];
        let mut several = reader(&shape, VOCABULARY, lanes.clone(), CONTEXT);
        several.read(&[1, 2, 3, 4, 5, 6]).unwrap();
        several.repeat(2);
        let scores = several.read(&[7, 8, 7, 8]).unwrap();
        for (place, last) in [7, 8, 7, 8].into_iter().enumerate() {
            let mut alone = reader(&shape, VOCABULARY, vec![lanes[place / 2].clone()], CONTEXT);
            let first: [Token; 3] = if place < 2 { [1, 2, 3] } else { [4, 5, 6] };
            let expected = alone.read(&[&first[..], &[last]].concat()).unwrap();
            assert_eq!(scores[place * VOCABULARY..][..VOCABULARY], expected);
        }
    }
}

#[test]
fn what_is_forgotten_leaves_no_trace() {
    let shape = shapes()[0];
    let mut reader = reader(&shape, VOCABULARY, vec![drawn(&shape, 3)], CONTEXT);
    let first = reader.read(&[1, 2, 3]).unwrap();
    reader.read(&[4]).unwrap();
    reader.begin(1);
    assert_eq!(reader.read_so_far(), 0);
    assert_eq!(reader.read(&[1, 2, 3]).unwrap(), first);
}
