//! An estimate, for people.

use comfy_table::{CellAlignment, Table, presets};
use domain::cost::{MicroUsd, Origin, Part, Prices};

use super::{COMPARED_USERS, Estimate, Sums};

/// Whole cents as dollars.
fn usd(amount: MicroUsd) -> String {
    let cents = amount.cents();
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// Micro-dollars, where cents would hide everything.
fn small(amount: MicroUsd) -> String {
    format!("{}.{:06}", amount.0 / 1_000_000, amount.0 % 1_000_000)
}

pub(super) fn print(estimate: &Estimate, prices: &Prices) {
    println!(
        "{} assets, {} subscribers, setup {} in {}, USD",
        estimate.assets, estimate.subscribers, estimate.setup, prices.region
    );
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_header(["on", "a run", "a month", "a year"]);
    let amount = |sums: &Sums, part: Part| {
        sums.lines.iter().filter(|line| line.part == part).map(|line| line.micro_usd).sum::<MicroUsd>()
    };
    for line in &estimate.year.lines {
        let run = amount(&estimate.run, line.part);
        let run = if run == MicroUsd(0) { "–".to_owned() } else { small(run) };
        table.add_row([
            line.part.as_str().to_owned(),
            run,
            usd(amount(&estimate.month, line.part)),
            usd(line.micro_usd),
        ]);
    }
    let (run, month, year) = (estimate.run.total, estimate.month.total, estimate.year.total);
    table.add_row(["all".to_owned(), small(run), usd(month), usd(year)]);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("{table}");
    println!("durations: {}", estimate.durations);
    let page = prices.all().filter(|(_, rate)| rate.origin == Origin::Page).count();
    println!(
        "prices: of {}; {page} read from the provider's pages, {} from copies of them, {} from memory and to be checked",
        estimate.prices_of.map_or_else(|| "–".to_owned(), |day| day.to_string()),
        estimate.prices_copied,
        estimate.prices_unchecked
    );
    println!(
        "a comparable published system states {} a year for {COMPARED_USERS} users: this is {}.{} % of that",
        usd(estimate.compared_year),
        estimate.share_per_mille / 10,
        estimate.share_per_mille % 10
    );
    println!("What is in and what is not: docs/cost.md.");
}
