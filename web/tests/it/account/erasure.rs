//! Everything that is a customer's: taken away as a file, and erased.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_is_the_customers_is_in_the_file_and_nothing_of_others() {
    let site = Site::with_slots().await;
    let (mut ada, mut eve) = (Browser::new(&site), Browser::new(&site));
    for (who, email, name) in
        [(&mut ada, "ada@example.org", "Hers"), (&mut eve, "eve@example.org", "Not hers")]
    {
        who.register(email).await;
        who.post("/account/views", &[("name", name), ("path", "/news")]).await;
        who.post("/watch", &[("symbol", "SYM1"), ("turn", "on")]).await;
    }
    switch_on(&mut ada).await;
    let reply = ada.get("/account/export.json").await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert!(reply.header("content-disposition").starts_with("attachment"));
    assert_eq!(reply.header("cache-control"), "private, no-store");
    let file = reply.json();
    let rows = |table: &str| file["tables"][table].as_array().unwrap_or_else(|| panic!("{table}")).clone();
    assert_eq!(rows("customers")[0]["email"], "ada@example.org");
    assert_eq!(rows("saved_views")[0]["name"], "Hers");
    // Two tables away from the account.
    assert_eq!(rows("watched_assets")[0]["symbol"], "SYM1");
    assert_eq!((rows("customers").len(), rows("watched_assets").len()), (1, 1));
    assert!(file["audit_log"].as_array().unwrap().iter().any(|e| e["action"] == "account.two_step_on"));
    assert!(!reply.body.contains("eve@example.org") && !reply.body.contains("Not hers"));
    for secret in ["argon2id", "password_hash", "sha256", "\"secret\""] {
        assert!(!reply.body.contains(secret), "{secret}");
    }
    // No table that hangs on an account is forgotten, except those of secrets alone.
    let hanging: Vec<String> = sqlx::query_scalar(
        "select conrelid::regclass::text from pg_constraint where confrelid = 'customers'::regclass",
    )
    .fetch_all(&site.pool)
    .await
    .unwrap();
    assert!(hanging.len() > 10, "{hanging:?}");
    for table in hanging {
        assert!(file["tables"].get(&table).is_some_and(Value::is_array), "{table}");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_erased_after_thirty_days_unless_its_owner_comes_back() {
    let site = Site::with_slots().await;
    let (mut ada, mut eve) = (Browser::new(&site), Browser::new(&site));
    ada.register("ada@example.org").await;
    eve.register("eve@example.org").await;
    ada.post("/watch", &[("symbol", "SYM1"), ("turn", "on")]).await;
    assert_eq!(ada.post("/account/erase", &[("email", "eve@example.org")]).await.status, 422);
    let pseudonym: String =
        sqlx::query_scalar("select pseudonym::text from customers where email like 'ada%'")
            .fetch_one(&site.pool)
            .await
            .unwrap();
    // Whoever pays has to cancel first.
    for sql in [
        "insert into billing_customers (stripe_id, customer_id, livemode, created_at, synced_at)
         select 'cus_1', id, false, now(), now() from customers where email like 'ada%'",
        "insert into billing_subscriptions (stripe_id, customer_stripe_id, customer_id, livemode, status, tier, price_id,
             item_stripe_id, unit_amount_cents, currency, interval, quantity, created_at, started_at,
             current_period_start_at, current_period_end_at, cancel_at_period_end, synced_at)
         select 'sub_1', 'cus_1', id, false, 'active', 'pro', 'price_1', 'si_1', 4900, 'EUR', 'month', 1, now(), now(),
             now(), now() + interval '30 days', false, now() from customers where email like 'ada%'",
    ] {
        sqlx::query(sql).execute(&site.pool).await.unwrap();
    }
    let refused = ada.post("/account/erase", &[("email", "ada@example.org")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("A subscription is running"));
    sqlx::query("update billing_subscriptions set cancel_at_period_end = true")
        .execute(&site.pool)
        .await
        .unwrap();
    let start = Utc::now();
    site.app.clock.set(Some(start));
    let erase = [("email", "ada@example.org")];
    assert_eq!(ada.post("/account/erase", &erase).await.status, 200);
    assert!(!ada.is_signed_in().await);
    assert!(mail(&site, "ada@example.org").await.contains("will be erased on"));
    // Back after 29 days: it stays.
    site.app.clock.set(Some(start + Duration::days(29)));
    work(&site).await;
    assert_eq!(ada.sign_in("ada@example.org", PASSWORD).await.status, 303);
    assert!(subjects(&site, "ada@example.org").await.contains(&"Your account stays".to_owned()));
    site.app.clock.set(Some(start + Duration::days(31)));
    work(&site).await;
    assert!(ada.is_signed_in().await);
    // Asked for again: this time nobody comes.
    ada.post("/account/again", &[("password", PASSWORD)]).await;
    assert_eq!(ada.post("/account/erase", &erase).await.status, 200);
    site.app.clock.set(Some(start + Duration::days(61) - Duration::seconds(1)));
    work(&site).await;
    assert_eq!(site.number("select count(*) from customers where email like 'ada%'").await, 1);
    site.app.clock.set(Some(start + Duration::days(61)));
    work(&site).await;
    let left = left_of(&site, &["ada@example.org"]).await;
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(site.number("select count(*) from watched_assets").await, 0);
    // What was paid for stays, and no longer says by whom.
    assert_eq!(site.number("select count(*) from billing_subscriptions where customer_id is null").await, 1);
    assert_eq!(site.number("select count(*) from billing_customers where customer_id is null").await, 1);
    // The log still tells what happened, to whom it no longer says.
    let told: Vec<String> =
        sqlx::query_scalar("select action from audit_entries where subject = $1 order by id")
            .bind(&pseudonym)
            .fetch_all(&site.pool)
            .await
            .unwrap();
    assert_eq!(told.last().map(String::as_str), Some("account.erased"));
    assert!(told.contains(&"account.erasure_cancelled".to_owned()));
    assert!(matches!(audit::verify(&site.pool).await.unwrap(), Verified::Whole { rows } if rows > 5));
    // The address is free again, and Eve is where she was.
    site.app.clock.set(None);
    assert_eq!(eve.sign_in("eve@example.org", PASSWORD).await.status, 303);
    forget_tries(&site).await;
    Browser::new(&site).register("ada@example.org").await;
    site.stop().await;
}

/// Tables in which one of these texts stands anywhere.
async fn left_of(site: &Site, texts: &[&str]) -> Vec<String> {
    let tables: Vec<String> =
        sqlx::query_scalar("select table_name::text from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'")
            .fetch_all(&site.pool)
            .await
            .unwrap();
    let mut left = Vec::new();
    for table in tables {
        for text in texts {
            let sql = format!("select count(*) from \"{table}\" t where t::text ilike '%' || $1 || '%'");
            let found: i64 =
                sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(text).fetch_one(&site.pool).await.unwrap();
            if found > 0 {
                left.push(table.clone());
            }
        }
    }
    left
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_hangs_on_an_account_goes_with_it_or_says_that_it_stays() {
    let site = Site::start().await;
    // `c`: goes with the account; `n`: stays and no longer names it. Anything else would make an erasure fail.
    let others: Vec<String> = sqlx::query_scalar(
        "select conrelid::regclass::text from pg_constraint
         where confrelid = 'customers'::regclass and confdeltype not in ('c', 'n')",
    )
    .fetch_all(&site.pool)
    .await
    .unwrap();
    assert!(others.is_empty(), "{others:?}");
    site.stop().await;
}
