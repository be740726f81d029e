use super::*;
use crate::config::Expect;
use crate::experiment::{Changes, Spec};

const HEAD: &str = "name = 'a'\nseeds = [0, 1, 2]\n[data]\ntrain = 500\nval = 300\n[train]\nsteps = 40\neval_every = 10\n\
    warmup = 2\n[[arm]]\nform = 'adamw'\nweight_decay = [0.0, 0.1, 1.0]\nlr = [1e-3, 2e-3, 4e-3]\n[[arm]]\nform = 'none'\n";

const SAID: &str =
    "text = 't'\nsource = 's'\nbasis = 'primary'\nquantity = 'test-loss'\nsmallest = 0.02\n";

fn spec(claim: &str) -> Result<Spec> {
    Spec::parse(&format!("{HEAD}[[claim]]\n{SAID}{claim}"), &Changes::default())
}

fn claim(text: &str) -> Claim {
    let spec = spec(text).unwrap();
    let plan = Plan::new(&spec, &spec.load_corpus().unwrap(), None);
    spec.claims(&plan).remove(0)
}

fn error(text: &str) -> String {
    format!("{:#}", spec(text).unwrap_err())
}

#[test]
fn a_difference_names_the_runs_of_both_sides() {
    let one = claim(
        "left = { weight_decay = 1.0, lr = 2e-3 }\nright = { form = 'none' }\nexpect = 'lower'",
    );
    assert_eq!(one.parts.len(), 1);
    let [left, right] = &one.parts[0].terms[..] else { panic!("{one:?}") };
    assert_eq!((left.weight, right.weight), (1.0, -1.0));
    assert!(left.arms.len() == 1 && left.arms[0].len() == 3 && right.arms.len() == 1);
    assert_ne!(left.arms[0], right.arms[0]);
    assert_eq!(one.finding, "λ=1 lr=0.002 − none");
}

#[test]
fn a_number_on_the_right_is_what_the_left_is_held_against() {
    let one = claim("left = { weight_decay = 1.0, lr = 2e-3 }\nright = 2.5\nexpect = 'equal'");
    assert_eq!((one.parts[0].terms.len(), one.parts[0].constant), (1, 2.5));
}

#[test]
fn no_decay_under_two_names_is_one_arm() {
    let spec = "left = { weight_decay = 1.0, lr = 4e-3 }\nright = { weight_decay = 0, lr = 3e-3 }\nexpect = 'lower'";
    // `form = 'none'` has the lr of [train], which no λ = 0 has: of both names one arm is left.
    assert_eq!(claim(spec).parts[0].terms[1].arms.len(), 1);
}

#[test]
fn sums_have_the_weights_that_they_say() {
    let one = claim(
        "left = [{ weight_decay = 1.0, lr = 1e-3 }, { weight_decay = 0.0, lr = 4e-3, times = 0.5 }]\n\
         right = [{ weight_decay = 0.0, lr = 1e-3 }]\nexpect = 'higher'",
    );
    let weights: Vec<f64> = one.parts[0].terms.iter().map(|term| term.weight).collect();
    assert_eq!(weights, [1.0, 0.5, -1.0]);
}

#[test]
fn a_slope_is_that_of_least_squares_over_doublings() {
    let one = claim(
        "over = 'lr'\nleft = { weight_decay = 1.0 }\nright = { weight_decay = 0.1 }\nexpect = 'lower'",
    );
    let terms = &one.parts[0].terms;
    // Three learning rates, each twice the one before: −1/2, 0, 1/2 on the left and the opposite on the right; a
    // weight of 0 says nothing.
    let weights: Vec<f64> = terms.iter().map(|term| term.weight).collect();
    assert_eq!(weights.len(), 4);
    for (weight, expected) in weights.iter().zip([-0.5, 0.5, 0.5, -0.5]) {
        assert!((weight - expected).abs() < 1e-12, "{weights:?}");
    }
    assert!(terms.iter().all(|term| term.arms.len() == 1));
}

#[test]
fn orders_crossings_collapses_and_lists_are_comparisons_that_all_must_hold() {
    let order = claim(
        "order = [{ weight_decay = 0.0, lr = 1e-3 }, { weight_decay = 0.1, lr = 1e-3 }, { weight_decay = 1.0, lr = 1e-3 }]\n\
         expect = 'falling'",
    );
    assert_eq!((order.parts.len(), order.expect), (2, Expect::Lower));
    let text = "left = { weight_decay = 1.0, lr = 1e-3 }\nright = { weight_decay = 0.1, lr = 1e-3 }\n\
                expect = 'lower'\ncrossing = [10, 40]";
    let crossing = error(text);
    assert!(crossing.contains("a quantity of steps"), "{crossing}");
    let text = format!("{HEAD}[[claim]]\n{}{text}", SAID.replace("test-loss", "val-loss"));
    let spec = Spec::parse(&text, &Changes::default()).unwrap();
    let plan = Plan::new(&spec, &spec.load_corpus().unwrap(), None);
    let crossing = spec.claims(&plan).remove(0);
    let told: Vec<_> = crossing.parts.iter().map(|part| (part.expect, part.terms[0].at)).collect();
    assert_eq!(told, [(Expect::Higher, Some(10)), (Expect::Lower, Some(40))]);
    let collapse = claim(
        "collapse = [{ weight_decay = 1.0, lr = 1e-3 }, { weight_decay = 0.1, lr = 2e-3 }, { weight_decay = 0.1, lr = 4e-3 }]\n\
         expect = 'equal'",
    );
    assert_eq!(collapse.parts.len(), 3);
    let all = claim(
        "all = [{ left = { weight_decay = 1.0, lr = 1e-3 }, right = { lr = 1e-3 } }, \
         { left = { weight_decay = 0.1, lr = 2e-3 }, right = { lr = 2e-3 } }]\nexpect = 'equal'",
    );
    assert_eq!(all.parts.len(), 2);
    assert_eq!(all.parts[0].terms[1].arms.len(), 3, "the best of three");
}

#[test]
fn what_a_claim_says_is_its_digest() {
    let one = "left = { weight_decay = 1.0, lr = 1e-3 }\nexpect = 'lower'";
    assert_eq!(claim(one).digest, claim(one).digest);
    assert_ne!(claim(one).digest, claim(&one.replace("lower", "higher")).digest);
}

#[test]
fn a_wrong_claim_names_the_key_and_what_was_expected() {
    let sides = "left = { weight_decay = 1.0, lr = 1e-3 }\nright = { form = 'none' }\n";
    for (text, expected) in [
        ("expect = 'lower'".to_owned(), "claim.0.left is missing"),
        (
            format!("{sides}expect = 'smaller'"),
            "claim.0.expect = \"smaller\": expected one of lower",
        ),
        (
            format!("{sides}expect = 'lower'\nrigth = 1"),
            "unknown key `claim.0.rigth`; did you mean `right`?",
        ),
        ("left = { weight_decay = 7 }\nexpect = 'lower'".to_owned(), "no arm of the spec is that"),
        (
            "left = { weight_dekay = 1 }\nexpect = 'lower'".to_owned(),
            "unknown key `claim.0.left.weight_dekay`",
        ),
        (
            "left = 3\nexpect = 'lower'".to_owned(),
            "claim.0.left = 3: expected a table that names arms",
        ),
        (
            "left = { weight_decay = 1.0, lr = 1e-3, at = 10 }\nexpect = 'lower'".to_owned(),
            "has at = 10, but test-loss is of the whole run",
        ),
        (
            "left = { weight_decay = 1.0, lr = 1e-3, times = -1 }\nexpect = 'lower'".to_owned(),
            "has times = -1: expected a number above 0; put it on the other side (left or right)",
        ),
        (
            "over = 'lr'\ncrossing = [1, 2]\nleft = { weight_decay = 1.0 }\nexpect = 'lower'"
                .to_owned(),
            "claim.0.crossing stands beside over",
        ),
        (
            "over = 'steps'\nleft = { weight_decay = 1.0 }\nexpect = 'lower'".to_owned(),
            "have 1 of its values; expected two or more",
        ),
        ("order = [{ form = 'none' }]\nexpect = 'rising'".to_owned(), "expected two arms or more"),
        (
            "collapse = [{ form = 'none' }, { lr = 1e-3, weight_decay = 0 }]\nexpect = 'lower'"
                .to_owned(),
            "what collapses is equal",
        ),
        ("all = []\nexpect = 'lower'".to_owned(), "claim.0.all is an empty list"),
    ] {
        let error = error(&text);
        assert!(error.contains(expected), "{text}: {error}");
        // What is missing stands in no line.
        assert!(error.starts_with("line ") || error.contains("is missing"), "{error}");
    }
}

#[test]
fn the_best_of_several_arms_is_meant_only_where_val_loss_chooses_it() {
    let text = format!(
        "{HEAD}[[claim]]\n{}left = {{ weight_decay = 1.0 }}\nexpect = 'lower'",
        SAID.replace("test-loss", "grad-norm")
    );
    let error = format!("{:#}", Spec::parse(&text, &Changes::default()).unwrap_err());
    assert!(error.contains("3 arms are meant at once"), "{error}");
}

#[test]
fn a_search_knows_no_arms_to_claim_anything_of() {
    let text = format!(
        "name = 'a'\n[[arm]]\nform = 'adamw'\nweight_decay = 'search'\n[[claim]]\n{SAID}\
         left = {{ form = 'adamw' }}\nexpect = 'lower'"
    );
    let error = format!("{:#}", Spec::parse(&text, &Changes::default()).unwrap_err());
    assert!(error.contains("a search finds its arms while it trains"), "{error}");
}
