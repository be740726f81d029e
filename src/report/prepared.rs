//! What was prepared, as a table.

use indicatif::HumanCount;

use super::format;
use super::tables::{align_right, new_table};
use crate::corpus::prepare::{Order, Prepared};

/// The files of tokens, a line each, and how to train on them.
pub fn prepared(order: &Order, prepared: &Prepared) -> String {
    let mut table = new_table(&["split", "documents", "bytes", "tokens", "bytes/token"]);
    for one in &prepared.files {
        table.add_row([
            one.split.to_owned(),
            HumanCount(one.documents).to_string(),
            HumanCount(one.bytes).to_string(),
            HumanCount(one.tokens).to_string(),
            format::fixed(one.bytes as f64 / one.tokens as f64, 2),
        ]);
    }
    align_right(&mut table, [1, 2, 3, 4]);
    let (out, vocabulary) = (order.out.display(), HumanCount(prepared.vocabulary as u64));
    format!(
        "{} ({}; {}, vocabulary of {vocabulary})\n{table}\ntrain on it by --data {out}",
        order.source.display(),
        prepared.recognised,
        prepared.tokenizer
    )
}
