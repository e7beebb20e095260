//! The pages' texts in two languages.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde_json::Value;

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lang {
    En,
    Es,
}

impl Lang {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Es => "es",
        }
    }
}

/// Texts by key.
#[derive(Debug)]
pub(super) struct Texts {
    en: BTreeMap<String, String>,
    es: BTreeMap<String, String>,
}

impl Texts {
    pub(super) fn load() -> anyhow::Result<Self> {
        let en = toml::from_str(include_str!("../../../pages/en.toml")).context("pages/en.toml")?;
        let es = toml::from_str(include_str!("../../../pages/es.toml")).context("pages/es.toml")?;
        Ok(Self { en, es })
    }

    fn of(&self, lang: Lang) -> &BTreeMap<String, String> {
        match lang {
            Lang::En => &self.en,
            Lang::Es => &self.es,
        }
    }

    pub(super) fn all(&self, lang: Lang) -> Value {
        self.of(lang).iter().map(|(key, text)| (key.clone(), Value::from(text.as_str()))).collect()
    }

    /// A text; its key where there is none.
    pub(super) fn get<'a>(&'a self, lang: Lang, key: &'a str) -> &'a str {
        self.of(lang).get(key).map_or(key, String::as_str)
    }

    /// A text with its places filled.
    pub(super) fn fill(&self, lang: Lang, key: &str, places: &[(&str, &str)]) -> String {
        let text = self.get(lang, key).to_owned();
        places.iter().fold(text, |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_texts_with_the_same_places() {
        let texts = Texts::load().unwrap();
        let keys = |of: &BTreeMap<String, String>| of.keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&texts.en), keys(&texts.es));
        for (key, english) in &texts.en {
            for place in ["{price}", "{day}", "{brand}", "{last4}", "{expiry}", "{count}", "{unit}"] {
                assert_eq!(english.contains(place), texts.es[key].contains(place), "{key} {place}");
            }
        }
        assert_eq!(texts.fill(Lang::Es, "renews", &[("day", "1 ene 2027")]), "Se renueva el 1 ene 2027.");
    }
}
