use anyhow::Result;
use burn::tensor::{Device, Tensor};

use super::Cohort;
use super::memory::MemoryTest;
use crate::config::Role;
use crate::corpus::{Token, TokenBlock, evaluation_windows};
use crate::model::{LanguageModel, Parameter, Tokens};
use crate::optim::{LaneNumbers, weight_norms};
use crate::record::Memory;

/// Measures a model on the same windows of every split every time.
pub struct Evaluation {
    train: Split,
    val: Split,
    /// `None` without test tokens.
    test: Option<Split>,
    /// `None` where nothing is asked of what is known by heart.
    memory: Option<MemoryTest>,
}

/// One evaluation of every lane.
pub struct Measured {
    /// Mean loss on the windows of train, in nats per token.
    pub train_loss: Vec<f64>,
    /// Mean loss on the windows of val, in nats per token.
    pub val_loss: Vec<f64>,
    /// The same of the weights of the last step, where averages over steps were measured.
    pub last: Option<Losses>,
    /// L2 norm of all weights of the last step.
    pub weight_norm: Vec<f32>,
    /// The same over the parameters of each role that the model has.
    pub weight_norm_of: Vec<(Role, Vec<f32>)>,
    /// Mean loss on the windows of test, where every evaluation measures it.
    pub test_loss: Option<Vec<f64>>,
    /// What is known by heart, where that is measured.
    pub memory: Option<Vec<Memory>>,
}

/// Losses of every lane.
pub struct Losses {
    /// On the windows of train, in nats per token.
    pub train: Vec<f64>,
    /// On the windows of val, in nats per token.
    pub val: Vec<f64>,
}

/// The windows of one split, in blocks that are evaluated at once.
struct Split {
    blocks: Vec<Block>,
}

struct Block {
    tokens: Tokens,
    windows: usize,
}

impl Evaluation {
    /// Cuts the windows: of train at the same places of each lane's text, of val and test the same for all.
    pub fn new(cohort: &Cohort) -> Self {
        let of_train = cohort.lanes.iter().map(|lane| cohort.train_text(lane)).collect();
        let held_out = |tokens: &'_ [Token]| Split::new(cohort, vec![tokens; cohort.lanes.len()]);
        let corpus = cohort.corpus;
        Evaluation {
            train: Split::new(cohort, of_train),
            val: held_out(&corpus.val),
            test: (!corpus.test.is_empty()).then(|| held_out(&corpus.test)),
            memory: MemoryTest::new(cohort),
        }
    }

    /// Whether there are test tokens.
    pub fn has_test(&self) -> bool {
        self.test.is_some()
    }

    /// Mean loss of every lane on the windows of test, in nats per token, if there are any.
    pub fn test_losses<M: LanguageModel>(&self, model: &M) -> Result<Option<Vec<f64>>> {
        self.test.as_ref().map(|test| test.mean(&test.losses(model))).transpose()
    }

    /// Evaluates a model without autodiff: the averages over steps of its weights, where there are any, and what
    /// they are the averages of.
    pub fn evaluate<M: LanguageModel>(
        &self,
        last: &M,
        averaged: Option<&M>,
        parameters: &[Parameter],
    ) -> Result<Measured> {
        let evaluated = averaged.unwrap_or(last);
        let Losses { train, val } = self.losses(evaluated)?;
        let lanes = train.len();
        let test_loss = match &self.memory {
            Some(_) => self.test_losses(evaluated)?,
            None => None,
        };
        let memory = |test: &MemoryTest| test.measure(evaluated, test_loss.as_deref(), lanes);
        let norms = weight_norms(last, parameters);
        let by_role = norms.by_role.into_iter().map(|(role, norms)| Ok((role, norms.read()?)));
        Ok(Measured {
            train_loss: train,
            val_loss: val,
            last: averaged.map(|_| self.losses(last)).transpose()?,
            weight_norm: norms.all.read()?,
            weight_norm_of: by_role.collect::<Result<_>>()?,
            memory: self.memory.as_ref().map(memory).transpose()?,
            test_loss,
        })
    }

    fn losses<M: LanguageModel>(&self, model: &M) -> Result<Losses> {
        let (train, val) = (self.train.losses(model), self.val.losses(model));
        Ok(Losses { train: self.train.mean(&train)?, val: self.val.mean(&val)? })
    }
}

impl Split {
    /// `texts` holds the tokens of each lane, all of one length.
    fn new(cohort: &Cohort, texts: Vec<&[Token]>) -> Self {
        let recipe = cohort.recipe();
        let starts = evaluation_windows(
            texts[0].len(),
            cohort.context(),
            recipe.eval_windows,
            cohort.corpus.stride,
        );
        let device = cohort.device.clone();
        let block = |starts: &[usize]| Block {
            tokens: cohort.same_windows(&texts, starts, &device),
            windows: starts.len(),
        };
        Split {
            blocks: starts
                .chunks(windows_at_once(recipe.batch, cohort.context()))
                .map(block)
                .collect(),
        }
    }

    /// Mean loss of each block, `[lanes]` each; nothing is read back yet.
    fn losses<M: LanguageModel>(&self, model: &M) -> Vec<Tensor<1>> {
        self.blocks.iter().map(|block| model.loss(&block.tokens)).collect()
    }

    fn mean(&self, losses: &[Tensor<1>]) -> Result<Vec<f64>> {
        let mut sums = vec![0.0; losses[0].dims()[0]];
        for (block, losses) in self.blocks.iter().zip(losses) {
            for (sum, loss) in sums.iter_mut().zip(LaneNumbers::on_device(losses.clone()).read()?) {
                *sum += f64::from(loss) * block.windows as f64;
            }
        }
        let windows: usize = self.blocks.iter().map(|block| block.windows).sum();
        Ok(sums.into_iter().map(|sum| sum / windows as f64).collect())
    }
}

/// A training batch, or more of short windows: kernels work on blocks of this many rows, and what is the same for every
/// block costs nearly as much as a small one.
fn windows_at_once(batch: usize, context: usize) -> usize {
    const ROWS: usize = 512;
    batch.max(ROWS / context)
}

impl Cohort<'_> {
    fn same_windows(&self, texts: &[&[Token]], starts: &[usize], device: &Device) -> Tokens {
        let cut = |tokens: &&[Token]| TokenBlock::cut(tokens, starts, self.context());
        let blocks: Vec<TokenBlock> = texts.iter().map(cut).collect();
        Tokens::new(&blocks, self.corpus.vocabulary, self.context(), device)
    }
}
