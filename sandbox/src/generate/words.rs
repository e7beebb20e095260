//! The phrases of the grammar, by language, tone and key. Keys that have one meaning in every tone come first.

mod english;
mod spanish;

use super::grammar::{Language, Tone};

/// The phrases of a key; none when the key is unknown.
pub(super) fn phrases(language: Language, tone: Tone, key: &str) -> &'static [&'static str] {
    match language {
        Language::English => english::phrases(tone, key),
        Language::Spanish => spanish::phrases(tone, key),
    }
}
