//! The parameters of an address, checked one by one.

use std::fmt::Write;

use url::form_urlencoded;

use crate::error::Error;
use crate::text::{Lang, fill, text};

/// Longest query that is read, in bytes; every honest one is far shorter.
const LONGEST: usize = 4_000;
/// Letters of a refused value that are shown.
const SHOWN: usize = 40;

/// A parameter that is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its name.
    pub name: &'static str,
    /// What was given, cut short.
    pub given: String,
    /// The key of the text that says what is accepted.
    pub accepts: &'static str,
}

impl Refused {
    /// A refusal of this value.
    pub fn new(name: &'static str, given: &str, accepts: &'static str) -> Self {
        Self { name, given: given.chars().take(SHOWN).collect(), accepts }
    }

    /// What is said about it.
    pub fn says(&self, lang: Lang) -> String {
        let values = [("name", self.name), ("given", &*self.given), ("accepted", text(lang, self.accepts))];
        fill(lang, "prices_refused", &values)
    }

    /// The same as an error of the JSON interface.
    pub fn error(&self, lang: Lang) -> Error {
        Error::BadRequest(self.says(lang))
    }
}

/// Names and values of an address, in its order.
#[derive(Debug, Default)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads the query of an address.
    ///
    /// # Errors
    /// It is longer than any question that can be answered.
    pub fn parse(query: &str) -> Result<Self, Refused> {
        if query.len() > LONGEST {
            return Err(Refused::new("?", query, "accepts_shorter"));
        }
        Ok(Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
    }

    /// The last value of this name: a form sends a hidden value before that of a ticked box. An empty one counts as not given.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().rev().find(|(key, _)| key == name)?;
        Some(found.1.trim()).filter(|value| !value.is_empty())
    }

    /// The value that `name` stands for among `choices`, or `usual` where it is not given.
    ///
    /// # Errors
    /// It is given and none of them.
    pub fn choice<T: Copy>(
        &self,
        name: &'static str,
        choices: &[(&str, T)],
        usual: T,
        accepts: &'static str,
    ) -> Result<T, Refused> {
        let Some(given) = self.get(name) else { return Ok(usual) };
        let found = choices.iter().find(|(word, _)| *word == given);
        found.map(|(_, value)| *value).ok_or_else(|| Refused::new(name, given, accepts))
    }

    /// A whole number from `lowest` to `highest`, or `usual` where it is not given.
    ///
    /// # Errors
    /// It is given and no such number.
    pub fn whole(
        &self,
        name: &'static str,
        (lowest, highest): (u32, u32),
        usual: u32,
        accepts: &'static str,
    ) -> Result<u32, Refused> {
        let Some(given) = self.get(name) else { return Ok(usual) };
        whole(given)
            .and_then(|n| u32::try_from(n).ok())
            .filter(|n| (lowest..=highest).contains(n))
            .ok_or_else(|| Refused::new(name, given, accepts))
    }
}

/// A whole number written in digits alone: no sign, no point.
pub fn whole(text: &str) -> Option<usize> {
    let digits = !text.is_empty() && text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// A query as it is written: only what differs from the usual.
#[derive(Debug, Default)]
pub struct Written(String);

impl Written {
    /// Adds a parameter.
    pub fn push(&mut self, name: &str, value: &str) {
        let separator = if self.0.is_empty() { "" } else { "&" };
        // Commas stay readable: they mean nothing in a query.
        let value = form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>().replace("%2C", ",");
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{separator}{name}={value}");
    }

    /// Adds the word for a choice, unless it is the usual one.
    pub fn choice<T: Copy + PartialEq>(&mut self, name: &str, choices: &[(&str, T)], value: T, usual: T) {
        if value != usual
            && let Some((word, _)) = choices.iter().find(|(_, choice)| *choice == value)
        {
            self.push(name, word);
        }
    }

    /// The query, without its question mark.
    pub fn done(self) -> String {
        self.0
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_counts_and_empty_ones_do_not() {
        let params = Params::parse("volume=0&volume=1&from=&x=a%2Cb").unwrap();
        assert_eq!(
            (params.get("volume"), params.get("from"), params.get("x")),
            (Some("1"), None, Some("a,b"))
        );
        assert!(Params::parse(&"a".repeat(5_000)).is_err());
    }

    #[test]
    fn whole_numbers_are_digits_alone() {
        for (text, value) in [
            ("12", Some(12)),
            ("0", Some(0)),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("1.0", None),
            ("NaN", None),
            ("1e3", None),
            ("999999999999", None),
            ("１２", None),
        ] {
            assert_eq!(whole(text), value, "{text}");
        }
    }

    #[test]
    fn a_refusal_shows_little_of_what_was_given() {
        let refused = Refused::new("ema", &"9".repeat(500), "accepts_ema");
        assert_eq!(refused.given.len(), SHOWN);
        assert!(refused.says(Lang::En).contains("ema"));
    }
}
