//! The site's routes: tables from which the router is built, and which a test walks with every tier. Each area of the
//! site has a table of its own, named in `TABLES`.

use actix_web::body::BoxBody;
use actix_web::dev::{HttpServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, Next, from_fn};
use actix_web::{Resource, Route as Handler, web};
use domain::Feature;

use crate::access::Role;
use crate::error::Error;
use crate::market::{api, pages};
use crate::publish::handlers as publish;
use crate::site::{failure, files, headers, info, origin, pack, preferences, reader, shared, visitors};

/// Who gets something from a route. A new route has to say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// The same for everybody.
    Open,
    /// A page for everybody; what it shows of these features follows the reader's tier.
    Shows(&'static [Feature]),
    /// JSON of one asset; refused where the reader's tier locks the feature.
    Needs(Feature),
    /// Only for who is signed in; others are sent to sign in.
    SignedIn,
    /// Only for staff with one of these roles. The router itself sees to it: a visitor is sent to sign in, anybody else is
    /// refused before the handler runs.
    Staff(&'static [Role]),
    /// Only for callers with the push token.
    Internal,
    /// For the payment provider alone: every call carries a signature over its body.
    Signature,
    /// For programs that show an API key; nothing for anybody else, signed in or not.
    Key,
    /// An answer without end (server-sent events), only for who is signed in.
    Stream,
    /// The same about one asset; refused where the reader's tier locks the feature.
    StreamOf(Feature),
}

/// GET (and HEAD) or POST.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Reads.
    Get,
    /// Changes.
    Post,
}

/// One route.
pub struct Route {
    /// GET or POST.
    pub verb: Verb,
    /// Its path pattern.
    pub path: &'static str,
    /// Who gets something from it.
    pub guard: Guard,
    handler: fn(Handler) -> Handler,
}

/// A route that reads.
pub const fn get(path: &'static str, guard: Guard, handler: fn(Handler) -> Handler) -> Route {
    Route { verb: Verb::Get, path, guard, handler }
}

/// A route that changes.
pub const fn post(path: &'static str, guard: Guard, handler: fn(Handler) -> Handler) -> Route {
    Route { verb: Verb::Post, path, guard, handler }
}

use Feature::{News, Predictions, Price, Sentiment};
use Guard::{Internal, Needs, Open, Shows};

/// Every area's routes. There are no others.
static TABLES: &[&[Route]] = &[
    FRAME,
    crate::account::ROUTES,
    crate::alerts::ROUTES,
    crate::api::ROUTES,
    crate::auth::ROUTES,
    crate::billing::ROUTES,
    crate::compare::ROUTES,
    crate::console::ROUTES,
    crate::events::ROUTES,
    crate::export::ROUTES,
    crate::lab::ROUTES,
    crate::live::ROUTES,
    crate::mail::ROUTES,
    crate::ml::ROUTES,
    crate::news::ROUTES,
    crate::operations::ROUTES,
    crate::outlook::ROUTES,
    crate::price::ROUTES,
    crate::receipt::ROUTES,
    crate::record::ROUTES,
    crate::report::ROUTES,
    crate::sentiment::ROUTES,
    crate::status::ROUTES,
    crate::telemetry::ROUTES,
    crate::watch::ROUTES,
];

/// Every route of the site.
pub fn routes() -> impl Iterator<Item = &'static Route> + Clone {
    TABLES.iter().flat_map(|table| table.iter())
}

/// The routes that belong to no area.
static FRAME: &[Route] = &[
    get("/", Shows(&[Price, Sentiment]), |r| r.to(pages::home)),
    get("/assets/{symbol}", Shows(&[Price, Sentiment, News, Predictions]), |r| r.to(pages::asset)),
    get("/search", Open, |r| r.to(pages::search)),
    get("/methodology", Open, |r| r.to(info::methodology)),
    post("/preferences", Open, |r| r.to(preferences::store)),
    get("/api/assets", Shows(&[Price, Sentiment]), |r| r.to(api::assets)),
    get("/api/assets/{symbol}/price", Needs(Price), |r| r.to(api::price)),
    get("/api/assets/{symbol}/sentiment", Needs(Sentiment), |r| r.to(api::sentiment)),
    get("/api/assets/{symbol}/news", Needs(News), |r| r.to(api::news)),
    get("/api/assets/{symbol}/forecast", Needs(Predictions), |r| r.to(api::forecast)),
    get("/api/assets/{symbol}/risk", Needs(Predictions), |r| r.to(api::risk)),
    post("/internal/publish", Internal, |r| r.to(publish::publish)),
    get("/static/{name}", Open, |r| r.to(files::file)),
    get("/healthz", Open, |r| r.to(info::healthy)),
    get("/readyz", Open, |r| r.to(info::ready)),
];

/// The router with everything that wraps it; mount it at the root.
pub fn site() -> impl HttpServiceFactory {
    let mut scope = web::scope("");
    let mut paths: Vec<&str> = Vec::new();
    for route in routes() {
        if !paths.contains(&route.path) {
            paths.push(route.path);
        }
    }
    for path in paths {
        scope = scope.service(resource(path));
    }
    // The last one wraps all others: first headers, then failures, then the check of where a request comes from.
    scope
        .default_service(web::to(|| async { Err::<actix_web::HttpResponse, _>(Error::NotFound) }))
        .wrap(from_fn(origin::same_site))
        .wrap(from_fn(failure::explain))
        .wrap(from_fn(headers::secure))
        .wrap(from_fn(pack::packed))
        .wrap(Compress::default())
        .wrap(from_fn(visitors::cached))
        .wrap(from_fn(shared::shared))
        .wrap(from_fn(crate::telemetry::observe::observe))
}

/// One resource with all of its methods; other methods are answered with 405.
fn resource(path: &'static str) -> Resource {
    let mut resource = web::resource(path);
    for route in routes().filter(|route| route.path == path) {
        resource = match route.verb {
            Verb::Get => resource.route(guarded(route, web::get())).route(guarded(route, web::head())),
            Verb::Post => resource.route(guarded(route, web::post())),
        };
    }
    resource
}

/// The route's handler, behind a check of the reader's role where its guard asks for one.
fn guarded(route: &Route, method: Handler) -> Handler {
    let handler = (route.handler)(method);
    match route.guard {
        Guard::Staff(roles) => handler.wrap(from_fn(move |request, next| staff(roles, request, next))),
        _ => handler,
    }
}

/// Lets only those roles through.
async fn staff(
    roles: &'static [Role],
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    // A refusal is an answer, not an error: it goes through what wraps the site, which adds headers and explains it.
    let reader::SignedIn { reader, account } = match request.extract::<reader::SignedIn>().await {
        Ok(signed_in) => signed_in,
        Err(error) => return Ok(request.error_response(error)),
    };
    match account.who.role() {
        // On somebody's own machine nobody has to fetch a phone.
        Some(role) if roles.contains(&role) && !account.two_step && !reader.app.settings.local_mailbox() => {
            Ok(request.error_response(Error::NeedsCode))
        }
        Some(role) if roles.contains(&role) => next.call(request).await,
        _ => {
            tracing::warn!(account = account.pseudonym, path = request.path(), "a role was refused");
            Ok(request.error_response(Error::Refused("this role may not do that")))
        }
    }
}
