//! Every route with every tier. What each may see is written out here by hand, from the table in the design, and not
//! taken from the code that decides it.

use domain::Feature;
use web::access::Role;
use web::app::{Guard, Route, Verb, routes};

use crate::kit::{Reply, Site, TOKEN};
use crate::slots::symbol;

const TIERS: [&str; 9] = ["visitor", "free", "basic", "plus", "pro", "support", "admin", "ml", "operator"];

/// What is seen of one asset: `true` where the table says so.
#[derive(Debug, Clone, Copy)]
struct Sees {
    price: bool,
    sentiment: bool,
    week: bool,
    all: bool,
    news: bool,
    predictions: bool,
}

fn sees(tier: &str, rank: usize) -> Sees {
    let top = rank <= 10;
    let nothing =
        Sees { price: false, sentiment: false, week: false, all: false, news: false, predictions: false };
    match tier {
        "visitor" | "free" => Sees { price: top, sentiment: top, news: top, ..nothing },
        "basic" => Sees { price: true, sentiment: true, week: true, news: true, ..nothing },
        "plus" => Sees { price: true, sentiment: true, week: true, all: true, news: true, ..nothing },
        "pro" | "support" | "admin" | "ml" | "operator" => {
            Sees { price: true, sentiment: true, week: true, all: true, news: true, predictions: true }
        }
        other => panic!("{other}"),
    }
}

/// What gives each withheld thing of the n-th asset away, in HTML and in JSON.
fn shows(body: &str, n: usize, html: bool) -> Vec<(&'static str, bool)> {
    let has = |text: &str| body.contains(text);
    let sym = symbol(n).replace('/', if html { "&#x2F;" } else { "/" });
    let says = |what: &str, word: &str| {
        let plain = symbol(n);
        has(&format!("{what} {word} {sym}")) || has(&format!("{what} {word} {plain}"))
    };
    let close = format!("{}.37", 200 + n);
    let (low, high) = crate::slots::interval(n);
    let interval = if html { format!("−{:.2} to +{high:.2}", low.abs()) } else { format!("\"low\":{low}") };
    vec![
        ("price", has(&close)),
        ("sentiment", has(&interval)),
        ("headline now", says("headline", "just-now")),
        ("headline this week", says("headline", "this-week")),
        ("headline long ago", says("headline", "long-ago")),
        ("post now", says("post", "just-now")),
        ("post this week", says("post", "this-week")),
        ("post long ago", says("post", "long-ago")),
        ("risk", has("7.53\u{a0}%") || has("0.07531")),
        ("signal", has("signal-reason")),
        (
            "forecast",
            has("\"q90\"") || has("95\u{a0}% interval</th><th scope=\"col\" class=\"n\">Random walk"),
        ),
        // A change of a price by as much is no score.
        ("document score", body.replace("+0.65\u{a0}%", "").contains("+0.65") || (!html && has("0.654"))),
    ]
}

/// The same list, as it should be for a page or a JSON answer that shows these features of the asset.
fn expected(sees: Sees, features: &[Feature], list: bool) -> Vec<(&'static str, bool)> {
    let on = |feature, seen: bool| features.contains(&feature) && seen;
    let news = |seen| on(Feature::News, seen) && !list;
    let predictions = on(Feature::Predictions, sees.predictions);
    vec![
        ("price", on(Feature::Price, sees.price)),
        ("sentiment", on(Feature::Sentiment, sees.sentiment)),
        ("headline now", news(sees.news)),
        ("headline this week", news(sees.news && sees.week)),
        ("headline long ago", news(sees.news && sees.all)),
        ("post now", news(sees.news && sees.week)),
        ("post this week", news(sees.news && sees.week)),
        ("post long ago", news(sees.news && sees.all)),
        ("risk", predictions),
        ("signal", predictions),
        ("forecast", predictions),
        ("document score", news(sees.news && sees.week)),
    ]
}

/// What the pages on mood and news show otherwise: the X-ray holds the newest slot's documents, lists are cut after ten, and
/// there are no posts among the news.
fn of_area(path: &str, sees: Sees, n: usize, what: &str) -> Option<bool> {
    let behind = sees.week && sees.sentiment;
    match (path, what) {
        ("/sentiment", "sentiment") => Some(sees.sentiment && n <= 10),
        ("/api/sentiment", "sentiment") => Some(false),
        ("/assets/{symbol}/sentiment", "headline now" | "post now" | "document score") => Some(behind),
        ("/assets/{symbol}/news", "sentiment") => Some(sees.sentiment),
        ("/assets/{symbol}/news", "post now" | "post this week" | "post long ago") => Some(false),
        ("/news", "headline now") => Some(sees.news),
        ("/news", "headline this week" | "document score") => Some(sees.news && sees.week),
        ("/news", "headline long ago") => Some(sees.news && sees.all),
        _ => None,
    }
}

/// The receipt of a score in the newest slot: the score, and with its documents their scores.
fn receipt(sees: Sees) -> Vec<(&'static str, bool)> {
    let behind = sees.news && sees.week;
    let shown = |what: &str| match what {
        "sentiment" => sees.sentiment,
        "headline now" | "post now" | "document score" => behind,
        _ => false,
    };
    expected(sees, &[], false).into_iter().map(|(what, _)| (what, shown(what))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_shows_each_tier_what_the_table_says() {
    let site = Site::with_slots().await;
    for tier in TIERS {
        let key = site.sign_in_as(tier).await;
        for route in routes() {
            walk(&site, route, tier, key.as_deref()).await;
        }
    }
    site.stop().await;
}

/// The highest tier first, so that what it left behind would show; then all again, on shelves that are full.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_that_are_kept_show_each_tier_what_the_table_says() {
    let site = Site::with_slots().await;
    site.app.pages.start();
    let mut keys = Vec::new();
    for tier in TIERS.into_iter().rev() {
        keys.push((tier, site.sign_in_as(tier).await));
    }
    for (tier, key) in keys.iter().chain(keys.iter().rev()) {
        for route in routes().filter(|route| matches!(route.guard, Guard::Shows(_) | Guard::Needs(_))) {
            walk(&site, route, tier, key.as_deref()).await;
        }
    }
    site.stop().await;
}

async fn walk(site: &Site, route: &Route, tier: &str, key: Option<&str>) {
    let at = format!("{:?} {} as {tier}", route.verb, route.path);
    if route.verb == Verb::Post {
        let reply = site.post(route.path, None, &[("nothing", "1")]).await;
        let fine = match route.guard {
            Guard::Internal => reply.status == 403,
            // Here no secret is set, so nothing can be genuine.
            Guard::Signature => reply.status == 503,
            // A link or a thing of somebody's that is not there.
            Guard::Open if route.path.contains('{') => reply.status == 404,
            _ => matches!(reply.status, 303 | 400),
        };
        assert!(fine, "{at}: {}", reply.status);
        nothing_leaks(&reply, &at);
        return;
    }
    match route.guard {
        Guard::Open => {
            let reply = site.get(&route.path.replace("{name}", "absent.js"), key).await;
            let absent = route.path.contains('{');
            assert_eq!(reply.status, if absent { 404 } else { 200 }, "{at}");
            // The document names the columns of a forecast, and holds no value.
            if !route.path.ends_with("/openapi.json") {
                nothing_leaks(&reply, &at);
            }
            private_when_signed_in(&reply, key, &at);
        }
        Guard::SignedIn => {
            // What is another's, or nobody's, is not there; a route that names something is walked where that is made.
            let reply = site.get(&route.path.replace("{id}", "1"), key).await;
            let found = if route.path.contains('{') { 404 } else { 200 };
            assert_eq!(reply.status, if key.is_some() { found } else { 303 }, "{at}");
            nothing_leaks(&reply, &at);
            assert_eq!(reply.header("cache-control"), "private, no-store", "{at}");
        }
        Guard::Shows(features) => {
            let list = !route.path.contains("{symbol}");
            for n in [1, 3, 10, 11, 12] {
                let mut path = address(route, n);
                if path == "/news" {
                    // All headlines of one asset fit on one page.
                    path += &format!("?q={}", symbol(n).replace('/', "%2F"));
                }
                let reply = site.get(&path, key).await;
                let html = !path.starts_with("/api");
                assert_eq!(reply.status, 200, "{at} {n}");
                let sees = sees(tier, n);
                let mut expected: Vec<_> = expected(sees, features, list)
                    .into_iter()
                    .map(|(what, seen)| (what, of_area(route.path, sees, n, what).unwrap_or(seen)))
                    .collect();
                if path.ends_with("/receipt") && path != "/receipt" {
                    expected = receipt(sees);
                }
                // An asset's own pages of outlook and risk show one of the two each.
                for (what, seen) in &mut expected {
                    let elsewhere = match *what {
                        "risk" => path.ends_with("/outlook"),
                        "signal" | "forecast" => path.ends_with("/risk"),
                        _ => false,
                    };
                    *seen &= !elsewhere;
                }
                // The fan's numbers are in the JSON and the table; lists have neither news nor predictions.
                assert_eq!(shows(&reply.body, n, html), expected, "{at}, asset {n}");
                private_when_signed_in(&reply, key, &at);
            }
        }
        Guard::Needs(feature) => {
            for n in [1, 3, 10, 11, 12] {
                let reply =
                    site.get(&route.path.replace("{symbol}", &symbol(n).replace('/', "%2F")), key).await;
                needs(&reply, route, feature, sees(tier, n), n, &at);
            }
            let unknown = site.get(&route.path.replace("{symbol}", "NOPE"), key).await;
            assert_eq!(unknown.status, 404, "{at}");
        }
        Guard::Key => {
            // Who is signed in is nobody here; what keys give is walked in `api.rs`.
            let reply = site.get(&route.path.replace("{symbol}", "SYM1"), key).await;
            assert_eq!((reply.status, reply.header("cache-control")), (401, "private, no-store"), "{at}");
            nothing_leaks(&reply, &at);
        }
        Guard::Stream => {
            let reply = site.request("GET", route.path, key).send().await.unwrap();
            assert_eq!(reply.status(), if key.is_some() { 200 } else { 303 }, "{at}");
        }
        Guard::Staff(roles) if route.path.ends_with("/changes") => {
            // An answer without end.
            let reply = site.request("GET", route.path, key).send().await.unwrap();
            let status = match key {
                None => 303,
                Some(_) if !roles.contains(&Role::parse(tier)) => 403,
                Some(_) => 200,
            };
            assert_eq!(reply.status(), status, "{at}");
        }
        Guard::Staff(roles) => {
            // Staff see what is everybody's: an id that nothing has.
            let reply = site.get(&route.path.replace("{id}", "0"), key).await;
            let status = match key {
                None => 303,
                Some(_) if !roles.contains(&Role::parse(tier)) => 403,
                Some(_) if route.path.contains('{') => 404,
                Some(_) => 200,
            };
            assert_eq!(reply.status, status, "{at}");
            assert_eq!(reply.header("cache-control"), "private, no-store", "{at}");
            if status != 200 {
                nothing_leaks(&reply, &at);
            }
        }
        Guard::StreamOf(feature) => {
            for n in [1, 3, 10, 11, 12] {
                let path = route.path.replace("{symbol}", &symbol(n).replace('/', "%2F"));
                let reply = site.request("GET", &path, key).send().await.unwrap();
                let granted = feature == Feature::Price && sees(tier, n).price;
                assert_eq!(reply.status(), if granted { 200 } else { 403 }, "{at}, asset {n}");
                assert_eq!(reply.headers()["cache-control"], "private, no-store", "{at}");
            }
        }
        Guard::Internal => {
            // For this machine itself; behind a proxy for who has a token, signed in or not.
            let near = site.get(route.path, key).await;
            assert_eq!((near.status, near.header("cache-control")), (200, "no-store"), "{at}");
            nothing_leaks(&near, &at);
            let request = site.request("GET", route.path, key).header("x-forwarded-for", "127.0.0.1");
            assert_eq!(site.send(request).await.status, 403, "{at}");
        }
        Guard::Signature => panic!("{at}: such a route that reads has no walk yet"),
    }
}

/// The address of a route about the n-th asset, or about those that are walked where it compares several.
fn address(route: &Route, n: usize) -> String {
    if route.path.ends_with("/compare") {
        return format!("{}?assets=SYM1,EUR%2FUSD,SYM10,SYM11,SYM12", route.path);
    }
    route.path.replace("{symbol}", &symbol(n).replace('/', "%2F"))
}

/// JSON of one asset: refused without a trace, or exactly what the tier includes.
fn needs(reply: &Reply, route: &Route, feature: Feature, sees: Sees, n: usize, at: &str) {
    let granted = match feature {
        Feature::Price => sees.price,
        Feature::Sentiment => sees.sentiment,
        Feature::News => sees.news,
        Feature::Predictions => sees.predictions,
    };
    assert_eq!(reply.status, if granted { 200 } else { 403 }, "{at}, asset {n}: {}", reply.body);
    assert_eq!(reply.header("cache-control"), "private, no-store", "{at}");
    if !granted {
        assert_eq!(reply.json()["error"], "locked", "{at}");
        assert_eq!(reply.json()["feature"], feature.as_str(), "{at}");
        assert!(reply.body.len() < 120, "{at}: {}", reply.body);
        return;
    }
    let shown = shows(&reply.body, n, false);
    for (what, seen) in shown {
        let should = match (feature, what) {
            (Feature::Price, "price")
            | (Feature::Sentiment, "sentiment")
            | (Feature::News, "headline now") => true,
            (Feature::News, "headline this week" | "post now" | "post this week" | "document score") => {
                sees.week
            }
            (Feature::News, "headline long ago" | "post long ago") => sees.all,
            (Feature::Predictions, "risk") => route.path.ends_with("/risk"),
            // The fan starts at the last closes.
            (Feature::Predictions, "signal" | "forecast" | "price") => route.path.ends_with("/forecast"),
            _ => false,
        };
        assert_eq!(seen, should, "{at}, asset {n}: {what}");
    }
    if feature == Feature::Sentiment {
        let points = reply.json()["points"].as_array().unwrap().len();
        assert_eq!(points, 1 + usize::from(sees.week) + usize::from(sees.all), "{at}, asset {n}");
    }
}

fn nothing_leaks(reply: &Reply, at: &str) {
    for n in 1..=12 {
        let leaks: Vec<_> = shows(&reply.body, n, true).into_iter().filter(|(_, seen)| *seen).collect();
        assert!(leaks.is_empty(), "{at}: {leaks:?}");
    }
    assert!(!reply.body.contains(TOKEN), "{at}");
}

fn private_when_signed_in(reply: &Reply, key: Option<&str>, at: &str) {
    if key.is_some() {
        assert_eq!(reply.header("cache-control"), "private, no-store", "{at}");
    }
}
