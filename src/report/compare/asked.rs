//! Which comparisons of two experiments ask the same: the same rules, whichever stands first.

use crate::config::{Form, Mask};
use crate::published::Transfer;
use crate::report::words;
use crate::stats::{Analysis, Comparison, Kind, Opponent, Rule, Side, ValuesRow};

/// A comparison with what it asks.
pub struct Asked<'a> {
    pub comparison: &'a Comparison,
    /// The rules by name: what is compared, and against what.
    pub words: [String; 2],
    /// What is added, and what is taken away.
    sides: [Vec<Key>; 2],
}

/// Whether two comparisons ask the same in one sense, or one the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sense {
    Same,
    Reversed,
}

/// What a rule is beside λ, what it tunes, and what its whole experiment shares.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    NoDecay,
    Stopped,
    Rule {
        form: Form,
        mask: Option<Mask>,
        recipe: Option<String>,
        variant: String,
        treatment: String,
    },
    Published {
        variant: String,
        form: Form,
        mask: Option<Mask>,
        transfer: Transfer,
    },
}

impl<'a> Asked<'a> {
    /// Every comparison of an analysis that is told to readers: those of its own rules, then those of its values table.
    pub fn all(analysis: &'a Analysis) -> Vec<Self> {
        let own = analysis.headline.iter().map(|one| Asked::of_rules(one, analysis));
        let rows = analysis.values.iter().flat_map(|table| &table.rows);
        own.chain(rows.flat_map(Asked::of_row)).collect()
    }

    fn of_rules(comparison: &'a Comparison, analysis: &Analysis) -> Self {
        let left = &comparison.left;
        let key = |side: &Side| Key::of(&side.rule);
        let (plus, minus) = match &comparison.right {
            Opponent::NoDecay => (vec![key(left)], vec![Key::NoDecay]),
            Opponent::Stopped => (vec![key(left)], vec![Key::Stopped]),
            Opponent::Rule(right) => (vec![key(left)], vec![key(right)]),
            Opponent::Crossed(sides) => {
                let [one, other, both] = [0, 1, 2].map(|place| key(&sides[place]));
                (vec![key(left), both], vec![one, other])
            }
        };
        Asked {
            comparison,
            words: names(comparison, analysis),
            sides: [sorted(plus), sorted(minus)],
        }
    }

    fn of_row(row: &'a ValuesRow) -> Vec<Self> {
        let of = |transfer: Transfer| {
            let comparison = row.carried(transfer)?.against_none.as_ref()?;
            let subject = format!("{}, {}", words::row_title(row), words::transfer_name(transfer));
            let (form, mask) = (row.form, row.mask);
            let variant = row.variant.clone();
            let key = Key::Published { variant, form, mask, transfer };
            let words = [subject, "no decay".to_owned()];
            Some(Asked { comparison, words, sides: [vec![key], vec![Key::NoDecay]] })
        };
        [Transfer::Raw, Transfer::Matched, Transfer::Timescale].into_iter().filter_map(of).collect()
    }

    /// In which sense this asks what another does, if it does.
    pub fn sense(&self, other: &Asked) -> Option<Sense> {
        let [plus, minus] = &self.sides;
        match &other.sides {
            [a, b] if a == plus && b == minus => Some(Sense::Same),
            [a, b] if a == minus && b == plus => Some(Sense::Reversed),
            _ => None,
        }
    }

    /// The point that this has for the rule which another names first.
    pub fn side_of(&self, other: &Asked) -> &Side {
        let first = Key::of(&other.comparison.left.rule);
        let is_it = |side: &&Side| Key::of(&side.rule) == first;
        // Published recipes are told by their rows, whatever their rules are called.
        self.comparison.others().iter().find(is_it).unwrap_or(&self.comparison.left)
    }
}

impl Key {
    fn of(rule: &Rule) -> Self {
        let Rule { form, mask, recipe, variant, treatment, .. } = rule.clone();
        Key::Rule { form, mask, recipe, variant, treatment }
    }
}

impl Sense {
    /// What was found, as the other asks it.
    pub fn kind(self, kind: Kind) -> Kind {
        match (self, kind) {
            (Sense::Reversed, Kind::Lower) => Kind::Higher,
            (Sense::Reversed, Kind::Higher) => Kind::Lower,
            (_, kind) => kind,
        }
    }

    pub fn number(self, number: f64) -> f64 {
        if self == Sense::Reversed { -number } else { number }
    }

    pub fn interval(self, [low, high]: [f64; 2]) -> [f64; 2] {
        if self == Sense::Reversed { [-high, -low] } else { [low, high] }
    }
}

fn sorted(mut keys: Vec<Key>) -> Vec<Key> {
    keys.sort();
    keys
}

/// The rules that a comparison is about.
fn names(comparison: &Comparison, analysis: &Analysis) -> [String; 2] {
    let label = |side: &Side| words::label(&side.rule);
    let right = words::other_side(comparison, analysis, label).join(", ");
    [label(&comparison.left), right]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::tests::beside_a_tuned_learning_rate;

    #[test]
    fn what_a_rule_tunes_is_named_with_its_lambda_and_what_no_decay_holds_with_that() {
        let analysis = Analysis::of(&beside_a_tuned_learning_rate());
        let asked = Asked::all(&analysis);
        let of = |form: Form| {
            let is_own = |one: &&Asked| one.comparison.left.rule.form == form;
            asked.iter().find(is_own).unwrap()
        };
        let (tuned, held) = (of(Form::AdamW), of(Form::L2));
        assert_eq!(words::at_point(tuned.side_of(tuned)), ", λ = 1, lr = 0.003");
        assert_eq!(
            (tuned.words[1].as_str(), words::at_point(held.side_of(held)).as_str()),
            ("no decay", ", λ = 0.1")
        );
        assert_eq!(held.words[1], "no decay at lr = 0.01");
    }

    #[test]
    fn what_is_asked_the_other_way_round_has_the_other_sign() {
        let sense = Sense::Reversed;
        assert_eq!(sense.kind(Kind::Lower), Kind::Higher);
        assert_eq!(sense.kind(Kind::Higher), Kind::Lower);
        assert_eq!(sense.kind(Kind::Equivalent), Kind::Equivalent);
        assert_eq!(sense.interval([-1.0, 3.0]), [-3.0, 1.0]);
        assert_eq!((sense.number(2.0), Sense::Same.number(2.0)), (-2.0, 2.0));
    }
}
