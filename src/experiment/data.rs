//! What is trained on: `[data]`.

use anyhow::Result;

use super::canaries;
use super::given::{Given, WrongKey};
use crate::config::{Cut, Order};
use crate::corpus::{Source, TokenizerChoice};

/// Where the text comes from; `instead` is another place than the spec's.
pub fn source(data: &Given, instead: Option<&str>) -> Result<Source> {
    let source = instead.or(data.text("source")).unwrap_or("grammar");
    if source.is_empty() {
        let problem =
            " is empty: expected `grammar`, a file or a folder; without the key it is `grammar`";
        return Err(WrongKey::new("data.source", problem).into());
    }
    Ok(Source {
        tokenizer: tokenizer(data)?,
        text_field: data.text("text_field").map(str::to_owned),
        ..Source::parse(source)
    })
}

/// How it is cut.
pub fn cut(data: &Given) -> Result<Cut> {
    Ok(Cut {
        train: data.count("train").unwrap_or(30_000),
        val: data.count("val").unwrap_or(20_000),
        test: data.count("test"),
        order: data.named("order").map_or(Order::Random, |order| order[0]),
        texts: data.named("texts").map(|texts| texts[0]),
        canaries: canaries::read(data)?,
    })
}

fn tokenizer(data: &Given) -> Result<Option<TokenizerChoice>> {
    let asked = data.text("tokenizer").map(TokenizerChoice::parse).transpose();
    asked.map_err(|error| WrongKey::new("data.tokenizer", format!(" = {error}")).into())
}
