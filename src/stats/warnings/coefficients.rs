//! One λ under forms in which it is another amount of decay.

use super::warning::{CoefficientKind, Warning};
use crate::config::Form;
use crate::stats::groups::Group;

impl CoefficientKind {
    fn of(form: Form) -> Self {
        match form {
            Form::L2 | Form::L2Loss => CoefficientKind::L2,
            Form::Independent => CoefficientKind::Independent,
            _ => CoefficientKind::Decoupled,
        }
    }
}

/// λ that are tried as decoupled decay and in another way as well.
pub fn equal_coefficients(groups: &[Group]) -> Vec<Warning> {
    let of = |kind: CoefficientKind| -> Vec<f64> {
        let groups =
            groups.iter().filter(move |group| CoefficientKind::of(group.rule.form) == kind);
        let cells = groups.flat_map(|group| &group.cells);
        cells.filter_map(|cell| cell.weight_decay).filter(|value| *value > 0.0).collect()
    };
    let decoupled = of(CoefficientKind::Decoupled);
    let warning = |kind: CoefficientKind| {
        let mut values = of(kind);
        values.retain(|value| decoupled.contains(value));
        values.sort_by(f64::total_cmp);
        values.dedup();
        (!values.is_empty()).then_some(Warning::EqualCoefficients { kind, values })
    };
    [CoefficientKind::L2, CoefficientKind::Independent].into_iter().filter_map(warning).collect()
}
