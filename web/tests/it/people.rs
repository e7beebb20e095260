//! Somebody who uses the site through its forms: registers, opens links in mails, signs in.

use std::collections::BTreeMap;

use web::account;
use web::app::Verb;

use crate::kit::{Reply, Site};

pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A browser: its cookies, and what it says of itself.
pub(crate) struct Browser<'a> {
    pub(crate) site: &'a Site,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) agent: String,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(site: &'a Site) -> Self {
        Self { site, cookies: BTreeMap::new(), agent: "Firefox/140.0 (X11; Linux x86_64)".to_owned() }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Reply {
        self.ask(Verb::Get, path, &[]).await
    }

    pub(crate) async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Reply {
        self.ask(Verb::Post, path, form).await
    }

    async fn ask(&mut self, verb: Verb, path: &str, form: &[(&str, &str)]) -> Reply {
        let method = if verb == Verb::Get { "GET" } else { "POST" };
        let mut request = self.site.request(method, path, None).header("user-agent", &self.agent);
        if verb == Verb::Post {
            request = request.form(form);
        }
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let reply = self.site.send(request.header("cookie", cookies.join("; "))).await;
        for cookie in reply.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }

    pub(crate) fn sid(&self) -> Option<String> {
        self.cookies.get("sid").cloned()
    }

    pub(crate) async fn is_signed_in(&mut self) -> bool {
        self.get("/account").await.status == 200
    }

    /// Registers and confirms: signed in afterwards.
    pub(crate) async fn register(&mut self, email: &str) {
        let sent = self.post("/register", &[("email", email), ("password", PASSWORD)]).await;
        assert_eq!((sent.status, sent.header("location")), (303, "/register/sent"));
        work(self.site).await;
        let token = token(self.site, email).await;
        let confirmed = self.post("/register/confirm", &[("token", &token), ("password", PASSWORD)]).await;
        assert_eq!((confirmed.status, confirmed.header("location")), (303, "/"), "{}", confirmed.body);
    }

    pub(crate) async fn sign_in(&mut self, email: &str, password: &str) -> Reply {
        self.post("/sign-in", &[("email", email), ("password", password)]).await
    }
}

/// Lets the worker do its part about accounts.
pub(crate) async fn work(site: &Site) {
    while account::work(&site.app, site.app.clock.now()).await.unwrap() > 0 {}
}

/// Text of the newest mail to this address.
pub(crate) async fn mail(site: &Site, to: &str) -> String {
    let found: Option<String> = sqlx::query_scalar(
        "select subject || e'\\n' || text from mails where recipient = $1 order by id desc limit 1",
    )
    .bind(to)
    .fetch_optional(&site.pool)
    .await
    .unwrap();
    found.unwrap_or_else(|| panic!("no mail to {to}"))
}

/// The token in the newest mail to this address.
pub(crate) async fn token(site: &Site, to: &str) -> String {
    let mail = mail(site, to).await;
    let (_, rest) = mail.split_once("token=").unwrap_or_else(|| panic!("no link: {mail}"));
    rest.split_whitespace().next().unwrap().to_owned()
}

/// Subjects of the mails to this address, oldest first.
pub(crate) async fn subjects(site: &Site, to: &str) -> Vec<String> {
    sqlx::query_scalar("select subject from mails where recipient = $1 order by id")
        .bind(to)
        .fetch_all(&site.pool)
        .await
        .unwrap()
}

/// Actions in the audit log, oldest first.
pub(crate) async fn actions(site: &Site) -> Vec<String> {
    sqlx::query_scalar("select action from audit_entries order by id").fetch_all(&site.pool).await.unwrap()
}

/// Forgets who tried what, so that a test is not held up by what it did before.
pub(crate) async fn forget_tries(site: &Site) {
    sqlx::query("delete from attempts").execute(&site.pool).await.unwrap();
}
