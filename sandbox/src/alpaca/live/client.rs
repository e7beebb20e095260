//! What one client of the stream has said, and what it gets: a pure state machine over Alpaca's messages.

use std::collections::{BTreeMap, BTreeSet};

use domain::AssetClass;
use serde_json::{Value, json};

use super::price::{self, Minute};
use crate::alpaca::bars::Market;
use crate::moment::{Micros, exact, seconds};
use crate::world::World;

/// Trades and quotes that a key for one exchange may have at once; bars have no bound.
pub(super) const SYMBOLS_OF_IEX: usize = 30;

/// A client and what it has been told.
pub(super) struct Client {
    market: Market,
    /// Trades and quotes at once; `None`: any number.
    bound: Option<usize>,
    key: (String, String),
    /// Whether its key has been taken.
    pub(super) authenticated: bool,
    channels: BTreeMap<&'static str, BTreeSet<String>>,
    /// The newest that was told, by channel and symbol.
    told: BTreeMap<(&'static str, String), Micros>,
    prices: BTreeMap<(&'static str, String), f64>,
    trades: u64,
}

/// The channels that are served.
const CHANNELS: [&str; 3] = ["trades", "quotes", "bars"];
/// The channels that exist and stay empty here.
const SILENT: [&str; 7] =
    ["updatedBars", "dailyBars", "statuses", "lulds", "corrections", "cancelErrors", "imbalances"];

/// What a client gets for one of its messages: an answer, and whether the connection ends.
pub(super) type Said = (Value, bool);

impl Client {
    /// A client that has just connected; `key` is what it has to show.
    pub(super) fn new(market: Market, bound: Option<usize>, key: (String, String)) -> Self {
        let channels = CHANNELS.into_iter().map(|channel| (channel, BTreeSet::new())).collect();
        Self {
            market,
            bound,
            key,
            authenticated: false,
            channels,
            told: BTreeMap::new(),
            prices: BTreeMap::new(),
            trades: 0,
        }
    }

    /// Takes a key from the headers of the handshake, where it is the right one.
    pub(super) fn show(&mut self, id: Option<&str>, secret: Option<&str>) -> bool {
        self.authenticated = (id, secret) == (Some(self.key.0.as_str()), Some(self.key.1.as_str()));
        self.authenticated
    }

    /// Answers one message.
    pub(super) fn hear(&mut self, text: &str) -> Said {
        let Ok(message) = serde_json::from_str::<Value>(text) else { return failed(400, "invalid syntax") };
        let word = |field: &str| message[field].as_str();
        match word("action") {
            Some("auth") if self.authenticated => failed(403, "already authenticated"),
            Some("auth") if self.show(word("key"), word("secret")) => (said("authenticated"), false),
            Some("auth") => (failed(402, "auth failed").0, true),
            Some("subscribe" | "unsubscribe") if !self.authenticated => failed(401, "not authenticated"),
            Some("subscribe") => self.subscribe(&message),
            Some("unsubscribe") => self.unsubscribe(&message),
            _ => failed(400, "invalid syntax"),
        }
    }

    fn subscribe(&mut self, message: &Value) -> Said {
        let Some(wanted) = lists(message) else { return failed(400, "invalid syntax") };
        let mut channels = self.channels.clone();
        for (channel, symbols) in wanted {
            channels.entry(channel).or_default().extend(symbols);
        }
        let counted = channels.iter().filter(|(channel, _)| **channel != "bars").map(|(_, all)| all.len());
        if self.bound.is_some_and(|bound| counted.sum::<usize>() > bound) {
            return failed(405, "symbol limit exceeded");
        }
        self.channels = channels;
        (self.subscription(), false)
    }

    fn unsubscribe(&mut self, message: &Value) -> Said {
        let Some(wanted) = lists(message) else { return failed(400, "invalid syntax") };
        for (channel, symbols) in wanted {
            if let Some(all) = self.channels.get_mut(channel) {
                all.retain(|symbol| !symbols.contains(symbol));
            }
        }
        (self.subscription(), false)
    }

    /// Everything that it is subscribed to.
    fn subscription(&self) -> Value {
        let mut all = json!({"T": "subscription"});
        for (channel, symbols) in &self.channels {
            all[*channel] = json!(symbols);
        }
        if self.market == Market::Stocks {
            for channel in SILENT {
                all[channel] = json!([]);
            }
        }
        json!([all])
    }

    /// What is new at `now` in the channels that it has subscribed to.
    pub(super) fn news(&mut self, world: &World, now: Micros) -> Vec<Value> {
        let mut news = Vec::new();
        for channel in CHANNELS {
            let wanted = self.channels.get(channel).cloned().unwrap_or_default();
            let all = wanted.contains("*");
            let class = if self.market == Market::Stocks { AssetClass::Equity } else { AssetClass::Crypto };
            for asset in world.assets.iter().filter(|asset| asset.class == class) {
                let (own, theirs) = (asset.symbol.as_str(), world.assets.to_alpaca(asset.symbol.as_str()));
                if !all && !wanted.contains(&theirs) {
                    continue;
                }
                let Some(open) = price::open_at(world.bars.intervals(own).map(|(_, series)| series), now)
                else {
                    continue;
                };
                let minute = if channel == "bars" { open.minute(now) } else { None };
                news.extend(self.tell(channel, &theirs, (now, open.price(now)), minute));
            }
        }
        news
    }

    fn tell(
        &mut self,
        channel: &'static str,
        symbol: &str,
        (now, price): (Micros, f64),
        minute: Option<Minute>,
    ) -> Option<Value> {
        let key = (channel, symbol.to_owned());
        if channel == "bars" {
            let minute = minute?;
            // The clock may be set back: what it shows now is what is told.
            if self.told.insert(key, minute.at) == Some(minute.at) {
                return None;
            }
            return Some(bar(symbol, &minute));
        }
        if self.prices.insert(key, price) == Some(price) {
            return None;
        }
        let stocks = self.market == Market::Stocks;
        if channel == "quotes" {
            let (bid, ask) = price::spread(price);
            let mut quote =
                json!({"T": "q", "S": symbol, "bp": bid, "bs": 1, "ap": ask, "as": 1, "t": exact(now)});
            if stocks {
                quote["bx"] = "V".into();
                quote["ax"] = "V".into();
                quote["c"] = json!(["R"]);
                quote["z"] = "A".into();
            }
            return Some(quote);
        }
        self.trades += 1;
        let mut trade =
            json!({"T": "t", "S": symbol, "i": self.trades, "p": price, "s": 100, "t": exact(now)});
        if stocks {
            trade["x"] = "V".into();
            trade["c"] = json!(["@"]);
            trade["z"] = "A".into();
        } else {
            trade["tks"] = "B".into();
        }
        Some(trade)
    }
}

fn bar(symbol: &str, minute: &Minute) -> Value {
    let [open, high, low, close] = minute.prices;
    let trades = (minute.volume / 100.0).ceil() as u64;
    json!({
        "T": "b", "S": symbol, "o": open, "h": high, "l": low, "c": close, "v": minute.volume as u64, "n": trades,
        "vw": (open + high + low + close) / 4.0, "t": seconds(minute.at),
    })
}

/// The symbols of each channel that a message names; `None` where a channel is not a list of texts.
fn lists(message: &Value) -> Option<Vec<(&'static str, Vec<String>)>> {
    let mut lists = Vec::new();
    for channel in CHANNELS {
        let Some(list) = message.get(channel) else { continue };
        let symbols = list.as_array()?.iter().map(|symbol| symbol.as_str().map(str::to_owned));
        lists.push((channel, symbols.collect::<Option<Vec<_>>>()?));
    }
    Some(lists)
}

/// A control message that all is well.
pub(super) fn said(message: &str) -> Value {
    json!([{"T": "success", "msg": message}])
}

/// An error as the stream writes it.
pub(super) fn failed(code: u16, message: &str) -> Said {
    (json!([{"T": "error", "code": code, "msg": message}]), false)
}
