//! All bars of the assets that were asked for lately, in memory. They belong to no reader: what one may see of them is
//! taken out in [`super::series`].

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use sqlx::PgPool;

use super::store;
use crate::error::Error;
use crate::market::store::BarRow;

/// How long bars are kept: a slot that is filled in later changes them.
const FRESH: Duration = Duration::from_secs(60);
/// Bars that are kept, of all assets together: about a tenth of a gigabyte.
const BARS: u64 = 1_000_000;

type Kept = Cache<(i64, String), Arc<Vec<BarRow>>>;

/// The bars.
pub struct Shelf(Kept);

impl Default for Shelf {
    fn default() -> Self {
        let weight =
            |_: &(i64, String), bars: &Arc<Vec<BarRow>>| u32::try_from(bars.len()).unwrap_or(u32::MAX).max(1);
        Self(Cache::builder().max_capacity(BARS).weigher(weight).time_to_live(FRESH).build())
    }
}

impl Shelf {
    /// The bars of `symbols`, in their order, oldest first, as of one publication; what is not in memory is read in one
    /// query. An asset without bars has none.
    ///
    /// # Errors
    /// Postgres fails.
    pub async fn bars(
        &self,
        pool: &PgPool,
        publication_id: i64,
        symbols: &[&str],
    ) -> Result<Vec<Arc<Vec<BarRow>>>, Error> {
        let mut found: HashMap<&str, Arc<Vec<BarRow>>> = HashMap::new();
        let mut missing: Vec<String> = Vec::new();
        for symbol in symbols {
            match self.0.get(&(publication_id, (*symbol).to_owned())).await {
                Some(bars) => {
                    found.insert(symbol, bars);
                }
                None if missing.iter().all(|m| m != symbol) => missing.push((*symbol).to_owned()),
                None => {}
            }
        }
        if !missing.is_empty() {
            let mut read: HashMap<String, Vec<BarRow>> = HashMap::new();
            for bar in store::bars(pool, &missing).await? {
                read.entry(bar.symbol.clone()).or_default().push(bar);
            }
            for symbol in symbols.iter().filter(|symbol| missing.iter().any(|m| m == *symbol)) {
                let bars = Arc::new(read.remove(*symbol).unwrap_or_default());
                // A symbol that is named twice was read once.
                if !found.contains_key(symbol) {
                    self.0.insert((publication_id, (*symbol).to_owned()), Arc::clone(&bars)).await;
                    found.insert(symbol, bars);
                }
            }
        }
        Ok(symbols.iter().map(|symbol| found.get(symbol).cloned().unwrap_or_default()).collect())
    }
}
