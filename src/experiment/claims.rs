//! `[[claim]]`: what a spec says of its outcome before anything is trained.

mod asked;
mod entry;
mod finding;
mod selector;

use anyhow::Result;
use sha2::{Digest, Sha256};
use toml::{Table, Value as Toml};

use super::wrong_key::WrongKey;
use super::{Arm, Plan, Spec};
use crate::config::{Claim, Measured, Part, Term};
use asked::{AskedPart, AskedTerm};
use entry::Fields;

pub use asked::Asked;

/// Reads the claims of a spec with these arms.
///
/// # Errors
/// A key that a claim does not have, a value that it may not have, or arms that the spec does not have; the message
/// names the key and what was expected.
pub fn read(spec: &Table, arms: &[Arm], is_search: bool) -> Result<Vec<Asked>> {
    let no_list = || WrongKey::new("claim", " is not a list of tables; expected [[claim]]");
    let written = match spec.get("claim") {
        None => return Ok(Vec::new()),
        Some(Toml::Array(list)) => list.iter().map(|one| one.as_table().ok_or_else(no_list)),
        Some(_) => return Err(no_list().into()),
    };
    if is_search {
        let why = ": a search finds its arms while it trains, and a claim speaks of arms that are known before; give \
                   every weight_decay as a list";
        return Err(WrongKey::new("claim", why).into());
    }
    let claim = |(place, table): (usize, Result<&Table, _>)| {
        one(&Fields::new(table?, format!("claim.{place}")), arms)
    };
    written.enumerate().map(claim).collect()
}

fn one(fields: &Fields, arms: &[Arm]) -> Result<Asked> {
    fields.check_keys()?;
    let quantity = fields.named::<Measured>("quantity")?;
    let smallest = fields.positive("smallest")?;
    let found = finding::read(fields, arms, quantity)?;
    Ok(Asked {
        text: fields.text("text")?,
        source: fields.text("source")?,
        basis: fields.named("basis")?,
        quantity,
        finding: found.told,
        expect: found.expect,
        smallest,
        needs: fields.optional_text("needs")?,
        digest: fields.digest(),
        parts: found.parts,
    })
}

impl Spec {
    /// Its claims, with the runs that a plan of it has for their arms.
    pub fn claims(&self, plan: &Plan) -> Vec<Claim> {
        let labels: Vec<u64> = self.seeds.iter().map(|seed| seed.label).collect();
        let of_data = self.table.get("data").map_or(String::new(), ToString::to_string);
        let data = format!("{:x}", Sha256::digest(of_data.as_bytes()));
        let claim = |asked: &Asked| Claim {
            arms: asked.arms(&self.arms),
            data: data.clone(),
            labels: labels.clone(),
            ..asked.over(plan, labels.len())
        };
        self.asked_claims.iter().map(claim).collect()
    }
}

impl Asked {
    /// A digest of the arms that it speaks of.
    fn arms(&self, all: &[Arm]) -> String {
        let terms = self.parts.iter().flat_map(|part| &part.terms);
        let arms = terms.map(|term| {
            let arm = |place: &usize| {
                let Arm { model, decay, recipe, by_role, .. } = &all[*place];
                serde_json::to_string(&(model, decay, recipe, by_role))
                    .expect("numbers and names can be written as JSON")
            };
            term.arms.iter().map(arm).collect::<Vec<_>>()
        });
        let text = format!("{:?}", arms.collect::<Vec<_>>());
        format!("{:x}", Sha256::digest(text.as_bytes()))
    }

    /// With runs: a plan has the entries of an arm, one a seed, one after the other.
    fn over(&self, plan: &Plan, seeds: usize) -> Claim {
        let runs = |arm: &usize| -> Vec<String> {
            let entries = plan.entries.iter().skip(arm * seeds).take(seeds);
            entries.map(|entry| entry.id.to_string()).collect()
        };
        let term = |term: &AskedTerm| {
            let mut arms: Vec<Vec<String>> = Vec::new();
            // No decay may stand in a spec under several names.
            for own in term.arms.iter().map(runs) {
                if !arms.contains(&own) {
                    arms.push(own);
                }
            }
            Term { weight: term.weight, at: term.at, arms }
        };
        let part = |part: &AskedPart| Part {
            label: part.label.clone(),
            expect: part.expect,
            terms: part.terms.iter().map(term).collect(),
            constant: part.constant,
        };
        Claim {
            text: self.text.clone(),
            source: self.source.clone(),
            basis: self.basis,
            quantity: self.quantity,
            finding: self.finding.clone(),
            expect: self.expect,
            smallest: self.smallest,
            needs: self.needs.clone(),
            digest: self.digest.clone(),
            arms: String::new(),
            data: String::new(),
            labels: Vec::new(),
            parts: self.parts.iter().map(part).collect(),
            registered: None,
        }
    }
}

#[cfg(test)]
mod tests;
