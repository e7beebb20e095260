//! A receipt for people.

use comfy_table::{Table, presets};

use super::Receipt;

/// Characters of a text that are shown.
const TEXT: usize = 80;

/// Prints a receipt to standard output.
pub(super) fn print(receipt: &Receipt) {
    println!("{} in slot {}: {} {}", receipt.asset, receipt.slot, receipt.outcome.as_str(), receipt.message);
    values(receipt);
    documents(receipt);
    chain(receipt);
}

fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_header(header);
    table
}

fn values(receipt: &Receipt) {
    let mut table = table(["value", "is", "model"]);
    if let Some(row) = &receipt.sentiment {
        let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |v| format!("{v:+.3}"));
        let says = format!("{} (95 %: {} to {})", number(row.score), number(row.low), number(row.high));
        table.add_row(["sentiment".to_owned(), says, row.model.clone()]);
    }
    for row in &receipt.forecast {
        let says = format!("{}: {:.4} (80 %: {:.4} to {:.4})", row.target_on, row.q50, row.q10, row.q90);
        table.add_row([format!("forecast, {} days", row.horizon), says, row.model.clone()]);
    }
    for row in &receipt.signals {
        table.add_row([
            format!("signal {}", row.name),
            format!("{}: {}", row.side, row.reason),
            String::new(),
        ]);
    }
    for row in &receipt.risk {
        let says = format!(
            "{:.4} ± {:.5} of the position, {} simulations, seed {}",
            row.value_at_risk, row.standard_error, row.simulations, row.seed
        );
        table.add_row([format!("risk at {:.0} %", row.confidence * 100.0), says, String::new()]);
    }
    println!("{table}");
}

fn documents(receipt: &Receipt) {
    println!("{} documents; those with the most weight:", receipt.documents);
    let mut table = table(["weight", "score", "source", "written (UTC)", "text"]);
    for document in &receipt.heaviest {
        let text = document.text.as_deref().unwrap_or("(may not be shown)");
        // Other people's words: no control character may reach the terminal.
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(TEXT).collect();
        table.add_row([
            format!("{:.2} %", document.weight * 100.0),
            format!("{:+.2}", document.score),
            format!("{} {}", document.source, document.kind),
            document.said_at.map(|at| at.format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default(),
            text,
        ]);
    }
    println!("{table}");
}

fn chain(receipt: &Receipt) {
    let mut table = table(["object", "sha256", "is"]);
    let is = |whole: bool| if whole { "whole" } else { "DAMAGED or missing" }.to_owned();
    for object in &receipt.objects {
        table.add_row([object.entry.key.clone(), object.entry.sha256.clone(), is(object.whole)]);
    }
    for step in &receipt.manifests {
        let noted =
            if step.as_noted { "as its reader noted" } else { "NOT what its reader noted: repeat the run" };
        let models =
            if step.models.is_empty() { String::new() } else { format!("; {}", step.models.join(", ")) };
        let says = format!("{} {}{models}; {noted}", step.stage, step.code_version);
        table.add_row([step.key.clone(), step.sha256.clone(), says]);
    }
    println!("{table}");
    match &receipt.seal {
        Some(seal) => println!(
            "seal {} {} of {} ({}){}",
            seal.number,
            seal.sha256(),
            seal.forecasts.key,
            seal.forecasts.sha256,
            if seal.late { ", late: never scored" } else { "" }
        ),
        None => println!("no seal of this slot's forecasts was found"),
    }
    if let Some(run) = &receipt.run {
        for stage in &run.stages {
            let took =
                stage.duration_ms.map(|ms| format!(", {:.1} s", ms as f64 / 1000.0)).unwrap_or_default();
            println!("{}: {}, attempt {}{took}", stage.stage, stage.state, stage.attempt);
        }
    }
}
