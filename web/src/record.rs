//! The public track record: every forecast that has come due, scored, losers as prominently as winners.
//!
//! In reading order: [`filter`] (what is asked for), [`score`], [`store`], then [`pages`], [`view`] and [`export`].
//!
//! Boundaries: outcomes are scored when a slot is published; here they are counted and listed.

pub mod export;
pub mod filter;
pub mod pages;
pub mod score;
pub mod store;
pub mod view;

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use sqlx::PgPool;

use crate::app::{Guard, Route, get};
use filter::Filter;
use store::{GroupRow, OutcomeRow};

/// The routes of the track record.
pub static ROUTES: &[Route] = &[
    get("/track-record", Guard::Open, |r| r.to(pages::track_record)),
    get("/track-record.csv", Guard::Open, |r| r.to(export::csv)),
];

/// How long an answer is kept: a slot that is filled in later adds outcomes without being the newest.
const KEPT_FOR: Duration = Duration::from_secs(60);
/// Answers that are kept.
const KEPT: u64 = 500;

/// What is known of one filter.
pub struct Scores {
    /// Sums by horizon, asset and model.
    pub groups: Vec<GroupRow>,
    /// A page of outcomes, and one more where there is a next page.
    pub outcomes: Vec<OutcomeRow>,
}

/// Answers by publication and filter, the same for every reader.
pub struct Records {
    pool: PgPool,
    kept: Cache<(i64, Filter), Arc<Scores>>,
}

impl Records {
    /// Answers from this database.
    pub fn new(pool: PgPool) -> Self {
        Self { pool, kept: Cache::builder().max_capacity(KEPT).time_to_live(KEPT_FOR).build() }
    }

    /// What is known of a filter, as of a publication.
    ///
    /// # Errors
    /// Postgres fails.
    pub async fn scores(
        &self,
        publication_id: i64,
        filter: &Filter,
    ) -> Result<Arc<Scores>, Arc<sqlx::Error>> {
        let load = async {
            Ok(Arc::new(Scores {
                groups: store::groups(&self.pool, filter).await?,
                outcomes: store::outcomes(&self.pool, filter, filter::PAGE + 1).await?,
            }))
        };
        self.kept.try_get_with((publication_id, filter.clone()), load).await
    }
}
