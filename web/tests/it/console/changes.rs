//! What an admin changes for everybody: shown first, confirmed, and done once.

use super::*;
use crate::billing::hidden;
use crate::kit::Reply;

/// Sends a form, then what it asks to confirm; the status of the last answer.
pub(crate) async fn change(site: &Site, admin: &str, path: &str, form: &[(&str, &str)]) -> u16 {
    let shown = site.post(path, Some(admin), form).await;
    if shown.status != 200 {
        return shown.status;
    }
    confirm(site, admin, &hidden(&shown.body, "token")).await.status
}

async fn confirm(site: &Site, admin: &str, token: &str) -> Reply {
    site.post("/admin/changes", Some(admin), &[("token", token)]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_changed_before_it_is_confirmed_and_then_once() {
    let site = Site::start().await;
    let admin = site.sign_in_as("admin").await.unwrap();
    let other = site.sign_in_as("admin").await.unwrap();
    let off = [("flag", "registration"), ("turn", "off"), ("reason", "too many at once")];
    let price = [("tier", "plus"), ("interval", "month"), ("amount", "21.00"), ("reason", "costs rose")];
    let changes = "select count(*) from flag_changes";
    let prices = "select count(*) from prices";
    let before = site.number(prices).await;
    let shown = site.post("/admin/flags", Some(&admin), &off).await;
    assert!(shown.status == 200 && shown.body.contains("Nothing has been done so far"), "{}", shown.body);
    for says in ["Until now", "Becomes", "nobody can make a new account", "too many at once"] {
        assert!(shown.body.contains(says), "{says}: {}", shown.body);
    }
    let token = hidden(&shown.body, "token");
    let priced = site.post("/admin/plans", Some(&admin), &price).await;
    assert!(
        priced.body.contains("€19.00 monthly") && priced.body.contains("€21.00 monthly"),
        "{}",
        priced.body
    );
    assert_eq!((site.number(changes).await, site.number(prices).await), (0, before));
    assert_eq!(site.get("/register", None).await.status, 200);
    // Forged, another admin's, and one of another kind of page.
    assert_eq!(confirm(&site, &admin, &token[1..]).await.status, 403);
    assert_eq!(confirm(&site, &other, &token).await.status, 403);
    assert_eq!(site.post("/admin/deeds", Some(&admin), &[("token", token.as_str())]).await.status, 403);
    // A double click and a second tab.
    let (one, two) = tokio::join!(confirm(&site, &admin, &token), confirm(&site, &admin, &token));
    let mut both = [one.status, two.status];
    both.sort_unstable();
    assert_eq!(both, [303, 409]);
    assert_eq!(confirm(&site, &admin, &token).await.status, 409);
    assert_eq!(site.number(changes).await, 1);
    assert_eq!(
        site.number("select count(*) from audit_entries where action = 'console.flag_switched'").await,
        1
    );
    // It stands like that already.
    assert_eq!(site.post("/admin/flags", Some(&admin), &off).await.status, 409);
    // Somebody else sets the price meanwhile: what was shown is not done.
    let token = hidden(&priced.body, "token");
    let rival = [("tier", "plus"), ("interval", "month"), ("amount", "25.00"), ("reason", "costs rose more")];
    assert_eq!(change(&site, &other, "/admin/plans", &rival).await, 303);
    let again = confirm(&site, &admin, &token).await;
    assert!(again.status == 409 && again.body.contains("€25.00 monthly"), "{}", again.body);
    assert_eq!(site.number(prices).await, before + 1);
    // What is shown now can be confirmed, for five minutes.
    let token = hidden(&again.body, "token");
    site.app.clock.set(Some(Utc::now() + Duration::minutes(6)));
    assert_eq!(confirm(&site, &admin, &token).await.status, 409);
    site.app.clock.set(None);
    assert_eq!(confirm(&site, &admin, &token).await.status, 303);
    assert_eq!(site.number(prices).await, before + 2);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_switch_needs_a_reason_and_holds_at_once() {
    let site = Site::start().await;
    let admin = site.sign_in_as("admin").await.unwrap();
    let switch = async |fields: &[(&str, &str)]| change(&site, &admin, "/admin/flags", fields).await;
    assert_eq!(switch(&[("flag", "banner"), ("turn", "on"), ("reason", "maintenance")]).await, 400);
    let words =
        [("flag", "banner"), ("turn", "on"), ("text_en", "Back <b>soon</b>"), ("text_es", "Volvemos pronto")];
    assert_eq!(switch(&[&words[..], &[("reason", " ")]].concat()).await, 400);
    assert!(!site.get("/pricing", None).await.body.contains("Back "));
    assert_eq!(switch(&[&words[..], &[("reason", "maintenance")]].concat()).await, 303);
    assert!(site.get("/pricing", None).await.body.contains("Back &lt;b&gt;soon&lt;/b&gt;"));
    let spanish = site.request("GET", "/pricing", None).header("cookie", "lang=es");
    assert!(site.send(spanish).await.body.contains("Volvemos pronto"));
    assert_eq!(switch(&[("flag", "banner"), ("turn", "off"), ("reason", "done with it")]).await, 303);
    assert!(!site.get("/pricing", None).await.body.contains("Back "));
    assert_eq!(site.get("/register", None).await.status, 200);
    assert_eq!(
        switch(&[("flag", "registration"), ("turn", "off"), ("reason", "too many at once")]).await,
        303
    );
    let closed = site.get("/register", None).await;
    assert!(closed.status == 403 && closed.body.contains("New accounts cannot be made"), "{}", closed.body);
    let form = [("email", "new@example.org"), ("password", "a long enough passphrase")];
    assert_eq!(site.post("/register", None, &form).await.status, 403);
    assert_eq!(site.get("/sign-in", None).await.status, 200);
    assert_eq!(switch(&[("flag", "everything"), ("turn", "on"), ("reason", "because")]).await, 404);
    assert_eq!(switch(&[("flag", "posts"), ("turn", "maybe"), ("reason", "because")]).await, 400);
    let page = site.get("/admin/flags", Some(&admin)).await.body;
    assert!(page.contains("maintenance") && page.contains("done with it"));
    let support = site.sign_in_as("support").await;
    let refused = site
        .post(
            "/admin/flags",
            support.as_deref(),
            &[("flag", "posts"), ("turn", "off"), ("reason", "because")],
        )
        .await;
    assert_eq!(refused.status, 403);
    site.stop().await;
}
