//! Longer names of something else: another company, a venue or contest that is called after one, an index of a house.

use super::Candidate;
use crate::resolve::token::Case;
use crate::resolve::vocabulary::UNKNOWN;
use crate::resolve::words::{ACTS, COMMON, MOVES, NEXT};

impl Candidate<'_> {
    /// "Meta Financial", "Delta Resources": another company, whose name goes on.
    pub(super) fn is_other_company(&self) -> bool {
        const TRADES: [&str; 37] = [
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
            "Sugar",
            "Tobacco",
            "Foods",
            "Textiles",
            "Breweries",
            "Fertilizers",
            "Plantations",
            "Lithium",
            "Uranium",
            "Wireless",
            "Timber",
            "Dairy",
        ];
        self.capital()
            && self.to < self.scan.tokens.len()
            && self.scan.gap(self.to - 1) == Some(" ")
            && (!self.scan.lines[self.from].headline || self.is_small_after(self.to))
            && (TRADES.contains(&self.scan.written(self.to)) || self.is_bank_abroad())
    }

    /// "Lowes Foods opens in Raleigh" has capitals in most of its words, but is no headline: the verb has none.
    fn is_small_after(&self, i: usize) -> bool {
        let next = self.scan.tokens.get(i + 1).filter(|_| self.scan.gap(i) == Some(" "));
        next.is_some_and(|next| next.letters && next.case == Case::Lower && next.length() >= 4)
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
        // "Alio Gold": a miner, but "Britain's FTSE".
        let named_before = self.from.checked_sub(1).is_some_and(|p| {
            let known = self.dictionary.words.is(scan.tokens[p].word, COMMON);
            scan.gap(p) == Some(" ")
                && scan.tokens[p].case == Case::Capital
                && !scan.written(p).ends_with("'s")
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

    /// "iShares FTSE China 25", "UBS Pension Fund", "2x Long NVDA Daily ETF": a fund that has the name in its own. What
    /// holds one coin or metal follows that, and counts.
    pub(super) fn is_fund(&self) -> bool {
        const HOUSES: [&str; 13] = [
            "iShares",
            "ProShares",
            "PowerShares",
            "SPDR",
            "Direxion",
            "WisdomTree",
            "Xtrackers",
            "Amundi",
            "Lyxor",
            "Invesco",
            "VanEck",
            "Vanguard",
            "iPath",
        ];
        const FUNDS: [&str; 4] = ["ETF", "ETN", "Fund", "UCITS"];
        // "PayPal and Netflix Find Another ETF Home".
        const APART: [&str; 10] =
            ["Another", "New", "First", "Its", "Their", "This", "To", "In", "For", "With"];
        let scan = self.scan;
        if !self.capital() || self.is_metal() || self.pattern.coin {
            return false;
        }
        let named = |i: usize| {
            let token = &scan.tokens[i];
            (token.case != Case::Lower || !token.letters)
                && (!self.dictionary.words.is(token.word, MOVES | ACTS) || scan.written(i) == "Futures")
                && !APART.contains(&scan.written(i))
                && !scan.lines[i].shouted
        };
        let joined = |i: usize| matches!(scan.gap(i), Some(" " | "-" | " & " | "+ "));
        let before = (self.from.saturating_sub(4)..self.from).rev().take_while(|i| joined(*i) && named(*i));
        let end = (self.to + 6).min(scan.tokens.len());
        // "PayPal Finds Another ETF Home": a headline's verb, whatever it is.
        let verb = self.to < end
            && scan.lines[self.from].headline
            && scan.tokens[self.to].length() >= 4
            && scan.written(self.to).ends_with('s');
        let mut after = (self.to..end).take_while(|i| !verb && joined(i - 1) && named(*i));
        after.any(|i| FUNDS.contains(&scan.written(i)))
            || before.into_iter().any(|i| HOUSES.contains(&scan.written(i)))
    }

    /// "Time Warner Cable": whether a name of something else goes on in it.
    pub(super) fn goes_before(&self) -> bool {
        let Some(p) = self.from.checked_sub(1).filter(|_| self.capital()) else { return false };
        let token = &self.scan.tokens[p];
        let common = self.dictionary.words.is(token.word, COMMON);
        self.scan.gap(p) == Some(" ") && token.case == Case::Capital && !common
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
        let words = run.clone().count();
        // "S&P 500 Information Technology index".
        let next = self.to + words;
        let small = words > usize::from(!scan.tokens.get(self.to).is_some_and(|t| t.letters))
            && scan.gap(next - 1) == Some(" ")
            && matches!(scan.written(next), "index" | "indices");
        self.capital() && (small || run.skip(1).any(|i| INDICES.contains(&scan.written(i))))
    }

    /// "Barclays Center", "Allianz Arena", "Ford Foundation": named after the company, not the company.
    pub(super) fn is_venue(&self) -> bool {
        const CONTESTS: [&str; 21] = [
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
            "Heritage",
            "Masters",
            "Invitational",
            "Scholarship",
            "Ballpark",
            "Riviera",
            "Prize",
            "Awards",
            "Relays",
            "Regatta",
        ];
        const VENUES: [&str; 54] = [
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
            "Coliseum",
            "Gardens",
            "Amphitheatre",
            "Amphitheater",
            "Auditorium",
            "Raceway",
            "Velodrome",
            "Hospital",
            "School",
            "Library",
            "Cemetery",
            "Bridge",
            "Boulevard",
            "Lane",
            "Bay",
            "Lake",
            "Creek",
            "Valley",
            "Mountain",
            "Mountains",
            "Island",
            "Islands",
            "Hills",
            "Heights",
            "Village",
            "Marsh",
            "Ridge",
            "Township",
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
        // "BMW International Open".
        let open = open
            || (between(self.to)
                && !scan.lines[self.from].headline
                && follows(self.to + 1)
                && scan.written(self.to + 1) == "Open");
        // "Glencore's Mountain of Debt" is none.
        let owned = scan.tokens[self.to - 1].base != UNKNOWN;
        let venue = follows(self.to)
            && VENUES.contains(&scan.written(self.to))
            && !(owned && follows(self.to + 1) && scan.written(self.to + 1) == "of");
        open || venue
            || contest(self.to)
            || race
            || (between(self.to) && (contest(self.to + 1) || (between(self.to + 1) && contest(self.to + 2))))
    }
}
