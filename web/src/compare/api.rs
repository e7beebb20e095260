//! `GET /api/compare`: the comparison as its chart draws it, and as programs read it.

use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::pages::{Compared, NoComparison};
use super::question::Question;
use crate::error::Error;
use crate::site::reader::Reader;

/// Lines rebased to 100 on the common days, and the figures of each asset. Assets that the caller may not see are named
/// under `locked`, without a figure.
///
/// # Errors
/// An asset that there is not, a parameter that is not understood, or Postgres fails.
pub async fn compare(reader: Reader, request: HttpRequest) -> Result<HttpResponse, Error> {
    let question = Question::parse(request.query_string()).map_err(|refused| refused.error(reader.lang()))?;
    let compared = match Compared::new(&reader, question).await {
        Ok(compared) => compared,
        Err(NoComparison::Unknown(_)) => return Err(Error::NotFound),
        Err(NoComparison::Failed(error)) => return Err(error),
    };
    let publication = compared.edition.publication.as_ref();
    let board = compared.board.as_ref();
    let empty = Vec::new();
    let assets: Vec<_> = board
        .map_or(&empty, |board| &board.figures)
        .iter()
        .zip(&compared.open)
        .map(|(figures, asset)| {
            json!({
                "symbol": asset.symbol,
                "name": asset.name,
                "close": figures.close,
                "change": figures.change,
                "volatility": figures.volatility,
                "drawdown": figures.drawdown,
                "beta": figures.beta,
                "rebased": figures.rebased,
            })
        })
        .collect();
    let locked: Vec<_> = compared
        .locked
        .iter()
        .map(|(asset, unlocked_by)| json!({ "symbol": asset.symbol, "unlocked_by": unlocked_by }))
        .collect();
    Ok(HttpResponse::Ok().json(json!({
        "slot": publication.map(|p| p.slot.as_str()),
        "as_of": publication.map(|p| p.closes_at.to_rfc3339()),
        "benchmark": compared.benchmark.as_ref().map(|asset| &asset.symbol),
        "returns": board.map(|board| board.returns),
        "days": board.map(|board| &board.days),
        "assets": assets,
        "correlations": board.map(|board| &board.correlations),
        "locked": locked,
    })))
}
