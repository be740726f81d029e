use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use burn::train::Interrupter;
use burn::train::metric::{
    MetricDefinition, MetricEntry, MetricId, NumericAttributes, NumericEntry, SerializedEntry,
};
use burn::train::renderer::tui::TuiMetricsRendererWrapper;
use burn::train::renderer::{MetricState, MetricsRenderer};

use super::Progress;
use crate::config::{RunConfig, Start};
use crate::record::CurveRow;

/// burn-train's live dashboard: the losses of every lane as curves. Its `q` stops training through
/// the interrupter.
pub struct Dashboard(Mutex<Box<dyn MetricsRenderer>>);

impl Dashboard {
    /// Takes the terminal over until it is dropped.
    pub fn new(label: &str, lanes: &[RunConfig], interrupter: &Interrupter) -> Self {
        let steps = lanes[0].recipe.steps;
        let mut renderer: Box<dyn MetricsRenderer> =
            Box::new(TuiMetricsRendererWrapper::new(interrupter.clone(), None));
        for run in lanes {
            renderer.register_metric(definition(run));
        }
        renderer.start(1, 1, Some(steps), Some(label));
        renderer.start_split("train", steps);
        Dashboard(Mutex::new(renderer))
    }

    fn renderer(&self) -> MutexGuard<'_, Box<dyn MetricsRenderer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for Dashboard {
    fn advanced(&self, _cohort: usize, _lanes: usize, _steps: usize, step: usize) {
        self.renderer().update_split(step);
    }

    fn logged(&self, _cohort: usize, run: &RunConfig, row: &CurveRow) {
        let mut renderer = self.renderer();
        if let Some(loss) = row.batch_loss {
            renderer.update_train(state(run, f64::from(loss)));
        }
        if let Some(loss) = row.val_loss {
            renderer.update_valid(state(run, loss));
        }
    }
}

fn name(run: &RunConfig) -> String {
    match &run.start {
        Start::Seed(seed) => format!("Loss, seed {seed}"),
        Start::Weights(_) => format!("Loss, data seed {}", run.data.seed),
    }
}

fn definition(run: &RunConfig) -> MetricDefinition {
    let attributes =
        NumericAttributes { unit: Some("nats per token".into()), higher_is_better: false };
    MetricDefinition {
        metric_id: MetricId::new(Arc::new(name(run))),
        name: Arc::new(name(run)),
        description: None,
        attributes: attributes.into(),
    }
}

fn state(run: &RunConfig, loss: f64) -> MetricState {
    let entry = SerializedEntry::new(format!("{loss:.4}"), loss.to_string());
    let entry = MetricEntry::new(MetricId::new(Arc::new(name(run))), entry);
    MetricState::Numeric(entry, Some(NumericEntry::Value(loss)))
}
