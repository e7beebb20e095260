use super::kit::{DAY, at, book, card, charged, half, kinds, newest, order};
use crate::billing::book::Book;
use crate::billing::engine::change;
use crate::billing::engine::closing;
use crate::billing::engine::credit::{self, Wish};
use crate::billing::engine::cycle;
use crate::billing::engine::invoice::{self, DRAFT_SECONDS};
use crate::billing::engine::items::{self, Change, ItemChange, Proration};
use crate::billing::engine::payment::{self, Payment};
use crate::billing::engine::start::{FirstPayment, start};
use crate::billing::refusal::Refusal;
use crate::billing::row::{Card, Duration, InvoiceStatus, Metadata, Pause, PauseBehavior, Status};

fn advance(book: &mut Book, to: i64) {
    cycle::advance(book, None, to).unwrap();
}

fn price(
    book: &mut Book,
    id: &str,
    price: &str,
    proration: Proration,
    strictly: bool,
) -> Result<(), Refusal> {
    let item = book.subscription(id).unwrap().items[0].id.clone();
    let items = vec![ItemChange { id: Some(item), price: Some(price.to_owned()), ..ItemChange::default() }];
    match items::change_items(book, id, &Change { items, proration, at: None, restart: false })? {
        Some(draft) => change::charge_now(book, &draft, strictly),
        None => Ok(()),
    }
}

#[test]
fn a_subscription_is_paid_at_once_and_renewed_by_the_month() {
    let (mut book, customer) = book();
    let wanted = order(&book, &customer, "basic", None);
    let id = start(&mut book, &wanted).unwrap();
    assert_eq!(book.subscription(&id).unwrap().status, Status::Active);
    let expected = [
        "customer.subscription.created",
        "invoice.created",
        "payment_intent.created",
        "invoice.finalized",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice.paid",
        "invoice.payment_succeeded",
        "customer.subscription.updated",
    ];
    assert_eq!(kinds(&book), expected);
    advance(&mut book, at("2026-02-28T12:59:59Z"));
    assert_eq!((newest(&book, &id).status, charged(&book)), (InvoiceStatus::Draft, 900));
    advance(&mut book, at("2026-02-28T13:00:00Z"));
    assert_eq!((newest(&book, &id).status, charged(&book)), (InvoiceStatus::Paid, 1800));
    advance(&mut book, at("2026-04-30T13:00:00Z"));
    assert_eq!(charged(&book), 4 * 900);
    let found = book.subscription(&id).unwrap();
    let expected = (at("2026-04-30T12:00:00Z"), at("2026-05-31T12:00:00Z"));
    assert_eq!((found.period_start, found.period_end), expected);
    assert_eq!(newest(&book, &id).number.as_deref(), Some("ADA-0004"));
}

#[test]
fn a_trial_is_announced_once_ends_and_is_paid_for() {
    let (mut book, customer) = book();
    let wanted = order(&book, &customer, "pro", Some(14));
    let id = start(&mut book, &wanted).unwrap();
    assert_eq!((book.subscription(&id).unwrap().status, charged(&book)), (Status::Trialing, 0));
    let notices = |book: &Book| kinds(book).iter().filter(|kind| kind.ends_with("trial_will_end")).count();
    advance(&mut book, at("2026-02-11T11:59:59Z"));
    assert_eq!(notices(&book), 0);
    advance(&mut book, at("2026-02-11T12:00:00Z"));
    assert_eq!(notices(&book), 1);
    advance(&mut book, at("2026-02-14T12:00:00Z") + DRAFT_SECONDS);
    let found = book.subscription(&id).unwrap();
    assert_eq!((found.status, found.period_end), (Status::Active, at("2026-03-14T12:00:00Z")));
    assert_eq!((notices(&book), charged(&book)), (1, 4900));
}

#[test]
fn a_trial_without_a_card_is_paused_and_goes_on_with_one() {
    let (mut book, customer) = book();
    card(&mut book, &customer, None);
    let wanted = order(&book, &customer, "pro", Some(14));
    let id = start(&mut book, &wanted).unwrap();
    advance(&mut book, at("2026-06-01T12:00:00Z"));
    assert_eq!(book.subscription(&id).unwrap().status, Status::Paused);
    assert!(book.charges.is_empty());
    card(&mut book, &customer, Some(Card::Good));
    change::resume(&mut book, &id).unwrap();
    assert_eq!((book.subscription(&id).unwrap().status, charged(&book)), (Status::Active, 4900));
    assert!(change::resume(&mut book, &id).is_err());
}

#[test]
fn a_first_payment_that_fails_leaves_it_incomplete_until_it_expires() {
    let (mut book, customer) = book();
    card(&mut book, &customer, Some(Card::DeclinedLater));
    let wanted = order(&book, &customer, "basic", None);
    let id = start(&mut book, &wanted).unwrap();
    assert_eq!(book.subscription(&id).unwrap().status, Status::Incomplete);
    let mut paid_later = book.clone();
    card(&mut paid_later, &customer, Some(Card::Good));
    let first = newest(&book, &id).id.clone();
    assert_eq!(payment::pay(&mut paid_later, &first, None).unwrap(), Payment::Paid);
    assert_eq!(paid_later.subscription(&id).unwrap().status, Status::Active);
    advance(&mut book, at("2026-02-01T11:00:00Z"));
    assert_eq!(book.subscription(&id).unwrap().status, Status::IncompleteExpired);
    assert_eq!(book.invoice(&first).unwrap().status, InvoiceStatus::Void);
    let strict = crate::billing::engine::start::Order { first_payment: FirstPayment::Must, ..wanted };
    assert_eq!(start(&mut book, &strict).unwrap_err().status, 402);
}

#[test]
fn a_failed_renewal_is_tried_again_three_times_and_then_it_is_over() {
    let (mut book, customer) = book();
    let wanted = order(&book, &customer, "basic", None);
    let id = start(&mut book, &wanted).unwrap();
    card(&mut book, &customer, Some(Card::DeclinedLater));
    let first = at("2026-02-28T13:00:00Z");
    for (at, tries, status) in [
        (first, 1, Status::PastDue),
        (first + 3 * DAY, 2, Status::PastDue),
        (first + 8 * DAY, 3, Status::PastDue),
        (first + 15 * DAY, 4, Status::Canceled),
    ] {
        advance(&mut book, at - 1);
        assert_eq!(newest(&book, &id).attempt_count, tries - 1, "before {at}");
        advance(&mut book, at);
        assert_eq!(
            (newest(&book, &id).attempt_count, book.subscription(&id).unwrap().status),
            (tries, status)
        );
    }
    let before = book.events.len();
    advance(&mut book, first + 365 * DAY);
    assert_eq!((book.events.len(), charged(&book)), (before, 900));
    assert_eq!(newest(&book, &id).status, InvoiceStatus::Open, "what is owed stays owed");
}

#[test]
fn a_subscription_may_stay_unpaid_and_its_later_invoices_drafts() {
    let (mut book, customer) = book();
    book.dunning.then = Status::Unpaid;
    let wanted = order(&book, &customer, "basic", None);
    let id = start(&mut book, &wanted).unwrap();
    card(&mut book, &customer, Some(Card::DeclinedLater));
    advance(&mut book, at("2026-05-01T00:00:00Z"));
    assert_eq!(book.subscription(&id).unwrap().status, Status::Unpaid);
    assert_eq!(newest(&book, &id).status, InvoiceStatus::Draft);
}

#[test]
fn a_new_card_is_used_at_the_next_try() {
    let (mut book, customer) = book();
    let wanted = order(&book, &customer, "basic", None);
    let id = start(&mut book, &wanted).unwrap();
    card(&mut book, &customer, Some(Card::DeclinedLater));
    advance(&mut book, at("2026-03-01T12:00:00Z"));
    assert_eq!(book.subscription(&id).unwrap().status, Status::PastDue);
    card(&mut book, &customer, Some(Card::Good));
    advance(&mut book, at("2026-03-03T13:00:00Z"));
    assert_eq!((book.subscription(&id).unwrap().status, charged(&book)), (Status::Active, 1800));
}

#[test]
fn a_change_credits_what_is_left_and_charges_the_rest_of_the_period() {
    let (mut book, customer) = book();
    let wanted = order(&book, &customer, "basic", None);
    let id = start(&mut book, &wanted).unwrap();
    advance(&mut book, at("2026-02-14T00:00:00Z"));
    price(&mut book, &id, "pro", Proration::Now, false).unwrap();
    // 14.5 of 28 days are left: -900 × 14.5/28 and +4900 × 14.5/28.
    assert_eq!(charged(&book) - 900, -466 + 2538);
    assert_eq!(book.subscription(&id).unwrap().period_end, at("2026-02-28T12:00:00Z"));
}

#[test]
fn a_change_to_yearly_begins_a_year_and_credits_the_rest_of_the_month() {
    let (mut book, customer) = book();
    let wanted = order(&book, &customer, "pro", None);
    let id = start(&mut book, &wanted).unwrap();
    advance(&mut book, at("2026-02-14T12:00:00Z"));
    price(&mut book, &id, "pro-year", Proration::Next, false).unwrap();
    assert_eq!(charged(&book), 4900 + 49_000 - 2450);
    assert_eq!(book.subscription(&id).unwrap().period_end, at("2027-02-14T12:00:00Z"));
}

#[test]
fn a_downgrade_becomes_credit_for_the_next_invoices() {
    let (mut book, customer) = book();
    let wanted = order(&book, &customer, "pro", None);
    let id = start(&mut book, &wanted).unwrap();
    advance(&mut book, at("2026-02-14T12:00:00Z"));
    price(&mut book, &id, "basic", Proration::Now, false).unwrap();
    assert_eq!(book.customer(&customer).unwrap().balance, -2450 + 450);
    advance(&mut book, at("2026-04-30T13:00:00Z"));
    // Three renewals of 900, of which 2000 are settled with the credit.
    assert_eq!((charged(&book), book.customer(&customer).unwrap().balance), (4900 + 700, 0));
}

#[test]
fn a_small_rest_is_carried_over_instead_of_charged() {
    let (mut book, customer) = book();
    let wanted = order(&book, &customer, "basic", None);
    start(&mut book, &wanted).unwrap();
    invoice::enter_balance(&mut book, &customer, -860, ("adjustment", None, None)).unwrap();
    advance(&mut book, at("2026-02-28T13:00:00Z"));
    assert_eq!((charged(&book), book.customer(&customer).unwrap().balance), (900, 40));
    advance(&mut book, at("2026-03-31T13:00:00Z"));
    assert_eq!((charged(&book), book.customer(&customer).unwrap().balance), (900 + 940, 0));
}

#[test]
fn a_declined_change_leaves_it_past_due_or_nothing_at_all() {
    let (mut book, customer) = book();
    let wanted = order(&book, &customer, "basic", None);
    let id = start(&mut book, &wanted).unwrap();
    card(&mut book, &customer, Some(Card::DeclinedLater));
    advance(&mut book, at("2026-02-14T12:00:00Z"));
    let refused = price(&mut book.clone(), &id, "pro", Proration::Now, true).unwrap_err();
    assert_eq!((refused.status, refused.code, refused.keeps), (402, Some("card_declined"), false));
    price(&mut book, &id, "pro", Proration::Now, false).unwrap();
    let found = book.subscription(&id).unwrap();
    assert_eq!((found.items[0].price.as_str(), found.status), ("pro", Status::PastDue));
}

#[test]
fn it_ends_with_its_period_unless_that_is_taken_back() {
    let (mut book, customer) = book();
    let wanted = order(&book, &customer, "basic", None);
    let id = start(&mut book, &wanted).unwrap();
    change::cancel_at_period_end(&mut book, &id, true).unwrap();
    let mut kept = book.clone();
    change::cancel_at_period_end(&mut kept, &id, false).unwrap();
    for book in [&mut book, &mut kept] {
        advance(book, at("2026-02-28T13:00:00Z"));
    }
    assert_eq!((book.subscription(&id).unwrap().status, charged(&book)), (Status::Canceled, 900));
    assert_eq!((kept.subscription(&id).unwrap().status, charged(&kept)), (Status::Active, 1800));
    assert!(change::cancel(&mut book, &id, false, false).is_err());
}

#[test]
fn what_is_left_may_be_credited_when_it_ends_at_once() {
    let (mut book, customer) = book();
    let wanted = order(&book, &customer, "pro", None);
    let id = start(&mut book, &wanted).unwrap();
    advance(&mut book, at("2026-02-14T12:00:00Z"));
    change::cancel(&mut book, &id, true, true).unwrap();
    assert_eq!(book.customer(&customer).unwrap().balance, -2450);
    assert_eq!(book.subscription(&id).unwrap().ended_at, Some(book.now));
}

#[test]
fn nothing_is_taken_while_payments_are_paused() {
    for (behavior, status) in [
        (PauseBehavior::Void, InvoiceStatus::Void),
        (PauseBehavior::KeepAsDraft, InvoiceStatus::Draft),
        (PauseBehavior::MarkUncollectible, InvoiceStatus::Uncollectible),
    ] {
        let (mut book, customer) = book();
        let wanted = order(&book, &customer, "basic", None);
        let id = start(&mut book, &wanted).unwrap();
        let pause = Pause { behavior, resumes_at: Some(at("2026-04-15T00:00:00Z")) };
        change::pause(&mut book, &id, Some(pause)).unwrap();
        advance(&mut book, at("2026-04-30T13:00:00Z"));
        let paused = book.invoices.values().filter(|i| i.status == status).count();
        assert_eq!((paused, charged(&book)), (2, 1800), "{behavior:?}");
        assert_eq!(book.subscription(&id).unwrap().status, Status::Active);
    }
}

#[test]
fn coupons_count_for_as_long_as_they_say() {
    for (duration, trial, expected) in [
        (Duration::Once, None, 450 + 900 + 900),
        (Duration::Repeating(2), None, 450 + 450 + 900),
        (Duration::Forever, None, 1350),
        // A trial costs nothing: the coupon waits for the first payment.
        (Duration::Once, Some(14), 450 + 900),
    ] {
        let (mut book, customer) = book();
        let mut wanted = order(&book, &customer, "basic", trial);
        wanted.coupons = vec![(half(&mut book, duration), None)];
        start(&mut book, &wanted).unwrap();
        assert!(start(&mut book.clone(), &wanted).is_err(), "it can be redeemed once");
        advance(&mut book, at("2026-03-31T13:00:00Z"));
        assert_eq!(charged(&book), expected, "{duration:?}");
    }
}

#[test]
fn no_more_is_given_back_than_was_paid() {
    let (mut book, customer) = book();
    let wanted = order(&book, &customer, "basic", None);
    start(&mut book, &wanted).unwrap();
    let charge = book.charges.values().next().unwrap().id.clone();
    let mut refund = |amount| payment::refund(&mut book, &charge, amount, None, Metadata::new());
    refund(Some(400)).unwrap();
    assert!(refund(Some(501)).is_err() && refund(Some(0)).is_err() && refund(Some(-1)).is_err());
    refund(None).unwrap();
    assert_eq!(refund(None).unwrap_err().code, Some("charge_already_refunded"));
    assert_eq!(book.charge(&charge).unwrap().refunded, 900);
}

#[test]
fn a_credit_note_gives_back_or_takes_off() {
    let (mut book, customer) = book();
    let wanted = order(&book, &customer, "basic", None);
    let id = start(&mut book, &wanted).unwrap();
    let paid = newest(&book, &id).id.clone();
    let wish = Wish {
        invoice: paid.clone(),
        amount: Some(500),
        refund: Some(300),
        credit: Some(200),
        ..Wish::default()
    };
    credit::note(&mut book, wish.clone()).unwrap();
    assert_eq!(book.customer(&customer).unwrap().balance, -200);
    assert_eq!(book.invoice(&paid).unwrap().credited_after, 500);
    assert!(credit::note(&mut book, wish).is_err(), "only 400 are left");
    card(&mut book, &customer, Some(Card::DeclinedLater));
    advance(&mut book, at("2026-02-28T13:00:00Z"));
    let open = newest(&book, &id).clone();
    assert_eq!((open.status, open.amount_due), (InvoiceStatus::Open, 700));
    credit::note(&mut book, Wish { invoice: open.id.clone(), amount: Some(700), ..Wish::default() }).unwrap();
    let settled = book.invoice(&open.id).unwrap();
    assert_eq!((settled.status, settled.amount_paid), (InvoiceStatus::Paid, 0));
    assert_eq!(book.subscription(&id).unwrap().status, Status::Active);
}

#[test]
fn a_voided_invoice_gives_back_the_credit_that_it_used() {
    let (mut book, customer) = book();
    let wanted = order(&book, &customer, "basic", None);
    let id = start(&mut book, &wanted).unwrap();
    invoice::enter_balance(&mut book, &customer, -300, ("adjustment", None, None)).unwrap();
    card(&mut book, &customer, Some(Card::DeclinedLater));
    advance(&mut book, at("2026-02-28T13:00:00Z"));
    assert_eq!(book.customer(&customer).unwrap().balance, 0);
    let open = newest(&book, &id).id.clone();
    closing::void(&mut book, &open).unwrap();
    assert_eq!(book.customer(&customer).unwrap().balance, -300);
    assert!(closing::void(&mut book, &open).is_err());
}
