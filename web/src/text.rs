//! The words of the site, in English and Spanish: one table, `TABLE`, one row a text.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// `key<TAB>English<TAB>Spanish`, in the order of the pages. A text may hold `{placeholders}`.
const TABLE: &str = include_str!("text/table.tsv");

/// A language of the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lang {
    /// English.
    En,
    /// Spanish.
    Es,
}

impl Lang {
    /// The ISO 639-1 code.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Es => "es",
        }
    }

    /// The language with this code.
    pub fn parse(code: &str) -> Option<Self> {
        match code {
            "en" => Some(Self::En),
            "es" => Some(Self::Es),
            _ => None,
        }
    }

    /// The first language of an `Accept-Language` header that we speak; else English.
    /// Browsers send them in falling preference, so weights are not compared.
    pub fn from_header(header: &str) -> Self {
        let codes = header.split(',').filter_map(|part| part.trim().get(..2));
        codes.map(str::to_ascii_lowercase).find_map(|code| Self::parse(&code)).unwrap_or(Self::En)
    }
}

type Texts = BTreeMap<&'static str, &'static str>;

static ENGLISH: LazyLock<Texts> = LazyLock::new(|| column(1));
static SPANISH: LazyLock<Texts> = LazyLock::new(|| column(2));

fn column(index: usize) -> Texts {
    let rows = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    rows.filter_map(|line| {
        let mut cells = line.split('\t');
        let key = cells.next()?;
        Some((key, cells.nth(index - 1)?))
    })
    .collect()
}

/// All texts of a language by key, as templates see them.
pub fn texts(lang: Lang) -> &'static Texts {
    match lang {
        Lang::En => &ENGLISH,
        Lang::Es => &SPANISH,
    }
}

/// The text with this key; the key itself where there is none (a test sees to it that there is).
pub fn text(lang: Lang, key: &'static str) -> &'static str {
    texts(lang).get(key).copied().unwrap_or(key)
}

/// The text with this key and its `{placeholders}` filled in.
pub fn fill(lang: Lang, key: &'static str, values: &[(&str, &str)]) -> String {
    let mut filled = text(lang, key).to_owned();
    for (name, value) in values {
        filled = filled.replace(&format!("{{{name}}}"), value);
    }
    filled
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn placeholders(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect()
    }

    #[test]
    fn every_text_is_there_in_both_languages_with_the_same_placeholders() {
        for (number, line) in TABLE.lines().enumerate().filter(|(_, l)| !l.is_empty() && !l.starts_with('#'))
        {
            let cells: Vec<&str> = line.split('\t').collect();
            assert_eq!(cells.len(), 3, "line {}: {line}", number + 1);
            assert!(cells.iter().all(|cell| !cell.trim().is_empty()), "line {}: {line}", number + 1);
            assert_eq!(placeholders(cells[1]), placeholders(cells[2]), "line {}: {line}", number + 1);
        }
        let rows = TABLE.lines().filter(|l| !l.is_empty() && !l.starts_with('#')).count();
        assert_eq!(texts(Lang::En).len(), rows, "a key appears twice");
    }

    #[test]
    fn every_text_that_the_code_or_a_template_names_is_there() {
        let mut missing = BTreeSet::new();
        for file in crate::templates::sources() {
            for part in file.split("t.").skip(1).filter(|_| file.contains("t.")) {
                let key: String =
                    part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                if key.contains('_') && !texts(Lang::En).contains_key(key.as_str()) {
                    missing.insert(key);
                }
            }
        }
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn the_language_follows_the_browser() {
        for (header, lang) in
            [("es-ES,es;q=0.9,en", Lang::Es), ("de,en;q=0.5", Lang::En), ("", Lang::En), ("fr, es", Lang::Es)]
        {
            assert_eq!(Lang::from_header(header), lang, "{header}");
        }
    }
}
