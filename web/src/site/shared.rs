//! Pages that are the same for many readers, kept as they went out.
//!
//! Most of what a reader sees follows from the reader's tier and not from who it is. Such a page is made once for all whom its
//! key describes alike: the tier at that moment (or that nobody is signed in), language and looks, the edition, the switches,
//! and on an asset's page whether the asset is on the reader's only watchlist. A reader with lists of their own on a page, and
//! everybody who works here, gets a page of their own. The account is read for every request all the same, so that a session
//! or a tier that has ended gives nothing.

use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::Next;
use actix_web::{Error, web};
use percent_encoding::percent_decode_str;

use super::pack::Coding;
use super::reader::Reader;
use super::visitors::{answer, keep};
use crate::auth::session;
use crate::auth::store::Account;
use crate::console::flags::Flag;
use crate::market::cache::Edition;
use crate::state::App;
use crate::status::health::BANNER;

/// How long a page is kept; a new edition has other keys.
pub(super) const FRESH: Duration = Duration::from_secs(60);
/// Bytes of pages that are kept.
pub(super) const KEPT_BYTES: u64 = 96 << 20;
/// What a page says that it may be kept by nobody but us, as [`super::headers`] writes it.
pub(super) const PRIVATE: &str = "private, no-store";

/// Marks an answer that shows what changes between two editions.
#[derive(Debug, Clone, Copy)]
pub struct Passing;

/// What of a page is a reader's own.
#[derive(Debug, PartialEq, Eq)]
enum Own {
    /// Nothing.
    Nothing,
    /// All watchlists.
    Lists,
    /// Whether this asset is on one.
    Asset(String),
}

/// What is a reader's own of the page at this path; `None` where the page is not one that many share.
fn own(path: &str) -> Option<Own> {
    match path {
        "/" => return Some(Own::Lists),
        "/sentiment" | "/news" | "/compare" | "/track-record" | "/search" => return Some(Own::Nothing),
        _ => {}
    }
    if let Some((_, what)) = path.strip_prefix("/api/assets/").and_then(|rest| rest.split_once('/')) {
        let shared = ["price", "sentiment", "news", "forecast", "risk", "indicators"].contains(&what);
        return shared.then_some(Own::Nothing);
    }
    let rest = path.strip_prefix("/assets/")?;
    let (symbol, section) = rest.split_once('/').unwrap_or((rest, ""));
    let shared = ["", "price", "sentiment", "news", "outlook", "risk"].contains(&section);
    let symbol = percent_decode_str(symbol).decode_utf8().ok()?;
    shared.then(|| Own::Asset(symbol.into_owned()))
}

/// What a page of this kind shows of these readers' own; `None`: something that nobody else sees.
fn shown(own: &Own, account: Option<&Account>) -> Option<&'static str> {
    let lists = account.map_or(&[][..], |account| account.lists.as_slice());
    match (own, lists) {
        (Own::Nothing, _) | (_, []) => Some("none"),
        (Own::Asset(symbol), [only]) => Some(if only.symbols.contains(symbol) { "on" } else { "off" }),
        _ => None,
    }
}

/// What makes two requests the same; `None` for one that is not.
fn key(request: &ServiceRequest, reader: &Reader, edition: &Edition) -> Option<String> {
    let account = reader.account.as_ref();
    let keyed = request.cookie(session::cookie_name(&reader.app.settings)).is_some();
    let query = request.query_string();
    // A key that opens nothing, staff, and files go the long way.
    if keyed != account.is_some()
        || reader.who().is_staff()
        || query.contains("csv")
        || query.contains("format")
    {
        return None;
    }
    let own = shown(&own(request.path())?, account)?;
    let who = if account.is_some() { reader.tier().as_str() } else { "visitor" };
    let (looks, flags) = (&reader.looks, &reader.app.flags);
    let late = reader.now - edition.closes_at() >= BANNER;
    let banner = flags.words(Flag::Banner, looks.lang).unwrap_or_default();
    let (lang, coding) = (looks.lang.code(), Coding::of(request.headers()).as_str());
    let (theme, colours, posts) = (looks.theme, looks.colours, flags.is_on(Flag::Posts));
    let version = edition.version;
    // What somebody typed stands last, where it can be taken for nothing else.
    let key = format!(
        "{version:x} {who} {own} {lang} {coding} {theme} {colours} {late} {posts} {} {banner} {}",
        banner.len(),
        looks.path
    );
    (key.len() <= 1_024).then_some(key)
}

/// The middleware.
///
/// # Errors
/// Those of the services below.
pub async fn shared(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let app = request.app_data::<web::Data<App>>().cloned();
    let wanted = *request.method() == Method::GET
        && own(request.path()).is_some()
        && !request.headers().contains_key(AUTHORIZATION);
    let kept = app.as_ref().and_then(|app| app.pages.shared()).filter(|_| wanted);
    let (Some(app), Some(kept)) = (&app, kept) else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    // Where Postgres is away, the handler finds out once more and says so.
    let (Ok(reader), Ok(edition)) = (request.extract::<Reader>().await, app.edition().await) else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let Some(key) = key(&request, &reader, &edition) else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    if let Some(page) = kept.get(&key).await {
        return Ok(request.into_response(answer(&page)));
    }
    let api = request.path().starts_with("/api/");
    let response = next.call(request).await?;
    let passing = response.response().extensions().contains::<Passing>();
    // An edition that came meanwhile is on the page already: such a page is not kept under the old one's key.
    let same = app.edition().await.is_ok_and(|now| now.version == edition.version);
    let rule = if api || reader.account.is_some() { PRIVATE } else { super::visitors::SHARED };
    if passing || !same {
        return Ok(response.map_into_boxed_body());
    }
    keep(kept, key, rule, response).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_that_many_share_are_shared() {
        let asset = |symbol: &str| Some(Own::Asset(symbol.to_owned()));
        for (path, expected) in [
            ("/", Some(Own::Lists)),
            ("/assets/AAPL", asset("AAPL")),
            ("/assets/BTC%2FUSD/risk", asset("BTC/USD")),
            ("/api/assets/AAPL/price", Some(Own::Nothing)),
            ("/news", Some(Own::Nothing)),
            ("/assets/AAPL/receipt", None),
            ("/assets/AAPL/price/more", None),
            ("/api/assets", None),
            ("/account", None),
            ("/pricing", None),
            ("/lab", None),
            ("/watchlists", None),
        ] {
            assert_eq!(own(path), expected, "{path}");
        }
    }
}
