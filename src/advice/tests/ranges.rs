//! Where rules end that a box of ranges does not hold: by what was fitted together, or set beside λ.

use super::*;

/// Its λ belongs to a learning rate: at a tenth of it the same λ has ten times the timescale.
#[test]
fn the_table_of_tuned_runs_gives_the_lambda_and_the_learning_rate_of_each() {
    let tuned: Vec<&PublicRun> =
        PublicRun::all().iter().filter(|one| one.unique_tokens.is_some()).collect();
    assert_eq!(tuned.len(), 16);
    for one in tuned {
        let mut run = Run::from(one);
        run.lr.fall = Some(Fall::Cosine);
        assert_eq!(lambda("kim", &run), one.weight_decay, "{}", one.run);
        assert_eq!(also("kim", &run, Quantity::Lr), one.lr, "{}", one.run);
        assert!(said("kim", &run).applies(), "{}: {:?}", one.run, said("kim", &run).why_not);
        for (times, applies) in [(0.5, true), (2.0, true), (0.4, false), (2.5, false)] {
            let other = LearningRate { peak: one.lr * times, ..run.lr };
            let other = Run { lr: other, ..run.clone() };
            assert_eq!(said("kim", &other).applies(), applies, "{} {times}", one.run);
        }
    }
}

/// 51M were overtrained by up to 256, 124M by up to 32, 253M by up to 8, all at 256 sequences of 2,048 tokens.
#[test]
fn overtraining_is_in_range_as_far_as_models_of_that_size_were_overtrained() {
    for (params, times, applies) in [
        (51e6, 256.0, true),
        (124e6, 32.0, true),
        (253e6, 8.0, true),
        (124e6, 256.0, false),
        (253e6, 32.0, false),
        (80e6, 200.0, false),
    ] {
        let tokens = 20.0 * params * times;
        let run = run(params, tokens, 524_288.0, 3e-3);
        assert_eq!(said("everett-qiu", &run).applies(), applies, "{params} {times}");
        let other = Run { batch: 4e6, ..run };
        assert!(!said("everett-qiu", &other).applies(), "at another batch: {params} {times}");
    }
}

/// At 512 channels 512 sequences of 4,096 tokens come to η = 0.0146: it halves them twice.
#[test]
fn a_rule_that_halves_the_batch_first_is_not_for_the_larger_one() {
    let marin = |sequences: f64| Run {
        width: Some(512.0),
        optimizer: Algorithm::CautiousAdamW,
        ..run(130e6, sequences * 4096.0 * 65_536.0, sequences * 4096.0, 8e-3)
    };
    let (large, small) =
        (said("marin-isoflop", &marin(512.0)), said("marin-isoflop", &marin(128.0)));
    let [WhyNot::SmallerBatch { lr, limit, batch }] = large.why_not[..] else {
        panic!("{:?}", large.why_not)
    };
    close(lr, 0.0146, 3, "η at this batch");
    assert_eq!((limit, batch), (0.01, 128.0 * 4096.0));
    assert_eq!(large.also, [(Quantity::Lr, small.also[0].1), (Quantity::Batch, batch)]);
    assert!(small.applies() && small.also.len() == 1, "{:?}", small.why_not);
}

/// 43 tuned runs of Adam's kind read a text once: most rules were found elsewhere than at the sizes, batches and
/// schedules of these.
#[test]
fn few_of_the_runs_that_a_rule_is_held_against_lie_where_it_was_found() {
    let run = Run { width: Some(1024.0), ..run(610e6, 12.2e9, 516_096.0, 2e-3) };
    for (id, inside, within_two) in [
        ("adana", 0, 0),
        ("normalized", 0, 0),
        ("qiu", 1, 1),
        ("power-lines", 1, 1),
        ("lingua", 1, 0),
        ("everett-qiu", 3, 3),
        ("constant", 43, 43),
    ] {
        let found = said(id, &run).hindsight.unwrap();
        assert_eq!((found.runs, found.inside), (43, inside), "{id}");
        assert_eq!(found.inside_within_two, within_two, "{id}");
    }
}

/// Between one epoch and the fewest of those runs no search of anybody tells which rule is right.
#[test]
fn a_text_that_is_read_a_few_times_has_no_public_runs_to_be_held_against() {
    let again: Vec<f64> = PublicRun::all()
        .iter()
        .map(|one| Run::from(one).epochs())
        .filter(|epochs| *epochs > 1.0)
        .collect();
    let [fewest, most] =
        [again.iter().copied().reduce(f64::min), again.into_iter().reduce(f64::max)];
    assert_eq!((fewest, most), (Some(8.0), Some(64.0)), "the screen names both");
    let read = |epochs: f64| {
        let unique_tokens = Some(12.2e9 / epochs);
        said("constant", &Run { unique_tokens, ..run(610e6, 12.2e9, 516_096.0, 2e-3) })
    };
    for (epochs, runs) in [(1.0, Some(43)), (1.05, Some(43)), (8.0, Some(16)), (64.0, Some(16))] {
        assert_eq!(read(epochs).hindsight.map(|found| found.runs), runs, "{epochs}");
    }
    for epochs in [1.5, 2.0, 4.0, 7.0] {
        assert_eq!(read(epochs).hindsight, None, "{epochs}");
    }
}
