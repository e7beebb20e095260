//! Every word that VADER knows, with all it knows about it, in one table: one look-up a token.
//!
//! Valences and descriptions of emoji are read from the crate `vader_sentiment`, which carries the authors' two files. Its
//! table ignores case and lacks two words of the newest file; [`CORRECTIONS`] puts that right. Words that only work by rule
//! (boosters, negations, parts of idioms) are listed here.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

/// What VADER knows about a word in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Word {
    /// Its valence, where the lexicon has it.
    pub(super) valence: Option<f64>,
    /// What it adds to the word that follows, 0 for most.
    pub(super) boost: f64,
    /// Whether it turns what follows.
    pub(super) negates: bool,
    /// Whether a rule names it.
    pub(super) part: Part,
}

/// Words that rules name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
#[rustfmt::skip]
pub(super) enum Part {
    #[default]
    None,
    No, Or, Nor, Kind, Sort, Just, Enough, Of, But, Never, So, This, Without, Doubt, Least, At, Very,
    The, Shit, Bomb, Bad, Ass, Bus, Stop, Yeah, Right, Kiss, Death, To, Die, For, Beating, Heart,
}

#[rustfmt::skip]
const PARTS: [(&str, Part); 32] = [
    ("no", Part::No), ("or", Part::Or), ("nor", Part::Nor), ("kind", Part::Kind), ("sort", Part::Sort),
    ("just", Part::Just), ("enough", Part::Enough), ("of", Part::Of), ("but", Part::But), ("never", Part::Never),
    ("so", Part::So), ("this", Part::This), ("without", Part::Without), ("doubt", Part::Doubt), ("least", Part::Least),
    ("at", Part::At), ("very", Part::Very), ("the", Part::The), ("shit", Part::Shit), ("bomb", Part::Bomb),
    ("bad", Part::Bad), ("ass", Part::Ass), ("bus", Part::Bus), ("stop", Part::Stop), ("yeah", Part::Yeah),
    ("right", Part::Right), ("kiss", Part::Kiss), ("death", Part::Death), ("to", Part::To), ("die", Part::Die),
    ("for", Part::For), ("beating", Part::Beating),
];

/// What a booster adds, a dampener takes.
pub(super) const BOOST: f64 = 0.293;

const BOOSTERS: &str = "absolutely amazingly awfully completely considerable considerably decidedly deeply effing enormous \
    enormously entirely especially exceptional exceptionally extreme extremely fabulously flipping flippin frackin fracking \
    fricking frickin frigging friggin fully fuckin fucking fuggin fugging greatly hella highly hugely incredible incredibly \
    intensely major majorly more most particularly purely quite really remarkably so substantially thoroughly total totally \
    tremendous tremendously uber unbelievably unusually utter utterly very";
const DAMPENERS: &str = "almost barely hardly kinda kindof kind-of less little marginal marginally occasional occasionally \
    partly scarce scarcely slight slightly somewhat sorta sortof sort-of";
/// Words with "n't" negate too; the tokeniser sees to them.
const NEGATIONS: &str = "aint arent cannot cant couldnt darent didnt doesnt dont hadnt hasnt havent isnt mightnt mustnt \
    neither neednt never none nope nor not nothing nowhere oughtnt shant shouldnt uhuh wasnt werent uh-uh without wont \
    wouldnt rarely seldom despite";

/// Entries of the authors' newest file that the crate lacks, or has with another case's valence.
const CORRECTIONS: [(&str, f64); 3] = [("heart", 3.2), ("hearts", 3.3), (":p", 1.0)];

/// FNV-1a over words of eight bytes with a final mix: keys are short and not chosen by an adversary.
#[derive(Default)]
pub(crate) struct Quick(u64);

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 = (self.0.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        }
    }

    fn write_u32(&mut self, value: u32) {
        self.0 = (self.0 ^ u64::from(value)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write_u8(&mut self, _: u8) {}

    fn write_usize(&mut self, length: usize) {
        self.0 = self.0.wrapping_add(length as u64);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}

type Table<K, V> = HashMap<K, V, BuildHasherDefault<Quick>>;

static WORDS: LazyLock<Table<Box<[u8]>, Word>> = LazyLock::new(|| {
    let mut words: Table<Box<[u8]>, Word> = Table::default();
    let mut word = |text: &str, change: &dyn Fn(&mut Word)| {
        change(words.entry(text.as_bytes().into()).or_default());
    };
    for (entry, valence) in vader_sentiment::LEXICON.iter() {
        // The program looks words up in lower case; the two entries with a capital outside ASCII are never found.
        if entry.is_ascii() {
            word(&entry.to_ascii_lowercase(), &|w| w.valence = Some(*valence));
        }
    }
    for (entry, valence) in CORRECTIONS {
        word(entry, &|w| w.valence = Some(valence));
    }
    for (list, boost) in [(BOOSTERS, BOOST), (DAMPENERS, -BOOST)] {
        for entry in list.split_whitespace() {
            word(entry, &|w| w.boost = boost);
        }
    }
    for entry in NEGATIONS.split_whitespace() {
        word(entry, &|w| w.negates = true);
    }
    for (entry, part) in PARTS.into_iter().chain([("heart", Part::Heart)]) {
        word(entry, &|w| w.part = part);
    }
    words
});

static EMOJI: LazyLock<Table<char, &'static str>> = LazyLock::new(|| {
    let entries = vader_sentiment::EMOJI_LEXICON.iter();
    entries
        .filter_map(|(emoji, description)| {
            // The program looks at one character at a time, so that sequences of several are never found.
            let mut chars = emoji.chars();
            let first = chars.next()?;
            chars.next().is_none().then_some((first, *description))
        })
        .collect()
});

/// All that is known about a word, given in lower case.
pub(super) fn look_up(lower: &[u8]) -> Word {
    WORDS.get(lower).copied().unwrap_or_default()
}

/// The words that stand for an emoji.
pub(super) fn description(emoji: char) -> Option<&'static str> {
    EMOJI.get(&emoji).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        // 7,520 lines of the authors' file: 14 repeat an entry, and 14 with a capital are never found.
        let with_valence = WORDS.values().filter(|w| w.valence.is_some()).count();
        assert_eq!((with_valence, EMOJI.len()), (7_492, 1_212));
        assert_eq!(WORDS.values().filter(|w| w.boost > 0.0).count(), BOOSTERS.split_whitespace().count());
        assert_eq!(look_up(b"great").valence, Some(3.1));
        assert_eq!((look_up(b"d:").valence, look_up(b"lol").valence), (Some(1.2), Some(1.8)));
        assert_eq!(description('😀'), Some("grinning face"));
    }
}
