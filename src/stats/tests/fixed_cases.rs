//! Fixed cases by SciPy and statsmodels, see `tests/fixtures/statistics/make.py`.

use serde_json::Value;

use crate::stats::contrast::Contrast;
use crate::stats::inference::{Estimate, holm, p_of_no_difference, t_quantile};
use crate::stats::power::power;
use crate::stats::rotations::Rotations;
use crate::stats::scores::Scores;

const CASES: &str = include_str!("../../../tests/fixtures/statistics/cases.json");
const CLOSE: f64 = 1e-9;

fn cases(name: &str) -> Vec<Value> {
    let cases: Value = serde_json::from_str(CASES).unwrap();
    cases[name].as_array().unwrap().clone()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

#[track_caller]
fn assert_close(ours: f64, theirs: &Value) {
    let theirs = number(theirs);
    assert!((ours - theirs).abs() < CLOSE * theirs.abs().max(1.0), "{ours} is not {theirs}");
}

#[test]
fn means_intervals_and_p_are_those_of_scipy() {
    for case in cases("t") {
        let values = numbers(&case["values"]);
        let estimate = Estimate::of(&values).unwrap();
        assert_close(estimate.mean, &case["mean"]);
        assert_close(estimate.sd.unwrap(), &case["sd"]);
        assert_close(estimate.half_width.unwrap(), &case["half_width"]);
        assert_close(p_of_no_difference(&values).unwrap(), &case["p"]);
    }
}

#[test]
fn a_comparison_of_single_arms_is_the_paired_t_test_and_the_two_one_sided_tests() {
    for case in cases("t") {
        let values = numbers(&case["values"]);
        let arm = |score: Vec<f64>| [Scores { choose: score.clone(), score }];
        let left = arm(values.iter().map(|value| value + 3.0).collect());
        let right = arm(vec![3.0; values.len()]);
        let contrast = Contrast::new(&left, &right, &Rotations::draw(values.len(), 0));
        assert_close(contrast.p(), &case["p"]);
        assert_close(contrast.p_beyond(number(&case["epsilon"])), &case["p_beyond"]);
        let [low, high] = contrast.interval(0.025);
        assert_close((high - low) / 2.0, &case["half_width"]);
    }
}

#[test]
fn holm_is_that_of_statsmodels() {
    for case in cases("holm") {
        let p: Vec<Option<f64>> = numbers(&case["p"]).into_iter().map(Some).collect();
        let theirs = case["corrected"].as_array().unwrap();
        for (ours, theirs) in holm(&p).into_iter().zip(theirs) {
            assert_close(ours.unwrap(), theirs);
        }
    }
}

#[test]
fn quantiles_and_power_are_those_of_scipy() {
    for case in cases("quantiles") {
        assert_close(t_quantile(number(&case["share"]), number(&case["freedom"])), &case["t"]);
    }
    for case in cases("power") {
        let seeds = number(&case["seeds"]) as usize;
        let ours = power(number(&case["effect"]), seeds, number(&case["alpha"]));
        let theirs = number(&case["power"]);
        assert!((ours - theirs).abs() < 1e-6, "{case}: {ours}");
    }
}
