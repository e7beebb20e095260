//! All SQL of posts.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool};

use super::draft::Draft;

/// A post in its newest version.
#[derive(Debug, Clone, FromRow)]
pub struct Post {
    /// Its id.
    pub id: i64,
    /// Its name in the address.
    pub slug: String,
    /// What it is.
    pub kind: String,
    /// The newest version.
    pub version: i32,
    /// When it is to be seen.
    pub publish_at: Option<DateTime<Utc>>,
    /// When it was taken back.
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// Title in English.
    pub title_en: String,
    /// Title in Spanish.
    pub title_es: String,
    /// Markdown in English.
    pub body_en: String,
    /// Markdown in Spanish.
    pub body_es: String,
    /// When the version was saved.
    pub written_at: DateTime<Utc>,
}

/// One version, as the history shows it.
#[derive(Debug, Clone, FromRow)]
pub struct Version {
    /// Its number.
    pub version: i32,
    /// Title in English.
    pub title_en: String,
    /// Pseudonym of who saved it.
    pub written_by: String,
    /// When.
    pub written_at: DateTime<Utc>,
    /// What changed.
    pub note: String,
}

const COLUMNS: &str =
    "p.id, p.slug, p.kind, p.version, p.publish_at, p.withdrawn_at, v.title_en, v.title_es, v.body_en,
    v.body_es, v.written_at from posts p join post_versions v on v.post_id = p.id and v.version = p.version";

/// A select over posts with this ending, which is written in this file.
fn select(ending: &'static str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(format!("select {COLUMNS} {ending}"))
}

/// All posts, newest first.
///
/// # Errors
/// Postgres fails.
pub async fn all(pool: &PgPool, limit: i64) -> sqlx::Result<Vec<Post>> {
    sqlx::query_as(select("order by coalesce(p.publish_at, 'infinity') desc, p.id desc limit $1"))
        .bind(limit)
        .fetch_all(pool)
        .await
}

/// The posts that everybody sees at `now`, newest first.
///
/// # Errors
/// Postgres fails.
pub async fn visible(pool: &PgPool, now: DateTime<Utc>, limit: i64, offset: i64) -> sqlx::Result<Vec<Post>> {
    let ending = "where p.publish_at <= $1 and p.withdrawn_at is null order by p.publish_at desc, p.id desc limit $2 offset $3";
    sqlx::query_as(select(ending)).bind(now).bind(limit).bind(offset).fetch_all(pool).await
}

/// A post that everybody sees at `now`.
///
/// # Errors
/// Postgres fails.
pub async fn visible_one(pool: &PgPool, slug: &str, now: DateTime<Utc>) -> sqlx::Result<Option<Post>> {
    let ending = "where p.slug = $1 and p.publish_at <= $2 and p.withdrawn_at is null";
    sqlx::query_as(select(ending)).bind(slug).bind(now).fetch_optional(pool).await
}

/// A post, seen by staff.
///
/// # Errors
/// Postgres fails.
pub async fn one(db: impl PgExecutor<'_>, id: i64) -> sqlx::Result<Option<Post>> {
    sqlx::query_as(select("where p.id = $1")).bind(id).fetch_optional(db).await
}

/// The versions of a post, newest first.
///
/// # Errors
/// Postgres fails.
pub async fn versions(pool: &PgPool, id: i64) -> sqlx::Result<Vec<Version>> {
    sqlx::query_as(
        "select version, title_en, written_by, written_at, note from post_versions where post_id = $1 order by version desc",
    )
    .bind(id)
    .fetch_all(pool)
    .await
}

/// Makes a post; `None` where the name is taken.
///
/// # Errors
/// Postgres fails.
pub async fn create(
    db: &mut PgConnection,
    draft: &Draft,
    by: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<i64>> {
    let id: Option<i64> = sqlx::query_scalar(
        "insert into posts (slug, kind, version, created_at) values ($1, $2, 1, $3) on conflict (slug) do nothing returning id",
    )
    .bind(&draft.slug)
    .bind(draft.kind.as_str())
    .bind(now)
    .fetch_optional(&mut *db)
    .await?;
    if let Some(id) = id {
        insert_version(db, id, 1, draft, by, now).await?;
    }
    Ok(id)
}

/// Saves a version after `before`, which must be the newest; `false` where somebody else saved one meanwhile, or where the
/// name is another post's.
///
/// # Errors
/// Postgres fails.
pub async fn save(
    db: &mut PgConnection,
    (id, before): (i64, i32),
    draft: &Draft,
    by: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "update posts set slug = $3, kind = $4, version = version + 1
         where id = $1 and version = $2 and not exists (select 1 from posts o where o.slug = $3 and o.id <> $1)",
    )
    .bind(id)
    .bind(before)
    .bind(&draft.slug)
    .bind(draft.kind.as_str())
    .execute(&mut *db)
    .await?;
    if done.rows_affected() != 1 {
        return Ok(false);
    }
    insert_version(db, id, before + 1, draft, by, now).await?;
    Ok(true)
}

async fn insert_version(
    db: &mut PgConnection,
    id: i64,
    version: i32,
    draft: &Draft,
    by: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let ([title_en, title_es], [body_en, body_es]) = (&draft.titles, &draft.bodies);
    sqlx::query(
        "insert into post_versions (post_id, version, title_en, title_es, body_en, body_es, written_by, written_at, note)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(id)
    .bind(version)
    .bind(title_en)
    .bind(title_es)
    .bind(body_en)
    .bind(body_es)
    .bind(by)
    .bind(now)
    .bind(&draft.note)
    .execute(db)
    .await?;
    Ok(())
}

/// Lets a post be seen from `at` on.
///
/// # Errors
/// Postgres fails.
pub async fn publish(db: &mut PgConnection, id: i64, at: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query("update posts set publish_at = $2, withdrawn_at = null where id = $1")
        .bind(id)
        .bind(at)
        .execute(db)
        .await?;
    Ok(())
}

/// Takes a post back.
///
/// # Errors
/// Postgres fails.
pub async fn withdraw(db: &mut PgConnection, id: i64, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query("update posts set withdrawn_at = $2 where id = $1").bind(id).bind(now).execute(db).await?;
    Ok(())
}
