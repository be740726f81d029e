use anyhow::{Result, bail};

use super::rule::Rule;
use super::target::Target;
use crate::config::{Form, Named, OptimizerKind, plain};

/// Refuses what a target cannot have, with what to use in its place.
pub fn check(target: Target, rule: &Rule) -> Result<()> {
    if rule.form() == Form::Matched {
        bail!(
            "the form `matched` follows the weights of another run step by step, which no other trainer has; export \
             that run's own arm, such as --arm 'adamw {}'",
            rule.decay.label().trim_start_matches("matched ")
        );
    }
    if rule.recipe.optimizer == OptimizerKind::Soap {
        bail!("{}", soap(rule));
    }
    if target == Target::Optax {
        check_optax(rule)?;
    }
    Ok(())
}

fn soap(rule: &Rule) -> String {
    let recipe = &rule.recipe;
    let [beta_1, beta_2] = recipe.betas.map(plain);
    format!(
        "SOAP's first axes are not determined where gradients have no component, so no other code can be held against \
         it step by step; use its authors' (github.com/nikhilvyas/SOAP, arXiv 2409.11321) for the matrices inside \
         blocks with lr={}, betas=({beta_1}, {beta_2}), shampoo_beta={}, eps={}, weight_decay={}, \
         precondition_frequency={}, and AdamW for the rest",
        plain(recipe.lr),
        plain(recipe.shampoo_beta),
        plain(recipe.eps),
        plain(rule.bulk_lambda()),
        recipe.precondition_every
    )
}

fn check_optax(rule: &Rule) -> Result<()> {
    let optimizer = rule.recipe.optimizer;
    if matches!(optimizer, OptimizerKind::Muon | OptimizerKind::Adafactor) {
        let why = match optimizer {
            OptimizerKind::Muon => {
                "optax.contrib.muon takes other steps (its own scale, no look at packed q, k, v)"
            }
            _ => "optax.adafactor factorizes and bounds its updates, which PaLM's does not",
        };
        bail!(
            "{why}, so {} is not exported to Optax; --to pytorch writes it in full",
            optimizer.name()
        );
    }
    if matches!(rule.form(), Form::TargetNorm | Form::Hyperball) {
        bail!(
            "`{}` goes by the norms of whole matrices, which is not exported to Optax; --to pytorch writes it in full",
            rule.form()
        );
    }
    Ok(())
}
