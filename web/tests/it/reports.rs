//! The weekly report: its bytes, its mail, and when it is made.

use std::sync::Arc;

use chrono::{DateTime, Datelike, Duration, DurationRound, Timelike, Utc};
use web::alerts::address::System;
use web::mail::carrier::LocalMailbox;
use web::report::week::Week;
use web::worker::Worker;

use crate::kit::Site;
use crate::past::{close, newest_at};

async fn pdf(site: &Site, week: &str, key: &str) -> (u16, Vec<u8>) {
    let request = site.request("GET", &format!("/account/reports/{week}.pdf"), Some(key));
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
}

fn words(pdf: &[u8]) -> String {
    let document = lopdf::Document::load_mem(pdf).unwrap();
    let pages: Vec<u32> = document.get_pages().keys().copied().collect();
    document.extract_text(&pages).unwrap().replace('\n', "")
}

/// A past of some weeks with headlines, and a customer who watches two assets.
async fn site_and_reader(tier: &str) -> (Site, String, i64) {
    let site = Site::start().await.with_past(21).await;
    sqlx::query(
        "insert into documents (publication_id, symbol, kind, source, id, said_at, outlet, text, url, score, weight)
         select id, 'SYM1', 'article', 'feeds', 'a' || id, closes_at - interval '1 hour', 'The Morning Ledger',
                'Ñandú <b>headline</b> ' || id, 'https://news.example/' || id, 0.1, 0.5 from publications",
    )
    .execute(&site.pool)
    .await
    .unwrap();
    let (key, id, _) = site.customer(tier).await;
    for symbol in ["SYM1", "SYM11"] {
        site.post("/watch", Some(&key), &[("symbol", symbol), ("turn", "on")]).await;
    }
    (site, key, id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pdf_opens_and_holds_the_figures() {
    let (site, key, _) = site_and_reader("pro").await;
    let week = Week::containing(newest_at()).previous();
    let (status, bytes) = pdf(&site, &week.name(), &key).await;
    assert_eq!(status, 200);
    assert!(bytes.starts_with(b"%PDF-"));
    assert_eq!(pdf(&site, &week.name(), &key).await.1, bytes, "the same bytes each time");
    let text = words(&bytes);
    let last = close(1, week.last_day());
    let change = last / close(1, week.first_day() - Duration::days(1)) - 1.0;
    let price = format!("{last:.2}");
    let change = format!("{:.1}", (change * 100.0).abs());
    for part in [
        &*week.name(),
        "Company 1",
        "SYM11",
        &price,
        &change,
        "The Morning Ledger",
        "headline",
        "Sandbox data",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.contains("Value at Risk") && text.contains("3.0"), "{text}");
    for week in ["2026-W99", "x", "9999-W01", "%3Cscript%3E"] {
        assert_eq!(pdf(&site, week, &key).await.0, 404, "{week}");
    }
    assert_eq!(site.get("/account/reports/2026-W01.pdf", None).await.status, 303);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_holds_no_more_than_the_tier() {
    let (site, key, _) = site_and_reader("free").await;
    let week = Week::containing(newest_at()).previous();
    let text = words(&pdf(&site, &week.name(), &key).await.1);
    // The eleventh asset is locked; of the first, forecasts and risk are.
    let locked = format!("{:.2}", close(11, week.last_day()));
    assert!(!text.contains(&locked) && !text.contains("Value at Risk"), "{text}");
    assert!(
        text.contains(&format!("{:.2}", close(1, week.last_day()))) && text.contains("Not part of your tier"),
        "{text}"
    );
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_report_is_mailed_once_when_its_hour_has_come() {
    let (site, key, id) = site_and_reader("pro").await;
    let due: DateTime<Utc> = Utc::now().duration_trunc(Duration::hours(1)).unwrap() + Duration::hours(1);
    let weekday = due.weekday().num_days_from_monday().to_string();
    let hour = due.hour().to_string();
    let form = [("report_mails", "on"), ("language", "es"), ("weekday", &*weekday), ("hour", &*hour)];
    assert_eq!(site.post("/account/notifications", Some(&key), &form).await.status, 303);
    for bad in [("weekday", "7"), ("hour", "24"), ("language", "xx"), ("hour", "-1")] {
        let mut form = form.to_vec();
        form.retain(|(name, _)| *name != bad.0);
        form.push(bad);
        assert_eq!(site.post("/account/notifications", Some(&key), &form).await.status, 400, "{bad:?}");
    }
    let worker = || Worker::with(Arc::clone(&site.app), Some(Arc::new(LocalMailbox)), Arc::new(System));
    let mails = "select count(*) from mails where kind = 'report'";
    site.app.clock.set(Some(due - Duration::seconds(1)));
    worker().step().await;
    assert_eq!(site.number(mails).await, 0, "not before its hour, and not for weeks before it was asked for");
    site.app.clock.set(Some(due));
    let (a, b) = (worker(), worker());
    tokio::join!(a.step(), b.step());
    a.step().await;
    assert_eq!(site.number(mails).await, 1);
    let (subject, text, url, content): (String, String, String, Vec<u8>) =
        sqlx::query_as("select subject, text, unsubscribe_url, attachment from mails")
            .fetch_one(&site.pool)
            .await
            .unwrap();
    let week = Week::containing(due).previous();
    assert!(subject.contains(&week.name()) && text.contains("Company 1 & <Sons> (SYM1)"), "{subject} {text}");
    assert!(
        text.contains("Cierre") && words(&content).contains("Informe") || words(&content).contains("semana")
    );
    // The link in it works, signed out, and then there are no more.
    let path = url.strip_prefix("http://localhost").unwrap();
    assert_eq!(site.get(path, None).await.status, 200);
    assert_eq!(site.post(path, None, &[("List-Unsubscribe", "One-Click")]).await.status, 200);
    site.app.clock.set(Some(due + Duration::days(7)));
    worker().step().await;
    assert_eq!(site.number(mails).await, 1);
    let left: bool =
        sqlx::query_scalar("select report_mails from notification_settings where customer_id = $1")
            .bind(id)
            .fetch_one(&site.pool)
            .await
            .unwrap();
    assert!(!left);
    site.stop().await;
}
