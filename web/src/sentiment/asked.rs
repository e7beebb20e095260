//! What an address asks for, read and checked before anything is looked up.

use domain::Slot;
use serde::{Deserialize, Serialize};

use crate::site::refusal::Accepted;

/// Longest name of a source.
const SOURCE_CHARS: usize = 64;
/// The periods of a chart, in days.
pub const PERIODS: [i64; 5] = [7, 30, 90, 365, 1825];
/// The period that is shown unless another is asked for.
const USUAL: i64 = 30;

/// Whether noise is left in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Noise {
    /// Everything, noise too.
    Raw,
    /// Without noise.
    Organic,
}

impl Noise {
    /// The value of `?noise=`; without noise unless it says otherwise.
    ///
    /// # Errors
    /// It is neither.
    pub fn parse(value: Option<&str>) -> Result<Self, Accepted> {
        match value.unwrap_or("organic") {
            "raw" => Ok(Self::Raw),
            "organic" | "" => Ok(Self::Organic),
            _ => Err("mood_refused_noise"),
        }
    }

    /// The name in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Organic => "organic",
        }
    }
}

/// The query as it comes.
#[derive(Debug, Default, Deserialize)]
pub struct Query {
    noise: Option<String>,
    days: Option<String>,
    slot: Option<String>,
    source: Option<String>,
    rows: Option<String>,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Whether noise is left in.
    pub noise: Noise,
    /// The period of the charts, in days: one of [`PERIODS`].
    pub days: i64,
    /// The slot that is looked into; `None`: the newest.
    pub slot: Option<Slot>,
    /// The source of the lead–lag panel; `None`: all together.
    pub source: Option<String>,
    /// Whether all documents are listed.
    pub whole: bool,
}

impl Asked {
    /// Reads a query.
    ///
    /// # Errors
    /// A value is none that is accepted; the text with this key says which are.
    pub fn parse(query: &Query) -> Result<Self, Accepted> {
        let given = |value: &Option<String>| value.clone().filter(|v| !v.is_empty());
        let days = match given(&query.days) {
            None => USUAL,
            Some(days) => {
                let days: i64 = days.parse().map_err(|_| "mood_refused_days")?;
                PERIODS.into_iter().find(|known| *known == days).ok_or("mood_refused_days")?
            }
        };
        let slot =
            given(&query.slot).map(|slot| slot.parse().map_err(|_| "mood_refused_slot")).transpose()?;
        let source = given(&query.source).filter(|source| source != "all");
        if source.as_ref().is_some_and(|s| s.chars().count() > SOURCE_CHARS || s.contains('\0')) {
            return Err("mood_refused_source");
        }
        let whole = match given(&query.rows).as_deref() {
            None => false,
            Some("all") => true,
            Some(_) => return Err("mood_refused_rows"),
        };
        Ok(Self { noise: Noise::parse(query.noise.as_deref())?, days, slot, source, whole })
    }

    /// The query of an address that asks for the same.
    pub fn query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if self.noise == Noise::Raw {
            query.append_pair("noise", "raw");
        }
        if self.days != USUAL {
            query.append_pair("days", &self.days.to_string());
        }
        if let Some(slot) = self.slot {
            query.append_pair("slot", &slot.to_string());
        }
        if let Some(source) = &self.source {
            query.append_pair("source", source);
        }
        if self.whole {
            query.append_pair("rows", "all");
        }
        match query.finish() {
            query if query.is_empty() => query,
            query => format!("?{query}"),
        }
    }
}

/// One choice of several, as a link.
#[derive(Debug, Serialize)]
pub struct Choice {
    /// What it is called.
    pub label: String,
    /// The query that chooses it.
    pub query: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

impl Asked {
    /// A link for each period up to `most` days, `label` naming it.
    pub fn periods(&self, most: Option<i64>, label: impl Fn(i64) -> String) -> Vec<Choice> {
        let open = PERIODS.into_iter().filter(|days| most.is_none_or(|most| *days <= most));
        open.map(|days| Choice {
            label: label(days),
            query: Self { days, ..self.clone() }.query(),
            chosen: days == self.days,
        })
        .collect()
    }

    /// The two sides of the noise switch.
    pub fn sides(&self, label: impl Fn(Noise) -> String) -> Vec<Choice> {
        let side = |noise| Choice {
            label: label(noise),
            query: Self { noise, ..self.clone() }.query(),
            chosen: noise == self.noise,
        };
        vec![side(Noise::Organic), side(Noise::Raw)]
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        let mut query = Query::default();
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            let value = Some(value.into_owned());
            match &*name {
                "noise" => query.noise = value,
                "days" => query.days = value,
                "slot" => query.slot = value,
                "source" => query.source = value,
                "rows" => query.rows = value,
                other => panic!("{other}"),
            }
        }
        query
    }

    #[test]
    fn what_is_asked_for_comes_back_as_the_same_address() {
        for text in
            ["", "?noise=raw", "?days=90", "?noise=raw&days=7&slot=2026-11-21T06Z&source=x+y&rows=all"]
        {
            let asked = Asked::parse(&query(text.trim_start_matches('?'))).unwrap();
            assert_eq!(asked.query(), text);
        }
        assert_eq!(Asked::parse(&query("days=&slot=&noise=&source=all")), Asked::parse(&Query::default()));
    }

    #[test]
    fn absurd_values_are_refused() {
        let long = format!("source={}", "x".repeat(10_000));
        for (text, accepted) in [
            ("days=-1", "mood_refused_days"),
            ("days=8", "mood_refused_days"),
            ("days=NaN", "mood_refused_days"),
            ("days=1000000000000000000000", "mood_refused_days"),
            ("noise=some", "mood_refused_noise"),
            ("slot=2026-11-21", "mood_refused_slot"),
            ("slot=%27%3B+drop+table+documents", "mood_refused_slot"),
            ("rows=-5", "mood_refused_rows"),
            ("source=a%00b", "mood_refused_source"),
            (&long, "mood_refused_source"),
        ] {
            assert_eq!(Asked::parse(&query(text)), Err(accepted), "{text}");
        }
    }
}
