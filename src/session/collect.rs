//! Results without training.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::{Inputs, Print, Request, claim, command, results};
use crate::backend::Backend;
use crate::cluster::snapshot::Frozen;
use crate::exit::usage;
use crate::record::Provenance;
use crate::runner::Todo;
use crate::store::Store;
use crate::talk::say;

/// Presents the results of the runs that there are, of a spec or of a frozen sweep.
///
/// # Errors
/// Runs that are not trained yet; what there is was presented all the same.
pub fn collect(mut request: Request, mut out: PathBuf, replace: bool, print: Print) -> Result<()> {
    let mut backend = Backend::Flex;
    if Frozen::is_at(&request.spec) {
        let frozen = usage(Frozen::open(&request.spec))?;
        backend = frozen.contents.backend;
        out = frozen.results().to_owned();
        let (changes, init) = (frozen.contents.changes.clone(), frozen.contents.init());
        request = Request { spec: frozen.spec(), changes, init };
    }
    let inputs = Inputs::load(&request)?;
    if let Some(note) = claim::check(&inputs, &out, replace)? {
        say(&note);
    }
    let store = Store::new(&out);
    let call = Provenance::of_call(backend, None, 1, command::as_text());
    results::present(&inputs, &out, &store, &call, print)?;
    let todo = Todo::of(&inputs.plan.runs, &store);
    let (finished, all) = (todo.finished(), inputs.plan.runs.len());
    if finished < all {
        todo.reasons().iter().for_each(|reason| say(reason));
        bail!("only {finished} of {all} runs are trained; the results hold what there is so far");
    }
    Ok(())
}
