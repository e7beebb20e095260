//! The two pages of an asset.

use actix_web::{HttpResponse, web};
use domain::Feature;

use super::{movers, risks, store, strategy};
use crate::error::Error;
use crate::format;
use crate::market::asset::{Opened, Section};
use crate::market::record;
use crate::market::store::ForecastRow;
use crate::market::view::{LockView, encode};
use crate::site::reader::Reader;
use crate::text::{Lang, fill, text};

/// `GET /assets/{symbol}/outlook`
///
/// # Errors
/// There is no such asset, or Postgres fails.
pub async fn outlook(reader: Reader, symbol: web::Path<String>) -> Result<HttpResponse, Error> {
    let open = Opened::new(reader, &symbol).await?;
    let lang = open.lang();
    let mut context = open.context(Section::Outlook)?;
    let lock = open.lock(Feature::Predictions);
    context.insert("lock", &lock);
    // What is locked is not even asked for.
    if lock.is_some() {
        return open.render("outlook/outlook.html", &context);
    }
    let (pool, id) = (&open.reader.app.pool, publication(&open));
    let store::OutlookRow { contributions, strategies } = store::outlook(pool, id, open.symbol()).await?;
    let forecast = &open.dossier.forecast;
    context.insert("outlook", &record::outlook(&open.dossier, lang));
    context.insert("skills", &skills(forecast, lang));
    context.insert("model", &model_says(forecast, lang));
    context.insert("movers", &movers::movers(forecast, &contributions, lang));
    context.insert("strategies", &strategies.iter().map(|s| strategy::strategy(s, lang)).collect::<Vec<_>>());
    open.render("outlook/outlook.html", &context)
}

/// `GET /assets/{symbol}/risk`
///
/// # Errors
/// There is no such asset, or Postgres fails.
pub async fn risk(reader: Reader, symbol: web::Path<String>) -> Result<HttpResponse, Error> {
    let open = Opened::new(reader, &symbol).await?;
    let lang = open.lang();
    let mut context = open.context(Section::Risk)?;
    let lock = open.lock(Feature::Predictions).map(|card| LockView { line: text(lang, "lock_risk"), ..card });
    context.insert("lock", &lock);
    if lock.is_some() {
        return open.render("outlook/risk.html", &context);
    }
    let backtests = store::backtests(&open.reader.app.pool, publication(&open), open.symbol()).await?;
    let rows = &open.dossier.risks;
    let simulated = rows.first().map(|r| {
        let (n, m) = (format::count(r.simulations, lang), format::count(r.returns, lang));
        fill(lang, "risk_simulated", &[("simulations", &n), ("returns", &m), ("seed", &r.seed.to_string())])
    });
    context.insert("says", &risks::answer(rows, lang));
    context.insert("risks", &risks::risks(rows, lang));
    context.insert("simulated", &simulated);
    context.insert("backtests", &risks::backtests(&backtests, lang));
    context.insert("lab", &format!("/lab?symbol={}", encode(open.symbol())));
    open.render("outlook/risk.html", &context)
}

fn publication(open: &Opened) -> i64 {
    open.edition.publication.as_ref().map_or(0, |p| p.id)
}

/// A row of the table of skill: day, model, skill with its interval, coverage of both intervals, outcomes behind it.
fn skills(forecast: &[ForecastRow], lang: Lang) -> Vec<[String; 7]> {
    let missing = || format::MISSING.to_owned();
    let row = |f: &ForecastRow| {
        let interval = f.skill_low.zip(f.skill_high).map_or_else(missing, |(low, high)| {
            let ends = [format::change(low, 1, lang), format::change(high, 1, lang)];
            fill(lang, "interval", &[("low", &ends[0]), ("high", &ends[1])])
        });
        let covered = |share: Option<f64>| share.map_or_else(missing, |s| format::percent(s, 0, lang));
        [
            format::short_day(f.target_on, lang),
            f.model.clone(),
            f.skill.map_or_else(missing, |skill| format::change(skill, 1, lang)),
            interval,
            covered(f.coverage_80),
            covered(f.coverage_95),
            format::count(f.evaluated, lang),
        ]
    };
    forecast.iter().map(row).collect()
}

/// What skill and coverage of the furthest horizon mean, in words.
fn model_says(forecast: &[ForecastRow], lang: Lang) -> Option<String> {
    let furthest = forecast.last()?;
    let (eighty, ninety_five) = furthest.coverage_80.zip(furthest.coverage_95)?;
    let values = [
        ("eighty", &*format::percent(eighty, 0, lang)),
        ("ninety", &*format::percent(ninety_five, 0, lang)),
        ("count", &*format::count(furthest.evaluated, lang)),
    ];
    Some(fill(lang, "outlook_coverage", &values))
}
