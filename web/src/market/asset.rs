//! What every page of one asset has in common: who may see what of it, and the frame with the sections.

use actix_web::HttpResponse;
use domain::{Feature, Tier};
use serde::Serialize;
use std::sync::Arc;
use tera::Context;

use super::cache::{Dossier, Edition};
use super::files::{files, formats};
use super::store::{AssetRow, SentimentRow};
use super::view::{self, LockView};
use super::words;
use crate::access::Access;
use crate::error::Error;
use crate::site::page;
use crate::site::reader::Reader;
use crate::text::{Lang, fill, text};
use crate::watch::button::{self, Button};

/// A page of an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Section {
    /// A little of everything.
    Overview,
    /// Chart, bars, signals.
    Price,
    /// What people and outlets feel about it.
    Sentiment,
    /// What outlets write about it.
    News,
    /// What may come.
    Outlook,
    /// What it may cost.
    Risk,
}

/// One asset, opened for one reader.
pub struct Opened {
    /// Who reads.
    pub reader: Reader,
    /// The newest edition.
    pub edition: Arc<Edition>,
    /// All that is known about the asset; what of it may be shown, [`Opened::access`] says.
    pub dossier: Arc<Dossier>,
    symbol: String,
    buttons: Vec<Button>,
}

impl Opened {
    /// Opens the asset with this symbol.
    ///
    /// # Errors
    /// There is no such asset, or Postgres fails.
    pub async fn new(reader: Reader, symbol: &str) -> Result<Self, Error> {
        let mut open = Self::without_buttons(reader, symbol).await?;
        open.buttons = button::buttons(&open.reader, &open.symbol);
        Ok(open)
    }

    /// The same without the buttons of watchlists, for a page that looks up much else.
    ///
    /// # Errors
    /// There is no such asset, or Postgres fails.
    pub async fn without_buttons(reader: Reader, symbol: &str) -> Result<Self, Error> {
        let edition = reader.app.edition().await?;
        let symbol = edition.front.assets.get(symbol).ok_or(Error::NotFound)?.symbol.clone();
        let dossier = reader.app.dossier(&edition, &symbol).await?;
        Ok(Self { reader, edition, dossier, symbol, buttons: Vec::new() })
    }

    /// Its description.
    ///
    /// # Errors
    /// None in practice: the asset was there when it was opened.
    pub fn asset(&self) -> Result<&AssetRow, Error> {
        self.edition.front.assets.get(&self.symbol).ok_or(Error::NotFound)
    }

    /// Its canonical symbol.
    pub fn symbol(&self) -> &str {
        &self.symbol
    }

    /// The reader's language.
    pub fn lang(&self) -> Lang {
        self.reader.lang()
    }

    /// What the reader may see of a feature.
    pub fn access(&self, feature: Feature) -> Access {
        self.edition.access(self.reader.who(), feature, &self.symbol, self.reader.now)
    }

    /// The card in place of a feature that the reader's tier locks; `None` where it is open.
    pub fn lock(&self, feature: Feature) -> Option<LockView> {
        match self.access(feature) {
            Access::Locked { unlocked_by } => {
                Some(view::lock(&self.edition, feature, unlocked_by, self.lang()))
            }
            _ => None,
        }
    }

    /// The card in place of what lies behind a value, where only the value may be seen: `line` says what it is.
    pub fn lock_behind(&self, feature: Feature, line: &'static str) -> Option<LockView> {
        (self.access(feature) == Access::Latest).then(|| LockView {
            line: text(self.lang(), line),
            ..view::lock(&self.edition, feature, Some(Tier::Basic), self.lang())
        })
    }

    /// Its sentiment in the newest slot, whoever reads.
    pub fn sentiment(&self) -> Option<&SentimentRow> {
        self.dossier.sentiment.as_ref()
    }

    /// A context for one of its pages: title, sentence that answers, sections.
    ///
    /// # Errors
    /// None in practice.
    pub fn context(&self, section: Section) -> Result<Context, Error> {
        let (asset, lang) = (self.asset()?, self.lang());
        let title = fill(lang, "asset_title", &[("name", &asset.name), ("symbol", &asset.symbol)]);
        let mut context = page::context(&self.reader, &self.edition, &title);
        context.insert("asset", asset);
        context.insert("section", &section);
        context.insert("href", &view::asset_href(&asset.symbol));
        context.insert("api", &format!("/api/assets/{}", view::encode(&asset.symbol)));
        context.insert("exports", &files(self, section));
        context.insert("no_files", &formats(self).is_empty());
        context.insert("watch_buttons", &self.buttons);
        context.insert("alert_href", &format!("/alerts/new?asset={}", view::encode(&asset.symbol)));
        context.insert("answer", &self.answer());
        context.insert("answer_withheld", &self.access(Feature::Price).is_locked());
        Ok(context)
    }

    /// The page.
    ///
    /// # Errors
    /// The template names something that the context does not hold.
    pub fn render(&self, template: &str, context: &Context) -> Result<HttpResponse, Error> {
        page::render(&self.reader.app, template, context)
    }

    /// The sentence that answers, from the parts that the reader may see.
    fn answer(&self) -> Option<String> {
        let lang = self.lang();
        let mut parts = Vec::new();
        if !self.access(Feature::Sentiment).is_locked() {
            parts.extend(self.sentiment().map(|row| words::asset_mood(row, lang)));
        }
        if !self.access(Feature::Price).is_locked() {
            parts.extend(words::asset_price(&self.dossier.bars, lang));
        }
        if !self.access(Feature::Predictions).is_locked() {
            parts.extend(words::asset_outlook(&self.dossier.forecast, lang));
        }
        (!parts.is_empty()).then(|| words::sentence(&parts))
    }
}
