//! The page of an invoice, where it can be paid, and its PDF.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::super::book::Book;
use super::super::engine::invoice as engine;
use super::super::engine::payment::{self, Payment};
use super::super::keeper::Keeper;
use super::super::refusal::Refusal;
use super::super::row::{Invoice, InvoiceStatus};
use super::super::server::State;
use super::super::visit;
use super::checkout::CardForm;
use super::texts::Lang;
use super::{lang, pdf, see_other, written};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/i/{secret}", web::get().to(show))
        .route("/i/{secret}", web::post().to(pay))
        .route("/i/{secret}/pdf", web::get().to(as_pdf))
        .route("/i/{secret}/credit-notes/{number}/pdf", web::get().to(note_as_pdf));
}

/// The book at the instant of the customer's clock, and the invoice; drafts have no page.
fn find(state: &State, secret: &str) -> Option<(Book, Invoice)> {
    let mut book = state.keeper.look();
    let found =
        book.invoices.values().find(|one| one.secret == secret && one.finalized_at.is_some()).cloned()?;
    book.enter(Some(&found.customer), Keeper::real());
    Some((book, found))
}

/// What stands on an invoice, in words: the same on the page and in the PDF.
pub(super) struct Written {
    /// Label and value.
    pub(super) facts: Vec<(String, String)>,
    /// Text, period, amount.
    pub(super) lines: Vec<(String, String, String)>,
    /// Key of the label, and amount.
    pub(super) sums: Vec<(&'static str, String)>,
}

fn write(state: &State, lang: Lang, book: &Book, of: &Invoice) -> Written {
    let texts = &state.pages.texts;
    let money = |amount: i64| written::money(lang, amount, &of.currency);
    let customer = book.customers.get(&of.customer);
    let name = customer.and_then(|one| one.name.clone().or_else(|| one.email.clone()));
    let text = |key: &str| texts.get(lang, key).to_owned();
    let mut facts = vec![
        (text("status"), text(&format!("status_{}", of.status.as_str()))),
        (text("date"), written::day(lang, of.finalized_at.unwrap_or(of.created))),
        (text("seller"), "Quarterday".to_owned()),
        (text("customer"), name.unwrap_or_else(|| of.customer.clone())),
    ];
    for one in book.tax_ids.values().filter(|one| one.customer == of.customer && !one.deleted) {
        facts.push((text("tax_id"), one.value.clone()));
    }
    let lines = of
        .lines
        .iter()
        .map(|line| {
            let period = format!("{} – {}", written::day(lang, line.start), written::day(lang, line.end));
            (line.description.clone(), period, money(line.amount))
        })
        .collect();
    let refunded: i64 =
        book.charges.values().filter(|one| one.invoice == of.id).map(|one| one.refunded).sum();
    let mut sums = vec![("subtotal", money(of.subtotal))];
    let mut add = |key, amount: i64| {
        if amount != 0 {
            sums.push((key, money(amount)));
        }
    };
    add("sum_discount", of.total - of.subtotal);
    add("sum_credit", of.starting_balance - of.ending_balance);
    add("sum_credited", -of.credited_before);
    sums.push(("sum_due", money(of.amount_due)));
    sums.push(("sum_paid", money(of.amount_paid)));
    if refunded != 0 {
        sums.push(("sum_refunded", money(refunded)));
    }
    Written { facts, lines, sums }
}

async fn show(request: HttpRequest, secret: web::Path<String>, state: web::Data<State>) -> HttpResponse {
    let lang = lang(&request, None);
    match find(&state, &secret) {
        Some((book, found)) => page(&state, lang, &book, &found, &CardForm::default(), None),
        None => state.pages.gone(lang),
    }
}

fn page(
    state: &State,
    lang: Lang,
    book: &Book,
    of: &Invoice,
    sent: &CardForm,
    refusal: Option<&Refusal>,
) -> HttpResponse {
    let shown = write(state, lang, book, of);
    let lines: Vec<Value> = shown
        .lines
        .into_iter()
        .map(|(text, period, amount)| json!({ "text": text, "period": period, "amount": amount }))
        .collect();
    let sums: Vec<Value> =
        shown.sums.into_iter().map(|(text, amount)| json!({ "text": text, "amount": amount })).collect();
    let payable = of.status == InvoiceStatus::Open && of.remaining() > 0;
    let facts: Vec<Value> = shown.facts.into_iter().map(|(label, value)| json!([label, value])).collect();
    let values = json!({
        "number": of.number, "secret": of.secret, "facts": facts, "lines": lines, "sums": sums,
        "payable": payable, "due": written::money(lang, of.remaining(), &of.currency), "form": sent.shown(),
        "error": refusal.map(|refusal| state.pages.says(lang, refusal)),
    });
    let status = refusal.map_or(200, |refusal| if refusal.status == 402 { 402 } else { 422 });
    state.pages.show(status, lang, "invoice.html", values)
}

async fn pay(
    request: HttpRequest,
    secret: web::Path<String>,
    sent: web::Form<CardForm>,
    state: web::Data<State>,
) -> HttpResponse {
    let lang = lang(&request, None);
    let Some((_, found)) = find(&state, &secret) else { return state.pages.gone(lang) };
    let done = state.keeper.change(|book, real| {
        book.enter(Some(&found.customer), real);
        pay_with(book, &found.id, &sent)
    });
    match done {
        Ok(()) => see_other(&format!("/i/{secret}?lang={}", lang.as_str())),
        // A card that was declined leaves its trace on the invoice.
        Err(refusal) => match find(&state, &secret) {
            Some((book, found)) => page(&state, lang, &book, &found, &sent, Some(&refusal)),
            None => state.pages.gone(lang),
        },
    }
}

/// Pays with a card that is then the customer's. One that is paid already stays as it is.
fn pay_with(book: &mut Book, id: &str, sent: &CardForm) -> Result<(), Refusal> {
    let found = book.invoice(id)?.clone();
    if found.status == InvoiceStatus::Paid {
        return Ok(());
    }
    let card = visit::give_card(book, &found.customer, &sent.read())?;
    match payment::pay(book, id, Some(&card))? {
        Payment::Paid => {
            book.customer_mut(&found.customer)?.default_payment_method = Some(card.clone());
            let Some(subscription) = found.subscription else { return Ok(()) };
            let has_own = book.subscription(&subscription)?.default_payment_method.is_some();
            if has_own && !book.subscription(&subscription)?.status.is_over() {
                super::super::engine::change::with(book, &subscription, |one| {
                    one.default_payment_method = Some(card);
                })?;
            }
            Ok(())
        }
        Payment::Declined(code) => {
            engine::tell(book, "invoice.payment_failed", id);
            Err(Refusal::declined(code, true))
        }
    }
}

async fn as_pdf(request: HttpRequest, secret: web::Path<String>, state: web::Data<State>) -> HttpResponse {
    let lang = lang(&request, None);
    let Some((book, found)) = find(&state, &secret) else { return state.pages.gone(lang) };
    let shown = write(&state, lang, &book, &found);
    let number = found.number.clone().unwrap_or_default();
    sheet(&state, lang, "invoice", &number, &shown)
}

/// A credit note as PDF, below the address of its invoice.
async fn note_as_pdf(
    request: HttpRequest,
    path: web::Path<(String, String)>,
    state: web::Data<State>,
) -> HttpResponse {
    let lang = lang(&request, None);
    let (secret, number) = path.into_inner();
    let Some((book, found)) = find(&state, &secret) else { return state.pages.gone(lang) };
    let note = book.credit_notes.values().find(|one| one.invoice == found.id && one.number == number);
    let Some(note) = note else { return state.pages.gone(lang) };
    let texts = &state.pages.texts;
    let money = |amount: i64| written::money(lang, amount, &note.currency);
    let mut shown = write(&state, lang, &book, &found);
    // Whose it is and who wrote it stand on it as on the invoice; what the invoice's own state is does not.
    shown.facts.remove(0);
    shown.facts.insert(0, (texts.get(lang, "invoice").to_owned(), found.number.clone().unwrap_or_default()));
    shown.facts[1].1 = written::day(lang, note.created);
    let text = note.memo.clone().unwrap_or_else(|| texts.get(lang, "credit_note").to_owned());
    shown.lines = vec![(text, String::new(), money(note.amount))];
    let refunded = note.refund.as_ref().and_then(|id| book.refunds.get(id)).map_or(0, |one| one.amount);
    shown.sums =
        [("sum_refunded", refunded), ("sum_credit", note.to_balance), ("sum_due", note.before_payment)]
            .into_iter()
            .filter(|(_, amount)| *amount != 0)
            .map(|(key, amount)| (key, money(amount)))
            .collect();
    sheet(&state, lang, "credit_note", &note.number, &shown)
}

fn sheet(state: &State, lang: Lang, kind: &str, number: &str, shown: &Written) -> HttpResponse {
    let title = format!("{} {number}", state.pages.texts.get(lang, kind));
    let notice =
        format!("{}. {}", state.pages.texts.get(lang, "name"), state.pages.texts.get(lang, "notice"));
    match pdf::write(&state.pages.texts, lang, &title, &notice, shown) {
        Ok(bytes) => HttpResponse::Ok()
            .content_type("application/pdf")
            .insert_header((header::CONTENT_DISPOSITION, format!("inline; filename=\"{number}.pdf\"")))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .body(bytes),
        Err(error) => {
            eprintln!("sandbox: the PDF of {number}: {error}");
            HttpResponse::InternalServerError().body("the PDF cannot be made")
        }
    }
}
