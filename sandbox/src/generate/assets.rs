//! Who is traded: mostly invented companies, some coins, currency pairs and an index.

use std::collections::BTreeSet;

use domain::AssetClass;

use super::dice::{Dice, Purpose, zipf};
use super::names::{COINS, COMMON_WORDS, COMPANY_SECTORS, HEADS, PAIRS, SECTORS, TAILS};

/// An invented asset.
#[derive(Debug, Clone)]
pub(super) struct Asset {
    /// Canonical symbol.
    pub symbol: String,
    /// Full name.
    pub name: String,
    /// Its class.
    pub class: AssetClass,
    /// Other names, the most used first.
    pub aliases: Vec<String>,
    /// Line of business, as an index into the sectors.
    pub sector: usize,
    /// The price at the start of its history.
    pub first_price: f64,
    /// How much it is talked about, as a share of the most talked about.
    pub attention: f64,
}

impl Asset {
    /// What it is called in talk.
    pub(super) fn short_name(&self) -> &str {
        self.aliases.first().map_or(self.name.as_str(), String::as_str)
    }

    /// The cashtag on X, without `$`.
    pub(super) fn cashtag(&self) -> String {
        match self.class {
            AssetClass::Crypto => self.symbol.split('-').next().unwrap_or(&self.symbol).to_owned(),
            _ => self.symbol.replace('-', "").trim_start_matches('^').to_owned(),
        }
    }

    /// The symbol on StockTwits.
    pub(super) fn stream(&self) -> String {
        if self.class == AssetClass::Crypto { format!("{}.X", self.cashtag()) } else { self.cashtag() }
    }
}

/// Invents `count` assets, sorted by symbol.
pub(super) fn invent(seed: u64, count: usize) -> Vec<Asset> {
    let mut dice = Dice::new(seed, Purpose::Assets, 0);
    let index = usize::from(count >= 8);
    let coins = COINS.len().min(count / 6);
    let pairs = PAIRS.len().min(count / 10);
    let mut assets = Vec::with_capacity(count);
    for (symbol, name, aliases, price) in &COINS[..coins] {
        assets.push(listed(symbol, name, aliases, AssetClass::Crypto, *price));
    }
    for (symbol, name, aliases, price) in &PAIRS[..pairs] {
        assets.push(listed(symbol, name, aliases, AssetClass::Fx, *price));
    }
    if index == 1 {
        assets.push(listed("^QDX", "Quay Broad Index", "Quay Index|Quay Broad", AssetClass::Index, 4_200.0));
    }
    let mut taken: BTreeSet<String> = assets.iter().map(|asset: &Asset| asset.cashtag()).collect();
    let hard = COMMON_WORDS.len().min(count / 8);
    for number in 0..count - assets.len() {
        assets.push(company(&mut dice, COMMON_WORDS[..hard].get(number), &mut taken));
    }
    let ranks = shuffled(&mut dice, count);
    let shares = zipf(count);
    for (asset, rank) in assets.iter_mut().zip(ranks) {
        asset.attention = shares[rank] - if rank == 0 { 0.0 } else { shares[rank - 1] };
    }
    assets.sort_by(|a, b| a.symbol.cmp(&b.symbol));
    assets
}

fn listed(symbol: &str, name: &str, aliases: &str, class: AssetClass, first_price: f64) -> Asset {
    let aliases = aliases.split('|').map(str::to_owned).collect();
    let sector = match class {
        AssetClass::Crypto => COMPANY_SECTORS,
        AssetClass::Fx => COMPANY_SECTORS + 1,
        _ => COMPANY_SECTORS + 2,
    };
    Asset { symbol: symbol.into(), name: name.into(), class, aliases, sector, first_price, attention: 0.0 }
}

fn company(dice: &mut Dice, common: Option<&(&str, &str)>, taken: &mut BTreeSet<String>) -> Asset {
    let sector = dice.below(COMPANY_SECTORS);
    let (short, symbol) = match common {
        Some((name, symbol)) => {
            taken.insert((*symbol).to_owned());
            ((*name).to_owned(), (*symbol).to_owned())
        }
        None => loop {
            // A third syllable keeps names apart where there are thousands.
            let middle = if taken.len() > 300 {
                dice.pick(&["a", "i", "o", "el", "an", "or", "is", "um", "en", "ar"])
            } else {
                ""
            };
            let name = format!("{}{middle}{}", dice.pick(&HEADS), dice.pick(&TAILS));
            let symbol = ticker(dice, &name);
            // Names may not repeat either: a name that reads the same would be two companies.
            if !taken.contains(&name) && taken.insert(symbol.clone()) {
                taken.insert(name.clone());
                break (name, symbol);
            }
        },
    };
    let ending = dice.pick(SECTORS[sector].endings);
    let legal = dice.pick(&["Inc.", "Corp.", "Group", "plc", "Co."]);
    let mut aliases = vec![short.clone(), format!("{short} {ending}")];
    aliases.dedup();
    let first_price = 8.0 + dice.unit() * dice.unit() * 380.0;
    Asset {
        name: format!("{short} {ending} {legal}"),
        symbol,
        class: AssetClass::Equity,
        aliases,
        sector,
        first_price,
        attention: 0.0,
    }
}

/// Four letters, mostly the consonants of the name, one of them rare: no English word looks like that.
fn ticker(dice: &mut Dice, name: &str) -> String {
    let consonants: Vec<char> = name.to_ascii_uppercase().chars().filter(|c| !"AEIOU".contains(*c)).collect();
    let mut letters: Vec<char> = consonants.iter().copied().take(3).collect();
    while letters.len() < 3 {
        letters.push(dice.pick(&["K", "T", "N"]).chars().next().unwrap_or('K'));
    }
    let rare = dice.pick(&["Q", "X", "Z", "V", "W", "J"]).chars().next().unwrap_or('Q');
    letters.insert(1 + dice.below(3), rare);
    letters.into_iter().collect()
}

fn shuffled(dice: &mut Dice, n: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    for last in (1..n).rev() {
        order.swap(last, dice.below(last + 1));
    }
    order
}
