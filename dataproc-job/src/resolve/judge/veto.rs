//! What speaks against a name: a person, a word of everyday language, and, in `longer`, another name that contains it.

use rustc_hash::FxHashSet;

use super::{Candidate, adjacent};
use crate::resolve::dictionary::Kind;
use crate::resolve::token::Case;
use crate::resolve::vocabulary::{UNKNOWN, Word};
use crate::resolve::words::{COMMON, GIVEN, NEXT};

impl Candidate<'_> {
    /// Whether the words around it say that something else is meant.
    pub(super) fn vetoed(&self) -> bool {
        let words = &self.dictionary.words;
        let tokens = &self.scan.tokens;
        let previous = self.from.checked_sub(1).filter(|p| self.scan.gap(*p).is_some_and(adjacent));
        let ambiguous = self.pattern.kind == Kind::Ambiguous;
        let given = |p: usize| {
            tokens[p].case == Case::Capital
                && words.is(tokens[p].word, GIVEN)
                && !words.is(tokens[p].word, COMMON)
        };
        // "Harrison Ford", "Roy E. Disney", "Mr McDonald's".
        let surname = ambiguous || (self.pattern.kind == Kind::Clear && self.to - self.from == 1);
        let titled = |p: usize| self.capital() && self.is_title(p);
        if surname
            && (previous.is_some_and(|p| given(p) || titled(p)) || self.initial_before().is_some_and(given))
        {
            return true;
        }
        if self.is_body() || self.is_played() || (ambiguous && self.is_introduced(&given)) {
            return true;
        }
        if self.is_likeness() || self.is_address() || (ambiguous && self.is_somebody()) {
            return true;
        }
        if self.is_venue() || self.is_other_company() || self.is_fund() || (ambiguous && self.is_hyphened()) {
            return true;
        }
        // "S&P 500 Low Volatility Target Beta Index".
        if (ambiguous || self.is_index_symbol()) && self.is_index() {
            return true;
        }
        if self.is_survey() {
            return true;
        }
        let Some(context) = self.context() else { return false };
        if context.lower && self.is_part() {
            return true;
        }
        let next =
            (self.to < tokens.len() && self.scan.gap(self.to - 1).is_some_and(adjacent)).then_some(self.to);
        let owned = tokens[self.to - 1].base != UNKNOWN;
        let meets = |i: usize, set: &FxHashSet<Word>| {
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
            // "the Apple results", "my Visa card", "a Shell tanker": what follows outweighs an article before it.
            Some(p) => {
                let own = self.capital() && next.is_some_and(|n| meets(n, &context.cues));
                meets(p, &context.previous)
                    && !(self.followed() && self.capital() && !context.trading)
                    && !(own && is_article(self.scan.written(p)))
            }
            None => false,
        }
    }

    /// Whether it is a part of the name of something else, which is then no mention as a whole.
    pub(crate) fn is_elsewhere(&self) -> bool {
        let name = matches!(self.pattern.kind, Kind::Full | Kind::Phrase | Kind::Clear | Kind::Ambiguous);
        name && self.to - self.from > 1 && self.capital() && (self.is_venue() || self.is_other_company())
    }

    /// Whether the text has the name with a given name or a title before it: who is a person once is one to the end.
    fn is_introduced(&self, given: &impl Fn(usize) -> bool) -> bool {
        self.to - self.from == 1 && self.introduced(given).contains(&self.name())
    }

    /// The words that stand behind a given name or a title somewhere in the text, looked for once a text.
    fn introduced(&self, given: &impl Fn(usize) -> bool) -> &FxHashSet<Word> {
        let (scan, tokens) = (self.scan, self.scan.tokens);
        scan.introduced.get_or_init(|| {
            (1..tokens.len())
                .filter(|i| tokens[*i].case == Case::Capital && scan.gap(i - 1) == Some(" "))
                .filter(|i| given(i - 1) || self.is_title(i - 1))
                .flat_map(|i| [tokens[i].word, tokens[i].base])
                .filter(|word| *word != UNKNOWN)
                .collect()
        })
    }

    /// The word that it is, without `'s`.
    fn name(&self) -> Word {
        let token = &self.scan.tokens[self.from];
        if token.base == UNKNOWN { token.word } else { token.base }
    }

    /// The given name before a middle initial: "Roy E. Disney".
    fn initial_before(&self) -> Option<usize> {
        let initial = self.from.checked_sub(1)?;
        let name = initial.checked_sub(1)?;
        let token = &self.scan.tokens[initial];
        let single = token.length() == 1 && token.case == Case::Upper && self.scan.gap(initial) == Some(". ");
        (single && self.scan.gap(name) == Some(" ")).then_some(name)
    }

    /// "Church of Unity", "Puerto de Santander", "Fundación Telefónica": a body or place that bears the name.
    fn is_body(&self) -> bool {
        const OF: [&str; 22] = [
            "Church",
            "University",
            "Universidad",
            "Port",
            "Puerto",
            "Bay",
            "Bahía",
            "Bishop",
            "Obispo",
            "Ayuntamiento",
            "Racing",
            "Deportivo",
            "Club",
            "Diócesis",
            "Catedral",
            "Palacio",
            "Feria",
            "Temple",
            "House",
            "Prince",
            "William",
            "Aeropuerto",
        ];
        const BEFORE: [&str; 8] =
            ["Fundación", "Fondazione", "Fondation", "Stiftung", "Fundação", "Museo", "Musée", "Estadio"];
        let scan = self.scan;
        let Some(p) = self.from.checked_sub(1).filter(|p| self.capital() && scan.gap(*p) == Some(" ")) else {
            return false;
        };
        BEFORE.contains(&scan.written(p))
            || (matches!(scan.written(p), "of" | "de" | "di" | "do")
                && p > 0
                && scan.gap(p - 1) == Some(" ")
                && OF.contains(&scan.written(p - 1)))
    }

    /// "Avalanche beat the Wild 5-2", "Samsung Lions win game five": a team and its game.
    fn is_played(&self) -> bool {
        const TEAMS: [&str; 23] = [
            "Lions",
            "Tigers",
            "Bears",
            "Eagles",
            "Hawks",
            "Giants",
            "Twins",
            "Heroes",
            "Fighters",
            "Wolves",
            "Sharks",
            "Titans",
            "Rangers",
            "Warriors",
            "Knights",
            "Bulls",
            "Thunders",
            "Bluewings",
            "Raiders",
            "Pirates",
            "FC",
            "CF",
            "Athletic",
        ];
        let scan = self.scan;
        let team = self.capital()
            && self.to < scan.tokens.len()
            && scan.gap(self.to - 1) == Some(" ")
            && TEAMS.contains(&scan.written(self.to));
        let end = (self.to + 6).min(scan.tokens.len());
        let small = |i: usize| !scan.tokens[i].letters && scan.tokens[i].length() <= 2;
        let score = self.pattern.kind == Kind::Ambiguous
            && (self.to..end.saturating_sub(1)).any(|i| {
                small(i)
                    && scan.gap(i) == Some("-")
                    && small(i + 1)
                    && scan.after(i + 1).is_none_or(|c| matches!(c, ' ' | '.' | ',' | '!' | '\n'))
            })
            && scan.points(self.from, self.to, 12).company == 0
            && scan.points(self.from, self.to, 12).trading == 0;
        team || score
    }

    /// "HSBC India PMI": a survey that its sponsor gives its name.
    fn is_survey(&self) -> bool {
        let scan = self.scan;
        let mut run = (self.to..scan.tokens.len())
            .take(4)
            .take_while(|i| scan.gap(i - 1) == Some(" ") && scan.tokens[*i].case != Case::Lower);
        self.capital() && run.any(|i| scan.written(i) == "PMI")
    }

    /// "Premier Ford", "Judge Block".
    fn is_title(&self, i: usize) -> bool {
        const TITLES: [&str; 40] = [
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
            "Cllr",
            "Councillor",
            "Archbishop",
            "Cardinal",
            "Ambassador",
            "Admiral",
            "Herr",
            "Frau",
            "Monsieur",
            "Madame",
            "Don",
            "Doña",
            "Sr",
            "Sra",
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

fn is_article(word: &str) -> bool {
    matches!(
        word,
        "a" | "A" | "an" | "An" | "the" | "The" | "my" | "My" | "his" | "her" | "your" | "their" | "our"
    )
}
