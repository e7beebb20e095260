//! What every request may use.

use std::sync::Arc;

use cloud::{Bus, Lake};
use sqlx::PgPool;

use crate::account::Hourly;
use crate::api::answers::Answers;
use crate::auth::limit::Limits;
use crate::auth::password::Breached;
use crate::billing::Billing;
use crate::config::Settings;
use crate::console::flags::Flags;
use crate::error::Error;
use crate::events::hub::Hub;
use crate::lab::desk::Desk;
use crate::live::Live;
use crate::market::cache::{Dossier, Edition, Market};
use crate::market::store::SentimentRow;
use crate::news::cache::Papers;
use crate::operations::live::Changes;
use crate::price::shelf::Shelf;
use crate::record::filter::Filter;
use crate::record::{Records, Scores};
use crate::sentiment::cache::Moods;
use crate::site::clock::Clock;
use crate::site::files::Files;
use crate::site::visitors::Pages;
use crate::telemetry::observe::Load;
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
    /// The way to the payment provider.
    pub billing: Billing,
    /// Who tried to sign in how often.
    pub limits: Limits,
    /// Passwords that nobody may choose.
    pub breached: Breached,
    /// When the worker forgot last what has ended.
    pub tidied: Hourly,
    /// When the worker sealed last what was not sealed as it should be.
    pub sealed: Hourly,
    /// What has been published, in memory.
    pub market: Market,
    /// Bars of the assets that were asked for lately, in memory.
    pub shelf: Shelf,
    /// What lies behind scores, in memory.
    pub moods: Moods,
    /// Headlines and what was counted in them, in memory.
    pub papers: Papers,
    /// Tells the time.
    pub clock: Clock,
    /// How forecasts fared.
    pub records: Records,
    /// Who computes in the VaR laboratory.
    pub lab: Desk,
    /// Who listens for new slots.
    pub hub: Hub,
    /// Visitors' pages, for a moment.
    pub pages: Pages,
    /// How many requests are under way.
    pub load: Load,
    /// Prices as they come.
    pub live: Arc<Live>,
    /// Who looks at pages about operations.
    pub changes: Changes,
    /// Answers of the programming interface that many ask for.
    pub answers: Answers,
    /// Switches, in memory.
    pub flags: Flags,
}

impl App {
    /// The site over these connections.
    ///
    /// # Errors
    /// A template, the list of built files or that of breached passwords is broken.
    pub fn new(
        pool: PgPool,
        lake: Option<Arc<dyn Lake>>,
        bus: Option<Arc<dyn Bus>>,
        settings: Settings,
    ) -> anyhow::Result<Self> {
        let clock = Clock::default();
        Ok(Self {
            market: Market::new(pool.clone()),
            moods: Moods::new(pool.clone()),
            papers: Papers::new(pool.clone()),
            records: Records::new(pool.clone()),
            hub: Hub::new(pool.clone()),
            pages: Pages::default(),
            load: Load::default(),
            live: Arc::new(Live::new(pool.clone())),
            changes: Changes::new(pool.clone()),
            answers: Answers::default(),
            breached: settings
                .breached_passwords
                .as_deref()
                .map(Breached::load)
                .transpose()?
                .unwrap_or_default(),
            tidied: Hourly::default(),
            sealed: Hourly::since(clock.now()),
            flags: Flags::default(),
            billing: Billing::new(&settings)?,
            pool,
            lake,
            bus,
            settings,
            templates: Templates::load()?,
            files: Files::load()?,
            limits: Limits::default(),
            shelf: Shelf::default(),
            clock,
            lab: Desk::default(),
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
        self.market.dossier(edition, symbol).await.map_err(shared)
    }

    /// One asset's sentiment slot by slot, oldest first, as of this edition.
    ///
    /// # Errors
    /// Postgres fails.
    pub async fn history(&self, edition: &Edition, symbol: &str) -> Result<Arc<Vec<SentimentRow>>, Error> {
        self.market.history(edition, symbol).await.map_err(shared)
    }

    /// How the forecasts fared that a filter asks for, as of this edition.
    ///
    /// # Errors
    /// Postgres fails.
    pub async fn record(&self, edition: &Edition, filter: &Filter) -> Result<Arc<Scores>, Error> {
        let id = edition.publication.as_ref().map_or(0, |p| p.id);
        self.records.scores(id, filter).await.map_err(shared)
    }
}

/// An error that several readers waited for. That Postgres is away is all that matters to each of them.
fn shared(error: Arc<sqlx::Error>) -> Error {
    match Arc::try_unwrap(error) {
        Ok(error) => error.into(),
        Err(error) => Error::Unavailable(anyhow::anyhow!("Postgres: {error}")),
    }
}
