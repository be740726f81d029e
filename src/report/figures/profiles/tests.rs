use super::super::axes::STEPS;
use super::*;

fn panel(labels: &[&str]) -> Panel {
    let line = |label: &&str| Profile::new((*label).to_owned(), INK, Series::default());
    Panel::new(String::new(), labels.iter().map(line).collect())
}

#[test]
fn numbers_stand_at_the_values_that_were_tried() {
    let mut panel = panel(&["adamw"]);
    let at = |value: f64| Point { step: value.log10(), mean: 1.0, low: 0.0, high: 9.0 };
    panel.lines[0].series = Series([0.5, 1.0, 2.0, 4.0].map(at).to_vec());
    let ticks: Vec<String> = panel.tried().into_iter().map(|(_, label)| label).collect();
    assert_eq!(ticks, ["0.5", "1", "2", "4"]);
}

#[test]
fn what_lies_beyond_an_axis_is_told_in_the_notes() {
    let notes = |low: f64, last: f64| {
        let mut panel = panel(&["adamw"]);
        let at = |step: f64, mean: f64| Point { step, mean, low: mean - low, high: mean };
        panel.lines[0].series = Series(vec![at(0.0, 2.0), at(1.0, 2.1), at(2.0, last)]);
        let lettering =
            Lettering { title: String::new(), notes: Vec::new(), caption: String::new() };
        let figure = Profiles::new(lettering, STEPS, "loss", vec![panel]).unwrap();
        figure.lettering.notes
    };
    assert_eq!(notes(0.01, 2.15), Vec::<String>::new());
    assert_eq!(notes(0.01, 90.0)[0], "▲ ▼: beyond the axis");
    assert!(notes(1e6, 2.15).contains(&"bands: cut at the axis".to_owned()));
}

#[test]
fn lines_of_no_and_of_one_point_are_counted_since_they_are_not_drawn() {
    let mut panel = panel(&["adamw", "l2", "sphere"]);
    let at = |step: f64| Point { step, mean: 2.0, low: 2.0, high: 2.0 };
    panel.lines[0].series = Series(vec![at(0.0), at(1.0)]);
    panel.lines[1].series = Series(vec![at(0.0)]);
    let lettering = Lettering { title: String::new(), notes: Vec::new(), caption: String::new() };
    let figure = Profiles::whole(lettering, STEPS, "loss", vec![panel]).unwrap();
    assert_eq!(figure.lettering.notes, ["not drawn: 1 line of one point, 1 line without a point"]);
}

#[test]
fn a_name_in_a_key_keeps_its_form() {
    let label = "independent on matrices, lr=0.016";
    let few = panel(&[label, "l2"]).names(170.0);
    assert_eq!(few, [vec!["independent on matrices,", "lr=0.016"], vec!["l2"]]);
    let many = panel(&[label; MOST_LINES]).names(170.0);
    assert!(many[0][0].starts_with("independent"), "{:?}", many[0]);
    assert!(many[0][0].ends_with(" lr=0.016"), "{:?}", many[0]);
}

#[test]
fn lines_of_one_colour_are_told_apart_by_gaps() {
    let panel = panel(&["adamw", "l2", "sphere"]);
    let dashes: Vec<_> = panel.lines.iter().map(|line| line.stroke().dashes).collect();
    assert!(dashes[0].is_none() && dashes[1].is_some() && dashes[2].is_some());
    assert_ne!(dashes[1], dashes[2]);
}
