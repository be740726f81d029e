use std::sync::Arc;

use super::super::data::Data;
use super::super::lettering::Lettering;
use super::panel::Measure;
use crate::config::Role;
use crate::record::{CurveRow, OfRole};

/// What a figure shows of every rule.
pub struct Subject {
    title: &'static str,
    note: &'static str,
    pub axis: &'static str,
    pub solid: Measure,
    pub dashed: Option<Measure>,
    /// Smallest reach of its axis, see [`Ruler`](super::Ruler); without, as far as half of the curves go.
    pub unit: Option<f64>,
    /// Whether what counts and the floor are lines across it.
    pub has_levels: bool,
}

impl Subject {
    pub fn loss(data: &Data) -> Self {
        Subject {
            title: "Loss over training",
            note: "solid: val, dashed: train",
            axis: "loss (nats per token)",
            solid: measure(|row| row.val_loss),
            dashed: Some(measure(|row| row.train_loss)),
            unit: Some(data.reach()),
            has_levels: true,
        }
    }

    /// A gap is small beside a loss: an axis that reached as far as losses do would be that of an arm that explodes.
    pub fn gap() -> Self {
        Subject {
            title: "Generalization gap over training",
            note: "val − train loss",
            axis: "gap (nats per token)",
            solid: measure(CurveRow::gap),
            dashed: None,
            unit: None,
            has_levels: false,
        }
    }

    /// Defazio 2025 expects it to rise towards the end under AdamW.
    pub fn gradient_ratio() -> Self {
        Subject {
            title: "Gradient norm over weight norm",
            note: "gradient before clipping (of l2-loss with its penalty), mean of the logged steps since the last evaluation",
            axis: "gradient / weight norm",
            solid: measure(|row| Some(f64::from(row.grad_norm?) / f64::from(row.weight_norm?))),
            dashed: None,
            unit: Some(0.0),
            has_levels: false,
        }
    }

    pub fn lettering(&self, data: &Data) -> Lettering {
        Lettering {
            title: self.title.to_owned(),
            notes: vec![self.note.to_owned()],
            caption: data.caption.clone(),
        }
    }
}

/// A measure of roles, for the roles that some run has.
pub fn by_role(data: &Data, of: fn(&OfRole) -> Option<f32>) -> Vec<(Role, Measure)> {
    let of_role = |role: Role| measure(move |row| of(row.of(role)).map(f64::from));
    let has = |(_, measure): &(Role, Measure)| {
        data.curves.values().flatten().any(|row| measure(&row.row).is_some())
    };
    Role::ALL.into_iter().map(|role| (role, of_role(role))).filter(has).collect()
}

fn measure(of: impl Fn(&CurveRow) -> Option<f64> + Send + Sync + 'static) -> Measure {
    Arc::new(of)
}
