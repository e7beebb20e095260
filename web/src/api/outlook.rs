//! Endpoints: what was published of one slot: forecast, signals, risk, receipt.

use actix_web::{HttpRequest, HttpResponse};
use domain::Feature;

use super::caller::{Caller, call};
use super::operation::{FORECAST, RECEIPT, RISK, SIGNALS};
use super::problem::Problem;
use super::rows::{ForecastV1, RiskV1, SignalV1};
use super::{answers, store::lists};
use crate::error::Error;
use crate::market::store::Publication;
use crate::receipt::{self, Asked};

/// `GET /api/v1/assets/{symbol}/forecast`
pub async fn forecast(request: HttpRequest) -> HttpResponse {
    call(request, &FORECAST, async |caller| {
        let (symbol, publication) = published(caller).await?;
        let load = async {
            let rows = crate::market::store::forecast(&caller.app.pool, publication.id, symbol).await?;
            Ok(rows.into_iter().map(ForecastV1::from).collect())
        };
        answers::published(caller, &publication, symbol, load).await
    })
    .await
}

/// `GET /api/v1/assets/{symbol}/signals`
pub async fn signals(request: HttpRequest) -> HttpResponse {
    call(request, &SIGNALS, async |caller| {
        let (symbol, publication) = published(caller).await?;
        let load = async {
            let rows = crate::market::store::signals(&caller.app.pool, publication.id, symbol).await?;
            Ok(rows.into_iter().map(SignalV1::from).collect())
        };
        answers::published(caller, &publication, symbol, load).await
    })
    .await
}

/// `GET /api/v1/assets/{symbol}/risk`
pub async fn risk(request: HttpRequest) -> HttpResponse {
    call(request, &RISK, async |caller| {
        let (symbol, publication) = published(caller).await?;
        let load = async {
            let rows = crate::market::store::risks(&caller.app.pool, publication.id, symbol).await?;
            Ok(rows.into_iter().map(RiskV1::from).collect())
        };
        answers::published(caller, &publication, symbol, load).await
    })
    .await
}

/// The asset and the publication that are asked for, once the caller may see predictions of that instant.
async fn published(caller: &Caller) -> Result<(&str, Publication), Problem> {
    let symbol = caller.symbol()?;
    let access = caller.access(Feature::Predictions, symbol)?;
    let publication = match caller.parameters.slot("slot") {
        None => caller.edition.publication.clone(),
        Some(slot) => lists::publication_of(&caller.app.pool, &slot.to_string()).await?,
    };
    let publication = publication.ok_or_else(|| Problem::from(Error::NotFound))?;
    if !access.covers(publication.closes_at, caller.edition.closes_at()) {
        return Err(Problem::locked(
            Feature::Predictions,
            receipt::unlocks_history(&caller.edition, Feature::Predictions),
        ));
    }
    Ok((symbol, publication))
}

/// `GET /api/v1/receipts/{symbol}/{slot}`
pub async fn receipt(request: HttpRequest) -> HttpResponse {
    call(request, &RECEIPT, async |caller| {
        let slot = caller.parameters.text("slot").unwrap_or_default();
        let version = caller.parameters.integer("version").and_then(|v| i32::try_from(v).ok());
        let asked = Asked { symbol: caller.symbol()?, slot: Some(slot), version, value: None };
        let receipt = receipt::load(&caller.app, &caller.edition, caller.who(), caller.now, &asked).await?;
        answers::one(caller, &receipt)
    })
    .await
}
