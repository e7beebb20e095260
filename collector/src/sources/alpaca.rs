//! Alpaca: bars of stocks and coins, and news.

mod request;
mod wire;

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::source::Terms;
use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::header::HeaderName;
use secrecy::SecretString;
use url::Url;

use super::Definition;
use crate::http::Request;
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
}

fn configure(section: &Section<'_>) -> Result<Arc<dyn Source>, SettingsError> {
    Ok(Arc::new(Alpaca {
        base_url: section.base_url("base_url", "https://data.alpaca.markets")?,
        key_id: section.secret("key_id")?,
        secret_key: section.secret("secret_key")?,
        news: section.get("news")?.unwrap_or(true),
        delay: chrono::Duration::minutes(section.get::<u32>("delay_minutes")?.unwrap_or(16).into()),
    }))
}

impl Source for Alpaca {
    fn fetch<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Vec<Stream>> {
        async move {
            let mut series = request::bars(self, task);
            if self.news {
                series.push(request::news(self, task));
            }
            read_all(&series, AT_ONCE, |(request, optional)| {
                self.pages(task, request.clone(), *optional).boxed()
            })
            .await
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
}

impl Alpaca {
    fn signed(&self, request: Request) -> Result<Request, Trouble> {
        request
            .with_secret(HeaderName::from_static("apca-api-key-id"), &self.key_id)?
            .with_secret(HeaderName::from_static("apca-api-secret-key"), &self.secret_key)
    }

    /// Follows one series to its end. An `optional` one holds symbols that the source may not offer: a refusal of it is
    /// noted and costs nothing.
    async fn pages(&self, task: &Task, request: Request, optional: bool) -> Stream {
        let mut stream = task.stream();
        let mut request = match self.signed(request.clone()) {
            Ok(request) => request,
            Err(trouble) => return stream.fail(request.stream, trouble),
        };
        let (first, mut tokens) = (request.url.clone(), BTreeSet::new());
        for _ in 0..task.pages {
            match stream.get(task, &request, wire::page).await {
                Ok(next) => {
                    let Some(next) = next.filter(|next| tokens.insert(next.clone())) else {
                        return stream;
                    };
                    request.url = first.clone();
                    request.url.query_pairs_mut().append_pair("page_token", &next);
                }
                Err(trouble) if optional && matches!(trouble.status, Some(400 | 404 | 422)) => {
                    tracing::info!(series = %request.stream, reason = %trouble.message, "not offered by alpaca");
                    if let Some(exchange) = &trouble.exchange
                        && let Err(trouble) = stream.keep(exchange)
                    {
                        return stream.fail(request.stream, trouble);
                    }
                    return stream;
                }
                Err(trouble) => return stream.fail(request.stream, trouble),
            }
        }
        let many = Trouble::exhausted(format!("it has more than {} pages: raise limits.pages", task.pages));
        stream.fail(request.stream, many)
    }
}
