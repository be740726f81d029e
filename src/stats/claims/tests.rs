use std::collections::HashMap;

use super::*;
use crate::config::{Basis, Form, Mask, Measured, Part, Term};
use crate::random::{normals, stream};
use crate::record::Status;
use crate::stats::tests::row;

const SMALLEST: f64 = 1.0;

fn term(weight: f64, arm: usize, seeds: usize) -> Term {
    let runs = (0..seeds).map(|seed| format!("{}-{}-{arm}-{seed}", Form::AdamW, Mask::Matrices));
    Term { weight, at: None, arms: vec![runs.collect()] }
}

fn part(expect: Expect, terms: Vec<Term>) -> Part {
    Part { label: "a − b".to_owned(), expect, terms, constant: 0.0 }
}

fn claim(expect: Expect, parts: Vec<Part>) -> Claim {
    Claim {
        text: "t".to_owned(),
        source: "s".to_owned(),
        basis: Basis::Primary,
        quantity: Measured::TestLoss,
        finding: "a − b".to_owned(),
        expect,
        smallest: SMALLEST,
        needs: None,
        digest: String::new(),
        arms: String::new(),
        data: String::new(),
        labels: Vec::new(),
        parts,
        registered: None,
    }
}

/// Arm 0 less arm 1.
fn difference(expect: Expect, seeds: usize) -> Claim {
    claim(expect, vec![part(expect, vec![term(1.0, 0, seeds), term(-1.0, 1, seeds)])])
}

/// Arms with a mean each over so many seeds; what a seed draws is in all of its arms.
fn world(rng: &mut chacha20::ChaCha8Rng, means: &[f64], seeds: usize) -> Vec<RunRow> {
    let shared = normals(rng, 2.0, seeds);
    let mut rows = Vec::new();
    for (arm, mean) in means.iter().enumerate() {
        for (seed, noise) in normals(rng, 0.7, seeds).into_iter().enumerate() {
            let loss = 10.0 + mean + f64::from(noise) + f64::from(shared[seed]);
            let mut run = row(Form::AdamW, Mask::Matrices, arm as f64, seed as u64, loss);
            run.test_loss = Some(loss);
            rows.push(run);
        }
    }
    rows
}

fn judged(claims: &[Claim], rows: &[RunRow]) -> Vec<Judged> {
    judge(claims, rows, &Curves::new(), &[], 0.05)
}

/// A claim about the difference of two arms, of which the first is higher by the effect.
pub(crate) fn judged_of(expect: Expect, effect: f64) -> Judged {
    const SEEDS: usize = 12;
    let rows = world(&mut stream("effect", &[]), &[effect, 0.0], SEEDS);
    judged(&[difference(expect, SEEDS)], &rows).remove(0)
}

fn verdict_on(claim: &Claim, rows: &[RunRow]) -> Verdict {
    judged(std::slice::from_ref(claim), rows)[0].verdict
}

/// How often each verdict comes of worlds with these means: shows, contradicted.
fn shares(claims: &[Claim], means: &[f64], seeds: usize) -> [f64; 2] {
    let mut rng = stream("claims", &[&(means.len() as u64).to_le_bytes()]);
    let worlds = 1500;
    let mut counts = [0.0; 2];
    for _ in 0..worlds {
        let found = judged(claims, &world(&mut rng, means, seeds));
        let any = |verdict| found.iter().any(|one| one.verdict == verdict);
        counts[0] += f64::from(u8::from(any(Verdict::Shows)));
        counts[1] += f64::from(u8::from(any(Verdict::Contradicted)));
    }
    counts.map(|count| count / f64::from(worlds))
}

#[test]
fn a_claim_without_effect_shows_as_often_as_it_may() {
    let [shows, _] = shares(&[difference(Expect::Lower, 8)], &[0.0, 0.0], 8);
    // Two-sided at 5%, of which the claimed side is half.
    assert!((0.012..0.04).contains(&shows), "{shows}");
}

#[test]
fn a_claim_whose_effect_just_matters_is_contradicted_as_often_as_it_may() {
    let [_, contradicted] = shares(&[difference(Expect::Lower, 8)], &[0.0, SMALLEST], 8);
    // Two-sided at 5%, of which one side errs.
    assert!((0.012..0.04).contains(&contradicted), "{contradicted}");
    let equal = shares(&[difference(Expect::Equal, 8)], &[0.0, SMALLEST], 8);
    assert!((0.012..0.04).contains(&equal[0]), "{equal:?}");
    assert!(equal[1] < 0.04, "{equal:?}");
}

/// Alone, a claim has the verdict that its interval gives.
#[test]
fn verdicts_go_with_their_intervals() {
    let seeds = 6;
    let mut rng = stream("intervals", &[]);
    let mut counts = HashMap::new();
    for world_of in 0..600 {
        let expect = [Expect::Lower, Expect::Higher, Expect::Equal][world_of % 3];
        let parts = match world_of % 2 {
            0 => vec![part(expect, vec![term(1.0, 0, seeds), term(-1.0, 1, seeds)])],
            _ => (1..3)
                .map(|arm| part(expect, vec![term(1.0, 0, seeds), term(-1.0, arm, seeds)]))
                .collect(),
        };
        let shift = f64::from(world_of as u32 % 41) / 10.0 - 2.0;
        let rows = world(&mut rng, &[shift, 0.0, 0.0], seeds);
        let one = judged(&[claim(expect, parts)], &rows).remove(0);
        let [low, high] = one.interval.unwrap();
        let (is_as_said, is_against) = match expect {
            Expect::Lower => (high < 0.0, low > -SMALLEST),
            Expect::Higher => (low > 0.0, high < SMALLEST),
            Expect::Equal => {
                (low > -SMALLEST && high < SMALLEST, high < -SMALLEST || low > SMALLEST)
            }
        };
        let expected = match (is_as_said, is_against) {
            (_, true) => Verdict::Contradicted,
            (true, false) => Verdict::Shows,
            (false, false) => Verdict::CannotTell,
        };
        assert_eq!(one.verdict, expected, "{one:?}");
        *counts.entry(format!("{expected:?}")).or_insert(0) += 1;
    }
    assert!(counts.len() == 3 && counts.values().all(|count| *count > 40), "{counts:?}");
}

#[test]
fn what_seems_too_small_does_not_show_because_more_is_corrected_for() {
    let [shows, against] = [vec![Some(2e-4)], vec![Some(0.03)]];
    assert_eq!(correct(&shows, &against, 0.05)[0].verdict, Verdict::Contradicted);
    let others = |p: f64| vec![Some(p); 36];
    let among = correct(&[shows, others(0.9)].concat(), &[against, others(0.9)].concat(), 0.05);
    assert!(among[0].p_holm.unwrap() < 0.05 && among[0].p_against_holm.unwrap() > 0.05);
    assert_eq!(among[0].verdict, Verdict::CannotTell);
}

#[test]
fn the_best_of_several_arms_is_named_with_the_end_of_its_grid() {
    let mut rows = Vec::new();
    for (lambda, lr, loss) in [(0.0, 1e-3, 3.0), (1.0, 1e-3, 2.0), (1.0, 4e-3, 1.0)] {
        let mut run = row(Form::AdamW, Mask::Matrices, lambda, 0, loss);
        (run.lr, run.val_loss) = (lr, Some(loss));
        rows.push(run);
    }
    let all: Vec<&RunRow> = rows.iter().collect();
    assert_eq!(chosen::chosen(&all, &rows[2]), "λ=1 lr=0.004 (largest λ, largest lr of its grid)");
    assert_eq!(chosen::chosen(&all, &rows[0]), "λ=0 lr=0.001 (smallest lr of its grid)");
    assert_eq!(chosen::chosen(&all[..2], &rows[1]), "λ=1 (largest λ of its grid)");
}

#[test]
fn of_many_claims_any_errs_as_seldom_as_one() {
    let seeds = 6;
    let claims: Vec<Claim> = (0..8)
        .map(|arm| {
            let terms = vec![term(1.0, 2 * arm, seeds), term(-1.0, 2 * arm + 1, seeds)];
            claim(Expect::Higher, vec![part(Expect::Higher, terms)])
        })
        .collect();
    let [shows, _] = shares(&claims, &[0.0; 16], seeds);
    assert!(shows < 0.045, "{shows}");
}

#[test]
fn every_comparison_of_a_claim_must_come_out() {
    let seeds = 8;
    let order = |expect| {
        let parts = [(1, 0), (2, 1)]
            .map(|(a, b)| part(expect, vec![term(1.0, a, seeds), term(-1.0, b, seeds)]));
        claim(expect, parts.to_vec())
    };
    let mut rng = stream("order", &[]);
    assert_eq!(
        verdict_on(&order(Expect::Lower), &world(&mut rng, &[9.0, 5.0, 0.0], seeds)),
        Verdict::Shows
    );
    let broken =
        judged(&[order(Expect::Lower)], &world(&mut rng, &[9.0, 0.0, 5.0], seeds)).remove(0);
    assert_eq!(
        (broken.verdict, broken.part),
        (Verdict::Contradicted, 1),
        "the one that contradicts is told"
    );
    // Where one of them has no effect, the other shows nothing.
    let [shows, _] = shares(&[order(Expect::Lower)], &[9.0, 0.0, 0.0], seeds);
    assert!(shows < 0.045, "{shows}");
}

#[test]
fn an_effect_that_is_there_and_too_small_to_matter_is_contradicted() {
    let rows: Vec<RunRow> = (0..8)
        .flat_map(|seed| [(0.0, -0.2), (1.0, 0.0)].map(|(arm, loss)| (seed, arm, loss)))
        .map(|(seed, arm, loss)| {
            let mut run = row(Form::AdamW, Mask::Matrices, arm, seed, 3.0);
            run.test_loss = Some(3.0 + loss + 1e-3 * (seed as f64) * loss);
            run
        })
        .collect();
    let one = judged(&[difference(Expect::Lower, 8)], &rows).remove(0);
    assert!(one.p_holm.unwrap() < 1e-6 && one.verdict == Verdict::Contradicted, "{one:?}");
    let effect = one.effect().unwrap();
    assert!((effect.mean - 0.2).abs() < 0.01, "above 0 as the claim has it: {effect:?}");
}

#[test]
fn what_cannot_be_told_names_the_seeds_that_could() {
    let mut rng = stream("open", &[]);
    let found = (0..50).map(|_| {
        judged(&[difference(Expect::Lower, 4)], &world(&mut rng, &[0.0, 0.6], 4)).remove(0)
    });
    let open: Vec<Judged> = found.filter(|one| one.verdict == Verdict::CannotTell).collect();
    assert!(open.len() > 10);
    assert!(open.iter().filter(|one| one.further_seeds.is_some()).count() > open.len() / 2);
}

#[test]
fn a_weighted_sum_is_that_of_its_arms() {
    let seeds = 5;
    let mut rng = stream("sum", &[]);
    let rows = world(&mut rng, &[1.0, 4.0, 2.0], seeds);
    let terms = vec![term(1.0, 0, seeds), term(0.5, 1, seeds), term(-1.5, 2, seeds)];
    let mut sum = claim(Expect::Equal, vec![part(Expect::Equal, terms)]);
    sum.parts[0].constant = 0.25;
    let one = judged(&[sum], &rows).remove(0);
    for (seed, value) in &one.by_seed {
        let loss = |arm: usize| rows[arm * seeds + *seed as usize].test_loss.unwrap();
        let expected = loss(0) + 0.5 * loss(1) - 1.5 * loss(2) - 0.25;
        assert!((value - expected).abs() < 1e-9);
    }
}

#[test]
fn runs_that_diverged_or_have_not_ended_tell_nothing() {
    let mut rng = stream("gone", &[]);
    let mut rows = world(&mut rng, &[9.0, 0.0], 5);
    rows[2].status = Status::Diverged;
    let one = judged(&[difference(Expect::Higher, 5)], &rows).remove(0);
    assert_eq!((one.verdict, one.why_not), (Verdict::CannotTell, Some(WhyNot::Diverged(1))));
    rows.remove(2);
    let one = judged(&[difference(Expect::Higher, 5)], &rows).remove(0);
    assert_eq!(one.why_not, Some(WhyNot::Missing(1)));
    let few = judged(&[difference(Expect::Higher, 2)], &world(&mut rng, &[9.0, 0.0], 2)).remove(0);
    assert_eq!(few.why_not, Some(WhyNot::FewSeeds(2)));
}

/// Runs of arms 0, 1 and 2 in five seeds, of which arm 1 is the best and arm 2 the worst.
fn three_arms() -> Vec<RunRow> {
    world(&mut stream("three", &[]), &[3.0, 0.0, 9.0], 5)
}

/// The best of arms 1 and 2 less arm 0.
fn best_of_two_against_one() -> Claim {
    let arms = [1, 2].map(|arm| term(1.0, arm, 5).arms.remove(0)).to_vec();
    let terms = vec![Term { weight: 1.0, at: None, arms }, term(-1.0, 0, 5)];
    claim(Expect::Lower, vec![part(Expect::Lower, terms)])
}

#[test]
fn which_of_several_arms_is_the_best_is_not_known_while_a_run_of_any_has_no_number() {
    let whole = judged(&[best_of_two_against_one()], &three_arms()).remove(0);
    assert_eq!(whole.chosen, ["λ=1 (smallest λ of its grid)"]);
    for (lacking, place) in [(None, 5), (None, 10), (Some(f64::NAN), 5), (Some(1e200), 10)] {
        let mut rows = three_arms();
        rows[place + 2].test_loss = lacking;
        let one = judged(&[best_of_two_against_one()], &rows).remove(0);
        assert_eq!(one.why_not, Some(WhyNot::Unmeasured(1)), "{lacking:?}");
    }
}

#[test]
fn a_run_that_ended_without_a_number_leaves_nothing_to_tell() {
    for lacking in [None, Some(f64::NAN), Some(1e200)] {
        let mut rows = three_arms();
        rows[2].test_loss = lacking;
        let one = judged(&[difference(Expect::Higher, 5)], &rows).remove(0);
        assert_eq!(
            (one.verdict, one.why_not),
            (Verdict::CannotTell, Some(WhyNot::Unmeasured(1))),
            "{lacking:?}"
        );
    }
    let mut rows = three_arms();
    for run in &mut rows[5..10] {
        (run.stopped_test_loss, run.best_val_loss) = (Some(1.0), Some(1.0));
    }
    let of_stopped = Claim { quantity: Measured::StoppedTestLoss, ..difference(Expect::Higher, 5) };
    let one = judged(&[of_stopped], &rows).remove(0);
    assert_eq!(one.why_not, Some(WhyNot::NotMeasured));
}

#[test]
fn what_is_the_same_in_every_seed_is_not_tested() {
    let mut rows = Vec::new();
    for arm in [0.0, 1.0] {
        for seed in 0..4 {
            let mut run = row(Form::AdamW, Mask::Matrices, arm, seed, 3.0);
            run.test_loss = Some(3.0 + 0.5 * arm + 0.1 * seed as f64);
            rows.push(run);
        }
    }
    for expect in [Expect::Lower, Expect::Equal] {
        let one = judged(&[difference(expect, 4)], &rows).remove(0);
        assert_eq!(
            (one.verdict, one.why_not),
            (Verdict::CannotTell, Some(WhyNot::SameInEverySeed))
        );
    }
}

/// Arm 0 against the best of so many arms, itself among them.
fn one_of_the_best(expect: Expect, arms: usize, seeds: usize) -> Claim {
    let all = (0..arms).map(|arm| term(1.0, arm, seeds).arms.remove(0)).collect();
    let terms = vec![term(1.0, 0, seeds), Term { weight: -1.0, at: None, arms: all }];
    claim(expect, vec![part(expect, terms)])
}

#[test]
fn an_arm_that_is_the_best_by_far_is_as_good_as_the_best() {
    let mut rows = world(&mut stream("itself", &[]), &[0.0, 9.0, 9.0], 5);
    let of = |expect, rows: &[RunRow]| judged(&[one_of_the_best(expect, 3, 5)], rows).remove(0);
    let equal = of(Expect::Equal, &rows);
    assert_eq!((equal.verdict, equal.why_not), (Verdict::Shows, None), "{equal:?}");
    assert!(equal.by_seed.iter().all(|(_, difference)| *difference == 0.0), "{equal:?}");
    let [low, high] = equal.interval.unwrap();
    assert!(low <= 0.0 && high < SMALLEST, "{equal:?}");
    for expect in [Expect::Lower, Expect::Higher] {
        assert_eq!(of(expect, &rows).verdict, Verdict::Contradicted, "{expect:?}");
    }
    // Copies of it, and arms that differ from it by the same in every seed, are no test.
    let best: Vec<Option<f64>> = rows[..5].iter().map(|run| run.val_loss).collect();
    for (place, run) in rows.iter_mut().enumerate().skip(5) {
        let loss = best[place % 5].map(|loss| loss + 2.0);
        (run.val_loss, run.test_loss) = (loss, loss);
    }
    assert_eq!(of(Expect::Equal, &rows).why_not, Some(WhyNot::SameInEverySeed));
}

#[test]
fn an_arm_that_is_chosen_by_luck_is_as_good_as_the_best_as_seldom_as_it_may() {
    let seeds = 3;
    let claim = one_of_the_best(Expect::Equal, 2, seeds);
    let mut drawn = HashMap::from([(seeds, crate::stats::rotations::Rotations::draw(seeds, 199))]);
    let mut rng = stream("luck", &[]);
    let (worlds, curves) = (3000, Curves::new());
    let (mut shows, mut chosen) = (0.0, 0);
    for _ in 0..worlds {
        let rows = world(&mut rng, &[SMALLEST, 0.0], seeds);
        let measurements = Measurements::of(&rows, &curves, &[]);
        let tested = test(&claim, &measurements, &mut drawn).unwrap_or_default();
        let is_itself = |one: &Tested| one.contrast.differences().iter().all(|one| *one == 0.0);
        chosen += usize::from(tested.iter().any(is_itself));
        let is_shown = !tested.is_empty() && p_shows(&claim, &tested) < 0.05;
        shows += f64::from(u8::from(is_shown));
    }
    assert!(chosen > 10, "{chosen}");
    // Two-sided at 5%, of which one side errs.
    assert!(shows / f64::from(worlds) < 0.035, "{shows}");
}
