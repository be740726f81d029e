use plotters::style::RGBColor;

use crate::config::Form;
use crate::published::Evidence;

/// Text and axes.
pub const INK: RGBColor = RGBColor(40, 40, 40);
/// Grid lines and what should not catch the eye.
pub const FAINT: RGBColor = RGBColor(205, 205, 205);

/// The colour of a form, from the palette of Okabe & Ito (2008), which the colour-blind can tell apart, and between its
/// colours where those do not suffice.
pub fn form(form: Form) -> RGBColor {
    match form {
        Form::None => RGBColor(0, 0, 0),
        Form::AdamW => RGBColor(0, 114, 178),
        Form::L2 => RGBColor(213, 94, 0),
        Form::L2Loss => RGBColor(230, 159, 0),
        Form::Independent => RGBColor(0, 158, 115),
        Form::Corrected => RGBColor(86, 180, 233),
        Form::CorrectedAll => RGBColor(40, 130, 180),
        Form::LrPower => RGBColor(204, 121, 167),
        Form::Cautious => RGBColor(150, 140, 20),
        Form::TargetNorm => RGBColor(120, 60, 160),
        Form::Hyperball => RGBColor(140, 30, 50),
        Form::Matched => RGBColor(120, 120, 120),
    }
}

/// The colour of one of several, from the same palette, black left out.
pub fn place(place: usize) -> RGBColor {
    const COLOURS: [RGBColor; 6] = [
        RGBColor(0, 114, 178),
        RGBColor(213, 94, 0),
        RGBColor(0, 158, 115),
        RGBColor(204, 121, 167),
        RGBColor(230, 159, 0),
        RGBColor(86, 180, 233),
    ];
    COLOURS[place % COLOURS.len()]
}

/// The same colour for the first, then lighter and darker ones.
pub fn shade(colour: RGBColor, place: usize) -> RGBColor {
    const SHADES: [(u8, f64); 5] = [(0, 0.0), (255, 0.45), (0, 0.5), (255, 0.25), (0, 0.25)];
    let (towards, share) = SHADES[place % SHADES.len()];
    let mix = |one: u8| (f64::from(one) * (1.0 - share) + f64::from(towards) * share).round() as u8;
    RGBColor(mix(colour.0), mix(colour.1), mix(colour.2))
}

/// A colour mixed with white: by a share from 0 (as it is) to 1 (white).
pub fn lighter(colour: RGBColor, share: f64) -> RGBColor {
    let mix = |one: u8| (f64::from(one) + (255.0 - f64::from(one)) * share).round() as u8;
    RGBColor(mix(colour.0), mix(colour.1), mix(colour.2))
}

/// The colour of what a claim rests on, from the same palette.
pub fn evidence(evidence: Evidence) -> RGBColor {
    match evidence {
        Evidence::Documented => RGBColor(0, 114, 178),
        Evidence::Contradicted => RGBColor(213, 94, 0),
        Evidence::Undisclosed => RGBColor(110, 110, 110),
    }
}

/// A colour on one dark-to-bright ramp: `share` runs from 0 (least decay) to 1 (most).
pub fn ramp(share: f64) -> RGBColor {
    const STOPS: [(u8, u8, u8); 6] = [
        (68, 1, 84),
        (65, 68, 135),
        (42, 120, 142),
        (34, 168, 132),
        (110, 196, 70),
        (214, 190, 20),
    ];
    let place = share.clamp(0.0, 1.0) * (STOPS.len() - 1) as f64;
    let lower = (place as usize).min(STOPS.len() - 2);
    let mix = |a: u8, b: u8| {
        let fraction = place - lower as f64;
        (f64::from(a) + (f64::from(b) - f64::from(a)) * fraction).round() as u8
    };
    let (a, b) = (STOPS[lower], STOPS[lower + 1]);
    RGBColor(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::Named;

    #[test]
    fn no_two_forms_share_a_colour() {
        let colours: BTreeSet<_> = Form::ALL
            .iter()
            .map(|one| form(*one))
            .map(|colour| (colour.0, colour.1, colour.2))
            .collect();
        assert_eq!(colours.len(), Form::ALL.len());
    }
}
