//! Every backend trains to the same losses.

use std::collections::HashMap;
use std::path::Path;

use crate::common::{fixture, rows, text, wane_ok};

const TOLERANCE: f64 = 1e-3;

/// The curve of the tiny sweep on a backend.
fn curves(backend: &str, folder: &Path) -> Vec<HashMap<String, String>> {
    let (spec, out) = (fixture("tiny.toml"), folder.join(backend));
    wane_ok(&["sweep", text(&spec), "--backend", backend, "--out", text(&out), "--quiet"]);
    rows(&out.join("tiny/curves.csv"))
}

fn assert_agree(flex: &[HashMap<String, String>], other: &[HashMap<String, String>]) {
    assert_eq!(flex.len(), other.len());
    for (a, b) in flex.iter().zip(other) {
        assert_eq!((&a["run"], &a["step"]), (&b["run"], &b["step"]));
        for column in ["batch_loss", "train_loss", "val_loss"] {
            let number = |row: &HashMap<String, String>| row[column].parse::<f64>().ok();
            let (x, y) = (number(a), number(b));
            assert_eq!(x.is_some(), y.is_some(), "{column} at step {}", a["step"]);
            let apart = (x.unwrap_or(0.0) - y.unwrap_or(0.0)).abs();
            assert!(apart <= TOLERANCE, "{column} at step {}: {x:?} and {y:?}", a["step"]);
        }
    }
}

#[test]
fn ndarray_agrees_with_flex() {
    let folder = tempfile::tempdir().unwrap();
    assert_agree(&curves("flex", folder.path()), &curves("ndarray", folder.path()));
}

#[test]
fn wgpu_agrees_with_flex() {
    let offered = wane_ok(&["backends"]).stdout;
    if offered.contains("no adapter") {
        assert!(std::env::var_os("WANE_NEEDS_GPU").is_none(), "no adapter:\n{offered}");
        eprintln!("skipped: no adapter for wgpu; install a Vulkan driver to run this test");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    assert_agree(&curves("flex", folder.path()), &curves("wgpu", folder.path()));
}
