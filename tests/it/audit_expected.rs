//! `wane audit` as a check: what was expected of a trainer against what PyTorch did, and what no such step shows.

use serde_json::Value;

use crate::common::{Call, fixture, text, wane};

/// The audit of a step that PyTorch made at a learning rate of 0.001.
fn audit(model: &str, case: &str, more: &[&str]) -> Call {
    let file = |name: &str| text(&fixture(&format!("audit/{name}.safetensors"))).to_owned();
    let (before, after) = (file(model), file(&format!("{model}-{case}")));
    wane(&[&["audit", &before, &after, "--lr", "1e-3"], more].concat())
}

/// The audit fails as a check, and says why on stderr.
fn fails(case: &str, more: &[&str]) -> String {
    let call = audit("gpt2", case, more);
    assert_eq!(call.code, Some(1), "{case} {more:?}: {}{}", call.stdout, call.stderr);
    call.stderr
}

fn passes(case: &str, more: &[&str]) {
    let call = audit("gpt2", case, more);
    assert_eq!(call.code, Some(0), "{case} {more:?}: {}{}", call.stdout, call.stderr);
}

fn json(case: &str, more: &[&str]) -> Value {
    serde_json::from_str(&audit("gpt2", case, &[more, &["--json"]].concat()).stdout).unwrap()
}

/// What was printed, wherever its lines break.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn another_lambda_than_the_expected_ends_with_1_and_both_numbers() {
    passes("adamw", &["--expect-weight-decay", "0.1"]);
    // 0.5% off is within 1%.
    passes("adamw", &["--expect-weight-decay", "0.1005"]);
    for other in ["0.05", "0.102", "1e-4"] {
        let said = fails("adamw", &["--expect-weight-decay", other]);
        let number = if other == "1e-4" { "0.0001" } else { other };
        assert!(said.contains(&format!("expected λ = {number}, found λ = 0.1000")), "{said}");
    }
    let audit = json("adamw", &["--expect-weight-decay", "0.05"]);
    assert_eq!((&audit["violated"], &audit["expected_weight_decay"]), (&true.into(), &0.05.into()));
    let from: Vec<&Value> =
        audit["differences"].as_array().unwrap().iter().map(|one| &one["from"]).collect();
    assert!(from.contains(&&"expected-weight-decay".into()), "{from:?}");
}

/// The mask of both is that of matrices: it alone would let the change pass.
#[test]
fn l2_in_the_gradient_of_adam_is_not_the_expected_adamw() {
    passes("adam-l2", &["--expect", "matrices"]);
    let said = fails("adam-l2", &["--expect", "matrices", "--expect-form", "adamw"]);
    assert!(said.contains("expected form adamw, found l2 (h.*."), "{said}");
    let said = fails("adam-l2", &["--expect-weight-decay", "0.1"]);
    assert!(
        said.contains("expected λ = 0.1, found L2 in the gradient, which shows no λ"),
        "{said}"
    );
    passes("adam-l2", &["--expect", "matrices", "--expect-form", "l2"]);
    passes(
        "adamw",
        &["--expect", "matrices", "--expect-form", "adamw", "--expect-weight-decay", "0.1"],
    );
    let said = fails("adamw", &["--expect-form", "l2"]);
    assert!(said.contains("expected form l2, found adamw (h.*."), "{said}");
    let audit = json("adam-l2", &["--expect-form", "adamw"]);
    assert_eq!((&audit["violated"], &audit["expected_form"]), (&true.into(), &"adamw".into()));
    // L2 in the gradient of plain SGD is the same step.
    passes("sgd-l2", &["--expect-form", "adamw"]);
}

#[test]
fn decay_that_is_expected_and_never_applied_ends_with_1() {
    for expected in
        [["--expect-weight-decay", "0.1"], ["--expect-form", "adamw"], ["--expect-form", "l2"]]
    {
        let said = fails("never-applied", &expected);
        assert!(said.contains("found no decay"), "{said}");
    }
    passes("never-applied", &["--expect-form", "none"]);
    let said = fails("adamw", &["--expect-form", "none"]);
    assert!(said.contains("expected form none, found adamw"), "{said}");
}

#[test]
fn what_rounding_hides_is_not_as_expected() {
    for expected in [["--expect-weight-decay", "0.1"], ["--expect-form", "none"]] {
        let call = audit("gpt2-bf16", "adamw", &expected);
        assert_eq!(call.code, Some(1), "{}", call.stdout);
        assert!(call.stderr.contains("nothing can be told"), "{}", call.stderr);
    }
}

#[test]
fn every_expectation_that_is_not_met_is_named_with_what_was_found() {
    let said = fails("adamw", &["--expect", "global", "--expect-weight-decay", "0.2"]);
    assert!(said.contains("expected mask global, found matrices: against it"), "{said}");
    assert!(said.contains("expected λ = 0.2, found λ = 0.1000"), "{said}");
    let screen = audit("gpt2", "adamw", &["--expect-weight-decay", "0.2"]).stdout;
    assert!(screen.contains("Against the expected λ = 0.2: λ = 0.1000"), "{screen}");
}

#[test]
fn expectations_that_no_step_can_show_are_usage_errors() {
    for (more, said) in [
        (vec!["--expect-form", "cautious"], "cautious and lr-power decay look like adamw"),
        (vec!["--expect-form", "l2-loss"], "l2-loss like none"),
        (vec!["--expect-form", "adam"], "expected none, adamw or l2"),
        (vec!["--expect-form", "l2", "--expect-weight-decay", "0.1"], "λ cannot be read"),
        (vec!["--expect-form", "none", "--expect", "matrices"], "decays nothing"),
        (vec!["--expect-weight-decay", "0"], "--expect-form none"),
    ] {
        let call = audit("gpt2", "adamw", &more);
        assert_eq!(call.code, Some(2), "{more:?}: {}", call.stderr);
        assert!(flat(&call.stderr).contains(said), "{more:?}: {}", call.stderr);
    }
    let before = fixture("audit/gpt2.safetensors");
    let after = fixture("audit/gpt2-adamw.safetensors");
    let call = wane(&["audit", text(&before), text(&after), "--expect-weight-decay", "0.1"]);
    assert!(call.code == Some(2) && call.stderr.contains("--lr"), "{}", call.stderr);
}

#[test]
fn a_lambda_that_was_set_is_not_asked_about() {
    let notes = |set: &[&str]| json("lr-twice", set)["notes"].to_string();
    // 1e-4 may be what was set, or 0.1 times the learning rate: both are named.
    let open = notes(&[]);
    for part in
        ["if 0.0001 was set, all is well", "if 0.1 was, is the learning rate multiplied in twice?"]
    {
        assert!(open.contains(part), "{open}");
    }
    assert!(!notes(&["--expect-weight-decay", "1e-4"]).contains("twice"));
    let wrong = notes(&["--expect-weight-decay", "0.1"]);
    assert!(wrong.contains("twice?") && !wrong.contains("all is well"), "{wrong}");
}

#[test]
fn what_gradients_set_to_zero_hide_is_said() {
    let screen = flat(&audit("gpt2", "adamw", &[]).stdout);
    for part in [
        "L2 that is added to the loss",
        "a parameter that is in no optimizer",
        "up to 1/(1 − μ) times as much in later steps",
        "λ of LAMB and LARS, which their trust ratio divides out",
        "decay of SOAP and optax.MultiSteps in a first step",
        "One step cannot tell ηλ from a λ that is not multiplied by η",
    ] {
        assert!(screen.contains(part), "{screen}");
    }
    let notes = json("never-applied", &[])["notes"].to_string();
    assert!(notes.contains("the decay is a term of the loss"), "{notes}");
    for library in ["pytorch", "transformers", "jax"] {
        let snippet = wane(&["audit", "--snippet", library]).stdout;
        assert!(snippet.contains("L2 that is added to the loss"), "{library}: {snippet}");
    }
}
