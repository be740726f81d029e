use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;

use super::arguments::ChangeArgs;
use super::output::print;
use crate::config::RunId;
use crate::plural::counted;
use crate::report::status_table;
use crate::session::status::{STATES, list};

#[derive(clap::Args, Debug)]
pub struct Args {
    /// TOML file that describes the experiment [default: every run in the folder]
    spec: Option<PathBuf>,
    #[command(flatten)]
    changes: ChangeArgs,
    /// Folder of results
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
}

pub fn run(args: Args) -> Result<()> {
    let request = args.spec.map(|spec| args.changes.of(spec));
    let rows = list(request.as_ref(), &args.out)?;
    if rows.is_empty() {
        return print(&format!("no run is in {}", args.out.display()));
    }
    // Arms may share a run.
    let states: BTreeMap<RunId, &str> =
        rows.iter().map(|row| (row.id.clone(), row.state)).collect();
    let totals = totals(&states.into_values().collect::<Vec<_>>());
    let cells = rows.into_iter().map(|row| {
        [row.id.to_string(), row.arm, row.seed.to_string(), row.state.to_owned(), row.detail]
    });
    print(&format!("{}\n\n{totals}", status_table(cells.collect())))
}

fn totals(states: &[&str]) -> String {
    let count = |name: &str| states.iter().filter(|state| **state == name).count();
    let counts = STATES.iter().map(|name| (count(name), name)).filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, name)| format!("{count} {name}")).collect();
    format!("{}: {}", counted(states.len(), "run"), counts.join(", "))
}
