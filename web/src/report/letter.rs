//! The weekly report as a mail: the table, the headlines, and the PDF with it.

use super::content::Report;
use super::week::Week;
use crate::format;
use crate::mail::letter::{Attachment, Kind, Letter, Part};
use crate::text::text;

/// To whom it goes, and where its links lead.
pub struct Envelope {
    /// The customer.
    pub customer_id: i64,
    /// The address.
    pub to: String,
    /// The site's address, without anything behind the host.
    pub origin: String,
    /// Where one unsubscribes.
    pub unsubscribe_url: String,
}

/// The mail of a report.
pub fn letter(report: &Report, week: Week, envelope: Envelope, pdf: Vec<u8>) -> Letter {
    let lang = report.lang;
    let name = week.name();
    let mut parts = vec![Part::heading(report.title.clone()), Part::text(report.span.clone())];
    parts.extend(report.as_of.iter().map(Part::text));
    if report.sandbox {
        parts.push(Part::text(text(lang, "sandbox_strip")));
    }
    parts.push(Part::text(report.about));
    let cell = |value: &Option<String>| value.clone().unwrap_or_else(|| format::MISSING.to_owned());
    let rows = report.assets.iter().map(|asset| {
        vec![
            format!("{} ({})", asset.name, asset.symbol),
            cell(&asset.price),
            cell(&asset.change),
            cell(&asset.mood),
            cell(&asset.documents),
            cell(&asset.outlook),
        ]
    });
    let headers =
        ["column_asset", "report_close", "report_week", "report_mood", "report_documents", "report_outlook"];
    parts.push(Part::Table {
        headers: headers.iter().map(|key| text(lang, key).to_owned()).collect(),
        rows: rows.collect(),
    });
    for asset in report.assets.iter().filter(|asset| !asset.headlines.is_empty()) {
        parts.push(Part::heading(asset.name.clone()));
        for headline in &asset.headlines {
            let said = format!("{} ({})", headline.text, headline.by);
            parts.push(
                headline.url.as_ref().map_or_else(|| Part::text(said.clone()), |url| Part::link(&said, url)),
            );
        }
    }
    parts.push(Part::text(report.record.clone()));
    parts.push(Part::link(
        text(lang, "report_open"),
        format!("{}/account/reports/{name}.pdf", envelope.origin),
    ));
    parts.push(Part::text(text(lang, "footer_advice")));
    Letter {
        dedupe_key: format!("report:{}:{name}", envelope.customer_id),
        customer_id: Some(envelope.customer_id),
        to: envelope.to,
        lang,
        kind: Kind::Report,
        subject: format!("{}: {}", report.title, report.span),
        parts,
        unsubscribe_url: Some(envelope.unsubscribe_url),
        attachment: Some(Attachment { name: format!("quarterday-{name}.pdf"), content: pdf }),
    }
}
