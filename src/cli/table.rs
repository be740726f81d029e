use anyhow::Result;

use super::output::print;
use crate::exit::usage;
use crate::experiment::find_recipe;
use crate::report::{published_details, published_markdown, published_table};

#[derive(clap::Args, Debug)]
pub struct Args {
    /// Name of one model, to see every field of its recipe with its source
    name: Option<String>,
    /// As Markdown, with every finding and source
    #[arg(long, conflicts_with = "name")]
    markdown: bool,
}

pub fn run(args: Args) -> Result<()> {
    let text = match (&args.name, args.markdown) {
        (Some(name), _) => published_details(usage(find_recipe(&name.to_lowercase()))?),
        (None, true) => published_markdown(),
        (None, false) => published_table(),
    };
    print(text.trim_end())
}
