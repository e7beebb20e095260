//! The report as a PDF: A4, one column, a table first, then each asset with its charts. No clock, no chance: the same
//! report makes the same bytes.

use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::{Document, SerializeSettings};

use super::chart::{self, Line};
use super::content::{AssetPart, Report};
use super::pen::{ACCENT, HEIGHT, INK, INNER, MARGIN, Mark, Pen, QUIET, RULE, WIDTH, draw};
use super::typeface::{Typeface, Weight};
use crate::format;
use crate::text::text;

const CHART_WIDTH: f32 = 236.0;
const CHART_HEIGHT: f32 = 74.0;

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// The site was built without scripts and fonts.
    #[error("the site was built without fonts: build it with Node")]
    NoFonts,
    /// The library refused.
    #[error("the PDF cannot be written: {0}")]
    Library(String),
}

/// The report's bytes. Takes milliseconds: call it on a blocking thread.
///
/// # Errors
/// There are no fonts, or the library refuses.
pub fn render(report: &Report) -> Result<Vec<u8>, PdfError> {
    let face = Typeface::inter().ok_or(PdfError::NoFonts)?;
    let pages = lay_out(report, face);
    let mut document = Document::new_with(SerializeSettings::default());
    document.set_metadata(
        Metadata::new()
            .title(report.title.clone())
            .language(report.lang.code().to_owned())
            .creator("Quarterday".to_owned()),
    );
    let count = pages.len();
    for (index, marks) in pages.iter().enumerate() {
        let settings = PageSettings::from_wh(WIDTH, HEIGHT);
        let settings = settings.ok_or_else(|| PdfError::Library("the page has no size".to_owned()))?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        for mark in marks {
            draw(&mut surface, mark, face);
        }
        for mark in footer(report, index + 1, count, face) {
            draw(&mut surface, &mark, face);
        }
        surface.finish();
        page.finish();
    }
    document.finish().map_err(|e| PdfError::Library(format!("{e:?}")))
}

fn lay_out(report: &Report, face: &Typeface) -> Vec<Vec<Mark>> {
    let mut pen = Pen { face, pages: vec![Vec::new()], y: MARGIN };
    pen.y += 10.0;
    pen.words(MARGIN, 11.0, Weight::Bold, ACCENT, "Quarterday");
    pen.paragraph(24.0, Weight::Bold, INK, &report.title, 2);
    pen.paragraph(11.0, Weight::Regular, QUIET, &report.span, 2);
    if let Some(as_of) = &report.as_of {
        pen.paragraph(9.0, Weight::Regular, QUIET, as_of, 2);
    }
    if report.sandbox {
        pen.paragraph(9.0, Weight::Bold, INK, text(report.lang, "sandbox_strip"), 2);
    }
    pen.y += 8.0;
    pen.paragraph(10.5, Weight::Regular, INK, report.about, 3);
    table(&mut pen, report);
    pen.y += 6.0;
    pen.paragraph(10.5, Weight::Regular, INK, &report.record, 4);
    for asset in &report.assets {
        section(&mut pen, report, asset);
    }
    pen.pages
}

/// Left edges of the table's columns, from the margin.
const COLUMNS: [f32; 6] = [0.0, 150.0, 215.0, 265.0, 385.0, 432.0];

fn table(pen: &mut Pen<'_>, report: &Report) {
    let said = |key| text(report.lang, key);
    let headers = [
        said("column_asset"),
        said("report_close"),
        said("report_week"),
        said("report_mood"),
        said("report_documents"),
        said("report_outlook"),
    ];
    pen.y += 22.0;
    pen.need(40.0);
    for (x, header) in COLUMNS.iter().zip(headers) {
        pen.words(MARGIN + x, 8.0, Weight::Regular, QUIET, header);
    }
    pen.y += 5.0;
    pen.rule();
    for asset in &report.assets {
        pen.need(18.0);
        pen.y += 14.0;
        let missing = || format::MISSING.to_owned();
        let cell = |value: &Option<String>| value.clone().unwrap_or_else(missing);
        let name = pen.face.lines(&asset.name, Weight::Bold, 9.0, 142.0, 1).pop().unwrap_or_default();
        pen.words(MARGIN, 9.0, Weight::Bold, INK, &name);
        let cells = [
            cell(&asset.price),
            cell(&asset.change),
            cell(&asset.mood),
            cell(&asset.documents),
            cell(&asset.outlook),
        ];
        for (x, cell) in COLUMNS.iter().skip(1).zip(&cells) {
            pen.words(MARGIN + x, 9.0, Weight::Regular, INK, cell);
        }
        pen.y += 4.0;
        pen.rule();
    }
}

fn section(pen: &mut Pen<'_>, report: &Report, asset: &AssetPart) {
    let lang = report.lang;
    pen.need(190.0);
    pen.y += 20.0;
    pen.paragraph(14.0, Weight::Bold, INK, &format!("{} ({})", asset.name, asset.symbol), 1);
    let figures = [
        ("report_close", &asset.price),
        ("report_week", &asset.change),
        ("report_mood", &asset.mood),
        ("report_documents", &asset.documents),
        ("report_outlook", &asset.outlook),
        ("report_risk", &asset.risk),
    ];
    let figures: Vec<String> = figures
        .iter()
        .filter_map(|(key, value)| Some(format!("{}: {}", text(lang, key), value.as_ref()?)))
        .collect();
    if !figures.is_empty() {
        pen.paragraph(9.5, Weight::Regular, INK, &figures.join(" · "), 3);
    }
    if let Some(withheld) = &asset.withheld {
        pen.paragraph(9.0, Weight::Regular, QUIET, withheld, 2);
    }
    let first = asset.closes.first().map(|(day, _)| *day);
    let days =
        asset.closes.iter().filter_map(|(day, close)| Some(((*day - first?).num_days() as f64, *close)));
    let prices = chart::line(&days.collect::<Vec<_>>(), CHART_WIDTH, CHART_HEIGHT, false);
    let moods: Vec<(f64, f64)> =
        asset.moods.iter().map(|(at, score)| (at.timestamp() as f64, *score)).collect();
    let moods = chart::line(&moods, CHART_WIDTH, CHART_HEIGHT, true);
    if prices.is_some() || moods.is_some() {
        pen.need(CHART_HEIGHT + 40.0);
        pen.y += 16.0;
        let top = pen.y;
        let ends = asset.closes.first().zip(asset.closes.last());
        let span =
            ends.map(|((from, _), (to, _))| (format::short_day(*from, lang), format::short_day(*to, lang)));
        let shown = |value| format::price(value, lang);
        figure(pen, MARGIN, top, text(lang, "report_price_chart"), prices, span, &shown);
        let ends = asset.moods.first().zip(asset.moods.last());
        let day = |at: &chrono::DateTime<chrono::Utc>| format::short_day(at.date_naive(), lang);
        let span = ends.map(|((from, _), (to, _))| (day(from), day(to)));
        let shown = |value| format::signed(value, 2, lang);
        figure(pen, WIDTH - MARGIN - CHART_WIDTH, top, text(lang, "report_mood_chart"), moods, span, &shown);
        pen.y = top + CHART_HEIGHT + 26.0;
    }
    for headline in &asset.headlines {
        pen.paragraph(9.5, Weight::Regular, INK, &format!("– {}", headline.text), 2);
        pen.paragraph(8.0, Weight::Regular, QUIET, &headline.by, 1);
    }
}

/// A chart with its title, its ends and its two values.
fn figure(
    pen: &mut Pen<'_>,
    x: f32,
    top: f32,
    title: &str,
    line: Option<Line>,
    span: Option<(String, String)>,
    shown: &dyn Fn(f64) -> String,
) {
    let Some(line) = line else { return };
    let label = |x: f32, y: f32, text: String| Mark::Words {
        x,
        y,
        size: 7.5,
        weight: Weight::Regular,
        colour: QUIET,
        text,
    };
    let top_of_box = top + 8.0;
    pen.mark(label(x, top, title.to_owned()));
    let bottom = top_of_box + CHART_HEIGHT;
    pen.mark(Mark::Path { points: vec![(x, bottom), (x + CHART_WIDTH, bottom)], width: 0.6, colour: RULE });
    if let Some(zero) = line.zero {
        let y = top_of_box + zero;
        pen.mark(Mark::Path { points: vec![(x, y), (x + CHART_WIDTH, y)], width: 0.6, colour: RULE });
    }
    let points = line.points.iter().map(|(px, py)| (x + px, top_of_box + py)).collect();
    pen.mark(Mark::Path { points, width: 1.2, colour: ACCENT });
    let right = |text: &str| x + CHART_WIDTH - pen.face.width(text, Weight::Regular, 7.5);
    let (high, low) = (shown(line.high), shown(line.low));
    let (high_x, low_x) = (right(&high), right(&low));
    pen.mark(label(high_x, top, high));
    let Some((from, to)) = span else { return };
    let range = format!("{from} – {to}");
    pen.mark(label(x, bottom + 10.0, range));
    pen.mark(label(low_x, bottom + 10.0, low));
}

fn footer(report: &Report, page: usize, pages: usize, face: &Typeface) -> Vec<Mark> {
    let words = |x: f32, y: f32, text: String| Mark::Words {
        x,
        y,
        size: 7.5,
        weight: Weight::Regular,
        colour: QUIET,
        text,
    };
    let number = format!("{page} / {pages}");
    let x = WIDTH - MARGIN - face.width(&number, Weight::Regular, 7.5);
    let advice = face.lines(text(report.lang, "footer_advice"), Weight::Regular, 7.5, INNER - 60.0, 2);
    let mut marks = vec![words(x, HEIGHT - 36.0, number)];
    for (index, line) in advice.into_iter().enumerate() {
        marks.push(words(MARGIN, HEIGHT - 36.0 + 10.0 * index as f32, line));
    }
    marks
}
