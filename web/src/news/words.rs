//! The words of headlines: those that say something.

use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

use unicode_segmentation::UnicodeSegmentation;

/// Shortest word that counts, in characters.
const SHORTEST: usize = 2;
/// Longest word that counts, in characters: what is longer is no word.
const LONGEST: usize = 32;

/// Words of English and Spanish that stand in every text.
static STOP: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let lists = ["en", "es"].into_iter().filter_map(stop_words::lookup);
    lists.flat_map(|list| list.iter().copied()).collect()
});

/// The words of a headline, each once, in lower case: without stop words, numbers, and the words in `own`.
pub fn of(headline: &str, own: &HashSet<String>) -> BTreeSet<String> {
    headline.unicode_words().map(normal).filter(|word| says_something(word) && !own.contains(word)).collect()
}

/// The words of names, to be left out where every headline holds them.
pub fn own<'a>(names: impl Iterator<Item = &'a str>) -> HashSet<String> {
    names.flat_map(|name| name.unicode_words().map(normal).collect::<Vec<_>>()).collect()
}

/// In lower case, apostrophes straightened, without the English genitive.
fn normal(word: &str) -> String {
    let lower = word.to_lowercase().replace('\u{2019}', "'");
    lower.strip_suffix("'s").map_or_else(|| lower.clone(), str::to_owned)
}

fn says_something(word: &str) -> bool {
    let length = word.chars().count();
    (SHORTEST..=LONGEST).contains(&length)
        && word.chars().any(char::is_alphabetic)
        && !STOP.contains(word)
        // "3q", "1.5bn": a number with its unit.
        && !word.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(headline: &str) -> Vec<String> {
        of(headline, &own(["Apple Inc.", "AAPL"].into_iter())).into_iter().collect()
    }

    #[test]
    fn stop_words_numbers_and_own_names_do_not_count() {
        assert_eq!(
            words("Apple’s profits are up 12% to 1.5bn, the bank's view"),
            ["bank", "profits", "view"]
        );
        assert_eq!(words("La inflación en España baja según el BCE"), ["baja", "bce", "españa", "inflación"]);
    }

    #[test]
    fn any_text_can_be_counted() {
        assert_eq!(words("<script>alert(1)</script>"), ["alert", "script"]);
        assert!(words("").is_empty() && words("¿¡…!? 🚀 7").is_empty());
        assert!(words(&"x".repeat(100_000)).is_empty());
    }
}
