//! The queue, and the step of the worker that empties it.

use chrono::{DateTime, Duration, Utc};
use sqlx::{PgExecutor, PgPool};

use super::carrier::{Carrier, Refusal};
use super::letter::Letter;
use super::store::{self, NewMail};
use crate::error::Error;
use crate::templates::Templates;

/// Mails taken at once.
const BATCH: i64 = 16;
/// How long a worker may take over one batch before another takes it: more than a mail server keeps us waiting for all.
const LEASE_MINUTES: i64 = 15;
/// Tries before a mail is given up.
pub const MAX_TRIES: i32 = 8;

/// Queues a letter; `false` where its cause has made a mail already. Give it the transaction of the change that causes
/// it, so that neither happens without the other.
///
/// # Errors
/// The recipient cannot be an address, or Postgres fails.
pub async fn queue(
    db: impl PgExecutor<'_>,
    templates: &Templates,
    letter: &Letter,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    if letter.to.chars().any(char::is_control) || !letter.to.contains('@') {
        return Err(Error::BadRequest("the recipient is not an e-mail address".to_owned()));
    }
    let (text, html, subject) = (letter.text_body(), letter.html_body(templates)?, letter.safe_subject());
    let mail = NewMail {
        dedupe_key: &letter.dedupe_key,
        customer_id: letter.customer_id,
        recipient: &letter.to,
        language: letter.lang.code(),
        kind: letter.kind.as_str(),
        subject: &subject,
        text: &text,
        html: &html,
        unsubscribe_url: letter.unsubscribe_url.as_deref(),
        attachment: letter.attachment.as_ref().map(|a| (a.name.as_str(), a.content.as_slice())),
    };
    Ok(store::insert(db, &mail, now).await?)
}

/// Sends what is due; says how many mails were tried. Any number of workers may do it at once.
///
/// # Errors
/// Postgres fails. What a mail server refuses is written down and tried again later.
pub async fn send_due(pool: &PgPool, carrier: &dyn Carrier, now: DateTime<Utc>) -> sqlx::Result<usize> {
    let mails = store::claim(pool, now, now + Duration::minutes(LEASE_MINUTES), BATCH).await?;
    for mail in &mails {
        match carrier.carry(mail).await {
            Ok(()) => store::sent(pool, mail.id, carrier.keeps(), now).await?,
            Err(refusal) => {
                let next_try_at = match refusal {
                    Refusal::Transient(_) if mail.tries < MAX_TRIES => Some(now + pause_after(mail.tries)),
                    _ => None,
                };
                // Neither address nor subject: logs are no place for them.
                tracing::warn!(mail = mail.id, tries = mail.tries, given_up = next_try_at.is_none(), %refusal, "not sent");
                store::refused(pool, mail.id, &refusal.to_string(), next_try_at).await?;
            }
        }
    }
    Ok(mails.len())
}

/// How long to wait after so many failed tries: 1, 4, 16, 64 minutes, then four hours.
pub fn pause_after(tries: i32) -> Duration {
    let steps = u32::try_from(tries.clamp(1, 5) - 1).unwrap_or_default();
    Duration::minutes(4_i64.pow(steps).min(240))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_are_bounded() {
        let minutes: Vec<i64> = (0..8).map(|tries| pause_after(tries).num_minutes()).collect();
        assert_eq!(minutes, [1, 1, 4, 16, 64, 240, 240, 240]);
    }
}
