use std::cell::OnceCell;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::{Result, ensure};
use indicatif::{BinaryBytes, HumanCount, ProgressBar, ProgressStyle};

use crate::cli::output::print;
use crate::corpus::TokenizerChoice;
use crate::corpus::prepare::{Order, Pass, Prepared, Shares, prepare};
use crate::exit::{Stopped, usage};
use crate::report;
use crate::signals;
use crate::talk;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// A text file, JSON lines or a folder of such; gzip and zstd are read through
    source: PathBuf,
    /// Folder for train.bin, val.bin, test.bin and meta.json, which must not be there yet
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// What to cut text into: characters, bytes, bpe:N (N tokens learned of train), or a tokenizer.json
    #[arg(long, value_name = "NAME|FILE", default_value = "characters", value_parser = TokenizerChoice::parse)]
    tokenizer: TokenizerChoice,
    /// Share of the text that is kept for validation
    #[arg(long, value_name = "SHARE", default_value_t = 0.05)]
    val: f64,
    /// Share of the text that is kept for the test
    #[arg(long, value_name = "SHARE", default_value_t = 0.05)]
    test: f64,
    /// Draws the documents of val and test
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Field of JSON lines that holds the text [default: text, or the only one]
    #[arg(long, value_name = "NAME")]
    text_field: Option<String>,
    /// Say nothing on stderr but errors
    #[arg(long, short)]
    quiet: bool,
}

pub fn run(args: Args) -> Result<()> {
    let shares = usage(shares(&args))?;
    let progress = Progress::new(args.quiet);
    let order = Order {
        source: args.source,
        text_field: args.text_field,
        tokenizer: args.tokenizer,
        shares,
        seed: args.seed,
        out: args.out,
    };
    let interruption = Interruption::default();
    let tell = |pass, bytes| progress.tell(pass, bytes);
    let prepared = usage(prepare(&order, &tell, &|| interruption.check()))?;
    progress.end();
    for note in notes(&prepared).into_iter().filter(|_| !args.quiet) {
        talk::say(&note);
    }
    print(&report::prepared(&order, &prepared))
}

fn shares(args: &Args) -> Result<Shares> {
    for (flag, share) in [("--val", args.val), ("--test", args.test)] {
        ensure!(
            (0.0..1.0).contains(&share),
            "{flag} {share}: expected a share of the text, such as 0.05, from 0 to below 1"
        );
    }
    ensure!(
        args.val > 0.0,
        "--val 0: everything is chosen on val; expected a share above 0, such as 0.05"
    );
    ensure!(
        args.val + args.test <= 0.9,
        "--val {} and --test {} leave less than a tenth of the text to train on",
        args.val,
        args.test
    );
    Ok(Shares { val: args.val, test: args.test })
}

/// Whether Ctrl-C or the like came while files are written, which are then taken away. What came before ends the program
/// by itself: nothing is to be taken away.
#[derive(Default)]
struct Interruption {
    came: OnceCell<Arc<AtomicBool>>,
}

impl Interruption {
    /// Listens from the first time on.
    fn check(&self) -> Result<()> {
        if let Some(came) = self.came.get() {
            let message = "stopped; nothing was written".to_owned();
            return match came.load(Ordering::Relaxed) {
                true => Err(Stopped { message }.into()),
                false => Ok(()),
            };
        }
        let came = Arc::clone(self.came.get_or_init(Arc::default));
        signals::on_stop(move || came.store(true, Ordering::Relaxed))
    }
}

/// How far each pass is.
struct Progress {
    quiet: bool,
    bar: Mutex<Option<(Pass, ProgressBar)>>,
    /// Bytes that the first pass read: so many have the others.
    all: Mutex<u64>,
}

impl Progress {
    fn new(quiet: bool) -> Self {
        Progress { quiet, bar: Mutex::default(), all: Mutex::default() }
    }

    fn tell(&self, pass: Pass, bytes: u64) {
        let mut all = self.all.lock().expect("no holder panics");
        if pass == Pass::Survey {
            *all += bytes;
        }
        let mut bar = self.bar.lock().expect("no holder panics");
        if bar.as_ref().is_none_or(|(shown, _)| *shown != pass) {
            if let Some((_, done)) = bar.take() {
                done.finish_and_clear();
            }
            *bar = Some((pass, self.start(pass, *all)));
        }
        if let Some((_, bar)) = &*bar {
            bar.inc(bytes);
        }
    }

    fn start(&self, pass: Pass, all: u64) -> ProgressBar {
        if self.quiet {
            return ProgressBar::hidden();
        }
        let (name, template) = match pass {
            Pass::Survey => ("reading", "{msg} {spinner} {bytes} ({bytes_per_sec})"),
            Pass::Learn => ("learning a tokenizer", "{msg} {wide_bar} {bytes}/{total_bytes} {eta}"),
            Pass::Write => ("writing tokens", "{msg} {wide_bar} {bytes}/{total_bytes} {eta}"),
        };
        let style = ProgressStyle::with_template(template).expect("the template is well-formed");
        let bar = match pass {
            Pass::Survey => ProgressBar::new_spinner(),
            Pass::Learn | Pass::Write => ProgressBar::new(all),
        };
        bar.with_style(style).with_message(name)
    }

    fn end(&self) {
        if let Some((_, bar)) = self.bar.lock().expect("no holder panics").take() {
            bar.finish_and_clear();
        }
    }
}

/// What people should know.
fn notes(prepared: &Prepared) -> Vec<String> {
    let mut notes = Vec::new();
    if prepared.copies > 0 {
        notes.push(format!(
            "note: {} documents are another one word for word; all copies of a document are in one split",
            HumanCount(prepared.copies)
        ));
    }
    if prepared.unknown > 0 {
        notes.push(format!(
            "warning: {} tokens stand for what the tokenizer does not know; bpe:N or bytes know everything",
            HumanCount(prepared.unknown)
        ));
    }
    notes.extend(prepared.lost_told().map(|lost| format!("warning: {lost}")));
    notes.extend(prepared.cuts.iter().map(|cuts| format!("note: {cuts}")));
    if let Some(bytes) = prepared.learned_of {
        notes.push(format!("note: the tokenizer was learned of {} of train", BinaryBytes(bytes)));
    }
    notes
}
