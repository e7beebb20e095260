//! Visitors' pages, kept for two seconds as they went out: what a cache in front of the site may keep for ten, the site keeps
//! for itself, so that a crowd on one page costs one page. Nobody who is signed in, or shows a key, gets or fills them.

use std::sync::OnceLock;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody, to_bytes_limited};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, HeaderMap, SET_COOKIE};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpResponse, web};
use moka::future::Cache;

use super::shared;
use crate::auth::session;
use crate::site::reader::Looks;
use crate::state::App;

/// How long a page is kept.
const FRESH: Duration = Duration::from_secs(2);
/// Bytes of pages that are kept.
const KEPT_BYTES: u64 = 64 << 20;
/// The largest page that is kept; a larger one goes out and is forgotten.
const KEPT: usize = 512 << 10;
/// Far more than any page of ours has.
const LARGEST: usize = 32 << 20;
/// What [`super::headers`] says of a page that may be shared.
pub(super) const SHARED: &str = "public, max-age=10";

/// A page as it went out.
#[derive(Clone)]
pub(super) struct Kept {
    headers: HeaderMap,
    body: Bytes,
}

/// The pages that are kept; none until [`Pages::start`].
#[derive(Default)]
pub struct Pages {
    visitors: OnceLock<Cache<String, Kept>>,
    shared: OnceLock<Cache<String, Kept>>,
}

impl Pages {
    /// Begins to keep pages. Tests, which change the world between two looks at a page, do without.
    pub fn start(&self) {
        self.visitors.get_or_init(|| store(KEPT_BYTES, FRESH));
        self.shared.get_or_init(|| store(shared::KEPT_BYTES, shared::FRESH));
    }

    /// Those that readers who are signed in get as well; see [`super::shared`].
    pub(super) fn shared(&self) -> Option<&Cache<String, Kept>> {
        self.shared.get()
    }
}

fn store(bytes: u64, fresh: Duration) -> Cache<String, Kept> {
    let weigh = |key: &String, kept: &Kept| u32::try_from(key.len() + kept.body.len()).unwrap_or(u32::MAX);
    Cache::builder().max_capacity(bytes).weigher(weigh).time_to_live(fresh).build()
}

/// What makes two visitors' requests the same; `None` for a request that is not a visitor's look at a page.
fn key(request: &ServiceRequest, app: &App) -> Option<String> {
    let headers = request.headers();
    let visitor =
        request.cookie(session::cookie_name(&app.settings)).is_none() && !headers.contains_key(AUTHORIZATION);
    if *request.method() != Method::GET || !visitor || request.path().starts_with("/api/") {
        return None;
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let looks = Looks::of(request.request());
    // The language is what follows from cookie and header; encodings are few in number.
    let encoding = text(ACCEPT_ENCODING);
    let key = format!("{} {} {} {encoding} {}", looks.lang.code(), looks.theme, looks.colours, looks.path);
    (key.len() <= 1_024).then_some(key)
}

/// The middleware.
///
/// # Errors
/// Those of the services below.
pub async fn cached(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let app = request.app_data::<web::Data<App>>().cloned();
    let wanted = app.as_ref().and_then(|app| Some((app.pages.visitors.get()?, key(&request, app)?)));
    let Some((pages, key)) = wanted else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    if let Some(kept) = pages.get(&key).await {
        return Ok(request.into_response(answer(&kept)));
    }
    let response = next.call(request).await?;
    keep(pages, key, SHARED, response).await
}

/// Keeps an answer that went well, says `rule` of who may keep it, sets no cookie and is small enough; gives it back.
pub(super) async fn keep(
    pages: &Cache<String, Kept>,
    key: String,
    rule: &str,
    response: ServiceResponse<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let headers = response.headers();
    let ruled = headers.get(CACHE_CONTROL).is_some_and(|value| value == rule);
    if response.status() != StatusCode::OK || !ruled || headers.contains_key(SET_COOKIE) {
        return Ok(response.map_into_boxed_body());
    }
    let (request, response) = response.into_parts();
    let (head, body) = response.into_parts();
    match to_bytes_limited(body, LARGEST).await {
        Ok(Ok(body)) => {
            let kept = Kept { headers: head.headers().clone(), body };
            let response = answer(&kept);
            if kept.body.len() <= KEPT {
                pages.insert(key, kept).await;
            }
            Ok(ServiceResponse::new(request, response))
        }
        // What has been read of it cannot be put back.
        Ok(Err(_)) | Err(_) => {
            tracing::error!("a page that is kept is larger than any page should be");
            Ok(ServiceResponse::new(request, HttpResponse::InternalServerError().finish()))
        }
    }
}

pub(super) fn answer(kept: &Kept) -> HttpResponse {
    let mut response = HttpResponse::Ok().body(kept.body.clone());
    for (name, value) in &kept.headers {
        response.headers_mut().append(name.clone(), value.clone());
    }
    response
}
