//! Alerts and receipts as the page shows them.

use serde::Serialize;

use super::rule::Measure;
use super::store::alerts::{AlertRow, ReceiptRow};
use super::words;
use crate::format;
use crate::market::cache::Edition;
use crate::market::view;
use crate::text::{Lang, fill, text};

/// An alert as its owner sees it.
#[derive(Debug, Serialize)]
pub(super) struct AlertView {
    id: i64,
    about: String,
    href: Option<String>,
    rule: String,
    channels: Vec<&'static str>,
    paused: Option<&'static str>,
    by_owner: bool,
}

/// A delivery as its owner sees it.
#[derive(Debug, Serialize)]
pub(super) struct ReceiptView {
    at: String,
    symbol: String,
    href: String,
    slot: String,
    measure: String,
    value: String,
    channel: &'static str,
    state: &'static str,
    failed: bool,
    tries: i32,
    code: Option<i32>,
    error: String,
}

/// An alert as its owner sees it.
pub(super) fn alert(row: &AlertRow, edition: &Edition, lang: Lang) -> AlertView {
    let named = |symbol: &String| {
        let name = edition.front.assets.get(symbol).map_or(symbol, |asset| &asset.name);
        fill(lang, "asset_title", &[("name", name), ("symbol", symbol)])
    };
    let list = row.list_name.as_deref().unwrap_or_default();
    AlertView {
        id: row.id,
        about: row.symbol.as_ref().map_or_else(|| fill(lang, "alert_about_list", &[("list", list)]), named),
        href: row.symbol.as_deref().map(view::asset_href),
        rule: row.rule().map_or_else(|| row.measure.clone(), |rule| words::rule(&rule, lang)),
        channels: row.channels.iter().map(|name| channel_name(name, lang)).collect(),
        paused: row.paused.as_deref().map(|reason| match reason {
            "tier" => text(lang, "alert_paused_tier"),
            "limit" => text(lang, "alert_paused_limit"),
            _ => text(lang, "alert_paused"),
        }),
        by_owner: row.paused.as_deref() == Some("customer"),
    }
}

fn channel_name(name: &str, lang: Lang) -> &'static str {
    text(
        lang,
        match name {
            "mail" => "alert_mail",
            "webhook" => "alert_webhook",
            _ => "alert_telegram",
        },
    )
}

/// A delivery as its owner sees it.
pub(super) fn receipt(row: ReceiptRow, lang: Lang) -> ReceiptView {
    let measure = Measure::parse(&row.measure);
    ReceiptView {
        at: format::short_instant(row.created_at, lang),
        href: view::asset_href(&row.symbol),
        measure: measure.map_or_else(|| row.measure.clone(), |m| words::label(m, lang).to_owned()),
        value: measure.map_or_else(String::new, |m| words::value(m, row.value, lang)),
        channel: channel_name(&row.channel, lang),
        state: text(
            lang,
            match row.state.as_str() {
                "sent" => "receipt_sent",
                "failed" => "receipt_failed",
                _ => "receipt_queued",
            },
        ),
        failed: row.state == "failed",
        tries: row.tries,
        code: row.response_code,
        error: row.error,
        symbol: row.symbol,
        slot: row.slot,
    }
}
