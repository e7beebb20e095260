//! What is on, for what, since when, and what it costs; holds; and the prices that this rests on.

use actix_web::HttpResponse;
use chrono::{DateTime, Duration, Utc};
use domain::Stage;
use domain::cost::{self, Origin, Usage};
use ledger::store::Hold;
use serde::Serialize;

use super::money::{self, Tariff};
use super::{permission, preview, store, words};
use crate::error::Error;
use crate::format;
use crate::site::page;
use crate::site::reader::SignedIn;
use crate::state::App;
use crate::text::{Lang, fill, text};

/// A machine that the ledger takes for on.
#[derive(Debug, Serialize)]
pub struct On {
    machine: String,
    kind: String,
    why: String,
    slot: Option<String>,
    since: String,
    since_iso: String,
    lasted: String,
    hour: String,
    cost: String,
    until: Option<String>,
    /// What the meter needs to go on: micro-USD an hour.
    rate: u64,
    held: bool,
    reason: String,
}

/// What is on now, as the ledger has it.
///
/// # Errors
/// Postgres fails.
pub async fn now(app: &App, lang: Lang, now: DateTime<Utc>) -> Result<Vec<On>, Error> {
    let tariff = Tariff::of(app);
    let rows = store::on(&app.pool).await?;
    let holds = ledger::store::holds(&app.pool, now).await.map_err(preview::ledger)?;
    let mut on: Vec<On> = Vec::new();
    for row in &rows {
        let Some(stage) = Stage::parse(&row.stage).filter(|stage| *stage != Stage::Publish) else { continue };
        let slot = words::slot_at(row.slot);
        let attempt = row.attempt.to_string();
        let why = fill(
            lang,
            "ops_on_why",
            &[("stage", words::stage(stage, lang)), ("slot", &slot), ("attempt", &attempt)],
        );
        let mut one = metered(tariff, stage, row.asked_at, why, lang, now);
        one.slot = Some(slot);
        one.reason.clone_from(&row.reason);
        on.push(one);
    }
    on.extend(holds.iter().map(|hold| held(tariff, hold, lang, now)));
    Ok(on)
}

/// A machine that somebody holds.
pub(crate) fn held(tariff: Option<Tariff>, hold: &Hold, lang: Lang, now: DateTime<Utc>) -> On {
    let why = fill(lang, "ops_on_held", &[("owner", &hold.owner), ("reason", &hold.reason)]);
    let mut one = metered(tariff, Stage::Predict, hold.held_at, why, lang, now);
    one.until = Some(format::instant(hold.expires_at, lang));
    one.held = true;
    one
}

fn metered(
    tariff: Option<Tariff>,
    stage: Stage,
    since: DateTime<Utc>,
    why: String,
    lang: Lang,
    now: DateTime<Utc>,
) -> On {
    let lasted = (now - since).max(Duration::zero());
    let missing = || format::MISSING.to_owned();
    let hour = tariff.map(|tariff| tariff.stage(stage, Duration::hours(1)));
    On {
        machine: text(
            lang,
            match stage {
                Stage::Collect => "ops_machine_collector",
                Stage::Split => "ops_machine_split",
                _ => "ops_machine_ml",
            },
        )
        .to_owned(),
        kind: tariff.map_or_else(missing, |tariff| kind(tariff, stage)),
        why,
        slot: None,
        since: format::short_instant(since, lang),
        since_iso: since.to_rfc3339(),
        lasted: money::lasted(lasted, lang),
        hour: hour.map_or_else(missing, |hour| money::usd(hour, lang)),
        cost: tariff.map_or_else(missing, |tariff| money::usd(tariff.stage(stage, lasted), lang)),
        until: None,
        rate: hour.map_or(0, |hour| hour.0),
        held: false,
        reason: String::new(),
    }
}

fn kind(tariff: Tariff, stage: Stage) -> String {
    let setup = tariff.setup;
    match stage {
        Stage::Collect => setup.collector.clone(),
        Stage::Split => format!("{} × {}", setup.split_nodes, setup.split),
        _ => setup.ml.clone(),
    }
}

#[derive(Serialize)]
struct PriceView {
    name: String,
    amount: String,
    unit: &'static str,
    origin: &'static str,
    source: String,
    on: String,
}

#[derive(Serialize)]
struct BillLine {
    part: &'static str,
    run: String,
    month: String,
    year: String,
}

/// `GET /operations/machines`.
///
/// # Errors
/// Postgres fails.
pub async fn page(signed: SignedIn) -> Result<HttpResponse, Error> {
    let reader = signed.reader;
    let (app, lang) = (&reader.app, reader.lang());
    let on = now(app, lang, reader.now).await?;
    let tariff = Tariff::of(app);
    let typical = ledger::store::usual(&app.pool).await.map_err(preview::ledger)?;
    let edition = app.edition().await?;
    let mut context = page::context(&reader, &edition, text(lang, "ops_machines_title"));
    context.insert("on", &on);
    context.insert("prices", &tariff.map(|tariff| prices(tariff, lang)).unwrap_or_default());
    context.insert("bill", &tariff.map(|tariff| bill(tariff, &typical, lang)).unwrap_or_default());
    context.insert("setup", &app.settings.cost_setup);
    context.insert("region", &tariff.map(|tariff| tariff.prices.region.as_str()));
    context.insert("may_hold", &signed.account.who.role().is_some_and(|role| permission::may(role, "hold")));
    page::with_scripts(&mut context, app, &["operations"]);
    page::render(app, "operations/machines.html", &context)
}

fn prices(tariff: Tariff, lang: Lang) -> Vec<PriceView> {
    let all = tariff.prices.all().map(|(name, rate)| PriceView {
        name: name.to_owned(),
        amount: money::usd(cost::MicroUsd(rate.micro_usd), lang),
        unit: text(
            lang,
            match rate.unit {
                cost::Unit::Hour => "ops_unit_hour",
                cost::Unit::VcpuHour => "ops_unit_vcpu_hour",
                cost::Unit::GibMonth => "ops_unit_gib_month",
                cost::Unit::Gib => "ops_unit_gib",
                cost::Unit::Tib => "ops_unit_tib",
                cost::Unit::GibHour => "ops_unit_gib_hour",
                cost::Unit::Million => "ops_unit_million",
                cost::Unit::Month => "ops_unit_month",
            },
        ),
        origin: text(
            lang,
            match rate.origin {
                Origin::Page => "ops_origin_page",
                Origin::Copy => "ops_origin_copy",
                Origin::Memory => "ops_origin_memory",
            },
        ),
        source: rate.source.clone(),
        on: format::day(rate.read_on, lang),
    });
    all.collect()
}

/// What a usual run costs, and what a month and a year of them do with all that stands.
fn bill(tariff: Tariff, typical: &[(String, f64)], lang: Lang) -> Vec<BillLine> {
    let usual = |stage: Stage| {
        let seconds = typical.iter().find(|(name, _)| name == stage.as_str()).map_or(0.0, |(_, s)| *s);
        Duration::milliseconds((seconds * 1e3) as i64)
    };
    let usage = Usage {
        collect: usual(Stage::Collect),
        split: usual(Stage::Split),
        predict: usual(Stage::Predict),
        ..Usage::default()
    };
    let run = cost::of_run(tariff.prices, tariff.setup, &usage);
    let standing = cost::standing(tariff.prices, tariff.setup, cost::Kept::default());
    let (month, year) = (cost::month(&run, &standing), cost::year(&run, &standing));
    let mut lines: Vec<BillLine> = year
        .lines
        .iter()
        .filter(|line| line.micro_usd.0 > 0)
        .map(|line| BillLine {
            part: part(line.part, lang),
            run: money::usd(run.part(line.part), lang),
            month: money::usd(month.part(line.part), lang),
            year: money::usd(line.micro_usd, lang),
        })
        .collect();
    lines.push(BillLine {
        part: text(lang, "ops_part_total"),
        run: money::usd(run.total(), lang),
        month: money::usd(month.total(), lang),
        year: money::usd(year.total(), lang),
    });
    lines
}

fn part(part: cost::Part, lang: Lang) -> &'static str {
    use cost::Part;
    text(
        lang,
        match part {
            Part::Collect => "ops_stage_collect",
            Part::Split => "ops_stage_split",
            Part::Predict => "ops_stage_predict",
            Part::Fetch => "ops_part_fetch",
            Part::Messages => "ops_part_messages",
            Part::Storage => "ops_part_storage",
            Part::Calls => "ops_part_calls",
            Part::Egress => "ops_part_egress",
            Part::Database => "ops_part_database",
            Part::Disks => "ops_part_disks",
            Part::Network => "ops_part_network",
            Part::Site => "ops_part_site",
            Part::Functions => "ops_part_functions",
            Part::Live => "ops_part_live",
            Part::Upkeep => "ops_part_upkeep",
        },
    )
}
