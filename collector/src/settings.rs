//! What the collector reads, from where and how hard.
//!
//! `QUARTERDAY_SOURCES` names a TOML or JSON file, or an `http://` address that serves such JSON. A source that is absent
//! there is not collected. Every field:
//!
//! | field | meaning, default |
//! | --- | --- |
//! | `user_agent` | sent with every request; name a contact. `quarterday/<version>` |
//! | `x.base_url` | `https://api.x.com` |
//! | `x.bearer_token` or `x.bearer_token_env` | the app's token, or the variable that holds it |
//! | `x.lists` | ids of lists whose members are read; none |
//! | `x.cashtags` | whether the assets' cashtags are searched; true |
//! | `x.field_names` | `tweet` or `post`: the generation of parameter names tried first; `tweet` |
//! | `x.max_posts` | most posts read in a run, since each one costs; 25,000 at `api.x.com`, elsewhere no limit |
//! | `stocktwits.base_url` | `https://api.stocktwits.com` |
//! | `stocktwits.streams` | symbols in the source's spelling; where absent, the equities and coins of the asset list |
//! | `alpaca.base_url` | `https://data.alpaca.markets` |
//! | `alpaca.key_id`, `alpaca.secret_key` (or `…_env`) | the account's key |
//! | `alpaca.news` | whether news is read; true |
//! | `alpaca.delay_minutes` | by how much the plan holds back stock prices; 16 |
//! | `feeds[].outlet`, `.url` | one RSS or Atom feed; `url_env` where the address holds a key |
//! | `feeds[].lang` | its language, where the feed does not say |
//! | `feeds[].zone` | offset of its dates that name no zone, such as `+05:30` |
//! | `terms.<source>.enabled`, `.may_display`, `.may_infer`, `.may_train` | what the source's terms allow |
//! | `limits.tries` | tries of one request; 5 |
//! | `limits.source_seconds` | time for one source; 900 |
//! | `limits.pages` | most pages of one stream; 20,000 |
//! | `limits.lag_minutes` | how far back late arrivals are looked for; 30 |

mod read;

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::FixedOffset;
use domain::source::Terms;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

pub use read::{SettingsError, from_env};

/// The checked settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Sent with every request.
    pub user_agent: String,
    /// X, where it is read.
    pub x: Option<X>,
    /// StockTwits, where it is read.
    pub stocktwits: Option<StockTwits>,
    /// Alpaca, where it is read.
    pub alpaca: Option<Alpaca>,
    /// All feeds, sorted by outlet and address.
    pub feeds: Vec<Feed>,
    /// What was said about terms, by source.
    pub terms: BTreeMap<String, PartialTerms>,
    /// Bounds of the work.
    pub limits: Limits,
}

/// How X is read.
#[derive(Debug, Clone)]
pub struct X {
    /// Where the API lies.
    pub base_url: Url,
    /// The app's token.
    pub bearer_token: SecretString,
    /// Ids of lists, sorted.
    pub lists: Vec<String>,
    /// Whether the assets' cashtags are searched.
    pub cashtags: bool,
    /// Which parameter names are tried first.
    pub field_names: FieldNames,
    /// Most posts read in a run.
    pub max_posts: u64,
}

/// A generation of X's parameter names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldNames {
    /// `tweet.fields`.
    #[default]
    Tweet,
    /// `post.fields`.
    Post,
}

/// How StockTwits is read.
#[derive(Debug, Clone)]
pub struct StockTwits {
    /// Where the API lies.
    pub base_url: Url,
    /// Symbols in the source's spelling, sorted; `None`: from the asset list.
    pub streams: Option<Vec<String>>,
}

/// How Alpaca is read.
#[derive(Debug, Clone)]
pub struct Alpaca {
    /// Where the API lies.
    pub base_url: Url,
    /// The key's id.
    pub key_id: SecretString,
    /// The key's secret.
    pub secret_key: SecretString,
    /// Whether news is read.
    pub news: bool,
    /// By how much the plan holds back stock prices.
    pub delay: chrono::Duration,
}

/// One feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// Who publishes it.
    pub outlet: String,
    /// Its address.
    pub url: Url,
    /// Whether the address holds a secret.
    pub secret: bool,
    /// Its language where the feed does not say.
    pub lang: Option<String>,
    /// Offset of dates that name no zone.
    pub zone: Option<FixedOffset>,
}

/// What was said about a source's terms; the rest is the source's default.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub struct PartialTerms {
    /// Whether the source is read at all.
    pub enabled: Option<bool>,
    /// Whether its texts may be shown to readers.
    pub may_display: Option<bool>,
    /// Whether models may be applied to its texts.
    pub may_infer: Option<bool>,
    /// Whether models may be trained on its texts.
    pub may_train: Option<bool>,
}

impl PartialTerms {
    /// The terms, with what was not said taken from `default`.
    pub fn or(self, default: Terms) -> Terms {
        Terms {
            enabled: self.enabled.unwrap_or(default.enabled),
            may_display: self.may_display.unwrap_or(default.may_display),
            may_infer: self.may_infer.unwrap_or(default.may_infer),
            may_train: self.may_train.unwrap_or(default.may_train),
        }
    }
}

/// Bounds of the work.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Tries of one request, the first included.
    pub tries: u32,
    /// Time for one source.
    pub source: Duration,
    /// Most pages of one stream.
    pub pages: u32,
    /// How far back late arrivals are looked for.
    pub lag: chrono::Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { tries: 5, source: Duration::from_secs(900), pages: 20_000, lag: chrono::Duration::minutes(30) }
    }
}
