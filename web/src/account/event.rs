//! What happens to an account: a line in the audit log, and where its owner should know, a mail, both in the transaction
//! of the change.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::PgConnection;

use crate::audit::{self, Entry};
use crate::auth::origin::{Origin, device_words};
use crate::auth::session;
use crate::auth::store::Customer;
use crate::error::Error;
use crate::format;
use crate::mail::letter::{Kind, Letter, Part};
use crate::mail::outbox;
use crate::state::App;
use crate::text::{fill, text};

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The address was confirmed: the account exists.
    Registered,
    /// A session began.
    SignedIn,
    /// One began on a device that was not seen before.
    NewDevice,
    /// A session ended.
    SignedOut,
    /// The owner ended one from the list, or all of them.
    SessionsEnded,
    /// The owner chose another password.
    PasswordChanged,
    /// Somebody who reads the owner's mails did.
    PasswordReset,
    /// Another address was asked for, which is told to the address in force.
    EmailAsked,
    /// The address has changed; goes to this address, which was in force before.
    EmailChanged {
        /// The former address.
        from: String,
    },
    /// Signing in asks for a code from now on.
    TwoStepOn,
    /// It no longer does.
    TwoStepOff,
    /// A recovery code was used up.
    RecoveryUsed,
    /// There are new recovery codes.
    RecoveryRenewed,
    /// Everything was taken away as a file.
    Exported,
    /// The account is to be erased at this instant.
    ErasureAsked {
        /// When.
        at: DateTime<Utc>,
    },
    /// It is not.
    ErasureCancelled,
    /// It was.
    Erased,
}

impl Event {
    /// Its name: behind `account.` in the audit log, and in the keys of its texts.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::SignedIn => "signed_in",
            Self::NewDevice => "new_device",
            Self::SignedOut => "signed_out",
            Self::SessionsEnded => "sessions_ended",
            Self::PasswordChanged => "password_changed",
            Self::PasswordReset => "password_reset",
            Self::EmailAsked => "email_asked",
            Self::EmailChanged { .. } => "email_changed",
            Self::TwoStepOn => "two_step_on",
            Self::TwoStepOff => "two_step_off",
            Self::RecoveryUsed => "recovery_used",
            Self::RecoveryRenewed => "recovery_renewed",
            Self::Exported => "exported",
            Self::ErasureAsked { .. } => "erasure_asked",
            Self::ErasureCancelled => "erasure_cancelled",
            Self::Erased => "erased",
        }
    }

    /// Whether the owner gets a mail: of what somebody else would do who had got in.
    pub fn is_told(&self) -> bool {
        !matches!(
            self,
            Self::Registered | Self::SignedIn | Self::SignedOut | Self::SessionsEnded | Self::Erased
        )
    }

    fn detail(&self) -> Value {
        match self {
            Self::ErasureAsked { at } => json!({ "erase_at": at }),
            _ => json!({}),
        }
    }
}

/// Writes down what happened to an account, and tells its owner where they should know.
///
/// # Errors
/// Postgres fails.
pub async fn record(
    db: &mut PgConnection,
    app: &App,
    customer: &Customer,
    event: &Event,
    origin: &Origin,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let entry = Entry {
        actor: &customer.pseudonym,
        action: &format!("account.{}", event.name()),
        subject: &customer.pseudonym,
        reason: "",
        address: &origin.network(),
        detail: &event.detail(),
    };
    audit::append(&mut *db, &entry, now).await?;
    if event.is_told() {
        let letter = notice(app, customer, event, origin, now);
        outbox::queue(&mut *db, &app.templates, &letter, now).await?;
    }
    Ok(())
}

fn notice(app: &App, customer: &Customer, event: &Event, origin: &Origin, now: DateTime<Utc>) -> Letter {
    let (lang, name) = (customer.lang, event.name());
    let mut parts = vec![Part::text(match event {
        Event::ErasureAsked { at } => {
            fill(lang, "notice_erasure_asked", &[("day", &format::day(at.date_naive(), lang))])
        }
        _ => fill(lang, &format!("notice_{name}"), &[]),
    })];
    let at = format::instant(now, lang);
    let device = device_words(&origin.agent, lang);
    let machine = origin.machine.to_canonical().to_string();
    parts.push(Part::text(fill(
        lang,
        "notice_where",
        &[("at", &at), ("device", &device), ("address", &machine)],
    )));
    parts.push(Part::text(text(lang, "notice_not_you")));
    parts.push(Part::link(text(lang, "notice_reset"), format!("{}/reset", app.settings.origin())));
    let to = match event {
        Event::EmailChanged { from } => from,
        _ => &customer.email,
    };
    Letter {
        // Each happens once: the same again is another.
        dedupe_key: format!("account:{name}:{}", session::new_key()),
        customer_id: Some(customer.id),
        to: to.clone(),
        lang,
        kind: Kind::Account,
        subject: fill(lang, &format!("notice_{name}_subject"), &[]),
        parts,
        unsubscribe_url: None,
        attachment: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    #[test]
    fn what_is_told_has_words_in_both_languages() {
        let at = DateTime::UNIX_EPOCH;
        let events = [
            Event::NewDevice,
            Event::PasswordChanged,
            Event::PasswordReset,
            Event::EmailAsked,
            Event::EmailChanged { from: String::new() },
            Event::TwoStepOn,
            Event::TwoStepOff,
            Event::RecoveryUsed,
            Event::RecoveryRenewed,
            Event::Exported,
            Event::ErasureAsked { at },
            Event::ErasureCancelled,
        ];
        for (event, lang) in events.iter().flat_map(|event| Lang::ALL.map(|lang| (event, lang))) {
            assert!(event.is_told());
            for key in [format!("notice_{}", event.name()), format!("notice_{}_subject", event.name())] {
                assert_ne!(fill(lang, &key, &[("day", "1 May")]), key, "{lang:?}");
            }
        }
    }

    #[test]
    fn the_log_takes_every_name() {
        let names = [Event::Registered, Event::SignedIn, Event::ErasureCancelled, Event::Erased];
        for name in names.map(|event| event.name()) {
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{name}");
        }
    }
}
