//! The provider's own pages: they work without script, in English and Spanish, and say on top that no money moves.

pub mod checkout;
mod invoice;
mod pdf;
mod portal;
mod texts;
mod written;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};
use tera::{Context, Tera};

use super::refusal::Refusal;
use texts::{Lang, Texts};

/// The pages' templates and texts.
#[derive(Debug)]
pub struct Pages {
    tera: Tera,
    texts: Texts,
}

impl Pages {
    /// Reads what was built in.
    ///
    /// # Errors
    /// A template or a text is damaged.
    pub fn load() -> anyhow::Result<Self> {
        let mut tera = Tera::default();
        tera.add_raw_templates([
            ("base.html", include_str!("../../pages/base.html")),
            ("card.html", include_str!("../../pages/card.html")),
            ("checkout.html", include_str!("../../pages/checkout.html")),
            ("message.html", include_str!("../../pages/message.html")),
            ("portal.html", include_str!("../../pages/portal.html")),
            ("change.html", include_str!("../../pages/change.html")),
            ("cancel.html", include_str!("../../pages/cancel.html")),
            ("new_card.html", include_str!("../../pages/new_card.html")),
            ("invoice.html", include_str!("../../pages/invoice.html")),
        ])?;
        Ok(Self { tera, texts: Texts::load()? })
    }

    fn show(&self, status: u16, lang: Lang, template: &str, values: Value) -> HttpResponse {
        let status = actix_web::http::StatusCode::from_u16(status).unwrap_or_default();
        let mut all = json!({ "error": null, "form": {}, "cards": cards() });
        if let (Some(all), Value::Object(values)) = (all.as_object_mut(), values) {
            all.extend(values);
        }
        all["lang"] = lang.as_str().into();
        all["t"] = self.texts.all(lang);
        let rendered = Context::from_serialize(&all).and_then(|context| self.tera.render(template, &context));
        match rendered {
            Ok(body) => HttpResponse::build(status)
                .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
                .insert_header((header::CACHE_CONTROL, "no-store"))
                .insert_header((header::REFERRER_POLICY, "no-referrer"))
                .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
                .content_type("text/html; charset=utf-8")
                .body(body),
            Err(error) => {
                eprintln!("sandbox: {template}: {error:?}");
                HttpResponse::InternalServerError().body("the page cannot be shown")
            }
        }
    }

    /// A page that says that an address leads nowhere (any more).
    fn gone(&self, lang: Lang) -> HttpResponse {
        let values = json!({
            "heading": self.texts.get(lang, "gone"), "message": self.texts.get(lang, "gone_message"),
        });
        self.show(404, lang, "message.html", values)
    }

    /// What a refusal says to a visitor.
    fn says(&self, lang: Lang, refusal: &Refusal) -> String {
        let key = match (refusal.code, refusal.decline_code.as_deref(), refusal.param.as_deref()) {
            (Some("not_a_test_card" | "incomplete_number"), ..) => "error_not_test",
            (Some("invalid_expiry"), ..) => "error_expiry",
            (Some("expired_card"), ..) => "error_expired",
            (_, Some("insufficient_funds"), _) => "error_insufficient",
            (Some("card_declined"), ..) => "error_declined",
            (Some("tax_id_invalid"), ..) => "error_tax",
            (.., Some("promotion_code" | "coupon")) => "error_code",
            (.., Some("email")) => "error_email",
            _ => return format!("{}: {}", self.texts.get(lang, "error_other"), refusal.message),
        };
        self.texts.get(lang, key).to_owned()
    }
}

/// Nothing but our own style; forms lead back to the site, so their targets are not narrowed.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";

fn cards() -> Value {
    let all = [
        ("4242 4242 4242 4242", "card_good"),
        ("4000 0000 0000 0002", "card_declined"),
        ("4000 0000 0000 9995", "card_insufficient"),
        ("4000 0000 0000 0069", "card_expired"),
        ("4000 0000 0000 0341", "card_later"),
    ];
    all.iter().map(|(number, text)| json!({ "number": number, "text": text })).collect()
}

/// What a page's address may say.
#[derive(Debug, Deserialize)]
struct Query {
    lang: Option<String>,
}

/// The language of a page: as its address says, else as the caller wanted, else as the browser does.
fn lang(request: &HttpRequest, wanted: Option<&str>) -> Lang {
    let query = web::Query::<Query>::from_query(request.query_string()).ok();
    let query = query.and_then(|query| query.into_inner().lang);
    let accepted = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let spanish = query.as_deref().or(wanted).or(accepted).is_some_and(|name| name.starts_with("es"));
    if spanish { Lang::Es } else { Lang::En }
}

/// Adds the pages.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/billing.css", web::get().to(style))
        .configure(checkout::routes)
        .configure(portal::routes)
        .configure(invoice::routes);
}

async fn style() -> HttpResponse {
    HttpResponse::Ok().content_type("text/css; charset=utf-8").body(include_str!("../../pages/billing.css"))
}

/// Sends a visitor elsewhere; the next request is a GET.
fn see_other(url: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, url)).finish()
}
