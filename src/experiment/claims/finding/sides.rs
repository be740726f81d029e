//! Arms held against arms.

use toml::Value as Toml;

use super::super::asked::{AskedPart, AskedTerm};
use super::super::selector::Selected;
use crate::config::{Expect, plain};

/// Both sides of a comparison.
pub struct Sides {
    pub left: Vec<Selected>,
    pub right: Vec<Selected>,
    /// A number on the right.
    pub constant: f64,
}

impl Sides {
    pub fn part(&self, expect: Expect) -> AskedPart {
        let left = self.left.iter().map(|one| one.term.clone());
        let negative = |one: &Selected| AskedTerm { weight: -one.term.weight, ..one.term.clone() };
        let terms = left.chain(self.right.iter().map(negative)).collect();
        AskedPart { label: self.told(), expect, terms, constant: self.constant }
    }

    pub fn told(&self) -> String {
        let side = |all: &[Selected]| match all {
            [one] => one.told.clone(),
            all => format!("({})", joined(all, " + ")),
        };
        match (&self.right[..], self.constant) {
            ([], 0.0) => side(&self.left),
            ([], constant) => format!("{} − {}", side(&self.left), plain(constant)),
            (right, _) => format!("{} − {}", side(&self.left), side(right)),
        }
    }
}

pub fn between(left: &Selected, right: &Selected, expect: Expect) -> AskedPart {
    let negative = AskedTerm { weight: -right.term.weight, ..right.term.clone() };
    let label = format!("{} − {}", left.told, right.told);
    AskedPart { label, expect, terms: vec![left.term.clone(), negative], constant: 0.0 }
}

pub fn joined(all: &[Selected], by: &str) -> String {
    all.iter().map(|one| one.told.as_str()).collect::<Vec<_>>().join(by)
}

/// Two steps, the first below the second.
pub fn steps(value: &Toml) -> Option<(usize, usize)> {
    let step = |value: &Toml| usize::try_from(value.as_integer()?).ok();
    match value.as_array()?.as_slice() {
        [early, late] => Some((step(early)?, step(late)?)).filter(|(early, late)| early < late),
        _ => None,
    }
}
