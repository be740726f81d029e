//! Keys and flags as people know them from elsewhere are answered with what to write here.

use std::fs;

use crate::common::{fixture, rows, text, wane, wane_ok};

/// What `wane plan` says of the tiny spec with a line put after another.
fn said(after: &str, line: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spec.toml");
    let whole = fs::read_to_string(fixture("tiny.toml")).unwrap();
    assert!(whole.contains(after), "{after}");
    fs::write(&path, whole.replacen(after, &format!("{after}\n{line}"), 1)).unwrap();
    let call = wane(&["plan", text(&path)]);
    assert_eq!(call.code, Some(2), "{line}: {}", call.stderr);
    call.stderr
}

#[test]
fn a_spec_that_measures_no_loss_on_the_way_says_what_that_takes_away() {
    let folder = tempfile::tempdir().unwrap();
    let spec = fixture("tiny.toml");
    let sweep = |every: &str| {
        let set = format!("train.eval_every={every}");
        let words =
            ["sweep", text(&spec), "--set", &set, "--seeds", "0", "--out", text(folder.path())];
        wane_ok(&[&words[..], &["--replace"]].concat())
    };
    let best = || {
        let runs = rows(&folder.path().join("tiny/runs.csv"));
        runs[0]["best_step"].clone() + &runs[0]["best_val_loss"] + &runs[0]["stopped_test_loss"]
    };
    for every in ["1000", "6"] {
        let call = sweep(every);
        assert!(call.stderr.contains("nothing is said of stopping"), "{every}: {}", call.stderr);
        assert!(!call.stdout.contains("stopp"), "{every}: {}", call.stdout);
        assert_eq!(best(), "", "{every}");
        let report = fs::read_to_string(folder.path().join("tiny/report.html")).unwrap();
        assert!(!report.contains("stopped at its best"), "{every}");
    }
    assert!(!sweep("2").stderr.contains("nothing is said of stopping"));
    assert_ne!(best(), "");
}

#[test]
fn keys_of_other_trainers_are_answered_with_ours_or_said_to_be_missing() {
    for (line, expected) in [
        (
            "learning_rate = 3e-4",
            "line 17: unknown key `train.learning_rate`; write lr = 3e-4 in [train]",
        ),
        ("n_layer = 6", "write layers = 2 in [model]"),
        ("n_head = 6", "write heads = 4 in [model]"),
        ("n_embd = 384", "write channels = 64 in [model]"),
        ("block_size = 256", "write context = 64 in [model]"),
        ("resid_pdrop = 0.1", "dropout = 0.1"),
        ("gradient_accumulation_steps = 8", "accumulate = "),
        ("eval_iters = 200", "write eval_windows = 128 in [train]"),
        ("eval_interval = 250", "write eval_every = 50 in [train]"),
        ("max_iters = 5000", "write steps = 500 in [train]"),
        ("lr_decay_iters = 5000", "write steps = 500 in [train]"),
        ("warmup_iters = 100", "write warmup = 25 in [train]"),
        ("warmup_ratio = 0.1", "multiply by train.steps"),
        ("min_lr = 1e-4", "write min_lr_ratio = 0.1 in [train]; it is a share of lr"),
        ("beta1 = 0.9", "write betas = [0.9, 0.95] in [train]"),
        ("adam_beta2 = 0.9", "write betas = [0.9, 0.95] in [train]"),
        ("grad_clip = 1.0", "write clip = 1.0 in [train]"),
        ("max_grad_norm = 1.0", "write clip = 1.0 in [train]"),
        ("per_device_train_batch_size = 8", "write batch = 8 in [train]"),
        ("batch_size = 8", "write batch = 8 in [train]"),
        ("max_steps = 8", "write steps = 500 in [train]"),
        ("num_train_epochs = 3", "write steps = 500 in [train]"),
        ("seed = 1337", "write seeds = [0, 1, 2] above all tables"),
        ("hidden_size = 64", "write channels = 64 in [model]"),
        ("num_key_value_heads = 2", "write kv_heads = 2 in [model], beside family ="),
        ("intermediate_size = 64", "write hidden = 256 in [model], beside family ="),
        ("sliding_window = 64", "write window = 32 in [model], beside family ="),
        ("num_local_experts = 8", "write experts = 8 in [model], beside family ="),
        ("lr_scheduler_type = 'linear'", "write schedule = \"cosine\" in [train]"),
        ("weight_decay = 0.1", "weight_decay = 0.3 in an [[arm]]"),
        ("vocab_size = 50304", "the vocabulary follows from the data"),
        ("dtype = 'bfloat16'", "float32"),
        ("compile = true", "leave the key out"),
        ("device = 'cuda'", "--backend"),
        ("wandb_log = true", "leave the key out"),
        ("init_from = 'gpt2'", "--init"),
        ("init = 'weights.safetensors'", "--init weights.safetensors"),
        ("out_dir = 'out'", "--out"),
        ("dataset = 'shakespeare'", "source = \"data/text.txt\" in [data]"),
        ("Learning-Rate = 1e-3", "write lr = 3e-4 in [train]"),
    ] {
        let said = said("steps = 6", line);
        assert!(said.contains(expected), "{line} should say `{expected}`: {said}");
    }
}

#[test]
fn keys_and_tables_in_the_wrong_place_are_sent_to_the_right_one() {
    for (after, line, expected) in [
        ("name = \"tiny\"", "steps = 5", "write steps = 600 in [train]"),
        ("name = \"tiny\"", "weight_decay = 0.1", "in an [[arm]]"),
        ("layers = 1", "batch = 5", "write batch = 16 in [train]"),
        ("steps = 6", "context = 5", "write context = 32 in [model]"),
        ("steps = 6", "seeds = [1]", "above all tables"),
        ("weight_decay = [0.0, 1.0]", "init = 'weights.safetensors'", "--init weights.safetensors"),
        ("weight_decay = [0.0, 1.0]", "dropout = 'serach'", "did you mean `search`?"),
        ("weight_decay = [0.0, 1.0]", "context = 4096", "spec.toml: "),
        ("weight_decay = [0.0, 1.0]", "context = 4096", "or in the [[arm]] that sets it"),
        (
            "weight_decay = [0.0, 1.0]",
            "[arm.train]\nbatch = 5",
            "write its keys in the [[arm]] itself",
        ),
        ("eval_windows = 4", "[optimizer]\nlr = 1e-3", "write the table [train]"),
        ("eval_windows = 4", "[training]\nlr = 1e-3", "write the table [train]"),
    ] {
        let said = said(after, line);
        assert!(said.contains(expected), "{line} should say `{expected}`: {said}");
    }
}

#[test]
fn counts_beyond_what_any_machine_holds_are_refused_with_the_most() {
    let (tiny, search) = (fixture("tiny.toml"), fixture("search.toml"));
    let largest = "18446744073709551615";
    for (words, expected) in [
        (["sample", "nowhere", "--tokens", largest], "from 1 to 1000000"),
        (["sample", "nowhere", "--samples", largest], "from 1 to 1000000"),
        (["sample", "nowhere", "--samples", "9223372036854775808"], "from 1 to 1000000"),
        (["sample", "nowhere", "--samples", "100000000000"], "from 1 to 1000000"),
        (["sweep", text(&tiny), "--shard", "1/9223372036854775807"], "N up to 1000000"),
        (["sweep", text(&tiny), "--shard", "1/100000000000"], "N up to 1000000"),
        (
            ["plan", text(&search), "--seeds", "18446744073709551615,1,2,3,4"],
            "from 0 to 9223372036854775807",
        ),
    ] {
        let call = wane(&words);
        assert_eq!(call.code, Some(2), "{words:?}: {}", call.stderr);
        assert!(call.stderr.contains(expected), "{words:?}: {}", call.stderr);
    }
}

#[test]
fn a_plan_of_the_largest_runs_tells_their_memory_and_time() {
    let sizes = [
        "model.layers=1000",
        "model.channels=100000",
        "train.batch=1000000",
        "train.accumulate=1000000",
        "train.steps=1000000000",
    ];
    let spec = fixture("tiny.toml");
    let sets = sizes.iter().flat_map(|size| ["--set", *size]);
    let call = wane(&["plan", text(&spec)].into_iter().chain(sets).collect::<Vec<_>>());
    assert_eq!(call.code, Some(0), "{}", call.stderr);
    assert!(call.stdout.contains("even one run needs about"), "{}", call.stdout);
    assert!(call.stdout.contains("years on this CPU"), "{}", call.stdout);
}

#[test]
fn a_wrong_value_of_a_flag_is_answered_with_an_example() {
    let spec = fixture("tiny.toml");
    for seeds in ["a", "0-4", "0..4", "range(3)", "0,1,", "", "-1", "1.5", "18446744073709551615"] {
        let call = wane(&["plan", text(&spec), &format!("--seeds={seeds}")]);
        assert_eq!(call.code, Some(2), "{seeds}");
        assert!(call.stderr.contains("such as --seeds 0,1,2"), "{seeds}: {}", call.stderr);
    }
    let spaced = wane(&["plan", text(&spec), "--seeds", " 0, 1"]);
    assert_eq!(spaced.code, Some(0), "{}", spaced.stderr);
    for (flag, wrong, expected) in [
        ("--lanes", "many", "such as 2"),
        ("--jobs", "0", "such as 2"),
        ("--checkpoint-every", "soon", "such as 30"),
        ("--data", "", "such as data/text.txt"),
        ("--set", "arm.weight_decay=[0.1]", "such as arm.0.weight_decay"),
        ("--set", "train.weight_decay=0.1", "in an [[arm]]"),
        ("--set", "arm.0.weight_decay=0,0.1,1", "write weight_decay = [0, 0.1, 1]"),
        ("--set", "train.lr=[1e-3,3e-3]", "write lr = [0.001, 0.003] in an [[arm]]"),
        ("--set", "train.steps=1e3", "write steps = 1000"),
        ("--set", "name=42", "write name = \"42\""),
        ("--set", "seed=1", "write seeds = [0, 1, 2]"),
    ] {
        let call = wane(&["plan", text(&spec), &format!("{flag}={wrong}")]);
        assert_eq!(call.code, Some(2), "{flag} {wrong}");
        assert!(call.stderr.contains(expected), "{flag} {wrong}: {}", call.stderr);
    }
}
