//! The checkout page.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::book::Book;
use super::super::keeper::Keeper;
use super::super::refusal::Refusal;
use super::super::row::{CheckoutSession, SessionStatus};
use super::super::server::State;
use super::super::visit::{self, Form};
use super::texts::Lang;
use super::{lang, see_other, written};

/// What the form sends.
#[derive(Debug, Clone, Default, Deserialize)]
struct Sent {
    action: Option<String>,
    email: Option<String>,
    code: Option<String>,
    tax_kind: Option<String>,
    tax_value: Option<String>,
    #[serde(flatten)]
    card: CardForm,
}

/// The part of a form that is a card. The number and the security code are never kept.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct CardForm {
    number: Option<String>,
    expiry: Option<String>,
    name: Option<String>,
}

impl CardForm {
    /// What of it may be shown again.
    pub(super) fn shown(&self) -> Value {
        json!({ "expiry": self.expiry, "name": self.name })
    }

    /// Reads it.
    pub(super) fn read(&self) -> Form {
        let filled = |text: &Option<String>| {
            text.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned)
        };
        let expiry = filled(&self.expiry).unwrap_or_default();
        let (month, year) = expiry.split_once('/').unwrap_or((&expiry, ""));
        let (month, year) = (month.trim().parse().unwrap_or(0), year.trim().parse().unwrap_or(9999));
        Form {
            name: filled(&self.name),
            card: filled(&self.number).map(|number| (number, month, year)),
            ..Form::default()
        }
    }
}

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.route("/c/pay/{session}", web::get().to(show)).route("/c/pay/{session}", web::post().to(pay));
}

/// The book at the instant of the visitor's clock, and the visit.
fn find(keeper: &Keeper, id: &str) -> Option<(Book, CheckoutSession)> {
    let mut book = keeper.look();
    let session = book.checkouts.get(id)?.clone();
    book.enter(session.customer.as_deref(), Keeper::real());
    Some((book, session))
}

async fn show(request: HttpRequest, id: web::Path<String>, state: web::Data<State>) -> HttpResponse {
    let Some((book, session)) = find(&state.keeper, &id) else {
        return state.pages.gone(lang(&request, None));
    };
    let lang = lang(&request, session.locale.as_deref());
    match session.status {
        SessionStatus::Open => page(&state, lang, &book, &session, &Sent::default(), None),
        SessionStatus::Complete => see_other(&success_url(&session)),
        SessionStatus::Expired => state.pages.gone(lang),
    }
}

fn success_url(session: &CheckoutSession) -> String {
    session.success_url.replace("{CHECKOUT_SESSION_ID}", &session.id)
}

async fn pay(
    request: HttpRequest,
    id: web::Path<String>,
    sent: web::Form<Sent>,
    state: web::Data<State>,
) -> HttpResponse {
    let Some((book, session)) = find(&state.keeper, &id) else {
        return state.pages.gone(lang(&request, None));
    };
    let lang = lang(&request, session.locale.as_deref());
    if session.status == SessionStatus::Expired {
        return state.pages.gone(lang);
    }
    if sent.action.as_deref() == Some("apply") {
        return page(&state, lang, &book, &session, &sent, None);
    }
    let filled =
        |text: &Option<String>| text.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    let tax_id = filled(&sent.tax_value).map(|value| {
        let value =
            value.chars().filter(|c| !matches!(c, ' ' | '-' | '.')).collect::<String>().to_uppercase();
        (filled(&sent.tax_kind).unwrap_or_else(|| "eu_vat".to_owned()), value)
    });
    let form = Form { email: filled(&sent.email), code: filled(&sent.code), tax_id, ..sent.card.read() };
    let done = state.keeper.change(|book, real| {
        book.enter(session.customer.as_deref(), real);
        visit::complete(book, &session.id, &form)
    });
    match done {
        Ok(()) => see_other(&success_url(&session)),
        Err(refusal) => page(&state, lang, &book, &session, &sent, Some(&refusal)),
    }
}

fn page(
    state: &State,
    lang: Lang,
    book: &Book,
    session: &CheckoutSession,
    sent: &Sent,
    refusal: Option<&Refusal>,
) -> HttpResponse {
    let mut refusal = refusal.cloned();
    let code = sent.code.as_deref();
    let quoted = visit::quote(book, &session.id, code).or_else(|wrong| {
        // The code is wrong: the page shows the order without it, and says so.
        refusal.get_or_insert(wrong);
        visit::quote(book, &session.id, None)
    });
    let quoted = match quoted {
        Ok(quoted) => quoted,
        Err(refusal) => {
            let error = state.pages.says(lang, &refusal);
            let values = json!({ "heading": state.pages.texts.get(lang, "error_other"), "message": error, "link": session.cancel_url });
            return state.pages.show(200, lang, "message.html", values);
        }
    };
    let texts = &state.pages.texts;
    let money = |amount: i64| written::money(lang, amount, &session.currency);
    let mut prices = Vec::new();
    let mut lines = Vec::new();
    for (_, id, quantity) in &session.lines {
        let Some(price) = book.prices.get(id) else { continue };
        let shown = written::price(texts, lang, price, *quantity);
        let name = book.products.get(&price.product).map_or("", |product| product.name.as_str());
        let name = if *quantity == 1 { name.to_owned() } else { format!("{quantity} × {name}") };
        lines.push(json!({ "name": name, "price": shown }));
        prices.push(shown);
    }
    let trial_end =
        (session.trial_days.is_some() || session.trial_end.is_some()).then_some(quoted.period_end);
    let trial_end = trial_end.map(|end| written::day(lang, end));
    let prices = prices.join(" + ");
    let terms = match &trial_end {
        Some(day) => texts.fill(lang, "terms_trial", &[("day", day), ("price", &prices)]),
        None => texts.fill(lang, "terms", &[("price", &prices)]),
    };
    let customer = session.customer.as_deref().and_then(|id| book.customers.get(id));
    let email = customer.and_then(|found| found.email.clone()).or_else(|| session.customer_email.clone());
    let (discount, credit) = (quoted.subtotal - quoted.total, quoted.amount_due - quoted.total);
    // In a trial nothing is taken off yet: the page says what will be.
    let coupon = quoted.discounts.first().and_then(|given| book.coupons.get(&given.coupon));
    let later = coupon.map(|coupon| match coupon.percent_off {
        Some(percent) => format!("-{percent}\u{a0}%"),
        None => money(-coupon.amount_off.unwrap_or(0)),
    });
    let mut form = sent.card.shown();
    form["email"] = json!(sent.email);
    form["code"] = json!(sent.code);
    form["tax_value"] = json!(sent.tax_value);
    let values = json!({
        "id": session.id, "lines": lines, "trial_end": trial_end, "terms": terms,
        "discount": (discount != 0).then(|| money(-discount)).or(later), "code": quoted.discounts.first()
            .and_then(|given| given.promotion_code.as_deref()).and_then(|id| book.promotion_codes.get(id))
            .map(|code| code.code.clone()),
        "credit": (credit != 0).then(|| money(credit)), "due": money(quoted.amount_due),
        "asks_email": email.is_none(), "email": email, "allows_codes": session.allow_promotion_codes,
        "asks_tax_id": session.tax_id_collection, "asks_card": visit::needs_card(session, &quoted),
        "cancel_url": session.cancel_url, "form": form,
        "error": refusal.as_ref().map(|refusal| state.pages.says(lang, refusal)),
    });
    let status = refusal.map_or(200, |refusal| if refusal.status == 402 { 402 } else { 422 });
    state.pages.show(status, lang, "checkout.html", values)
}
