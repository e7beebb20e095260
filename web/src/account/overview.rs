//! The account page.

use actix_web::HttpResponse;

use crate::access::Role;
use crate::error::Error;
use crate::format;
use crate::market::view::tier_name;
use crate::site::page;
use crate::site::reader::SignedIn;
use crate::text::text;
use crate::watch;

/// `GET /account`
///
/// # Errors
/// Not signed in, or Postgres fails.
pub async fn show(signed_in: SignedIn) -> Result<HttpResponse, Error> {
    let SignedIn { reader, account } = signed_in;
    let edition = reader.app.edition().await?;
    let lang = reader.lang();
    let role = match account.who.role() {
        Some(Role::Support) => "role_support",
        Some(Role::Admin) => "role_admin",
        Some(Role::Ml) => "role_ml",
        Some(Role::Operator) => "role_operator",
        Some(Role::Subscriber) | None => "",
    };
    let mut context = page::context(&reader, &edition, text(lang, "account_title"));
    context.insert("role", if role.is_empty() { "" } else { text(lang, role) });
    context.insert("since", &format::day(account.created_at.date_naive(), lang));
    context.insert("tier_name", &tier_name(reader.tier()));
    context.insert("two_step", &account.two_step);
    context.insert("views", &watch::views::views(&reader).await?);
    page::render(&reader.app, "account/overview.html", &context)
}
