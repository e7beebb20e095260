//! `/admin/costs`: what each run costs, what a month comes to, and that beside the price.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono::Duration;
use domain::Slot;
use domain::cost::{self, Bill, MicroUsd, Origin, Part, Prices, Setup, Usage};
use serde::{Deserialize, Serialize};

use super::store::{self, Used};
use crate::console::bars::{self, Column};
use crate::console::desk::{Choice, Clerk};
use crate::console::revenue::month::Month;
use crate::console::revenue::movements::movements;
use crate::console::revenue::recurring::{currencies, spans};
use crate::console::revenue::store as revenue;
use crate::console::rule::Area;
use crate::error::Error;
use crate::format;
use crate::text::{Lang, fill, text};

/// Days that the page looks back.
const DAYS: i64 = 30;
/// Runs that the page lists.
const LISTED: usize = 40;

/// What the address asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Which installation.
    setup: String,
}

#[derive(Serialize)]
struct Row {
    slot: String,
    collect: String,
    split: String,
    predict: String,
    attempts: i64,
    cost: String,
}

#[derive(Serialize)]
struct Line {
    name: &'static str,
    runs: String,
    stands: String,
    month: String,
}

#[derive(Serialize)]
struct Rate {
    name: String,
    price: String,
    on: String,
    checked: &'static str,
    source: String,
}

fn dollars(amount: MicroUsd, digits: usize, lang: Lang) -> String {
    format!("{}\u{a0}USD", format::number(amount.0 as f64 / 1e6, digits, lang))
}

/// What a run used, as far as the ledger knows: how long machines were on.
fn usage(used: &Used) -> Usage {
    let time = |seconds: f64| Duration::milliseconds((seconds.clamp(0.0, 1e9) * 1000.0) as i64);
    Usage {
        collect: time(used.collect_s),
        split: time(used.split_s),
        predict: time(used.predict_s),
        ..Usage::default()
    }
}

/// `GET /admin/costs`
///
/// # Errors
/// Postgres fails. A setup that is not there is said on the page.
pub async fn page(clerk: Clerk, asked: web::Query<Asked>) -> Result<HttpResponse, Error> {
    let (lang, now) = (clerk.lang(), clerk.reader.now);
    let prices = Prices::built_in().map_err(|e| Error::Internal(anyhow::Error::new(e)))?;
    let name = if asked.setup.is_empty() { "smallest" } else { asked.setup.as_str() };
    let mut context = clerk.context(Area::Costs, text(lang, "admin_costs")).await?;
    let Some(setup) = prices.setup(name) else {
        context.insert("problem", text(lang, "cost_setup_accepted"));
        context.insert("path", "/admin/costs");
        return clerk.refuse(StatusCode::BAD_REQUEST, "console/refused.html", &context);
    };
    let used = store::used(&clerk.reader.app.pool, now - Duration::days(DAYS), now).await?;
    let bills: Vec<(&Used, Bill)> =
        used.iter().map(|used| (used, cost::of_run(&prices, setup, &usage(used)))).collect();
    let runs = u64::try_from(bills.len()).unwrap_or(u64::MAX);
    let sum = bills.iter().fold(Bill::default(), |sum, (_, bill)| sum.plus(bill));
    let mean = sum.scaled(1, runs.max(1));
    let stands = cost::standing(&prices, setup, cost::Kept::default());
    let month = cost::month(&mean, &stands);
    let rows = bills.iter().rev().take(LISTED).filter_map(|(used, bill)| {
        let part = |part| dollars(bill.part(part), 4, lang);
        let slot = Slot::closing_at(used.closes_at)?.to_string();
        let (collect, split, predict) = (part(Part::Collect), part(Part::Split), part(Part::Predict));
        Some(Row {
            slot,
            collect,
            split,
            predict,
            attempts: used.attempts,
            cost: dollars(bill.total(), 4, lang),
        })
    });
    context.insert("rows", &rows.collect::<Vec<_>>());
    context.insert("chart", &chart(&bills, lang));
    context.insert("lines", &lines(&mean, &stands, &month, lang));
    context.insert("total", &dollars(month.total(), 2, lang));
    let values = [
        ("mean", &*dollars(mean.total(), 4, lang)),
        ("month", &*dollars(month.total(), 2, lang)),
        ("runs", &*runs.to_string()),
    ];
    context.insert("answer", &(runs > 0).then(|| fill(lang, "cost_answer", &values)));
    context.insert("beside", &beside(&clerk, month.total()).await?);
    let choices = prices.setups.keys().map(|one| Choice::new(one.clone(), one.clone(), one == name));
    context.insert("setups", &choices.collect::<Vec<_>>());
    context.insert("rates", &rates(&prices, setup, lang));
    clerk.render("console/costs.html", &context)
}

fn chart(bills: &[(&Used, Bill)], lang: Lang) -> Option<bars::Bars> {
    let newest = bills.len().saturating_sub(LISTED);
    let column = |(used, bill): &(&Used, Bill)| {
        let slot = Slot::closing_at(used.closes_at).map(|slot| slot.to_string()).unwrap_or_default();
        let says = format!("{slot}: {}", dollars(bill.total(), 4, lang));
        let label = format::short_day(used.closes_at.date_naive(), lang);
        Column { label, href: None, parts: vec![("cost", says, bill.total().0 as f64 / 1e6)] }
    };
    let columns: Vec<Column> = bills.get(newest..).unwrap_or_default().iter().map(column).collect();
    bars::bars(text(lang, "cost_chart_title"), &columns, |value| format::number(value, 3, lang))
}

/// A month by what money goes into: runs, and what stands whether or not anything runs.
fn lines(mean: &Bill, stands: &Bill, month: &Bill, lang: Lang) -> Vec<Line> {
    let runs = cost::month(mean, &Bill::default());
    let still = cost::month(&Bill::default(), stands);
    let line = |one: &cost::Line| Line {
        name: text(lang, part_key(one.part)),
        runs: dollars(runs.part(one.part), 2, lang),
        stands: dollars(still.part(one.part), 2, lang),
        month: dollars(one.micro_usd, 2, lang),
    };
    month.lines.iter().filter(|one| one.micro_usd.0 > 0).map(line).collect()
}

fn part_key(part: Part) -> &'static str {
    match part {
        Part::Collect => "cost_collect",
        Part::Split => "cost_split",
        Part::Predict => "cost_predict",
        Part::Fetch => "cost_fetch",
        Part::Messages => "cost_messages",
        Part::Storage => "cost_storage",
        Part::Calls => "cost_calls",
        Part::Egress => "cost_egress",
        Part::Database => "cost_database",
        Part::Disks => "cost_disks",
        Part::Network => "cost_network",
        Part::Site => "cost_site",
        Part::Functions => "cost_functions",
        Part::Live => "cost_live",
        Part::Upkeep => "cost_upkeep",
    }
}

/// The month's cost by paying customer, beside what one pays: in each currency of its own, since none is changed here.
async fn beside(clerk: &Clerk, month: MicroUsd) -> Result<Vec<String>, Error> {
    let (lang, now) = (clerk.lang(), clerk.reader.now);
    let books = revenue::books(&clerk.reader.app.pool).await?;
    let spans = spans(&books.lines, &books.ended);
    let present = |currency: &String| movements(&spans, currency, [Month::of(now)], now).into_iter().next();
    let known: Vec<_> =
        currencies(&spans).into_iter().filter_map(|currency| Some((present(&currency)?, currency))).collect();
    let customers: i64 = known.iter().map(|(row, _)| row.customers_end).sum();
    let Some(count) = u64::try_from(customers).ok().filter(|count| *count > 0) else { return Ok(Vec::new()) };
    let each = dollars(month.scaled(1, count), 2, lang);
    let says = |(row, currency): &(crate::console::revenue::movements::Movements, String)| {
        let pays = (row.customers_end > 0).then(|| row.end_cents / row.customers_end)?;
        let values = [
            ("cost", &*each),
            ("price", &*format::money(pays, currency, lang)),
            ("customers", &*customers.to_string()),
        ];
        Some(fill(lang, "cost_beside", &values))
    };
    Ok(known.iter().filter_map(says).collect())
}

/// The prices that the page rests on, with their day and source.
fn rates(prices: &Prices, setup: &Setup, lang: Lang) -> Vec<Rate> {
    let machines = [&setup.collector, &setup.split, &setup.ml, &setup.stream, &setup.database];
    let used = |name: &str| {
        let machine = prices.machines.contains_key(name) || prices.databases.contains_key(name);
        !machine || machines.iter().any(|one| *one == name)
    };
    let rate = |(name, rate): (&str, &cost::Rate)| Rate {
        name: name.to_owned(),
        price: dollars(MicroUsd(rate.micro_usd), 6, lang),
        on: format::day(rate.read_on, lang),
        checked: text(
            lang,
            match rate.origin {
                Origin::Page => "cost_read",
                Origin::Copy => "cost_copied",
                Origin::Memory => "cost_memory",
            },
        ),
        source: rate.source.clone(),
    };
    prices.all().filter(|(name, _)| used(name)).map(rate).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use domain::run::Stage;

    use super::*;

    #[test]
    fn a_run_costs_what_its_machines_were_on_for() {
        let prices = Prices::built_in().unwrap();
        let setup = prices.setup("smallest").unwrap();
        let used = Used {
            closes_at: "2026-11-20T06:00:00Z".parse().unwrap(),
            collect_s: 1200.0,
            split_s: 900.0,
            predict_s: f64::INFINITY,
            attempts: 3,
        };
        let bill = cost::of_run(&prices, setup, &usage(&used));
        assert_eq!(
            bill.part(Part::Collect),
            cost::of_stage(&prices, setup, Stage::Collect, Duration::minutes(20))
        );
        assert_eq!(
            bill.part(Part::Split),
            cost::of_stage(&prices, setup, Stage::Split, Duration::minutes(15))
        );
        assert_eq!(usage(&Used { predict_s: -4.0, ..used }).predict, Duration::zero());
    }
}
