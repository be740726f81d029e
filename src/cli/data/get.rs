use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::output::print;
use crate::corpus::download::{TEXTS, Text, download};
use crate::exit::usage;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// Name of the text: tiny-shakespeare
    name: String,
    /// Download from here instead
    #[arg(long)]
    url: Option<String>,
    /// Folder to put the file into
    #[arg(long, value_name = "DIR", default_value = "data")]
    out: PathBuf,
}

pub fn run(get: Args) -> Result<()> {
    let text = usage(find(&get.name))?;
    let path = get.out.join(text.file);
    let bar = ProgressBar::new(text.bytes).with_style(
        ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes}")
            .expect("the template is well-formed"),
    );
    bar.set_message(text.name);
    fetch(text, get.url.as_deref(), &path, &bar)?;
    bar.finish_and_clear();
    print(&path.display().to_string())
}

fn find(name: &str) -> Result<&'static Text> {
    TEXTS.iter().find(|text| text.name == name).ok_or_else(|| {
        let known: Vec<&str> = TEXTS.iter().map(|text| text.name).collect();
        anyhow!("no text is called `{name}`; known: {}", known.join(", "))
    })
}

fn fetch(text: &Text, url: Option<&str>, path: &Path, bar: &ProgressBar) -> Result<()> {
    download(text, url.unwrap_or(text.url), path, |bytes| bar.inc(bytes))
}
