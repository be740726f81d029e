//! Which train texts the seeds read, and of what an answer on them holds.

use crate::config::Texts;
use crate::stats::{Analysis, SharedText};

/// Of every claim, for after the number of seeds.
pub fn texts(analysis: &Analysis) -> String {
    let held_out = if analysis.loss.is_on_test() { "val and test" } else { "val" };
    match (analysis.texts, analysis.train_texts()) {
        (Some(Texts::PerSeed), texts) if texts > 1 && texts >= analysis.seeds() => {
            let own = match &analysis.shared_text {
                Some(shared) => excerpts(shared),
                None => "a train text of its own".to_owned(),
            };
            format!("each with {own}, {held_out} the same for all")
        }
        (Some(Texts::PerSeed), texts) if texts > 1 => {
            format!(
                "on {texts} train texts, so little is said of others; {held_out} the same for all"
            )
        }
        (Some(Texts::PerSeed), _) if analysis.seeds() > 1 && has_unknown_text(analysis) => {
            "each with a train text of its own by `texts`, though `text_seed` does not tell which"
                .to_owned()
        }
        _ => "all on one text, so nothing is said of others".to_owned(),
    }
}

fn excerpts(shared: &SharedText) -> String {
    let percent = (100.0 * shared.share).round();
    format!(
        "an excerpt of its own (excerpts share {percent}% of their text on average; intervals hold for this source)"
    )
}

/// That they overlap so much that runs are too much alike.
pub fn crowded(shared: &SharedText) -> String {
    let SharedText { texts, share, crowding } = shared;
    let percent = (100.0 * share).round();
    format!(
        "{texts} train texts are {crowding:.1} times what they are cut from, and share {percent}% of their text on average: \
         runs are more alike than on texts of their own. Where texts make the noise, about a quarter of tests at 5% are \
         false at 2 times and half at 4. Lower data.train, or give more text."
    )
}

/// Whether it is not told which text a run read.
fn has_unknown_text(analysis: &Analysis) -> bool {
    let mut cells = analysis.groups.iter().flat_map(|group| &group.cells);
    cells.any(|cell| cell.runs.iter().any(|run| run.text_seed.is_none()))
}
