//! The button on an asset's page: on a watchlist, or off it.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::lists::{ASSETS, LISTS};
use super::store::{self, Watchlist};
use crate::error::Error;
use crate::site::origin::local_path;
use crate::site::reader::{Reader, SignedIn};
use crate::text::{fill, text};

/// A button as the page shows it.
#[derive(Debug, Serialize)]
pub struct Button {
    /// The list; `None`: the only one, made when it is pressed where there is none.
    pub list: Option<i64>,
    /// What pressing does: `on` or `off`.
    pub turn: &'static str,
    /// What it says.
    pub label: String,
}

/// The buttons for one asset: one, or one for each list where there are several. None for a visitor. A reader's only list is
/// not named, so that the page is the same for all who have one.
pub fn buttons(reader: &Reader, symbol: &str) -> Vec<Button> {
    let Some(account) = &reader.account else { return Vec::new() };
    let (lang, lists) = (reader.lang(), &account.lists);
    let named = lists.len() > 1;
    let button = |list: &Watchlist| {
        let watched = list.symbols.iter().any(|watched| watched == symbol);
        let key = match (watched, named) {
            (false, false) => "watch_add",
            (true, false) => "watch_remove",
            (false, true) => "watch_add_to",
            (true, true) => "watch_remove_from",
        };
        let turn = if watched { "off" } else { "on" };
        let name = if named { list.name.as_str() } else { "" };
        Button { list: named.then_some(list.id), turn, label: fill(lang, key, &[("list", name)]) }
    };
    if lists.is_empty() {
        return vec![Button { list: None, turn: "on", label: text(lang, "watch_add").to_owned() }];
    }
    lists.iter().map(button).collect()
}

/// What a button sends.
#[derive(Debug, Deserialize)]
pub struct Press {
    symbol: String,
    turn: String,
    list: Option<i64>,
    next: Option<String>,
}

/// `POST /watch`: puts an asset on a list or takes it off; without a list, the first one, made where there is none.
///
/// # Errors
/// There is no such asset or list. That a list is full is said on a page.
pub async fn press(signed_in: SignedIn, form: web::Form<Press>) -> Result<HttpResponse, Error> {
    let SignedIn { reader, account } = signed_in;
    let pool = &reader.app.pool;
    let edition = reader.app.edition().await?;
    let symbol = &edition.front.assets.get(&form.symbol).ok_or(Error::NotFound)?.symbol;
    let lists = store::standing(pool, account.id, symbol).await?;
    let list = match (form.list, lists.first()) {
        (Some(id), _) => lists.iter().find(|list| list.id == id).ok_or(Error::NotFound)?.id,
        (None, Some(first)) => first.id,
        (None, None) => {
            let name = text(reader.lang(), "watch_first_name");
            let made = store::create_list(pool, account.id, name, LISTS, reader.now).await?;
            // Pressed twice at once: the other press made it.
            match made {
                Some(id) => id,
                None => store::lists(pool, account.id).await?.first().ok_or(Error::NotFound)?.id,
            }
        }
    };
    if form.turn == "off" {
        store::remove_asset(pool, account.id, Some(list), symbol).await?;
    } else if !store::add_asset(pool, account.id, list, symbol, ASSETS).await? {
        let lists = store::standing(pool, account.id, symbol).await?;
        if !lists.iter().any(|entry| entry.id == list && entry.watched) {
            return super::refused(&reader, "watch_bad_asset").await;
        }
    }
    let next = local_path(form.next.as_deref().unwrap_or("/")).to_owned();
    Ok(HttpResponse::SeeOther().insert_header(("location", next)).finish())
}
