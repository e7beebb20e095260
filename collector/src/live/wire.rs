//! The messages of Alpaca's stream: lists of objects, each with its kind in `T`.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

/// What one object of a message says.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// A success: `connected`, `authenticated`.
    Success(String),
    /// An error, by its code.
    Error(u16, String),
    /// What is subscribed to now.
    Subscription,
    /// Something about a symbol, by Alpaca's spelling.
    Of(String, Event),
    /// A kind that we have not asked for.
    Other,
}

/// What happened to an asset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event {
    /// It traded, or a minute closed, at a price.
    Price {
        /// The price.
        price: f64,
        /// When, by the source's clock.
        at: DateTime<Utc>,
    },
    /// The best bid and offer changed.
    Spread {
        /// The bid.
        bid: f64,
        /// The offer.
        ask: f64,
        /// When, by the source's clock.
        at: DateTime<Utc>,
    },
}

#[derive(Deserialize)]
struct Object {
    #[serde(rename = "T")]
    kind: String,
    #[serde(rename = "S", default)]
    symbol: String,
    #[serde(default)]
    msg: String,
    #[serde(default)]
    code: u16,
    p: Option<f64>,
    bp: Option<f64>,
    ap: Option<f64>,
    c: Option<Value>,
    t: Option<DateTime<Utc>>,
}

/// Reads one message.
///
/// # Errors
/// It is not a list of objects with a kind.
pub fn read(text: &str) -> Result<Vec<Said>, serde_json::Error> {
    Ok(serde_json::from_str::<Vec<Object>>(text)?.into_iter().map(Object::said).collect())
}

impl Object {
    fn said(self) -> Said {
        let event = match self.kind.as_str() {
            "success" => return Said::Success(self.msg),
            "error" => return Said::Error(self.code, self.msg),
            "subscription" => return Said::Subscription,
            "t" => self.p.zip(self.t).map(|(price, at)| Event::Price { price, at }),
            "q" => self.bp.zip(self.ap).zip(self.t).map(|((bid, ask), at)| Event::Spread { bid, ask, at }),
            // A minute's bar is named by its open; its close was the price at its end.
            "b" => {
                self.c.as_ref().and_then(Value::as_f64).zip(self.t).map(|(price, opens_at)| Event::Price {
                    price,
                    at: opens_at + chrono::Duration::minutes(1),
                })
            }
            _ => None,
        };
        match event {
            Some(event) if event.is_usable() && !self.symbol.is_empty() => Said::Of(self.symbol, event),
            _ => Said::Other,
        }
    }
}

impl Event {
    /// Whether its numbers are prices: outside of trading hours a side of the spread is 0.
    fn is_usable(&self) -> bool {
        let price = |price: f64| price.is_finite() && price > 0.0;
        match self {
            Self::Price { price: at, .. } => price(*at),
            Self::Spread { bid, ask, .. } => price(*bid) && price(*ask) && bid <= ask,
        }
    }
}

/// The message that shows the key.
pub fn auth(key_id: &str, secret_key: &str) -> String {
    json!({"action": "auth", "key": key_id, "secret": secret_key}).to_string()
}

/// The message that asks for symbols: their minutes, and with `all` their trades and quotes too.
pub fn subscribe(symbols: &[&str], all: bool) -> String {
    if all {
        json!({"action": "subscribe", "trades": symbols, "quotes": symbols, "bars": symbols}).to_string()
    } else {
        json!({"action": "subscribe", "bars": symbols}).to_string()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The examples of Alpaca's documentation, by their fields.
    #[test]
    fn documented_messages_are_read() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let cases = [
            (r#"[{"T":"success","msg":"connected"}]"#, vec![Said::Success("connected".into())]),
            (
                r#"[{"T":"error","code":406,"msg":"connection limit exceeded"}]"#,
                vec![Said::Error(406, "connection limit exceeded".into())],
            ),
            (
                r#"[{"T":"subscription","trades":["AAPL"],"quotes":[],"bars":["*"]}]"#,
                vec![Said::Subscription],
            ),
            (
                r#"[{"T":"t","i":96921,"S":"AAPL","x":"D","p":126.55,"s":1,"t":"2021-02-22T15:51:44.208Z","c":["@","I"],"z":"C"}]"#,
                vec![Said::Of(
                    "AAPL".into(),
                    Event::Price { price: 126.55, at: at("2021-02-22T15:51:44.208Z") },
                )],
            ),
            (
                r#"[{"T":"q","S":"AMD","bx":"U","bp":87.66,"bs":1,"ax":"Q","ap":87.68,"as":4,"t":"2021-02-22T15:51:45.335689322Z","c":["R"],"z":"C"}]"#,
                vec![Said::Of(
                    "AMD".into(),
                    Event::Spread { bid: 87.66, ask: 87.68, at: at("2021-02-22T15:51:45.335689322Z") },
                )],
            ),
            (
                r#"[{"T":"b","S":"SPY","o":388.985,"h":389.13,"l":388.975,"c":389.12,"v":49378,"n":461,"vw":389.062639,"t":"2021-02-22T19:15:00Z"}]"#,
                vec![Said::Of("SPY".into(), Event::Price { price: 389.12, at: at("2021-02-22T19:16:00Z") })],
            ),
            (r#"[{"T":"d","S":"SPY","c":1.0,"t":"2021-02-22T19:15:00Z"}]"#, vec![Said::Other]),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_price_is_not_taken_for_one() {
        for text in [
            r#"[{"T":"t","S":"A","p":0,"t":"2021-02-22T15:51:44Z"}]"#,
            r#"[{"T":"t","S":"A","p":-1,"t":"2021-02-22T15:51:44Z"}]"#,
            r#"[{"T":"t","S":"A","t":"2021-02-22T15:51:44Z"}]"#,
            r#"[{"T":"t","S":"","p":1,"t":"2021-02-22T15:51:44Z"}]"#,
            r#"[{"T":"q","S":"A","bp":0,"ap":10,"t":"2021-02-22T15:51:44Z"}]"#,
            r#"[{"T":"q","S":"A","bp":11,"ap":10,"t":"2021-02-22T15:51:44Z"}]"#,
        ] {
            assert_eq!(read(text).unwrap(), [Said::Other], "{text}");
        }
        for text in ["", "{}", "[1]", "[{}]", r#"[{"T":"t","S":"A","p":"x"}]"#, r#"[{"T":"t","t":"now"}]"#] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
