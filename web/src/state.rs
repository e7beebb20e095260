//! What every request may use.

use std::sync::Arc;

use cloud::{Bus, Lake};
use sqlx::PgPool;

use crate::api::answers::Answers;
use crate::auth::limit::Limits;
use crate::config::Settings;
use crate::error::Error;
use crate::events::hub::Hub;
use crate::market::cache::{Dossier, Edition, Market, Record};
use crate::site::clock::Clock;
use crate::site::files::Files;
use crate::templates::Templates;

/// The site: its connections, its settings, and what it keeps in memory.
pub struct App {
    /// Postgres.
    pub pool: PgPool,
    /// The lake that slots are published from; without it publishing is refused.
    pub lake: Option<Arc<dyn Lake>>,
    /// Where `published` is announced; without it nothing is.
    pub bus: Option<Arc<dyn Bus>>,
    /// Settings.
    pub settings: Settings,
    /// Pages.
    pub templates: Templates,
    /// Scripts, styles and fonts.
    pub files: Files,
    /// Who tried to sign in how often.
    pub limits: Limits,
    /// What has been published, in memory.
    pub market: Market,
    /// Tells the time.
    pub clock: Clock,
    /// Who listens for new slots.
    pub hub: Hub,
    /// Answers of the programming interface that many ask for.
    pub answers: Answers,
}

impl App {
    /// The site over these connections.
    ///
    /// # Errors
    /// A template or the list of built files is broken.
    pub fn new(
        pool: PgPool,
        lake: Option<Arc<dyn Lake>>,
        bus: Option<Arc<dyn Bus>>,
        settings: Settings,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            market: Market::new(pool.clone()),
            hub: Hub::new(pool.clone()),
            answers: Answers::default(),
            pool,
            lake,
            bus,
            settings,
            templates: Templates::load()?,
            files: Files::load()?,
            limits: Limits::default(),
            clock: Clock::default(),
        })
    }

    /// What the site knows right now.
    ///
    /// # Errors
    /// Postgres fails.
    pub async fn edition(&self) -> Result<Arc<Edition>, Error> {
        self.market.edition().await.map_err(shared)
    }

    /// All that is known about one asset, as of this edition.
    ///
    /// # Errors
    /// Postgres fails.
    pub async fn dossier(&self, edition: &Edition, symbol: &str) -> Result<Arc<Dossier>, Error> {
        let id = edition.publication.as_ref().map_or(0, |p| p.id);
        self.market.dossier(id, symbol).await.map_err(shared)
    }

    /// How forecasts fared, as of this edition.
    ///
    /// # Errors
    /// Postgres fails.
    pub async fn record(&self, edition: &Edition) -> Result<Arc<Record>, Error> {
        let id = edition.publication.as_ref().map_or(0, |p| p.id);
        self.market.record(id).await.map_err(shared)
    }
}

/// An error that several readers waited for. That Postgres is away is all that matters to each of them.
fn shared(error: Arc<sqlx::Error>) -> Error {
    match Arc::try_unwrap(error) {
        Ok(error) => error.into(),
        Err(error) => Error::Unavailable(anyhow::anyhow!("Postgres: {error}")),
    }
}
