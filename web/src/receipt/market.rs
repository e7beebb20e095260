//! The receipt of what is said of all assets together: the market's mood as the sum of the assets' moods,
//! and the run behind the newest slot.

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use domain::trace::TraceId;
use domain::{Feature, Tier};
use serde::Serialize;

use super::pages::stage_view;
use super::store;
use crate::error::Error;
use crate::format;
use crate::market::scope::Scope;
use crate::market::store::SentimentRow;
use crate::market::view::{self, LockView, ScoreView};
use crate::market::words;
use crate::publish::lineage::Lineage;
use crate::site::page;
use crate::site::reader::Reader;
use crate::text::{Lang, text};

/// What a page says of the publication behind it.
#[derive(Debug, Serialize)]
struct Shown {
    slot: String,
    version: i32,
    published_at: DateTime<Utc>,
    manifest_sha256: String,
    trace_id: String,
    lineage: Option<Lineage>,
}

/// One asset of the sum.
#[derive(Debug, Serialize)]
struct Line {
    name: String,
    symbol: String,
    /// Its own receipt.
    href: String,
    mood: ScoreView,
    documents: String,
    /// Its share in the market's mood; `None` where the reader does not see all assets.
    share: Option<String>,
    /// Score times share.
    adds: Option<String>,
}

/// `GET /receipt`
///
/// # Errors
/// Nothing has been published, or Postgres fails.
pub async fn receipt(reader: Reader) -> Result<HttpResponse, Error> {
    let edition = reader.app.edition().await?;
    let lang = reader.lang();
    let mut context = page::context(&reader, &edition, text(lang, "receipt_title"));
    let newest = edition.publication.as_ref();
    let published = match newest {
        Some(newest) => store::publication(&reader.app.pool, &newest.slot, Some(newest.version)).await?,
        None => None,
    };
    context.insert("has_publication", &published.is_some());
    if let (Some(published), Some(newest)) = (published, newest) {
        let rows: Vec<&SentimentRow> = edition.front.rows.iter().map(|row| &row.sentiment).collect();
        let scope = Scope::of(&edition, reader.who(), Feature::Sentiment, reader.now);
        let whole = rows.iter().all(|row| scope.holds(&row.symbol));
        let weight: i64 = rows.iter().filter(|row| row.score.is_some()).map(|row| words::organic(row)).sum();
        let name = |symbol: &str| edition.front.assets.get(symbol).map(|asset| asset.name.clone());
        let seen = rows.iter().filter(|row| row.score.is_some() && scope.holds(&row.symbol));
        let lines: Vec<Line> = seen
            .map(|row| line(row, name(&row.symbol).unwrap_or_default(), whole.then_some(weight), lang))
            .collect();
        let mood = words::market_mood(rows.iter().copied());
        context.insert("answer", &mood.as_ref().map(|mood| words::market(mood, lang)));
        let sum = mood.as_ref().filter(|_| whole).map(|mood| format::signed(mood.score, 4, lang));
        context.insert("sum", &sum);
        context.insert("lines", &lines);
        context.insert(
            "lock_all",
            &(!whole).then(|| {
                let card = view::lock(&edition, Feature::Sentiment, Some(Tier::Basic), lang);
                LockView { line: text(lang, "lock_mood_all"), ..card }
            }),
        );
        let trace_id = newest.slot.parse().map(TraceId::of_slot).map(|id| id.to_string());
        context.insert(
            "shown",
            &Shown {
                slot: newest.slot.clone(),
                version: published.version,
                published_at: published.published_at,
                manifest_sha256: published.manifest_sha256,
                trace_id: trace_id.unwrap_or_default(),
                lineage: published.lineage.and_then(|lineage| serde_json::from_value(lineage).ok()),
            },
        );
        context.insert("published", &format::instant(published.published_at, lang));
        let stages: Vec<_> = published.stages.0.iter().map(|stage| stage_view(stage, lang)).collect();
        context.insert("stages", &stages);
        context.insert("api_path", &None::<&str>);
    }
    page::render(&reader.app, "receipt/market.html", &context)
}

/// An asset's line; `weight` are the documents of all assets together, where the reader may see them all.
fn line(row: &SentimentRow, name: String, weight: Option<i64>, lang: Lang) -> Line {
    let share = weight.filter(|weight| *weight > 0).map(|all| words::organic(row) as f64 / all as f64);
    Line {
        name,
        symbol: row.symbol.clone(),
        href: format!("{}/receipt", view::asset_href(&row.symbol)),
        mood: view::score(row, lang),
        documents: format::count(words::organic(row), lang),
        share: share.map(|share| format::percent(share, 1, lang)),
        adds: share.zip(row.score).map(|(share, score)| format::signed(share * score, 4, lang)),
    }
}
