//! No request that changes something may come from another site's page.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;

use crate::error::Error;

/// Middleware that refuses them. Browsers state where a request comes from; what states nothing is no browser.
///
/// # Errors
/// Those of the services below.
pub async fn same_site(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let header = |name: &str| request.headers().get(name).map(|v| v.to_str().unwrap_or("unreadable"));
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if reads || allowed(header("sec-fetch-site"), header("origin"), header("host")) {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let refused = Error::Refused("the request comes from another site");
    Ok(request.error_response(refused).map_into_right_body())
}

fn allowed(fetch_site: Option<&str>, origin: Option<&str>, host: Option<&str>) -> bool {
    match (fetch_site, origin) {
        (Some("same-origin" | "none"), _) => true,
        (Some(_), _) => false,
        // Older browsers state the origin only.
        (None, Some(origin)) => {
            origin.split_once("://").is_some_and(|(_, authority)| Some(authority) == host)
        }
        (None, None) => true,
    }
}

/// `path` if it stays on this site: for going back to where a form was sent from.
pub fn local_path(path: &str) -> &str {
    let local = path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if local { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_may_post() {
        let host = Some("quarterday.example");
        for (fetch_site, origin, expected) in [
            (Some("same-origin"), None, true),
            (Some("none"), None, true),
            (Some("cross-site"), Some("https://quarterday.example"), false),
            (Some("same-site"), None, false),
            (None, Some("https://quarterday.example"), true),
            (None, Some("https://quarterday.example.evil"), false),
            (None, Some("null"), false),
            (None, None, true),
        ] {
            assert_eq!(allowed(fetch_site, origin, host), expected, "{fetch_site:?} {origin:?}");
        }
    }

    #[test]
    fn only_local_paths_are_gone_back_to() {
        for (path, expected) in [
            ("/assets/AAPL?x=1", "/assets/AAPL?x=1"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/a\r\nset-cookie:x", "/"),
            ("", "/"),
        ] {
            assert_eq!(local_path(path), expected, "{path}");
        }
    }
}
