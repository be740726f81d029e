//! What a model knows by heart: verbatim continuations, planted canaries, and how far it is from the truth where that is
//! known.
//!
//! The scores of every next token are read back from the device and looked at one row after the other, in double
//! precision: what is told of a lane depends on its own scores alone.

mod divergence;
mod exposure;
mod verbatim;
mod windows;

use anyhow::Result;

use super::Cohort;
use crate::model::LanguageModel;
use crate::record::Memory;
use divergence::Divergence;
use exposure::Exposure;
use verbatim::Continuations;

/// What every evaluation asks of a cohort, where its runs want any of it.
pub struct MemoryTest {
    /// Of prompts of train and of val.
    verbatim: Option<[Continuations; 2]>,
    exposure: Option<Exposure>,
    divergence: Option<Divergence>,
}

impl MemoryTest {
    /// `None` where nothing is asked for.
    pub fn new(cohort: &Cohort) -> Option<Self> {
        let (recipe, corpus) = (cohort.recipe(), cohort.corpus);
        let prompts = |terms| {
            let train = cohort.lanes.iter().map(|lane| cohort.train_text(lane)).collect();
            let val = vec![corpus.val.as_slice(); cohort.lanes.len()];
            [train, val].map(|texts| Continuations::new(cohort, texts, terms))
        };
        let (verbatim, exposure) = (recipe.verbatim().map(prompts), Exposure::new(cohort));
        if verbatim.is_none() && exposure.is_none() {
            return None;
        }
        Some(MemoryTest { verbatim, exposure, divergence: Divergence::new(cohort) })
    }

    /// Asks every lane of a model without autodiff; its test losses are written down beside the answers.
    ///
    /// # Errors
    /// A device that fails.
    pub fn measure<M: LanguageModel>(
        &self,
        model: &M,
        test_losses: Option<&[f64]>,
        lanes: usize,
    ) -> Result<Vec<Memory>> {
        let mut told = vec![Memory::default(); lanes];
        for (lane, memory) in told.iter_mut().enumerate() {
            memory.test_loss = test_losses.map(|losses| losses[lane]);
        }
        if let Some([train, val]) = &self.verbatim {
            for (memory, found) in told.iter_mut().zip(train.ask(model)?) {
                memory.verbatim_train = Some(found.share);
                memory.longest_verbatim = Some(found.longest);
            }
            for (memory, found) in told.iter_mut().zip(val.ask(model)?) {
                memory.verbatim_val = Some(found.share);
                memory.longest_verbatim_val = Some(found.longest);
            }
        }
        if let Some(exposure) = &self.exposure {
            for (memory, found) in told.iter_mut().zip(exposure.ask(model)?) {
                memory.exposure = Some(found.mean);
                memory.exposure_by_repeats = found.by_repeats;
            }
        }
        if let Some(divergence) = &self.divergence {
            for (memory, nats) in told.iter_mut().zip(divergence.ask(model)?) {
                memory.divergence = Some(nats);
            }
        }
        Ok(told)
    }
}

#[cfg(test)]
mod tests;
