//! Several experiments laid over their timescales: what is laid over what, and what is said where that cannot be.

use std::fs;

use crate::common::{fixture, text, wane, wane_ok};
use crate::mechanism::swept;

const LAMBDAS: &str = "arm.0.weight_decay=[0.25, 0.5, 1.0, 2.0]";
const SEEDS: &str = "seeds=[0, 1, 2]";

#[test]
fn experiments_are_laid_mask_by_mask_and_the_mask_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let one = swept(folder.path(), "one", &[LAMBDAS, SEEDS, "arm.0.mask=global"]);
    let both = swept(folder.path(), "both", &[LAMBDAS, SEEDS]);
    // The first mask of `both` is another; on the mask that they share their runs are the same.
    let told = wane_ok(&["explain", text(&one), text(&both)]).stdout;
    assert!(told.contains("AdamW on global: lines lie 0 nats from their mean"), "{told}");
    assert!(!told.contains("AdamW on matrices"), "{told}");
    assert!(told.contains("one curve for every text?"), "{told}");
    assert!(!told.contains("models differ"), "{told}");
    let out = folder.path().join("figure");
    let twice = wane_ok(&["explain", text(&both), text(&both), "--out", text(&out)]).stdout;
    for mask in ["AdamW on matrices: ", "AdamW on global: "] {
        assert!(twice.contains(mask), "{twice}");
    }
    let svg = fs::read_to_string(out.join("collapse.svg")).unwrap();
    assert!(svg.contains("AdamW on matrices") && svg.contains("AdamW on global"));
}

#[test]
fn experiments_without_a_mask_in_common_are_not_laid_and_each_is_told_by_its_masks() {
    let folder = tempfile::tempdir().unwrap();
    let global = swept(folder.path(), "wide", &[LAMBDAS, SEEDS, "arm.0.mask=global"]);
    let matrices = swept(folder.path(), "narrow", &[LAMBDAS, SEEDS, "arm.0.mask=matrices"]);
    let out = folder.path().join("figure");
    let call = wane(&["explain", text(&global), text(&matrices), "--out", text(&out)]);
    assert_eq!(call.code, Some(2), "{}", call.stdout);
    for part in ["no mask in common", "wide has AdamW on global", "narrow has AdamW on matrices"] {
        assert!(call.stderr.contains(part), "{part}: {}", call.stderr);
    }
    assert!(!out.join("collapse.svg").exists());
}

#[test]
fn experiments_of_other_models_or_recipes_are_called_no_question_of_texts_alone() {
    let folder = tempfile::tempdir().unwrap();
    let one = swept(folder.path(), "one", &[LAMBDAS, SEEDS]);
    let wider = swept(folder.path(), "wider", &[LAMBDAS, SEEDS, "model.channels=16"]);
    let faster =
        swept(folder.path(), "faster", &[LAMBDAS, SEEDS, "train.lr=0.01", "train.batch=3"]);
    for (other, differing) in [
        (wider, "model.channels = 8 (one), 16 (wider)."),
        (faster, "train.batch = 2 (one), 3 (faster); train.lr = 0.003 (one), 0.01 (faster)."),
    ] {
        let told = wane_ok(&["explain", text(&one), text(&other)]).stdout;
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(&format!("no question of texts alone: {differing}")), "{told}");
        assert!(!told.contains("for every text"), "{told}");
    }
}

#[test]
fn no_decay_that_stands_first_and_rarer_rows_of_the_curve_are_no_other_recipe() {
    let folder = tempfile::tempdir().unwrap();
    let one = swept(folder.path(), "one", &[LAMBDAS, SEEDS]);
    let tiny = fs::read_to_string(fixture("tiny.toml")).unwrap();
    let spec = folder.path().join("spec.toml");
    fs::write(&spec, tiny.replace("[[arm]]", "[[arm]]\nform = \"none\"\n\n[[arm]]")).unwrap();
    let lambdas = LAMBDAS.replace("arm.0", "arm.1");
    let changes = ["name=other", &lambdas, SEEDS, "train.log_every=3"];
    let changes: Vec<&str> = changes.into_iter().flat_map(|one| ["--set", one]).collect();
    let sweep = ["sweep", text(&spec), "--out", text(folder.path()), "-q"];
    wane_ok(&[&sweep[..], &changes].concat());
    let other = folder.path().join("other");
    let told = wane_ok(&["explain", text(&one), text(&other)]).stdout;
    assert!(!told.contains("More than the text differs"), "{told}");
    assert!(told.contains("one curve for every text?"), "{told}");
}

#[test]
fn runs_that_are_left_out_for_a_learning_rate_of_their_own_are_told_by_that() {
    let folder = tempfile::tempdir().unwrap();
    let one = swept(folder.path(), "one", &[LAMBDAS, SEEDS]);
    let own = swept(folder.path(), "own", &[LAMBDAS, SEEDS, "arm.0.lr=0.01"]);
    let call = wane(&["explain", text(&one), text(&own)]);
    assert_eq!(call.code, Some(2), "{}", call.stdout);
    assert!(call.stderr.contains("as [model] and [train] say"), "{}", call.stderr);
}

#[test]
fn experiments_whose_runs_collapsed_are_told_and_by_how_many() {
    let folder = tempfile::tempdir().unwrap();
    // A handful of steps at this rate is worse than knowing how often each token occurs.
    let one = swept(folder.path(), "one", &[LAMBDAS, SEEDS, "arm.0.mask=matrices", "train.lr=0.5"]);
    let told = wane_ok(&["explain", text(&one), text(&one)]).stdout;
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("collapsed, so no better at the end than token frequencies: "), "{told}");
    assert!(told.contains("all 12 runs of one"), "{told}");
}
