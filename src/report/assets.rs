//! What a page is drawn and styled by, each a file of its own within this program.

/// Of every page.
pub const STYLE: &str = include_str!("page/page.css");
/// Sorts and filters tables.
pub const TABLES: &str = include_str!("page/tables.js");
/// uPlot 1.6.32 (MIT), which draws axes and lines, under its licence.
pub const UPLOT: &str = concat!(
    "/*\n",
    include_str!("page/uplot.LICENSE"),
    "*/\n",
    include_str!("page/uplot.min.js"),
    "\n"
);
pub const UPLOT_STYLE: &str = include_str!("page/uplot.min.css");
pub const LICENCE: &str = include_str!("page/uplot.LICENSE");
/// Interactive figures, of a report and of a sweep that is watched.
pub const FIGURES: &str = concat!(
    include_str!("page/figures/numbers.js"),
    include_str!("page/figures/model.js"),
    include_str!("page/figures/address.js"),
    include_str!("page/figures/save.js"),
    include_str!("page/figures/plot.js"),
    include_str!("page/figures/lines.js"),
    include_str!("page/figures/dots.js"),
    include_str!("page/figures/heat.js"),
    include_str!("page/figures/arms.js"),
    include_str!("page/figures/figures.js"),
);
/// Those of a report, whose numbers stand in the page.
pub const REPORT: &str = include_str!("page/figures/report.js");
