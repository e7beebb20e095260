//! The newest edition and the dossiers of its assets, in memory. They belong to no reader: what one may see of them is
//! taken out in [`super::view`].

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use domain::{Feature, Slot};
use moka::future::Cache;
use sqlx::PgPool;

use super::store::{
    self, AssetRow, BarRow, DocumentRow, ForecastRow, Publication, RiskRow, SentimentRow, SignalRow,
};
use crate::access::{Access, Depth, Entitlement, Who, decide};
use crate::publish::coverage::LEFT_OUT;

/// How long the site may go on with what it knows: a new slot or a changed entitlement shows after this time.
const FRESH: Duration = Duration::from_secs(1);
/// How long readers are shown the slot before at most, while the front page of a newer one is read aside: nobody has to wait for
/// it.
const READ_ASIDE: Duration = Duration::from_secs(5);
/// How long a dossier is kept that nobody asks for. It changes with publications only, whose id is in its key.
const DOSSIER_IDLE: Duration = Duration::from_secs(900);
/// Dossiers kept.
const DOSSIERS: u64 = 2_000;
/// Slots of sentiment kept, of all assets together: some 200 bytes each.
const HISTORY_ROWS: u64 = 400_000;

/// What the site knows right now.
pub struct Edition {
    /// The newest publication; `None`: nothing has been published.
    pub publication: Option<Publication>,
    /// The id of the publication that was made last, which may be of an older slot: what caches go by. 0 without any.
    pub last_id: i64,
    /// Differs where anything differs that pages follow: what is published, what tiers may see, prices, what is held.
    pub version: u64,
    /// What it says.
    pub front: Arc<Front>,
    /// What tiers may see.
    pub entitlements: Vec<Entitlement>,
    /// The tiers in rising order, with their prices.
    pub tiers: Vec<store::TierRow>,
    /// Newer slots that are made and held back, which staff are told of.
    pub held: Vec<String>,
}

impl Edition {
    /// Whether somebody wants the asset left out of the newest slot: what would be shown of it beside the slot is not.
    pub fn is_left_out(&self, symbol: &str) -> bool {
        let coverage = self.publication.as_ref().map(|publication| &publication.coverage);
        coverage.is_some_and(|coverage| coverage["missing_assets"][symbol] == LEFT_OUT)
    }

    /// As of when.
    pub fn closes_at(&self) -> DateTime<Utc> {
        self.publication.as_ref().map_or(DateTime::UNIX_EPOCH, |p| p.closes_at)
    }

    /// What `who` may see of `feature` for this asset at `now`.
    pub fn access(&self, who: &Who, feature: Feature, symbol: &str, now: DateTime<Utc>) -> Access {
        let rank = self.front.ranks.get(symbol).copied();
        decide(&self.entitlements, who, feature, rank, now, self.closes_at())
    }
}

/// The front page's rows, and every asset's name.
#[derive(Default)]
pub struct Front {
    /// All assets by symbol.
    pub assets: BTreeMap<String, AssetRow>,
    /// The mentioned ones, the most mentioned first.
    pub rows: Vec<FrontRow>,
    /// Their ranks.
    pub ranks: HashMap<String, i32>,
}

/// One asset on the front page.
pub struct FrontRow {
    /// Its sentiment now.
    pub sentiment: SentimentRow,
    /// Its sentiment one slot ago.
    pub before: Option<SentimentRow>,
    /// Documents of the day before the last; `None`: not known.
    pub documents_day_before: Option<i64>,
    /// Its last bars, oldest first.
    pub bars: Vec<BarRow>,
}

/// All that is known about one asset.
pub struct Dossier {
    /// Daily bars, oldest first.
    pub bars: Vec<BarRow>,
    /// Its sentiment in the publication.
    pub sentiment: Option<SentimentRow>,
    /// Newest articles.
    pub articles: Vec<DocumentRow>,
    /// Newest posts.
    pub posts: Vec<DocumentRow>,
    /// Forecast by horizon.
    pub forecast: Vec<ForecastRow>,
    /// Signals.
    pub signals: Vec<SignalRow>,
    /// Risk by confidence.
    pub risks: Vec<RiskRow>,
}

/// The caches. A reader who comes while something is loaded waits for that one load.
pub struct Market {
    pool: PgPool,
    editions: Cache<(), Arc<Edition>>,
    fronts: Cache<(i64, i64), Arc<Front>>,
    dossiers: Cache<(i64, i64, String), Arc<Dossier>>,
    histories: Cache<(i64, i64, String), Arc<Vec<SentimentRow>>>,
    slot: RwLock<Option<Slot>>,
    last: Mutex<Option<Last>>,
}

/// The edition that was shown last.
struct Last {
    edition: Arc<Edition>,
    /// The newer publication that is read aside, and since when.
    aside: Option<((i64, i64), Instant)>,
}

impl Market {
    /// Caches over this database.
    pub fn new(pool: PgPool) -> Self {
        Self {
            pool,
            slot: RwLock::default(),
            last: Mutex::default(),
            editions: Cache::builder().max_capacity(1).time_to_live(FRESH).build(),
            fronts: Cache::builder().max_capacity(4).build(),
            dossiers: Cache::builder().max_capacity(DOSSIERS).time_to_idle(DOSSIER_IDLE).build(),
            histories: Cache::builder()
                .max_capacity(HISTORY_ROWS)
                .weigher(|_, rows: &Arc<Vec<SentimentRow>>| {
                    u32::try_from(rows.len()).unwrap_or(u32::MAX).max(1)
                })
                .time_to_idle(DOSSIER_IDLE)
                .build(),
        }
    }

    /// What the site knows right now, at most a second old.
    ///
    /// # Errors
    /// Postgres fails.
    pub async fn edition(&self) -> Result<Arc<Edition>, Arc<sqlx::Error>> {
        self.editions.try_get_with((), self.load_edition()).await
    }

    /// The newest published slot, as far as this instance knows.
    pub fn slot(&self) -> Option<Slot> {
        *self.slot.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what the site knows, so that a new publication shows at once.
    pub async fn refresh(&self) {
        *self.last() = None;
        self.editions.invalidate(&()).await;
    }

    /// All that is known about one asset as of an edition.
    ///
    /// # Errors
    /// Postgres fails.
    pub async fn dossier(&self, edition: &Edition, symbol: &str) -> Result<Arc<Dossier>, Arc<sqlx::Error>> {
        let id = edition.publication.as_ref().map_or(0, |publication| publication.id);
        let key = (id, edition.last_id, symbol.to_owned());
        self.dossiers.try_get_with(key, self.load_dossier(id, symbol)).await
    }

    /// One asset's sentiment slot by slot, oldest first, as of an edition. Two years of it weigh more than all else that is known
    /// of an asset, and few pages show them: they are apart from the dossier.
    ///
    /// # Errors
    /// Postgres fails.
    pub async fn history(
        &self,
        edition: &Edition,
        symbol: &str,
    ) -> Result<Arc<Vec<SentimentRow>>, Arc<sqlx::Error>> {
        let id = edition.publication.as_ref().map_or(0, |publication| publication.id);
        let load = async {
            let mut rows = store::history(&self.pool, symbol).await?;
            rows.reverse();
            Ok::<_, sqlx::Error>(Arc::new(rows))
        };
        self.histories.try_get_with((id, edition.last_id, symbol.to_owned()), load).await
    }

    async fn load_edition(&self) -> sqlx::Result<Arc<Edition>> {
        let row = store::edition(&self.pool).await?;
        let mut hasher = DefaultHasher::new();
        format!("{row:?}").hash(&mut hasher);
        let version = hasher.finish();
        let publication = row.publication.map(|json| json.0);
        let front = match &publication {
            None => Arc::new(Front::default()),
            Some(p) => match self.fronts.get(&(p.id, row.last_id)).await {
                Some(front) => front,
                None => {
                    if let Some(last) = self.read_aside(p, row.last_id) {
                        return Ok(last);
                    }
                    let front = Arc::new(load_front(&self.pool, p).await?);
                    self.fronts.insert((p.id, row.last_id), Arc::clone(&front)).await;
                    front
                }
            },
        };
        let slot = publication.as_ref().and_then(|publication| publication.slot.parse().ok());
        *self.slot.write().unwrap_or_else(PoisonError::into_inner) = slot;
        let entitlements = row.entitlements.0.into_iter().filter_map(entitlement).collect();
        let (last_id, tiers, held) = (row.last_id, row.tiers.0, row.held);
        let edition = Arc::new(Edition { publication, last_id, version, front, entitlements, tiers, held });
        *self.last() = Some(Last { edition: Arc::clone(&edition), aside: None });
        Ok(edition)
    }

    /// The edition before, where `newer` is of a later slot: readers see it until the front page of the later one has been read,
    /// which this begins. `None` where there is none, or where that takes too long: then who asks waits. What was corrected, held
    /// back or shown again is never put off.
    fn read_aside(&self, newer: &Publication, last_id: i64) -> Option<Arc<Edition>> {
        let key = (newer.id, last_id);
        let mut kept = self.last();
        let last = kept.as_mut()?;
        let shown = last.edition.publication.as_ref()?;
        if shown.closes_at >= newer.closes_at {
            return None;
        }
        match last.aside {
            Some((begun, since)) if begun == key => {
                return (since.elapsed() < READ_ASIDE).then(|| Arc::clone(&last.edition));
            }
            // One that follows another so soon is waited for.
            Some(_) => return None,
            None => last.aside = Some((key, Instant::now())),
        }
        let (pool, fronts, newer) = (self.pool.clone(), self.fronts.clone(), newer.clone());
        tokio::spawn(async move {
            match load_front(&pool, &newer).await {
                Ok(front) => fronts.insert(key, Arc::new(front)).await,
                Err(error) => {
                    tracing::warn!(%error, slot = newer.slot, "the new slot's front page is not read yet")
                }
            }
        });
        Some(Arc::clone(&last.edition))
    }

    fn last(&self) -> MutexGuard<'_, Option<Last>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn load_dossier(&self, publication_id: i64, symbol: &str) -> sqlx::Result<Arc<Dossier>> {
        let row = store::dossier(&self.pool, publication_id, symbol).await?;
        Ok(Arc::new(Dossier {
            bars: row.bars.0,
            sentiment: row.sentiment.map(|json| json.0),
            articles: row.articles.0,
            posts: row.posts.0,
            forecast: row.forecast.0,
            signals: row.signals.0,
            risks: row.risks.0,
        }))
    }
}

/// A row that this version does not understand grants nothing.
fn entitlement(row: store::EntitlementRow) -> Option<Entitlement> {
    let depth = match (row.depth.as_str(), row.window_days) {
        ("latest", _) => Depth::Latest,
        ("window", Some(days)) => Depth::Days(i64::from(days)),
        ("full", _) => Depth::Full,
        _ => return None,
    };
    let feature = Feature::ALL.into_iter().find(|f| f.as_str() == row.feature)?;
    Some(Entitlement { tier: row.tier.parse().ok()?, feature, max_rank: row.max_rank, depth })
}

async fn load_front(pool: &PgPool, publication: &Publication) -> sqlx::Result<Front> {
    let rows = store::front(pool, publication).await?;
    let assets = rows.assets.0.into_iter().map(|a| (a.symbol.clone(), a)).collect();
    let of = |hours: i64| publication.closes_at - chrono::Duration::hours(hours);
    let mut by_slot: HashMap<DateTime<Utc>, Vec<SentimentRow>> = HashMap::new();
    for sentiment in rows.sentiments.0 {
        by_slot.entry(sentiment.closes_at).or_default().push(sentiment);
    }
    let mut by_symbol = |hours: i64| -> HashMap<String, SentimentRow> {
        let rows = by_slot.remove(&of(hours)).unwrap_or_default();
        rows.into_iter().map(|row| (row.symbol.clone(), row)).collect()
    };
    let (mut before, mut day_before) = (by_symbol(6), by_symbol(24));
    let now = by_slot.remove(&publication.closes_at).unwrap_or_default();
    let mut bars: HashMap<String, Vec<BarRow>> = HashMap::new();
    for bar in rows.bars.0 {
        bars.entry(bar.symbol.clone()).or_default().push(bar);
    }
    let ranks = now.iter().map(|s| (s.symbol.clone(), s.rank)).collect();
    let rows = now.into_iter().map(|sentiment| FrontRow {
        before: before.remove(&sentiment.symbol),
        documents_day_before: day_before.remove(&sentiment.symbol).map(|s| s.documents_day),
        bars: bars.remove(&sentiment.symbol).unwrap_or_default(),
        sentiment,
    });
    Ok(Front { assets, rows: rows.collect(), ranks })
}
