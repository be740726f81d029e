//! The questions of an experiment: which rules are compared, in which family.

use super::comparison::{Comparison, Court, Opponent};
use super::contenders::{Contender, Operand};
use super::quantity::Quantity;
use crate::config::TestFamily;

/// A question before there is any answer: the places of the rules in the list of contenders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    AgainstNone(usize),
    AgainstStopping(usize),
    /// Of one mask.
    Forms([usize; 2]),
    /// Of one form.
    Masks([usize; 2]),
    /// One of them is decay alone.
    Rivals([usize; 2]),
    /// A form on two masks, then another on the same two.
    Interaction([usize; 4]),
}

impl Question {
    pub fn family(&self) -> TestFamily {
        match self {
            Question::AgainstNone(_) => TestFamily::AgainstNone,
            Question::AgainstStopping(_) => TestFamily::AgainstStopping,
            Question::Forms(_) => TestFamily::Form,
            Question::Masks(_) => TestFamily::Mask,
            Question::Rivals(_) => TestFamily::Rival,
            Question::Interaction(_) => TestFamily::Interaction,
        }
    }
}

/// Pairs of rules that differ in one thing.
struct Pairs {
    forms: Vec<[usize; 2]>,
    masks: Vec<[usize; 2]>,
    rivals: Vec<[usize; 2]>,
}

impl Pairs {
    /// Of the rules that meet.
    fn of(contenders: &[Contender], meet: fn(&Contender, &Contender) -> bool) -> Self {
        let all = 0..contenders.len();
        let pairs: Vec<[usize; 2]> = all
            .flat_map(|left| (left + 1..contenders.len()).map(move |right| [left, right]))
            .filter(|[left, right]| meet(&contenders[*left], &contenders[*right]))
            .collect();
        let same = |[left, right]: &[usize; 2]| {
            let (left, right) = (&contenders[*left].rule, &contenders[*right].rule);
            let same_treatment = left.treatment == right.treatment;
            (left.form == right.form, left.mask == right.mask, same_treatment)
        };
        let of = |what: (bool, bool, bool)| -> Vec<[usize; 2]> {
            pairs.iter().copied().filter(|pair| same(pair) == what).collect()
        };
        let is_plain = |place: usize| contenders[place].rule.treatment.is_empty();
        let rivals = pairs.iter().copied().filter(|pair| is_plain(pair[0]) != is_plain(pair[1]));
        Pairs {
            forms: of((false, true, true)),
            masks: of((true, false, true)),
            rivals: rivals.collect(),
        }
    }
}

/// Pairs of rules that are not compared in these families, since one has other values of what the other chooses among.
pub fn unlike_pairs(contenders: &[Contender], families: &[TestFamily]) -> Vec<[usize; 2]> {
    let Pairs { forms, masks, rivals } = Pairs::of(contenders, Contender::is_unlike);
    let of_family =
        [(TestFamily::Form, forms), (TestFamily::Mask, masks), (TestFamily::Rival, rivals)];
    let asked = of_family.into_iter().filter(|(family, _)| families.contains(family));
    asked.flat_map(|(_, pairs)| pairs).collect()
}

/// Every question that the rules allow, family by family.
pub fn questions(contenders: &[Contender]) -> Vec<Question> {
    let all = 0..contenders.len();
    let has_none = |place: &usize| !contenders[*place].none.is_empty();
    let none = all.clone().filter(has_none).map(Question::AgainstNone);
    let stopping = all.filter(has_none).map(Question::AgainstStopping);
    let mut questions: Vec<Question> = none.chain(stopping).collect();
    let Pairs { forms, masks, rivals } = Pairs::of(contenders, Contender::may_meet);
    questions.extend(forms.iter().copied().map(Question::Forms));
    questions.extend(masks.iter().copied().map(Question::Masks));
    questions.extend(rivals.into_iter().map(Question::Rivals));
    // Two forms on a mask and the same two on another one, in whatever order the rules stand.
    let differ_in_mask =
        |one: usize, other: usize| masks.contains(&[one.min(other), one.max(other)]);
    for (place, [a, b]) in forms.iter().enumerate() {
        for [c, d] in &forms[place + 1..] {
            let either = [[*a, *c, *b, *d], [*a, *d, *b, *c]];
            let crossed =
                |[a, c, b, d]: &[usize; 4]| differ_in_mask(*a, *c) && differ_in_mask(*b, *d);
            questions.extend(either.into_iter().find(crossed).map(Question::Interaction));
        }
    }
    questions
}

/// Answers the questions of some families, each family corrected by itself.
pub fn answer(
    contenders: &[Contender],
    families: &[TestFamily],
    loss: Quantity,
    court: &mut Court,
) -> Vec<Comparison> {
    let questions = questions(contenders);
    let mut answers = Vec::new();
    for family in families {
        let own = questions.iter().filter(|question| question.family() == *family);
        // What cannot be tested stays in its family, and is told so.
        let asked = own.filter_map(|question| ask(question, contenders, loss, court)).collect();
        answers.extend(court.judge(asked));
    }
    answers
}

fn ask(
    question: &Question,
    contenders: &[Contender],
    loss: Quantity,
    court: &mut Court,
) -> Option<super::comparison::Asked> {
    let family = Some(question.family());
    let operand = |place: usize| contenders[place].operand(loss);
    let side = |operand: &Operand| Some(operand.chosen_alone()?.side.clone());
    match question {
        Question::AgainstNone(place) => {
            let none = contenders[*place].without_decay(loss);
            court.ask(family, Opponent::NoDecay, [&[operand(*place)], &[none]])
        }
        Question::AgainstStopping(place) => {
            let stopped = contenders[*place].without_decay(loss.stopped());
            court.ask(family, Opponent::Stopped, [&[operand(*place)], &[stopped]])
        }
        Question::Forms([left, right])
        | Question::Masks([left, right])
        | Question::Rivals([left, right]) => {
            let right = operand(*right);
            court.ask(family, Opponent::Rule(side(&right)?), [&[operand(*left)], &[right]])
        }
        Question::Interaction(places) => {
            let [a, b, c, d] = places.map(operand);
            let sides = [side(&b)?, side(&c)?, side(&d)?];
            court.ask(family, Opponent::Crossed(Box::new(sides)), [&[a, d], &[b, c]])
        }
    }
}
