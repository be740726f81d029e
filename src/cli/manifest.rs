use anyhow::Result;

use super::inputs::{Inputs, SpecArgs};
use super::output::print;
use crate::model::shape_parameters;
use crate::report::manifest_table;
use crate::results::manifest;

#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    spec: SpecArgs,
}

pub fn run(args: Args) -> Result<()> {
    let inputs = Inputs::load(&args.spec)?;
    let parameters = shape_parameters(&inputs.spec.model, inputs.corpus.vocabulary);
    let mut shown = Vec::new();
    for arm in &inputs.spec.arms {
        // Arms that differ in the recipe alone decay the same parameters.
        if shown.contains(&arm.decay) {
            continue;
        }
        shown.push(arm.decay);
        let title = crate::spec::Arm { variant: String::new(), ..arm.clone() }.label();
        print(&format!("{}\n", manifest_table(&title, &manifest(&arm.decay, &parameters))))?;
    }
    Ok(())
}
