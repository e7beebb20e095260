//! Who reads, in which language and colours: taken from the request before a page is made.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use chrono::{DateTime, Utc};
use domain::Tier;
use url::{Position, Url};

use crate::access::Who;
use crate::auth::session;
use crate::auth::store::{self, Account};
use crate::error::Error;
use crate::site::origin::local_path;
use crate::state::App;
use crate::text::Lang;

/// How a page looks, chosen in cookies; needs no database.
#[derive(Debug, Clone)]
pub struct Looks {
    /// Language.
    pub lang: Lang,
    /// `light` or `dark`; empty follows the system.
    pub theme: &'static str,
    /// `classic` for green and red; empty for orange and blue.
    pub colours: &'static str,
    /// Path and query of the page; of the page that sent the form where one was sent.
    pub path: String,
}

impl Looks {
    /// The looks that this request asks for.
    pub fn of(request: &HttpRequest) -> Self {
        let cookie = |name| request.cookie(name).map(|c| c.value().to_owned()).unwrap_or_default();
        let header =
            request.headers().get("accept-language").and_then(|v| v.to_str().ok()).unwrap_or_default();
        Self {
            lang: Lang::parse(&cookie("lang")).unwrap_or_else(|| Lang::from_header(header)),
            theme: ["light", "dark"].into_iter().find(|t| *t == cookie("theme")).unwrap_or_default(),
            colours: ["classic"].into_iter().find(|c| *c == cookie("colours")).unwrap_or_default(),
            path: page_of(request),
        }
    }
}

/// A form's own address answers no link, so that of the page it stands on is taken.
fn page_of(request: &HttpRequest) -> String {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return request.uri().path_and_query().map_or("/", |p| p.as_str()).to_owned();
    }
    let referer = request.headers().get("referer").and_then(|value| value.to_str().ok());
    let from = referer.and_then(|text| Url::parse(text).ok());
    let path = from.as_ref().map_or("/", |url| &url[Position::BeforePath..Position::AfterQuery]);
    local_path(path).to_owned()
}

/// Who reads a page.
pub struct Reader {
    /// The site.
    pub app: web::Data<App>,
    /// How the page looks.
    pub looks: Looks,
    /// The account; `None` for a visitor.
    pub account: Option<Account>,
    /// When the request came.
    pub now: DateTime<Utc>,
}

impl Reader {
    /// The language.
    pub fn lang(&self) -> Lang {
        self.looks.lang
    }

    /// What decides what the reader sees.
    pub fn who(&self) -> &Who {
        self.account.as_ref().map_or(&Who::Visitor, |account| &account.who)
    }

    /// The reader's tier now.
    pub fn tier(&self) -> Tier {
        self.who().tier_at(self.now)
    }

    async fn load(request: HttpRequest) -> Result<Self, Error> {
        let app = request.app_data::<web::Data<App>>().cloned();
        let app = app.ok_or_else(|| Error::Internal(anyhow::anyhow!("the site has no state")))?;
        if let Some(known) = request.extensions().get::<Known>() {
            let Known { account, now } = known.clone();
            return Ok(Self { app, looks: Looks::of(&request), account, now });
        }
        let now = app.clock.now();
        app.flags.refresh(&app.pool).await;
        // Only who shows a key costs a query.
        let account = match request.cookie(session::cookie_name(&app.settings)) {
            Some(key) => store::load_account(&app.pool, &session::fingerprint(key.value()), now).await?,
            None => None,
        };
        request.extensions_mut().insert(Known { account: account.clone(), now });
        Ok(Self { app, looks: Looks::of(&request), account, now })
    }
}

/// Who a request turned out to be from: asked for once, however many look.
#[derive(Clone)]
struct Known {
    account: Option<Account>,
    now: DateTime<Utc>,
}

impl FromRequest for Reader {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Box::pin(Self::load(request.clone()))
    }
}

/// A reader who is signed in; others are sent to sign in first.
pub struct SignedIn {
    /// The reader.
    pub reader: Reader,
    /// The account.
    pub account: Account,
}

impl FromRequest for SignedIn {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let reader = Reader::load(request).await?;
            match reader.account.clone() {
                Some(account) => Ok(Self { reader, account }),
                None => Err(Error::SignedOut { next: reader.looks.path }),
            }
        })
    }
}
