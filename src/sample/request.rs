//! What text is asked for, and how it is shown.

use std::path::Path;

use super::choose::Choice;

/// What text is asked for.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    pub source: Asked<'a>,
    /// Text to go on from; empty for none.
    pub prompt: &'a str,
    pub terms: Terms,
    /// How it is shown.
    pub form: Form,
}

/// Whose text.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Saved weights, a folder of results, or a folder from Hugging Face.
    pub path: &'a Path,
    /// Runs of the results by identity.
    pub runs: &'a [String],
    /// An arm of the results, as `wane export` names it.
    pub arm: Option<&'a str>,
    /// The weights of the lowest val loss in the place of the last.
    pub best: bool,
    /// The tokenizer, where it is not beside the weights.
    pub tokenizer: Option<&'a Path>,
}

/// How much text, and how it is chosen.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Most tokens of a text.
    pub tokens: usize,
    /// Texts of every model.
    pub samples: usize,
    pub choice: Choice,
    /// Of the draws: text `i` of a model depends on this and `i`, and on nothing beside it.
    pub seed: u64,
}

/// How texts are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people on a terminal: headings over several, characters that would steer it written out.
    Terminal,
    /// As they are, with an empty line between several.
    Plain,
    /// A line of JSON for each, when it is complete.
    Json,
}
