//! Texts of the models of one shape, all at once.

use anyhow::{Context, Result};

use super::request::Terms;
use super::turns::Turns;
use crate::config::ModelShape;
use crate::corpus::Token;
use crate::model::{Reader, reader};
use crate::random;
use crate::record::LaneWeights;

/// Bytes of keys and values that are kept at once; samples beyond them come after the others.
const MOST_KEPT: usize = 1 << 30;

/// Models of one shape, a lane each.
pub struct Cohort<'a> {
    pub shape: &'a ModelShape,
    pub vocabulary: usize,
    pub lanes: Vec<LaneWeights>,
    /// The place of the first among the models of the call.
    pub first: usize,
    /// The token that ends a text, if there is one.
    pub end: Option<Token>,
}

/// Lets every lane go on from a prompt; returns how many tokens were chosen.
pub fn generate(
    cohort: Cohort,
    prompt: &[Token],
    terms: &Terms,
    turns: &mut Turns,
) -> Result<usize> {
    let Cohort { shape, vocabulary, lanes, first, end } = cohort;
    let (count, context) = (lanes.len(), shape.context);
    let room = context.min(prompt.len().saturating_add(terms.tokens));
    let kept = [2 * size_of::<f32>(), shape.layers, shape.kv_channels(), room, count];
    let kept = kept.into_iter().fold(1, usize::saturating_mul);
    let at_once = (MOST_KEPT / kept.max(1)).clamp(1, terms.samples);
    let mut reader = reader(shape, vocabulary, lanes, room);
    let mut chosen = 0;
    for sample in (0..terms.samples).step_by(at_once) {
        let samples = at_once.min(terms.samples - sample);
        let text = |window: usize| Text {
            place: (first + window / samples, sample + window % samples),
            tokens: prompt.to_vec(),
            ended: false,
        };
        let texts = (0..count * samples).map(text).collect();
        let mut group = Group { texts, samples, context, vocabulary, end, terms, chosen: 0 };
        group.grow(&mut *reader, prompt, turns)?;
        chosen += group.chosen;
        if !turns.is_heard() {
            break;
        }
    }
    Ok(chosen)
}

/// Texts that grow together.
struct Group<'a> {
    /// Lane by lane, as many of each.
    texts: Vec<Text>,
    /// Of a lane.
    samples: usize,
    context: usize,
    vocabulary: usize,
    end: Option<Token>,
    terms: &'a Terms,
    /// Tokens that were chosen.
    chosen: usize,
}

struct Text {
    /// Its model and its number among that model's samples.
    place: (usize, usize),
    tokens: Vec<Token>,
    ended: bool,
}

impl Group<'_> {
    fn grow(&mut self, reader: &mut dyn Reader, prompt: &[Token], turns: &mut Turns) -> Result<()> {
        let seen = &prompt[prompt.len().saturating_sub(self.context)..];
        reader.begin(1);
        let scores = reader.read(&seen.repeat(self.texts.len() / self.samples))?;
        reader.repeat(self.samples);
        let of_lane = scores.chunks_exact(self.vocabulary);
        let mut scores: Vec<f32> = of_lane.flat_map(|lane| lane.repeat(self.samples)).collect();
        for number in 0..self.terms.tokens {
            self.choose(number, &scores, turns)?;
            let is_last = number + 1 == self.terms.tokens;
            if is_last || self.texts.iter().all(|text| text.ended) || !turns.is_heard() {
                break;
            }
            scores = self.read_on(reader)?;
        }
        for text in self.texts.iter().filter(|text| !text.ended) {
            turns.ended(text.place)?;
        }
        Ok(())
    }

    /// The next token of every text; one that has ended repeats its last, which nobody sees.
    fn choose(&mut self, number: usize, scores: &[f32], turns: &mut Turns) -> Result<()> {
        let Terms { seed, choice, .. } = self.terms;
        let texts = self.texts.iter_mut().zip(scores.chunks_exact(self.vocabulary));
        for (text, scores) in texts {
            if text.ended {
                text.tokens.extend(text.tokens.last().copied());
                continue;
            }
            let keys = [*seed, text.place.1 as u64, number as u64].map(u64::to_le_bytes);
            let keys = keys.each_ref().map(<[u8; 8]>::as_slice);
            let draw = random::unit(&mut random::stream("sample", &keys));
            let chosen = choice.choose(scores, draw);
            let chosen = chosen.with_context(|| turns.model(text.place.0).to_owned())?;
            self.chosen += 1;
            text.tokens.push(chosen.token);
            text.ended = Some(chosen.token) == self.end;
            match text.ended {
                true => turns.ended(text.place)?,
                false => turns.said(text.place, chosen)?,
            }
        }
        Ok(())
    }

    /// Reads what was chosen. Where a window is full, the last half of it is read again as the beginning of the next:
    /// no position lies beyond the context that the model was trained with.
    fn read_on(&self, reader: &mut dyn Reader) -> Result<Vec<f32>> {
        let is_full = reader.read_so_far() == self.context;
        let count = if is_full { (self.context / 2).max(1) } else { 1 };
        if is_full {
            reader.begin(self.samples);
        }
        let last = self.texts.iter().flat_map(|text| &text.tokens[text.tokens.len() - count..]);
        reader.read(&last.copied().collect::<Vec<_>>())
    }
}
