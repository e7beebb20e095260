//! A pen that sets words and lines on pages, from the top down.

use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point};
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::text::TextDirection;

use super::typeface::{Typeface, Weight};

/// A4, in points.
pub(super) const WIDTH: f32 = 595.0;
pub(super) const HEIGHT: f32 = 842.0;
pub(super) const MARGIN: f32 = 48.0;
pub(super) const INNER: f32 = WIDTH - 2.0 * MARGIN;
/// Nothing but the footer stands below.
pub(super) const BOTTOM: f32 = HEIGHT - 64.0;

pub(super) const INK: (u8, u8, u8) = (0x1c, 0x1b, 0x19);
pub(super) const QUIET: (u8, u8, u8) = (0x6b, 0x67, 0x60);
pub(super) const RULE: (u8, u8, u8) = (0xd8, 0xd4, 0xcc);
pub(super) const ACCENT: (u8, u8, u8) = (0x1d, 0x4f, 0x91);

/// Something on a page.
pub(super) enum Mark {
    Words { x: f32, y: f32, size: f32, weight: Weight, colour: (u8, u8, u8), text: String },
    Path { points: Vec<(f32, f32)>, width: f32, colour: (u8, u8, u8) },
}

pub(super) fn draw(surface: &mut Surface<'_>, mark: &Mark, face: &Typeface) {
    let paint = |(r, g, b): (u8, u8, u8)| rgb::Color::new(r, g, b).into();
    match mark {
        Mark::Words { x, y, size, weight, colour, text } => {
            surface.set_stroke(None);
            surface.set_fill(Some(Fill { paint: paint(*colour), ..Fill::default() }));
            let mut x = *x;
            for run in face.runs(text, *weight) {
                let start = Point::from_xy(x, *y);
                surface.draw_text(
                    start,
                    run.font.clone(),
                    *size,
                    &run.text,
                    false,
                    TextDirection::LeftToRight,
                );
                x += run.width * size;
            }
        }
        Mark::Path { points, width, colour } => {
            let mut path = PathBuilder::new();
            for (index, (x, y)) in points.iter().enumerate() {
                if index == 0 { path.move_to(*x, *y) } else { path.line_to(*x, *y) }
            }
            surface.set_fill(None);
            surface.set_stroke(Some(Stroke { paint: paint(*colour), width: *width, ..Stroke::default() }));
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
    }
}

/// Marks page by page, with a pen that moves down.
pub(super) struct Pen<'a> {
    pub(super) face: &'a Typeface,
    pub(super) pages: Vec<Vec<Mark>>,
    pub(super) y: f32,
}

impl Pen<'_> {
    pub(super) fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    /// Starts a new page unless `height` points are left.
    pub(super) fn need(&mut self, height: f32) {
        if self.y + height > BOTTOM {
            self.pages.push(Vec::new());
            self.y = MARGIN;
        }
    }

    pub(super) fn words(&mut self, x: f32, size: f32, weight: Weight, colour: (u8, u8, u8), text: &str) {
        let (text, y) = (text.to_owned(), self.y);
        self.mark(Mark::Words { x, y, size, weight, colour, text });
    }

    /// A paragraph over the whole width; moves down.
    pub(super) fn paragraph(
        &mut self,
        size: f32,
        weight: Weight,
        colour: (u8, u8, u8),
        text: &str,
        most: usize,
    ) {
        for line in self.face.lines(text, weight, size, INNER, most) {
            self.need(size * 1.4);
            self.y += size * 1.4;
            self.words(MARGIN, size, weight, colour, &line);
        }
    }

    pub(super) fn rule(&mut self) {
        let y = self.y;
        self.mark(Mark::Path { points: vec![(MARGIN, y), (WIDTH - MARGIN, y)], width: 0.6, colour: RULE });
    }
}
