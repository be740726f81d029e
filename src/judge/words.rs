//! What the names of columns say of their numbers.

/// Of which more is better.
const MORE: &str = "accuracy acc score reward auc auroc auprc bleu sacrebleu chrf rouge rougel rougelsum meteor cider \
    bertscore f1 fscore precision recall sensitivity specificity em r2 r² map mrr ndcg winrate hits iou miou dice psnr \
    ssim mcc kappa elo correlation pearson spearman throughput mfu fps";
/// The same in several words.
const MORE_OF_SEVERAL: [&[&str]; 8] = [
    &["exact", "match"],
    &["win", "rate"],
    &["success", "rate"],
    &["pass", "rate"],
    &["pass", "1"],
    &["hit", "rate"],
    &["r", "squared"],
    &["r", "2"],
];
/// Of which less is better, whatever other words stand beside.
const LESS: [&str; 6] = ["error", "err", "brier", "fid", "perplexity", "ppl"];

/// The words of a name in small letters, as underscores, hyphens and the like part them, and as capitals do:
/// `valAccuracy` is of two.
pub fn words(name: &str) -> Vec<String> {
    let pieces = name.split(|one: char| !one.is_alphanumeric()).filter(|one| !one.is_empty());
    pieces.flat_map(by_capitals).collect()
}

/// A capital begins a word after a small letter or a digit, and before a small letter at the end of capitals, as in
/// `AUCScore`.
fn by_capitals(piece: &str) -> Vec<String> {
    let letters: Vec<char> = piece.chars().collect();
    let mut words = vec![String::new()];
    for (place, letter) in letters.iter().enumerate() {
        let before = place.checked_sub(1).map(|before| letters[before]);
        let is_after_small = before.is_some_and(|before| !before.is_uppercase());
        let is_last_of_capitals = before.is_some_and(char::is_uppercase)
            && letters.get(place + 1).is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && (is_after_small || is_last_of_capitals) {
            words.push(String::new());
        }
        let word = words.last_mut().expect("there is a word");
        word.extend(letter.to_lowercase());
    }
    words
}

/// Whether a name is of something of which more is better, as far as its words tell.
pub fn is_better_larger(name: &str) -> bool {
    let parted = words(name);
    let is_less = parted.iter().any(|word| LESS.contains(&word.as_str()))
        || parted.last().is_some_and(|last| last == "loss");
    // Capitals inside of a word part it wrongly where it is an abbreviation: mAP, nDCG, RougeL.
    let lower = name.to_lowercase();
    let whole = lower.split(|one: char| !one.is_alphanumeric());
    let is_more = |word: &str| {
        let bare = word.trim_end_matches(|one: char| one.is_ascii_digit());
        MORE.split_whitespace().any(|known| known == word || known == bare)
    };
    let has = |several: &&[&str]| parted.windows(several.len()).any(|own| *own == **several);
    let is_named = parted.iter().map(String::as_str).chain(whole).any(is_more);
    !is_less && (is_named || MORE_OF_SEVERAL.iter().any(has))
}

/// What is named as something of which more is better, where less was taken for it.
pub fn larger_is_better(quantity: &str, higher_is_better: bool) -> Option<String> {
    (!higher_is_better && is_better_larger(quantity)).then(|| {
        format!("smaller numbers are taken for better ones; where a larger {quantity} is better: --higher-is-better")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parted_by_capitals_and_by_what_stands_between_words() {
        for (name, parted) in [
            ("valAccuracy", "val accuracy"),
            ("val-loss/Exact match", "val loss exact match"),
            ("AUCScore", "auc score"),
            ("valAUC", "val auc"),
            ("ValLoss", "val loss"),
            ("F1Score", "f1 score"),
            ("val_loss", "val loss"),
        ] {
            assert_eq!(words(name).join(" "), parted, "{name}");
        }
    }

    #[test]
    fn what_is_better_larger_is_known_by_whole_words() {
        let names = "accuracy, valAccuracy, val_acc, valAcc, eval/accuracy, top-5 accuracy, \
             precision, recall, recall@5, exact_match, exactMatch, exact-match, EM, r2, R2, \
             R^2, r2_score, r-squared, mAP, val_mAP, mAP@0.5, mAP50-95, auc, ROC-AUC, \
             valAUC, bleu, BLEU-4, rouge1, rougeL, mrr, nDCG@10, ndcg10, win rate, win_rate, \
             winRate, winrate, f1, macro-F1, F1Score, reward, pass@1";
        for name in names.split(", ") {
            assert!(is_better_larger(name), "{name}");
        }
        let names = "val_loss, valLoss, loss, mape, MAPE, accumulated, accumulatedLoss, perplexity, \
             recalled, precise, f1_loss, accuracy-loss, error, top1_error, brier_score, \
             bits_per_byte, mse, embedding, remap, rate";
        for name in names.split(", ") {
            assert!(!is_better_larger(name), "{name}");
        }
    }
}
