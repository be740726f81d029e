use anyhow::Result;

use super::arguments::SpecArgs;
use super::output::print;
use crate::config::Named;
use crate::experiment::Arm;
use crate::report::manifest_table;
use crate::results::manifest;
use crate::session::Inputs;

#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
}

pub fn run(args: Args) -> Result<()> {
    let inputs = Inputs::load(&args.spec.into())?;
    let several = inputs.spec.models().len() > 1;
    let mut shown = Vec::new();
    for arm in inputs.spec.every_arm() {
        if shown.iter().any(|known: &&Arm| known.updates_as(arm)) {
            continue;
        }
        shown.push(arm);
        let parameters = arm.model.parameters(inputs.corpus.vocabulary);
        let rows = manifest(arm, &parameters);
        let title = match several {
            true => format!("{}: {}", arm.model.family.name(), arm.label()),
            false => arm.label(),
        };
        print(&format!("{}\n", manifest_table(&title, &rows)))?;
    }
    Ok(())
}
