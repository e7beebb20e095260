//! Parameters: each is checked by what its operation says of it; what is not named is refused, so that a misspelt filter
//! does not silently give everything.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use domain::Slot;
use url::form_urlencoded;

use super::operation::{Operation, Parameter, Takes};
use super::problem::Problem;

/// The checked parameters of one call.
#[derive(Debug, Default)]
pub struct Parameters(BTreeMap<&'static str, String>);

impl Parameters {
    /// Checks the values in path and query.
    ///
    /// # Errors
    /// One is unknown, there twice, or not what is accepted.
    pub fn read(
        operation: &Operation,
        path: &BTreeMap<String, String>,
        query: &str,
    ) -> Result<Self, Problem> {
        let mut found = BTreeMap::new();
        for parameter in operation.parameters.iter().filter(|p| p.in_path) {
            let value = path.get(parameter.name).cloned().unwrap_or_default();
            found.insert(parameter.name, checked(parameter, value)?);
        }
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let known = operation.parameters.iter().find(|p| !p.in_path && p.name == name);
            let parameter = known.ok_or_else(|| unknown(operation))?;
            if found.insert(parameter.name, checked(parameter, value.into_owned())?).is_some() {
                return Err(Problem::parameter(parameter.name, "may be given once only"));
            }
        }
        Ok(Self(found))
    }

    /// A value as text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A whole number.
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }

    /// A day.
    pub fn day(&self, name: &str) -> Option<NaiveDate> {
        self.text(name)?.parse().ok()
    }

    /// A slot.
    pub fn slot(&self, name: &str) -> Option<Slot> {
        self.text(name)?.parse().ok()
    }

    /// All of them but the cursor and the size of the page: what a cursor is bound to.
    pub fn filters(&self) -> String {
        let kept = self.0.iter().filter(|(name, _)| !matches!(**name, "cursor" | "limit" | "format"));
        form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish()
    }
}

fn unknown(operation: &Operation) -> Problem {
    let names: Vec<&str> = operation.parameters.iter().filter(|p| !p.in_path).map(|p| p.name).collect();
    let detail = if names.is_empty() {
        "This endpoint takes no parameter in its query.".to_owned()
    } else {
        format!("This endpoint takes {}.", names.join(", "))
    };
    Problem::new("invalid_parameter", detail)
}

fn checked(parameter: &Parameter, value: String) -> Result<String, Problem> {
    let fine = match parameter.takes {
        Takes::Text(most) => {
            !value.is_empty() && value.chars().count() <= most && !value.chars().any(char::is_control)
        }
        Takes::Day => value.parse().is_ok_and(|day: NaiveDate| (1900..2200).contains(&day.year())),
        Takes::Slot => value.parse::<Slot>().is_ok(),
        Takes::Integer(least, most) => value.parse().is_ok_and(|n: i64| (least..=most).contains(&n)),
        Takes::Word(words) => words.contains(&value.as_str()),
    };
    if fine { Ok(value) } else { Err(Problem::parameter(parameter.name, &parameter.takes.accepted())) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::api::operation::{ASSETS, BARS, OUTCOMES, RECEIPT};

    fn path(symbol: &str) -> BTreeMap<String, String> {
        [("symbol".to_owned(), symbol.to_owned()), ("slot".to_owned(), "2026-11-21T06Z".to_owned())].into()
    }

    #[test]
    fn what_is_not_accepted_is_refused_with_what_is() {
        let cases: [(&Operation, &str, &str); 11] = [
            (&BARS, "limit=0", "1 to 5000"),
            (&BARS, "limit=1e3", "1 to 5000"),
            (&BARS, "limit=-1", "1 to 5000"),
            (&BARS, "limit=99999999999999999999", "1 to 5000"),
            (&BARS, "from=2026-02-30", "2026-11-21"),
            (&BARS, "from=+262142-01-01", "2026-11-21"),
            (&BARS, "form=2026-01-01", "takes from, to"),
            (&BARS, "limit=5&limit=6", "once"),
            (&ASSETS, "query=a%00b", "control"),
            (&ASSETS, "class=bond", "equity"),
            (&OUTCOMES, "horizon=6", "1 to 5"),
        ];
        for (operation, query, says) in cases {
            let problem = Parameters::read(operation, &path("AAPL"), query).unwrap_err();
            assert_eq!(problem.code, "invalid_parameter", "{query}");
            assert!(problem.detail.contains(says), "{query}: {}", problem.detail);
        }
        assert!(Parameters::read(&BARS, &path("\u{7}"), "").is_err());
        assert!(Parameters::read(&RECEIPT, &[("slot".to_owned(), "now".to_owned())].into(), "").is_err());
    }

    #[test]
    fn a_cursor_is_bound_to_the_filters_and_not_to_the_size() {
        let read = |query: &str| Parameters::read(&BARS, &path("EUR/USD"), query).unwrap();
        let parameters = read("from=2026-01-02&limit=7&cursor=x");
        assert_eq!(parameters.integer("limit"), Some(7));
        assert_eq!(parameters.day("from").unwrap().to_string(), "2026-01-02");
        assert_eq!(parameters.filters(), read("from=2026-01-02&limit=9").filters());
        assert_ne!(parameters.filters(), read("limit=7").filters());
    }
}
