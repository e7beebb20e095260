//! Who sits at the console, and the frame round each of its pages.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;
use tera::Context;

use super::rule::{Area, sees};
use crate::access::Role;
use crate::audit::{self, Entry};
use crate::auth::limit::machine;
use crate::auth::store::Account;
use crate::error::Error;
use crate::site::failure::Explained;
use crate::site::page;
use crate::site::reader::{Reader, SignedIn};
use crate::text::{Lang, text};

/// Shortest reason that says anything, in characters.
pub const REASON_MIN: usize = 4;
/// Longest reason, in characters.
pub const REASON_MAX: usize = 500;

/// Somebody of the staff. The router has seen to it that the role may come here.
pub struct Clerk {
    /// The reader.
    pub reader: Reader,
    /// Their account.
    pub account: Account,
    /// Their role.
    pub role: Role,
    /// The address that they come from.
    pub address: String,
}

impl FromRequest for Clerk {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let signed_in = SignedIn::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let SignedIn { reader, account } = signed_in.await?;
            let role = account.who.role().unwrap_or(Role::Subscriber);
            let address = machine(&request, reader.app.settings.trust_proxy).to_string();
            Ok(Self { reader, account, role, address })
        })
    }
}

/// One entry of the console's own navigation.
#[derive(Serialize)]
struct Tab {
    href: &'static str,
    label: &'static str,
    here: bool,
}

impl Clerk {
    /// The language.
    pub fn lang(&self) -> Lang {
        self.reader.lang()
    }

    /// A context for a page of this area.
    ///
    /// # Errors
    /// Postgres fails.
    pub async fn context(&self, area: Area, title: &str) -> Result<Context, Error> {
        let edition = self.reader.app.edition().await?;
        let mut context = page::context(&self.reader, &edition, title);
        let tab =
            |one: Area| Tab { href: one.path(), label: text(self.lang(), one.label()), here: one == area };
        let tabs: Vec<Tab> = Area::ALL.into_iter().filter(|one| sees(self.role, *one)).map(tab).collect();
        context.insert("tabs", &tabs);
        context.insert("role", self.role.as_str());
        context.insert("problem", &None::<&str>);
        context.insert("notice", &None::<&str>);
        context.insert("crumb", &None::<[&str; 2]>);
        Ok(context)
    }

    /// The page.
    ///
    /// # Errors
    /// The template names something that the context does not hold.
    pub fn render(&self, template: &str, context: &Context) -> Result<HttpResponse, Error> {
        page::render(&self.reader.app, template, context)
    }

    /// The page with a status that is no success; it says itself what is wrong.
    ///
    /// # Errors
    /// The template names something that the context does not hold.
    pub fn refuse(
        &self,
        status: StatusCode,
        template: &str,
        context: &Context,
    ) -> Result<HttpResponse, Error> {
        let mut response = self.render(template, context)?;
        *response.status_mut() = status;
        response.extensions_mut().insert(Explained);
        Ok(response)
    }

    /// What the audit log calls this person.
    ///
    /// # Errors
    /// Postgres fails.
    pub async fn pseudonym(&self, db: &mut PgConnection) -> Result<String, Error> {
        Ok(audit::store::pseudonym(db, self.account.id).await?)
    }

    /// Appends a row to the audit log in the transaction of the change.
    ///
    /// # Errors
    /// Postgres fails.
    pub async fn audit(
        &self,
        db: &mut PgConnection,
        (action, subject): (&str, &str),
        reason: &str,
        detail: &Value,
    ) -> Result<(), Error> {
        let actor = self.pseudonym(db).await?;
        let entry = Entry { actor: &actor, action, subject, reason, address: &self.address, detail };
        audit::append(db, &entry, self.reader.now).await?;
        Ok(())
    }
}

/// A reason as it is kept: one line, trimmed; `None` where it says nothing or too much.
pub fn reason(typed: &str) -> Option<String> {
    let spaced: String = typed.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    (REASON_MIN..=REASON_MAX).contains(&line.chars().count()).then_some(line)
}

/// Back to a page of the console, after something was done.
pub fn go(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header(("location", path.to_owned())).finish()
}

/// A choice in a form.
#[derive(Debug, Clone, Serialize)]
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// What is shown.
    pub label: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

impl Choice {
    /// A choice.
    pub fn new(value: impl Into<String>, label: impl Into<String>, chosen: bool) -> Self {
        Self { value: value.into(), label: label.into(), chosen }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_reason_is_one_line_and_says_something() {
        for (typed, kept) in [
            ("  asked by\r\nmail ", Some("asked by mail")),
            ("x", None),
            (" \t \n", None),
            ("=HYPERLINK(1)", Some("=HYPERLINK(1)")),
        ] {
            assert_eq!(super::reason(typed).as_deref(), kept, "{typed:?}");
        }
        assert_eq!(super::reason(&"ñ".repeat(501)), None);
        assert!(super::reason(&"ñ".repeat(500)).is_some());
    }
}
