//! Which contract of Interactive Brokers is which asset of the world.
//!
//! Shares are `STK` at SMART in USD, class shares with a space (`BRK B`); currency pairs are `CASH` at IDEALPRO, the first currency as
//! symbol; coins are `CRYPTO` at PAXOS or ZEROHASH; indexes are `IND` at the exchange that computes them; an asset whose symbol ends
//! in `=F` is a future (`FUT`, or `CONTFUT` for the series without expiry).

use domain::AssetClass;

use super::proto::{Fields, Malformed, Message};
use crate::fnv;
use crate::world::World;

/// Indexes that Interactive Brokers calls otherwise than the world: the world's symbol, theirs, and where.
const INDEXES: [(&str, &str, &str); 6] = [
    ("^GSPC", "SPX", "CBOE"),
    ("^DJI", "INDU", "CME"),
    ("^IXIC", "COMP", "NASDAQ"),
    ("^NDX", "NDX", "NASDAQ"),
    ("^RUT", "RUT", "RUSSELL"),
    ("^VIX", "VIX", "CBOE"),
];

/// What kind of contract it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A share.
    Stock,
    /// A currency pair.
    Cash,
    /// A coin.
    Crypto,
    /// An index.
    Index,
    /// A future, with its months or without.
    Future,
}

impl Kind {
    /// Its name on the wire.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Stock => "STK",
            Self::Cash => "CASH",
            Self::Crypto => "CRYPTO",
            Self::Index => "IND",
            Self::Future => "FUT",
        }
    }
}

/// A contract as a client names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct Asked {
    con_id: Option<i32>,
    symbol: String,
    sec_type: String,
    exchange: String,
    currency: String,
}

impl Asked {
    /// Reads a contract within a request.
    ///
    /// # Errors
    /// When its fields are malformed.
    pub(super) fn read(request: &Fields<'_>, field: u64) -> Result<Self, Malformed> {
        let contract = request.message(field)?;
        let text = |field| contract.text(field).unwrap_or_default().to_owned();
        Ok(Self {
            con_id: contract.int(1).filter(|id| *id != 0),
            symbol: text(2),
            sec_type: text(3),
            exchange: text(8),
            currency: text(10),
        })
    }

    /// Whether it says where it is traded, which only the look-up of contracts does without.
    pub(super) fn names_exchange(&self) -> bool {
        !self.exchange.is_empty()
    }

    fn names(&self, known: &Known) -> bool {
        if let Some(id) = self.con_id {
            return id == known.con_id;
        }
        let kind = match self.sec_type.as_str() {
            "CONTFUT" => "FUT",
            other => other,
        };
        let at = |exchange: &str| known.exchanges.contains(&exchange);
        kind == known.kind.name()
            && self.symbol == known.spelling
            && (self.currency.is_empty() || self.currency == known.currency)
            && (self.exchange.is_empty() || known.exchanges.is_empty() || at(&self.exchange))
    }
}

/// A contract that exists.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Known {
    /// The world's symbol.
    pub symbol: String,
    /// Its full name.
    pub name: String,
    /// Its number, the same for the same symbol.
    pub con_id: i32,
    /// Its kind.
    pub kind: Kind,
    /// How Interactive Brokers spells it.
    pub spelling: String,
    /// The currency of its price.
    pub currency: String,
    /// Where it may be asked for, the usual one first; empty: anywhere.
    pub exchanges: Vec<&'static str>,
}

impl Known {
    /// The asset of a symbol as a contract; `None` when the world does not have it.
    pub(super) fn of(world: &World, symbol: &str) -> Option<Self> {
        let class = world.assets.class(symbol)?;
        let pair = || symbol.split_once('-');
        let (kind, spelling, currency, exchanges) = if let Some(root) = symbol.strip_suffix("=F") {
            (Kind::Future, root.to_owned(), "USD", Vec::new())
        } else {
            match class {
                AssetClass::Equity => (Kind::Stock, symbol.replace('-', " "), "USD", vec!["SMART", "ISLAND"]),
                AssetClass::Crypto => {
                    let (coin, quote) = pair()?;
                    (Kind::Crypto, coin.to_owned(), quote, vec!["PAXOS", "ZEROHASH"])
                }
                AssetClass::Fx => {
                    let (base, quote) = pair()?;
                    (Kind::Cash, base.to_owned(), quote, vec!["IDEALPRO"])
                }
                AssetClass::Index => match INDEXES.iter().find(|(ours, _, _)| *ours == symbol) {
                    Some((_, theirs, exchange)) => {
                        (Kind::Index, (*theirs).to_owned(), "USD", vec![*exchange])
                    }
                    None => (Kind::Index, symbol.trim_start_matches('^').to_owned(), "USD", Vec::new()),
                },
            }
        };
        Some(Self {
            symbol: symbol.to_owned(),
            name: world.assets.name(symbol).unwrap_or(symbol).to_owned(),
            con_id: con_id(symbol),
            kind,
            spelling,
            currency: currency.to_owned(),
            exchanges,
        })
    }

    /// The contract that a client means; `None` where there is no such one.
    pub(super) fn find(world: &World, asked: &Asked) -> Option<Self> {
        let all = world.assets.iter().filter_map(|asset| Self::of(world, asset.symbol.as_str()));
        all.into_iter().find(|known| asked.names(known))
    }

    /// The exchange at which it is asked for without a wish.
    pub(super) fn exchange(&self) -> &'static str {
        self.exchanges.first().copied().unwrap_or("SMART")
    }

    /// Whether it trades around the clock.
    pub(super) fn never_closes(&self) -> bool {
        matches!(self.kind, Kind::Cash | Kind::Crypto)
    }

    /// Its description on the wire: `{1 request, 2 contract, 3 details}`.
    pub(super) fn to_message(&self, request_id: i32) -> Message {
        let contract = Message::new()
            .int(1, self.con_id)
            .text(2, &self.spelling)
            .text(3, self.kind.name())
            .text(8, self.exchange())
            .text(10, &self.currency)
            .text(11, &self.spelling)
            .text(12, &self.spelling);
        let hours = if self.never_closes() { "0000-2359" } else { "0930-1600" };
        let details = Message::new()
            .text(1, &self.spelling)
            .text(2, "0.01")
            .text(4, self.exchange())
            .int(5, 1)
            .text(7, &self.name)
            .text(12, "US/Eastern")
            .text(13, hours)
            .text(14, hours);
        Message::new().int(1, request_id).message(2, &contract).message(3, &details)
    }
}

/// A number that is made from a symbol, of the length of a real one.
fn con_id(symbol: &str) -> i32 {
    (100_000_000 + fnv::hash(symbol) % 800_000_000) as i32
}
