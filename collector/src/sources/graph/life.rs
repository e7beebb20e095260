//! How long an access token lasts, as `/debug_token` says.

use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;

use crate::json;
use crate::trouble::Trouble;

/// So long before its end an operator is warned: one that has ended cannot be exchanged any more.
const WARNED: Duration = Duration::days(10);

/// What is known of a token's life:
///
/// ```json
/// {"data":{"app_id":"1","type":"USER","data_access_expires_at":1585040349,"expires_at":1577347200,"is_valid":true,
///  "scopes":["pages_read_engagement"]}}
/// ```
///
/// Instants are in seconds; 0 is never.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Life {
    #[serde(default, deserialize_with = "json::count")]
    expires_at: Option<i64>,
    /// When what people granted it ends, even where the token itself does not.
    #[serde(default, deserialize_with = "json::count")]
    data_access_expires_at: Option<i64>,
    is_valid: Option<bool>,
    error: Option<Why>,
}

#[derive(Debug, Deserialize)]
struct Why {
    #[serde(default, deserialize_with = "json::text")]
    message: Option<String>,
}

/// Reads an answer of `/debug_token`.
pub(super) fn read(body: &[u8]) -> Result<Life, Trouble> {
    #[derive(Deserialize)]
    struct Reply {
        data: Life,
    }
    let reply: Result<Reply, _> = json::parse(body);
    reply
        .map(|reply| reply.data)
        .map_err(|e| Trouble::transient(format!("its answer about the access token cannot be read ({e})")))
}

impl Life {
    /// What is wrong with the token, where it is no good.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        let words = self.error.as_ref().and_then(|why| why.message.as_deref()).unwrap_or("no reason given");
        (self.is_valid == Some(false)).then(|| {
            Trouble::configuration(format!(
                "the access token is not valid ({words}): make a new one and set access_token"
            ))
        })
    }

    /// What an operator must know before long.
    pub(super) fn warning(&self, now: DateTime<Utc>) -> Option<String> {
        let ends_at = self.ends_at().filter(|ends_at| *ends_at - now < WARNED)?;
        Some(format!(
            "the access token ends on {}: exchange it and set access_token before that, since afterwards it cannot be exchanged",
            ends_at.format("%Y-%m-%d")
        ))
    }

    /// The same for an operator who asks.
    pub(super) fn in_words(&self, now: DateTime<Utc>) -> String {
        match (self.warning(now), self.ends_at()) {
            (Some(warning), _) => warning,
            (None, Some(ends_at)) => format!(
                "the access token lasts until {}; each run takes a fresh one for it, and you set access_token anew before that day",
                ends_at.format("%Y-%m-%d")
            ),
            (None, None) => "the access token has no end".to_owned(),
        }
    }

    fn ends_at(&self) -> Option<DateTime<Utc>> {
        let instant =
            |seconds: Option<i64>| DateTime::from_timestamp(seconds.filter(|seconds| *seconds > 0)?, 0);
        [instant(self.expires_at), instant(self.data_access_expires_at)].into_iter().flatten().min()
    }
}
