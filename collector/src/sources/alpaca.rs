//! Alpaca: bars of stocks and coins, and news.

mod request;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::source::Terms;
use domain::{AssetClass, AssetList};
use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::header::HeaderName;
use secrecy::SecretString;
use url::Url;

use super::Definition;
use super::selection::Selection;
use super::symbols;
use crate::http::{Answer, Judgement, Request};
use crate::live::feed::Endpoint;
use crate::settings::{Section, SettingsError};
use crate::source::{Source, Stream, Task, read_all};
use crate::trouble::Trouble;

/// Series that are read at the same time.
const AT_ONCE: usize = 8;

/// All that the rest of the collector knows of it.
pub const DEFINITION: Definition = Definition {
    id: "alpaca",
    terms: Terms { enabled: true, may_display: true, may_infer: true, may_train: true },
    revises: false,
    configure,
    read: wire::read,
};

/// The classes that it has bars of.
const OFFERED: &[AssetClass] = &[AssetClass::Equity, AssetClass::Crypto];

/// So many pages without a row, one after the other, and the end is taken to be behind us.
const EMPTY_PAGES: u32 = 20;

/// By how many minutes the free plan holds back what all exchanges together traded; one exchange's (IEX) trades it does not.
const DELAY_MINUTES: u32 = 16;

/// Alpaca, read through its market data API.
#[derive(Debug)]
struct Alpaca {
    base_url: Url,
    key_id: SecretString,
    secret_key: SecretString,
    /// Whether news is read.
    news: bool,
    /// By how much the plan holds back stock prices.
    delay: chrono::Duration,
    /// Whose trades are asked for, `iex` or `sip`; the plan's best where it is absent.
    feed: Option<String>,
    selection: Selection,
    /// Where live prices are.
    stream_url: Url,
}

fn configure(section: &Section<'_>) -> Result<Arc<dyn Source>, SettingsError> {
    let feed: Option<String> = section.get("feed")?;
    if let Some(feed) = feed.as_deref().filter(|feed| !matches!(*feed, "iex" | "sip")) {
        return Err(section.wrong("feed", feed, "write iex or sip, or leave it out"));
    }
    let usual = if feed.as_deref() == Some("iex") { 0 } else { DELAY_MINUTES };
    Ok(Arc::new(Alpaca {
        base_url: section.base_url("base_url", "https://data.alpaca.markets")?,
        key_id: section.secret("key_id")?,
        secret_key: section.secret("secret_key")?,
        news: section.get("news")?.unwrap_or(true),
        stream_url: stream_url(section)?,
        delay: chrono::Duration::minutes(section.get::<u32>("delay_minutes")?.unwrap_or(usual).into()),
        feed,
        selection: Selection::read(section, OFFERED, OFFERED)?,
    }))
}

/// Reads `stream_url`, an address of a WebSocket.
fn stream_url(section: &Section<'_>) -> Result<Url, SettingsError> {
    let text = section.get::<String>("stream_url")?;
    let text = text.unwrap_or_else(|| "wss://stream.data.alpaca.markets".to_owned());
    match Url::parse(&format!("{}/", text.trim_end_matches('/'))) {
        Ok(url) if matches!(url.scheme(), "ws" | "wss") && url.has_host() => Ok(url),
        _ => Err(section.wrong("stream_url", &text, "write an address that begins with wss:// or ws://")),
    }
}

impl Source for Alpaca {
    fn fetch<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Vec<Stream>> {
        async move {
            let mut series = request::bars(self, task);
            if self.news {
                series.push(request::news(self, task));
            }
            read_all(&series, AT_ONCE, |request| self.pages(task, request.clone()).boxed()).await
        }
        .boxed()
    }

    fn check<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Result<String, Trouble>> {
        async move {
            let request = self.signed(request::probe(self))?;
            task.session.get(&request, wire::page).await?;
            Ok("the key opens bars of stocks".to_owned())
        }
        .boxed()
    }

    fn needs_tls(&self) -> bool {
        self.base_url.scheme() == "https"
    }

    /// Shares and coins have a stream each. Without a feed in the settings it is IEX's, which every plan has.
    fn live(&self, assets: &AssetList) -> Vec<Endpoint> {
        let chosen = self.selection.of(assets);
        let shares = format!("v2/{}", self.feed.as_deref().unwrap_or("iex"));
        [(AssetClass::Equity, shares.as_str()), (AssetClass::Crypto, "v1beta3/crypto/us")]
            .into_iter()
            .filter_map(|(class, path)| {
                let of_class = chosen.iter().filter(|asset| asset.class == class);
                let symbols: BTreeMap<_, _> =
                    of_class.map(|asset| (symbols::alpaca(asset), asset.symbol.clone())).collect();
                // The address ends with a slash and the paths are ours.
                let url = self.stream_url.join(path).ok().filter(|_| !symbols.is_empty())?;
                let (key_id, secret_key) = (self.key_id.clone(), self.secret_key.clone());
                Some(Endpoint { url, key_id, secret_key, symbols })
            })
            .collect()
    }
}

impl Alpaca {
    fn signed(&self, mut request: Request) -> Result<Request, Trouble> {
        request.judge = Some(judge);
        request
            .with_secret(HeaderName::from_static("apca-api-key-id"), &self.key_id)?
            .with_secret(HeaderName::from_static("apca-api-secret-key"), &self.secret_key)
    }

    /// Follows one series to its end.
    async fn pages(&self, task: &Task, request: Request) -> Stream {
        let mut stream = task.stream();
        let mut request = match self.signed(request.clone()) {
            Ok(request) => request,
            Err(trouble) => return stream.fail(request.stream, trouble),
        };
        let (first, mut tokens, mut empty) = (request.url.clone(), BTreeSet::new(), 0);
        for _ in 0..task.pages {
            let page = match stream.get(task, &request, wire::page).await {
                Ok(page) => page,
                Err(trouble) => return stream.fail(request.stream, trouble),
            };
            let Some(next) = page.next.filter(|next| tokens.insert(next.clone())) else { return stream };
            empty = if page.is_empty { empty + 1 } else { 0 };
            if empty >= EMPTY_PAGES {
                let message =
                    "it names ever more pages with nothing on them: what there was is taken; report it";
                return stream.fail(request.stream, Trouble::system(message));
            }
            request.url = first.clone();
            request.url.query_pairs_mut().append_pair("page_token", &next);
        }
        let many = Trouble::exhausted(format!("it has more than {} pages: raise limits.pages", task.pages));
        stream.fail(request.stream, many)
    }
}

/// A plan that holds back the newest prices refuses whatever reaches into them.
fn judge(answer: &Answer<'_>) -> Judgement {
    let is_held_back =
        answer.status == 403 && memchr::memmem::find(answer.body, b"recent SIP data").is_some();
    if !is_held_back {
        return Judgement::Usual;
    }
    Judgement::Bad(Trouble::configuration(
        "HTTP 403: the plan holds back the newest prices of all exchanges: raise delay_minutes, or set feed to iex",
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;
    use crate::settings::Settings;

    #[test]
    fn held_back_prices_are_told_from_a_refused_key() {
        let headers = HeaderMap::new();
        let judged = |body: &str| judge(&Answer { status: 403, headers: &headers, body: body.as_bytes() });
        let body = r#"{"message": "subscription does not permit querying recent SIP data"}"#;
        let Judgement::Bad(trouble) = judged(body) else { panic!("not judged") };
        assert!(trouble.message.contains("raise delay_minutes"), "{trouble}");
        assert!(matches!(judged(r#"{"message": "forbidden."}"#), Judgement::Usual));
        assert!(matches!(judged("<html>"), Judgement::Usual));
    }

    #[test]
    fn settings_are_checked() {
        let parse = |fields: &str| {
            let body = format!("[alpaca]\nkey_id = \"k\"\nsecret_key = \"s\"\n{fields}");
            Settings::parse(&body, false, |_| None)
        };
        parse("feed = \"iex\"\nclasses = [\"equity\"]\nsymbols = [\"BTC-USD\"]\n").unwrap();
        for (fields, part) in [
            ("feed = \"otc\"\n", "alpaca.feed is \"otc\""),
            ("classes = [\"fx\"]\n", "it has bars of equity, crypto only"),
        ] {
            let error = parse(fields).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
