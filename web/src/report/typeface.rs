//! The report's type: Inter, as the site's own build brings it, unpacked once, with its widths.

use std::sync::{Arc, LazyLock};

use krilla::text::{Font, Tag};
use ttf_parser::Face;

use crate::site::files;

/// The files in the order in which they are asked for a letter.
const FILES: [&str; 4] =
    ["report-latin.woff2", "report-latin-ext.woff2", "report-greek.woff2", "report-cyrillic.woff2"];
/// In the place of a letter that no file holds.
const UNKNOWN: char = '?';

/// How heavy letters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// 400.
    Regular,
    /// 600.
    Bold,
}

struct Alphabet {
    data: Arc<Vec<u8>>,
    regular: Font,
    bold: Font,
}

/// All alphabets.
pub struct Typeface(Vec<Alphabet>);

static INTER: LazyLock<Typeface> = LazyLock::new(Typeface::load);

/// A run of letters of one alphabet.
pub struct Run<'a> {
    /// Its letters.
    pub text: String,
    /// Their font.
    pub font: &'a Font,
    /// Their width, in ems.
    pub width: f32,
}

impl Typeface {
    /// The site's own; `None` where it was built without its files.
    pub fn inter() -> Option<&'static Self> {
        Some(&*INTER).filter(|face| !face.0.is_empty())
    }

    fn load() -> Self {
        Self(FILES.iter().filter_map(|name| Alphabet::load(files::embedded(name)?)).collect())
    }

    /// Cuts a text into runs. What no alphabet holds becomes a question mark; control characters become spaces.
    pub fn runs(&self, text: &str, weight: Weight) -> Vec<Run<'_>> {
        let faces: Vec<(&Alphabet, Face<'_>)> =
            self.0.iter().filter_map(|alphabet| Some((alphabet, alphabet.face(weight)?))).collect();
        let mut runs: Vec<(usize, Run<'_>)> = Vec::new();
        for letter in text.chars().map(replaced) {
            let holds = |letter: char| faces.iter().position(|(_, face)| face.glyph_index(letter).is_some());
            // A letter that the run before it holds, too, stays in it: no needless seams at spaces.
            let last = runs.last().map(|(place, _)| *place);
            let kept =
                last.filter(|place| faces.get(*place).is_some_and(|(_, f)| f.glyph_index(letter).is_some()));
            let (letter, place) = match kept.or_else(|| holds(letter)) {
                Some(place) => (letter, place),
                None => (UNKNOWN, 0),
            };
            let Some((alphabet, face)) = faces.get(place) else { continue };
            let glyph = face.glyph_index(letter);
            let advance = glyph.and_then(|glyph| face.glyph_hor_advance(glyph)).unwrap_or_default();
            let width = f32::from(advance) / f32::from(face.units_per_em().max(1));
            match runs.last_mut().filter(|(of, _)| *of == place) {
                Some((_, run)) => {
                    run.text.push(letter);
                    run.width += width;
                }
                None => {
                    let font = if weight == Weight::Bold { &alphabet.bold } else { &alphabet.regular };
                    runs.push((place, Run { text: letter.to_string(), font, width }));
                }
            }
        }
        runs.into_iter().map(|(_, run)| run).collect()
    }

    /// The width of a text at a size, both in points.
    pub fn width(&self, text: &str, weight: Weight, size: f32) -> f32 {
        self.runs(text, weight).iter().map(|run| run.width).sum::<f32>() * size
    }

    /// Breaks a text into lines no wider than `width` points; at most `most`, the last of which then ends with an ellipsis.
    pub fn lines(&self, text: &str, weight: Weight, size: f32, width: f32, most: usize) -> Vec<String> {
        let fits = |line: &str| self.width(line, weight, size) <= width;
        let mut lines = vec![String::new()];
        for word in text.split_whitespace() {
            let Some(line) = lines.last_mut() else { break };
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if line.is_empty() || fits(&longer) {
                *line = longer;
            } else {
                lines.push(word.to_owned());
            }
        }
        let cut = lines.len() > most;
        lines.truncate(most.max(1));
        if let Some(last) = lines.last_mut() {
            let mut ellipsis = cut;
            while (ellipsis && !fits(&format!("{last}…"))) || !fits(last) {
                ellipsis = true;
                if last.pop().is_none() {
                    break;
                }
            }
            if ellipsis {
                *last = format!("{}…", last.trim_end());
            }
        }
        lines
    }
}

fn replaced(letter: char) -> char {
    match letter {
        // Narrow and other unusual spaces have no glyph in every alphabet.
        c if c.is_control() || c.is_whitespace() => ' ',
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => ' ',
        c => c,
    }
}

impl Alphabet {
    fn load(packed: &[u8]) -> Option<Self> {
        let data = Arc::new(wuff::decompress_woff2(packed).ok()?);
        let font =
            |weight: f32| Font::new_variable(Arc::clone(&data).into(), 0, &[(Tag::new(b"wght"), weight)]);
        Some(Self { regular: font(400.0)?, bold: font(600.0)?, data })
    }

    fn face(&self, weight: Weight) -> Option<Face<'_>> {
        let mut face = Face::parse(&self.data, 0).ok()?;
        let weight = if weight == Weight::Bold { 600.0 } else { 400.0 };
        // A font that is not variable has one weight.
        let _ = face.set_variation(ttf_parser::Tag::from_bytes(b"wght"), weight);
        Some(face)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_several_alphabets_are_found() {
        let Some(inter) = Typeface::inter() else {
            assert!(
                FILES.iter().all(|name| files::embedded(name).is_none()),
                "the fonts are there but broken"
            );
            eprintln!("skipped: built without scripts and fonts");
            return;
        };
        let runs = inter.runs("Año −1,2 % €", Weight::Regular);
        assert_eq!(runs.iter().map(|run| &*run.text).collect::<String>(), "Año −1,2 % €");
        let text =
            |text: &str| inter.runs(text, Weight::Bold).iter().map(|r| r.text.clone()).collect::<String>();
        assert_eq!(text("Łódź Ωμέγα Волга"), "Łódź Ωμέγα Волга");
        assert_eq!(text("東京\n\u{202e}x"), "??  x");
        assert!(inter.width("mm", Weight::Bold, 10.0) > inter.width("mm", Weight::Regular, 10.0));
        assert!(
            (inter.width("aa", Weight::Regular, 20.0) - 4.0 * inter.width("a", Weight::Regular, 10.0)).abs()
                < 0.01
        );
    }

    #[test]
    fn lines_keep_to_their_width() {
        let Some(inter) = Typeface::inter() else { return };
        let text = "one two three four five six seven eight nine ten";
        let lines = inter.lines(text, Weight::Regular, 10.0, 60.0, 100);
        assert_eq!(lines.join(" "), text);
        assert!(
            lines.len() > 3 && lines.iter().all(|l| inter.width(l, Weight::Regular, 10.0) <= 60.0),
            "{lines:?}"
        );
        let cut = inter.lines(text, Weight::Regular, 10.0, 60.0, 2);
        assert!(
            cut.len() == 2 && cut[1].ends_with('…') && inter.width(&cut[1], Weight::Regular, 10.0) <= 60.0,
            "{cut:?}"
        );
        let endless = inter.lines(&"x".repeat(500), Weight::Regular, 10.0, 60.0, 1);
        assert!(endless[0].ends_with('…') && inter.width(&endless[0], Weight::Regular, 10.0) <= 60.0);
        assert_eq!(inter.lines("", Weight::Regular, 10.0, 60.0, 2), [""]);
    }
}
