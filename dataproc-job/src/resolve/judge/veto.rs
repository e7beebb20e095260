//! What speaks against a name: a person, a word of everyday language, and, in `longer`, another name that contains it.

use super::{Candidate, adjacent};
use crate::resolve::dictionary::Kind;
use crate::resolve::token::{Case, UNKNOWN, Word};
use crate::resolve::words::{COMMON, GIVEN, NEXT};

impl Candidate<'_> {
    /// Whether the words around it say that something else is meant.
    pub(super) fn vetoed(&self) -> bool {
        let words = &self.dictionary.words;
        let tokens = &self.scan.tokens;
        let previous = self.from.checked_sub(1).filter(|p| self.scan.gap(*p).is_some_and(adjacent));
        let ambiguous = self.pattern.kind == Kind::Ambiguous;
        // "Harrison Ford", "Roy Disney".
        if (ambiguous || (self.pattern.kind == Kind::Clear && self.to - self.from == 1))
            && let Some(p) = previous
            && tokens[p].case == Case::Capital
            && words.is(tokens[p].word, GIVEN)
            && !words.is(tokens[p].word, COMMON)
        {
            return true;
        }
        if ambiguous && self.capital() && previous.is_some_and(|p| self.is_title(p)) {
            return true;
        }
        if self.is_venue() || self.is_other_company() || (ambiguous && self.is_hyphened()) {
            return true;
        }
        // "S&P 500 Low Volatility Target Beta Index".
        if ambiguous && self.is_index() {
            return true;
        }
        let Some(context) = self.context() else { return false };
        if context.lower && self.is_part() {
            return true;
        }
        let next =
            (self.to < tokens.len() && self.scan.gap(self.to - 1).is_some_and(adjacent)).then_some(self.to);
        let owned = tokens[self.to - 1].base != UNKNOWN;
        let meets = |i: usize, set: &rustc_hash::FxHashSet<Word>| {
            [tokens[i].word, tokens[i].base].iter().any(|w| *w != UNKNOWN && set.contains(w))
        };
        // "3M to pay": what it will do outweighs the word itself.
        let later = || self.capital() && self.acts_later();
        if !owned && next.is_some_and(|n| meets(n, &context.next)) && !later() {
            return true;
        }
        if self.capital() && (self.is_agent() || self.has_shares_before()) {
            return false;
        }
        match previous {
            Some(p)
                if context.lower
                    && p > 0
                    && self.scan.written(p) == "the"
                    && meets(p - 1, &context.previous) =>
            {
                true
            }
            Some(p) if context.follow => meets(p, &context.previous) && self.is_boilerplate(p),
            // "the Apple results": what follows outweighs an article before it.
            Some(p) => {
                meets(p, &context.previous) && !(self.followed() && self.capital() && !context.trading)
            }
            None => false,
        }
    }

    /// Whether it is a part of the name of something else, which is then no mention as a whole.
    pub(crate) fn is_elsewhere(&self) -> bool {
        let name = matches!(self.pattern.kind, Kind::Full | Kind::Phrase | Kind::Clear | Kind::Ambiguous);
        name && self.to - self.from > 1 && self.capital() && (self.is_venue() || self.is_other_company())
    }

    /// "Premier Ford", "Judge Block".
    fn is_title(&self, i: usize) -> bool {
        const TITLES: [&str; 26] = [
            "President",
            "Senator",
            "Governor",
            "Premier",
            "Mayor",
            "Sheriff",
            "Judge",
            "Justice",
            "Minister",
            "Congressman",
            "Congresswoman",
            "Rep",
            "Sen",
            "Gov",
            "Sir",
            "Lord",
            "Lady",
            "Coach",
            "Captain",
            "Professor",
            "Sergeant",
            "Detective",
            "Mr",
            "Mrs",
            "Ms",
            "Dr",
        ];
        TITLES.contains(&self.scan.written(i))
    }

    /// "the Ford-Kavanaugh hearing", "Mid-Southern Bancorp".
    pub(super) fn is_hyphened(&self) -> bool {
        let other = |i: usize| {
            let token = self.scan.tokens[i];
            let fact = self.dictionary.words.of(token.word);
            // "the Apple-Google hearing" names two companies.
            token.case == Case::Capital
                && fact.company + fact.trading == 0
                && fact.marks & NEXT == 0
                && !self.is_clear(i)
        };
        let after =
            self.to < self.scan.tokens.len() && self.scan.gap(self.to - 1) == Some("-") && other(self.to);
        let before = self.from.checked_sub(1);
        after || before.is_some_and(|p| self.scan.gap(p) == Some("-") && other(p))
    }

    /// "follow us on", "share this via".
    pub(super) fn is_boilerplate(&self, previous: usize) -> bool {
        const ASKS: [&str; 13] = [
            "share", "shared", "follow", "us", "like", "find", "watch", "live", "join", "post", "posted",
            "google", "login",
        ];
        let start = previous.saturating_sub(3);
        (start..=previous).any(|i| ASKS.iter().any(|ask| self.scan.written(i).eq_ignore_ascii_case(ask)))
    }
}
