use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::experiment;
use super::output::{answer, canvas, print};
use crate::exit::usage;
use crate::files::is_there;
use crate::report::{self, Told};
use crate::terminal;

/// Columns of what is no terminal.
const NARROW: usize = 80;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// Folder of an experiment, such as results/overfit
    folder: PathBuf,
    /// Write summary, figures and page here [default: into FOLDER]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// FOLDER holds experiments whose specs have claims: put all of those on one page, with one figure. The
    /// page goes to --out; its figure and numbers stay in FOLDER
    #[arg(long, conflicts_with_all = ["plot", "open"])]
    literature: bool,
    /// Draw λ against loss in characters where stdout is no terminal too
    #[arg(long)]
    plot: bool,
    /// Open the page in a browser
    #[arg(long)]
    open: bool,
}

pub fn run(args: Args) -> Result<()> {
    if args.literature {
        return literature(&args.folder, args.out.as_deref().unwrap_or(&args.folder));
    }
    experiment::check(&args.folder, &["runs.csv"])?;
    let out = args.out.as_deref().unwrap_or(&args.folder);
    usage(check_is_no_other(&args.folder, out))?;
    let report = report::write(&args.folder, out)?;
    let told =
        Told { answer: report.answer, plot: report.plot, files: report.page.display().to_string() };
    match args.plot {
        true => print(&told.text(Some(canvas(terminal::columns().unwrap_or(NARROW)))))?,
        false => answer(&told)?,
    }
    if args.open {
        open(&report.page)?;
    }
    Ok(())
}

/// Refuses to write a report over that of another experiment, and over what is of none.
fn check_is_no_other(folder: &Path, out: &Path) -> Result<()> {
    let real = |path: &Path| path.canonicalize().ok();
    ensure!(
        real(folder) == real(out) || !is_there(&out.join("experiment.json"))?,
        "--out {} is the folder of an experiment, whose own report would be replaced; name another folder",
        out.display()
    );
    if real(folder) == real(out) {
        return report::check_own(folder);
    }
    let page = out.join(report::PAGE);
    ensure!(
        report::is_ours(&page),
        "{} is no report of wane, and would be replaced; name another folder",
        page.display()
    );
    // Beside a report of ours lie files of ours.
    let other = report::FILES.iter().map(|name| out.join(name)).find(|path| path.exists());
    ensure!(
        page.exists() || other.is_none(),
        "{} is there without a report of wane, and would be replaced; name another folder",
        other.unwrap_or_default().display()
    );
    Ok(())
}

fn literature(folder: &Path, out: &Path) -> Result<()> {
    let written = report::literature::write(folder, out)?;
    let files: Vec<String> =
        written.files.iter().map(|file| format!("wrote {}", file.display())).collect();
    print(&format!("{}\n\n{}", written.answer, files.join("\n")))
}

fn open(page: &Path) -> Result<()> {
    let opener = match std::env::consts::OS {
        "macos" => "open",
        "windows" => "explorer",
        _ => "xdg-open",
    };
    let status = std::process::Command::new(opener).arg(page).status();
    let status = status.with_context(|| format!("cannot start {opener}"))?;
    ensure!(status.success(), "{opener} could not open {}", page.display());
    Ok(())
}
