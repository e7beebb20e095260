//! What each endpoint takes and gives, as data: calls are checked by it, and the document is made from it.

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::key::Scope;
use super::rows::{
    AssetV1, BarV1, DocumentV1, ForecastV1, IndicatorV1, OutcomeV1, PublicationV1, RiskV1, SentimentV1,
    SignalV1, UsageV1,
};
use crate::receipt::Receipt;

/// An endpoint.
pub struct Operation {
    /// Its name, in the document and in the usage table.
    pub id: &'static str,
    /// Its path pattern.
    pub path: &'static str,
    /// What it gives, in a sentence.
    pub summary: &'static str,
    /// What a key needs; `None`: any key will do.
    pub scope: Option<Scope>,
    /// What it takes.
    pub parameters: &'static [Parameter],
    /// What it gives.
    pub answer: Answer,
}

/// The shape of an answer.
pub enum Answer {
    /// A page of rows, also as CSV and Parquet.
    Rows(fn(&mut SchemaGenerator) -> Schema),
    /// One object, JSON only.
    One(fn(&mut SchemaGenerator) -> Schema),
    /// Server-sent events.
    Stream,
}

/// A parameter.
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Whether it is part of the path, and then needed; else of the query, and then not.
    pub in_path: bool,
    /// What it is, in a sentence.
    pub says: &'static str,
    /// What it may be.
    pub takes: Takes,
    /// An example, for the document.
    pub example: &'static str,
}

/// What a parameter may be.
#[derive(Debug, Clone, Copy)]
pub enum Takes {
    /// A text of at most so many characters.
    Text(usize),
    /// A day.
    Day,
    /// A slot's name.
    Slot,
    /// A whole number from … to ….
    Integer(i64, i64),
    /// One of these words.
    Word(&'static [&'static str]),
}

impl Takes {
    /// What is accepted, as a message says it.
    pub fn accepted(self) -> String {
        match self {
            Self::Text(most) => format!("a text of 1 to {most} characters, without control characters"),
            Self::Day => "a day such as 2026-11-21, from 1900 to 2199".to_owned(),
            Self::Slot => "a slot such as 2026-11-21T06Z, closing at 00, 06, 12 or 18 hours UTC".to_owned(),
            Self::Integer(least, most) => format!("a whole number from {least} to {most}"),
            Self::Word(words) => format!("one of {}", words.join(", ")),
        }
    }
}

const fn query(name: &'static str, takes: Takes, example: &'static str, says: &'static str) -> Parameter {
    Parameter { name, in_path: false, says, takes, example }
}

const SYMBOL: Parameter = Parameter {
    name: "symbol",
    in_path: true,
    says: "The asset's symbol, percent-encoded where it has to be: EUR%2FUSD.",
    takes: Takes::Text(40),
    example: "AAPL",
};
const AT_SLOT: Parameter = query(
    "slot",
    Takes::Slot,
    "2026-11-21T06Z",
    "What was published for this slot; left out: the newest one.",
);
const IN_SLOT: Parameter = Parameter {
    name: "slot",
    in_path: true,
    says: "The slot.",
    takes: Takes::Slot,
    example: "2026-11-21T06Z",
};
const FROM: Parameter = query("from", Takes::Day, "2026-01-01", "Nothing before this day (UTC).");
const TO: Parameter = query("to", Takes::Day, "2026-12-31", "Nothing after this day (UTC).");
const ORDER: Parameter = query(
    "order",
    Takes::Word(&["asc", "desc"]),
    "desc",
    "Oldest first (asc, as without it) or newest first.",
);
const CURSOR: Parameter = query("cursor", Takes::Text(2_000), "", "`next` of the page before.");
const LIMIT: Parameter =
    query("limit", Takes::Integer(1, 5_000), "100", "Most rows of the page; left out: 100.");
const FORMAT: Parameter = query(
    "format",
    Takes::Word(&["json", "csv", "parquet"]),
    "json",
    "json, csv or parquet, as far as the tier and the key's scopes allow; the Accept header says the same.",
);

const LIST: &[Parameter] = &[SYMBOL, FROM, TO, ORDER, CURSOR, LIMIT, FORMAT];
const PUBLISHED: &[Parameter] = &[SYMBOL, AT_SLOT, FORMAT];

fn rows<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<super::answers::Page<T>>()
}

fn one<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

macro_rules! operations {
    ($($name:ident = $id:literal, $path:literal, $scope:expr, $parameters:expr, $answer:expr, $summary:literal;)*) => {
        $(#[doc = $summary]
        pub static $name: Operation = Operation {
            id: $id, path: $path, summary: $summary, scope: $scope, parameters: $parameters, answer: $answer,
        };)*
        /// Every operation.
        pub static ALL: &[&Operation] = &[$(&$name),*];
    };
}

operations! {
    ASSETS = "listAssets", "/api/v1/assets", None,
        &[query("query", Takes::Text(64), "app", "Part of a name, symbol or alias."),
          query("class", Takes::Word(&["equity", "crypto", "fx", "index"]), "equity", "Only this class."),
          CURSOR, LIMIT, FORMAT],
        Answer::Rows(rows::<AssetV1>), "The assets by symbol.";
    ASSET = "getAsset", "/api/v1/assets/{symbol}", None, &[SYMBOL], Answer::One(one::<AssetV1>), "One asset.";
    BARS = "listBars", "/api/v1/assets/{symbol}/bars", Some(Scope::Price), LIST,
        Answer::Rows(rows::<BarV1>), "Daily bars of an asset.";
    INDICATORS = "listIndicators", "/api/v1/assets/{symbol}/indicators", Some(Scope::Price), LIST,
        Answer::Rows(rows::<IndicatorV1>), "Indicators of an asset by day, of the adjusted close.";
    SENTIMENT = "listSentiment", "/api/v1/assets/{symbol}/sentiment", Some(Scope::Sentiment), LIST,
        Answer::Rows(rows::<SentimentV1>), "Sentiment of an asset by slot.";
    DOCUMENTS = "listDocuments", "/api/v1/assets/{symbol}/documents", Some(Scope::News),
        &[SYMBOL, query("kind", Takes::Word(&["post", "article"]), "article", "Only this kind."),
          FROM, TO, CURSOR, LIMIT, FORMAT],
        Answer::Rows(rows::<DocumentV1>),
        "Posts and articles behind an asset's sentiment, newest first; headlines, never full articles.";
    FORECAST = "getForecast", "/api/v1/assets/{symbol}/forecast", Some(Scope::Predictions), PUBLISHED,
        Answer::Rows(rows::<ForecastV1>),
        "The forecast of an asset for five trading days, with intervals and the random walk's.";
    SIGNALS = "listSignals", "/api/v1/assets/{symbol}/signals", Some(Scope::Predictions), PUBLISHED,
        Answer::Rows(rows::<SignalV1>), "The signals of an asset. They describe; they are no advice.";
    RISK = "listRisk", "/api/v1/assets/{symbol}/risk", Some(Scope::Predictions), PUBLISHED,
        Answer::Rows(rows::<RiskV1>), "Value at Risk of an asset with its Monte-Carlo error.";
    OUTCOMES = "listOutcomes", "/api/v1/outcomes", None,
        &[query("symbol", Takes::Text(40), "AAPL", "Only this asset."),
          query("horizon", Takes::Integer(1, 5), "1", "Only this horizon, in trading days."), CURSOR, LIMIT, FORMAT],
        Answer::Rows(rows::<OutcomeV1>), "The track record: every scored forecast, newest first, losers too.";
    PUBLICATIONS = "listPublications", "/api/v1/publications", None, &[CURSOR, LIMIT, FORMAT],
        Answer::Rows(rows::<PublicationV1>),
        "What has been published, newest first; corrections are versions of their own.";
    RECEIPT = "getReceipt", "/api/v1/receipts/{symbol}/{slot}", None,
        &[SYMBOL, IN_SLOT,
          query("version", Takes::Integer(1, 1_000_000), "1", "This version; left out: the newest one.")],
        Answer::One(one::<Receipt>),
        "Everything behind the values published of an asset, as far as the key's tier may see it.";
    USAGE = "listUsage", "/api/v1/usage", None, &[CURSOR, LIMIT, FORMAT],
        Answer::Rows(rows::<UsageV1>),
        "Your calls by day and endpoint, newest first; this call included from the next one on.";
    EVENTS = "streamEvents", "/api/v1/events", None, &[], Answer::Stream,
        "Server-sent events: slot-published, within about a second of it. Goes on after Last-Event-ID.";
    LIVE = "streamLivePrices", "/api/v1/live", Some(Scope::Price),
        &[query("symbols", Takes::Text(2_000), "AAPL,BTC-USD", "Symbols, separated by commas; at most 100, and needed.")],
        Answer::Stream,
        "Server-sent events: quote, the live price of an asset where a streaming source is connected.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::app::{Guard, routes};

    #[test]
    fn every_route_for_programs_is_described_and_nothing_else() {
        let described: BTreeSet<&str> = ALL.iter().map(|operation| operation.path).collect();
        let served: BTreeSet<&str> = routes().filter(|r| r.guard == Guard::Key).map(|r| r.path).collect();
        assert_eq!(described, served);
        let ids: BTreeSet<&str> = ALL.iter().map(|operation| operation.id).collect();
        assert_eq!(ids.len(), ALL.len());
        for operation in ALL {
            let named = operation.path.split('{').skip(1).filter_map(|part| part.split('}').next());
            let in_path = operation.parameters.iter().filter(|p| p.in_path).map(|p| p.name);
            assert!(named.eq(in_path), "{}", operation.path);
        }
    }
}
