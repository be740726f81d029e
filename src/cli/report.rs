use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use super::output::print;
use crate::exit::usage;
use crate::report;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// Folder of an experiment, such as results/overfit
    folder: PathBuf,
    /// Write summary, figures and page here [default: into FOLDER]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Open the page in a browser
    #[arg(long)]
    open: bool,
}

pub fn run(args: Args) -> Result<()> {
    let runs = args.folder.join("runs.csv");
    usage((|| {
        ensure!(
            runs.is_file(),
            "{} is not there; expected a folder that `wane sweep` wrote, such as results/overfit",
            runs.display()
        );
        Ok(())
    })())?;
    let report = report::write(&args.folder, args.out.as_deref().unwrap_or(&args.folder))?;
    print(&format!("{}\n\n{}", report.answer, report.page.display()))?;
    if args.open {
        open(&report.page)?;
    }
    Ok(())
}

fn open(page: &std::path::Path) -> Result<()> {
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
