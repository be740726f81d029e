//! The rule of an arm as code: what it says, and that its steps are wane's. Steps are taken where `WANE_PYTHON` names a
//! Python with the library; elsewhere those tests say loudly that they were skipped.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::common::{Call, fixture, project, rows, text, wane, wane_ok};

/// Largest difference of a weight after ten steps from wane's, as a share of the largest movement of any.
const TOLERANCE: f64 = 1e-4;
const WEIGHTS: &str = "pytorch/weights.safetensors";
const TEXT: &str = "pytorch/text.txt";
const TARGETS: [&str; 4] = ["pytorch", "transformers", "optax", "nanogpt"];

/// A run: lines of `[train]`, then of its arm.
type Case = (&'static str, &'static str);

/// A spec of one arm that takes ten steps over the text in order.
fn spec(name: &str, (train, arm): Case) -> String {
    let defaults = [("lr", "3e-3"), ("warmup", "3")].into_iter();
    let left = defaults.filter(|(key, _)| !train.lines().any(|line| line.starts_with(key)));
    let left: String = left.map(|(key, value)| format!("{key} = {value}\n")).collect();
    format!(
        "name = \"{name}\"\nseeds = [0]\n[data]\nsource = \"tests/fixtures/{TEXT}\"\ntrain = 3000\nval = 3000\ntest = 0\n\
         order = \"sequential\"\n[model]\nlayers = 2\nheads = 2\nchannels = 16\ncontext = 16\n[train]\nsteps = 10\n\
         batch = 4\neval_every = 10\neval_windows = 8\n{left}{train}\n[[arm]]\n{arm}\n"
    )
}

/// Trains a case in a folder and keeps the last weights as `last.safetensors`.
fn train(folder: &Path, case: Case) -> PathBuf {
    let path = folder.join("spec.toml");
    fs::write(&path, spec("ten", case)).unwrap();
    let (last, init) = (folder.join("last.safetensors"), fixture(WEIGHTS));
    let call = ["train", text(&path), "--init", text(&init), "--save", text(&last), "--out"];
    wane_ok(&[&call[..], &[text(folder), "--quiet"]].concat());
    folder.join("ten")
}

/// The arm of a run that was trained, by default, or no decay.
fn export(results: &Path, target: &str, case: Case) -> Call {
    let words = ["export", text(results), "--to", target];
    let arm: &[&str] = if case.1 == "form = 'none'" { &["--arm", "none"] } else { &[] };
    wane(&[&words[..], arm].concat())
}

/// Says a line past the test runner, which keeps what passing tests print to itself.
fn say(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// Holds ten steps of every case against wane's.
fn steps_are_those_of_wane(target: &str, cases: &[Case]) {
    let Some(python) = std::env::var_os("WANE_PYTHON") else {
        say(&format!(
            "skipped: no step was taken with {target}: set WANE_PYTHON to a Python that has it"
        ));
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut folders = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        let own = folder.path().join(index.to_string());
        fs::create_dir(&own).unwrap();
        let call = export(&train(&own, *case), target, *case);
        assert_eq!(call.code, Some(0), "{case:?}: {}", call.stderr);
        fs::write(own.join("snippet.py"), call.stdout).unwrap();
        folders.push(own);
    }
    let mut check = Command::new(python);
    check.arg(fixture("export/check.py")).arg(target).arg(fixture(WEIGHTS)).arg(fixture(TEXT));
    let call = Call::from(check.args(&folders).env("JAX_PLATFORMS", "cpu").output().unwrap());
    if call.code == Some(77) {
        say(&format!("skipped: no step was taken with {target}: {}", call.stderr.trim()));
        return;
    }
    assert_eq!(call.code, Some(0), "{target}: {}\n{}", call.stdout, call.stderr);
    let differences: Vec<&str> = call.stdout.lines().collect();
    assert_eq!(differences.len(), cases.len(), "{}", call.stdout);
    for (case, told) in cases.iter().zip(differences) {
        let difference: f64 = told.split(' ').next().unwrap().parse().unwrap();
        say(&format!("{target} {case:?}: {told}"));
        assert!(difference <= TOLERANCE, "{target} {case:?}: {told}");
    }
}

/// Every form, mask and schedule under Adam.
const ADAM: &[Case] = &[
    ("", "form = 'none'"),
    ("", "form = 'adamw'\nmask = 'matrices'\nweight_decay = 3.0"),
    ("", "form = 'adamw'\nmask = 'linear'\nweight_decay = 3.0"),
    ("", "form = 'adamw'\nmask = 'no-embeddings'\nweight_decay = 3.0"),
    ("clip = 0.0", "form = 'adamw'\nmask = 'global'\nweight_decay = 3.0"),
    ("clip = 0.5", "form = 'l2'\nweight_decay = 0.05"),
    ("clip = 0.5", "form = 'l2-loss'\nmask = 'global'\nweight_decay = 0.05"),
    ("schedule = 'linear'\nhold = 2", "form = 'independent'\nweight_decay = 0.02"),
    ("schedule = 'inverse-sqrt'", "form = 'corrected'\nweight_decay = 5.0"),
    ("warmup = 0", "form = 'corrected-all'\nmask = 'global'\nweight_decay = 5.0"),
    ("lr = 2e-2", "form = 'lr-power'"),
    ("", "form = 'cautious'\nmask = 'global'\nweight_decay = 5.0"),
    ("decay_schedule = 'cosine'\ndecay_end = 0.2", "form = 'adamw'\nweight_decay = 5.0"),
    ("decay_schedule = 'log-time'", "form = 'l2-loss'\nweight_decay = 0.1"),
    ("decay_schedule = 'hold-decay-ramp'", "form = 'l2'\nweight_decay = 0.1"),
    ("decay_schedule = 'linear'", "form = 'corrected'\nweight_decay = 5.0"),
    (
        "",
        "form = 'adamw'\nweight_decay = 3.0\nby_role = { embedding = { weight_decay = 0.0, lr = 1e-3 }, mlp = { weight_decay = 6.0 } }",
    ),
];

/// What PyTorch's own optimizers cannot do.
const OTHERS: &[Case] = &[
    ("lr = 0.1\noptimizer = 'sgd'", "form = 'none'"),
    ("lr = 0.1\noptimizer = 'sgd'", "form = 'adamw'\nweight_decay = 0.5"),
    ("lr = 0.1\noptimizer = 'sgd'", "form = 'l2-loss'\nweight_decay = 0.1"),
    ("lr = 1e-3\noptimizer = 'lion'", "form = 'adamw'\nweight_decay = 5.0"),
    ("lr = 1e-3\noptimizer = 'lion'", "form = 'independent'\nmask = 'linear'\nweight_decay = 0.02"),
];

/// What Optax cannot either.
const OF_PYTORCH: &[Case] = &[
    ("", "form = 'target-norm'\nweight_decay = 20.0\ntarget_norm = 0.8"),
    ("", "form = 'hyperball'"),
    ("lr = 1e-2\noptimizer = 'muon'\nadam.lr = 3e-3", "form = 'adamw'\nweight_decay = 3.0"),
    (
        "lr = 1e-2\noptimizer = 'muon'\nmuon_scale = 'keller-jordan'",
        "form = 'corrected'\nmask = 'global'\nweight_decay = 3.0",
    ),
    ("optimizer = 'adafactor'", "form = 'lr-power'\nmask = 'global'"),
];

#[test]
fn ten_steps_of_pytorch_are_those_of_wane() {
    steps_are_those_of_wane("pytorch", &[ADAM, OTHERS, OF_PYTORCH].concat());
}

#[test]
fn ten_steps_of_optax_are_those_of_wane() {
    steps_are_those_of_wane("optax", &[&ADAM[3..], OTHERS].concat());
}

#[test]
fn ten_steps_of_transformers_are_those_of_wane() {
    let some = [ADAM[0], ADAM[1], ADAM[6], ADAM[8], ADAM[13], ADAM[16], OTHERS[3], OF_PYTORCH[2]];
    steps_are_those_of_wane("transformers", &some);
}

#[test]
fn ten_steps_of_nanogpt_are_those_of_wane() {
    let some = [ADAM[0], ADAM[1], ADAM[4], ADAM[6], ADAM[7], ADAM[9], OF_PYTORCH[3]];
    let plain = ("warmup = 0", "form = 'independent'\nweight_decay = 0.02");
    steps_are_those_of_wane("nanogpt", &[&some[..], &[plain]].concat());
}

/// Every case as an arm of one sweep: the folder, and the identity of each arm's run.
fn every_case(folder: &Path, cases: &[Case]) -> (PathBuf, Vec<String>) {
    let mut text = spec("all", ("", ""));
    text.truncate(text.find("[[arm]]").unwrap());
    for (train, arm) in cases {
        text += &format!("[[arm]]\n{train}\n{arm}\n");
    }
    let path = folder.join("all.toml");
    fs::write(&path, text).unwrap();
    wane_ok(&["sweep", self::text(&path), "--out", self::text(folder), "--quiet"]);
    let results = folder.join("all");
    let runs =
        rows(&results.join("runs.csv")).into_iter().map(|mut row| row.remove("run").unwrap());
    let runs: Vec<String> = runs.collect();
    assert_eq!(runs.len(), cases.len());
    (results, runs)
}

#[test]
fn every_rule_is_complete_code_of_one_width_for_every_target_that_can_have_it() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [ADAM, OTHERS, OF_PYTORCH].concat();
    let (results, runs) = every_case(folder.path(), &cases);
    for (run, case) in runs.iter().zip(&cases) {
        for target in TARGETS {
            let call = wane(&["export", text(&results), "--arm", run, "--to", target]);
            if target == "optax" && OF_PYTORCH.contains(case) && call.code == Some(2) {
                continue;
            }
            assert_eq!(call.code, Some(0), "{target} {case:?}: {}", call.stderr);
            let wide = call.stdout.lines().find(|line| line.chars().count() > 111);
            assert_eq!(wide, None, "{target} {case:?}");
            assert!(!call.stdout.contains("{{"), "{target} {case:?}: {}", call.stdout);
            let makes = ["\ndef make_optimizer(", "\nweight_decay = "];
            assert!(makes.iter().any(|line| call.stdout.contains(line)), "{target} {case:?}");
        }
    }
}

/// The results of a grid that are kept with the project, which hold no runs.
const GRID: &str = "results/reference/grid";

fn json(words: &[&str]) -> Value {
    let call = wane_ok(&[&["export"][..], words, &["--json"]].concat());
    serde_json::from_str(&call.stdout).unwrap()
}

#[test]
fn the_best_arm_of_committed_results_is_exported_to_every_target() {
    for target in TARGETS {
        let call = wane_ok(&["export", GRID, "--to", target]);
        for line in [
            "The best arm by val loss is L2 in the gradient on matrices, λ = 0.001: test loss 1.702, undecided against no decay",
            "# That rests on 8 seeds.",
            "arXiv 1711.05101",
            "L2 in the gradient on matrices: g ← g + λ w after the clip",
        ] {
            let told = call.stdout.replace("\n#   ", " ").replace("\n# ", " ");
            assert!(
                call.stdout.contains(line) || told.contains(line),
                "{target} {line}: {}",
                call.stdout
            );
        }
        assert!(
            call.stderr.contains("The best arm by val loss is L2 in the gradient on matrices"),
            "{}",
            call.stderr
        );
        assert!(call.stdout.lines().all(|line| line.chars().count() <= 111), "{}", call.stdout);
        assert!(!call.stdout.contains("{{") && !call.stdout.contains("}}"), "{}", call.stdout);
    }
}

#[test]
fn the_code_says_groups_decoupling_and_schedule_as_they_were() {
    let code =
        |target: &str, arm: &str| wane_ok(&["export", GRID, "--arm", arm, "--to", target]).stdout;
    let adamw = "adamw matrices λ=0.3";
    for (target, arm, lines) in [
        (
            "pytorch",
            adamw,
            &[
                "STEPS, WARMUP, HOLD = 1000, 25, 0",
                "MIN_LR = 0.1",
                "CLIP = 1.0",
                "    {\"roles\": (\"embedding\", \"attention\", \"mlp\", \"head\"), \"lr\": 0.003, \"weight_decay\": 0.3},",
                "    {\"roles\": (\"norm\", \"bias\"), \"lr\": 0.003, \"weight_decay\": 0.0},",
                "    return torch.optim.AdamW(parameter_groups(model), betas=(0.9, 0.95), eps=1e-8)",
                "    torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)",
            ][..],
        ),
        (
            "pytorch",
            "l2 global λ=0.001",
            &["torch.optim.Adam(", "\"weight_decay\": 0.001},", "\"norm\", \"bias\"), \"lr\""],
        ),
        (
            "transformers",
            adamw,
            &[
                "max_steps=STEPS, max_grad_norm=CLIP",
                "optimizers=(optimizer, make_scheduler(optimizer))",
            ],
        ),
        (
            "optax",
            adamw,
            &[
                "DECAYED = (\"embedding\", \"attention\", \"mlp\", \"head\")",
                "WEIGHT_DECAY = 0.3",
                "        optax.clip_by_global_norm(CLIP),\n        optax.scale_by_adam(b1=0.9, b2=0.95, eps=1e-8),\n        \
                 optax.add_decayed_weights(WEIGHT_DECAY, mask=is_decayed),",
            ],
        ),
        (
            "optax",
            "l2 matrices λ=0.001",
            &[
                "        optax.add_decayed_weights(WEIGHT_DECAY, mask=is_decayed),\n        optax.scale_by_adam(",
            ],
        ),
        (
            "nanogpt",
            adamw,
            &[
                "learning_rate = 0.003",
                "min_lr = 0.1 * 0.003",
                "warmup_iters = 24",
                "lr_decay_iters = 999",
                "max_iters = 999",
                "grad_clip = 1.0",
                "weight_decay = 0.3",
                "beta1 = 0.9",
                "beta2 = 0.95",
            ],
        ),
        (
            "nanogpt",
            "l2 matrices λ=0.001",
            &["def make_optimizer(model):", "lr_factor(iter_num + 1)"],
        ),
    ] {
        let code = code(target, arm);
        for line in lines {
            assert!(code.contains(line), "{target} {arm}: {line}\n{code}");
        }
    }
    assert!(!code("nanogpt", adamw).contains("import torch"));
}

#[test]
fn json_holds_the_facts_of_the_code() {
    let found = json(&[GRID, "--to", "pytorch", "--arm", "adamw global λ=3"]);
    assert_eq!(found["arm"], "adamw global λ=3");
    assert_eq!((&found["optimizer"], &found["form"]), (&"adam".into(), &"adamw".into()));
    assert_eq!((&found["mask"], &found["lr"]), (&"global".into(), &0.003.into()));
    assert_eq!(found["betas"], serde_json::json!([0.9, 0.95]));
    assert_eq!(found["schedule"]["steps"], 1000);
    let groups = found["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0]["roles"].as_array().unwrap().len(), 6);
    assert_eq!((&groups[0]["weight_decay"], &groups[0]["decayed"]), (&3.0.into(), &true.into()));
    let carried = &found["carried"];
    assert!((carried["kappa"].as_f64().unwrap() - 9.0).abs() < 1e-12, "{carried}");
    assert_eq!(carried["run"]["tokens"], 512_000.0);
    let code = wane_ok(&["export", GRID, "--to", "pytorch", "--arm", "adamw global λ=3"]).stdout;
    assert_eq!(found["code"].as_str().unwrap().trim_end(), code.trim_end());
}

#[test]
fn at_another_horizon_lambda_keeps_the_total_decay_of_the_run() {
    let words = ["--tokens", "1e10", "--batch", "500_000", "--lr", "6e-4"];
    let found =
        json(&[&[GRID, "--to", "pytorch", "--arm", "adamw matrices λ=1"][..], &words].concat());
    let moved = &found["carried"]["horizon"];
    // κ = 0.003 · 1 · 1000 = 3, over η′T′ = 0.0006 · 20000 = 12.
    assert!((moved["weight_decay"].as_f64().unwrap() - 0.25).abs() < 1e-12, "{moved}");
    assert_eq!(moved["steps"], 20_000);
    assert_eq!((&found["lr"], &found["schedule"]["warmup"]), (&6e-4.into(), &500.into()));
    let code = found["code"].as_str().unwrap();
    let one_line = code.replace("\n#   ", " ");
    for words in [
        "STEPS, WARMUP, HOLD = 20000, 500, 0",
        "\"lr\": 0.0006, \"weight_decay\": 0.25",
        "Λ = λ Σ η_t stays",
    ] {
        assert!(one_line.contains(words), "{words}: {one_line}");
    }
    assert!(one_line.contains("λ = 0.25 keeps κ = ηλT = 3"), "{one_line}");
    // A rule without a law of λ says so and keeps its own.
    let l2 = json(&[&[GRID, "--to", "optax", "--arm", "l2 matrices λ=0.001"][..], &words].concat());
    assert_eq!(l2["weight_decay"], 0.001);
    assert!(l2["carried"]["horizon"]["weight_decay"].is_null());
    assert!(l2["not_carried"][0].as_str().unwrap().contains("no law is known"), "{l2}");
}

/// Momentum of 0.9 sums ten times what λ pulls.
#[test]
fn l2_in_the_gradient_of_sgd_is_carried_as_decoupled_decay_that_momentum_multiplies() {
    let folder = tempfile::tempdir().unwrap();
    let case = ("lr = 0.1\noptimizer = 'sgd'", "form = 'l2'\nweight_decay = 0.1");
    let results = train(folder.path(), case);
    let told = flat(&export(&results, "pytorch", case));
    // ηλT/(1 − μ) = 0.1 · 0.1 · 10 / 0.1.
    assert!(told.contains("κ = ηλT/(1 − μ) = 1, τ = 10 steps"), "{told}");
    assert!(told.contains("the λ that keeps κ is 1·(1 − μ)·B/(η·D)"), "{told}");
    let found = json(&[text(&results), "--to", "pytorch", "--lr", "0.05"]);
    let moved = &found["carried"]["horizon"];
    assert!((moved["weight_decay"].as_f64().unwrap() - 0.2).abs() < 1e-12, "{moved}");
}

#[test]
fn carried_code_names_the_rule_that_keeps_epochs_and_how_to_see_it() {
    let words = ["--tokens", "1e10", "--batch", "500_000", "--lr", "6e-4"];
    let of = |arm: &str, words: &[&str]| {
        not_carried(&json(&[&[GRID, "--to", "nanogpt", "--arm", arm][..], words].concat()))
    };
    let told = of("adamw matrices λ=1", &words);
    // 1000 steps of 512 tokens over 6000.
    assert!(told.contains("gives another λ: 0.25 · E/85.3 where your text is read E"), "{told}");
    let call = "`wane advise --params N --unique-tokens U --tokens 10000000000 --batch 500000 --lr 0.0006 \
                --base-weight-decay 1 --base-lr 0.003 --base-steps-per-epoch 11.7188`";
    assert!(told.contains(call), "{told}");
    assert!(!of("adamw matrices λ=1", &[]).contains("E/85.3"), "nothing was carried");
    assert!(!of("l2 matrices λ=0.001", &words).contains("E/85.3"), "no law carries it");
}

/// Comments without their line breaks.
fn flat(call: &Call) -> String {
    call.stdout.replace("\n#", " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_formula_of_lambda_is_that_of_the_matrices_whose_learning_rate_it_names() {
    let folder = tempfile::tempdir().unwrap();
    let case =
        ("lr = 3e-3", "form = 'adamw'\nweight_decay = 0.5\n[arm.by_role]\nmlp = { lr = 1e-3 }");
    let results = train(folder.path(), case);
    let told = flat(&export(&results, "pytorch", case));
    // ηλT of the MLP: 0.001 · 0.5 · 10.
    assert!(told.contains("λ (of the MLP's matrices) = 0.5 belongs to"), "{told}");
    assert!(told.contains("η = 0.001: there κ = ηλT = 0.005"), "{told}");
}

#[test]
fn what_a_trainer_does_itself_is_said_by_its_own_names() {
    let folder = tempfile::tempdir().unwrap();
    let case = ("accumulate = 2\nlabel_smoothing = 0.1", "form = 'adamw'\nweight_decay = 0.5");
    let results = train(folder.path(), case);
    for (target, said) in [
        ("pytorch", &["divide each loss by that", "cross_entropy(…, label_smoothing=0.1)"][..]),
        ("transformers", &["gradient_accumulation_steps=2", "label_smoothing_factor=0.1"]),
        ("nanogpt", &["gradient_accumulation_steps = 2; train.py divides"]),
        ("optax", &["optax.MultiSteps(optimizer, 2)", "optax.smooth_labels("]),
    ] {
        let call = export(&results, target, case);
        assert_eq!(call.code, Some(0), "{}", call.stderr);
        let told = flat(&call);
        assert!(said.iter().all(|one| told.contains(one)), "{target}: {told}");
        assert!(target == "pytorch" || !told.contains("divide each loss"), "{told}");
        assert!(target != "optax" || !told.contains("label_smoothing="), "{told}");
    }
}

/// What `--to TARGET --json` says of the run of a case at another horizon.
fn carried(results: &Path, target: &str, words: &[&str]) -> Value {
    json(&[&[text(results), "--to", target][..], words].concat())
}

/// Its sentences of what does not carry over.
fn not_carried(found: &Value) -> String {
    let told = found["not_carried"].as_array().unwrap().iter();
    told.map(|one| one.as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_batches_and_the_average_of_a_run_are_not_those_of_another_horizon() {
    let folder = tempfile::tempdir().unwrap();
    let case = ("accumulate = 2\nema = 0.81", "form = 'adamw'\nweight_decay = 0.5");
    let results = train(folder.path(), case);
    // 20 steps of 1,000 tokens, twice as many as the run's.
    let horizon = ["--tokens", "20000", "--batch", "1000"];
    for target in TARGETS {
        let told = not_carried(&carried(&results, target, &horizon));
        assert!(!told.contains("Accumulation"), "{target}: {told}");
        assert!(!told.contains("MultiSteps"), "{target}: {told}");
        let batch = "batch_size × block_size × gradient_accumulation_steps must be 1000";
        assert_eq!(told.contains(batch), target == "nanogpt", "{target}: {told}");
        let average = "That β is of the 10 steps of the run and is not carried: over the 20 steps here β = 0.9";
        assert!(told.contains(average), "{target}: {told}");
    }
    let told = not_carried(&carried(&results, "optax", &[]));
    assert!(told.contains("optax.MultiSteps(optimizer, 2)"), "{told}");
    assert!(told.contains("β = 0.81") && !told.contains("is not carried"), "{told}");
}

#[test]
fn carried_code_tells_the_numbers_of_its_own_groups() {
    let folder = tempfile::tempdir().unwrap();
    let case = ("lr = 1e-2", "form = 'adamw'\nmask = 'matrices'\nweight_decay = 1.0");
    let results = train(folder.path(), case);
    // Ten times the steps: a tenth of λ.
    let found = carried(&results, "pytorch", &["--tokens", "6400", "--lr", "1e-2"]);
    assert_eq!(found["weight_decay"], 0.1, "{found}");
    let told = not_carried(&found);
    let head = "a head that is not tied to its embedding (λ = 0.1, η = 0.01)";
    assert!(told.contains(head), "{told}");
}

#[test]
fn decay_that_bfloat16_rounds_away_is_told_and_warned_of() {
    let told = |arm: &str, target: &str| not_carried(&json(&[GRID, "--to", target, "--arm", arm]));
    let code = |arm: &str| wane_ok(&["export", GRID, "--to", "pytorch", "--arm", arm]).stdout;
    for target in TARGETS {
        let is_told = told("adamw matrices λ=1", target).contains("2⁻⁹ = 0.002");
        assert_eq!(is_told, target != "nanogpt", "{target}");
    }
    assert!(told("adamw matrices λ=1", "transformers").contains("transformers loads"));
    assert!(code("adamw matrices λ=1").contains("share = group[\"lr\"] * group[\"weight_decay\"]"));
    // L2 goes through the optimizer, whose update is as large without it.
    assert!(!told("l2 matrices λ=0.001", "pytorch").contains("2⁻⁹"));
    assert!(!code("l2 matrices λ=0.001").contains("rounded away"));
}

#[test]
fn the_total_decay_that_stays_is_that_of_the_form() {
    let folder = tempfile::tempdir().unwrap();
    for (at, (arm, total)) in [
        ("form = 'adamw'\nweight_decay = 0.5", "Λ = λ Σ η_t stays"),
        ("form = 'independent'\nweight_decay = 0.02", "Λ = λ Σ η_t/η stays"),
        ("form = 'corrected'\nweight_decay = 0.5", "Λ = λ Σ η_t²/η stays"),
    ]
    .into_iter()
    .enumerate()
    {
        let own = folder.path().join(at.to_string());
        fs::create_dir(&own).unwrap();
        let results = train(&own, ("", arm));
        let told = not_carried(&carried(&results, "pytorch", &["--tokens", "6400"]));
        assert!(told.contains(total), "{arm}: {told}");
    }
}

#[test]
fn code_for_adafactor_refuses_packed_experts_and_says_what_its_steps_go_by() {
    let folder = tempfile::tempdir().unwrap();
    let case = ("optimizer = 'adafactor'", "form = 'adamw'\nweight_decay = 0.5");
    let call = export(&train(folder.path(), case), "pytorch", case);
    assert_eq!(call.code, Some(0), "{}", call.stderr);
    assert!(flat(&call).contains("goes by the root mean square of a parameter"), "{}", call.stdout);
    assert!(call.stdout.contains("two matrices of each expert in one"), "{}", call.stdout);
}

#[test]
fn no_role_of_carried_code_loses_most_of_its_weights_in_a_step() {
    let folder = tempfile::tempdir().unwrap();
    let arm = "form = 'adamw'\nweight_decay = 1.0\nby_role = { mlp = { weight_decay = 0.0 }, \
               attention = { weight_decay = 0.0 }, embedding = { weight_decay = 60.0 } }";
    let results = train(folder.path(), ("lr = 1e-2", arm));
    let call = |tokens: &str| {
        let horizon = ["--tokens", tokens, "--batch", "32"];
        wane(
            &[&["export", text(&results), "--to", "pytorch", "--arm", "adamw"][..], &horizon]
                .concat(),
        )
    };
    // Twice the steps, and as many.
    assert_eq!(call("640").code, Some(0), "{}", call("640").stderr);
    let refused = call("320");
    assert_eq!(refused.code, Some(2), "{}", refused.stdout);
    for words in ["(of the role embedding)", "is 60, which takes 0.6 of a weight"] {
        assert!(refused.stderr.contains(words), "{words}: {}", refused.stderr);
    }
}

#[test]
fn a_horizon_that_is_none_is_refused() {
    for words in [
        &["--tokens", "0"][..],
        &["--tokens", "-5"],
        &["--tokens", "many"],
        &["--tokens", "inf"],
        &["--lr", "nan"],
        &["--lr", "0"],
        &["--tokens", "10", "--batch", "1000"],
        &["--tokens", "1e300", "--batch", "1e-300"],
        &["--tokens", "1e30", "--batch", "1"],
        &["--lr", "1e-320"],
    ] {
        let arm = ["export", GRID, "--to", "pytorch", "--arm", "adamw matrices λ=1"];
        let call = wane(&[&arm[..], words].concat());
        assert_eq!(call.code, Some(2), "{words:?}: {}", call.stderr);
        assert_eq!(call.stdout, "", "{words:?}");
        assert!(!call.stderr.contains("panicked"), "{words:?}: {}", call.stderr);
        assert!(!call.stderr.contains("0000000000000000"), "{words:?}: {}", call.stderr);
    }
}

#[test]
fn an_arm_that_is_not_there_lists_those_that_are() {
    for asked in ["adamw matrices λ=7", "", "lion"] {
        let call = wane(&["export", GRID, "--to", "pytorch", "--arm", asked]);
        assert_eq!(call.code, Some(2), "{asked}");
        assert!(call.stderr.contains("  adamw matrices λ=0.3\n"), "{asked}: {}", call.stderr);
        assert!(call.stderr.contains("  l2 global λ=0.1"), "{asked}: {}", call.stderr);
    }
    let of = |arm: &str| json(&[GRID, "--to", "pytorch", "--arm", arm])["arm"].clone();
    assert_eq!(of("51d38fd7dcafd6fe"), "adamw matrices λ=0");
    assert_eq!(of("AdamW on matrices, λ = 0.30"), "adamw matrices λ=0.3");
    assert_eq!(of("adamw weight_decay=10 global"), "adamw global λ=10");
    // Of several the best.
    assert!(of("l2").as_str().unwrap().starts_with("l2 "));
}

#[test]
fn arms_that_a_search_found_and_those_of_changed_specs_are_exported_without_their_runs() {
    let found = json(&["results/reference", "--to", "pytorch"]);
    assert_eq!(found["schedule"]["steps"], 400);
    assert!(found["weight_decay"].as_f64().unwrap() > 0.0);
    for (folder, steps) in
        [("timescale-600", 200), ("timescale-1200", 400), ("timescale-2400", 800)]
    {
        let found = json(&[&format!("results/reference/{folder}"), "--to", "pytorch"]);
        assert_eq!(found["schedule"]["steps"], steps, "{folder}");
    }
    for folder in ["rivals", "mechanism", "values-table"] {
        json(&[&format!("results/reference/{folder}"), "--to", "pytorch"]);
    }
    let none = json(&["results/reference", "--to", "pytorch", "--arm", "none"]);
    assert_eq!((&none["form"], &none["weight_decay"]), (&"none".into(), &0.0.into()));
    assert_eq!(none["evidence"][0], "none: test loss 2.443.");
    let dropped =
        json(&["results/reference/rivals", "--to", "pytorch", "--arm", "none dropout=0.1"]);
    let left = dropped["not_carried"].to_string();
    assert!(left.contains("Dropout 0.1"), "{left}");
}

#[test]
fn vague_words_after_a_search_mean_the_arm_that_fresh_seeds_judged() {
    let of = |arm: &str| json(&["results/reference", "--to", "pytorch", "--arm", arm]);
    // Among seeds of the search λ = 0.001 has the lowest val loss under L2, and λ = 1 under AdamW.
    for (asked, arm) in [
        ("l2", "l2 matrices λ=0.004"),
        ("l2 global", "l2 global λ=0.00141"),
        ("adamw", "adamw matrices λ=2"),
        ("adamw global", "adamw global λ=0.707"),
    ] {
        assert_eq!(of(asked)["arm"], arm, "{asked}");
    }
    let told = of("adamw global")["evidence"].to_string();
    assert!(told.contains("it is the one that the search judged on fresh seeds"), "{told}");
    assert!(told.contains("test loss 2.379, without decay 2.443; against no decay"), "{told}");
    let told = of("adamw")["evidence"].to_string();
    assert!(told.contains("the search judged 2 on fresh seeds"), "{told}");
}

#[test]
fn losses_beside_each_other_are_over_the_same_seeds() {
    let of = |arm: &str| json(&["results/reference", "--to", "pytorch", "--arm", arm]);
    // The search tried λ = 1 on seeds 0 to 4; over the fresh ones the loss without decay is 2.443.
    let told = of("adamw global λ=1")["evidence"].to_string();
    assert!(told.contains("test loss 2.399, without decay 2.476;"), "{told}");
}

/// A copy of committed results with a change.
fn changed(file: &str, change: impl Fn(String) -> String) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["experiment.json", "runs.csv"] {
        let text = fs::read_to_string(project().join(GRID).join(name)).unwrap();
        let text = if name == file { change(text) } else { text };
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[test]
fn no_text_of_a_file_gets_out_of_its_comment() {
    let folder = changed("experiment.json", |text| {
        text.replacen("\"grid\"", "\"a\\nimport os\\r\\nprint(1)\\u000c\"", 1)
    });
    let call = wane_ok(&["export", text(folder.path()), "--to", "pytorch"]);
    assert!(
        !call
            .stdout
            .lines()
            .any(|line| line.starts_with("import os") || line.starts_with("print("))
    );
    assert!(call.stdout.contains("import os"), "the name is told");
}

#[test]
fn damaged_and_foreign_results_are_refused_with_what_was_expected() {
    let none = tempfile::tempdir().unwrap();
    let refused = |folder: &Path, words: &[&str]| {
        let call = wane(&["export", text(folder), "--to", "pytorch"]);
        assert_eq!(call.code, Some(2), "{}", call.stderr);
        assert_eq!(call.stdout, "");
        for word in words {
            assert!(call.stderr.contains(word), "{word}: {}", call.stderr);
        }
    };
    refused(none.path(), &["experiment.json is not there", "wane sweep"]);
    refused(changed("experiment.json", |text| text[..200].to_owned()).path(), &["is damaged"]);
    refused(changed("runs.csv", |_| String::new()).path(), &["no arm", "--arm"]);
    refused(changed("runs.csv", |text| text.replace("form", "from")).path(), &["runs.csv"]);
    let other = changed("experiment.json", |text| text.replace("lr = 3e-3", "lr = 2e-3"));
    refused(other.path(), &["cannot tell the whole recipe", "wane collect"]);
    let fewer = changed("runs.csv", |text| text.replace(",done,", ",diverged,"));
    refused(fewer.path(), &["so there is no best one", "adamw matrices λ=0.3"]);
}

#[test]
fn rules_that_a_target_cannot_have_are_refused_with_what_to_use() {
    let folder = tempfile::tempdir().unwrap();
    for (at, (case, target, words)) in [
        (
            ("optimizer = 'soap'", "form = 'adamw'\nweight_decay = 1.0"),
            "pytorch",
            "nikhilvyas/SOAP",
        ),
        (("", "form = 'matched'\nweight_decay = 1.0"), "pytorch", "train one with form = 'adamw'"),
        (("optimizer = 'muon'", "form = 'adamw'\nweight_decay = 1.0"), "optax", "--to pytorch"),
        (("", "form = 'hyperball'"), "optax", "--to pytorch"),
    ]
    .into_iter()
    .enumerate()
    {
        let own = folder.path().join(at.to_string());
        fs::create_dir(&own).unwrap();
        let call = export(&train(&own, case), target, case);
        assert_eq!(call.code, Some(2), "{case:?}: {}", call.stdout);
        assert!(call.stderr.contains(words), "{case:?}: {}", call.stderr);
    }
    let call = wane(&["export", GRID, "--to", "jax"]);
    assert_eq!(call.code, Some(2));
    assert!(call.stderr.contains("pytorch, transformers, optax, nanogpt"), "{}", call.stderr);
}

#[test]
fn a_matched_run_names_the_arm_that_it_follows_where_that_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let arms = [
        ("", "form = 'adamw'\nweight_decay = 0.5"),
        ("", "form = 'matched'\nweight_decay = 1.0"),
        ("", "form = 'adamw'\nweight_decay = 1.0"),
    ];
    let (results, _) = every_case(folder.path(), &arms);
    let call = wane(&["export", text(&results), "--to", "pytorch", "--arm", "matched"]);
    assert_eq!(call.code, Some(2), "{}", call.stdout);
    assert!(call.stderr.contains("--arm 'adamw matrices λ=1'"), "{}", call.stderr);
    wane_ok(&["export", text(&results), "--to", "pytorch", "--arm", "adamw matrices λ=1"]);
}

#[test]
fn what_stands_in_for_soap_has_numbers_of_its_own_decay_and_of_the_horizon() {
    let soap =
        "optimizer = 'soap'\nlr = 1e-2\nadam.lr = 4e-3\nadam.betas = [0.9, 0.95]\nadam.eps = 1e-8";
    let twice: &[&str] = &["--lr", "2e-2"];
    let cases: [(&str, &[&str], &[&str]); 5] = [
        (
            "form = 'independent'\nweight_decay = 0.01",
            &[],
            &[
                "attention, mlp with lr=0.01,",
                "weight_decay=1, shampoo_beta=",
                "AdamW for embedding, head with lr=0.004, betas=(0.9, 0.95), eps=1e-8, weight_decay=2.5; norm, bias with",
            ],
        ),
        ("form = 'independent'\nweight_decay = 0.01", twice, &["lr=0.02,", "weight_decay=0.5, sh"]),
        (
            "form = 'adamw'\nweight_decay = 3.0",
            twice,
            &["lr=0.02,", "weight_decay=1.5, sh", "lr=0.008,"],
        ),
        (
            "form = 'corrected'\nweight_decay = 3.0",
            &[],
            &[
                "weight_decay=0, sh",
                "weight_decay=3; norm",
                "`corrected` has no counterpart",
                "λ η_t²/η with λ = 3",
            ],
        ),
        (
            "form = 'l2'\nweight_decay = 0.1",
            &[],
            &["weight_decay=0, sh", "`l2` has no counterpart"],
        ),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (at, (arm, horizon, told)) in cases.into_iter().enumerate() {
        let own = folder.path().join(at.to_string());
        fs::create_dir(&own).unwrap();
        let results = train(&own, (soap, arm));
        let call = wane(&[&["export", text(&results), "--to", "pytorch"][..], horizon].concat());
        assert_eq!(call.code, Some(2), "{arm}: {}", call.stdout);
        for words in told {
            assert!(call.stderr.contains(words), "{arm}: {words}: {}", call.stderr);
        }
    }
}

#[test]
fn layers_beside_linear_ones_are_told_apart_or_refused() {
    let Some(python) = std::env::var_os("WANE_PYTHON") else {
        return say("skipped: no layer was made: set WANE_PYTHON to a Python that has torch");
    };
    let cases = [
        ("", "form = 'adamw'\nmask = 'matrices'\nweight_decay = 3.0"),
        ("lr = 1e-2\noptimizer = 'muon'\nadam.lr = 3e-3", "form = 'adamw'\nweight_decay = 0.0001"),
        ("decay_schedule = 'linear'", "form = 'adamw'\nweight_decay = 5.0"),
        ("", "form = 'hyperball'"),
        ("", "form = 'target-norm'\nmask = 'global'\nweight_decay = 0.1"),
        ("optimizer = 'adafactor'", "form = 'adamw'\nweight_decay = 0.0001"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let mut call = Command::new(python);
    call.arg(fixture("export/layers.py"));
    for (place, case) in cases.into_iter().enumerate() {
        let own = folder.path().join(place.to_string());
        fs::create_dir(&own).unwrap();
        let code = export(&train(&own, case), "pytorch", case);
        assert_eq!(code.code, Some(0), "{case:?}: {}", code.stderr);
        let file = own.join("snippet.py");
        fs::write(&file, code.stdout).unwrap();
        call.arg(file);
    }
    let call = Call::from(call.output().unwrap());
    if call.code == Some(77) {
        return say(&format!("skipped: no layer was made: {}", call.stderr.trim()));
    }
    assert_eq!((call.code, call.stdout.as_str()), (Some(0), "ok\n"), "{}", call.stderr);
}

#[test]
fn vectors_of_layers_in_one_tensor_are_taken_for_what_they_are_in_one_layer() {
    let Some(python) = std::env::var_os("WANE_PYTHON") else {
        return say("skipped: no leaf was named: set WANE_PYTHON to a Python");
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("snippet.py");
    fs::write(&file, wane_ok(&["export", GRID, "--to", "optax"]).stdout).unwrap();
    let mut call = Command::new(python);
    let call = Call::from(call.arg(fixture("export/leaves.py")).arg(file).output().unwrap());
    assert_eq!((call.code, call.stdout.as_str()), (Some(0), "ok\n"), "{}", call.stderr);
}

#[test]
fn a_head_that_the_run_ties_to_its_embedding_has_the_decay_of_that() {
    let folder = tempfile::tempdir().unwrap();
    let train_lines = "lr = 1e-2\noptimizer = 'muon'\nadam.lr = 3e-3\nadam.weight_decay = 0.0";
    let case = (train_lines, "form = 'adamw'\nmask = 'global'\nweight_decay = 3.0");
    let code = export(&train(folder.path(), case), "pytorch", case).stdout;
    let group = |role: &str| code.lines().find(|line| line.contains(role)).unwrap().to_owned();
    for role in ["\"head\"", "\"embedding\"", "\"bias\""] {
        assert!(group(role).contains("\"weight_decay\": 0.0"), "{role}: {code}");
    }
    assert!(group("\"mlp\"").contains("\"weight_decay\": 3.0"), "{code}");
}

/// A head of its own is updated as what stands for it, or as what the same optimizer updates, and the page says that no
/// run was trained so.
#[test]
fn parameters_that_the_model_of_a_run_does_not_have_are_updated_by_analogy_and_the_code_says_so() {
    let muon = "optimizer = 'muon'\nadam.lr = 1e-3\nadam.weight_decay = 0.02";
    let no_embeddings = "form = 'adamw'\nmask = 'no-embeddings'\nweight_decay = 0.4";
    let by_role = "form = 'adamw'\nmask = 'global'\nweight_decay = 0.4\n\
                   by_role = { embedding = { weight_decay = 0.0, lr = 1e-2 } }";
    for (case, lr, lambda) in
        [((muon, no_embeddings), "0.001", "0.02"), (("", by_role), "0.01", "0.0")]
    {
        let folder = tempfile::tempdir().unwrap();
        let call = export(&train(folder.path(), case), "pytorch", case);
        let head = call.stdout.lines().find(|line| line.contains("\"head\"")).unwrap();
        for part in [format!("\"lr\": {lr},"), format!("\"weight_decay\": {lambda}")] {
            assert!(head.contains(&part), "{part} in {head}");
        }
        let told = format!("a head that is not tied to its embedding (λ = {lambda}, η = {lr})");
        assert!(flat(&call).contains(&told.replace("0.0,", "0,")), "{}", call.stdout);
    }
}
