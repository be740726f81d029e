use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::ValueEnum;

use super::output::print;
use crate::config::plain;
use crate::exit::usage;
use crate::judge::{Case, CaseTerms, Columns, JudgedFamily, Pattern, arms, read};
use crate::report::{judged_answer, judged_json, write_judged};
use crate::session::{check_out, this_call};
use crate::stats::Terms;
use crate::talk::say;

/// Compare runs that you trained elsewhere: verdicts, intervals, power, a forest plot.
///
/// Runs of one seed are compared as pairs. Arms that share fewer than three seeds, or less than half of those of the
/// smaller arm, and arms of one run, are compared by the test that they allow, and that is said.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  wane judge runs.csv --arm optimizer,weight_decay --seed seed --value val_loss --baseline 0.0
  wane judge logs/ --name 'wd{weight_decay}-s{seed}' --arm weight_decay")]
pub struct Args {
    /// CSV files with a row a run or a step (of Weights & Biases, MLflow, TensorBoard or your own), logs of nanoGPT, llm.c,
    /// nanochat or modded-nanogpt, JSON lines, or folders of them
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Columns that tell arms apart, such as optimizer,weight_decay [default: from the names of runs]
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    arm: Vec<String>,
    /// Column with the seed, by which runs are paired [default: seed, where there is such a column]
    #[arg(long, value_name = "COLUMN")]
    seed: Option<String>,
    /// Column with the number to compare [default: val_loss, eval_loss, test_loss, val_bpb, Value or loss]
    #[arg(long, value_name = "COLUMN")]
    value: Option<String>,
    /// Arm that the others are held against, or a value that one of the columns of --arm has, such as 0.0
    #[arg(long, value_name = "LABEL")]
    baseline: Option<String>,
    /// Compare at this step [default: the last step of each run]
    #[arg(long, value_name = "STEP")]
    step: Option<f64>,
    /// Column with the step [default: step, _step, global_step, iter or iteration]
    #[arg(long, value_name = "COLUMN")]
    step_column: Option<String>,
    /// What the names of runs and files say, such as '{optimizer}-wd{weight_decay}-s{seed}'; places become columns
    #[arg(long, value_name = "PATTERN")]
    name: Option<String>,
    /// What to compare [default: against-baseline if there is one, else pairs]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_enum)]
    families: Vec<JudgedFamily>,
    /// Smallest difference that matters; needed to call arms equivalent
    #[arg(long, value_name = "ε")]
    epsilon: Option<f64>,
    /// Share of families in which any claim may be false: 0.05 is 5% for differences, and 5% for equivalences
    #[arg(long, value_name = "α", default_value_t = 0.05)]
    alpha: f64,
    /// Larger numbers are better
    #[arg(long)]
    higher_is_better: bool,
    /// Print JSON, with the keys of summary.json
    #[arg(long)]
    json: bool,
    /// Write report.html, summary.json and the forest plot into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write into the folder of --out although it has files
    #[arg(long, requires = "out")]
    replace: bool,
}

pub fn run(args: Args) -> Result<()> {
    let case = usage(judged(&args))?;
    if let Some(out) = &args.out {
        check_out(out)?;
        usage(is_free(out, args.replace))?;
        for path in write_judged(&case, out, &this_call())? {
            say(&format!("wrote {}", path.display()));
        }
    }
    if !args.json {
        case.remarks.iter().for_each(|remark| say(remark));
    }
    print(&if args.json { judged_json(&case)? } else { judged_answer(&case) })
}

fn judged(args: &Args) -> Result<Case> {
    let epsilon = args.epsilon;
    ensure!(
        epsilon.is_none_or(|one| one > 0.0 && one.is_finite()),
        "--epsilon: expected a number above 0"
    );
    ensure!(
        (1e-9..0.5).contains(&args.alpha),
        "--alpha {}: expected a share of at least 1e-9 and below 0.5",
        plain(args.alpha)
    );
    let pattern = args.name.as_deref().map(Pattern::parse).transpose()?;
    let table = read(&args.paths, pattern.as_ref())?;
    let columns = Columns {
        arm: args.arm.clone(),
        seed: args.seed.clone(),
        value: args.value.clone(),
        step: args.step_column.clone(),
        at: args.step,
    };
    let asked = CaseTerms {
        baseline: args.baseline.clone(),
        families: args.families.clone(),
        terms: Terms { alpha: args.alpha, epsilon },
        higher_is_better: args.higher_is_better,
    };
    Case::new(arms(&table, &columns)?, &asked)
}

fn is_free(out: &Path, replace: bool) -> Result<()> {
    let is_empty = out.read_dir().map_or(true, |mut files| files.next().is_none());
    ensure!(
        replace || is_empty,
        "{} has files; give another folder, or --replace to write over reports in it",
        out.display()
    );
    Ok(())
}

impl ValueEnum for JudgedFamily {
    fn value_variants<'a>() -> &'a [Self] {
        &[JudgedFamily::AgainstBaseline, JudgedFamily::Pairs]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        let name = match self {
            JudgedFamily::AgainstBaseline => "against-baseline",
            JudgedFamily::Pairs => "pairs",
        };
        Some(name.into())
    }
}
