//! The audit log, and revenue down to its invoices.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_log_is_filtered_verified_and_taken_away() {
    let site = Site::start().await;
    let admin = site.sign_in_as("admin").await;
    let now = Utc::now();
    for (n, reason) in ["asked by mail", "=HYPERLINK(\"https://evil.example\")"].into_iter().enumerate() {
        let mut tx = site.pool.begin().await.unwrap();
        let detail = json!({ "n": n });
        let subject = format!("somebody-{n}");
        let entry = audit::Entry {
            actor: "someone",
            action: "plan.changed",
            subject: &subject,
            reason,
            address: "192.0.2.1",
            detail: &detail,
        };
        audit::append(&mut tx, &entry, now).await.unwrap();
        tx.commit().await.unwrap();
    }
    let page = async |query: &str| site.get(&format!("/admin/audit{query}"), admin.as_deref()).await;
    let all = page("").await.body;
    assert!(
        all.contains("asked by mail") && all.contains("192.0.2.1") && all.contains("=HYPERLINK("),
        "{all}"
    );
    let one = page("?subject=somebody-0").await.body;
    assert!(one.contains("asked by mail") && !one.contains("HYPERLINK"));
    assert!(page("?action=account.").await.body.contains("No entry fits"));
    assert!(page("?verify=1").await.body.contains("The chain is whole: 2 rows"));
    let csv = page("?format=csv").await;
    assert_eq!(csv.header("content-disposition"), "attachment; filename=\"quarterday-audit.csv\"");
    assert!(csv.body.contains("\"'=HYPERLINK(\"\"https://evil.example\"\")\""), "{}", csv.body);
    for wrong in ["?from=x", "?before=-5", "?before=99999999999999999999"] {
        assert_eq!(page(wrong).await.status, 400, "{wrong}");
    }
    sqlx::raw_sql(
        "alter table audit_entries disable trigger audit_entries_fixed;
         update audit_entries set reason = 'nobody asked' where id = 2;",
    )
    .execute(&site.pool)
    .await
    .unwrap();
    assert!(page("?verify=1").await.body.contains("broken at row 2"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn revenue_leads_from_a_figure_to_its_invoices() {
    let site = Site::start().await;
    let now: DateTime<Utc> = "2026-11-22T06:00:00Z".parse().unwrap();
    site.app.clock.set(Some(now));
    sqlx::query("update sessions set expires_at = 'infinity'").execute(&site.pool).await.unwrap();
    let ada = put_customer(&site, "=cmd|'/c calc'!A1@example.org", now).await;
    let admin = site.sign_in_as("admin").await;
    sqlx::query("update sessions set expires_at = 'infinity'").execute(&site.pool).await.unwrap();
    let page = async |path: &str| site.get(path, admin.as_deref()).await;
    let revenue = page("/admin/revenue").await;
    assert_eq!(revenue.status, 200, "{}", revenue.body);
    // First paid on 7 October; nothing moved since.
    assert!(
        revenue.body.contains("€19.00 a month now, €0.00 since the month began, from 1 paying customers"),
        "{}",
        revenue.body
    );
    assert!(revenue.body.contains("€228.00"));
    assert!(
        revenue.body.contains("href=\"/admin/revenue/changes?currency=EUR&amp;month=2026-10&amp;kind=new\"")
            || revenue.body.contains("month=2026-10&kind=new"),
        "{}",
        revenue.body
    );
    let csv = page("/admin/revenue?format=csv").await.body;
    assert!(csv.contains("2026-10,EUR,0,1900,0,0,0,0,1900,0,1,0,1\r\n"), "{csv}");
    assert!(csv.contains("2026-11,EUR,1900,0,0,0,0,0,1900,1,0,0,1\r\n"), "{csv}");
    let changes = page("/admin/revenue/changes?month=2026-10&kind=new").await.body;
    assert!(changes.contains(&format!("/admin/customers/{ada}")) && changes.contains("€19.00"), "{changes}");
    let csv = page("/admin/revenue/changes?month=2026-10&format=csv").await.body;
    assert!(csv.contains(",'=cmd|'/c calc'!A1@example.org,"), "{csv}");
    let invoices = page("/admin/revenue/invoices?month=2026-10&kind=new").await.body;
    assert!(
        invoices.contains(&format!("QD-{ada}-1")) && invoices.contains("https://pay.example"),
        "{invoices}"
    );
    let failed = page("/admin/revenue/invoices?month=2026-11&failed=1").await.body;
    assert!(failed.contains(&format!("QD-{ada}-2")) && !failed.contains(&format!("QD-{ada}-1")));
    for wrong in ["?currency=XXX", "?months=1000000000000", "?months=NaN", "?by=tier"] {
        assert_eq!(page(&format!("/admin/revenue{wrong}")).await.status, 400, "{wrong}");
    }
    for wrong in ["?month=2027-01", "?month=-1", "?kind=secret"] {
        assert_eq!(page(&format!("/admin/revenue/changes{wrong}")).await.status, 400, "{wrong}");
        assert_eq!(page(&format!("/admin/revenue/invoices{wrong}")).await.status, 400, "{wrong}");
    }
    site.stop().await;
}
