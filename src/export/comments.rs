use super::arms::ArmRows;
use super::horizon::Moved;
use super::rule::Rule;
use super::target::Target;
use super::{epochs, left_behind, nanogpt, sources};
use crate::config::{Form, LrShape, Named, OptimizerKind, Recipe, Role, plain, to_digits};
use crate::plural::counted;
use crate::report::broken;
use crate::results::Experiment;

/// Columns of the text of a comment.
const COLUMNS: usize = 106;

/// What stands above the code.
#[derive(Clone, Debug)]
pub struct Comments {
    /// What this is.
    pub title: String,
    /// What is known of the arm.
    pub evidence: Vec<String>,
    /// How it decays.
    pub rule: Vec<String>,
    /// What changes, or stays behind, on the way to another trainer.
    pub not_carried: Vec<String>,
    /// Papers.
    pub sources: Vec<String>,
    /// How the code is used.
    usage: String,
}

impl Comments {
    /// What there is to say of a rule that `was` the run's and is in the code as `rule`.
    pub fn new(
        target: Target,
        experiment: &Experiment,
        arm: &ArmRows,
        was: &Rule,
        rule: &Rule,
        moved: Option<&Moved>,
        evidence: Vec<String>,
    ) -> Self {
        let title = format!(
            "Written by wane {} for {}: arm `{}` of the experiment {} (run {} is one of it).",
            env!("CARGO_PKG_VERSION"),
            target.title(),
            arm.label,
            experiment.name,
            arm.first().run
        );
        let mut not_carried = vec![lambda(was, moved)];
        not_carried.extend(epochs::other_rule(experiment, was, moved));
        not_carried.extend(found_on(experiment, was));
        not_carried.extend(by_analogy(rule));
        not_carried.extend(left_behind::of(target, was, moved));
        not_carried.extend(of_target(target, rule));
        let usage = usage(target, rule);
        let sources = sources::of(was);
        Comments { title, evidence, rule: vec![told(was)], not_carried, sources, usage }
    }

    /// As lines of comments of Python.
    pub fn text(&self) -> String {
        let mut lines = vec![self.title.clone()];
        lines.extend(self.evidence.iter().cloned());
        lines.extend(self.rule.iter().cloned());
        lines.push("What does not carry over:".to_owned());
        lines.extend(self.not_carried.iter().map(|one| format!("- {one}")));
        if !self.sources.is_empty() {
            lines.push(format!("Sources: {}.", self.sources.join("; ")));
        }
        lines.push(self.usage.clone());
        lines.iter().map(|line| commented(line)).collect()
    }
}

/// A line as a comment, broken to the screen. No text of a file gets out of its comment.
fn commented(line: &str) -> String {
    let plain: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let lines = broken(&plain, COLUMNS);
    let indent = |at: usize| if at > 0 && line.starts_with("- ") { "  " } else { "" };
    let lines = lines.lines().enumerate().map(|(at, line)| format!("# {}{line}\n", indent(at)));
    lines.collect()
}

fn told(rule: &Rule) -> String {
    let form = rule.form();
    let Some(mask) = rule.decay.mask.filter(|_| form != Form::None) else {
        return "Nothing decays.".to_owned();
    };
    let (title, mask, rate) = (form.title(), mask.title(), form.rate(Role::Mlp));
    let rest = match form {
        Form::Corrected => format!("; outside of blocks {}", form.rate(Role::Head)),
        _ => String::new(),
    };
    match form {
        Form::L2 | Form::L2Loss => {
            format!("{title} on {mask}: g ← {rate}, and from there on as the optimizer has it.")
        }
        Form::Hyperball => format!(
            "{title} on {mask}: nothing decays, every matrix keeps its first norm R, and a step turns it by η_t: \
             w ← R N(w − η_t R N(u)), with N a matrix divided by its norm."
        ),
        _ => format!(
            "{title} on {mask}, apart from the update: in step t a weight loses the share {rate}{rest}, where η_t is the \
             learning rate of the step and η its peak."
        ),
    }
}

/// λ, which is a number of one horizon.
fn lambda(was: &Rule, moved: Option<&Moved>) -> String {
    let form = was.form();
    if form == Form::None {
        return "λ: there is none.".to_owned();
    }
    if !form.takes_weight_decay() {
        return format!(
            "λ: `{form}` has none; what decays follows from the learning rate, so it is another amount at another \
             learning rate or length."
        );
    }
    let whose = if was.is_bulk_apart() { " (of the MLP's matrices)" } else { "" };
    if was.bulk_lambda() == 0.0 {
        let of_others = match moved {
            Some(_) if !whose.is_empty() => "; λ of other parameters keep their κ",
            _ => "",
        };
        return format!("λ{whose} = 0, at any horizon{of_others}.");
    }
    let value = number(was.bulk_lambda());
    let Some((kappa, tau)) = was.kappa().zip(was.timescale()) else {
        return format!(
            "λ{whose} = {value}: no law is known that carries λ of `{form}` to another learning rate, length or batch; it is \
             as it was, so search it there."
        );
    };
    let (kappa, tau) = (number(kappa), short(tau));
    let (run, law) = (horizon_of(was), law(was));
    let named =
        if was.schedules_lambda() { " (of λ as it is named, whatever its schedule)" } else { "" };
    match moved {
        None => format!(
            "λ{whose} = {value} belongs to {run}: there κ = {law} = {kappa}, τ = {tau} steps{named}. At D tokens, B tokens a step and a \
             peak learning rate η the λ that keeps κ is {}; --tokens D --batch B --lr η writes the code for them{}.",
            formula(was, &kappa),
            if whose.is_empty() { "" } else { " (--lr of all others: roles keep their ratios)" }
        ),
        Some(moved) => format!(
            "λ{whose} was {value} in {run}. Here, for {} tokens at {} tokens a step and a peak learning rate of {}, λ = {} keeps \
             κ = {law} = {kappa}. {}",
            number(moved.tokens),
            number(moved.tokens_per_step),
            plain(moved.lr * (was.bulk_schedule().lr / was.recipe.lr)),
            number(moved.weight_decay.unwrap_or(0.0)),
            of_total_decay(was, moved)
        ),
    }
}

/// Whether the total decay stays where κ does.
fn of_total_decay(was: &Rule, moved: &Moved) -> String {
    let sum = total_of(was);
    match keeps_total_decay(was, moved) {
        true => format!(
            "Warm-up and hold keep their shares of the run and the schedule its shape, so with κ the total decay Λ = {sum} \
             stays too, but for rounding to whole steps."
        ),
        false => format!(
            "The total decay Λ = {sum} does not stay: without steps of warm-up or hold an inverse-sqrt schedule falls by \
             its steps, however many there are."
        ),
    }
}

/// Λ of the matrices inside blocks, in symbols.
fn total_of(rule: &Rule) -> String {
    let lambda = if rule.schedules_lambda() { "Σ λ_t" } else { "λ Σ" };
    let lr = match rule.form() {
        Form::Independent => "η_t/η",
        Form::Corrected | Form::CorrectedAll => "η_t²/η",
        _ => "η_t",
    };
    format!("{lambda} {lr}{}", if rule.is_summed_l2() { "/(1 − μ)" } else { "" })
}

/// Whether the learning rate over the run has the same shape in another number of steps.
fn keeps_total_decay(was: &Rule, moved: &Moved) -> bool {
    let Recipe { steps, warmup, hold, schedule, .. } = was.recipe;
    let before_the_fall = (warmup + hold) as f64;
    let there = before_the_fall * moved.steps as f64 / steps as f64;
    schedule != LrShape::InverseSqrt || before_the_fall.min(there) >= 1.0
}

fn law(rule: &Rule) -> &'static str {
    match rule.form() {
        Form::Independent => "λT",
        _ if rule.is_summed_l2() => "ηλT/(1 − μ)",
        _ => "ηλT",
    }
}

fn formula(rule: &Rule, kappa: &str) -> String {
    match rule.form() {
        Form::Independent => format!("{kappa}·B/D"),
        _ if rule.is_summed_l2() => format!("{kappa}·(1 − μ)·B/(η·D)"),
        _ => format!("{kappa}·B/(η·D)"),
    }
}

fn horizon_of(rule: &Rule) -> String {
    format!(
        "T = {} steps of {} tokens at a peak learning rate η = {}",
        rule.recipe.steps,
        rule.tokens_per_step(),
        plain(rule.bulk_schedule().lr)
    )
}

fn found_on(experiment: &Experiment, was: &Rule) -> Vec<String> {
    let model = &was.model;
    let mut told = vec![format!(
        "The model: it was found on a {} of {}, {} channels and a context of {}; whether its {} is the best of a \
         larger one, no run here says.",
        model.family.name(),
        counted(model.layers, "layer"),
        model.channels,
        model.context,
        if was.kappa().is_some() { "κ" } else { "λ" }
    )];
    let read = epochs::train(experiment, was).zip(epochs::of_run(experiment, was));
    told.extend(read.map(|(train, epochs)| {
        format!(
            "The text: {train} train tokens were read {} times ({}). Text that is read once asks for another amount of \
             decay.",
            short(epochs),
            experiment.data
        )
    }));
    told
}

/// Of parameters that the run's model does not have no run says how they should decay.
fn by_analogy(rule: &Rule) -> Option<String> {
    let told = |role: &Role| {
        let group = rule.group(*role);
        let lambda = if rule.decays_role(*role) { group.weight_decay } else { 0.0 };
        let what = match role {
            Role::Head => "a head that is not tied to its embedding",
            other => other.name(),
        };
        match rule.form().takes_weight_decay() {
            true => format!("{what} (λ = {}, η = {})", number(lambda), plain(group.recipe.lr)),
            false => format!("{what} (η = {})", plain(group.recipe.lr)),
        }
    };
    let roles: Vec<String> = rule.roles_by_analogy().iter().map(told).collect();
    (!roles.is_empty()).then(|| {
        format!("Parameters that its model does not have: what the code does to them is by analogy: {}.", roles.join(", "))
    })
}

fn of_target(target: Target, rule: &Rule) -> Vec<String> {
    let mut told = Vec::new();
    if rule.recipe.optimizer == OptimizerKind::Adafactor {
        told.push(
            "Adafactor's step goes by the root mean square of a parameter: where your model has several matrices in one \
             parameter that the run's has apart, such as q, k and v, or the other way round, steps are others."
                .to_owned(),
        );
    }
    match target {
        Target::Optax if rule.recipe.clip > 0.0 => told.push(
            "The clip: Optax divides by the norm itself, wane and PyTorch by the norm + 1e-6.".to_owned(),
        ),
        Target::Transformers => told.push(
            "Trainer's own optimizer decays all but biases and norms, which is the mask `matrices`; this code brings \
             its optimizer and does not use it."
                .to_owned(),
        ),
        Target::NanoGpt => told.extend(nanogpt::differences(rule)),
        _ => {}
    }
    told
}

fn usage(target: Target, rule: &Rule) -> String {
    match target {
        Target::PyTorch => {
            "Use: optimizer = make_optimizer(model); scheduler = make_scheduler(optimizer); then for every batch \
             loss.backward(); take_step(model, optimizer, scheduler)."
        }
        Target::Transformers => {
            "Use: trainer = make_trainer(model, training_arguments(\"out\", …), train_dataset=…); trainer.train()."
        }
        Target::Optax => {
            "Use: optimizer = make_optimizer(); state = optimizer.init(params); then for every batch updates, state = \
             optimizer.update(grads, state, params); params = optax.apply_updates(params, updates)."
        }
        Target::NanoGpt => nanogpt::usage(rule),
    }
    .to_owned()
}

/// A number to six digits, as one would type it.
fn number(value: f64) -> String {
    plain(to_digits(value, 6))
}

/// The same to three digits.
fn short(value: f64) -> String {
    plain(to_digits(value, 3))
}
