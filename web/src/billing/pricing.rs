//! `/pricing`: written from the tables of entitlements and prices, so that it cannot promise what is not given, nor another
//! price than is charged.

use actix_web::HttpResponse;
use domain::{Feature, Tier};
use serde::Serialize;

use super::checkout;
use super::facts::Interval;
use super::store::plans::{PlanRow, PriceRow};
use super::store::{plans, subscriptions};
use crate::access::Depth;
use crate::error::Error;
use crate::format;
use crate::market::cache::Edition;
use crate::market::store::TierRow;
use crate::market::view::tier_name;
use crate::site::page;
use crate::site::reader::Reader;
use crate::text::{Lang, fill, text};

/// One column of the page.
#[derive(Debug, Serialize)]
struct Plan {
    name: String,
    free: bool,
    current: bool,
    trial: Option<String>,
    choices: Vec<Choice>,
    lines: Vec<String>,
}

/// One price of a plan.
#[derive(Debug, Clone, Serialize)]
pub struct Choice {
    /// Its id here.
    pub id: i64,
    /// What it costs.
    pub amount: String,
    /// `€19.00 a month`
    pub line: String,
    /// What the button says.
    pub button: &'static str,
    /// Whether it is paid every year.
    pub yearly: bool,
}

/// `GET /pricing`
///
/// # Errors
/// Postgres fails.
pub async fn pricing(reader: Reader) -> Result<HttpResponse, Error> {
    let edition = reader.app.edition().await?;
    let lang = reader.lang();
    let (plans, prices) = (plans::plans(&reader.app.pool).await?, plans::current(&reader.app.pool).await?);
    let subscribed = match &reader.account {
        Some(account) => subscriptions::of(&reader.app.pool, account.id).await?.iter().any(checkout::holds),
        None => false,
    };
    let columns: Vec<Plan> =
        edition.tiers.iter().filter_map(|row| plan(&reader, &edition, row, &plans, &prices)).collect();
    let mut context = page::context(&reader, &edition, text(lang, "pricing_title"));
    context.insert("plans", &columns);
    context.insert("ready", &reader.app.billing.gateway.is_some());
    context.insert("sandbox_billing", &reader.app.billing.is_sandbox());
    context.insert("subscribed", &subscribed);
    page::render(&reader.app, "pricing.html", &context)
}

fn plan(
    reader: &Reader,
    edition: &Edition,
    row: &TierRow,
    plans: &[PlanRow],
    prices: &[PriceRow],
) -> Option<Plan> {
    let tier: Tier = row.tier.parse().ok()?;
    let lang = reader.lang();
    let mut lines: Vec<String> =
        Feature::ALL.into_iter().filter_map(|f| promise(edition, tier, f, lang)).collect();
    lines.push(fill(lang, "plan_alerts", &[("count", &format::count(i64::from(row.alerts), lang))]));
    if row.api_calls > 0 {
        let calls = format::count(i64::from(row.api_calls), lang);
        lines.push(fill(lang, "plan_api_calls", &[("count", &calls)]));
    }
    let days = plans.iter().find(|plan| plan.tier == row.tier).map_or(0, |plan| plan.trial_days);
    let trial = (days > 0).then(|| fill(lang, "pricing_trial", &[("days", &days.to_string())]));
    Some(Plan {
        name: tier_name(tier),
        free: tier == Tier::Free,
        current: reader.account.is_some() && reader.tier() == tier,
        trial,
        choices: prices
            .iter()
            .filter(|price| price.tier == row.tier)
            .map(|price| choice(price, lang))
            .collect(),
        lines,
    })
}

/// A price as a choice.
pub fn choice(price: &PriceRow, lang: Lang) -> Choice {
    let yearly = price.interval() == Some(Interval::Year);
    let amount = format::money(price.unit_amount_cents, &price.currency, lang);
    let every = if yearly { "pricing_yearly" } else { "pricing_monthly" };
    let button = if yearly { "pricing_buy_year" } else { "pricing_buy_month" };
    let line = format!("{amount} {}", text(lang, every));
    Choice { id: price.id, amount, line, button: text(lang, button), yearly }
}

fn promise(edition: &Edition, tier: Tier, feature: Feature, lang: Lang) -> Option<String> {
    let granted = edition.entitlements.iter().find(|e| e.tier == tier && e.feature == feature)?;
    let what = match feature {
        Feature::Price => "plan_price",
        Feature::Sentiment => "plan_sentiment",
        Feature::News => "plan_news",
        Feature::Predictions => "plan_predictions",
    };
    let of = match granted.max_rank {
        Some(rank) => fill(lang, "plan_of_ranked", &[("count", &rank.to_string())]),
        None => text(lang, "plan_of_all").to_owned(),
    };
    let depth = match (feature, granted.depth) {
        (Feature::Price | Feature::Predictions, _) => String::new(),
        (Feature::News, Depth::Latest) => text(lang, "plan_depth_headlines").to_owned(),
        (_, Depth::Latest) => text(lang, "plan_depth_latest").to_owned(),
        (_, Depth::Days(days)) => fill(lang, "plan_depth_days", &[("days", &days.to_string())]),
        (_, Depth::Full) => text(lang, "plan_depth_full").to_owned(),
    };
    let line = fill(lang, what, &[("of", &of)]);
    Some(if depth.is_empty() { line } else { format!("{line}: {depth}") })
}
