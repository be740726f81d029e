use super::*;

fn named(name: &str) -> &'static Published {
    Published::find(name).unwrap()
}

#[test]
fn every_file_is_read_and_named_once() {
    let names: Vec<&str> = Published::all().iter().map(|one| one.name.as_str()).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!((names.len(), sorted.len()), (FILES.len(), FILES.len()));
    assert!(Published::all().is_sorted_by_key(|one| !one.in_table), "the table comes first");
}

#[test]
fn the_table_claims_what_is_repeated_and_says_what_each_claim_is_worth() {
    let rows =
        Published::all().iter().filter_map(|one| Some((&*one.name, one.claim?, one.evidence)));
    assert_eq!(
        rows.collect::<Vec<_>>(),
        [
            ("gpt-2", 0.01, Evidence::Undisclosed),
            ("gpt-3", 0.1, Evidence::Documented),
            ("llama-1", 0.1, Evidence::Documented),
            ("llama-2", 0.1, Evidence::Documented),
            ("palm", 0.1, Evidence::Contradicted),
            ("grok-1", 0.1, Evidence::Undisclosed),
            ("mistral", 0.1, Evidence::Undisclosed),
            ("mixtral", 0.1, Evidence::Undisclosed),
        ]
    );
    for one in Published::all() {
        let lambda = one.recipe.weight_decay.as_ref();
        let documented = lambda.is_some_and(Fact::is_documented);
        assert_eq!(documented, one.evidence == Evidence::Documented, "{}", one.name);
        assert_eq!(lambda.is_none(), !one.recipe.form.value.takes_weight_decay(), "{}", one.name);
        let claimed = one.claim.filter(|_| one.evidence != Evidence::Contradicted);
        assert!(claimed.is_none_or(|claim| claim == one.coefficient()), "{}", one.name);
    }
}

/// Its paper has a dropout of 0.1 for fine-tuning: that the number is missing from it would be wrong.
#[test]
fn the_number_that_is_repeated_for_palm_is_the_dropout_of_its_paper() {
    let finding = &named("palm").finding;
    assert!(finding.contains("names no constant λ"), "{finding}");
    assert!(finding.contains("dropout of fine-tuning"), "{finding}");
}

/// η λ T, which ignores warm-up and fall, from `(η, λ, T)` in the literature.
#[test]
fn estimates_by_the_peak_learning_rate_are_those_of_the_literature() {
    let expected = [
        ("gpt-3", 0.56),
        ("llama-1", 7.5),
        ("llama-2", 15.0),
        ("opt", 1.7),
        ("pythia", 8.6),
        ("smollm", 17.2),
        ("olmo-2", 28.0),
        ("nanogpt", 36.0),
    ];
    for (name, expected) in expected {
        let (schedule, steps) = named(name).original_schedule().unwrap();
        let peak = schedule.lr * named(name).coefficient() * steps as f64;
        assert!((peak / expected - 1.0).abs() < 0.02, "{name}: {peak}");
        let total = named(name).total_decay().unwrap();
        assert!((0.45..0.95).contains(&(total / peak)), "{name}: {total} of {peak}");
    }
}

#[test]
fn the_total_decay_of_palm_is_the_sum_of_its_squared_learning_rates() {
    let total = named("palm").total_decay().unwrap();
    assert!((total - (1.0 + 25.5f64.ln())).abs() < 1e-3, "{total}");
    let (schedule, _) = named("palm").original_schedule().unwrap();
    assert!((schedule.lr_at(40_000) - 1.0 / 200.0).abs() < 1e-12);
}

#[test]
fn what_is_undisclosed_has_no_total_decay_and_says_why() {
    for one in Published::all() {
        assert_eq!(one.total_decay().is_none(), one.original.undisclosed.is_some(), "{}", one.name);
    }
    assert_eq!(named("gpt-1").timescale_steps().map(f64::round), Some(400_000.0));
    assert_eq!(named("grok-1").timescale_steps(), None);
}

#[test]
fn a_matched_run_has_the_originals_total_decay() {
    for one in Published::all() {
        let mut recipe = Recipe::DEFAULT;
        one.apply(&mut recipe);
        recipe.hold = one.hold(recipe.steps);
        let Some(target) = one.total_decay() else { continue };
        let mask = one.recipe.mask.value;
        let decay = one.matched(one.recipe.form.value, mask, &recipe).unwrap();
        let schedule = recipe.lr_schedule();
        let total = total_decay(decay.form, decay.coefficient(), &schedule, recipe.steps).unwrap();
        assert!((total / target - 1.0).abs() < 0.006, "{}: {total} for {target}", one.name);
    }
}

#[test]
fn a_square_of_the_learning_rate_is_corrected_decay_of_everything_at_the_peak() {
    let mut recipe = Recipe::DEFAULT;
    named("palm").apply(&mut recipe);
    let schedule = recipe.lr_schedule();
    let squares = total_decay(Form::LrPower, 0.0, &schedule, recipe.steps).unwrap();
    let corrected = total_decay(Form::CorrectedAll, recipe.lr, &schedule, recipe.steps).unwrap();
    assert!((squares / corrected - 1.0).abs() < 1e-12);
}

#[test]
fn what_cannot_be_matched_is_refused_with_the_reason() {
    let recipe = Recipe::DEFAULT;
    let adamw = |name: &str, recipe| named(name).matched(Form::AdamW, Mask::Matrices, recipe);
    assert!(matches!(adamw("gpt-2", &recipe), Err(NoMatch::Undisclosed(why)) if !why.is_empty()));
    let l2 = named("gpt-3").matched(Form::L2, Mask::Matrices, &recipe);
    assert_eq!(l2, Err(NoMatch::NoTotal(Form::L2)));
    let short = Recipe { steps: 10, warmup: 0, ..recipe };
    assert!(matches!(adamw("nanogpt", &short), Err(NoMatch::TooShort { steps: 10, .. })));
}

#[test]
fn no_recipe_of_the_table_is_another_under_a_second_name() {
    let key = |one: &Published| {
        let mut recipe = Recipe::DEFAULT;
        one.apply(&mut recipe);
        recipe.hold = one.hold(recipe.steps);
        (
            one.recipe.family.value,
            one.recipe.mask.value,
            format!("{recipe:?} {}", one.coefficient()),
        )
    };
    let table: Vec<_> = Published::all().iter().filter(|one| one.in_table).map(key).collect();
    for (place, one) in table.iter().enumerate() {
        assert!(!table[place + 1..].contains(one), "{one:?}");
    }
}

#[test]
fn every_key_of_a_recipe_is_a_hyperparameter_with_a_value_it_may_have() {
    for one in Published::all() {
        for (key, fact) in &one.recipe.hyperparameters {
            let row = HYPERPARAMETERS.iter().find(|row| row.key.name == key);
            let row = row.unwrap_or_else(|| panic!("{}: {key} is not a hyperparameter", one.name));
            assert!(row.key.read(&fact.value).is_ok(), "{}: {key}", one.name);
        }
    }
}
