use super::*;
use crate::advice::keys::{CALLED_WITHOUT_DECAY, OPTIMIZER_CALLED, OPTIMIZERS_LR};

#[track_caller]
fn check(text: &str, expected: &[(&str, &str)]) {
    let keys = keys(text).unwrap();
    for (key, value) in expected {
        assert_eq!(keys.value(key), Some(*value), "{key}: {:?}", keys.get(key));
    }
}

#[track_caller]
fn doubt(text: &str, key: &str) -> String {
    let keys = keys(text).unwrap();
    let found = keys.get(key).unwrap();
    assert!(found.doubt.is_some(), "{found:?}");
    found.text.clone()
}

#[test]
fn python_is_read_and_not_run() {
    let text = "import os\nbatch_size = 12 # of a device\nblock_size: int = 1024\n\
         gradient_accumulation_steps = 5 * 8\nmax_iters = 600_000\nlr_decay_iters = max_iters\n\
         out = 'a # b'\nx = os.system('false')\n\
         args = TrainingArguments('out', learning_rate=5e-5, weight_decay=0.1,\n  bf16=True,\n  \
         warmup_steps=500, lr_scheduler_kwargs={\"min_lr_rate\": 0.1}, betas=(0.9, 0.95))\n";
    check(
        text,
        &[
            ("gradient_accumulation_steps", "40"),
            ("block_size", "1024"),
            ("lr_decay_iters", "600000"),
            ("out", "a # b"),
            ("learning_rate", "0.00005"),
            ("bf16", "True"),
            ("weight_decay", "0.1"),
            ("warmup_steps", "500"),
            ("lr_scheduler_kwargs.min_lr_rate", "0.1"),
            ("betas.1", "0.95"),
        ],
    );
    assert_eq!(doubt(text, "x"), "os.system('false')");
}

#[test]
fn flags_in_the_words_of_a_program_are_not_its_own() {
    check(
        "\"\"\"\n$ python train.py --batch_size=32\n\"\"\"\nbatch_size = 12\n",
        &[("batch_size", "12")],
    );
}

#[test]
fn functions_and_classes_hold_settings_and_conditions_make_them_doubtful() {
    let main = "def main():\n    args = TrainingArguments(\n        learning_rate=1e-3,\n    )\n\
                if __name__ == '__main__':\n    max_steps = 10\n";
    check(main, &[("learning_rate", "0.001"), ("max_steps", "10")]);
    check("class Config:\n    lr: float = 6e-4\n", &[("lr", "0.0006")]);
    let both = doubt("lr = 1\nif ddp:\n    lr = 2\n", "lr");
    assert_eq!(both, "1 and 2 in line 3, under `if ddp`");
    assert!(doubt("lr = 1\nif a == 'b': lr = 0.5\n", "lr").contains("under `if a == 'b'`"));
    assert!(doubt("if a:\n    b = 1\nelse:\n    lr = 0.5\n", "lr").contains("`else`"));
    assert!(doubt("lr = 10\nlr *= 2\n", "lr").contains("changed by `lr *= 2`"));
    check("lr = 10\nlr //= ddp_world_size\n", &[("lr", "10")]);
}

#[test]
fn calls_that_disagree_are_doubtful_and_a_group_without_decay_is_the_mask() {
    let other = doubt("batch_size = 480\nval = DataLoader(v, batch_size=16)\n", "batch_size");
    assert_eq!(other, "480 and 16 in line 2");
    check("args = A(weight_decay=0.01)\nargs.weight_decay = 0.1\n", &[("weight_decay", "0.1")]);
    for group in [
        "dict(params=none, weight_decay=0.0)",
        "{'params': none, 'weight_decay': 0.0}",
        "dict(params=some, weight_decay=weight_decay)",
    ] {
        check(&format!("weight_decay = 1e-1\ngroups = [{group}]\n"), &[("weight_decay", "0.1")]);
    }
}

#[test]
fn several_names_are_assigned_at_once() {
    check(
        "learning_rate, weight_decay = 3e-4, 0.05\n(a, b) = (1, 2)\n",
        &[("learning_rate", "0.0003"), ("weight_decay", "0.05"), ("b", "2")],
    );
    assert_eq!(doubt("lr, wd = settings()\n", "wd"), "settings()");
}

#[test]
fn the_optimizer_is_the_one_that_is_called() {
    for (call, name) in [
        ("torch.optim.Adam(p, lr=lr)", "torch.optim.Adam"),
        ("Muon(p)", "Muon"),
        ("optax.adamw(1e-3)", "optax.adamw"),
        ("optax.chain(optax.clip(1.0))", "optax.chain"),
    ] {
        check(&format!("opt = {call}\n"), &[(OPTIMIZER_CALLED, name)]);
    }
    // Which library's Adam it is decides what it does with decay.
    for (program, name) in [
        ("from keras.optimizers import Adam\nopt = Adam(1e-3)\n", "keras.optimizers.Adam"),
        ("from keras import optimizers as o\nopt = o.Adam(1e-3)\n", "keras.optimizers.Adam"),
        (
            "import tensorflow as tf\nopt = tf.keras.optimizers.Adam()\n",
            "tensorflow.keras.optimizers.Adam",
        ),
        ("from torch.optim import SGD, Adam as A\nopt = A(p)\n", "torch.optim.Adam"),
        ("import torch.optim as optim\nopt = optim.AdamW(p)\n", "torch.optim.AdamW"),
        ("from optax import adamw\nstep = adamw(1e-3)\n", "optax.adamw"),
        ("import torch\nopt = torch.optim.Adam(p)\n", "torch.optim.Adam"),
        ("from mine import Adam\nopt = Adam(p)\n", "Adam"),
    ] {
        check(program, &[(OPTIMIZER_CALLED, name)]);
    }
    let two = doubt("a = Muon(p)\nb = AdamW(q)\n", OPTIMIZER_CALLED);
    assert_eq!(two, "Muon and AdamW in line 2");
    assert!(keys("build_sgd(p)\nisinstance(a, AdamW)\n").unwrap().get(OPTIMIZER_CALLED).is_none());
}

#[test]
fn what_is_no_python_is_refused() {
    let error = keys("lr = 1\nfor for\n").unwrap_err();
    assert!(error.to_string().contains("line 2"), "{error}");
    assert!(keys(&format!("x = {}1{}\n", "(".repeat(5000), ")".repeat(5000))).is_err());
}

#[test]
fn what_a_function_or_a_class_sets_does_not_replace_what_another_place_says() {
    let sample = "batch_size = 64\ndef sample():\n    batch_size = 1\n";
    assert!(doubt(sample, "batch_size").contains("under `def sample()`"));
    let average =
        "args = TrainingArguments(weight_decay=0.1)\nclass Ema:\n    weight_decay = 0.9999\n";
    assert!(doubt(average, "weight_decay").contains("class Ema"));
    let sizes = "class Small:\n    lr: float = 6e-4\nclass Large(Small):\n    lr: float = 1e-5\n";
    doubt(sizes, "lr");
    check("def main():\n    lr = 1\n    lr = 2\n", &[("lr", "2")]);
    check("def sample():\n    batch_size = 1\nbatch_size = 64\n", &[("batch_size", "64")]);
}

#[test]
fn a_loop_over_values_says_none_of_them() {
    let text = doubt("for lr in [1e-3, 3e-3]:\n    train(lr)\n", "lr");
    assert_eq!(text, "each of [1e-3, 3e-3]");
}

#[test]
fn defaults_of_flags_and_attributes_that_are_set_are_read() {
    check(
        "p.add_argument('-l', '--learning-rate', type=float, default=1e-3)\n\
         @click.option('--wd', default=0.3)\ndef main(wd):\n    pass\n\
         flags.DEFINE_integer('steps', 5000, 'how long')\np.add_argument('--bare', type=int)\n\
         args = f(weight_decay=0.1)\nsetattr(args, 'weight_decay', 0.2)\n",
        &[("learning_rate", "0.001"), ("wd", "0.3"), ("steps", "5000"), ("weight_decay", "0.2")],
    );
    assert!(!keys("p.add_argument('--bare', type=int)\n").unwrap().contains("bare"));
}

#[test]
fn the_learning_rate_of_a_call_is_known_by_its_name_its_place_or_the_name_that_it_has() {
    for call in [
        "AdamW(p, lr=1e-3)",
        "torch.optim.AdamW(groups, 1e-3)",
        "optax.adamw(peak)",
        "keras.optimizers.Adam(learning_rate=args.peak)",
        "AdamW([{'params': p, 'lr': 1e-3}], lr=peak)",
    ] {
        check(&format!("peak = 1e-3\nx = {call}\n"), &[(OPTIMIZERS_LR, "0.001")]);
    }
    for call in ["AdamW(p, lr=schedule)", "optax.scale_by_adam(0.9)", "optax.adamw(schedule, 0.9)"]
    {
        assert!(keys(&format!("x = {call}\n")).unwrap().get(OPTIMIZERS_LR).is_none(), "{call}");
    }
    let changed = "peak = 1e-3\nx = AdamW(p, lr=peak)\npeak = 1e-4\n";
    assert_eq!(doubt(changed, OPTIMIZERS_LR), "0.001");
    let groups = "x = AdamW([{'params': p, 'lr': 0.02}],\n    lr=schedule)\n";
    assert_eq!(doubt(groups, OPTIMIZERS_LR), "schedule in line 2 and 0.02 in line 1");
}

#[test]
fn a_call_that_is_given_no_decay_is_told_from_one_that_is_or_may_be() {
    let is_without = |call: &str| {
        let program = format!("import torch, optax, keras\nweight_decay = 0.1\nx = {call}\n");
        keys(&program).unwrap().contains(CALLED_WITHOUT_DECAY)
    };
    for call in [
        "torch.optim.AdamW(model.parameters(), lr=lr)",
        "torch.optim.AdamW(params=model.parameters(), lr=lr)",
        "torch.optim.AdamW(list(model.parameters()), lr=lr)",
        "torch.optim.AdamW(list(p for p in model.parameters()), lr=lr)",
        "torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=lr)",
        "torch.optim.AdamW(filter(lambda p: p.requires_grad, model.parameters()), lr=lr)",
        "torch.optim.AdamW(itertools.chain(a.parameters(), b.parameters()), lr=lr)",
        "optax.adamw(lr)",
        "optax.adamw(learning_rate=lr, mask=decay_mask)",
        "optax.sgd(lr, momentum=0.9)",
        "optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(lr))",
        "nnx.Optimizer(model, optax.lion(lr, b1=0.9))",
        "keras.optimizers.AdamW(learning_rate=lr)",
    ] {
        assert!(is_without(call), "{call}");
    }
    for call in [
        "torch.optim.AdamW(groups, lr=lr)",
        "torch.optim.AdamW([{'params': model.parameters(), 'weight_decay': 0.1}], lr=lr)",
        "torch.optim.AdamW(groups_of(model.parameters(), 0.1), lr=lr)",
        "torch.optim.AdamW(model.parameters(), **options)",
        "torch.optim.AdamW(model.parameters(), lr, (0.9, 0.95), 1e-8, 0.1)",
        "optax.adamw(lr, weight_decay=weight_decay)",
        "optax.adafactor(lr, weight_decay_rate=1e-4)",
        "optax.chain(optax.scale_by_adam(), optax.scale(-1.0))",
        "optax.chain(optax.add_decayed_weights(0.1), optax.sgd(lr))",
        "keras.optimizers.AdamW(lr, 0.1)",
    ] {
        assert!(!is_without(call), "{call}");
    }
}

#[test]
fn a_decay_that_a_call_is_given_by_its_place_is_read() {
    for call in [
        "torch.optim.AdamW(model.parameters(), 1e-3, (0.9, 0.95), 1e-8, 0.05)",
        "optax.lion(1e-3, 0.9, 0.99, None, 0.05)",
        "keras.optimizers.AdamW(1e-3, 0.05)",
    ] {
        check(&format!("optimizer = {call}\n"), &[("weight_decay", "0.05")]);
    }
    let two = "weight_decay = 0.1\nx = torch.optim.SGD(p, 0.1, 0.9, 0.0, 0.05)\n";
    assert_eq!(doubt(two, "weight_decay"), "0.1 and 0.05 in line 2");
}
