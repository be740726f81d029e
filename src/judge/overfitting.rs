//! Arms that were better before the step at which they are compared.

use super::arm::Arm;
use super::contest::Contest;
use super::rises::{Rise, rise};
use crate::config::{plain, to_digits};

/// A rise of a smaller share of a difference changes little of it.
const LEAST_SHARE: f64 = 0.2;
/// Arms that the remark names.
const MOST_NAMED: usize = 3;

/// Arms that end above their own lowest number by more than chance, and by so much that stopping would change what is
/// told of them: by more than a share of a difference that is told.
pub fn above_the_lowest(arms: &[Arm], contests: &[Contest]) -> Option<String> {
    // A run whose steps are not known may have ended anywhere.
    let may_ask = |arm: &Arm| !arm.curves.is_empty() && arm.curves.len() == arm.runs.len();
    let asked = arms.iter().filter(|arm| may_ask(arm)).count();
    let risen = |(place, arm): (usize, &Arm)| {
        let rise = rise(&arm.curves, asked).filter(|_| may_ask(arm))?;
        let matters = rise.size > LEAST_SHARE * smallest_difference(place, contests)?;
        matters.then(|| told(arm, &rise))
    };
    let all: Vec<String> = arms.iter().enumerate().filter_map(risen).collect();
    let more = if all.len() > MOST_NAMED { ", …" } else { "" };
    (!all.is_empty()).then(|| {
        format!(
            "{}{more}, as arms that overfit do: part of a difference may be what stopping earlier gains too; compare at a \
             step with --step N",
            all[..all.len().min(MOST_NAMED)].join(", ")
        )
    })
}

fn told(arm: &Arm, rise: &Rise) -> String {
    let [first, last] = rise.steps;
    let when = match first == last {
        true => format!("step {}", plain(first)),
        false => format!("steps {} to {}", plain(first), plain(last)),
    };
    format!("{} ends {} above its lowest ({when})", arm.label(), plain(to_digits(rise.size, 3)))
}

/// The smallest difference from another arm that is told.
fn smallest_difference(place: usize, contests: &[Contest]) -> Option<f64> {
    let own = contests.iter().filter(|one| one.other(place).is_some());
    let sizes = own.map(|one| one.difference.mean.abs()).filter(|size| size.is_finite());
    sizes.min_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Case, CaseTerms, Columns, arms, csv_tables};
    use crate::stats::Terms;

    /// What is remarked of curves of two arms over steps 100, 200 and 300.
    fn remarked(value: &str, curves: [[f64; 3]; 2], at: Option<f64>) -> Vec<String> {
        let mut text = format!("wd,seed,step,{value}\n");
        for (wd, curve) in [0, 1].into_iter().zip(curves) {
            for seed in 0..4 {
                for (step, loss) in [100, 200, 300].into_iter().zip(curve) {
                    // The second arm spreads otherwise, so that differences are no copies.
                    let loss = loss + f64::from(seed * seed * (wd + 1)) / 1e3;
                    text += &format!("{wd},{seed},{step},{loss}\n");
                }
            }
        }
        let table = csv_tables::read(Path::new("x.csv"), &text, "x").unwrap();
        let (arm, value) = (vec!["wd".to_owned()], Some(value.to_owned()));
        let columns = Columns { arm, value, at, ..Columns::default() };
        let asked = CaseTerms {
            baseline: None,
            families: Vec::new(),
            terms: Terms { alpha: 0.05, epsilon: None },
            higher_is_better: false,
        };
        let case = Case::new(arms(&table, &columns).unwrap(), &asked).unwrap();
        case.remarks.into_iter().filter(|one| one.contains("above its lowest")).collect()
    }

    #[test]
    fn an_arm_whose_loss_rose_before_the_end_is_told_with_the_step_of_its_lowest() {
        let told = remarked("val_loss", [[3.5, 3.0, 3.3], [3.5, 3.2, 3.0]], None);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("0 ends 0.3 above its lowest (step 200), as"), "{told:?}");
        assert!(told[0].contains("--step N"), "{told:?}");
    }

    #[test]
    fn several_such_arms_share_a_remark() {
        let told = remarked("val_loss", [[3.5, 3.0, 3.4], [3.0, 3.2, 3.2]], None);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("(step 200), 1 ends 0.2 above its lowest (step 100)"), "{told:?}");
    }

    #[test]
    fn what_falls_to_its_end_or_rises_less_than_differences_is_not_told() {
        let none: [String; 0] = [];
        let falls = [[3.5, 3.4, 3.3], [3.5, 3.2, 3.0]];
        assert_eq!(remarked("val_loss", falls, None), none);
        let hardly = [[3.5, 3.25, 3.3], [3.5, 3.2, 3.0]];
        assert_eq!(remarked("val_loss", hardly, None), none);
        let rises = [[3.5, 3.0, 3.3], [3.5, 3.2, 3.0]];
        assert_eq!(remarked("val_loss", rises, Some(200.0)), none, "there it is at its lowest");
        assert_eq!(remarked("val_accuracy", rises, None), none, "more of it is better");
    }
}
