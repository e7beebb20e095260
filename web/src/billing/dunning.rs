//! Mails about payments: a payment failed, the last notice, the end; a trial that is about to end.
//!
//! Each has a key that follows from what it is about, so that the same cause makes one mail, however often it is looked at.

use chrono::{DateTime, Duration, Utc};
use domain::Tier;
use sqlx::PgConnection;

use super::facts::Status;
use super::gateway::Trouble;
use super::store::invoices::InvoiceRow;
use super::store::mirror::CustomerRow;
use super::store::subscriptions::SubscriptionRow;
use super::store::{self, Person, access, invoices, mirror, subscriptions};
use super::sync::Desk;
use crate::error::Error;
use crate::format;
use crate::mail::letter::{Kind, Letter, Part};
use crate::mail::outbox;
use crate::market::view::tier_name;
use crate::text::{Lang, fill, text};

/// A last notice goes out so long before access ends.
const LAST_NOTICE: Duration = Duration::days(3);
/// A trial's end is announced so long before.
const TRIAL_NOTICE: Duration = Duration::days(3);
/// What ended longer ago is not told any more: who is read for the first time is not told of their past.
const RECENT: Duration = Duration::days(2);
/// Invoices that are looked at.
const INVOICES: i64 = 24;

/// What a customer is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A payment failed.
    Failed {
        /// The invoice.
        invoice: String,
        /// Which try.
        attempt: i64,
        /// What is due, in minor units.
        due_cents: i64,
        /// Its currency.
        currency: String,
        /// When it is tried again.
        next_at: Option<DateTime<Utc>>,
        /// Where it can be paid.
        url: Option<String>,
        /// Until when access lasts.
        access_until: Option<DateTime<Utc>>,
        /// Whether this is the last notice.
        last: bool,
    },
    /// A subscription ended because it was not paid.
    Ended {
        /// The subscription.
        subscription: String,
        /// The tier that it gave.
        tier: Option<Tier>,
    },
    /// A trial is about to end.
    TrialEnds {
        /// The subscription.
        subscription: String,
        /// When.
        at: DateTime<Utc>,
        /// What is charged then.
        cents: i64,
        /// Its currency.
        currency: String,
        /// The tier.
        tier: Option<Tier>,
    },
}

impl Notice {
    /// What the mail is about: the same cause makes one mail.
    pub fn key(&self) -> String {
        match self {
            Self::Failed { invoice, last: true, .. } => format!("billing/last/{invoice}"),
            Self::Failed { invoice, attempt, .. } => format!("billing/failed/{invoice}/{attempt}"),
            Self::Ended { subscription, .. } => format!("billing/ended/{subscription}"),
            Self::TrialEnds { subscription, at, .. } => {
                format!("billing/trial/{subscription}/{}", at.timestamp())
            }
        }
    }
}

/// What a customer is to be told at `now`, from how their subscriptions and invoices stand: a pure function.
pub fn due(
    subscriptions: &[SubscriptionRow],
    invoices: &[InvoiceRow],
    access_until: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Vec<Notice> {
    let mut notices = Vec::new();
    for subscription in subscriptions {
        let status = subscription.status;
        let of = |i: &&InvoiceRow| i.subscription_stripe_id.as_deref() == Some(&subscription.stripe_id);
        let unpaid = invoices.iter().filter(of).find(|i| i.status == "open" && i.attempt_count > 0);
        let given_up = invoices
            .iter()
            .filter(of)
            .any(|i| i.status != "paid" && i.status != "draft" && i.attempt_count > 0);
        match (status, unpaid) {
            (Status::PastDue, Some(invoice)) => {
                let close = access_until.is_some_and(|until| until - now <= LAST_NOTICE);
                notices.push(Notice::Failed {
                    invoice: invoice.stripe_id.clone(),
                    attempt: invoice.attempt_count,
                    due_cents: invoice.amount_due_cents - invoice.amount_paid_cents,
                    currency: invoice.currency.clone(),
                    next_at: invoice.next_attempt_at,
                    url: invoice.hosted_url.clone(),
                    access_until,
                    last: close || invoice.next_attempt_at.is_none(),
                });
            }
            (Status::Canceled | Status::Unpaid, _) if given_up => {
                let ended_at = subscription.ended_at.unwrap_or(now);
                if now - ended_at <= RECENT {
                    let tier = subscription.tier;
                    notices.push(Notice::Ended { subscription: subscription.stripe_id.clone(), tier });
                }
            }
            (Status::Trialing, _) if !subscription.cancel_at_period_end => {
                let Some(at) = subscription.trial_end_at else { continue };
                if now < at && at - now <= TRIAL_NOTICE {
                    notices.push(Notice::TrialEnds {
                        subscription: subscription.stripe_id.clone(),
                        at,
                        cents: subscription.due_cents(at),
                        currency: subscription.currency.clone(),
                        tier: subscription.tier,
                    });
                }
            }
            _ => {}
        }
    }
    notices
}

/// Queues the mails that a customer is to get, in the transaction of what calls for them.
///
/// # Errors
/// Postgres or a template fails.
pub async fn queue(desk: &Desk<'_>, db: &mut PgConnection, customer: &CustomerRow) -> Result<(), Trouble> {
    let Some(account) = customer.customer_id else { return Ok(()) };
    let Some(person) = store::person(&mut *db, account).await? else { return Ok(()) };
    let subscriptions = subscriptions::of_customer(&mut *db, &customer.stripe_id).await?;
    let invoices = invoices::of(&mut *db, account, INVOICES).await?;
    let until = access::at(&mut *db, account, desk.now).await?.map(|(_, until, _)| until);
    let lang = Lang::parse(&customer.language).unwrap_or(Lang::En);
    for notice in due(&subscriptions, &invoices, until, desk.now) {
        send(desk, db, &letter(&notice, &person, lang, desk.origin)).await?;
    }
    Ok(())
}

/// Queues what is due to everybody whose payment is late or whose trial runs: what follows from the clock alone, without news
/// from the provider.
///
/// # Errors
/// Postgres or a template fails.
pub async fn remind(desk: &Desk<'_>) -> Result<(), Trouble> {
    for customer in mirror::with_a_date(desk.pool).await? {
        let mut db = desk.pool.begin().await?;
        queue(desk, &mut db, &customer).await?;
        db.commit().await?;
    }
    Ok(())
}

/// Queues one letter.
///
/// # Errors
/// Postgres or a template fails. An address that is none is logged: nothing would ever reach it.
pub async fn send(desk: &Desk<'_>, db: &mut PgConnection, letter: &Letter) -> Result<(), Trouble> {
    match outbox::queue(&mut *db, desk.templates, letter, desk.now).await {
        Ok(_) => Ok(()),
        Err(Error::BadRequest(why)) => {
            tracing::warn!(customer = letter.customer_id, why, "a mail about a payment has no recipient");
            Ok(())
        }
        Err(error) => Err(Trouble::Ours(anyhow::anyhow!("{error}"))),
    }
}

fn letter(notice: &Notice, person: &Person, lang: Lang, origin: &str) -> Letter {
    let billing = Part::link(text(lang, "billing_title"), format!("{origin}/account/billing"));
    let named = |tier: &Option<Tier>| tier.map(tier_name).unwrap_or_default();
    let (subject, parts) = match notice {
        Notice::Failed { due_cents, currency, next_at, url, access_until, last, .. } => {
            let amount = format::money(*due_cents, currency, lang);
            let key = if *last { "dunning_last_subject" } else { "dunning_failed_subject" };
            let mut parts = vec![Part::text(fill(lang, "dunning_failed", &[("amount", &amount)]))];
            parts.push(Part::text(match next_at {
                Some(at) => fill(lang, "dunning_next", &[("at", &format::instant(*at, lang))]),
                None => text(lang, "dunning_no_next").to_owned(),
            }));
            if let Some(until) = access_until {
                parts.push(Part::text(fill(
                    lang,
                    "dunning_until",
                    &[("at", &format::instant(*until, lang))],
                )));
            }
            parts.extend(url.clone().map(|url| Part::link(text(lang, "dunning_pay"), url)));
            (text(lang, key).to_owned(), parts)
        }
        Notice::Ended { tier, .. } => {
            let says = fill(lang, "dunning_ended", &[("tier", &named(tier))]);
            (text(lang, "dunning_ended_subject").to_owned(), vec![Part::text(says)])
        }
        Notice::TrialEnds { at, cents, currency, tier, .. } => {
            let values = [
                ("tier", named(tier)),
                ("at", format::instant(*at, lang)),
                ("amount", format::money(*cents, currency, lang)),
            ];
            let values = values.each_ref().map(|(key, value)| (*key, value.as_str()));
            (text(lang, "trial_ends_subject").to_owned(), vec![Part::text(fill(lang, "trial_ends", &values))])
        }
    };
    account_letter(notice.key(), person, lang, subject, parts.into_iter().chain([billing]).collect())
}

/// A letter about a customer's own account.
pub fn account_letter(key: String, person: &Person, lang: Lang, subject: String, parts: Vec<Part>) -> Letter {
    Letter {
        dedupe_key: key,
        customer_id: Some(person.id),
        to: person.email.clone(),
        lang,
        kind: Kind::Account,
        subject,
        parts,
        unsubscribe_url: None,
        attachment: None,
    }
}
