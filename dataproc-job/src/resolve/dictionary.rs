//! The dictionary of one asset list: every way in which a text may name an asset, built once.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Asset, AssetClass, AssetList, Evidence, Symbol};
use rustc_hash::{FxHashMap, FxHashSet};

use super::code::{Code, Codes, Named, Rank};
use super::context::{Context, contexts};
use super::known::{KNOWN, Listing};
use super::names::{self, Name};
use super::token::{UNKNOWN, Word, is_word, keys};
use super::words::{COMMON, CURRENCY, PROPER, SLANG, SUFFIX, Words, lines};

/// Days after a symbol was given up in which people still write it.
const HABIT: i32 = 180;
/// A way of naming begins with the word.
pub(crate) const BEGINS: u8 = 1;
/// It does so in small letters too.
pub(crate) const SMALL: u8 = 1 << 1;
/// The word names an exchange or a market.
pub(crate) const PLACE: u8 = 1 << 2;
/// Quotes in which coins are written: `BTCUSDT`, `ETH/BTC`.
const QUOTES: [&str; 9] = ["usd", "usdt", "usdc", "busd", "eur", "gbp", "perp", "btc", "eth"];

/// How far a way of naming can be trusted by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Several words, at least one of them out of the ordinary.
    Full,
    /// Several ordinary words, such as Bank of America.
    Phrase,
    /// One word that means nothing else.
    Clear,
    /// A name in capitals, such as ABB.
    Code,
    /// One word that means something else too.
    Ambiguous,
    /// One word that nearly always means something else: news, access.
    Plain,
    /// Base and quote currency.
    Pair,
    /// Base and quote in words: euro dollar.
    Spoken,
    /// A symbol of several parts: `VOD.L`, `BRK-B`.
    Listed,
    /// The bare symbol.
    Ticker,
    /// The bare symbol where it is short or an ordinary word: only in the company of other evidence.
    StrictTicker,
    /// The name of a company that is not in the list.
    Other,
}

/// One way of naming.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    /// Who is named; several where a company has several symbols.
    pub(crate) owners: Vec<u32>,
    /// How far it can be trusted.
    pub(crate) kind: Kind,
    /// What a mention by it rests on.
    pub(crate) evidence: Evidence,
    /// How many words it has.
    pub(crate) words: usize,
    /// What decides about it, by number.
    pub(crate) context: Option<usize>,
    /// Whether a coin is among those named.
    pub(crate) coin: bool,
    /// The last day on which it counts, from 1970.
    pub(crate) until: i32,
}

/// All ways of naming.
pub(crate) struct Dictionary {
    /// Symbol and class of each owner.
    pub(crate) assets: Vec<(Symbol, AssetClass)>,
    /// Facts about words.
    pub(crate) words: Words,
    /// Patterns by number.
    pub(crate) patterns: Vec<Pattern>,
    /// What decides about ambiguous names.
    pub(crate) contexts: Vec<Context>,
    /// Owners, the smaller number first, that share a name.
    pub(crate) shared: FxHashSet<(u32, u32)>,
    /// Symbols.
    pub(crate) codes: Codes,
    /// Names in scripts without spaces, by their first character.
    pub(crate) dense: FxHashMap<char, Vec<(Box<str>, u32)>>,
    /// Currency pairs by base and quote.
    pub(crate) pairs: FxHashMap<(Box<str>, Box<str>), u32>,
    /// The node behind each word at the start; 0 where nothing begins with it.
    first: Vec<u32>,
    /// What may begin with each word: the marks below.
    begins: Vec<u8>,
    steps: FxHashMap<(u32, Word), u32>,
    nodes: Vec<Node>,
}

/// What is behind some words.
#[derive(Default)]
struct Node {
    ends: Vec<u32>,
    /// Whether longer patterns go on from here.
    inner: bool,
    /// Whether a word in small letters may be meant.
    small: bool,
}

struct Found {
    owner: u32,
    kind: Kind,
    evidence: Evidence,
    /// Whether the asset list says so itself, not the shipped dictionary.
    own: bool,
    /// The whole name, where this is only its first part.
    head_of: Option<Vec<String>>,
}

impl Dictionary {
    /// Builds it from the list.
    pub(crate) fn build(list: &AssetList) -> Self {
        let mut words = Words::load();
        let by_words = contexts(&mut words);
        let mut dictionary = Self {
            assets: list.iter().map(|a| (a.symbol.clone(), a.class)).collect(),
            words,
            patterns: Vec::new(),
            contexts: Vec::new(),
            shared: FxHashSet::default(),
            codes: Codes::default(),
            dense: FxHashMap::default(),
            pairs: FxHashMap::default(),
            first: Vec::new(),
            begins: Vec::new(),
            steps: FxHashMap::default(),
            nodes: vec![Node::default()],
        };
        let mut named: BTreeMap<Vec<String>, Vec<Found>> = BTreeMap::new();
        for (owner, asset) in (0u32..).zip(list.iter()) {
            dictionary.add_codes(owner, asset);
            for (keys, found) in dictionary.names_of(owner, asset, &by_words) {
                let all = named.entry(keys).or_default();
                match all.iter_mut().find(|f| f.owner == owner) {
                    // Written in small letters elsewhere (NVIDIA, Nvidia): the capitals are only decoration.
                    Some(same) if same.kind == Kind::Code && found.kind == Kind::Clear => {
                        same.kind = Kind::Clear
                    }
                    Some(_) => {}
                    None => all.push(found),
                }
            }
        }
        for (owner, asset) in (0u32..).zip(list.iter()) {
            dictionary.add_foreign_codes(owner, asset);
            dictionary.add_tickers(owner, asset);
            dictionary.add_dense(owner, asset);
        }
        for (keys, found) in &named {
            dictionary.add_name(keys, found, &by_words);
            // "Microsofts Gewinn", or an apostrophe left out; whole names only, for first words of names may be words.
            if let [one] = keys.as_slice()
                && one.len() >= 5
                && !one.ends_with(['s', 'x', 'z'])
                && found.iter().all(|f| f.kind == Kind::Clear && f.head_of.is_none())
            {
                let owned = vec![format!("{one}s")];
                if !named.contains_key(&owned) && !dictionary.words.is_ordinary(&owned[0]) {
                    dictionary.add_name(&owned, found, &by_words);
                }
            }
        }
        dictionary.add_others(list, &named);
        dictionary.finish();
        dictionary
    }

    /// The node of patterns that begin with `word`.
    pub(crate) fn begin(&self, word: Word) -> Option<u32> {
        if word == UNKNOWN {
            return None;
        }
        self.first.get(word as usize).copied().filter(|node| *node != 0)
    }

    /// The node that `word` leads to from `node`; node 0 is the start.
    pub(crate) fn step(&self, node: u32, word: Word) -> Option<u32> {
        if node == 0 {
            return self.begin(word);
        }
        let inner = word != UNKNOWN && self.nodes[node as usize].inner;
        if inner { self.steps.get(&(node, word)).copied() } else { None }
    }

    /// The numbers of the patterns that end at `node`.
    pub(crate) fn ends(&self, node: u32) -> &[u32] {
        self.nodes.get(node as usize).map_or(&[], |node| &node.ends)
    }

    /// What may begin with `word`: [`BEGINS`], [`SMALL`], [`PLACE`].
    pub(crate) fn begins(&self, word: Word) -> u8 {
        self.begins.get(word as usize).copied().unwrap_or(0)
    }

    /// Whether the name is a share of a company in the US, and which.
    fn us_listing(code: &str) -> Option<&'static Listing> {
        KNOWN.listing(code).filter(|l| l.class == "equity")
    }

    fn add_codes(&mut self, owner: u32, asset: &Asset) {
        let symbol = asset.symbol.as_str().trim_start_matches('^').trim_end_matches("=X");
        let coin = asset.class == AssetClass::Crypto;
        let mut add = |code: &str, rank| {
            self.codes.add(code, Named { owner, rank, coin, until: i32::MAX });
        };
        add(symbol, Rank::Exact);
        match names::pair(asset) {
            Some((base, quote)) => {
                add(&format!("{base}{quote}"), Rank::Exact);
                add(&format!("{base}.{quote}"), Rank::Exact);
                if coin {
                    add(&format!("{base}.X"), Rank::Exact);
                    add(&base, Rank::Other);
                    for quote in QUOTES.map(str::to_uppercase) {
                        add(&format!("{base}{quote}"), Rank::Other);
                        add(&format!("{base}.{quote}"), Rank::Other);
                    }
                }
            }
            // `$BRKB`: two parts written as one; but `$VODL` is nobody's.
            None if self.words.endings().all(|ending| !symbol.ends_with(ending)) => {
                add(&symbol.replace(['-', '/', '_', '.'], ""), Rank::Other)
            }
            None => {}
        }
        let group = KNOWN.group(asset);
        let symbols = group.iter().flat_map(|(symbols, _)| symbols).copied();
        let free = |code: &&str| Self::us_listing(code).is_none();
        let aliases = asset.aliases.iter().map(String::as_str);
        let aliases = aliases.filter(|a| asset.class != AssetClass::Equity && names::is_code(a));
        for code in symbols.filter(free).chain(aliases) {
            add(code.trim_start_matches(['^', '.']), Rank::Other);
        }
    }

    /// Symbols of former days and symbols without the ending of their exchange, where nobody else has them.
    fn add_foreign_codes(&mut self, owner: u32, asset: &Asset) {
        let coin = asset.class == AssetClass::Crypto;
        let symbol = asset.symbol.as_str();
        for former in KNOWN.former.get(symbol).into_iter().flatten() {
            if former.former_symbol != symbol && !self.codes.is_own(former.former_symbol) {
                let until = former.day + HABIT;
                self.codes.add(former.former_symbol, Named { owner, rank: Rank::Former, coin, until });
            }
        }
        if let Some(bare) = self.bare(asset)
            && !self.codes.is_own(&bare)
        {
            self.codes.add(&bare, Named { owner, rank: Rank::Bare, coin, until: i32::MAX });
        }
    }

    /// `VOD` of `VOD.L`, where no other company has it in the US.
    fn bare(&self, asset: &Asset) -> Option<String> {
        let symbol = asset.symbol.as_str();
        let equity = asset.class == AssetClass::Equity && !symbol.starts_with('^');
        let ending =
            self.words.endings().filter(|e| equity && symbol.ends_with(e)).max_by_key(|e| e.len())?;
        let bare = &symbol[..symbol.len() - ending.len()];
        let fits = bare.len() >= 2 && bare.starts_with(|c: char| c.is_ascii_alphabetic());
        let same = |listing: &Listing| {
            let first = |name: &str| keys(name).into_iter().find(|k| k != "the" && k != "banco");
            first(listing.name) == first(&asset.name)
        };
        let taken = Self::us_listing(bare).is_some_and(|listing| !same(listing));
        let plain = self.words.is_plain(self.words.vocabulary.get(&bare.to_lowercase()));
        (fits && !taken && !plain).then(|| bare.to_owned())
    }

    fn add_tickers(&mut self, owner: u32, asset: &Asset) {
        let coin = asset.class == AssetClass::Crypto;
        if let Some((base, quote)) = names::pair(asset) {
            let (base, quote) = (base.to_lowercase(), quote.to_lowercase());
            self.pairs.insert((base.as_str().into(), quote.as_str().into()), owner);
            let mut pairs = vec![(base.clone(), quote.clone())];
            if coin {
                let other = QUOTES.into_iter().filter(|q| *q != quote && *q != base);
                pairs.extend(other.map(|q| (base.clone(), q.to_owned())));
                self.add_ticker(owner, std::slice::from_ref(&base), i32::MAX);
            }
            for (base, quote) in pairs {
                let code = Code::of(&format!("{base}{quote}"));
                let named = code.and_then(|code| self.codes.get(&code, None, || true));
                if named.is_some_and(|named| named.owner == owner) {
                    let pair = Pattern::new(owner, Kind::Pair, Evidence::Pair, coin);
                    self.add(&[base.clone(), quote.clone()], pair.clone());
                    self.add(&[format!("{base}{quote}")], pair);
                }
            }
            if asset.class == AssetClass::Fx {
                self.add_spoken(owner, &base, &quote);
            }
            return;
        }
        let parts = keys(asset.symbol.as_str().trim_start_matches('^'));
        self.add_ticker(owner, &parts, i32::MAX);
        for code in KNOWN.group(asset).into_iter().flat_map(|(symbols, _)| symbols) {
            if code.bytes().all(|b| b.is_ascii_uppercase()) && Self::us_listing(code).is_none() {
                self.add_ticker(owner, &keys(code), i32::MAX);
            }
        }
        if let Some(bare) = self.bare(asset)
            && !self.codes.is_own(&bare)
        {
            self.add_ticker(owner, &keys(&bare), i32::MAX);
        }
        for former in KNOWN.former.get(asset.symbol.as_str()).into_iter().flatten() {
            if former.former_symbol != asset.symbol.as_str() && !self.codes.is_own(former.former_symbol) {
                self.add_ticker(owner, &keys(former.former_symbol), former.day + HABIT);
            }
        }
    }

    fn add_ticker(&mut self, owner: u32, parts: &[String], until: i32) {
        let coin = self.assets[owner as usize].1 == AssetClass::Crypto;
        let letters: usize = parts.iter().map(String::len).sum();
        let word = self.words.vocabulary.get(&parts.concat());
        let marked = self.words.is(word, COMMON | PROPER | SLANG | CURRENCY) || self.words.is_plain(word);
        let ordinary = parts.len() == 1 && (marked || self.words.is_ordinary(&parts[0]));
        let short = letters < 3 && !["ba", "ge", "gm", "mu"].contains(&parts.concat().as_str());
        let digits = parts.len() == 1 && parts[0].bytes().all(|b| b.is_ascii_digit());
        let kind = match parts.len() {
            0 => return,
            1 if digits => return,
            1 if ordinary || short => Kind::StrictTicker,
            1 => Kind::Ticker,
            _ => Kind::Listed,
        };
        let pattern = Pattern { until, ..Pattern::new(owner, kind, Evidence::Ticker, coin) };
        self.add(parts, pattern);
    }

    /// `euro dollar`, `dollar yen`.
    fn add_spoken(&mut self, owner: u32, base: &str, quote: &str) {
        let names = |code: &str| {
            let mut all = lines(include_str!("words/spoken.txt")).filter_map(|line| line.split_once('|'));
            let found = all.find(|(c, _)| c.trim() == code).map(|(_, names)| names);
            found.unwrap_or("").split_ascii_whitespace()
        };
        for base in names(base) {
            for quote in names(quote).filter(|quote| *quote != base) {
                let pattern = Pattern::new(owner, Kind::Spoken, Evidence::Pair, false);
                self.add(&[base.to_owned(), quote.to_owned()], pattern.clone());
                self.add(&[format!("{base}{quote}")], Pattern { words: 1, ..pattern });
            }
        }
    }

    fn add_dense(&mut self, owner: u32, asset: &Asset) {
        let listing = KNOWN.listing_of(asset).map_or("", |l| l.aliases);
        let aliases = asset.aliases.iter().map(String::as_str).chain(listing.split('|'));
        for name in aliases.chain([asset.name.as_str()]) {
            let dense = |c: char| c.is_alphabetic() && !is_word(c);
            if let Some(first) = name.chars().next().filter(|c| dense(*c))
                && name.chars().nth(1).is_some()
            {
                self.dense.entry(first).or_default().push((name.into(), owner));
            }
        }
    }

    /// All names of an asset with how far they can be trusted, the surest first.
    fn names_of(
        &self,
        owner: u32,
        asset: &Asset,
        contexts: &BTreeMap<Vec<String>, Context>,
    ) -> Vec<(Vec<String>, Found)> {
        let symbol_keys = keys(asset.symbol.as_str());
        let unnamed = asset.name.trim().is_empty() || keys(&asset.name) == symbol_keys;
        let pair = names::pair(asset);
        let quote = pair.as_ref().map(|(_, quote)| quote.to_lowercase());
        let group = KNOWN.group(asset);
        let mut out = Vec::new();
        let mut add = |text: &str, evidence: Evidence, own: bool| {
            let text = match &quote {
                // "Bitcoin USD".
                Some(quote) if text.to_lowercase().ends_with(&format!(" {quote}")) => {
                    &text[..text.len() - quote.len() - 1]
                }
                _ => text,
            };
            let Some(name) = Name::parse(text, &self.words) else { return };
            let is_pair = pair.as_ref().is_some_and(|(base, quote)| {
                let joined = name.keys.concat();
                joined == format!("{base}{quote}").to_lowercase() || joined == base.to_lowercase()
            });
            if is_pair {
                return;
            }
            for keys in name.spellings(&self.words) {
                let decided = contexts.get(&keys);
                let unclear = decided.is_some_and(|c| c.lower || (keys.len() == 1 && !c.cues.is_empty()));
                let kind = match decided {
                    // Dow Inc. is hardly ever meant by the Dow.
                    Some(context)
                        if context.lower && asset.class == AssetClass::Equity && group.is_none() =>
                    {
                        Kind::Plain
                    }
                    _ if unclear => Kind::Ambiguous,
                    _ => self.kind(&keys, &name),
                };
                out.push((keys, Found { owner, kind, evidence, own, head_of: None }));
            }
            if evidence == Evidence::Name
                && pair.is_none()
                && group.is_none()
                && let Some(head) = name.head(&self.words)
            {
                let head_of = Some(name.keys.clone());
                let kind = head.kind;
                out.push((head.keys, Found { owner, kind, evidence: Evidence::Alias, own, head_of }));
            }
        };
        if !unnamed {
            add(&asset.name, Evidence::Name, true);
        }
        for name in group.iter().flat_map(|(_, names)| names) {
            add(name, Evidence::Name, true);
        }
        const NICKNAMES: [(&str, &str, &str); 4] = [
            ("GBP", "USD", "Cable"),
            ("USD", "CAD", "Loonie"),
            ("AUD", "USD", "Aussie"),
            ("NZD", "USD", "Kiwi"),
        ];
        for (base, quote, name) in NICKNAMES {
            if pair.as_ref().is_some_and(|(b, q)| b == base && q == quote) {
                add(name, Evidence::Alias, true);
            }
        }
        for alias in &asset.aliases {
            let bare = keys(alias) == symbol_keys && !alias.contains(char::is_lowercase);
            if !bare || (names::is_code(alias) && alias.len() >= 3 && !unnamed) {
                add(alias, Evidence::Alias, true);
            }
        }
        if let Some(listing) = KNOWN.listing_of(asset) {
            let first = |name: &str| keys(name).into_iter().find(|k| k != "the");
            let same = first(listing.name) == first(&asset.name)
                || asset.aliases.iter().any(|a| first(a) == first(listing.name));
            if unnamed || same {
                add(listing.name, Evidence::Name, unnamed);
            }
            if unnamed || same || asset.class != AssetClass::Equity {
                let aliases = listing.aliases.split('|').filter(|a| !a.is_empty());
                aliases.for_each(|alias| add(alias, Evidence::Alias, false));
            }
        }
        for former in KNOWN.former.get(asset.symbol.as_str()).into_iter().flatten() {
            if !former.former_name.is_empty() {
                add(former.former_name, Evidence::Alias, false);
            }
        }
        out
    }

    fn kind(&self, keys: &[String], name: &Name) -> Kind {
        let ordinary = |key: &String| key == "&" || (!name.possessive && self.words.is_ordinary(key));
        let slang = self.words.is(self.words.vocabulary.get(&keys.concat()), SLANG | CURRENCY);
        match keys {
            [one] if !name.possessive && self.words.is_plain(self.words.vocabulary.get(one)) => Kind::Plain,
            [one] if ordinary(one) || slang || one.len() <= 2 => Kind::Ambiguous,
            [_] if name.capitals => Kind::Code,
            [_] => Kind::Clear,
            several if several.iter().all(ordinary) => Kind::Phrase,
            _ => Kind::Full,
        }
    }

    /// A name that several assets claim goes to those that have it in the asset list, and among them to those that have it as
    /// their name; else to all, if their number is small.
    fn add_name(&mut self, keys: &[String], found: &[Found], contexts: &BTreeMap<Vec<String>, Context>) {
        let plain = found.iter().all(|f| f.kind == Kind::Plain);
        let found = found.iter().filter(|f| plain || f.kind != Kind::Plain);
        let own = found.clone().any(|f| f.own);
        let chosen = found.filter(|f| !own || f.own);
        let by_name = chosen.clone().any(|f| f.evidence == Evidence::Name);
        let chosen: Vec<&Found> = chosen.filter(|f| !by_name || f.evidence == Evidence::Name).collect();
        // The first part of a name (Berkshire) that belongs to companies of different names says nothing.
        // Share classes (Berkshire Hathaway A and B) are one company.
        let company = |whole: &'_ Vec<String>| {
            let class = whole.iter().position(|key| key == "class").unwrap_or(whole.len());
            whole[..class].to_vec()
        };
        let heads: BTreeSet<Vec<String>> =
            chosen.iter().filter_map(|f| f.head_of.as_ref().map(company)).collect();
        if heads.len() > 1 {
            return;
        }
        let owners: BTreeSet<u32> = chosen.iter().map(|f| f.owner).collect();
        let Some(first) = chosen.first().filter(|_| owners.len() <= 4) else { return };
        for one in &owners {
            self.shared.extend(owners.range(one + 1..).map(|other| (*one, *other)));
        }
        let context = contexts.get(keys).filter(|_| !plain).map(|context| {
            self.contexts.push(context.clone());
            self.contexts.len() - 1
        });
        let coin = owners.iter().any(|o| self.assets[*o as usize].1 == AssetClass::Crypto);
        let pattern = Pattern {
            owners: owners.into_iter().collect(),
            context,
            ..Pattern::new(0, first.kind, first.evidence, coin)
        };
        self.add(keys, pattern);
    }

    /// Names of companies outside the list that begin like a name of the list.
    fn add_others(&mut self, list: &AssetList, named: &BTreeMap<Vec<String>, Vec<Found>>) {
        let mut others = Vec::new();
        for listing in &KNOWN.listings {
            if list.get(listing.symbol).is_some() || listing.class == "fx" {
                continue;
            }
            let first = listing.name.split_whitespace().find(|w| !w.eq_ignore_ascii_case("the"));
            let known = first.map(keys).and_then(|k| self.words.vocabulary.get(k.first()?).into());
            if known.is_none_or(|word| !self.steps.contains_key(&(0, word))) {
                continue;
            }
            let Some(name) = Name::parse(listing.name, &self.words) else { continue };
            let shorter = (1..name.keys.len()).any(|n| named.contains_key(&name.keys[..n]));
            if shorter && !named.contains_key(&name.keys) && !self.is_same(&name.keys, named) {
                others.push(name.keys);
            }
        }
        for keys in others {
            let pattern =
                Pattern { owners: Vec::new(), ..Pattern::new(0, Kind::Other, Evidence::Name, false) };
            self.add(&keys, pattern);
        }
    }

    /// Whether a name is one of the list with more legal words: Toyota Motor Company Group.
    fn is_same(&self, name: &[String], named: &BTreeMap<Vec<String>, Vec<Found>>) -> bool {
        const EMPTY: [&str; 9] =
            ["class", "common", "stock", "shares", "ordinary", "adr", "new", "com", "international"];
        (1..name.len()).any(|n| {
            let empty = |key: &String| {
                EMPTY.contains(&key.as_str())
                    || key == "&"
                    || self.words.is(self.words.vocabulary.get(key), SUFFIX)
            };
            named.contains_key(&name[..n]) && name[n..].iter().all(empty)
        })
    }

    fn add(&mut self, keys: &[String], pattern: Pattern) {
        let mut node = 0;
        for key in keys {
            let word = self.words.add(key);
            let next = self.nodes.len() as u32;
            let parent = node as usize;
            node = *self.steps.entry((node, word)).or_insert(next);
            self.nodes[parent].inner = true;
            if node == next {
                self.nodes.push(Node::default());
            }
        }
        let node = &mut self.nodes[node as usize];
        let large = matches!(
            pattern.kind,
            Kind::StrictTicker | Kind::Listed | Kind::Code | Kind::Other | Kind::Plain
        );
        node.small |= pattern.coin || !large;
        node.ends.push(self.patterns.len() as u32);
        self.patterns.push(Pattern { words: keys.len(), ..pattern });
    }

    fn finish(&mut self) {
        self.first = vec![0; self.words.vocabulary.len()];
        for ((from, word), to) in &self.steps {
            if *from == 0 {
                self.first[*word as usize] = *to;
            }
        }
        let begins = |(word, node): (usize, &u32)| {
            let fact = self.words.of(word as Word);
            let place = if fact.exchange != 0 || fact.market != 0 { PLACE } else { 0 };
            let there = &self.nodes[*node as usize];
            match *node {
                0 => place,
                _ if there.small || there.inner => place | BEGINS | SMALL,
                _ => place | BEGINS,
            }
        };
        self.begins = self.first.iter().enumerate().map(begins).collect();
    }
}

impl Pattern {
    fn new(owner: u32, kind: Kind, evidence: Evidence, coin: bool) -> Self {
        Self { owners: vec![owner], kind, evidence, words: 0, context: None, coin, until: i32::MAX }
    }
}
