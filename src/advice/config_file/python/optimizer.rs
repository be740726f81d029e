//! Which calls of a program make its optimizer. One that is overlooked would be taken for the trainer's own.

/// Words in the names of optimizers.
const OPTIMIZERS: [&str; 21] = [
    "adam",
    "sgd",
    "lion",
    "muon",
    "soap",
    "shampoo",
    "sophia",
    "adafactor",
    "lamb",
    "lars",
    "prodigy",
    "rmsprop",
    "adagrad",
    "adadelta",
    "adan",
    "ademamix",
    "rprop",
    "lbfgs",
    "scion",
    "schedulefree",
    "schedule_free",
];
/// What optax puts optimizers together with.
const COMBINED: [&str; 4] = ["chain", "multi_transform", "partition", "inject_hyperparams"];
/// What it puts around one that is made elsewhere.
const AROUND: [&str; 2] = ["MultiSteps", "apply_if_finite"];
/// Modules whose classes are optimizers.
const MODULES: [&str; 4] = ["optim", "optimizers", "torch_optimizer", "pytorch_optimizer"];
/// Modules inside of those with other classes.
const OTHERS: [&str; 3] = ["lr_scheduler", "swa_utils", "schedules"];

/// Whether what is called makes an optimizer by its name: a class of theirs, or a function of optax.
pub fn is_one(called: &str) -> bool {
    let (module, name) = called.rsplit_once('.').unwrap_or(("", called));
    let is_of = |word: &&str| module.split('.').any(|part| part == *word);
    let lower = name.to_lowercase();
    let is_named = OPTIMIZERS.iter().any(|word| lower.contains(word)) && !lower.contains("lambda");
    let is_optax = is_of(&"optax");
    let is_class = is_class(name) && (is_named || MODULES.iter().any(is_of));
    !OTHERS.iter().any(is_of)
        && !AROUND.contains(&name)
        && (is_class || is_optax && (is_named || COMBINED.contains(&name)))
}

/// Whether what is called is an optimizer by itself, and no part of one.
pub fn is_whole(called: &str) -> bool {
    let name = last(called);
    is_one(called) && !COMBINED.contains(&name) && !name.starts_with("scale_by")
}

/// Whether a call of a class with weights and a learning rate makes one.
pub fn takes_weights(called: &str, arguments: &str) -> bool {
    let takes = |word: &str| arguments.contains(word);
    is_class(last(called)) && takes(".parameters()") && (takes("lr=") || takes("lr ="))
}

/// Whether what a program keeps under a name makes one.
pub fn is_kept_as(target: &str, called: &str) -> bool {
    let target = target.to_lowercase();
    let is_so_named =
        target.contains("optim") || target.trim_end_matches(char::is_numeric) == "opt";
    is_so_named && is_class(last(called)) && !AROUND.contains(&last(called))
}

/// Where the learning rate stands among arguments without a name, by the `first` of them: PyTorch has it after the weights,
/// optax and Keras before all else. `None` for what transforms gradients alone.
pub fn place_of_rate(called: &str, first: &str) -> Option<usize> {
    let name = last(called);
    let is_none = COMBINED.contains(&name) || name.starts_with("scale_by");
    let has_weights = first.contains("param") || called.split('.').any(|part| part == "optim");
    (!is_none).then_some(usize::from(has_weights))
}

/// Where λ stands among arguments without a name, in the optimizers whose order of them is known.
pub fn place_of_decay(called: &str) -> Option<usize> {
    let is_of = |library: &str| called.split('.').any(|part| part == library);
    match last(called) {
        "AdamW" if is_of("keras") => Some(1),
        "Adam" | "AdamW" | "NAdam" | "RAdam" | "SGD" if is_of("torch") => Some(4),
        "adamw" | "nadamw" if is_of("optax") => Some(6),
        "lion" if is_of("optax") => Some(4),
        _ => None,
    }
}

/// Whether an optimizer is of a library that has no parameter groups, by which λ could come to it.
pub fn has_no_groups(called: &str) -> bool {
    called.split('.').any(|part| ["optax", "keras", "tf_keras"].contains(&part))
}

fn last(called: &str) -> &str {
    called.rsplit('.').next().unwrap_or(called)
}

/// A class that wraps an optimizer or holds its settings says so in its name.
fn is_class(name: &str) -> bool {
    let lower = name.to_lowercase();
    let is_other = ["optim", "config", "args", "schedul"].iter().any(|word| lower.contains(word));
    // A schedule-free optimizer is no schedule.
    let is_other = is_other && !lower.contains("schedulefree");
    name.starts_with(char::is_uppercase) && !is_other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn optimizers_are_told_from_schedules_wrappers_and_settings() {
        for called in ["torch.optim.NAdam", "torch.optim.LBFGS", "optax.adan", "AdamWScheduleFree"]
        {
            assert!(is_one(called), "{called}");
        }
        for called in [
            "torch.optim.lr_scheduler.LambdaLR",
            "LambdaLR",
            "torch.optim.swa_utils.AveragedModel",
            "keras.optimizers.schedules.CosineDecay",
            "torch.optim.Optimizer",
            "optax.warmup_cosine_decay_schedule",
            "build_sgd",
        ] {
            assert!(!is_one(called), "{called}");
        }
    }

    #[test]
    fn a_class_that_is_kept_as_the_optimizer_or_takes_the_weights_is_one_whatever_its_name() {
        for (target, called, expected) in [
            ("optimizer", "Dion", true),
            ("opt2", "heavyball.CAME", true),
            ("optimizer", "model.configure_optimizers", false),
            ("optimizer", "AcceleratedOptimizer", false),
            ("options", "Dion", false),
        ] {
            assert_eq!(is_kept_as(target, called), expected, "{target} = {called}");
        }
        for (called, first, place) in [
            ("torch.optim.AdamW", "groups", Some(1)),
            ("SophiaG", "model.parameters()", Some(1)),
            ("optax.adamw", "schedule", Some(0)),
            ("optax.scale_by_adam", "0.9", None),
        ] {
            assert_eq!(place_of_rate(called, first), place, "{called}");
        }
        for (called, place) in [
            ("torch.optim.AdamW", Some(4)),
            ("tensorflow.keras.optimizers.AdamW", Some(1)),
            ("optax.adamw", Some(6)),
            ("optax.sgd", None),
            ("AdamW", None),
        ] {
            assert_eq!(place_of_decay(called), place, "{called}");
        }
        assert!(takes_weights("Ranger21", "(model.parameters(), lr=1e-3)"));
        assert!(!takes_weights("Average", "(model.parameters(), decay=0.999)"));
    }
}
