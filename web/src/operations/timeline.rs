//! Runs at a glance: a line a slot, its stages in time, and what they came to.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Duration, Utc};
use domain::{Slot, StageState};
use serde::{Deserialize, Serialize};

use super::attempts::{self, Attempt};
use super::money::{self, Tariff};
use super::store::{self, ChangeRow, CoverageRow, RunRow};
use super::{alerts, machines, preview, words};
use crate::error::Error;
use crate::format;
use crate::publish::coverage::Coverage;
use crate::site::page;
use crate::site::reader::SignedIn;
use crate::text::{Lang, count, fill, text};

/// Slots on a page: a week.
const USUAL: i64 = 28;
const MOST: i64 = 120;
/// Width of a line of time in its own units.
const WIDTH: f64 = 600.0;

/// Which runs.
#[derive(Debug, Deserialize)]
pub struct Which {
    /// The last slot.
    #[serde(default)]
    until: String,
    /// How many.
    #[serde(default)]
    slots: String,
}

/// A run on the page.
#[derive(Debug, Serialize)]
pub struct Line {
    slot: String,
    closes: String,
    closes_iso: String,
    status: &'static str,
    word: String,
    bars: Vec<Bar>,
    attempts: String,
    lasted: String,
    begun: String,
    coverage: String,
    held: bool,
    cost: String,
    repeat: bool,
    cancel: bool,
}

/// A bar of a line of time.
#[derive(Debug, PartialEq, Serialize)]
pub struct Bar {
    x: String,
    width: String,
    stage: &'static str,
    state: &'static str,
    says: String,
}

/// `GET /operations`: runs as they stand, and what needs somebody.
///
/// # Errors
/// What was asked for cannot be understood, or Postgres fails.
pub async fn page(signed: SignedIn, which: web::Query<Which>) -> Result<HttpResponse, Error> {
    let reader = signed.reader;
    let (app, lang, now) = (&reader.app, reader.lang(), reader.now);
    let until = match which.until.trim() {
        "" => None,
        text => Some(text.parse::<Slot>().map_err(|_| Error::Unclear { why: "operations_accepts_until" })?),
    };
    let limit = match which.slots.trim() {
        "" => USUAL,
        text => text.parse().ok().filter(|n| (1..=MOST).contains(n)).ok_or_else(|| {
            Error::BadRequest(fill(lang, "operations_accepts_slots", &[("most", &MOST.to_string())]))
        })?,
    };
    // A world's clock may be ahead of ours.
    let last = until.map_or(now + Duration::days(36_500), Slot::close_at);
    let runs = store::runs(&app.pool, last, limit).await?;
    let slots: Vec<DateTime<Utc>> = runs.iter().map(|run| run.slot).collect();
    let changes = store::changes(&app.pool, &slots).await?;
    let coverages = store::coverages(&app.pool, &slots).await?;
    let counts = store::counts(&app.pool).await?;
    let open = ledger::store::alerts::open(&app.pool).await.map_err(preview::ledger)?;
    let on = machines::now(app, lang, now).await?;

    let tariff = Tariff::of(app);
    let by_slot = grouped(&changes);
    let all: Vec<Vec<Attempt>> = runs
        .iter()
        .map(|run| attempts::attempts(by_slot.get(&run.slot).into_iter().flatten().copied()))
        .collect();
    // Six hours at most: one run that hangs must not make all others invisible.
    let longest = all.iter().map(|attempts| span(attempts, now)).max().unwrap_or_else(Duration::zero);
    let longest = longest.min(Duration::hours(domain::slot::SLOT_HOURS));
    let lines: Vec<Line> = runs
        .iter()
        .zip(&all)
        .map(|(run, attempts)| {
            let coverage = coverages.iter().find(|c| c.closes_at == run.slot);
            line(run, attempts, coverage, tariff, longest, lang, now)
        })
        .collect();

    let edition = app.edition().await?;
    let mut context = page::context(&reader, &edition, text(lang, "ops_title"));
    context.insert("answer", &answer(&runs, counts.runs, lang));
    context.insert("lines", &lines);
    context.insert("longest", &money::lasted(longest, lang));
    context.insert("half", &money::lasted(longest / 2, lang));
    context.insert(
        "older",
        &runs
            .last()
            .filter(|_| runs.len() as i64 == limit)
            .and_then(|run| Slot::closing_at(run.slot).map(|slot| slot.previous().to_string())),
    );
    context.insert("newest", &until.is_some());
    context.insert(
        "letters",
        &(counts.letters > 0).then(|| count(lang, "ops_letters_wait", counts.letters, &[])),
    );
    context.insert(
        "waiting",
        &(counts.waiting > 0).then(|| count(lang, "ops_orders_wait", counts.waiting, &[])),
    );
    context.insert("alerts", &open.iter().map(|alert| alerts::view(alert, lang)).collect::<Vec<_>>());
    context.insert("on", &on);
    context.insert("from", &runs.last().map(|run| words::slot_at(run.slot)).unwrap_or_default());
    context.insert("to", &runs.first().map(|run| words::slot_at(run.slot)).unwrap_or_default());
    context.insert("setup", &app.settings.cost_setup);
    page::with_scripts(&mut context, app, &["operations"]);
    page::render(app, "operations/timeline.html", &context)
}

/// Changes by slot, oldest first.
pub(super) fn grouped(changes: &[ChangeRow]) -> BTreeMap<DateTime<Utc>, Vec<&ChangeRow>> {
    let mut by_slot: BTreeMap<DateTime<Utc>, Vec<&ChangeRow>> = BTreeMap::new();
    for change in changes {
        by_slot.entry(change.slot).or_default().push(change);
    }
    by_slot
}

/// From when the first attempt was asked for until the last one ended.
pub(super) fn span(attempts: &[Attempt], now: DateTime<Utc>) -> Duration {
    let Some(first) = attempts.iter().map(|attempt| attempt.asked_at).min() else { return Duration::zero() };
    let last = attempts.iter().map(|attempt| attempt.ended_at.unwrap_or(now)).max().unwrap_or(first);
    (last - first).max(Duration::zero())
}

/// What each attempt takes of the line of time; `longest` is all of it.
pub(super) fn bars(attempts: &[Attempt], longest: Duration, lang: Lang, now: DateTime<Utc>) -> Vec<Bar> {
    let Some(first) = attempts.iter().map(|attempt| attempt.asked_at).min() else { return Vec::new() };
    let scale = WIDTH / (longest.num_milliseconds().max(1) as f64);
    let at = |time: Duration| (time.num_milliseconds() as f64 * scale).clamp(0.0, WIDTH);
    let bar = |attempt: &Attempt| {
        let state = attempt.ended.unwrap_or(if attempt.running_at.is_some() {
            StageState::Running
        } else {
            StageState::Starting
        });
        let attempt_number = attempt.number.to_string();
        let lasted = money::lasted(attempt.lasted(now), lang);
        let values = [
            ("stage", words::stage(attempt.stage, lang)),
            ("attempt", attempt_number.as_str()),
            ("state", words::state(state, lang)),
            ("lasted", lasted.as_str()),
        ];
        let mut says = fill(lang, "ops_bar_says", &values);
        if !attempt.why.is_empty() {
            says = format!("{says}: {}", attempt.why);
        }
        let x = at(attempt.asked_at - first);
        Bar {
            x: format!("{x:.1}"),
            // A bar that is too short to be seen is still there.
            width: format!("{:.1}", at(attempt.lasted(now)).max(2.0).min(WIDTH - x.min(WIDTH - 2.0))),
            stage: attempt.stage.as_str(),
            state: state.as_str(),
            says,
        }
    };
    attempts.iter().map(bar).collect()
}

fn line(
    run: &RunRow,
    attempts: &[Attempt],
    coverage: Option<&CoverageRow>,
    tariff: Option<Tariff>,
    longest: Duration,
    lang: Lang,
    now: DateTime<Utc>,
) -> Line {
    let begun = attempts.iter().map(|attempt| attempt.asked_at).min();
    let repeats =
        attempts.iter().map(|attempt| attempt.stage).collect::<std::collections::BTreeSet<_>>().len();
    let missing = || format::MISSING.to_owned();
    Line {
        slot: words::slot_at(run.slot),
        closes: format::short_instant(run.slot, lang),
        closes_iso: run.slot.to_rfc3339(),
        status: StageState::parse(&run.status).map_or("pending", StageState::as_str),
        word: words::status(&run.status, lang),
        bars: bars(attempts, longest, lang, now),
        attempts: match attempts.len().saturating_sub(repeats) {
            0 => String::new(),
            more => count(lang, "ops_more_attempts", more as i64, &[]),
        },
        lasted: if attempts.is_empty() { missing() } else { money::lasted(span(attempts, now), lang) },
        begun: begun.map_or_else(missing, |at| format::short_instant(at, lang)),
        coverage: coverage.map_or_else(missing, |row| covered(row, lang)),
        held: coverage.is_some_and(|row| row.held),
        cost: tariff.map_or_else(missing, |tariff| {
            money::usd(attempts::cost(attempts, tariff.prices, tariff.setup, now), lang)
        }),
        repeat: matches!(run.status.as_str(), "failed" | "partial"),
        cancel: run.status == "running",
    }
}

/// What a publication covers, in short.
pub(super) fn covered(row: &CoverageRow, lang: Lang) -> String {
    // A coverage of another version's shape is shown as none.
    let coverage: Coverage = serde_json::from_value(row.coverage.clone()).unwrap_or_default();
    let whole = coverage.sources.values().filter(|source| source.complete).count();
    let mut says = fill(
        lang,
        "ops_sources_whole",
        &[("whole", &whole.to_string()), ("all", &coverage.sources.len().to_string())],
    );
    let missing = coverage.missing_assets.len() as i64;
    if missing > 0 {
        says = format!("{says}, {}", count(lang, "ops_assets_missing", missing, &[]));
    }
    if row.version > 1 {
        says =
            format!("{says}, {}", fill(lang, "corrected_version", &[("version", &row.version.to_string())]));
    }
    says
}

/// One sentence on how runs stand.
fn answer(runs: &[RunRow], all: i64, lang: Lang) -> String {
    let Some(newest) = runs.first() else { return text(lang, "ops_no_runs").to_owned() };
    let failed = runs.iter().filter(|run| run.status == "failed").count() as i64;
    let values = [
        ("slot", words::slot_at(newest.slot)),
        ("state", words::status(&newest.status, lang)),
        ("all", all.to_string()),
    ];
    let values: Vec<(&'static str, &str)> =
        values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    format!("{} {}", fill(lang, "ops_newest", &values), count(lang, "ops_failed_shown", failed, &[]))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use domain::Stage;

    use super::*;

    fn attempt(stage: Stage, from: i64, to: Option<i64>, ended: Option<StageState>) -> Attempt {
        let at = |minute| DateTime::UNIX_EPOCH + Duration::minutes(minute);
        Attempt {
            stage,
            number: 1,
            asked_at: at(from),
            running_at: Some(at(from)),
            ended_at: to.map(at),
            ended,
            why: String::new(),
        }
    }

    #[test]
    fn bars_lie_in_time_and_stay_in_the_frame() {
        let now = DateTime::UNIX_EPOCH + Duration::minutes(60);
        let all = [
            attempt(Stage::Collect, 10, Some(25), Some(StageState::Partial)),
            attempt(Stage::Split, 25, Some(25), Some(StageState::Succeeded)),
            attempt(Stage::Predict, 40, None, None),
        ];
        assert_eq!(span(&all, now), Duration::minutes(50));
        let bars = bars(&all, Duration::minutes(50), Lang::En, now);
        let told: Vec<_> = bars.iter().map(|b| (b.x.as_str(), b.width.as_str(), b.stage, b.state)).collect();
        assert_eq!(
            told,
            [
                ("0.0", "180.0", "collect", "partial"),
                ("180.0", "2.0", "split", "succeeded"),
                ("360.0", "240.0", "predict", "running"),
            ]
        );
        assert!(super::bars(&[], Duration::zero(), Lang::Es, now).is_empty());
    }
}
