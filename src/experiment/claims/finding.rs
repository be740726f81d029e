//! The comparisons that a claim comes down to.

mod sides;
mod slope;

use anyhow::{Result, bail};
use toml::Value as Toml;

use super::asked::{AskedPart, AskedTerm};
use super::entry::{Fields, number};
use super::selector::{self, Selected};
use crate::config::{Expect, Measured, Named};
use crate::experiment::Arm;
use sides::{Sides, between, joined, steps};

/// What a claim compares, and what it expects of that.
pub struct Found {
    pub parts: Vec<AskedPart>,
    pub expect: Expect,
    /// In words.
    pub told: String,
}

/// The keys that say what kind of finding a claim speaks of, beside a difference.
const KINDS: [&str; 5] = ["over", "crossing", "order", "collapse", "all"];

/// Reads the finding of a claim.
pub fn read(fields: &Fields, arms: &[Arm], quantity: Measured) -> Result<Found> {
    let finding = Reader { fields, arms, quantity };
    let kinds: Vec<&str> = KINDS.into_iter().filter(|key| fields.get(key).is_some()).collect();
    if let [first, second, ..] = kinds[..] {
        bail!(fields.wrong(
            second,
            format!(" stands beside {first}; a claim has one of {}", KINDS.join(", "))
        ));
    }
    if let Some(kind @ ("order" | "collapse" | "all")) = kinds.first().copied() {
        let beside = ["left", "right"].into_iter().find(|key| fields.get(key).is_some());
        if let Some(key) = beside {
            bail!(fields.wrong(key, format!(" stands beside {kind}, which has sides of its own")));
        }
    }
    let found = match kinds.first() {
        None => finding.difference(),
        Some(&"over") => finding.slope(),
        Some(&"crossing") => finding.crossing(),
        Some(&"order") => finding.order(),
        Some(&"collapse") => finding.collapse(),
        Some(_) => finding.all(),
    }?;
    finding.check_choices(&found)?;
    Ok(found)
}

/// Whether what is subtracted is what it is subtracted from.
fn is_nothing(part: &AskedPart) -> bool {
    let weight = |of: &AskedTerm| -> f64 {
        let same = part.terms.iter().filter(|term| (term.at, &term.arms) == (of.at, &of.arms));
        same.map(|term| term.weight).sum()
    };
    part.terms.iter().all(|term| weight(term) == 0.0)
}

struct Reader<'a> {
    fields: &'a Fields<'a>,
    arms: &'a [Arm],
    quantity: Measured,
}

impl Reader<'_> {
    fn expect(&self) -> Result<Expect> {
        self.fields.named("expect")
    }

    fn select(&self, fields: &Fields, key: &str) -> Result<Option<Vec<Selected>>> {
        let read = |value| selector::read(fields, key, value, self.arms, self.quantity);
        fields.get(key).map(read).transpose()
    }

    fn sides(&self, fields: &Fields) -> Result<Sides> {
        let missing =
            || fields.wrong("left", " is missing; expected the arms of which the claim speaks");
        let left = self.select(fields, "left")?.ok_or_else(missing)?;
        let constant = fields.get("right").and_then(number);
        if constant.is_some_and(|number| !number.is_finite()) {
            bail!(fields.wrong("right", ": expected a finite number, or a table that names arms"));
        }
        let right = match constant {
            None => self.select(fields, "right")?.unwrap_or_default(),
            Some(_) => Vec::new(),
        };
        Ok(Sides { left, right, constant: constant.unwrap_or(0.0) })
    }

    /// Left − right.
    fn difference(&self) -> Result<Found> {
        let (expect, sides) = (self.expect()?, self.sides(self.fields)?);
        let (told, part) = (sides.told(), sides.part(expect));
        if is_nothing(&part) {
            bail!(self.fields.wrong(
                "right",
                ": both sides are the same arm, whose difference is 0 whatever is trained; name two"
            ));
        }
        Ok(Found { parts: vec![part], expect, told })
    }

    /// Left − right turns its sign between two steps.
    fn crossing(&self) -> Result<Found> {
        let (expect, sides) = (self.expect()?, self.sides(self.fields)?);
        let before = match expect {
            Expect::Lower => Expect::Higher,
            Expect::Higher => Expect::Lower,
            Expect::Equal => {
                bail!(
                    self.fields
                        .wrong("expect", " = \"equal\": lines that cross end lower or higher")
                )
            }
        };
        let Some((early, late)) = self.fields.get("crossing").and_then(steps) else {
            bail!(self.fields.wrong("crossing", ": expected two steps, such as [100, 800]"));
        };
        if sides.left.iter().chain(&sides.right).any(|one| one.term.at.is_some()) {
            bail!(self.fields.wrong("crossing", " names the steps; leave `at` out of both sides"));
        }
        let part = |step: usize, expect| -> Result<AskedPart> {
            let evaluated = |one: &Selected| {
                one.term.arms.iter().all(|arm| {
                    let recipe = &self.arms[*arm].recipe;
                    step > 0 && step <= recipe.steps && recipe.evaluates(step)
                })
            };
            if !self.quantity.has_steps() || !sides.left.iter().chain(&sides.right).all(evaluated) {
                bail!(self.fields.wrong("crossing", format!(" has step {step}: expected a step at which both sides are evaluated, and a quantity of steps, such as val-loss")));
            }
            let mut part = sides.part(expect);
            part.terms.iter_mut().for_each(|term| term.at = Some(step));
            part.label = format!("{} at step {step}", part.label);
            Ok(part)
        };
        let parts = vec![part(early, before)?, part(late, expect)?];
        let told = format!("{}, turning its sign between steps {early} and {late}", sides.told());
        Ok(Found { parts, expect, told })
    }

    /// Every next one is below the one before, or above.
    fn order(&self) -> Result<Found> {
        let said = self.fields.text("expect")?;
        let expect = match said.as_str() {
            "falling" => Expect::Lower,
            "rising" => Expect::Higher,
            _ => bail!(
                self.fields
                    .wrong("expect", format!(" = \"{said}\": an order is rising or falling"))
            ),
        };
        let all = self.select(self.fields, "order")?.unwrap_or_default();
        if all.len() < 2 {
            bail!(self.fields.wrong(
                "order",
                ": expected two arms or more, such as [{ weight_decay = 0 }, { weight_decay = 1 }]"
            ));
        }
        let parts = all.windows(2).map(|pair| between(&pair[1], &pair[0], expect)).collect();
        Ok(Found {
            parts,
            expect,
            told: joined(&all, if expect == Expect::Lower { " > " } else { " < " }),
        })
    }

    /// All are one, within the smallest effect that matters.
    fn collapse(&self) -> Result<Found> {
        let expect = self.expect()?;
        if expect != Expect::Equal {
            bail!(
                self.fields
                    .wrong("expect", format!(" = \"{}\": what collapses is equal", expect.name()))
            );
        }
        let all = self.select(self.fields, "collapse")?.unwrap_or_default();
        if all.len() < 2 {
            bail!(self.fields.wrong(
                "collapse",
                ": expected two arms or more, such as [{ lr = 1e-3 }, { lr = 2e-3 }]"
            ));
        }
        let pairs = (0..all.len()).flat_map(|a| (a + 1..all.len()).map(move |b| (a, b)));
        let parts = pairs.map(|(a, b)| between(&all[a], &all[b], expect)).collect();
        Ok(Found { parts, expect, told: joined(&all, " = ") })
    }

    /// Every one of several differences.
    fn all(&self) -> Result<Found> {
        let expect = self.expect()?;
        let Some(Toml::Array(list)) = self.fields.get("all") else {
            bail!(self.fields.wrong("all", ": expected a list of { left = …, right = … }"));
        };
        let mut parts = Vec::new();
        for (index, value) in list.iter().enumerate() {
            let key = format!("all.{index}");
            let Toml::Table(table) = value else {
                bail!(self.fields.wrong(&key, ": expected { left = …, right = … }"));
            };
            let own = Fields::new(table, self.fields.at(&key));
            if let Some(key) = table.keys().find(|key| !["left", "right"].contains(&key.as_str())) {
                bail!(own.wrong(key, " is not known here; expected left and right"));
            }
            parts.push(self.sides(&own)?.part(expect));
        }
        if parts.is_empty() {
            bail!(self.fields.wrong("all", " is an empty list"));
        }
        let told = parts.iter().map(|part| part.label.as_str()).collect::<Vec<_>>().join("; and ");
        Ok(Found { parts, expect, told })
    }

    /// The best of several arms is the one with the lowest val loss, which says nothing of most quantities.
    fn check_choices(&self, found: &Found) -> Result<()> {
        let mut terms = found.parts.iter().flat_map(|part| &part.terms);
        let choice = terms.find(|term| self.is_choice(term));
        match choice {
            Some(term) if !self.quantity.may_be_tuned() => bail!(self.fields.wrong(
                "quantity",
                format!(
                    " = \"{}\": {} arms are meant at once; the best of several is chosen by val loss, so name one arm, or \
                     speak of a test loss",
                    self.quantity.name(),
                    term.arms.len()
                )
            )),
            Some(term) if term.at.is_some() => bail!(self.fields.wrong(
                "quantity",
                format!(": {} arms are meant at once at one step; name one", term.arms.len())
            )),
            _ => Ok(()),
        }
    }

    /// Whether arms differ in more than the name of no decay.
    fn is_choice(&self, term: &AskedTerm) -> bool {
        let first = &self.arms[term.arms[0]];
        let is_same = |arm: &Arm| {
            let (a, b) = (arm.decays(), first.decays());
            arm.model == first.model
                && arm.recipe == first.recipe
                && (arm.decay == first.decay || !a && !b)
                && (arm.by_role == first.by_role || !a && !b)
        };
        !term.arms.iter().all(|arm| is_same(&self.arms[*arm]))
    }
}
