//! What is told of an experiment as a whole, whatever the order of its arms.

use crate::config::{Form, Mask, Texts};
use crate::report::words::{fine_print, levels, warning};
use crate::results::RunRow;
use crate::stats::tests::row;
use crate::stats::{Analysis, ArmName, Extent, Spread, Varied, Warning};

/// Arms that read 100 or 4,000 tokens of their texts: what counting reaches is another level in each.
fn of_two_lengths() -> Vec<RunRow> {
    let mut rows = Vec::new();
    for (read, counting, none) in [(100, 3.0, 3.4), (4000, 0.8, 1.7)] {
        for (weight_decay, better) in [(0.0, 0.0), (0.5, 0.05)] {
            for seed in 0..3u64 {
                let loss = none - better * (1.0 + 0.1 * seed as f64) + 0.02 * seed as f64;
                rows.push(RunRow {
                    run: format!("{read} {weight_decay} {seed}"),
                    variant: format!("read_tokens={read}"),
                    setting: read.to_string(),
                    base: read.to_string(),
                    test_loss: Some(loss),
                    test_ngram: Some(counting),
                    test_ngram_order: Some(4),
                    text_seed: Some(seed),
                    ..row(Form::AdamW, Mask::Matrices, weight_decay, seed, loss)
                });
            }
        }
    }
    rows
}

#[test]
fn epsilon_and_levels_do_not_depend_on_the_order_of_arms() {
    let rows = of_two_lengths();
    let turned: Vec<RunRow> = rows.iter().rev().cloned().collect();
    let [one, other] = [rows, turned].map(|rows| Analysis::of(&rows));
    let epsilon = one.epsilon.unwrap().value;
    assert_eq!(epsilon, other.epsilon.unwrap().value);
    assert!((epsilon - 0.02 * (1.72 - 0.8)).abs() < 1e-9, "of the best without decay: {epsilon}");
    assert_eq!(one.levels, other.levels);
    for analysis in [one, other] {
        let told = levels(&analysis).unwrap();
        assert!(told.contains("above counting 4-grams (0.80)"), "{told}");
    }
}

#[test]
fn orders_that_differ_between_texts_are_told_from_the_lowest_to_the_highest() {
    let of = |order: fn(u64) -> usize| {
        let row = |row: RunRow| RunRow { test_ngram_order: Some(order(row.seed)), ..row };
        Analysis::of(&of_two_lengths().into_iter().map(row).collect::<Vec<_>>())
    };
    let differing = of(|seed| 3 + seed as usize);
    let told = levels(&differing).unwrap();
    assert!(told.contains("above counting 3- to 5-grams (0.80)"), "{told}");
    assert_eq!(differing.levels.ngram_order, None);
    assert_eq!(of(|_| 4).levels.ngram_order, Some(4));
}

/// What seeds change is told, and no more.
#[test]
fn the_spread_is_of_what_seeds_change() {
    let of = |text: bool, model: bool| {
        let arm = |weight_decay: f64| {
            (0..3u64).map(move |seed| {
                let own = |varies: bool| Some(if varies { seed } else { 0 });
                let loss = 2.0 + 0.1 * seed as f64 * (1.0 + weight_decay);
                RunRow {
                    test_loss: Some(loss),
                    texts: Some(Texts::PerSeed),
                    text_seed: own(text),
                    model_seed: own(model),
                    data_seed: Some(0),
                    ..row(Form::AdamW, Mask::Matrices, weight_decay, seed, loss)
                }
            })
        };
        Analysis::of(&arm(0.0).chain(arm(0.5)).collect::<Vec<_>>())
    };
    let varied = Varied { weights: true, order: false };
    let one_text = of(false, true);
    assert!(matches!(one_text.spread, Some(Spread::OneText { varied: own, .. }) if own == varied));
    let told = fine_print(&one_text);
    assert!(told.contains("3 seeds, all on one text"), "{told}");
    assert!(told.contains("all of it first weights: the text is one"), "{told}");
    let texts = fine_print(&of(true, false));
    assert!(texts.contains("all of it texts: first weights and order are the same"), "{texts}");
    assert!(texts.contains("3 seeds, each with a train text of its own"), "{texts}");
}

#[test]
fn runs_that_overfitted_are_not_told_to_train_longer() {
    let of = |count, overfitted, extent| {
        let name = ArmName {
            form: Form::AdamW,
            mask: None,
            variant: String::new(),
            weight_decay: Some(3.0),
        };
        let arms = vec![(name, count)];
        warning(&Warning::Collapsed { count, overfitted, all: 12, extent, arms })
    };
    let all = of(12, 12, Extent::All);
    assert!(all.starts_with("EVERY RUN HAS OVERFITTED") && !all.contains("longer"), "{all}");
    let none = of(12, 0, Extent::All);
    assert!(none.contains("Train them longer, or at a lower learning rate, before"), "{none}");
    let every_arm = of(4, 4, Extent::EveryArm);
    assert!(
        every_arm.contains("train fewer steps") && !every_arm.contains("longer"),
        "{every_arm}"
    );
    assert!(of(1, 1, Extent::Some).ends_with("It was better at its best step: it overfitted."));
    let some = of(3, 0, Extent::Some);
    assert!(some.starts_with("3 of 12 runs collapsed, 3 of adamw λ = 3: no better than"), "{some}");
    assert!(!some.contains("overfitted"));
}
