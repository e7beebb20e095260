//! The assets of a world, and how each source spells their symbols.

use std::collections::{BTreeMap, HashMap};

use domain::{Asset, AssetClass};

/// All assets, findable by any spelling.
#[derive(Debug, Default)]
pub(crate) struct Assets {
    list: BTreeMap<String, Asset>,
    cashtags: HashMap<String, String>,
    alpaca: HashMap<String, String>,
}

impl Assets {
    /// Indexes a list of assets.
    pub(crate) fn new(assets: impl IntoIterator<Item = Asset>) -> Self {
        let mut all = Self::default();
        for asset in assets {
            let symbol = asset.symbol.as_str().to_owned();
            for tag in cashtag_spellings(&asset) {
                all.cashtags.entry(tag).or_insert_with(|| symbol.clone());
            }
            all.alpaca.insert(alpaca(&symbol, Some(asset.class)), symbol.clone());
            all.list.insert(symbol, asset);
        }
        all
    }

    /// All assets by symbol.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Asset> {
        self.list.values()
    }

    /// The canonical symbol behind a cashtag in any case, when the world knows it.
    pub(crate) fn by_cashtag(&self, tag: &str) -> Option<&str> {
        if tag.bytes().any(|b| b.is_ascii_lowercase()) {
            return self.cashtags.get(&tag.to_ascii_uppercase()).map(String::as_str);
        }
        self.cashtags.get(tag).map(String::as_str)
    }

    /// The canonical symbol behind Alpaca's spelling; the spelling itself when it is none of ours.
    pub(crate) fn of_alpaca<'a>(&'a self, spelling: &'a str) -> &'a str {
        self.alpaca.get(spelling).map_or(spelling, String::as_str)
    }

    /// How Alpaca spells a symbol of this world (or of an outlet).
    pub(crate) fn to_alpaca(&self, symbol: &str) -> String {
        alpaca(symbol, self.list.get(symbol).map(|asset| asset.class))
    }

    /// The class of an asset of this world.
    pub(crate) fn class(&self, symbol: &str) -> Option<AssetClass> {
        self.list.get(symbol).map(|asset| asset.class)
    }

    /// The full name of an asset of this world.
    pub(crate) fn name(&self, symbol: &str) -> Option<&str> {
        self.list.get(symbol).map(|asset| asset.name.as_str())
    }

    /// The StockTwits stream of a symbol of this world, or of a channel as a record states it.
    pub(crate) fn stream(&self, symbol: &str) -> String {
        match self.list.get(symbol).or_else(|| self.list.get(self.by_cashtag(symbol)?)) {
            Some(asset) => stocktwits(asset),
            None => symbol.trim_start_matches('$').to_ascii_uppercase(),
        }
    }
}

fn alpaca(symbol: &str, class: Option<AssetClass>) -> String {
    match class {
        Some(AssetClass::Equity) => symbol.replace('-', "."),
        Some(AssetClass::Crypto) => symbol.replace('-', "/"),
        _ => symbol.to_owned(),
    }
}

/// StockTwits writes `BRK.A`, `BTC.X`, `EURUSD`.
fn stocktwits(asset: &Asset) -> String {
    let symbol = asset.symbol.as_str();
    match asset.class {
        AssetClass::Equity => symbol.replace('-', "."),
        AssetClass::Crypto => format!("{}.X", symbol.split('-').next().unwrap_or(symbol)),
        AssetClass::Fx => symbol.replace('-', ""),
        AssetClass::Index => symbol.trim_start_matches('^').to_owned(),
    }
}

fn cashtag_spellings(asset: &Asset) -> Vec<String> {
    let symbol = asset.symbol.as_str();
    let mut all = vec![symbol.to_owned(), stocktwits(asset)];
    if asset.class == AssetClass::Crypto {
        all.extend(symbol.split('-').next().map(str::to_owned));
    }
    all.iter_mut().for_each(|tag| tag.make_ascii_uppercase());
    all
}
