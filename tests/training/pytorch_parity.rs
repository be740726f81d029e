//! Every optimizer, form and mask follows PyTorch in float64 from the same weights on the same text.
//! The curves were written by `tests/fixtures/pytorch/make.py`.

use std::collections::BTreeMap;

use crate::common::{Call, command, fixture, rows, text};

/// Largest difference of the training loss in 100 steps.
const LOSS: f64 = 1e-4;
/// Largest relative difference of the gradient norm in the first 10 steps.
const NORM: f64 = 1e-4;
/// Forms that decay, times masks.
const CASES: usize = 8 * 4;

/// Loss and gradient norm of each step.
type Curve = Vec<(f64, f64)>;
/// Curves by form and mask.
type Curves = BTreeMap<(String, String), Curve>;

fn curves(path: &std::path::Path, loss: &str) -> Curves {
    let mut curves = Curves::new();
    for row in rows(path).iter().filter(|row| !row[loss].is_empty()) {
        let number = |column: &str| row[column].parse::<f64>().unwrap();
        let curve = curves.entry((row["form"].clone(), row["mask"].clone())).or_default();
        curve.push((number(loss), number("grad_norm")));
    }
    curves
}

fn ours(optimizer: &str, backend: &str, more: &[&str], vector_bits: &str) -> Curves {
    let out = tempfile::tempdir().unwrap();
    let spec = format!("tests/fixtures/pytorch/{optimizer}.toml");
    let weights = "tests/fixtures/pytorch/weights.safetensors";
    let words =
        ["sweep", &spec, "--init", weights, "--backend", backend, "--out", text(out.path())];
    let mut sweep = command(&[&words[..], more].concat());
    let call = Call::from(sweep.env("WANE_VECTOR_BITS", vector_bits).output().unwrap());
    assert_eq!(call.code, Some(0), "{}", call.stderr);
    curves(&out.path().join(optimizer).join("curves.csv"), "batch_loss")
}

fn theirs(optimizer: &str) -> Curves {
    curves(&fixture(&format!("pytorch/{optimizer}.csv")), "train_loss")
}

fn furthest_loss(a: &Curve, b: &Curve) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a.0 - b.0).abs()).fold(0.0, f64::max)
}

/// Prints the largest distance of every form.
fn assert_follows(optimizer: &str, ours: &Curves) {
    let theirs = theirs(optimizer);
    assert_eq!(theirs.len(), CASES + 1);
    assert!(ours.keys().eq(theirs.keys()), "{:?}", ours.keys());
    let without_decay = &theirs[&("none".to_owned(), String::new())];
    let mut distances: BTreeMap<&str, f64> = BTreeMap::new();
    for (case, ours) in ours {
        let theirs = &theirs[case];
        let name = format!("{optimizer} {} {}", case.0, case.1);
        assert_eq!((ours.len(), theirs.len()), (100, 100), "{name}");
        let furthest = furthest_loss(ours, theirs);
        assert!(furthest <= LOSS, "{name}: the losses differ by {furthest}");
        for (step, (ours, theirs)) in ours.iter().zip(theirs).take(10).enumerate() {
            let norm = (ours.1 / theirs.1 - 1.0).abs();
            assert!(
                norm <= NORM,
                "{name}: the gradient norms of step {} differ by {norm}",
                step + 1
            );
        }
        // The comparison has teeth only where decay moves the loss by more than the tolerance.
        let moved = furthest_loss(theirs, without_decay);
        assert!(case.0 == "none" || moved > 10.0 * LOSS, "{name}: decay moves the loss by {moved}");
        let distance = distances.entry(&case.0).or_default();
        *distance = distance.max(furthest);
    }
    println!("{optimizer}: largest distance of the loss from PyTorch by form: {distances:?}");
}

/// On the CPU backend that this build adds to flex, or on flex where it adds none.
fn follows_pytorch(optimizer: &str) {
    let backend = if cfg!(feature = "ndarray") { "ndarray" } else { "flex" };
    assert_follows(optimizer, &ours(optimizer, backend, &[], "512"));
}

#[test]
fn adam_follows_pytorch_under_every_form_and_mask() {
    follows_pytorch("adam");
}

#[test]
fn sgd_follows_pytorch_under_every_form_and_mask() {
    follows_pytorch("sgd");
}

#[test]
fn lion_follows_pytorch_under_every_form_and_mask() {
    follows_pytorch("lion");
}

#[test]
fn muon_follows_pytorch_under_every_form_and_mask() {
    follows_pytorch("muon");
}

#[test]
fn kernels_with_narrower_vectors_follow_pytorch_too() {
    for vector_bits in ["256", "0"] {
        assert_follows("adam", &ours("adam", "flex", &[], vector_bits));
    }
}

/// The other tests train as many lanes together as the program chooses.
#[test]
fn one_lane_has_the_curves_that_several_have() {
    for optimizer in ["adam", "sgd", "lion", "muon"] {
        let short = ["--set", "train.steps=30", "--lanes"];
        let [one, several] = ["1", "5"]
            .map(|lanes| ours(optimizer, "flex", &[&short[..], &[lanes]].concat(), "512"));
        assert_eq!(one.len(), CASES + 1);
        assert!(one == several, "{optimizer}: lanes change a curve");
    }
}
