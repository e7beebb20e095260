//! Headlines and what was counted in them, in memory for a minute: by publication, by what a reader may see, by what was
//! asked for. Two readers share an entry only where they may see the same.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use moka::future::Cache;
use sqlx::PgPool;

use super::asked::{Asked, Filters};
use super::digest::{Digest, MOST, digest};
use super::store::{self, HeadlineRow};
use crate::error::Error;
use crate::market::scope::Scope;

/// How long something is kept.
const FRESH: Duration = Duration::from_secs(60);
/// Headlines that are kept, of all lists together: some forty megabytes.
const HEADLINES: u64 = 100_000;
/// Headlines on a page.
pub const PAGE: usize = 50;

/// The caches.
pub struct Papers {
    pool: PgPool,
    lists: Cache<(i64, String), Arc<Vec<HeadlineRow>>>,
    digests: Cache<(i64, String), Arc<Digest>>,
    /// Many headlines each: few are kept.
    newest: Cache<(i64, String), Arc<Vec<HeadlineRow>>>,
}

impl Papers {
    /// Caches over this database.
    pub fn new(pool: PgPool) -> Self {
        Self {
            pool,
            lists: Cache::builder().max_capacity(500).time_to_live(FRESH).build(),
            digests: Cache::builder().max_capacity(500).time_to_live(FRESH).build(),
            newest: Cache::builder()
                .max_capacity(HEADLINES)
                .weigher(|_, rows: &Arc<Vec<HeadlineRow>>| {
                    u32::try_from(rows.len()).unwrap_or(u32::MAX).max(1)
                })
                .time_to_live(FRESH)
                .build(),
        }
    }

    /// One page of headlines, and one more where there are more.
    ///
    /// # Errors
    /// Postgres fails.
    pub async fn list(
        &self,
        newest_id: i64,
        scope: &Scope,
        asked: &Asked,
    ) -> Result<Arc<Vec<HeadlineRow>>, Error> {
        if asked.cursor.is_none() {
            // The first page is the beginning of what is counted, which its page asks for as well.
            let rows = self.newest(newest_id, scope, &asked.filters).await?;
            return Ok(Arc::new(rows.iter().take(PAGE + 1).cloned().collect()));
        }
        let key = (newest_id, format!("{scope:?} {:?} {:?}", asked.filters, asked.cursor));
        let load = async {
            let (filters, cursor, limit) = (&asked.filters, asked.cursor.as_ref(), PAGE as i64 + 1);
            let rows = store::headlines(&self.pool, scope, filters, cursor, newest_id, limit).await?;
            Ok::<_, Error>(Arc::new(rows))
        };
        Ok(self.lists.try_get_with(key, load).await?)
    }

    /// What is in the newest headlines; `own` are words that are left out.
    ///
    /// # Errors
    /// Postgres fails.
    pub async fn digest(
        &self,
        newest_id: i64,
        scope: &Scope,
        filters: &Filters,
        own: HashSet<String>,
    ) -> Result<Arc<Digest>, Error> {
        // One asset of its class alone is counted without its own name on its page, and with it among all.
        let key = (newest_id, format!("{scope:?} {filters:?} {}", own.len()));
        let load = async {
            let rows = self.newest(newest_id, scope, filters).await?;
            let counted = web::block(move || digest(&rows, &own)).await;
            let counted = counted.map_err(|e| Error::Unavailable(anyhow::Error::new(e)))?;
            Ok::<_, Error>(Arc::new(counted))
        };
        Ok(self.digests.try_get_with(key, load).await?)
    }

    /// The newest headlines, as many as are counted and one more where there are more.
    ///
    /// # Errors
    /// Postgres fails.
    pub async fn newest(
        &self,
        newest_id: i64,
        scope: &Scope,
        filters: &Filters,
    ) -> Result<Arc<Vec<HeadlineRow>>, Error> {
        let key = (newest_id, format!("{scope:?} {filters:?}"));
        let load = async {
            let rows = store::headlines(&self.pool, scope, filters, None, newest_id, MOST as i64 + 1).await?;
            Ok::<_, Error>(Arc::new(rows))
        };
        Ok(self.newest.try_get_with(key, load).await?)
    }
}
