//! What billing does without being asked: handles what the provider said, at once, takes up orders that were left, and
//! compares every night.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch::Receiver;

use super::{dispatch, dunning, events, reconcile};
use crate::state::App;

/// Pause where nothing was to do and no news came.
const IDLE: Duration = Duration::from_secs(2);

/// Works until told to stop.
pub async fn run(app: Arc<App>, mut stop: Receiver<bool>) {
    if app.billing.gateway.is_none() {
        return;
    }
    while !*stop.borrow() {
        if step(&app).await {
            continue;
        }
        tokio::select! {
            () = app.billing.news.notified() => {}
            () = tokio::time::sleep(IDLE) => {}
            changed = stop.changed() => if changed.is_err() { break },
        }
    }
}

/// Does what is due once; says whether there was anything to do.
pub async fn step(app: &App) -> bool {
    let now = app.clock.now();
    let handled = match events::handle_due(app, now).await {
        Ok(handled) => handled > 0,
        Err(error) => {
            tracing::error!(%error, "events could not be handled; they are tried again");
            false
        }
    };
    let finished = dispatch::finish_due(app, now).await.unwrap_or_else(|error| {
        tracing::error!(%error, "orders could not be taken up; they are tried again");
        0
    });
    if let Ok(desk) = app.desk(now).map(|desk| app.billing.reminds(now).then_some(desk))
        && let Some(desk) = desk
        && let Err(error) = dunning::remind(&desk).await
    {
        tracing::error!(%error, "reminders could not be queued; they are tried again");
    }
    match reconcile::nightly(app, now).await {
        Ok(Some(report)) => {
            tracing::info!(compared = report.compared, drifted = report.drifts.len(), "compared")
        }
        Ok(None) => {}
        Err(error) => tracing::error!(%error, "the nightly comparison failed"),
    }
    handled || finished > 0
}
