//! The watchlists as the front page shows them: the same rows as the rest of it, through the same access.

use domain::Feature;
use serde::Serialize;

use super::store::Watchlist;
use crate::market::cache::Edition;
use crate::market::view::{self, RowView};
use crate::site::reader::Reader;
use crate::text::text;

/// A list with its rows.
#[derive(Debug, Serialize)]
pub struct ListView {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its assets in order.
    pub rows: Vec<WatchedView>,
}

/// One asset of a list.
#[derive(Debug, Serialize)]
pub struct WatchedView {
    /// Canonical symbol.
    pub symbol: String,
    /// Full name.
    pub name: String,
    /// Path of its page.
    pub href: String,
    /// What the reader may see of it; `None`: see `note`.
    pub row: Option<RowView>,
    /// Why there are no figures.
    pub note: &'static str,
}

/// The reader's lists; none for a visitor.
pub fn lists(reader: &Reader, edition: &Edition) -> Vec<ListView> {
    let lists = reader.account.iter().flat_map(|account| &account.lists);
    lists.map(|list| shown(reader, edition, list.clone())).collect()
}

fn shown(reader: &Reader, edition: &Edition, list: Watchlist) -> ListView {
    let rows = list.symbols.into_iter().map(|symbol| watched(reader, edition, symbol)).collect();
    ListView { id: list.id, name: list.name, rows }
}

fn watched(reader: &Reader, edition: &Edition, symbol: String) -> WatchedView {
    let (lang, who) = (reader.lang(), reader.who());
    let front = edition.front.rows.iter().find(|row| row.sentiment.symbol == symbol);
    let row = front.and_then(|row| view::row(edition, who, row, reader.now, lang));
    let locked = [Feature::Price, Feature::Sentiment]
        .into_iter()
        .all(|feature| edition.access(who, feature, &symbol, reader.now).is_locked());
    WatchedView {
        name: edition.front.assets.get(&symbol).map_or_else(|| symbol.clone(), |asset| asset.name.clone()),
        href: view::asset_href(&symbol),
        note: text(lang, if locked { "watch_locked" } else { "watch_nothing" }),
        row,
        symbol,
    }
}
