//! The part of Cloud Storage's JSON interface that its client library offers over gRPC only: listing and deleting. Over JSON
//! the lake has one endpoint and one protocol, which every stand-in speaks.

use google_cloud_auth::credentials::{AccessTokenCredentials, Builder};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::error::GcpError;

const SCOPE: &str = "https://www.googleapis.com/auth/devstorage.read_write";
const GOOGLE: &str = "https://storage.googleapis.com";
const TRIES: u32 = 5;
/// Everything but what is unreserved in a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Listing and deleting in one bucket.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    base_url: String,
    name: String,
    credentials: Option<AccessTokenCredentials>,
    client: reqwest::Client,
}

/// An answer that is no success.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: Option<u16>,
    pub(super) reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default)]
    items: Vec<Item>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct Item {
    name: String,
}

impl Bucket {
    pub(super) fn new(name: &str, endpoint: Option<&String>) -> Result<Self, GcpError> {
        let credentials = match endpoint {
            Some(_) => None,
            None => {
                let built = Builder::default().with_scopes([SCOPE]).build_access_token_credentials();
                Some(built.map_err(GcpError::client("Cloud Storage"))?)
            }
        };
        let base_url = endpoint.cloned().unwrap_or_else(|| GOOGLE.to_owned());
        Ok(Self { base_url, name: name.to_owned(), credentials, client: reqwest::Client::new() })
    }

    /// The names that begin with `prefix`, at most `limit` where one is given.
    pub(super) async fn list(&self, prefix: &str, limit: Option<usize>) -> Result<Vec<String>, Refusal> {
        let url = format!("{}/storage/v1/b/{}/o", self.base_url, self.name);
        let (mut names, mut token) = (Vec::new(), None::<String>);
        loop {
            let mut query =
                vec![("prefix", prefix.to_owned()), ("fields", "items(name),nextPageToken".to_owned())];
            query.extend(token.take().map(|token| ("pageToken", token)));
            query.extend(limit.map(|n| ("maxResults", n.to_string())));
            let reply = self.send(|| self.client.get(&url).query(&query)).await?;
            let page: Page = serde_json::from_slice(&reply)
                .map_err(|e| Refusal { status: None, reason: format!("half an answer: {e}") })?;
            names.extend(page.items.into_iter().map(|item| item.name));
            token = page.next_page_token;
            if token.is_none() || limit.is_some() {
                return Ok(names);
            }
        }
    }

    /// Deletes an object; one that is not there is no error.
    pub(super) async fn delete(&self, key: &str) -> Result<(), Refusal> {
        let key = utf8_percent_encode(key, SEGMENT);
        let url = format!("{}/storage/v1/b/{}/o/{key}", self.base_url, self.name);
        match self.send(|| self.client.delete(&url)).await {
            Ok(_) | Err(Refusal { status: Some(404), .. }) => Ok(()),
            Err(refusal) => Err(refusal),
        }
    }

    async fn send(&self, request: impl Fn() -> reqwest::RequestBuilder) -> Result<Vec<u8>, Refusal> {
        let mut pause = std::time::Duration::from_millis(200);
        for attempt in 1.. {
            match self.try_once(request()).await {
                Err(refusal) if attempt < TRIES && passes(refusal.status) => {
                    tracing::debug!(reason = refusal.reason, "Cloud Storage is asked again");
                }
                other => return other,
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        unreachable!("the last attempt returns")
    }

    async fn try_once(&self, request: reqwest::RequestBuilder) -> Result<Vec<u8>, Refusal> {
        let request = match &self.credentials {
            Some(credentials) => {
                let token = credentials.access_token().await;
                let token = token.map_err(|e| Refusal { status: Some(401), reason: e.to_string() })?;
                request.bearer_auth(token.token)
            }
            None => request,
        };
        let failed = |e: reqwest::Error| Refusal { status: None, reason: e.without_url().to_string() };
        let reply = request.timeout(std::time::Duration::from_secs(60)).send().await.map_err(failed)?;
        let status = reply.status();
        let body = reply.bytes().await.map_err(failed)?;
        if status.is_success() {
            return Ok(body.to_vec());
        }
        let said: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        let said = said.pointer("/error/message").and_then(|m| m.as_str()).unwrap_or("no reason given");
        Err(Refusal { status: Some(status.as_u16()), reason: format!("{} {said}", status.as_u16()) })
    }
}

/// Whether the same request may succeed later.
pub(super) fn passes(status: Option<u16>) -> bool {
    status.is_none_or(|status| status == 408 || status == 429 || status >= 500)
}
