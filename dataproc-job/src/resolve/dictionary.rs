//! The dictionary of one asset list: every way in which a text may name an asset, built once.

use std::collections::BTreeMap;

use domain::{Asset, AssetClass, AssetList, Evidence, Symbol};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::code::Codes;
use super::context::{Context, contexts};
use super::vocabulary::{UNKNOWN, Word};
use super::words::Words;

mod naming;
mod symbols;

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
    /// A currency by its word, when what it costs in dollars follows: "the euro rose to $1.17".
    Rate,
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
        let mut by_words = contexts(&mut words);
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
        let assets: Vec<(u32, &Asset)> = (0u32..).zip(list.iter()).collect();
        let names = assets.par_iter().map(|(owner, asset)| dictionary.names_of(*owner, asset, &by_words));
        let names: Vec<Vec<(Vec<String>, Found)>> = names.collect();
        let mut named: BTreeMap<Vec<String>, Vec<Found>> = BTreeMap::new();
        for ((owner, asset), names) in assets.iter().zip(names) {
            dictionary.add_codes(*owner, asset);
            for (keys, found) in names {
                let all = named.entry(keys).or_default();
                match all.iter_mut().find(|f| f.owner == *owner) {
                    // Written in small letters elsewhere (NVIDIA, Nvidia): the capitals are only decoration.
                    Some(same) if same.kind == Kind::Code && found.kind == Kind::Clear => {
                        same.kind = Kind::Clear
                    }
                    Some(_) => {}
                    None => all.push(found),
                }
            }
        }
        for (owner, asset) in assets {
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
                    // What speaks against Cardano speaks against Cardano's.
                    if let Some(context) = by_words.get(keys).cloned() {
                        by_words.entry(owned.clone()).or_insert(context);
                    }
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
        let large = matches!(pattern.kind, Kind::StrictTicker | Kind::Listed | Kind::Other | Kind::Plain);
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
