//! Arguments that several subcommands share.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::ValueEnum;
use clap::builder::{OsStringValueParser, PossibleValue, TypedValueParser};

use crate::backend::Backend;
use crate::cluster::Options as ClusterOptions;
use crate::cluster::slurm::JobOptions;
use crate::config::InitialWeights;
use crate::experiment::Changes;
use crate::session::{Options, Request};

/// The largest seed that a spec in TOML can name.
const MOST_SEED: u64 = i64::MAX as u64;

/// A spec and the changes to it.
#[derive(clap::Args, Debug)]
pub struct SpecArgs {
    /// TOML file that describes the experiment
    pub spec: PathBuf,
    #[command(flatten)]
    pub changes: ChangeArgs,
}

impl From<SpecArgs> for Request {
    fn from(SpecArgs { spec, changes }: SpecArgs) -> Self {
        changes.of(spec)
    }
}

/// Changes to a spec.
#[derive(clap::Args, Debug)]
pub struct ChangeArgs {
    /// Change a value of the spec, such as train.steps=100 or arm.0.lr=[1e-3,3e-3]
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Train on this instead of data.source: `grammar` or another source by name, a file of text or of tokens, a
    /// folder of texts, a folder with train.bin and val.bin or the same as .npy
    #[arg(long, value_name = "PATH", value_parser = OsStringValueParser::new().try_map(source))]
    pub data: Option<String>,
    /// Seeds instead of the spec's, such as 0,1
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = seed)]
    pub seeds: Option<Vec<u64>>,
    /// Start every run from these weights: a safetensors file, an index of several, or a folder with either,
    /// under Hugging Face's or nanoGPT's tensor names
    #[arg(long, value_name = "FILE")]
    pub init: Option<PathBuf>,
    /// Leave out what the weights of --init have more than the model: rows of the vocabulary, positions
    #[arg(long, requires = "init")]
    pub init_crop: bool,
}

impl ChangeArgs {
    /// These changes to a spec.
    pub fn of(self, spec: PathBuf) -> Request {
        let ChangeArgs { set, data, seeds, init, init_crop: crop } = self;
        let init = init.map(|path| InitialWeights { path, crop });
        Request { spec, changes: Changes { set, data, seeds }, init }
    }
}

/// Where and how to train.
#[derive(clap::Args, Debug)]
pub struct TrainingArgs {
    /// Folder for results; the experiment's files go to its subfolder of the experiment's name
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub out: PathBuf,
    /// What to compute on
    #[arg(long, value_enum, default_value_t = Backend::Flex)]
    pub backend: Backend,
    /// GPU to compute on: its number or part of its name, see `wane backends` [default: the fastest]
    #[arg(long, value_name = "N|NAME")]
    pub device: Option<String>,
    /// Train at most so many runs together as one model [default: by device and memory, see `wane plan`]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub lanes: Option<usize>,
    /// Train so many such groups of runs at the same time [default: one per core on a CPU, one on a GPU]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub jobs: Option<usize>,
    /// Seconds between checkpoints; 0 writes one after every step
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, value_parser = seconds)]
    pub checkpoint_every: f64,
    /// Train again what was trained before
    #[arg(long)]
    pub fresh: bool,
    /// Replace the results of another experiment of the same name
    #[arg(long)]
    pub replace: bool,
    /// Train again what diverged before
    #[arg(long)]
    pub retry_diverged: bool,
    /// Go on from finished runs that differ in nothing but fewer steps; the results get a folder of their own,
    /// named after the steps
    #[arg(long, conflicts_with = "fresh")]
    pub extend: bool,
    /// Say nothing on stderr but errors
    #[arg(long, short)]
    pub quiet: bool,
}

impl From<TrainingArgs> for Options {
    fn from(args: TrainingArgs) -> Self {
        Options {
            out: args.out,
            backend: args.backend,
            device: args.device,
            lanes: args.lanes,
            jobs: args.jobs,
            checkpoint_every: Duration::from_secs_f64(args.checkpoint_every),
            keep_best: false,
            fresh: args.fresh,
            replace: args.replace,
            retry_diverged: args.retry_diverged,
            extend: args.extend,
            quiet: args.quiet,
            plain: false,
            verbose: false,
        }
    }
}

/// What Slurm should do.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "With --launcher slurm")]
pub struct SlurmArgs {
    /// Partition
    #[arg(long, value_name = "NAME", requires = "launcher")]
    partition: Option<String>,
    /// Time limit of a task; a task that reaches it writes a checkpoint and is queued again
    #[arg(long, value_name = "TIME", requires = "launcher")]
    time: Option<String>,
    /// GPUs of a task
    #[arg(long, value_name = "N", value_parser = positive, requires = "launcher")]
    gpus: Option<usize>,
    /// Most tasks to run at once
    #[arg(long, value_name = "K", value_parser = positive, requires = "launcher")]
    array_limit: Option<usize>,
    /// Most runs of a task [default: enough for five minutes by estimate]
    #[arg(long, value_name = "N", value_parser = positive, requires = "launcher")]
    runs_per_task: Option<usize>,
    /// More options for sbatch, such as "--account=lab --mem=2G"; they override wane's own
    #[arg(long, value_name = "OPTIONS", allow_hyphen_values = true, requires = "launcher")]
    sbatch: Option<String>,
    /// Wait until the tasks end, then show the results; Ctrl-C stops the waiting, not the tasks
    #[arg(long, requires = "launcher")]
    wait: bool,
    /// Allow this version of wane to continue a sweep that another version submitted
    #[arg(long, requires = "launcher")]
    allow_version_mix: bool,
}

impl SlurmArgs {
    /// As plain options.
    ///
    /// # Errors
    /// A quotation mark in `--sbatch` that is not closed.
    pub fn options(self) -> Result<ClusterOptions> {
        let raw = self.sbatch.unwrap_or_default();
        let raw = shlex::split(&raw)
            .with_context(|| format!("--sbatch '{raw}': a quotation mark is not closed"))?;
        let SlurmArgs { partition, time, gpus, array_limit, .. } = self;
        Ok(ClusterOptions {
            job: JobOptions { partition, time, gpus, array_limit, raw },
            runs_per_task: self.runs_per_task,
            wait: self.wait,
            allow_version_mix: self.allow_version_mix,
        })
    }
}

impl ValueEnum for Backend {
    fn value_variants<'a>() -> &'a [Self] {
        &Backend::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).help(self.description()))
    }
}

fn source(path: OsString) -> Result<String, String> {
    match path.into_string() {
        Ok(path) if path.is_empty() => {
            Err("expected `grammar`, a file or a folder, such as data/text.txt".to_owned())
        }
        Ok(path) => Ok(path),
        Err(_) => Err("its name is not UTF-8: rename it, or go into its folder".to_owned()),
    }
}

fn seed(text: &str) -> Result<u64, String> {
    let number = text.trim().parse().ok().filter(|seed| *seed <= MOST_SEED);
    number.ok_or_else(|| {
        format!("expected whole numbers from 0 to {MOST_SEED}, such as --seeds 0,1,2")
    })
}

/// A whole number above 0.
pub fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("expected a whole number above 0, such as 2".to_owned()),
        Ok(number) => Ok(number),
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (0.0..=1e6).contains(&number) => Ok(number),
        _ => Err("expected a number of seconds from 0 to 1000000, such as 30".to_owned()),
    }
}

/// A number, perhaps with k, M, B or T for thousands, millions, billions and trillions.
pub fn size(text: &str) -> Result<f64, String> {
    let units = [('k', 1e3), ('m', 1e6), ('b', 1e9), ('g', 1e9), ('t', 1e12)];
    let lower = text.to_lowercase();
    let unit = units.iter().find_map(|(letter, unit)| Some((lower.strip_suffix(*letter)?, *unit)));
    let (digits, unit) = unit.unwrap_or((&lower, 1.0));
    if unit > 1.0 && digits.contains('e') {
        return Err(
            "it has an exponent and a letter: expected one of them, as in 610e6 or 610M".to_owned()
        );
    }
    let number = if is_in_thousands(digits) {
        digits.replace(['_', ','], "").parse::<f64>().ok()
    } else {
        None
    };
    let number = number.map(|number| number * unit).filter(|number| number.is_finite());
    number.ok_or_else(|| "expected a number, such as 610e6, 610M, 1.2B or 0.002".to_owned())
}

/// Steps of warm-up, which others give as a share of the run.
pub fn warmup_steps(text: &str) -> Result<f64, String> {
    match size(text)? {
        share if share > 0.0 && share < 1.0 => Err(format!(
            "expected steps, such as 2000; where {share} is a share of the run, give that share of its steps"
        )),
        steps => Ok(steps),
    }
}

/// Whether every comma parts thousands: what comes after it is three digits.
fn is_in_thousands(digits: &str) -> bool {
    let whole = digits.split('.').next().unwrap_or(digits);
    let mut groups = whole.split(',');
    let is_first =
        groups.next().is_some_and(|first| !digits.contains(',') || is_first_of_thousands(first));
    is_first
        && groups.all(|group| group.len() == 3 && has_digits_alone(group))
        && !digits.split('.').skip(1).any(|rest| rest.contains(','))
}

/// One to three digits, and no 0 before them: `0,100` is a decimal comma.
fn is_first_of_thousands(group: &str) -> bool {
    (1..=3).contains(&group.len()) && !group.starts_with('0') && has_digits_alone(group)
}

fn has_digits_alone(group: &str) -> bool {
    group.bytes().all(|one| one.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_on_the_command_line_are_those_that_a_spec_can_name() {
        assert_eq!(seed(" 9223372036854775807"), Ok(MOST_SEED));
        for text in ["9223372036854775808", "18446744073709551615", "-1", "a", ""] {
            assert!(seed(text).unwrap_err().contains("such as --seeds 0,1,2"), "{text}");
        }
    }

    #[test]
    fn sizes_are_read_with_their_letters() {
        for (text, value) in [
            ("610e6", 610e6),
            ("610M", 610e6),
            ("1.2B", 1.2e9),
            ("12,200,000,000", 12.2e9),
            ("2k", 2e3),
            ("124m", 124e6),
            ("0.1", 0.1),
        ] {
            assert_eq!(size(text), Ok(value), "{text}");
        }
        for text in
            ["", "M", "0,0006", "1,5", "1.5,000", "many", "1e999", "nan", "12 M", "5MB", "6.1e8B"]
        {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_decimal_comma_before_an_exponent_parts_no_thousands() {
        for text in ["1,5e9", "1,2e9", "1e2,000", "1,+50", "1,5_0"] {
            assert!(size(text).is_err(), "{text}");
        }
        assert_eq!(size("1,500,000.5"), Ok(1_500_000.5));
    }

    #[test]
    fn a_warm_up_is_in_steps_and_no_share_of_the_run() {
        assert_eq!((warmup_steps("0"), warmup_steps("2k")), (Ok(0.0), Ok(2000.0)));
        assert!(warmup_steps("0.1").unwrap_err().contains("a share of the run"));
    }
}
