//! Panels of one size, in rows.

use super::canvas::Area;

/// No figure is narrower: its title and notes need room.
const LEAST_WIDTH: u32 = 880;
/// Panels of a row, at most, where a figure is to be read at the width of a page.
const MOST_COLUMNS: usize = 3;

/// Lots of panels that each start a row of their own.
#[derive(Clone, Copy)]
pub struct Grid {
    pub panel: (u32, u32),
    pub columns: usize,
    pub lots: usize,
    /// Panels of a lot.
    pub each: usize,
}

impl Grid {
    /// In pairs; one alone has all the width.
    pub fn of_pairs(panel: (u32, u32), count: usize) -> Self {
        Grid { panel, columns: count.clamp(1, 2), lots: 1, each: count }
    }

    /// Each lot in as few rows as it takes.
    pub fn of_lots(panel: (u32, u32), lots: usize, each: usize) -> Self {
        Grid { panel, columns: each.clamp(1, MOST_COLUMNS), lots, each }
    }

    fn rows_of_a_lot(self) -> usize {
        self.each.div_ceil(self.columns)
    }

    fn rows(self) -> usize {
        self.lots * self.rows_of_a_lot()
    }

    /// Width and height of all.
    pub fn size(self) -> (u32, u32) {
        let (width, height) = self.panel;
        ((width * self.columns as u32).max(LEAST_WIDTH), height * self.rows() as u32)
    }

    /// A place for each panel, lot by lot.
    pub fn areas<'a>(self, body: &Area<'a>) -> impl Iterator<Item = Area<'a>> {
        let places = self.rows_of_a_lot() * self.columns;
        let all = body.split_evenly((self.rows(), self.columns)).into_iter().enumerate();
        all.filter(move |(place, _)| place % places < self.each).map(|(_, area)| area)
    }
}
