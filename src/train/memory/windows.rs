use anyhow::Result;

use crate::corpus::{Token, TokenBlock};
use crate::model::{LanguageModel, Tokens};
use crate::optim::LaneNumbers;
use crate::train::Cohort;

/// Windows of text of every lane, in blocks of the training batch's size.
pub struct Windows {
    blocks: Vec<Block>,
    context: usize,
}

struct Block {
    tokens: Tokens,
    /// What each lane should predict.
    targets: Vec<Vec<Token>>,
}

/// What a lane thinks of the next token at one place of one of its windows.
pub struct Row<'a> {
    pub lane: usize,
    pub window: usize,
    /// Tokens of the window before the one that it reads last.
    pub place: usize,
    /// The scores of all tokens.
    pub scores: &'a [f32],
    /// The token that follows in the text.
    pub target: Token,
}

impl Windows {
    /// Cuts windows of the model's context, and the token behind each, at the same places of each lane's text.
    pub fn new(cohort: &Cohort, texts: &[&[Token]], starts: &[usize]) -> Self {
        let (context, device) = (cohort.context(), cohort.device.clone());
        let block = |starts: &[usize]| {
            let cut = |text: &&[Token]| TokenBlock::cut(text, starts, context);
            let blocks: Vec<TokenBlock> = texts.iter().map(cut).collect();
            let tokens = Tokens::new(&blocks, cohort.corpus.vocabulary, context, &device);
            Block { tokens, targets: blocks.into_iter().map(|block| block.targets).collect() }
        };
        Windows { blocks: starts.chunks(cohort.recipe().batch).map(block).collect(), context }
    }

    /// Shows the scores of every lane at every place: lane by lane within a block of windows, and in the order of
    /// the text within a window.
    ///
    /// # Errors
    /// A device that fails.
    pub fn visit<M: LanguageModel>(&self, model: &M, mut visit: impl FnMut(Row)) -> Result<()> {
        let mut before = 0;
        for block in &self.blocks {
            let logits = model.logits(&block.tokens);
            let [_, rows, vocabulary] = logits.dims();
            let scores = LaneNumbers::on_device(logits).read()?;
            let of_lanes = scores.chunks_exact(rows * vocabulary).zip(&block.targets);
            for (lane, (scores, targets)) in of_lanes.enumerate() {
                for (row, scores) in scores.chunks_exact(vocabulary).enumerate() {
                    let (window, place) = (before + row / self.context, row % self.context);
                    visit(Row { lane, window, place, scores, target: targets[row] });
                }
            }
            before += rows / self.context;
        }
        Ok(())
    }
}

impl Row<'_> {
    /// The token with the highest score, the first of equals: what a greedy continuation goes on with.
    pub fn highest(&self) -> Token {
        let mut best = 0;
        for (token, score) in self.scores.iter().enumerate() {
            if *score > self.scores[best] {
                best = token;
            }
        }
        best as Token
    }

    /// −ln of the probability of the token that follows, in nats.
    pub fn nats(&self) -> f64 {
        self.log_total() - f64::from(self.scores[usize::from(self.target)])
    }

    /// The logarithm of the sum of the exponentials of all scores.
    pub fn log_total(&self) -> f64 {
        let highest = self.scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let highest = f64::from(highest);
        let above = |score: &f32| (f64::from(*score) - highest).exp();
        highest + self.scores.iter().map(above).sum::<f64>().ln()
    }
}
