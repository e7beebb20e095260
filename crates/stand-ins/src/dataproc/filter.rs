//! The filters of listings: `field = value AND field = value`, where `*` stands for any value.

use regex::Regex;
use serde_json::Value;

use crate::reply::Reply;
use crate::server::Request;

/// The terms of a filter, all of which must hold.
#[derive(Debug, PartialEq)]
pub(super) struct Filter(Vec<(String, String)>);

impl Filter {
    /// The filter of this request, which may only speak of these fields and of labels; without one everything fits.
    pub(super) fn of(request: &Request, fields: &[&str]) -> Result<Self, Reply> {
        let Some(text) = request.parameter("filter") else { return Ok(Self(Vec::new())) };
        let refuse = || Reply::fault(400, "INVALID_ARGUMENT", &format!("Invalid list filter: {text}"));
        let term = Regex::new(r"^\s*(?:AND\s+)?([A-Za-z][\w.-]*)\s*=\s*([^\s=]+)").map_err(|_| refuse())?;
        let mut rest = text;
        let mut terms = Vec::new();
        while !rest.trim().is_empty() {
            let found = term.captures(rest).ok_or_else(refuse)?;
            let [field, value] = [&found[1], &found[2]];
            if !field.starts_with("labels.") && !fields.contains(&field) {
                return Err(refuse());
            }
            terms.push((field.to_owned(), value.trim_matches('"').to_owned()));
            rest = &rest[found[0].len()..];
        }
        Ok(Self(terms))
    }

    /// Whether a resource fits; `groups` tells which states a word like `ACTIVE` means.
    pub(super) fn fits(
        &self,
        resource: &Value,
        groups: impl Fn(&str) -> Option<&'static [&'static str]>,
    ) -> bool {
        self.0.iter().all(|(field, wanted)| {
            let actual = match field.strip_prefix("labels.") {
                Some(label) => &resource["labels"][label],
                None if field == "status.state" => &resource["status"]["state"],
                None => &resource[field],
            };
            let Some(actual) = actual.as_str() else { return false };
            let grouped = groups(wanted).filter(|_| field == "status.state");
            wanted == "*" || wanted == actual || grouped.is_some_and(|states| states.contains(&actual))
        })
    }
}
