//! Endpoints: lists over time.

use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use domain::Feature;

use super::caller::{Caller, call};
use super::operation::{BARS, DOCUMENTS, INDICATORS, OUTCOMES, PUBLICATIONS, SENTIMENT, USAGE};
use super::problem::Problem;
use super::rows::{BarV1, DocumentV1, IndicatorV1, OutcomeV1, PublicationV1, Row, UsageV1};
use super::store;
use super::store::lists::{self, DocumentFilter, DocumentPosition, OutcomePosition, OutcomeRow};
use super::{answers, rows};
use crate::access::Access;
use crate::export::pages as tables_of;

/// `GET /api/v1/assets/{symbol}/bars`
pub async fn bars(request: HttpRequest) -> HttpResponse {
    call(request, &BARS, async |caller| {
        let symbol = caller.symbol()?;
        let access = caller.access(Feature::Price, symbol)?;
        let dossier = caller.app.dossier(&caller.edition, symbol).await?;
        let rows: Vec<BarV1> = tables_of::bars(&dossier, access, caller.edition.closes_at());
        by_day(caller, rows, |row| row.date)
    })
    .await
}

/// `GET /api/v1/assets/{symbol}/indicators`
pub async fn indicators(request: HttpRequest) -> HttpResponse {
    call(request, &INDICATORS, async |caller| {
        let symbol = caller.symbol()?;
        let access = caller.access(Feature::Price, symbol)?;
        let dossier = caller.app.dossier(&caller.edition, symbol).await?;
        let rows: Vec<IndicatorV1> = tables_of::indicators(&dossier, access, caller.edition.closes_at());
        by_day(caller, rows, |row| row.date)
    })
    .await
}

/// `GET /api/v1/assets/{symbol}/sentiment`
pub async fn sentiment(request: HttpRequest) -> HttpResponse {
    call(request, &SENTIMENT, async |caller| {
        let symbol = caller.symbol()?;
        let access = caller.access(Feature::Sentiment, symbol)?;
        let history = caller.app.history(&caller.edition, symbol).await?;
        let rows: Vec<rows::SentimentV1> = tables_of::sentiment(&history, access, caller.edition.closes_at());
        in_time(caller, rows, |row| row.at)
    })
    .await
}

/// Rows in rising order of their day: those of the asked span, from the cursor on, in the asked order.
fn by_day<R: Row>(caller: &Caller, rows: Vec<R>, day: fn(&R) -> NaiveDate) -> Result<HttpResponse, Problem> {
    let instants = move |row: &R| day(row).and_time(NaiveTime::MIN).and_utc();
    in_time(caller, rows, instants)
}

fn in_time<R: Row>(
    caller: &Caller,
    mut rows: Vec<R>,
    at: impl Fn(&R) -> DateTime<Utc>,
) -> Result<HttpResponse, Problem> {
    let after: Option<DateTime<Utc>> = caller.position()?;
    let newest_first = caller.parameters.text("order") == Some("desc");
    let (from, before) = span(caller);
    rows.retain(|row| {
        let at = at(row);
        let reached = after.is_none_or(|after| if newest_first { at < after } else { at > after });
        reached && from.is_none_or(|from| at >= from) && before.is_none_or(|before| at < before)
    });
    if newest_first {
        rows.reverse();
    }
    let more = rows.len() > caller.limit();
    rows.truncate(caller.limit());
    let next = rows.last().filter(|_| more).map(|last| caller.cursors().seal(&at(last)));
    answers::page(caller, rows, next)
}

/// The asked span: from its first instant to before its last.
fn span(caller: &Caller) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    let to = caller.parameters.day("to").and_then(|day| day.checked_add_days(Days::new(1)));
    (caller.parameters.day("from").map(midnight), to.map(midnight))
}

/// `GET /api/v1/assets/{symbol}/documents`
pub async fn documents(request: HttpRequest) -> HttpResponse {
    call(request, &DOCUMENTS, async |caller| {
        let symbol = caller.symbol()?;
        let access = caller.access(Feature::News, symbol)?;
        let (from, before) = span(caller);
        let mut filter = DocumentFilter {
            kind: caller.parameters.text("kind"),
            from,
            before,
            collected_for: None,
            after: caller.position::<DocumentPosition>()?,
        };
        narrow(&mut filter, access, caller.edition.closes_at());
        let found = lists::documents(&caller.app.pool, symbol, &filter, caller.limit() as i64 + 1).await?;
        let rows: Vec<DocumentV1> = found.into_iter().map(|row| shown(row, access)).collect();
        finish(caller, rows, |row| (row.said_at, row.kind.clone(), row.source.clone(), row.id.clone()))
    })
    .await
}

/// Asks only for what may be seen, so that nothing else is ever loaded.
fn narrow(filter: &mut DocumentFilter<'_>, access: Access, newest_at: DateTime<Utc>) {
    match access {
        Access::Full | Access::Locked { .. } => {}
        Access::Since(since) => filter.from = Some(filter.from.map_or(since, |from| from.max(since))),
        // Headlines of the newest slot only: posts are what lies behind.
        Access::Latest => {
            filter.collected_for = Some(newest_at);
            filter.kind = Some("article");
        }
    }
}

/// A document as this access shows it.
pub(crate) fn shown(mut row: DocumentV1, access: Access) -> DocumentV1 {
    row.url = row.url.filter(|url| url.starts_with("https://") || url.starts_with("http://"));
    if !access.sees_behind() {
        (row.score, row.weight) = (None, None);
    }
    row
}

/// A page of rows that were loaded in order, with one more than asked if there is more.
fn finish<R: Row, P: serde::Serialize>(
    caller: &Caller,
    mut rows: Vec<R>,
    position: impl Fn(&R) -> P,
) -> Result<HttpResponse, Problem> {
    let more = rows.len() > caller.limit();
    rows.truncate(caller.limit());
    let next = rows.last().filter(|_| more).map(|last| caller.cursors().seal(&position(last)));
    answers::page(caller, rows, next)
}

/// `GET /api/v1/outcomes`
pub async fn outcomes(request: HttpRequest) -> HttpResponse {
    call(request, &OUTCOMES, async |caller| {
        let after: Option<OutcomePosition> = caller.position()?;
        let horizon = caller.parameters.integer("horizon").and_then(|h| i32::try_from(h).ok());
        let symbol = caller.parameters.text("symbol");
        let (pool, most) = (&caller.app.pool, caller.limit() as i64 + 1);
        let mut found = lists::outcomes(pool, symbol, horizon, after.as_ref(), most).await?;
        let more = found.len() > caller.limit();
        found.truncate(caller.limit());
        let position = |row: &OutcomeRow| {
            let outcome = &row.outcome;
            (outcome.traded_on, outcome.symbol.clone(), outcome.horizon, row.publication_id)
        };
        let next = found.last().filter(|_| more).map(|last| caller.cursors().seal(&position(last)));
        let rows: Vec<OutcomeV1> = found.into_iter().map(|row| row.outcome).collect();
        answers::page(caller, rows, next)
    })
    .await
}

/// `GET /api/v1/publications`
pub async fn publications(request: HttpRequest) -> HttpResponse {
    call(request, &PUBLICATIONS, async |caller| {
        let before: Option<i64> = caller.position()?;
        let rows: Vec<PublicationV1> =
            lists::publications(&caller.app.pool, before, caller.limit() as i64 + 1).await?;
        finish(caller, rows, |row| row.id)
    })
    .await
}

/// `GET /api/v1/usage`
pub async fn usage(request: HttpRequest) -> HttpResponse {
    call(request, &USAGE, async |caller| {
        let after: Option<(NaiveDate, String)> = caller.position()?;
        let most = caller.limit() as i64 + 1;
        let rows: Vec<UsageV1> =
            store::usage(&caller.app.pool, caller.customer_id, after.as_ref(), most).await?;
        finish(caller, rows, |row| (row.date, row.endpoint.clone()))
    })
    .await
}
