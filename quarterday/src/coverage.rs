//! How far each source was covered in a slot, as the collect stage left it in the lake.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use cloud::commit::read_manifest;
use cloud::{Lake, Provider};
use comfy_table::{Table, presets};
use domain::lake::Area;
use domain::manifest::StreamTrouble;
use domain::{Key, Slot};
use serde::Serialize;

use crate::home::Home;

/// How far one source was covered.
#[derive(Debug, Clone, Serialize)]
pub struct SourceReport {
    /// Which.
    pub source: String,
    /// `ok`, `partial`, `failed`, `not connected` or `not licensed`.
    pub coverage: &'static str,
    /// Rows of each kind.
    pub counts: BTreeMap<String, u64>,
    /// The newest record's event time.
    pub newest_at: Option<DateTime<Utc>>,
    /// Calls left of the day, where they are counted by the day.
    pub quota_left: Option<u64>,
    /// What the slot cost, in thousandths of a US cent, where the source bills by use.
    pub spent_millicents: Option<u64>,
    /// What is missing and what to do.
    pub message: String,
    /// The streams that are not whole.
    pub troubles: Vec<StreamTrouble>,
    /// What looks wrong although everything was read.
    pub warnings: Vec<String>,
    /// Fields that this version does not know, with how often they came.
    pub unknown_fields: BTreeMap<String, u64>,
}

/// The installation's lake; `None` on Google Cloud where no `QUARTERDAY_LAKE` names it.
///
/// # Errors
/// It cannot be opened.
pub async fn lake(home: &Home) -> anyhow::Result<Option<Arc<dyn Lake>>> {
    let lake = match (Provider::from_env(), std::env::var("QUARTERDAY_LAKE")) {
        (Ok(Provider::Gcp), Ok(lake)) => lake,
        (Ok(Provider::Gcp), Err(_)) => return Ok(None),
        _ => home.lake().to_string_lossy().into_owned(),
    };
    Ok(Some(cloud::open_lake(&lake).await?))
}

/// The sources of one slot by name; none where nothing was collected yet.
///
/// # Errors
/// The lake cannot be read.
pub async fn of_slot(home: &Home, slot: Slot) -> anyhow::Result<Vec<SourceReport>> {
    let Some(lake) = lake(home).await? else { return Ok(Vec::new()) };
    let key = Key::SlotManifest { area: Area::Records, slot }.to_string();
    let Some((manifest, _)) = read_manifest(lake.as_ref(), &key).await? else { return Ok(Vec::new()) };
    let coverage = manifest.coverage();
    let reports = coverage.into_iter().map(|(source, coverage)| {
        let outcome = manifest.sources.get(source).cloned();
        let mut report = SourceReport {
            source: source.to_owned(),
            coverage: coverage.as_str(),
            counts: BTreeMap::new(),
            newest_at: None,
            quota_left: None,
            spent_millicents: None,
            message: String::new(),
            troubles: Vec::new(),
            warnings: Vec::new(),
            unknown_fields: BTreeMap::new(),
        };
        if let Some(outcome) = outcome {
            report.counts = outcome.counts;
            report.newest_at = outcome.newest_at;
            report.quota_left = outcome.quota_left;
            report.spent_millicents = outcome.spent_millicents;
            report.message = outcome.message;
            report.troubles = outcome.troubles;
            report.warnings = outcome.warnings;
            report.unknown_fields = outcome.unknown_fields;
        }
        report
    });
    Ok(reports.collect())
}

/// Prints them as a table; nothing where there is none.
pub fn print(reports: &[SourceReport]) {
    if reports.is_empty() {
        return;
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_header([
        "source",
        "coverage",
        "rows",
        "newest (UTC)",
        "quota left",
        "spent",
        "what to know",
    ]);
    for report in reports {
        let counts: Vec<String> = report.counts.iter().map(|(kind, rows)| format!("{rows} {kind}")).collect();
        let newest = report.newest_at.map(|at| at.format("%Y-%m-%d %H:%M").to_string());
        let spent = report.spent_millicents.map(|spent| format!("${:.2}", spent as f64 / 100_000.0));
        let mut notes: Vec<String> = Vec::new();
        notes.extend((!report.message.is_empty()).then(|| report.message.clone()));
        notes.extend(report.warnings.iter().map(|warning| format!("warning: {warning}")));
        if !report.unknown_fields.is_empty() {
            let names: Vec<&str> = report.unknown_fields.keys().take(5).map(String::as_str).collect();
            notes.push(format!("unknown fields: {}", names.join(", ")));
        }
        table.add_row([
            report.source.clone(),
            report.coverage.to_owned(),
            counts.join(", "),
            newest.unwrap_or_default(),
            report.quota_left.map(|left| left.to_string()).unwrap_or_default(),
            spent.unwrap_or_default(),
            notes.join("; "),
        ]);
    }
    println!("{table}");
}
