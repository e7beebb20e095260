//! What a customer is told of a credit: what was missed, how much they get, how that is worked out, and where it is seen.

use chrono::Duration;
use domain::Slot;
use domain::slot::SLOT_HOURS;

use super::store::Credit;
use super::{PROMISE_MINUTES, formula};
use crate::auth::store::Customer;
use crate::format;
use crate::mail::letter::{Kind, Letter, Part};
use crate::text::{Lang, fill, text};

/// How late something is, in words.
pub fn lateness(late: Duration, lang: Lang) -> String {
    let (hours, minutes) = (late.num_hours().to_string(), (late.num_minutes() % 60).to_string());
    fill(lang, "credit_lateness", &[("hours", &hours), ("minutes", &minutes)])
}

/// The letter about a credit that has been given; there is one for each slot and customer.
pub fn letter(credit: &Credit, slot: Slot, customer: &Customer, origin: &str) -> Letter {
    let lang = customer.lang;
    let amount = format::money(credit.credit_cents, &credit.currency, lang);
    let late = Duration::minutes(credit.late_minutes);
    let closes_at = slot.close_at();
    let promised_at = closes_at + Duration::minutes(PROMISE_MINUTES);
    let (closes, promised) = (format::instant(closes_at, lang), format::instant(promised_at, lang));
    let never = late >= Duration::hours(i64::from(formula::MOST) * SLOT_HOURS);
    let what = if never {
        fill(lang, "late_letter_never", &[("closes", &closes), ("promised", &promised)])
    } else {
        let late = lateness(late, lang);
        fill(lang, "late_letter_late", &[("closes", &closes), ("promised", &promised), ("late", &late)])
    };
    let worked_out = [
        ("price", format::money(credit.price_cents, &credit.currency, lang)),
        ("slots", credit.shares.to_string()),
        ("hours", (credit.period_ends_at - credit.period_starts_at).num_hours().to_string()),
        ("amount", amount.clone()),
    ];
    let worked_out = worked_out.each_ref().map(|(name, value)| (*name, value.as_str()));
    Letter {
        dedupe_key: format!("late-credit:{}:{}", credit.slot, credit.customer_stripe_id),
        customer_id: Some(customer.id),
        to: customer.email.clone(),
        lang,
        kind: Kind::Account,
        subject: text(lang, "late_letter_subject").to_owned(),
        parts: vec![
            Part::text(what),
            Part::text(fill(lang, "late_letter_given", &[("amount", &amount)])),
            Part::heading(text(lang, "late_letter_how")),
            Part::text(fill(lang, "late_letter_formula", &worked_out)),
            Part::text(text(lang, "late_letter_slots")),
            Part::link(text(lang, "late_letter_where"), format!("{origin}/account/billing")),
        ],
        unsubscribe_url: None,
        attachment: None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::access::Role;

    #[test]
    fn it_says_what_was_missed_and_how_the_amount_follows_in_both_languages() {
        let mut credit = Credit {
            slot: "2026-11-20T06Z".into(),
            customer_stripe_id: "cus_1".into(),
            customer_id: Some(7),
            email: None,
            late_minutes: 150,
            price_cents: 1900,
            period_starts_at: "2026-11-01T00:00:00Z".parse().unwrap(),
            period_ends_at: "2026-12-01T00:00:00Z".parse().unwrap(),
            shares: 1,
            credit_cents: 16,
            currency: "EUR".into(),
            applied_at: None,
            error: String::new(),
        };
        let mut customer = Customer {
            id: 7,
            email: "ada@example.org".into(),
            pseudonym: "p".into(),
            password_hash: String::new(),
            role: Role::Subscriber,
            lang: Lang::En,
            erase_at: None,
        };
        let says = |credit: &Credit, customer: &Customer| {
            letter(credit, credit.slot.parse().unwrap(), customer, "https://q.example").text_body()
        };
        let body = says(&credit, &customer);
        for part in [
            "2 h 30 min after",
            "you get €0.16 back",
            "€19.00 × 1 × 6 h ÷ 720 h = €0.16",
            "https://q.example/account/billing",
        ] {
            assert!(body.contains(part), "{part}: {body}");
        }
        customer.lang = Lang::Es;
        credit.late_minutes = 28 * 360;
        let body = says(&credit, &customer);
        assert!(body.contains("Siete días después") && body.contains("le devolvemos 0,16"), "{body}");
        assert!(!body.contains("late_letter"), "{body}");
    }
}
