use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::backend::Backend;
use crate::cluster::snapshot::Frozen;
use crate::exit::usage;
use crate::record::Provenance;
use crate::runner::Todo;
use crate::session::inputs::{Inputs, SpecArgs};
use crate::session::present;
use crate::store::Store;

#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
    /// Folder of results
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
}

pub fn run(mut args: Args) -> Result<()> {
    let mut backend = Backend::Flex;
    if Frozen::is_at(&args.spec.spec) {
        let frozen = usage(Frozen::open(&args.spec.spec))?;
        let contents = &frozen.contents;
        backend = contents.backend;
        args.out = frozen.results().to_owned();
        args.spec.spec = frozen.spec();
        args.spec.changes = contents.changes.clone().into();
        args.spec.changes.init = contents.initial.clone();
    }
    let inputs = Inputs::load(&args.spec)?;
    let store = Store::new(&args.out);
    let provenance = Provenance::collect(backend, 1, std::env::args().collect());
    present(&inputs, &args.out, &store, &provenance)?;
    let todo = Todo::of(&inputs.plan.runs, &store);
    let (finished, all) = (todo.finished(), inputs.plan.runs.len());
    if finished < all {
        todo.reasons().iter().for_each(|reason| eprintln!("{reason}"));
        bail!("{} of {all} runs have not ended; the files hold what there is", all - finished);
    }
    Ok(())
}
