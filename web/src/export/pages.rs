//! The tables of an asset's pages as files, and the rows of the programming interface that are made of a dossier.

use actix_web::{HttpRequest, HttpResponse, web};
use analytics::indicators::fused;
use chrono::{DateTime, NaiveTime, Utc};
use domain::Feature;
use serde::Deserialize;

use super::{Format, csv, includes};
use crate::access::Access;
use crate::api::history::shown;
use crate::api::rows::{BarV1, DocumentV1, ForecastV1, IndicatorV1, RiskV1, Row, SentimentV1, SignalV1};
use crate::api::store::lists::{self, DocumentFilter};
use crate::error::Error;
use crate::market::asset::Opened;
use crate::market::cache::Dossier;
use crate::market::store::{BarRow, ForecastRow, RiskRow, SentimentRow, SignalRow};
use crate::site::reader::SignedIn;

/// Most documents of a file.
const DOCUMENTS: i64 = 5_000;

/// What a link to a file says.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    format: Option<String>,
}

/// `GET /assets/{symbol}/export/{table}?format=csv`: bars, indicators, sentiment, documents, forecast, signals or risk.
///
/// # Errors
/// No such asset or table, the tier includes neither the feature nor the format, or Postgres fails.
pub async fn export(
    request: HttpRequest,
    signed_in: SignedIn,
    path: web::Path<(String, String)>,
    wanted: web::Query<Wanted>,
) -> Result<HttpResponse, Error> {
    let (symbol, table) = path.into_inner();
    let format = match wanted.format.as_deref() {
        Some("csv") | None => Format::Csv,
        Some("parquet") => Format::Parquet,
        Some(_) => return Err(Error::Unclear { why: "export_accepts_format" }),
    };
    let tier = signed_in.reader.tier();
    let open = Opened::new(signed_in.reader, &symbol).await?;
    let row = open.edition.tiers.iter().find(|row| row.tier == tier.as_str());
    if !row.is_some_and(|row| includes(&row.exports, format)) {
        return Err(Error::Refused("the tier does not include files of this format"));
    }
    let feature = match table.as_str() {
        "bars" | "indicators" => Feature::Price,
        "sentiment" => Feature::Sentiment,
        "documents" => Feature::News,
        "forecast" | "signals" | "risk" => Feature::Predictions,
        _ => return Err(Error::NotFound),
    };
    let (access, newest_at) = (open.access(feature), open.edition.closes_at());
    if let Access::Locked { unlocked_by } = access {
        return Err(Error::Locked { feature, unlocked_by });
    }
    let dossier = &open.dossier;
    let body = match table.as_str() {
        "bars" => write(format, &bars(dossier, access, newest_at)),
        "indicators" => write(format, &indicators(dossier, access, newest_at)),
        "sentiment" => {
            let history = open.reader.app.history(&open.edition, open.symbol()).await?;
            write(format, &sentiment(&history, access, newest_at))
        }
        "documents" => write(format, &documents(&open, access).await?),
        "forecast" => write(format, &of::<_, ForecastV1>(&dossier.forecast)),
        "signals" => write(format, &of::<_, SignalV1>(&dossier.signals)),
        _ => write(format, &of::<_, RiskV1>(&dossier.risks)),
    }?;
    tracing::debug!(path = request.path(), format = format.as_str(), "a table was taken away");
    let mut response = HttpResponse::Ok();
    response.content_type(format.media_type());
    if let Some(file) = format.attachment(&format!("{symbol}-{table}")) {
        response.insert_header(("content-disposition", file));
    }
    Ok(response.body(body))
}

async fn documents(open: &Opened, access: Access) -> Result<Vec<DocumentV1>, Error> {
    let mut filter = DocumentFilter::default();
    match access {
        Access::Since(since) => filter.from = Some(since),
        Access::Latest => {
            filter.collected_for = Some(open.edition.closes_at());
            filter.kind = Some("article");
        }
        Access::Full | Access::Locked { .. } => {}
    }
    let found = lists::documents(&open.reader.app.pool, open.symbol(), &filter, DOCUMENTS).await?;
    Ok(found.into_iter().map(|row| shown(row, access)).collect())
}

fn write<R: Row>(format: Format, rows: &[R]) -> Result<Vec<u8>, Error> {
    match format {
        Format::Parquet => tables::export::parquet(R::COLUMNS, rows)
            .map_err(|e| Error::Internal(anyhow::Error::new(e).context("writing a table"))),
        _ => csv(R::COLUMNS, rows),
    }
}

fn of<'a, A, B>(rows: &'a [A]) -> Vec<B>
where
    B: From<A>,
    A: Clone + 'a,
{
    rows.iter().cloned().map(B::from).collect()
}

/// The bars that this access covers, oldest first.
pub fn bars(dossier: &Dossier, access: Access, newest_at: DateTime<Utc>) -> Vec<BarV1> {
    covered(dossier, access, newest_at).map(|bar| BarV1::from(bar.clone())).collect()
}

fn covered(dossier: &Dossier, access: Access, newest_at: DateTime<Utc>) -> impl Iterator<Item = &BarRow> {
    let midnight = |bar: &BarRow| bar.traded_on.and_time(NaiveTime::MIN).and_utc();
    dossier.bars.iter().filter(move |bar| access.covers(midnight(bar), newest_at))
}

/// Indicators of the bars that this access covers, oldest first. Highs and lows are put on the scale of the adjusted
/// close, so that a split is not taken for a fall.
pub fn indicators(dossier: &Dossier, access: Access, newest_at: DateTime<Utc>) -> Vec<IndicatorV1> {
    let bars: Vec<&BarRow> = covered(dossier, access, newest_at).collect();
    let scale = |bar: &BarRow| if bar.close == 0.0 { 1.0 } else { bar.basis() / bar.close };
    let high: Vec<f64> = bars.iter().map(|bar| bar.high * scale(bar)).collect();
    let low: Vec<f64> = bars.iter().map(|bar| bar.low * scale(bar)).collect();
    let close: Vec<f64> = bars.iter().map(|bar| bar.basis()).collect();
    let columns = fused(&high, &low, &close);
    let known = |column: &[f64], n: usize| column.get(n).copied().filter(|value| value.is_finite());
    let rows = bars.iter().enumerate().map(|(n, bar)| IndicatorV1 {
        date: bar.traded_on,
        close: bar.basis(),
        ema12: known(&columns.ema12, n),
        ema26: known(&columns.ema26, n),
        macd: known(&columns.macd, n),
        macd_signal: known(&columns.macd_signal, n),
        macd_hist: known(&columns.macd_hist, n),
        rsi14: known(&columns.rsi14, n),
        bb_upper: known(&columns.bb_upper, n),
        bb_mid: known(&columns.bb_mid, n),
        bb_lower: known(&columns.bb_lower, n),
        slowk: known(&columns.slowk, n),
        slowd: known(&columns.slowd, n),
    });
    rows.collect()
}

/// The slots of the sentiment history that this access covers, oldest first.
pub fn sentiment(history: &[SentimentRow], access: Access, newest_at: DateTime<Utc>) -> Vec<SentimentV1> {
    let rows = history.iter().filter(|row| access.covers(row.closes_at, newest_at));
    rows.map(|row| SentimentV1::from(row.clone())).collect()
}

impl From<BarRow> for BarV1 {
    fn from(row: BarRow) -> Self {
        Self {
            date: row.traded_on,
            open: row.open,
            high: row.high,
            low: row.low,
            close: row.close,
            adj_close: row.adj_close,
            volume: row.volume,
        }
    }
}

impl From<SentimentRow> for SentimentV1 {
    fn from(row: SentimentRow) -> Self {
        Self {
            at: row.closes_at,
            score: row.score,
            low: row.low,
            high: row.high,
            score_raw: row.score_raw,
            posts: row.posts,
            posts_organic: row.posts_organic,
            articles: row.articles,
            articles_organic: row.articles_organic,
            positive: row.positive,
            negative: row.negative,
            model: row.model,
        }
    }
}

impl From<ForecastRow> for ForecastV1 {
    fn from(row: ForecastRow) -> Self {
        Self {
            horizon: row.horizon,
            target_on: row.target_on,
            last_on: row.last_on,
            last_close: row.last_close,
            q025: row.q025,
            q10: row.q10,
            q50: row.q50,
            q90: row.q90,
            q975: row.q975,
            rw_q025: row.rw_q025,
            rw_q10: row.rw_q10,
            rw_q90: row.rw_q90,
            rw_q975: row.rw_q975,
            model: row.model,
            skill: row.skill,
            skill_low: row.skill_low,
            skill_high: row.skill_high,
            coverage_80: row.coverage_80,
            coverage_95: row.coverage_95,
            evaluated: row.evaluated,
        }
    }
}

impl From<SignalRow> for SignalV1 {
    fn from(row: SignalRow) -> Self {
        Self { name: row.name, side: row.side, strength: row.strength, reason: row.reason }
    }
}

impl From<RiskRow> for RiskV1 {
    fn from(row: RiskRow) -> Self {
        Self {
            confidence: row.confidence,
            horizon: row.horizon,
            value_at_risk: row.value_at_risk,
            standard_error: row.standard_error,
            expected_shortfall: row.expected_shortfall,
            closed_form: row.closed_form,
            historical: row.historical,
            simulations: row.simulations,
            returns: row.returns,
            seed: row.seed,
        }
    }
}
