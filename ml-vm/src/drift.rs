//! Whether the models in use still fit the world: watched at every slot, kept in `predictions/slot=…/monitor.json`, told as
//! warnings of the manifest, which the orchestrator raises as an alert.
//!
//! | what | of | warning | alarm |
//! | --- | --- | --- | --- |
//! | `psi returns` | the last 60 returns of all assets against those of training | 0.1 | 0.25 |
//! | `ks returns` | the same | 0.1, and more than chance | 0.2, and more than chance |
//! | `coverage 80`, `coverage 95` | sealed forecasts that have come due: distance from what was promised | 0.05 and two standard errors | 0.1 and three |
//! | `error` | the mean loss of those forecasts over that of the champion's trial | 1.25 | 1.5 |
//! | `psi scores`, `ks scores` | the house's scores of labelled posts against those of training | as above | as above |
//! | `error` | the champion's share of wrong answers on labelled posts over that of its trial | 1.25 | 1.5 |
//!
//! What cannot be told (no fitted champion, too few cases) is not in the list.

use std::collections::BTreeMap;

use analytics::drift::{PSI_ALARM, PSI_WARNING, coverage, ks, psi};
use domain::ModelName;
use domain::model::{Card, Reference};
use domain::prediction::{Level, Monitor, Watched};

use crate::registry::in_use::Models;
use crate::seal::score::{Due, records};

/// Returns of each asset that are compared.
pub const RETURNS: usize = 60;
/// Days whose sealed forecasts are looked at.
pub const DAYS: usize = 40;
/// Fewest cases of a comparison of errors.
const FEWEST: usize = 100;

/// What the assets of a slot add up to.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    /// Their last log returns.
    pub returns: Vec<f64>,
    /// The house's scores of posts that their authors labelled.
    pub scores: Vec<f64>,
    /// The champion's answers to those posts: 1 for a wrong one.
    pub wrong: Vec<f64>,
    /// Sealed forecasts that have come due.
    pub due: Vec<Due>,
}

impl Sample {
    /// Takes another asset's.
    pub fn add(&mut self, other: Self) {
        self.returns.extend(other.returns);
        self.scores.extend(other.scores);
        self.wrong.extend(other.wrong);
        self.due.extend(other.due);
    }
}

/// Compares the sample with what the champions were fitted to.
pub fn watch(models: &Models, sample: &Sample) -> Monitor {
    let mut watched = Vec::new();
    let forecast = models.forecast.as_ref();
    if let Some(chosen) = forecast {
        distribution(ModelName::Forecast, "returns", &chosen.card, &sample.returns, &mut watched);
    }
    let version = forecast.map_or_else(String::new, |chosen| chosen.version.to_string());
    // Only what the present champion said is held against it.
    let own: Vec<&Due> = sample.due.iter().filter(|d| d.role == "champion" && d.version == version).collect();
    for (what, promised, inside) in [
        ("coverage 80", 0.8, (|d: &Due| d.inside_80) as fn(&Due) -> bool),
        ("coverage 95", 0.95, |d: &Due| d.inside_95),
    ] {
        let mut days: BTreeMap<_, (u64, u64)> = BTreeMap::new();
        for due in &own {
            let day = days.entry(due.day).or_default();
            day.0 += u64::from(inside(due));
            day.1 += 1;
        }
        let days: Vec<(u64, u64)> = days.into_values().collect();
        if own.len() >= FEWEST
            && let Some((off, error)) = coverage(&days, promised)
        {
            let (warning, alarm) = (0.05_f64.max(2.0 * error), 0.1_f64.max(3.0 * error));
            watched.push(judged(ModelName::Forecast, what, off.abs(), warning, alarm, own.len()));
        }
    }
    if let Some(chosen) = forecast {
        let losses: Vec<f64> = own.iter().map(|d| d.loss).collect();
        error(ModelName::Forecast, &chosen.card, &losses, &mut watched);
    }
    if let Some(chosen) = &models.sentiment {
        distribution(ModelName::Sentiment, "scores", &chosen.card, &sample.scores, &mut watched);
        error(ModelName::Sentiment, &chosen.card, &sample.wrong, &mut watched);
    }
    Monitor { watched, records: records(&sample.due, false) }
}

/// What a person should know of it: one sentence for each model whose figures are not fine.
pub fn warnings(monitor: &Monitor) -> Vec<String> {
    let of = |name: ModelName| {
        let off = monitor.watched.iter().filter(|w| w.name == name && w.level > Level::Fine);
        let words: Vec<String> = off.map(sentence).collect();
        (!words.is_empty()).then(|| format!("{name} drifts: {}", words.join(", ")))
    };
    ModelName::ALL.into_iter().filter_map(of).collect()
}

fn sentence(w: &Watched) -> String {
    let (word, from) = if w.level == Level::Alarm { ("alarm", w.alarm) } else { ("warning", w.warning) };
    format!("{} {:.3} ({word} from {from:.3}, {} cases)", w.what, w.value, w.cases)
}

fn judged(name: ModelName, what: &str, value: f64, warning: f64, alarm: f64, cases: usize) -> Watched {
    let level = match value {
        v if v >= alarm => Level::Alarm,
        v if v >= warning => Level::Warning,
        _ => Level::Fine,
    };
    Watched { name, what: what.to_owned(), value, warning, alarm, cases: cases as u64, level }
}

fn distribution(name: ModelName, what: &str, card: &Card, values: &[f64], watched: &mut Vec<Watched>) {
    let Some(reference): Option<&Reference> = card.references.get(what) else { return };
    if let Some(value) = psi(reference, values) {
        watched.push(judged(name, &format!("psi {what}"), value, PSI_WARNING, PSI_ALARM, values.len()));
    }
    if let Some((distance, chance)) = ks(reference, values) {
        let (warning, alarm) = (chance.max(0.1), chance.max(0.2));
        watched.push(judged(name, &format!("ks {what}"), distance, warning, alarm, values.len()));
    }
}

/// The mean loss over that of the trial which the card tells of.
fn error(name: ModelName, card: &Card, losses: &[f64], watched: &mut Vec<Watched>) {
    let Some(then) = card.metrics.get("loss").map(|metric| metric.value).filter(|loss| *loss > 0.0) else {
        return;
    };
    if losses.len() >= FEWEST {
        let ratio = analytics::statistics::mean(losses) / then;
        watched.push(judged(name, "error", ratio, 1.25, 1.5, losses.len()));
    }
}
