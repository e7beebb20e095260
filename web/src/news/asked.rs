//! What an address asks for, read and checked before anything is looked up.

use chrono::{Datelike, NaiveDate};
use serde::Deserialize;

use super::cursor::Cursor;
use crate::sentiment::asked::Noise;
use crate::site::refusal::Accepted;

/// Longest search, in characters.
const QUERY_CHARS: usize = 200;
/// Longest name of an outlet, in characters.
const OUTLET_CHARS: usize = 120;
/// Years in which news may lie.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2200;
/// Classes of assets.
pub const CLASSES: [&str; 4] = ["equity", "crypto", "fx", "index"];

/// The tone of a headline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Above the band that counts as neutral.
    Positive,
    /// Within it.
    Neutral,
    /// Below it.
    Negative,
}

impl Tone {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Positive, Self::Neutral, Self::Negative];

    /// The name in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Positive => "positive",
            Self::Neutral => "neutral",
            Self::Negative => "negative",
        }
    }
}

/// The query as it comes.
#[derive(Debug, Default, Deserialize)]
pub struct Query {
    q: Option<String>,
    outlet: Option<String>,
    lang: Option<String>,
    class: Option<String>,
    from: Option<String>,
    to: Option<String>,
    tone: Option<String>,
    noise: Option<String>,
    cursor: Option<String>,
    format: Option<String>,
}

/// Which headlines are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filters {
    /// Words, as a reader types them: quotes, `or` and `-` count.
    pub q: Option<String>,
    /// The outlet by its name.
    pub outlet: Option<String>,
    /// ISO 639-1 language.
    pub lang: Option<String>,
    /// Class of the assets, one of [`CLASSES`].
    pub class: Option<&'static str>,
    /// First day (UTC).
    pub from: Option<NaiveDate>,
    /// Last day (UTC).
    pub to: Option<NaiveDate>,
    /// The tone.
    pub tone: Option<Tone>,
    /// Whether noise is left in.
    pub noise: Noise,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Which headlines.
    pub filters: Filters,
    /// After which one.
    pub cursor: Option<Cursor>,
    /// Whether as a table for spreadsheets.
    pub csv: bool,
}

impl Asked {
    /// Reads a query.
    ///
    /// # Errors
    /// A value is none that is accepted; the text with this key says which are.
    pub fn parse(query: &Query) -> Result<Self, Accepted> {
        let given = |value: &Option<String>| {
            value.as_deref().map(str::trim).filter(|v| !v.is_empty()).map(str::to_owned)
        };
        let bounded = |value: &Option<String>, most: usize, accepted| match given(value) {
            Some(text) if text.chars().count() > most || text.contains('\0') => Err(accepted),
            text => Ok(text),
        };
        let day = |value: &Option<String>| match given(value) {
            None => Ok(None),
            Some(day) => NaiveDate::parse_from_str(&day, "%Y-%m-%d")
                .ok()
                .filter(|day| YEARS.contains(&day.year()))
                .map(Some)
                .ok_or("mood_refused_day"),
        };
        let one_of = |value: &Option<String>, known: &[&'static str], accepted| match given(value) {
            None => Ok(None),
            Some(name) => known.iter().find(|k| **k == name).copied().map(Some).ok_or(accepted),
        };
        let lang = given(&query.lang).map(|lang| lang.to_ascii_lowercase());
        if lang.as_ref().is_some_and(|l| l.len() != 2 || !l.bytes().all(|b| b.is_ascii_lowercase())) {
            return Err("mood_refused_lang");
        }
        let tones = Tone::ALL.map(Tone::as_str);
        let tone = one_of(&query.tone, &tones, "mood_refused_tone")?;
        let filters = Filters {
            q: bounded(&query.q, QUERY_CHARS, "mood_refused_query")?,
            outlet: bounded(&query.outlet, OUTLET_CHARS, "mood_refused_outlet")?,
            lang,
            class: one_of(&query.class, &CLASSES, "mood_refused_class")?,
            from: day(&query.from)?,
            to: day(&query.to)?,
            tone: tone.and_then(|name| Tone::ALL.into_iter().find(|tone| tone.as_str() == name)),
            noise: Noise::parse(query.noise.as_deref())?,
        };
        if filters.from.zip(filters.to).is_some_and(|(from, to)| from > to) {
            return Err("mood_refused_range");
        }
        let cursor = given(&query.cursor)
            .map(|cursor| Cursor::parse(&cursor).ok_or("mood_refused_cursor"))
            .transpose()?;
        let csv = one_of(&query.format, &["html", "csv"], "mood_refused_format")? == Some("csv");
        Ok(Self { filters, cursor, csv })
    }
}

impl Filters {
    /// The query of an address that asks for the same headlines, with `more` added.
    pub fn query(&self, more: &[(&str, &str)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let (from, to) = (self.from.map(|d| d.to_string()), self.to.map(|d| d.to_string()));
        let given = [
            ("q", self.q.as_deref()),
            ("outlet", self.outlet.as_deref()),
            ("lang", self.lang.as_deref()),
            ("class", self.class),
            ("from", from.as_deref()),
            ("to", to.as_deref()),
            ("tone", self.tone.map(Tone::as_str)),
            ("noise", (self.noise == Noise::Raw).then_some("raw")),
        ];
        for (name, value) in given {
            if let Some(value) = value.filter(|_| !more.iter().any(|(other, _)| *other == name)) {
                query.append_pair(name, value);
            }
        }
        for (name, value) in more {
            query.append_pair(name, value);
        }
        match query.finish() {
            query if query.is_empty() => query,
            query => format!("?{query}"),
        }
    }

    /// Whether nothing is filtered.
    pub fn is_empty(&self) -> bool {
        self.query(&[]).is_empty()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        let mut query = Query::default();
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            let place = match &*name {
                "q" => &mut query.q,
                "outlet" => &mut query.outlet,
                "lang" => &mut query.lang,
                "class" => &mut query.class,
                "from" => &mut query.from,
                "to" => &mut query.to,
                "tone" => &mut query.tone,
                "noise" => &mut query.noise,
                "cursor" => &mut query.cursor,
                "format" => &mut query.format,
                other => panic!("{other}"),
            };
            *place = Some(value.into_owned());
        }
        query
    }

    #[test]
    fn what_is_asked_for_comes_back_as_the_same_address() {
        let text = "?q=%22a+b%22+-c&outlet=A+%26+B&lang=es&class=fx&from=2026-01-01&to=2026-02-01&tone=negative&noise=raw";
        let asked = Asked::parse(&query(&text[1..])).unwrap();
        assert_eq!(asked.filters.query(&[]), text);
        assert!(asked.filters.query(&[("q", "x")]).ends_with("&q=x"));
        assert!(Asked::parse(&query("q=&from=&tone=+")).unwrap().filters.is_empty());
    }

    #[test]
    fn absurd_values_are_refused() {
        let long = format!("q={}", "x".repeat(10_000));
        for (text, accepted) in [
            (&*long, "mood_refused_query"),
            ("q=a%00b", "mood_refused_query"),
            ("lang=english", "mood_refused_lang"),
            ("lang=%C3%B1", "mood_refused_lang"),
            ("class=bonds", "mood_refused_class"),
            ("from=yesterday", "mood_refused_day"),
            ("from=-9999-01-01", "mood_refused_day"),
            ("to=999999999999-01-01", "mood_refused_day"),
            ("from=2026-02-30", "mood_refused_day"),
            ("from=2026-02-02&to=2026-02-01", "mood_refused_range"),
            ("tone=angry", "mood_refused_tone"),
            ("noise=1", "mood_refused_noise"),
            ("cursor=abc", "mood_refused_cursor"),
            ("format=exe", "mood_refused_format"),
        ] {
            assert_eq!(Asked::parse(&query(text)), Err(accepted), "{text:.60}");
        }
    }
}
