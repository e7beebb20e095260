//! Money as it came in: invoiced, collected, refunded, failed. By calendar month, in each currency.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::month::Month;

/// An invoice, as far as money goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill {
    /// Currency.
    pub currency: String,
    /// The payment provider's name for its state.
    pub status: String,
    /// What it asks for.
    pub total_cents: i64,
    /// What has been paid of it.
    pub paid_cents: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was paid.
    pub paid_at: Option<DateTime<Utc>>,
    /// Times that its payment was tried.
    pub attempts: i64,
}

/// Money given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Currency.
    pub currency: String,
    /// How much.
    pub cents: i64,
    /// When.
    pub at: DateTime<Utc>,
}

/// A month's money in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cash {
    /// The month.
    pub month: Month,
    /// Invoiced in it.
    pub invoiced_cents: i64,
    /// Paid in it, whenever it was invoiced.
    pub collected_cents: i64,
    /// Given back in it.
    pub refunded_cents: i64,
    /// Invoices of it whose first payment failed.
    pub failed: i64,
    /// Those of them that were paid later.
    pub recovered: i64,
    /// Those of them that are still tried.
    pub open: i64,
    /// Those of them that were given up.
    pub lost: i64,
    /// What the open ones ask for.
    pub open_cents: i64,
}

/// What became of an invoice whose first payment failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed {
    /// Paid later.
    Recovered,
    /// Still tried.
    Open,
    /// Given up.
    Lost,
}

impl Bill {
    /// Whether it was ever asked for: drafts were not, and what is void was taken back unless its payment had failed.
    fn counts(&self) -> bool {
        self.status != "draft" && (self.status != "void" || self.failed().is_some())
    }

    /// What became of its first payment's failure; `None` where that did not fail.
    pub fn failed(&self) -> Option<Failed> {
        match self.status.as_str() {
            "paid" => (self.attempts > 1).then_some(Failed::Recovered),
            "open" => (self.attempts > 0).then_some(Failed::Open),
            "uncollectible" => Some(Failed::Lost),
            "void" => (self.attempts > 0).then_some(Failed::Lost),
            _ => None,
        }
    }
}

/// The money of each of these months in one currency.
pub fn cash(
    bills: &[Bill],
    refunds: &[Refund],
    currency: &str,
    months: impl IntoIterator<Item = Month>,
) -> Vec<Cash> {
    let empty = |month| Cash {
        month,
        invoiced_cents: 0,
        collected_cents: 0,
        refunded_cents: 0,
        failed: 0,
        recovered: 0,
        open: 0,
        lost: 0,
        open_cents: 0,
    };
    let mut rows: BTreeMap<Month, Cash> = months.into_iter().map(|month| (month, empty(month))).collect();
    for bill in bills.iter().filter(|bill| bill.currency == currency && bill.counts()) {
        if let Some(row) = rows.get_mut(&Month::of(bill.created_at)) {
            row.invoiced_cents += bill.total_cents;
            if let Some(failed) = bill.failed() {
                row.failed += 1;
                match failed {
                    Failed::Recovered => row.recovered += 1,
                    Failed::Lost => row.lost += 1,
                    Failed::Open => {
                        row.open += 1;
                        row.open_cents += bill.total_cents - bill.paid_cents;
                    }
                }
            }
        }
        if let Some(row) = bill.paid_at.and_then(|at| rows.get_mut(&Month::of(at))) {
            row.collected_cents += bill.paid_cents;
        }
    }
    for refund in refunds.iter().filter(|refund| refund.currency == currency) {
        if let Some(row) = rows.get_mut(&Month::of(refund.at)) {
            row.refunded_cents += refund.cents;
        }
    }
    rows.into_values().collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Over three years nothing is lost between the months: what came in less what went back is what is kept.
        #[test]
        fn thirty_six_months_balance_to_the_cent(
            paid in prop::collection::vec((1_i64..50_000, 0_i64..1095, 0_i64..40, 0_u8..4), 0..80),
            parts in prop::collection::vec((0_usize..80, 1_i64..100, 0_i64..200), 0..60),
        ) {
            let first: DateTime<Utc> = "2024-01-01T00:00:00Z".parse().unwrap();
            let bills: Vec<Bill> = paid
                .iter()
                .map(|(cents, day, late, attempts)| {
                    let created_at = first + chrono::Duration::days(*day);
                    Bill {
                        currency: "EUR".into(),
                        status: "paid".into(),
                        total_cents: *cents,
                        paid_cents: *cents,
                        created_at,
                        paid_at: Some(created_at + chrono::Duration::days(*late)),
                        attempts: i64::from(*attempts),
                    }
                })
                .collect();
            // Parts in per cent of invoices, the last of which takes what is left.
            let mut left: Vec<i64> = bills.iter().map(|bill| bill.paid_cents).collect();
            let mut refunds = Vec::new();
            for (of, percent, later) in &parts {
                let Some((bill, left)) = bills.get(*of).zip(left.get_mut(*of)) else { continue };
                let cents = (bill.paid_cents * percent / 100).min(*left);
                *left -= cents;
                let at = bill.paid_at.unwrap() + chrono::Duration::days(*later);
                refunds.push(Refund { currency: "EUR".into(), cents, at });
            }
            let months: Vec<Month> = (0..48).map(|n| Month::of(first).plus(n)).collect();
            let rows = cash(&bills, &refunds, "EUR", months);
            let (collected, refunded, invoiced) = rows.iter().fold((0, 0, 0), |(c, r, i), row| {
                (c + row.collected_cents, r + row.refunded_cents, i + row.invoiced_cents)
            });
            prop_assert_eq!(collected - refunded, left.iter().sum::<i64>());
            prop_assert_eq!(invoiced, collected);
            let failed: i64 = rows.iter().map(|row| row.failed).sum();
            let recovered: i64 = rows.iter().map(|row| row.recovered).sum();
            prop_assert_eq!(failed, recovered);
        }
    }

    #[test]
    fn each_invoice_is_counted_where_it_belongs() {
        let at = |text: &str| -> DateTime<Utc> { text.parse().unwrap() };
        let bill = |status: &str, attempts, paid: Option<&str>| Bill {
            currency: "eur".into(),
            status: status.into(),
            total_cents: 1900,
            paid_cents: if paid.is_some() { 1900 } else { 0 },
            created_at: at("2026-01-31T12:00:00Z"),
            paid_at: paid.map(at),
            attempts,
        };
        let bills = [
            bill("paid", 1, Some("2026-01-31T13:00:00Z")),
            bill("paid", 3, Some("2026-02-07T00:00:00Z")),
            bill("open", 2, None),
            bill("open", 0, None),
            bill("uncollectible", 4, None),
            bill("void", 0, None),
            bill("draft", 0, None),
            Bill { currency: "usd".into(), ..bill("paid", 1, Some("2026-01-31T13:00:00Z")) },
        ];
        let refund = |cents| Refund { currency: "eur".into(), cents, at: at("2026-02-28T23:59:59Z") };
        let months: [Month; 2] = ["2026-01".parse().unwrap(), "2026-02".parse().unwrap()];
        let rows = cash(&bills, &[refund(900), refund(1)], "eur", months);
        let january = &rows[0];
        assert_eq!(
            (january.invoiced_cents, january.collected_cents, january.refunded_cents),
            (5 * 1900, 1900, 0)
        );
        assert_eq!((january.failed, january.recovered, january.open, january.lost), (3, 1, 1, 1));
        assert_eq!(january.open_cents, 1900);
        assert_eq!((rows[1].invoiced_cents, rows[1].collected_cents, rows[1].refunded_cents), (0, 1900, 901));
    }
}
