//! What can be said only across all assets of a slot: how many strategies were tried, and how many leads were looked for.

use analytics::backtest::deflated;
use analytics::leadlag::{Relation, correct};
use anyhow::Context;
use domain::lake::PredictionTable;
use domain::prediction::{Lead, Strategy};
use domain::{Key, Outcome, Slot, Symbol};

use super::asset::{Computed, table_if_any};
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
