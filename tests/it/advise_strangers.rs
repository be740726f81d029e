//! Configurations that have names of a trainer and are of another program, or set what the trainer does not read.

use std::fs;

use crate::advise_config::{advise, refused, run};
use crate::common::{text, wane_ok};

#[test]
fn names_that_everybody_uses_make_no_file_one_of_a_trainer() {
    for (name, file) in [
        (
            "own.sh",
            "torchrun --nproc_per_node=8 train.py --output_dir out --max_steps 20000 --batch_size 64 --lr 6e-4 --wd 0.1\n",
        ),
        (
            "own.yaml",
            "output_dir: o\nmax_steps: 20000\nbatch_size: 64\ngrad_accum_steps: 4\nlr: 6e-4\nlr_schedule: cosine\n",
        ),
        (
            "hydra.yaml",
            "steps: 100\noptim: {lr: 1e-3, weight_decay: 0.1, warmup_steps: 5}\ndata: {batch_size: 512, seq_len: 1024}\n",
        ),
    ] {
        refused(&advise(name, file, &["--devices", "8"]), "is no configuration that is recognised");
    }
}

#[test]
fn keys_of_others_stand_in_the_way_of_a_trainers_defaults() {
    let of = |more: &str| {
        let file = format!(
            "{{\"output_dir\": \"o\", \"per_device_train_batch_size\": 8, \"max_steps\": 1000, \"learning_rate\": 1e-3, {more}}}"
        );
        advise("hf.json", &file, &["--devices", "1", "--context", "1024"])
    };
    refused(&of("\"accumulate_grad_batches\": 4"), "`accumulate_grad_batches` is none of");
    let whole = "{\"train_batch_size\": 64, \"grad_accum\": 4, \"bf16\": {\"enabled\": true}, \"optimizer\": {\"type\": \
                 \"AdamW\", \"params\": {\"lr\": 1e-3, \"weight_decay\": 0.1}}}";
    let whole = advise("ds.json", whole, &["--context", "1024", "--steps", "1000"]);
    assert_eq!(run(&whole)["batch_tokens"], 65536.0, "{}", whole.stderr);
    let other = of("\"lr_schedule\": \"cosine\", \"wd\": 0.1, \"eval_batch_size\": 4");
    assert!(run(&other)["schedule"].is_null() && run(&other)["weight_decay"].is_null());
    assert_eq!(run(&other)["batch_tokens"], 8192.0);
    for key in ["`lr_schedule`", "`wd`"] {
        assert!(
            other.stdout.contains(&format!("{key} is none of Hugging Face")),
            "{}",
            other.stdout
        );
    }
    let plain = of("\"adam_beta2\": 0.95");
    assert_eq!(
        (run(&plain)["schedule"].as_str(), &run(&plain)["weight_decay"]),
        (Some("linear"), &0.0.into())
    );
    let fork = "batch_size = 12\nblock_size = 1024\nmax_iters = 20000\nlearning_rate = 1e-3\nscheduler = 'wsd'\n";
    let fork = advise("fork.py", fork, &[]);
    assert!(run(&fork)["schedule"].is_null(), "{}", fork.stdout);
}

#[test]
fn a_program_that_makes_its_optimizer_has_no_default_of_training_arguments() {
    let program = "from torch.optim import AdamW\nper_device_train_batch_size = 8\nnum_train_epochs = 1\nmax_steps = 1000\n\
                   optimizer = AdamW(model.parameters(), lr=5e-4, weight_decay=0.1)\n";
    let own = advise("own.py", program, &["--devices", "1", "--context", "1024"]);
    assert!(run(&own)["schedule"].is_null(), "{}", own.stdout);
    assert!(
        own.stdout.contains("defaults of Hugging Face TrainingArguments do not hold"),
        "{}",
        own.stdout
    );
    let called = format!("{program}args = TrainingArguments(output_dir='o')\n");
    let called = advise("own.py", &called, &["--devices", "1", "--context", "1024"]);
    assert_eq!(run(&called)["schedule"], "linear", "{}", called.stdout);
}

#[test]
fn what_the_program_of_a_file_does_not_read_or_bends_changes_no_number() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("litgpt.yaml");
    let litgpt = |more: &str| {
        let file = format!(
            "{more}\ntrain: {{global_batch_size: 16, max_steps: 1000, max_seq_length: 512, min_lr: 6e-5}}\n\
             optimizer: {{class_path: torch.optim.AdamW, init_args: {{lr: 2e-4, weight_decay: 0.1}}}}\n"
        );
        fs::write(&path, file).unwrap();
        let call = wane_ok(&["advise", "--config", text(&path), "--params", "14M"]);
        format!("{}{}", call.stdout, call.stderr).replace('\n', " ")
    };
    assert!(litgpt("model_name: pythia-14m").contains("cosine to 0.3 of it"));
    let tuned = litgpt("checkpoint_dir: checkpoints/a");
    assert!(tuned.contains("cosine to 0."), "{tuned}");
    assert!(tuned.contains("train.min_lr is not read"), "{tuned}");
    let cycles = |count: &str| {
        let file = format!(
            "{{\"output_dir\": \"o\", \"per_device_train_batch_size\": 8, \"max_steps\": 1000, \"learning_rate\": 1e-3, \
             \"lr_scheduler_type\": \"cosine\", \"lr_scheduler_kwargs\": {{\"num_cycles\": {count}}}}}"
        );
        run(&advise("hf.json", &file, &["--devices", "1", "--context", "1024"]))["schedule"].clone()
    };
    assert_eq!((cycles("0.5"), cycles("0.25").is_null()), ("cosine".into(), true));
}

#[test]
fn a_warm_up_that_a_trainer_has_by_default_is_told_and_a_count_that_a_shell_computes_is_named_whole()
 {
    let titan = "[training]\nlocal_batch_size = 8\nseq_len = 2048\nsteps = 1000\n[optimizer]\nname = \"AdamW\"\nlr = 8e-4\n";
    let titan = advise("t.toml", titan, &["--devices", "1"]);
    assert!(titan.stdout.contains("lr_scheduler.warmup_steps = 200"), "{}", titan.stdout);
    let script = "accelerate launch run_clm.py --output_dir o --per_device_train_batch_size 4 --max_steps 100 \\\n  \
                  --gradient_accumulation_steps $((256/NGPU/4)) --learning_rate 1e-3\n";
    refused(&advise("hf.sh", script, &["--devices", "1"]), "$((256/NGPU/4))");
}
