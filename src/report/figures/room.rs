//! Room for text: what fits, and what is left out.

/// Width of a character of the typeface, in its size, about.
const CHARACTER: f64 = 0.6;

/// Width of a text of `points` pixels, in pixels of the final figure, about.
pub fn width(text: &str, points: u32) -> f64 {
    CHARACTER * f64::from(points) * text.chars().count() as f64
}

/// A text as far as it fits.
pub fn fit(text: &str, points: u32, room: f64) -> String {
    if width(text, points) <= room {
        return text.to_owned();
    }
    let kept = (room / (CHARACTER * f64::from(points))) as usize;
    text.chars().take(kept.saturating_sub(1)).chain(['…']).collect()
}

/// The beginning and the end of a name as far as they fit: the λ of an arm stands last, and cut it is another λ.
/// Words are left out whole, since a number that is cut is another number.
pub fn fit_name(text: &str, points: u32, room: f64) -> String {
    if width(text, points) <= room {
        return text.to_owned();
    }
    let whole = text.replace(" = ", "\u{a0}=\u{a0}");
    let words: Vec<&str> = whole.split(' ').collect();
    let cuts = (1..words.len()).flat_map(|from| (from + 1..words.len()).map(move |to| (from, to)));
    let cut = cuts
        .map(|(from, to)| format!("{} … {}", words[..from].join(" "), words[to..].join(" ")))
        .filter(|name| width(name, points) <= room)
        .max_by_key(|name| name.chars().count());
    cut.map_or_else(|| cut_within(text, points, room), |name| name.replace('\u{a0}', " "))
}

/// The same of a name whose words are too long for its room.
fn cut_within(text: &str, points: u32, room: f64) -> String {
    let kept = ((room / (CHARACTER * f64::from(points))) as usize).saturating_sub(1);
    let letters: Vec<char> = text.chars().collect();
    let (first, last) = (kept.div_ceil(2), kept / 2);
    let end = &letters[letters.len() - last..];
    letters[..first].iter().chain(&['…']).chain(end).collect()
}

/// Parts joined by semicolons, in as many lines as they need; a part that is longer than a line goes on in the next.
pub fn lines(parts: &[String], points: u32, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts.iter().filter(|part| !part.is_empty()) {
        match lines.last_mut() {
            Some(line) if width(&format!("{line}; {part}"), points) <= room => {
                *line += &format!("; {part}");
            }
            _ => lines.extend(wrapped(part, points, room)),
        }
    }
    lines
}

/// A text in lines, broken between words; a word that is longer than a line is cut.
pub fn wrapped(text: &str, points: u32, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), points) <= room => {
                *line += &format!(" {word}");
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| fit(line, points, room)).collect()
}

/// Which labels of an axis are shown: the first, the last, and of the others those with room between.
/// A label is its middle and its extent along the axis, by rising middle.
pub fn thinned(labels: &[(f64, f64)], gap: f64) -> Vec<usize> {
    let Some(last) = labels.len().checked_sub(1) else { return Vec::new() };
    let apart = |a: usize, b: usize| {
        let ((x, w), (y, v)) = (labels[a], labels[b]);
        (y - x).abs() >= (w + v) / 2.0 + gap
    };
    let mut shown = vec![0];
    for index in 1..last {
        if apart(shown[shown.len() - 1], index) && apart(index, last) {
            shown.push(index);
        }
    }
    if last > 0 && apart(shown[shown.len() - 1], last) {
        shown.push(last);
    }
    shown
}

/// `most` of these places, evenly spread from the first to the last.
pub fn spread(count: usize, most: usize) -> Vec<usize> {
    match (count, most) {
        (count, most) if count <= most => (0..count).collect(),
        (_, 0 | 1) => vec![0],
        _ => (0..most).map(|index| index * (count - 1) / (most - 1)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_long_text_ends_where_its_room_does() {
        assert_eq!(fit("short", 10, 100.0), "short");
        let fitted = fit(&"long".repeat(20), 10, 100.0);
        assert!(fitted.ends_with('…') && width(&fitted, 10) <= 100.0, "{fitted}");
    }

    #[test]
    fn a_long_name_loses_whole_words_from_its_middle() {
        let name = "adamw on matrices with steps=800 batch=4, λ = 0.1";
        let fitted = fit_name(name, 10, 6.0 * 36.5);
        assert_eq!(fitted, "adamw on matrices … batch=4, λ = 0.1");
        assert!(width(&fit_name(&"long".repeat(20), 10, 60.0), 10) <= 60.0);
    }

    #[test]
    fn notes_that_do_not_fit_a_line_take_another() {
        let notes = ["one", "two", "three"].map(str::to_owned);
        assert_eq!(lines(&notes, 10, 60.0), ["one; two", "three"]);
    }

    #[test]
    fn a_note_that_is_longer_than_a_line_loses_no_word() {
        let notes = ["one", "of many words and a verdict", "two"].map(str::to_owned);
        let told = lines(&notes, 10, 84.0);
        assert_eq!(told, ["one", "of many words", "and a verdict", "two"]);
        assert_eq!(wrapped("wwwwwwwwwwwwwwww x", 10, 60.0), ["wwwwwwwww…", "x"]);
    }

    proptest! {
        #[test]
        fn labels_that_are_shown_do_not_touch_and_first_and_last_are_among_them(
            mut middles in proptest::collection::vec(0.0..1000.0f64, 2..80),
            extent in 1.0..60.0f64,
        ) {
            middles.sort_by(f64::total_cmp);
            let labels: Vec<(f64, f64)> = middles.iter().map(|middle| (*middle, extent)).collect();
            let shown = thinned(&labels, 4.0);
            for pair in shown.windows(2) {
                prop_assert!(middles[pair[1]] - middles[pair[0]] >= extent + 4.0);
            }
            prop_assert_eq!(shown[0], 0);
            let last = middles.len() - 1;
            let room = middles[last] - middles[0] >= extent + 4.0;
            prop_assert_eq!(shown[shown.len() - 1] == last, room);
        }

        #[test]
        fn a_spread_keeps_both_ends(count in 1usize..500, most in 2usize..60) {
            let places = spread(count, most);
            prop_assert!(places.len() <= most.max(count.min(most)));
            prop_assert_eq!((places[0], places[places.len() - 1]), (0, count - 1));
            prop_assert!(places.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}
