//! What goes wrong, as a page or as JSON: what happened, what is safe, what to do. Causes go to the log, once.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{Error as ActixError, HttpResponse, dev::ServiceRequest, web};

use crate::api::problem::Problem;
use crate::error::Error;
use crate::site::page;
use crate::site::reader::Looks;
use crate::state::App;
use crate::text::{Lang, text};

/// Marks a response whose body already says what went wrong.
#[derive(Clone, Copy)]
pub struct Explained;

/// Middleware that puts a page, or JSON below `/api` and `/internal`, into every failure that has no body of its own.
///
/// # Errors
/// Those of the services below.
pub async fn explain(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, ActixError> {
    let response = next.call(request).await?.map_into_boxed_body();
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error())
        || response.response().extensions().contains::<Explained>()
    {
        return Ok(response);
    }
    let cause = response.response().error().map(ToString::to_string).unwrap_or_default();
    let path = response.request().path().to_owned();
    if status.is_server_error() {
        // The pattern and not the path, which may hold what is a reader's own.
        let route = response.request().match_pattern().unwrap_or_default();
        tracing::error!(%status, route, cause, "a request failed");
    }
    let explained = if path.starts_with("/api/v1/") {
        Problem::of(status).into_response()
    } else if path.starts_with("/api/")
        || path.starts_with("/internal/")
        || path.ends_with("z") && path.len() < 9
    {
        json(status, response.response().error())
    } else {
        html(status, response.request(), response.response().error())
    };
    let (request, original) = response.into_parts();
    let mut explained = explained;
    for name in [header::RETRY_AFTER, header::ALLOW] {
        if let Some(value) = original.headers().get(&name) {
            explained.headers_mut().insert(name, value.clone());
        }
    }
    Ok(ServiceResponse::new(request, explained))
}

fn json(status: StatusCode, error: Option<&ActixError>) -> HttpResponse {
    let mut body = serde_json::json!({ "error": code(status) });
    match error.and_then(|e| e.as_error::<Error>()) {
        Some(Error::Locked { feature, unlocked_by }) => {
            body = serde_json::json!({ "error": "locked", "feature": feature, "unlocked_by": unlocked_by });
        }
        Some(Error::BadRequest(reason)) => body["reason"] = reason.as_str().into(),
        Some(Error::Unclear { why }) => body["reason"] = text(Lang::En, why).into(),
        _ => {}
    }
    HttpResponse::build(status).json(body)
}

fn code(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "bad_request",
        403 => "refused",
        404 => "not_found",
        405 => "method_not_allowed",
        429 => "too_many_requests",
        503 => "unavailable",
        _ if status.is_client_error() => "refused",
        _ => "internal",
    }
}

fn html(status: StatusCode, request: &actix_web::HttpRequest, error: Option<&ActixError>) -> HttpResponse {
    let bare =
        || HttpResponse::build(status).content_type("text/plain; charset=utf-8").body(status.to_string());
    let Some(app) = request.app_data::<web::Data<App>>() else { return bare() };
    let looks = Looks::of(request);
    let (title, says) = match status.as_u16() {
        404 => ("error_404_title", "error_404_text"),
        403 => ("error_403_title", "error_403_text"),
        413 => ("error_400_title", "error_413_text"),
        429 => ("error_429_title", "error_429_text"),
        503 => ("error_503_title", "error_503_text"),
        _ if status.is_client_error() => ("error_400_title", "error_400_text"),
        _ => ("error_500_title", "error_500_text"),
    };
    let mut context = page::frame(app, &looks, text(looks.lang, title));
    context.insert("says", text(looks.lang, says));
    context.insert("status", &status.as_u16());
    match error.and_then(|e| e.as_error::<Error>()) {
        Some(Error::BadRequest(reason)) => context.insert("reason", reason),
        Some(Error::Unclear { why }) => context.insert("reason", text(looks.lang, why)),
        _ => {}
    }
    match app.templates.render("error.html", &context) {
        Ok(body) => HttpResponse::build(status).content_type("text/html; charset=utf-8").body(body),
        Err(error) => {
            tracing::error!(%error, "the error page cannot be rendered");
            bare()
        }
    }
}
