//! Headlines as a table for spreadsheets.

use super::store::HeadlineRow;
use crate::error::Error;
use crate::export::safe;
use crate::sentiment::xray::link;

/// The table: one headline a line, after the names of the columns. No text in it is a formula.
///
/// # Errors
/// None in practice: it is written to memory.
pub fn table(rows: &[HeadlineRow]) -> Result<Vec<u8>, Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let failed = |e: csv::Error| Error::Internal(anyhow::Error::new(e));
    let header = ["said_at", "outlet", "authors", "headline", "url", "lang", "tone", "assets", "noise"];
    table.write_record(header).map_err(failed)?;
    for row in rows {
        let shown = row.title.is_some();
        let authors = row.authors.as_deref().filter(|_| shown).unwrap_or_default().join("; ");
        let url = row.url.as_deref().filter(|_| shown).and_then(link).unwrap_or_default();
        let said_at = row.said_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let score = row.score.map(|score| score.to_string()).unwrap_or_default();
        let text = |value: &Option<String>| safe(value.as_deref().unwrap_or_default());
        let fields = [
            said_at,
            text(&row.outlet),
            safe(&authors),
            text(&row.title),
            url,
            text(&row.lang),
            score,
            safe(&row.symbols.join(" ")),
            text(&row.noise),
        ];
        table.write_record(fields).map_err(failed)?;
    }
    table.into_inner().map_err(|e| Error::Internal(anyhow::anyhow!("{e}")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_a_formula_and_every_text_stays_in_its_cell() {
        let row = HeadlineRow {
            said_at: "2026-11-21T05:00:00Z".parse().unwrap(),
            source: "feeds".into(),
            id: "1".into(),
            outlet: Some("@outlet".into()),
            title: Some("=cmd|'/c calc'!A1, \"quoted\"".into()),
            url: Some("javascript:alert(1)".into()),
            authors: Some(vec!["-Ann".into(), "Bob".into()]),
            lang: None,
            score: Some(-0.25),
            noise: None,
            symbols: vec!["A".into(), "EUR/USD".into()],
        };
        let text = String::from_utf8(table(&[row]).unwrap()).unwrap();
        let line = text.lines().nth(1).unwrap();
        assert_eq!(
            line,
            "2026-11-21T05:00:00Z,'@outlet,'-Ann; Bob,\"'=cmd|'/c calc'!A1, \"\"quoted\"\"\",,,-0.25,A EUR/USD,"
        );
    }
}
