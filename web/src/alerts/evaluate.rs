//! Holds alerts against published slots: all of them against a new slot, once; or one of them against the past.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use sqlx::PgConnection;

use super::reading::{Series, reading};
use super::rule::{Measure, Rule, Standing, replay, step};
use super::store::evaluation::{self, Firing, NewSlot};
use super::store::{alerts::AlertRow, series};
use crate::access::{Access, Who, decide};
use crate::error::Error;
use crate::market::cache::Edition;
use crate::state::App;

/// Days over which an alert that is being written is tried.
pub const PAST_DAYS: i64 = 90;

/// Whether a rule with this measure may read an asset.
pub fn readable(measure: Measure, access: Access) -> bool {
    !access.is_locked() && (!measure.looks_back() || access.sees_behind())
}

/// Holds all alerts against the oldest new slot, where there is one; says how many slots that were. Everything it
/// changes is in one transaction, and one instance does it at a time.
///
/// # Errors
/// Postgres fails.
pub async fn evaluate_new(app: &App, now: DateTime<Utc>) -> Result<usize, Error> {
    let mut tx = app.pool.begin().await?;
    if !evaluation::lock(&mut tx).await? {
        return Ok(0);
    }
    let Some(slot) = evaluation::next_slot(&mut tx).await? else { return Ok(0) };
    let edition = app.edition().await?;
    let fired = against(&mut tx, &edition, &slot, now).await?;
    evaluation::done(&mut tx, &slot, i32::try_from(fired).unwrap_or(i32::MAX), now).await?;
    tx.commit().await?;
    tracing::info!(slot = slot.slot, fired, "alerts held against the slot");
    Ok(1)
}

/// An alert with the assets that its owner may see.
struct Held {
    alert: AlertRow,
    rule: Rule,
    symbols: Vec<String>,
}

async fn against(
    db: &mut PgConnection,
    edition: &Edition,
    slot: &NewSlot,
    now: DateTime<Utc>,
) -> Result<u64, Error> {
    let held = held(db, edition, slot, now).await?;
    if held.is_empty() {
        return Ok(0);
    }
    let mut symbols: Vec<String> = held.iter().flat_map(|held| held.symbols.clone()).collect();
    symbols.sort_unstable();
    symbols.dedup();
    let rules: Vec<Rule> = held.iter().map(|held| held.rule).collect();
    let series = series::load(db, &rules, &symbols, slot.closes_at, slot.closes_at).await?;
    let ids: Vec<i64> = held.iter().map(|held| held.alert.id).collect();
    let before = evaluation::standings(db, &ids).await?;
    let (mut firings, mut standings) = (Vec::new(), Vec::new());
    for Held { alert, rule, symbols } in &held {
        for symbol in symbols {
            let value = series.get(symbol).and_then(|series| reading(rule, series, slot.closes_at));
            let stood = before.get(&(alert.id, symbol.clone())).copied();
            let (standing, fires) = step(rule, stood, slot.closes_at, value);
            if standing != stood {
                standings.extend(standing.map(|standing| (alert.id, symbol.clone(), standing)));
            }
            let Some(value) = value.filter(|_| fires) else { continue };
            firings.extend(alert.channels.iter().map(|channel| Firing {
                alert_id: alert.id,
                symbol: symbol.clone(),
                channel: channel.clone(),
                value,
            }));
        }
    }
    evaluation::store_standings(db, &standings).await?;
    Ok(evaluation::queue(db, slot, &firings, now).await?)
}

/// The alerts that are on, with what their owners may see. Those that a tier no longer includes are paused, and go on
/// when it includes them again.
async fn held(
    db: &mut PgConnection,
    edition: &Edition,
    slot: &NewSlot,
    now: DateTime<Utc>,
) -> Result<Vec<Held>, Error> {
    let alerts = evaluation::alerts(db).await?;
    let customers: Vec<i64> = alerts.iter().map(|alert| alert.customer_id).collect();
    let owners = evaluation::owners(db, &customers).await?;
    let lists: Vec<i64> = alerts.iter().filter_map(|alert| alert.watchlist_id).collect();
    let watched = evaluation::watched(db, &lists).await?;
    let ranks = evaluation::ranks(db, slot.id).await?;
    let mut counted: HashMap<i64, usize> = HashMap::new();
    let mut held = Vec::new();
    for alert in alerts {
        let Some(rule) = alert.rule() else { continue };
        let Some(who) = owners.get(&alert.customer_id) else { continue };
        let mut symbols = match (&alert.symbol, alert.watchlist_id) {
            (Some(symbol), _) => vec![symbol.clone()],
            (None, Some(list)) => watched.get(&list).cloned().unwrap_or_default(),
            (None, None) => Vec::new(),
        };
        let any = !symbols.is_empty();
        symbols.retain(|symbol| {
            let (feature, rank) = (rule.measure.feature(), ranks.get(symbol).copied());
            let access = decide(&edition.entitlements, who, feature, rank, now, slot.closes_at);
            readable(rule.measure, access)
        });
        let place = counted.entry(alert.customer_id).or_default();
        *place += 1;
        let pause = if *place > limit(edition, who, now) {
            Some("limit")
        } else if any && symbols.is_empty() {
            Some("tier")
        } else {
            None
        };
        if alert.paused.as_deref() != pause {
            evaluation::store_pause(db, alert.id, pause).await?;
        }
        if pause.is_none() {
            held.push(Held { alert, rule, symbols });
        }
    }
    Ok(held)
}

/// Alerts that a tier includes.
pub fn limit(edition: &Edition, who: &Who, now: DateTime<Utc>) -> usize {
    let tier = who.tier_at(now);
    let row = edition.tiers.iter().find(|row| row.tier == tier.as_str());
    row.and_then(|row| usize::try_from(row.alerts).ok()).unwrap_or_default()
}

/// What an alert would have done.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// How often it would have fired, in what the reader may see of the past.
    pub fired: usize,
    /// How many days that is; 0: only the newest slot, so nothing can be said.
    pub days: i64,
    /// Where it stands now, by asset.
    pub standings: Vec<(String, Standing)>,
}

/// Holds a rule against the last 90 days of these assets, with the same functions as against new slots.
///
/// # Errors
/// Postgres fails.
pub async fn past(
    app: &App,
    rule: Rule,
    assets: Vec<(String, Access)>,
    newest_at: DateTime<Utc>,
) -> Result<Past, Error> {
    let from = newest_at - Duration::days(PAST_DAYS);
    let symbols: Vec<String> = assets.iter().map(|(symbol, _)| symbol.clone()).collect();
    let mut db = app.pool.acquire().await?;
    let slots = series::slots(&mut db, from, newest_at).await?;
    let series = series::load(&mut db, &[rule], &symbols, from, newest_at).await?;
    drop(db);
    let past = actix_web::web::block(move || tell(&rule, &assets, &slots, &series, newest_at)).await;
    past.map_err(|e| Error::Unavailable(anyhow::anyhow!("the thread pool: {e}")))
}

fn tell(
    rule: &Rule,
    assets: &[(String, Access)],
    slots: &[DateTime<Utc>],
    series: &HashMap<String, Series>,
    newest_at: DateTime<Utc>,
) -> Past {
    let mut past = Past { fired: 0, days: 0, standings: Vec::new() };
    for (symbol, access) in assets.iter().filter(|(_, access)| readable(rule.measure, *access)) {
        let Some(series) = series.get(symbol) else { continue };
        let readings = slots.iter().map(|at| (*at, reading(rule, series, *at)));
        let (standing, fired) = replay(rule, None, readings);
        past.fired += fired.iter().filter(|(at, _)| access.covers(*at, newest_at)).count();
        past.days = past.days.max(visible_days(*access, newest_at));
        past.standings.extend(standing.map(|standing| (symbol.clone(), standing)));
    }
    past
}

fn visible_days(access: Access, newest_at: DateTime<Utc>) -> i64 {
    match access {
        Access::Full => PAST_DAYS,
        Access::Since(since) => (newest_at - since).num_days().clamp(0, PAST_DAYS),
        Access::Latest | Access::Locked { .. } => 0,
    }
}
