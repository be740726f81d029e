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
fn a_rule_for_muon_without_a_study_is_not_fitted_and_one_that_was_falls_to_zero() {
    let deep = "--params 100M --tokens 2B --batch 524288 --lr 0.02 --optimizer muon --depth 24";
    let nanochat = |call: &Call| {
        let row = call.stdout.lines().find(|line| line.starts_with("nanochat  "));
        row.unwrap().to_owned()
    };
    let call = asked(deep);
    assert!(nanochat(&call).contains("not fitted"), "{}", call.stdout);
    assert_eq!(rule(&json(deep), "nanochat")["fitted"], false);
    assert!(flat(&call).contains("No rule was fitted on runs like this one"), "{}", call.stdout);
    // The retired rule was tuned at such depths.
    let tuned = deep.replace("--depth 24", "--depth 12 --width 768");
    let call = asked(&tuned);
    let told = "No rule with a constant λ was fitted on runs like this one";
    assert!(flat(&call).contains(told), "{}", call.stdout);
    assert!(nanochat(&call).contains("not fitted"), "{}", call.stdout);
    let sources = flat(&asked(&format!("{tuned} --sources")));
    assert!(sources.contains("with cautious decay that falls to 0 along a line"), "{sources}");
    for (own, other) in [
        ("--width 768", "--width 8192"),
        ("--lr 0.02", "--lr 0.5"),
        ("--tokens 2B", "--tokens 10T"),
        ("--batch 524288", "--batch 8388608"),
    ] {
        let why = why_not(&json(&tuned.replace(own, other)), "nanochat-depth");
        assert!(why.contains("this run"), "{other}: {why}");
    }
}

#[test]
fn a_rule_that_was_joined_here_is_fitted_by_nobody_and_ends_at_the_batches_of_its_runs() {
    let run = "--params 300M --tokens 6B --lr 0.0046 --width 768 --schedule linear --batch";
    let near = format!("{run} 524288");
    let joined = json(&near);
    let qiu = rule(&joined, "qiu-batch");
    assert_eq!((&qiu["applies"], &qiu["fitted"]), (&true.into(), &false.into()));
    assert_eq!(qiu["joins"], serde_json::json!(["qiu", "power-lines"]));
    let call = asked(&near);
    let row = call.stdout.lines().find(|line| line.starts_with("Qiu, times the batch")).unwrap();
    assert!(row.contains(" joined "), "{row}");
    let told = flat(&call);
    assert!(told.contains("One rule was fitted on runs like this one (Power Lines"), "{told}");
    let words = "Joined here from two published rules, and fitted by nobody (Qiu, times the batch): λ = 0.116";
    assert!(told.contains(words), "{told}");
    assert!(
        told.contains("of 43 of 43 public runs, those that it was joined on among them"),
        "{told}"
    );
    let far = format!("{run} 8388608");
    let why = why_not(&json(&far), "qiu-batch");
    assert!(why.contains("for 131k to 1.05M tokens a step, this run has 8.39M"), "{why}");
    let told = flat(&asked(&far));
    assert!(told.contains("No rule was fitted") && !told.contains("Joined here"), "{told}");
    let muon =
        "--optimizer muon --params 300M --tokens 6B --batch 33554432 --lr 0.0065 --width 768";
    let why = why_not(&json(muon), "qiu-batch-muon");
    assert!(why.contains("for 131k to 524k tokens a step, this run has 33.6M"), "{why}");
}

/// Their 1.2B are without embeddings: with them the same model has about 1.6B and fewer tokens a parameter.
#[test]
fn a_fit_for_one_size_takes_both_counts_of_it_and_the_batches_of_its_runs() {
    let run = "--lr 0.003 --schedule cosine --optimizer";
    for optimizer in ["adamw", "muon"] {
        let id = if optimizer == "adamw" { "wen" } else { "wen-others" };
        for size in ["--params 1.208B --tokens 24.16B", "--params 1.6B --tokens 24.16B"] {
            let own = json(&format!("{size} --batch 1048576 {run} {optimizer}"));
            assert_eq!(rule(&own, id)["applies"], true, "{size}: {own}");
            let small = json(&format!("{size} --batch 16384 {run} {optimizer}"));
            let why = why_not(&small, id);
            assert!(why.contains("for 524k to 1.05M tokens a step, this run has 16.4k"), "{why}");
        }
    }
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

/// κ-rules divide by η: far below the η that λ was tuned beside they ask for λ that nobody tried.
#[test]
fn no_rule_is_said_to_be_fitted_far_below_the_learning_rate_that_it_was_tuned_beside() {
    for run in [
        "--params 354M --tokens 10B --batch 1048576 --lr 3e-4 --width 1024 --schedule cosine",
        "--params 124M --tokens 2.5B --batch 524288 --lr 6e-4 --width 768 --schedule linear",
        "--params 350M --tokens 7B --batch 524288 --lr 3e-4 --width 1024 --schedule cosine",
        "--params 300M --tokens 13.4B --unique-tokens 839M --batch 262144 --lr 2e-4 --schedule cosine",
    ] {
        assert_eq!(json(run)["in_range"], Json::Null, "{run}");
        let told = flat(&asked(run));
        assert!(told.contains("No rule was fitted on runs like this one"), "{told}");
    }
    let low = json("--params 354M --tokens 10B --batch 1048576 --lr 3e-4 --width 1024");
    let why = why_not(&low, "qiu-batch");
    assert!(why.contains("a learning rate of 0.00346") && why.contains("0.0003"), "{why}");
}

#[test]
fn rules_stand_beside_each_other_at_the_learning_rates_that_they_were_tuned_beside() {
    let run = "--params 124M --tokens 2.48B --batch 524288 --lr 3e-3 --schedule linear";
    let told = flat(&asked(run));
    assert!(told.contains("2 rules were fitted on runs like this one"), "{told}");
    assert!(told.contains("They are not averaged"), "{told}");
    let qiu = |optimizer: &str, lr: &str| {
        let run = "--params 186M --tokens 3.7B --batch 131072 --width 512 --schedule linear";
        let advice = json(&format!("{run} --optimizer {optimizer} --lr {lr}"));
        let id = if optimizer == "muon" { "qiu-muon" } else { "qiu" };
        rule(&advice, id)["applies"] == true
    };
    for (optimizer, tuned, other) in [
        ("adamw", "0.004", "0.032"),
        ("soap", "0.032", "0.004"),
        ("shampoo", "0.002", "0.032"),
        ("muon", "0.008", "0.001"),
    ] {
        assert!(qiu(optimizer, tuned) && !qiu(optimizer, other), "{optimizer}");
    }
    let adana = "--params 141M --tokens 2.82B --batch 65536 --lr 0.00122";
    assert!(why_not(&json(adana), "adana").contains("--width and --depth"));
    let shape = "--width 768 --depth 9";
    assert_eq!(rule(&json(&format!("{adana} {shape}")), "adana")["applies"], true);
}

/// A learning rate that hardly falls decays about twice as much by the same λ.
#[test]
fn a_rule_for_a_fall_to_zero_is_not_for_one_that_ends_near_its_peak() {
    let power_lines = "--params 610M --tokens 12.2B --batch 516096 --lr 0.002 --schedule linear";
    let kim = "--params 300M --tokens 3.36B --unique-tokens 210M --batch 262144 --lr 3e-3 --schedule cosine";
    let qiu = "--params 186M --tokens 3.7B --batch 131072 --lr 0.004 --width 512 --schedule linear";
    let everett = "--params 124M --tokens 2.48B --batch 524288 --lr 3e-3 --schedule linear";
    let wen = "--params 1.2B --tokens 24B --batch 1048576 --lr 0.003 --schedule cosine";
    for (run, id) in [
        (power_lines, "power-lines"),
        (kim, "kim"),
        (qiu, "qiu"),
        (qiu, "qiu-batch"),
        (everett, "everett-qiu"),
        (wen, "wen"),
    ] {
        for last in ["0", "1e-6"] {
            let advice = json(&format!("{run} --min-lr-ratio {last}"));
            assert_eq!(rule(&advice, id)["applies"], true, "{id} {last}");
        }
        let why = why_not(&json(&format!("{run} --min-lr-ratio 0.9")), id);
        let words = "for a learning rate that falls to 0, this run's ends at 0.9 of its peak";
        assert!(why.contains(words), "{id}: {why}");
    }
}

#[test]
fn a_batch_far_above_the_best_is_no_learning_rate_below_its_optimum() {
    for lr in ["5e-3", "1e-2"] {
        let run = format!("--params 124M --tokens 2.48B --batch 4M --lr {lr} --schedule linear");
        let why = why_not(&json(&run), "power-lines");
        assert!(why.contains("up to 4 times its best of 248k tokens a step"), "{why}");
        assert!(!why.contains("learning rate"), "{why}");
    }
    let low = "--params 124M --tokens 2.5B --batch 524288 --lr 6e-4 --schedule linear";
    assert!(why_not(&json(low), "power-lines").contains("far below its optimum"));
}

#[test]
fn a_lambda_that_is_carried_over_width_names_the_learning_rate_that_goes_with_it() {
    let wide = "--params 124M --tokens 2.5B --batch 500k --lr 6e-4 --base-weight-decay 0.1 --base-width 256 \
                --width 768";
    let told = flat(&asked(&format!("{wide} --base-lr 6e-4")));
    let words =
        "µP: with width 0.3 at η = 0.0002 (0.1 at this run's 0.0006, which keeps ηλ); Fan: with";
    assert!(told.contains(words), "{told}");
    // The rule's own learning rate, which needs no other λ.
    let told = flat(&asked(&format!("{wide} --base-lr 1.8e-3")));
    assert!(told.contains("µP: with width 0.3 at η = 0.0006; Fan: with"), "{told}");
    let told = flat(&asked(wide));
    let words = "µP: with width 0.3 at the learning rate that it carries over too (give --base-lr)";
    assert!(told.contains(words), "{told}");
}
