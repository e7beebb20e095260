//! What the OpenAPI document says, in Spanish, for the page that shows it. The document itself stays in English: programs
//! and the people who write them read one wording.
//!
//! `spanish.tsv` has a line a text: English, a tab, Spanish. The English comes from the code, so a test demands that the two
//! go together: no text of the page without a line, no line without a text.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::text::Lang;

static SPANISH: LazyLock<BTreeMap<&'static str, &'static str>> =
    LazyLock::new(|| include_str!("spanish.tsv").lines().filter_map(|line| line.split_once('\t')).collect());

/// A text of the document in a language; in English where there is no other.
pub fn said(english: &str, lang: Lang) -> String {
    let spanish = SPANISH.get(english).filter(|_| lang == Lang::Es);
    spanish.map_or_else(|| english.to_owned(), |spanish| (*spanish).to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::api::openapi::openapi;
    use crate::api::problem::CODES;

    /// Every text of the document that the page shows.
    fn shown() -> BTreeSet<String> {
        let mut texts: BTreeSet<String> = CODES.iter().map(|(_, _, title)| (*title).to_owned()).collect();
        let mut add = |text: &Value| texts.extend(text.as_str().map(str::to_owned));
        for item in openapi()["paths"].as_object().into_iter().flatten().map(|(_, item)| &item["get"]) {
            add(&item["summary"]);
            add(&item["description"]);
            for parameter in item["parameters"].as_array().into_iter().flatten() {
                add(&parameter["description"]);
            }
        }
        for (_, schema) in openapi()["components"]["schemas"].as_object().into_iter().flatten() {
            add(&schema["description"]);
            for (_, field) in schema["properties"].as_object().into_iter().flatten() {
                add(&field["description"]);
            }
        }
        texts
    }

    #[test]
    fn every_text_of_the_reference_is_there_in_spanish() {
        let (shown, written) =
            (shown(), SPANISH.keys().map(|key| (*key).to_owned()).collect::<BTreeSet<_>>());
        assert!(shown.len() > 150, "{}", shown.len());
        let missing: Vec<&String> = shown.difference(&written).collect();
        assert!(missing.is_empty(), "without a line in spanish.tsv: {missing:#?}");
        let left: Vec<&String> = written.difference(&shown).collect();
        assert!(left.is_empty(), "nothing says this any more: {left:#?}");
        let lines = include_str!("spanish.tsv").lines();
        for line in lines {
            let parts: Vec<&str> = line.split('\t').collect();
            assert!(parts.len() == 2 && parts.iter().all(|part| !part.trim().is_empty()), "{line:?}");
        }
    }

    #[test]
    fn english_stays_as_it_is() {
        assert_eq!(said("One asset.", Lang::En), "One asset.");
        assert_eq!(said("One asset.", Lang::Es), "Un activo.");
        assert_eq!(said("no such text", Lang::Es), "no such text");
    }
}
