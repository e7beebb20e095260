//! The house's own lexicon: three files of `entry<TAB>valence`, valence in [-4, 4], entries in lower case; an entry of
//! several words is a phrase. A valence of 0 says that a phrase is not meant as its words suggest.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::LazyLock;

use super::vader::Quick;

type Table<V> = HashMap<&'static str, V, BuildHasherDefault<Quick>>;

/// The words and phrases of one language.
pub(super) struct Lexicon {
    entries: Table<f64>,
    /// For each word that begins a phrase, the number of words of the longest one.
    phrases: Table<usize>,
}

pub(super) static ENGLISH: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::read(include_str!("english.tsv")));
pub(super) static SPANISH: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::read(include_str!("spanish.tsv")));
static EMOJI: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::read(include_str!("emoji.tsv")));

/// Valence of an emoji or an emoticon in lower case.
pub(super) fn emoji(text: &str) -> Option<f64> {
    EMOJI.word(text)
}

impl Lexicon {
    /// Reads a file of this crate; a test asserts that each line is well formed.
    fn read(file: &'static str) -> Self {
        let mut lexicon = Self { entries: Table::default(), phrases: Table::default() };
        for line in file.lines() {
            let Some((entry, valence)) = line.split_once('\t') else { continue };
            let Ok(valence) = valence.parse() else { continue };
            lexicon.entries.insert(entry, valence);
            if let Some((first, rest)) = entry.split_once(' ') {
                let longest = lexicon.phrases.entry(first).or_default();
                *longest = (*longest).max(rest.split(' ').count() + 1);
            }
        }
        lexicon
    }

    /// Valence of one entry as it stands.
    pub(super) fn word(&self, word: &str) -> Option<f64> {
        self.entries.get(word).copied()
    }

    /// Number of words of the longest phrase that begins with `word`; 0 where none does.
    pub(super) fn longest_phrase(&self, word: &str) -> usize {
        self.phrases.get(word).copied().unwrap_or(0)
    }

    /// Valence of the longest phrase of at least two of `words` that begins with the first, and its number of words.
    pub(super) fn phrase(&self, words: &[&str]) -> Option<(f64, usize)> {
        let longest = self.longest_phrase(words.first()?).min(words.len());
        (2..=longest).rev().find_map(|n| Some((self.word(&words[..n].join(" "))?, n)))
    }

    /// Valence of an English word or of what it is derived from (`crushes` of `crush`).
    pub(super) fn derived(&self, word: &str) -> Option<f64> {
        if let Some(valence) = self.word(word) {
            return Some(valence);
        }
        // Every suffix below ends in one of these.
        if word.len() < 5 || !word.ends_with(['s', 'd', 'g', 'y']) || !word.is_ascii() {
            return None;
        }
        for (suffix, endings) in [
            ("'s", [""].as_slice()),
            ("ies", &["y"]),
            ("es", &["", "e"]),
            ("s", &[""]),
            ("ied", &["y"]),
            ("ed", &["", "e"]),
            ("ing", &["", "e"]),
            ("ly", &[""]),
        ] {
            let Some(stem) = word.strip_suffix(suffix).filter(|stem| stem.len() >= 4) else { continue };
            for ending in endings {
                let found =
                    if ending.is_empty() { self.word(stem) } else { self.word(&[stem, ending].concat()) };
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_line_is_an_entry_of_its_own() {
        for (name, file, least) in [
            ("english", include_str!("english.tsv"), 900),
            ("spanish", include_str!("spanish.tsv"), 200),
            ("emoji", include_str!("emoji.tsv"), 100),
        ] {
            let mut seen = BTreeSet::new();
            for line in file.lines() {
                let (entry, valence) = line.split_once('\t').unwrap();
                let valence: f64 = valence.parse().unwrap();
                assert!(valence.abs() <= 4.0 && entry == entry.to_lowercase(), "{name}: {line}");
                assert!(seen.insert(entry), "{name}: {entry} twice");
            }
            assert!(seen.len() >= least, "{name} has {}", seen.len());
        }
    }

    #[test]
    fn finds_phrases_and_derived_words() {
        assert_eq!(ENGLISH.phrase(&["short", "squeeze", "now"]), Some((1.8, 2)));
        assert_eq!(ENGLISH.phrase(&["short", "this"]), None);
        assert_eq!(ENGLISH.derived("downgrading"), ENGLISH.word("downgrade"));
        assert!(ENGLISH.derived("rejoicing").is_none() && ENGLISH.derived("beautifully").is_some());
    }
}
