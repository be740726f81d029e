//! Parameter groups, terms of decay and rivals in a spec.

use super::*;
use crate::config::{Form, Named, OptimizerKind, Role};
use crate::experiment::Arm;

const MUON: &str = "name = 'a'\n[train]\noptimizer = 'muon'\n";

fn arms(text: &str) -> Vec<Arm> {
    parse(text).unwrap_or_else(|error| panic!("{text}: {error:#}")).arms
}

fn runs(text: &str) -> Vec<RunConfig> {
    let text = format!("{text}\n[data]\ntrain = 500\nval = 300\n");
    let spec = parse(&text).unwrap_or_else(|error| panic!("{text}: {error:#}"));
    let corpus = spec.load_corpus().unwrap();
    let runs = Plan::new(&spec, &corpus, None).runs;
    runs.into_iter().filter(|run| run.start == crate::config::Start::Seed(0)).collect()
}

/// Optimizer, learning rate and λ of a role.
fn group(run: &RunConfig, role: Role) -> (OptimizerKind, f64, f64) {
    let group = run.group(role);
    (group.recipe.optimizer, group.recipe.lr, group.weight_decay)
}

#[test]
fn muon_leaves_all_but_matrices_inside_blocks_to_adam_with_its_own_numbers() {
    let spec = format!(
        "{MUON}lr = 0.02\n[train.adam]\nlr = 1e-3\nweight_decay = 0.01\nbetas = [0.8, 0.9]\neps = 1e-9\n\
         [[arm]]\nform = 'adamw'\nmask = 'global'\nweight_decay = 0.1\n"
    );
    let run = &runs(&spec)[0];
    for role in [Role::Attention, Role::Mlp] {
        assert_eq!(group(run, role), (OptimizerKind::Muon, 0.02, 0.1));
    }
    for role in [Role::Embedding, Role::Norm, Role::Bias] {
        assert_eq!(group(run, role), (OptimizerKind::Adam, 1e-3, 0.01), "{role}");
        let recipe = run.group(role).recipe;
        assert_eq!((recipe.betas, recipe.eps), ([0.8, 0.9], 1e-9));
    }
    assert_eq!(run.recipe.momentum, 0.95, "Muon's own");
}

#[test]
fn lambda_of_adam_is_left_out_where_a_form_has_none() {
    let text = format!(
        "{MUON}[train.adam]\nweight_decay = 0.02\n[[arm]]\nform = ['hyperball', 'lr-power']\n\
         [[arm]]\nform = 'adamw'\nweight_decay = 0.1\n"
    );
    let found = arms(&text);
    assert!(found[..2].iter().all(|arm| arm.by_role.is_empty()));
    assert_eq!(found[2].by_role.weight_decay(Role::Embedding), Some(0.02));
}

#[test]
fn what_is_not_said_of_adam_is_as_in_the_rest_of_the_spec() {
    let text = format!("{MUON}lr = 0.02\n[[arm]]\nform = 'adamw'\nweight_decay = [0.1, 0.5]\n");
    for (run, lambda) in runs(&text).iter().zip([0.1, 0.5]) {
        assert_eq!(group(run, Role::Embedding), (OptimizerKind::Adam, 0.02, lambda));
    }
    let several = format!("{MUON}[[arm]]\nform = 'adamw'\nweight_decay = 0.1\nlr = [1e-3, 2e-3]\n");
    for (run, lr) in runs(&several).iter().zip([1e-3, 2e-3]) {
        assert_eq!(group(run, Role::Norm).1, lr);
    }
}

#[test]
fn a_searched_learning_rate_takes_that_of_adam_along_unless_it_has_its_own() {
    let text = |more: &str| {
        format!("{MUON}{more}[[arm]]\nform = 'adamw'\nweight_decay = 0.1\nlr = 'search'\n")
    };
    let at = |text: &str| parse(text).unwrap().searched[0].at(&[0.25]);
    let arm = at(&text(""));
    assert_eq!((arm.recipe.lr, arm.recipe.adam_lr, arm.variant.as_str()), (0.25, 0.25, "lr=0.25"));
    assert_eq!(at(&text("adam.lr = 0.5\n")).recipe.adam_lr, 0.5);
}

#[test]
fn numbers_of_adam_multiply_out_in_an_arm_and_can_be_set_from_the_command_line() {
    let text = format!(
        "{MUON}[[arm]]\nform = 'adamw'\nweight_decay = 0.1\nadam.lr = [1e-3, 2e-3]\n\
         adam.weight_decay = [0.0, 0.1]\n"
    );
    let found = arms(&text);
    assert_eq!(found.len(), 4);
    assert_eq!(found[0].variant, "adam.lr=0.001 embedding.weight_decay=0");
    let set = Changes { set: vec!["train.adam.lr=0.5".into()], ..Changes::default() };
    let text = format!("{MUON}[[arm]]\nform = 'adamw'\nweight_decay = 0.1\n");
    assert_eq!(Spec::parse(&text, &set).unwrap().arms[0].recipe.adam_lr, 0.5);
}

#[test]
fn a_role_has_its_own_lambda_and_learning_rate_under_any_optimizer() {
    for optimizer in OptimizerKind::ALL {
        let text = format!(
            "name = 'a'\n[train]\noptimizer = '{}'\n[[arm]]\nform = 'adamw'\nmask = 'global'\n\
             weight_decay = 0.1\n[arm.by_role]\nembedding = {{ weight_decay = 0.0 }}\n\
             mlp = {{ lr = 1e-4, weight_decay = [0.2, 0.3] }}\n",
            optimizer.name()
        );
        let found = runs(&text);
        assert_eq!(found.len(), 2, "{optimizer:?}");
        for (run, lambda) in found.iter().zip([0.2, 0.3]) {
            assert_eq!(group(run, Role::Embedding).2, 0.0);
            let (_, lr, of_mlp) = group(run, Role::Mlp);
            assert_eq!((lr, of_mlp), (1e-4, lambda));
            assert_eq!(group(run, Role::Attention).2, 0.1);
        }
    }
}

/// Arms that differ in λ of a role alone ask one question, and their baseline is no decay.
#[test]
fn lambda_of_a_role_is_a_treatment_and_its_learning_rate_a_setting() {
    let text = |by_role: &str| {
        format!(
            "name = 'a'\n[[arm]]\nform = 'none'\n[[arm]]\nform = 'adamw'\nweight_decay = 0.1\n\
             [arm.by_role]\nembedding = {by_role}\n"
        )
    };
    let lambda = arms(&text("{ weight_decay = 0.0 }"));
    assert_eq!(lambda[1].treatment, "embedding.weight_decay=0");
    assert_eq!(lambda[0].setting(), lambda[1].setting());
    let rate = arms(&text("{ lr = 1e-4 }"));
    assert_eq!(rate[1].treatment, "");
    assert_ne!(rate[0].setting(), rate[1].setting());
}

#[test]
fn rivals_and_terms_of_decay_are_treatments_and_what_the_spec_says_for_all_is_none() {
    let text = "name = 'a'\n[train]\nema = 0.9\n[[arm]]\nform = 'none'\n[[arm]]\nform = 'none'\n\
                dropout = [0.1, 0.2]\n[[arm]]\nform = 'adamw'\nweight_decay = [0.0, 0.1]\n\
                decay_schedule = 'cosine'\n";
    let found = arms(text);
    let treatments: Vec<&str> = found.iter().map(|arm| arm.treatment.as_str()).collect();
    assert_eq!(treatments, ["", "dropout=0.1", "dropout=0.2", "", "decay_schedule=cosine"]);
    let setting = found[0].setting();
    assert!(found.iter().all(|arm| arm.setting() == setting));
    let without = arms("name = 'a'\n[[arm]]\nform = 'none'\n");
    assert_ne!(without[0].setting(), setting, "averages of weights are another setting");
}

#[test]
fn no_decay_is_one_run_whatever_its_terms() {
    let text = "name = 'a'\n[[arm]]\nform = 'none'\n[[arm]]\nform = ['adamw', 'target-norm', 'matched']\n\
                mask = 'linear'\nweight_decay = 0.0\ndecay_schedule = ['constant', 'cosine']\n";
    assert_eq!(runs(text).len(), 1);
    let by_role = "name = 'a'\n[[arm]]\nform = 'none'\n[[arm]]\nform = 'adamw'\nweight_decay = 0.0\n\
                   [arm.by_role]\nembedding = { weight_decay = 0.0 }\n";
    assert_eq!(runs(by_role).len(), 1);
    let other =
        by_role.replace("embedding = { weight_decay = 0.0 }", "embedding = { weight_decay = 0.1 }");
    assert_eq!(runs(&other).len(), 2, "the embedding decays");
}

#[test]
fn combinations_without_meaning_are_refused_with_the_reason() {
    let cases: &[(&str, &[&str])] = &[
        (
            "form = 'hyperball'\nmask = 'global'",
            &["hyperball", "biases start at 0", "mask = \"matrices\" or \"linear\""],
        ),
        ("form = 'matched'\nweight_decay = 0.1\nmask = 'no-embeddings'", &["biases start at 0"]),
        ("form = 'hyperball'\noptimizer = 'adafactor'", &["adafactor", "choose another"]),
        ("form = 'hyperball'\nweight_decay = 0.1", &["takes no weight_decay"]),
        (
            "form = 'lr-power'\ndecay_schedule = 'cosine'",
            &["line 5", "arm.0.decay_schedule", "no λ that could change"],
        ),
        (
            "form = 'adamw'\nweight_decay = 0.1\ntarget_norm = 0.5",
            &["arm.0.target_norm", "only the form `target-norm`"],
        ),
        (
            "form = 'adamw'\nweight_decay = 0.1\ndecay_end = 0.5",
            &["arm.0.decay_end", "decay_schedule = \"constant\" reads no number"],
        ),
        (
            "form = 'adamw'\nweight_decay = 0.1\ndecay_schedule = 'hold-decay-ramp'\ndecay_turns = [0.5, 0.5]",
            &["decay_turns = [0.5, 0.5]", "first below the second"],
        ),
        ("form = 'adamw'\nweight_decay = 0.1\nadam.lr = 0.1", &["arm.0.adam.lr", "`adam` reads"]),
        (
            "form = 'adamw'\nweight_decay = 0.1\nadam.rate = 0.1",
            &["arm.0.adam.rate", "unknown key"],
        ),
        (
            "form = 'adamw'\nmask = 'linear'\nweight_decay = 0.1\n[arm.by_role]\nembedding = { weight_decay = 0.1 }",
            &["arm.0.by_role.embedding.weight_decay", "does not decay the role `embedding`"],
        ),
        ("form = 'none'\n[arm.by_role]\nmlp = { weight_decay = 0.1 }", &["decays nothing"]),
        (
            "form = 'none'\n[arm.by_role]\nembeddings = { lr = 0.1 }",
            &["line 6", "no such role", "did you mean `embedding`?"],
        ),
        (
            "form = 'none'\n[arm.by_role]\nhead = { lr = 0.1 }",
            &["arm.0.by_role.head", "`gpt2` has no parameters", "write by_role.embedding"],
        ),
        ("form = 'none'\n[arm.by_role]\nmlp = { rate = 0.1 }", &["no such key"]),
        ("form = 'none'\n[arm.by_role]\nmlp = { lr = 0.0 }", &["a number above 0"]),
        ("form = 'none'\n[arm.by_role]\nmlp = { lr = 'fast' }", &["expected a number"]),
        ("form = 'none'\n[arm.by_role]\nmlp = 0.1", &["expected lr, weight_decay or both"]),
        (
            "form = 'hyperball'\noptimizer = 'muon'\nadam.weight_decay = 0.1",
            &["arm.0.adam.weight_decay", "takes no weight_decay"],
        ),
        ("form = 'none'\nby_role = 0.1", &["expected roles, such as embedding"]),
        ("form = 'none'\ndropout = 1.0", &["arm.0.dropout", "from 0 to below 1"]),
        ("form = 'none'\nema = 1.0", &["arm.0.ema"]),
        ("form = 'none'\nlabel_smoothing = -0.1", &["arm.0.label_smoothing"]),
    ];
    for (arm, expected) in cases {
        let message = error(&format!("name = 'a'\n\n[[arm]]\n{arm}\n"));
        for part in *expected {
            assert!(message.contains(part), "{arm:?}: {message}");
        }
    }
    let nobody = "name = 'a'\n[train]\ndecay_schedule = 'cosine'\n[[arm]]\nform = 'none'\n";
    assert!(
        error(nobody).contains("no arm has a form of decay that reads it"),
        "{}",
        error(nobody)
    );
    let some = "name = 'a'\n[train]\ndecay_schedule = 'cosine'\n[[arm]]\nform = 'none'\n[[arm]]\n\
                form = 'adamw'\nweight_decay = 0.1\n";
    assert_eq!(arms(some)[0].recipe.decay_schedule.name(), "constant");
    assert_eq!(arms(some)[1].decay.form, Form::AdamW);
}

#[test]
fn the_resolved_table_says_where_every_number_of_a_group_comes_from() {
    let text = format!(
        "{MUON}[train.adam]\nweight_decay = 0.02\nbetas = [0.8, 0.9]\n[[arm]]\nform = 'adamw'\nmask = 'global'\n\
         weight_decay = 0.1\n[arm.by_role]\nembedding = {{ lr = 1e-4 }}\n"
    );
    let spec = parse(&text).unwrap();
    let settings = spec.settings(&spec.arms[0]);
    let of = |key: &str| {
        let one = settings.iter().find(|one| one.key == key).unwrap_or_else(|| panic!("{key}"));
        (one.value.clone(), one.origin.clone())
    };
    let told = |value: &str, origin: &str| (value.to_owned(), origin.to_owned());
    assert_eq!(of("train.momentum"), told("0.95", "implied by the optimizer"));
    assert_eq!(of("train.adam.lr"), told("0.003", "as train.lr"));
    assert_eq!(of("train.adam.betas"), told("0.8/0.9", "the spec, [train.adam]"));
    assert_eq!(of("arm.by_role.embedding.lr"), told("0.0001", "the spec, arm 0"));
    assert_eq!(of("arm.by_role.norm.weight_decay"), told("0.02", "the spec, [train.adam]"));
}
