//! The mood of all assets together.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use domain::{Feature, Tier};
use serde::Serialize;

use super::asked::{Asked, Noise, Query};
use super::{removed, volume};
use crate::access::Access;
use crate::error::Error;
use crate::format;
use crate::market::cache::Edition;
use crate::market::scope::Scope;
use crate::market::store::SentimentRow;
use crate::market::view::{self, LockView, PointView, ScoreView};
use crate::market::words::{self, MarketMood};
use crate::site::reader::Reader;
use crate::site::{page, refusal};
use crate::state::App;
use crate::text::{Lang, count, fill, text};

/// Assets in each list.
const LISTED: usize = 10;

/// One asset of a list.
#[derive(Debug, Serialize)]
struct AssetView {
    symbol: String,
    name: String,
    href: String,
    /// The receipt of its score.
    receipt: String,
    mood: ScoreView,
    /// Those of the last 24 hours, by which assets are ranked.
    documents: String,
}

/// The assets of one class.
#[derive(Debug, Serialize)]
struct ClassView {
    name: &'static str,
    assets: String,
    documents: String,
    mood: ScoreView,
}

/// `GET /sentiment`
///
/// # Errors
/// Postgres fails.
pub async fn page(reader: Reader, query: web::Query<Query>) -> Result<HttpResponse, Error> {
    let edition = reader.app.edition().await?;
    let asked = match Asked::parse(&query) {
        Ok(asked) => asked,
        Err(accepted) => {
            let says = text(reader.lang(), accepted);
            return refusal::page(&reader, &edition, StatusCode::BAD_REQUEST, says);
        }
    };
    let (lang, app) = (reader.lang(), &reader.app);
    let scope = Scope::of(&edition, reader.who(), Feature::Sentiment, reader.now);
    let all: Vec<SentimentRow> =
        edition.front.rows.iter().map(|row| of_noise(&row.sentiment, asked.noise)).collect();
    let seen: Vec<&SentimentRow> = all.iter().filter(|row| scope.holds(&row.symbol)).collect();
    let mut context = page::context(&reader, &edition, text(lang, "mood_title"));
    // The mood of the whole market is public; what it is made of is not.
    let mood = words::market_mood(all.iter().map(|row| row as &SentimentRow));
    context.insert("published", &edition.publication.is_some());
    context.insert("answer", &mood.as_ref().map(|mood| words::market(mood, lang)));
    context.insert("raw", &(asked.noise == Noise::Raw));
    context.insert("sides", &asked.sides(|noise| text(lang, side_key(noise)).to_owned()));
    context.insert("hidden", &edition.front.rows.len().saturating_sub(seen.len()));
    context.insert(
        "lock_all",
        &(seen.len() < all.len()).then(|| {
            let card = view::lock(&edition, Feature::Sentiment, Some(Tier::Basic), lang);
            LockView { line: text(lang, "lock_mood_all"), ..card }
        }),
    );
    let listed = |rows: Vec<&SentimentRow>| -> Vec<AssetView> {
        rows.into_iter().take(LISTED).map(|row| asset(&edition, row, asked.noise, lang)).collect()
    };
    context.insert("positive", &listed(furthest(&seen, 1.0)));
    context.insert("negative", &listed(furthest(&seen, -1.0)));
    context.insert("mentioned", &listed(seen.clone()));
    context.insert("moves", &view::moves(&edition, reader.who(), reader.now, lang));
    context.insert("classes", &classes(&edition, &seen, asked.noise, lang));
    context.insert("behind", &scope.access.sees_behind());
    let closed = !scope.access.sees_behind();
    context.insert(
        "lock_behind",
        &closed.then(|| {
            let card = view::lock(&edition, Feature::Sentiment, Some(Tier::Basic), lang);
            LockView { line: text(lang, "lock_mood_behind"), ..card }
        }),
    );
    let most = match scope.access {
        Access::Since(since) => Some((edition.closes_at() - since).num_days()),
        _ => None,
    };
    let days = most.map_or(asked.days, |most| asked.days.min(most));
    let shown = Asked { days, ..asked.clone() };
    let period = |days: i64| count(lang, "mood_period_days", days, &[]);
    context.insert("periods", &shown.periods(most, period));
    context.insert("source", &format!("/api/sentiment?days={}", nearest(days)));
    context.insert("noise", asked.noise.as_str());
    if scope.access.sees_behind() {
        behind(&reader, &edition, &scope, &mut context).await?;
    } else {
        context.insert("sources", &Vec::<volume::SourceView>::new());
        context.insert("reasons", &Vec::<removed::Reason>::new());
        context.insert("removed", &None::<String>);
    }
    page::render(app, "sentiment/market.html", &context)
}

/// The smallest period that holds so many days.
fn nearest(days: i64) -> i64 {
    super::asked::PERIODS.into_iter().find(|period| *period >= days).unwrap_or(super::asked::PERIODS[0])
}

/// The text for one side of the noise switch.
pub(super) fn side_key(noise: Noise) -> &'static str {
    match noise {
        Noise::Organic => "mood_side_organic",
        Noise::Raw => "mood_side_raw",
    }
}

/// The row as it is with noise left in: another mean, and no interval, since none is published for it.
pub(super) fn of_noise(row: &SentimentRow, noise: Noise) -> SentimentRow {
    match noise {
        Noise::Organic => row.clone(),
        Noise::Raw => SentimentRow {
            score: row.score_raw,
            low: None,
            high: None,
            posts_organic: row.posts,
            articles_organic: row.articles,
            ..row.clone()
        },
    }
}

async fn behind(
    reader: &Reader,
    edition: &Edition,
    scope: &Scope,
    context: &mut tera::Context,
) -> Result<(), Error> {
    let lang = reader.lang();
    let newest_id = edition.publication.as_ref().map_or(0, |p| p.id);
    let volumes = reader.app.moods.volumes(newest_id).await?;
    let seen: Vec<_> = volumes.iter().filter(|v| scope.holds(&v.symbol)).collect();
    let mut sums: BTreeMap<(&str, &str), [i64; 2]> = BTreeMap::new();
    for volume in &seen {
        let sum = sums.entry((&volume.kind, &volume.source)).or_default();
        sum[0] += volume.documents;
        sum[1] += volume.documents - volume.organic;
    }
    let mut sources: Vec<_> = sums.into_iter().collect();
    sources.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let sources: Vec<_> = sources
        .into_iter()
        .map(|((kind, source), [all, noise])| {
            (source, volume::kind_name(kind, lang), format::count(all, lang), format::count(noise, lang))
        })
        .collect();
    let all: i64 = seen.iter().map(|v| v.documents).sum();
    let noise: i64 = seen.iter().map(|v| v.documents - v.organic).sum();
    let values = [("removed", &*format::count(noise, lang)), ("all", &*format::count(all, lang))];
    context.insert("removed", &(all > 0).then(|| fill(lang, "mood_removed_of", &values)));
    context.insert("sources", &sources);
    context.insert("reasons", &removed::reasons(seen.into_iter(), lang));
    Ok(())
}

/// The market's mood slot by slot over the last `days`, as far as `access` goes.
pub(super) async fn series(
    app: &App,
    edition: &Edition,
    access: Access,
    days: i64,
) -> Result<Vec<PointView>, Error> {
    let Some(newest) = &edition.publication else { return Ok(Vec::new()) };
    if access.is_locked() {
        return Ok(Vec::new());
    }
    let rows = app.moods.market(newest.id, newest.closes_at, days).await?;
    let seen = rows.iter().filter(|row| access.covers(row.closes_at, newest.closes_at));
    Ok(seen
        .map(|row| {
            let mood =
                MarketMood::of_sums(row.weight, row.sum, row.squares, row.assets as usize, row.documents);
            PointView {
                at: row.closes_at,
                score: mood.as_ref().map(|mood| mood.score),
                low: mood.as_ref().map(|mood| mood.score - mood.half),
                high: mood.as_ref().map(|mood| mood.score + mood.half),
                raw: row.raw,
                documents: row.documents,
                noise: row.noise,
            }
        })
        .collect())
}

fn asset(edition: &Edition, row: &SentimentRow, noise: Noise, lang: Lang) -> AssetView {
    let name = edition.front.assets.get(&row.symbol).map_or(&row.symbol, |asset| &asset.name);
    AssetView {
        symbol: row.symbol.clone(),
        name: name.clone(),
        href: format!("{}/sentiment", view::asset_href(&row.symbol)),
        receipt: format!("{}/receipt", view::asset_href(&row.symbol)),
        mood: score(row, noise, lang),
        documents: format::count(row.documents_day, lang),
    }
}

/// A score as a reader sees it; with noise left in there is no interval, and its place says so.
pub(super) fn score(row: &SentimentRow, noise: Noise, lang: Lang) -> ScoreView {
    let view = view::score(row, lang);
    match noise {
        Noise::Organic => view,
        Noise::Raw => ScoreView { interval: text(lang, "mood_raw_no_interval").to_owned(), ..view },
    }
}

/// The assets furthest to one side (1: positive, -1: negative). Where there are intervals, only those that leave out 0.
fn furthest<'a>(rows: &[&'a SentimentRow], side: f64) -> Vec<&'a SentimentRow> {
    let clear = |row: &SentimentRow| {
        let end = if side > 0.0 { row.low } else { row.high };
        row.score.is_some_and(|score| score * side > 0.0) && end.is_none_or(|end| end * side > 0.0)
    };
    let mut found: Vec<&SentimentRow> = rows.iter().copied().filter(|row| clear(row)).collect();
    found.sort_by(|a, b| {
        let value = |row: &SentimentRow| row.score.unwrap_or_default() * side;
        value(b).total_cmp(&value(a)).then(a.rank.cmp(&b.rank))
    });
    found
}

fn classes(edition: &Edition, seen: &[&SentimentRow], noise: Noise, lang: Lang) -> Vec<ClassView> {
    let known = [
        ("equity", "class_equity"),
        ("crypto", "class_crypto"),
        ("fx", "class_fx"),
        ("index", "class_index"),
    ];
    known
        .into_iter()
        .filter_map(|(class, key)| {
            let inside = |row: &&&SentimentRow| {
                edition.front.assets.get(&row.symbol).is_some_and(|asset| asset.class == class)
            };
            let rows: Vec<&SentimentRow> = seen.iter().filter(inside).copied().collect();
            let first = *rows.first()?;
            let mood = words::market_mood(rows.iter().copied());
            // A class is shown as an asset is: with its mean, its interval, and their places.
            let whole = SentimentRow {
                score: mood.as_ref().map(|m| m.score),
                low: mood.as_ref().filter(|_| noise == Noise::Organic).map(|m| m.score - m.half),
                high: mood.as_ref().filter(|_| noise == Noise::Organic).map(|m| m.score + m.half),
                ..first.clone()
            };
            Some(ClassView {
                name: text(lang, key),
                assets: format::count(rows.len() as i64, lang),
                documents: format::count(rows.iter().map(|row| words::organic(row)).sum(), lang),
                mood: score(&whole, noise, lang),
            })
        })
        .collect()
}
