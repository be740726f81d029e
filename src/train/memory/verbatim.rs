//! Greedy continuations of prompts that are the text, word for word.

use anyhow::Result;

use super::windows::Windows;
use crate::config::Verbatim;
use crate::corpus::{Token, spread_windows};
use crate::model::LanguageModel;
use crate::train::Cohort;

/// Prompts of one split, evenly spaced over it.
///
/// Nothing is generated: a greedy continuation is the text for k tokens exactly where, reading the text itself, the token
/// with the highest score is the next one of the text at each of the k places behind the prompt.
pub struct Continuations {
    windows: Windows,
    lanes: usize,
    terms: Verbatim,
    /// Prompts of a text that is too short for as many as are asked for.
    prompts: usize,
}

/// What came of the prompts of a lane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Continued {
    /// Share of the prompts whose continuation is verbatim.
    pub share: f64,
    /// Tokens of the longest beginning of a continuation that is the text.
    pub longest: usize,
}

impl Continuations {
    /// Of each lane's text, all of one length.
    pub fn new(cohort: &Cohort, texts: Vec<&[Token]>, terms: Verbatim) -> Self {
        let (tokens, stride) = (texts[0].len(), cohort.corpus.stride);
        let starts = spread_windows(tokens, cohort.context(), terms.prompts, stride);
        let windows = Windows::new(cohort, &texts, &starts);
        Continuations { windows, lanes: texts.len(), terms, prompts: starts.len() }
    }

    /// Continues the prompts of every lane.
    ///
    /// # Errors
    /// A device that fails.
    pub fn ask<M: LanguageModel>(&self, model: &M) -> Result<Vec<Continued>> {
        let continued = |lengths: Vec<usize>| Continued {
            share: share(
                lengths.iter().filter(|length| **length >= self.terms.tokens).count(),
                &lengths,
            ),
            longest: lengths.into_iter().max().unwrap_or(0),
        };
        Ok(self.lengths(model)?.into_iter().map(continued).collect())
    }

    /// How many tokens of each continuation are the text before the first that is not, by lane.
    pub fn lengths<M: LanguageModel>(&self, model: &M) -> Result<Vec<Vec<usize>>> {
        let mut lengths = vec![vec![0; self.prompts]; self.lanes];
        self.windows.visit(model, |row| {
            let Some(behind) = (row.place + 1).checked_sub(self.terms.after) else { return };
            let length = &mut lengths[row.lane][row.window];
            // What comes after a wrong token is no continuation of this text.
            if *length == behind && row.highest() == row.target {
                *length += 1;
            }
        })?;
        Ok(lengths)
    }
}

fn share(count: usize, of: &[usize]) -> f64 {
    count as f64 / of.len() as f64
}
