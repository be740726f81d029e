//! Arguments that several subcommands share, and what they resolve to.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::builder::NonEmptyStringValueParser;
use sha2::{Digest, Sha256};
use sysinfo::System;

use super::provenance::cores;
use crate::backend::Backend;
use crate::config::RunConfig;
use crate::corpus::Corpus;
use crate::exit::usage;
use crate::experiment::Plan;
use crate::experiment::{Changes, Spec};
use crate::model::read_weights;
use crate::record::LaneWeights;
use crate::runner::layout::{Layout, Machine};

/// A spec and the changes to it.
#[derive(clap::Args, Debug)]
pub struct SpecArgs {
    /// TOML file that describes the experiment
    pub spec: PathBuf,
    #[command(flatten)]
    pub changes: ChangeArgs,
}

/// Changes to a spec.
#[derive(clap::Args, Debug)]
pub struct ChangeArgs {
    /// Change a value of the spec, such as train.steps=100 or arm.0.lr=[1e-3,3e-3]
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Train on this instead of data.source: `grammar`, a text file, or a folder of .bin files
    #[arg(long, value_name = "PATH", value_parser = NonEmptyStringValueParser::new())]
    pub data: Option<String>,
    /// Seeds instead of the spec's, such as 0,1
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub seeds: Option<Vec<u64>>,
    /// Start every run from these weights (safetensors, Hugging Face's tensor names)
    #[arg(long, value_name = "FILE")]
    pub init: Option<PathBuf>,
}

impl ChangeArgs {
    /// Those that change the spec itself.
    pub fn changes(&self) -> Changes {
        let ChangeArgs { set, data, seeds, .. } = self;
        Changes { set: set.clone(), data: data.clone(), seeds: seeds.clone() }
    }
}

impl From<Changes> for ChangeArgs {
    fn from(Changes { set, data, seeds }: Changes) -> Self {
        ChangeArgs { set, data, seeds, init: None }
    }
}

/// Where and how to train.
#[derive(clap::Args, Clone, Debug)]
pub struct TrainingArgs {
    /// Folder for results; the experiment's files go to its subfolder of the experiment's name
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub out: PathBuf,
    /// What to compute on
    #[arg(long, value_enum, default_value_t = Backend::Flex)]
    pub backend: Backend,
    /// Most runs to train together as one model [default: by device and memory, see `wane plan`]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub lanes: Option<usize>,
    /// Cohorts to train at the same time [default: one a core on a CPU, one on a GPU]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub jobs: Option<usize>,
    /// Seconds between checkpoints, 0 for one after every step
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, value_parser = seconds)]
    pub checkpoint_every: f64,
    /// Train again what was trained before
    #[arg(long)]
    pub fresh: bool,
    /// Train again what diverged before
    #[arg(long)]
    pub retry_diverged: bool,
    /// Say nothing on stderr but errors
    #[arg(long, short)]
    pub quiet: bool,
}

pub fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("expected a whole number above 0".to_owned()),
        Ok(number) => Ok(number),
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (0.0..=1e6).contains(&number) => Ok(number),
        _ => Err("expected a number of seconds from 0 to 1000000".to_owned()),
    }
}

/// A spec with its data, planned.
pub struct Inputs {
    /// The spec.
    pub spec: Spec,
    /// Its file, as it was written.
    pub text: String,
    /// Its data.
    pub corpus: Corpus,
    /// Weights that every run starts from.
    pub initial: Option<Arc<LaneWeights>>,
    /// Its runs.
    pub plan: Plan,
}

impl Inputs {
    /// Reads everything that the arguments name.
    ///
    /// # Errors
    /// A usage error that names the file and what is wrong with it.
    pub fn load(args: &SpecArgs) -> Result<Self> {
        usage(Self::read(args))
    }

    fn read(args: &SpecArgs) -> Result<Self> {
        let (changes, init) = (args.changes.changes(), &args.changes.init);
        let text = std::fs::read_to_string(&args.spec)
            .with_context(|| format!("cannot read the spec {}", args.spec.display()))?;
        let spec =
            Spec::parse(&text, &changes).with_context(|| format!("in {}", args.spec.display()))?;
        let corpus = Corpus::load(&spec.source, &spec.split)?;
        let models = spec.models();
        corpus.check_context(models[0].context)?;
        let (initial, digest) = match init {
            None => (None, None),
            Some(path) => {
                ensure!(
                    models.len() == 1,
                    "--init reads the weights of one model, but the arms have {} of different families",
                    models.len()
                );
                let bytes = std::fs::read(path)
                    .with_context(|| format!("cannot read the weights {}", path.display()))?;
                let weights = read_weights(path, &models[0], corpus.vocabulary)?;
                (Some(Arc::new(weights)), Some(format!("{:x}", Sha256::digest(&bytes))))
            }
        };
        let plan = Plan::new(&spec, &corpus, digest.as_deref());
        Ok(Inputs { spec, text, corpus, initial, plan })
    }
}

impl TrainingArgs {
    /// Time between checkpoints.
    pub fn checkpoint_every(&self) -> Duration {
        Duration::from_secs_f64(self.checkpoint_every)
    }

    /// How many lanes and workers to use for these runs.
    ///
    /// # Errors
    /// A usage error where there are none.
    pub fn layout(&self, runs: &[RunConfig]) -> Result<Layout> {
        usage((|| {
            ensure!(!runs.is_empty(), "the spec has no runs");
            let machine = this_machine(self.backend);
            Ok(Layout::choose(runs, &machine, self.lanes, self.jobs))
        })())
    }
}

fn this_machine(backend: Backend) -> Machine {
    let mut system = System::new();
    system.refresh_memory();
    let (kind, arithmetic) = (backend.kind(), backend.arithmetic());
    Machine { kind, arithmetic, cores: cores(), free_bytes: system.available_memory() }
}
