//! Panels of one size, in rows.

use super::canvas::{Area, Backend};

/// No figure is narrower: its title and notes need room.
const LEAST_WIDTH: u32 = 880;

/// How many panels there are, of which size, and how many stand in a row.
#[derive(Clone, Copy)]
pub struct Grid {
    pub panel: (u32, u32),
    pub columns: usize,
    pub count: usize,
}

impl Grid {
    /// In pairs; one alone has all the width.
    pub fn of_pairs(panel: (u32, u32), count: usize) -> Self {
        Grid { panel, columns: count.clamp(1, 2), count }
    }

    fn rows(self) -> usize {
        self.count.div_ceil(self.columns)
    }

    /// Width and height of all.
    pub fn size(self) -> (u32, u32) {
        let (width, height) = self.panel;
        ((width * self.columns as u32).max(LEAST_WIDTH), height * self.rows() as u32)
    }

    /// A place for each.
    pub fn areas<DB: Backend>(self, body: &Area<DB>) -> impl Iterator<Item = Area<DB>> {
        body.split_evenly((self.rows(), self.columns)).into_iter().take(self.count)
    }
}
