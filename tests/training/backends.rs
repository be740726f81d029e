//! Every backend trains to the same losses.

use crate::common::{fixture, text, wane, wane_ok};

#[test]
fn a_backend_that_is_not_in_this_build_is_refused_with_the_command_that_builds_it_in() {
    let spec = fixture("tiny.toml");
    let offered = wane_ok(&["backends"]).stdout;
    let built = [cfg!(feature = "ndarray"), cfg!(feature = "wgpu"), cfg!(feature = "cuda")];
    for (backend, built) in ["ndarray", "wgpu", "cuda"].into_iter().zip(built) {
        let command = format!("`cargo build --release --features {backend}` builds it in");
        let line = offered.lines().find(|line| line.starts_with(backend)).unwrap();
        assert_eq!(line.contains(&command), !built, "{line}");
        if built {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        for verb in ["plan", "sweep"] {
            let call =
                wane(&[verb, text(&spec), "--backend", backend, "--out", text(folder.path())]);
            assert_eq!(call.code, Some(2), "{verb}: {}", call.stderr);
            assert!(call.stderr.contains(&command), "{verb}: {}", call.stderr);
        }
        assert_eq!(folder.path().read_dir().unwrap().count(), 0, "nothing is written");
    }
}

#[test]
fn a_gpu_is_chosen_by_its_number_or_name_and_a_wrong_one_is_answered_with_the_list() {
    let spec = fixture("tiny.toml");
    let plan = |more: &[&str]| wane(&[&["plan", text(&spec)], more].concat());
    let cpu = plan(&["--device", "0"]);
    assert_eq!(cpu.code, Some(2));
    assert!(cpu.stderr.contains("add --backend wgpu"), "{}", cpu.stderr);
    if !cfg!(feature = "wgpu") {
        return;
    }
    let offered = wane_ok(&["backends"]).stdout;
    for wrong in ["99", "no such card"] {
        let call = plan(&["--backend", "wgpu", "--device", wrong]);
        assert_eq!(call.code, Some(2), "{}", call.stderr);
        let listed = call.stderr.contains("there is 0 (") || offered.contains("no adapter");
        assert!(listed, "{}", call.stderr);
    }
}

/// The backends beside flex compute what it does.
#[cfg(any(feature = "ndarray", feature = "wgpu"))]
mod agreement {
    use std::collections::HashMap;
    use std::path::Path;

    use crate::common::{fixture, rows, text, wane_ok};

    const TOLERANCE: f64 = 1e-3;
    const LOSSES: [&str; 3] = ["batch_loss", "train_loss", "val_loss"];
    /// What other backends add up in passes of their own.
    const STEPS: [&str; 6] = [
        "rotation_attention",
        "rotation_mlp",
        "update_rms_embedding",
        "relative_update_mlp",
        "gradient_cosine_mlp",
        "decay_share_mlp",
    ];

    /// The curves of a sweep on a backend. What is trained is either the default optimizer under decay, or
    /// every optimizer with forms, schedules and rivals.
    fn curves(name: &str, backend: &[&str], folder: &Path) -> Vec<HashMap<String, String>> {
        let (spec, out) = (fixture(&format!("{name}.toml")), folder.join(backend[0]));
        let sweep = ["sweep", text(&spec), "--out", text(&out), "--quiet", "--backend"];
        wane_ok(&[&sweep[..], backend].concat());
        rows(&out.join(name).join("curves.csv"))
    }

    fn assert_agree(flex: &[HashMap<String, String>], other: &[HashMap<String, String>]) {
        assert_eq!(flex.len(), other.len());
        for (a, b) in flex.iter().zip(other) {
            assert_eq!((&a["run"], &a["step"]), (&b["run"], &b["step"]));
            // The axes of SOAP are undetermined in its first steps: what it does there goes by rounding.
            let of_steps = if a["variant"].contains("soap") { 1e-2 } else { 1e-4 };
            let losses = LOSSES.iter().map(|column| (column, TOLERANCE));
            for (column, tolerance) in losses.chain(STEPS.iter().map(|column| (column, of_steps))) {
                let number = |row: &HashMap<String, String>| row[*column].parse::<f64>().ok();
                let (x, y) = (number(a), number(b));
                assert_eq!(x.is_some(), y.is_some(), "{column} at step {}", a["step"]);
                let apart = (x.unwrap_or(0.0) - y.unwrap_or(0.0)).abs();
                assert!(apart <= tolerance, "{column} at step {}: {x:?} and {y:?}", a["step"]);
            }
        }
    }

    #[cfg(feature = "ndarray")]
    #[test]
    fn ndarray_agrees_with_flex() {
        let folder = tempfile::tempdir().unwrap();
        for spec in ["tiny", "updates"] {
            let of = |backend| curves(spec, &[backend], folder.path());
            assert_agree(&of("flex"), &of("ndarray"));
        }
    }

    #[cfg(feature = "ndarray")]
    #[test]
    fn what_another_backend_trained_is_told_and_recorded() {
        let folder = tempfile::tempdir().unwrap();
        let spec = fixture("tiny.toml");
        let sweep = |more: &[&str]| {
            let out = ["sweep", text(&spec), "--out", text(folder.path()), "--seeds", "0"];
            let constant = ["--set", "train.min_lr_ratio=1.0"];
            wane_ok(&[&out[..], &constant, more].concat())
        };
        sweep(&["--backend", "ndarray"]);
        let told = sweep(&[]).stderr;
        assert!(told.contains("finished runs trained on ndarray count as they are"), "{told}");
        let told = sweep(&["--set", "train.steps=30", "--extend"]).stderr;
        assert!(told.contains("begun on ndarray go on on flex"), "{told}");
        let longer = rows(&folder.path().join("tiny-30-steps/runs.csv"));
        assert!(longer.iter().all(|row| row["backend"] == "ndarray, flex"), "{longer:?}");
    }

    #[cfg(feature = "wgpu")]
    #[test]
    fn wgpu_agrees_with_flex() {
        let offered = wane_ok(&["backends"]).stdout;
        if offered.contains("no adapter") {
            assert!(std::env::var_os("WANE_NEEDS_GPU").is_none(), "no adapter:\n{offered}");
            eprintln!("skipped: no adapter for wgpu; install a Vulkan driver to run this test");
            return;
        }
        let first = offered.lines().find_map(|line| line.strip_prefix("wgpu     0: ")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let of = |backend: &[&str]| curves("updates", backend, folder.path());
        assert_agree(&of(&["flex"]), &of(&["wgpu", "--device", "0"]));
        let record = folder.path().join("wgpu/updates/experiment.json");
        let record: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(record).unwrap()).unwrap();
        assert_eq!(record["provenance"]["adapter"], first);
    }
}
