use std::io::{IsTerminal, stdout};
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::arguments::positive;
use super::output::stream;
use crate::exit::usage;
use crate::sample::{Asked, Choice, Form, Request, Terms, sample};
use crate::talk::say;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// Weights that `wane train --save` wrote, the folder of an experiment, such as results/overfit, or a folder
    /// from Hugging Face
    from: PathBuf,
    /// Run of the experiment, by its identity or the beginning of it; may be given several times
    #[arg(long, value_name = "ID", conflicts_with = "arm")]
    run: Vec<String>,
    /// Words of an arm's name, such as 'adamw matrices λ=0.3': a text by the run of each of its seeds [default: the
    /// best arm]
    #[arg(long, value_name = "ARM")]
    arm: Option<String>,
    /// The weights of the lowest val loss, where --save-best kept them, instead of the last
    #[arg(long)]
    best: bool,
    /// Text to go on from [default: none; a text then begins after a newline, or after the token that stands between
    /// documents]
    #[arg(long, short, value_name = "TEXT", conflicts_with = "prompt_file")]
    prompt: Option<String>,
    /// The same from a file
    #[arg(long, value_name = "FILE")]
    prompt_file: Option<PathBuf>,
    /// Most tokens to write; a text may end before by itself
    #[arg(long, short = 'n', value_name = "N", default_value_t = 256, value_parser = up_to::<MOST_TOKENS>)]
    tokens: usize,
    /// How bold to choose: 1 as the model says, less for likelier tokens, 0 for the likeliest
    #[arg(long, short, value_name = "T", default_value_t = 1.0, allow_negative_numbers = true, value_parser = temperature)]
    temperature: f64,
    /// Choose among the K likeliest tokens
    #[arg(long, value_name = "K", value_parser = positive)]
    top_k: Option<usize>,
    /// Choose among the likeliest tokens that have this probability together
    #[arg(long, value_name = "P", value_parser = share)]
    top_p: Option<f64>,
    /// Seed of the choices: the same gives the same text, however many are written at once
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Texts of every model, all at once
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = up_to::<MOST_TEXTS>)]
    samples: usize,
    /// Tokenizer, where it is not beside the weights: a tokenizer.json, GPT-2's merges, or a folder with either
    #[arg(long, value_name = "FILE")]
    tokenizer: Option<PathBuf>,
    /// A line of JSON for every text, with its tokens and their nats
    #[arg(long)]
    json: bool,
    /// Say nothing on stderr but errors
    #[arg(long, short)]
    quiet: bool,
}

/// Most tokens of a text: a reader that has enough ends it earlier.
const MOST_TOKENS: usize = 1_000_000_000;
/// Most texts of a model, all of which are kept until the end.
const MOST_TEXTS: usize = 1_000_000;

fn up_to<const MOST: usize>(text: &str) -> Result<usize, String> {
    let number = positive(text).ok().filter(|number| *number <= MOST);
    number.ok_or_else(|| format!("expected a whole number from 1 to {MOST}, such as 40"))
}

fn temperature(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number == 0.0 || (1e-3..=1e3).contains(&number) => Ok(number),
        _ => Err("expected 0, or a number from 0.001 to 1000, such as 0.8".to_owned()),
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number <= 1.0 => Ok(number),
        _ => Err("expected a number above 0, up to 1, such as 0.95".to_owned()),
    }
}

pub fn run(args: Args) -> Result<()> {
    let prompt = usage(prompt(&args))?;
    let talk = |text: &str| {
        if !args.quiet {
            say(text);
        }
    };
    let request = Request {
        source: Asked {
            path: &args.from,
            runs: &args.run,
            arm: args.arm.as_deref(),
            best: args.best,
            tokenizer: args.tokenizer.as_deref(),
        },
        prompt: &prompt,
        terms: Terms {
            tokens: args.tokens,
            samples: args.samples,
            choice: Choice { temperature: args.temperature, top_k: args.top_k, top_p: args.top_p },
            seed: args.seed,
        },
        form: match (args.json, stdout().is_terminal()) {
            (true, _) => Form::Json,
            (false, true) => Form::Terminal,
            (false, false) => Form::Plain,
        },
    };
    let mut write = |text: &str| stream(text, request.form == Form::Terminal);
    let told = sample(&request, &mut write, &talk)?;
    let seconds = told.took.as_secs_f64();
    talk(&format!(
        "{} tokens in {seconds:.1} s, {:.0} tokens/s",
        told.tokens,
        told.tokens as f64 / seconds.max(1e-9)
    ));
    Ok(())
}

fn prompt(args: &Args) -> Result<String> {
    match (&args.prompt, &args.prompt_file) {
        (Some(text), _) => Ok(text.clone()),
        (None, Some(path)) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read the prompt {}", path.display()))?;
            // A byte-order mark is no text, as in data.
            Ok(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned))
        }
        (None, None) => Ok(String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_tokens_or_texts_than_anybody_reads_are_refused() {
        let (tokens, texts) = (up_to::<MOST_TOKENS>, up_to::<MOST_TEXTS>);
        assert_eq!((tokens("1"), texts("1000000")), (Ok(1), Ok(MOST_TEXTS)));
        for text in ["0", "100000000000", "9223372036854775808", "18446744073709551615"] {
            assert!(tokens(text).unwrap_err().contains("from 1 to 1000000000"), "{text}");
            assert!(texts(text).unwrap_err().contains("from 1 to 1000000,"), "{text}");
        }
    }
}
