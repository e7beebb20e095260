//! Makes the weekly reports that are due: each once, in the transaction that queues its mail.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::content::{self, Reader};
use super::letter::{self, Envelope};
use super::pdf;
use super::store::{self, Subscriber};
use super::week::Week;
use crate::access::Who;
use crate::alerts::store::evaluation;
use crate::auth::site_key::SiteKey;
use crate::error::Error;
use crate::mail::letter::Kind;
use crate::mail::{outbox, unsubscribe};
use crate::state::App;
use crate::text::Lang;

/// Reports made at once.
const BATCH: i64 = 8;

/// Makes reports that are due at `now`; says how many.
///
/// # Errors
/// Postgres fails, or the site was built without fonts.
pub async fn make_due(app: &App, now: DateTime<Utc>) -> Result<usize, Error> {
    let monday = Week::containing(now).starts_at();
    let due = store::due(&app.pool, now, monday, BATCH).await?;
    if due.is_empty() {
        return Ok(0);
    }
    let key = unsubscribe::key(&app.pool).await?;
    let customers: Vec<i64> = due.iter().map(|subscriber| subscriber.customer_id).collect();
    let owners: HashMap<i64, Who> = evaluation::owners(&mut *app.pool.acquire().await?, &customers).await?;
    let mut made = 0;
    for subscriber in due {
        let Some(who) = owners.get(&subscriber.customer_id) else { continue };
        made += usize::from(make(app, &subscriber, who, &key, now).await?);
    }
    Ok(made)
}

/// Makes one report; `false` where another worker has.
async fn make(
    app: &App,
    subscriber: &Subscriber,
    who: &Who,
    key: &SiteKey,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let week = Week::containing(subscriber.monday.and_time(chrono::NaiveTime::MIN).and_utc());
    let mut tx = app.pool.begin().await?;
    if !store::take(&mut tx, subscriber.customer_id, &week.name(), now).await? {
        return Ok(false);
    }
    let edition = app.edition().await?;
    let lang = Lang::parse(&subscriber.language).unwrap_or(Lang::En);
    let reader = Reader { customer_id: subscriber.customer_id, who, lang };
    let report = content::compose(&app.pool, &edition, &reader, week, app.settings.sandbox_data, now).await?;
    let drawn = report.clone();
    let bytes = tokio::task::spawn_blocking(move || pdf::render(&drawn)).await;
    let bytes = bytes.map_err(|e| Error::Unavailable(anyhow::anyhow!("drawing a report: {e}")))?;
    let bytes = bytes.map_err(|e| Error::Unavailable(anyhow::Error::new(e)))?;
    let claim = unsubscribe::Claim { customer_id: subscriber.customer_id, kind: Kind::Report };
    let envelope = Envelope {
        customer_id: subscriber.customer_id,
        to: subscriber.email.clone(),
        origin: app.settings.origin(),
        unsubscribe_url: unsubscribe::link(&app.settings, key, claim, now),
    };
    let letter = letter::letter(&report, week, envelope, bytes);
    outbox::queue(&mut *tx, &app.templates, &letter, now).await?;
    tx.commit().await?;
    Ok(true)
}
