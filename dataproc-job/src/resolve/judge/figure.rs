//! What speaks against a name though nothing else bears it: a likeness, an address, a person without a given name.

use super::Candidate;
use crate::resolve::token::Case;

impl Candidate<'_> {
    /// "the Ferrari of blenders", "the Netflix of India", "die Allianz der Willigen": what is only likened to it, or called
    /// by its word. A number makes a level of it: "the VIX of 28".
    pub(super) fn is_likeness(&self) -> bool {
        let scan = self.scan;
        let spaced = |i: usize| scan.gap(i) == Some(" ");
        let Some(article) = self.from.checked_sub(1).filter(|a| spaced(*a)) else { return false };
        let next = self.to + 1;
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
}
