//! Which part of a tensor shrank, where not all of it did.

use super::super::super::format::{count, number};
use crate::audit::{Axis, Pattern, Run};

/// Which part of a tensor shrank.
pub fn pattern(pattern: &Pattern) -> String {
    match pattern {
        Pattern::Stretches { axis, runs } => {
            runs.iter().map(|run| of_run(*axis, run)).collect::<Vec<_>>().join(", ")
        }
        Pattern::Some { axis, moved, of, factor } => format!(
            "{} of {} {} shrink by {}, the others stay",
            count(*moved),
            count(*of),
            plural_of(*axis),
            number(factor.shrink())
        ),
        Pattern::Numbers { moved, of, factor } => format!(
            "{} of {} numbers shrink by {}, the others stay, as cautious decay leaves it where averages were not zero",
            count(*moved),
            count(*of),
            number(1.0 - factor)
        ),
        Pattern::Nearly { factor } => format!(
            "its numbers shrink by {}, but for more than the rounding of one step, as in several steps of decoupled decay \
             or of L2 under SGD (save the weights around one), or in one of L2 in the gradient of Adam where λ|w| is far \
             below its ε (set λ = 0.1 for this one step)",
            number(1.0 - factor)
        ),
        Pattern::Various => {
            "its numbers shrink by many factors: which decay that is cannot be told. L2 in the gradient of Adam does it \
             where λ|w| is as small as its ε (set λ = 0.1 for this one step), and so do several steps (save the weights \
             around one)"
                .to_owned()
        }
    }
}

fn of_run(axis: Axis, run: &Run) -> String {
    let place = match run.from == run.to {
        true => format!("{} {}", plural_of(axis).trim_end_matches('s'), run.from),
        false => format!("{} {}–{}", plural_of(axis), run.from, run.to),
    };
    let verb =
        |plural: &str| if run.from == run.to { format!("{plural}s") } else { plural.to_owned() };
    match run.factor.value {
        1.0 => format!("{place} {}", verb("stay")),
        value if value > 1.0 => format!("{place} {} by {}", verb("grow"), number(value - 1.0)),
        _ => format!("{place} {} by {}", verb("shrink"), number(run.factor.shrink())),
    }
}

fn plural_of(axis: Axis) -> &'static str {
    match axis {
        Axis::Rows => "rows",
        Axis::Columns => "columns",
    }
}
