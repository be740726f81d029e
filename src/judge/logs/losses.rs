//! The losses that a line of a log says, each by the words before it.

use std::collections::BTreeMap;

use super::numbers::number_at;

/// What is called a loss.
const LOSS: &str = "loss";

/// What is called a loss in bits per byte.
const BITS: &str = "bpb";

/// Words for the text that a loss is of, with what it is called here.
const TEXTS: [(&str, &str); 11] = [
    ("train", "train_loss"),
    ("training", "train_loss"),
    ("val", "val_loss"),
    ("valid", "val_loss"),
    ("validation", "val_loss"),
    ("validate", "val_loss"),
    ("validating", "val_loss"),
    ("dev", "val_loss"),
    ("eval", "eval_loss"),
    ("evaluation", "eval_loss"),
    ("test", "test_loss"),
];

/// Words before a loss that make it another number than that of the step.
const OTHERS: [&str; 19] = [
    "best", "lowest", "min", "minimum", "max", "maximum", "previous", "prev", "last", "old",
    "initial", "ema", "smoothed", "running", "delta", "change", "in", "diff", "target",
];

/// Words before a loss that is a part of what is trained on, and not all of it.
const PARTS: [&str; 10] =
    ["aux", "auxiliary", "z", "balance", "balancing", "router", "moe", "load", "kl", "mtp"];

/// Words for a loss over several steps: it counts where a line says no other.
const MEANS: [&str; 3] = ["avg", "average", "mean"];

/// What may stand between a loss and the words for it.
const BETWEEN: [char; 9] = [' ', '\t', ':', '/', '-', '|', '_', '.', ']'];

/// Behind the name of a loss that Megatron measures once more when training has ended.
pub const AGAIN: &str = " on validation set";

/// The losses of a line in small letters, whose word for the step stands at `step`. What a line says of its text before
/// the step goes for losses of which no text is named.
pub fn of_line(line: &str, step: usize) -> BTreeMap<String, String> {
    let subject = subject(line, step);
    let mut row: BTreeMap<String, (Kind, String)> = BTreeMap::new();
    let places = [LOSS, BITS].map(|word| line.match_indices(word));
    for (at, word) in places.into_iter().flatten() {
        let Some((name, kind, number)) = told(line, (at, word), subject.as_deref()) else {
            continue;
        };
        let is_better = row.get(&name).is_none_or(|(known, _)| kind < *known);
        if is_better {
            row.insert(name, (kind, number));
        }
    }
    row.into_iter().map(|(name, (_, number))| (name, number)).collect()
}

/// Whether the words of a name are of a loss on another text than that of training, at the step itself.
pub fn are_of_another_text(words: &[String]) -> bool {
    let is_text =
        |word: &String| TEXTS.iter().any(|(known, name)| known == word && *name != "train_loss");
    words.iter().any(is_text) && !words.iter().any(|word| OTHERS.contains(&word.as_str()))
}

/// The loss whose word stands at a place of a line: what it is called, how sure that is, and its number.
fn told(
    line: &str,
    (at, called): (usize, &str),
    subject: Option<&str>,
) -> Option<(String, Kind, String)> {
    let (name, kind) = said_before(&line[..at])?;
    let name = subject.filter(|_| name == LOSS).unwrap_or(name);
    let after = &line[at + called.len()..];
    let after = after.trim_start().strip_prefix("value").unwrap_or(after);
    let (name, number) = match (loss_at(after), text_after(after)) {
        (Some(number), _) => (name, number),
        (None, Some(said)) if name == LOSS || subject == Some(name) => said,
        _ => return None,
    };
    let text = name.strip_suffix(LOSS).filter(|_| called != LOSS);
    let name = text.map_or(name.to_owned(), |text| format!("{text}{called}"));
    Some((name, kind, number))
}

/// The text that a line is of, by the word before its step: `validate step: 400  loss: 3.1`, `[eval] step 100 loss 3.1`,
/// and Megatron's `validation loss at iteration 100 on test set | lm loss value: 3.1`.
fn subject(line: &str, step: usize) -> Option<String> {
    let (before, after) = line.split_at(step);
    let before = before.trim_end_matches(BETWEEN);
    let of_loss = before.strip_suffix("loss at");
    let (_, word) = last_word(of_loss.unwrap_or(before));
    let (_, name) = TEXTS.iter().find(|(known, _)| *known == word)?;
    Some(if of_loss.is_some() { of_megatron(name, after) } else { (*name).to_owned() })
}

/// What Megatron says of a text behind the step: that training has ended, and which of several texts it is, in brackets.
fn of_megatron(name: &str, after: &str) -> String {
    let said = after.split('|').next().unwrap_or_default();
    let name = match (said.contains(" on test set"), said.contains(AGAIN)) {
        (true, _) => "test_loss".to_owned(),
        (false, true) => format!("{name}{AGAIN}"),
        (false, false) => name.to_owned(),
    };
    let panel = said.split_once('[').and_then(|(_, rest)| rest.split_once(']'));
    match panel.map(|(panel, _)| panel.trim()).filter(|panel| !panel.is_empty()) {
        Some(panel) => format!("{}/{name}", panel.replace([' ', '/'], "_")),
        None => name,
    }
}

/// How sure it is that a number is the loss of the step: where a line says several, the first of the surest counts.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Kind {
    Plain,
    /// A word stands before it that is not known.
    Named,
    /// Over several steps.
    Mean,
}

/// What the words before a loss say of it; `None` where they make it another number.
fn said_before(text: &str) -> Option<(&'static str, Kind)> {
    if text.ends_with(char::is_alphanumeric) {
        return None;
    }
    let (mut name, mut is_mean, mut rest) = (LOSS, false, text);
    let word = loop {
        let (before, word) = last_word(rest);
        match TEXTS.iter().find(|(known, _)| *known == word) {
            Some((_, known)) if name == LOSS => name = known,
            _ if MEANS.contains(&word) => is_mean = true,
            _ => break word,
        }
        rest = before;
    };
    let is_bare = name == LOSS;
    // A name that was put together of words is one that is not known.
    let is_a_name = is_bare && !word.is_empty() && text.ends_with('_') && !is_mean;
    if OTHERS.contains(&word) || (is_bare && PARTS.contains(&word)) || is_a_name {
        return None;
    }
    let kind = match is_mean {
        true => Kind::Mean,
        false if is_bare && !word.is_empty() => Kind::Named,
        false => Kind::Plain,
    };
    Some((name, kind))
}

/// A text without its last word and what stands behind that, and the word; a number that belongs to it, as in `mtp_1`,
/// stands behind it too.
fn last_word(text: &str) -> (&str, &str) {
    let text = text.trim_end_matches(BETWEEN);
    let bare = text.trim_end_matches(|one: char| one.is_ascii_digit());
    let is_numbered = bare.trim_end_matches('_').ends_with(char::is_alphabetic);
    let text = if is_numbered { bare.trim_end_matches('_') } else { text };
    let begin = text
        .rfind(|one: char| !one.is_alphabetic())
        .map_or(0, |at| at + text[at..].chars().next().map_or(0, char::len_utf8));
    text.split_at(begin)
}

/// The text that a loss is of, where it is named behind it as in `loss/val`, with the number.
fn text_after(after: &str) -> Option<(&'static str, String)> {
    let after = after.trim_start_matches(['/', '_', '.', '-', ' ', '(', '[']);
    let end = after.find(|one: char| !one.is_alphabetic()).unwrap_or(after.len());
    let (word, rest) = after.split_at(end);
    let (_, name) = TEXTS.iter().find(|(known, _)| *known == word)?;
    Some((name, loss_at(rest.trim_start_matches([')', ']']))?))
}

/// The number at the beginning of a text. Nobody knows what a comma in it parts, decimals or thousands: it stays, so that
/// the loss is refused as it stands in the log.
fn loss_at(text: &str) -> Option<String> {
    let (number, behind) = number_at(text)?;
    Some(format!("{number}{behind}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> Vec<(String, String)> {
        of_line(line, 0).into_iter().collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(name, number)| ((*name).to_owned(), (*number).to_owned())).collect()
    }

    #[test]
    fn a_loss_is_of_the_text_that_is_named_before_or_behind_it() {
        for line in [
            "train loss 2.0, val loss 3.0",
            "train_loss=2.0 val_loss=3.0",
            "train/loss 2.0, valid/loss 3.0",
            "train: loss 2.0 valid: loss 3.0",
            "[train] loss: 2.0 | [val] loss: 3.0",
            "training loss: 2.0 validation loss: 3.0",
            "loss/train 2.0 loss/val 3.0",
            "loss (train): 2.0 loss (val): 3.0",
            "train-loss 2.0 dev loss 3.0",
        ] {
            assert_eq!(said(line), pairs(&[("train_loss", "2.0"), ("val_loss", "3.0")]), "{line}");
        }
        let of = |line: &str, name: &str| assert_eq!(said(line), pairs(&[(name, "3.0")]), "{line}");
        of("eval/loss 3.0", "eval_loss");
        of("test loss: 3.0", "test_loss");
        of("iter 100: loss 3.0, time 5ms", "loss");
        of("step 100 | loss 3.0", "loss");
    }

    #[test]
    fn bits_per_byte_are_another_number_than_the_loss() {
        let of = |line: &str, expected: &[(&str, &str)]| {
            assert_eq!(said(line), pairs(expected), "{line}");
        };
        of("step 00250 | validation bpb: 1.14", &[("val_bpb", "1.14")]);
        of("step:9/9 val_loss:3.0 val_bpb:1.1", &[("val_bpb", "1.1"), ("val_loss", "3.0")]);
        of(
            "train bpb: 1.0 | loss 3.0 | bpb 1.1",
            &[("bpb", "1.1"), ("loss", "3.0"), ("train_bpb", "1.0")],
        );
        of("minimum validation bpb: 1.0", &[]);
    }

    #[test]
    fn the_word_before_a_step_says_what_text_a_line_is_of() {
        let of = |line: &str, name: &str| {
            let step = line.find("step").or(line.find("iteration")).unwrap();
            let found: Vec<_> = of_line(line, step).into_iter().collect();
            assert_eq!(found, pairs(&[(name, "3.0")]), "{line}");
        };
        of("validate step: 400  loss:  3.0  memory: 45gib", "val_loss");
        of("[eval] step 100 loss 3.0", "eval_loss");
        of("info - step: 400  loss:  3.0", "loss");
        of("train.py step 400 loss 3.0", "loss");
        of("train step 400 loss 3.0", "train_loss");
        of("train step 400 val loss 3.0", "val_loss");
        let megatron = " validation loss at iteration 2000 on validation set | lm loss value: 3.0 | lm loss ppl: 20.1 |";
        of(megatron, "val_loss on validation set");
        of(&megatron.replace("on validation set", "on test set"), "test_loss");
        of(&megatron.replace(" on validation set", ""), "val_loss");
        of(&megatron.replace("on validation set", "[c4 en]"), "c4_en/val_loss");
        of(&megatron.replace("validation set |", "test set [code] |"), "code/test_loss");
    }

    #[test]
    fn a_loss_of_something_else_is_not_that_of_the_step() {
        for other in
            ["best", "ema", "smoothed", "delta", "running", "old", "initial", "avg", "mean"]
        {
            let line = format!("{other} val loss 1.0, val loss 2.5");
            assert_eq!(said(&line), pairs(&[("val_loss", "2.5")]), "{line}");
        }
        for line in [
            "aux loss: 0.01 | loss: 2.5",
            "router/loss 0.1 loss 2.5",
            "z_loss=0.1 loss=2.5",
            "lm loss 2.4 loss 2.5",
            "lm loss: 2.5 | mtp_1 loss: 3.5 | mtp_2 loss: 3.6",
        ] {
            assert_eq!(said(line), pairs(&[("loss", "2.5")]), "{line}");
        }
        assert!(said("best val loss 1.0").is_empty() && said("closs 1.0").is_empty());
        assert!(said("change in loss 1.0").is_empty());
        assert_eq!(said("train_avg_loss 2.5"), pairs(&[("train_loss", "2.5")]));
        assert_eq!(said("mean val loss 2.5"), pairs(&[("val_loss", "2.5")]));
    }
}
