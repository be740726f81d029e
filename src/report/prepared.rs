//! What was prepared, as a table.

use indicatif::HumanCount;

use super::format;
use super::tables::{align_right, new_table};
use crate::corpus::prepare::{Order, Prepared};

/// So many times as much as was asked for, or as little, is told.
const FAR: f64 = 1.5;

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
    let missed: String = missed(order, prepared).iter().map(|one| format!("\n{one}")).collect();
    format!(
        "{} ({}; {}, vocabulary of {vocabulary})\n{table}{missed}\ntrain on it by --data {out}",
        order.source.display(),
        prepared.recognised,
        prepared.tokenizer
    )
}

/// Shares that were asked for and are far from what there is: documents are never split.
fn missed(order: &Order, prepared: &Prepared) -> Vec<String> {
    let all: u64 = prepared.files.iter().map(|one| one.bytes).sum();
    let asked = [("val", order.shares.val), ("test", order.shares.test)];
    let of = |(split, asked): (&'static str, f64)| {
        let file = prepared.files.iter().find(|one| one.split == split)?;
        let share = file.bytes as f64 / all as f64;
        let is_far = share > FAR * asked || share < asked / FAR;
        is_far.then(|| {
            format!(
                "{split} has {} % of the text, {} % were asked for: documents are never split",
                format::three_digits(100.0 * share),
                format::three_digits(100.0 * asked)
            )
        })
    };
    asked.into_iter().filter_map(of).collect()
}
