//! One value against one schema of a discovery document.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};
use chrono::{DateTime, NaiveDate};
use regex::Regex;
use serde_json::{Map, Value};

/// Checks a parameter of the path or the query, which always comes as text.
pub(super) fn check_parameter(parameter: &Value, name: &str, value: &str, found: &mut Vec<String>) {
    let number =
        |signed: bool| if signed { value.parse::<i64>().is_ok() } else { value.parse::<u64>().is_ok() };
    let fits = match (parameter["type"].as_str(), parameter["format"].as_str()) {
        (Some("boolean"), _) => matches!(value, "true" | "false"),
        (Some("integer"), Some("uint32")) => value.parse::<u32>().is_ok(),
        (Some("integer"), _) => value.parse::<i32>().is_ok(),
        (Some("number"), _) => value.parse::<f64>().is_ok(),
        (Some("string"), Some("int64")) => number(true),
        (Some("string"), Some("uint64")) => number(false),
        _ => true,
    };
    if !fits {
        found.push(format!("{name}={value} is not of type {}", parameter["type"]));
    }
    // Google's clients write an enumeration as its number here too.
    if parameter["enum"].is_array() && value.parse::<i32>().is_ok() {
        return;
    }
    check_text(parameter, name, value, found);
}

/// The list of allowed words, and the pattern that the whole text must match.
fn check_text(schema: &Value, at: &str, text: &str, found: &mut Vec<String>) {
    if schema["enum"].as_array().is_some_and(|words| !words.iter().any(|word| word == text)) {
        found.push(format!("{at}: {text:?} is not one of the words allowed"));
    }
    if let Some(pattern) = schema["pattern"].as_str() {
        // A pattern that this engine does not know, one with look-around for instance, is not held against the request.
        if Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|pattern| !pattern.is_match(text)) {
            found.push(format!("{at}: {text:?} does not match {pattern}"));
        }
    }
}

/// Walks through a body.
pub(super) struct Checker<'a> {
    pub(super) schemas: &'a Map<String, Value>,
    pub(super) method: &'a str,
    pub(super) found: &'a mut Vec<String>,
}

impl Checker<'_> {
    /// Checks a value against the schema of this name.
    pub(super) fn reference(&mut self, name: &str, at: &str, value: &Value) {
        match self.schemas.get(name) {
            Some(schema) => self.check(schema, at, value),
            None => self.found.push(format!("{at}: the description has no schema {name}")),
        }
    }

    fn check(&mut self, schema: &Value, at: &str, value: &Value) {
        if let Some(name) = schema["$ref"].as_str() {
            return self.reference(name, at, value);
        }
        let fits = match (schema["type"].as_str(), value) {
            (Some("object"), Value::Object(fields)) => {
                self.check_fields(schema, at, fields);
                true
            }
            (Some("array"), Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    self.check(&schema["items"], &format!("{at}[{index}]"), item);
                }
                true
            }
            // Google's clients write an enumeration as its number.
            (Some("string"), Value::Number(number)) if schema["enum"].is_array() => number.is_i64(),
            (Some("string"), Value::Number(number)) => {
                matches!(schema["format"].as_str(), Some("int64" | "uint64"))
                    && number.as_f64().is_some_and(|n| n.fract() == 0.0)
            }
            (Some("string"), Value::String(text)) => {
                check_text(schema, at, text, self.found);
                is_format(schema["format"].as_str(), text)
            }
            (Some("boolean"), Value::Bool(_)) => true,
            (Some("integer"), Value::Number(number)) => match schema["format"].as_str() {
                Some("uint32") => number.as_u64().is_some_and(|number| u32::try_from(number).is_ok()),
                _ => number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
            },
            (Some("number"), Value::Number(_)) => true,
            (Some("any") | None, _) => true,
            _ => false,
        };
        if !fits {
            let format = schema["format"].as_str().unwrap_or_default();
            self.found.push(format!("{at}: {value} is not of type {} {format}", schema["type"]));
        }
    }

    fn check_fields(&mut self, schema: &Value, at: &str, fields: &Map<String, Value>) {
        let properties = schema["properties"].as_object();
        let others = &schema["additionalProperties"];
        for (name, value) in fields {
            let at = format!("{at}.{name}");
            match properties.and_then(|properties| properties.get(name)) {
                Some(property) => self.check(property, &at, value),
                None if others.is_object() => self.check(others, &at, value),
                None if properties.is_none() => {}
                None => self.found.push(format!("{at}: unknown field")),
            }
        }
        for (name, property) in properties.into_iter().flatten() {
            if !fields.contains_key(name) && self.requires(name, property) {
                self.found.push(format!("{at}.{name}: missing, but required"));
            }
        }
    }

    /// Compute and Storage list the methods that require a field; Dataproc says so in the first word of its description. The project
    /// is taken from the path when the body does not repeat it.
    fn requires(&self, name: &str, property: &Value) -> bool {
        let listed = property["annotations"]["required"]
            .as_array()
            .is_some_and(|methods| methods.iter().any(|method| method == self.method));
        let described = property["description"].as_str().is_some_and(|text| text.starts_with("Required."));
        listed || (described && name != "projectId" && property["readOnly"] != true)
    }
}

fn is_format(format: Option<&str>, text: &str) -> bool {
    match format {
        Some("int64") => text.parse::<i64>().is_ok(),
        Some("uint64") => text.parse::<u64>().is_ok(),
        Some("byte") => BASE64_STANDARD.decode(text).is_ok() || BASE64_URL_SAFE.decode(text).is_ok(),
        Some("date") => text.parse::<NaiveDate>().is_ok(),
        Some("date-time" | "google-datetime") => DateTime::parse_from_rfc3339(text).is_ok(),
        Some("google-duration") => {
            text.strip_suffix('s').is_some_and(|seconds| seconds.parse::<f64>().is_ok())
        }
        _ => true,
    }
}
