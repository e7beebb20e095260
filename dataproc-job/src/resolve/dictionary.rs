//! The dictionary: every way in which a text may name an asset, built once from the asset list.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{Asset, AssetClass, AssetList, Evidence, Symbol};

use super::context::{Context, contexts};
use super::names::{self, Name};
use super::token::Word;
use super::words::{COMMON, CURRENCY, PROPER, SLANG, Words, lines};

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
    /// Base and quote currency.
    Pair,
    /// The bare symbol.
    Ticker,
    /// The bare symbol where it is too short or an ordinary word: only beside an exchange or in brackets.
    StrictTicker,
}

/// One way of naming.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    /// Who is named; several where a company has several symbols.
    pub(crate) owners: Vec<usize>,
    /// How far it can be trusted.
    pub(crate) kind: Kind,
    /// What a mention by it rests on.
    pub(crate) evidence: Evidence,
    /// How many words it has.
    pub(crate) words: usize,
    /// What decides about it, by number.
    pub(crate) context: Option<usize>,
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
    pub(crate) shared: BTreeSet<(usize, usize)>,
    steps: HashMap<(u32, Word), u32>,
    ends: Vec<Vec<u32>>,
    codes: HashMap<String, Vec<(usize, bool)>>,
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
            shared: BTreeSet::new(),
            steps: HashMap::new(),
            ends: vec![Vec::new()],
            codes: HashMap::new(),
        };
        let mut named: BTreeMap<Vec<String>, Vec<Found>> = BTreeMap::new();
        let known = known_names();
        for (owner, asset) in list.iter().enumerate() {
            dictionary.add_codes(owner, asset, &known);
            for (keys, found) in dictionary.names_of(owner, asset, &known) {
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
            dictionary.add_tickers(owner, asset);
        }
        for (keys, found) in named {
            dictionary.add_name(&keys, &found, &by_words);
        }
        dictionary
    }

    /// The patterns that begin with the word behind `node`; node 0 is the start.
    pub(crate) fn step(&self, node: u32, word: Word) -> Option<u32> {
        self.steps.get(&(node, word)).copied()
    }

    /// The numbers of the patterns that end at `node`.
    pub(crate) fn ends(&self, node: u32) -> &[u32] {
        self.ends.get(node as usize).map_or(&[], Vec::as_slice)
    }

    /// Who is meant by a symbol as people and vendors write it (upper case, `.` between its parts). Where a share and a
    /// coin have the same symbol, `coins` decides.
    pub(crate) fn code(&self, code: &str, coins: bool) -> Option<usize> {
        let owners = self.codes.get(code)?;
        let coin = owners.iter().find(|(o, _)| coins && self.assets[*o].1 == AssetClass::Crypto);
        let exact = owners.iter().find(|(_, exact)| *exact);
        coin.or(exact).or(owners.first()).map(|(owner, _)| *owner)
    }

    fn add_codes(&mut self, owner: usize, asset: &Asset, known: &BTreeMap<&str, Vec<&str>>) {
        let symbol = asset.symbol.as_str().trim_start_matches('^').to_uppercase();
        let plain = symbol.replace(['-', '/', '_'], ".");
        let mut codes = vec![(plain.clone(), true)];
        match names::pair(asset) {
            Some((base, quote)) => {
                codes.push((format!("{base}{quote}"), true));
                codes.push((format!("{base}.{quote}"), true));
                if asset.class == AssetClass::Crypto {
                    codes.push((format!("{base}.X"), true));
                    codes.push((base.clone(), false));
                    for stable in ["USDT", "USDC"] {
                        codes.push((format!("{base}{stable}"), false));
                        codes.push((format!("{base}.{stable}"), false));
                    }
                }
            }
            None => codes.push((plain.replace('.', ""), false)),
        }
        let extra = known.get(asset.symbol.as_str()).into_iter().flatten().copied();
        let others = asset.aliases.iter().map(String::as_str).chain(extra);
        if matches!(asset.class, AssetClass::Index | AssetClass::Crypto) {
            codes.extend(others.filter(|a| names::is_code(a)).map(|a| (a.to_owned(), false)));
        }
        for (code, exact) in codes {
            let owners = self.codes.entry(code).or_default();
            if !owners.iter().any(|(o, _)| *o == owner) {
                owners.push((owner, exact));
            }
        }
    }

    fn add_tickers(&mut self, owner: usize, asset: &Asset) {
        if let Some((base, quote)) = names::pair(asset) {
            let (base, quote) = (base.to_lowercase(), quote.to_lowercase());
            let mut quotes = vec![quote.clone()];
            if asset.class == AssetClass::Crypto {
                quotes.extend(["usdt".to_owned(), "usdc".to_owned()]);
                self.add_ticker(owner, std::slice::from_ref(&base));
            }
            for quote in quotes {
                self.add(&[base.clone(), quote.clone()], vec![owner], Kind::Pair, Evidence::Pair, None);
                self.add(&[format!("{base}{quote}")], vec![owner], Kind::Pair, Evidence::Pair, None);
            }
            return;
        }
        self.add_ticker(owner, &super::token::keys(asset.symbol.as_str()));
    }

    fn add_ticker(&mut self, owner: usize, keys: &[String]) {
        let letters: usize = keys.iter().map(String::len).sum();
        let word = self.words.vocabulary.get(&keys.concat());
        let ordinary = keys.len() == 1 && self.words.is(word, COMMON | PROPER | SLANG | CURRENCY);
        let short = letters < 3 && !["ba", "ge", "gm", "mu"].contains(&keys.concat().as_str());
        let kind = if ordinary || short { Kind::StrictTicker } else { Kind::Ticker };
        self.add(keys, vec![owner], kind, Evidence::Ticker, None);
    }

    /// All names of an asset with how far they can be trusted, the surest first.
    fn names_of(
        &self,
        owner: usize,
        asset: &Asset,
        known: &BTreeMap<&str, Vec<&str>>,
    ) -> Vec<(Vec<String>, Found)> {
        let symbol_keys = super::token::keys(asset.symbol.as_str());
        let unnamed = super::token::keys(&asset.name) == symbol_keys;
        let extra = known.get(asset.symbol.as_str()).into_iter().flatten().filter(|_| unnamed);
        let mut out = Vec::new();
        let mut add = |text: &str, evidence: Evidence| {
            let Some(name) = Name::parse(text, &self.words) else { return };
            for keys in name.spellings(&self.words) {
                let kind = self.kind(&keys, &name);
                out.push((keys, Found { owner, kind, evidence, head_of: None }));
            }
            if evidence == Evidence::Name
                && let Some(head) = name.head(&self.words)
            {
                let head_of = Some(name.keys.clone());
                out.push((head.keys, Found { owner, kind: head.kind, evidence: Evidence::Alias, head_of }));
            }
        };
        if !unnamed {
            add(&asset.name, Evidence::Name);
        }
        extra.for_each(|name| add(name, Evidence::Name));
        for alias in &asset.aliases {
            let bare = super::token::keys(alias) == symbol_keys && !alias.contains(char::is_lowercase);
            if !bare || (names::is_code(alias) && alias.len() >= 3 && !unnamed) {
                add(alias, Evidence::Alias);
            }
        }
        out
    }

    fn kind(&self, keys: &[String], name: &Name) -> Kind {
        let ordinary = |key: &String| key == "&" || (!name.possessive && self.words.is_ordinary(key));
        let slang = self.words.is(self.words.vocabulary.get(&keys.concat()), SLANG | CURRENCY);
        match keys {
            [one] if ordinary(one) || slang || one.len() <= 2 => Kind::Ambiguous,
            [_] if name.capitals => Kind::Code,
            [_] => Kind::Clear,
            several if several.iter().all(ordinary) => Kind::Phrase,
            _ => Kind::Full,
        }
    }

    /// A name that several assets claim goes to those that have it as their name; else to all, if their number is small.
    fn add_name(&mut self, keys: &[String], found: &[Found], contexts: &BTreeMap<Vec<String>, Context>) {
        let by_name = found.iter().any(|f| f.evidence == Evidence::Name);
        let chosen: Vec<&Found> = found.iter().filter(|f| !by_name || f.evidence == Evidence::Name).collect();
        // The first part of a name (Berkshire) that belongs to companies of different names says nothing.
        let heads: BTreeSet<&Vec<String>> = chosen.iter().filter_map(|f| f.head_of.as_ref()).collect();
        if heads.len() > 1 {
            return;
        }
        let owners: BTreeSet<usize> = chosen.iter().map(|f| f.owner).collect();
        let Some(first) = chosen.first().filter(|_| owners.len() <= 4) else { return };
        for one in &owners {
            self.shared.extend(owners.range(one + 1..).map(|other| (*one, *other)));
        }
        let context = contexts.get(keys).map(|context| {
            self.contexts.push(context.clone());
            self.contexts.len() - 1
        });
        self.add(keys, owners.into_iter().collect(), first.kind, first.evidence, context);
    }

    fn add(
        &mut self,
        keys: &[String],
        owners: Vec<usize>,
        kind: Kind,
        evidence: Evidence,
        context: Option<usize>,
    ) {
        let mut node = 0;
        for key in keys {
            let word = self.words.add(key);
            let next = self.ends.len() as u32;
            node = *self.steps.entry((node, word)).or_insert(next);
            if node == next {
                self.ends.push(Vec::new());
            }
        }
        self.ends[node as usize].push(self.patterns.len() as u32);
        self.patterns.push(Pattern { owners, kind, evidence, words: keys.len(), context });
    }
}

struct Found {
    owner: usize,
    kind: Kind,
    evidence: Evidence,
    /// The whole name, where this is only its first part.
    head_of: Option<Vec<String>>,
}

fn known_names() -> BTreeMap<&'static str, Vec<&'static str>> {
    lines(include_str!("words/known.txt"))
        .filter_map(|line| line.split_once('|'))
        .map(|(symbol, names)| (symbol.trim(), names.split('|').map(str::trim).collect()))
        .collect()
}
