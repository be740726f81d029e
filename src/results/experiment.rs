use serde::{Deserialize, Serialize};

use crate::config::AnalysisTerms;
use crate::record::Provenance;

/// `experiment.json`: what was asked, of what, by which program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Experiment {
    /// Name of the experiment.
    pub name: String,
    /// What it is to answer.
    pub question: Option<String>,
    /// The spec's file, as it was written.
    pub spec: String,
    /// Where the text came from.
    pub data: String,
    /// What that was recognised as; empty in files of older versions.
    #[serde(default)]
    pub recognised: String,
    /// Its characters, if its tokens are characters.
    #[serde(default)]
    pub alphabet: Option<String>,
    /// How much of val never occurs in train, if anything.
    #[serde(default)]
    pub unseen: Option<String>,
    /// SHA-256 over vocabulary and tokens.
    pub digest: String,
    /// How its runs are judged.
    #[serde(default)]
    pub analysis: AnalysisTerms,
    /// What trained its runs, and the command that wrote its files.
    pub provenance: Provenance,
}
