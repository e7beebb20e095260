//! Saved views: a page with its query, under a name. Only pages of this site.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::store;
use crate::error::Error;
use crate::site::origin::local_path;
use crate::site::reader::{Reader, SignedIn};

/// Views of one customer.
const VIEWS: i64 = 100;
/// Longest path with its query, in bytes.
const PATH_BYTES: usize = 2000;

/// A view as the account page lists it.
#[derive(Debug, Serialize)]
pub struct ViewView {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Where it leads.
    pub path: String,
}

/// The reader's saved views.
///
/// # Errors
/// Postgres fails.
pub async fn views(reader: &Reader) -> Result<Vec<ViewView>, Error> {
    let Some(account) = &reader.account else { return Ok(Vec::new()) };
    let views = store::views(&reader.app.pool, account.id).await?;
    Ok(views.into_iter().map(|view| ViewView { id: view.id, name: view.name, path: view.path }).collect())
}

/// What is saved.
#[derive(Debug, Deserialize)]
pub struct Save {
    name: String,
    path: String,
}

/// `POST /account/views`: saves a view, in the place of one with the same name.
///
/// # Errors
/// Postgres fails. What is wrong with name or path is said on a page.
pub async fn save(signed_in: SignedIn, form: web::Form<Save>) -> Result<HttpResponse, Error> {
    let SignedIn { reader, account } = signed_in;
    let (Some(name), Some(path)) = (super::name(&form.name), savable(&form.path)) else {
        return super::refused(&reader, "view_bad").await;
    };
    if !store::save_view(&reader.app.pool, account.id, &name, path, VIEWS, reader.now).await? {
        return super::refused(&reader, "view_bad").await;
    }
    Ok(HttpResponse::SeeOther().insert_header(("location", path.to_owned())).finish())
}

/// `POST /account/views/{id}/delete`
///
/// # Errors
/// It is not the reader's.
pub async fn delete(signed_in: SignedIn, id: web::Path<String>) -> Result<HttpResponse, Error> {
    let SignedIn { reader, account } = signed_in;
    let id: i64 = id.parse().map_err(|_| Error::NotFound)?;
    if store::delete_view(&reader.app.pool, account.id, id).await? {
        Ok(HttpResponse::SeeOther().insert_header(("location", "/account#views")).finish())
    } else {
        Err(Error::NotFound)
    }
}

fn savable(path: &str) -> Option<&str> {
    (path.len() <= PATH_BYTES && local_path(path) == path).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::savable;

    #[test]
    fn only_paths_of_this_site_are_saved() {
        for path in ["/", "/assets/AAPL?from=2026-01-01&ema=12,26", "/compare?assets=A%2CB"] {
            assert_eq!(savable(path), Some(path));
        }
        let long = format!("/{}", "a".repeat(2000));
        for path in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/a\r\nx",
            "/ü",
            &long,
        ] {
            assert_eq!(savable(path), None, "{path}");
        }
    }
}
