use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use super::arguments::{size, warmup_steps};
use super::output::print;
use crate::advice::{BaseRun, Run, RunFields, ask, question, read_config};
use crate::config::Named;
use crate::exit::usage;
use crate::files::write_atomically;
use crate::published::{Algorithm, Fall};
use crate::report::{advice, advice_json};
use crate::talk::say;

/// Show what published rules say of the weight decay λ of your run.
///
/// Sizes may be written as 610e6, 610M or 1.2B. λ is that of PyTorch's AdamW: w ← (1 − η_t λ) w − η_t u.
#[derive(clap::Args, Debug)]
#[command(
    allow_negative_numbers = true,
    after_help = "Example: wane advise --params 610M --tokens 12.2B --batch 516096 --lr 0.002 --weight-decay 0.1"
)]
pub struct Args {
    /// Read the run from a configuration of nanoGPT, Hugging Face TrainingArguments, Axolotl, lingua, OLMo,
    /// llm-foundry, Megatron-LM, DeepSpeed, GPT-NeoX, torchtitan or LitGPT; arguments override it, nothing in it is
    /// executed
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Parameters of the model
    #[arg(long, value_name = "N", value_parser = size)]
    params: Option<f64>,
    /// Tokens that the run reads, all epochs together
    #[arg(long, value_name = "D", value_parser = size)]
    tokens: Option<f64>,
    /// Steps of the optimizer, instead of --tokens
    #[arg(long, value_name = "T", value_parser = size)]
    steps: Option<f64>,
    /// Tokens of a step, of all devices together
    #[arg(long, value_name = "TOKENS", value_parser = size)]
    batch: Option<f64>,
    /// Sequences of a step, of all devices together; needs --context
    #[arg(long, value_name = "N", value_parser = size, conflicts_with = "batch")]
    batch_sequences: Option<f64>,
    /// Tokens of a sequence
    #[arg(long, value_name = "TOKENS", value_parser = size)]
    context: Option<f64>,
    /// Devices that train together, where a configuration gives the batch of one; those that share a model by the sizes of
    /// tensor, pipeline and context parallelism in it are divided out
    #[arg(long, value_name = "N", value_parser = size)]
    devices: Option<f64>,
    /// Peak learning rate η of the hidden matrices
    #[arg(long, value_name = "η", value_parser = size)]
    lr: Option<f64>,
    /// λ that the run has or is to have, to see what it amounts to
    #[arg(long, value_name = "λ", value_parser = size)]
    weight_decay: Option<f64>,
    /// Tokens of the text, where it is read more than once [default: as many as are read]
    #[arg(long, value_name = "U", value_parser = size)]
    unique_tokens: Option<f64>,
    /// Optimizer [default: adamw]
    #[arg(long, value_name = "NAME", value_parser = named::<Algorithm>)]
    optimizer: Option<Algorithm>,
    /// How the learning rate falls: cosine, linear, wsd, inverse-sqrt or constant
    #[arg(long, value_name = "NAME", value_parser = named::<Fall>)]
    schedule: Option<Fall>,
    /// Share of the run over which wsd falls, at its end [default: 0.2]
    #[arg(long, value_name = "SHARE", value_parser = size)]
    wsd_fall: Option<f64>,
    /// Last learning rate over the peak [default: 0]
    #[arg(long, value_name = "SHARE", value_parser = size)]
    min_lr_ratio: Option<f64>,
    /// Steps of warm-up [default: 0]
    #[arg(long, value_name = "STEPS", value_parser = warmup_steps)]
    warmup: Option<f64>,
    /// β1 of Adam [default: 0.9]
    #[arg(long, value_name = "β1", value_parser = size)]
    beta1: Option<f64>,
    /// Channels of the model
    #[arg(long, value_name = "h", value_parser = size)]
    width: Option<f64>,
    /// Blocks of the model
    #[arg(long, value_name = "N", value_parser = size)]
    depth: Option<f64>,
    /// Radians by which a step should turn weights in balance
    #[arg(long, value_name = "φ", value_parser = size)]
    rotation: Option<f64>,
    #[command(flatten)]
    base: BaseArgs,
    /// Write a spec that asks the same question at toy scale, ready for `wane sweep`
    #[arg(long, value_name = "FILE")]
    write_spec: Option<PathBuf>,
    /// Replace the file of --write-spec if it exists
    #[arg(long, requires = "write_spec")]
    replace: bool,
    /// Show the formula, the source and the basis of every rule too
    #[arg(long, conflicts_with = "json")]
    sources: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args, Debug)]
#[command(next_help_heading = "A smaller run that was tuned, for rules that carry its λ over")]
struct BaseArgs {
    /// Its channels
    #[arg(long, value_name = "h", value_parser = size)]
    base_width: Option<f64>,
    /// Its λ [default: --weight-decay]
    #[arg(long, value_name = "λ", value_parser = size)]
    base_weight_decay: Option<f64>,
    /// Its peak learning rate
    #[arg(long, value_name = "η", value_parser = size)]
    base_lr: Option<f64>,
    /// Its steps in an epoch
    #[arg(long, value_name = "M", value_parser = size)]
    base_steps_per_epoch: Option<f64>,
}

pub fn run(args: Args) -> Result<()> {
    let mut remarks = Vec::new();
    let run = usage(args.described(&mut remarks));
    // What was taken for the run explains why it cannot be.
    if !args.json || run.is_err() {
        remarks.iter().for_each(|remark| say(remark));
    }
    let run = run?;
    let said = ask(&run);
    if let Some(path) = &args.write_spec {
        usage(is_free(path, args.replace))?;
        let question = question(&run, &said);
        write_atomically(path, question.spec.as_bytes())?;
        question.notes.iter().for_each(|note| say(note));
        let minutes = (question.seconds / 60.0).ceil();
        say(&format!(
            "wrote {0}; run it with `wane sweep {0}`, about {minutes:.0} min on two cores",
            path.display()
        ));
    }
    print(&if args.json {
        advice_json(&run, &said, &remarks)?
    } else {
        advice(&run, &said, args.sources)
    })
}

fn is_free(path: &std::path::Path, replace: bool) -> Result<()> {
    // A link that leads nowhere is there too.
    let is_free = replace || path.symlink_metadata().is_err();
    ensure!(is_free, "{} exists; give another name, or --replace to write over it", path.display());
    Ok(())
}

impl Args {
    /// The run, by the arguments and what a configuration says beside them.
    fn described(&self, remarks: &mut Vec<String>) -> Result<Run> {
        let given = self.fields();
        let file = match &self.config {
            Some(path) => read_config(path, &given, remarks)?,
            None => RunFields::default(),
        };
        let run = given.or(file).run(remarks);
        match &self.config {
            Some(path) => run.with_context(|| format!("the run of {}", path.display())),
            None => run,
        }
    }

    fn fields(&self) -> RunFields {
        RunFields {
            params: self.params,
            tokens: self.tokens,
            batch: self.batch,
            batch_sequences: self.batch_sequences,
            devices: self.devices,
            context: self.context,
            steps: self.steps,
            unique_tokens: self.unique_tokens,
            lr: self.lr,
            min_lr_ratio: self.min_lr_ratio,
            warmup: self.warmup,
            schedule: self.schedule,
            wsd_fall: self.wsd_fall,
            optimizer: self.optimizer,
            weight_decay: self.weight_decay,
            beta1: self.beta1,
            width: self.width,
            depth: self.depth,
            rotation: self.rotation,
            base: BaseRun {
                width: self.base.base_width,
                weight_decay: self.base.base_weight_decay,
                lr: self.base.base_lr,
                steps_per_epoch: self.base.base_steps_per_epoch,
            },
            ..RunFields::default()
        }
    }
}

fn named<T: Named + Send + Sync>(name: &str) -> Result<T, String> {
    T::parse(&name.to_lowercase().replace('_', "-"))
        .ok_or_else(|| format!("expected one of {}", T::names().join(", ")))
}
