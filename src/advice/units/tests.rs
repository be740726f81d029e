use super::*;

fn fields() -> RunFields {
    RunFields {
        params: Some(124e6),
        tokens: Some(2.5e9),
        batch: Some(524_288.0),
        lr: Some(6e-4),
        ..RunFields::default()
    }
}

fn error(fields: &RunFields) -> String {
    format!("{:#}", fields.run(&mut Vec::new()).unwrap_err())
}

#[test]
fn both_ways_to_give_a_batch_make_one_run() {
    let in_sequences =
        RunFields { batch: None, batch_sequences: Some(512.0), context: Some(1024.0), ..fields() };
    assert_eq!(in_sequences.run(&mut Vec::new()).unwrap(), fields().run(&mut Vec::new()).unwrap());
}

#[test]
fn sequences_that_are_given_as_tokens_are_told_from_tokens() {
    let mistaken = RunFields { batch: Some(512.0), tokens: Some(10e9), ..fields() };
    assert!(error(&mistaken).contains("--batch-sequences 512 --context"), "{}", error(&mistaken));
    let toy = RunFields { params: Some(110e3), tokens: Some(2e6), batch: Some(512.0), ..fields() };
    assert!(toy.run(&mut Vec::new()).is_ok(), "a toy has small batches");
}

#[test]
fn numbers_without_their_millions_and_shares_above_a_weight_are_refused() {
    let few = RunFields { params: Some(610.0), ..fields() };
    assert!(error(&few).contains("610M"));
    let short = RunFields { tokens: Some(12.2), ..fields() };
    assert!(error(&short).contains("12.2B"));
    let strong = RunFields { weight_decay: Some(2000.0), ..fields() };
    assert!(error(&strong).contains("whole weight"));
    for value in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(RunFields { lr: Some(value), ..fields() }.run(&mut Vec::new()).is_err(), "{value}");
        assert!(
            RunFields { params: Some(value), ..fields() }.run(&mut Vec::new()).is_err(),
            "{value}"
        );
    }
}

#[test]
fn sizes_that_nobody_has_and_rates_that_are_0_in_32_bits_are_refused() {
    let long = RunFields { tokens: Some(1e30), ..fields() };
    assert!(error(&long).contains("nobody has so many"), "{}", error(&long));
    let wide = RunFields { tokens: Some(1e20), batch: Some(1e18), ..fields() };
    assert!(error(&wide).contains("nobody has so many"), "{}", error(&wide));
    let slow = RunFields { lr: Some(1e-50), ..fields() };
    assert!(error(&slow).contains("32 bits"), "{}", error(&slow));
}

#[test]
fn a_length_that_is_given_twice_must_agree() {
    let twice = RunFields { steps: Some(4768.0), ..fields() };
    assert!(twice.run(&mut Vec::new()).is_ok());
    let other = RunFields { steps: Some(600_000.0), ..fields() };
    assert!(error(&other).contains("give one of them"));
}

#[test]
fn what_is_missing_is_named_with_its_argument() {
    let without = |change: fn(&mut RunFields)| {
        let mut fields = fields();
        change(&mut fields);
        error(&fields)
    };
    assert!(without(|one| one.params = None).contains("--params"));
    assert!(without(|one| one.tokens = None).contains("--tokens"));
    assert!(without(|one| one.batch = None).contains("--batch"));
    assert!(without(|one| one.lr = None).contains("--lr"));
    let device = RunFields { batch: None, device_sequences: Some(8.0), ..fields() };
    assert!(error(&device).contains("--devices"));
}

#[test]
fn arguments_replace_what_a_file_says_in_another_unit() {
    let file =
        RunFields { batch: None, batch_sequences: Some(480.0), context: Some(1024.0), ..fields() };
    let given = RunFields { batch: Some(65_536.0), steps: Some(100.0), ..RunFields::default() };
    let run = given.or(file).run(&mut Vec::new()).unwrap();
    assert_eq!((run.batch, run.steps()), (65_536.0, 100.0));
}

#[test]
fn numbers_of_hundreds_of_digits_are_told_with_an_exponent() {
    let told = [
        error(&RunFields { batch: Some(1e-300), ..fields() }),
        error(&RunFields { batch: Some(1e300), ..fields() }),
        error(&RunFields { params: Some(1e-300), ..fields() }),
        error(&RunFields { warmup: Some(1e300), ..fields() }),
        error(&RunFields { weight_decay: Some(1e300), ..fields() }),
        error(&RunFields { batch: None, batch_sequences: Some(1e300), ..fields() }),
    ];
    for told in told {
        assert!(told.contains("e300") || told.contains("e-300"), "{told}");
        assert!(told.len() < 300, "{told}");
    }
}

/// κ of Kim's tuned run is 246: whoever repeats it is not asked whether that is meant.
#[test]
fn only_total_decay_far_above_that_of_public_runs_is_asked_about() {
    let remarks = |fields: RunFields| {
        let mut remarks = Vec::new();
        fields.run(&mut remarks).unwrap();
        remarks.join("; ")
    };
    let kim = |weight_decay: f64| RunFields {
        params: Some(150e6),
        tokens: Some(53_687_091_200.0),
        unique_tokens: Some(838_860_800.0),
        batch: Some(262_144.0),
        lr: Some(3e-3),
        weight_decay: Some(weight_decay),
        ..RunFields::default()
    };
    assert!(!remarks(kim(0.4)).contains("κ"), "{}", remarks(kim(0.4)));
    let told = remarks(kim(4.0));
    assert!(told.contains("many times, whose are from 20.5 to 246: is λ what is meant?"), "{told}");
    let once = remarks(RunFields { weight_decay: Some(200.0), ..fields() });
    assert!(once.contains("reads its text once, whose are from 0.436 to 73.7"), "{once}");
    let twice = remarks(RunFields { weight_decay: Some(20.0), ..fields() });
    assert!(!twice.contains("κ"), "{twice}");
}
