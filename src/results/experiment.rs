use serde::{Deserialize, Serialize};

use crate::config::{AnalysisTerms, Claim, Excerpts, Split, Texts};
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
    /// The file of the weights that every run started from; missing for fresh models and in files of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init: Option<String>,
    /// Where the text came from.
    pub data: String,
    /// What that was recognised as; empty in files of older versions.
    #[serde(default)]
    pub recognised: String,
    /// Its characters, if its tokens are characters.
    #[serde(default)]
    pub alphabet: Option<String>,
    /// SHA-256 of the file that its tokenizer is kept in; empty without one, missing in files of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokenizer: Option<String>,
    /// How much of val and test never occurs in train, if anything.
    #[serde(default)]
    pub unseen: Option<String>,
    /// Shares of val and test that never occur in train, in the mean of its texts; missing in files of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unseen_shares: Option<[f64; 2]>,
    /// What of val and test is in another split word for word, if it is more than texts have in common.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copied: Option<String>,
    /// How much of its tokens is one over and over, if it is more than texts have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub padding: Option<String>,
    /// Shares of val and test that are; missing in files of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub padding_shares: Option<[f64; 2]>,
    /// SHA-256 over vocabulary and tokens: of all splits where all seeds have one train text, else of val and
    /// test.
    pub digest: String,
    /// How its runs are judged.
    #[serde(default)]
    pub analysis: AnalysisTerms,
    /// Tokens of each split; `None` in files of older versions.
    #[serde(default)]
    pub splits: Option<Split>,
    /// Whether every seed has a train text of its own; `None` in files of older versions.
    #[serde(default)]
    pub texts: Option<Texts>,
    /// Tokens that train texts of seeds are cut from; missing where each is written anew or all have one, and in files of
    /// older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<usize>,
    /// What was decided about splits and texts for lack of a word in the spec.
    #[serde(default)]
    pub decided: Vec<String>,
    /// Rules whose search ended at its `most_runs`, before it was sure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cut_off: Vec<String>,
    /// What its spec claims, each with the time at which that was first seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
    /// What trained its runs, and the command that wrote its files.
    pub provenance: Provenance,
}

impl Experiment {
    /// What the train texts of seeds are cut from, where that is known.
    pub fn excerpts(&self) -> Option<Excerpts> {
        Some(Excerpts { pool: self.pool?, length: self.splits?.train })
    }
}
