use super::choice::other_values;
use super::optima::range;
use super::quantity;
use super::rules::{decay_label, label};
use super::texts::crowded;
use crate::config::is_treatment;
use crate::report::format;
use crate::stats::{
    ArmName, CoefficientKind, Extent, FEWEST_SEEDS, Rule, TOO_LITTLE_DECAY, UnknownBest, Warning,
};

/// A warning as a sentence.
pub fn warning(warning: &Warning) -> String {
    match warning {
        Warning::Copied { val, test } => copied(*val, *test),
        Warning::Unseen { val, test } => unseen(*val, *test),
        Warning::Padding { val, test } => padding(*val, *test),
        Warning::Collapsed { count, overfitted, all, extent, arms } => {
            collapsed(*count, *overfitted, *all, *extent, arms)
        }
        Warning::Unmeasured { quantity: what, is_missing, runs, all } => {
            let loss = match is_missing {
                true => format!("without a {}", quantity(*what)),
                false => format!("with a {} that is no finite number", quantity(*what)),
            };
            format!("{} of {all} runs ended {loss}: {}. {LEFT_OUT}", runs.len(), list(runs))
        }
        Warning::TooFewSeeds { seeds } => format!(
            "With fewer than {FEWEST_SEEDS} seeds (here {seeds}) there is no interval and no verdict; \
             train more, such as --seeds 0,1,2."
        ),
        Warning::UnevenSeeds { arms } => format!(
            "Rows of some seeds are not there for {}: their means are over other seeds than those of the rest, and verdicts \
             over the seeds that both sides have. `wane collect` writes all rows that the store has.",
            list(&named(arms))
        ),
        Warning::FewTexts { texts, seeds } => format!(
            "{seeds} seeds share {texts} train texts: intervals and verdicts hold for these texts. Whether others say the \
             same, so few do not tell; give every seed a text of its own."
        ),
        Warning::SharedText(shared) => crowded(shared),
        Warning::Diverged { count, all } => format!("{count} of {all} runs diverged. {LEFT_OUT}"),
        Warning::Failed { count, all } => format!("{count} of {all} runs failed. {LEFT_OUT}"),
        Warning::Unfinished { count, all } => {
            format!("{count} of {all} runs have not ended; sweep again to go on. {LEFT_OUT}")
        }
        Warning::CutOff { rules } => format!(
            "The search of {} ended before it was sure, at most_runs of [search]; with more of them it goes on from there.",
            list(rules)
        ),
        Warning::UnknownBest { rules } => {
            let of = |one: &UnknownBest| {
                let (name, known) = (label(&one.rule), range(one.interval));
                format!("{name} (95%: {known}; at λ = {})", format::number(one.confirmed))
            };
            format!(
                "The best λ is not known of {}: comparisons are with the λ that its search confirmed, and not with its best.",
                list(&rules.iter().map(of).collect::<Vec<_>>())
            )
        }
        Warning::OtherValues { rules } => other_values(rules),
        Warning::EqualCoefficients { kind, values } => format!(
            "λ = {} is another amount {} than as decoupled decay: compare forms at their own best λ.",
            list(&format::labels(values)),
            match kind {
                CoefficientKind::Independent =>
                    "under `independent`, which takes λ of a weight in a step and not ηλ,",
                _ => "as L2",
            }
        ),
        Warning::OneLambda { rules } => {
            let of = |(rule, value): &(Rule, f64)| {
                format!("{} (λ = {})", label(rule), format::number(*value))
            };
            format!(
                "Tried at one λ alone: {}. What differs between rules there may be gone, or turned round, at the best λ of \
                 each: give weight_decay a list to compare those.",
                list(&rules.iter().map(of).collect::<Vec<_>>())
            )
        }
        Warning::OneEvaluation => {
            "Losses were measured at the last step alone: stopping earlier may gain as much as decay does, and is not \
             judged. A lower train.eval_every measures it."
                .to_owned()
        }
        Warning::LargestTried { rule, axis, best } => format!(
            "{}: the best {} = {} is the largest tried; larger may be better.",
            label(rule),
            name_of(axis),
            format::number(*best)
        ),
        Warning::SmallestTried { rule, axis, best } => format!(
            "{}: the best {} = {} is the smallest{} tried; smaller may be better.",
            label(rule),
            name_of(axis),
            format::number(*best),
            if axis == "weight_decay" || is_treatment(axis) { " above 0" } else { "" }
        ),
        Warning::PassedOver { arms } => format!(
            "Not called best for all that their mean val loss is below that of the best of their rule: {}. A run of each \
             collapsed on val, diverged or failed.",
            list(&named(arms))
        ),
        Warning::TooLittleDecay { arms } => format!(
            "Total decay Λ is below {TOO_LITTLE_DECAY} for {}: over the whole run decay takes less than {}% of a weight. \
             Whether that shows in the loss, the tests say.",
            list(&named(arms)),
            100.0 * TOO_LITTLE_DECAY
        ),
    }
}

/// An axis as people name it.
fn name_of(axis: &str) -> &str {
    if axis == "weight_decay" { "λ" } else { axis }
}

/// Arms or λ that a warning lists, at most.
const MOST_LISTED: usize = 8;

const LEFT_OUT: &str =
    "Means and n leave them out; an arm with such a run is never called best and has no p.";

/// Those of val and test that are not 0, in words.
fn shares(val: f64, test: f64) -> String {
    let shares: Vec<String> = [("val", val), ("test", test)]
        .into_iter()
        .filter(|(_, share)| *share > 0.0)
        .map(|(name, share)| format!("{} % of {name}", format::three_digits(100.0 * share)))
        .collect();
    shares.join(" and ")
}

fn unseen(val: f64, test: f64) -> String {
    format!(
        "TRAIN LACKS WHAT IS HELD OUT: {} is tokens that never occur in train. A loss there tells what these cost, not how \
         well a model generalizes. Take train and held-out text of one kind.",
        shares(val, test)
    )
}

fn padding(val: f64, test: f64) -> String {
    format!(
        "PADDING IS MEASURED: {} is one token over and over. A loss there tells how soon a model repeats it, not how well it \
         generalizes. Take held-out text without padding.",
        shares(val, test)
    )
}

fn copied(val: f64, test: f64) -> String {
    let told = shares(val, test);
    match (Warning::Copied { val, test }).is_alarm() {
        true => format!(
            "TOO LITTLE IS HELD OUT: {told} stands word for word in train. A loss there tells what is known by heart, not \
             how well a model generalizes. Take held-out text that is not in train."
        ),
        false => format!(
            "{told} stands word for word in train: losses there are lower than on text that is not."
        ),
    }
}

fn collapsed(
    count: usize,
    overfitted: usize,
    all: usize,
    extent: Extent,
    arms: &[(ArmName, usize)],
) -> String {
    let names: Vec<ArmName> = arms.iter().map(|(name, _)| name.clone()).collect();
    let counted = named(&names).into_iter().zip(arms);
    let whose =
        list(&counted.map(|(name, (_, count))| format!("{count} of {name}")).collect::<Vec<_>>());
    let better = "were better at their best step: they overfitted; train fewer steps, or compare what stopping reaches";
    let some = match overfitted {
        0 => String::new(),
        1 if count == 1 => " It was better at its best step: it overfitted.".to_owned(),
        _ if overfitted == count => format!(" All of these {better}."),
        1 => " One of these was better at its best step: it overfitted.".to_owned(),
        some => format!(" {some} of these {better}."),
    };
    match extent {
        Extent::All if overfitted == count => format!(
            "EVERY RUN HAS OVERFITTED until it was no better than a model that knows only how often each token occurs: \
             {count} of {all} runs, all that reached their end. All of these {better}."
        ),
        Extent::All => format!(
            "NOTHING HAS BEEN LEARNED beyond how often each token occurs: {count} of {all} runs, all that reached their \
             end, are no better than a model that knows only that.{some} Train {} longer, or at a lower learning rate, before you read anything into the differences.",
            if overfitted == 0 { "them" } else { "the others" }
        ),
        Extent::EveryArm => format!(
            "{count} of {all} runs collapsed, {whose}: no better than token frequencies. On val, by which arms are chosen, every arm \
             has one, so that they are chosen as if none had{}{some}",
            if overfitted == count { "." } else { "; train longer, or at a lower learning rate." }
        ),
        Extent::EveryArmOfARule => format!(
            "{count} of {all} runs collapsed, {whose}: no better than token frequencies. On val, by which arms are chosen, every arm \
             of a rule, or no decay, has one, so that collapse counted in no choice.{some}"
        ),
        Extent::Some => format!(
            "{count} of {all} runs collapsed, {whose}: no better than token frequencies. An arm with one on val is best only where \
             every arm of its rule has one, so that what is said of the others holds for runs that do not collapse.{some}"
        ),
    }
}

/// Arms with their λ, with the digits that tell them apart.
fn named(arms: &[ArmName]) -> Vec<String> {
    let known: Vec<f64> = arms.iter().filter_map(|arm| arm.weight_decay).collect();
    let mut known = format::labels(&known).into_iter();
    let name = |arm: &ArmName| {
        let variant = Some(arm.variant.as_str()).filter(|variant| !variant.is_empty());
        let variant = variant.map_or(String::new(), |variant| format!(" {variant}"));
        let lambda = arm.weight_decay.and_then(|_| known.next());
        let lambda = lambda.map_or(String::new(), |lambda| format!(" λ = {lambda}"));
        format!("{}{variant}{lambda}", decay_label(arm.form, arm.mask))
    };
    arms.iter().map(name).collect()
}

/// The first few, and how many more there are: a warning is read, not searched.
fn list(all: &[String]) -> String {
    let shown = all.iter().take(MOST_LISTED).cloned().collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(MOST_LISTED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
