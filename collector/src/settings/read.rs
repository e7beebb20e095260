//! Reading and checking the settings.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::{Alpaca, Feed, FieldNames, Limits, PartialTerms, Settings, StockTwits, X};
use crate::{instant, text};

const VARIABLE: &str = "QUARTERDAY_SOURCES";

/// Settings that cannot be used; names the field and what to do.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SettingsError {
    /// Not of the right form.
    #[error("the settings are not readable: {0}")]
    Form(String),
    /// A field that has to be there is missing.
    #[error("{0} is missing: set it, or {0}_env to the name of a variable that holds it")]
    Missing(String),
    /// A variable that a field names is not set.
    #[error("{field}_env names the variable {variable}, which is not set: set it")]
    Unset {
        /// The field without `_env`.
        field: String,
        /// The variable.
        variable: String,
    },
    /// A field that is there cannot be used.
    #[error("{field} is {value:?}: {advice}")]
    Malformed {
        /// The field.
        field: String,
        /// What it says.
        value: String,
        /// What it should say.
        advice: &'static str,
    },
}

/// Reads the settings that `QUARTERDAY_SOURCES` names.
///
/// # Errors
/// The variable is not set, the file or address cannot be read, or the settings cannot be used.
pub async fn from_env() -> anyhow::Result<Settings> {
    let place = std::env::var(VARIABLE).ok().filter(|place| !place.is_empty()).with_context(|| {
        format!("{VARIABLE} is not set: name a TOML or JSON file that says which sources to read")
    })?;
    let lookup = |name: &str| std::env::var(name).ok();
    let settings = if place.starts_with("http://") {
        let client =
            reqwest::Client::builder().tls_certs_only([]).timeout(Duration::from_secs(20)).build()?;
        let reply = client.get(&place).send().await.and_then(reqwest::Response::error_for_status);
        let body = match reply {
            Ok(reply) => reply.text().await,
            Err(error) => Err(error),
        };
        let body = body.with_context(|| {
            format!("{VARIABLE}: {place} did not answer with settings: start what serves it")
        })?;
        Settings::parse(&body, true, lookup)
    } else {
        let body = std::fs::read_to_string(&place)
            .with_context(|| format!("{VARIABLE}: cannot read {place}: make it, or name another file"))?;
        Settings::parse(&body, Path::new(&place).extension().is_some_and(|e| e == "json"), lookup)
    };
    settings.with_context(|| format!("{VARIABLE}: {place}"))
}

#[derive(Deserialize)]
struct File {
    user_agent: Option<String>,
    x: Option<FileX>,
    stocktwits: Option<FileStockTwits>,
    alpaca: Option<FileAlpaca>,
    #[serde(default)]
    feeds: Vec<FileFeed>,
    #[serde(default)]
    terms: BTreeMap<String, PartialTerms>,
    #[serde(default)]
    limits: FileLimits,
}

#[derive(Deserialize)]
struct FileX {
    base_url: Option<String>,
    bearer_token: Option<String>,
    bearer_token_env: Option<String>,
    #[serde(default)]
    lists: Vec<String>,
    cashtags: Option<bool>,
    #[serde(default)]
    field_names: FieldNames,
    max_posts: Option<u64>,
}

#[derive(Deserialize)]
struct FileStockTwits {
    base_url: Option<String>,
    streams: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct FileAlpaca {
    base_url: Option<String>,
    key_id: Option<String>,
    key_id_env: Option<String>,
    secret_key: Option<String>,
    secret_key_env: Option<String>,
    news: Option<bool>,
    delay_minutes: Option<u32>,
}

#[derive(Deserialize)]
struct FileFeed {
    outlet: String,
    url: Option<String>,
    url_env: Option<String>,
    lang: Option<String>,
    zone: Option<String>,
}

#[derive(Deserialize, Default)]
struct FileLimits {
    tries: Option<u32>,
    source_seconds: Option<u32>,
    pages: Option<u32>,
    lag_minutes: Option<u32>,
}

impl Settings {
    /// Reads and checks settings; `variable` looks up what a field ending in `_env` names.
    ///
    /// # Errors
    /// Not of the right form, or a field is missing or cannot be used; the field is named.
    pub fn parse(
        body: &str,
        json: bool,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        let file: File = if json {
            serde_json::from_str(body).map_err(|e| SettingsError::Form(e.to_string()))?
        } else {
            toml::from_str(body).map_err(|e| SettingsError::Form(e.message().to_owned()))?
        };
        let secret = |field: &str, value: Option<String>, name: Option<String>| match (value, name) {
            (Some(value), _) => Ok(value),
            (None, Some(name)) => {
                variable(&name).ok_or(SettingsError::Unset { field: field.to_owned(), variable: name })
            }
            (None, None) => Err(SettingsError::Missing(field.to_owned())),
        };
        let x = match file.x {
            None => None,
            Some(x) => {
                let base_url = base("x.base_url", x.base_url, "https://api.x.com")?;
                let paid = base_url
                    .host_str()
                    .is_some_and(|host| host.ends_with("x.com") || host.ends_with("twitter.com"));
                let mut lists = x.lists;
                lists.sort();
                lists.dedup();
                if let Some(bad) =
                    lists.iter().find(|id| id.is_empty() || !id.bytes().all(|b| b.is_ascii_digit()))
                {
                    return Err(malformed("x.lists", bad, "write the list's id in digits"));
                }
                let bearer_token = secret("x.bearer_token", x.bearer_token, x.bearer_token_env)?.into();
                let max_posts = x.max_posts.unwrap_or(if paid { 25_000 } else { u64::MAX });
                let cashtags = x.cashtags.unwrap_or(true);
                Some(X { base_url, bearer_token, lists, cashtags, field_names: x.field_names, max_posts })
            }
        };
        let stocktwits = match file.stocktwits {
            None => None,
            Some(s) => {
                let mut streams = s.streams;
                if let Some(streams) = &mut streams {
                    streams.sort();
                    streams.dedup();
                }
                let base_url = base("stocktwits.base_url", s.base_url, "https://api.stocktwits.com")?;
                Some(StockTwits { base_url, streams })
            }
        };
        let alpaca = match file.alpaca {
            None => None,
            Some(a) => Some(Alpaca {
                base_url: base("alpaca.base_url", a.base_url, "https://data.alpaca.markets")?,
                key_id: secret("alpaca.key_id", a.key_id, a.key_id_env)?.into(),
                secret_key: secret("alpaca.secret_key", a.secret_key, a.secret_key_env)?.into(),
                news: a.news.unwrap_or(true),
                delay: chrono::Duration::minutes(i64::from(a.delay_minutes.unwrap_or(16))),
            }),
        };
        let mut feeds = Vec::new();
        for feed in file.feeds {
            let field = format!("feeds[{}]", feed.outlet);
            let hidden = feed.url.is_none();
            let url =
                address(&format!("{field}.url"), secret(&format!("{field}.url"), feed.url, feed.url_env)?)?;
            let zone = match &feed.zone {
                None => None,
                Some(zone) => Some(instant::offset(zone).ok_or_else(|| {
                    malformed(&format!("{field}.zone"), zone, "write an offset such as +05:30")
                })?),
            };
            let lang = feed.lang.as_deref().and_then(text::language);
            feeds.push(Feed { outlet: feed.outlet, url, secret: hidden, lang, zone });
        }
        feeds.sort_by(|a, b| (&a.outlet, &a.url).cmp(&(&b.outlet, &b.url)));
        feeds.dedup();
        let default = Limits::default();
        let limits = Limits {
            tries: file.limits.tries.unwrap_or(default.tries).clamp(1, 20),
            source: file.limits.source_seconds.map_or(default.source, |s| Duration::from_secs(u64::from(s))),
            pages: file.limits.pages.unwrap_or(default.pages).max(1),
            lag: file.limits.lag_minutes.map_or(default.lag, |m| chrono::Duration::minutes(i64::from(m))),
        };
        let user_agent =
            file.user_agent.unwrap_or_else(|| format!("quarterday/{}", env!("CARGO_PKG_VERSION")));
        Ok(Self { user_agent, x, stocktwits, alpaca, feeds, terms: file.terms, limits })
    }

    /// All secrets, so that none of them gets into what is stored.
    pub fn secrets(&self) -> Vec<SecretString> {
        let mut secrets: Vec<SecretString> = Vec::new();
        secrets.extend(self.x.as_ref().map(|x| x.bearer_token.clone()));
        if let Some(alpaca) = &self.alpaca {
            secrets.extend([alpaca.key_id.clone(), alpaca.secret_key.clone()]);
        }
        for feed in self.feeds.iter().filter(|feed| feed.secret) {
            secrets.extend(feed.url.query().map(SecretString::from));
        }
        secrets
    }

    /// Whether any source is read over TLS.
    pub fn needs_tls(&self) -> bool {
        let bases = [
            self.x.as_ref().map(|x| &x.base_url),
            self.stocktwits.as_ref().map(|s| &s.base_url),
            self.alpaca.as_ref().map(|a| &a.base_url),
        ];
        bases
            .into_iter()
            .flatten()
            .chain(self.feeds.iter().map(|f| &f.url))
            .any(|url| url.scheme() == "https")
    }
}

fn base(field: &str, value: Option<String>, default: &str) -> Result<Url, SettingsError> {
    let text = value.unwrap_or_else(|| default.to_owned());
    // With a slash at its end, paths are joined below it instead of replacing its last part.
    address(field, format!("{}/", text.trim_end_matches('/')))
}

fn address(field: &str, value: String) -> Result<Url, SettingsError> {
    match Url::parse(&value) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url),
        _ => Err(malformed(field, &value, "write an address that begins with http:// or https://")),
    }
}

fn malformed(field: &str, value: &str, advice: &'static str) -> SettingsError {
    SettingsError::Malformed { field: field.to_owned(), value: value.to_owned(), advice }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn parse(body: &str) -> Result<Settings, SettingsError> {
        Settings::parse(body, body.starts_with('{'), |name| {
            (name == "TOKEN").then(|| "from-variable".to_owned())
        })
    }

    #[test]
    fn reads_json_with_more_than_it_needs_and_toml_with_references() {
        let json = parse(
            r#"{"world":"w","symbols":["A"],"x":{"base_url":"http://127.0.0.1:1/x","bearer_token":"t","lists":["2","1","2"]},
                "feeds":[{"outlet":"b","url":"http://h/b"},{"outlet":"a","url":"http://h/a","lang":"es-MX","zone":"+05:30"}]}"#,
        )
        .unwrap();
        let x = json.x.clone().unwrap();
        assert_eq!(
            (x.base_url.as_str(), x.lists.len(), x.cashtags, x.max_posts),
            ("http://127.0.0.1:1/x/", 2, true, u64::MAX)
        );
        assert_eq!(json.feeds[0].lang.as_deref(), Some("es"));
        assert!(json.alpaca.is_none() && !json.needs_tls());
        let toml =
            parse("[x]\nbearer_token_env = \"TOKEN\"\n[terms.x]\nmay_train = true\n[limits]\ntries = 2\n")
                .unwrap();
        let x = toml.x.clone().unwrap();
        assert_eq!((x.bearer_token.expose_secret(), x.max_posts), ("from-variable", 25_000));
        assert!(toml.needs_tls() && toml.terms["x"].or(domain::source::Terms::default()).may_train);
        assert!(!format!("{toml:?}").contains("from-variable"));
    }

    #[test]
    fn names_the_field_that_is_wrong() {
        for (body, part) in [
            ("{}x", "not readable"),
            ("[x]\n", "x.bearer_token is missing"),
            ("[x]\nbearer_token_env = \"NOPE\"\n", "variable NOPE, which is not set"),
            ("[x]\nbearer_token = \"t\"\nlists = [\"a\"]\n", "x.lists is \"a\""),
            ("[stocktwits]\nbase_url = \"ftp://x\"\n", "stocktwits.base_url is"),
            ("[[feeds]]\noutlet = \"o\"\nurl = \"http://h\"\nzone = \"IST\"\n", "feeds[o].zone is \"IST\""),
            ("[[feeds]]\noutlet = \"o\"\n", "feeds[o].url is missing"),
        ] {
            let error = parse(body).unwrap_err().to_string();
            assert!(error.contains(part), "{body}: {error}");
        }
    }
}
