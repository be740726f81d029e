use super::rule::Rule;
use crate::config::{DecaySchedule, Form, MuonScale, OptimizerKind};

const DECOUPLED: &str = "Loshchilov & Hutter 2019, arXiv 1711.05101";

/// Where the parts of a rule come from.
pub fn of(rule: &Rule) -> Vec<String> {
    let mut sources: Vec<&str> = Vec::new();
    sources.extend(form(rule.form()));
    sources.extend(optimizer(rule.recipe.optimizer));
    if rule.recipe.optimizer == OptimizerKind::Muon
        && rule.recipe.muon_scale == MuonScale::Moonlight
    {
        sources.push("its scale: Liu et al. 2025, arXiv 2502.16982");
    }
    if rule.schedules_lambda() && rule.recipe.decay_schedule == DecaySchedule::LogTime {
        sources.push("its schedule of λ: Ferbach et al. 2026, arXiv 2602.05298");
    }
    if rule.kappa().is_some() {
        sources.push("κ and τ: Wang & Aitchison 2024, arXiv 2405.13698");
    }
    sources.into_iter().map(str::to_owned).collect()
}

fn form(form: Form) -> Option<&'static str> {
    match form {
        Form::None | Form::TargetNorm | Form::Matched => None,
        Form::AdamW | Form::L2 | Form::L2Loss | Form::Independent => Some(DECOUPLED),
        Form::Corrected | Form::CorrectedAll => Some("Defazio 2025, arXiv 2506.02285"),
        Form::LrPower => Some("Chowdhery et al. 2022, arXiv 2204.02311"),
        Form::Cautious => Some("Chen et al. 2025, arXiv 2510.12402"),
        Form::Hyperball => Some("Wen et al. 2026, arXiv 2606.16899"),
    }
}

fn optimizer(kind: OptimizerKind) -> Option<&'static str> {
    match kind {
        OptimizerKind::Adam => Some("Adam: Kingma & Ba 2015, arXiv 1412.6980"),
        OptimizerKind::Adafactor => Some("Adafactor: Shazeer & Stern 2018, arXiv 1804.04235"),
        OptimizerKind::Sgd => None,
        OptimizerKind::Lion => Some("Lion: Chen et al. 2023, arXiv 2302.06675"),
        OptimizerKind::Muon => Some("Muon: Jordan et al. 2024, kellerjordan.github.io/posts/muon"),
        OptimizerKind::Soap => Some("SOAP: Vyas et al. 2024, arXiv 2409.11321"),
    }
}
