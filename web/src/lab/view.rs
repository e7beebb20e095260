//! A run as its owner sees it.

use serde::Serialize;

use super::compute::LabError;
use super::store::RunRow;
use super::{Level, Place, Ran, cost};
use crate::format;
use crate::market::view::{asset_href, encode};
use crate::text::{Lang, count, fill, text};

/// A run, ready for its page.
#[derive(Debug, Serialize)]
pub struct RunView {
    /// Where it is.
    pub id: i64,
    /// The sentence that answers.
    pub answer: String,
    symbol: String,
    name: String,
    asset: String,
    again: String,
    inputs: Vec<(&'static str, String)>,
    mean: String,
    deviation: String,
    levels: Vec<LevelView>,
    workers: Vec<Vec<String>>,
    average: Vec<String>,
    together: Vec<String>,
    workers_few: bool,
    places: Vec<PlaceView>,
    price: String,
    price_proven: String,
    digest: String,
}

#[derive(Debug, Serialize)]
struct LevelView {
    confidence: String,
    value_at_risk: String,
    error: String,
    expected_shortfall: String,
    closed_form: String,
    historical: String,
    total: String,
    chosen: bool,
}

#[derive(Debug, Serialize)]
struct PlaceView {
    name: &'static str,
    took: String,
    cost: String,
    price: String,
    same: bool,
    source: String,
}

/// A loss of a position as money: the share of its worth, rounded to whole cents.
pub fn total(share: f64, position_cents: i64, currency: &str, lang: Lang) -> String {
    format::money((share * position_cents as f64).round() as i64, currency, lang)
}

/// A confidence as per cent, with only the digits that it needs.
pub fn confidence(share: f64, lang: Lang) -> String {
    let hundredths = (share * 10_000.0).round() as i64;
    let digits = if hundredths % 100 == 0 { 0 } else { usize::from(hundredths % 10 != 0) + 1 };
    format::percent(share, digits, lang)
}

/// A place's name in a sentence.
pub fn place_name(place: Place, lang: Lang) -> &'static str {
    text(
        lang,
        match place {
            Place::Site => "lab_place_site",
            Place::Function => "lab_place_function",
            Place::Both => "lab_place_both",
        },
    )
}

/// An amount of billionths of a dollar.
pub fn dollars(nano: u64, lang: Lang) -> String {
    format!("{}\u{a0}USD", format::number(nano as f64 / 1e9, 7, lang))
}

/// The run's page.
pub fn run(row: &RunRow, name: &str, lang: Lang) -> RunView {
    let results = &row.results.0;
    let money = |share: f64| total(share, row.position_cents, &row.currency, lang);
    let level = |level: &Level| LevelView {
        confidence: confidence(level.confidence, lang),
        value_at_risk: format::percent(level.value_at_risk, 3, lang),
        error: format::percent(level.standard_error, 4, lang),
        expected_shortfall: format::percent(level.expected_shortfall, 3, lang),
        closed_form: format::percent(level.closed_form, 3, lang),
        historical: format::percent(level.historical, 3, lang),
        total: money(level.value_at_risk),
        chosen: level.confidence.to_bits() == row.confidence.to_bits(),
    };
    let share = |value: f64| format::percent(value, 3, lang);
    let few = results.levels.iter().any(|level| level.workers.is_empty());
    let workers = (0..row.workers as usize).filter(|_| !few).map(|index| {
        let own = results.levels.iter().map(|level| level.workers.get(index).copied());
        std::iter::once((index + 1).to_string())
            .chain(own.map(|own| own.map_or_else(|| format::MISSING.to_owned(), share)))
            .collect()
    });
    let average = |level: &Level| share(analytics::statistics::mean(&level.workers));
    let place = |ran: &Ran| PlaceView {
        name: place_name(ran.place, lang),
        took: fill(lang, "lab_ms", &[("ms", &format::number(ran.took_ms as f64, 0, lang))]),
        cost: dollars(ran.cost_nano_usd, lang),
        price: format::price(ran.price, lang),
        same: ran.digest == row.digest && ran.price.to_bits() == row.price.to_bits(),
        source: cost::price_of(ran.place)
            .map(|p| fill(lang, "lab_price_source", &[("source", p.source), ("day", p.read_on)]))
            .unwrap_or_default(),
    };
    RunView {
        id: row.id,
        answer: answer(row, name, lang),
        symbol: row.symbol.clone(),
        name: name.to_owned(),
        asset: asset_href(&row.symbol),
        again: again(row),
        inputs: inputs(row, lang),
        mean: format::change(results.mean, 4, lang),
        deviation: format::percent(results.deviation, 3, lang),
        levels: results.levels.iter().map(level).collect(),
        workers: workers.collect(),
        average: results.levels.iter().filter(|_| !few).map(average).collect(),
        together: results.levels.iter().map(|level| share(level.value_at_risk)).collect(),
        workers_few: few,
        places: results.places.iter().map(place).collect(),
        price: format::price(row.price, lang),
        price_proven: fill(
            lang,
            "lab_price_proven",
            &[("price", &format::price(row.price, lang)), ("day", &format::day(row.signal_on, lang))],
        ),
        digest: row.digest.clone(),
    }
}

/// One sentence: what the position may lose.
fn answer(row: &RunRow, name: &str, lang: Lang) -> String {
    let level = row.results.levels.iter().find(|l| l.confidence.to_bits() == row.confidence.to_bits());
    let Some(level) = level else { return String::new() };
    let money = |share: f64| total(share, row.position_cents, &row.currency, lang);
    let key = match (row.side.as_str(), level.value_at_risk > 0.0) {
        (_, false) => "lab_answer_gain",
        ("short", true) => "lab_answer_short",
        _ => "lab_answer_long",
    };
    let values = [
        ("position", &*format::money(row.position_cents, &row.currency, lang)),
        ("name", name),
        ("loss", &*money(level.value_at_risk)),
        ("error", &*money(level.standard_error)),
        ("chance", &*confidence(1.0 - level.confidence, lang)),
        ("sure", &*confidence(level.confidence, lang)),
    ];
    count(lang, key, i64::from(row.horizon), &values)
}

fn inputs(row: &RunRow, lang: Lang) -> Vec<(&'static str, String)> {
    let number = |value: i64| format::count(value, lang);
    let side = if row.side == "short" { "lab_short" } else { "lab_long" };
    let rows = [
        ("lab_symbol", row.symbol.clone()),
        ("lab_on", format::day(row.signal_on, lang)),
        ("lab_side", text(lang, side).to_owned()),
        ("lab_position", format::money(row.position_cents, &row.currency, lang)),
        ("lab_window", number(row.window_returns.into())),
        ("lab_simulations", number(row.simulations)),
        ("lab_workers", number(row.workers.into())),
        ("lab_confidence", confidence(row.confidence, lang)),
        ("lab_horizon", number(row.horizon.into())),
        ("lab_place", place_name(row.place(), lang).to_owned()),
        ("lab_seed", row.seed.to_string()),
        ("lab_created", format::instant(row.created_at, lang)),
    ];
    rows.into_iter().map(|(key, value)| (text(lang, key), value)).collect()
}

/// The address of the form with this run's inputs.
fn again(row: &RunRow) -> String {
    let position = format!("{}.{:02}", row.position_cents / 100, row.position_cents % 100);
    let percent = (row.confidence * 10_000.0).round() / 100.0;
    format!(
        "/lab?symbol={}&on={}&side={}&position={position}&window={}&simulations={}&workers={}&confidence={percent}&horizon={}&place={}&seed={}",
        encode(&row.symbol),
        row.signal_on,
        row.side,
        row.window_returns,
        row.simulations,
        row.workers,
        row.horizon,
        row.place,
        row.seed,
    )
}

/// What is said of a run that found no figures: nothing was stored, and what may help.
pub fn failure(error: &LabError, lang: Lang) -> &'static str {
    text(
        lang,
        match error {
            LabError::Risk(_) => "lab_failed_risk",
            LabError::OtherPrices(_) => "lab_failed_prices",
            LabError::Differ => "lab_failed_differ",
            LabError::Function(_) => "lab_failed_function",
            LabError::Lost => "lab_failed_lost",
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_and_confidences_are_written_whole() {
        assert_eq!(total(0.021_53, 1_000_000, "USD", Lang::En), "215.30\u{a0}USD");
        for (share, wanted) in [(0.99, "99\u{a0}%"), (0.975, "97.5\u{a0}%"), (0.9925, "99.25\u{a0}%")] {
            assert_eq!(confidence(share, Lang::En), wanted);
        }
        assert_eq!(confidence(1.0 - 0.99, Lang::En), "1\u{a0}%");
        assert_eq!(dollars(5_450, Lang::En), "0.0000055\u{a0}USD");
    }
}
