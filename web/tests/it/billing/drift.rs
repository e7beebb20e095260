//! Credit notes and refunds in the nightly comparison.

use web::billing::reconcile::Report;

use super::*;

/// Compares as of a night so many days from now; field and words of what differed.
async fn night(shop: &Cashier, days: i64) -> (Report, Vec<(String, String)>) {
    let now = shop.tick().await;
    let on = (now + Duration::days(days)).date_naive();
    let report = reconcile::compare(&shop.site.app.desk(now).unwrap(), on).await.unwrap().unwrap();
    let said = report.drifts.iter().map(|d| (d.field.clone(), reconcile::says(d))).collect();
    (report, said)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_credit_note_that_was_missed_is_found_at_night_explained_and_mended() {
    // No webhook ever arrives.
    let shop = Cashier::open_with(false, None).await;
    sqlx::query("update plans set trial_days = 0").execute(&shop.site.pool).await.unwrap();
    let ada = shop.buyer().await;
    shop.subscribe(&ada, "plus", "month", GOOD).await;
    night(&shop, 0).await;
    let invoice: String =
        sqlx::query_scalar("select stripe_id from billing_invoices where total_cents = 1900")
            .fetch_one(&shop.site.pool)
            .await
            .unwrap();
    // Somebody gives a part back in the provider's own console.
    let form = [("invoice", invoice.as_str()), ("amount", "500"), ("refund_amount", "500")];
    let made = shop.api("POST", "/credit_notes", &form).await;
    let note = made["id"].as_str().unwrap();
    let (report, said) = night(&shop, 1).await;
    assert!(report.failed.is_empty() && report.drifts.iter().all(|d| d.mended), "{report:?}");
    let missed = "is there and was not known here: the event that told of it was missed; ours is now theirs";
    let expected = [
        (
            "credited_cents".to_owned(),
            format!(
                "the invoice {invoice} has credited_cents \"500\" there and had \"0\" here; ours is now theirs"
            ),
        ),
        ("exists".to_owned(), format!("the credit note {note} {missed}")),
    ];
    assert_eq!(said, expected);
    assert_eq!(shop.one("select refund_cents from billing_credit_notes where amount_cents = 500").await, 500);
    assert_eq!(shop.one("select sum(amount_cents)::bigint from billing_refunds").await, 500);

    // What is known of it is not what is there.
    sqlx::query(
        "update billing_credit_notes set amount_cents = 700, status = 'void', refund_stripe_ids = '{}'",
    )
    .execute(&shop.site.pool)
    .await
    .unwrap();
    let (report, said) = night(&shop, 2).await;
    let fields: Vec<&str> = said.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(fields, ["status", "amount_cents", "refunds"], "{report:?}");
    assert!(report.drifts.iter().all(|d| d.mended && d.object_id == note), "{report:?}");
    assert_eq!(
        said[0].1,
        format!(
            "the credit note {note} has status \"issued\" there and had \"void\" here; ours is now theirs"
        )
    );
    assert_eq!(shop.one("select amount_cents from billing_credit_notes where status = 'issued'").await, 500);

    // One that is not there: reading again does not mend it, and no night says that it did.
    sqlx::query(
        "insert into billing_credit_notes select 'cn_of_nobody', customer_stripe_id, customer_id, invoice_stripe_id, 'CN-0', status,
             currency, amount_cents, refund_cents, '{}', null, reason, memo, created_at, synced_at from billing_credit_notes",
    )
    .execute(&shop.site.pool)
    .await
    .unwrap();
    for days in [3, 4] {
        let (report, said) = night(&shop, days).await;
        assert!(report.drifts.len() == 1 && !report.drifts[0].mended, "{report:?}");
        assert!(said[0].1.starts_with(
            "the credit note cn_of_nobody is known here and is not there; reading it again did not help"
        ));
    }
    sqlx::query("delete from billing_credit_notes where stripe_id = 'cn_of_nobody'")
        .execute(&shop.site.pool)
        .await
        .unwrap();
    let (quiet, _) = night(&shop, 5).await;
    assert!(quiet.drifts.is_empty() && quiet.compared >= 4, "{quiet:?}");
    let kept =
        shop.one("select count(*) from billing_drifts where object_id like 'cn_%' and not mended").await;
    assert_eq!(kept, 2);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_without_a_credit_note_that_was_missed_is_found_at_night_explained_and_mended() {
    let shop = Cashier::open_with(false, None).await;
    sqlx::query("update plans set trial_days = 0").execute(&shop.site.pool).await.unwrap();
    let ada = shop.buyer().await;
    shop.subscribe(&ada, "plus", "month", GOOD).await;
    night(&shop, 0).await;
    let payment: String =
        sqlx::query_scalar("select payment_intent_id from billing_invoices where total_cents = 1900")
            .fetch_one(&shop.site.pool)
            .await
            .unwrap();
    // Somebody gives a part back in the provider's own console, without a note.
    let made = shop.api("POST", "/refunds", &[("payment_intent", payment.as_str()), ("amount", "300")]).await;
    let refund = made["id"].as_str().unwrap();
    let (report, said) = night(&shop, 1).await;
    assert!(report.failed.is_empty() && report.drifts.iter().all(|d| d.mended), "{report:?}");
    let missed = "is there and was not known here: the event that told of it was missed; ours is now theirs";
    assert_eq!(said, [("exists".to_owned(), format!("the refund {refund} {missed}"))]);
    assert_eq!(shop.one("select sum(amount_cents)::bigint from billing_refunds").await, 300);

    // What is known of it is not what is there.
    sqlx::query("update billing_refunds set amount_cents = 200, status = 'pending'")
        .execute(&shop.site.pool)
        .await
        .unwrap();
    let (report, said) = night(&shop, 2).await;
    let fields: Vec<&str> = said.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(fields, ["status", "amount_cents"], "{report:?}");
    assert!(report.drifts.iter().all(|d| d.mended && d.object_id == refund), "{report:?}");

    // One that is not there: reading again does not mend it.
    sqlx::query(
        "insert into billing_refunds select 're_of_nobody', customer_stripe_id, customer_id, invoice_stripe_id, charge_id, status,
             currency, amount_cents, reason, created_at, synced_at from billing_refunds",
    )
    .execute(&shop.site.pool)
    .await
    .unwrap();
    let (report, said) = night(&shop, 3).await;
    assert!(report.drifts.len() == 1 && !report.drifts[0].mended, "{report:?}");
    assert!(said[0].1.starts_with("the refund re_of_nobody is known here and is not there"), "{said:?}");
    shop.close().await;
}
