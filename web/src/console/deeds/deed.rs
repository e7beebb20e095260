//! A deed, as a form sends it.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

use crate::console::rule::Weight;

/// The largest amount that a form may name, in minor units: what is typed with many digits too many is refused.
pub const MOST_CENTS: i64 = 100_000_000;

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "deed", rename_all = "snake_case")]
pub enum Deed {
    /// Another price from now on; the difference is charged or credited at once.
    ChangePlan {
        /// Which subscription.
        subscription: String,
        /// The price's id here.
        price: i64,
        /// The instant as of which it was worked out, in Unix seconds.
        at_s: Option<i64>,
    },
    /// Ends with the paid period, or at once.
    Cancel {
        /// Which subscription.
        subscription: String,
        /// At once.
        now: bool,
    },
    /// Takes a cancellation or a pause back.
    Resume {
        /// Which subscription.
        subscription: String,
    },
    /// Stops collecting money.
    Pause {
        /// Which subscription.
        subscription: String,
        /// Until when; `None`: until it is resumed.
        until: Option<DateTime<Utc>>,
    },
    /// Gives money back.
    Refund {
        /// Of which invoice.
        invoice: String,
        /// How much; `None`: all that is left.
        cents: Option<i64>,
    },
    /// Puts a coupon on.
    Coupon {
        /// Which subscription.
        subscription: String,
        /// Which coupon.
        coupon: String,
    },
    /// Credits coming invoices.
    Credit {
        /// How much.
        cents: i64,
        /// In which currency.
        currency: String,
    },
}

/// What the forms send.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    /// Which deed.
    pub deed: String,
    /// The subscription.
    pub subscription: String,
    /// The invoice.
    pub invoice: String,
    /// The price's id.
    pub price: String,
    /// The coupon's id.
    pub coupon: String,
    /// An amount like 12.34.
    pub amount: String,
    /// Its currency.
    pub currency: String,
    /// A day.
    pub until: String,
    /// Why.
    pub reason: String,
}

impl Fields {
    /// The deed.
    ///
    /// # Errors
    /// The key of what is wrong.
    pub fn parse(&self) -> Result<Deed, &'static str> {
        let subscription = || named(&self.subscription);
        let amount = || cents(&self.amount).ok_or("deed_bad_amount");
        match self.deed.as_str() {
            "change_plan" => {
                let price = self.price.parse().map_err(|_| "deed_bad_price")?;
                Ok(Deed::ChangePlan { subscription: subscription()?, price, at_s: None })
            }
            "cancel" => Ok(Deed::Cancel { subscription: subscription()?, now: false }),
            "cancel_now" => Ok(Deed::Cancel { subscription: subscription()?, now: true }),
            "resume" => Ok(Deed::Resume { subscription: subscription()? }),
            "pause" => {
                let until = match self.until.as_str() {
                    "" => None,
                    day => Some(
                        day.parse::<NaiveDate>()
                            .map_err(|_| "deed_bad_day")?
                            .and_time(NaiveTime::MIN)
                            .and_utc(),
                    ),
                };
                Ok(Deed::Pause { subscription: subscription()?, until })
            }
            "refund" => {
                let cents = if self.amount.trim().is_empty() { None } else { Some(amount()?) };
                Ok(Deed::Refund { invoice: named(&self.invoice)?, cents })
            }
            "coupon" => Ok(Deed::Coupon { subscription: subscription()?, coupon: named(&self.coupon)? }),
            "credit" => {
                let code = self.currency.len() == 3 && self.currency.bytes().all(|b| b.is_ascii_uppercase());
                if !code {
                    return Err("deed_bad_currency");
                }
                Ok(Deed::Credit { cents: amount()?, currency: self.currency.clone() })
            }
            _ => Err("deed_unknown"),
        }
    }
}

/// An id as the payment provider makes them.
fn named(text: &str) -> Result<String, &'static str> {
    let fine = !text.is_empty()
        && text.len() <= 255
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
    if fine { Ok(text.to_owned()) } else { Err("deed_bad_id") }
}

/// Minor units of an amount like `12`, `12.3`, `12,34`; nothing below a cent, above [`MOST_CENTS`], or of another shape.
pub fn cents(text: &str) -> Option<i64> {
    let text = text.trim();
    let (whole, part) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let digits = |part: &str, most| part.len() <= most && part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty()
        || !digits(whole, 7)
        || !digits(part, 2)
        || (part.is_empty() && text.len() != whole.len())
    {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let part: i64 = format!("{part:0<2}").parse().ok()?;
    let cents = whole * 100 + part;
    (1..=MOST_CENTS).contains(&cents).then_some(cents)
}

impl Deed {
    /// Its name in tables, and the end of the keys of its texts.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ChangePlan { .. } => "change_plan",
            Self::Cancel { now: false, .. } => "cancel",
            Self::Cancel { now: true, .. } => "cancel_now",
            Self::Resume { .. } => "resume",
            Self::Pause { .. } => "pause",
            Self::Refund { .. } => "refund",
            Self::Coupon { .. } => "coupon",
            Self::Credit { .. } => "credit",
        }
    }

    /// The key of what it is called.
    pub fn label(&self) -> &'static str {
        match self {
            Self::ChangePlan { .. } => "deed_change_plan",
            Self::Cancel { now: false, .. } => "deed_cancel",
            Self::Cancel { now: true, .. } => "deed_cancel_now",
            Self::Resume { .. } => "deed_resume",
            Self::Pause { .. } => "deed_pause",
            Self::Refund { .. } => "deed_refund",
            Self::Coupon { .. } => "deed_coupon",
            Self::Credit { .. } => "deed_credit",
        }
    }

    /// What it weighs by the console's rule, where it moves `moves_cents` at once.
    pub fn weight(&self, moves_cents: i64) -> Weight {
        match self {
            Self::Cancel { .. } | Self::Resume { .. } | Self::Pause { .. } => Weight::Free,
            Self::ChangePlan { .. } | Self::Refund { .. } | Self::Credit { .. } => Weight::Moves(moves_cents),
            Self::Coupon { .. } => Weight::Reserved,
        }
    }

    /// The subscription or the invoice that it is about.
    pub fn subject(&self) -> Subject<'_> {
        match self {
            Self::ChangePlan { subscription, .. }
            | Self::Cancel { subscription, .. }
            | Self::Resume { subscription }
            | Self::Pause { subscription, .. }
            | Self::Coupon { subscription, .. } => Subject::Subscription(subscription),
            Self::Refund { invoice, .. } => Subject::Invoice(invoice),
            Self::Credit { .. } => Subject::Customer,
        }
    }
}

/// What a deed is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject<'a> {
    /// A subscription of the customer's.
    Subscription(&'a str),
    /// An invoice of the customer's.
    Invoice(&'a str),
    /// The customer as a whole.
    Customer,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_to_the_cent_or_not_at_all() {
        for (text, expected) in [
            ("12", Some(1200)),
            ("12.3", Some(1230)),
            ("12,34", Some(1234)),
            (" 0.01 ", Some(1)),
            ("1000000", Some(MOST_CENTS)),
            ("1000000.01", None),
            ("0", None),
            ("-5", None),
            ("+5", None),
            ("1.234", None),
            ("1,234.50", None),
            ("12.", None),
            (".5", None),
            ("1e3", None),
            ("NaN", None),
            ("1000000000000", None),
            ("१२", None),
            ("", None),
        ] {
            assert_eq!(cents(text), expected, "{text:?}");
        }
    }

    #[test]
    fn forms_become_deeds_or_say_why_not() {
        let fields =
            |deed: &str| Fields { deed: deed.into(), subscription: "sub_1".into(), ..Fields::default() };
        assert_eq!(
            fields("cancel_now").parse(),
            Ok(Deed::Cancel { subscription: "sub_1".into(), now: true })
        );
        assert_eq!(fields("pause").parse(), Ok(Deed::Pause { subscription: "sub_1".into(), until: None }));
        let refund = Fields { invoice: "in_1".into(), amount: "9,00".into(), ..fields("refund") };
        assert_eq!(refund.parse(), Ok(Deed::Refund { invoice: "in_1".into(), cents: Some(900) }));
        for (wrong, why) in [
            (fields("drop"), "deed_unknown"),
            (Fields { subscription: "sub_1/../x".into(), ..fields("resume") }, "deed_bad_id"),
            (Fields { subscription: "s".repeat(256), ..fields("resume") }, "deed_bad_id"),
            (Fields { price: "NaN".into(), ..fields("change_plan") }, "deed_bad_price"),
            (Fields { until: "soon".into(), ..fields("pause") }, "deed_bad_day"),
            (Fields { amount: "-1".into(), currency: "EUR".into(), ..fields("credit") }, "deed_bad_amount"),
            (Fields { amount: "1".into(), currency: "euro".into(), ..fields("credit") }, "deed_bad_currency"),
            (Fields { coupon: "<b>".into(), ..fields("coupon") }, "deed_bad_id"),
        ] {
            assert_eq!(wrong.parse(), Err(why), "{wrong:?}");
        }
    }

    #[test]
    fn a_deed_survives_its_confirmation() {
        let deed = Deed::ChangePlan { subscription: "sub_1".into(), price: 4, at_s: Some(7) };
        let text = serde_json::to_string(&deed).unwrap();
        assert_eq!(serde_json::from_str::<Deed>(&text).unwrap(), deed);
        assert_eq!(deed.weight(5), Weight::Moves(5));
        assert_eq!(
            Deed::Coupon { subscription: String::new(), coupon: String::new() }.weight(0),
            Weight::Reserved
        );
    }
}
