//! Middleware round everything: counts requests by route pattern, and refuses what is beyond what one instance can answer.
//!
//! A request that would wait behind thousands is answered at once with 503 and when to come back, so that those before it are
//! still answered in time. What keeps the house running (health, metrics, the bus) is never refused.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CACHE_CONTROL, RETRY_AFTER};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, web};
use cloud::telemetry;

use crate::state::App;

/// Requests that one instance answers at once. Two processors answer about 2,700 a second, so that who is let in last waits for
/// a little more than two seconds, as a reader would rather do than be refused; see docs/scaling.md.
pub const UNDER_WAY: usize = 6_000;
/// Seconds after which a refused reader should come back.
const AGAIN_S: &str = "2";
/// What is never refused.
const ALWAYS: [&str; 4] = ["/healthz", "/readyz", "/metrics", "/internal/"];

/// The requests that are being answered.
#[derive(Debug, Default)]
pub struct Load(AtomicUsize);

/// One of them.
struct Under<'a>(&'a AtomicUsize);

impl Drop for Under<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Load {
    /// How many there are.
    pub fn now(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Takes one more, unless there are `most`.
    fn enter(&self, most: usize) -> Option<Under<'_>> {
        let before = self.0.fetch_add(1, Ordering::Relaxed);
        let under = Under(&self.0);
        (before < most).then_some(under)
    }
}

/// The middleware.
///
/// # Errors
/// Those of the services below.
pub async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let begun = Instant::now();
    let Some(app) = request.app_data::<web::Data<App>>().cloned() else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let always = ALWAYS.iter().any(|prefix| request.path().starts_with(prefix));
    let most = if always { usize::MAX } else { UNDER_WAY };
    let Some(_under) = app.load.enter(most) else {
        metrics::counter!("http_requests_shed_total").increment(1);
        let refusal = HttpResponse::ServiceUnavailable()
            .insert_header((RETRY_AFTER, AGAIN_S))
            .insert_header((CACHE_CONTROL, "no-store"))
            .content_type("text/plain; charset=utf-8")
            .body("Too many readers at once. Please try again in a moment. / Demasiados lectores a la vez. Inténtelo de nuevo en un momento.\n");
        return Ok(request.into_response(refusal));
    };
    let method = request.method().as_str().to_owned();
    let response = next.call(request).await?;
    let route = response.request().match_pattern().unwrap_or_else(|| "(none)".to_owned());
    telemetry::answered(&route, &method, response.status().as_u16(), begun.elapsed());
    Ok(response.map_into_boxed_body())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_the_bound_is_refused_and_room_is_given_back() {
        let load = Load::default();
        let held: Vec<_> = (0..3).filter_map(|_| load.enter(3)).collect();
        assert_eq!((held.len(), load.now()), (3, 3));
        assert!(load.enter(3).is_none() && load.now() == 3, "the refused one takes no room");
        assert!(load.enter(usize::MAX).is_some());
        drop(held);
        assert_eq!(load.now(), 0);
        assert!(load.enter(1).is_some());
    }
}
