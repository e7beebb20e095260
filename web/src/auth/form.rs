//! The one page of all forms about an account: a few fields, a button, and what is wrong with what was sent.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::Serialize;
use tracing::dispatcher;

use super::password::{self, Weakness};
use crate::error::Error;
use crate::site::failure::Explained;
use crate::site::page;
use crate::site::reader::Reader;
use crate::text::{Lang, fill, text};

/// One field.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Field {
    /// What it is sent as.
    pub name: &'static str,
    /// What it is called.
    pub label: &'static str,
    /// `email`, `password` or `text`.
    pub kind: &'static str,
    /// What a browser may fill in.
    pub autocomplete: &'static str,
    /// What stands in it.
    pub value: String,
    /// Most characters.
    pub most: usize,
    /// Fewest characters.
    pub fewest: usize,
    /// What to know about it; may be empty.
    pub note: String,
}

impl Field {
    /// An address.
    pub fn email(lang: Lang, value: &str) -> Self {
        Self {
            name: "email",
            label: text(lang, "field_email"),
            kind: "email",
            autocomplete: "username",
            value: value.to_owned(),
            most: 254,
            fewest: 3,
            note: String::new(),
        }
    }

    /// The password that the account has.
    pub fn password(lang: Lang) -> Self {
        Self {
            name: "password",
            label: text(lang, "field_password"),
            kind: "password",
            autocomplete: "current-password",
            most: password::MAX_BYTES,
            ..Self::default()
        }
    }

    /// A new password.
    pub fn new_password(lang: Lang) -> Self {
        let count = password::MIN_CHARS.to_string();
        Self {
            autocomplete: "new-password",
            fewest: password::MIN_CHARS,
            note: fill(lang, "password_rule", &[("count", &count)]),
            ..Self::password(lang)
        }
    }

    /// A code from an app, or a recovery code.
    pub fn code(lang: Lang) -> Self {
        Self {
            name: "code",
            label: text(lang, "field_code"),
            kind: "text",
            autocomplete: "one-time-code",
            most: 40,
            fewest: 6,
            note: text(lang, "field_code_note").to_owned(),
            ..Self::default()
        }
    }
}

/// A page with one form.
#[derive(Debug, Clone, Serialize)]
pub struct Form {
    /// What it is for, above the form.
    pub lead: String,
    /// What else to know, below that; may be empty.
    pub more: String,
    /// Where it is sent.
    pub action: &'static str,
    /// What the button says.
    pub button: &'static str,
    /// What goes with it unseen.
    pub hidden: Vec<(&'static str, String)>,
    /// What one fills in.
    pub fields: Vec<Field>,
    /// Where else one may want to go: address and words.
    pub links: Vec<(&'static str, &'static str)>,
}

/// The page; with a problem, the answer says that nothing was done.
///
/// # Errors
/// Postgres fails.
pub async fn page(
    reader: &Reader,
    title: &'static str,
    form: Form,
    problem: Option<String>,
) -> Result<HttpResponse, Error> {
    let edition = reader.app.edition().await?;
    let mut context = page::context(reader, &edition, text(reader.lang(), title));
    quiet_path(reader, &mut context);
    context.insert("form", &form);
    context.insert("problem", &problem);
    let response = page::render(&reader.app, "account/form.html", &context)?;
    Ok(if problem.is_some() { refused(response) } else { response })
}

/// A page that only says something: a text and a link.
///
/// # Errors
/// Postgres fails.
pub async fn said(
    reader: &Reader,
    title: &'static str,
    says: &'static str,
    link: (&'static str, &'static str),
) -> Result<HttpResponse, Error> {
    let (edition, lang) = (reader.app.edition().await?, reader.lang());
    let mut context = page::context(reader, &edition, text(lang, title));
    quiet_path(reader, &mut context);
    context.insert("says", text(lang, says));
    context.insert("link", &(link.0, text(lang, link.1)));
    context.insert("mailbox", &reader.app.settings.local_mailbox());
    page::render(&reader.app, "account/said.html", &context)
}

/// The page's own forms lead back to it without its query, in which a token may stand.
pub fn quiet_path(reader: &Reader, context: &mut tera::Context) {
    context.insert("path", reader.looks.path.split('?').next().unwrap_or("/"));
}

/// Says that the page itself says what is wrong.
pub fn refused(mut response: HttpResponse) -> HttpResponse {
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    response.extensions_mut().insert(Explained);
    response
}

/// An answer that sends the reader on.
pub fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header(("location", path.to_owned())).finish()
}

/// Does work that takes long on a thread of its own; what it traces goes where the request's does.
///
/// # Errors
/// The threads are gone.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let (traces, span) = (dispatcher::get_default(Clone::clone), tracing::Span::current());
    let work = move || dispatcher::with_default(&traces, || span.in_scope(work));
    actix_web::web::block(work).await.map_err(|e| Error::Unavailable(anyhow::anyhow!("the thread pool: {e}")))
}

/// Checks a new password and hashes it; the inner error says what is wrong with it.
///
/// # Errors
/// The machine fails.
pub async fn new_hash(
    reader: &Reader,
    password: String,
    email: String,
) -> Result<Result<String, String>, Error> {
    let app = reader.app.clone();
    let hash = blocking(move || {
        password::check(&password, &email, &app.breached).map(|()| password::hash(&password))
    });
    match hash.await? {
        Ok(hash) => Ok(Ok(hash.map_err(|e| Error::Internal(anyhow::anyhow!("hashing a password: {e}")))?)),
        Err(weakness) => Ok(Err(says(weakness, reader.lang()))),
    }
}

fn says(weakness: Weakness, lang: Lang) -> String {
    match weakness {
        Weakness::TooShort => fill(lang, "password_short", &[("count", &password::MIN_CHARS.to_string())]),
        Weakness::TooLong => fill(lang, "password_long", &[("count", &password::MAX_BYTES.to_string())]),
        Weakness::Guessable => text(lang, "password_guessable").to_owned(),
        Weakness::Breached => text(lang, "password_breached").to_owned(),
    }
}
