//! Two experiments side by side: what is one question in both, and what is told where they differ.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{fixture, text, wane_ok};
use crate::mechanism::swept;
use crate::values_table::SMALL;

/// What large steps learn in little time, so that three seeds tell decay that is far too strong.
const HEAD: &str = "name = 'pair'
seeds = [0, 1, 2]
[data]
source = 'grammar'
train = 3000
val = 300
[model]
layers = 1
heads = 2
channels = 16
context = 16
[train]
steps = 60
batch = 4
lr = 0.02
warmup = 4
eval_every = 10
eval_windows = 8
[[arm]]
form = 'none'
";

fn arm(form: &str, lambda: &str) -> String {
    format!("[[arm]]\nform = '{form}'\nmask = 'matrices'\nweight_decay = {lambda}\n")
}

/// The results of a spec, in a folder of its own.
fn of_spec(folder: &Path, place: &str, spec: &str) -> PathBuf {
    let (path, out) = (folder.join(format!("{place}.toml")), folder.join(place));
    fs::write(&path, spec).unwrap();
    wane_ok(&["sweep", text(&path), "--out", text(&out), "-q"]);
    let name = spec.split('\'').nth(1).unwrap();
    out.join(name)
}

fn compared(left: &Path, right: &Path) -> String {
    wane_ok(&["compare", text(left), text(right)]).stdout
}

#[test]
fn a_verdict_is_found_where_the_other_spec_has_its_rules_in_another_order() {
    let folder = tempfile::tempdir().unwrap();
    let [weak, strong] = ["0.5", "60.0"];
    let one = [HEAD, &arm("adamw", weak), &arm("l2", "3.0")].concat();
    let same = [HEAD, &arm("l2", "3.0"), &arm("adamw", weak)].concat();
    let other = [HEAD, &arm("l2", "0.0001"), &arm("adamw", strong)].concat();
    let [one, same, other] = [("one", one), ("same", same), ("other", other)]
        .map(|(place, spec)| of_spec(folder.path(), place, &spec));
    let told = compared(&one, &same);
    assert!(told.contains("No verdict differs.") && !told.contains("alone"), "{told}");
    let told = compared(&one, &other);
    assert!(!told.contains("of one of them alone"), "{told}");
    assert!(told.lines().all(|line| line.chars().count() <= 112), "{told}");
    let of_pair = told.lines().skip_while(|line| {
        !(line.starts_with("adamw on matrices") && line.contains("l2 on matrices"))
    });
    let mut of_pair = of_pair.peekable();
    assert!(of_pair.peek().is_some(), "no line of the pair: {told}");
    // What is too long for a line goes on below.
    let first = of_pair.next().unwrap().to_owned();
    let pair =
        of_pair.take_while(|line| line.starts_with(' ')).fold(first, |pair, line| pair + line);
    let (left, right) = (pair.find("lower (test loss −"), pair.find("higher (test loss +"));
    assert!(left.is_some() && left < right, "{pair}");
    assert!(pair.contains(" 0.5)") && pair.contains(" 60)"), "{pair}");
    assert!(pair.contains("differs"), "{pair}");
}

#[test]
fn a_default_that_one_spec_writes_out_is_no_difference() {
    let folder = tempfile::tempdir().unwrap();
    let spec = [HEAD, &arm("adamw", "0.5")].concat();
    let written = spec.replace("lr = 0.02", "betas = [0.9, 0.95]\nlr = 0.02");
    let other = spec.replace("lr = 0.02", "betas = [0.9, 0.9]\nlr = 0.02");
    let [spec, written, other] = [("spec", spec), ("written", written), ("other", other)]
        .map(|(place, spec)| of_spec(folder.path(), place, &spec));
    let told = compared(&spec, &written);
    assert!(told.starts_with("Specs say the same in other words"), "{told}");
    let told = compared(&written, &other);
    for betas in ["train.betas = [0.9, 0.95]", "train.betas = [0.9, 0.9]"] {
        assert!(told.contains(betas), "{told}");
    }
}

#[test]
fn a_comparison_without_a_test_is_no_verdict_that_differs() {
    let folder = tempfile::tempdir().unwrap();
    let two = swept(folder.path(), "two", &["seeds=[0, 1]"]);
    let three = swept(folder.path(), "three", &["seeds=[0, 1, 2]"]);
    let told = compared(&two, &three);
    assert!(told.contains("No verdict differs."), "{told}");
    assert!(told.contains("of one of them, where the other has no test."), "{told}");
    assert!(compared(&two, &two).contains("Neither has a verdict."));
}

#[test]
fn verdicts_on_published_recipes_are_compared_too() {
    let folder = tempfile::tempdir().unwrap();
    let out = text(folder.path());
    let mut words = vec!["sweep", "experiments/values-table.toml", "--out", out, "-q"];
    let recipes = ["arm.0.recipe=['gpt-3']", "arm.1.recipe=['opt']"];
    words.extend(recipes.iter().chain(SMALL).flat_map(|change| ["--set", *change]));
    wane_ok(&words);
    let results = folder.path().join("values-table");
    let told = compared(&results, &results);
    assert!(told.contains("No verdict differs.") && !told.contains("Neither"), "{told}");
    assert!(told.contains("GPT-3") && told.contains(", raw λ"), "{told}");
}

/// Two claims of one text: of weights, which shows, and of a loss, which does not.
const CLAIMS: &str = "
[[claim]]
text = 'Decay acts'
source = 'nobody 2026'
basis = 'primary'
quantity = 'weight-norm'
left = { form = 'adamw', weight_decay = 30.0 }
right = { form = 'none' }
expect = 'lower'
smallest = 0.01

[[claim]]
text = 'Decay acts'
source = 'nobody 2026'
basis = 'primary'
quantity = 'test-loss'
left = { form = 'adamw', weight_decay = 30.0 }
right = { form = 'none' }
expect = 'lower'
smallest = 5.0
";

#[test]
fn claims_of_one_text_are_paired_by_what_they_ask() {
    let folder = tempfile::tempdir().unwrap();
    let tiny = fs::read_to_string(fixture("tiny.toml")).unwrap();
    let head = tiny[..tiny.find("[[arm]]").unwrap()].replace("\"tiny\"", "'tiny'");
    let head = head.replace("seeds = [0, 1]", "seeds = [0, 1, 2, 3, 4]");
    let arms = "[[arm]]\nform = 'none'\n[[arm]]\nform = 'adamw'\nweight_decay = 30.0\n";
    let one = of_spec(folder.path(), "one", &[&head, arms, CLAIMS].concat());
    let told = compared(&one, &one);
    assert!(told.contains("No claim is judged differently."), "{told}");
    assert!(!told.contains("ask one thing"), "{told}");
    let other = CLAIMS.replace("smallest = 5.0", "smallest = 4.0");
    let other = of_spec(folder.path(), "other", &[&head, arms, &other].concat());
    let told = compared(&one, &other);
    assert!(told.contains("No claim is judged differently."), "{told}");
    assert!(told.contains("Claims that ask one thing in"), "{told}");
    assert!(told.lines().any(|line| line == "  Decay acts"), "{told}");
}

#[test]
fn first_weights_that_differ_are_told_though_their_file_has_one_name() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, weights) = (fixture("tiny.toml"), folder.path().join("first.safetensors"));
    let one_arm = ["--set", "arm.0.mask=matrices", "--set", "arm.0.weight_decay=1.0"];
    let trained = |name: &str, lr: &str| {
        let (out, saved) = (folder.path().join(name), folder.path().join(name));
        let saved = saved.with_extension("safetensors");
        let own = ["train", text(&spec), "--out", text(&out), "--save", text(&saved)];
        wane_ok(&[&own[..], &one_arm, &["--set", "seeds=[0]", "--set", lr]].concat());
        for kind in ["safetensors", "config.json", "alphabet.json"] {
            fs::copy(out.with_extension(kind), weights.with_extension(kind)).unwrap();
        }
    };
    let begun = |place: &str| {
        let out = folder.path().join(place);
        let own = ["sweep", text(&spec), "--out", text(&out), "--init", text(&weights), "-q"];
        wane_ok(&own);
        out.join("tiny")
    };
    trained("slow", "train.lr=0.01");
    let (one, again) = (begun("one"), begun("again"));
    trained("fast", "train.lr=0.02");
    let other = begun("other");
    assert!(compared(&one, &again).contains("Specs, data and program are the same."));
    let told = compared(&one, &other);
    assert!(told.contains("The first weights differ"), "{told}");
    assert!(!told.contains("program are the same"), "{told}");
}

#[test]
fn options_in_another_spelling_and_order_are_no_difference() {
    let folder = tempfile::tempdir().unwrap();
    let spec = fixture("tiny.toml");
    let of = |place: &str, options: &[&str]| {
        let out = folder.path().join(place);
        wane_ok(&[&["sweep", text(&spec), "--out", text(&out), "-q"], options].concat());
        out.join("tiny")
    };
    let one = of("one", &["--set", "train.steps=4", "--set", "data.val=320", "--seeds", "0,1"]);
    let other = of("other", &["--seeds=0,1", "--set=data.val=320", "--set=train.steps=4"]);
    let told = compared(&one, &other);
    assert!(told.contains("Specs, data and program are the same."), "{told}");
}
