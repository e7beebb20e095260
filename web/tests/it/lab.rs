//! The VaR laboratory over HTTP, with the function's own handler behind a real connection.

use actix_web::{App, HttpServer, web as http};
use analytics::risk::{self, Plan, Series};
use cloud::caller::Credential;
use serde_json::Value;
use web::config::LabFunction;

use crate::kit::{Reply, Site};
use crate::world::{self, close, last_day};

const FIELDS: [(&str, &str); 11] = [
    ("symbol", "AAA"),
    ("on", ""),
    ("side", "long"),
    ("position", "25,000.50"),
    ("window", "250"),
    ("simulations", "20,000"),
    ("workers", "1"),
    ("confidence", "97.5"),
    ("horizon", "2"),
    ("place", "site"),
    ("seed", "11"),
];

fn fields<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let changed = |name: &str| changes.iter().find(|(n, _)| *n == name).map(|(_, value)| *value);
    FIELDS.into_iter().map(|(name, value)| (name, changed(name).unwrap_or(value))).collect()
}

/// A site with 400 days of prices, and the key of a pro customer.
async fn site(function: Option<LabFunction>) -> (Site, Option<String>) {
    let site = Site::start_with(function).await;
    world::put(&site.pool, 400).await;
    let key = site.sign_in_as("pro").await;
    (site, key)
}

/// The function's real handler on a port of its own.
async fn function(token: &str) -> LabFunction {
    let server = HttpServer::new(|| App::new().service(functions::value_at_risk::worker::resource()))
        .workers(2)
        .disable_signals()
        .bind(("127.0.0.1", 0))
        .unwrap();
    let url = format!("http://{}", server.addrs()[0]).parse().unwrap();
    tokio::spawn(server.run());
    LabFunction { url, credential: Credential::Bearer(token.to_owned().into()) }
}

/// A function that answers every call so.
async fn broken(status: u16, body: &'static str) -> LabFunction {
    let answer = move || async move {
        let status = actix_web::http::StatusCode::from_u16(status).unwrap();
        actix_web::HttpResponse::build(status).content_type("application/json").body(body)
    };
    let server = HttpServer::new(move || App::new().default_service(http::to(answer)))
        .workers(1)
        .disable_signals()
        .bind(("127.0.0.1", 0))
        .unwrap();
    let url = format!("http://{}", server.addrs()[0]).parse().unwrap();
    tokio::spawn(server.run());
    LabFunction { url, credential: Credential::Bearer("t".to_owned().into()) }
}

async fn run(site: &Site, key: Option<&str>, changes: &[(&str, &str)]) -> Reply {
    let made = site.post("/lab/runs", key, &fields(changes)).await;
    assert_eq!(made.status, 303, "{changes:?}: {}", made.body);
    let reply = site.get(made.header("location"), key).await;
    assert_eq!(reply.status, 200);
    reply
}

/// The prices as the site must have used them.
fn prices(window: usize) -> Series {
    let closes: Vec<f64> = (399 - window as u64..400).map(|n| close("AAA", n)).collect();
    Series { symbol: "AAA".into(), on: last_day(), price: close("AAA", 399), closes }
}

fn percent(value: f64, digits: usize) -> String {
    format!("{:.digits$}\u{a0}%", value * 100.0)
}

async fn results(site: &Site) -> Value {
    sqlx::query_scalar("select results from lab_runs order by id desc limit 1")
        .fetch_one(&site.pool)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_shows_what_analytics_computes_for_any_number_of_workers() {
    let (site, key) = site(None).await;
    let series = prices(250);
    let returns = series.returns();
    for workers in ["1", "2", "7"] {
        let page = run(&site, key.as_deref(), &[("workers", workers)]).await.body;
        for confidence in [0.95, 0.975, 0.99] {
            let whole = risk::monte_carlo(&returns, confidence, 2, 20_000, 11, 1).unwrap();
            let closed = risk::closed_form(&returns, confidence, 2).unwrap();
            let historical = risk::historical(&returns, confidence, 2).unwrap();
            for figure in [
                whole.value_at_risk,
                whole.expected_shortfall,
                closed.value_at_risk,
                historical.value_at_risk,
            ] {
                assert!(
                    page.contains(&percent(figure, 3)),
                    "R = {workers}, {confidence}: {}",
                    percent(figure, 3)
                );
            }
            assert!(page.contains(&format!("± {}", percent(whole.standard_error, 4))));
            // The position is 25,000.50 dollars.
            let total = (whole.value_at_risk * 2_500_050.0).round() / 100.0;
            let (units, cents) = (total.trunc() as i64, (total.fract() * 100.0).round() as i64);
            let total = format!("{},{:03}.{cents:02}\u{a0}USD", units / 1000, units % 1000);
            assert!(page.contains(total.trim_start_matches("0,")), "{total}");
        }
        let plan = Plan {
            confidences: vec![0.95, 0.975, 0.99],
            horizon: 2,
            simulations: 20_000,
            seed: 11,
            workers: workers.parse().unwrap(),
            short: false,
        };
        let alone: Vec<f64> = (0..plan.workers)
            .map(|index| plan.work(&series, index).unwrap().alone[2].value_at_risk)
            .collect();
        let average = alone.iter().sum::<f64>() / alone.len() as f64;
        for own in alone.iter().chain([&average]) {
            assert!(page.contains(&percent(*own, 3)), "R = {workers}: a worker's {own}");
        }
        assert!(page.contains(&series.digest()), "the digest of the prices");
        assert!(page.contains(&format!("{:.2}", series.price)), "the price at the date");
        assert!(page.contains(&percent(analytics::statistics::sample_deviation(&returns), 3)));
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_historical_figure_is_the_one_computed_by_hand() {
    let site = Site::start().await;
    world::put(&site.pool, 1).await;
    // Returns of -20, -19, …, +20 per mille in another order: 41 of them, so the 5 % quantile is at position 2, -18 per mille.
    let mut price = 100.0;
    let day = |n: u64| last_day() - chrono::Days::new(41 - n);
    sqlx::query("delete from daily_bars where symbol = 'AAA'").execute(&site.pool).await.unwrap();
    for n in 0..42_u64 {
        if n > 0 {
            price *= 1.0 + (((n * 17) % 41) as f64 - 20.0) / 1000.0;
        }
        sqlx::query("insert into daily_bars values ('AAA', $1, $2, $2, $2, $2, $2, 1, now())")
            .bind(day(n))
            .bind(price)
            .execute(&site.pool)
            .await
            .unwrap();
    }
    let key = site.sign_in_as("pro").await;
    let page = run(&site, key.as_deref(), &[("window", "41"), ("horizon", "1")]).await.body;
    assert!(page.contains("1.800\u{a0}%"), "{page}");
    // At 99 %: position 0.4, between -20 and -19.
    assert!(page.contains("1.960\u{a0}%"), "{page}");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn site_and_function_find_the_same_from_the_same_prices() {
    let (site, key) = site(Some(function("of the site").await)).await;
    let page =
        run(&site, key.as_deref(), &[("workers", "7"), ("place", "both"), ("side", "short")]).await.body;
    let stored = results(&site).await;
    let places = stored["places"].as_array().unwrap();
    assert_eq!(places.len(), 2);
    assert!(places.iter().all(|place| place["digest"] == prices(250).digest()));
    assert!(places[1]["cost_nano_usd"].as_u64().unwrap() >= 7 * (2_525 + 400), "{places:?}");
    assert!(page.contains("the serverless function") && page.contains("the site"));
    let short: Vec<f64> = prices(250).returns().iter().map(|r| -r).collect();
    let whole = risk::monte_carlo(&short, 0.99, 2, 20_000, 11, 1).unwrap();
    assert!(page.contains(&percent(whole.value_at_risk, 3)));
    run(&site, key.as_deref(), &[("workers", "3"), ("place", "function"), ("side", "short")]).await;
    assert_eq!(results(&site).await["levels"][2]["value_at_risk"], stored["levels"][2]["value_at_risk"]);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_that_is_wrong_or_away_leaves_nothing_behind() {
    let away = LabFunction {
        url: "http://127.0.0.1:9".parse().unwrap(),
        credential: Credential::Bearer("t".to_owned().into()),
    };
    for (function, status, says) in [
        (broken(409, "{\"error\":\"other prices\"}").await, 409, "same prices as the site"),
        (broken(200, "{}").await, 503, "did not answer as it should"),
        (broken(500, "boom-secret").await, 503, "did not answer as it should"),
        (away, 503, "did not answer as it should"),
    ] {
        let (site, key) = site(Some(function)).await;
        let reply = site.post("/lab/runs", key.as_deref(), &fields(&[("place", "function")])).await;
        assert_eq!(reply.status, status, "{}", reply.body);
        assert!(reply.body.contains(says) && !reply.body.contains("boom-secret"), "{}", reply.body);
        let stored: i64 =
            sqlx::query_scalar("select count(*) from lab_runs").fetch_one(&site.pool).await.unwrap();
        assert_eq!(stored, 0);
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_fields_are_named_and_kept() {
    let (site, key) = site(None).await;
    for (change, says) in [
        (("symbol", "NOPE"), "not an asset that we follow"),
        (("on", "1990-01-01"), "no price on this day"),
        (("on", "2026-11-21"), "no price on this day"),
        (("on", "2026-13-01"), "not a day"),
        (("side", "sideways"), "Choose long or short"),
        (("position", "-5"), "Write an amount"),
        (("position", "NaN"), "Write an amount"),
        (("window", "1000"), "there are 399 returns"),
        (("window", "1000000000000"), "from 30 to 2,500"),
        (("simulations", "1000000000000"), "from 100 to 10,000,000"),
        (("workers", "-1"), "from 1 to 64"),
        (("confidence", "-99"), "from 90 to 99.9"),
        (("confidence", "NaN"), "from 90 to 99.9"),
        (("horizon", "0"), "from 1 to 10"),
        (("seed", "<script>alert(1)</script>"), "from 0 to 4,294,967,295"),
        (("place", "function"), "not connected here"),
    ] {
        let reply = site.post("/lab/runs", key.as_deref(), &fields(&[change])).await;
        assert_eq!(reply.status, 400, "{change:?}");
        assert!(reply.body.contains(says), "{change:?}: {}", reply.body);
        assert!(!reply.body.contains("<script>alert"), "{change:?}");
        // What was sent well stays in its field.
        let kept = change.0 == "position" || reply.body.contains("value=\"25,000.50\"");
        assert!(kept, "{change:?}: {}", reply.body);
    }
    assert!(site.get("/lab", key.as_deref()).await.body.contains("not connected here"));
    for (path, status) in [
        ("/lab?symbol=NOPE", 404),
        ("/lab?symbol=AAA&on=2026-11-01&side=short", 200),
        ("/lab?symbol=AAA&simulations=1e12", 400),
        ("/lab?symbol=EUR%2FUSD&window=-1", 400),
        ("/lab/runs?by=mood", 400),
        ("/lab/runs?level=1", 400),
        ("/lab/runs?symbol=NOPE", 404),
        ("/lab/runs/NaN", 404),
        ("/lab/runs/-1", 404),
        ("/lab/runs/99999999999999999999", 404),
    ] {
        assert_eq!(site.get(path, key.as_deref()).await.status, status, "{path}");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_are_their_owners_alone_and_can_be_compared_and_deleted() {
    let (site, key) = site(None).await;
    let key = key.as_deref();
    assert!(site.get("/lab/runs", key).await.body.contains("No run yet"));
    for simulations in ["1000", "100000"] {
        run(&site, key, &[("simulations", simulations)]).await;
    }
    run(&site, key, &[("window", "60"), ("on", "2026-10-02")]).await;
    let list = site.get("/lab/runs?by=window&level=95", key).await;
    assert_eq!((list.status, list.body.matches("class=\"mark own\"").count()), (200, 3));
    assert!(list.body.contains("2 October 2026"), "{}", list.body);
    let id: i64 = sqlx::query_scalar("select max(id) from lab_runs").fetch_one(&site.pool).await.unwrap();
    let other = site.sign_in_as("pro").await;
    for foreign in [other.as_deref(), site.sign_in_as("admin").await.as_deref()] {
        assert_eq!(site.get(&format!("/lab/runs/{id}"), foreign).await.status, 404);
        assert_eq!(site.post(&format!("/lab/runs/{id}/delete"), foreign, &[]).await.status, 404);
    }
    assert_eq!(site.get(&format!("/lab/runs/{id}"), None).await.status, 303);
    assert_eq!(site.post(&format!("/lab/runs/{id}/delete"), key, &[]).await.status, 303);
    assert_eq!(site.get(&format!("/lab/runs/{id}"), key).await.status, 404);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_five_hundred_runs_are_kept() {
    let (site, key) = site(None).await;
    run(&site, key.as_deref(), &[]).await;
    sqlx::query(
        "insert into lab_runs (customer_id, created_at, symbol, signal_on, side, position_cents, currency, window_returns,
             simulations, workers, confidence, horizon, place, seed, price, digest, results)
         select customer_id, created_at, symbol, signal_on, side, position_cents, currency, window_returns, simulations,
             workers, confidence, horizon, place, seed, price, digest, results from lab_runs, generate_series(1, 510)",
    )
    .execute(&site.pool)
    .await
    .unwrap();
    run(&site, key.as_deref(), &[]).await;
    let left: i64 = sqlx::query_scalar("select count(*) from lab_runs").fetch_one(&site.pool).await.unwrap();
    assert_eq!(left, 500);
    assert_eq!(site.get("/lab/runs", key.as_deref()).await.status, 200);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_not_paid_sees_what_it_is_and_computes_nothing() {
    let (site, _) = site(None).await;
    assert_eq!(site.post("/lab/runs", None, &fields(&[])).await.status, 303);
    for tier in ["free", "basic", "plus"] {
        let key = site.sign_in_as(tier).await;
        let page = site.get("/lab", key.as_deref()).await;
        assert!(
            page.status == 200 && page.body.contains("class=\"lock\"") && !page.body.contains("lab-form")
        );
        let refused = site.post("/lab/runs", key.as_deref(), &fields(&[])).await;
        assert_eq!(refused.status, 403, "{tier}");
        assert!(refused.body.contains("Included in"), "{}", refused.body);
    }
    let stored: i64 =
        sqlx::query_scalar("select count(*) from lab_runs").fetch_one(&site.pool).await.unwrap();
    assert_eq!(stored, 0);
    site.stop().await;
}
