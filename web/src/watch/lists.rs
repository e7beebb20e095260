//! `/watchlists`: a customer's lists, and the forms that change them. All of it works without script.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::{home, store};
use crate::error::Error;
use crate::site::failure::Explained;
use crate::site::page;
use crate::site::reader::{Reader, SignedIn};
use crate::text::text;

/// Lists of one customer.
pub const LISTS: i64 = 20;
/// Assets on one list.
pub const ASSETS: i64 = 200;

/// `GET /watchlists`
///
/// # Errors
/// Postgres fails.
pub async fn page(signed_in: SignedIn) -> Result<HttpResponse, Error> {
    render(&signed_in.reader, None).await
}

/// The page, with what was wrong with a form.
async fn render(reader: &Reader, problem: Option<&'static str>) -> Result<HttpResponse, Error> {
    let edition = reader.app.edition().await?;
    let lists = home::lists(reader, &edition);
    let mut context = page::context(reader, &edition, text(reader.lang(), "watch_title"));
    context.insert("lists", &lists);
    context.insert("full", &(lists.len() as i64 >= LISTS));
    context.insert("problem", &problem.map(|key| text(reader.lang(), key)));
    let mut response = page::render(&reader.app, "watch/lists.html", &context)?;
    if problem.is_some() {
        *response.status_mut() = StatusCode::BAD_REQUEST;
        // The page itself says what is wrong.
        response.extensions_mut().insert(Explained);
    }
    Ok(response)
}

/// What names a list.
#[derive(Debug, Deserialize)]
pub struct Named {
    name: String,
}

/// `POST /watchlists`: makes a list.
///
/// # Errors
/// Postgres fails. What is wrong with the name is said on the page.
pub async fn create(signed_in: SignedIn, form: web::Form<Named>) -> Result<HttpResponse, Error> {
    let SignedIn { reader, account } = signed_in;
    let Some(name) = super::name(&form.name) else { return render(&reader, Some("watch_bad_name")).await };
    match store::create_list(&reader.app.pool, account.id, &name, LISTS, reader.now).await? {
        Some(_) => Ok(back()),
        None => render(&reader, Some("watch_bad_name")).await,
    }
}

/// What to do with a list or an asset on it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    /// Gives it another name.
    Rename,
    /// Deletes it.
    Delete,
    /// Moves it one place up.
    Up,
    /// Moves it one place down.
    Down,
    /// Puts an asset on it.
    Add,
}

/// A change of a list.
#[derive(Debug, Deserialize)]
pub struct Change {
    act: Act,
    name: Option<String>,
}

/// `POST /watchlists/{id}`: renames, moves or deletes a list.
///
/// # Errors
/// It is not the reader's. What is wrong with the name is said on the page.
pub async fn change(
    signed_in: SignedIn,
    id: web::Path<String>,
    form: web::Form<Change>,
) -> Result<HttpResponse, Error> {
    let SignedIn { reader, account } = signed_in;
    let (pool, id) = (&reader.app.pool, parse(&id)?);
    let found = match form.act {
        Act::Rename => {
            let Some(name) = form.name.as_deref().and_then(super::name) else {
                return render(&reader, Some("watch_bad_name")).await;
            };
            match store::rename_list(pool, account.id, id, &name).await? {
                Some(false) => return render(&reader, Some("watch_bad_name")).await,
                found => found.is_some(),
            }
        }
        Act::Delete => store::delete_list(pool, account.id, id).await?,
        Act::Up | Act::Down => {
            let lists = store::lists(pool, account.id).await?;
            let mut ids: Vec<i64> = lists.iter().map(|list| list.id).collect();
            let found = shift(&mut ids, &id, matches!(form.act, Act::Up));
            store::order_lists(pool, account.id, &ids).await?;
            found
        }
        Act::Add => return Err(Error::Unclear { why: "watch_refuses_lists" }),
    };
    if found { Ok(back()) } else { Err(Error::NotFound) }
}

/// A change of an asset's place.
#[derive(Debug, Deserialize)]
pub struct AssetChange {
    act: Act,
    symbol: String,
}

/// `POST /watchlists/{id}/assets`: adds, moves or takes off an asset.
///
/// # Errors
/// The list is not the reader's. What is wrong with the symbol is said on the page.
pub async fn change_asset(
    signed_in: SignedIn,
    id: web::Path<String>,
    form: web::Form<AssetChange>,
) -> Result<HttpResponse, Error> {
    let SignedIn { reader, account } = signed_in;
    let (pool, id) = (&reader.app.pool, parse(&id)?);
    let lists = store::lists(pool, account.id).await?;
    let list = lists.into_iter().find(|list| list.id == id).ok_or(Error::NotFound)?;
    match form.act {
        Act::Add => {
            let edition = reader.app.edition().await?;
            let wanted = form.symbol.trim().to_uppercase();
            let there = list.symbols.contains(&wanted);
            let added = match edition.front.assets.get(&wanted) {
                Some(asset) if !there => {
                    store::add_asset(pool, account.id, id, &asset.symbol, ASSETS).await?
                }
                _ => there,
            };
            if !added {
                return render(&reader, Some("watch_bad_asset")).await;
            }
        }
        Act::Delete => store::remove_asset(pool, account.id, Some(id), &form.symbol).await?,
        Act::Up | Act::Down => {
            let mut symbols = list.symbols;
            if !shift(&mut symbols, &form.symbol, matches!(form.act, Act::Up)) {
                return Err(Error::NotFound);
            }
            store::order_assets(pool, account.id, id, &symbols).await?;
        }
        Act::Rename => return Err(Error::Unclear { why: "watch_refuses_names" }),
    }
    Ok(back())
}

/// Moves `item` one place; `false` where it is not there. At either end it stays.
fn shift<T: PartialEq>(items: &mut [T], item: &T, up: bool) -> bool {
    let Some(at) = items.iter().position(|other| other == item) else { return false };
    let to = if up { at.saturating_sub(1) } else { (at + 1).min(items.len() - 1) };
    items.swap(at, to);
    true
}

fn parse(id: &str) -> Result<i64, Error> {
    id.parse().map_err(|_| Error::NotFound)
}

fn back() -> HttpResponse {
    HttpResponse::SeeOther().insert_header(("location", "/watchlists")).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_move_one_place_and_stay_at_the_ends() {
        let mut items = ["a", "b", "c"];
        assert!(shift(&mut items, &"c", true));
        assert_eq!(items, ["a", "c", "b"]);
        assert!(shift(&mut items, &"a", true) && shift(&mut items, &"b", false));
        assert_eq!(items, ["a", "c", "b"]);
        assert!(shift(&mut items, &"a", false));
        assert_eq!(items, ["c", "a", "b"]);
        assert!(!shift(&mut items, &"x", true));
    }
}
