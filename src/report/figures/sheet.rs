//! A figure as pixels and as vectors, drawn in one go: what draws it is compiled, and computed, once.

use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingErrorKind,
};

/// What pixels or vectors refused.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refused(String);

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
        both(
            self.vectors.draw_path(path.iter().copied(), style),
            self.pixels.draw_path(path.iter().copied(), style),
        )
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
