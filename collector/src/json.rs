//! JSON as sources send it: strictly first, then with the known slips mended.

use std::fmt;

use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::normalise::Collected;

/// Reads `body`. What a strict reader refuses is read again with bare `NaN` and `Infinity` as null, lone surrogate escapes
/// and invalid UTF-8 as U+FFFD.
///
/// # Errors
/// The body is no JSON of this shape even then; the error is that of the strict reading.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, serde_json::Error> {
    match serde_json::from_slice(body) {
        Ok(value) => Ok(value),
        Err(strict) => serde_json::from_str(&mend(body)).map_err(|_| strict),
    }
}

/// The same, and counts the fields that neither the shape nor `silent` (known, of no use to us) names, by their own name:
/// they tell that a source is changing its form before it breaks.
///
/// # Errors
/// As [`parse`].
pub fn parse_noting<T: DeserializeOwned>(
    body: &[u8],
    silent: &[&str],
    collected: &mut Collected<'_>,
) -> Result<T, serde_json::Error> {
    let mut unknown: Vec<String> = Vec::new();
    let mut note = |path: serde_ignored::Path<'_>| {
        if let serde_ignored::Path::Map { key, .. } = path
            && !silent.contains(&key.as_str())
        {
            unknown.push(key);
        }
    };
    let strict = serde_ignored::deserialize(&mut serde_json::Deserializer::from_slice(body), &mut note);
    let parsed = match strict {
        Ok(value) => Ok(value),
        Err(strict) => serde_json::from_str(&mend(body)).map_err(|_| strict),
    };
    if parsed.is_ok() {
        unknown.into_iter().for_each(|name| collected.unknown_field(name));
    }
    parsed
}

fn mend(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let mut mended = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    let mut quoted = false;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '"' => {
                quoted = !quoted;
                mended.push('"');
                1
            }
            '\\' if quoted => escape(rest, &mut mended),
            'N' | 'I' | '-' if !quoted => {
                match ["NaN", "Infinity", "-Infinity"].iter().find(|w| rest.starts_with(**w)) {
                    Some(word) => {
                        mended.push_str("null");
                        word.len()
                    }
                    None => {
                        mended.push(c);
                        1
                    }
                }
            }
            _ => {
                mended.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    mended
}

/// Copies the escape at the start of `rest`, a lone surrogate as U+FFFD; returns how many bytes it took.
fn escape(rest: &str, mended: &mut String) -> usize {
    let unit = |text: &str| u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok();
    match unit(rest) {
        Some(0xD800..=0xDBFF) if matches!(unit(&rest[6..]), Some(0xDC00..=0xDFFF)) => {
            mended.push_str(&rest[..12]);
            12
        }
        Some(0xD800..=0xDFFF) => {
            mended.push('\u{FFFD}');
            6
        }
        _ => {
            let taken = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
            mended.push_str(&rest[..taken]);
            taken
        }
    }
}

/// A number that may come as a number, as text, as null, or as something else altogether; then it is `None`.
pub fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    deserializer.deserialize_any(Number)
}

/// A count that may come as a number or as text; anything else is `None`.
pub fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let number = deserializer.deserialize_any(Number)?;
    Ok(number.filter(|n| n.fract() == 0.0 && n.abs() < 9e15).map(|n| n as i64))
}

/// Text that may come as text or as a number (ids); anything else is `None`.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    deserializer.deserialize_any(Text)
}

macro_rules! nothing_else {
    () => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_none<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok(None)
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(None)
        }
    };
}

struct Number;

impl<'de> Visitor<'de> for Number {
    type Value = Option<f64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value as f64))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(value.trim().parse().ok())
    }

    nothing_else!();
}

struct Text;

impl<'de> Visitor<'de> for Text {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Some(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Self::Value, E> {
        Ok(Some(value))
    }

    nothing_else!();
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn mends_the_known_slips_and_nothing_else() {
        let cases: [(&[u8], Option<Value>); 9] = [
            (br#"{"a":NaN,"b":[-Infinity,Infinity]}"#, Some(json!({"a": null, "b": [null, null]}))),
            (br#"{"a":"NaN -Infinity","b":NaN}"#, Some(json!({"a": "NaN -Infinity", "b": null}))),
            (br#"["\ud800 \ud83d\ude00 \udc00"]"#, Some(json!(["\u{FFFD} \u{1F600} \u{FFFD}"]))),
            (br#"["\\ud800","\"NaN",NaN]"#, Some(json!(["\\ud800", "\"NaN", null]))),
            (b"[\"caf\xe9\"]", Some(json!(["caf\u{FFFD}"]))),
            (br#"{"data":[{"id":"1"#, None),
            (b"<html>", None),
            (b"", None),
            (br#"["\u12"#, None),
        ];
        for (body, expected) in cases {
            assert_eq!(parse::<Value>(body).ok(), expected, "{}", String::from_utf8_lossy(body));
        }
    }

    #[derive(serde::Deserialize)]
    struct Loose {
        #[serde(default, deserialize_with = "number")]
        n: Option<f64>,
        #[serde(default, deserialize_with = "count")]
        c: Option<i64>,
        #[serde(default, deserialize_with = "text")]
        t: Option<String>,
    }

    #[test]
    fn takes_numbers_as_text_and_texts_as_numbers() {
        let loose: Loose = parse(br#"{"n":"1.5","c":"12","t":605161873479233538}"#).unwrap();
        assert_eq!((loose.n, loose.c, loose.t.as_deref()), (Some(1.5), Some(12), Some("605161873479233538")));
        let odd: Loose = parse(br#"{"n":{"x":[1]},"c":1.5,"t":[1]}"#).unwrap();
        assert_eq!((odd.n, odd.c, odd.t), (None, None, None));
        let none: Loose = parse(b"{}").unwrap();
        assert_eq!((none.n, none.c, none.t), (None, None, None));
    }
}
