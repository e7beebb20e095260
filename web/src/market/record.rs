//! The outlook of an asset, as its overview and its own page show it.

use serde::Serialize;

use super::cache::Dossier;
use super::view::Direction;
use crate::format;
use crate::text::{Lang, fill, text};

/// An asset's outlook, for those who may see it.
#[derive(Debug, Serialize)]
pub struct OutlookView {
    /// The model.
    model: String,
    /// One sentence: whether it beat the random walk.
    skill: String,
    horizons: Vec<HorizonView>,
    signals: Vec<SignalView>,
    risks: Vec<RiskView>,
    /// How the risk was simulated.
    simulated: Option<String>,
}

#[derive(Debug, Serialize)]
struct HorizonView {
    day: String,
    median: String,
    eighty: String,
    ninety_five: String,
    walk: String,
}

#[derive(Debug, Serialize)]
struct SignalView {
    name: &'static str,
    side: &'static str,
    direction: Direction,
    strength: String,
    reason: String,
}

#[derive(Debug, Serialize)]
struct RiskView {
    confidence: String,
    value_at_risk: String,
    error: String,
    expected_shortfall: String,
    closed_form: String,
    historical: String,
}

/// The outlook of an asset.
pub fn outlook(dossier: &Dossier, lang: Lang) -> OutlookView {
    let share = |price: f64, last: f64| format::change(price / last - 1.0, 1, lang);
    let range = |low: String, high: String| fill(lang, "interval", &[("low", &low), ("high", &high)]);
    let horizons = dossier.forecast.iter().map(|f| HorizonView {
        day: format::short_day(f.target_on, lang),
        median: share(f.q50, f.last_close),
        eighty: range(share(f.q10, f.last_close), share(f.q90, f.last_close)),
        ninety_five: range(share(f.q025, f.last_close), share(f.q975, f.last_close)),
        walk: range(share(f.rw_q10, f.last_close), share(f.rw_q90, f.last_close)),
    });
    let signals = dossier.signals.iter().map(|s| SignalView {
        name: text(lang, if s.name == "forecast" { "signal_forecast" } else { "signal_average" }),
        side: text(
            lang,
            match s.side.as_str() {
                "buy" => "signal_up",
                "sell" => "signal_down",
                _ => "signal_none",
            },
        ),
        direction: Direction::of(side_of(&s.side), 0.0, lang),
        strength: format::signed(s.strength, 2, lang),
        reason: s.reason.clone(),
    });
    let risks = dossier.risks.iter().filter(|r| r.horizon == 1).map(|r| RiskView {
        confidence: format::percent(r.confidence, 0, lang),
        value_at_risk: format::percent(r.value_at_risk, 2, lang),
        error: format::percent(r.standard_error, 3, lang),
        expected_shortfall: format::percent(r.expected_shortfall, 2, lang),
        closed_form: format::percent(r.closed_form, 2, lang),
        historical: format::percent(r.historical, 2, lang),
    });
    let simulated = dossier.risks.first().map(|r| {
        let (n, m) = (format::count(r.simulations, lang), format::count(r.returns, lang));
        fill(lang, "risk_simulated", &[("simulations", &n), ("returns", &m), ("seed", &r.seed.to_string())])
    });
    OutlookView {
        model: dossier.forecast.last().map(|f| f.model.clone()).unwrap_or_default(),
        skill: skill_sentence(dossier, lang),
        horizons: horizons.collect(),
        signals: signals.collect(),
        risks: risks.collect(),
        simulated,
    }
}

/// A side as a number, for its arrow: the strength may point further than the side dares.
fn side_of(side: &str) -> f64 {
    match side {
        "buy" => 1.0,
        "sell" => -1.0,
        _ => 0.0,
    }
}

fn skill_sentence(dossier: &Dossier, lang: Lang) -> String {
    let Some(furthest) = dossier.forecast.last() else { return text(lang, "outlook_none").to_owned() };
    let (Some(skill), Some(low), Some(high)) = (furthest.skill, furthest.skill_low, furthest.skill_high)
    else {
        return text(lang, "skill_unknown").to_owned();
    };
    let key = if low > 0.0 { "skill_better" } else { "skill_no_better" };
    let interval = [format::change(low, 1, lang), format::change(high, 1, lang)];
    let interval = fill(lang, "interval", &[("low", &interval[0]), ("high", &interval[1])]);
    let n = format::count(furthest.evaluated, lang);
    fill(lang, key, &[("skill", &format::change(skill, 1, lang)), ("interval", &interval), ("count", &n)])
}
