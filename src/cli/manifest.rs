use anyhow::Result;

use super::arguments::SpecArgs;
use super::output::print;
use crate::config::Named;
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
        // Arms that differ in the recipe alone decay the same parameters.
        if shown.contains(&(arm.model, arm.decay)) {
            continue;
        }
        shown.push((arm.model, arm.decay));
        let parameters = arm.model.parameters(inputs.corpus.vocabulary);
        let rows = manifest(arm.model.family, &arm.decay, &parameters);
        let title = match several {
            true => format!("{}: {}", arm.model.family.name(), arm.decay.label()),
            false => arm.decay.label(),
        };
        print(&format!("{}\n", manifest_table(&title, &rows)))?;
    }
    Ok(())
}
