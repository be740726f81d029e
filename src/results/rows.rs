mod columns;
mod of_config;
mod so_far;

use serde::{Deserialize, Serialize};

use crate::config::{Family, Form, Mask, Stage, Texts};
use crate::published::Transfer;
use crate::record::Status;

pub use of_config::{other_row, planned_row, run_row};

/// A row of `runs.csv`: one arm under one seed. Losses in nats per token, at the last step unless
/// named otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRow {
    pub run: String,
    pub form: Form,
    pub mask: Option<Mask>,
    pub weight_decay: Option<f64>,
    /// Peak learning rate.
    pub lr: f64,
    pub seed: u64,
    pub status: Status,
    /// Steps taken, or the step at which it diverged.
    pub steps: usize,
    pub train_loss: Option<f64>,
    pub val_loss: Option<f64>,
    /// Generalization gap, val − train.
    pub gap: Option<f64>,
    /// Lowest val loss of all evaluations after the first step, and before it where the first weights were given.
    pub best_val_loss: Option<f64>,
    /// Where that was reached.
    #[serde(alias = "best_val_step")]
    pub best_step: Option<usize>,
    /// Λ, see [`total_decay`](crate::config::total_decay).
    pub total_decay: Option<f64>,
    /// τ, see [`timescale_steps`](crate::config::timescale_steps).
    pub timescale_steps: Option<f64>,
    /// Norm of all weights.
    pub weight_norm: Option<f32>,
    /// Wall time of its cohorts divided by their lanes.
    pub seconds: Option<f64>,
    /// Numbers in which the arm's recipe differs from `[train]`.
    pub variant: String,
    /// Exact negative log-likelihood of the val windows: no model does better on average.
    pub val_floor: Option<f64>,
    /// Backend it trained on.
    pub backend: Option<String>,
    /// Commit of the program that trained it.
    pub commit: Option<String>,
    #[serde(default)]
    pub family: Family,
    /// The published recipe that the arm takes over.
    #[serde(default)]
    pub recipe: Option<String>,
    /// How its decay is carried over.
    #[serde(default)]
    pub transfer: Option<Transfer>,
    /// Identity of the arm's model and recipe: rows that share it differ in decay and seed alone. Empty in
    /// files of older versions.
    #[serde(default)]
    pub setting: String,
    /// Val loss of a model that knows only how often each token occurs in train.
    #[serde(default)]
    pub val_unigram: Option<f64>,
    /// Training tokens read; 0 in files of older versions.
    #[serde(default)]
    pub tokens: usize,
    /// Loss of the last weights on the test windows. Like everything below, `None` in files of older
    /// versions.
    #[serde(default)]
    pub test_loss: Option<f64>,
    /// Loss on the test windows at [`best_step`](Self::best_step), measured there.
    #[serde(default)]
    pub stopped_test_loss: Option<f64>,
    /// ln V: loss of a guess among all tokens.
    #[serde(default)]
    pub test_uniform: Option<f64>,
    /// Test loss of a model that knows only how often each token occurs in the run's train text.
    #[serde(default)]
    pub test_unigram: Option<f64>,
    /// Test loss of the best n-gram model of the run's train text, its order chosen on val.
    #[serde(default)]
    pub test_ngram: Option<f64>,
    /// That order.
    #[serde(default)]
    pub test_ngram_order: Option<usize>,
    /// Exact negative log-likelihood of the test windows: no model does better on average.
    #[serde(default)]
    pub test_floor: Option<f64>,
    /// Whether every seed has a text of its own.
    #[serde(default)]
    pub texts: Option<Texts>,
    /// Seed of the run's train text; `None` where the text is fixed.
    #[serde(default)]
    pub text_seed: Option<u64>,
    /// Seed of the first weights; `None` where they came from a file.
    #[serde(default)]
    pub model_seed: Option<u64>,
    /// Seed of the order of the data.
    #[serde(default)]
    pub data_seed: Option<u64>,
    /// Identity of what no arm of the spec tunes of model and recipe: only rows that share it are compared.
    /// Empty in files of older versions.
    #[serde(default)]
    pub base: String,
    /// Keys of `[train]` that some arm of the spec tunes, with their values here: `lr=0.003 steps=600`.
    #[serde(default)]
    pub axes: String,
    /// Keys over whose values the arm's rule is compared at its own best point; λ alone where it is empty.
    #[serde(default)]
    pub tuned: String,
    /// The stage of a search that asked for the run first; `None` outside of searches.
    #[serde(default)]
    pub stage: Option<Stage>,
    /// What else the arm does against overfitting, or says of how decay acts, than the rest of the spec: such as
    /// `dropout=0.1`. Empty for nothing, and in files of older versions.
    #[serde(default)]
    pub treatment: String,
    /// Train loss of the last step's weights, where every loss above is that of averages over steps.
    #[serde(default)]
    pub last_train_loss: Option<f64>,
    /// The same of val.
    #[serde(default)]
    pub last_val_loss: Option<f64>,
    /// Bytes of text, in UTF-8, that a token of the val windows stands for, on average; `None` where the tokens say
    /// nothing of their text.
    #[serde(default)]
    pub val_bytes_per_token: Option<f64>,
    /// The same of the test windows.
    #[serde(default)]
    pub test_bytes_per_token: Option<f64>,
    /// [`val_loss`](Self::val_loss) in bits per byte of text, which losses of different tokenizers have in common.
    #[serde(default)]
    pub val_bpb: Option<f64>,
    /// The same of [`test_loss`](Self::test_loss).
    #[serde(default)]
    pub test_bpb: Option<f64>,
    /// The same of [`stopped_test_loss`](Self::stopped_test_loss).
    #[serde(default)]
    pub stopped_test_bpb: Option<f64>,
    /// The same of [`test_unigram`](Self::test_unigram).
    #[serde(default)]
    pub test_unigram_bpb: Option<f64>,
    /// The same of [`test_ngram`](Self::test_ngram).
    #[serde(default)]
    pub test_ngram_bpb: Option<f64>,
    /// Tokens of a prompt whose greedy continuation was held against the text.
    #[serde(default)]
    pub verbatim_after: Option<usize>,
    /// Tokens for which a continuation must be the text to be verbatim.
    #[serde(default)]
    pub verbatim_tokens: Option<usize>,
    /// Share of the continuations of train prompts that are verbatim.
    #[serde(default)]
    pub verbatim_train: Option<f64>,
    /// The same of val prompts.
    #[serde(default)]
    pub verbatim_val: Option<f64>,
    /// Tokens of the longest beginning of a continuation of a train prompt that is the text.
    #[serde(default)]
    pub longest_verbatim: Option<usize>,
    /// The same of val prompts.
    #[serde(default)]
    pub longest_verbatim_val: Option<usize>,
    /// Mean exposure of the planted canaries, in bits.
    #[serde(default)]
    pub exposure: Option<f64>,
    /// How often canaries are planted, with the mean exposure of those: `1=1.5 16=8`; alone where the run has not begun.
    #[serde(default)]
    pub exposure_by_repeats: String,
    /// Mean divergence from the true distribution of the next token, on the test windows.
    #[serde(default)]
    pub divergence: Option<f64>,
    /// The same at [`best_step`](Self::best_step).
    #[serde(default)]
    pub stopped_verbatim_train: Option<f64>,
    #[serde(default)]
    pub stopped_verbatim_val: Option<f64>,
    #[serde(default)]
    pub stopped_exposure: Option<f64>,
    #[serde(default)]
    pub stopped_divergence: Option<f64>,
    /// Share of val that stands word for word in the run's train text.
    #[serde(default)]
    pub val_copied: Option<f64>,
    /// The same of test.
    #[serde(default)]
    pub test_copied: Option<f64>,
    /// What other arms of the spec have otherwise and this one has as `[model]` and `[train]` say: such as `batch=4`.
    /// Empty for nothing, and in files of older versions.
    #[serde(default)]
    pub common: String,
}

/// The seeds of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Draw {
    pub seed: u64,
    pub text: Option<u64>,
    pub model: Option<u64>,
    pub data: Option<u64>,
}

impl RunRow {
    /// Whether it reached its last step with losses that are numbers: only such a run counts in a mean.
    pub fn is_done(&self) -> bool {
        let is_number = |loss: f64| loss.is_finite();
        self.status == Status::Done
            && self.val_loss.is_some_and(is_number)
            && self.test_loss.is_none_or(is_number)
    }

    /// Whether it ended no better than by knowing only how often each token occurs: on test or, without, on
    /// val.
    pub fn is_collapsed(&self) -> bool {
        let losses = self.test_loss.zip(self.test_unigram).or(self.val_loss.zip(self.val_unigram));
        self.is_done() && losses.is_some_and(|(loss, unigram)| loss >= unigram)
    }

    /// Whether it ended so though on the same text it was better at its best step: it did not fail to learn, it
    /// overfitted. What it was on another text says nothing of that.
    pub fn is_overfitted(&self) -> bool {
        let on_test = self.test_loss.and(self.test_unigram);
        let stopped = match on_test {
            Some(unigram) => self.stopped_test_loss.zip(Some(unigram)),
            None => self.best_val_loss.zip(self.val_unigram),
        };
        self.is_collapsed() && stopped.is_some_and(|(loss, unigram)| loss < unigram)
    }

    /// The same on val, which tells what may be chosen: on test nothing is.
    pub fn is_collapsed_on_val(&self) -> bool {
        let losses = self.val_loss.zip(self.val_unigram);
        self.is_done() && losses.is_some_and(|(loss, unigram)| loss >= unigram)
    }

    /// Whether roles have a λ of their own: Λ and τ, which are those of matrices inside blocks, say nothing of the others.
    pub fn decays_by_role(&self) -> bool {
        let words = [&self.variant, &self.treatment, &self.axes];
        words.into_iter().any(|words| words.contains(".weight_decay="))
    }

    /// Whether roles have a λ or a learning rate of their own, and with it a timescale.
    pub fn has_timescales_by_role(&self) -> bool {
        let words = [&self.variant, &self.treatment, &self.axes];
        self.decays_by_role() || words.into_iter().any(|words| words.contains(".lr="))
    }

    /// Whether it had a part in finding what is judged.
    pub fn is_explored(&self) -> bool {
        matches!(self.stage, Some(Stage::Bracket | Stage::Refine))
    }

    /// What was drawn for it: runs of two arms that share it are a pair.
    pub fn draw(&self) -> Draw {
        let RunRow { seed, text_seed, model_seed, data_seed, .. } = *self;
        Draw { seed, text: text_seed, model: model_seed, data: data_seed }
    }

    /// Whether its first weights came from a file; files of older versions do not say where they came from.
    pub fn starts_from_weights(&self) -> bool {
        self.model_seed.is_none() && self.data_seed.is_some()
    }

    /// The first step at which it may be stopped at its best.
    pub fn first_stop(&self) -> usize {
        usize::from(!self.starts_from_weights())
    }

    /// Whether its arm decays anything.
    pub fn decays(&self) -> bool {
        self.form != Form::None && self.weight_decay != Some(0.0)
    }

    /// Whether its arm does anything against overfitting: decay, or what stands beside it.
    pub fn is_treated(&self) -> bool {
        self.decays() || !self.treatment.is_empty()
    }

    /// The share of train that is known by heart: what is continued verbatim, without what can be on val too.
    pub fn by_heart(&self) -> Option<f64> {
        Some(self.verbatim_train? - self.verbatim_val?)
    }

    /// [`setting`](Self::setting); in files of older versions the arm's variant, which told recipes
    /// apart there.
    pub fn setting_or_variant(&self) -> &str {
        if self.setting.is_empty() { &self.variant } else { &self.setting }
    }

    /// [`base`](Self::base); in files of older versions, where nothing is tuned but λ, the whole setting.
    pub fn base_or_setting(&self) -> &str {
        if self.base.is_empty() { self.setting_or_variant() } else { &self.base }
    }
}

/// Bits per byte of text of a loss in nats per token, where a token stands for so many bytes.
pub fn bits_per_byte(nats: f64, bytes_per_token: f64) -> f64 {
    nats / std::f64::consts::LN_2 / bytes_per_token
}
