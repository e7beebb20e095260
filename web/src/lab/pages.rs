//! The form, a run, its page.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use domain::Feature;

use super::compute::{self, LabError, Task};
use super::form::{Fields, Problems};
use super::{cost, series, store, view};
use crate::access::Access;
use crate::error::Error;
use crate::market::cache::Edition;
use crate::market::view::lock;
use crate::site::failure::Explained;
use crate::site::page;
use crate::site::reader::{Reader, SignedIn};
use crate::text::{fill, text};

/// `GET /lab`: the form, filled with what the address says and what is usual.
///
/// # Errors
/// There is no such asset, or Postgres fails.
pub async fn lab(reader: Reader, query: web::Query<Fields>) -> Result<HttpResponse, Error> {
    let edition = reader.app.edition().await?;
    let given = query.into_inner();
    if !given.symbol.is_empty() && !edition.front.assets.contains_key(given.symbol.trim()) {
        return Err(Error::NotFound);
    }
    let asked = given != Fields::default();
    let fields = given.or_usual(&usual_symbol(&edition), reader.lang());
    if let Some(locked) = locked(&reader, &edition, &fields.symbol)? {
        return Ok(locked);
    }
    let problems = match parse(&reader, &edition, &fields) {
        Err(problems) if asked => problems,
        _ => Problems::new(),
    };
    form(&reader, &edition, &fields, &problems, None).await
}

/// `POST /lab/runs`: computes, stores, and leads to the run's page.
///
/// # Errors
/// The reader's tier does not include it, or Postgres fails.
pub async fn run(signed: SignedIn, sent: web::Form<Fields>) -> Result<HttpResponse, Error> {
    let (reader, fields) = (signed.reader, sent.into_inner());
    let edition = reader.app.edition().await?;
    let known = edition.front.assets.contains_key(fields.symbol.trim());
    let symbol = if known { fields.symbol.trim().to_owned() } else { usual_symbol(&edition) };
    if let Some(mut locked) = locked(&reader, &edition, &symbol)? {
        explained(&mut locked, StatusCode::FORBIDDEN);
        return Ok(locked);
    }
    let inputs = match parse(&reader, &edition, &fields) {
        Ok(inputs) => inputs,
        Err(problems) => return form(&reader, &edition, &fields, &problems, None).await,
    };
    let (app, lang) = (&reader.app, reader.lang());
    let series = match series::load(&app.pool, &inputs, lang).await? {
        Ok(series) => series,
        Err(problems) => return form(&reader, &edition, &fields, &problems, None).await,
    };
    let Some(_pass) = app.lab.enter(signed.account.id).await else {
        let says = (StatusCode::TOO_MANY_REQUESTS, text(lang, "lab_busy"));
        return form(&reader, &edition, &fields, &Problems::new(), Some(says)).await;
    };
    let task = Task::new(&inputs, series);
    let results = match compute::run(&task, inputs.place, app.settings.lab_function.as_ref()).await {
        Ok(results) => results,
        Err(error) => {
            tracing::warn!(%error, symbol = inputs.symbol, place = inputs.place.name(), "no figures");
            let status = match error {
                LabError::Risk(_) => StatusCode::BAD_REQUEST,
                LabError::OtherPrices(_) | LabError::Differ => StatusCode::CONFLICT,
                LabError::Function(_) | LabError::Lost => StatusCode::SERVICE_UNAVAILABLE,
            };
            let says = (status, view::failure(&error, lang));
            return form(&reader, &edition, &fields, &Problems::new(), Some(says)).await;
        }
    };
    let (customer, now) = (signed.account.id, app.clock.now());
    let id = store::store_run(&app.pool, customer, now, &inputs, &task.series, &results).await?;
    Ok(HttpResponse::SeeOther().insert_header(("location", format!("/lab/runs/{id}"))).finish())
}

/// `GET /lab/runs/{id}`: one of the reader's own runs.
///
/// # Errors
/// There is no such run, or it is another's; or Postgres fails.
pub async fn result(signed: SignedIn, id: web::Path<String>) -> Result<HttpResponse, Error> {
    let reader = signed.reader;
    let id: i64 = id.parse().map_err(|_| Error::NotFound)?;
    let row = store::run(&reader.app.pool, signed.account.id, id).await?.ok_or(Error::NotFound)?;
    let edition = reader.app.edition().await?;
    if let Some(locked) = locked(&reader, &edition, &row.symbol)? {
        return Ok(locked);
    }
    let lang = reader.lang();
    let name = edition.front.assets.get(&row.symbol).map_or(row.symbol.as_str(), |a| a.name.as_str());
    let title = fill(lang, "lab_run_title", &[("name", name)]);
    let mut context = page::context(&reader, &edition, &title);
    context.insert("run", &view::run(&row, name, lang));
    page::render(&reader.app, "lab/run.html", &context)
}

/// `POST /lab/runs/{id}/delete`: one of the reader's own runs.
///
/// # Errors
/// There is no such run, or it is another's; or Postgres fails.
pub async fn delete(signed: SignedIn, id: web::Path<String>) -> Result<HttpResponse, Error> {
    let id: i64 = id.parse().map_err(|_| Error::NotFound)?;
    if !store::delete_run(&signed.reader.app.pool, signed.account.id, id).await? {
        return Err(Error::NotFound);
    }
    Ok(HttpResponse::SeeOther().insert_header(("location", "/lab/runs")).finish())
}

/// The page of who may not compute; `None` for who may.
///
/// # Errors
/// The template names something that the context does not hold.
pub fn locked(reader: &Reader, edition: &Edition, symbol: &str) -> Result<Option<HttpResponse>, Error> {
    let Access::Locked { unlocked_by } =
        edition.access(reader.who(), Feature::Predictions, symbol, reader.now)
    else {
        return Ok(None);
    };
    let lang = reader.lang();
    let mut card = lock(edition, Feature::Predictions, unlocked_by, lang);
    card.line = text(lang, "lock_lab");
    let mut context = page::context(reader, edition, text(lang, "lab_title"));
    context.insert("card", &card);
    page::render(&reader.app, "lab/locked.html", &context).map(Some)
}

fn parse(reader: &Reader, edition: &Edition, fields: &Fields) -> Result<super::form::Inputs, Problems> {
    let known = |symbol: &str| edition.front.assets.get(symbol).map(|asset| asset.symbol.clone());
    fields.parse(reader.lang(), known, reader.app.settings.lab_function.is_some())
}

/// The most mentioned asset, else the first one.
pub fn usual_symbol(edition: &Edition) -> String {
    let mentioned = edition.front.rows.first().map(|row| row.sentiment.symbol.clone());
    mentioned.or_else(|| edition.front.assets.keys().next().cloned()).unwrap_or_default()
}

/// The form with what was sent and what is wrong with it.
async fn form(
    reader: &Reader,
    edition: &Edition,
    fields: &Fields,
    problems: &Problems,
    says: Option<(StatusCode, &str)>,
) -> Result<HttpResponse, Error> {
    let lang = reader.lang();
    let span = store::span(&reader.app.pool, fields.symbol.trim()).await?;
    let assets: Vec<_> = edition.front.assets.values().map(|a| (&a.symbol, &a.name)).collect();
    let mut context = page::context(reader, edition, text(lang, "lab_title"));
    context.insert("fields", fields);
    // Each field is there, so that the page need not ask which are.
    let problems_shown: BTreeMap<_, _> =
        Fields::NAMES.into_iter().map(|name| (name, problems.get(name))).collect();
    context.insert("problems", &problems_shown);
    context.insert("wrong", &!problems.is_empty());
    context.insert("says", &says.map(|(_, says)| says));
    context.insert("assets", &assets);
    context.insert("function", &reader.app.settings.lab_function.is_some());
    context.insert("span", &series::span_hint(span, lang));
    context.insert("latest", &span.map(|(_, last)| last));
    context.insert("earliest", &span.map(|(first, _)| first));
    context.insert("costs", &costs(reader));
    let mut response = page::render(&reader.app, "lab/form.html", &context)?;
    let failed = says.map(|(status, _)| status);
    if let Some(status) = failed.or((!problems.is_empty()).then_some(StatusCode::BAD_REQUEST)) {
        explained(&mut response, status);
    }
    Ok(response)
}

/// What a second of computing costs in each place, with where that was read.
fn costs(reader: &Reader) -> Vec<String> {
    let lang = reader.lang();
    let line = |price: cost::Price| {
        let second = price.of(&[std::time::Duration::from_secs(1)]);
        let values = [
            ("place", view::place_name(price.place, lang)),
            ("cost", &*view::dollars(second, lang)),
            ("source", price.source),
            ("day", price.read_on),
        ];
        fill(lang, "lab_cost_line", &values)
    };
    cost::prices().into_iter().map(line).collect()
}

/// Gives a page that says itself what is wrong the status for it.
fn explained(response: &mut HttpResponse, status: StatusCode) {
    *response.status_mut() = status;
    response.extensions_mut().insert(Explained);
}
