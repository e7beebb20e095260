//! The portal: change of plan with its price, end with the period and back, card, invoices.

mod plan;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::book::Book;
use super::super::engine::change;
use super::super::keeper::Keeper;
use super::super::refusal::Refusal;
use super::super::row::{Flow, InvoiceStatus, PortalSession, Status, Subscription};
use super::super::server::State;
use super::super::visit;
use super::checkout::CardForm;
use super::texts::Lang;
use super::{lang, see_other, written};

/// A visit is good for so long (one hour), by the real clock.
const PORTAL_SECONDS: i64 = 3600;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/p/session/{secret}", web::get().to(home))
        .route("/p/session/{secret}/card", web::get().to(card))
        .route("/p/session/{secret}/card", web::post().to(save_card))
        .route("/p/session/{secret}/change/{id}", web::get().to(plan::choose))
        .route("/p/session/{secret}/change/{id}", web::post().to(plan::confirm))
        .route("/p/session/{secret}/cancel/{id}", web::get().to(ask_cancel))
        .route("/p/session/{secret}/cancel/{id}", web::post().to(cancel))
        .route("/p/session/{secret}/resume/{id}", web::post().to(resume));
}

/// A visit that still counts.
struct Visit {
    book: Book,
    session: PortalSession,
    lang: Lang,
    base: String,
}

impl Visit {
    /// Finds it; where there is none, gives the language in which that is said.
    fn find(request: &HttpRequest, secret: &str, state: &State) -> Result<Self, Lang> {
        let mut book = state.keeper.look();
        let real = Keeper::real();
        let mut sessions = book.portals.values();
        let session =
            sessions.find(|one| one.secret == secret && real - one.created < PORTAL_SECONDS).cloned();
        drop(sessions);
        let session = session.filter(|one| book.customer(&one.customer).is_ok());
        let session = session.ok_or_else(|| lang(request, None))?;
        book.enter(Some(&session.customer), real);
        let lang = lang(request, session.locale.as_deref());
        Ok(Self { book, session, lang, base: format!("/p/session/{secret}") })
    }

    /// A subscription of the visitor's own that is not over.
    fn subscription(&self, id: &str) -> Result<&Subscription, Lang> {
        let found = self.book.subscriptions.get(id);
        let found = found.filter(|one| one.customer == self.session.customer && !one.status.is_over());
        found.ok_or(self.lang)
    }

    fn show(
        &self,
        state: &State,
        template: &str,
        mut values: Value,
        refusal: Option<&Refusal>,
    ) -> HttpResponse {
        values["base"] = self.base.as_str().into();
        if let Some(refusal) = refusal {
            values["error"] = state.pages.says(self.lang, refusal).into();
        }
        let status = refusal.map_or(200, |refusal| if refusal.status == 402 { 402 } else { 422 });
        state.pages.show(status, self.lang, template, values)
    }

    fn home(&self) -> HttpResponse {
        see_other(&format!("{}?lang={}", self.base, self.lang.as_str()))
    }

    /// Does something for the visitor, at the instant of their clock.
    fn act(&self, state: &State, work: impl FnOnce(&mut Book) -> Result<(), Refusal>) -> Result<(), Refusal> {
        state.keeper.change(|book, real| {
            book.enter(Some(&self.session.customer), real);
            work(book)
        })
    }
}

/// Answers with what a step gave, or says that the address leads nowhere.
fn either(state: &State, result: Result<HttpResponse, Lang>) -> HttpResponse {
    result.unwrap_or_else(|lang| state.pages.gone(lang))
}

#[derive(Debug, Deserialize)]
struct Home {
    lang: Option<String>,
}

async fn home(
    request: HttpRequest,
    secret: web::Path<String>,
    query: web::Query<Home>,
    state: web::Data<State>,
) -> HttpResponse {
    let visit = match Visit::find(&request, &secret, &state) {
        Ok(visit) => visit,
        Err(lang) => return state.pages.gone(lang),
    };
    // One who was sent here for one thing meets it first; its page leads on to the others.
    if query.lang.is_none()
        && let Some(flow) = &visit.session.flow
    {
        let lang = visit.lang.as_str();
        let (base, to) = (
            &visit.base,
            match flow {
                Flow::Card => format!("card?lang={lang}"),
                Flow::Cancel(id) => format!("cancel/{id}?lang={lang}"),
                Flow::Change(id) => format!("change/{id}?lang={lang}"),
                Flow::Confirm(id, price) => format!("change/{id}?lang={lang}&price={price}"),
            },
        );
        return see_other(&format!("{base}/{to}"));
    }
    let (book, lang) = (&visit.book, visit.lang);
    let own = |customer: &str| customer == visit.session.customer;
    let subscriptions: Vec<Value> = book
        .subscriptions
        .values()
        .rev()
        .filter(|one| own(&one.customer) && !one.status.is_over())
        .map(|one| subscription(&visit, &state, one))
        .collect();
    let card = book.customers.get(&visit.session.customer).and_then(|one| one.default_payment_method.clone());
    let running = book.subscriptions.values().find(|one| own(&one.customer) && !one.status.is_over());
    let card = running.and_then(|one| one.default_payment_method.clone()).or(card);
    let card = card.and_then(|id| book.payment_methods.get(&id)).map(|card| {
        let expiry = format!("{:02}/{}", card.exp_month, card.exp_year);
        state.pages.texts.fill(
            lang,
            "card_ending",
            &[("brand", &card.brand), ("last4", &card.last4), ("expiry", &expiry)],
        )
    });
    let invoices: Vec<Value> = book
        .invoices
        .values()
        .rev()
        .filter(|one| own(&one.customer) && one.status != InvoiceStatus::Draft && one.finalized_at.is_some())
        .map(|one| {
            json!({
                "day": written::day(lang, one.created), "number": one.number,
                "page": format!("/i/{}?lang={}", one.secret, lang.as_str()),
                "status": state.pages.texts.get(lang, &format!("status_{}", one.status.as_str())),
                "total": written::money(lang, one.total, &one.currency),
            })
        })
        .collect();
    let values = json!({
        "subscriptions": subscriptions, "card": card, "invoices": invoices,
        "return_url": visit.session.return_url,
    });
    visit.show(&state, "portal.html", values, None)
}

/// Names and prices of what a subscription holds.
fn held(visit: &Visit, state: &State, one: &Subscription) -> (String, String) {
    let (mut names, mut prices) = (Vec::new(), Vec::new());
    for item in &one.items {
        let Some(price) = visit.book.prices.get(&item.price) else { continue };
        names.push(visit.book.products.get(&price.product).map_or("", |product| product.name.as_str()));
        prices.push(written::price(&state.pages.texts, visit.lang, price, item.quantity));
    }
    (names.join(" + "), prices.join(" + "))
}

fn subscription(visit: &Visit, state: &State, one: &Subscription) -> Value {
    let texts = &state.pages.texts;
    let key = match (one.cancel_at, one.status) {
        (Some(_), _) => "ends",
        (None, Status::Trialing) => "trial_ends",
        _ => "renews",
    };
    let day = written::day(visit.lang, one.cancel_at.unwrap_or(one.period_end));
    let (name, price) = held(visit, state, one);
    let runs = matches!(one.status, Status::Active | Status::Trialing | Status::PastDue);
    json!({
        "id": one.id, "name": name, "price": price,
        "status": texts.get(visit.lang, &format!("status_{}", one.status.as_str())),
        "when": texts.fill(visit.lang, key, &[("day", &day)]),
        "may_change": runs && one.items.len() == 1, "may_cancel": runs && !one.cancel_at_period_end,
        "may_resume": one.cancel_at_period_end,
    })
}

async fn card(request: HttpRequest, secret: web::Path<String>, state: web::Data<State>) -> HttpResponse {
    match Visit::find(&request, &secret, &state) {
        Ok(visit) => visit.show(&state, "new_card.html", json!({}), None),
        Err(lang) => state.pages.gone(lang),
    }
}

async fn save_card(
    request: HttpRequest,
    secret: web::Path<String>,
    sent: web::Form<CardForm>,
    state: web::Data<State>,
) -> HttpResponse {
    let visit = match Visit::find(&request, &secret, &state) {
        Ok(visit) => visit,
        Err(lang) => return state.pages.gone(lang),
    };
    let customer = visit.session.customer.clone();
    let done = visit.act(&state, |book| use_card(book, &customer, &sent));
    match done {
        Ok(()) => visit.home(),
        Err(refusal) => visit.show(&state, "new_card.html", json!({ "form": sent.shown() }), Some(&refusal)),
    }
}

/// Makes a card the one that the customer and all their running subscriptions are charged with.
fn use_card(book: &mut Book, customer: &str, sent: &CardForm) -> Result<(), Refusal> {
    let card = visit::give_card(book, customer, &sent.read())?;
    book.customer_mut(customer)?.default_payment_method = Some(card.clone());
    let object = super::super::render::customer(book, customer);
    book.tell("customer.updated", object, None);
    let own: Vec<String> = book
        .subscriptions
        .values()
        .filter(|one| {
            one.customer == customer && !one.status.is_over() && one.default_payment_method.is_some()
        })
        .map(|one| one.id.clone())
        .collect();
    for id in own {
        change::with(book, &id, |found| found.default_payment_method = Some(card.clone()))?;
    }
    Ok(())
}

async fn ask_cancel(
    request: HttpRequest,
    path: web::Path<(String, String)>,
    state: web::Data<State>,
) -> HttpResponse {
    let (secret, id) = path.into_inner();
    either(
        &state,
        Visit::find(&request, &secret, &state).and_then(|visit| {
            let one = visit.subscription(&id)?;
            let day = written::day(visit.lang, one.period_end);
            let message = state.pages.texts.fill(visit.lang, "cancel_message", &[("day", &day)]);
            Ok(visit.show(&state, "cancel.html", json!({ "id": id, "message": message }), None))
        }),
    )
}

async fn cancel(
    request: HttpRequest,
    path: web::Path<(String, String)>,
    state: web::Data<State>,
) -> HttpResponse {
    end_with_period(&request, path.into_inner(), &state, true)
}

async fn resume(
    request: HttpRequest,
    path: web::Path<(String, String)>,
    state: web::Data<State>,
) -> HttpResponse {
    end_with_period(&request, path.into_inner(), &state, false)
}

fn end_with_period(request: &HttpRequest, path: (String, String), state: &State, ends: bool) -> HttpResponse {
    let (secret, id) = path;
    either(
        state,
        Visit::find(request, &secret, state).and_then(|visit| {
            visit.subscription(&id)?;
            let done = visit.act(state, |book| change::cancel_at_period_end(book, &id, ends));
            Ok(match done {
                Ok(()) => visit.home(),
                Err(refusal) => {
                    visit.show(state, "cancel.html", json!({ "id": id, "message": "" }), Some(&refusal))
                }
            })
        }),
    )
}
