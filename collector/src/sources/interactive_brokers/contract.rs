//! How our assets are named there, and what is asked about them.

use chrono::{DateTime, SecondsFormat, Utc};
use domain::{Asset, AssetClass};
use ibapi::contracts::{Contract, SecurityType};
use ibapi::market_data::TradingHours;
use ibapi::market_data::historical::{BarSize, Duration, WhatToShow};

use super::InteractiveBrokers;
use crate::settings::{Section, SettingsError};
use crate::source::Task;
use crate::sources::selection::{DAILY_DAYS, HOURLY_DAYS};

/// Indexes that it calls otherwise than we: our symbol, theirs, and the exchange that computes them.
const INDEXES: [(&str, &str, &str); 6] = [
    ("^DJI", "INDU", "CME"),
    ("^GSPC", "SPX", "CBOE"),
    ("^IXIC", "COMP", "NASDAQ"),
    ("^NDX", "NDX", "NASDAQ"),
    ("^RUT", "RUT", "RUSSELL"),
    ("^VIX", "VIX", "CBOE"),
];

/// How an operator says that an asset is named there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spelling {
    asset: String,
    contract: Contract,
}

impl Spelling {
    /// Reads one table of `contracts`: `asset`, `symbol`, `kind`, `exchange`, `currency` and, of a future with a month,
    /// `month`.
    pub(super) fn read(section: &Section<'_>) -> Result<Self, SettingsError> {
        let text = |field: &str| section.get::<String>(field);
        let needed = |field: &str| text(field)?.ok_or_else(|| SettingsError::Missing(section.path(field)));
        let (kind, month) = (needed("kind")?, text("month")?);
        let security_type = match (kind.as_str(), &month) {
            ("stock", _) => SecurityType::Stock,
            ("fx", _) => SecurityType::ForexPair,
            ("crypto", _) => SecurityType::Crypto,
            ("index", _) => SecurityType::Index,
            ("future", Some(_)) => SecurityType::Future,
            ("future", None) => SecurityType::ContinuousFuture,
            _ => return Err(section.wrong("kind", &kind, "write stock, fx, crypto, index or future")),
        };
        let asset = needed("asset")?;
        let contract = Contract {
            symbol: needed("symbol")?.into(),
            security_type,
            exchange: needed("exchange")?.into(),
            currency: text("currency")?.unwrap_or_else(|| "USD".to_owned()).into(),
            last_trade_date_or_contract_month: month.unwrap_or_default(),
            ..Contract::default()
        };
        section.finish()?;
        Ok(Self { asset, contract })
    }
}

/// One request for bars.
#[derive(Debug, Clone)]
pub(super) struct Series {
    /// Name of the stream.
    pub(super) name: String,
    /// Our symbol.
    pub(super) asset: String,
    /// `1d` or `1h`.
    pub(super) interval: &'static str,
    /// Whether only its closes are of use, which are adjusted for splits and dividends.
    pub(super) adjusted: bool,
    pub(super) contract: Contract,
    pub(super) size: BarSize,
    pub(super) duration: Duration,
    pub(super) show: WhatToShow,
    pub(super) hours: TradingHours,
    /// The last instant that is asked for; some series only go to now.
    pub(super) end: Option<DateTime<Utc>>,
    /// Bars that open before are of no use,
    pub(super) since: DateTime<Utc>,
    /// nor those that are not over by then.
    pub(super) until: DateTime<Utc>,
}

impl Series {
    /// What is asked for, as an address.
    pub(super) fn address(&self) -> String {
        let end = self.end.map(|end| end.to_rfc3339_opts(SecondsFormat::Secs, true));
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("symbol", self.contract.symbol.as_str())
            .append_pair("secType", &self.contract.security_type.to_string())
            .append_pair("exchange", self.contract.exchange.as_str())
            .append_pair("currency", self.contract.currency.as_str())
            .append_pair("month", &self.contract.last_trade_date_or_contract_month)
            .append_pair("bar", &self.size.to_string())
            .append_pair("duration", &self.duration.to_string())
            .append_pair("show", &self.show.to_string())
            .append_pair("end", end.as_deref().unwrap_or("now"))
            .finish();
        format!("tws:historical-data?{query}")
    }
}

/// The series of the chosen assets.
pub(super) fn series(settings: &InteractiveBrokers, task: &Task) -> Vec<Series> {
    let mut all = Vec::new();
    for asset in settings.selection.of(&task.assets) {
        let spelt = settings.spellings.iter().find(|s| s.asset == asset.symbol.as_str());
        let Some(contract) = spelt.map(|s| s.contract.clone()).or_else(|| contract(asset)) else { continue };
        let show = show(&contract.security_type);
        all.push(one(task, asset, &contract, "1d", show));
        if contract.security_type == SecurityType::Stock {
            all.push(one(task, asset, &contract, "1d", WhatToShow::AdjustedLast));
        }
        if settings.intraday {
            all.push(one(task, asset, &contract, "1h", show));
        }
    }
    all
}

fn one(task: &Task, asset: &Asset, contract: &Contract, interval: &'static str, show: WhatToShow) -> Series {
    let is_daily = interval == "1d";
    let adjusted = show == WhatToShow::AdjustedLast;
    // Neither adjusted bars nor the series of a future without a month may name an end.
    let ends_now = adjusted || contract.security_type == SecurityType::ContinuousFuture;
    // A day of a share or an index is its regular session; hours are all that are traded.
    let has_session = matches!(contract.security_type, SecurityType::Stock | SecurityType::Index);
    let days = if is_daily { DAILY_DAYS } else { HOURLY_DAYS };
    let suffix = if adjusted { "-adjusted" } else { "" };
    Series {
        name: format!("bars-{}-{interval}{suffix}", asset.symbol),
        asset: asset.symbol.to_string(),
        interval,
        adjusted,
        contract: contract.clone(),
        size: if is_daily { BarSize::Day } else { BarSize::Hour },
        // More than a year of days is asked for in years.
        duration: if is_daily { Duration::years(2) } else { Duration::weeks(1) },
        show,
        hours: if is_daily && has_session { TradingHours::Regular } else { TradingHours::Extended },
        end: (!ends_now).then(|| task.horizon()),
        since: task.window.to - chrono::Duration::days(days),
        until: task.horizon(),
    }
}

/// What bars are made of: currencies have no trades, and trades of coins are put together.
fn show(kind: &SecurityType) -> WhatToShow {
    match kind {
        SecurityType::ForexPair => WhatToShow::MidPoint,
        SecurityType::Crypto => WhatToShow::AggTrades,
        _ => WhatToShow::Trades,
    }
}

/// The contract of an asset; `None` where its symbol is none of its class.
pub(super) fn contract(asset: &Asset) -> Option<Contract> {
    let symbol = asset.symbol.as_str();
    let named = |symbol: &str, security_type: SecurityType, exchange: &str, currency: &str| Contract {
        symbol: symbol.into(),
        security_type,
        exchange: exchange.into(),
        currency: currency.into(),
        ..Contract::default()
    };
    if let Some(root) = symbol.strip_suffix("=F") {
        return Some(named(root, SecurityType::ContinuousFuture, "CME", "USD"));
    }
    Some(match asset.class {
        // `BRK B`: classes of shares are parted by a space.
        AssetClass::Equity => named(&symbol.replace('-', " "), SecurityType::Stock, "SMART", "USD"),
        AssetClass::Crypto => {
            let (coin, quote) = symbol.split_once('-')?;
            named(coin, SecurityType::Crypto, "PAXOS", quote)
        }
        AssetClass::Fx => {
            let (base, quote) = symbol.split_once('-')?;
            named(base, SecurityType::ForexPair, "IDEALPRO", quote)
        }
        AssetClass::Index => {
            let plain = symbol.trim_start_matches('^');
            let known = INDEXES.iter().find(|(ours, _, _)| *ours == symbol);
            let (theirs, exchange) =
                known.map_or((plain, "SMART"), |(_, theirs, exchange)| (theirs, exchange));
            named(theirs, SecurityType::Index, exchange, "USD")
        }
    })
}
