//! CSV (RFC 4180). A text that a spreadsheet would take for a formula gets an apostrophe before it.

use serde::Serialize;
use serde_json::Value;
use tables::export::{Columns, Kind};

use crate::error::Error;

/// Rows as CSV with a header; null is empty.
///
/// # Errors
/// A row does not serialise to an object.
pub fn csv<T: Serialize>(columns: Columns, rows: &[T]) -> Result<Vec<u8>, Error> {
    let mut out = String::new();
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    out.push_str(&names.join(","));
    out.push_str("\r\n");
    for row in rows {
        let row = serde_json::to_value(row)
            .map_err(|e| Error::Internal(anyhow::Error::new(e).context("a row of CSV")))?;
        for (n, (name, kind)) in columns.iter().enumerate() {
            if n > 0 {
                out.push(',');
            }
            match row.get(name) {
                None | Some(Value::Null) => {}
                Some(Value::String(text)) if *kind == Kind::Text => field(&mut out, &safe(text)),
                Some(Value::String(text)) => field(&mut out, text),
                Some(other) => field(&mut out, &other.to_string()),
            }
        }
        out.push_str("\r\n");
    }
    Ok(out.into_bytes())
}

/// A text that no spreadsheet takes for a formula, whatever blanks stand before it. Every file of ours writes texts so; numbers
/// need no such care.
pub fn safe(text: &str) -> String {
    let first = text.trim_start().chars().next();
    let odd = text.starts_with(['\t', '\r', '\n']);
    // The full-width forms are read as formulas in some languages.
    let formula = first.is_some_and(|c| matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠'));
    if formula || odd { format!("'{text}") } else { text.to_owned() }
}

fn field(out: &mut String, text: &str) {
    if text.contains([',', '"', '\n', '\r']) {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(text);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Row {
        title: Option<&'static str>,
        value: f64,
    }

    #[test]
    fn formulas_are_text_and_numbers_stay_numbers() {
        let row = |title, value| Row { title, value };
        let rows = [
            row(Some("=HYPERLINK(\"https://evil.example\",\"a\")"), -0.5),
            row(Some(" +1"), 1e-7),
            row(Some("\t@SUM(1)"), 2.0),
            row(Some("plain, with a comma"), 3.0),
            row(Some("two\nlines"), 0.1),
            row(None, 4.0),
        ];
        let bytes = csv(&[("title", Kind::Text), ("value", Kind::Number)], &rows).unwrap();
        let expected = "title,value\r\n\"'=HYPERLINK(\"\"https://evil.example\"\",\"\"a\"\")\",-0.5\r\n' +1,1e-7\r\n\
            '\t@SUM(1),2.0\r\n\"plain, with a comma\",3.0\r\n\"two\nlines\",0.1\r\n,4.0\r\n";
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }
}
