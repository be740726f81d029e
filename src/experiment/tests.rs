use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::config::Decay;
use crate::config::Section;
use crate::config::keys;
use crate::config::{DecaySchedule, OptimizerKind, RunConfig, RunId};
use crate::config::{Form, Mask, Named};
use crate::config::{Identity, Key};
use crate::corpus::Source;

mod groups;
mod idle;

fn parse(text: &str) -> Result<Spec> {
    Spec::parse(text, &Changes::default())
}

fn error(text: &str) -> String {
    format!("{:#}", parse(text).unwrap_err())
}

const ARM: &str = "[[arm]]\nform = 'adamw'\nweight_decay = 0.1\n";

#[test]
fn lists_multiply_out_and_the_sweep_is_the_union_of_the_arms() {
    let spec = parse(
        "name = 'a'\n[[arm]]\nform = 'adamw'\nmask = ['matrices', 'global']\nweight_decay = [0, 0.1, 1.0]\n\
         lr = [1e-3, 3e-3]\n[[arm]]\nform = 'lr-power'\n[[arm]]\nform = 'none'\n",
    )
    .unwrap();
    assert_eq!(spec.arms.len(), 2 * 3 * 2 + 1 + 1);
    assert_eq!(spec.arms[0].variant, "lr=0.001");
    assert_eq!(spec.arms[3].variant, "");
    assert_eq!(
        spec.arms[12].decay,
        Decay { form: Form::LrPower, mask: Some(Mask::Matrices), weight_decay: None }
    );
    assert_eq!(spec.arms[13].decay, Decay::NONE);
}

#[test]
fn an_arm_tells_what_it_has_as_the_spec_says_where_other_arms_have_it_otherwise() {
    let spec = parse(
        "name = 'a'\n[model]\nlayers = 2\n[train]\nbatch = 4\nsteps = 60\n\
         [[arm]]\nform = 'adamw'\nweight_decay = 0.1\nbatch = [4, 8]\n\
         [[arm]]\nform = 'adamw'\nweight_decay = 1.0\nlayers = 1\n",
    )
    .unwrap();
    let told: Vec<(&str, String)> =
        spec.arms.iter().map(|arm| (arm.variant.as_str(), arm.common())).collect();
    let of = |variant, common: &str| (variant, common.to_owned());
    let expected =
        [of("", "layers=2 batch=4"), of("batch=8", "layers=2"), of("layers=1", "batch=4")];
    assert_eq!(told, expected);
}

#[test]
fn betas_are_a_pair_or_a_list_of_pairs() {
    let base = format!("name = 'a'\n{ARM}");
    assert_eq!(parse(&format!("{base}betas = [0.9, 0.99]")).unwrap().arms.len(), 1);
    assert_eq!(parse(&format!("{base}betas = [[0.9, 0.99], [0.8, 0.9]]")).unwrap().arms.len(), 2);
    assert!(error(&format!("{base}betas = 0.9")).contains("pair"));
}

#[test]
fn the_command_line_changes_what_the_file_says() {
    let changes = Changes {
        set: vec!["train.steps=7".into(), "train.warmup=2".into()],
        data: Some("some.txt".into()),
        seeds: Some(vec![4, 9]),
    };
    let spec = Spec::parse(&format!("name = 'a'\n{ARM}"), &changes).unwrap();
    assert_eq!((spec.arms[0].recipe.steps, spec.seeds), (7, [4, 9].map(Seed::of).to_vec()));
    assert_eq!(spec.source, Source::parse("some.txt"));
}

#[test]
fn what_is_wrong_is_named_with_its_key_and_what_was_expected() {
    let cases: &[(&str, &[&str])] = &[
        ("", &["name"]),
        ("name = ''", &["name", "folder"]),
        ("name = '../x'", &["name", "folder"]),
        ("name = 'a'", &["[[arm]]"]),
        ("name = 'a'\nseeds = []\nARM", &["seeds", "empty"]),
        ("name = 'a'\nseeds = [1, 1]\nARM", &["seeds", "1 twice"]),
        ("name = 'a'\nseeds = [-1]\nARM", &["-1"]),
        ("name = 'a'\n[data]\norder = 'rnadom'\nARM", &["data.order", "did you mean `random`"]),
        ("name = 'a'\n[data]\ntrain = 0\nARM", &["data.train", "above 0"]),
        ("name = 'a'\n[model]\nheads = 3\nARM", &["model.heads = 3", "model.channels = 64"]),
        ("name = 'a'\n[model]\nfamily = 'gtp2'\nARM", &["model.family", "gpt2"]),
        ("name = 'a'\n[model]\nlayers = 'two'\nARM", &["line 3", "layers"]),
        ("name = 'a'\n[train]\nlr = -1\nARM", &["train.lr = -1", "above 0"]),
        (
            "name = 'a'\n[train]\nbetas = [0.9, 1.0]\nARM",
            &["train.betas = 1: expected a number from 0 to below 1"],
        ),
        (
            "name = 'a'\n[train]\nbetas = [0.9, 0.9999999999]\nARM",
            &["train.betas = 0.9999999999: training computes in 32 bits, where it is 1"],
        ),
        ("name = 'a'\n[tarin]\nsteps = 5\nARM", &["unknown key `tarin`", "did you mean `train`"]),
        (
            "name = 'a'\n[[arms]]\nform = 'adamw'\nARM",
            &["unknown key `arms`", "write the table [[arm]]"],
        ),
        ("name = 'a'\n[train]\neps = 1e-50\nARM", &["train.eps = ", "where it is 0"]),
        ("name = 'a'\n[train]\nlr = 1e300\nARM", &["train.lr = ", "where it is inf"]),
        ("name = 'a'\n[train]\nwarmup = 600\nARM", &["train.warmup = 600", "train.steps = 500"]),
        ("name = 'a'\n[train]\nclip = nan\nARM", &["train.clip"]),
        ("name = 'a'\n[train]\nstep = 5\nARM", &["train.step", "did you mean `steps`"]),
        ("name = 'a'\n[[arm]]\nform = 'adamw'", &["weight_decay"]),
        ("name = 'a'\n[[arm]]\nform = 'adamw'\nweight_decay = []", &["weight_decay", "empty"]),
        ("name = 'a'\n[[arm]]\nform = 'adamw'\nweight_decay = -0.1", &["weight_decay = -0.1"]),
        ("name = 'a'\n[[arm]]\nform = 'adamw'\nweight_decay = inf", &["weight_decay = inf"]),
        (
            "name = 'a'\n[[arm]]\nform = 'adma'\nweight_decay = 1",
            &["line 3", "arm.0.form = \"adma\"", "adamw"],
        ),
        ("name = 'a'\n[[arm]]\nform = []\nweight_decay = 1", &["form", "empty"]),
        (
            "name = 'a'\n[[arm]]\nform = 'l2'\nmask = 'matrixes'\nweight_decay = 1",
            &["mask", "did you mean `matrices`"],
        ),
        ("name = 'a'\n[[arm]]\nform = 'none'\nweight_decay = 1", &["`none` takes no weight_decay"]),
        (
            "name = 'a'\n[[arm]]\nform = 'lr-power'\nweight_decay = 1",
            &["`lr-power` takes no weight_decay"],
        ),
        ("name = 'a'\n[[arm]]\nform = 'none'\nmask = 'global'", &["`none`", "no mask"]),
        ("name = 'a'\nARMARM", &["adamw matrices λ=0.1", "twice"]),
        ("name = 'a'\n[[arm]]\nform = 'adamw'\nweight_decay = [1, 1.0]", &["λ=1", "twice"]),
        ("name = 'a'\nARMlr = []", &["lr is an empty list"]),
        ("name = 'a'\nARMwarmup = [1, 900]", &["arm.warmup = 900"]),
    ];
    for (text, expected) in cases {
        let message = error(&text.replace("ARM", ARM));
        for part in *expected {
            assert!(message.contains(part), "{text:?}: {message}");
        }
    }
}

#[test]
fn a_gigantic_grid_is_refused_with_its_count_before_it_is_built() {
    let list = |count: usize| (1..=count).map(|i| i.to_string()).collect::<Vec<_>>().join(",");
    let text = format!(
        "name = 'a'\nseeds = [{}]\n[[arm]]\nform = 'adamw'\nweight_decay = [{}]\nsteps = [{}]\n",
        list(1000),
        list(1000),
        list(1000)
    );
    assert!(error(&text).contains("1000000000 runs"));
}

proptest! {
    #[test]
    fn every_grid_has_the_product_of_its_lists(
        masks in prop::sample::subsequence(Mask::ALL.to_vec(), 1..=4),
        coefficients in prop::collection::btree_set(0u32..1000, 1..6),
        rates in prop::collection::btree_set(1u32..1000, 1..4),
    ) {
        let masks: Vec<String> = masks.iter().map(|mask| format!("'{mask}'")).collect();
        let coefficients: Vec<String> = coefficients.iter().map(|c| format!("{}e-2", c)).collect();
        let rates: Vec<String> = rates.iter().map(|r| format!("{}e-5", r)).collect();
        let text = format!(
            "name = 'a'\n[[arm]]\nform = ['adamw', 'l2']\nmask = [{}]\nweight_decay = [{}]\nlr = [{}]\n",
            masks.join(","), coefficients.join(","), rates.join(","),
        );
        let arms = parse(&text).unwrap().arms;
        prop_assert_eq!(arms.len(), 2 * masks.len() * coefficients.len() * rates.len());
    }
}

/// One slip of the keyboard: a place in the text, what becomes of it.
fn slip() -> impl Strategy<Value = (prop::sample::Index, Option<String>)> {
    let words =
        ["", "0", "-1", "1e999", "nan", "[", "]", "[[", "=", ".", "\"", "'", "\n", "#", "{}", "é"];
    let word = prop::sample::select(words.map(str::to_owned).to_vec());
    (any::<prop::sample::Index>(), prop::option::of(word))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn no_slip_of_the_keyboard_makes_the_parser_panic(
        slips in prop::collection::vec(slip(), 1..6),
        assignment in prop::option::of("(train|arm|data|model|seeds|name)?\\.?[0-9]?\\.?(steps|lr|form|mask|weight_decay)?=?[-0-9.a-z\\[\\]\"',]{0,8}"),
    ) {
        let mut characters: Vec<char> = include_str!("../../experiments/overfit.toml").chars().collect();
        for (place, word) in slips {
            let place = place.index(characters.len());
            match word {
                Some(word) => drop(characters.splice(place..place, word.chars())),
                None => drop(characters.remove(place)),
            }
        }
        let changes = Changes { set: assignment.into_iter().collect(), ..Changes::default() };
        if let Ok(spec) = Spec::parse(&characters.into_iter().collect::<String>(), &changes) {
            prop_assert!(!spec.arms.is_empty() && !spec.seeds.is_empty());
        }
    }

    #[test]
    fn any_text_at_all_is_parsed_or_refused(text in "\\PC{0,200}") {
        let _ = parse(&text);
    }
}

/// Identities of the runs of a spec, with other values of some keys.
fn identities(spec: &str, set: &[String]) -> BTreeSet<RunId> {
    let changes = Changes { set: set.to_vec(), ..Changes::default() };
    let spec = Spec::parse(spec, &changes).unwrap_or_else(|error| panic!("{set:?}: {error:#}"));
    let corpus = spec.load_corpus().unwrap();
    Plan::new(&spec, &corpus, None).runs.iter().map(RunConfig::id).collect()
}

/// A spec in which a key has an effect.
fn spec_for(key: &Key) -> String {
    let mut model = String::new();
    if let Some(family) = key.families().and_then(|families| families.first().copied()) {
        model = format!("[model]\nfamily = '{}'\n", family.name());
    }
    let reads = |one: &&OptimizerKind| one.reads(key.name);
    let optimizer = OptimizerKind::ALL.iter().find(reads).unwrap().name();
    // What says more of something has an effect where there is that.
    let measured = if key.name.starts_with("verbatim_") { "verbatim_prompts = 4\n" } else { "" };
    let planted = if key.name.starts_with("canary_") { "canaries = 3\n" } else { "" };
    // A search needs seeds to find with.
    let seeds = if key.section == Section::Search { "[0, 1, 2, 3, 4, 5, 6, 7]" } else { "[0]" };
    let arm = match key.name {
        _ if key.section == Section::Search => "form = 'adamw'\nweight_decay = 'search'",
        "transfer" => "recipe = 'gpt-3'",
        "target_norm" => "form = 'target-norm'\nweight_decay = 0.1",
        _ => "form = 'adamw'\nweight_decay = 0.1",
    };
    let reads = |one: &&DecaySchedule| one.reads(key.name);
    let schedule = DecaySchedule::ALL.iter().find(reads).unwrap().name();
    let recipe = if key.section == Section::Recipe { "[recipe]\nname = 'opt'\n" } else { "" };
    format!(
        "name = 'a'\nseeds = {seeds}\n{recipe}{model}[data]\ntrain = 3000\nval = 2000\n{planted}\
         [train]\noptimizer = '{optimizer}'\ndecay_schedule = '{schedule}'\n{measured}[[arm]]\n{arm}\n"
    )
}

/// The key of a row in `--set`, and every place where it may stand.
fn places(key: &Key) -> Vec<String> {
    match key.section {
        Section::Top => vec![key.name.to_owned()],
        Section::Train => vec![format!("train.{}", key.name), format!("arm.0.{}", key.name)],
        Section::Arm => vec![format!("arm.0.{}", key.name)],
        section => vec![format!("{}.{}", section.name(), key.name)],
    }
}

#[test]
fn every_key_of_the_table_changes_the_identity_or_says_why_not() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.txt");
    std::fs::write(&text, "to be or not to be, that is the question. ".repeat(200)).unwrap();
    let line = r#"{"text": "to be or not to be ", "other": "that is the question "}"#;
    let lines = folder.path().join("lines.jsonl");
    std::fs::write(&lines, format!("{line}\n").repeat(600)).unwrap();
    let of_source =
        |path: &std::path::Path| format!("[data]\nsource = {:?}\n", path.display().to_string());
    let mut tried = 0;
    for key in keys::all() {
        let spec = match key.name {
            "tokenizer" => spec_for(key).replace("[data]\n", &of_source(&text)),
            "text_field" => spec_for(key).replace("[data]\n", &of_source(&lines)),
            _ => spec_for(key),
        };
        let example = match key.name {
            "source" => format!("{:?}", text.display().to_string()),
            _ => key.example.to_owned(),
        };
        for place in places(key) {
            let before = identities(&spec, &[]);
            let after = identities(&spec, &[format!("{place}={example}")]);
            match key.identity {
                Identity::Not(why) => assert!(before == after && !why.is_empty(), "{place}"),
                _ => assert!(before.is_disjoint(&after), "{place} = {example} changes nothing"),
            }
            tried += 1;
        }
        assert!(!key.doc.is_empty() && key.doc.ends_with('.'), "{}: {}", key.name, key.doc);
    }
    assert!(tried >= 50, "{tried}");
}

/// Every field of a run's JSON comes from a key, from the seeds or from the text.
#[test]
fn no_field_of_a_run_is_without_a_key() {
    let json = serde_json::to_value(crate::config::tests::example()).unwrap();
    let fields =
        |part: &str| -> Vec<String> { json[part].as_object().unwrap().keys().cloned().collect() };
    for (part, section) in [("recipe", Section::Train), ("model", Section::Model)] {
        for field in fields(part) {
            assert!(keys::find(section, &field).is_some(), "{part}.{field}");
        }
    }
    for field in fields("decay") {
        assert!(keys::find(Section::Arm, &field).is_some(), "decay.{field}");
    }
    assert_eq!(fields("data"), ["digest", "seed", "split", "vocabulary"]);
    let mut whole = crate::config::tests::example().data;
    (whole.text_seed, whole.split.test) = (Some(0), 100);
    whole.canaries = Some(crate::config::Canaries { count: 1, length: 8, repeats: vec![1] });
    let whole = serde_json::to_value(whole).unwrap();
    assert_eq!(whole.as_object().unwrap().len(), 6);
    for field in whole["split"].as_object().unwrap().keys() {
        assert!(keys::find(Section::Data, field).is_some(), "data.{field}");
    }
    let top: Vec<&String> = json.as_object().unwrap().keys().collect();
    assert_eq!(top, ["data", "decay", "model", "numerics", "recipe", "start"]);
}

#[test]
fn a_key_that_the_optimizer_does_not_read_is_answered_with_those_it_reads() {
    let cases: &[(&str, &[&str])] = &[
        (
            "[train]\noptimizer = 'sgd'\neps = 1e-6\nARM",
            &["line 4", "train.eps", "`sgd` reads momentum"],
        ),
        (
            "[train]\noptimizer = 'lion'\nmomentum = 0.5\nARM",
            &["train.momentum", "`lion` reads betas"],
        ),
        ("ARMmomentum = 0.5\n", &["arm.0.momentum", "`adam` reads betas and eps"]),
        ("ARMoptimizer = ['adam', 'sgd']\nmomentum = 0.5\n", &["arm.0.momentum", "`adam` reads"]),
    ];
    for (text, expected) in cases {
        let message = error(&format!("name = 'a'\n{}", text.replace("ARM", ARM)));
        for part in *expected {
            assert!(message.contains(part), "{text:?}: {message}");
        }
    }
    let both = "[train]\nmomentum = 0.5\nARMoptimizer = ['adam', 'sgd']\n".replace("ARM", ARM);
    let arms = parse(&format!("name = 'a'\n{both}")).unwrap().arms;
    assert_eq!(
        (arms[0].variant.as_str(), arms[1].variant.as_str()),
        ("", "optimizer=sgd momentum=0.5")
    );
}

#[test]
fn minus_zero_is_zero_and_one_number_has_one_spelling() {
    let spec = |list: &str| format!("name = 'a'\n[[arm]]\nform = 'adamw'\nweight_decay = {list}\n");
    assert!(error(&spec("[0.0, -0.0, 1.0]")).contains("λ=0 stands twice"));
    assert!(error(&spec("[1, 1e0]")).contains("λ=1 stands twice"));
    let nearly = error(&spec("[0.1, 0.10000000001]"));
    assert!(nearly.contains("λ=0.10000000001 are one: training computes in 32 bits"), "{nearly}");
    assert!(error(&spec("[0.0, 1e-60]")).contains("32 bits"));
    let minus = identities(&spec("-0.0"), &[]);
    assert_eq!(minus, identities(&spec("0"), &[]));
    assert_eq!(identities(&spec("1e-1"), &[]), identities(&spec("0.1"), &[]));
}
