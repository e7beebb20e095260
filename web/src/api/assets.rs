//! Endpoints: the assets.

use actix_web::{HttpRequest, HttpResponse};

use super::answers;
use super::caller::{Caller, call};
use super::operation::{ASSET, ASSETS};
use super::problem::Problem;
use super::rows::AssetV1;
use crate::error::Error;
use crate::market::store::AssetRow;

/// `GET /api/v1/assets`
pub async fn list(request: HttpRequest) -> HttpResponse {
    call(request, &ASSETS, async |caller| {
        let after: Option<String> = caller.position()?;
        let wanted = caller.parameters.text("query").map(str::to_lowercase);
        let class = caller.parameters.text("class");
        let mut found = caller
            .edition
            .front
            .assets
            .values()
            .filter(|asset| after.as_ref().is_none_or(|after| asset.symbol > *after))
            .filter(|asset| class.is_none_or(|class| asset.class == class))
            .filter(|asset| wanted.as_ref().is_none_or(|wanted| matches(asset, wanted)))
            .map(|asset| row(caller, asset));
        let rows: Vec<AssetV1> = found.by_ref().take(caller.limit()).collect();
        let more = found.next().is_some();
        let next = rows.last().filter(|_| more).map(|last| caller.cursors().seal(&last.symbol));
        answers::page(caller, rows, next)
    })
    .await
}

/// `GET /api/v1/assets/{symbol}`
pub async fn one(request: HttpRequest) -> HttpResponse {
    call(request, &ASSET, async |caller| {
        let asset = caller.edition.front.assets.get(caller.symbol()?);
        let asset = asset.ok_or_else(|| Problem::from(Error::NotFound))?;
        answers::one(caller, &row(caller, asset))
    })
    .await
}

fn matches(asset: &AssetRow, wanted: &str) -> bool {
    let names = [&asset.symbol, &asset.name].into_iter().chain(&asset.aliases);
    names.into_iter().any(|name| name.to_lowercase().contains(wanted))
}

fn row(caller: &Caller, asset: &AssetRow) -> AssetV1 {
    AssetV1 {
        symbol: asset.symbol.clone(),
        name: asset.name.clone(),
        class: asset.class.clone(),
        exchange: asset.exchange.clone(),
        rank: caller.edition.front.ranks.get(&asset.symbol).copied(),
    }
}
