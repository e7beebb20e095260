//! The commands `web billing …`: the same as the site does, by hand.

use chrono::{DateTime, NaiveDate, Utc};
use clap::Subcommand;
use serde_json::json;
use sqlx::PgPool;

use super::store::nights::{self, DriftRow};
use super::sync::Desk;
use super::{catalogue, entitlement, reconcile, store};
use crate::state::App;

/// What can be done by hand.
#[derive(Debug, Clone, Subcommand)]
pub enum BillingCommand {
    /// Makes every plan and price exist at the provider; what is there stays as it is.
    Catalogue,
    /// Compares everything with the provider now, as every night; ours becomes theirs.
    Reconcile,
    /// Says what differed from the provider in a night.
    Drifts {
        /// The night, YYYY-MM-DD; the newest where it is left out.
        #[arg(long)]
        night: Option<NaiveDate>,
    },
    /// Says why somebody had the tier that they had at an instant.
    Why {
        /// The account's e-mail address.
        #[arg(long)]
        email: String,
        /// The instant, RFC 3339; now where it is left out.
        #[arg(long)]
        at: Option<DateTime<Utc>>,
    },
}

/// Runs a command; prints what came of it as JSON.
///
/// # Errors
/// What failed.
pub async fn run(app: &App, command: BillingCommand) -> anyhow::Result<()> {
    let now = app.clock.now();
    let answer = match command {
        BillingCommand::Catalogue => {
            let made = catalogue::ensure(&app.desk(now)?).await?;
            json!({ "products_made": made.products, "prices_made": made.prices, "prices_found": made.found })
        }
        BillingCommand::Reconcile => reconciled(&app.desk(now)?).await?,
        BillingCommand::Drifts { night } => drifts(&app.pool, night).await?,
        BillingCommand::Why { email, at } => {
            let account = store::account_of(&app.pool, &email).await?;
            let account = account.ok_or_else(|| anyhow::anyhow!("nobody has the address {email}"))?;
            let (rules, _) = store::rules(&app.pool).await?;
            let lives = store::access::lives_of(&app.pool, account).await?;
            let grants = store::grants(&app.pool, account).await?;
            serde_json::to_value(entitlement::why(&lives, &grants, rules, at.unwrap_or(now)))?
        }
    };
    println!("{answer}");
    Ok(())
}

async fn reconciled(desk: &Desk<'_>) -> anyhow::Result<serde_json::Value> {
    let report = reconcile::compare(desk, desk.now.date_naive()).await?;
    let report = report.ok_or_else(|| anyhow::anyhow!("this night's comparison was made already"))?;
    Ok(json!({ "compared": report.compared, "drifts": explained(&report.drifts), "failed": report.failed }))
}

async fn drifts(pool: &PgPool, night: Option<NaiveDate>) -> anyhow::Result<serde_json::Value> {
    let row = nights::one(pool, night).await?;
    let row = row.ok_or_else(|| match night {
        Some(night) => anyhow::anyhow!("there was no comparison on {night}"),
        None => anyhow::anyhow!("there was no comparison yet: `web billing reconcile` makes one"),
    })?;
    let drifts = explained(&nights::drifts(pool, row.id).await?);
    Ok(json!({ "night": row.night_on, "compared": row.compared, "drifts": drifts, "failed": row.error }))
}

fn explained(drifts: &[DriftRow]) -> Vec<serde_json::Value> {
    let explained = |d: &DriftRow| {
        json!({ "object": d.object_id, "field": d.field, "ours": d.ours, "theirs": d.theirs, "mended": d.mended,
            "says": reconcile::says(d) })
    };
    drifts.iter().map(explained).collect()
}
