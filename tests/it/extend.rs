//! A finished run can be given more steps where that means something, and is told why where not.

use std::fs;
use std::path::Path;

use crate::common::{Call, fixture, rows, text, wane, wane_ok};

fn sweep(out: &Path, schedule: &str, steps: usize, more: &[&str]) -> Call {
    let (spec, steps) = (fixture("tiny.toml"), format!("train.steps={steps}"));
    let words = ["sweep", text(&spec), "--out", text(out), "--set", schedule, "--set", &steps];
    // 13 is no multiple of these: the end of a short run has an evaluation that a long one lacks there.
    let every = ["--set", "train.eval_every=5", "--set", "train.log_every=2"];
    wane(&[&words[..], &every, more].concat())
}

#[test]
fn more_steps_give_what_training_from_the_start_gives_to_the_byte() {
    for schedule in ["train.schedule=inverse-sqrt", "train.min_lr_ratio=1.0"] {
        let (two_parts, whole) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        assert_eq!(sweep(two_parts.path(), schedule, 13, &[]).code, Some(0));
        let before = fs::read(two_parts.path().join("tiny/curves.csv")).unwrap();
        let longer = sweep(two_parts.path(), schedule, 24, &["--extend"]);
        assert_eq!(longer.code, Some(0), "{}", longer.stderr);
        assert!(longer.stderr.contains("resumed after step 13"), "{}", longer.stderr);
        assert_eq!(sweep(whole.path(), schedule, 24, &[]).code, Some(0));

        let (named, plain) = (two_parts.path().join("tiny-24-steps"), whole.path().join("tiny"));
        let read = |folder: &Path| fs::read_to_string(folder.join("curves.csv")).unwrap();
        assert_eq!(read(&named), read(&plain), "{schedule}");
        let tested = |folder: &Path| -> Vec<String> {
            let losses = ["test_loss", "stopped_test_loss"];
            let of = |run: std::collections::HashMap<String, String>| {
                losses.map(|name| run[name].clone())
            };
            rows(&folder.join("runs.csv")).into_iter().flat_map(of).collect()
        };
        assert_eq!(tested(&named), tested(&plain), "{schedule}");
        assert!(tested(&named).iter().all(|loss| !loss.is_empty()));
        let kept = fs::read(two_parts.path().join("tiny/curves.csv")).unwrap();
        assert_eq!(kept, before, "the results of fewer steps stay");
    }
}

#[test]
fn a_schedule_that_ends_cannot_go_on_and_the_error_says_why_and_what_to_do() {
    for schedule in ["train.schedule=cosine", "train.schedule=linear"] {
        let out = tempfile::tempdir().unwrap();
        assert_eq!(sweep(out.path(), schedule, 13, &[]).code, Some(0));
        let longer = sweep(out.path(), schedule, 24, &["--extend"]);
        assert_eq!(longer.code, Some(2), "{}", longer.stderr);
        for words in ["learning rate", "13 steps", "Leave --extend out", "inverse-sqrt"] {
            assert!(longer.stderr.contains(words), "{words}: {}", longer.stderr);
        }
        assert!(!out.path().join("tiny-24-steps").exists());
    }
}

#[test]
fn nothing_to_go_on_from_is_an_error() {
    let out = tempfile::tempdir().unwrap();
    let alone = sweep(out.path(), "train.schedule=inverse-sqrt", 13, &["--extend"]);
    assert_eq!(alone.code, Some(2), "{}", alone.stderr);
    assert!(alone.stderr.contains("no finished run"), "{}", alone.stderr);
    let words = ["train.schedule=inverse-sqrt", "train.steps=13"];
    let spec = fixture("tiny.toml");
    wane_ok(&[
        "plan",
        text(&spec),
        "--out",
        text(out.path()),
        "--set",
        words[0],
        "--set",
        words[1],
    ]);
}
