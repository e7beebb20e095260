//! News: the articles of all outlets, with their shares and coins.

use std::collections::BTreeSet;

use domain::AssetClass;
use serde_json::{Value, json};

use super::{descending, error, instant, limit, token};
use crate::fnv;
use crate::moment::{Micros, exact};
use crate::wire::{Answer, Request};
use crate::world::World;
use crate::world::article::Article;

/// So many articles on a page, without a wish and at most.
const PAGE: (usize, usize) = (10, 50);

/// Answers a request for news.
pub(super) fn answer(world: &World, now: Micros, request: &Request) -> Result<Answer, Answer> {
    let page = limit(request, PAGE.0, PAGE.1)?;
    let newest_first = descending(request, true)?;
    let start = instant(request, "start")?.unwrap_or(i64::MIN);
    let end = instant(request, "end")?.unwrap_or(now);
    if end < start {
        return Err(error(400, "end should not be before start"));
    }
    let symbols: Vec<&str> =
        request.param("symbols").map(|s| s.split(',').map(str::trim).collect()).unwrap_or_default();
    let after = match request.param("page_token") {
        None => None,
        // The name is the number of the row, by which articles of one instant are told apart.
        Some(given) => {
            Some(token::read(given)?.1.parse::<usize>().map_err(|_| error(400, "invalid page_token"))?)
        }
    };
    let rows = &world.articles.rows;
    let mut first = rows.partition_point(|article| article.at < start);
    let mut last = world.articles.visible(now.min(end));
    if let Some(row) = after {
        if newest_first {
            last = last.min(row);
        } else {
            first = first.max(row + 1);
        }
    }
    let range = first.min(last)..last;
    let order: Box<dyn Iterator<Item = usize>> =
        if newest_first { Box::new(range.rev()) } else { Box::new(range) };
    let mut found = order.filter(|row| {
        symbols.is_empty()
            || rows[*row]
                .tickers
                .iter()
                .any(|ticker| spelling(world, ticker).is_some_and(|name| symbols.contains(&name.as_str())))
    });
    let shown: Vec<usize> = found.by_ref().take(page).collect();
    let next = match (found.next(), shown.last()) {
        (Some(_), Some(row)) => Some(token::write(rows[*row].at, &row.to_string())),
        _ => None,
    };
    let news: Vec<Value> = shown.iter().map(|row| value(world, &rows[*row], request)).collect();
    Ok(Answer::json(200, &json!({"news": news, "next_page_token": next})))
}

/// How news writes a share or a coin, the latter without the slash: `BRK.B`, `BTCUSD`. Nothing else has news.
fn spelling(world: &World, ticker: &str) -> Option<String> {
    let symbol = world.assets.by_cashtag(ticker).unwrap_or(ticker);
    match world.assets.class(symbol) {
        Some(AssetClass::Fx | AssetClass::Index) => None,
        _ => Some(world.assets.to_alpaca(symbol).replace('/', "")),
    }
}

/// The number of an article: made from its outlet and its id there, because a world's ids are not always numbers and only an outlet's
/// own. 53 bits, which every reader of JSON keeps.
pub(super) fn id(article: &Article) -> u64 {
    fnv::hash(&format!("{}\n{}", article.outlet, article.id)) >> 11
}

fn value(world: &World, article: &Article, request: &Request) -> Value {
    let symbols: BTreeSet<String> =
        article.tickers.iter().filter_map(|ticker| spelling(world, ticker)).collect();
    let with_content = request.param("include_content") == Some("true");
    let summary = article.summary.as_deref().unwrap_or("");
    json!({
        "id": id(article),
        "headline": article.title,
        "author": article.authors.join(", "),
        "created_at": exact(article.at),
        "updated_at": exact(article.at),
        "summary": summary,
        "content": if with_content { summary } else { "" },
        "url": article.url,
        "images": [],
        "symbols": symbols,
        "source": article.outlet,
    })
}
