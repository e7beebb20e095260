//! What speaks against a name though nothing else bears it: a likeness, an address, a person without a given name.

use domain::AssetClass;

use super::{Candidate, ENOUGH, NEAR};
use crate::resolve::token::Case;

impl Candidate<'_> {
    /// "the Ferrari of blenders", "the Netflix of India", "die Allianz der Willigen": what is only likened to it, or called
    /// by its word. A number makes a level of it: "the VIX of 28".
    pub(super) fn is_likeness(&self) -> bool {
        let scan = self.scan;
        let spaced = |i: usize| scan.gap(i) == Some(" ");
        let next = self.to + 1;
        let Some(article) = self.from.checked_sub(1).filter(|a| spaced(*a)) else {
            // "Rolls Royce of vacuum cleaners, says our tester".
            return scan.begins_sentence(self.from)
                && next < scan.tokens.len()
                && spaced(self.to - 1)
                && spaced(self.to)
                && scan.written(self.to) == "of"
                && scan.tokens[next].case == Case::Lower
                && scan.tokens[next].length() >= 4;
        };
        if next >= scan.tokens.len() || !spaced(self.to - 1) || !spaced(self.to) || !scan.tokens[next].letters
        {
            return false;
        }
        match scan.written(self.to) {
            // "the IBM of this decade" may still be IBM.
            "of" => {
                matches!(scan.written(article), "the" | "The" | "a")
                    && !matches!(scan.written(next), "this" | "that" | "today" | "old" | "last")
            }
            "der" | "des" => matches!(scan.written(article), "der" | "die" | "das" | "Der" | "Die" | "Das"),
            "de" | "di" => {
                matches!(scan.written(article), "el" | "la" | "El" | "La" | "il" | "le" | "Le")
                    && scan.tokens[next].case == Case::Lower
            }
            _ => false,
        }
    }

    /// "Spotify link in bio", "paypal or facebook, message me": where somebody is to be found or paid.
    pub(super) fn is_address(&self) -> bool {
        let scan = self.scan;
        let is = |i: usize, word: &str| {
            i < scan.tokens.len()
                && scan.gap(i - 1) != Some(". ")
                && scan.written(i).eq_ignore_ascii_case(word)
        };
        let link = is(self.to, "link") && ["in", "below", "here"].iter().any(|word| is(self.to + 1, word));
        let me =
            is(self.to + 1, "me") && ["message", "dm", "msg", "text"].iter().any(|word| is(self.to, word));
        link || me
    }

    /// "$MJMJ #STOCKS #GOLD #SILVER $AAPL": one of many tags, which say where a text is to be found, not what it says.
    pub(super) fn is_among_tags(&self) -> bool {
        const MANY: usize = 3;
        let (scan, at) = (self.scan, self.from);
        let tag = |i: &usize| matches!(scan.before(*i), Some('#' | '$'));
        if scan.before(at) != Some('#') {
            return false;
        }
        let before = (0..at).rev().take(MANY).take_while(tag).count();
        let after = (self.to..scan.tokens.len()).take(MANY).take_while(tag).count();
        before + after + 1 >= MANY
    }

    /// "Dutch relay team takes olympic gold": what is won, not traded.
    pub(super) fn is_won(&self) -> bool {
        const GAMES: [&str; 14] = [
            "olympic",
            "olympics",
            "paralympic",
            "medal",
            "medals",
            "medallist",
            "medalist",
            "podium",
            "relay",
            "medalla",
            "medallas",
            "medaille",
            "medaillen",
            "athlete",
        ];
        let scan = self.scan;
        let near = self.from.saturating_sub(NEAR)..(self.to + NEAR).min(scan.tokens.len());
        let mut words = near.map(|i| scan.written(i));
        words.any(|word| GAMES.iter().any(|game| word.eq_ignore_ascii_case(game)))
            && scan.points(self.from, self.to, NEAR).trading < ENOUGH
    }

    /// "Ford said in his testimony": somebody who has a sex, and no company before that.
    pub(super) fn is_somebody(&self) -> bool {
        const SAYS: [&str; 14] = [
            "said",
            "says",
            "told",
            "testified",
            "wrote",
            "died",
            "was",
            "is",
            "has",
            "had",
            "thinks",
            "returns",
            "joined",
            "argued",
        ];
        let scan = self.scan;
        let says = self.to < scan.tokens.len()
            && scan.gap(self.to - 1) == Some(" ")
            && SAYS.contains(&scan.written(self.to));
        let end = (self.to + 5).min(scan.tokens.len());
        // "Oracle says Ellison keeps his shares": only words in small letters between.
        let on = |i: &usize| scan.gap(i - 1) == Some(" ") && scan.tokens[*i].case == Case::Lower;
        let somebody = |i: usize| {
            matches!(scan.written(i), "he" | "she" | "his" | "her" | "him" | "himself" | "herself")
        };
        says && self.capital() && (self.to + 1..end).take_while(on).any(somebody)
    }

    /// Whether it is a metal, kept as a pair or a future.
    pub(super) fn is_metal(&self) -> bool {
        let asset = |owner: &u32| {
            let (symbol, class) = &self.dictionary.assets[*owner as usize];
            *class == AssetClass::Fx || matches!(symbol.as_str(), "GC=F" | "SI=F" | "PL=F" | "PA=F")
        };
        self.pattern.owners.first().is_some_and(asset)
    }

    /// Whether it is the symbol of an index.
    pub(super) fn is_index_symbol(&self) -> bool {
        let asset = |owner: &u32| self.dictionary.assets[*owner as usize].0.as_str().starts_with('^');
        self.pattern.owners.first().is_some_and(asset)
    }
}
