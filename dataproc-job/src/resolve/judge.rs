//! Whether a way of naming, found in a text, really names the asset, and how surely.

use domain::Evidence;

use super::context::Context;
use super::dictionary::{Dictionary, Kind, Pattern};
use super::scan::Scan;
use super::token::{Case, UNKNOWN, Word};
use super::words::{ACTS, COMMON, CURRENCY, GIVEN, HOLDS, MOVES, NEVER, NEXT, PROPER, SLANG, SUFFIX};

/// Words around a name in which cues count.
const REACH: usize = 30;
/// Words around a name in which the company's own words count.
const NEAR: usize = 12;
/// Points that it takes.
const ENOUGH: u32 = 2;

/// A judgement in favour.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Verdict {
    /// How surely.
    pub(crate) confidence: f32,
    /// What it rests on.
    pub(crate) evidence: Evidence,
    /// How many words it covers, legal form included.
    pub(crate) words: usize,
}

/// Words `from..to` of a text, spelt like a pattern.
pub(crate) struct Candidate<'a> {
    pub(crate) scan: &'a Scan<'a>,
    pub(crate) dictionary: &'a Dictionary,
    pub(crate) pattern: &'a Pattern,
    pub(crate) from: usize,
    pub(crate) to: usize,
}

impl Candidate<'_> {
    /// The judgement; `None` when the asset is not meant.
    pub(crate) fn judge(&self) -> Option<Verdict> {
        if matches!(self.scan.before(self.from), Some('$' | '£' | '€' | '¥')) {
            return None;
        }
        match self.pattern.kind {
            Kind::Pair => self.judge_pair(),
            Kind::Spoken => self.judge_spoken(),
            Kind::Listed => self.judge_listed(),
            Kind::Ticker | Kind::StrictTicker => self.judge_ticker(),
            Kind::Other => self.capital().then(|| self.verdict(1.0, Evidence::Name, 0)),
            _ => self.judge_name(),
        }
    }

    fn judge_pair(&self) -> Option<Verdict> {
        if self.to - self.from == 1 {
            return Some(self.verdict(0.98, Evidence::Pair, 0));
        }
        let gap = self.scan.gap(self.from)?;
        let upper = self.upper();
        let chained = |gap: Option<&str>, other: Option<usize>| {
            gap == Some("/") && other.is_some_and(|i| self.is_currency(i))
        };
        let next = chained(self.scan.gap(self.to - 1), Some(self.to));
        let previous = self.from.checked_sub(1);
        if next || chained(previous.and_then(|p| self.scan.gap(p)), previous) {
            // EUR/USD/GBP is a list.
            return None;
        }
        // 300 EUR / 320 USD are prices.
        let number = |i: usize| self.scan.tokens.get(i).is_some_and(|t| !t.letters);
        let spaced = gap.starts_with(' ') || gap.ends_with(' ');
        if spaced && previous.is_some_and(number) {
            return None;
        }
        let proven = match gap.trim() {
            "/" | "-" | "_" => upper || !spaced,
            "" => upper && spaced && self.scan.points(self.from, self.to, NEAR).trading >= ENOUGH,
            _ => false,
        };
        proven.then(|| self.verdict(if gap.trim().is_empty() { 0.8 } else { 0.98 }, Evidence::Pair, 0))
    }

    /// "the dollar-yen pair", "euro dollar slips".
    fn judge_spoken(&self) -> Option<Verdict> {
        if self.to - self.from == 1 {
            let points = self.scan.points(self.from, self.to, NEAR);
            return (points.trading > 0).then(|| self.verdict(0.8, Evidence::Pair, 0));
        }
        match self.scan.gap(self.from)? {
            "/" | "-" => Some(self.verdict(0.9, Evidence::Pair, 0)),
            " " => {
                let points = self.scan.points(self.from, self.to, NEAR);
                (points.trading >= ENOUGH || self.moves()).then(|| self.verdict(0.75, Evidence::Pair, 0))
            }
            _ => None,
        }
    }

    /// `VOD.L`, `BRK.B`, `7203.T`: written tightly, its letters as capitals.
    fn judge_listed(&self) -> Option<Verdict> {
        let gaps = (self.from..self.to - 1).filter_map(|i| self.scan.gap(i));
        let tight = gaps.clone().all(|gap| matches!(gap, "." | "-" | "/" | "_"));
        let end = self.scan.after(self.to - 1) == Some('.')
            && self.to < self.scan.tokens.len()
            && self.scan.gap(self.to - 1) == Some(".");
        (tight && self.upper() && !end).then(|| self.verdict(0.95, Evidence::Ticker, 0))
    }

    fn judge_ticker(&self) -> Option<Verdict> {
        let strict = self.pattern.kind == Kind::StrictTicker;
        let (scan, text) = (self.scan, self.dictionary);
        let letters = scan.tokens[self.from].length();
        if scan.before(self.from) == Some('#') {
            return (!strict && letters >= 3).then(|| self.verdict(0.8, Evidence::Ticker, 0));
        }
        if !self.upper() {
            return self.lower_coin().or_else(|| self.lower_ticker());
        }
        let previous = self.from.checked_sub(1);
        let gap = previous.and_then(|p| scan.gap(p)).unwrap_or("");
        let after = |marks: u16| previous.is_some_and(|p| text.words.is(scan.tokens[p].word, marks));
        let capital = previous.is_some_and(|p| scan.tokens[p].case != Case::Lower);
        if letters < 3 && gap.is_empty() && previous.is_some_and(|p| scan.written(p) == "&") {
            // "S&P".
            return None;
        }
        if !strict && self.in_list() {
            return Some(self.verdict(0.6, Evidence::Ticker, 0));
        }
        let bracketed = gap.ends_with('(') && scan.after(self.to - 1) == Some(')');
        if bracketed && self.pattern.coin && after(SUFFIX) {
            // "Ethan Allen Interiors, Inc. (ETH)".
            return None;
        }
        if bracketed && (after(SUFFIX) || (capital && letters >= 3)) {
            return Some(self.verdict(0.9, Evidence::Ticker, 0));
        }
        if scan.lines[self.from].shouted && letters < 5 {
            return None;
        }
        let points = scan.points(self.from, self.to, REACH);
        let crypto = if self.pattern.coin { points.crypto } else { 0 };
        let sum = points.company + points.trading + crypto;
        if strict {
            let coin = crypto >= ENOUGH && letters >= 3 && !self.leads_on();
            let held = self.is_held() && (sum > 0 || self.moves());
            let subject = sum >= ENOUGH && self.is_subject();
            let beside = letters >= 2
                && !text.words.is(scan.tokens[self.from].word, NEVER | CURRENCY)
                && self.is_listed();
            return (coin || held || subject || beside).then(|| self.verdict(0.6, Evidence::Ticker, 0));
        }
        let enough = if letters >= 4 { 1 } else { ENOUGH };
        let alone =
            !self.pattern.coin && (letters >= 4 || (letters == 3 && points.trading > 0)) && self.stands_out();
        (sum >= enough || self.moves() || self.priced() || alone)
            .then(|| self.verdict(0.6, Evidence::Ticker, 0))
    }

    /// Whether a comma or the like stands between it and a ticker that is no word: "BTC, ETH, SOL".
    fn is_listed(&self) -> bool {
        let comma = |i: usize| matches!(self.scan.gap(i), Some(", " | "," | "/" | " / " | " + "));
        let clear = |i: usize| self.is_ticker(i) == Some(false);
        let before = self.from.checked_sub(1).is_some_and(|p| comma(p) && clear(p));
        before || (self.to < self.scan.tokens.len() && comma(self.to - 1) && clear(self.to))
    }

    /// "thoughts on PYPL?": the only word in capitals near by, apart from other symbols.
    fn stands_out(&self) -> bool {
        let start = self.from.saturating_sub(REACH);
        let end = (self.to + REACH).min(self.scan.tokens.len());
        let other = |i: usize| {
            let token = &self.scan.tokens[i];
            let capitals = token.case == Case::Upper && token.length() >= 2 && token.mark != b'$';
            capitals && token.word != self.scan.tokens[self.from].word && self.is_ticker(i) != Some(false)
        };
        let sign = self.scan.text[..self.scan.tokens[self.from].start as usize].trim_end().ends_with('$');
        let joined = matches!(self.scan.before(self.from), Some('-' | '/' | '_' | '.' | '+'))
            || matches!(self.scan.after(self.to - 1), Some('-' | '/' | '_' | '+'));
        let near = || (start..self.from).chain(self.to..end);
        let words =
            near().filter(|i| self.scan.tokens[*i].case != Case::Upper && self.scan.tokens[*i].letters);
        // "the RBA", "an ASIC": a body or a thing.
        let article = self
            .from
            .checked_sub(1)
            .is_some_and(|p| ["the", "a", "an"].iter().any(|a| self.scan.written(p).eq_ignore_ascii_case(a)));
        !joined && !sign && !article && words.count() >= 2 && !near().any(other)
    }

    /// "KO is cheap": two letters that are no word, at the head of a sentence that goes on like one about a share.
    fn is_subject(&self) -> bool {
        const VERBS: [&str; 8] = ["is", "was", "looks", "has", "will", "should", "might", "needs"];
        let (scan, words) = (self.scan, &self.dictionary.words);
        let word = scan.tokens[self.from].word;
        let plain = words.is(word, COMMON | PROPER | SLANG | NEVER | CURRENCY);
        scan.tokens[self.from].length() == 2
            && !plain
            && scan.begins_sentence(self.from)
            && self.to < scan.tokens.len()
            && scan.gap(self.to - 1) == Some(" ")
            && VERBS.contains(&scan.written(self.to))
            && self.stands_out()
    }

    /// `nvda earnings`, `long spx`: small letters only where a share must follow or go before, or in long symbols.
    fn lower_ticker(&self) -> Option<Verdict> {
        let letters = self.scan.tokens[self.from].length();
        if self.pattern.kind != Kind::Ticker || self.pattern.coin {
            return None;
        }
        if letters < 3 {
            // "ford and gm", "bought gm".
            return (self.in_company() || self.is_owned(self.from))
                .then(|| self.verdict(0.6, Evidence::Ticker, 0));
        }
        let points = self.scan.points(self.from, self.to, NEAR);
        let proven = self.followed()
            || self.is_owned(self.from)
            || self.in_company()
            || (letters >= 4 && self.priced())
            || (letters >= 4 && points.company + points.trading >= ENOUGH);
        proven.then(|| self.verdict(0.6, Evidence::Ticker, 0))
    }

    /// "click this LINK to claim", "LINK in bio".
    fn leads_on(&self) -> bool {
        const ON: [&str; 6] = ["in", "to", "below", "here", "for", "is"];
        self.to < self.scan.tokens.len()
            && self.scan.gap(self.to - 1) == Some(" ")
            && ON.iter().any(|on| self.scan.written(self.to).eq_ignore_ascii_case(on))
    }

    /// Whether a word for owning or trading stands before word `i`.
    fn is_owned(&self, i: usize) -> bool {
        // "sold my last 100 NVDA".
        const SMALL: [&str; 8] = ["my", "more", "some", "the", "his", "her", "our", "last"];
        let small = |p: usize| {
            self.scan.gap(p) == Some(" ")
                && (!self.scan.tokens[p].letters || SMALL.contains(&self.scan.written(p)))
        };
        let mut i = i;
        for _ in 0..3 {
            match i.checked_sub(1) {
                Some(p) if small(p) => i = p,
                _ => break,
            }
        }
        i.checked_sub(1).is_some_and(|p| {
            self.scan.gap(p) == Some(" ")
                && (self.scan.tokens[p].case != Case::Upper)
                && self.dictionary.words.is(self.scan.tokens[p].word, HOLDS)
        })
    }

    /// "WTI at $78", "tsla to 1000".
    fn priced(&self) -> bool {
        const AT: [&str; 8] = ["at", "above", "below", "near", "to", "over", "under", "around"];
        let tokens = self.scan.tokens;
        self.to + 1 < tokens.len()
            && self.scan.gap(self.to - 1) == Some(" ")
            && AT.contains(&self.scan.written(self.to))
            && !tokens[self.to + 1].letters
            && tokens[self.to + 1].length() >= 2
    }

    /// Whether a word for what companies do follows directly.
    fn acts(&self) -> bool {
        const LATER: [&str; 32] = [
            "cut", "buy", "sell", "launch", "pay", "raise", "hire", "fire", "build", "invest", "acquire",
            "axe", "shut", "slash", "sue", "settle", "recall", "expand", "unveil", "appoint", "merge",
            "scrap", "shed", "spend", "offer", "report", "exit", "restart", "delay", "lay", "spin", "bid",
        ];
        let (scan, words) = (self.scan, &self.dictionary.words);
        if self.to >= scan.tokens.len() || scan.gap(self.to - 1) != Some(" ") {
            return false;
        }
        // "Shell to cut jobs", "Ford will build".
        let later = matches!(scan.written(self.to), "to" | "will" | "To" | "Will")
            && scan.gap(self.to) == Some(" ")
            && LATER.iter().any(|verb| scan.written(self.to + 1).eq_ignore_ascii_case(verb));
        later || words.is(scan.tokens[self.to].word, ACTS)
    }

    /// "the Apple-backed startup": a hyphen and what companies do to others.
    fn is_agent(&self) -> bool {
        const DOES: [&str; 10] = [
            "led",
            "backed",
            "owned",
            "built",
            "made",
            "funded",
            "branded",
            "controlled",
            "developed",
            "supplier",
        ];
        self.to < self.scan.tokens.len()
            && self.scan.gap(self.to - 1) == Some("-")
            && DOES.contains(&self.scan.written(self.to))
    }

    /// Whether a word for what prices do follows directly.
    fn moves(&self) -> bool {
        let tokens = self.scan.tokens;
        if self.to >= tokens.len()
            || self.scan.gap(self.to - 1) != Some(" ")
            || !self.dictionary.words.is(tokens[self.to].word, MOVES)
        {
            return false;
        }
        // "up 3%", but not "up there".
        let vague = matches!(
            self.scan.written(self.to),
            "up" | "down" | "flat" | "lower" | "higher" | "hit" | "hits"
        );
        let end = (self.to + 4).min(tokens.len());
        !vague || (self.to + 1..end).any(|i| !tokens[i].letters)
    }

    /// Whether a ticker that is also a word stands where only a ticker can: "long MA", "NET earnings", "PG, KO, MCD".
    fn is_held(&self) -> bool {
        let (scan, words) = (self.scan, &self.dictionary.words);
        let token = &scan.tokens[self.from];
        if words.is(token.word, NEVER | CURRENCY) || words.is(token.base, NEVER | CURRENCY) {
            return false;
        }
        // "IT stocks" and "ALL shares" are not one share.
        let next = if self.followed() { scan.written(self.to) } else { "" };
        if matches!(next, "stock" | "shares" | "calls" | "puts" | "earnings") {
            return true;
        }
        if words.is(token.word, SLANG) {
            return self.in_list();
        }
        if !next.is_empty() && !matches!(next, "stocks" | "investors" | "shareholders") {
            return true;
        }
        if token.length() >= 2 && self.is_owned(self.from) {
            return true;
        }
        if self.moves() && (token.length() >= 3 || !words.is(token.word, COMMON)) {
            return true;
        }
        // "TEAM: guidance raised".
        let headed = scan.begins_sentence(self.from) && scan.after(self.to - 1) == Some(':');
        if headed && token.length() >= 2 {
            return true;
        }
        self.in_list()
    }

    /// Whether it is in a list of tickers: each neighbour is one too, and one of them is no word, or the list is held.
    fn in_list(&self) -> bool {
        let scan = self.scan;
        let token = &scan.tokens[self.from];
        let mut first = self.from;
        while first > 0 && self.lists(first - 1) && self.is_ticker(first - 1).is_some() {
            first -= 1;
        }
        let mut last = self.from;
        while last + 1 < scan.tokens.len() && self.lists(last) && self.is_ticker(last + 1).is_some() {
            last += 1;
        }
        let clear = (first..=last).any(|i| i != self.from && self.is_ticker(i) == Some(false));
        let many = last > first && scan.points(first, last + 1, REACH).trading >= ENOUGH;
        last > first && (clear || self.is_owned(first) || (many && token.length() >= 2))
    }

    /// Whether words `i` and `i + 1` are set side by side as in a list.
    fn lists(&self, i: usize) -> bool {
        match self.scan.gap(i) {
            Some(", " | "," | "/" | " / " | " & " | " + " | " > " | " < ") => true,
            // "V and MA", "HD vs LOW" have a word between them: it is looked over by `is_ticker` as well.
            Some(" ") => true,
            _ => false,
        }
    }

    /// Whether word `i` is a ticker of the list, and then whether it is a word too. Small words of lists count as such.
    fn is_ticker(&self, i: usize) -> Option<bool> {
        const BETWEEN: [&str; 7] = ["and", "vs", "or", "y", "und", "et", "e"];
        let token = &self.scan.tokens[i];
        let written = self.scan.written(i);
        if written == "&" || BETWEEN.contains(&written) {
            return Some(true);
        }
        if token.case != Case::Upper {
            return None;
        }
        let node = self.dictionary.begin(token.word)?;
        let mut kinds = self.dictionary.ends(node).iter().map(|n| &self.dictionary.patterns[*n as usize]);
        let strict = |p: &Pattern| matches!(p.kind, Kind::StrictTicker);
        if kinds.clone().any(|p| p.kind == Kind::Ticker) {
            return Some(false);
        }
        kinds.find(|p| strict(p)).map(|_| true)
    }

    fn is_currency(&self, i: usize) -> bool {
        let Some(token) = self.scan.tokens.get(i) else { return false };
        self.dictionary.words.is(token.word, CURRENCY)
    }

    /// `eth` among coins. Shares are never written so.
    fn lower_coin(&self) -> Option<Verdict> {
        let plain = self.pattern.coin && self.pattern.kind == Kind::Ticker;
        let proven = plain && self.scan.points(self.from, self.to, REACH).crypto >= ENOUGH;
        proven.then(|| self.verdict(0.6, Evidence::Ticker, 0))
    }

    fn judge_name(&self) -> Option<Verdict> {
        if self.vetoed() {
            return None;
        }
        let evidence = self.pattern.evidence;
        if self.legal_form() {
            return Some(self.verdict(0.95, Evidence::Name, 1));
        }
        match self.pattern.kind {
            Kind::Full => Some(self.verdict(0.95, evidence, 0)),
            Kind::Clear => Some(self.verdict(if self.capital() { 0.9 } else { 0.85 }, evidence, 0)),
            Kind::Code => self.upper().then(|| self.verdict(0.85, evidence, 0)),
            Kind::Phrase => self.judge_phrase(evidence),
            Kind::Plain => {
                let line = self.scan.lines[self.from];
                let placed = self.capital()
                    && !line.headline
                    && !line.shouted
                    && !self.scan.begins_sentence(self.from)
                    && !self.is_short();
                let stock = self.followed() && self.to < self.scan.tokens.len() && {
                    matches!(self.scan.written(self.to), "stock" | "shares" | "earnings" | "Aktie" | "calls")
                };
                (placed && stock).then(|| self.verdict(0.7, evidence, 0))
            }
            _ if self.capital()
                && !self.scan.lines[self.from].shouted
                && self.context().is_some_and(|c| c.capital) =>
            {
                Some(self.verdict(0.9, evidence, 0))
            }
            // The word has no accent, the name has: Nestlé.
            _ if self.capital() && !self.scan.written(self.from).is_ascii() => {
                Some(self.verdict(0.9, evidence, 0))
            }
            _ => self.judge_ambiguous(evidence),
        }
    }

    fn judge_phrase(&self, evidence: Evidence) -> Option<Verdict> {
        let points = self.scan.points(self.from, self.to, NEAR);
        let proven = self.followed() || points.company + points.trading >= ENOUGH || self.own_points() > 0;
        let long = self.to - self.from >= 3;
        if self.capital() && (long || proven || !self.scan.lines[self.from].headline) {
            return Some(self.verdict(if proven || long { 0.95 } else { 0.9 }, evidence, 0));
        }
        (!self.capital() && (long || proven)).then(|| self.verdict(0.75, evidence, 0))
    }

    fn judge_ambiguous(&self, evidence: Evidence) -> Option<Verdict> {
        let context = self.context();
        if let Some(context) = context.filter(|c| c.lower) {
            let near = self.scan.points(self.from, self.to, NEAR);
            let coins = if self.pattern.coin { near.crypto } else { 0 };
            let talk = if context.own { 0 } else { near.trading };
            let sum = self.own_points() + talk + coins;
            let article = self.from.checked_sub(1).filter(|p| self.scan.written(*p) == "the");
            let owned = self.is_owned(article.unwrap_or(self.from));
            let proven = self.followed() || self.moves() || self.priced() || owned || sum >= ENOUGH;
            let confidence = if sum >= 2 * ENOUGH { 0.8 } else { 0.7 };
            return proven.then(|| self.verdict(confidence, evidence, 0));
        }
        if !self.capital() {
            let known = context.is_some_and(|c| !c.trading && !c.cues.is_empty());
            let shares_of = self.from >= 2
                && self.scan.before(self.from) == Some(' ')
                && self.dictionary.words.of(self.scan.tokens[self.from - 2].word).trading >= 2;
            let points = self.own_points();
            let proven = self.followed()
                || shares_of
                || self.in_company()
                || self.is_owned(self.from)
                || points >= 2 * ENOUGH
                || (points >= ENOUGH && context.is_some_and(|c| !c.next.is_empty()));
            let listed = context.is_some_and(|c| c.trading && !c.cues.is_empty()) && self.in_company();
            return ((known && proven) || listed).then(|| self.verdict(0.65, evidence, 0));
        }
        if self.is_short() && !self.upper() {
            return None;
        }
        let points = self.scan.points(self.from, self.to, REACH);
        let trading = if context.is_some_and(|c| c.trading) { 0 } else { points.trading };
        let placed = !self.scan.begins_sentence(self.from) && !self.scan.lines[self.from].headline;
        let telling = placed && !self.scan.lines[self.from].shouted && !self.is_short();
        let company = if self.in_company() { ENOUGH } else { 0 };
        let priced = self.to < self.scan.tokens.len()
            && matches!(self.scan.written(self.to), "price" | "prices" | "futures");
        let moves = if self.moves() && !priced && !context.is_some_and(|c| c.trading) { ENOUGH } else { 0 };
        let acts = if !self.acts() && !self.is_agent() {
            0
        } else if context.is_some_and(|c| c.trading) {
            1
        } else {
            ENOUGH
        };
        let sum = points.company + trading + self.own_points() + u32::from(telling) + company + moves + acts;
        if self.followed() || self.possessive_company() {
            return Some(self.verdict(0.8, evidence, 0));
        }
        // "Full-Year Income Target": in a headline a capital says nothing, and there are always words of business.
        let weak = context.is_some_and(|c| c.trading) && self.scan.lines[self.from].headline;
        if weak && self.own_points() == 0 && company == 0 && !self.acts() {
            return None;
        }
        if self.scan.lines[self.from].shouted && self.own_points() == 0 {
            return None;
        }
        (sum >= ENOUGH).then(|| self.verdict(if sum >= 2 * ENOUGH { 0.8 } else { 0.7 }, evidence, 0))
    }

    /// Whether it stands beside a name that means nothing else: "walmart, target and costco", "intel vs amd".
    fn in_company(&self) -> bool {
        const BETWEEN: [&str; 9] = ["and", "&", "vs", "or", "y", "und", "et", "e", "versus"];
        let (scan, count) = (self.scan, self.scan.tokens.len());
        let between = |i: usize| BETWEEN.iter().any(|b| scan.written(i).eq_ignore_ascii_case(b));
        let comma = |i: usize| matches!(scan.gap(i), Some(", " | "," | "/" | " / " | " + "));
        let after = match self.to {
            to if to < count && comma(to - 1) => Some(to),
            to if to + 1 < count && scan.gap(to - 1) == Some(" ") && between(to) => Some(to + 1),
            _ => None,
        };
        let before = match self.from {
            from if from >= 1 && comma(from - 1) => Some(from - 1),
            from if from >= 2 && scan.gap(from - 1) == Some(" ") && between(from - 1) => Some(from - 2),
            _ => None,
        };
        after.is_some_and(|i| self.is_clear(i)) || before.is_some_and(|i| self.is_clear(i))
    }

    /// Whether word `i` is, or begins, a name of the list that means nothing else, or a symbol that is no word.
    fn is_clear(&self, i: usize) -> bool {
        let token = &self.scan.tokens[i];
        let Some(node) = self.dictionary.begin(token.word).or_else(|| self.dictionary.begin(token.base))
        else {
            return false;
        };
        let mut kinds = self.dictionary.ends(node).iter().map(|n| self.dictionary.patterns[*n as usize].kind);
        kinds.any(|kind| match kind {
            Kind::Clear | Kind::Full => true,
            Kind::Ambiguous => token.case != Case::Lower || self.is_company(node),
            Kind::Code | Kind::Ticker => token.case == Case::Upper,
            _ => false,
        })
    }

    /// Whether a name at `node` is known by its context, and no word of traders.
    fn is_company(&self, node: u32) -> bool {
        let patterns = self.dictionary.ends(node).iter().map(|n| &self.dictionary.patterns[*n as usize]);
        let mut contexts = patterns.filter_map(|p| self.dictionary.contexts.get(p.context?));
        contexts.any(|c| !c.trading && !c.lower && !c.cues.is_empty())
    }

    /// Two points for each of the company's own words near by.
    fn own_points(&self) -> u32 {
        let Some(context) = self.context() else { return 0 };
        let start = self.from.saturating_sub(NEAR);
        let end = (self.to + NEAR).min(self.scan.tokens.len());
        let near = (start..self.from).chain(self.to..end);
        let hits = near.filter(|i| {
            let token = self.scan.tokens[*i];
            [token.word, token.base].iter().any(|w| *w != UNKNOWN && context.cues.contains(w))
        });
        2 * hits.count() as u32
    }

    /// Whether the words around it say that something else is meant.
    fn vetoed(&self) -> bool {
        let words = &self.dictionary.words;
        let tokens = &self.scan.tokens;
        let previous = self.from.checked_sub(1).filter(|p| self.scan.gap(*p).is_some_and(adjacent));
        let ambiguous = self.pattern.kind == Kind::Ambiguous;
        if ambiguous
            && let Some(p) = previous
            && tokens[p].case == Case::Capital
            && words.is(tokens[p].word, GIVEN)
            && !words.is(tokens[p].word, COMMON)
        {
            return true;
        }
        if self.is_venue() || self.is_other_company() || (ambiguous && self.is_hyphened()) {
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
        if !owned && next.is_some_and(|n| meets(n, &context.next)) {
            return true;
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

    /// "the Ford-Kavanaugh hearing", "Mid-Southern Bancorp".
    fn is_hyphened(&self) -> bool {
        let other = |i: usize| {
            let token = self.scan.tokens[i];
            let fact = self.dictionary.words.of(token.word);
            token.case == Case::Capital && fact.company + fact.trading == 0 && fact.marks & NEXT == 0
        };
        let after =
            self.to < self.scan.tokens.len() && self.scan.gap(self.to - 1) == Some("-") && other(self.to);
        let before = self.from.checked_sub(1);
        after || before.is_some_and(|p| self.scan.gap(p) == Some("-") && other(p))
    }

    /// "Meta Financial", "Delta Resources": another company, whose name goes on.
    fn is_other_company(&self) -> bool {
        const TRADES: [&str; 18] = [
            "Financial",
            "Bancorp",
            "Bancshares",
            "Resources",
            "Pharmaceuticals",
            "Therapeutics",
            "Biosciences",
            "Realty",
            "REIT",
            "Industries",
            "Mining",
            "Petroleum",
            "Minerals",
            "Hospitality",
            "Properties",
            "Metals",
            "Acquisition",
            "Exploration",
        ];
        self.capital()
            && self.to < self.scan.tokens.len()
            && self.scan.gap(self.to - 1) == Some(" ")
            && !self.scan.lines[self.from].headline
            && TRADES.contains(&self.scan.written(self.to))
    }

    /// Whether it is only a part of another name: "S&P Japan Bond Index", "S&P Dow Jones Indices", "Gold Fields".
    fn is_part(&self) -> bool {
        let (scan, words) = (self.scan, &self.dictionary.words);
        let named = |i: usize| {
            let fact = words.of(scan.tokens[i].word);
            let telling = fact.company > 0 || fact.trading > 0 || fact.marks & (MOVES | NEXT | ACTS) != 0;
            scan.tokens[i].case != Case::Lower && !telling
        };
        let (last, count) = (self.to - 1, scan.tokens.len());
        let next =
            self.to < count && matches!(scan.gap(last), Some(" " | "/")) && self.capital() && named(self.to);
        let previous = self.from >= 2
            && scan.written(self.from - 1) == "P"
            && scan.written(self.from - 2) == "&"
            && scan.gap(self.from - 1) == Some(" ");
        // "Alio Gold": a miner.
        let named_before = self.from.checked_sub(1).is_some_and(|p| {
            let known = words.is(scan.tokens[p].word, COMMON);
            scan.gap(p) == Some(" ")
                && self.scan.tokens[p].case == Case::Capital
                && !scan.lines[p].headline
                && (!scan.begins_sentence(p) || scan.tokens[p].word == UNKNOWN)
                && !known
                && named(p)
        });
        next || previous || (self.capital() && named_before) || self.is_index()
    }

    /// "S&P High Yield Select Index": one of many indices of the house.
    fn is_index(&self) -> bool {
        const INDICES: [&str; 5] = ["Index", "Indices", "Indexes", "Aristocrats", "Component"];
        let scan = self.scan;
        let run = (self.to..scan.tokens.len())
            .take(10)
            .take_while(|i| matches!(scan.gap(i - 1), Some(" " | "-" | "/" | " & ")))
            .take_while(|i| scan.tokens[*i].case != Case::Lower || !scan.tokens[*i].letters);
        self.capital() && run.skip(1).any(|i| INDICES.contains(&scan.written(i)))
    }

    /// "Barclays Center", "Allianz Arena", "Ford Foundation": named after the company, not the company.
    fn is_venue(&self) -> bool {
        const CONTESTS: [&str; 8] =
            ["League", "Stadium", "Arena", "Championship", "Marathon", "Trophy", "Bowl", "Cup"];
        const VENUES: [&str; 22] = [
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
        ];
        let scan = self.scan;
        let follows = |i: usize| i < scan.tokens.len() && scan.gap(i - 1) == Some(" ");
        // "Barclays Premier League": contests have a word more between.
        let contest = |i: usize| follows(i) && CONTESTS.contains(&scan.written(i));
        let between = follows(self.to)
            && scan.tokens[self.to].case == Case::Capital
            && self.dictionary.words.of(scan.tokens[self.to].word).marks & (MOVES | ACTS | NEXT) == 0;
        (follows(self.to) && VENUES.contains(&scan.written(self.to)))
            || contest(self.to)
            || (between && contest(self.to + 1))
    }

    /// "follow us on", "share this via".
    fn is_boilerplate(&self, previous: usize) -> bool {
        const ASKS: [&str; 13] = [
            "share", "shared", "follow", "us", "like", "find", "watch", "live", "join", "post", "posted",
            "google", "login",
        ];
        let start = previous.saturating_sub(3);
        (start..=previous).any(|i| ASKS.iter().any(|ask| self.scan.written(i).eq_ignore_ascii_case(ask)))
    }

    fn legal_form(&self) -> bool {
        let next = self.to < self.scan.tokens.len();
        let gap = self.scan.gap(self.to - 1);
        let token = self.scan.tokens.get(self.to);
        next && matches!(gap, Some(" " | ", "))
            && self.capital()
            && token.is_some_and(|t| t.case != Case::Lower && self.dictionary.words.is(t.word, SUFFIX))
    }

    /// Whether "stock", "shares", "earnings" or the like follows directly.
    fn followed(&self) -> bool {
        self.to < self.scan.tokens.len()
            && self.scan.gap(self.to - 1).is_some_and(adjacent)
            && self.dictionary.words.is(self.scan.tokens[self.to].word, NEXT)
    }

    /// `Apple's` before a word for a company's doings.
    fn possessive_company(&self) -> bool {
        let owned = self.scan.tokens[self.to - 1].base != UNKNOWN;
        let end = (self.to + 3).min(self.scan.tokens.len());
        owned && (self.to..end).any(|i| self.dictionary.words.of(self.scan.tokens[i].word).company > 0)
    }

    fn context(&self) -> Option<&Context> {
        self.pattern.context.and_then(|i| self.dictionary.contexts.get(i))
    }

    fn is_short(&self) -> bool {
        let tokens = &self.scan.tokens;
        self.to - self.from == 1 && tokens[self.from].length() <= 2
    }

    /// Whether all words but the small ones begin with a capital.
    fn capital(&self) -> bool {
        const SMALL: usize = 3;
        let mut words = self.scan.tokens[self.from..self.to].iter().enumerate();
        words.all(|(i, t)| t.case != Case::Lower || !t.letters || (i > 0 && t.length() <= SMALL))
    }

    fn upper(&self) -> bool {
        self.scan.tokens[self.from..self.to].iter().all(|t| t.case == Case::Upper || !t.letters)
    }

    fn verdict(&self, confidence: f32, evidence: Evidence, more: usize) -> Verdict {
        Verdict { confidence, evidence, words: self.to - self.from + more }
    }
}

/// Whether two words with this between them stand side by side.
fn adjacent(gap: &str) -> bool {
    matches!(gap, " " | "-" | "  " | " #")
}
