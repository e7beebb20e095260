//! All SQL of mails.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgExecutor, PgPool};

/// A mail that is to be sent now.
#[derive(Debug, Clone, FromRow)]
pub struct Mail {
    /// Its id.
    pub id: i64,
    /// What it is about.
    pub dedupe_key: String,
    /// The address.
    pub recipient: String,
    /// Its subject.
    pub subject: String,
    /// Its body as plain text.
    pub text: String,
    /// Its body as HTML.
    pub html: String,
    /// Where one unsubscribes.
    pub unsubscribe_url: Option<String>,
    /// Name of the file that goes with it.
    pub attachment_name: Option<String>,
    /// That file.
    pub attachment: Option<Vec<u8>>,
    /// Tries, this one included.
    pub tries: i32,
    /// When it was written.
    pub created_at: DateTime<Utc>,
}

/// A mail as it is queued.
#[derive(Debug, Clone)]
pub struct NewMail<'a> {
    /// What it is about.
    pub dedupe_key: &'a str,
    /// Whose it is.
    pub customer_id: Option<i64>,
    /// The address.
    pub recipient: &'a str,
    /// ISO 639-1 code.
    pub language: &'a str,
    /// Why it is sent.
    pub kind: &'a str,
    /// Its subject.
    pub subject: &'a str,
    /// Plain text.
    pub text: &'a str,
    /// HTML.
    pub html: &'a str,
    /// Where one unsubscribes.
    pub unsubscribe_url: Option<&'a str>,
    /// Name and content of a file.
    pub attachment: Option<(&'a str, &'a [u8])>,
}

/// Queues a mail; `false` where its cause has made one already.
///
/// # Errors
/// Postgres fails.
pub async fn insert(db: impl PgExecutor<'_>, mail: &NewMail<'_>, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "insert into mails (dedupe_key, customer_id, recipient, language, kind, subject, text, html, unsubscribe_url,
             attachment_name, attachment, created_at, next_try_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12) on conflict (dedupe_key) do nothing",
    )
    .bind(mail.dedupe_key)
    .bind(mail.customer_id)
    .bind(mail.recipient)
    .bind(mail.language)
    .bind(mail.kind)
    .bind(mail.subject)
    .bind(mail.text)
    .bind(mail.html)
    .bind(mail.unsubscribe_url)
    .bind(mail.attachment.map(|(name, _)| name))
    .bind(mail.attachment.map(|(_, content)| content))
    .bind(now)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes mails that are due: until `leased_until` nobody else takes them.
///
/// # Errors
/// Postgres fails.
pub async fn claim(
    pool: &PgPool,
    now: DateTime<Utc>,
    leased_until: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<Mail>> {
    sqlx::query_as(
        "update mails set tries = tries + 1, next_try_at = $2
         where id in (select id from mails where state = 'queued' and next_try_at <= $1
                      order by next_try_at, id limit $3 for update skip locked)
         returning id, dedupe_key, recipient, subject, text, html, unsubscribe_url, attachment_name, attachment, tries,
             created_at",
    )
    .bind(now)
    .bind(leased_until)
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// A mail has left. Unless it is kept (the local mailbox shows it), one about an account loses its words: there may be a
/// link in it that lets its reader in.
///
/// # Errors
/// Postgres fails.
pub async fn sent(pool: &PgPool, id: i64, kept: bool, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query(
        "update mails set state = 'sent', sent_at = $2, error = '',
             text = case when kind = 'account' and not $3 then '' else text end,
             html = case when kind = 'account' and not $3 then '' else html end
         where id = $1 and state = 'queued'",
    )
    .bind(id)
    .bind(now)
    .bind(kept)
    .execute(pool)
    .await?;
    Ok(())
}

/// A try failed; it is tried again at `next_try_at`, or never (`None`).
///
/// # Errors
/// Postgres fails.
pub async fn refused(
    pool: &PgPool,
    id: i64,
    error: &str,
    next_try_at: Option<DateTime<Utc>>,
) -> sqlx::Result<()> {
    sqlx::query(
        "update mails set error = $2, next_try_at = coalesce($3, next_try_at),
             state = case when $3 is null then 'failed' else state end
         where id = $1 and state = 'queued'",
    )
    .bind(id)
    .bind(error)
    .bind(next_try_at)
    .execute(pool)
    .await?;
    Ok(())
}

/// A mail as the local mailbox shows it.
#[derive(Debug, Clone, FromRow)]
pub struct MailRow {
    /// Its id.
    pub id: i64,
    /// The address.
    pub recipient: String,
    /// Its subject.
    pub subject: String,
    /// Its body as plain text.
    pub text: String,
    /// `queued`, `sent` or `failed`.
    pub state: String,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// Name of the file that goes with it.
    pub attachment_name: Option<String>,
}

/// The newest mails.
///
/// # Errors
/// Postgres fails.
pub async fn newest(pool: &PgPool, limit: i64) -> sqlx::Result<Vec<MailRow>> {
    sqlx::query_as(
        "select id, recipient, subject, '' as text, state, created_at, attachment_name from mails
         order by id desc limit $1",
    )
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// One mail.
///
/// # Errors
/// Postgres fails.
pub async fn one(pool: &PgPool, id: i64) -> sqlx::Result<Option<MailRow>> {
    sqlx::query_as(
        "select id, recipient, subject, text, state, created_at, attachment_name from mails where id = $1",
    )
    .bind(id)
    .fetch_optional(pool)
    .await
}

/// Name and content of the file that goes with a mail.
///
/// # Errors
/// Postgres fails.
pub async fn attachment(pool: &PgPool, id: i64) -> sqlx::Result<Option<(String, Vec<u8>)>> {
    sqlx::query_as("select attachment_name, attachment from mails where id = $1 and attachment is not null")
        .bind(id)
        .fetch_optional(pool)
        .await
}
