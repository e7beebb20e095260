//! `/admin/audit`: who did what, when, why, from where; a check of the chain; the same as CSV.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};
use tables::export::{Columns, Kind};
use url::form_urlencoded::Serializer;

use super::desk::Clerk;
use super::rule::Area;
use super::store::{self, AuditFilter};
use crate::audit::{Row, Verified, verify};
use crate::error::Error;
use crate::export::{Format, csv};
use crate::format;
use crate::text::{fill, text};

/// Rows on one page.
const LISTED: i64 = 100;
/// Rows of one export.
const EXPORTED: i64 = 50_000;
/// Longest text of a filter, in characters.
const FILTER: usize = 100;

/// What the address asks for.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Asked {
    /// Pseudonym, or the beginning of it.
    pub actor: String,
    /// The action, or the beginning of it.
    pub action: String,
    /// What it was done to, or the beginning of it.
    pub subject: String,
    /// First day, UTC.
    pub from: String,
    /// Last day, UTC.
    pub to: String,
    /// Only rows before this number.
    pub before: String,
    /// `csv` for a file.
    pub format: String,
    /// `1`: follow the chain.
    pub verify: String,
}

impl Asked {
    /// The filter.
    ///
    /// # Errors
    /// A day is none, a number is none, or a text is too long.
    fn parse(&self) -> Result<AuditFilter, &'static str> {
        let texts = [&self.actor, &self.action, &self.subject];
        if texts.iter().any(|text| text.chars().count() > FILTER || text.contains('\0')) {
            return Err("admin_audit_accepted");
        }
        let day = |text: &str| match text {
            "" => Ok(None),
            text => text.parse::<NaiveDate>().map(Some).map_err(|_| "admin_audit_accepted"),
        };
        let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
        let to = day(&self.to)?.map(|day| day.succ_opt().ok_or("admin_audit_accepted")).transpose()?;
        let before = match self.before.as_str() {
            "" => None,
            text => Some(text.parse::<i64>().ok().filter(|n| *n > 0).ok_or("admin_audit_accepted")?),
        };
        let [actor, action, subject] = texts.map(|text| text.trim().to_owned());
        Ok(AuditFilter {
            actor,
            action,
            subject,
            from: day(&self.from)?.map(midnight),
            to: to.map(midnight),
            before,
        })
    }

    /// The address of the page with these changes.
    fn address(&self, changes: &[(&str, &str)]) -> String {
        let mut query = Serializer::new(String::new());
        let own = [
            ("actor", self.actor.as_str()),
            ("action", &self.action),
            ("subject", &self.subject),
            ("from", &self.from),
            ("to", &self.to),
        ];
        for (name, value) in
            own.into_iter().chain(changes.iter().copied()).filter(|(_, value)| !value.is_empty())
        {
            query.append_pair(name, value);
        }
        format!("/admin/audit?{}", query.finish())
    }
}

#[derive(Serialize)]
struct Shown {
    id: i64,
    at: String,
    actor: String,
    action: String,
    subject: String,
    reason: String,
    address: String,
    detail: String,
    hash: String,
}

/// `GET /admin/audit`
///
/// # Errors
/// Postgres fails. What is wrong with the filter is said on the page.
pub async fn page(clerk: Clerk, asked: web::Query<Asked>) -> Result<HttpResponse, Error> {
    let (app, lang) = (&clerk.reader.app, clerk.lang());
    let (filter, problem) = match asked.parse() {
        Ok(filter) => (filter, None),
        Err(problem) => (AuditFilter::default(), Some(problem)),
    };
    if asked.format == "csv" && problem.is_none() {
        return export(store::audit_rows(&app.pool, &filter, EXPORTED).await?);
    }
    let mut rows = store::audit_rows(&app.pool, &filter, LISTED + 1).await?;
    let more = rows.len() as i64 > LISTED;
    rows.truncate(LISTED as usize);
    let older =
        more.then(|| rows.last().map(|row| asked.address(&[("before", &row.id.to_string())]))).flatten();
    let checked = if asked.verify == "1" { Some(verify(&app.pool).await?) } else { None };
    let checked = checked.map(|found| match found {
        Verified::Whole { rows } => {
            (true, fill(lang, "admin_audit_whole", &[("count", &format::count(rows, lang))]))
        }
        Verified::Broken { id } => (false, fill(lang, "admin_audit_broken", &[("id", &id.to_string())])),
    });
    let shown = rows.into_iter().map(|row| Shown {
        id: row.id,
        at: format::instant(row.at, lang),
        actor: row.actor,
        action: row.action,
        subject: row.subject,
        reason: row.reason,
        address: row.address,
        detail: if row.detail == "{}" || row.detail == "null" { String::new() } else { row.detail },
        hash: hex::encode(row.sha256).chars().take(12).collect(),
    });
    let mut context = clerk.context(Area::Audit, text(lang, "admin_audit")).await?;
    context.insert("rows", &shown.collect::<Vec<_>>());
    context.insert("asked", &*asked);
    context.insert("older", &older);
    context.insert("newest", &(!asked.before.is_empty()).then(|| asked.address(&[])));
    context.insert("csv", &asked.address(&[("format", "csv")]));
    context.insert("check", &asked.address(&[("verify", "1")]));
    context.insert("checked", &checked.as_ref().map(|(_, says)| says));
    context.insert("whole", &checked.as_ref().is_none_or(|(whole, _)| *whole));
    if let Some(problem) = problem {
        context.insert("problem", text(lang, problem));
        return clerk.refuse(StatusCode::BAD_REQUEST, "console/audit.html", &context);
    }
    clerk.render("console/audit.html", &context)
}

const COLUMNS: Columns = &[
    ("id", Kind::Number),
    ("at", Kind::Instant),
    ("actor", Kind::Text),
    ("action", Kind::Text),
    ("subject", Kind::Text),
    ("reason", Kind::Text),
    ("address", Kind::Text),
    ("detail", Kind::Text),
    ("sha256", Kind::Text),
];

#[derive(Serialize)]
struct Line {
    id: i64,
    at: DateTime<Utc>,
    actor: String,
    action: String,
    subject: String,
    reason: String,
    address: String,
    detail: String,
    sha256: String,
}

fn export(rows: Vec<Row>) -> Result<HttpResponse, Error> {
    let lines: Vec<Line> = rows
        .into_iter()
        .map(|row| Line {
            id: row.id,
            at: row.at,
            actor: row.actor,
            action: row.action,
            subject: row.subject,
            reason: row.reason,
            address: row.address,
            detail: row.detail,
            sha256: hex::encode(row.sha256),
        })
        .collect();
    file("audit", csv(COLUMNS, &lines)?)
}

/// A CSV to keep.
///
/// # Errors
/// None; for the sake of callers.
pub fn file(name: &str, content: Vec<u8>) -> Result<HttpResponse, Error> {
    let mut response = HttpResponse::Ok();
    response.content_type(Format::Csv.media_type());
    if let Some(attachment) = Format::Csv.attachment(name) {
        response.insert_header(("content-disposition", attachment));
    }
    Ok(response.body(content))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn absurd_filters_are_refused() {
        let with = |change: fn(&mut Asked)| {
            let mut asked = Asked::default();
            change(&mut asked);
            asked.parse()
        };
        assert!(with(|_| {}).is_ok());
        assert!(with(|a| a.from = "yesterday".into()).is_err());
        assert!(with(|a| a.to = "+262142-12-31".into()).is_err());
        assert!(with(|a| a.before = "-1".into()).is_err());
        assert!(with(|a| a.before = "1000000000000000000000".into()).is_err());
        assert!(with(|a| a.actor = "x".repeat(101)).is_err());
        let day = with(|a| (a.from, a.to) = ("2026-11-22".into(), "2026-11-22".into())).unwrap();
        assert_eq!((day.to.unwrap() - day.from.unwrap()).num_hours(), 24);
    }
}
