//! How each source spells the symbols of our assets.

use domain::{Asset, AssetClass};

/// The cashtag on X without its dollar sign; `None` where the asset has none.
pub fn x_cashtag(asset: &Asset) -> Option<String> {
    let symbol = asset.symbol.as_str();
    match asset.class {
        AssetClass::Equity => Some(symbol.replace('-', ".")),
        AssetClass::Crypto => Some(coin(symbol).to_owned()),
        AssetClass::Fx => None,
        AssetClass::Index => Some(symbol.trim_start_matches('^').to_owned()),
    }
    .filter(|tag| tag.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// The stream on StockTwits; `None` where the asset has none.
pub fn stocktwits(asset: &Asset) -> Option<String> {
    let symbol = asset.symbol.as_str();
    match asset.class {
        AssetClass::Equity => Some(symbol.replace('-', ".")),
        AssetClass::Crypto => Some(format!("{}.X", coin(symbol))),
        AssetClass::Fx | AssetClass::Index => None,
    }
}

/// The symbol on Alpaca.
pub fn alpaca(asset: &Asset) -> String {
    let symbol = asset.symbol.as_str();
    match asset.class {
        AssetClass::Equity => symbol.replace('-', "."),
        AssetClass::Crypto => symbol.replace('-', "/"),
        AssetClass::Fx | AssetClass::Index => symbol.to_owned(),
    }
}

/// The symbol on Yahoo, whose spelling ours follows but for currency pairs.
pub fn yahoo(asset: &Asset) -> String {
    let symbol = asset.symbol.as_str();
    match asset.class {
        AssetClass::Fx if symbol.contains('-') => format!("{}=X", symbol.replace('-', "")),
        AssetClass::Equity => symbol.replace('.', "-"),
        _ => symbol.to_owned(),
    }
}

/// A symbol on Alpha Vantage, which has a function of its own for each kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlphaVantageSymbol {
    /// A share, by its ticker.
    Share(String),
    /// A currency pair: what is priced, and in what.
    Pair(String, String),
    /// A coin and its market.
    Coin(String, String),
}

/// The symbol on Alpha Vantage; `None` where the asset has none.
pub fn alpha_vantage(asset: &Asset) -> Option<AlphaVantageSymbol> {
    let symbol = asset.symbol.as_str();
    match asset.class {
        AssetClass::Equity => Some(AlphaVantageSymbol::Share(symbol.to_owned())),
        AssetClass::Crypto => pair(symbol).map(|(coin, market)| AlphaVantageSymbol::Coin(coin, market)),
        AssetClass::Fx => pair(symbol).map(|(from, to)| AlphaVantageSymbol::Pair(from, to)),
        AssetClass::Index => None,
    }
}

/// The halves of `EUR-USD`.
fn pair(symbol: &str) -> Option<(String, String)> {
    let (base, quote) = symbol.split_once('-')?;
    Some((base.to_owned(), quote.to_owned()))
}

fn coin(symbol: &str) -> &str {
    symbol.split('-').next().unwrap_or(symbol)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn spells_as_each_source_does() {
        let cases = [
            ("AAPL", AssetClass::Equity, Some("AAPL"), Some("AAPL"), "AAPL"),
            ("BRK-A", AssetClass::Equity, Some("BRK.A"), Some("BRK.A"), "BRK.A"),
            ("BTC-USD", AssetClass::Crypto, Some("BTC"), Some("BTC.X"), "BTC/USD"),
            ("EUR-USD", AssetClass::Fx, None, None, "EUR-USD"),
            ("^GSPC", AssetClass::Index, Some("GSPC"), None, "^GSPC"),
        ];
        for (symbol, class, on_x, on_stocktwits, on_alpaca) in cases {
            let symbol = symbol.parse().unwrap();
            let asset =
                Asset { symbol, name: String::new(), class, exchange: String::new(), aliases: Vec::new() };
            assert_eq!(x_cashtag(&asset).as_deref(), on_x);
            assert_eq!(stocktwits(&asset).as_deref(), on_stocktwits);
            assert_eq!(alpaca(&asset), on_alpaca);
        }
    }

    #[test]
    fn spells_as_vendors_of_bars_do() {
        use AlphaVantageSymbol::{Coin, Pair, Share};
        let halves = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let (euro, coin) = (halves("EUR", "USD"), halves("BTC", "USD"));
        for (symbol, class, on_yahoo, on_alpha_vantage) in [
            ("BRK-B", AssetClass::Equity, "BRK-B", Some(Share("BRK-B".to_owned()))),
            ("BTC-USD", AssetClass::Crypto, "BTC-USD", Some(Coin(coin.0, coin.1))),
            ("EUR-USD", AssetClass::Fx, "EURUSD=X", Some(Pair(euro.0, euro.1))),
            ("^GSPC", AssetClass::Index, "^GSPC", None),
        ] {
            let symbol = symbol.parse().unwrap();
            let asset =
                Asset { symbol, name: String::new(), class, exchange: String::new(), aliases: Vec::new() };
            assert_eq!(yahoo(&asset), on_yahoo);
            assert_eq!(alpha_vantage(&asset), on_alpha_vantage);
        }
    }
}
