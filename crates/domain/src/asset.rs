//! Assets: what analyses are about.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An asset's canonical symbol, for example `AAPL`, `BRK-B`, `BTC-USD`, `^GSPC`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Symbol(String);

/// A text that cannot be a symbol.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is not a symbol: 1 to 32 printable ASCII characters without spaces")]
pub struct SymbolError(String);

impl Symbol {
    /// The symbol as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Symbol {
    type Err = SymbolError;

    fn from_str(text: &str) -> Result<Self, SymbolError> {
        let fits = (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(SymbolError(text.to_owned())) }
    }
}

impl TryFrom<String> for Symbol {
    type Error = SymbolError;

    fn try_from(text: String) -> Result<Self, SymbolError> {
        text.parse()
    }
}

impl From<Symbol> for String {
    fn from(symbol: Symbol) -> Self {
        symbol.0
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The kind of an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AssetClass {
    /// A share or fund.
    Equity,
    /// A coin against a currency.
    Crypto,
    /// A currency pair.
    Fx,
    /// An index.
    Index,
}

impl AssetClass {
    /// The name used in files and pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equity => "equity",
            Self::Crypto => "crypto",
            Self::Fx => "fx",
            Self::Index => "index",
        }
    }
}

/// What analyses are about: a symbol and a class, and the names people use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// Canonical symbol.
    pub symbol: Symbol,
    /// Full name.
    pub name: String,
    /// Its class.
    pub class: AssetClass,
    /// Exchange or country; may be empty.
    pub exchange: String,
    /// Other names it goes by.
    pub aliases: Vec<String>,
}

/// All assets of a deployment, by symbol.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssetList(BTreeMap<Symbol, Asset>);

/// An asset list that cannot be read; names the line.
#[derive(Debug, thiserror::Error)]
#[error("asset list, line {line}: {reason}")]
pub struct AssetListError {
    /// Line in the file, counted from 1.
    pub line: u64,
    /// What is wrong and what to do.
    pub reason: String,
}

#[derive(Serialize, Deserialize)]
struct Row {
    symbol: String,
    name: String,
    class: String,
    #[serde(default)]
    exchange: String,
    #[serde(default)]
    aliases: String,
}

impl AssetList {
    /// Reads `symbol,name,class,exchange,aliases` (aliases separated by `|`).
    ///
    /// # Errors
    /// A missing column, an unknown class, a bad or doubled symbol; the line is named.
    pub fn from_csv(bytes: &[u8]) -> Result<Self, AssetListError> {
        let mut reader = csv::Reader::from_reader(bytes);
        let mut list = BTreeMap::new();
        for (index, row) in reader.deserialize::<Row>().enumerate() {
            let line = index as u64 + 2;
            let at = |reason: String| AssetListError { line, reason };
            let row = row.map_err(|e| at(e.to_string()))?;
            let symbol: Symbol = row.symbol.parse().map_err(|e: SymbolError| at(e.to_string()))?;
            let class = match row.class.as_str() {
                "equity" => AssetClass::Equity,
                "crypto" => AssetClass::Crypto,
                "fx" => AssetClass::Fx,
                "index" => AssetClass::Index,
                other => return Err(at(format!("class {other:?}: use equity, crypto, fx or index"))),
            };
            let aliases =
                row.aliases.split('|').map(str::trim).filter(|a| !a.is_empty()).map(str::to_owned).collect();
            let asset =
                Asset { symbol: symbol.clone(), name: row.name, class, exchange: row.exchange, aliases };
            if list.insert(symbol, asset).is_some() {
                return Err(at(format!("symbol {} appears twice: remove one line", row.symbol)));
            }
        }
        Ok(Self(list))
    }

    /// The asset with this symbol.
    pub fn get(&self, symbol: &str) -> Option<&Asset> {
        self.0.get(&symbol.parse().ok()?)
    }

    /// All assets in order of their symbols.
    pub fn iter(&self) -> impl Iterator<Item = &Asset> {
        self.0.values()
    }

    /// Those of which `keep` says so.
    #[must_use]
    pub fn only(&self, keep: impl Fn(&Asset) -> bool) -> Self {
        let kept = self.0.iter().filter(|(_, asset)| keep(asset));
        Self(kept.map(|(symbol, asset)| (symbol.clone(), asset.clone())).collect())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_list() {
        let list = AssetList::from_csv(b"symbol,name,class,exchange,aliases\nKO,The Coca-Cola Company,equity,US,Coca-Cola|Coke\nBTC-USD,Bitcoin,crypto,,\n").unwrap();
        assert_eq!(list.len(), 2);
        assert_eq!(list.get("KO").unwrap().aliases, ["Coca-Cola", "Coke"]);
        assert_eq!(list.get("BTC-USD").unwrap().class, AssetClass::Crypto);
    }

    #[test]
    fn names_the_line_of_a_bad_row() {
        let head = "symbol,name,class,exchange,aliases\n";
        for (row, line) in [
            ("A,Alpha,bond,US,\n", 2),
            ("A,Alpha,equity,US,\nA,Again,equity,US,\n", 3),
            (" ,x,equity,US,\n", 2),
        ] {
            let error = AssetList::from_csv(format!("{head}{row}").as_bytes()).unwrap_err();
            assert_eq!(error.line, line, "{error}");
        }
    }
}
