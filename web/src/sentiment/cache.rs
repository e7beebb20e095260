//! What lies behind scores, in memory for a minute. It belongs to no reader: what one may see is taken out by the pages.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use moka::future::Cache;
use sqlx::PgPool;

use super::store::{self, LeadRow, MarketRow, PartRow, VolumeRow};
use crate::error::Error;

/// How long something is kept: a slot that is filled in later, and posts that are gone at their source, change it.
const FRESH: Duration = Duration::from_secs(60);
/// Slots of assets that are kept.
const KEPT: u64 = 200;
/// How far back the volumes go beside a slot's own.
const VOLUME_DAYS: i64 = 7;

/// What lies behind the score of one asset in one slot.
pub struct Behind {
    /// Volumes of the week up to the slot, oldest first.
    pub volumes: Vec<VolumeRow>,
    /// The slot's documents.
    pub parts: Vec<PartRow>,
    /// Mood and price, one before the other.
    pub leads: Vec<LeadRow>,
}

/// The caches.
pub struct Moods {
    pool: PgPool,
    behind: Cache<(i64, String, DateTime<Utc>), Arc<Behind>>,
    markets: Cache<(i64, i64), Arc<Vec<MarketRow>>>,
    volumes: Cache<i64, Arc<Vec<VolumeRow>>>,
}

impl Moods {
    /// Caches over this database.
    pub fn new(pool: PgPool) -> Self {
        Self {
            pool,
            behind: Cache::builder().max_capacity(KEPT).time_to_live(FRESH).build(),
            markets: Cache::builder().max_capacity(32).time_to_live(FRESH).build(),
            volumes: Cache::builder().max_capacity(2).time_to_live(FRESH).build(),
        }
    }

    /// What lies behind the score of one asset in the slot that closed at `closes_at`, whose leads are those of the newest
    /// publication. Whoever calls this has checked that the reader may see that slot.
    ///
    /// # Errors
    /// Postgres fails.
    pub async fn behind(
        &self,
        newest_id: i64,
        symbol: &str,
        closes_at: DateTime<Utc>,
    ) -> Result<Arc<Behind>, Error> {
        let key = (newest_id, symbol.to_owned(), closes_at);
        Ok(self.behind.try_get_with(key, self.load(newest_id, symbol, closes_at)).await?)
    }

    async fn load(
        &self,
        newest_id: i64,
        symbol: &str,
        closes_at: DateTime<Utc>,
    ) -> Result<Arc<Behind>, Error> {
        let after = closes_at - chrono::Duration::days(VOLUME_DAYS);
        let row = store::behind(&self.pool, newest_id, symbol, (after, closes_at)).await?;
        Ok(Arc::new(Behind { volumes: row.volumes.0, parts: row.parts.0, leads: row.leads.0 }))
    }

    /// The market's mood slot by slot over the last `days` before `newest_at`.
    ///
    /// # Errors
    /// Postgres fails.
    pub async fn market(
        &self,
        newest_id: i64,
        newest_at: DateTime<Utc>,
        days: i64,
    ) -> Result<Arc<Vec<MarketRow>>, Error> {
        let load = async {
            let since = newest_at - chrono::Duration::days(days);
            Ok::<_, Error>(Arc::new(store::market(&self.pool, since).await?))
        };
        Ok(self.markets.try_get_with((newest_id, days), load).await?)
    }

    /// All assets' volumes in the newest publication.
    ///
    /// # Errors
    /// Postgres fails.
    pub async fn volumes(&self, newest_id: i64) -> Result<Arc<Vec<VolumeRow>>, Error> {
        let load = async { Ok::<_, Error>(Arc::new(store::all_volumes(&self.pool, newest_id).await?)) };
        Ok(self.volumes.try_get_with(newest_id, load).await?)
    }
}
