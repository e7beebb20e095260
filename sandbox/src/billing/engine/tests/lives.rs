use proptest::prelude::*;

use super::kit::{DAY, book, card, charged, half, order};
use crate::billing::book::Book;
use crate::billing::engine::change;
use crate::billing::engine::credit::{self, Wish};
use crate::billing::engine::items::{self, Change, ItemChange, Proration};
use crate::billing::engine::start::start;
use crate::billing::engine::{closing, cycle, invoice, payment};
use crate::billing::row::{
    Card, Duration, InvoiceStatus, Line, Metadata, Pause, PauseBehavior, Status, Subscription,
};

/// One thing that happens in a life.
#[derive(Debug, Clone)]
enum Step {
    Hours(i64),
    Price(&'static str, i64, Proration),
    Card(Option<Card>),
    CancelAtEnd(bool),
    Pause(Option<PauseBehavior>),
    Refund(i64),
    Credit(i64),
    Balance(i64),
    Coupon(Duration),
    Pay,
    Void,
    Again,
}

fn step() -> impl Strategy<Value = Step> {
    let price = prop::sample::select(vec!["basic", "plus", "pro", "pro-year"]);
    let proration = prop::sample::select(vec![Proration::Next, Proration::Now, Proration::None]);
    let card =
        prop::sample::select(vec![Some(Card::Good), Some(Card::Good), Some(Card::DeclinedLater), None]);
    let behavior = prop::sample::select(vec![
        PauseBehavior::Void,
        PauseBehavior::KeepAsDraft,
        PauseBehavior::MarkUncollectible,
    ]);
    let duration = prop::sample::select(vec![Duration::Once, Duration::Repeating(3), Duration::Forever]);
    prop_oneof![
        8 => (1_i64..1500).prop_map(Step::Hours),
        4 => (price, 1_i64..4, proration).prop_map(|(price, n, proration)| Step::Price(price, n, proration)),
        2 => card.prop_map(Step::Card),
        1 => any::<bool>().prop_map(Step::CancelAtEnd),
        1 => prop::option::of(behavior).prop_map(Step::Pause),
        1 => (1_i64..6000).prop_map(Step::Refund),
        1 => (1_i64..3000).prop_map(Step::Credit),
        1 => (-3000_i64..3000).prop_map(Step::Balance),
        1 => duration.prop_map(Step::Coupon),
        1 => Just(Step::Pay),
        1 => Just(Step::Void),
        1 => Just(Step::Again),
    ]
}

fn current(book: &Book) -> Option<Subscription> {
    book.subscriptions.values().next_back().cloned()
}

fn open(book: &Book) -> Option<String> {
    book.invoices.values().find(|one| one.status == InvoiceStatus::Open).map(|one| one.id.clone())
}

/// Does it; time passes in so many pieces. What is refused changes nothing, as in the sandbox.
fn live(book: &mut Book, customer: &str, step: &Step, pieces: i64) {
    let mut next = book.clone();
    let id = current(book).map(|one| one.id).unwrap_or_default();
    let done = match step {
        Step::Hours(hours) => {
            let from = next.now;
            (1..=pieces).try_for_each(|n| cycle::advance(&mut next, None, from + hours * 3600 * n / pieces))
        }
        Step::Price(price, quantity, proration) => {
            let item = current(&next).map(|one| one.items[0].id.clone());
            let price = Some((*price).to_owned());
            let items =
                vec![ItemChange { id: item, price, quantity: Some(*quantity), ..ItemChange::default() }];
            let change = Change { items, proration: *proration, at: None, restart: false };
            items::change_items(&mut next, &id, &change).and_then(|draft| match draft {
                Some(draft) => change::charge_now(&mut next, &draft, false),
                None => Ok(()),
            })
        }
        Step::Card(kind) => {
            card(&mut next, customer, *kind);
            Ok(())
        }
        Step::CancelAtEnd(cancel) => change::cancel_at_period_end(&mut next, &id, *cancel),
        Step::Pause(behavior) => {
            let pause = behavior.map(|behavior| Pause { behavior, resumes_at: Some(next.now + 40 * DAY) });
            change::pause(&mut next, &id, pause)
        }
        Step::Refund(amount) => {
            let charge = next.charges.values().rfind(|one| one.declined.is_none()).map(|one| one.id.clone());
            let charge = charge.unwrap_or_default();
            payment::refund(&mut next, &charge, Some(*amount), None, Metadata::new()).map(|_| ())
        }
        Step::Credit(amount) => {
            let of = next.invoices.values().next_back().map(|one| (one.id.clone(), one.status));
            let (invoice, status) = of.unwrap_or((String::new(), InvoiceStatus::Void));
            let paid = status == InvoiceStatus::Paid;
            let wish = Wish {
                invoice,
                amount: Some(*amount),
                credit: paid.then_some(*amount / 2),
                refund: paid.then_some(*amount - *amount / 2),
                ..Wish::default()
            };
            credit::note(&mut next, wish).map(|_| ())
        }
        Step::Balance(amount) => {
            invoice::enter_balance(&mut next, customer, *amount, ("adjustment", None, None)).map(|_| ())
        }
        Step::Coupon(duration) => {
            let coupon = half(&mut next, *duration);
            let given = crate::billing::engine::discount::give(&mut next, &coupon, None, customer, "eur");
            given.and_then(|given| change::discounts(&mut next, &id, vec![given]))
        }
        Step::Pay => open(&next).map_or(Ok(()), |one| payment::pay(&mut next, &one, None).map(|_| ())),
        Step::Void => open(&next).map_or(Ok(()), |one| closing::void(&mut next, &one)),
        Step::Again if current(&next).is_some_and(|one| one.status.is_over()) => {
            let wanted = order(&next, customer, "plus", None);
            start(&mut next, &wanted).map(|_| ())
        }
        Step::Again => Ok(()),
    };
    if done.is_ok() {
        *book = next;
    }
}

/// What must hold of any book.
fn check(book: &Book, customer: &str) {
    for one in book.invoices.values() {
        let what = &one.id;
        assert_eq!(one.lines.iter().map(|line| line.amount).sum::<i64>(), one.subtotal, "{what}");
        assert_eq!(one.lines.iter().map(Line::net).sum::<i64>(), one.total, "{what}");
        let carried = one.ending_balance - one.starting_balance;
        assert_eq!(one.total - one.credited_before, one.amount_due + carried, "{what}");
        assert_eq!(one.remaining(), one.amount_due - one.amount_paid, "{what}");
        assert!(one.amount_due >= 0 && one.remaining() >= 0, "{what}");
        let charged: i64 = book
            .charges
            .values()
            .filter(|charge| charge.invoice == *what && charge.declined.is_none())
            .map(|charge| charge.amount)
            .sum();
        assert_eq!(charged, one.amount_paid, "{what}");
        assert_eq!(one.status == InvoiceStatus::Paid, one.paid_at.is_some(), "{what}");
        assert!(one.status != InvoiceStatus::Paid || one.remaining() == 0, "{what}");
        assert!(one.credited_after <= one.amount_paid, "{what}");
    }
    for charge in book.charges.values() {
        let given: i64 =
            book.refunds.values().filter(|one| one.charge == charge.id).map(|one| one.amount).sum();
        assert_eq!(given, charge.refunded);
        assert!(charge.amount > 0 && (0..=charge.amount).contains(&charge.refunded));
        assert!(charge.declined.is_none() || charge.refunded == 0);
    }
    let entries: i64 = book.balance_entries.values().map(|one| one.amount).sum();
    assert_eq!(entries, book.customer(customer).unwrap().balance);
    for one in book.subscriptions.values() {
        periods_follow_each_other(book, one);
        assert!(one.period_start <= one.period_end);
        assert_eq!(one.status.is_over(), one.ended_at.is_some());
    }
}

/// Each period begins where the one before ended, unless it was cut short by a change that began a new one.
fn periods_follow_each_other(book: &Book, of: &Subscription) {
    let invoices = book.invoices.values().filter(|one| one.subscription.as_ref() == Some(&of.id));
    let mut last: Option<(i64, i64)> = None;
    for one in invoices {
        let Some(line) = one.lines.iter().find(|line| !line.proration && line.item.is_some()) else {
            continue;
        };
        if let Some((start, end)) = last {
            let restarted =
                one.billing_reason == "subscription_update" && line.start >= start && line.start <= end;
            assert!(line.start == end || restarted, "{}: {} after {end}", one.id, line.start);
        }
        last = Some((line.start, line.end));
    }
    if let Some((start, end)) = last {
        assert_eq!((start, end), (of.period_start, of.period_end), "the newest period is invoiced");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    /// Whatever happens over years, the books balance; and however the clock was moved on, the same comes of it.
    #[test]
    fn the_books_balance(
        steps in prop::collection::vec(step(), 1..60),
        trial in prop::option::of(1_i64..30),
        pieces in 2_i64..9,
    ) {
        let (mut whole, customer) = book();
        let wanted = order(&whole, &customer, "basic", trial);
        start(&mut whole, &wanted).unwrap();
        let mut split = whole.clone();
        for step in &steps {
            live(&mut whole, &customer, step, 1);
            live(&mut split, &customer, step, pieces);
            check(&whole, &customer);
        }
        let rows = |book: &Book| serde_json::to_value(book.all_rows().unwrap()).unwrap();
        prop_assert_eq!(rows(&whole), rows(&split));
        prop_assert_eq!(whole.header, split.header);
    }
}

/// Three years with a trial, a change of plan each month, a payment that fails and is paid at the second try, and a refund: what was
/// invoiced is what was charged and what lies in the balance, and what was given back is known.
#[test]
fn thirty_six_months_balance_to_the_cent() {
    let (mut book, customer) = book();
    let wanted = order(&book, &customer, "plus", Some(14));
    let id = start(&mut book, &wanted).unwrap();
    let mut noted = 0;
    for month in 1..=36 {
        let to = book.subscription(&id).unwrap().period_end + invoice::DRAFT_SECONDS;
        if month == 10 {
            card(&mut book, &customer, Some(Card::DeclinedLater));
        }
        cycle::advance(&mut book, None, to).unwrap();
        if month == 10 {
            assert_eq!(book.subscription(&id).unwrap().status, Status::PastDue);
            card(&mut book, &customer, Some(Card::Good));
            cycle::advance(&mut book, None, to + 4 * DAY).unwrap();
        }
        if month == 20 {
            live(&mut book, &customer, &Step::Refund(100), 1);
        }
        if month % 6 == 5 {
            // With a credit note, of the newest renewal: a part, and once all of it.
            let of = book.invoices.values().rfind(|one| one.amount_paid > 0).cloned().unwrap();
            let amount = if month == 29 { of.amount_paid } else { (250 + month).min(of.amount_paid) };
            let wish = Wish { invoice: of.id, amount: Some(amount), refund: Some(amount), ..Wish::default() };
            credit::note(&mut book, wish).unwrap();
            noted += amount;
        }
        assert_eq!(book.subscription(&id).unwrap().status, Status::Active, "month {month}");
        let price = if month % 2 == 0 { "plus" } else { "pro" };
        live(&mut book, &customer, &Step::Price(price, 1, Proration::Now), 1);
        check(&book, &customer);
    }
    let end = book.subscription(&id).unwrap().period_end;
    cycle::advance(&mut book, None, end + invoice::DRAFT_SECONDS).unwrap();
    let invoiced: i64 = book.invoices.values().map(|one| one.total).sum();
    assert_eq!(invoiced, charged(&book) + book.customer(&customer).unwrap().balance);
    assert!(book.invoices.values().all(|one| one.status == InvoiceStatus::Paid));
    let notes: i64 = book.credit_notes.values().map(|one| one.amount).sum();
    let credited: i64 = book.invoices.values().map(|one| one.credited_after).sum();
    assert!(noted > 1000 && notes == noted && credited == noted, "{notes} {credited} {noted}");
    assert_eq!(book.refunds.values().map(|one| one.amount).sum::<i64>(), 100 + noted);
    let kept: i64 = book
        .charges
        .values()
        .map(|one| if one.declined.is_none() { one.amount - one.refunded } else { 0 })
        .sum();
    assert_eq!(
        kept,
        charged(&book) - 100 - noted,
        "what was kept is what was charged less what was given back"
    );
    let renewals = book.invoices.values().filter(|one| one.billing_reason == "subscription_cycle").count();
    let changes = book.invoices.values().filter(|one| one.billing_reason == "subscription_update").count();
    assert_eq!((renewals, changes), (37, 36));
}
