//! What speaks against a name: another name that contains it, a venue, a word of everyday language.

use super::{Candidate, adjacent};
use crate::resolve::dictionary::Kind;
use crate::resolve::token::{Case, UNKNOWN, Word};
use crate::resolve::words::{ACTS, COMMON, GIVEN, MOVES, NEXT};

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

    /// "Meta Financial", "Delta Resources": another company, whose name goes on.
    pub(super) fn is_other_company(&self) -> bool {
        const TRADES: [&str; 25] = [
            "Financial",
            "Bancorp",
            "Bancshares",
            "Resources",
            "Pharmaceuticals",
            "Therapeutics",
            "Biosciences",
            "Biologics",
            "Realty",
            "REIT",
            "Industries",
            "Mining",
            "Petroleum",
            "Minerals",
            "Hospitality",
            "Properties",
            "Metals",
            "Engineering",
            "Heavy",
            "Chemicals",
            "Cement",
            "Steel",
            "Materials",
            "Acquisition",
            "Exploration",
        ];
        self.capital()
            && self.to < self.scan.tokens.len()
            && self.scan.gap(self.to - 1) == Some(" ")
            && !self.scan.lines[self.from].headline
            && (TRADES.contains(&self.scan.written(self.to)) || self.is_bank_abroad())
    }

    /// "Santander Bank Polska": a bank whose name goes on.
    fn is_bank_abroad(&self) -> bool {
        let next = self.scan.tokens.get(self.to + 1);
        self.scan.written(self.to) == "Bank"
            && self.scan.gap(self.to) == Some(" ")
            && next.is_some_and(|next| next.case == Case::Capital)
    }

    /// Whether it is only a part of another name: "S&P Japan Bond Index", "S&P Dow Jones Indices", "Gold Fields".
    pub(super) fn is_part(&self) -> bool {
        let scan = self.scan;
        // "Alio Gold": a miner.
        let named_before = self.from.checked_sub(1).is_some_and(|p| {
            let known = self.dictionary.words.is(scan.tokens[p].word, COMMON);
            scan.gap(p) == Some(" ")
                && scan.tokens[p].case == Case::Capital
                && !scan.lines[p].headline
                && (!scan.begins_sentence(p) || scan.tokens[p].word == UNKNOWN)
                && !known
                && self.is_named(p)
        });
        self.goes_on() || self.is_of_house() || (self.capital() && named_before) || self.is_index()
    }

    /// Whether a word with a capital follows that is none of business: "Gold Fields", "SPX Flow".
    pub(super) fn goes_on(&self) -> bool {
        self.to < self.scan.tokens.len()
            && matches!(self.scan.gap(self.to - 1), Some(" " | "/"))
            && self.capital()
            && self.is_named(self.to)
    }

    /// Whether "S&P" stands before it: "S&P DJI", "S&P Dow Jones Indices".
    pub(super) fn is_of_house(&self) -> bool {
        let scan = self.scan;
        self.from >= 2
            && scan.written(self.from - 1) == "P"
            && scan.written(self.from - 2) == "&"
            && scan.gap(self.from - 1) == Some(" ")
    }

    /// Whether word `i` has a capital and is none of business.
    fn is_named(&self, i: usize) -> bool {
        let token = &self.scan.tokens[i];
        let fact = self.dictionary.words.of(token.word);
        let telling = fact.company > 0 || fact.trading > 0 || fact.marks & (MOVES | NEXT | ACTS) != 0;
        token.case != Case::Lower && !telling
    }

    /// "S&P High Yield Select Index": one of many indices of the house.
    pub(super) fn is_index(&self) -> bool {
        const INDICES: [&str; 5] = ["Index", "Indices", "Indexes", "Aristocrats", "Component"];
        let scan = self.scan;
        let run = (self.to..scan.tokens.len())
            .take(10)
            .take_while(|i| matches!(scan.gap(i - 1), Some(" " | "-" | "/" | " & ")))
            .take_while(|i| scan.tokens[*i].case != Case::Lower || !scan.tokens[*i].letters);
        self.capital() && run.skip(1).any(|i| INDICES.contains(&scan.written(i)))
    }

    /// "Barclays Center", "Allianz Arena", "Ford Foundation": named after the company, not the company.
    pub(super) fn is_venue(&self) -> bool {
        const CONTESTS: [&str; 16] = [
            "League",
            "Stadium",
            "Arena",
            "Championship",
            "Championships",
            "Marathon",
            "Trophy",
            "Bowl",
            "Cup",
            "Racing",
            "Prix",
            "Masters",
            "Invitational",
            "Scholarship",
            "Ballpark",
            "Riviera",
        ];
        const VENUES: [&str; 26] = [
            "Arena",
            "Stadium",
            "Field",
            "Center",
            "Centre",
            "Foundation",
            "Theatre",
            "Theater",
            "Dome",
            "Museum",
            "Bike",
            "Pavilion",
            "Speedway",
            "Superdome",
            "Cycles",
            "Beach",
            "County",
            "River",
            "Avenue",
            "University",
            "Church",
            "Cathedral",
            "Park",
            "Hall",
            "Tower",
            "Parc",
        ];
        let scan = self.scan;
        let follows = |i: usize| i < scan.tokens.len() && scan.gap(i - 1) == Some(" ");
        // "Barclays Premier League", "Oracle Red Bull Racing": contests have words between.
        let contest = |i: usize| follows(i) && CONTESTS.contains(&scan.written(i));
        let between = |i: usize| {
            follows(i)
                && scan.tokens[i].case == Case::Capital
                && !scan.lines[i].shouted
                && self.dictionary.words.of(scan.tokens[i].word).marks & (MOVES | ACTS | NEXT) == 0
        };
        // "Coca-Cola 600": a race, by its length.
        let race = follows(self.to)
            && matches!(scan.written(self.to), "200" | "250" | "300" | "400" | "500" | "600")
            && follows(self.to + 1)
            && matches!(
                scan.written(self.to + 1),
                "race" | "winner" | "win" | "qualifying" | "crowd" | "pole"
            );
        // "Sony Open" is a tournament, "Boeing Open to Talks" a headline.
        let open = follows(self.to)
            && scan.written(self.to) == "Open"
            && !(scan.gap(self.to) == Some(" ")
                && matches!(scan.written(self.to + 1), "to" | "To" | "for" | "at" | "up" | "Up" | "Source"));
        open || (follows(self.to) && VENUES.contains(&scan.written(self.to)))
            || contest(self.to)
            || race
            || (between(self.to) && (contest(self.to + 1) || (between(self.to + 1) && contest(self.to + 2))))
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
