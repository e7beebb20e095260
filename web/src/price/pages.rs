//! The price page of an asset.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::Feature;
use serde::Serialize;

use super::overlays::Column;
use super::question::{Csv, Question};
use super::series::{Prices, Series, visible};
use super::table::dated;
use super::{actions, controls, export, pivot, slider, table, trades};
use crate::access::Access;
use crate::error::Error;
use crate::format;
use crate::market::asset::{Opened, Section};
use crate::market::view::{Direction, asset_href, encode};
use crate::site::reader::Reader;
use crate::site::refusal;
use crate::text::Lang;

/// What the page says of the time that is looked at.
#[derive(Debug, Serialize)]
struct Facts {
    last: String,
    last_day: String,
    change: Option<(Direction, String)>,
    high: String,
    high_day: String,
    low: String,
    low_day: String,
    first_day: String,
    bars: String,
}

/// `GET /assets/{symbol}/price`
///
/// # Errors
/// There is no such asset, the reader may not have the file, or Postgres fails.
pub async fn price(
    reader: Reader,
    symbol: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let open = Opened::new(reader, &symbol).await?;
    let question = match Question::parse(request.query_string()) {
        Ok(question) => question,
        Err(refused) => {
            let says = refused.says(open.reader.lang());
            return refusal::page(&open.reader, &open.edition, StatusCode::BAD_REQUEST, &says);
        }
    };
    let access = open.access(Feature::Price);
    if let (Some(_), Access::Locked { unlocked_by }) = (question.csv, access) {
        return Err(Error::Locked { feature: Feature::Price, unlocked_by });
    }
    let exports = export::may(&open.edition, open.reader.tier(), "csv");
    let symbols = [open.symbol()];
    let app = &open.reader.app;
    let id = open.edition.publication.as_ref().map_or(0, |p| p.id);
    let bars = match access.is_locked() {
        true => Vec::new(),
        false => app.shelf.bars(&app.pool, id, &symbols).await?,
    };
    let seen = bars.first().map_or(&[][..], |bars| visible(bars, access, open.edition.closes_at()));
    let adjusted = Series::of(seen, Prices::Adjusted);
    let acted = actions::of(seen);
    let shown = match question.prices {
        Prices::Adjusted => adjusted.clone(),
        Prices::Traded => Series::of(seen, Prices::Traded),
    };
    if let Some(which) = question.csv {
        if !exports {
            return Err(Error::Refused("the tier does not include files"));
        }
        return match which {
            Csv::Bars => export::bars(open.symbol(), &shown, &acted, &question),
            Csv::Trades => export::trades(open.symbol(), &adjusted, &question),
        };
    }
    let (lang, path) = (open.lang(), format!("{}/price", asset_href(open.symbol())));
    let mut context = open.context(Section::Price)?;
    context.insert("lock", &open.lock(Feature::Price));
    context.insert("published", &!shown.is_empty());
    context.insert("here", &path);
    let place = question.span.place(&shown.days);
    context.insert("facts", &facts(&shown, place.clone(), lang));
    let acted_then = actions::within(&acted, shown.days.get(place.clone()).unwrap_or_default());
    context.insert("actions", &actions::listed(&acted_then, lang));
    context.insert("slider", &slider::view(&shown, &place));
    context.insert("form", &controls::view(&question, &path, lang));
    context.insert("chosen", &!question.query().is_empty());
    context.insert("panes", &question.overlays.panes());
    let labels = question.overlays.columns(&Series::default(), lang);
    context.insert("legend", &labels.iter().map(|column: &Column| &column.label).collect::<Vec<_>>());
    context.insert(
        "source",
        &Question { csv: None, ..question.clone() }
            .link(&format!("/api/assets/{}/indicators", encode(open.symbol()))),
    );
    context.insert("table", &table::view(&shown, &acted, &question, &path, lang));
    context.insert("pivot", &pivot::view(&shown, &question, lang));
    context.insert("trades", &trades::view(&adjusted, &question, open.symbol(), lang));
    let file = |which| Question { csv: Some(which), page: 1, ..question.clone() }.link(&path);
    context.insert("csv_bars", &exports.then(|| file(Csv::Bars)));
    context.insert("csv_trades", &exports.then(|| file(Csv::Trades)));
    open.render("price/page.html", &context)
}

fn facts(series: &Series, place: std::ops::Range<usize>, lang: Lang) -> Option<Facts> {
    let (start, end) = (place.start, place.end.checked_sub(1)?);
    let day = |at: usize| series.days.get(at).map(|day| dated(*day, lang));
    let extreme = |values: &[f64], better: fn(f64, f64) -> bool| {
        let mut found: Option<(usize, f64)> = None;
        for (at, value) in values.iter().enumerate().take(place.end).skip(start) {
            if found.is_none_or(|(_, best)| better(*value, best)) {
                found = Some((at, *value));
            }
        }
        found
    };
    let (high_at, high) = extreme(&series.high, |a, b| a > b)?;
    let (low_at, low) = extreme(&series.low, |a, b| a < b)?;
    let (first, last) = (*series.close.get(start)?, *series.close.get(end)?);
    let change = analytics::periods::changes(&[bar(series, start)?, bar(series, end)?]).pop().flatten();
    let change = change.filter(|_| first.is_finite() && end > start);
    Some(Facts {
        last: format::price(last, lang),
        last_day: day(end)?,
        change: change.map(|c| (Direction::of(c, 0.00005, lang), format::change(c, 1, lang))),
        high: format::price(high, lang),
        high_day: day(high_at)?,
        low: format::price(low, lang),
        low_day: day(low_at)?,
        first_day: day(start)?,
        bars: format::count(i64::try_from(place.len()).unwrap_or(i64::MAX), lang),
    })
}

fn bar(series: &Series, at: usize) -> Option<analytics::periods::Bar> {
    Some(analytics::periods::Bar {
        on: *series.days.get(at)?,
        open: *series.open.get(at)?,
        high: *series.high.get(at)?,
        low: *series.low.get(at)?,
        close: *series.close.get(at)?,
        volume: None,
    })
}
