//! Setting alerts: what is counted, limited, refused, paused.

use chrono::{DateTime, Duration, Utc};
use web::alerts::evaluate;
use web::alerts::rule::{Measure, Operator, Rule, replay};

use crate::kit::Site;
use crate::past::{close, newest_at};

/// The form of an alert on the first asset.
fn form(measure: &str, operator: &str, threshold: &str, days: &str) -> Vec<(&'static str, String)> {
    vec![
        ("asset", "SYM1".into()),
        ("measure", measure.into()),
        ("operator", operator.into()),
        ("threshold", threshold.into()),
        ("days", days.into()),
        ("mail", "on".into()),
    ]
}

fn query(form: &[(&'static str, String)]) -> String {
    let url = reqwest::Url::parse_with_params("http://x/alerts/new", form).unwrap();
    format!("{}?{}", url.path(), url.query().unwrap())
}

async fn save(site: &Site, key: &str, form: &[(&'static str, String)]) -> crate::kit::Reply {
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    site.post("/alerts", Some(key), &form).await
}

/// The number in the sentence about the past.
fn counted(body: &str) -> i64 {
    let said = body.split("would ").nth(1).unwrap_or_else(|| panic!("{body}"));
    if said.starts_with("not have fired") {
        return 0;
    }
    let said = said.strip_prefix("have fired ").unwrap();
    if said.starts_with("once") { 1 } else { said.split(' ').next().unwrap().parse().unwrap() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_count_is_what_happens_when_the_slots_come_one_by_one() {
    let site = Site::start().await.with_past(90).await;
    let (key, id, _) = site.customer("pro").await;
    let rules = [
        ("price", "moves", "5", "2"),
        ("sentiment", "above", "0.25", "1"),
        ("mentions", "below", "30", "1"),
        ("forecast-median", "moves", "1", "5"),
    ];
    let mut promised = Vec::new();
    for (measure, operator, threshold, days) in rules {
        let page = site.get(&query(&form(measure, operator, threshold, days)), Some(&key)).await;
        assert_eq!(page.status, 200, "{}", page.body);
        promised.push(counted(&page.body));
    }
    assert!(promised.iter().all(|count| *count > 1), "{promised:?}");
    // By hand: the price's rule over the closes that the past was made of.
    let price = Rule { measure: Measure::Price, operator: Operator::Moves, threshold: 0.05, days: 2 };
    let oldest = newest_at() - Duration::days(90);
    let slots = (0..=360).map(|n| oldest + Duration::hours(6 * n));
    let readings = slots.map(|at: DateTime<Utc>| {
        let last = at.date_naive() - Duration::days(1);
        (at, Some(close(1, last) / close(1, last - Duration::days(2)) - 1.0))
    });
    assert_eq!(replay(&price, None, readings).1.len(), usize::try_from(promised[0]).unwrap());

    // Now the same slots come one by one.
    for (measure, operator, threshold, days) in rules {
        let typed: f64 = threshold.parse().unwrap();
        let share = if matches!(measure, "price" | "forecast-median") { 100.0 } else { 1.0 };
        sqlx::query(
            "insert into customer_alerts (customer_id, symbol, measure, operator, threshold, days, channels, created_at)
             values ($1, 'SYM1', $2, $3, $4, $5, '{mail}', now())",
        )
        .bind(id)
        .bind(measure)
        .bind(operator)
        .bind(typed / share)
        .bind(days.parse::<i32>().unwrap())
        .execute(&site.pool)
        .await
        .unwrap();
    }
    sqlx::query("update publications set version = 2").execute(&site.pool).await.unwrap();
    let now = Utc::now();
    for n in 0..=360 {
        sqlx::query("update publications set version = 1 where closes_at = $1")
            .bind(oldest + Duration::hours(6 * n))
            .execute(&site.pool)
            .await
            .unwrap();
        assert_eq!(evaluate::evaluate_new(&site.app, now).await.unwrap(), 1, "{n}");
    }
    let fired: Vec<i64> = sqlx::query_scalar(
        "select count(d.id) from customer_alerts a left join alert_deliveries d on d.alert_id = a.id group by a.id order by a.id",
    )
    .fetch_all(&site.pool)
    .await
    .unwrap();
    assert_eq!(fired, promised);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tier_limits_how_many_and_which() {
    let site = Site::start().await.with_past(40).await;
    for (tier, limit) in [("free", 1), ("basic", 5)] {
        let (key, id, _) = site.customer(tier).await;
        for n in 0..=limit {
            let reply = save(&site, &key, &form("price", "above", &format!("{}", n + 1), "1")).await;
            assert_eq!(reply.status, if n < limit { 303 } else { 400 }, "{tier} {n}: {}", reply.body);
            assert!(n < limit || reply.body.contains(&format!("includes {limit} alerts")), "{}", reply.body);
        }
        let locked = save(&site, &key, &form("forecast-median", "moves", "2", "5")).await;
        assert!(locked.status == 400 && locked.body.contains("included in Pro, €49.00"), "{}", locked.body);
        let own: i64 = sqlx::query_scalar("select count(*) from customer_alerts where customer_id = $1")
            .bind(id)
            .fetch_one(&site.pool)
            .await
            .unwrap();
        assert_eq!(own, limit);
    }
    // The past is told only as far as the tier shows it.
    for (tier, says) in [
        ("free", "shows the newest value only"),
        ("basic", "in the last 7 days"),
        ("plus", "in the last 90 days"),
    ] {
        let (key, ..) = site.customer(tier).await;
        let page = site.get(&query(&form("sentiment", "above", "0.25", "1")), Some(&key)).await;
        assert!(page.status == 200 && page.body.contains(says), "{tier}: {}", page.body);
    }
    let (key, ..) = site.customer("free").await;
    let mut eleventh = form("price", "above", "3", "1");
    eleventh[0].1 = "SYM11".into();
    assert!(save(&site, &key, &eleventh).await.body.contains("not part of your tier"));
    let back = save(&site, &key, &form("sentiment-change", "moves", "0.2", "1")).await;
    assert!(back.status == 400 && back.body.contains("not part of your tier"), "a change tells the past");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lower_tier_pauses_and_a_higher_one_resumes() {
    let site = Site::start().await.with_past(3).await;
    let (key, id, _) = site.customer("pro").await;
    assert_eq!(save(&site, &key, &form("price", "above", "3", "1")).await.status, 303);
    assert_eq!(save(&site, &key, &form("var-99", "above", "2", "1")).await.status, 303);
    assert_eq!(save(&site, &key, &form("sentiment", "above", "0.2", "1")).await.status, 303);
    let paused = || async {
        sqlx::query("delete from alert_evaluations").execute(&site.pool).await.unwrap();
        evaluate::evaluate_new(&site.app, Utc::now()).await.unwrap();
        let sql = "select coalesce(paused, 'on') from customer_alerts order by id";
        sqlx::query_scalar::<_, String>(sql).fetch_all(&site.pool).await.unwrap()
    };
    assert_eq!(paused().await, ["on", "on", "on"]);
    let buy = |tier: &'static str| {
        sqlx::query("update subscriptions set tier = $2 where customer_id = $1")
            .bind(id)
            .bind(tier)
            .execute(&site.pool)
    };
    buy("plus").await.unwrap();
    assert_eq!(paused().await, ["on", "tier", "on"]);
    let page = site.get("/alerts", Some(&key)).await.body;
    assert!(page.contains("Paused: your tier does not show these values"), "{page}");
    sqlx::query("update subscriptions set ends_at = now() where customer_id = $1")
        .bind(id)
        .execute(&site.pool)
        .await
        .unwrap();
    assert_eq!(paused().await, ["on", "limit", "limit"]);
    sqlx::query("update subscriptions set ends_at = null, tier = 'pro' where customer_id = $1")
        .bind(id)
        .execute(&site.pool)
        .await
        .unwrap();
    assert_eq!(paused().await, ["on", "on", "on"]);
    // What its owner has paused stays so.
    let first = site.number("select min(id) from customer_alerts").await;
    site.post(&format!("/alerts/{first}"), Some(&key), &[("act", "pause")]).await;
    assert_eq!(paused().await, ["customer", "on", "on"]);
    site.post(&format!("/alerts/{first}"), Some(&key), &[("act", "resume")]).await;
    assert_eq!(paused().await, ["on", "on", "on"]);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_refused_with_what_is_accepted_and_kept_in_the_form() {
    let site = Site::start().await.with_past(3).await;
    let (key, ..) = site.customer("pro").await;
    for (typed, says) in [
        (form("price", "moves", "1e12", "1"), "between 0.1\u{a0}% and 1,000.0\u{a0}%"),
        (form("price", "moves", "NaN", "1"), "between"),
        (form("price", "moves", "-5", "1"), "between"),
        (form("price", "above", "3", "-1"), "from 1 to 30"),
        (form("<script>", "above", "3", "1"), "from the list"),
        (form("mentions", "moves", "3", "1"), "that are a change"),
    ] {
        for reply in [save(&site, &key, &typed).await, site.get(&query(&typed), Some(&key)).await] {
            assert!(reply.status == 400 && reply.body.contains(says), "{typed:?}: {}", reply.body);
            assert!(!reply.body.contains("<script>\""), "{typed:?}");
        }
    }
    let mut nobody = form("price", "above", "3", "1");
    nobody[0].1 = "<b>NOPE".into();
    let reply = save(&site, &key, &nobody).await;
    assert!(
        reply.status == 400
            && reply.body.contains("No asset has this symbol")
            && reply.body.contains("&lt;b&gt;NOPE")
    );
    let (other, id, _) = site.customer("pro").await;
    let list = web::watch::store::create_list(&site.pool, id, "Mine", 20, Utc::now()).await.unwrap().unwrap();
    let mut foreign = form("price", "above", "3", "1");
    foreign.push(("list", list.to_string()));
    assert_eq!(save(&site, &key, &foreign).await.status, 404, "another's list");
    assert_eq!(save(&site, &other, &foreign).await.status, 303, "an empty list of one's own");
    let alert = site.number("select id from customer_alerts").await;
    for act in ["pause", "resume", "delete"] {
        assert_eq!(site.post(&format!("/alerts/{alert}"), Some(&key), &[("act", act)]).await.status, 404);
        assert_eq!(site.post("/alerts/x", Some(&key), &[("act", act)]).await.status, 404);
    }
    for (url, says) in [
        ("http://example.org/hook", "begin with https"),
        ("https://169.254.169.254/latest", "does not lead to the open internet"),
        ("https://[::1]/", "does not lead to the open internet"),
        ("https://me:secret@example.org/", "not a web address"),
        ("nonsense", "not a web address"),
    ] {
        let reply = site.post("/account/webhook", Some(&key), &[("url", url)]).await;
        assert!(reply.status == 400 && reply.body.contains(says), "{url}: {}", reply.body);
    }
    assert_eq!(site.number("select count(*) from webhooks").await, 0);
    site.stop().await;
}
