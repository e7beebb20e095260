//! Alpaca: bars of stocks and coins, and news.

mod request;
mod wire;

use std::collections::BTreeSet;

use domain::SourceId;
use domain::source::Terms;
use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

pub use wire::read;

use crate::http::Request;
use crate::settings::Alpaca;
use crate::source::{Source, Stream, Task, read_all};

/// Series that are read at the same time.
const AT_ONCE: usize = 8;

/// Alpaca, read through its market data API.
pub struct AlpacaSource(pub Alpaca);

impl Source for AlpacaSource {
    fn id(&self) -> SourceId {
        SourceId::new("alpaca")
    }

    fn terms(&self) -> Terms {
        Terms { may_train: true, ..Terms::default() }
    }

    fn fetch<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Vec<Stream>> {
        async move {
            let mut series = request::bars(&self.0, task);
            if self.0.news {
                series.push(request::news(&self.0, task));
            }
            read_all(&series, AT_ONCE, |(request, optional)| {
                self.pages(task, request.clone(), *optional).boxed()
            })
            .await
        }
        .boxed()
    }
}

impl AlpacaSource {
    /// Follows one series to its end. An `optional` one holds symbols that the source may not offer: a refusal of it is
    /// noted and costs nothing.
    async fn pages(&self, task: &Task, mut request: Request, optional: bool) -> Stream {
        let mut stream = Stream::default();
        for (name, secret) in
            [("apca-api-key-id", &self.0.key_id), ("apca-api-secret-key", &self.0.secret_key)]
        {
            let Some(value) = header(secret) else {
                return stream.stop("alpaca's key is no header value: correct it in the settings".to_owned());
            };
            request.headers.insert(HeaderName::from_static(name), value);
        }
        let (first, mut tokens) = (request.url.clone(), BTreeSet::new());
        for _ in 0..task.pages {
            match task.session.get(&request, wire::page).await {
                Ok((exchange, next)) => {
                    stream.exchanges.push(exchange);
                    let Some(next) = next.flatten().filter(|next| tokens.insert(next.clone())) else {
                        return stream;
                    };
                    request.url = first.clone();
                    request.url.query_pairs_mut().append_pair("page_token", &next);
                }
                Err(failure) if optional && matches!(failure.exchange.status, Some(400 | 404 | 422)) => {
                    tracing::info!(series = %request.stream, reason = %failure.message, "not offered by alpaca");
                    stream.exchanges.push(failure.exchange);
                    return stream;
                }
                Err(failure) => return stream.fail(&request.stream, failure),
            }
        }
        stream.stop(format!("{} has more than {} pages: raise limits.pages", request.stream, task.pages))
    }
}

fn header(secret: &SecretString) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(secret.expose_secret()).ok()?;
    value.set_sensitive(true);
    Some(value)
}
