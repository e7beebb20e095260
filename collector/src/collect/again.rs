//! Sources that were out of reach are asked again before the slot is committed: an outage of a minute should cost a minute, not
//! a source for six hours.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use cloud::Lake;
use domain::manifest::TroubleClass;
use domain::{AssetList, Outcome, SourceId};
use tokio::time::Instant;

use super::prior::Earlier;
use super::{Harvest, Order};
use crate::settings::{Connected, Limits, Settings};

/// Asks all sources, and those that were out of reach again after a while.
///
/// # Errors
/// The lake fails, or this machine's disk does.
pub(super) async fn ask(
    lake: &Arc<dyn Lake>,
    order: &Order,
    settings: &Settings,
    asked: Vec<(SourceId, Connected)>,
    assets: &AssetList,
    earlier: &Arc<Earlier>,
) -> anyhow::Result<Vec<Harvest>> {
    let deadline = Instant::now() + settings.limits.source;
    let mut harvests = super::ask(lake, order, settings, asked.clone(), assets, earlier, deadline).await?;
    let mut round = 2;
    loop {
        let open: BTreeSet<SourceId> =
            harvests.iter().filter(|harvest| is_worth_it(harvest)).map(|h| h.source.clone()).collect();
        let pause = pause(&settings.limits, round, deadline).filter(|_| !open.is_empty());
        let Some(pause) = pause else { return Ok(harvests) };
        tracing::warn!(sources = ?open, round, pause_ms = pause.as_millis() as u64, "out of reach, asked again");
        tokio::time::sleep(pause).await;
        let those = asked.iter().filter(|(id, _)| open.contains(id)).cloned().collect();
        replace(&mut harvests, super::ask(lake, order, settings, those, assets, earlier, deadline).await?);
        round += 1;
    }
}

/// Whether the source may answer if it is asked once more: nothing went wrong but what passes by itself, and no money was
/// spent that a second reading would spend again.
fn is_worth_it(harvest: &Harvest) -> bool {
    let outcome = &harvest.outcome;
    outcome.outcome != Outcome::Succeeded
        && outcome.spent_millicents.unwrap_or_default() == 0
        && !outcome.troubles.is_empty()
        && outcome.troubles.iter().all(|trouble| trouble.class == TroubleClass::Transient)
}

/// The pause before the sources are asked for the `n`-th time, the first time being 1: doubled each time, and from half of it to
/// the whole. `None` where it is not to be asked again, or the time does not suffice.
fn pause(limits: &Limits, n: u32, deadline: Instant) -> Option<Duration> {
    if n > limits.rounds || n < 2 {
        return None;
    }
    let whole = limits.again.saturating_mul(1 << (n - 2).min(8));
    let pause = whole.mul_f64(rand::random_range(0.5..=1.0));
    (Instant::now() + pause < deadline).then_some(pause)
}

/// Puts what came of another round in the place of what came of the one before, unless that was better.
fn replace(harvests: &mut [Harvest], again: Vec<Harvest>) {
    for newer in again {
        let worse = newer.outcome.outcome == Outcome::Failed;
        if let Some(older) = harvests.iter_mut().find(|older| older.source == newer.source)
            && !(worse && older.outcome.outcome == Outcome::Partial)
        {
            *older = newer;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pauses_double_and_end_with_the_rounds_and_the_time() {
        let limits = Limits { rounds: 3, again: Duration::from_secs(20), ..Limits::default() };
        let later = Instant::now() + Duration::from_secs(900);
        for (n, least, most) in [(2, 10, 20), (3, 20, 40)] {
            let pause = pause(&limits, n, later).map(|pause| pause.as_secs_f64());
            assert!(
                pause.is_some_and(|s| (f64::from(least)..=f64::from(most)).contains(&s)),
                "{n}: {pause:?}"
            );
        }
        assert_eq!(pause(&limits, 4, later), None);
        assert_eq!(pause(&limits, 2, Instant::now() + Duration::from_secs(9)), None);
    }
}
