use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// Keys of a language with their placeholders.
fn keys(lang: Lang) -> BTreeMap<String, BTreeSet<String>> {
    let mut keys = BTreeMap::new();
    for (_, name, content) in TEXTS.iter().filter(|(code, ..)| *code == lang.code()) {
        let parsed = FluentResource::try_new((*content).to_owned());
        assert!(parsed.is_ok(), "{lang:?} {name}: {:?}", parsed.err());
        let mut key = String::new();
        for line in content.lines() {
            assert!(!line.contains('\t'), "{lang:?} {name}: a tab in {line:?}");
            if let Some(found) = key_of(line) {
                key = found.to_owned();
                let before = keys.insert(key.clone(), BTreeSet::new());
                assert!(before.is_none(), "{lang:?} {name}: {key} is there twice");
            }
            if line.starts_with('#') {
                continue;
            }
            for part in line.split('$').skip(1) {
                let placeholder: String =
                    part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                keys.entry(key.clone()).or_default().insert(placeholder);
            }
        }
    }
    keys
}

#[test]
fn every_text_is_there_in_both_languages_with_the_same_placeholders() {
    let (english, spanish) = (keys(Lang::En), keys(Lang::Es));
    assert!(english.len() > 200, "{}", english.len());
    for (key, placeholders) in &english {
        assert_eq!(Some(placeholders), spanish.get(key), "{key}");
    }
    assert_eq!(english.len(), spanish.len());
    for lang in Lang::ALL {
        for (key, placeholders) in keys(lang) {
            let plain = texts(lang).get(&key);
            assert_eq!(plain.is_some(), placeholders.is_empty(), "{lang:?} {key}");
            assert!(plain.is_none_or(|text| !text.trim().is_empty()), "{lang:?} {key}");
        }
    }
}

#[test]
fn every_text_that_a_template_names_is_there() {
    let mut missing = BTreeSet::new();
    for file in crate::templates::sources() {
        for part in file.split("t.").skip(1) {
            let key: String = part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if key.contains('_') && !texts(Lang::En).contains_key(key.as_str()) {
                missing.insert(key);
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn values_are_filled_in_as_they_are() {
    let filled = fill(Lang::Es, "asset_title", &[("name", "Coca-Cola"), ("symbol", "KO")]);
    assert_eq!(filled, "Coca-Cola (KO)");
    assert_eq!(fill(Lang::En, "no_such_key", &[]), "no_such_key");
}

#[test]
fn the_language_follows_the_browser() {
    for (header, lang) in
        [("es-ES,es;q=0.9,en", Lang::Es), ("de,en;q=0.5", Lang::En), ("", Lang::En), ("fr, es", Lang::Es)]
    {
        assert_eq!(Lang::from_header(header), lang, "{header}");
    }
}

#[test]
fn a_figure_and_its_per_cent_sign_stay_on_one_line() {
    assert_eq!(held_together("a = 80 % of { $n } %, %K"), "a = 80\u{a0}% of { $n }\u{a0}%, %K");
    assert!(text(Lang::En, "receipt_interval").starts_with("95\u{a0}%"));
}
