//! How often a page asks Postgres: at most six times, whoever reads it, with nothing in memory.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web as http;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use web::app::{Guard, Verb, routes};
use web::state::App;

use crate::kit::Site;
use crate::slots::symbol;

/// Most queries of a page.
const MOST: usize = 6;

/// A pool that counts how often a connection is taken: each statement outside a transaction takes one.
pub(crate) async fn counting(site: &Site) -> (PgPool, Arc<AtomicUsize>) {
    let taken = Arc::new(AtomicUsize::new(0));
    let (made, again) = (Arc::clone(&taken), Arc::clone(&taken));
    let options = PgPoolOptions::new()
        .max_connections(2)
        .after_connect(move |_, _| {
            made.fetch_add(1, Ordering::SeqCst);
            Box::pin(async { Ok(()) })
        })
        .before_acquire(move |_, _| {
            again.fetch_add(1, Ordering::SeqCst);
            Box::pin(async { Ok(true) })
        });
    let pool = options.connect_with((*site.pool.connect_options()).clone()).await.unwrap();
    (pool, taken)
}

#[actix_web::test]
async fn no_page_asks_postgres_more_than_six_times() {
    let site = Site::with_slots().await;
    let (pool, taken) = counting(&site).await;
    let mut many: BTreeMap<String, usize> = BTreeMap::new();
    let mut pages = 0;
    for tier in ["visitor", "basic", "pro"] {
        let key = site.sign_in_as(tier).await;
        for route in routes().filter(|route| route.verb == Verb::Get) {
            let wanted =
                matches!(route.guard, Guard::Shows(_) | Guard::Needs(_) | Guard::SignedIn | Guard::Open);
            if !wanted || route.path.contains("{name}") || route.path.contains("{id}") {
                continue;
            }
            let path = match route.path.ends_with("/compare") {
                true => format!("{}?assets=SYM1,SYM2,SYM3", route.path),
                false => route.path.replace("{symbol}", &symbol(3).replace('/', "%2F")),
            };
            let app = App::new(pool.clone(), Some(Arc::clone(&site.lake)), None, site.app.settings.clone());
            let app = http::Data::new(app.unwrap());
            // The front page's rows are read once a publication; what else the site knows is asked for each second.
            app.edition().await.unwrap();
            app.market.refresh().await;
            app.flags.refresh(&pool).await;
            let app = init_service(web::cli::configured(app)).await;
            let mut request = TestRequest::get().uri(&path);
            if let Some(key) = &key {
                request = request.insert_header(("cookie", format!("sid={key}")));
            }
            let before = taken.load(Ordering::SeqCst);
            let answer = call_service(&app, request.to_request()).await;
            let asked = taken.load(Ordering::SeqCst) - before;
            assert!(answer.status().as_u16() < 500, "{path} as {tier}: {}", answer.status());
            pages += 1;
            if asked > MOST {
                many.insert(format!("{path} as {tier}"), asked);
            }
        }
    }
    assert!(pages > 100, "only {pages} pages were asked for");
    assert!(many.is_empty(), "pages that ask more than {MOST} times: {many:#?}");
    pool.close().await;
    site.stop().await;
}
