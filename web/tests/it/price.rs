//! The price page, its JSON and its files: what they show is what `analytics` gives for the same bars.

use analytics::backtest::{Prices, Tally, Trading, crossing, simulate};
use analytics::indicators;
use serde_json::Value;
use web::format;
use web::text::Lang;

use crate::kit::{Reply, Site};
use crate::slots::SlotBuilder;

/// A site whose assets have a year and a half of bars.
async fn site() -> Site {
    let site = Site::start().await;
    let mut slot = SlotBuilder::new("2026-11-21T06Z", "just-now");
    slot.days = 540;
    slot.write(&site.lake).await;
    assert_eq!(site.publish("2026-11-21T06Z").await.json()["outcome"], "succeeded");
    site
}

fn numbers(values: &Value) -> Vec<f64> {
    values.as_array().unwrap().iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}

fn column(reply: &Reply, name: &str) -> Vec<f64> {
    let json = reply.json();
    let columns = json["columns"].as_array().unwrap();
    numbers(&columns.iter().find(|c| c["name"] == name).unwrap_or_else(|| panic!("{name}"))["values"])
}

fn bars(reply: &Reply, name: &str) -> Vec<f64> {
    reply.json()["bars"].as_array().unwrap().iter().map(|bar| bar[name].as_f64().unwrap()).collect()
}

/// Equal to the last bit, and NaN where the other is NaN.
fn same(shown: &[f64], computed: &[f64], what: &str) {
    assert_eq!(shown.len(), computed.len(), "{what}");
    for (at, (a, b)) in shown.iter().zip(computed).enumerate() {
        assert!(a == b || (a.is_nan() && b.is_nan()), "{what} at {at}: {a} {b}");
    }
    assert!(shown.iter().any(|v| v.is_finite()), "{what} holds something");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn indicators_are_those_of_analytics() {
    let site = site().await;
    let all = "/api/assets/SYM1/indicators?range=all&ema=12,26&sma=20,50&bands=20,2.5&macd=12,26,9&rsi=14";
    let reply = site.get(&format!("{all}&stoch=slow,14,3,3"), None).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let (high, low, close) = (bars(&reply, "high"), bars(&reply, "low"), bars(&reply, "close"));
    assert_eq!(close.len(), 540);
    same(&column(&reply, "ema_fast"), &indicators::ema(&close, 12), "EMA 12");
    same(&column(&reply, "ema_slow"), &indicators::ema(&close, 26), "EMA 26");
    same(&column(&reply, "sma_first"), &indicators::sma(&close, 20), "SMA 20");
    same(&column(&reply, "sma_second"), &indicators::sma(&close, 50), "SMA 50");
    let bands = indicators::bollinger(&close, 20, 2.5);
    same(&column(&reply, "band_upper"), &bands.upper, "upper");
    same(&column(&reply, "band_lower"), &bands.lower, "lower");
    let macd = indicators::macd(&close, 12, 26, 9);
    same(&column(&reply, "macd"), &macd.macd, "MACD");
    same(&column(&reply, "macd_signal"), &macd.signal, "signal");
    same(&column(&reply, "macd_histogram"), &macd.histogram, "histogram");
    same(&column(&reply, "rsi"), &indicators::rsi(&close, 14), "RSI");
    let slow = indicators::stochastic(&high, &low, &close, 14, 3, 3);
    same(&column(&reply, "slow_k"), &slow.slow_k, "slow K");
    same(&column(&reply, "slow_d"), &slow.slow_d, "slow D");
    let fast = site.get(&format!("{all}&stoch=fast,14,3"), None).await;
    same(&column(&fast, "fast_k"), &slow.fast_k, "fast K");
    same(&column(&fast, "fast_d"), &slow.fast_d, "fast D");
    // A shorter time shows the same values, warmed up by the bars before it.
    let month = site.get("/api/assets/SYM1/indicators?range=1m&ema=50,200", None).await;
    let slow = indicators::ema(&close, 200);
    same(&column(&month, "ema_slow"), &slow[540 - column(&month, "ema_slow").len()..], "EMA 200, a month");
    assert!(column(&month, "ema_slow").iter().all(|v| v.is_finite()));
    site.stop().await;
}

/// By hand: EMA 2 starts with the mean of two closes, then goes two thirds of the way to each new one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_case_by_hand() {
    let site = site().await;
    let reply = site.get("/api/assets/SYM1/indicators?range=all&ema=2,3", None).await;
    // The slot's closes: 201.37 + 4 sin(0.7 n + 1).
    let close = |n: i32| 201.37 + (f64::from(n) * 0.7 + 1.0).sin() * 4.0;
    let first = (close(0) + close(1)) / 2.0;
    let second = first / 3.0 + close(2) * 2.0 / 3.0;
    let shown = column(&reply, "ema_fast");
    assert!(shown[0].is_nan());
    assert!((shown[1] - first).abs() < 1e-9 && (shown[2] - second).abs() < 1e-9, "{shown:?}");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trades_on_the_page_are_those_of_the_backtest() {
    let site = site().await;
    let key = site.sign_in_as("basic").await;
    let api = site.get("/api/assets/SYM1/indicators?range=all&ema=3,8", None).await;
    let (opens, closes) = (bars(&api, "open"), bars(&api, "close"));
    let wanted = crossing(&indicators::ema(&closes, 3), &indicators::ema(&closes, 8), 0.0);
    let trading = Trading { costs: 0.002, ..Trading::default() };
    let run = simulate(&Prices { opens: &opens, closes: &closes }, &wanted, &trading);
    let tally = Tally::of(&run.trades, &trading);
    assert!(run.trades.len() > 10, "{}", run.trades.len());
    let query = "range=all&ema=3,8&costs=20";
    let page = site.get(&format!("/assets/SYM1/price?{query}"), None).await.body;
    for (at, trade) in run.trades.iter().enumerate() {
        for value in [trade.gain, tally.grown[at]] {
            let shown = format::change(value, 2, Lang::En);
            assert!(page.contains(&shown), "trade {at}: {shown}");
        }
        assert!(page.contains(&format::price(trade.entry, Lang::En)), "trade {at}");
    }
    assert!(page.contains("0.20\u{a0}% fee") && page.contains("0.05\u{a0}% slippage"), "costs are stated");
    let won = format!("{} of the closed ones", format::percent(tally.won.unwrap(), 0, Lang::En));
    assert!(page.contains(&won), "{won}");
    // The signal of the first trade is the close before its open, and leads to the laboratory at that date.
    let day = api.json()["bars"][run.trades[0].entered - 1]["time"].as_str().unwrap().to_owned();
    assert!(page.contains(&format!("/lab?symbol=SYM1&amp;on={day}")), "{day}");
    assert_eq!(api.json()["signals"][0]["time"], day.as_str());
    // As a file.
    let csv = site.get(&format!("/assets/SYM1/price?{query}&format=csv&table=trades"), key.as_deref()).await;
    assert_eq!((csv.status, csv.header("content-type")), (200, "text/csv; charset=utf-8"));
    let lines: Vec<&str> = csv.body.lines().collect();
    assert_eq!(lines.len(), run.trades.len() + 1);
    let first: Vec<&str> = lines[1].split(',').collect();
    assert_eq!((first[0], first[1]), ("SYM1", day.as_str()));
    assert_eq!(first[8].parse::<f64>().unwrap(), run.trades[0].gain);
    assert_eq!(first[7].parse::<f64>().unwrap(), trading.by_share(&run.trades[0]));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_shows_extremes_rows_groups_and_pivots() {
    let site = site().await;
    let api = site.get("/api/assets/EUR%2FUSD/indicators?range=6m", None).await;
    let (high, low) = (bars(&api, "high"), bars(&api, "low"));
    let page = site.get("/assets/EUR%2FUSD/price?range=6m", None).await.body;
    let highest = high.iter().copied().fold(f64::MIN, f64::max);
    let lowest = low.iter().copied().fold(f64::MAX, f64::min);
    let shown = |value: f64| format::price(value, Lang::En);
    assert!(page.contains(&format!("Highest price</dt><dd><b>{}</b>", shown(highest))), "{highest}");
    assert!(page.contains(&format!("Lowest price</dt><dd><b>{}</b>", shown(lowest))), "{lowest}");
    assert!(page.contains("Rows 1 to 50 of") && page.contains("aria-sort=\"descending\""));
    assert!(page.contains("data-source=\"/api/assets/EUR%2FUSD/indicators?range=6m\""));
    let weeks = site.get("/assets/SYM1/price?group=week&sort=-change", None).await.body;
    assert!(weeks.contains("Week of 16 Nov 2026"), "the week of the newest bar");
    let months = site.get("/assets/SYM1/price?group=month&pivot=month-year&range=all", None).await.body;
    assert!(months.contains("Return by month and year</h3>") && months.contains("Nov 2026"));
    let days = site.get("/assets/SYM1/price?pivot=weekday-month", None).await.body;
    assert!(days.contains("mean over"));
    let none = site.get("/assets/SYM1/price?from=2020-01-01&to=2020-02-01", None).await;
    assert!(none.status == 200 && none.body.contains("no bar in these dates"));
    let second = site.get("/assets/SYM1/price?page=2", None).await.body;
    assert!(second.contains("Rows 51 to 100 of"));
    let spanish = site.request("GET", "/assets/SYM1/price?macd=1", None).header("accept-language", "es");
    let spanish = site.send(spanish).await.body;
    assert!(spanish.contains("Histograma del MACD") && spanish.contains("Señales y operaciones"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_for_tiers_that_have_them() {
    let site = site().await;
    for (tier, status) in
        [("visitor", 403), ("free", 403), ("basic", 200), ("plus", 200), ("pro", 200), ("admin", 200)]
    {
        let key = site.sign_in_as(tier).await;
        let reply = site.get("/assets/SYM1/price?format=csv", key.as_deref()).await;
        assert_eq!(reply.status, status, "{tier}");
        assert_eq!(reply.body.contains("201.37"), status == 200, "{tier}");
        let page = site.get("/assets/SYM1/price", key.as_deref()).await.body;
        assert_eq!(page.contains("format=csv"), status == 200, "{tier}");
    }
    let key = site.sign_in_as("free").await;
    let locked = site.get("/assets/SYM12/price?format=csv", key.as_deref()).await;
    assert!(locked.status == 403 && !locked.body.contains("212.37"));
    let key = site.sign_in_as("basic").await;
    let csv = site.get("/assets/SYM1/price?format=csv&group=month&range=all&sort=day", key.as_deref()).await;
    assert!(
        csv.body.starts_with("symbol,day,open,high,low,close,change,volume,action\nSYM1,2025-05-"),
        "{}",
        csv.body
    );
    assert_eq!(csv.header("content-disposition"), "attachment; filename=\"SYM1-bars.csv\"");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_accepted_is_explained() {
    let site = site().await;
    for (query, says) in [
        ("ema=0,26", "two different whole numbers from 2 to 400"),
        ("ema=1,26", "two different whole numbers from 2 to 400"),
        ("ema=12,1000000000", "two different whole numbers from 2 to 400"),
        ("ema=-12,26", "two different whole numbers from 2 to 400"),
        ("ema=NaN,26", "two different whole numbers from 2 to 400"),
        ("sma=0", "one or two different whole numbers"),
        ("bands=20,NaN", "a width from 0.5 to 5"),
        ("macd=26,12,0", "a signal from 1 to 100"),
        ("rsi=1000000000", "a whole number from 2 to 400"),
        ("stoch=slow,0,0,0", "smoothing from 1 to 100"),
        ("from=2026-02-02&to=2026-02-01", "not after the last one"),
        ("from=12-31-2026", "a date such as"),
        ("range=1000y", "6m, 1y"),
        ("page=1000000000000", "from 1 to 2000"),
        ("min=NaN", "per cent from 0 to 1000"),
        ("costs=-5", "from 0 to 500"),
        ("view=%3Cscript%3Ealert(1)%3C/script%3E", "candles, ohlc or line"),
    ] {
        let page = site.get(&format!("/assets/SYM1/price?{query}"), None).await;
        assert_eq!(page.status, 400, "{query}");
        assert!(page.body.contains(says), "{query}: {}", page.body);
        assert!(!page.body.contains("<script>alert") && !page.body.contains("201.37"), "{query}");
        assert!(page.body.contains("21 Nov 2026, 06:00 UTC"), "{query}: as of when");
        let json = site.get(&format!("/api/assets/SYM1/indicators?{query}"), None).await;
        assert_eq!((json.status, json.json()["error"].as_str()), (400, Some("bad_request")), "{query}");
        assert!(json.json()["reason"].as_str().unwrap().contains(says), "{query}: {}", json.body);
    }
    let long = format!("/assets/SYM1/price?ema={}", "1,".repeat(5_000));
    assert_eq!(site.get(&long, None).await.status, 400);
    for path in ["/assets/NOPE/price", "/api/assets/NOPE/indicators", "/assets/%3Cb%3E/price?ema=0"] {
        let reply = site.get(path, None).await;
        assert_eq!(reply.status, 404, "{path}");
        assert!(!reply.body.contains("<b>\""), "{path}");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_asset_with_few_or_no_bars_has_a_page() {
    let site = Site::start().await;
    let mut slot = SlotBuilder::new("2026-11-21T06Z", "new");
    slot.days = 3;
    slot.write(&site.lake).await;
    site.publish("2026-11-21T06Z").await;
    let query = "macd=1&rsi=1&stoch=1&bands=1&ema=50,200&pivot=month-year&group=week";
    let page = site.get(&format!("/assets/SYM1/price?{query}"), None).await;
    assert!(page.status == 200 && page.body.contains("Fewer than 30 bars"), "{}", page.body);
    let json = site.get(&format!("/api/assets/SYM1/indicators?{query}"), None).await;
    assert!(column(&json, "rsi").iter().all(|v| v.is_nan()) && column(&json, "rsi").len() == 3);
    let mut none = SlotBuilder::new("2026-11-21T12Z", "none");
    none.days = 0;
    let bare = Site::start().await;
    none.write(&bare.lake).await;
    bare.publish("2026-11-21T12Z").await;
    let page = bare.get("/assets/SYM1/price", None).await;
    assert!(page.status == 200 && page.body.contains("No prices have been published"), "{}", page.body);
    assert_eq!(bare.get("/api/assets/SYM1/indicators", None).await.status, 200);
    bare.stop().await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn splits_and_dividends_stand_on_chart_and_table() {
    let site = site().await;
    // Two for one on 10 October; half a dollar a share on 2 November, of the close before. Both as a source would adjust.
    sqlx::query(
        "update daily_bars set adj_close = close
             * case when traded_on < '2026-10-10' then 0.5 else 1 end
             * case when traded_on < '2026-11-02' then 1 - 0.5 / (
                 select b.close from daily_bars b where b.symbol = daily_bars.symbol and b.traded_on = '2026-11-01') else 1 end
         where symbol in ('SYM1', 'SYM12')",
    )
    .execute(&site.pool)
    .await
    .unwrap();
    let key = site.sign_in_as("basic").await;
    let page = site.get("/assets/SYM1/price", key.as_deref()).await.body;
    let listed = page.split("id=\"actions\"").nth(1).unwrap().split("</dl>").next().unwrap();
    for (day, says) in [("10 Oct 2026", "Split, 2 for 1"), ("2 Nov 2026", "Dividend of 0.50 a share")] {
        assert!(listed.contains(&format!("<dt>{day}</dt><dd>{says}</dd>")), "{listed}");
        let row = page.split("<tr>").find(|row| row.contains(&format!("<th scope=\"row\">{day} "))).unwrap();
        assert!(row.contains(&format!("<span class=\"action\">{says}</span>")), "{row}");
    }
    assert_eq!(page.matches("class=\"action\"").count(), 2, "each in its row, and nowhere else");
    let week = site.get("/assets/SYM1/price?group=week", key.as_deref()).await.body;
    assert_eq!(week.matches("class=\"action\"").count(), 2);
    let later = site.get("/assets/SYM1/price?from=2026-11-03", key.as_deref()).await.body;
    assert!(!later.contains("Split, 2 for 1") && !later.contains("id=\"actions-title\""));

    let json = site.get("/api/assets/SYM1/indicators?range=1y", key.as_deref()).await.json();
    let drawn: Vec<_> = ["time", "kind", "sign"]
        .map(|name| {
            json["actions"].as_array().unwrap().iter().map(|a| a[name].as_str().unwrap()).collect::<Vec<_>>()
        })
        .into();
    let expected: [Vec<&str>; 3] =
        [vec!["2026-10-10", "2026-11-02"], vec!["split", "dividend"], vec!["2:1", "0.50"]];
    assert_eq!(drawn, expected);
    let csv = site.get("/assets/SYM1/price?format=csv", key.as_deref()).await.body;
    let ends = |on: &str, end: &str| csv.lines().any(|line| line.contains(on) && line.ends_with(end));
    assert!(ends("2026-10-10", ",split 2:1") && ends("2026-11-02", ",dividend 0.5000"), "{csv}");
    // Who may not see an asset's prices learns nothing of what happened to them.
    for (key, shown) in [(key.as_deref(), true), (None, false)] {
        let page = site.get("/assets/SYM12/price", key).await.body;
        let json = site.get("/api/assets/SYM12/indicators?range=1y", key).await.body;
        for body in [page, json] {
            assert_eq!(body.contains("Split, 2 for 1") && body.contains("Dividend of"), shown, "{body}");
        }
    }
    // No adjusted close, no dividend; SYM2 has had neither.
    let other = site.get("/assets/SYM2/price", key.as_deref()).await.body;
    assert!(!other.contains("class=\"action\""));
    site.stop().await;
}
