//! Who calls: the key is checked, the call is counted, and only then is anything looked up.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Days, NaiveTime, Utc};
use domain::{Feature, Tier};
use percent_encoding::percent_decode_str;

use super::cursor::Cursors;
use super::key::{self, Scope};
use super::operation::Operation;
use super::parameters::Parameters;
use super::problem::Problem;
use super::store;
use crate::access::{Access, Who};
use crate::auth::store::load_who;
use crate::error::Error;
use crate::export::{Format, includes};
use crate::market::cache::Edition;
use crate::market::store::TierRow;
use crate::site::failure::Explained;
use crate::state::App;

/// A call that may go on.
pub struct Caller {
    /// The site.
    pub app: web::Data<App>,
    /// What was asked.
    pub request: HttpRequest,
    /// Of which endpoint.
    pub operation: &'static Operation,
    /// With what.
    pub parameters: Parameters,
    /// What the site knows right now.
    pub edition: Arc<Edition>,
    /// When.
    pub now: DateTime<Utc>,
    /// Whose key it is.
    pub customer_id: i64,
    /// In which format the answer goes out.
    pub format: Format,
    who: Who,
    fingerprint: Vec<u8>,
}

/// What is left of a day's calls.
struct Quota {
    limit: i64,
    calls: i64,
    reset_s: i64,
}

/// Checks a call, counts it, and answers it with `work`.
pub async fn call<W>(request: HttpRequest, operation: &'static Operation, work: W) -> HttpResponse
where
    W: AsyncFnOnce(&Caller) -> Result<HttpResponse, Problem>,
{
    let mut quota = None;
    let done = match admit(request, operation, &mut quota).await {
        Ok(caller) => work(&caller).await,
        Err(problem) => Err(problem),
    };
    let mut response = done.unwrap_or_else(Problem::into_response);
    response.extensions_mut().insert(Explained);
    if let Some(quota) = quota {
        quota.show(response.headers_mut());
    }
    response
}

async fn admit(
    request: HttpRequest,
    operation: &'static Operation,
    quota: &mut Option<Quota>,
) -> Result<Caller, Problem> {
    let app = request.app_data::<web::Data<App>>().cloned();
    let app = app.ok_or_else(|| Problem::from(Error::Internal(anyhow::anyhow!("the site has no state"))))?;
    let now = app.clock.now();
    let shown = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = shown.ok_or_else(|| {
        Problem::new("missing_key", "Send `Authorization: Bearer qd_…`; keys are made on /account/keys.")
    })?;
    let unknown = || Problem::new("unknown_key", "Keys start with qd_ and are made on /account/keys.");
    let fingerprint = key::fingerprint(key::of_header(shown).ok_or_else(unknown)?);
    let row = store::key(&app.pool, &fingerprint).await?.ok_or_else(unknown)?;
    if row.revoked_at.is_some() {
        return Err(Problem::new("revoked_key", "Make another one on /account/keys."));
    }
    if row.expires_at <= now {
        return Err(Problem::new("expired_key", "Make another one on /account/keys."));
    }
    let who = load_who(&app.pool, row.customer_id, &row.role).await?;
    let edition = app.edition().await?;
    let tier = who.tier_at(now);
    let tier = edition.tiers.iter().find(|row| row.tier == tier.as_str());
    let limit = tier.map_or(0, |tier| i64::from(tier.api_calls));
    if limit == 0 {
        let includes = edition.tiers.iter().find(|tier| tier.api_calls > 0);
        let includes = includes.and_then(|tier| tier.tier.parse().ok()).map(Tier::as_str);
        let mut problem = Problem::new("tier_without_api", "See /pricing for the tiers that include calls.");
        problem.unlocked_by = includes;
        return Err(problem);
    }
    let used = store::count_call(&app.pool, &row, now.date_naive(), operation.id, limit).await?;
    let left = quota.insert(Quota { limit, calls: used.unwrap_or(limit), reset_s: seconds_to_midnight(now) });
    if used.is_none() {
        let detail =
            format!("The tier includes {limit} calls a day, all keys together; the day ends at 00:00 UTC.");
        return Err(Problem::new("quota_exhausted", detail).retry_after(left.reset_s.unsigned_abs()));
    }
    let has = |scope: Scope| row.scopes.iter().any(|name| name == scope.as_str());
    if let Some(needed) = operation.scope.filter(|scope| !has(*scope)) {
        return Err(missing_scope(needed));
    }
    // The router has decoded all but slashes, pluses and per cents.
    let decoded = |value: &str| percent_decode_str(value).decode_utf8_lossy().into_owned();
    let path: BTreeMap<String, String> =
        request.match_info().iter().map(|(name, value)| (name.to_owned(), decoded(value))).collect();
    let parameters = Parameters::read(operation, &path, request.query_string())?;
    let format = Format::asked(parameters.text("format"), &request);
    if format != Format::Json {
        if !has(Scope::Exports) {
            return Err(missing_scope(Scope::Exports));
        }
        let exports = tier.map(|tier: &TierRow| tier.exports.as_slice()).unwrap_or_default();
        if !includes(exports, format) {
            return Err(Problem::new("format_not_included", "Ask for JSON, or see /pricing."));
        }
    }
    let customer_id = row.customer_id;
    Ok(Caller { app, request, operation, parameters, edition, now, customer_id, format, who, fingerprint })
}

fn missing_scope(scope: Scope) -> Problem {
    let detail = format!("The key needs {}; make one that has it on /account/keys.", scope.as_str());
    Problem::new("missing_scope", detail)
}

fn seconds_to_midnight(now: DateTime<Utc>) -> i64 {
    let midnight =
        now.date_naive().checked_add_days(Days::new(1)).map(|day| day.and_time(NaiveTime::MIN).and_utc());
    // Rounded up: who comes back then is not a moment early.
    midnight.map_or(86_400, |midnight| (midnight - now).num_seconds() + 1)
}

impl Quota {
    fn show(&self, headers: &mut HeaderMap) {
        let values = [
            ("ratelimit-limit", self.limit),
            ("ratelimit-remaining", (self.limit - self.calls).max(0)),
            ("ratelimit-reset", self.reset_s),
        ];
        for (name, value) in values {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
        }
    }
}

impl Caller {
    /// The asset that the path names.
    ///
    /// # Errors
    /// There is none.
    pub fn symbol(&self) -> Result<&str, Problem> {
        let symbol = self.parameters.text("symbol").unwrap_or_default();
        if self.edition.front.assets.contains_key(symbol) { Ok(symbol) } else { Err(Error::NotFound.into()) }
    }

    /// What the caller may see of a feature of an asset.
    ///
    /// # Errors
    /// Nothing.
    pub fn access(&self, feature: Feature, symbol: &str) -> Result<Access, Problem> {
        match self.edition.access(&self.who, feature, symbol, self.now) {
            Access::Locked { unlocked_by } => Err(Problem::locked(feature, unlocked_by)),
            access => Ok(access),
        }
    }

    /// Who calls.
    pub fn who(&self) -> &Who {
        &self.who
    }

    /// Most rows of a page.
    pub fn limit(&self) -> usize {
        self.parameters.integer("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(100)
    }

    /// The cursors of the list that was asked for.
    pub fn cursors(&self) -> Cursors {
        let list = format!("{} {}", self.operation.id, self.parameters.filters());
        Cursors::new(&self.fingerprint, list)
    }

    /// The position after which the page begins; `None` on the first one.
    ///
    /// # Errors
    /// The cursor is not valid for this list and key.
    pub fn position<P: serde::de::DeserializeOwned>(&self) -> Result<Option<P>, Problem> {
        self.parameters.text("cursor").map(|cursor| self.cursors().open(cursor)).transpose()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_at_midnight_utc() {
        let at = |text: &str| seconds_to_midnight(text.parse().unwrap());
        assert_eq!(at("2026-11-21T00:00:00Z"), 86_401);
        assert_eq!(at("2026-11-21T23:59:59.5Z"), 1);
    }
}
