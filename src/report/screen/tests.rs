use super::*;
use crate::config::{Form, Mask};
use crate::results::RunRow;
use crate::stats::tests::arm;

/// What every mask adds to a loss.
const MASKS: [(Mask, f64); 3] =
    [(Mask::Matrices, 0.0), (Mask::Global, 0.017), (Mask::Linear, 0.031)];

/// Rules of five forms and three masks at three λ each, of which the last collapses.
fn of_many_rules() -> Analysis {
    let forms = [Form::AdamW, Form::L2, Form::Cautious, Form::Independent, Form::Corrected];
    let mut runs = arm(Form::AdamW, Mask::Matrices, 0.0, 2.0, 0.1);
    for (place, form) in forms.into_iter().enumerate() {
        for (mask, more) in MASKS {
            for (step, lambda) in [0.1, 1.0, 3.0].into_iter().enumerate() {
                let loss = 1.9 - 0.03 * place as f64 + more + 0.6 * step as f64;
                let spread = 0.05 + 0.013 * place as f64 + more;
                runs.extend(arm(form, mask, lambda, loss, spread));
            }
        }
    }
    let own = |row: RunRow| RunRow { val_unigram: Some(2.7), ..row };
    Analysis::of(&runs.into_iter().map(own).collect::<Vec<_>>())
}

#[test]
fn an_answer_of_many_rules_fits_a_screen_and_keeps_the_best_arm_and_its_warnings() {
    let analysis = of_many_rules();
    let whole = told_in(&analysis, &[], LEVELS[0]);
    assert!(whole.lines().count() + 8 > LINES, "{whole}");
    for above in [0, 4, 8] {
        let told = answer_below(&analysis, &[], above);
        assert!(above + told.lines().count() <= LINES, "{told}");
        assert!(told.lines().all(|line| line.chars().count() <= 112), "{told}");
        assert!(told.starts_with("The best arm by val loss is Corrected decay"), "{told}");
        assert!(told.contains("\ncorrected on matrices"), "{told}");
        let warnings = |told: &str| told.matches("warning: ").count();
        assert_eq!(warnings(&told), warnings(&whole), "{told}");
    }
    assert!(answer_below(&analysis, &[], 8).contains("in the report"));
}

#[test]
fn every_level_of_detail_shows_no_more_than_the_one_before() {
    for pair in LEVELS.windows(2) {
        let numbers = |one: Detail| {
            let flags = [usize::from(!one.is_brief), usize::from(one.has_levels)];
            [one.rules, one.pairs, one.warning, one.toys[0], one.toys[1], flags[0], flags[1]]
        };
        let (before, after) = (numbers(pair[0]), numbers(pair[1]));
        assert!(before.iter().zip(after).all(|(before, after)| after <= *before));
    }
}

#[test]
fn sentences_are_broken_between_words_and_lose_none() {
    let sentence = "word and λ ".repeat(40);
    let broken = broken(sentence.trim(), COLUMNS);
    assert!(broken.lines().count() > 3);
    assert!(broken.lines().all(|line| line.chars().count() <= COLUMNS), "{broken}");
    assert_eq!(broken.replace('\n', " "), sentence.trim());
}

#[test]
fn a_long_warning_is_cut_between_words_and_says_where_it_goes_on() {
    let sentence = "word and λ ".repeat(40);
    let cut_short = cut(sentence.trim(), 2);
    assert!(cut_short.starts_with("word and λ word") && cut_short.ends_with(MORE));
    assert_eq!(broken(&cut_short, COLUMNS).lines().count(), 2);
    assert_eq!(cut("a short one", 1), "a short one");
}

#[test]
fn a_warning_of_two_lines_is_never_cut_and_a_longer_one_keeps_its_whole_sentences() {
    let short = format!("{}Train more.", "word and λ ".repeat(15));
    assert_eq!(broken(&short, COLUMNS).lines().count(), 2);
    assert_eq!(cut(&short, 1), short);
    let long = format!("Two runs diverged. {}", "word and λ ".repeat(40));
    assert_eq!(cut(long.trim(), 1), format!("Two runs diverged. {MORE}"));
}

#[test]
fn a_pair_is_not_hidden_where_the_line_that_says_so_takes_as_much_room() {
    let runs = [
        arm(Form::AdamW, Mask::Matrices, 0.0, 2.0, 0.1),
        arm(Form::AdamW, Mask::Matrices, 0.1, 1.9, 0.1),
        arm(Form::L2, Mask::Matrices, 0.1, 1.95, 0.3),
    ];
    let told = verdicts::pairs(&Analysis::of(&runs.concat()), 0).unwrap();
    assert!(told.contains("undecided"), "{told}");
    assert!(!told.contains("in the report"), "{told}");
}

#[test]
fn decided_pairs_stay_at_the_least_level_and_those_left_out_are_counted() {
    // Of ten pairs of forms all are decided.
    let forms = [Form::AdamW, Form::L2, Form::Cautious, Form::Independent, Form::Corrected];
    let mut runs = arm(Form::AdamW, Mask::Matrices, 0.0, 2.0, 0.1);
    for (place, form) in (0_u32..).zip(forms) {
        let step = f64::from(place);
        runs.extend(arm(form, Mask::Matrices, 0.1, 1.9 - 0.3 * step, 0.1 + 0.001 * step));
    }
    let told = verdicts::pairs(&Analysis::of(&runs), 0).unwrap();
    assert_eq!(told.lines().count(), 4, "{told}");
    assert!(told.ends_with("7 more comparisons in the report, 7 of them decided"), "{told}");
}
