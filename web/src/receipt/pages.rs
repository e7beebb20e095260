//! The page of a receipt.

use actix_web::{HttpResponse, web};
use domain::{Feature, Slot};
use serde::{Deserialize, Serialize};

use super::{Asked, Receipt, StageTimes, Value, load};
use crate::access::Access;
use crate::api::rows::DocumentV1;
use crate::error::Error;
use crate::format;
use crate::market::asset::{Opened, Section};
use crate::market::view::{self, Direction};
use crate::site::reader::Reader;
use crate::text::{Lang, count, fill, text};

/// What a link to a receipt says.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    slot: Option<String>,
    version: Option<String>,
    value: Option<String>,
}

/// A fact with its name.
#[derive(Debug, Serialize)]
struct Fact {
    name: &'static str,
    value: String,
}

/// A stage of the run.
#[derive(Debug, Serialize)]
pub(super) struct StageView {
    stage: String,
    state: String,
    attempt: i32,
    at: Option<String>,
    began: String,
    took: String,
}

/// A document with its share.
#[derive(Debug, Serialize)]
struct WeighedView {
    kind: &'static str,
    text: Option<String>,
    url: Option<String>,
    by: String,
    score: String,
    weight: String,
    direction: Option<Direction>,
}

/// `GET /assets/{symbol}/receipt?slot=…&value=…`
///
/// # Errors
/// No such asset or publication, a value that there is not, or Postgres fails.
pub async fn receipt(
    reader: Reader,
    symbol: web::Path<String>,
    wanted: web::Query<Wanted>,
) -> Result<HttpResponse, Error> {
    let open = Opened::without_buttons(reader, &symbol).await?;
    let lang = open.lang();
    let value = match wanted.value.as_deref() {
        None => Value::Sentiment,
        Some(name) => Value::parse(name).ok_or(Error::Unclear { why: "receipt_accepts_value" })?,
    };
    if wanted.slot.as_ref().is_some_and(|slot| slot.parse::<Slot>().is_err()) {
        return Err(Error::Unclear { why: "receipt_accepts_slot" });
    }
    let version = wanted.version.as_ref().map(|text| text.parse::<i32>()).transpose();
    let version = version.map_err(|_| Error::Unclear { why: "receipt_accepts_version" })?;
    let asked = Asked { symbol: open.symbol(), slot: wanted.slot.as_deref(), version, value: Some(value) };
    let Opened { reader, edition, .. } = &open;
    let mut context = open.context(Section::Overview)?;
    context.insert("value", value.as_str());
    let values: Vec<(&str, &str)> = Value::ALL.into_iter().map(|v| (v.as_str(), name_of(v, lang))).collect();
    context.insert("values", &values);
    let lock = match load(&reader.app, edition, reader.who(), reader.now, &asked).await {
        Ok(receipt) => {
            fill_in(&mut context, &receipt, &open);
            None
        }
        Err(Error::Locked { feature, unlocked_by }) => {
            context.insert("shown_slot", &wanted.slot);
            Some(view::lock(edition, feature, unlocked_by, lang))
        }
        Err(error) => return Err(error),
    };
    context.insert("lock", &lock);
    open.render("receipt/receipt.html", &context)
}

fn name_of(value: Value, lang: Lang) -> &'static str {
    text(
        lang,
        match value {
            Value::Sentiment => "receipt_sentiment",
            Value::Price => "receipt_price",
            Value::Forecast => "receipt_forecast",
            Value::Risk => "receipt_risk",
            Value::Signal => "receipt_signal",
        },
    )
}

fn fill_in(context: &mut tera::Context, receipt: &Receipt, open: &Opened) {
    let lang = open.lang();
    context.insert("shown_slot", &receipt.slot);
    context.insert("shown", receipt);
    context.insert("facts", &facts(receipt, lang));
    context.insert("published", &format::instant(receipt.published_at, lang));
    context.insert("corrected", &(receipt.newest_version > receipt.version));
    context.insert("stages", &receipt.stages.iter().map(|stage| stage_view(stage, lang)).collect::<Vec<_>>());
    let documents = receipt.documents.as_deref();
    context.insert(
        "documents",
        &documents.map(|list| list.iter().map(|d| weighed(d, lang)).collect::<Vec<_>>()),
    );
    let covered = documents.map(|list| {
        let share: f64 = list.iter().filter_map(|d| d.weight).sum();
        let n = i64::try_from(list.len()).unwrap_or(i64::MAX);
        count(
            lang,
            "receipt_weights",
            n,
            &[("count", &format::count(n, lang)), ("share", &format::percent(share, 1, lang))],
        )
    });
    context.insert("covered", &covered);
    let behind = receipt.sentiment.is_some() && documents.is_none();
    let lock = behind.then(|| open.lock_behind(Feature::News, "receipt_lock_documents")).flatten();
    let locked = behind.then(|| open.lock(Feature::News)).flatten();
    context.insert("documents_lock", &lock.or(locked));
    let api = !matches!(open.access(Feature::Sentiment), Access::Locked { .. });
    let path = format!("/api/v1/receipts/{}/{}", view::encode(&receipt.symbol), receipt.slot);
    context.insert("api_path", &api.then_some(path));
}

/// The values themselves.
fn facts(receipt: &Receipt, lang: Lang) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut add = |name, value: String| facts.push(Fact { name: text(lang, name), value });
    if let Some(row) = &receipt.sentiment {
        let score =
            row.score.map_or_else(|| text(lang, "too_few").to_owned(), |s| format::signed(s, 2, lang));
        add("receipt_score", score);
        if let Some((low, high)) = row.low.zip(row.high) {
            let (low, high) = (format::signed(low, 2, lang), format::signed(high, 2, lang));
            add("receipt_interval", fill(lang, "interval", &[("low", &low), ("high", &high)]));
        }
        let counts = [
            ("posts", &*format::count(row.posts_organic, lang)),
            ("articles", &*format::count(row.articles_organic, lang)),
        ];
        add("receipt_documents", fill(lang, "receipt_counts", &counts));
        add(
            "receipt_noise",
            format::count(row.posts + row.articles - row.posts_organic - row.articles_organic, lang),
        );
        add("receipt_model", row.model.clone());
    }
    for row in receipt.forecast.iter().flatten() {
        let (low, high) = (format::price(row.q10, lang), format::price(row.q90, lang));
        let day = format::short_day(row.target_on, lang);
        let says =
            [("day", &*day), ("median", &*format::price(row.q50, lang)), ("low", &*low), ("high", &*high)];
        add("receipt_horizon", fill(lang, "receipt_forecast_line", &says));
    }
    if let Some(row) = receipt.forecast.iter().flatten().next() {
        add("receipt_model", row.model.clone());
    }
    for row in receipt.signals.iter().flatten() {
        add("receipt_signal", format!("{}: {}. {}", row.name, row.side, row.reason));
    }
    for row in receipt.risk.iter().flatten() {
        let says = [
            ("confidence", &*format::percent(row.confidence, 0, lang)),
            ("risk", &*format::percent(row.value_at_risk, 2, lang)),
            ("error", &*format::percent(row.standard_error, 3, lang)),
            ("simulations", &*format::count(row.simulations, lang)),
            ("returns", &*format::count(row.returns, lang)),
            ("seed", &*row.seed.to_string()),
        ];
        add("receipt_risk", fill(lang, "receipt_risk_line", &says));
    }
    if let Some(bars) = &receipt.bars {
        let day = |day: Option<chrono::NaiveDate>| {
            day.map_or_else(|| format::MISSING.to_owned(), |d| format::day(d, lang))
        };
        let says = [
            ("count", &*format::count(bars.bars, lang)),
            ("first", &*day(bars.first_on)),
            ("last", &*day(bars.last_on)),
        ];
        add("receipt_bars", fill(lang, "receipt_bars_line", &says));
        if let Some(at) = bars.stated_at {
            add("receipt_stated", format::instant(at, lang));
        }
    }
    facts
}

pub(super) fn stage_view(stage: &StageTimes, lang: Lang) -> StageView {
    let took = stage
        .started_at
        .zip(stage.finished_at)
        .map(|(from, to)| (to - from).num_milliseconds() as f64 / 1000.0);
    StageView {
        stage: stage.stage.clone(),
        state: stage.state.clone(),
        attempt: stage.attempt,
        at: stage.started_at.map(|at| at.to_rfc3339()),
        began: stage.started_at.map_or_else(|| format::MISSING.to_owned(), |at| format::instant(at, lang)),
        took: took
            .map_or_else(|| format::MISSING.to_owned(), |s| format!("{} s", format::number(s, 1, lang))),
    }
}

fn weighed(document: &DocumentV1, lang: Lang) -> WeighedView {
    let outlet = document.outlet.as_ref().map(|outlet| format!("{outlet} · ")).unwrap_or_default();
    WeighedView {
        kind: text(lang, if document.kind == "post" { "receipt_post" } else { "receipt_article" }),
        text: document.text.clone(),
        url: document.url.clone(),
        by: format!("{outlet}{} · {}", document.source, format::short_instant(document.said_at, lang)),
        score: document.score.map_or_else(|| format::MISSING.to_owned(), |s| format::signed(s, 2, lang)),
        weight: document.weight.map_or_else(|| format::MISSING.to_owned(), |w| format::percent(w, 2, lang)),
        direction: document.score.map(|s| Direction::of(s, 0.05, lang)),
    }
}
