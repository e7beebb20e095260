//! The public track record over forecasts whose outcomes are known.

use chrono::{DateTime, Days, Utc};

use crate::kit::Site;
use crate::world::{self, last_day};

/// Thirty days of forecasts of three assets at two horizons: AAA always closer than the walk, XSS always further off.
async fn site() -> Site {
    let site = Site::start().await;
    let newest = world::put(&site.pool, 2).await;
    for day in 0..30_u64 {
        let (made_on, due_on) = (last_day() - Days::new(31 - day), last_day() - Days::new(30 - day));
        let id: i64 = sqlx::query_scalar(
            "insert into publications (slot, version, closes_at, manifest_sha256, coverage, partial)
             values ($1, 1, $2, repeat('b', 64), '{}', false) returning id",
        )
        .bind(format!("{made_on}T06Z"))
        .bind(made_on.and_hms_opt(6, 0, 0).map(|at| at.and_utc()).unwrap_or(DateTime::<Utc>::UNIX_EPOCH))
        .fetch_one(&site.pool)
        .await
        .unwrap();
        for (symbol, model, error) in [
            ("AAA", "elastic-net/1", 0.01),
            ("EUR/USD", "random-walk", 0.02),
            ("XSS", "boosted-trees/1", 0.03),
        ] {
            for horizon in [1, 5] {
                world::put_forecast(&site.pool, (id, symbol, horizon), due_on, 100.0, model).await;
                sqlx::query(
                    "insert into forecast_outcomes values ($1, $2, $3, $4, 102, $5, 0.02, $6, $7, $8)",
                )
                .bind(id)
                .bind(symbol)
                .bind(horizon)
                .bind(due_on)
                .bind(error + day as f64 * 1e-5)
                .bind(day % 5 != 0)
                .bind(day % 10 != 0)
                .bind(newest)
                .execute(&site.pool)
                .await
                .unwrap();
            }
        }
    }
    site
}

fn rows(body: &str) -> usize {
    let list = body.split("id=\"outcomes\"").nth(1).unwrap_or_default();
    list.matches("<tr><th scope=\"row\">").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everyone_sees_winners_and_losers_alike() {
    let site = site().await;
    let page = site.get("/track-record", None).await.body;
    // 180 outcomes; 80 % inside the smaller interval, 90 % inside the larger one; 24 of 30 days.
    assert!(page.contains("80.0\u{a0}% (") && page.contains("90.0\u{a0}% ("), "{page}");
    let (low, high) = analytics::statistics::share_interval(72, 90).unwrap();
    let interval = format!("80.0\u{a0}% ({:.1} to {:.1}\u{a0}%)", low * 100.0, high * 100.0);
    assert!(page.contains(&interval), "{interval}");
    assert!(page.contains("Closest to what happened") && page.contains("Furthest from what happened"));
    // Mean error 0.010145 against 0.02, each day weighing the same.
    assert!(page.contains("+49.3\u{a0}%") && page.contains("−50.7\u{a0}%"), "{page}");
    assert!(page.contains("class=\"mark"), "the calibration is drawn");
    assert!(page.contains("receipt?value=forecast&amp;slot=2026-11-18T06Z"), "a receipt for each outcome");
    assert!(!page.contains("<script>alert"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outcomes_are_filtered_and_paged_without_loss() {
    let site = site().await;
    for (query, wanted) in [
        ("asset=AAA", 50),
        ("asset=AAA&horizon=5", 30),
        ("asset=AAA&horizon=5&outcome=outside", 6),
        ("asset=AAA&outcome=further", 0),
        ("horizon=1&outcome=closer", 30),
        ("model=random-walk&horizon=1", 30),
        ("model=no-such-model", 0),
    ] {
        let page = site.get(&format!("/track-record?{query}"), None).await;
        assert_eq!((page.status, rows(&page.body)), (200, wanted), "{query}");
    }
    let (mut path, mut seen) = ("/track-record?asset=AAA".to_owned(), 0);
    for _ in 0..3 {
        let page = site.get(&path, None).await.body;
        seen += rows(&page);
        let Some(next) =
            page.split("href=\"").find(|part| part.contains("rel=\"next\"") && part.contains("after="))
        else {
            break;
        };
        path = next.split('"').next().unwrap().replace("&amp;", "&").replace("&#x2F;", "/");
    }
    assert_eq!(seen, 60);
    for bad in
        ["horizon=6", "horizon=-1", "horizon=NaN", "outcome=won", "after=x", "after=2026-11-20~AAA~1~x"]
    {
        assert_eq!(site.get(&format!("/track-record?{bad}"), None).await.status, 400, "{bad}");
        assert_eq!(site.get(&format!("/track-record.csv?{bad}"), None).await.status, 400, "{bad}");
    }
    assert_eq!(site.get("/track-record?asset=NOPE", None).await.status, 404);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_record_is_open_as_csv() {
    let site = site().await;
    let csv = site.get("/track-record.csv", None).await;
    assert_eq!((csv.status, csv.header("content-type")), (200, "text/csv; charset=utf-8"));
    assert_eq!(csv.body.lines().count(), 181);
    assert!(csv.body.starts_with("due_on,asset,") && csv.body.contains(",EUR/USD,5,"));
    let some = site.get("/track-record.csv?asset=EUR%2FUSD&horizon=1&outcome=outside", None).await.body;
    assert_eq!(some.lines().count(), 7);
    // More than are read at a time: 2,100 further slots that said the same.
    for statement in [
        "insert into publications (slot, version, closes_at, manifest_sha256, coverage, partial)
         select 'extra-' || n, 1, '2026-01-01', repeat('c', 64), '{}', false from generate_series(1, 2100) n",
        "insert into forecasts select p.id, 'AAA', 1, f.target_on, f.last_on, f.last_close, f.q025, f.q10, f.q50, f.q90,
             f.q975, f.rw_q025, f.rw_q10, f.rw_q90, f.rw_q975, f.model, null, null, null, null, null, 0
         from publications p, (select * from forecasts where symbol = 'AAA' and horizon = 1 limit 1) f
         where p.slot like 'extra-%'",
        "insert into forecast_outcomes select publication_id, symbol, horizon, '2026-01-02', 102, 0.01, 0.02, true, true,
             publication_id from forecasts join publications p on p.id = publication_id where p.slot like 'extra-%'",
    ] {
        sqlx::query(statement).execute(&site.pool).await.unwrap();
    }
    let all = site.get("/track-record.csv", None).await.body;
    let lines: std::collections::BTreeSet<&str> = all.lines().collect();
    assert_eq!((all.lines().count(), lines.len()), (2281, 2281));
    // The sums by day follow.
    let summed: i64 =
        sqlx::query_scalar("select sum(forecasts)::bigint from outcome_days where symbol = 'AAA'")
            .fetch_one(&site.pool)
            .await
            .unwrap();
    assert_eq!(summed, 2160);
    // What the page reads without a filter is the sum of these days, whatever came when.
    let wrong: Vec<(String, String)> = sqlx::query_as(
        "select kind, key from outcome_sums s full join (
             select case when grouping(horizon) = 0 then 'horizon' when grouping(symbol) = 0 then 'asset' else 'model' end
                        as kind,
                    coalesce(horizon::text, symbol, model) as key, traded_on, sum(forecasts) as forecasts,
                    sum(error) as error, sum(walk_error) as walk_error, sum(inside_80) as inside_80,
                    sum(inside_95) as inside_95, sum(closer) as closer
             from outcome_days group by grouping sets ((horizon, traded_on), (symbol, traded_on), (model, traded_on))) d
         using (kind, key, traded_on)
         where (s.forecasts, s.inside_80, s.inside_95, s.closer)
                   is distinct from (d.forecasts, d.inside_80, d.inside_95, d.closer)
            or (abs(s.error - d.error) < 1e-9) is not true or (abs(s.walk_error - d.walk_error) < 1e-9) is not true",
    )
    .fetch_all(&site.pool)
    .await
    .unwrap();
    assert!(wrong.is_empty(), "{wrong:?}");
    let rows: i64 = sqlx::query_scalar("select count(distinct (kind, key)) from outcome_sums")
        .fetch_one(&site.pool)
        .await
        .unwrap();
    assert!(rows >= 8, "five horizons, two assets and a model at least, not {rows}");
    site.stop().await;
}
