//! The endpoint that the bus pushes `quotes` to.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::Quotes;
use domain::quote::QUOTES_IN_MESSAGE;

use crate::error::Error;
use crate::publish::handlers::check_caller;
use crate::state::App;

/// `POST /internal/quotes`: takes quotes, in any order and any number of times.
///
/// # Errors
/// The caller is not the bus, or the message is none.
pub async fn quotes(
    app: web::Data<App>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Error> {
    check_caller(&request, app.settings.caller.as_deref()).await?;
    let (_, told): (_, Quotes) = cloud::push::decode(&body).map_err(|e| Error::BadRequest(e.to_string()))?;
    if told.quotes.len() > QUOTES_IN_MESSAGE {
        return Err(Error::BadRequest(format!("at most {QUOTES_IN_MESSAGE} quotes in a message")));
    }
    let newer = app.live.put(told.quotes);
    metrics::counter!("quarterday_quotes_total", "program" => "web").increment(newer.len() as u64);
    app.live.relay.tell(&newer).await;
    Ok(HttpResponse::NoContent().finish())
}
