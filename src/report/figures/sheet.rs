//! A figure as pixels and as vectors, drawn in one go: what draws it is compiled, and computed, once.

use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingErrorKind,
};

/// What pixels or vectors refused.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refused(String);

/// The result of one stroke in pixels.
type InPixels = Result<(), DrawingErrorKind<<BitMapBackend<'static> as DrawingBackend>::ErrorType>>;

/// The result of one stroke.
type Stroke = Result<(), DrawingErrorKind<Refused>>;

/// Hands every stroke on to both.
pub struct Sheet<'a> {
    vectors: SVGBackend<'a>,
    pixels: BitMapBackend<'a>,
}

impl<'a> Sheet<'a> {
    /// Vectors into a text, and pixels, three bytes each, into a buffer of `size`.
    pub fn new(svg: &'a mut String, rgb: &'a mut [u8], size: (u32, u32)) -> Self {
        Sheet {
            vectors: SVGBackend::with_string(svg, size),
            pixels: BitMapBackend::with_buffer(rgb, size),
        }
    }
}

impl Sheet<'_> {
    /// A path in pixels, piece by piece where it turns back: joined there, its edges would meet far from it. An opaque joint is
    /// round; of others it would be seen through.
    fn draw_pieces<S: BackendStyle>(&mut self, path: &[BackendCoord], style: &S) -> InPixels {
        let pieces = pieces(path);
        for piece in &pieces {
            self.pixels.draw_path(piece.iter().copied(), style)?;
        }
        let radius = style.stroke_width() / 2;
        let is_opaque = style.color().alpha >= 1.0;
        for piece in pieces.iter().skip(1).filter(|_| is_opaque && radius > 0) {
            self.pixels.draw_circle(piece[0], radius, style, true)?;
        }
        Ok(())
    }
}

/// The cosine of the angle below which a path turns back: that of the limit of a mitre in SVG, four times the width.
const TURNED_BACK: f64 = 0.875;

/// A path in pieces, each from where the one before turns back.
fn pieces(path: &[BackendCoord]) -> Vec<Vec<BackendCoord>> {
    let mut path = path.to_vec();
    path.dedup();
    let mut pieces = vec![Vec::new()];
    for (place, point) in path.iter().enumerate() {
        if let Some(piece) = pieces.last_mut() {
            piece.push(*point);
        }
        let around =
            place.checked_sub(1).and_then(|before| path.get(before)).zip(path.get(place + 1));
        if around.is_some_and(|(before, after)| turns_back(*before, *point, *after)) {
            pieces.push(vec![*point]);
        }
    }
    pieces
}

fn turns_back(before: BackendCoord, at: BackendCoord, after: BackendCoord) -> bool {
    let from = |end: BackendCoord| (f64::from(end.0 - at.0), f64::from(end.1 - at.1));
    let ((ax, ay), (bx, by)) = (from(before), from(after));
    ax * bx + ay * by > TURNED_BACK * ax.hypot(ay) * bx.hypot(by)
}

fn both(
    vectors: Result<(), impl std::error::Error>,
    pixels: Result<(), impl std::error::Error>,
) -> Stroke {
    let refused = |why: String| DrawingErrorKind::DrawingError(Refused(why));
    vectors.map_err(|error| refused(error.to_string()))?;
    pixels.map_err(|error| refused(error.to_string()))
}

impl DrawingBackend for Sheet<'_> {
    type ErrorType = Refused;

    fn get_size(&self) -> (u32, u32) {
        self.pixels.get_size()
    }

    fn ensure_prepared(&mut self) -> Stroke {
        both(self.vectors.ensure_prepared(), self.pixels.ensure_prepared())
    }

    fn present(&mut self) -> Stroke {
        both(self.vectors.present(), self.pixels.present())
    }

    fn draw_pixel(&mut self, point: BackendCoord, colour: BackendColor) -> Stroke {
        both(self.vectors.draw_pixel(point, colour), self.pixels.draw_pixel(point, colour))
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Stroke {
        both(self.vectors.draw_line(from, to, style), self.pixels.draw_line(from, to, style))
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Stroke {
        both(
            self.vectors.draw_rect(from, to, style, fill),
            self.pixels.draw_rect(from, to, style, fill),
        )
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Stroke {
        let path: Vec<BackendCoord> = path.into_iter().collect();
        let vectors = self.vectors.draw_path(path.iter().copied(), style);
        both(vectors, self.draw_pieces(&path, style))
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        centre: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Stroke {
        both(
            self.vectors.draw_circle(centre, radius, style, fill),
            self.pixels.draw_circle(centre, radius, style, fill),
        )
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Stroke {
        let corners: Vec<BackendCoord> = corners.into_iter().collect();
        both(
            self.vectors.fill_polygon(corners.iter().copied(), style),
            self.pixels.fill_polygon(corners.iter().copied(), style),
        )
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        place: BackendCoord,
    ) -> Stroke {
        both(self.vectors.draw_text(text, style, place), self.pixels.draw_text(text, style, place))
    }

    fn blit_bitmap(&mut self, place: BackendCoord, size: (u32, u32), rgb: &[u8]) -> Stroke {
        both(self.vectors.blit_bitmap(place, size, rgb), self.pixels.blit_bitmap(place, size, rgb))
    }
}

#[cfg(test)]
mod tests {
    use plotters::style::{BLACK, Color};

    use super::*;

    #[test]
    fn a_path_that_turns_back_leaves_no_mark_far_from_it() {
        // Up and down again, so close that the edges inside would meet three times as far down.
        let path = [(60, 120), (62, 60), (63, 118)];
        let (size, mut svg) = ((240, 240), String::new());
        let mut pixels = vec![255; 240 * 240 * 3];
        {
            let mut sheet = Sheet::new(&mut svg, &mut pixels, size);
            sheet.draw_path(path, &Color::stroke_width(&BLACK, 6)).unwrap();
            sheet.present().unwrap();
        }
        let dark = |place: usize| pixels[3 * place] < 200;
        let rows: Vec<usize> =
            (0..240 * 240).filter(|place| dark(*place)).map(|one| one / 240).collect();
        assert!(rows.contains(&90), "the path is drawn");
        assert!(rows.iter().all(|row| (54..=126).contains(row)), "{:?}", rows.last());
    }

    #[test]
    fn a_path_is_cut_where_it_turns_back_and_nowhere_else() {
        let corner = [(0, 0), (10, 0), (10, 10), (20, 10)];
        assert_eq!(pieces(&corner), [corner.to_vec()]);
        let back = [(0, 0), (10, 0), (10, 0), (1, 1), (1, 20)];
        assert_eq!(pieces(&back), [vec![(0, 0), (10, 0)], vec![(10, 0), (1, 1), (1, 20)]]);
    }
}
