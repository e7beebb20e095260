//! What readers will ask for first after a slot, read before they do.
//!
//! A new publication has new keys in every cache, so its first readers would all wait for Postgres. One task of each instance
//! looks each second whether there is one, and then reads the front page, the track record and the dossiers of the assets that
//! are mentioned most, one after the other, so that readers have the connections.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::error::Error;
use crate::record::filter::Filter;
use crate::state::App;

/// How often it looks. The edition is asked for as often by any reader.
const LOOK: Duration = Duration::from_secs(1);
/// Assets whose dossiers are read: two thirds of all pages of assets are about these, of 500.
const DOSSIERS: usize = 50;

/// Begins; ends with the site.
pub fn start(app: Arc<App>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut warm = 0;
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            look.tick().await;
            // Postgres may be away; readers are told, and what is not read now is read later.
            match warm_up(&app, warm).await {
                Ok(id) => warm = id,
                Err(error) => tracing::debug!(%error, "nothing is read ahead"),
            }
        }
    })
}

/// Reads ahead what belongs to the newest edition, unless it is that of `warm`; says which it was.
///
/// # Errors
/// Postgres fails.
pub async fn warm_up(app: &App, warm: i64) -> Result<i64, Error> {
    let edition = app.edition().await?;
    if edition.last_id == warm || edition.publication.is_none() {
        return Ok(edition.last_id);
    }
    app.record(&edition, &Filter::default()).await?;
    for row in edition.front.rows.iter().take(DOSSIERS) {
        app.dossier(&edition, &row.sentiment.symbol).await?;
    }
    Ok(edition.last_id)
}
