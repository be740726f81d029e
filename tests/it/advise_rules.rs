//! Which rules `wane advise` counts as fitted on runs like the one asked about, and where their ranges end.

use serde_json::Value as Json;

use crate::common::{Call, wane_ok};

/// The advice on a run, its arguments given in one line.
fn asked(arguments: &str) -> Call {
    let arguments: Vec<&str> = ["advise"].into_iter().chain(arguments.split_whitespace()).collect();
    wane_ok(&arguments)
}

fn json(arguments: &str) -> Json {
    serde_json::from_str(&asked(&format!("{arguments} --json")).stdout).expect("it is JSON")
}

fn rule<'a>(advice: &'a Json, id: &str) -> &'a Json {
    advice["rules"].as_array().unwrap().iter().find(|rule| rule["id"] == id).unwrap()
}

/// Why a rule should not be asked.
fn why_not(advice: &Json, id: &str) -> String {
    assert_eq!(rule(advice, id)["applies"], false, "{id}: {advice}");
    let why = rule(advice, id)["why_not"].as_array().unwrap();
    why.iter().map(|one| one.as_str().unwrap()).collect::<Vec<_>>().join("; ")
}

/// What was printed, wherever its lines break.
fn flat(call: &Call) -> String {
    call.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn configurations_and_formulas_in_code_are_not_counted_among_the_rules_that_were_fitted() {
    let lingua = "--params 1B --tokens 60B --batch 1M --lr 0.003 --schedule cosine";
    assert_eq!(rule(&json(lingua), "lingua")["fitted"], false);
    assert_eq!(json(lingua)["in_range"], Json::Null);
    let call = asked(lingua);
    assert!(flat(&call).contains("No rule was fitted on runs like this one"), "{}", call.stdout);
    let row = call.stdout.lines().find(|line| line.starts_with("lingua ")).unwrap();
    assert!(row.contains("not fitted"), "{row}");
    let marin = "--params 130M --tokens 34B --batch 524288 --lr 0.008 --width 512 --optimizer cautious-adamw";
    let advice = json(marin);
    for id in ["marin", "marin-isoflop"] {
        assert_eq!(
            (&rule(&advice, id)["applies"], &rule(&advice, id)["fitted"]),
            (&true.into(), &false.into())
        );
    }
    assert_eq!(advice["in_range"], Json::Null);
}

#[test]
fn a_lambda_that_grows_with_the_width_without_a_cap_is_out_of_range_where_nothing_was_tuned() {
    let wide = "--params 100B --tokens 34.4B --batch 524288 --lr 1e-4 --width 32768 --optimizer cautious-adamw";
    let why = why_not(&json(wide), "marin");
    assert!(why.contains("no cap on λ"), "{why}");
    let sources = flat(&asked(&format!("{wide} --sources")));
    assert!(sources.contains("η has a cap of 0.01, λ has none"), "{sources}");
}

#[test]
fn a_rule_that_asks_for_a_smaller_batch_says_so() {
    let large = "--params 130M --tokens 137B --batch-sequences 512 --context 4096 --lr 0.008 --width 512 \
                 --optimizer cautious-adamw";
    let why = why_not(&json(large), "marin-isoflop");
    assert!(why.contains("halves the batch until that is 0.01 at most"), "{why}");
    let sources = flat(&asked(&format!("{large} --sources")));
    assert!(!sources.contains("here with η = 0.0146"), "{sources}");
    assert!(sources.contains("here with η = 0.00729; here with 524k tokens a step"), "{sources}");
}

#[test]
fn a_tuned_lambda_belongs_to_the_learning_rate_that_it_was_tuned_beside() {
    let run =
        "--params 300M --tokens 3.36B --unique-tokens 210M --batch 262144 --schedule cosine --lr";
    assert_eq!(rule(&json(&format!("{run} 3e-3")), "kim")["applies"], true);
    let low = format!("{run} 1e-4");
    let why = why_not(&json(&low), "kim");
    assert!(
        why.contains("learning rate of 0.003") && why.contains("this run's is 0.0001"),
        "{why}"
    );
    let sources = flat(&asked(&format!("{low} --sources")));
    let kim = &sources[sources.find("Kim: nearest tuned run: λ").unwrap()..];
    assert!(kim[..400].contains("here with η = 0.003"), "{kim}");
}

#[test]
fn ranges_that_were_fitted_together_end_together() {
    let run = "--params 253M --tokens 1295B --batch 4M --lr 0.003 --schedule linear";
    let why = why_not(&json(run), "everett-qiu");
    assert!(why.contains("8 at 253M, this run has 256 at 253M"), "{why}");
    assert!(why.contains("524k tokens a step, this run has 4M"), "{why}");
    let fitted = "--params 253M --tokens 40.5B --batch 524288 --lr 0.003 --schedule linear";
    assert_eq!(rule(&json(fitted), "everett-qiu")["applies"], true);
}

#[test]
fn sources_say_which_parameters_a_rule_counts() {
    let call = asked("--params 610M --tokens 12.2B --batch 516096 --lr 0.002 --sources");
    let text = flat(&call);
    let of = |name: &str| {
        let start = text.find(&format!("{name}: λ = ")).unwrap_or_else(|| panic!("{name}"));
        text[start..].chars().take(500).collect::<String>()
    };
    assert!(of("Wen: fit for 1.2B").contains("N: without embeddings; --params, the whole model"));
    for name in ["Power Lines", "Everett & Qiu"] {
        assert!(of(name).contains("N: unverified"), "{}", of(name));
    }
    assert!(of("Qiu: independent, over width").contains("N: all, embeddings"));
}
