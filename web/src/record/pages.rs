//! The public page.

use actix_web::{HttpResponse, web};

use super::export::cursor;
use super::filter::{Filter, Outcome, PAGE, Query};
use super::score::{Score, score};
use super::store::GroupRow;
use super::view::{self, ScoreView};
use crate::error::Error;
use crate::market::cache::Edition;
use crate::market::view::encode;
use crate::site::page;
use crate::site::reader::Reader;
use crate::text::{Lang, text};

/// Assets in each of the two lists of best and worst.
const EXTREMES: usize = 10;

/// `GET /track-record`
///
/// # Errors
/// The address asks for something that is not there, or Postgres fails.
pub async fn track_record(reader: Reader, query: web::Query<Query>) -> Result<HttpResponse, Error> {
    let edition = reader.app.edition().await?;
    let lang = reader.lang();
    let filter = Filter::parse(&query, |symbol| edition.front.assets.contains_key(symbol))?;
    let found = reader.app.record(&edition, &filter).await?;
    let of = |kind: &str| -> Vec<(&GroupRow, Score)> {
        let own = found.groups.iter().filter(|row| row.kind == kind);
        own.filter_map(|row| Some((row, score(row)?))).collect()
    };
    let horizons: Vec<(i32, Score)> =
        of("horizon").into_iter().filter_map(|(row, score)| Some((row.key.parse().ok()?, score))).collect();
    let assets = by_skill(of("asset"), &edition, &filter, lang);
    let more = found.outcomes.len() as i64 > PAGE;
    let shown = &found.outcomes[..found.outcomes.len().min(PAGE as usize)];
    let outcomes: Vec<_> =
        shown.iter().map(|row| view::outcome(row, name_of(&edition, &row.symbol), lang)).collect();
    let query = filter.query();
    let with = |last: &str| if query.is_empty() { last.to_owned() } else { format!("{query}&{last}") };
    let next = shown.last().filter(|_| more).map(|row| {
        format!("/track-record?{}#outcomes", with(&format!("after={}", encode(&cursor(row).write()))))
    });

    let mut context = page::context(&reader, &edition, text(lang, "record_title"));
    context.insert("answer", &view::answer(&horizons, lang));
    context.insert("calibration", &view::calibration(&horizons, lang));
    context.insert("scores", &rows(&horizons, &filter, lang));
    context.insert("models", &models(of("model"), &filter, lang));
    // No asset stands in both lists.
    let (upper, lower) = (assets.len().div_ceil(2).min(EXTREMES), (assets.len() / 2).min(EXTREMES));
    context.insert("best", &assets.iter().take(upper).collect::<Vec<_>>());
    context.insert("worst", &assets.iter().rev().take(lower).collect::<Vec<_>>());
    context.insert("assets", &assets);
    context.insert("outcomes", &outcomes);
    context.insert("next", &next);
    context.insert("first", &filter.after.as_ref().map(|_| format!("/track-record?{query}#outcomes")));
    context.insert("csv", &format!("/track-record.csv?{query}"));
    context.insert("filtered", &(!query.is_empty()));
    filters(&mut context, &edition, &found.groups, &filter, lang);
    page::render(&reader.app, "track-record.html", &context)
}

/// What the form of filters offers, and what is chosen.
fn filters(context: &mut tera::Context, edition: &Edition, groups: &[GroupRow], filter: &Filter, lang: Lang) {
    let symbols: Vec<(&String, &String)> =
        edition.front.assets.values().map(|asset| (&asset.symbol, &asset.name)).collect();
    let mut models: Vec<&str> =
        groups.iter().filter(|row| row.kind == "model").map(|row| row.key.as_str()).collect();
    // A model that is asked for stays in the list, though nothing was found of it.
    models.extend(filter.model.as_deref().filter(|model| !models.contains(model)));
    let outcomes = Outcome::ALL.map(|outcome| (outcome.name(), text(lang, outcome_key(outcome))));
    context.insert("symbols", &symbols);
    context.insert("model_names", &models);
    context.insert("outcome_names", &outcomes);
    context.insert("chosen_asset", filter.asset.as_deref().unwrap_or_default());
    context.insert("chosen_horizon", &filter.horizon.unwrap_or_default());
    context.insert("chosen_model", filter.model.as_deref().unwrap_or_default());
    context.insert("chosen_outcome", filter.outcome.map(Outcome::name).unwrap_or_default());
}

fn outcome_key(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Inside => "record_outcome_inside",
        Outcome::Outside => "record_outcome_outside",
        Outcome::Closer => "record_outcome_closer",
        Outcome::Further => "record_outcome_further",
    }
}

fn name_of(edition: &Edition, symbol: &str) -> String {
    edition.front.assets.get(symbol).map_or_else(|| symbol.to_owned(), |asset| asset.name.clone())
}

fn narrowed(filter: &Filter) -> String {
    format!("/track-record?{}", filter.query())
}

fn rows(horizons: &[(i32, Score)], filter: &Filter, lang: Lang) -> Vec<ScoreView> {
    let row = |(horizon, score): &(i32, Score)| {
        let narrower = Filter { horizon: Some(*horizon), after: None, ..filter.clone() };
        view::score(horizon.to_string(), Some(narrowed(&narrower)), score, lang)
    };
    horizons.iter().map(row).collect()
}

fn models(found: Vec<(&GroupRow, Score)>, filter: &Filter, lang: Lang) -> Vec<ScoreView> {
    let row = |(row, score): (&GroupRow, Score)| {
        let narrower = Filter { model: Some(row.key.clone()), after: None, ..filter.clone() };
        view::score(row.key.clone(), Some(narrowed(&narrower)), &score, lang)
    };
    found.into_iter().map(row).collect()
}

/// All assets, the one with the most skill first.
fn by_skill(
    mut found: Vec<(&GroupRow, Score)>,
    edition: &Edition,
    filter: &Filter,
    lang: Lang,
) -> Vec<ScoreView> {
    found.sort_by(|a, b| b.1.skill.total_cmp(&a.1.skill).then_with(|| a.0.key.cmp(&b.0.key)));
    let row = |(row, score): (&GroupRow, Score)| {
        let narrower = Filter { asset: Some(row.key.clone()), after: None, ..filter.clone() };
        view::score(name_of(edition, &row.key), Some(narrowed(&narrower)), &score, lang)
    };
    found.into_iter().map(row).collect()
}
