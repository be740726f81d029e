//! Configurations of other projects as they are: programs with calls and conditions, scripts, files of other trainers.

use std::fs;

use crate::common::{Call, text, wane};

const NANOGPT: &str = "batch_size = 12\nblock_size = 1024\ngradient_accumulation_steps = 40\nmax_iters = 20000\n\
                       lr_decay_iters = 20000\nlearning_rate = 6e-4\nweight_decay = 0.1\n";

pub fn advise(name: &str, contents: &str, more: &[&str]) -> Call {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, contents).unwrap();
    wane(&[&["advise", "--config", text(&path), "--params", "125M", "--json"], more].concat())
}

#[track_caller]
pub fn run(call: &Call) -> serde_json::Value {
    assert_eq!(call.code, Some(0), "{}", call.stderr);
    serde_json::from_str::<serde_json::Value>(&call.stdout).unwrap()["run"].clone()
}

/// The run with what depends on its schedule.
#[track_caller]
fn scheduled(call: &Call) -> [serde_json::Value; 2] {
    let equivalents = serde_json::from_str::<serde_json::Value>(&call.stdout).unwrap();
    [run(call), equivalents["equivalents"].clone()]
}

#[track_caller]
pub fn refused(call: &Call, said: &str) {
    assert!(call.code == Some(2) && call.stdout.is_empty(), "{}", call.stdout);
    assert!(call.stderr.contains(said), "{}", call.stderr);
}

#[test]
fn a_decay_that_the_optimizer_is_not_called_with_is_not_taken_for_the_runs() {
    let of = |call: &str| {
        let file = format!("{NANOGPT}optimizer = torch.optim.AdamW({call})\n");
        advise("train.py", &file, &[])
    };
    refused(&of("model.parameters(), lr=learning_rate"), "and weight_decay of the file is not");
    let given = "model.parameters(), lr=learning_rate, weight_decay=weight_decay";
    assert_eq!(run(&of(given))["weight_decay"], 0.1);
    assert_eq!(run(&of("model.parameters(), **options"))["weight_decay"], 0.1);
    assert_eq!(run(&of("groups, lr=learning_rate"))["weight_decay"], 0.1);
    refused(
        &of("list(model.parameters()), lr=learning_rate"),
        "and weight_decay of the file is not",
    );
}

#[test]
fn an_optimizer_of_optax_or_keras_without_decay_has_that_of_its_library_and_not_the_files() {
    let of = |call: &str, more: &[&str]| {
        advise("train.py", &format!("{NANOGPT}optimizer = {call}\n"), more)
    };
    for (call, name) in [
        (
            "optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(cfg.learning_rate, b1=0.9))",
            "optax.adamw",
        ),
        ("optax.adamw(learning_rate, mask=decay_mask)", "optax.adamw"),
        ("optax.lion(learning_rate)", "optax.lion"),
        ("optax.sgd(learning_rate, momentum=0.9)", "optax.sgd"),
        ("keras.optimizers.AdamW(learning_rate=learning_rate)", "keras.optimizers.AdamW"),
    ] {
        let said = format!(
            "{name} is called without weight_decay, and weight_decay of the file is not given to it"
        );
        refused(&of(call, &[]), &said);
        assert_eq!(run(&of(call, &["--weight-decay", "1e-4"]))["weight_decay"], 1e-4, "{call}");
    }
    assert_eq!(
        run(&of("optax.adamw(learning_rate, weight_decay=weight_decay)", &[]))["weight_decay"],
        0.1
    );
}

#[test]
fn the_optimizer_that_a_program_calls_is_the_runs() {
    let of = |call: &str| advise("train.py", &format!("{NANOGPT}optimizer = {call}\n"), &[]);
    refused(&of("torch.optim.Adam(p, lr=learning_rate, weight_decay=weight_decay)"), "(L2)");
    refused(&of("optax.chain(optax.add_decayed_weights(0.05), optax.adam(1e-3))"), "optax.chain");
    assert_eq!(run(&of("Lion(p, weight_decay=weight_decay)"))["optimizer"], "lion");
    assert_eq!(run(&of("torch.optim.SGD(p, momentum=0.9)"))["optimizer"], "sgd");
    assert_eq!(run(&of("model.configure_optimizers(weight_decay)"))["optimizer"], "adamw");
    let named = advise("train.py", &format!("{NANOGPT}optimizer_name = 'sophiag'\n"), &[]);
    assert_eq!(run(&named)["optimizer"], "sophia");
}

#[test]
fn a_value_that_is_kept_in_a_table_is_read_and_a_list_is_refused() {
    let trainer = "output_dir: o\nper_device_train_batch_size: 8\nlearning_rate: 1e-4\nmax_steps: 1000\n\
                   max_seq_length: 1024\n";
    let of = |decay: &str| advise("run.yaml", &format!("{trainer}{decay}"), &["--devices", "1"]);
    assert_eq!(run(&of("weight_decay:\n  desc: null\n  value: 0.1\n"))["weight_decay"], 0.1);
    refused(&of("weight_decay: [0.1, 0.2]\n"), "weight_decay is a list or a table");
    refused(&of("weight_decay:\n  matrices: 0.1\n"), "weight_decay is a list or a table");
    let json = "{\"output_dir\": \"o\", \"per_device_train_batch_size\": 8, \"max_steps\": 1000, \
                \"max_seq_length\": 1024, \"weight_decay\": {\"value\": 0.2}}";
    assert_eq!(run(&advise("run.json", json, &["--devices", "1"]))["weight_decay"], 0.2);
    let twice = json.replace("\"max_steps\"", "\"weight_decay\": 0.1, \"max_steps\"");
    refused(
        &advise("run.json", &twice, &["--devices", "1"]),
        "the key `weight_decay` stands twice",
    );
}

#[test]
fn a_value_that_is_there_and_cannot_be_read_is_asked_for_and_no_default() {
    let nanogpt = NANOGPT.replace("weight_decay = 0.1", "weight_decay = \"\"");
    let unread = "weight_decay = \"\": expected a number; --weight-decay says it";
    refused(&advise("train.py", &nanogpt, &[]), unread);
    assert_eq!(run(&advise("train.py", &nanogpt, &["--weight-decay", "0.1"]))["weight_decay"], 0.1);
    let titan = "[optimizer]\nname = \"AdamW\"\nlr = 3e-4\nweight_decay = []\n[training]\nlocal_batch_size = 8\n\
                 seq_len = 2048\nsteps = 1000\n";
    let of = |text: &str| advise("titan.toml", text, &["--devices", "1"]);
    refused(&of(titan), "optimizer.weight_decay = []: expected a number");
    assert_eq!(run(&of(&titan.replace("[]\n", "0.2\n")))["weight_decay"], 0.2);
    let betas = format!("{NANOGPT}betas = \"0.8, 0.95\"\n");
    refused(&advise("train.py", &betas, &[]), "betas = 0.8, 0.95: expected a list of numbers");
    let octal = "output_dir: o\nper_device_train_batch_size: 010\nlearning_rate: 1e-4\nmax_steps: 1000\n\
                 max_seq_length: 1024\n";
    let call = advise("run.yaml", octal, &["--devices", "1"]);
    refused(&call, "per_device_train_batch_size is 010 (8 in YAML 1.1");
}

#[test]
fn a_number_that_cannot_be_meant_is_named_with_its_file_and_key() {
    for (before, after, said) in [
        ("max_iters = 20000", "max_iters = 0", "max_iters = 0: expected a whole number above 0"),
        ("batch_size = 12", "batch_size = 1e300", "batch_size = 1e300: expected a smaller"),
        (
            "weight_decay",
            "min_lr = 6\nweight_decay",
            "min_lr = 6 is above the peak learning rate 0.0006",
        ),
        ("weight_decay", "warmup_iters = 1e6\nweight_decay", "a warm-up of 1000000 steps"),
    ] {
        let call = advise("train.py", &NANOGPT.replacen(before, after, 1), &[]);
        refused(&call, said);
        assert!(call.stderr.contains("train.py"), "{}", call.stderr);
    }
}

#[test]
fn values_that_disagree_are_refused_until_an_argument_says_which() {
    for (line, said) in [
        ("val = DataLoader(v, batch_size=16)", "batch_size is 12 and 16 in line 8"),
        ("opt = Muon(p, weight_decay=0.01)", "weight_decay is 0.1 and 0.01"),
        ("if scratch: weight_decay = 0.5", "under `if scratch`"),
        ("a = Muon(p)\nb = AdamW(q)", "Muon and AdamW in line 9"),
    ] {
        refused(&advise("train.py", &format!("{NANOGPT}{line}\n"), &[]), said);
    }
    let muon = format!("{NANOGPT}a = Muon(p, weight_decay=0.1)\nb = AdamW(q, weight_decay=0.0)\n");
    let call = advise("train.py", &muon, &["--optimizer", "muon", "--weight-decay", "0.1"]);
    assert_eq!(run(&call)["weight_decay"], 0.1);
    let group = format!("{NANOGPT}groups = [dict(params=bias, weight_decay=0.0)]\n");
    assert_eq!(run(&advise("train.py", &group, &[]))["weight_decay"], 0.1);
}

#[test]
fn settings_inside_of_functions_classes_and_dictionaries_are_read() {
    let main = "def main():\n    args = TrainingArguments(\n        output_dir='out', per_device_train_batch_size=16,\n\
                \x20       learning_rate=3e-4, weight_decay=0.1, max_steps=20000, lr_scheduler_type='cosine_with_min_lr',\n\
                \x20       lr_scheduler_kwargs={'min_lr_rate': 0.1},\n    )\nif __name__ == '__main__':\n    main()\n";
    let call =
        advise("main.py", main, &["--devices", "8", "--context", "1024", "--weight-decay", "0.2"]);
    let run = run(&call);
    assert_eq!((&run["weight_decay"], &run["steps"]), (&0.2.into(), &20_000.0.into()));
    assert!(!call.stdout.contains("min_lr_rate = 0"), "{}", call.stdout);
}

#[test]
fn branches_of_a_script_are_refused_and_not_chosen_from() {
    let script = "if [ $1 = small ]; then\n  LR=6e-4\nelse\n  LR=2e-4\nfi\ntorchrun pretrain_gpt.py --num-layers 12 \\\n\
                  --hidden-size 768 --seq-length 2048 --global-batch-size 256 --train-iters 143000 --lr $LR\n";
    refused(&advise("train.sh", script, &[]), "lr is 0.0006 in line 2, under `if [ $1 = small ]`");
    assert_eq!(run(&advise("train.sh", script, &["--lr", "6e-4"]))["lr"], 6e-4);
}

#[test]
fn files_of_trainers_with_like_keys_are_told_apart() {
    let axolotl = "base_model: a\nsequence_len: 512\ngradient_accumulation_steps: 8\nmicro_batch_size: 4\nmax_steps: 10000\n\
                   warmup_ratio: 0.1\noptimizer: lion_8bit\nlr_scheduler: cosine\nlearning_rate: 3e-4\nweight_decay: 0.1\n\
                   output_dir: out\n";
    let axolotl = run(&advise("a.yaml", axolotl, &["--devices", "8"]));
    assert_eq!(
        (&axolotl["optimizer"], &axolotl["batch_tokens"]),
        (&"lion".into(), &131_072.0.into())
    );
    let foundry = "max_seq_len: 2048\noptimizer:\n  name: decoupled_adamw\n  lr: 6.0e-4\n  weight_decay: 6.0e-5\n\
                   scheduler:\n  name: cosine_with_warmup\n  alpha_f: 0.1\nmax_duration: 4800ba\nglobal_train_batch_size: 256\n";
    let foundry = run(&advise("f.yaml", foundry, &[]));
    assert!((foundry["weight_decay"].as_f64().unwrap() - 0.1).abs() < 1e-12, "{foundry}");
    let neox = "num-layers: 12\nhidden-size: 768\nseq-length: 2048\noptimizer: {type: Lion, params: {lr: 0.0001}}\n\
                train-micro-batch-size-per-gpu: 4\ntrain-iters: 320000\nlr-decay-style: cosine\nweight-decay: 1.0\n";
    let neox = run(&advise("n.yml", neox, &["--devices", "8"]));
    assert_eq!((&neox["optimizer"], &neox["weight_decay"]), (&"lion".into(), &1.0.into()));
    let muon = "output_dir: out\nper_device_train_batch_size: 1\nlearning_rate: 1.0e-3\nmax_steps: 30000\ncutoff_len: 2048\n\
                lr_scheduler_type: cosine\nweight_decay: 0.1\n";
    let switched =
        |key: &str| advise("l.yaml", &format!("{muon}{key}: true\n"), &["--devices", "64"]);
    assert_eq!(run(&switched("use_muon"))["optimizer"], "muon");
    refused(&switched("use_galore"), "use_galore");
}

#[test]
fn of_two_lengths_training_stops_at_the_first() {
    let script = "deepspeed pretrain_gpt.py --num-layers 12 --hidden-size 768 --seq-length 2048 --global-batch-size 256 \\\n\
                  --train-tokens 300000000000 --train-samples 292968750 --lr 6e-4 --lr-decay-style cosine\n";
    assert_eq!(run(&advise("ds.sh", script, &[]))["tokens"], 3e11);
}

const DEEPSPEED: &str = r#"{"train_batch_size": 256, "train_micro_batch_size_per_gpu": 4, "gradient_accumulation_steps": 8,
    "optimizer": {"type": "AdamW", "params": {"lr": 3e-4, "betas": [0.9, 0.95], "weight_decay": 0.1}},
    "scheduler": {"type": "WarmupCosineLR", "params": {"total_num_steps": 10000, "warmup_num_steps": 500}}}"#;

#[test]
fn the_batch_of_a_whole_step_is_not_multiplied_again() {
    let deepspeed = run(&advise("ds.json", DEEPSPEED, &["--context", "1024"]));
    assert_eq!(deepspeed["batch_tokens"], 262_144.0);
    assert_eq!((&deepspeed["lr"], &deepspeed["weight_decay"]), (&3e-4.into(), &0.1.into()));
    let neox = "train_batch_size: 256\ntrain_micro_batch_size_per_gpu: 4\ngradient_accumulation_steps: 8\nhidden_size: 768\n\
                optimizer: {type: Adam, params: {lr: 0.0003}}\ntrain_iters: 10000\nseq_length: 2048\nweight_decay: 0.1\n";
    assert_eq!(run(&advise("neox.yml", neox, &[]))["batch_tokens"], 524_288.0);
    let axolotl = "base_model: a\nsequence_len: 512\nbatch_size: 128\nmicro_batch_size: 4\nmax_steps: 10000\n\
                   optimizer: adamw_torch\nlr_scheduler: cosine\nlearning_rate: 3e-4\nweight_decay: 0.1\n";
    assert_eq!(run(&advise("a.yaml", axolotl, &["--devices", "8"]))["batch_tokens"], 524_288.0);
}

#[test]
fn what_a_program_passes_to_its_optimizer_stands_before_a_trainers_defaults() {
    let program = format!(
        "{}optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.8, 0.95), weight_decay=0.05)\n",
        NANOGPT.replace("learning_rate = 6e-4\n", "").replace("weight_decay = 0.1\n", "")
    );
    let call = advise("train.py", &program, &[]);
    let run = run(&call);
    assert_eq!((&run["lr"], &run["weight_decay"]), (&1e-3.into(), &0.05.into()), "{run}");
    assert!(!call.stdout.contains("learning_rate = 6e-4"), "{}", call.stdout);
}

#[test]
fn a_warm_up_below_one_step_is_a_share() {
    let of = |warmup: &str| {
        let file = format!(
            "{{\"output_dir\": \"o\", \"per_device_train_batch_size\": 8, \"max_steps\": 10000, \"learning_rate\": 1e-3, \
             \"weight_decay\": 0.1, {warmup}}}"
        );
        let more = ["--devices", "1", "--context", "1024"];
        run(&advise("hf.json", &file, &more))
    };
    assert_eq!(of("\"warmup_steps\": 0.1"), of("\"warmup_steps\": 1000"));
}

#[test]
fn a_key_that_puts_decay_into_the_gradient_is_refused_and_one_that_does_not_is_read() {
    let megatron = |more: &str| {
        let script = format!(
            "torchrun pretrain_gpt.py --num-layers 12 --hidden-size 768 --seq-length 2048 --global-batch-size 256 \\\n\
             --train-iters 10000 --lr 6e-4 --lr-decay-style cosine --weight-decay 0.1 {more}\n"
        );
        advise("gpt.sh", &script, &[])
    };
    assert_eq!(run(&megatron(""))["weight_decay"], 0.1);
    let coupled = megatron("--no-decoupled-weight-decay");
    refused(&coupled, "no_decoupled_weight_decay = true: it puts decay into the gradient (L2)");
    assert!(run(&megatron("--no-decoupled-weight-decay --optimizer sgd"))["optimizer"] == "sgd");
    let deepspeed = |kind: &str, decoupled: bool| {
        let params = format!("\"{kind}\", \"params\": {{\"adam_w_mode\": {decoupled}, ");
        let file = DEEPSPEED.replace("\"AdamW\", \"params\": {", &params);
        advise("ds.json", &file, &["--context", "1024"])
    };
    refused(&deepspeed("Adam", false), "optimizer.params.adam_w_mode = false");
    assert_eq!(run(&deepspeed("Adam", true))["optimizer"], "adamw");
    assert_eq!(run(&deepspeed("AdamW", false))["optimizer"], "adamw");
}

/// A name that holds that of a known optimizer is mostly another one.
#[test]
fn optimizers_that_no_rule_covers_are_refused_and_not_taken_for_adamw() {
    let of = |call: &str| advise("train.py", &format!("{NANOGPT}optimizer = {call}\n"), &[]);
    for name in ["torch.optim.NAdam", "torch.optim.Adamax", "torch.optim.adam.Adam"] {
        refused(&of(&format!("{name}(p, weight_decay=weight_decay)")), "(L2)");
    }
    for name in [
        "Adan",
        "optax.adan",
        "AdEMAMix",
        "Dion",
        "CAME",
        "Ranger21",
        "PSGD",
        "torch.optim.ASGD",
        "torch.optim.LBFGS",
        "torch.optim.Rprop",
        "torch.optim.Adadelta",
        "torch.optim.SparseAdam",
    ] {
        refused(&of(&format!("{name}(p, weight_decay=weight_decay)")), "no rule is known for");
    }
    for (name, optimizer) in [
        ("torch.optim.Adam(p, weight_decay=weight_decay, decoupled_weight_decay=True)", "adamw"),
        ("torch.optim.NAdam(p, weight_decay=weight_decay, decoupled_weight_decay=True)", "nadamw"),
        ("bnb.optim.Adam8bit(p, weight_decay=weight_decay)", "adamw"),
        ("DeepSpeedCPUAdam(p, weight_decay=weight_decay)", "adamw"),
        ("MARS(p, weight_decay=weight_decay)", "mars"),
        ("Kron(p, weight_decay=weight_decay)", "kron"),
        ("SophiaG(p, weight_decay=weight_decay)", "sophia"),
    ] {
        assert_eq!(run(&of(name))["optimizer"], optimizer, "{name}");
    }
    refused(&of("FusedAdam(p, weight_decay=weight_decay, adam_w_mode=False)"), "adam_w_mode");
    let schedule =
        "optimizer = AdamW(p, weight_decay=weight_decay)\nscheduler = LambdaLR(optimizer, f)\n";
    let call = advise("train.py", &format!("{NANOGPT}{schedule}"), &[]);
    assert_eq!(run(&call)["optimizer"], "adamw");
    let lit = |optimizer: &str| {
        let file = format!(
            "train:\n  global_batch_size: 512\n  max_tokens: 3000000000\n  max_seq_length: 2048\n  \
             lr_warmup_steps: 10\noptimizer: {optimizer}\n"
        );
        advise("lit.yaml", &file, &["--lr", "4e-4"])
    };
    refused(&lit("Adam"), "optimizer = Adam: it puts decay into the gradient");
    assert_eq!(run(&lit("SGD"))["optimizer"], "sgd");
    refused(&lit("{class_path: torch.optim.Adamax}"), "(L2)");
}

const OLMO: &str = "model: {d_model: 1024, n_layers: 24, embedding_size: 50304, max_sequence_length: 2048}\n\
                    max_duration: 1e10T\nglobal_train_batch_size: 512\n";

#[test]
fn what_olmo_takes_without_an_optimizer_is_lion() {
    let call = advise("olmo.yaml", OLMO, &[]);
    let run = run(&call);
    assert_eq!((&run["optimizer"], &run["lr"]), (&"lion".into(), &1e-4.into()));
    assert_eq!(run["weight_decay"], 0.01);
}

#[test]
fn minus_one_is_unset_where_the_trainer_says_so_alone() {
    let olmo = format!("{OLMO}optimizer: {{name: adamw, learning_rate: 1e-3, weight_decay: -1}}\n");
    refused(
        &advise("olmo.yaml", &olmo, &[]),
        "optimizer.weight_decay = -1: expected 0 or a number",
    );
    let hf = "{\"output_dir\": \"o\", \"per_device_train_batch_size\": 8, \"learning_rate\": -1, \"max_steps\": 9}";
    let more = ["--devices", "1", "--context", "1024"];
    refused(&advise("hf.json", hf, &more), "learning_rate = -1");
    let torchtitan = "[training]\nlocal_batch_size = 8\nglobal_batch_size = -1\nseq_len = 2048\nsteps = 1000\n\
                      [optimizer]\nname = \"AdamW\"\nlr = 8e-4\n";
    let titan = run(&advise("t.toml", torchtitan, &["--devices", "8"]));
    assert_eq!(titan["batch_tokens"], 131_072.0);
    let local = torchtitan.replace("local_batch_size = 8", "local_batch_size = -1");
    let call = advise("t.toml", &local, &["--devices", "8"]);
    refused(&call, "training.local_batch_size = -1: expected a whole number above 0");
}

/// λ of a file is of the file's optimizer, whichever is given beside it.
#[test]
fn decay_without_the_learning_rate_is_converted_whatever_optimizer_is_given() {
    let foundry = "max_seq_len: 2048\noptimizer:\n  name: decoupled_adamw\n  lr: 6.0e-4\n  weight_decay: 6.0e-5\n\
                   max_duration: 4800ba\nglobal_train_batch_size: 256\nscheduler: {name: cosine_with_warmup}\n";
    let call = advise("f.yaml", foundry, &["--optimizer", "adamw"]);
    assert!((run(&call)["weight_decay"].as_f64().unwrap() - 0.1).abs() < 1e-12);
    let none = advise("f.yaml", &foundry.replace("6.0e-5", "0.0"), &[]);
    assert!(run(&none)["weight_decay"] == 0.0 && !none.stdout.contains("there is λ"));
}

#[test]
fn epochs_of_a_file_hold_beside_the_tokens_that_are_given() {
    let hf = "{\"output_dir\": \"o\", \"per_device_train_batch_size\": 8, \"num_train_epochs\": 16, \
              \"learning_rate\": 3e-3, \"weight_decay\": 0.1}";
    let of = |file: &str, more: &[&str]| {
        let more = [&["--devices", "4", "--context", "2048"], more].concat();
        run(&advise("hf.json", file, &more))["epochs"].as_f64().unwrap()
    };
    assert_eq!(of(hf, &["--tokens", "3.36B"]), 16.0);
    assert_eq!(of(hf, &["--unique-tokens", "210M"]), 16.0);
    assert_eq!(of(hf, &["--tokens", "3.36B", "--unique-tokens", "420M"]), 8.0);
    assert_eq!(of(hf, &["--steps", "1000"]), 1.0);
    let stops = hf.replace("\"num_train", "\"max_steps\": 5000, \"num_train");
    assert_eq!(of(&stops, &["--tokens", "3.36B"]), 1.0, "max_steps stands before the epochs");
    let foundry = "max_seq_len: 2048\noptimizer: {name: adamw, lr: 6.0e-4}\nmax_duration: 4ep\nglobal_train_batch_size: 256\n\
                   scheduler: {name: cosine_with_warmup}\n";
    assert_eq!(run(&advise("f.yaml", foundry, &["--tokens", "3B"]))["epochs"], 4.0);
}

#[test]
fn a_fall_that_does_not_end_with_the_run_is_no_cosine_of_the_run() {
    let small = ["--width", "768", "--params", "124M"];
    let late = "batch_size = 512\ngradient_accumulation_steps = 1\nblock_size = 1024\nmax_iters = 5000\nlearning_rate = 1e-3\n";
    let told = |name: &str, file: &str, end: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, file).unwrap();
        let call = wane(&[&["advise", "--config", text(&path)], end].concat());
        call.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let flat = told("late.py", late, &small);
    assert!(
        flat.contains("all but constant: its cosine to 0.06 of it ends at step 600,000"),
        "{flat}"
    );
    assert!(flat.contains("one ends at step 600,000 of 5,000"), "{flat}");
    let early = "torchrun pretrain_gpt.py --num-layers 24 --hidden-size 1024 --seq-length 1024 --global-batch-size 512 \\\n\
                 --lr 0.00015 --train-iters 500000 --lr-decay-iters 320000 --lr-decay-style cosine --min-lr 1.0e-5\n";
    let flat = told("early.sh", early, &["--params", "354M"]);
    assert!(flat.contains("cosine to 0.0667 of it by step 320,000, then constant"), "{flat}");
    let whole = told("whole.py", &format!("{late}lr_decay_iters = 5000\n"), &small);
    assert!(!whole.contains("ends at step"), "{whole}");
}

/// Without --params: what a file says of the shape counts them.
fn counted(name: &str, contents: &str) -> Call {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, contents).unwrap();
    wane(&["advise", "--config", text(&path), "--json"])
}

#[test]
fn the_shape_of_a_model_is_that_of_the_weights_that_a_file_starts_from() {
    let file = "dataset = 'shakespeare'\ninit_from = 'gpt2-xl'\nbatch_size = 1\ngradient_accumulation_steps = 32\n\
                max_iters = 20\nlearning_rate = 3e-5\ndecay_lr = False\n";
    let params = |file: &str| run(&counted("n.py", file))["params"].as_f64().unwrap();
    assert!((params(file) / 1.5577e9 - 1.0).abs() < 0.01);
    assert!((params(&file.replace("-xl", "-medium")) / 354.8e6 - 1.0).abs() < 0.01);
    let scratch = file.replace("gpt2-xl", "scratch").replace("shakespeare", "openwebtext");
    assert!((params(&scratch) / 124e6 - 1.0).abs() < 0.01);
    refused(&counted("n.py", &file.replace("gpt2-xl", "resume")), "vocabulary is not known");
}

#[test]
fn programs_that_grew_out_of_nanogpt_are_not_read_as_its_defaults() {
    let modded = "batch_size = 8 * 64\nsequence_length = 1024\nnum_iterations = 5100\nlearning_rate = 0.0036\n\
                  warmup_iters = 0\nn_layer = 12\nn_embd = 768\n";
    let call = advise("modded.py", modded, &["--optimizer", "muon"]);
    refused(&call, "`num_iterations` and no `max_iters`");
}

#[test]
fn every_argument_of_megatron_written_out_is_read_by_its_value() {
    let dump = "num_layers: 24\nhidden_size: 1024\nnum_attention_heads: 16\nkv_channels: 64\nseq_length: 2048\n\
                padded_vocab_size: 50304\nglobal_batch_size: 256\ntrain_iters: 20000\ntrain_samples: null\nlr: 0.0006\n\
                lr_decay_style: cosine\nweight_decay: 0.1\nstart_weight_decay: 0.1\nend_weight_decay: 0.1\n\
                swiglu: false\nnum_experts: null\ngroup_query_attention: false\nffn_hidden_size: 4096\n";
    let call = counted("dump.yaml", dump);
    assert_eq!(run(&call)["weight_decay"], 0.1);
    assert!((run(&call)["params"].as_f64().unwrap() / 353.5e6 - 1.0).abs() < 0.01);
    let rising = dump.replace("end_weight_decay: 0.1", "end_weight_decay: 0.3");
    let call = counted("dump.yaml", &rising);
    assert!(run(&call)["weight_decay"].is_null() && call.stdout.contains("λ changes over the run"));
    let wide = dump.replace("ffn_hidden_size: 4096", "ffn_hidden_size: 2816");
    refused(&counted("dump.yaml", &wide), "ffn_hidden_size = 2816 makes blocks of another shape");
    let foundry = "max_seq_len: 2048\nmodel: {d_model: 768, n_layers: 12, expansion_ratio: 4, vocab_size: 50368}\n\
                   optimizer: {name: adamw, lr: 6.0e-4}\nmax_duration: 4800ba\nglobal_train_batch_size: 256\n";
    assert!(
        (run(&counted("f.yaml", foundry))["params"].as_f64().unwrap() / 124e6 - 1.0).abs() < 0.01
    );
    let olmo = OLMO.replace("n_layers", "mlp_hidden_size: 22016, n_layers");
    refused(&counted("olmo.yaml", &olmo), "model.mlp_hidden_size = 22016 makes blocks");
}

#[test]
fn what_was_taken_for_a_run_is_told_where_it_is_refused_too() {
    let hf = "{\"output_dir\": \"o\", \"per_device_train_batch_size\": 8, \"max_step\": 1000, \"learning_rate\": 1e-3}";
    let call = advise("hf.json", hf, &["--devices", "1", "--context", "1024"]);
    refused(&call, "`max_step` is not read: is `max_steps` meant?");
    assert!(call.stderr.contains("num_train_epochs = 3"), "{}", call.stderr);
    let short = "batch_size = 12\nblock_size = 1024\nmax_iters = 1000\n";
    refused(&advise("short.py", short, &[]), "warmup_iters = 2000");
}

#[test]
fn values_that_another_program_fills_in_name_the_argument_that_says_them() {
    let auto = DEEPSPEED.replace("\"warmup_num_steps\": 500", "\"warmup_num_steps\": \"auto\"");
    let call = advise("ds.json", &auto, &["--context", "1024"]);
    refused(&call, "warmup_num_steps = auto: the Hugging Face Trainer fills it in");
    assert!(call.stderr.contains("--warmup says it"), "{}", call.stderr);
    run(&advise("ds.json", &auto, &["--context", "1024", "--warmup", "500"]));
}

#[test]
fn training_a_part_of_the_model_is_remarked_and_a_mark_of_encoding_is_passed_over() {
    let trainer = "output_dir: o\nper_device_train_batch_size: 8\nlearning_rate: 1e-4\nmax_steps: 1000\ncutoff_len: 1024\n";
    let of = |kind: &str| {
        let file = format!("\u{feff}{trainer}finetuning_type: {kind}\n");
        let call = advise("l.yaml", &file, &["--devices", "1"]);
        run(&call);
        call.stdout.contains("not the whole model is trained")
    };
    assert!(of("lora") && !of("full"));
    let json = "\u{feff}{\"output_dir\": \"o\", \"per_device_train_batch_size\": 8, \"max_steps\": 1000, \
                \"max_seq_length\": 1024}";
    assert_eq!(run(&advise("bom.json", json, &["--devices", "1"]))["steps"], 1000.0);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("utf-16.json");
    let wide: Vec<u8> = json.encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(&path, wide).unwrap();
    let call = wane(&["advise", "--config", text(&path), "--params", "125M"]);
    refused(&call, "iconv -f UTF-16 -t UTF-8");
}

const TRAINER: &str = "args = TrainingArguments(output_dir='o', per_device_train_batch_size=8, max_steps=10000,\n\
                       \x20   learning_rate=5e-5, adam_beta1=0.9, weight_decay=0.1)\n";

#[test]
fn the_learning_rate_that_the_optimizer_is_called_with_stands_before_another_in_the_file() {
    let more = ["--devices", "1", "--context", "1024"];
    let optimizer =
        "optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.1)\n";
    let call = advise("hf.py", &format!("{TRAINER}{optimizer}"), &more);
    assert_eq!(run(&call)["lr"], 1e-3);
    assert!(call.stdout.contains("and not learning_rate = 0.00005"), "{}", call.stdout);
    let of = |optimizer: &str| advise("train.py", &format!("{NANOGPT}tx = {optimizer}\n"), &[]);
    assert_eq!(run(&of("optax.adamw(1e-3, weight_decay=weight_decay)"))["lr"], 1e-3);
    for rate in ["learning_rate", "args.learning_rate", "config['peak']"] {
        let call = of(&format!("torch.optim.AdamW(p, lr={rate}, weight_decay=weight_decay)"));
        assert_eq!(run(&call)["lr"], 6e-4, "{rate}");
        assert!(!call.stdout.contains("and not learning_rate"), "{}", call.stdout);
    }
}

#[test]
fn parameter_groups_with_several_learning_rates_are_refused_until_one_is_given() {
    let muon = format!(
        "{NANOGPT}groups = [\n    dict(params=hidden, lr=0.02, weight_decay=weight_decay),\n    \
         dict(params=others, lr=learning_rate, weight_decay=weight_decay),\n]\n\
         optimizer = SingleDeviceMuonWithAuxAdam(groups)\n"
    );
    let several = "0.02 in line 9 and 0.0006 in line 10, and learning_rate = 0.0006: expected one value; --lr says it";
    refused(&advise("train.py", &muon, &[]), several);
    let given = run(&advise("train.py", &muon, &["--lr", "0.02"]));
    assert_eq!((&given["lr"], &given["optimizer"]), (&0.02.into(), &"muon".into()));
    let changed = format!(
        "{NANOGPT}def train(lr=1e-3):\n    opt = AdamW(p, lr=lr, weight_decay=weight_decay)\ntrain(lr=3e-4)\n"
    );
    let refusal = "called with is 0.001, and learning_rate = 0.0006";
    refused(&advise("train.py", &changed, &[]), refusal);
}

#[test]
fn two_keys_of_a_field_that_state_different_numbers_are_refused() {
    let more = ["--devices", "1", "--context", "1024"];
    let of = |line: &str| advise("hf.py", &format!("{TRAINER}{line}\n"), &more);
    refused(&of("optimizer = make(lr=1e-3)"), "learning_rate = 0.00005 and lr = 0.001");
    refused(&of("optimizer = make(betas=(0.8, 0.95))"), "adam_beta1 = 0.9 and betas.0 = 0.8");
    run(&of("optimizer = make(lr=5e-5, betas=(0.9, 0.95))"));
    let lit = "train:\n  global_batch_size: 512\n  max_tokens: 3000000000\n  max_seq_length: 2048\n  weight_decay: 0.1\n\
               \x20 lr_warmup_steps: 10\noptimizer: {class_path: torch.optim.AdamW, init_args: {lr: 4e-4, weight_decay: 0.2}}\n";
    refused(
        &advise("lit.yaml", lit, &[]),
        "optimizer.init_args.weight_decay = 0.2 and train.weight_decay = 0.1",
    );
}

#[test]
fn a_program_that_makes_its_optimizer_itself_has_no_defaults_of_nanogpt() {
    let lecture = "batch_size = 64\nblock_size = 256\nmax_iters = 5000\neval_iters = 200\nlearning_rate = 3e-4\n\
                   n_embd = 384\nn_layer = 6\n";
    let optimizer =
        "optimizer = torch.optim.AdamW(m.parameters(), lr=learning_rate, weight_decay=0.1)\n";
    let program = format!("{lecture}{optimizer}");
    let call = advise("gpt.py", &program, &[]);
    let own = run(&call);
    assert_eq!((&own["batch_tokens"], &own["steps"]), (&16_384.0.into(), &5000.0.into()));
    assert!(call.stdout.contains("defaults of nanoGPT do not hold"), "{}", call.stdout);
    assert!(!call.stdout.contains("taken from the defaults"), "{}", call.stdout);
    refused(&counted("gpt.py", &program), "--params");
    for (line, asked) in [
        ("batch_size = 64\n", "give the batch: --batch"),
        ("block_size = 256\n", "give --context"),
        ("max_iters = 5000\n", "give the length of the run"),
    ] {
        let silent = program.replace(line, "");
        refused(&advise("gpt.py", &silent, &[]), asked);
    }
    let overrides = advise("config.py", lecture, &["--warmup", "100"]);
    assert_eq!(run(&overrides)["batch_tokens"], 655_360.0);
}

#[test]
fn the_schedule_of_a_program_of_its_own_is_nanogpts_where_it_has_its_names_alone() {
    let told = |lines: &str| {
        let program = format!("{NANOGPT}{lines}optimizer = Lion(p, weight_decay=weight_decay)\n");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("train.py");
        fs::write(&path, program).unwrap();
        let call = wane(&["advise", "--config", text(&path), "--params", "125M"]);
        assert_eq!(call.code, Some(0), "{}", call.stderr);
        (call.stdout.split_whitespace().collect::<Vec<_>>().join(" "), call.stderr)
    };
    let (stdout, stderr) = told("min_lr = 6e-5\n");
    assert!(
        stdout.contains("0.0006, cosine to 0.1") && stderr.contains("taken for nanoGPT's"),
        "{stderr}"
    );
    let (stdout, stderr) = told("");
    assert!(
        !stdout.contains("0.0006, cosine") && stderr.contains("--schedule"),
        "{stdout}{stderr}"
    );
}

#[test]
fn deepspeed_has_a_schedule_where_the_file_has_one_and_its_peak_is_the_runs() {
    let (head, _) = DEEPSPEED.split_once(",\n    \"scheduler\"").unwrap();
    let call = advise("ds.json", &format!("{head}}}"), &["--context", "1024", "--steps", "10000"]);
    assert_eq!(run(&call)["lr"], 3e-4);
    assert!(call.stdout.contains("no schedule is stated (scheduler.type)"), "{}", call.stdout);
    assert!(!call.stdout.contains("taken from the defaults"), "{}", call.stdout);
    let more = ["--context", "1024"];
    for schedule in ["WarmupLR", "WarmupDecayLR"] {
        let silent = DEEPSPEED.replace("WarmupCosineLR", schedule);
        let call = advise("ds.json", &silent, &more);
        assert_eq!(run(&call)["lr"], 1e-3, "{schedule}");
        assert!(call.stdout.contains("scheduler.params.warmup_max_lr = 0.001"), "{}", call.stdout);
        let stated =
            silent.replace("\"warmup_num_steps\"", "\"warmup_max_lr\": 5e-4, \"warmup_num_steps\"");
        assert_eq!(run(&advise("ds.json", &stated, &more))["lr"], 5e-4, "{schedule}");
        let given = advise("ds.json", &silent, &[&more[..], &["--lr", "2e-3"]].concat());
        assert_eq!(run(&given)["lr"], 2e-3, "{schedule}");
    }
}

#[test]
fn flags_of_the_example_without_a_trainer_are_those_of_training_arguments() {
    let of = |flags: &str| {
        let script = format!(
            "accelerate launch run_clm_no_trainer.py --per_device_train_batch_size 8 --block_size 1024 \\\n  \
             --learning_rate 3e-4 --weight_decay 0.1 --num_train_epochs 3 --lr_scheduler_type cosine {flags} \\\n  \
             --output_dir out\n"
        );
        advise("clm.sh", &script, &["--devices", "1"])
    };
    let own = run(&of("--max_train_steps 10000 --num_warmup_steps 500"));
    assert_eq!((&own["steps"], &own["batch_tokens"]), (&10_000.0.into(), &8192.0.into()));
    assert_eq!(own, run(&of("--max_steps 10000 --warmup_steps 500")));
    refused(
        &of("--max_train_steps 10000 --num_warmup_steps 20000"),
        "a warm-up of 20000 steps in a run of 10000",
    );
}

#[test]
fn decay_of_keras_is_decoupled_that_of_torch_is_not_and_a_schedule_is_no_optimizer() {
    let of = |lines: &str| advise("train.py", &format!("{NANOGPT}{lines}\n"), &[]);
    for library in ["keras", "tf.keras"] {
        let adam = format!(
            "optimizer = {library}.optimizers.Adam(learning_rate=learning_rate, weight_decay=weight_decay)"
        );
        assert_eq!(run(&of(&adam))["optimizer"], "adamw", "{library}");
        let sgd = of(&adam
            .replace("Adam(", "SGD(")
            .replace("weight_decay)", "weight_decay, momentum=0.9)"));
        assert_eq!(run(&sgd)["optimizer"], "sgd", "{library}");
        assert!(!sgd.stdout.contains("SGD has its decay in the gradient"), "{}", sgd.stdout);
    }
    let torch = of("optimizer = torch.optim.SGD(p, lr=learning_rate, weight_decay=weight_decay)");
    assert!(torch.stdout.contains("SGD has its decay in the gradient"), "{}", torch.stdout);
    refused(&of("optimizer = torch.optim.Adam(p, weight_decay=weight_decay)"), "(L2)");
    let schedule = "schedule = keras.optimizers.schedules.CosineDecay(0.0, max_iters, warmup_steps=100)\n\
                    optimizer = keras.optimizers.AdamW(learning_rate=schedule, weight_decay=weight_decay)";
    assert_eq!(run(&of(schedule))["optimizer"], "adamw");
}

#[test]
fn a_program_that_makes_adapters_of_peft_trains_not_the_whole_model() {
    let of = |lines: &str| {
        let program = format!(
            "{lines}args = SFTConfig(output_dir='o', max_length=2048, per_device_train_batch_size=4, max_steps=1000,\n\
             \x20   learning_rate=2e-4, weight_decay=0.1)\n"
        );
        let call = advise("sft.py", &program, &["--devices", "1"]);
        run(&call);
        call.stdout
            .contains(" is called: where adapters are trained, not the whole model is trained")
    };
    assert!(of("from peft import LoraConfig\npeft_config = LoraConfig(r=16)\n"));
    assert!(of("model = FastLanguageModel.get_peft_model(model, r=16)\n"));
    assert!(!of("peft_config = get_peft_config(model_args)\n"));
}

#[test]
fn litgpt_with_lora_trains_not_the_whole_model() {
    let of = |lora: &str| {
        let file = format!(
            "checkpoint_dir: checkpoints/meta-llama/Llama-2-7b-hf\n{lora}train:\n  global_batch_size: 8\n  max_steps: 1000\n  \
             max_seq_length: 512\n  lr_warmup_steps: 10\n  min_lr: 6.0e-5\noptimizer: {{class_path: torch.optim.AdamW, \
             init_args: {{lr: 2e-4, weight_decay: 0.1}}}}\n"
        );
        let call = advise("lit.yaml", &file, &[]);
        run(&call);
        call.stdout.contains("lora_r = 32: not the whole model is trained")
    };
    assert!(of("lora_r: 32\nlora_alpha: 16\n") && !of(""));
}

#[test]
fn a_lowest_learning_rate_in_json_is_read_and_one_that_a_schedule_needs_has_no_default() {
    let of = |kwargs: &str| {
        let script = format!(
            "torchrun train.py --output_dir out --max_steps 20000 --per_device_train_batch_size 8 \\\n  \
             --learning_rate 5e-4 --weight_decay 0.01 --lr_scheduler_type cosine_with_min_lr {kwargs}\n"
        );
        let more = ["--devices", "8", "--context", "1024"];
        advise("hf.sh", &script, &more)
    };
    let stated = of("--lr_scheduler_kwargs '{\"min_lr\": 4e-5}'");
    assert!(!stated.stdout.contains("min_lr_rate = 0"), "{}", stated.stdout);
    let share = of("--lr_scheduler_kwargs '{\"min_lr_rate\": 0.08}'");
    assert_eq!(scheduled(&stated), scheduled(&share));
    let least = of("--lr_scheduler_kwargs '{\"min_lr\": 4e-7}'");
    assert_ne!(scheduled(&stated), scheduled(&least));
    refused(&of(""), "the schedule is cosine_with_min_lr: expected one of");
}

#[test]
fn a_command_that_reads_a_configuration_beside_its_flags_has_no_defaults() {
    let said = "reads config/train_shakespeare_char.py, which is not read with it: ";
    let command = "train.py config/train_shakespeare_char.py";
    for script in [
        format!(
            "python prepare.py\ntorchrun --standalone {command} --max_iters=5000 --lr_decay_iters=5000\n"
        ),
        format!("python {command} \\\n  --batch_size=5 \\\n  --max_iters=40000 --block_size=64\n"),
        format!("python {command}\n"),
        format!("ARGS=\"--max_iters=5000 --n_layer 4\"\npython {command} $ARGS\n"),
    ] {
        refused(&advise("run.sh", &script, &[]), said);
    }
    let other = "python tools/convert.py config.yaml --output_dir x\ntorchrun pretrain_gpt.py --num-layers 12 --hidden-size 768 \\\n  \
                 --seq-length 2048 --global-batch-size 256 --train-iters 143000 --lr 6e-4\n";
    run(&advise("run.sh", other, &[]));
}

#[test]
fn a_configuration_that_a_command_reads_is_told_by_the_flag_that_names_it() {
    let of = |before: &str, named: &str| {
        let script = format!(
            "{before}python train.py {named} --learning_rate 1e-4 --max_steps 1000 --per_device_train_batch_size 8\n"
        );
        advise("run.sh", &script, &["--devices", "1", "--context", "1024"])
    };
    for named in ["-c a.yaml", "--train_config a.yaml", "--bf16 a.yaml", "--config ${C:-a.yaml}"] {
        refused(&of("", named), "reads a.yaml, which is not read with it");
    }
    refused(&of("", "--config run.json"), "reads run.json, which is not read with it");
    refused(&of("CONFIG=${1:-a.yaml}\n", "--config $CONFIG"), "reads a.yaml, which");
    refused(&of("", "--config $1"), "reads the configuration that `--config $1` names, which");
    let branch = "if [ -n \"$1\" ]; then CONFIG=a.yaml; else CONFIG=b.yaml; fi\n";
    refused(&of(branch, "--config $CONFIG"), "that `--config $CONFIG` names, which");
    refused(&of("", "--config-name gpt_5b"), "that `--config-name gpt_5b` names, which");
    for named in ["", "--data_files a.yaml b.yaml", "--dataset_config_name wikitext-2-raw-v1"] {
        assert_eq!(run(&of("", named))["lr"], 1e-4, "{named}");
    }
}

/// The run of a script with another file beside it.
fn with_file(script: &str, name: &str, contents: &str) -> Call {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), contents).unwrap();
    let path = folder.path().join("run.sh");
    fs::write(&path, script).unwrap();
    let words = ["advise", "--config", text(&path), "--params", "125M", "--json"];
    wane(&[&words[..], &["--devices", "1", "--context", "1024"]].concat())
}

#[test]
fn a_configuration_beside_the_command_that_reads_it_is_read_under_its_flags() {
    let yaml = "output_dir: out\nper_device_train_batch_size: 8\nmax_steps: 1000\nlearning_rate: 1e-4\nweight_decay: 0.05\n";
    let of = |command: &str| run(&with_file(command, "a.yaml", yaml));
    let file = of("accelerate launch --num_processes 2 train.py --config a.yaml\n");
    assert_eq!((&file["lr"], &file["weight_decay"]), (&1e-4.into(), &0.05.into()));
    for command in [
        "accelerate launch train.py --config a.yaml --learning_rate 3e-4\n",
        "LR=3e-4\npython train.py --config a.yaml \\\n  --learning_rate $LR\n",
        "python train.py --config=a.yaml --lr 3e-4\n",
        "python train.py config=a.yaml learning_rate=3e-4\n",
    ] {
        let found = of(command);
        let said = (&found["lr"], &found["weight_decay"], &found["steps"]);
        assert_eq!(said, (&3e-4.into(), &0.05.into(), &1000.0.into()), "{command}");
    }
    let several = "python train.py --config a.yaml --lr 3e-4 --max_steps 9\n\
                   python train.py --config a.yaml --lr 4e-4 --max_steps 9\n";
    refused(&with_file(several, "a.yaml", yaml), "it is one of several");
    let by_list = "ARGS=\"--lr 3e-4\"\npython train.py --config a.yaml $ARGS\n";
    refused(&with_file(by_list, "a.yaml", yaml), "flags come to it by a variable");
    refused(
        &with_file("python train.py --config b.yaml\n", "a.yaml", yaml),
        "no such file beside it",
    );
}

#[test]
fn a_configuration_of_deepspeed_is_read_where_the_flags_of_its_command_are_no_run() {
    let found =
        run(&with_file("deepspeed train.py --deepspeed_config ds.json\n", "ds.json", DEEPSPEED));
    assert_eq!((&found["lr"], &found["weight_decay"]), (&3e-4.into(), &0.1.into()));
}

#[test]
fn flags_that_the_trainer_of_a_file_does_not_read_are_refused_and_those_that_count_are_named() {
    let command = "deepspeed train.py --deepspeed_config ds.json --learning_rate 1e-4 --max_steps 9 --save_steps 3\n";
    let call = with_file(command, "ds.json", DEEPSPEED);
    refused(&call, "it does not read the command's learning_rate, max_steps, and");
    refused(&call, "say by --lr, --steps");
    let same = with_file(
        "deepspeed train.py --deepspeed_config ds.json --learning_rate 3e-4\n",
        "ds.json",
        DEEPSPEED,
    );
    assert!(same.stdout.contains("none of its flags stands"), "{}", same.stdout);
    assert_eq!(run(&same)["lr"], 3e-4);
    let lingua = "steps: 60000\noptim: {lr: 1e-3, weight_decay: 0.1, warmup: 2000}\n\
                  data: {seq_len: 4096, batch_size: 4}\nmodel: {dim: 768, n_layers: 12}\n";
    let of = |flags: &str| {
        let script = format!("python -m lingua.train config=l.yaml {flags}\n");
        with_file(&script, "l.yaml", lingua)
    };
    let read = of("optim.lr=2e-3 optim.warmup=2000 eval.batch_size=8");
    assert_eq!(run(&read)["lr"], 2e-3);
    assert!(read.stdout.contains("l.yaml: optim.lr\""), "{}", read.stdout);
    refused(&of("optim.lr=2e-3 train.steps=100 learning_rate=9"), "learning_rate, train.steps");
}

#[test]
fn a_file_of_nanogpt_stands_over_the_flags_before_it() {
    let of = |command: &str| run(&with_file(command, "own.py", NANOGPT))["lr"].clone();
    let own = of("python train.py own.py\n");
    assert_ne!(own, 7e-4);
    assert_eq!(of("python train.py \\\n  --learning_rate=7e-4 own.py\n"), own);
    assert_eq!(of("python train.py own.py --learning_rate=7e-4\n"), 7e-4);
}

#[test]
fn a_schedule_of_optax_that_warms_up_and_falls_is_read_with_the_optimizer_that_it_is_for() {
    let of = |schedule: &str, optimizer: &str| {
        let file = format!(
            "batch_size = 256\nblock_size = 1024\nmax_iters = 20000\ngradient_accumulation_steps = 1\npeak = 5e-4\n\
             schedule = optax.warmup_cosine_decay_schedule({schedule})\n\
             optimizer = {optimizer}\n"
        );
        advise("train.py", &file, &[])
    };
    let named =
        "init_value=0.0, peak_value=peak, warmup_steps=500, decay_steps=20000, end_value=5e-5";
    let adamw = "optax.adamw(schedule, b1=0.8, b2=0.95, weight_decay=0.2)";
    let call = of(named, adamw);
    let found = scheduled(&call);
    assert_eq!((&found[0]["lr"], &found[0]["weight_decay"]), (&5e-4.into(), &0.2.into()));
    assert_eq!(
        (&found[0]["schedule"], &found[0]["optimizer"]),
        (&"cosine".into(), &"adamw".into())
    );
    assert!(!call.stdout.contains("its schedule is not read"), "{}", call.stdout);
    for (schedule, optimizer) in [
        ("0.0, peak, 500, 20000, 5e-5", adamw),
        (named, "optax.adamw(learning_rate=schedule, b1=0.8, weight_decay=0.2)"),
        (
            named,
            "optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(schedule, b1=0.8, weight_decay=0.2))",
        ),
    ] {
        assert_eq!(scheduled(&of(schedule, optimizer)), found, "{schedule} {optimizer}");
    }
    assert_ne!(scheduled(&of(&named.replace("500", "5000"), adamw)), found);
    let plain = of(&format!("{named}, exponent=1.0"), adamw);
    assert_eq!(scheduled(&plain), found);
    for exponent in [", exponent=2.0", ", 2.0", ", exponent=power"] {
        let positional = if exponent == ", 2.0" { "0.0, peak, 500, 20000, 5e-5" } else { named };
        let call = of(&format!("{positional}{exponent}"), adamw);
        refused(&call, "this schedule is not known; give --schedule");
    }
    let steps = of(named, &format!("optax.MultiSteps({adamw}, every_k_schedule=8)"));
    assert!(steps.stdout.contains("in the file and not read: MultiSteps"), "{}", steps.stdout);
    let two = "optax.chain(optax.adamw(schedule, weight_decay=0.2), optax.lion(schedule))";
    refused(&of(named, two), "optax.chain and optax.adamw");
}

#[test]
fn a_schedule_whose_name_has_two_falls_is_refused_until_one_is_given() {
    let olmo = format!(
        "{OLMO}optimizer: {{name: adamw, learning_rate: 1e-3, weight_decay: 0.1}}\n\
         scheduler: {{name: cosine_linear_envelope, t_warmup: 100, alpha_f: 0.1}}\n"
    );
    let said =
        "scheduler.name = cosine_linear_envelope: this schedule is not known; give --schedule";
    refused(&advise("olmo.yaml", &olmo, &[]), said);
    let given = advise("olmo.yaml", &olmo, &["--schedule", "linear"]);
    assert_eq!(run(&given)["schedule"], "linear");
}

#[test]
fn a_run_of_olmo_that_is_stopped_has_the_schedule_of_its_whole_length() {
    let olmo = format!(
        "{OLMO}optimizer: {{name: adamw, learning_rate: 1e-3, weight_decay: 0.1}}\n\
         scheduler: {{name: linear_with_warmup, t_warmup: 0, alpha_f: 0}}\nstop_at: 500\n"
    );
    let stopped = run(&advise("olmo.yaml", &olmo, &[]));
    assert_eq!((&stopped["steps"], &stopped["fall_ends"]), (&500.0.into(), &9537.0.into()));
    let later = run(&advise("olmo.yaml", &olmo.replace("stop_at: 500", "stop_at: 50000"), &[]));
    assert!(later["steps"].as_f64().unwrap() > 9000.0 && later["fall_ends"].is_null(), "{later}");
    let given = run(&advise("olmo.yaml", &olmo, &["--steps", "2000"]));
    assert_eq!((&given["steps"], given["fall_ends"].is_null()), (&2000.0.into(), true));
}

#[test]
fn lengths_of_a_schedule_are_read_in_the_units_of_their_trainer() {
    let olmo = format!(
        "{OLMO}optimizer: {{name: adamw, learning_rate: 1e-3, weight_decay: 0.1}}\n\
         scheduler: {{name: cosine_with_warmup, units: tokens, t_warmup: 8388608000, t_max: 5e12}}\n"
    );
    let tokens = scheduled(&advise("olmo.yaml", &olmo, &[]));
    assert_eq!(tokens[0]["fall_ends"], 4_768_372.0);
    let steps = olmo.replace("units: tokens, t_warmup: 8388608000", "t_warmup: 8000");
    let steps = steps.replace("5e12", "4768372");
    assert_eq!(tokens, scheduled(&advise("olmo.yaml", &steps, &[])));
    let foundry = |scheduler: &str, length: &str| {
        let file = format!(
            "max_seq_len: 2048\noptimizer: {{name: adamw, lr: 6.0e-4, weight_decay: 0.1}}\nmax_duration: {length}\n\
             global_train_batch_size: 256\nscheduler: {{name: cosine_with_warmup, {scheduler}}}\n"
        );
        scheduled(&advise("f.yaml", &file, &[]))
    };
    let by_steps = foundry("t_warmup: 480ba, t_max: 9600ba", "4800ba");
    assert_eq!(by_steps[0]["fall_ends"], 9600.0);
    for other in ["t_warmup: 0.1dur, t_max: 2dur", "t_warmup: 122880sp, t_max: 5033164800tok"] {
        assert_eq!(by_steps, foundry(other, "4800ba"), "{other}");
    }
    assert_eq!(by_steps, foundry("t_warmup: 480ba, t_max: 9600ba", "1228800sp"));
    assert_ne!(by_steps, foundry("t_warmup: 0ba, t_max: 9600ba", "4800ba"));
    let megatron = |more: &str| {
        let script = format!(
            "torchrun pretrain_gpt.py --num-layers 12 --hidden-size 768 --seq-length 2048 --global-batch-size 256 \\\n  \
             --lr 6e-4 --lr-decay-style cosine --weight-decay 0.1 {more}\n"
        );
        scheduled(&advise("gpt.sh", &script, &[]))
    };
    assert_eq!(
        megatron("--train-samples 2560000 --lr-warmup-samples 256000 --lr-decay-samples 5120000"),
        megatron("--train-iters 10000 --lr-warmup-iters 1000 --lr-decay-iters 20000")
    );
}

#[test]
fn a_length_that_is_no_number_of_steps_leaves_the_rest_of_a_file_read() {
    let of = |length: &str, scheduler: &str| {
        let file = format!(
            "max_seq_len: 2048\noptimizer: {{name: adamw, lr: 6.0e-4, weight_decay: 0.1}}\nmax_duration: {length}\n\
             global_train_batch_size: 256\nscheduler: {{name: cosine_with_warmup, {scheduler}}}\n"
        );
        advise("f.yaml", &file, &[])
    };
    for length in ["3600sec", "1iter"] {
        let call = of("4800ba", &format!("t_max: {length}"));
        let own = run(&call);
        assert!(own["schedule"].is_null() && own["weight_decay"] == 0.1, "{own}");
        let told = format!("scheduler.t_max = {length}: not read");
        assert!(call.stdout.contains(&told), "{}", call.stdout);
        refused(&of(length, "t_max: 1dur"), "expected a length in steps, tokens, samples or");
    }
    refused(&of("4800ba", "t_max: soon"), "1e6sp, or 0.1dur of the run");
}

#[test]
fn a_schedule_that_falls_along_a_straight_line_over_a_last_part_is_wsd_with_that_part() {
    let titan = |lines: &str| {
        let file = format!(
            "[training]\nlocal_batch_size = 8\nseq_len = 2048\nsteps = 1000\n[optimizer]\nname = \"AdamW\"\n\
             lr = 8e-4\n[lr_scheduler]\nwarmup_steps = 100\n{lines}"
        );
        advise("t.toml", &file, &["--devices", "8"])
    };
    assert_eq!(run(&titan(""))["schedule"], "linear");
    let fifth = run(&titan("decay_ratio = 0.2\n"));
    assert_eq!((&fifth["schedule"], &fifth["wsd_fall"]), (&"wsd".into(), &0.2.into()));
    assert_eq!(run(&titan("decay_ratio = 0.9\n"))["schedule"], "linear");
    assert_eq!(run(&titan("decay_ratio = 0.0\n"))["schedule"], "constant");
    assert_eq!(run(&titan("decay_ratio = 0.1\n"))["wsd_fall"], 0.1);
    let late = titan("decay_ratio = 0.1\ndecay_type = \"cosine\"\n");
    assert!(run(&late)["schedule"].is_null(), "{}", late.stdout);
    assert!(late.stdout.contains("over the last 0.1 of the run alone"), "{}", late.stdout);
    let megatron = |part: &str| {
        let script = format!(
            "torchrun pretrain_gpt.py --num-layers 12 --hidden-size 768 --seq-length 2048 --global-batch-size 256 \\\n  \
             --train-iters 10000 --lr 6e-4 --lr-decay-style WSD --weight-decay 0.1 {part}\n"
        );
        run(&advise("gpt.sh", &script, &[]))
    };
    assert_eq!(megatron("--lr-wsd-decay-iters 2000")["wsd_fall"], 0.2);
    assert_eq!(megatron("--lr-wsd-decay-iters 1000")["wsd_fall"], 0.1);
}

#[test]
fn a_micro_batch_alone_is_that_of_a_device_and_devices_that_share_a_model_count_as_one() {
    let of = |more: &str, devices: &str| {
        let script = format!(
            "torchrun pretrain_gpt.py --num-layers 12 --hidden-size 768 --seq-length 1024 --micro-batch-size 8 \\\n  \
             --train-iters 10000 --lr 6e-4 --lr-decay-style cosine --weight-decay 0.1 {more}\n"
        );
        run(&advise("gpt.sh", &script, &["--devices", devices]))["batch_tokens"].clone()
    };
    assert_eq!(of("", "8"), 65_536.0);
    assert_eq!(
        of("--tensor-model-parallel-size 2 --pipeline-model-parallel-size 2", "8"),
        16_384.0
    );
    assert_eq!(of("--tensor-model-parallel-size 2 --global-batch-size 64", "8"), 65_536.0);
    let titan = "[training]\nlocal_batch_size = 8\nseq_len = 2048\nsteps = 1000\n[optimizer]\nname = \"AdamW\"\n\
                 lr = 8e-4\n[parallelism]\ntensor_parallel_degree = 8\n";
    let titan = run(&advise("t.toml", titan, &["--devices", "16"]));
    assert_eq!(titan["batch_tokens"], 32_768.0);
    let old = "[training]\nbatch_size = 2\nseq_len = 8192\nsteps = 3000\ntensor_parallel_degree = 8\n\
               [experimental]\npipeline_parallel_degree = 4\n[optimizer]\nname = \"AdamW\"\nlr = 8e-5\n";
    assert_eq!(run(&advise("t.toml", old, &["--devices", "64"]))["batch_tokens"], 32_768.0);
    let axolotl = "base_model: a\nsequence_len: 32768\nmicro_batch_size: 1\nmax_steps: 10000\ncontext_parallel_size: 4\n\
                   optimizer: adamw_torch\nlr_scheduler: cosine\nlearning_rate: 2e-5\nweight_decay: 0.1\n";
    assert_eq!(run(&advise("a.yaml", axolotl, &["--devices", "8"]))["batch_tokens"], 65_536.0);
    let both = |degree: u64| format!("{axolotl}sequence_parallel_degree: {degree}\n");
    let same = advise("a.yaml", &both(4), &["--devices", "8"]);
    assert_eq!(run(&same)["batch_tokens"], 65_536.0);
    refused(
        &advise("a.yaml", &both(2), &["--devices", "8"]),
        "context_parallel_size is 4 and sequence_parallel_degree is 2, which are names of the same",
    );
    let lingua = "steps: 60000\noptim: {lr: 1e-3, weight_decay: 0.1, warmup: 2000}\ndistributed: {tp_size: 8}\n\
                  data: {batch_size: 4, seq_len: 4096}\n";
    assert_eq!(run(&advise("l.yaml", lingua, &["--devices", "64"]))["batch_tokens"], 131_072.0);
    let deepspeed = DEEPSPEED.replace("\"train_batch_size\": 256", "\"sequence_parallel_size\": 4");
    let more = ["--devices", "8", "--context", "1024"];
    assert_eq!(run(&advise("ds.json", &deepspeed, &more))["batch_tokens"], 65_536.0);
}

#[test]
fn the_share_of_wsd_that_no_file_states_is_told_or_that_of_its_trainer() {
    let lingua = |more: &str, given: &[&str]| {
        let file = format!(
            "steps: 60000\noptim: {{lr: 1e-3, weight_decay: 0.1, warmup: 2000, scheduler: wsd{more}}}\n\
             data: {{batch_size: 4, seq_len: 4096}}\n"
        );
        advise("lingua.yaml", &file, &[&["--devices", "8"], given].concat())
    };
    // It falls as a reciprocal there.
    for more in ["", ", decay_fraction: 0.05"] {
        let call = lingua(more, &[]);
        assert!(run(&call)["schedule"].is_null(), "{}", call.stdout);
        assert!(
            call.stdout.contains("optim.scheduler = wsd: the learning rate falls in another shape")
        );
    }
    let given = lingua("", &["--wsd-fall", "0.3"]);
    assert_eq!(run(&given)["wsd_fall"], 0.3);
    assert!(!given.stdout.contains("optim.decay_fraction"), "{}", given.stdout);
    let megatron = |given: &[&str]| {
        let script = "torchrun pretrain_gpt.py --num-layers 12 --hidden-size 768 --seq-length 2048 --global-batch-size 256 \\\n  \
                      --train-iters 10000 --lr 6e-4 --lr-decay-style WSD --weight-decay 0.1\n";
        let call = advise("gpt.sh", script, given);
        (run(&call)["wsd_fall"].clone(), call.stdout.contains("is not stated: 0.2 is taken"))
    };
    assert_eq!(megatron(&[]), (0.2.into(), true));
    assert_eq!(megatron(&["--wsd-fall", "0.1"]), (0.1.into(), false));
}

#[test]
fn a_fall_with_the_root_of_other_steps_than_those_of_the_warm_up_is_no_known_schedule() {
    let of = |more: &str| {
        let file = format!(
            "{{\"output_dir\": \"o\", \"per_device_train_batch_size\": 8, \"max_steps\": 100000, \"learning_rate\": 1e-3, \
             \"lr_scheduler_type\": \"inverse_sqrt\", \"weight_decay\": 0.1{more}}}"
        );
        let call = advise("hf.json", &file, &["--devices", "1", "--context", "1024"]);
        (run(&call)["schedule"].clone(), call.stdout)
    };
    let timescale = |steps: u32| {
        format!(", \"warmup_steps\": 1000, \"lr_scheduler_kwargs\": {{\"timescale\": {steps}}}")
    };
    assert_eq!(of(", \"warmup_steps\": 1000").0, "inverse-sqrt");
    assert_eq!(of(", \"warmup_ratio\": 0.01").0, "inverse-sqrt");
    assert_eq!(of(&timescale(1000)).0, "inverse-sqrt");
    for (more, told) in [
        (String::new(), "lr_scheduler_kwargs.timescale = 10000 by default, without warm-up: the"),
        (timescale(10_000), "lr_scheduler_kwargs.timescale = 10000: the learning rate falls as"),
    ] {
        let (schedule, stdout) = of(&more);
        assert!(schedule.is_null() && stdout.contains(told), "{stdout}");
    }
}

#[test]
fn devices_are_called_needless_only_where_they_change_nothing() {
    let of = |more: &str| {
        let script = format!(
            "torchrun pretrain_gpt.py --num-layers 12 --hidden-size 768 --seq-length 1024 --micro-batch-size 8 \\\n  \
             --train-iters 10000 --lr 6e-4 --lr-decay-style cosine --weight-decay 0.1 {more}\n"
        );
        let call = advise("gpt.sh", &script, &["--devices", "8"]);
        run(&call);
        call.stdout.contains("--devices is not needed")
    };
    assert!(!of("") && !of("--tensor-model-parallel-size 2"));
    assert!(of("--tensor-model-parallel-size 2 --global-batch-size 64"));
}

#[test]
fn what_flame_accumulates_multiplies_the_batch_of_a_device_and_no_global_one() {
    let of = |more: &str| {
        let script = format!(
            "NGPU=8 bash train.sh --model.config configs/transformer_340M.json --optimizer.name AdamW --optimizer.lr 3e-4 \\\n  \
             --training.batch_size 8 --training.seq_len 2048 --training.steps 20480 {more}\n"
        );
        run(&advise("flame.sh", &script, &["--devices", "8"]))["batch_tokens"].clone()
    };
    assert_eq!(of(""), 131_072.0);
    assert_eq!(of("--training.gradient_accumulation_steps 16"), 2_097_152.0);
    let both = "--training.gradient_accumulation_steps 16 --training.global_batch_size 64";
    assert_eq!(of(both), 131_072.0);
    let none = "--training.gradient_accumulation_steps 16 --training.global_batch_size -1";
    assert_eq!(of(none), 2_097_152.0);
}

#[test]
fn how_many_devices_share_a_model_is_asked_for_where_a_script_leaves_it_open() {
    let of = |before: &str, more: &[&str]| {
        let script = format!(
            "{before}torchrun pretrain_gpt.py --num-layers 12 --hidden-size 768 --seq-length 1024 --micro-batch-size 8 \\\n  \
             --train-iters 10000 --lr 6e-4 --lr-decay-style cosine --weight-decay 0.1 --tensor-model-parallel-size $TP\n"
        );
        advise("gpt.sh", &script, &[&["--devices", "8"], more].concat())
    };
    for before in ["", "TP=${TP:-4}\n", "if [ $N -gt 8 ]; then TP=8; else TP=4; fi\n"] {
        let call = of(before, &[]);
        refused(&call, "tensor_model_parallel_size is ");
        assert!(call.stderr.contains("--batch says"), "{}", call.stderr);
        assert_eq!(run(&of(before, &["--batch", "16384"]))["batch_tokens"], 16_384.0);
    }
    assert_eq!(run(&of("TP=4\n", &[]))["batch_tokens"], 16_384.0);
    assert_eq!(run(&of("TP=1\n", &[]))["batch_tokens"], 65_536.0);
}

#[test]
fn epochs_of_litgpt_are_the_length_of_a_run_on_a_known_text() {
    let lit = "train:\n  global_batch_size: 64\n  epochs: 2\n  lr_warmup_steps: 2\n  max_seq_length: 512\n\
               optimizer: {class_path: torch.optim.AdamW, init_args: {lr: 2e-4, weight_decay: 0.1}}\n";
    let lit = run(&advise("lit.yaml", lit, &["--unique-tokens", "10M"]));
    assert_eq!((&lit["tokens"], &lit["epochs"]), (&2e7.into(), &2.0.into()));
}

#[test]
fn configurations_of_trl_have_their_own_learning_rates_and_not_those_of_training_arguments() {
    let more = ["--devices", "8", "--context", "512"];
    let of = |called: &str| {
        let program = format!(
            "args = {called}(output_dir='o', per_device_train_batch_size=4, max_steps=1000, weight_decay=0.1)\n\
             tokens = tokenizer(text, max_length=512)\n"
        );
        advise("trl.py", &program, &more)
    };
    assert_eq!(run(&of("TrainingArguments"))["lr"], 5e-5);
    assert_eq!(run(&of("SFTConfig"))["lr"], 2e-5);
    assert_eq!(run(&of("trl.DPOConfig"))["lr"], 1e-6);
    assert!(of("SFTConfig").stdout.contains("learning_rate = 2e-5 (SFTConfig)"));
    refused(&of("KTOConfig"), "no default of the learning rate");
    let yaml = "output_dir: out\nper_device_train_batch_size: 2\nmax_length: 1024\nmax_steps: 2000\nbeta: 0.1\n";
    let call = advise("dpo.yaml", yaml, &more);
    refused(&call, "--lr");
    assert!(call.stderr.contains("beta is a key of TRL"), "{}", call.stderr);
    assert_eq!(
        run(&advise("dpo.yaml", &format!("{yaml}learning_rate: 3e-6\n"), &more))["lr"],
        3e-6
    );
    run(&advise("dpo.yaml", yaml, &[&more[..], &["--lr", "1e-6"]].concat()));
}

#[test]
fn classes_with_several_learning_rates_and_calls_of_others_say_none() {
    let arguments = "output_dir='o', per_device_train_batch_size=4, max_steps=1000";
    let of = |program: &str| {
        let program = program.replace("...", arguments);
        advise("trl.py", &program, &["--devices", "8", "--context", "512"])
    };
    for (program, said) in [
        ("a = SFTConfig(...)\nb = DPOConfig(...)\n", "DPOConfig and SFTConfig are called: no"),
        ("a = SFTConfig(...)\nb = KTOConfig(...)\n", "KTOConfig and SFTConfig are called: no"),
        (
            "a = DPOConfig(...)\nb = TrainingArguments(...)\n",
            "DPOConfig and TrainingArguments are called: no",
        ),
        ("a = Arguments(..., beta=0.1)\n", "beta is a key of TRL: no"),
    ] {
        refused(&of(program), said);
    }
    for (program, lr) in [
        ("a = GRPOConfig(...)\nb = DPOConfig(...)\n", 1e-6),
        ("from trl import SFTConfig as C\na = C(...)\n", 2e-5),
        ("import trl as t\na = t.SFTConfig(...)\n", 2e-5),
        ("p = TrlParser((ScriptArguments, SFTConfig))\na = dict(...)\n", 2e-5),
        ("p = HfArgumentParser(TrainingArguments)\na = dict(...)\nloss = Loss(beta=0.1)\n", 5e-5),
        ("a = Arguments(...)\nloss = Loss(beta=0.1)\nids = tokenizer(t, max_length=512)\n", 5e-5),
    ] {
        assert_eq!(run(&of(program))["lr"], lr, "{program}");
    }
    let json = "{\"output_dir\": \"o\", \"per_device_train_batch_size\": 8, \"max_steps\": 1000, \"max_length\": 512}";
    assert_eq!(run(&advise("hf.json", json, &["--devices", "8"]))["lr"], 5e-5);
}

#[test]
fn a_configuration_of_llama_factory_that_is_silent_trains_matrices_of_lora() {
    let of = |more: &str| {
        let file = format!(
            "output_dir: o\nper_device_train_batch_size: 8\nlearning_rate: 1e-4\nmax_steps: 1000\ncutoff_len: 1024\n{more}"
        );
        let call = advise("l.yaml", &file, &["--devices", "1"]);
        run(&call);
        call.stdout.contains("finetuning_type = lora")
    };
    assert!(of("stage: sft\n"));
    assert!(!of("stage: pt\nfinetuning_type: full\n") && !of(""));
}
