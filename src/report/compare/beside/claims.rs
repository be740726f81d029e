//! Which claims of two experiments are one: those that ask the same, whatever else is told by the same words.

use std::collections::BTreeSet;

use super::Verdict;
use crate::config::{Claim, Expect, Part};
use crate::report::words;
use crate::stats::claims::{Judged, Verdict as Claimed};

impl Verdict for Judged {
    fn subject(&self) -> String {
        let Claim { text, quantity, finding, .. } = &self.claim;
        format!("{text} ({}: {finding})", words::measured(*quantity))
    }

    fn asked(&self) -> String {
        asked(&self.claim)
    }

    fn verdict(&self) -> Option<&'static str> {
        self.why_not.is_none().then(|| words::claim_verdict(self.verdict))
    }

    fn is_open(&self) -> bool {
        self.why_not.is_none() && self.verdict == Claimed::CannotTell
    }
}

/// Of claims that are shown and contradicted.
pub const BOTH: &str = "It can be both that a claim shows in one and is contradicted in the other, where their intervals \
                        overlap: an effect on the side that it expects, and smaller than what it calls one that matters.";

/// Whether one of two claims of one question shows what the other contradicts, and both can be so.
pub fn can_be_both(one: &Judged, other: &Judged) -> bool {
    let verdicts = [one, other].map(|claim| claim.why_not.is_none().then_some(claim.verdict));
    let differ =
        verdicts.contains(&Some(Claimed::Shows)) && verdicts.contains(&Some(Claimed::Contradicted));
    let overlap = |[low, high]: [f64; 2], [other_low, other_high]: [f64; 2]| {
        low.max(other_low) <= high.min(other_high)
    };
    let may_be_one =
        one.interval.zip(other.interval).is_some_and(|(own, other)| overlap(own, other));
    let expect = one.claim.parts.get(one.part).map(|part| part.expect);
    differ && one.part == other.part && may_be_one && expect != Some(Expect::Equal)
}

/// What a claim says, of what, and what is to come out. Who made it is no part of that, nor are the seeds and the rest of
/// the spec by which its arms are known: experiments are compared that differ in those.
fn asked(claim: &Claim) -> String {
    let Claim { text, quantity, finding, expect, smallest, parts, .. } = claim;
    let part = |part: &Part| {
        let terms: Vec<_> = part.terms.iter().map(|term| (term.weight, term.at)).collect();
        format!("{:?}", (&part.label, part.expect, terms, part.constant))
    };
    let parts: Vec<String> = parts.iter().map(part).collect();
    format!("{:?}", (text, quantity, finding, expect, smallest, parts))
}

/// Texts under which the two ask different things: those claims are not compared.
pub fn changed(claims: [&[Judged]; 2], names: &[String; 2]) -> Option<String> {
    let [left, right] = claims.map(|all| {
        all.iter().map(|one| (one.claim.text.as_str(), one.asked())).collect::<BTreeSet<_>>()
    });
    let alone = |these: &BTreeSet<(&str, String)>, those: &BTreeSet<(&str, String)>| {
        these.difference(those).map(|(text, _)| (*text).to_owned()).collect::<BTreeSet<_>>()
    };
    let both: Vec<String> = (&alone(&left, &right) & &alone(&right, &left)).into_iter().collect();
    let lines: String = both.iter().map(|text| format!("\n  {text}")).collect();
    (!both.is_empty()).then(|| {
        format!("Claims that ask one thing in {} and another in {}:{lines}", names[0], names[1])
    })
}
