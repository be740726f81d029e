//! The page and what it needs, all within this program.

use crate::report::assets;

pub const VIEW: &str = include_str!("view.js");
pub const LICENCE: &str = assets::LICENCE;

pub fn html() -> &'static str {
    include_str!("view.html")
}

pub fn style() -> String {
    [assets::STYLE, assets::UPLOT_STYLE].concat()
}

pub fn figures() -> String {
    [assets::UPLOT, assets::FIGURES].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_every_second_is_not_read_out_and_verdicts_are() {
        assert!(html().contains("<p id=\"counts\"></p>"), "{}", html());
        assert!(html().contains("<p id=\"news\" class=\"unseen\" role=\"status\">"));
        assert!(html().contains("<div id=\"told\" aria-live=\"polite\">"));
    }
}
