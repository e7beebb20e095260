//! A customer's timeline in words.

use chrono::Duration;
use serde::Serialize;

use super::store::Event;
use crate::access::Role;
use crate::console::credits::letter::lateness;
use crate::console::rule::{Area, sees};
use crate::format;
use crate::text::{Lang, fill, text};

/// The parts that a timeline can be narrowed to, with the keys of their names.
pub const PARTS: [(&str, &str); 5] = [
    ("account", "admin_part_account"),
    ("billing", "admin_part_billing"),
    ("mail", "admin_part_mail"),
    ("access", "admin_part_access"),
    ("run", "admin_part_run"),
];

/// One line of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// For machines.
    pub at: String,
    /// For readers.
    pub when: String,
    /// Which part.
    pub part: &'static str,
    /// What happened.
    pub says: String,
    /// How it stands, or why it was done; empty where nothing is to be said.
    pub note: String,
    /// Where more of it is.
    pub link: Option<String>,
}

/// An event in words.
pub fn entry(event: Event, lang: Lang) -> Entry {
    let key = match (event.part.as_str(), event.what.as_str()) {
        ("account", "made") => "admin_event_made",
        ("account", "did") => "admin_event_did",
        ("account", _) => "admin_event_done",
        ("billing", "subscribed") => "admin_event_subscribed",
        ("billing", "cancel_asked") => "admin_event_cancel_asked",
        ("billing", "ended") => "admin_event_ended",
        ("billing", "invoiced") => "admin_event_invoiced",
        ("billing", "paid") => "admin_event_paid",
        ("billing", _) => "admin_event_refunded",
        ("access", "begins") => "admin_event_begins",
        ("access", "stops") => "admin_event_stops",
        ("access", "given") => "admin_event_given",
        ("access", _) => "admin_event_given_ends",
        ("mail", "sent") => "admin_event_mail_sent",
        ("mail", "failed") => "admin_event_mail_failed",
        ("mail", "alert") => "admin_event_alert",
        ("mail", _) => "admin_event_mail_queued",
        ("run", "late") => "admin_event_late",
        ("run", "partial") => "admin_event_partial",
        ("run", "missing") => "admin_event_missing",
        (_, _) => "admin_event_credited",
    };
    let amount = event.cents.zip(event.currency.as_deref());
    let amount = amount.map(|(cents, currency)| format::money(cents, currency, lang)).unwrap_or_default();
    let part = PARTS.into_iter().find(|(name, _)| *name == event.part);
    let note = match (event.part.as_str(), event.what.as_str()) {
        ("access", _) => reason(&event.note, lang),
        ("run", "late") => beyond(&event.note, lang),
        _ => event.note,
    };
    Entry {
        at: event.at.to_rfc3339(),
        when: format::instant(event.at, lang),
        part: part.map_or("", |(_, key)| text(lang, key)),
        says: fill(lang, key, &[("name", &event.name), ("amount", &amount)]),
        note,
        link: event.link.filter(|link| leads_somewhere(link)),
    }
}

/// How late a slot was, from the minutes beyond the promise.
fn beyond(minutes: &str, lang: Lang) -> String {
    let late = minutes.parse().ok().map(|minutes| lateness(Duration::minutes(minutes), lang));
    late.map_or_else(String::new, |late| fill(lang, "admin_event_beyond", &[("late", &late)]))
}

/// Whether a role can open what is linked: support sees neither credits nor the audit log.
pub fn opens(role: Role, link: &str) -> bool {
    let area = Area::ALL.into_iter().rev().find(|area| link.starts_with(area.path()));
    area.is_none_or(|area| sees(role, area))
}

/// Whether an address may be linked: a page of the console, or one of the payment provider's.
pub fn leads_somewhere(link: &str) -> bool {
    ["/admin/", "https://", "http://127.0.0.1:", "http://localhost:"]
        .iter()
        .any(|start| link.starts_with(start))
}

/// Why there is access, in words; a reason that this version does not know stays as it is.
pub fn reason(name: &str, lang: Lang) -> String {
    let key = match name {
        "trial" => "admin_ground_trial",
        "paid" => "admin_ground_paid",
        "paid_until_end" => "admin_ground_paid_until_end",
        "paid_until_pause" => "admin_ground_paid_until_pause",
        "awaiting_renewal" => "admin_ground_awaiting_renewal",
        "grace" => "admin_ground_grace",
        other => return other.to_owned(),
    };
    text(lang, key).to_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn support_is_led_nowhere_that_it_may_not_see() {
        for (link, support) in [
            ("/admin/credits/2026-11-21T06Z", false),
            ("/admin/audit?subject=x", false),
            ("/admin/customers/1", true),
            ("https://pay.example/invoice", true),
        ] {
            assert!(opens(Role::Admin, link), "{link}");
            assert_eq!(opens(Role::Support, link), support, "{link}");
        }
        assert_eq!(beyond("151", Lang::En), "2 h 31 min beyond the promise");
        assert_eq!(beyond("", Lang::Es), "");
    }

    #[test]
    fn events_are_told_in_both_languages() {
        let event = |part: &str, what: &str| Event {
            at: "2026-11-22T06:00:00Z".parse().unwrap(),
            part: part.into(),
            what: what.into(),
            name: "<b>QD-1</b>".into(),
            note: "grace".into(),
            cents: Some(1900),
            currency: Some("EUR".into()),
            link: Some("javascript:alert(1)".into()),
        };
        let paid = entry(event("billing", "paid"), Lang::En);
        assert!(paid.says.contains("€19.00") && paid.says.contains("<b>QD-1</b>"), "{paid:?}");
        assert_eq!((paid.link, paid.note.as_str()), (None, "grace"));
        let access = entry(event("access", "begins"), Lang::Es);
        assert_ne!(access.note, "grace");
        for (part, what) in
            [("account", "made"), ("mail", "sent"), ("run", "late"), ("run", "credited"), ("access", "given")]
        {
            for lang in Lang::ALL {
                assert!(!entry(event(part, what), lang).says.starts_with("admin_"), "{part} {what}");
            }
        }
    }
}
