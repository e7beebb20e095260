//! Random histories of customers over 36 months: the invoices that such a history makes, and, kept apart from them, what
//! each customer was meant to bring. Both must agree at every instant, and the movements must add up.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Months, Utc};
use proptest::prelude::*;

use super::month::Month;
use super::movements::{Kind, changes, movements};
use super::recurring::{self, Line, Span, spans};
use super::{cohorts, figures};

/// Price and months of an interval.
const PLANS: [(i64, i64); 6] = [(900, 1), (1900, 1), (4900, 1), (9000, 12), (19000, 12), (49000, 12)];
const MONTHS: u32 = 36;

#[derive(Debug, Clone)]
enum Act {
    Change(usize),
    CancelNow,
    CancelAtEnd,
}

#[derive(Debug, Clone)]
struct History {
    currency: &'static str,
    /// Hours after the first month's start.
    start: i64,
    trial_days: i64,
    plan: usize,
    percent_off: i64,
    /// Hours after the step before.
    acts: Vec<(i64, Act)>,
    /// Days of silence before the customer comes back; none: stays away.
    returns: Option<i64>,
}

/// What a history leaves behind.
#[derive(Default)]
struct Traces {
    lines: Vec<Line>,
    ended: BTreeMap<String, DateTime<Utc>>,
    /// What it was meant to bring from an instant on, by subscription.
    meant: BTreeMap<String, Vec<(DateTime<Utc>, i64)>>,
}

/// Acts come a little after full hours, on which periods begin: never with a renewal.
fn after_hours(hours: i64) -> Duration {
    Duration::hours(hours) + Duration::minutes(7)
}

fn first() -> Month {
    "2024-01".parse().unwrap()
}

fn rate(plan: usize, percent_off: i64) -> i64 {
    let (price, months) = PLANS[plan];
    // To the nearest cent, from the list price and not from any invoice.
    let (value, by) = (price * (100 - percent_off), 100 * months);
    (2 * value + by) / (2 * by)
}

impl Traces {
    fn line(
        &mut self,
        history: &History,
        sub: &str,
        plan: usize,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        part: Option<f64>,
    ) {
        let (price, months) = PLANS[plan];
        let amount = (price as f64 * part.unwrap_or(1.0)).round() as i64;
        self.lines.push(Line {
            customer: sub.split('/').next().unwrap().to_owned(),
            subscription: sub.to_owned(),
            invoice: format!("in_{}", self.lines.len()),
            currency: history.currency.to_owned(),
            starts_at: from,
            ends_at: to,
            unit_cents: price,
            quantity: 1,
            months,
            amount_cents: amount,
            discount_cents: (amount as f64 * history.percent_off as f64 / 100.0).round() as i64,
            proration: part.is_some_and(|part| part > 0.0),
            invoiced_at: from,
        });
    }

    fn means(&mut self, sub: &str, from: DateTime<Utc>, cents: i64) {
        self.meant.entry(sub.to_owned()).or_default().push((from, cents));
    }

    /// Lives through one subscription; says when it ended.
    fn live(&mut self, history: &History, sub: &str, start: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let horizon = first().plus(MONTHS).starts_at();
        let (mut plan, mut anchor, mut periods) = (history.plan, start, 0);
        if history.trial_days > 0 {
            anchor = start + Duration::days(history.trial_days);
            self.line(history, sub, plan, start, anchor, Some(0.0));
            self.means(sub, start, 0);
        }
        let mut acts = history.acts.iter();
        let mut next = acts.next().map(|(after, act)| (anchor + after_hours(*after), act.clone()));
        while anchor <= horizon {
            let ends = |n: i64| anchor + Months::new(u32::try_from(n * PLANS[plan].1).unwrap());
            let (from, to) = (ends(periods), ends(periods + 1));
            if from > horizon {
                break;
            }
            self.line(history, sub, plan, from, to, None);
            self.means(sub, from, rate(plan, history.percent_off));
            periods += 1;
            let mut cancelled = false;
            while let Some((at, act)) = next.clone().filter(|(at, _)| *at < to) {
                next = acts.next().map(|(after, act)| (at + after_hours(*after), act.clone()));
                match act {
                    Act::CancelNow => {
                        self.ended.insert(sub.to_owned(), at);
                        self.means(sub, at, 0);
                        return Some(at);
                    }
                    Act::CancelAtEnd => cancelled = true,
                    Act::Change(to_plan) if to_plan == plan => {}
                    Act::Change(to_plan) if PLANS[to_plan].1 == PLANS[plan].1 => {
                        let left = (to - at).num_seconds() as f64 / (to - from).num_seconds() as f64;
                        plan = to_plan;
                        self.line(history, sub, plan, at, to, Some(left));
                        self.means(sub, at, rate(plan, history.percent_off));
                    }
                    Act::Change(to_plan) => {
                        // Another interval begins a period of its own; what was chosen before is forgotten.
                        (plan, anchor, periods, cancelled) = (to_plan, at, 0, false);
                        break;
                    }
                }
            }
            if cancelled {
                self.ended.insert(sub.to_owned(), to);
                self.means(sub, to, 0);
                return Some(to);
            }
        }
        None
    }
}

fn traces(histories: &[History]) -> Traces {
    let mut traces = Traces::default();
    for (n, history) in histories.iter().enumerate() {
        let start = first().starts_at() + Duration::hours(history.start);
        let ended = traces.live(history, &format!("cus_{n}/1"), start);
        if let (Some(at), Some(days)) = (ended, history.returns) {
            let again = History { trial_days: 0, ..history.clone() };
            traces.live(&again, &format!("cus_{n}/2"), at + Duration::days(days));
        }
    }
    traces
}

/// What was meant at an instant, by currency.
fn meant(traces: &Traces, histories: &[History], at: DateTime<Utc>) -> BTreeMap<&'static str, i64> {
    let mut sums = BTreeMap::new();
    for (sub, steps) in &traces.meant {
        let n: usize = sub.trim_start_matches("cus_").split('/').next().unwrap().parse().unwrap();
        let cents = steps.iter().rev().find(|(from, _)| *from <= at).map_or(0, |(_, cents)| *cents);
        *sums.entry(histories[n].currency).or_insert(0) += cents;
    }
    sums
}

fn histories() -> impl Strategy<Value = Vec<History>> {
    let act = prop_oneof![
        5 => (0..PLANS.len()).prop_map(Act::Change),
        1 => Just(Act::CancelNow),
        1 => Just(Act::CancelAtEnd),
    ];
    let one = (
        prop_oneof![Just("EUR"), Just("USD")],
        0_i64..24 * 900,
        prop_oneof![Just(0_i64), Just(14)],
        0..PLANS.len(),
        prop_oneof![3 => Just(0_i64), 1 => Just(20), 1 => Just(100)],
        prop::collection::vec((12_i64..24 * 120, act), 0..7),
        prop::option::of(0_i64..200),
    );
    let one = one.prop_map(|(currency, start, trial_days, plan, percent_off, acts, returns)| History {
        currency,
        start,
        trial_days,
        plan,
        percent_off,
        acts,
        returns,
    });
    prop::collection::vec(one, 1..12)
}

fn all_months() -> Vec<Month> {
    first().until(first().plus(MONTHS - 1)).collect()
}

/// Whether a proration of few cents is in force, of which the discount cannot be read.
fn too_small_to_tell(traces: &Traces, at: DateTime<Utc>) -> bool {
    let small = |line: &Line| line.proration && line.discount_cents > 0 && line.amount_cents < 100;
    traces.lines.iter().any(|line| small(line) && line.starts_at <= at && at < line.ends_at)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn invoices_tell_what_was_meant_at_every_instant(histories in histories(), minutes in 0_i64..60 * 24 * 30 * 36) {
        let traces = traces(&histories);
        let spans = spans(&traces.lines, &traces.ended);
        let any = first().starts_at() + Duration::minutes(minutes);
        for at in all_months().into_iter().map(Month::ends_at).chain([any]) {
            let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
            for ((currency, _), cents) in recurring::at(&spans, at) {
                *sums.entry(currency).or_insert(0) += cents;
            }
            let meant = meant(&traces, &histories, at);
            for currency in ["EUR", "USD"] {
                let (is, should) = (sums.get(currency).copied().unwrap_or(0), meant.get(currency).copied().unwrap_or(0));
                prop_assert!(is == should || too_small_to_tell(&traces, at), "{currency} at {at}: {is}, not {should}");
            }
        }
    }

    #[test]
    fn movements_add_up_to_the_cent_over_36_months(histories in histories()) {
        let traces = traces(&histories);
        let spans = spans(&traces.lines, &traces.ended);
        let later = first().plus(MONTHS).starts_at();
        for currency in ["EUR", "USD"] {
            let rows = movements(&spans, currency, all_months(), later);
            prop_assert_eq!(rows.len(), 36);
            let mut balance = 0;
            for (n, row) in rows.iter().enumerate() {
                prop_assert_eq!(row.start_cents, balance);
                balance += row.new_cents + row.expansion_cents - row.contraction_cents - row.churn_cents;
                prop_assert_eq!(row.end_cents, balance);
                prop_assert_eq!(row.customers_start + row.customers_new - row.customers_lost, row.customers_end);
                prop_assert!([row.new_cents, row.expansion_cents, row.contraction_cents, row.churn_cents].iter().all(|c| *c >= 0));
                prop_assert!(row.returning_cents <= row.new_cents);
                let listed = changes(&spans, currency, row.month, later);
                let moved = |wanted: &str| listed.iter().filter(|c| c.kind.as_str() == wanted).map(|c| c.moved_cents()).sum::<i64>();
                prop_assert_eq!([moved("new"), moved("expansion"), moved("contraction"), moved("churn")],
                    [row.new_cents, row.expansion_cents, row.contraction_cents, row.churn_cents]);
                // A month that is looked at when it has just ended is the same later.
                prop_assert_eq!(&movements(&spans, currency, [row.month], row.month.ends_at())[0], row);
                if let Some(figures) = figures::figures(&rows[..=n]) {
                    prop_assert_eq!(figures.arr_cents, 12 * figures.mrr_cents);
                    prop_assert!(figures.net_retention.is_none_or(|share| share >= 0.0));
                    prop_assert!(figures.customer_churn.is_none_or(|share| (0.0..=1.0).contains(&share)));
                }
            }
        }
    }

    #[test]
    fn nobody_is_in_two_cohorts_and_nobody_is_missing(histories in histories()) {
        let traces = traces(&histories);
        let spans = spans(&traces.lines, &traces.ended);
        let later = first().plus(MONTHS).starts_at();
        for currency in ["EUR", "USD"] {
            let cohorts = cohorts::cohorts(&spans, currency, later);
            let paying = |span: &&Span| span.currency == currency && span.monthly_cents > 0;
            let mut customers: Vec<&str> = spans.iter().filter(paying).map(|span| span.customer.as_str()).collect();
            customers.sort_unstable();
            customers.dedup();
            prop_assert_eq!(cohorts.iter().map(|c| c.customers).sum::<i64>(), customers.len() as i64);
            // Whatever cohorts bring at the end of a month is the month's revenue.
            for row in movements(&spans, currency, all_months(), later) {
                let left = cohorts.iter().filter(|c| c.month <= row.month).map(|cohort| {
                    let age = cohort.month.until(row.month).count() - 1;
                    cohort.stayed[age].cents
                });
                prop_assert_eq!(left.sum::<i64>(), row.end_cents);
            }
        }
    }
}

/// By hand: who comes on 10 January for 9.00, rises to 19.00 on 20 January, falls back on 19 February, leaves on 10 March,
/// comes back on 19 April and does the same again.
#[test]
fn one_customer_by_hand() {
    let history = History {
        currency: "EUR",
        start: 24 * 9,
        trial_days: 0,
        plan: 0,
        percent_off: 0,
        acts: vec![(240, Act::Change(1)), (24 * 30, Act::Change(0)), (240, Act::CancelAtEnd)],
        returns: Some(40),
    };
    let traces = traces(&[history]);
    let spans = spans(&traces.lines, &traces.ended);
    let now = "2024-07-01T00:00:00Z".parse().unwrap();
    let months: Vec<Month> = first().until("2024-05".parse().unwrap()).collect();
    let rows = movements(&spans, "EUR", months, now);
    let figures: Vec<[i64; 6]> = rows
        .iter()
        .map(|r| {
            [r.start_cents, r.new_cents, r.expansion_cents, r.contraction_cents, r.churn_cents, r.end_cents]
        })
        .collect();
    assert_eq!(
        figures,
        [
            [0, 1900, 0, 0, 0, 1900],
            [1900, 0, 0, 1000, 0, 900],
            [900, 0, 0, 0, 900, 0],
            [0, 1900, 0, 0, 0, 1900],
            [1900, 0, 0, 1000, 0, 900],
        ]
    );
    let back = changes(&spans, "EUR", "2024-04".parse().unwrap(), now);
    assert_eq!(back[0].kind, Kind::New { returning: true });
    // Of three customers who were there at the start of a month one was lost: 9.00 × 3 / 1.
    let known = figures::figures(&rows).unwrap();
    assert_eq!(
        (known.mrr_cents, known.arr_cents, known.lost, known.lifetime_cents),
        (900, 10_800, 1, Some(2700))
    );
}
