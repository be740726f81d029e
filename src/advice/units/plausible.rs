//! What cannot be meant, and what probably is not.

use anyhow::{Result, ensure};

use crate::advice::hindsight::Reading;
use crate::advice::run::{Run, RunFields};
use crate::config::{plain, to_digits};
use crate::published::Algorithm;

/// A step of fewer tokens is that of a toy.
const SMALL_BATCH: f64 = 4096.0;
/// A model of fewer parameters is a toy.
const TOY_PARAMS: f64 = 20e6;
/// Nobody trains for more steps.
const MANY_STEPS: f64 = 3e6;
/// Nobody has so many steps, or tokens in one.
const MOST: f64 = 1e15;
/// κ that is so many times the highest of public runs is probably not meant.
const FAR_ABOVE: f64 = 4.0;
/// From so many tokens a parameter on, texts are often read again.
const MANY_TOKENS: f64 = 1000.0;

impl RunFields {
    pub(super) fn plausible(&self, run: &Run, remarks: &mut Vec<String>) -> Result<()> {
        let named = [
            ("--params", Some(run.params)),
            ("--tokens", Some(run.tokens)),
            ("the batch", Some(run.batch)),
            ("--lr", Some(run.lr.peak)),
            ("--unique-tokens", run.unique_tokens),
            ("--width", run.width),
            ("--depth", run.depth),
            ("--base-width", run.base.width),
            ("--base-lr", run.base.lr),
            ("--base-weight-decay", run.base.weight_decay),
            ("--base-steps-per-epoch", run.base.steps_per_epoch),
            ("--rotation", run.rotation),
        ];
        for (name, value) in named {
            let is_size = value.is_none_or(|value| value.is_finite() && value > 0.0);
            let told = plain(value.unwrap_or_default());
            ensure!(is_size, "{name} is {told}; expected a number above 0");
        }
        ensure!(
            run.params >= 1000.0,
            "--params {} are very few parameters; write 610e6 or 610M for millions",
            plain(run.params)
        );
        ensure!(
            run.tokens >= run.batch,
            "--tokens {} is less than one step of {} tokens; write 12.2e9 or 12.2B for billions",
            plain(run.tokens),
            plain(run.batch)
        );
        ensure!(
            (0.0..1.0).contains(&run.beta1),
            "--beta1 {}: expected a number from 0 to below 1",
            plain(run.beta1)
        );
        if self.batch.is_some() {
            in_tokens(run)?;
        }
        fills_a_step(run)?;
        anybody_has(run)?;
        if self.devices.is_some() && self.device_sequences.is_none() {
            remarks.push("--devices is not needed: the batch is that of all devices".to_owned());
        }
        takes_a_share(run)?;
        remarks.extend(much_decay(run));
        if run.unique_tokens.is_none() && run.tokens_per_param() > MANY_TOKENS {
            remarks.push(format!(
                "{} tokens a parameter: is the text read more than once? --unique-tokens says so, and other rules \
                 hold then",
                plain(run.tokens_per_param().round())
            ));
        }
        if run.lr.peak >= 1.0 && run.optimizer != Algorithm::Sgd {
            remarks.push(format!(
                "a peak learning rate of {} is unusual for {}",
                plain(run.lr.peak),
                run.optimizer.title()
            ));
        }
        Ok(())
    }
}

/// A total decay far above that of every public run that reads its text as often.
fn much_decay(run: &Run) -> Option<String> {
    let kappa = run.kappa(run.weight_decay?);
    let reading = Reading::of(run);
    let [low, high] = reading.kappas();
    let often = match reading {
        Reading::Once => " that reads its text once",
        Reading::Few => "",
        Reading::Many => " that reads its text many times",
    };
    (kappa > FAR_ABOVE * high).then(|| {
        let [kappa, low, high] = [kappa, low, high].map(|value| plain(to_digits(value, 3)));
        format!(
            "κ = ηλT = {kappa} is far above every public run{often}, whose are from {low} to {high}: is λ what is \
             meant?"
        )
    })
}

/// A batch that is given in sequences as if they were tokens shows by its size.
fn in_tokens(run: &Run) -> Result<()> {
    let is_small = run.batch < SMALL_BATCH && run.params >= TOY_PARAMS;
    let is_long = run.batch < 8.0 * SMALL_BATCH && run.steps() > MANY_STEPS;
    let batch = plain(run.batch);
    ensure!(
        !(is_small || is_long),
        "a batch of {batch} tokens makes {} steps for {:.3e} parameters: these are probably sequences. Give \
         --batch-sequences {batch} --context TOKENS",
        plain(run.steps().round()),
        run.params
    );
    Ok(())
}

/// Sizes within what anybody has, and a learning rate that training has in 32 bits.
fn anybody_has(run: &Run) -> Result<()> {
    let [steps, batch] = [run.steps().round(), run.batch].map(plain);
    ensure!(
        run.steps() <= MOST && run.batch <= MOST,
        "{steps} steps of {batch} tokens: nobody has so many; expected {} of each at most",
        plain(MOST)
    );
    ensure!(
        run.lr.peak as f32 > 0.0,
        "--lr {}: training computes in 32 bits, where it is 0; expected a number above 0",
        plain(run.lr.peak)
    );
    Ok(())
}

/// A text shorter than a step is mostly one whose unit is missing.
fn fills_a_step(run: &Run) -> Result<()> {
    let short = run.unique_tokens.filter(|unique| *unique < run.batch);
    ensure!(
        short.is_none(),
        "a text of {} tokens (--unique-tokens) is less than one step of {} tokens; write 210e6 or 210M for millions",
        plain(short.unwrap_or_default()),
        plain(run.batch)
    );
    Ok(())
}

fn takes_a_share(run: &Run) -> Result<()> {
    let Some(weight_decay) = run.weight_decay else { return Ok(()) };
    let told = plain(weight_decay);
    ensure!(
        weight_decay >= 0.0 && weight_decay.is_finite(),
        "--weight-decay {told}: expected 0 or a number above"
    );
    ensure!(
        weight_decay * run.lr.peak < 1.0,
        "--weight-decay {told} at a learning rate of {} takes away more than a whole weight in a step; expected λ as \
         PyTorch's AdamW has it, below 1/η",
        plain(run.lr.peak)
    );
    Ok(())
}
