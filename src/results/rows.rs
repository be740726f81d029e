use serde::{Deserialize, Serialize};

use crate::config::{
    ByRole, Decay, Family, Form, Group, Mask, Recipe, Role, RunConfig, Stage, Texts,
    timescale_steps, total_decay,
};
use crate::corpus::Levels;
use crate::experiment::Entry;
use crate::published::Transfer;
use crate::record::{CurveRow, Memory, Status, best_evaluation, joined};
use crate::store::SoFar;

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
    /// Lowest val loss of all evaluations after the first step.
    pub best_val_loss: Option<f64>,
    /// Where that was reached.
    #[serde(alias = "best_val_step")]
    pub best_step: Option<usize>,
    /// Λ, see [`total_decay`].
    pub total_decay: Option<f64>,
    /// τ, see [`timescale_steps`].
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
    /// Whether it reached its last step: only such a run counts in a mean.
    pub fn is_done(&self) -> bool {
        self.status == Status::Done
    }

    /// Whether it ended no better than by knowing only how often each token occurs: on test or, without, on
    /// val.
    pub fn is_collapsed(&self) -> bool {
        let losses = self.test_loss.zip(self.test_unigram).or(self.val_loss.zip(self.val_unigram));
        self.is_done() && losses.is_some_and(|(loss, unigram)| loss >= unigram)
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

/// The row of an entry, whose run has this record; `levels` are those of the run's text.
pub fn run_row(entry: &Entry, run: &RunConfig, record: &SoFar, levels: Option<Levels>) -> RunRow {
    planned_row(entry, run, levels).so_far(record)
}

/// The row of an entry whose run has not begun; its steps and tokens are those that it is to take.
pub fn planned_row(entry: &Entry, run: &RunConfig, levels: Option<Levels>) -> RunRow {
    let arm = &entry.arm;
    let bytes = levels.and_then(|levels| levels.bytes);
    let on_test = |nats: Option<f64>| Some(bits_per_byte(nats?, bytes?.test));
    RunRow {
        run: entry.id.to_string(),
        seed: entry.seed.label,
        variant: arm.variant.clone(),
        recipe: arm.published.map(|published| published.name.clone()),
        transfer: arm.transfer,
        setting: arm.setting(),
        test_uniform: levels.map(|levels| levels.uniform),
        test_unigram: levels.map(|levels| levels.unigram),
        test_ngram: levels.map(|levels| levels.ngram),
        test_ngram_order: levels.map(|levels| levels.ngram_order),
        test_floor: levels.and_then(|levels| levels.floor),
        val_bytes_per_token: bytes.map(|bytes| bytes.val),
        test_bytes_per_token: bytes.map(|bytes| bytes.test),
        test_unigram_bpb: on_test(levels.map(|levels| levels.unigram)),
        test_ngram_bpb: on_test(levels.map(|levels| levels.ngram)),
        base: arm.base(),
        axes: arm.place(),
        tuned: arm.tuned(),
        stage: entry.stage,
        treatment: arm.treatment.clone(),
        ..bare_row(run, &arm.decay, &arm.recipe, &arm.by_role)
    }
}

/// The row of a run whose sweep is not known: its arm is told by its configuration alone.
pub fn other_row(run: &RunConfig) -> RunRow {
    let differences = run.recipe.differences(&Recipe::DEFAULT).into_iter();
    let variant: Vec<String> = differences.map(|(key, value)| format!("{key}={value}")).collect();
    RunRow { variant: variant.join(" "), ..bare_row(run, &run.decay, &run.recipe, &run.by_role) }
}

/// What a run's configuration tells of it, under the decay and the recipe of an arm.
fn bare_row(run: &RunConfig, decay: &Decay, recipe: &Recipe, by_role: &ByRole) -> RunRow {
    // Λ and τ speak of the matrices inside the blocks.
    let bulk = Group::of(recipe, decay, by_role, Role::Mlp);
    let schedule = bulk.recipe.lr_schedule();
    let verbatim = run.recipe.verbatim();
    let repeats =
        run.data.canaries.as_ref().map_or(String::new(), |canaries| joined(&canaries.repeats));
    RunRow {
        run: run.id().to_string(),
        form: decay.form,
        mask: decay.mask,
        weight_decay: decay.weight_decay,
        lr: recipe.lr,
        seed: run.data.seed,
        status: Status::Unfinished,
        steps: recipe.steps,
        train_loss: None,
        val_loss: None,
        gap: None,
        best_val_loss: None,
        best_step: None,
        total_decay: total_decay(decay.form, bulk.weight_decay, &schedule, recipe.steps),
        timescale_steps: timescale_steps(decay.form, bulk.weight_decay, &schedule),
        weight_norm: None,
        seconds: None,
        variant: String::new(),
        val_floor: None,
        backend: None,
        commit: None,
        family: run.model.family,
        recipe: None,
        transfer: None,
        setting: String::new(),
        val_unigram: None,
        tokens: recipe.steps.saturating_mul(run.tokens_per_step()),
        test_loss: None,
        stopped_test_loss: None,
        test_uniform: None,
        test_unigram: None,
        test_ngram: None,
        test_ngram_order: None,
        test_floor: None,
        texts: Some(run.data.texts()),
        text_seed: run.data.text_seed,
        model_seed: run.start.seed(),
        data_seed: Some(run.data.seed),
        base: String::new(),
        axes: String::new(),
        tuned: String::new(),
        stage: None,
        treatment: String::new(),
        last_train_loss: None,
        last_val_loss: None,
        val_bytes_per_token: None,
        test_bytes_per_token: None,
        val_bpb: None,
        test_bpb: None,
        stopped_test_bpb: None,
        test_unigram_bpb: None,
        test_ngram_bpb: None,
        verbatim_after: verbatim.map(|terms| terms.after),
        verbatim_tokens: verbatim.map(|terms| terms.tokens),
        verbatim_train: None,
        verbatim_val: None,
        longest_verbatim: None,
        longest_verbatim_val: None,
        exposure: None,
        exposure_by_repeats: repeats,
        divergence: None,
        stopped_verbatim_train: None,
        stopped_verbatim_val: None,
        stopped_exposure: None,
        stopped_divergence: None,
    }
}

impl RunRow {
    /// The row of a planned run as far as it has come.
    pub fn so_far(self, record: &SoFar) -> RunRow {
        let end = record.end.as_ref();
        let status = end.map_or(Status::Unfinished, |end| end.status);
        let last = record.curve.last().filter(|_| status == Status::Done);
        let reached = record.curve.last().map_or(0, |row| row.step);
        let steps = end.map_or(reached, |end| end.steps);
        let best = best_evaluation(&record.curve);
        let of_best = |(_, step)| record.curve.iter().find(|row| row.step == step);
        let memory = last.map(|row| &row.memory);
        let stopped = best.and_then(of_best).map(|row| &row.memory);
        let val_loss = last.and_then(|row| row.val_loss);
        let test_loss = end.and_then(|end| end.test_loss);
        let stopped_test_loss = end.and_then(|end| end.stopped_test_loss);
        let on_test = |nats: Option<f64>| Some(bits_per_byte(nats?, self.test_bytes_per_token?));
        RunRow {
            status,
            steps,
            train_loss: last.and_then(|row| row.train_loss),
            val_loss,
            gap: last.and_then(CurveRow::gap),
            best_val_loss: best.map(|(loss, _)| loss),
            best_step: best.map(|(_, step)| step),
            weight_norm: last.and_then(|row| row.weight_norm),
            seconds: end.map(|end| end.seconds),
            val_floor: end.and_then(|end| end.val_floor),
            backend: end.map(|end| end.provenance.backend.clone()),
            commit: end.map(|end| end.provenance.commit.clone()),
            val_unigram: end.and_then(|end| end.val_unigram),
            tokens: steps.saturating_mul(record.tokens_per_step),
            test_loss,
            stopped_test_loss,
            last_train_loss: last.and_then(|row| row.last_train_loss),
            last_val_loss: last.and_then(|row| row.last_val_loss),
            val_bpb: val_loss
                .zip(self.val_bytes_per_token)
                .map(|(nats, bytes)| bits_per_byte(nats, bytes)),
            test_bpb: on_test(test_loss),
            stopped_test_bpb: on_test(stopped_test_loss),
            verbatim_train: memory.and_then(|memory| memory.verbatim_train),
            verbatim_val: memory.and_then(|memory| memory.verbatim_val),
            longest_verbatim: memory.and_then(|memory| memory.longest_verbatim),
            longest_verbatim_val: memory.and_then(|memory| memory.longest_verbatim_val),
            exposure: memory.and_then(|memory| memory.exposure),
            exposure_by_repeats: memory
                .map_or(String::new(), |memory| by_repeats(&self.exposure_by_repeats, memory)),
            divergence: memory.and_then(|memory| memory.divergence),
            stopped_verbatim_train: stopped.and_then(|memory| memory.verbatim_train),
            stopped_verbatim_val: stopped.and_then(|memory| memory.verbatim_val),
            stopped_exposure: stopped.and_then(|memory| memory.exposure),
            stopped_divergence: stopped.and_then(|memory| memory.divergence),
            ..self
        }
    }
}

/// How often canaries are planted, with their mean exposure.
fn by_repeats(repeats: &str, memory: &Memory) -> String {
    let pairs = repeats.split_whitespace().zip(&memory.exposure_by_repeats);
    joined(&pairs.map(|(repeats, bits)| format!("{repeats}={bits}")).collect::<Vec<_>>())
}

/// Bits per byte of text of a loss in nats per token, where a token stands for so many bytes.
pub fn bits_per_byte(nats: f64, bytes_per_token: f64) -> f64 {
    nats / std::f64::consts::LN_2 / bytes_per_token
}
