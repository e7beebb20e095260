//! Headers that every answer carries: what a browser may load, and who may keep a copy.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, web};

use domain::trace::TraceId;

use crate::auth::session;
use crate::state::App;

/// Nothing inline, nothing from elsewhere; forms may lead to the payment provider's own pages.
fn policy(pages: &[String]) -> String {
    let pages: String = pages.iter().map(|origin| format!(" {origin}")).collect();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; form-action 'self'{pages}; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// Paths of which nobody may keep a copy, whoever asks.
const NOT_SHARED: &[&str] = &[
    "/api/",
    "/internal/",
    "/account",
    "/alerts",
    "/mailbox",
    "/unsubscribe/",
    "/watchlists",
    "/webhooks/",
    "/sign-in",
    "/register",
    "/reset",
    "/healthz",
    "/readyz",
    "/metrics",
];

const FIXED: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=()"),
    ("cross-origin-opener-policy", "same-origin"),
];

/// Middleware that adds them.
///
/// # Errors
/// Those of the services below.
pub async fn secure(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let app = request.app_data::<web::Data<App>>().cloned();
    let signed_in =
        app.as_ref().is_some_and(|app| request.cookie(session::cookie_name(&app.settings)).is_some());
    let shared = !NOT_SHARED.iter().any(|prefix| request.path().starts_with(prefix));
    let visitors_page = *request.method() == Method::GET && !signed_in && shared;
    let mut response = next.call(request).await?;
    let trace = app.as_deref().and_then(|app| app.market.slot()).map(TraceId::of_slot);
    let keep = visitors_page && response.status() == StatusCode::OK;
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let pages =
        app.as_ref().and_then(|app| app.settings.billing.as_ref()).map(|keys| keys.page_origins.as_slice());
    if let Ok(policy) = HeaderValue::try_from(policy(pages.unwrap_or_default())) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    // The trace of the slot that pages show: the same that its messages, programs and manifests carry.
    if let Some(trace) = trace.and_then(|trace| HeaderValue::from_str(&trace.to_string()).ok()) {
        headers.insert(HeaderName::from_static("x-slot-trace"), trace);
    }
    if app.is_some_and(|app| app.settings.secure()) {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000; includeSubDomains"),
        );
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        // What a signed-in reader sees belongs in nobody's cache, not even the browser's.
        let rule = if keep { "public, max-age=10" } else { "private, no-store" };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(rule));
        headers.append(header::VARY, HeaderValue::from_static("cookie, accept-language"));
    }
    Ok(response)
}
