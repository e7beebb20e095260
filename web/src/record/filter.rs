//! What of the track record is asked for.

use chrono::NaiveDate;
use serde::Deserialize;

use crate::error::Error;
use crate::market::view::encode;

/// Outcomes on a page.
pub const PAGE: i64 = 50;
/// Longest name of a model that is looked for.
const MODEL_CHARS: usize = 80;
/// Trading days ahead that are forecast.
const HORIZONS: std::ops::RangeInclusive<i32> = 1..=5;

/// The address's parameters.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Query {
    asset: String,
    horizon: String,
    model: String,
    outcome: String,
    after: String,
}

/// How a forecast came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The price lay inside the 80 % interval.
    Inside,
    /// It lay outside.
    Outside,
    /// Closer than the random walk.
    Closer,
    /// Further off, or as far.
    Further,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Inside, Self::Outside, Self::Closer, Self::Further];

    /// The name in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inside => "inside",
            Self::Outside => "outside",
            Self::Closer => "closer",
            Self::Further => "further",
        }
    }
}

/// The last outcome of a page; the next page begins behind it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// When it was due.
    pub traded_on: NaiveDate,
    /// Its asset.
    pub symbol: String,
    /// Its horizon.
    pub horizon: i32,
    /// The publication in which it was made.
    pub publication_id: i64,
}

impl Cursor {
    /// As text in an address.
    pub fn write(&self) -> String {
        format!("{}~{}~{}~{}", self.traded_on, self.symbol, self.horizon, self.publication_id)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('~');
        let cursor = Self {
            traded_on: parts.next()?.parse().ok()?,
            symbol: parts.next().filter(|s| !s.is_empty() && s.len() <= MODEL_CHARS)?.to_owned(),
            horizon: parts.next()?.parse().ok().filter(|h| HORIZONS.contains(h))?,
            publication_id: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(cursor)
    }
}

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// Only this asset.
    pub asset: Option<String>,
    /// Only this horizon, in trading days.
    pub horizon: Option<i32>,
    /// Only this model.
    pub model: Option<String>,
    /// Only forecasts that came out so; scores leave this aside, since to pick outcomes is to pick the score.
    pub outcome: Option<Outcome>,
    /// Only what comes behind this one.
    pub after: Option<Cursor>,
}

impl Filter {
    /// Reads the address's parameters; empty ones ask for everything.
    ///
    /// # Errors
    /// One of them cannot be understood: what is accepted. An asset that is not `known` is not found.
    pub fn parse(query: &Query, known: impl Fn(&str) -> bool) -> Result<Self, Error> {
        let bad = |why| Error::Unclear { why };
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let asset = given(&query.asset);
        if asset.as_deref().is_some_and(|symbol| !known(symbol)) {
            return Err(Error::NotFound);
        }
        let horizon = match given(&query.horizon) {
            None => None,
            Some(text) => Some(
                text.parse()
                    .ok()
                    .filter(|h| HORIZONS.contains(h))
                    .ok_or_else(|| bad("record_accepts_horizon"))?,
            ),
        };
        let model = given(&query.model);
        if model.as_deref().is_some_and(|name| name.chars().count() > MODEL_CHARS) {
            return Err(bad("record_accepts_model"));
        }
        let outcome = match given(&query.outcome) {
            None => None,
            Some(text) => Some(
                Outcome::ALL
                    .into_iter()
                    .find(|o| o.name() == text)
                    .ok_or_else(|| bad("record_accepts_outcome"))?,
            ),
        };
        let after = match given(&query.after) {
            None => None,
            Some(text) => Some(Cursor::parse(&text).ok_or_else(|| bad("record_accepts_after"))?),
        };
        Ok(Self { asset, horizon, model, outcome, after })
    }

    /// The same as an address's query, without the cursor; empty where everything is asked for.
    pub fn query(&self) -> String {
        let horizon = self.horizon.map(|h| h.to_string());
        let parts = [
            ("asset", self.asset.as_deref()),
            ("horizon", horizon.as_deref()),
            ("model", self.model.as_deref()),
            ("outcome", self.outcome.map(Outcome::name)),
        ];
        let given = parts.iter().filter_map(|(name, value)| Some(format!("{name}={}", encode((*value)?))));
        given.collect::<Vec<_>>().join("&")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn query(asset: &str, horizon: &str, model: &str, outcome: &str, after: &str) -> Query {
        let [asset, horizon, model, outcome, after] =
            [asset, horizon, model, outcome, after].map(str::to_owned);
        Query { asset, horizon, model, outcome, after }
    }

    fn parse(query: &Query) -> Result<Filter, Error> {
        Filter::parse(query, |symbol| symbol == "EUR/USD")
    }

    #[test]
    fn a_filter_survives_the_way_through_an_address() {
        let filter = parse(&query("EUR/USD", "5", "elastic-net/1", "further", "")).unwrap();
        assert_eq!(filter.query(), "asset=EUR%2FUSD&horizon=5&model=elastic-net%2F1&outcome=further");
        assert_eq!(parse(&Query::default()).unwrap(), Filter::default());
        let traded_on = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
        let cursor = Cursor { traded_on, symbol: "EUR/USD".into(), horizon: 1, publication_id: 7 };
        assert_eq!(parse(&query("", "", "", "", &cursor.write())).unwrap().after, Some(cursor));
    }

    #[test]
    fn what_cannot_be_understood_is_refused() {
        for (bad, says) in [
            (query("", "0", "", "", ""), "horizon"),
            (query("", "-1", "", "", ""), "horizon"),
            (query("", "NaN", "", "", ""), "horizon"),
            (query("", "1000000000000", "", "", ""), "horizon"),
            (query("", "", "", "won", ""), "outcome"),
            (query("", "", &"m".repeat(81), "", ""), "model"),
            (query("", "", "", "", "2026-11-20~A~1"), "after"),
            (query("", "", "", "", "2026-11-20~A~9~1"), "after"),
            (query("", "", "", "", "'; drop table forecasts"), "after"),
        ] {
            assert!(matches!(parse(&bad), Err(Error::Unclear { why }) if why.ends_with(says)), "{bad:?}");
        }
        assert!(matches!(parse(&query("NOPE", "", "", "", "")), Err(Error::NotFound)));
    }
}
