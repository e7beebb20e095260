//! What a late slot is worth.
//!
//! For a slot that missed the promise, and for each further six hours that have begun since, the part of the price is given
//! back that six hours have in the period that was paid for:
//!
//! credit = price × slots × 6 h ÷ period, rounded up to a cent, for at most [`MOST`] slots and never more than the price.

use chrono::{DateTime, Duration, Utc};
use domain::slot::SLOT_HOURS;

/// Slots that one late slot can be worth: seven days.
pub const MOST: u32 = 28;

/// A paid period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paid {
    /// What was paid for it after discounts, in minor units.
    pub price_cents: i64,
    /// First instant.
    pub starts_at: DateTime<Utc>,
    /// First instant after it.
    pub ends_at: DateTime<Utc>,
}

/// How many slots are given back for one that came so late, beyond the promise.
pub fn slots(late: Duration) -> u32 {
    if late <= Duration::zero() {
        return 0;
    }
    let begun = (late.num_seconds() / (SLOT_HOURS * 3600)).min(i64::from(MOST) - 1);
    u32::try_from(begun).map_or(MOST, |begun| begun + 1)
}

/// The credit in minor units of the period's currency; 0 where nothing was paid.
pub fn credit_cents(paid: Paid, slots: u32) -> i64 {
    let period = i128::from((paid.ends_at - paid.starts_at).num_seconds());
    if period <= 0 || paid.price_cents <= 0 {
        return 0;
    }
    let given = i128::from(paid.price_cents) * i128::from(slots.min(MOST)) * i128::from(SLOT_HOURS * 3600);
    let cents = (given + period - 1) / period;
    i64::try_from(cents).unwrap_or(paid.price_cents).min(paid.price_cents)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn paid(price_cents: i64, days: i64) -> Paid {
        let starts_at: DateTime<Utc> = "2026-11-01T00:00:00Z".parse().unwrap();
        Paid { price_cents, starts_at, ends_at: starts_at + Duration::days(days) }
    }

    #[test]
    fn by_hand() {
        for (minutes, expected) in
            [(0, 0), (-5, 0), (1, 1), (359, 1), (360, 2), (6 * 60 * 27, 28), (60 * 24 * 400, 28)]
        {
            assert_eq!(slots(Duration::minutes(minutes)), expected, "{minutes} minutes");
        }
        // 19.00 for 30 days are 120 slots: 0.1583 a slot, rounded up.
        assert_eq!(credit_cents(paid(1900, 30), 1), 16);
        assert_eq!(credit_cents(paid(1900, 30), 12), 190);
        // 490.00 for a year of 1460 slots.
        assert_eq!(credit_cents(paid(49_000, 365), 1), 34);
        assert_eq!(credit_cents(paid(1900, 30), 28), 444);
        assert_eq!(credit_cents(paid(0, 30), 28), 0);
        assert_eq!(credit_cents(paid(1900, 0), 1), 0);
        // A period shorter than what is given back gives back its price, no more.
        assert_eq!(credit_cents(paid(500, 1), 28), 500);
    }

    proptest! {
        #[test]
        fn credits_grow_with_lateness_and_never_exceed_the_price(
            price in 0_i64..10_000_000, days in 1_i64..400, minutes in 0_i64..1_000_000, more in 0_i64..1_000_000
        ) {
            let paid = paid(price, days);
            let of = |minutes| credit_cents(paid, slots(Duration::minutes(minutes)));
            prop_assert!((0..=price).contains(&of(minutes)));
            prop_assert!(of(minutes) <= of(minutes + more));
            // A paid slot that is late is worth something.
            prop_assert!(price == 0 || minutes == 0 || of(minutes) > 0);
        }
    }
}
