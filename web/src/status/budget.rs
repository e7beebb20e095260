//! The error budget of freshness: how often a slot may come late, and how much of that is used.

use actix_web::HttpResponse;
use chrono::{DateTime, Duration, Utc};
use domain::Slot;
use serde::Serialize;

use super::health::PROMISE;
use super::store::{self, DelayRow};
use crate::error::Error;
use crate::format;
use crate::site::page;
use crate::site::reader::Reader;
use crate::text::{fill, text};

/// Days that the budget is of.
pub const DAYS: i64 = 28;
/// The share of slots that is to be published in time.
pub const OBJECTIVE: f64 = 0.98;

/// From when on slots count at `now`.
pub fn since(now: DateTime<Utc>) -> DateTime<Utc> {
    now - Duration::days(DAYS)
}

/// How the promise was kept.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Budget {
    /// Slots that are to be judged.
    pub slots: usize,
    /// Those that were published in time.
    pub kept: usize,
    /// Those that came late.
    pub late: usize,
    /// Those that were never published.
    pub missing: usize,
}

impl Budget {
    /// The budget at `now`. A slot counts once its time is over; before the first published one, nothing was promised.
    pub fn of(delays: &[DelayRow], now: DateTime<Utc>) -> Self {
        let Some(first) = delays.iter().map(|row| row.closes_at).min() else { return Self::default() };
        let last = Slot::last_due(now - PROMISE);
        let due: Vec<Slot> = Slot::range(Slot::containing(first - Duration::seconds(1)), last).collect();
        let published = |slot: &Slot| delays.iter().find(|row| row.closes_at == slot.close_at());
        let mut budget = Self { slots: due.len(), ..Self::default() };
        for slot in &due {
            match published(slot) {
                Some(row) if row.first_published_at - row.closes_at <= PROMISE => budget.kept += 1,
                Some(_) => budget.late += 1,
                None => budget.missing += 1,
            }
        }
        budget
    }

    /// The share that was in time; 1 where nothing is to be judged.
    pub fn kept_ratio(&self) -> f64 {
        if self.slots == 0 { 1.0 } else { self.kept as f64 / self.slots as f64 }
    }

    /// What is left of the budget: 1 all, 0 nothing, below that it is overdrawn.
    pub fn left_ratio(&self) -> f64 {
        let allowed = self.slots as f64 * (1.0 - OBJECTIVE);
        let used = (self.late + self.missing) as f64;
        if allowed == 0.0 { 1.0 } else { 1.0 - used / allowed }
    }
}

#[derive(Serialize)]
struct Line {
    label: &'static str,
    value: String,
}

/// `GET /status/budget`
///
/// # Errors
/// Postgres fails.
pub async fn page(reader: Reader) -> Result<HttpResponse, Error> {
    let edition = reader.app.edition().await?;
    let lang = reader.lang();
    let own_clock = reader.app.settings.sandbox_data;
    let delays = store::delays(&reader.app.pool, since(reader.now)).await?;
    let budget = Budget::of(&delays, reader.now);
    let count = |n: usize| format::count(i64::try_from(n).unwrap_or(i64::MAX), lang);
    let mut minutes: Vec<i64> =
        delays.iter().map(|row| (row.first_published_at - row.closes_at).num_minutes()).collect();
    minutes.sort_unstable();
    let at = |share: f64| {
        let index = ((minutes.len() as f64 * share).ceil() as usize).saturating_sub(1);
        minutes.get(index).map_or_else(
            || "–".to_owned(),
            |minutes| fill(lang, "budget_minutes", &[("minutes", &format::count(*minutes, lang))]),
        )
    };
    let line = |key, value| Line { label: text(lang, key), value };
    let allowed = budget.slots as f64 * (1.0 - OBJECTIVE);
    let lines = vec![
        line("budget_slots", count(budget.slots)),
        line(
            "budget_kept",
            format!("{} ({})", count(budget.kept), format::percent(budget.kept_ratio(), 1, lang)),
        ),
        line("budget_late", count(budget.late)),
        line("budget_missing", count(budget.missing)),
        line("budget_allowed", format::number(allowed, 1, lang)),
        line("budget_left", format::percent(budget.left_ratio(), 0, lang)),
        line("budget_median", at(0.5)),
        line("budget_p95", at(0.95)),
    ];
    let mut context = page::context(&reader, &edition, text(lang, "budget_title"));
    let objective = format::percent(OBJECTIVE, 0, lang);
    context.insert(
        "says",
        &fill(lang, "budget_says", &[("objective", &objective), ("days", &DAYS.to_string())]),
    );
    context.insert("own_clock", &own_clock);
    context.insert("lines", &lines);
    context.insert("overdrawn", &(budget.left_ratio() < 0.0));
    page::render(&reader.app, "public/budget.html", &context)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn row(slot: &str, after_minutes: i64) -> DelayRow {
        let closes_at = slot.parse::<Slot>().unwrap().close_at();
        DelayRow { closes_at, first_published_at: closes_at + Duration::minutes(after_minutes) }
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn late_and_missing_slots_use_the_budget() {
        let delays = [row("2026-11-20T06Z", 90), row("2026-11-20T12Z", 91), row("2026-11-21T00Z", 5)];
        // The slot of 18Z was never published; that of 06Z is not overdue before 07:30.
        let budget = Budget::of(&delays, at("2026-11-21T07:29:00Z"));
        assert_eq!(budget, Budget { slots: 4, kept: 2, late: 1, missing: 1 });
        assert_eq!(budget.kept_ratio(), 0.5);
        assert!((budget.left_ratio() - (1.0 - 2.0 / 0.08)).abs() < 1e-9);
        let later = Budget::of(&delays, at("2026-11-21T07:30:00Z"));
        assert_eq!((later.slots, later.missing), (5, 2));
    }

    #[test]
    fn nothing_was_promised_before_the_first_slot() {
        let none = Budget::of(&[], at("2026-11-21T07:30:00Z"));
        assert_eq!((none.slots, none.kept_ratio(), none.left_ratio()), (0, 1.0, 1.0));
        let all: Vec<DelayRow> = (1..=28).map(|day| row(&format!("2026-10-{day:02}T06Z"), 10)).collect();
        let budget = Budget::of(&all[..1], at("2026-10-01T08:00:00Z"));
        assert_eq!((budget.slots, budget.left_ratio()), (1, 1.0));
    }
}
