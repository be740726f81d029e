//! The names, by what they are for.

use super::Answer::{self, Say, Write, WriteThough};
use crate::config::Section::{Arm, Data, Model, Top, Train};

/// Names of one meaning, parted by spaces, and the answer to them.
pub type Row = (&'static str, Answer);

pub const SHAPE: &[Row] = &[
    ("n_layer n_layers num_layers num_hidden_layers depth nlayers", Write(Model, "layers = 2")),
    ("n_head n_heads num_heads num_attention_heads nhead", Write(Model, "heads = 4")),
    (
        "n_embd n_embed d_model hidden_size embed_dim dim width emb_dim",
        Write(Model, "channels = 64"),
    ),
    (
        "block_size max_position_embeddings n_positions n_ctx seq_len seq_length \
     sequence_length max_seq_len max_seq_length max_length context_length",
        Write(Model, "context = 64"),
    ),
    (
        "n_kv_head n_kv_heads num_key_value_heads num_kv_heads num_query_groups",
        Write(Model, "kv_heads = 2"),
    ),
    (
        "intermediate_size ffn_hidden_size n_inner ffn_dim d_ff mlp_dim",
        Write(Model, "hidden = 256"),
    ),
    ("sliding_window attention_window window_size", Write(Model, "window = 32")),
    ("num_local_experts num_experts n_experts n_routed_experts", Write(Model, "experts = 8")),
    (
        "num_experts_per_tok moe_top_k moe_router_topk top_k_experts",
        Write(Model, "active_experts = 2"),
    ),
    (
        "model_type architecture architectures arch model_name model_name_or_path",
        Write(Model, "family = \"gpt2\""),
    ),
    (
        "vocab_size n_vocab padded_vocab_size",
        Say("the vocabulary follows from the data: leave the key out"),
    ),
    (
        "attn_pdrop resid_pdrop embd_pdrop attention_dropout hidden_dropout attn_dropout",
        WriteThough(
            Train,
            "dropout = 0.1",
            "one share for embeddings, attention and residual branches",
        ),
    ),
    (
        "bias attention_bias mlp_bias add_bias_linear",
        Say("whether linear layers have biases follows from `family` in [model]"),
    ),
    (
        "tie_word_embeddings tie_weights tied_embeddings",
        Say("whether the head is the embedding follows from `family` in [model]"),
    ),
    (
        "activation_function hidden_act activation swiglu",
        Say("the activation follows from `family` in [model]"),
    ),
    (
        "rms_norm_eps layer_norm_epsilon layer_norm_eps layernorm_epsilon",
        Write(Model, "norm_eps = 1e-6"),
    ),
    (
        "rope_theta rope_scaling rotary_base rotary_pct",
        Say("positions follow from `family` in [model]"),
    ),
    (
        "initializer_range init_std init_method_std",
        Say("the first weights are drawn as `family` in [model] draws them"),
    ),
];

pub const TRAINING: &[Row] = &[
    ("learning_rate max_lr peak_lr base_lr init_lr learningrate lr_max", Write(Train, "lr = 3e-4")),
    (
        "max_steps max_iters num_iterations train_iters num_steps n_steps total_steps \
     num_train_steps iterations iters training_steps",
        Write(Train, "steps = 500"),
    ),
    (
        "lr_decay_iters lr_decay_steps decay_steps t_max num_training_steps",
        WriteThough(Train, "steps = 500", "the learning rate falls until the last step"),
    ),
    (
        "num_train_epochs max_epochs epochs num_epochs n_epochs",
        WriteThough(Train, "steps = 500", "an epoch is data.train / (batch × context) steps"),
    ),
    (
        "batch_size per_device_train_batch_size train_batch_size micro_batch_size \
     global_batch_size device_batch_size mini_batch_size bs",
        WriteThough(Train, "batch = 8", "it counts windows of `context` tokens"),
    ),
    (
        "total_batch_size batch_tokens tokens_per_batch",
        WriteThough(Train, "batch = 8", "it counts windows, not tokens: divide by context"),
    ),
    (
        "gradient_accumulation_steps grad_accum_steps grad_accum accumulate_grad_batches",
        Write(Train, "accumulate = 8"),
    ),
    (
        "warmup_steps warmup_iters num_warmup_steps lr_warmup_iters lr_warmup_steps \
     warmup_iterations",
        Write(Train, "warmup = 25"),
    ),
    (
        "warmup_ratio warmup_fraction lr_warmup_fraction pct_start",
        WriteThough(Train, "warmup = 25", "it counts steps: multiply by train.steps"),
    ),
    (
        "min_lr eta_min lr_min final_lr lr_end learning_rate_decay_frac",
        WriteThough(Train, "min_lr_ratio = 0.1", "it is a share of lr: divide by lr"),
    ),
    (
        "lr_scheduler_type lr_scheduler lr_decay_style scheduler decay_type",
        Write(Train, "schedule = \"cosine\""),
    ),
    (
        "decay_lr",
        WriteThough(Train, "min_lr_ratio = 1.0", "that keeps lr where it is after the warm-up"),
    ),
    ("optim optimizer_type optimizer_name opt", Write(Train, "optimizer = \"adam\"")),
    ("beta1 adam_beta1 beta_1", WriteThough(Train, "betas = [0.9, 0.95]", "β1 is the first")),
    ("beta2 adam_beta2 beta_2", WriteThough(Train, "betas = [0.9, 0.95]", "β2 is the second")),
    ("adam_betas", Write(Train, "betas = [0.9, 0.95]")),
    ("adam_epsilon adam_eps epsilon", Write(Train, "eps = 1e-8")),
    ("sgd_momentum", Write(Train, "momentum = 0.9")),
    (
        "grad_clip max_grad_norm clip_grad clip_grad_norm gradient_clip_val \
     gradient_clip gradient_clipping max_norm",
        Write(Train, "clip = 1.0"),
    ),
    (
        "eval_interval eval_steps val_check_interval val_loss_every eval_freq",
        Write(Train, "eval_every = 50"),
    ),
    (
        "eval_iters val_max_steps limit_val_batches val_batches eval_batches",
        WriteThough(
            Train,
            "eval_windows = 128",
            "it counts windows: multiply by the batch of an evaluation",
        ),
    ),
    ("log_interval logging_steps log_every_n_steps log_freq", Write(Train, "log_every = 10")),
    ("wd decay l2 weightdecay lambda weight_decays", Write(Arm, "weight_decay = [0.0, 0.1]")),
    ("no_decay no_weight_decay no_decay_params decay_mask", Write(Arm, "mask = \"matrices\"")),
    (
        "seed random_seed rng_seed data_seed manual_seed seed_everything",
        Write(Top, "seeds = [0, 1, 2]"),
    ),
    (
        "dataset dataset_name data_path data_dir train_file input_bin path",
        Write(Data, "source = \"data/text.txt\""),
    ),
    ("shuffle shuffle_data", Write(Data, "order = \"random\"")),
    ("train_tokens train_size", Write(Data, "train = 30000")),
    ("val_tokens val_size", Write(Data, "val = 20000")),
    ("test_tokens test_size", Write(Data, "test = 20000")),
    ("experiment_name run_name exp_name wandb_run_name project", Write(Top, "name = \"overfit\"")),
    ("lrs learning_rates", WriteThough(Arm, "lr = [1e-3, 3e-3]", "a list makes an arm of each")),
];

pub const CALL: &[Row] = &[
    ("device accelerator backend", Say("that belongs on the command line: --backend flex")),
    (
        "dtype torch_dtype precision fp16 bf16 mixed_precision",
        Say("wane computes in float32: leave the key out"),
    ),
    (
        "compile torch_compile flash use_flash_attn",
        Say("there is nothing to turn on: leave the key out"),
    ),
    (
        "devices num_nodes world_size num_workers dataloader_num_workers",
        Say("that belongs on the command line: --jobs 2 trains two groups of runs at once"),
    ),
    (
        "out_dir output_dir save_dir default_root_dir log_dir results_dir",
        Say("that belongs on the command line: --out results"),
    ),
    (
        "init init_weights init_from resume resume_from_checkpoint pretrained load_checkpoint ckpt_path",
        Say(
            "a stopped sweep goes on by itself; to start from weights call with --init weights.safetensors",
        ),
    ),
    (
        "always_save_checkpoint save_steps save_interval save_strategy save_every \
     checkpoint_every checkpoint_interval",
        Say("that belongs on the command line: --checkpoint-every 30 (seconds)"),
    ),
    (
        "wandb_log wandb_project report_to logger tensorboard use_wandb",
        Say("results are files (CSV, PNG, HTML) in the folder of --out: leave the key out"),
    ),
    (
        "eval_only do_train do_eval eval_strategy evaluation_strategy",
        Say(
            "every run trains and is evaluated each `eval_every` steps of [train]: leave the key out",
        ),
    ),
    (
        "gradient_checkpointing activation_checkpointing deepspeed fsdp",
        Say("wane has nothing of the kind: its models fit into memory"),
    ),
    (
        "z_loss",
        Say("the loss is cross-entropy, with label_smoothing if anything: leave the key out"),
    ),
    ("label_smoothing_factor", Write(Train, "label_smoothing = 0.1")),
    ("drop_path drop_path_rate layer_drop layerdrop", Write(Train, "stochastic_depth = 0.2")),
    ("ema_decay swa", Write(Train, "ema = 0.99")),
];

/// Tables of other programs.
pub const TABLES: &[(&str, &str)] = &[
    ("training trainer optimizer optim training_args train_config", "[train]"),
    ("model_config config gpt network net", "[model]"),
    ("dataset datasets dataloader", "[data]"),
    ("arms sweep grid parameters ablation", "[[arm]]"),
];
