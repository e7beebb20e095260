//! The front page, an asset's page and the search.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use domain::Feature;
use serde::{Deserialize, Serialize};

use super::asset::{Opened, Section};
use super::store::AssetRow;
use super::view::{self, LockView};
use super::words;
use super::{cache, record};
use crate::access::Access;
use crate::error::Error;
use crate::format;
use crate::publish::coverage::Coverage;
use crate::record::filter::Filter;
use crate::site::page;
use crate::site::reader::Reader;
use crate::site::shared::Passing;
use crate::text::{fill, text};
use crate::watch;

/// Assets on one page of the front page's list: more would be more than anybody reads, and most of the page's weight.
const ROWS: usize = 100;
/// Assets that a search shows.
const FOUND: usize = 50;

/// Which part of the front page's list is asked for.
#[derive(Debug, Deserialize)]
pub struct Part {
    /// From 1, the most mentioned.
    page: Option<usize>,
}

/// `GET /?page=`
///
/// # Errors
/// There is no such page, or Postgres fails.
pub async fn home(reader: Reader, part: web::Query<Part>) -> Result<HttpResponse, Error> {
    let edition = reader.app.edition().await?;
    let (who, lang, now) = (reader.who(), reader.lang(), reader.now);
    let front = &edition.front.rows;
    // The mood of the whole market is public; what it is made of is not.
    let mood = words::market_mood(front.iter().map(|row| &row.sentiment));
    let listed: Vec<_> = front.iter().filter(|row| view::listed(&edition, who, row, now)).collect();
    let hidden = front.len() - listed.len();
    let page_number = part.page.unwrap_or(1);
    let (first, pages) = (page_number == 1, listed.len().div_ceil(ROWS).max(1));
    let start = page_number.checked_sub(1).filter(|before| *before < pages).ok_or(Error::NotFound)? * ROWS;
    let rows: Vec<_> = listed
        .into_iter()
        .skip(start)
        .take(ROWS)
        .filter_map(|row| view::row(&edition, who, row, now, lang))
        .collect();
    let address = |number: usize| if number == 1 { "/".to_owned() } else { format!("/?page={number}") };
    let mut context = page::context(&reader, &edition, text(lang, "home_title"));
    context.insert("published", &edition.publication.is_some());
    context.insert("answer", &mood.map(|mood| words::market(&mood, lang)));
    let sees_before = |row: &cache::FrontRow| {
        edition.access(who, Feature::Sentiment, &row.sentiment.symbol, now).sees_behind()
    };
    context.insert("moves_open", &(first && front.iter().any(sees_before)));
    context.insert("moves", &view::moves(&edition, who, now, lang));
    context.insert(
        "hidden",
        &(hidden > 0).then(|| fill(lang, "home_hidden", &[("count", &hidden.to_string())])),
    );
    let visitor = reader.account.is_none();
    context.insert("landing", &if visitor && first { Some(landing(&reader, &edition).await?) } else { None });
    context.insert("visitor", &visitor);
    context.insert("first", &first);
    context.insert("watched", &if first { watch::home::lists(&reader, &edition) } else { Vec::new() });
    context.insert("more_mentioned", &(!first).then(|| address(page_number - 1)));
    context.insert("less_mentioned", &(page_number < pages).then(|| address(page_number + 1)));
    context.insert("rows", &rows);
    page::render(&reader.app, "home.html", &context)
}

/// What the landing page says in numbers: all of them public.
#[derive(Serialize)]
struct Landing {
    facts: Vec<Fact>,
    from: String,
}

#[derive(Serialize)]
struct Fact {
    label: &'static str,
    value: String,
}

async fn landing(reader: &Reader, edition: &cache::Edition) -> Result<Landing, Error> {
    let lang = reader.lang();
    let record = reader.app.record(edition, &Filter::default()).await?;
    let sources = edition.publication.as_ref().map_or(0, |publication| {
        let coverage: Result<Coverage, _> = serde_json::from_value(publication.coverage.clone());
        coverage.map_or(0, |coverage| coverage.sources.len())
    });
    let documents: i64 = edition.front.rows.iter().map(|row| words::organic(&row.sentiment)).sum();
    let by_horizon = || record.groups.iter().filter(|group| group.kind == "horizon");
    let scored: i64 = by_horizon().map(|group| group.forecasts).sum();
    let inside: i64 = by_horizon().map(|group| group.inside_80).sum();
    let fact = |key, value: i64| Fact { label: text(lang, key), value: format::count(value, lang) };
    let size = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let mut facts = vec![
        fact("landing_assets", size(edition.front.rows.len())),
        fact("landing_documents", documents),
        fact("landing_sources", size(sources)),
        fact("landing_scored", scored),
    ];
    if scored > 0 {
        let share = inside as f64 / scored as f64;
        facts.push(Fact { label: text(lang, "landing_inside"), value: format::percent(share, 1, lang) });
    }
    let cheapest = edition.tiers.iter().filter(|tier| tier.monthly_cents > 0).min_by_key(|t| t.monthly_cents);
    let price = cheapest.map(|tier| format::money(i64::from(tier.monthly_cents), &tier.currency, lang));
    let from = fill(lang, "landing_from", &[("price", price.as_deref().unwrap_or("–"))]);
    Ok(Landing { facts, from })
}

/// `GET /assets/{symbol}`
///
/// # Errors
/// There is no such asset, or Postgres fails.
pub async fn asset(reader: Reader, symbol: web::Path<String>) -> Result<HttpResponse, Error> {
    let open = Opened::new(reader, &symbol).await?;
    let (lang, newest_at) = (open.lang(), open.edition.closes_at());
    let mut context = open.context(Section::Overview)?;
    context.insert("locks", &locks(&open));
    let prices = open.access(Feature::Price);
    context.insert("price", &(!prices.is_locked()).then(|| view::price(&open.dossier.bars, lang)).flatten());
    let live = crate::live::view::of(&open);
    let passing = live.as_ref().is_some_and(|live| live.now.is_some());
    context.insert("live", &live);
    let moods = open.access(Feature::Sentiment);
    let sentiment = open.sentiment().filter(|_| !moods.is_locked());
    context.insert("sentiment", &sentiment.map(|row| mood_facts(row, lang)));
    context.insert("sentiment_history", &moods.sees_behind());
    context.insert("older_locked", &matches!(moods, Access::Since(_)));
    let news = open.access(Feature::News);
    let articles = view::documents(&open.dossier.articles, news, newest_at);
    context.insert("articles", &view::dress(articles, lang));
    let posts =
        if news.sees_behind() { view::documents(&open.dossier.posts, news, newest_at) } else { Vec::new() };
    context.insert("posts", &view::dress(posts, lang));
    context.insert("posts_open", &news.sees_behind());
    let outlook = !open.access(Feature::Predictions).is_locked();
    context.insert("outlook", &outlook.then(|| record::outlook(&open.dossier, lang)));
    let mut page = open.render("asset.html", &context)?;
    if passing {
        page.extensions_mut().insert(Passing);
    }
    Ok(page)
}

/// The mood of an asset with what it rests on.
#[derive(Serialize)]
struct MoodFacts {
    view: view::ScoreView,
    documents: String,
    noise: String,
    raw: Option<String>,
    model: String,
}

fn mood_facts(row: &super::store::SentimentRow, lang: crate::text::Lang) -> MoodFacts {
    let organic = words::organic(row);
    MoodFacts {
        view: view::score(row, lang),
        documents: format::count(organic, lang),
        noise: format::count(row.posts + row.articles - organic, lang),
        raw: row.score_raw.map(|score| format::signed(score, 2, lang)),
        model: row.model.clone(),
    }
}

/// A card for each feature that is locked, and for the posts where only headlines may be seen.
fn locks(open: &Opened) -> BTreeMap<&'static str, Option<LockView>> {
    let mut locks: BTreeMap<_, _> = Feature::ALL.into_iter().map(|f| (f.as_str(), open.lock(f))).collect();
    let risk =
        open.lock(Feature::Predictions).map(|card| LockView { line: text(open.lang(), "lock_risk"), ..card });
    locks.insert("risk", risk);
    locks.insert("posts", open.lock_behind(Feature::News, "lock_posts"));
    locks.insert("history", open.lock_behind(Feature::Sentiment, "lock_history"));
    locks
}

/// What was searched for.
#[derive(Debug, Deserialize)]
pub struct Query {
    q: Option<String>,
}

/// `GET /search?q=`: names of assets are public. One hit leads straight to its page.
///
/// # Errors
/// Postgres fails.
pub async fn search(reader: Reader, query: web::Query<Query>) -> Result<HttpResponse, Error> {
    let edition = reader.app.edition().await?;
    let wanted: String = query.q.as_deref().unwrap_or_default().trim().chars().take(64).collect();
    let found = find(edition.front.assets.values(), &wanted);
    if let ([only], false) = (found.as_slice(), wanted.is_empty()) {
        return Ok(HttpResponse::SeeOther()
            .insert_header(("location", view::asset_href(&only.symbol)))
            .finish());
    }
    let hits: Vec<_> = found.iter().map(|a| (view::asset_href(&a.symbol), &a.symbol, &a.name)).collect();
    let mut context = page::context(&reader, &edition, text(reader.lang(), "search_title"));
    context.insert("query", &wanted);
    context.insert("hits", &hits);
    page::render(&reader.app, "search.html", &context)
}

/// Assets whose symbol, name or alias is or contains `wanted`: an exact symbol or alias alone, else all that match.
pub(crate) fn find<'a>(assets: impl Iterator<Item = &'a AssetRow>, wanted: &str) -> Vec<&'a AssetRow> {
    let needle = wanted.trim_start_matches('$').to_lowercase();
    let mut hits: Vec<(u8, &AssetRow)> = Vec::new();
    for asset in assets {
        let names = || std::iter::once(&asset.name).chain(&asset.aliases).map(|name| name.to_lowercase());
        let place = match asset.symbol.to_lowercase() {
            symbol if symbol == needle => 0,
            _ if names().any(|name| name == needle) => 1,
            symbol if symbol.starts_with(&needle) || names().any(|name| name.starts_with(&needle)) => 2,
            _ if names().any(|name| name.contains(&needle)) => 3,
            _ => continue,
        };
        hits.push((place, asset));
    }
    hits.sort_by_key(|(place, asset)| (*place, &asset.symbol));
    let exact = hits.first().is_some_and(|(place, _)| *place == 0);
    hits.into_iter().take(if exact { 1 } else { FOUND }).map(|(_, asset)| asset).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assets_are_found_by_symbol_name_and_alias() {
        let asset = |symbol: &str, name: &str, alias: &str| AssetRow {
            symbol: symbol.into(),
            name: name.into(),
            class: "equity".into(),
            exchange: String::new(),
            aliases: vec![alias.into()],
        };
        let all = [
            asset("KO", "The Coca-Cola Company", "Coke"),
            asset("KOS", "Kosmos", "x"),
            asset("PEP", "PepsiCo", "Pepsi"),
        ];
        for (wanted, expected) in [
            ("ko", vec!["KO"]),
            ("$ko", vec!["KO"]),
            ("coke", vec!["KO"]),
            ("cola", vec!["KO"]),
            ("peps", vec!["PEP"]),
            ("zz", vec![]),
            ("", vec!["KO", "KOS", "PEP"]),
        ] {
            let found: Vec<&str> = find(all.iter(), wanted).iter().map(|a| a.symbol.as_str()).collect();
            assert_eq!(found, expected, "{wanted}");
        }
    }
}
