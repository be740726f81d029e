//! What published rules say of a run, as a newcomer with a configuration file asks.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::common::{Call, text, wane, wane_ok};

const RUN: [&str; 9] =
    ["advise", "--params", "610M", "--tokens", "12.2B", "--batch", "516096", "--lr", "0.002"];

fn with(more: &[&str]) -> Vec<String> {
    RUN.iter().chain(more).map(|one| (*one).to_owned()).collect()
}

fn json(arguments: &[String]) -> Json {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain(["--json"]).collect();
    serde_json::from_str(&wane_ok(&arguments).stdout).expect("it is JSON")
}

fn rule<'a>(advice: &'a Json, id: &str) -> &'a Json {
    advice["rules"].as_array().unwrap().iter().find(|rule| rule["id"] == id).unwrap()
}

/// What a call printed, wherever its lines break.
fn flat(call: &Call) -> String {
    call.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn file(folder: &Path, name: &str, contents: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, contents).unwrap();
    path
}

fn config(name: &str, contents: &str, more: &[&str]) -> Call {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), name, contents);
    let arguments = [&["advise", "--config", text(&path)], more].concat();
    wane(&arguments)
}

#[test]
fn every_rule_is_shown_with_its_number_its_range_and_its_source() {
    let call = wane_ok(&with(&["--weight-decay", "0.1", "--schedule", "linear"]));
    let row =
        |name: &str| call.stdout.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    let power_lines = row("Power Lines ");
    for part in ["0.0946", "yes", "24/43 (1/1)", "0.55×", "second hand", "arXiv 2505.13738"] {
        assert!(power_lines.contains(part), "{power_lines}");
    }
    assert!(row("Everett & Qiu ").contains(" no "));
    assert!(call.stdout.contains("Everett & Qiu: for 51M to 253M parameters, this run has 610M"));
    assert!(flat(&call).contains("κ = ηλT = 4.73"), "{}", call.stdout);
    assert!(call.stdout.contains("5,000 steps"));
    assert!(call.stdout.lines().all(|line| line.chars().count() <= 111), "{}", call.stdout);
    assert!(call.stderr.is_empty(), "{}", call.stderr);
}

#[test]
fn the_json_has_the_run_the_rules_and_the_equivalents() {
    let advice = json(&with(&["--weight-decay", "0.1", "--schedule", "linear"]));
    let run = &advice["run"];
    let near =
        |value: &Json, expected: f64| (value.as_f64().unwrap() / expected - 1.0).abs() < 1e-6;
    assert!(near(&run["kappa"], 0.002 * 0.1 * 12.2e9 / 516_096.0));
    assert!(near(&run["tau"], 516_096.0 / (0.002 * 0.1 * 12.2e9)));
    assert!(near(&run["tau_steps"], 5000.0));
    assert!(near(&run["tau_epochs"], 516_096.0 / (0.002 * 0.1 * 12.2e9)));
    assert!(near(&run["tokens_per_param"], 20.0));
    for rule in advice["rules"].as_array().unwrap() {
        for key in ["id", "name", "weight_decay", "applies", "why_not", "status", "source"] {
            assert!(!rule[key].is_null() || key == "weight_decay", "{rule}");
        }
        assert_eq!(
            rule["applies"].as_bool().unwrap(),
            rule["why_not"].as_array().unwrap().is_empty()
        );
    }
    assert!(near(&rule(&advice, "power-lines")["weight_decay"], 0.094_613_7));
    assert_eq!(rule(&advice, "everett-qiu")["status"], "unverified");
    let equivalents = advice["equivalents"].as_array().unwrap();
    let form = |name: &str| equivalents.iter().find(|one| one["form"] == name).unwrap();
    assert!(near(&form("independent")["weight_decay"], 2e-4));
    assert!(form("l2")["weight_decay"].is_null());
}

#[test]
fn a_text_that_is_read_many_times_is_asked_in_epochs() {
    let advice = json(&with(&["--unique-tokens", "210M", "--weight-decay", "0.1"]));
    let epochs = rule(&advice, "timescale-in-epochs");
    assert_eq!(epochs["applies"], true, "{epochs}");
    assert!(epochs["low"].as_f64().unwrap() < epochs["weight_decay"].as_f64().unwrap());
    assert_eq!(rule(&advice, "constant")["applies"], false);
    let recovered = &rule(&advice, "power-lines")["recovered"];
    assert_eq!(
        (recovered["runs"].as_u64(), recovered["within_factor_two"].as_u64()),
        (Some(16), Some(0))
    );
}

/// A rule that is held against runs outside of its own range alone is not shown to be wrong by them.
#[test]
fn the_screen_says_how_many_of_the_runs_lie_in_a_rules_own_range() {
    let call = wane_ok(&with(&["--schedule", "linear", "--width", "1024"]));
    let row = |name: &str| call.stdout.lines().find(|line| line.starts_with(name)).unwrap();
    assert!(row("ADANA ").contains("5/43 (0/0)"), "{}", call.stdout);
    assert!(row("Qiu, times the batch ").contains("43/43* "), "{}", call.stdout);
    assert!(!row("The constant 0.1 ").contains('('), "nobody fitted it: {}", call.stdout);
    let told = flat(&call);
    assert!(told.contains("in its own range; 0/0 says"));
    assert!(told.contains("*: the rule was made from these runs"), "{told}");
    let advice = json(&with(&[]));
    let recovered = &rule(&advice, "everett-qiu")["recovered"];
    assert_eq!((&recovered["runs"], &recovered["runs_in_range"]), (&43.into(), &3.into()));
}

/// At the learning rates of fine-tuning rules divide by next to nothing.
#[test]
fn numbers_that_are_not_for_use_are_marked() {
    let run = "advise --params 7B --tokens 100M --batch 131072 --lr 1e-5 --schedule linear --weight-decay 0.1";
    let call = wane_ok(&run.split(' ').collect::<Vec<_>>());
    let row = |name: &str| call.stdout.lines().find(|line| line.starts_with(name)).unwrap();
    assert!(row("ADANA ").contains(" (524) "), "{}", call.stdout);
    assert!(row("Loshchilov & Hutter ").contains(" (90.5 to 181) "), "{}", call.stdout);
    assert!(row("The constant 0.1 ").contains(" 0.1 "), "{}", call.stdout);
    let told = flat(&call);
    assert!(told.contains("carried beyond their range (in parentheses)"), "{told}");
    assert!(told.contains("λ above 3.2, the highest of any public run, are not for use"), "{told}");
    let words = "τ = 1/(ηλ) = 1,000,000 steps is 1,311 times the run, so that this decay does practically nothing.";
    assert!(told.contains(words) && !told.contains("In balance a step turns"), "{told}");
    assert!(call.stdout.lines().all(|line| line.chars().count() <= 111), "{}", call.stdout);
    let usual = flat(&wane_ok(&with(&["--schedule", "linear"])));
    assert!(!usual.contains("not for use"), "{usual}");
    let lion = ["--optimizer", "lion", "--schedule", "cosine", "--unique-tokens", "3B"];
    let told = flat(&wane_ok(&with(&lion)));
    assert!(told.contains("and none gives a λ for it") && !told.contains("in range"), "{told}");
}

/// What a name leaves open is taken for something: the first sentence says for what.
#[test]
fn the_shape_that_is_taken_for_a_schedule_is_told() {
    let told = flat(&wane_ok(&with(&["--schedule", "wsd"])));
    assert!(told.contains(", wsd, falling over the last 20% to 0."), "{told}");
    let told = flat(&wane_ok(&with(&["--schedule", "wsd", "--wsd-fall", "0.1"])));
    assert!(told.contains(", wsd, falling over the last 10% to 0."), "{told}");
    let root = ["--schedule", "inverse-sqrt", "--optimizer", "adafactor"];
    let call = wane_ok(&with(&root));
    let told = flat(&call);
    assert!(told.contains("with the root of the steps from step 1 on"), "{told}");
    assert!(told.contains("held at its peak first is not in it"), "{told}");
    let palm = call.stdout.lines().find(|line| line.starts_with("PaLM ")).unwrap();
    assert!(palm.contains("0.002 at the peak"), "{palm}");
    let told = flat(&wane_ok(&with(&[&root[..], &["--warmup", "10000"]].concat())));
    assert!(told.contains("from the end of warm-up, step 10,000, on"), "{told}");
}

#[test]
fn between_one_epoch_and_eight_nothing_tells_which_rule_is_right() {
    let call = wane_ok(&with(&["--schedule", "linear", "--unique-tokens", "3B"]));
    let told = flat(&call);
    assert!(told.contains("nothing tells which rule is right for 4.07 epochs"), "{told}");
    let row = call.stdout.lines().find(|line| line.starts_with("ADANA ")).unwrap();
    assert!(row.contains(" no ") && row.contains("–") && !row.contains("/16"), "{row}");
    let many = wane_ok(&with(&["--schedule", "linear", "--unique-tokens", "1B"]));
    assert!(flat(&many).contains("read a text 8 to 64 times"), "{}", many.stdout);
}

#[test]
fn sequences_in_the_place_of_tokens_are_asked_for_and_not_computed_with() {
    let mistaken =
        ["advise", "--params", "124M", "--tokens", "10e9", "--batch", "512", "--lr", "6e-4"];
    let call = wane(&mistaken);
    assert_eq!((call.code, call.stdout.as_str()), (Some(2), ""));
    assert!(call.stderr.contains("--batch-sequences 512 --context"), "{}", call.stderr);
    let right = [
        "advise",
        "--params",
        "124M",
        "--tokens",
        "10e9",
        "--batch-sequences",
        "512",
        "--context",
        "1024",
        "--lr",
        "6e-4",
    ];
    assert!(wane_ok(&right).stdout.contains("524,288 tokens a step"));
}

#[test]
fn what_cannot_be_meant_is_a_usage_error_that_names_its_argument() {
    for (more, said) in [
        (vec!["--weight-decay", "600"], "--weight-decay"),
        (vec!["--weight-decay", "-0.1"], "--weight-decay"),
        (vec!["--optimizer", "adam2"], "expected one of adamw"),
        (vec!["--schedule", "step"], "expected one of cosine"),
        (vec!["--min-lr-ratio", "2"], "share from 0 to 1"),
        (vec!["--schedule", "cosine", "--wsd-fall", "0.1"], "only --schedule wsd falls"),
        (vec!["--schedule", "wsd", "--wsd-fall", "1.5"], "above 0 and at most 1"),
        (vec!["--warmup", "1e9"], "warm-up"),
        (vec!["--beta1", "1"], "--beta1"),
        (vec!["--steps", "10"], "give one of them"),
        (vec!["--width", "0"], "--width"),
        (vec!["--unique-tokens", "none"], "610M"),
        (vec!["--config", "/nowhere/train.py"], "/nowhere/train.py"),
    ] {
        let call = wane(&with(&more));
        assert_eq!(call.code, Some(2), "{more:?} {}", call.stdout);
        assert!(call.stderr.contains(said) && call.stdout.is_empty(), "{more:?}: {}", call.stderr);
    }
    let call = wane(&["advise"]);
    assert_eq!(call.code, Some(2));
}

#[test]
fn configurations_of_other_trainers_are_read() {
    let nanogpt = "batch_size = 12\nblock_size = 1024\ngradient_accumulation_steps = 5 * 8\n\
                   max_iters = 600000\nlr_decay_iters = 600000\nweight_decay = 1e-1\n";
    let call = config("train_gpt2.py", nanogpt, &[]);
    assert_eq!(call.code, Some(0), "{}", call.stderr);
    assert!(call.stdout.starts_with("124M parameters, 295B tokens"), "{}", call.stdout);
    assert!(
        flat(&call).contains("491,520 tokens a step: 600,000 steps of AdamW")
            && flat(&call).contains("κ = ηλT = 36;")
    );
    assert!(
        call.stderr.contains("defaults of nanoGPT: ")
            && call.stderr.contains("learning_rate = 6e-4")
    );

    let arguments = r#"{"output_dir": "out", "per_device_train_batch_size": 8, "gradient_accumulation_steps": 4,
        "learning_rate": 0.0003, "weight_decay": 0.1, "max_steps": 10000, "lr_scheduler_type": "cosine"}"#;
    let more = ["--devices", "8", "--context", "2048", "--params", "1.2B"];
    let call = config("args.json", arguments, &more);
    assert!(
        flat(&call).contains("524,288 tokens a step: 10,000 steps"),
        "{}{}",
        call.stdout,
        call.stderr
    );
    let call = config("args.json", arguments, &more[2..]);
    assert!(call.code == Some(2) && call.stderr.contains("--devices"), "{}", call.stderr);

    let lingua = "steps: 60000\noptim:\n  lr: 3e-3\n  weight_decay: 0.033\n  warmup: 5000\n  lr_min_ratio: 0.000001\n\
                  distributed:\n  compile: true\nmodel:\n  dim: 2048\n  n_layers: 25\ndata:\n  batch_size: 4\n  seq_len: 4096\n";
    let call = config("llama.yaml", lingua, &["--devices", "64", "--params", "1B"]);
    assert!(
        flat(&call).contains("1,048,576 tokens a step: 60,000 steps"),
        "{}{}",
        call.stdout,
        call.stderr
    );
    assert!(call.stdout.contains("This run's λ = 0.033"));

    let olmo = "model:\n  d_model: 2048\n  n_layers: 16\n  max_sequence_length: 2048\n  embedding_size: 100352\n\
                optimizer:\n  name: adamw\n  learning_rate: 4.0e-4\n  weight_decay: 0.1\n  betas:\n  - 0.9\n  - 0.95\n\
                scheduler:\n  name: cosine_with_warmup\n  alpha_f: 0.1\nmax_duration: 10e9T\nglobal_train_batch_size: 512\n";
    let call = config("olmo.yaml", olmo, &[]);
    assert!(
        call.stdout.contains("10B tokens") && call.stdout.contains("1,048,576 tokens a step"),
        "{}{}",
        call.stdout,
        call.stderr
    );

    let megatron = "#!/bin/bash\nSEQ=2048\nOPTIONS=\" --num-layers 12 --hidden-size 768 --seq-length $SEQ \\\n\
                    --global-batch-size 256 --train-iters 500000 --lr 6.0e-4 --min-lr 6.0e-5 --lr-decay-style cosine \\\n\
                    --weight-decay 0.1 --vocab-size 50257 \"\ntorchrun pretrain_gpt.py $OPTIONS\n";
    let call = config("train.sh", megatron, &[]);
    assert!(
        flat(&call).contains("524,288 tokens a step: 500,000 steps"),
        "{}{}",
        call.stdout,
        call.stderr
    );

    let titan = "[training]\nlocal_batch_size = 8\nseq_len = 2048\nsteps = 1000\n[optimizer]\nname = \"AdamW\"\nlr = 8e-4\n";
    let call = config("titan.toml", titan, &["--devices", "8", "--params", "8B"]);
    assert!(
        flat(&call).contains("131,072 tokens a step: 1,000 steps"),
        "{}{}",
        call.stdout,
        call.stderr
    );
}

#[test]
fn a_script_with_keys_of_two_trainers_is_read_as_the_likelier_or_refused() {
    let script = "python run_clm.py --per_device_train_batch_size 8 --gradient_accumulation_steps 4 \\\n\
                  --learning_rate 3e-4 --block_size 1024 --max_steps 10000 --output_dir out\n";
    let more = ["--devices", "1", "--context", "1024", "--params", "124M"];
    let call = config("train.sh", script, &more);
    assert!(call.stderr.contains("Hugging Face"), "{}", call.stderr);
    assert!(flat(&call).contains("32,768 tokens a step: 10,000 steps"), "{}", call.stdout);
    let tie = "block_size = 1024\nmax_iters = 10\nnum_train_epochs = 1\noutput_dir = 'out'\n";
    let call = config("tie.py", tie, &[]);
    assert!(call.code == Some(2) && call.stderr.contains("alike"), "{}", call.stderr);
    // Names of a trainer without its batch or length are not its configuration.
    let call = config("lr.py", "warmup_iters = 10\neval_iters = 5\nlearning_rate = 1e-3\n", &[]);
    assert!(
        call.code == Some(2) && call.stderr.contains("no configuration that is recognised"),
        "{}",
        call.stderr
    );
}

#[test]
fn words_of_a_training_script_are_not_its_settings() {
    let script = "\"\"\"\nTo run on one GPU: $ python train.py --batch_size=32 --compile=False\n\"\"\"\n\
                  batch_size = 12\nblock_size = 1024\ngradient_accumulation_steps = 5 * 8\nmax_iters = 600000\n";
    let call = config("train.py", script, &[]);
    assert!(call.stdout.contains("491,520 tokens a step"), "{}{}", call.stdout, call.stderr);
}

#[test]
fn decay_in_the_gradient_of_adam_is_not_taken_for_adamw() {
    let titan = "[training]\nlocal_batch_size = 8\nseq_len = 2048\nsteps = 1000\n[optimizer]\nname = \"Adam\"\nlr = 8e-4\n";
    let call = config("titan.toml", titan, &["--devices", "8", "--params", "8B"]);
    assert!(call.code == Some(2) && call.stderr.contains("(L2)"), "{}", call.stderr);
}

#[test]
fn what_is_not_known_of_a_run_is_asked_for_and_not_assumed() {
    let call = wane_ok(&RUN);
    assert!(
        call.stdout.contains("Power Lines: for a linear schedule, give --schedule"),
        "{}",
        call.stdout
    );
    assert!(call.stdout.contains("taken as read once"));
    let small = [
        "advise",
        "--params",
        "124M",
        "--tokens",
        "20M",
        "--batch-sequences",
        "2",
        "--context",
        "1024",
        "--lr",
        "6e-4",
    ];
    assert!(wane_ok(&small).stdout.contains("2,048 tokens a step"), "a small batch may be meant");
    let shakespeare = "dataset = 'shakespeare_char'\nbatch_size = 64\nblock_size = 256\nn_layer = 6\nn_embd = 384\nmax_iters = 5000\n\
                       gradient_accumulation_steps = 1\nlearning_rate = 1e-3\nwarmup_iters = 100\n";
    let call = config("char.py", shakespeare, &[]);
    assert!(call.code == Some(2) && call.stderr.contains("vocabulary"), "{}", call.stderr);
    let call = config("char.py", shakespeare, &["--params", "10.7M", "--unique-tokens", "1M"]);
    assert!(call.stdout.contains("81.9 epochs"), "{}{}", call.stdout, call.stderr);
}

#[test]
fn a_raw_value_is_a_default_and_no_rule_that_was_fitted() {
    let lion = with(&["--optimizer", "lion", "--schedule", "cosine"]);
    let call = wane_ok(&lion);
    assert!(flat(&call).contains("No rule was fitted on runs like this one"), "{}", call.stdout);
    assert!(call.stdout.contains("Power Lines: for AdamW, not Lion"), "{}", call.stdout);
    let adamw = json(&with(&["--schedule", "cosine"]));
    assert_eq!(rule(&adamw, "constant")["applies"], true);
    assert_ne!(adamw["in_range"][1], 0.1, "{}", adamw["in_range"]);
}

#[test]
fn a_learning_rate_that_never_falls_is_constant() {
    let finetune = "batch_size = 1\ngradient_accumulation_steps = 32\nmax_iters = 20\nlearning_rate = 3e-5\ndecay_lr = False\n";
    let call = config("finetune_shakespeare.py", finetune, &[]);
    assert!(
        flat(&call).contains("20 steps of AdamW") && flat(&call).contains(", constant."),
        "{}{}",
        call.stdout,
        call.stderr
    );
}

#[test]
fn a_fall_that_ends_before_or_after_the_run_is_computed_with() {
    let file = |fall: usize, steps: usize| {
        format!(
            "batch_size = 12\nblock_size = 1024\ngradient_accumulation_steps = 40\nmax_iters = {steps}\n\
             lr_decay_iters = {fall}\nlearning_rate = 6e-4\nmin_lr = 6e-5\nwarmup_iters = 2000\nweight_decay = 0.1\n"
        )
    };
    // λ Σ η_t by nanoGPT's own rule.
    for (fall, steps, total) in
        [(600_000, 600_000, "19.8"), (20_000, 600_000, "4.13"), (600_000, 20_000, "1.14")]
    {
        let call = config("train.py", &file(fall, steps), &[]);
        assert!(
            flat(&call).contains(&format!("the total decay λ Σ η_t is {total}.")),
            "{fall} {steps}: {}",
            call.stdout
        );
    }
}

#[test]
fn slips_of_the_pen_are_named() {
    let typo = "batch_size = 12\nblock_size = 1024\nmax_iters = 600000\nweigth_decay = 1e-2\n";
    let call = config("typo.py", typo, &[]);
    assert!(
        call.stderr.contains("`weigth_decay` is not read: is `weight_decay` meant?"),
        "{}",
        call.stderr
    );
    let condition =
        "batch_size = 12\nblock_size = 1024\nmax_iters = 600000\nif ddp:\n    batch_size = 24\n";
    let call = config("if.py", condition, &[]);
    assert!(call.code == Some(2) && call.stderr.contains("under `if ddp`"), "{}", call.stderr);
    let call = wane(&with(&["--weight-decay", "0,1"]));
    assert!(call.code == Some(2) && call.stderr.contains("expected a number"), "{}", call.stderr);
    let call = wane_ok(&with(&["--weight-decay", "100"]));
    assert!(call.stderr.contains("far above every public run"), "{}", call.stderr);
    let half = "batch_size = 12.5\nblock_size = 1024\nmax_iters = 600000\n";
    assert!(config("half.py", half, &[]).stderr.contains("whole number"));
}

#[test]
fn decay_that_no_learning_rate_multiplies_is_read_as_what_it_is() {
    let olmo = "optimizer:\n  name: decoupled_adamw\n  learning_rate: 1.0e-3\n  weight_decay: 1.0e-4\n\
                max_duration: 1000ba\nglobal_train_batch_size: 256\nmodel:\n  max_sequence_length: 2048\n";
    let call = config("old.yaml", olmo, &["--params", "300M"]);
    assert!(call.stdout.contains("This run's λ = 0.1"), "{}{}", call.stdout, call.stderr);
    assert!(
        call.stderr.contains("does not multiply decay by the learning rate"),
        "{}",
        call.stderr
    );
}

#[test]
fn files_that_are_no_configuration_are_refused_and_never_run() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("ran");
    let evil = format!(
        "import os\nos.system('touch {}')\nlearning_rate = open('x')\nmax_iters = 100000\nblock_size = 8\n",
        text(&mark)
    );
    let call = config("evil.py", &evil, &[]);
    assert_eq!(call.code, Some(2));
    assert!(
        call.stderr.contains("learning_rate = open('x'): expected a number"),
        "{}",
        call.stderr
    );
    assert!(!mark.exists());
    for (name, contents) in [
        ("notes.txt", "nothing here"),
        ("a.json", "{\"a\": 1}"),
        ("b.json", "{"),
        ("c.yaml", "a: [1"),
        ("d.toml", "= 1"),
    ] {
        let call = config(name, contents, &[]);
        assert_eq!(call.code, Some(2), "{name}");
        assert!(call.stderr.contains(name), "{}", call.stderr);
    }
}

#[test]
fn the_question_is_a_spec_that_plans_and_keeps_what_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let spec = folder.path().join("ask.toml");
    let more = ["--weight-decay", "0.1", "--schedule", "linear", "--write-spec", text(&spec)];
    let call = wane_ok(&with(&more));
    assert!(call.stderr.contains("wane sweep"), "{}", call.stderr);
    let plan = wane_ok(&["plan", text(&spec)]);
    assert!(plan.stdout.contains("5 seeds"), "{}", plan.stdout);
    let written: toml::Value = toml::from_str(&fs::read_to_string(&spec).unwrap()).unwrap();
    let train = &written["train"];
    let number = |key: &str| {
        train[key].as_float().or(train[key].as_integer().map(|one| one as f64)).unwrap()
    };
    let decays = written["arm"][1]["weight_decay"].as_array().unwrap();
    let kappas: Vec<f64> =
        decays.iter().map(|one| one.as_float().unwrap() * number("lr") * number("steps")).collect();
    // A quarter of the lowest, Power Lines, the constant 0.1 as given, four times the highest.
    for expected in [1.118, 4.473, 4.728, 18.91] {
        let near = |kappa: &&f64| (*kappa / expected - 1.0).abs() < 0.01;
        assert_eq!(kappas.iter().filter(near).count(), 1, "{expected}: {kappas:?}");
    }
    assert_eq!(kappas.len(), 4);
    let call = wane(&with(&["--write-spec", text(&spec)]));
    assert_eq!(call.code, Some(2), "a file that is there is not written over");
    wane_ok(&with(&["--write-spec", text(&spec), "--replace"]));
}

/// What a toy has otherwise than the run is told, and stands in the spec.
#[test]
fn the_question_says_what_the_toy_has_in_the_place_of_what_the_run_has() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ask.toml");
    let asked = |more: &[&str]| {
        let more = [more, &["--write-spec", text(&path), "--replace"]].concat();
        let call = wane_ok(&with(&more));
        (call.stderr, fs::read_to_string(&path).unwrap())
    };
    for (name, title, toy) in [
        ("sophia", "Sophia", "adam"),
        ("scion", "Scion", "muon"),
        ("kron", "Kron", "soap"),
        ("nadamw", "NAdamW", "adam"),
    ] {
        let (told, spec) = asked(&["--optimizer", name, "--schedule", "cosine"]);
        let note = format!("{title} is not trained here: the toy has {toy}");
        assert!(told.contains(&note) && spec.contains(&format!("# {note}.")), "{told}{spec}");
    }
    let (told, spec) = asked(&[]);
    assert!(told.contains("schedule is not known") && spec.contains("# the run's schedule"));
    let (told, spec) = asked(&["--schedule", "linear"]);
    assert!(!told.contains("toy has") && !spec.contains("# the run's"), "{told}{spec}");
    let late = file(
        folder.path(),
        "late.py",
        "batch_size = 512\ngradient_accumulation_steps = 1\nblock_size = 1024\nmax_iters = 5000\n",
    );
    wane_ok(&["advise", "--config", text(&late), "--write-spec", text(&path), "--replace"]);
    let spec = fs::read_to_string(&path).unwrap();
    let written: toml::Value = toml::from_str(&spec).unwrap();
    assert_eq!(written["train"]["min_lr_ratio"].as_integer(), Some(1), "{spec}");
    wane_ok(&["plan", text(&path)]);
    assert!(spec.contains("falls until step 600000 of 5000"), "{spec}");
}

#[test]
fn names_are_read_in_capitals_too_and_parts_of_steps_and_of_texts_are_refused() {
    let call = wane_ok(&with(&["--optimizer", "AdamW", "--schedule", "WSD"]));
    assert!(flat(&call).contains("of AdamW") && flat(&call).contains(", wsd"), "{}", call.stdout);
    let steps =
        ["advise", "--params", "610M", "--steps", "1.5", "--batch", "516096", "--lr", "2e-3"];
    let call = wane(&steps);
    assert!(
        call.code == Some(2) && call.stderr.contains("steps of the run: 1.5"),
        "{}",
        call.stderr
    );
    let call = wane(&with(&["--unique-tokens", "100"]));
    assert!(call.code == Some(2) && call.stderr.contains("less than one step"), "{}", call.stderr);
    let tiny = "advise --params 610M --tokens 12.2B --batch 516096 --lr 1e-40 --weight-decay 0.1";
    let call = wane_ok(&tiny.split(' ').collect::<Vec<_>>());
    assert!(flat(&call).contains("τ = 1/(ηλ) = 1e41 steps"), "{}", call.stdout);
    let zero = wane(&tiny.replace("1e-40", "1e-300").split(' ').collect::<Vec<_>>());
    assert!(zero.code == Some(2) && zero.stderr.contains("in 32 bits"), "{}", zero.stderr);
}
