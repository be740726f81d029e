//! What a spec says that nothing would read, and searches beside each other.

use super::*;

const OWN_LAMBDAS: &str = "mask = 'linear'\n[arm.by_role]\nattention = { weight_decay = 3.0 }\n\
                           mlp = { weight_decay = 3.0 }\n";
const OWN_RATES: &str = "[arm.by_role]\nattention = { lr = 1e-3 }\nmlp = { lr = 1e-3 }\n\
                         embedding = { lr = 1e-3 }\nnorm = { lr = 1e-3 }\nbias = { lr = 1e-3 }\n";
const OWN_RATES_OF_BLOCKS: &str = "[arm.by_role]\nattention = { lr = 1e-3 }\nmlp = { lr = 1e-3 }\n";

fn arm(own: &str) -> String {
    format!("name = 'a'\n[[arm]]\nform = 'adamw'\n{own}")
}

fn refused(text: &str, expected: &[&str]) {
    let message = error(text);
    for part in expected {
        assert!(message.contains(part), "{text}: {message}");
    }
}

#[test]
fn values_that_every_role_has_for_itself_are_neither_varied_nor_searched() {
    for lambda in ["[0.0, 0.1]", "'search'"] {
        let own = format!("weight_decay = {lambda}\n{OWN_LAMBDAS}");
        let expected = ["line 4", "arm.0.weight_decay", "(attention, mlp)", "leave a role out"];
        refused(&arm(&own), &expected);
    }
    for lr in ["[1e-3, 1e-2]", "'search'"] {
        let own = format!("weight_decay = 0.1\nlr = {lr}\n{OWN_RATES}");
        let expected = ["line 5", "arm.0.lr", "(embedding, attention, mlp, norm, bias)"];
        refused(&arm(&own), &expected);
    }
    let none = format!("name = 'a'\n[[arm]]\nform = 'none'\nlr = [1e-3, 1e-2]\n{OWN_RATES}");
    refused(&none, &["arm.0.lr", "of its own"]);
}

#[test]
fn one_value_alone_and_values_that_some_role_reads_are_accepted() {
    let one = format!("weight_decay = 0.1\nlr = 1e-2\n{OWN_LAMBDAS}");
    let other_mask = OWN_LAMBDAS.replace("linear", "matrices");
    let embedding = format!("weight_decay = [0.1, 0.2]\n{other_mask}");
    let rest = format!("weight_decay = 0.1\nlr = [1e-3, 1e-2]\n{OWN_RATES_OF_BLOCKS}");
    for (own, arms) in [(one, 1), (embedding, 2), (rest, 2)] {
        assert_eq!(parse(&arm(&own)).unwrap_or_else(|error| panic!("{error:#}")).arms.len(), arms);
    }
}

#[test]
fn what_is_left_to_adam_reads_its_own_numbers_where_it_has_them() {
    let muon = |adam: &str, own: &str| {
        let train = format!("[train]\noptimizer = 'muon'\n{adam}");
        arm(own).replacen("[[arm]]", &format!("{train}[[arm]]"), 1)
    };
    let lr = format!("weight_decay = 0.1\nlr = [1e-3, 1e-2]\n{OWN_RATES_OF_BLOCKS}");
    assert_eq!(parse(&muon("", &lr)).unwrap().arms.len(), 2, "Adam's follows");
    refused(&muon("adam.lr = 1e-3\n", &lr), &["arm.0.lr", "of its own"]);
    let of_adam = format!("weight_decay = 0.1\nadam.lr = [1e-3, 1e-2]\n{OWN_RATES}");
    refused(&muon("", &of_adam), &["arm.0.adam.lr", "(embedding, norm, bias)"]);
    let lambda = "weight_decay = [0.1, 0.2]\n[arm.by_role]\nattention = { weight_decay = 3.0 }\n\
                  mlp = { weight_decay = 3.0 }\n";
    assert_eq!(parse(&muon("", lambda)).unwrap().arms.len(), 2);
    refused(&muon("adam.weight_decay = 0.0\n", lambda), &["arm.0.weight_decay", "of its own"]);
}

#[test]
fn terms_of_a_search_where_nothing_is_searched_are_told_to_be_unread() {
    let given = format!("name = 'a'\n{ARM}[search]\nlooks = [5]\n");
    let notes = parse(&given).unwrap().remarks;
    assert!(notes.len() == 1 && notes[0].contains("search.looks: nothing reads it"), "{notes:?}");
    let searched = parse(&given.replace("0.1", "'search'")).unwrap();
    assert_eq!((searched.search.looks, searched.remarks), (vec![5], vec![]));
}

#[test]
fn a_tuned_key_with_one_value_alone_is_told() {
    let told = |own: &str| parse(&arm(own)).unwrap().tuned_in_vain_told();
    let lambdas = "weight_decay = [0.1, 0.2]\ntune = ['weight_decay', 'lr']\n";
    let found = told(&format!("{lambdas}lr = 0.01\n"));
    assert!(found.len() == 1 && found[0].contains("arm.0.tune names lr"), "{found:?}");
    assert!(found[0].contains("one value alone, 0.01:"), "{found:?}");
    assert_eq!(told(&format!("{lambdas}lr = [0.01, 0.1]\n")), [""; 0]);
    let beside = format!("{lambdas}lr = 0.01\n[[arm]]\nform = 'adamw'\n{lambdas}lr = 0.1\n");
    assert_eq!(told(&beside), [""; 0], "both tables are one rule");
}

#[test]
fn arms_that_search_other_values_or_nothing_stand_beside_each_other() {
    let lambda =
        |text: &str| text.replace("LAMBDA", "weight_decay = { search = true, start = 2.0 }");
    let plain = "LAMBDA\n[[arm]]\n";
    for (other, given, searched) in [
        ("form = 'l2'\nLAMBDA\nlr = 'search'\n", 1, 3),
        ("form = 'none'\nlr = 'search'\n", 1, 2),
        ("form = 'none'\nlr = 'search'\n[[arm]]\nform = 'none'\n", 1, 2),
        ("form = 'adamw'\nLAMBDA\nlr = 'search'\n", 1, 3),
        ("form = 'adamw'\nweight_decay = 2.0\n", 2, 1),
    ] {
        let spec = parse(&arm(&lambda(&format!("{plain}{other}"))));
        let spec = spec.unwrap_or_else(|error| panic!("{other}: {error:#}"));
        assert_eq!((spec.arms.len(), spec.searched.len()), (given, searched), "{other}");
        assert!(spec.arms.iter().any(|arm| arm.decay == Decay::NONE), "{other}");
    }
    let twice = lambda(&format!("{plain}form = 'adamw'\nLAMBDA\n"));
    refused(&arm(&twice), &["stands twice"]);
}

/// A number that is taken as it stands, and a fall that a long warm-up leaves no steps.
#[test]
fn what_a_published_recipe_turns_into_by_a_toys_own_terms_is_told() {
    let toy = |recipe: &str, steps: usize, own: &str| {
        let text = format!(
            "name = 'a'\n[recipe]\nname = '{recipe}'\n[train]\nsteps = {steps}\n[[arm]]\n{own}\n"
        );
        parse(&text).unwrap().remarks
    };
    let raw = "form = 'independent'\ntransfer = ['raw', 'matched']";
    let notes = toy("llama-2", 200, raw);
    assert!(
        notes.len() == 1 && notes[0].contains("takes λ = 0.1 of `adamw` as it is"),
        "{notes:?}"
    );
    assert_eq!(toy("llama-2", 200, "transfer = ['raw', 'matched']"), [""; 0]);
    let notes = toy("smollm", 100, "transfer = 'raw'");
    assert!(notes.len() == 1 && notes[0].contains("falls over 0 of 100 steps"), "{notes:?}");
    assert_eq!(toy("smollm", 600, "transfer = 'raw'"), [""; 0]);
}
