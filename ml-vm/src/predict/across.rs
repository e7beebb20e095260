//! What can be said only across all assets of a slot: how many strategies were tried, and how many leads were looked for.

use analytics::backtest::deflated;
use analytics::leadlag::{Relation, correct};
use anyhow::Context;
use domain::lake::PredictionTable;
use domain::prediction::{Lead, Strategy};
use domain::{Key, Outcome, Slot, Symbol};

use super::asset::{Computed, table_if_any};
use super::watch::Watched;
use super::{leads, strategies};

/// What an asset leaves to be judged among all.
#[derive(Debug, Clone, Default)]
pub struct Unjudged {
    /// Its strategies.
    pub strategies: Vec<strategies::Draft>,
    /// Its leads.
    pub leads: Vec<leads::Draft>,
}

/// Judges the strategies and leads of all assets, and adds their tables. An asset whose tables cannot be written fails alone.
pub fn judge(slot: Slot, computed: &mut [Computed]) {
    let mut relations: Vec<&mut Relation> = computed
        .iter_mut()
        .flat_map(|asset| &mut asset.unjudged.leads)
        .filter_map(|lead| lead.found.as_mut())
        .collect();
    correct(&mut relations);
    let all = || computed.iter().flat_map(|asset| &asset.unjudged.strategies);
    let tried = all().count();
    let ratios: Vec<f64> = all().filter_map(|draft| Some(draft.sharpe?.daily)).collect();
    for asset in computed {
        if let Err(error) = finish(slot, asset, tried, &ratios) {
            asset.tables.clear();
            asset.summary = None;
            asset.watched = Watched::default();
            asset.outcome.outcome = Outcome::Failed;
            asset.outcome.message = format!("{error:#}");
        }
    }
}

fn finish(slot: Slot, asset: &mut Computed, tried: usize, ratios: &[f64]) -> anyhow::Result<()> {
    let Unjudged { strategies, leads } = std::mem::take(&mut asset.unjudged);
    let strategies: Vec<Strategy> = strategies
        .into_iter()
        .map(|draft| Strategy {
            deflated_sharpe: draft.sharpe.and_then(|sharpe| deflated(&sharpe, ratios)),
            tried: tried as i32,
            ..draft.row
        })
        .collect();
    let leads: Vec<Lead> = leads.into_iter().map(leads::row).collect();
    let symbol: Symbol = asset.symbol.parse().context("symbol")?;
    let key = |table| Key::Prediction { slot, symbol: symbol.clone(), table }.to_string();
    asset.tables.extend(table_if_any(key(PredictionTable::Strategies), &strategies)?);
    asset.tables.extend(table_if_any(key(PredictionTable::Leads), &leads)?);
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use analytics::random::Stream;
    use chrono::{Days, NaiveDate};
    use domain::prediction::MoodDay;

    use super::super::daily::Daily;
    use super::super::moods::{ALL, Moods};
    use super::*;

    /// 240 days of one asset whose return is `pull` deviations of the mood of the day before.
    fn drafts(seed: u64, pull: f64) -> Vec<leads::Draft> {
        let slot: Slot = "2026-01-02T00Z".parse().unwrap();
        let mut stream = Stream::new(seed);
        let first: NaiveDate = "2025-05-07".parse().unwrap();
        let days: Vec<NaiveDate> = (0..240).map(|i| first + Days::new(i)).collect();
        let scores: Vec<f64> = days.iter().map(|_| 0.2 * stream.next_normal()).collect();
        let mut log = 4.0;
        let closes = (0..240)
            .map(|t: usize| {
                let before = t.checked_sub(1).map_or(0.0, |t| scores[t]);
                log += 0.01 * (stream.next_normal() + pull * before / 0.2);
                f64::exp(log)
            })
            .collect();
        let opens_at = days.iter().map(|day| day.and_time(chrono::NaiveTime::MIN).and_utc()).collect();
        let daily = Daily { opens_at, closes, ..Daily::default() };
        let moods = days
            .iter()
            .zip(&scores)
            .map(|(on, score)| (*on, MoodDay { on: *on, score: *score, documents: 9 }));
        let few = days[..30].iter().map(|on| (*on, MoodDay { on: *on, score: 0.1, documents: 9 }));
        let moods: Moods =
            [(ALL.to_owned(), moods.collect()), ("x".to_owned(), few.collect())].into_iter().collect();
        leads::drafts(&daily, &moods, slot, seed)
    }

    fn judged(pulls: &[f64]) -> Vec<Vec<Lead>> {
        let mut all: Vec<Vec<leads::Draft>> =
            pulls.iter().enumerate().map(|(i, pull)| drafts(100 + i as u64, *pull)).collect();
        let mut relations: Vec<&mut Relation> =
            all.iter_mut().flatten().filter_map(|draft| draft.found.as_mut()).collect();
        correct(&mut relations);
        all.into_iter().map(|drafts| drafts.into_iter().map(leads::row).collect()).collect()
    }

    #[test]
    fn a_planted_lead_is_found_among_assets_without_one() {
        let mut pulls = vec![0.0; 40];
        pulls[7] = 0.7;
        let rows = judged(&pulls);
        let all = |n: usize| rows[n].iter().find(|lead| lead.source == ALL).unwrap();
        assert_eq!(all(7).verdict, "mood-first", "{:?}", all(7));
        let strongest = all(7).lags.iter().max_by(|a, b| a.correlation.total_cmp(&b.correlation)).unwrap();
        assert!(strongest.lag == 1 && strongest.low > 0.2, "{strongest:?}");
        let wrong = (0..40).filter(|n| *n != 7 && all(*n).verdict != "no-evidence").count();
        assert!(wrong <= 2, "{wrong} of 39 assets without a lead");
        assert!(all(3).mood_first_q.unwrap() > all(3).mood_first_p.unwrap(), "corrected for 40 assets");
    }

    #[test]
    fn too_few_days_have_a_row_and_no_figures() {
        let rows = judged(&[0.7]);
        let x = rows[0].iter().find(|lead| lead.source == "x").unwrap();
        assert_eq!(
            (x.verdict.as_str(), x.observations, x.lags.len(), x.mood_first_p),
            ("too-few", 29, 0, None)
        );
    }
}
