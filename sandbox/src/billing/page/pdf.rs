//! An invoice as PDF: text in a font that every reader has, so that none has to be embedded.

use lopdf::content::{Content, Operation};
use lopdf::{Document, Object, Stream, dictionary};

use super::invoice::Written;
use super::texts::{Lang, Texts};

/// A4, in points.
const WIDTH: i64 = 595;
const HEIGHT: i64 = 842;
/// Left edges of the columns.
const LEFT: i64 = 50;
const MIDDLE: i64 = 320;
const RIGHT: i64 = 480;
/// Lines lower than this go to the next page.
const BOTTOM: i64 = 60;
/// Letters of a description that fit beside the next column.
const LETTERS: usize = 52;

/// Text at a place: page by page, size and position in points.
struct Sheet {
    pages: Vec<Vec<Operation>>,
    y: i64,
}

impl Sheet {
    fn down(&mut self, by: i64) {
        self.y -= by;
        if self.y < BOTTOM {
            self.pages.push(Vec::new());
            self.y = HEIGHT - 70;
        }
    }

    fn text(&mut self, font: &str, size: i64, x: i64, text: &str) {
        let Some(page) = self.pages.last_mut() else { return };
        let bytes = Object::String(latin(text), lopdf::StringFormat::Literal);
        page.extend([
            Operation::new("BT", vec![]),
            Operation::new("Tf", vec![font.into(), size.into()]),
            Operation::new("Td", vec![x.into(), self.y.into()]),
            Operation::new("Tj", vec![bytes]),
            Operation::new("ET", vec![]),
        ]);
    }
}

/// Text in the encoding of Windows-1252, which the font is told; what is not in it becomes a question mark.
fn latin(text: &str) -> Vec<u8> {
    let byte = |letter: char| match letter {
        '€' => 0x80,
        '–' => 0x96,
        '\u{2212}' => b'-',
        _ => u8::try_from(u32::from(letter)).unwrap_or(b'?'),
    };
    text.chars().map(byte).collect()
}

/// Writes it.
pub(super) fn write(
    texts: &Texts,
    lang: Lang,
    title: &str,
    notice: &str,
    of: &Written,
) -> lopdf::Result<Vec<u8>> {
    let mut sheet = Sheet { pages: vec![Vec::new()], y: HEIGHT - 60 };
    sheet.text("F1", 8, LEFT, notice);
    sheet.down(36);
    sheet.text("F2", 20, LEFT, title);
    sheet.down(32);
    for (label, value) in &of.facts {
        sheet.text("F2", 10, LEFT, label);
        sheet.text("F1", 10, LEFT + 110, value);
        sheet.down(15);
    }
    sheet.down(18);
    for (x, key) in [(LEFT, "item"), (MIDDLE, "period"), (RIGHT, "amount")] {
        sheet.text("F2", 10, x, texts.get(lang, key));
    }
    for (text, period, amount) in &of.lines {
        sheet.down(16);
        let mut rows = wrapped(text).into_iter();
        sheet.text("F1", 9, LEFT, &rows.next().unwrap_or_default());
        sheet.text("F1", 9, MIDDLE, period);
        sheet.text("F1", 9, RIGHT, amount);
        for row in rows {
            sheet.down(11);
            sheet.text("F1", 9, LEFT, &row);
        }
    }
    sheet.down(10);
    for (key, amount) in &of.sums {
        sheet.down(16);
        sheet.text("F2", 10, MIDDLE, texts.get(lang, key));
        sheet.text("F2", 10, RIGHT, amount);
    }
    document(title, sheet.pages)
}

/// Words in rows that fit.
fn wrapped(text: &str) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match rows.last_mut() {
            Some(row) if row.chars().count() + 1 + word.chars().count() <= LETTERS => {
                row.push(' ');
                row.push_str(word);
            }
            _ => rows.push(word.to_owned()),
        }
    }
    rows
}

fn document(title: &str, pages: Vec<Vec<Operation>>) -> lopdf::Result<Vec<u8>> {
    let mut document = Document::with_version("1.7");
    let font = |name: &str| {
        dictionary! {
            "Type" => "Font", "Subtype" => "Type1", "BaseFont" => name, "Encoding" => "WinAnsiEncoding",
        }
    };
    let (plain, bold) = (document.add_object(font("Helvetica")), document.add_object(font("Helvetica-Bold")));
    let resources =
        document.add_object(dictionary! { "Font" => dictionary! { "F1" => plain, "F2" => bold } });
    let tree = document.new_object_id();
    let mut kids = Vec::new();
    for operations in pages {
        let stream = Stream::new(dictionary! {}, Content { operations }.encode()?);
        let content = document.add_object(stream);
        let page = dictionary! { "Type" => "Page", "Parent" => tree, "Contents" => content };
        kids.push(Object::from(document.add_object(page)));
    }
    let count = i64::try_from(kids.len()).unwrap_or(1);
    let root = dictionary! {
        "Type" => "Pages", "Kids" => kids, "Count" => count, "Resources" => resources,
        "MediaBox" => vec![0.into(), 0.into(), WIDTH.into(), HEIGHT.into()],
    };
    document.objects.insert(tree, Object::Dictionary(root));
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    let about = document
        .add_object(dictionary! { "Title" => Object::String(latin(title), lopdf::StringFormat::Literal) });
    document.trailer.set("Root", catalog);
    document.trailer.set("Info", about);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes)?;
    Ok(bytes)
}
