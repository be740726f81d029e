use proptest::prelude::*;

use super::*;

/// A small run for tests.
pub(crate) fn example() -> RunConfig {
    RunConfig {
        numerics: 2,
        model: ModelShape::gpt2(1, 2, 8, 6),
        data: RunData {
            digest: "0".repeat(64),
            vocabulary: 11,
            split: Split { train: 300, val: 200, order: Order::Random, test: 0 },
            seed: 0,
            text_seed: None,
            canaries: None,
        },
        start: Start::Seed(0),
        recipe: Recipe {
            steps: 4,
            batch: 2,
            warmup: 1,
            eval_every: 2,
            eval_windows: 4,
            ..Recipe::DEFAULT
        },
        decay: Decay { form: Form::AdamW, mask: Some(Mask::Matrices), weight_decay: Some(0.1) },
        by_role: ByRole::NONE,
    }
}

#[test]
fn a_number_to_some_digits_is_the_nearest_with_so_many() {
    for (number, digits, nearest) in [
        (0.070_710_678, 3, 0.0707),
        (-124_999.0, 3, -125_000.0),
        (999.9, 3, 1000.0),
        (0.26, 1, 0.3),
        (0.0, 3, 0.0),
        (f64::INFINITY, 3, f64::INFINITY),
    ] {
        assert_eq!(to_digits(number, digits), nearest, "{number} to {digits}");
    }
    assert!(to_digits(f64::NAN, 3).is_nan());
}

#[test]
fn identities_are_pinned() {
    let with = |change: fn(&mut RunConfig)| {
        let mut run = example();
        change(&mut run);
        run.id().to_string()
    };
    assert_eq!(with(|_| {}), "759f5046220b4770");
    assert_eq!(with(|run| run.decay = Decay::NONE), "223d546b737453e9");
    assert_eq!(with(|run| run.start = Start::Weights("ab".into())), "8e04b7f5be93b426");
    assert_eq!(with(|run| run.recipe.lr = 0.1 + 0.2), "95e897785c193685");
    assert_eq!(with(|run| run.data.split.order = Order::Sequential), "966239910181c744");
}

/// What is no key of a spec: the keys are tried one by one beside the parser.
#[test]
fn numerics_seeds_weights_and_text_change_the_identity() {
    let base = example();
    let changed: [fn(&mut RunConfig); 9] = [
        |run| run.numerics += 1,
        |run| run.data.seed += 1,
        |run| run.data.text_seed = Some(0),
        |run| run.data.split.test = 100,
        |run| {
            let repeats = vec![1, 4];
            run.data.canaries = Some(Canaries { count: 2, length: 8, repeats });
        },
        |run| run.data.digest = "1".repeat(64),
        |run| run.data.vocabulary += 1,
        |run| run.start = Start::Seed(1),
        |run| run.start = Start::Weights("ab".into()),
    ];
    for change in changed {
        let mut other = base.clone();
        change(&mut other);
        assert_ne!(other.id(), base.id());
    }
}

#[test]
fn new_hyperparameters_leave_the_identity_of_older_runs_alone() {
    let json = serde_json::to_string(&example().recipe).unwrap();
    let expected = "{\"steps\":4,\"batch\":2,\"lr\":0.003,\"warmup\":1,\"min_lr_ratio\":0.1,\
        \"betas\":[0.9,0.95],\"eps\":1e-8,\"clip\":1.0,\"eval_every\":2,\"eval_windows\":4,\
        \"log_every\":1}";
    assert_eq!(json, expected);
    let mut sgd = example();
    sgd.recipe.optimizer = OptimizerKind::Sgd;
    sgd.recipe = sgd.recipe.normalised();
    let json = serde_json::to_string(&sgd.recipe).unwrap();
    assert!(json.ends_with("\"optimizer\":\"sgd\",\"momentum\":0.9}"), "{json}");
}

#[test]
fn no_coefficient_makes_all_forms_and_masks_one() {
    for form in Form::ALL.iter().copied().filter(|form| form.takes_weight_decay()) {
        for mask in Mask::ALL.iter().copied() {
            let decay = Decay { form, mask: Some(mask), weight_decay: Some(0.0) };
            assert_eq!(decay.normalised(), Decay::NONE);
        }
    }
}

/// Any value that a key may have.
fn value_of(kind: &Kind) -> BoxedStrategy<Value> {
    let number = |range: Range| {
        // Of the size that 32 bits hold, with any of the digits that 64 bits have besides.
        let singles = prop::num::f32::POSITIVE | prop::num::f32::SUBNORMAL;
        let digits = (singles, 0_u64..1 << 29)
            .prop_map(|(single, low)| f64::from_bits(f64::from(single).to_bits() | low));
        let any = prop_oneof![
            digits,
            Just(0.0),
            (-400i32..385).prop_map(|tenths| 10f64.powf(f64::from(tenths) / 10.0)),
            0.0..1.0f64
        ];
        any.prop_map(f64::abs).prop_filter("in range", move |number| range.contains(*number))
    };
    match *kind {
        Kind::Count(least, most) => {
            let most = most.min(i64::MAX as usize);
            (least..=most).prop_map(Value::Count).boxed()
        }
        Kind::Number(range) => number(range).prop_map(Value::Number).boxed(),
        Kind::Pair(range) => {
            (number(range), number(range)).prop_map(|(a, b)| Value::Pair([a, b])).boxed()
        }
        Kind::Name(names) => prop::sample::select(names()).prop_map(Value::Name).boxed(),
        Kind::Flag => any::<bool>().prop_map(Value::Flag).boxed(),
        Kind::Text | Kind::Seeds | Kind::Names(_) | Kind::Rising(..) => {
            unreachable!("no hyperparameter is a text")
        }
    }
}

/// A run with any hyperparameters and any λ.
pub(crate) fn any_run() -> impl Strategy<Value = RunConfig> {
    let values: Vec<_> = HYPERPARAMETERS.iter().map(|row| value_of(&row.key.kind)).collect();
    (values, value_of(&Kind::Number(Range::NotNegative))).prop_map(|(values, lambda)| {
        let mut run = example();
        for (row, value) in HYPERPARAMETERS.iter().zip(&values) {
            row.set(&mut run.recipe, value);
        }
        run.recipe = run.recipe.normalised();
        if let Value::Number(lambda) = lambda {
            run.decay.weight_decay = Some(lambda);
        }
        run
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn every_number_of_a_configuration_survives_its_json_bit_for_bit(run in any_run()) {
        let json = serde_json::to_string_pretty(&run).unwrap();
        let read: RunConfig = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(read.id(), run.id());
        prop_assert_eq!(read, run);
    }
}

#[test]
fn numbers_that_once_did_not_survive_do() {
    for lambda in [0.12225386620948397, 0.00046415888336127773, 1e-23, 1e-30, 5e-324, f64::MAX] {
        let mut run = example();
        run.decay.weight_decay = Some(lambda);
        let json = serde_json::to_string(&run).unwrap();
        assert_eq!(serde_json::from_str::<RunConfig>(&json).unwrap(), run, "{lambda:e}");
    }
}
