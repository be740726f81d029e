//! Every form and mask follows PyTorch from the same weights on the same text. The curves were
//! written by `tests/fixtures/pytorch/make.sh`.

use std::collections::HashMap;

use crate::common::{Call, command, fixture, rows, text};

/// Largest difference of the training loss in 100 steps.
const LOSS: f64 = 1e-4;
/// Largest relative difference of the gradient norm in the first 10 steps.
const NORM: f64 = 1e-4;

type Curve = Vec<(f64, f64)>;

fn ours(backend: &str, vector_bits: &str) -> HashMap<String, Curve> {
    let out = tempfile::tempdir().unwrap();
    let mut sweep = command(&[
        "sweep",
        "tests/fixtures/pytorch/spec.toml",
        "--init",
        "tests/fixtures/pytorch/weights.safetensors",
        "--backend",
        backend,
        "--out",
        text(out.path()),
    ]);
    let call = Call::from(sweep.env("WANE_VECTOR_BITS", vector_bits).output().unwrap());
    assert_eq!(call.code, Some(0), "{}", call.stderr);
    let mut curves: HashMap<String, Curve> = HashMap::new();
    for row in rows(&out.path().join("pytorch/curves.csv")) {
        let key = match row["mask"].as_str() {
            "" => row["form"].clone(),
            mask => format!("{}-{mask}", row["form"]),
        };
        if !row["batch_loss"].is_empty() {
            let number = |column: &str| row[column].parse::<f64>().unwrap();
            curves.entry(key).or_default().push((number("batch_loss"), number("grad_norm")));
        }
    }
    curves
}

fn theirs(name: &str) -> Curve {
    let number = |row: &HashMap<String, String>, column: &str| row[column].parse().unwrap();
    rows(&fixture(&format!("pytorch/{name}.csv")))
        .iter()
        .map(|row| (number(row, "train_loss"), number(row, "grad_norm")))
        .collect()
}

fn furthest_loss(a: &Curve, b: &Curve) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a.0 - b.0).abs()).fold(0.0, f64::max)
}

fn follows_pytorch(backend: &str, vector_bits: &str) {
    let curves = ours(backend, vector_bits);
    assert_eq!(curves.len(), 17, "{:?}", curves.keys());
    for (name, ours) in curves.iter().filter(|(name, _)| *name != "none") {
        let theirs = theirs(name);
        assert_eq!((ours.len(), theirs.len()), (100, 100), "{name}");
        let furthest = furthest_loss(ours, &theirs);
        assert!(furthest <= LOSS, "{name}: the losses differ by {furthest}");
        for (step, (ours, theirs)) in ours.iter().zip(&theirs).take(10).enumerate() {
            let norm = (ours.1 / theirs.1 - 1.0).abs();
            assert!(
                norm <= NORM,
                "{name}: the gradient norms of step {} differ by {norm}",
                step + 1
            );
        }
        // The comparison has teeth only where decay moves the loss by more than the tolerance.
        let moved = furthest_loss(&theirs, &curves["none"]);
        assert!(moved > 10.0 * LOSS, "{name}: decay moves the loss by {moved}");
    }
}

#[test]
fn every_form_and_mask_follows_pytorch_on_flex() {
    follows_pytorch("flex", "512");
}

#[test]
fn every_form_and_mask_follows_pytorch_with_narrower_vectors() {
    follows_pytorch("flex", "256");
    follows_pytorch("flex", "0");
}

#[test]
fn every_form_and_mask_follows_pytorch_on_ndarray() {
    follows_pytorch("ndarray", "512");
}
