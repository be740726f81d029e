use super::super::palette;
use super::*;
use crate::report::figures::data::Series;

fn series(values: &[f64]) -> Series {
    let point = |(place, value): (usize, &f64)| Point {
        step: place as f64,
        mean: *value,
        low: *value - 0.01,
        high: *value + 0.01,
    };
    Series(values.iter().enumerate().map(point).collect())
}

/// A panel of curves, each with its val loss at the end.
fn panel(curves: &[(f64, &[f64])], dashed: &[f64]) -> Panel {
    let curve = |(rank, solid): &(f64, &[f64])| Curve {
        label: "1".to_owned(),
        colour: palette::INK,
        rank: *rank,
        solid: series(solid),
        dashed: series(dashed),
    };
    Panel {
        title: String::new(),
        curves: curves.iter().map(curve).collect(),
        left_out: 0,
        steps: 0.0..3.0,
        values: -0.1..0.2,
    }
}

#[test]
fn an_arm_that_explodes_does_not_rule_the_axis_of_gaps() {
    let curves: [(f64, &[f64]); 3] =
        [(2.0, &[0.0, 0.05, 0.08]), (2.1, &[0.0, 0.03, 0.05]), (9.0, &[0.0, 40.0, -1.0])];
    let panels = [panel(&curves, &[])];
    let range = ruler(&panels, None).unwrap().range(settled(&panels)).unwrap();
    assert!(range.contains(&0.09) && range.contains(&0.02), "{range:?}");
    assert!(range.start > -0.5 && range.end < 0.5, "{range:?}");
    assert!(goes_beyond(&panels[0]) && !goes_beyond(&panel(&curves[..2], &[])));
}

#[test]
fn bands_and_dashed_lines_that_leave_the_axis_are_told() {
    let of = |solid: &[f64], dashed: &[f64]| goes_beyond(&panel(&[(2.0, solid)], dashed));
    assert!(!of(&[0.1, 0.1, 0.1], &[0.1, 0.1, 0.1]));
    assert!(of(&[0.1, 0.195, 0.1], &[]), "the band ends at 0.205");
    assert!(of(&[0.1, 0.1, 0.1], &[0.1, 0.1, 0.3]));
}

#[test]
fn a_prediction_of_which_nothing_is_shown_is_marked() {
    let curves: [(f64, &[f64]); 1] = [(2.0, &[0.1, 0.1, 0.1])];
    let hidden = |dashed: &[f64]| panel(&curves, dashed).curves[0].hidden(&(-0.1..0.2));
    assert_eq!(hidden(&[3.0, 2.0, 1.0]), Some((2.0, 1.0)));
    assert_eq!(hidden(&[3.0, 2.0, 0.1]), None);
    assert_eq!(hidden(&[]), None);
}
