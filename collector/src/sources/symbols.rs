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
}
