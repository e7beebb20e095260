//! `/mailbox`: in local mode, the mails that would have been sent. Elsewhere there is no such page.

use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::store;
use crate::error::Error;
use crate::format;
use crate::site::page;
use crate::site::reader::Reader;
use crate::text::text;

/// Mails on the page.
const SHOWN: i64 = 100;

#[derive(Debug, Serialize)]
struct Shown {
    href: String,
    recipient: String,
    subject: String,
    at: String,
    waiting: bool,
}

/// `GET /mailbox`
///
/// # Errors
/// The site is not in local mode, or Postgres fails.
pub async fn list(reader: Reader) -> Result<HttpResponse, Error> {
    local_only(&reader)?;
    let (edition, lang) = (reader.app.edition().await?, reader.lang());
    let mails = store::newest(&reader.app.pool, SHOWN).await?;
    let shown = mails.into_iter().map(|mail| Shown {
        href: format!("/mailbox/{}", mail.id),
        at: format::instant(mail.created_at, lang),
        waiting: mail.state == "queued",
        recipient: mail.recipient,
        subject: mail.subject,
    });
    let mut context = page::context(&reader, &edition, text(lang, "mailbox_title"));
    context.insert("mails", &shown.collect::<Vec<_>>());
    page::render(&reader.app, "mail/mailbox.html", &context)
}

/// A line of a mail; what is a link can be followed.
#[derive(Debug, Serialize)]
struct Line {
    text: String,
    link: bool,
}

/// `GET /mailbox/{id}`
///
/// # Errors
/// There is no such mail, the site is not in local mode, or Postgres fails.
pub async fn mail(reader: Reader, id: web::Path<String>) -> Result<HttpResponse, Error> {
    local_only(&reader)?;
    let id: i64 = id.parse().map_err(|_| Error::NotFound)?;
    let (edition, lang) = (reader.app.edition().await?, reader.lang());
    let mail = store::one(&reader.app.pool, id).await?.ok_or(Error::NotFound)?;
    let is_link = |line: &str| line.starts_with("http://") || line.starts_with("https://");
    let mut lines: Vec<Line> = Vec::new();
    for line in mail.text.lines() {
        // A link may stand behind its label on one line.
        match line.split_once(": ").filter(|(_, rest)| is_link(rest)) {
            Some((label, url)) => lines.extend([
                Line { text: format!("{label}:"), link: false },
                Line { text: url.to_owned(), link: true },
            ]),
            None => lines.push(Line { text: line.to_owned(), link: is_link(line) }),
        }
    }
    let mut context = page::context(&reader, &edition, &mail.subject);
    context.insert("recipient", &mail.recipient);
    context.insert("at", &format::instant(mail.created_at, lang));
    context.insert("lines", &lines);
    context.insert("attachment", &mail.attachment_name);
    context.insert("attachment_href", &format!("/mailbox/{id}/attachment"));
    page::render(&reader.app, "mail/mail.html", &context)
}

/// `GET /mailbox/{id}/attachment`
///
/// # Errors
/// There is none, the site is not in local mode, or Postgres fails.
pub async fn attachment(reader: Reader, id: web::Path<String>) -> Result<HttpResponse, Error> {
    local_only(&reader)?;
    let id: i64 = id.parse().map_err(|_| Error::NotFound)?;
    let (_, content) = store::attachment(&reader.app.pool, id).await?.ok_or(Error::NotFound)?;
    Ok(HttpResponse::Ok().content_type("application/pdf").body(content))
}

fn local_only(reader: &Reader) -> Result<(), Error> {
    if reader.app.settings.local_mailbox() { Ok(()) } else { Err(Error::NotFound) }
}
