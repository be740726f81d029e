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
