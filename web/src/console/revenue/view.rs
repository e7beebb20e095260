//! Revenue as pages show it: figures in words, rows of tables, charts.

use serde::Serialize;

use super::cohorts::Cohort;
use super::figures::Figures;
use super::movements::Movements;
use super::payments::Cash;
use super::trials::Conversion;
use crate::console::bars::{self, Bars, Column};
use crate::format;
use crate::plot::{self, Plot};
use crate::text::{Lang, text};

/// Cells of the retention table, at most: the months since the first payment.
pub const AGES: usize = 12;

/// Writes amounts of one currency in one language.
#[derive(Debug, Clone, Copy)]
pub struct Pen<'a> {
    /// Language.
    pub lang: Lang,
    /// Currency.
    pub currency: &'a str,
}

impl Pen<'_> {
    /// An amount.
    pub fn money(self, cents: i64) -> String {
        format::money(cents, self.currency, self.lang)
    }

    /// An amount that was taken off: with a minus, where it is not zero.
    fn less(self, cents: i64) -> String {
        self.money(-cents)
    }

    fn amount_or_missing(self, cents: Option<i64>) -> String {
        cents.map_or_else(|| format::MISSING.to_owned(), |cents| self.money(cents))
    }

    fn share(self, share: Option<f64>) -> String {
        share.map_or_else(|| format::MISSING.to_owned(), |share| format::percent(share, 1, self.lang))
    }

    fn count(self, count: i64) -> String {
        format::count(count, self.lang)
    }
}

/// A figure with its name and what it means.
#[derive(Debug, Serialize)]
pub struct Fact {
    label: &'static str,
    value: String,
    note: &'static str,
}

/// The figures at the top of the page.
pub fn facts(figures: &Figures, pen: Pen) -> Vec<Fact> {
    let fact = |label, note, value| Fact { label: text(pen.lang, label), note: text(pen.lang, note), value };
    vec![
        fact("revenue_mrr", "revenue_mrr_note", pen.money(figures.mrr_cents)),
        fact("revenue_arr", "revenue_arr_note", pen.money(figures.arr_cents)),
        fact("revenue_customers", "revenue_customers_note", pen.count(figures.customers)),
        fact("revenue_arpa", "revenue_arpa_note", pen.amount_or_missing(figures.per_customer_cents)),
        fact("revenue_churn_customers", "revenue_churn_customers_note", pen.share(figures.customer_churn)),
        fact("revenue_churn_revenue", "revenue_churn_revenue_note", pen.share(figures.revenue_churn)),
        fact("revenue_retention", "revenue_retention_note", pen.share(figures.net_retention)),
        fact(
            "revenue_ltv",
            if figures.lost < 10 { "revenue_ltv_few" } else { "revenue_ltv_note" },
            pen.amount_or_missing(figures.lifetime_cents),
        ),
    ]
}

/// One month's movements.
#[derive(Debug, Serialize)]
pub struct Row {
    month: String,
    start: String,
    new: Cell,
    expansion: Cell,
    contraction: Cell,
    churn: Cell,
    end: String,
    customers: String,
}

/// An amount that leads to who is behind it; without a link where it is zero.
#[derive(Debug, Serialize)]
pub struct Cell {
    says: String,
    href: Option<String>,
}

/// Rows of the table of movements, newest first.
pub fn rows(months: &[Movements], pen: Pen) -> Vec<Row> {
    let row = |row: &Movements| {
        let href = |kind: &str| {
            format!("/admin/revenue/changes?currency={}&month={}&kind={kind}", pen.currency, row.month)
        };
        let cell = |kind: &str, cents: i64, shown: String| Cell {
            says: shown,
            href: (cents != 0).then(|| href(kind)),
        };
        Row {
            month: row.month.to_string(),
            start: pen.money(row.start_cents),
            new: cell("new", row.new_cents, pen.money(row.new_cents)),
            expansion: cell("expansion", row.expansion_cents, pen.money(row.expansion_cents)),
            contraction: cell("contraction", row.contraction_cents, pen.less(row.contraction_cents)),
            churn: cell("churn", row.churn_cents, pen.less(row.churn_cents)),
            end: pen.money(row.end_cents),
            customers: pen.count(row.customers_end),
        }
    };
    months.iter().rev().map(row).collect()
}

/// The movements as bars: what came above the line, what went below.
pub fn moved(months: &[Movements], pen: Pen) -> Option<Bars> {
    let column = |row: &Movements| {
        let part = |class, key, cents: i64, sign: f64| {
            let says = format!("{}, {}: {}", row.month, text(pen.lang, key), pen.money(cents));
            (class, says, sign * cents as f64)
        };
        Column {
            label: row.month.to_string(),
            href: Some(format!("/admin/revenue/changes?currency={}&month={}", pen.currency, row.month)),
            parts: vec![
                part("new", "revenue_new", row.new_cents, 1.0),
                part("expansion", "revenue_expansion", row.expansion_cents, 1.0),
                part("churn", "revenue_churn", row.churn_cents, -1.0),
                part("contraction", "revenue_contraction", row.contraction_cents, -1.0),
            ],
        }
    };
    let columns: Vec<Column> = months.iter().map(column).collect();
    bars::bars(text(pen.lang, "revenue_moved_title"), &columns, |cents| whole(cents, pen))
}

/// Recurring revenue at the end of each month as a line.
pub fn grown(months: &[Movements], pen: Pen) -> Option<Plot> {
    let points: Vec<(f64, f64)> =
        months.iter().enumerate().map(|(n, row)| (n as f64, row.end_cents as f64)).collect();
    let highest = points.iter().map(|(_, cents)| *cents).fold(0.0, f64::max);
    if points.len() < 2 || highest <= 0.0 {
        return None;
    }
    let every = months.len().div_ceil(8);
    let labels = months.iter().enumerate().filter(|(n, _)| n.is_multiple_of(every));
    let labels: Vec<(f64, String)> = labels.map(|(n, row)| (n as f64, row.month.to_string())).collect();
    let plot = Plot::new(
        text(pen.lang, "revenue_grown_title"),
        (0.0, (points.len() - 1) as f64),
        (0.0, highest * 1.05),
    );
    let plot = plot
        .below(labels)
        .beside(plot::round_values(0.0, highest * 1.05).into_iter().map(|v| (v, whole(v, pen))));
    Some(plot.line("equity", points))
}

/// An amount without cents, for the side of a chart.
fn whole(cents: f64, pen: Pen) -> String {
    format::number(cents / 100.0, 0, pen.lang)
}

/// One cohort.
#[derive(Debug, Serialize)]
pub struct CohortRow {
    month: String,
    customers: String,
    cells: Vec<CohortCell>,
}

/// What is left of a cohort after some months; `step` from 0 to 5 shades it.
#[derive(Debug, Serialize)]
pub struct CohortCell {
    says: String,
    step: usize,
}

/// Rows of the retention table, newest first: shares of customers, or of revenue.
pub fn cohort_rows(cohorts: &[Cohort], by_revenue: bool, pen: Pen) -> Vec<CohortRow> {
    let row = |cohort: &Cohort| {
        let cell = |stayed: &super::cohorts::Stayed| {
            let (part, whole) = if by_revenue {
                (stayed.cents, cohort.began_cents)
            } else {
                (stayed.customers, cohort.customers)
            };
            let share = if whole > 0 { part as f64 / whole as f64 } else { 0.0 };
            CohortCell {
                says: format::percent(share, 0, pen.lang),
                step: (share * 5.0).round().clamp(0.0, 5.0) as usize,
            }
        };
        CohortRow {
            month: cohort.month.to_string(),
            customers: pen.count(cohort.customers),
            cells: cohort.stayed.iter().take(AGES + 1).map(cell).collect(),
        }
    };
    cohorts.iter().rev().map(row).collect()
}

/// One month's trials.
#[derive(Debug, Serialize)]
pub struct TrialRow {
    month: String,
    started: String,
    converted: String,
    lost: String,
    running: String,
    rate: String,
}

/// Rows of the table of trials, newest first.
pub fn trial_rows(conversions: &[Conversion], pen: Pen) -> Vec<TrialRow> {
    let row = |row: &Conversion| TrialRow {
        month: row.month.to_string(),
        started: pen.count(row.started),
        converted: pen.count(row.converted),
        lost: pen.count(row.lost),
        running: pen.count(row.running),
        rate: pen.share(row.rate()),
    };
    conversions.iter().rev().map(row).collect()
}

/// One month's money.
#[derive(Debug, Serialize)]
pub struct CashRow {
    month: String,
    href: String,
    invoiced: String,
    collected: String,
    refunded: String,
    failed: Cell,
    recovered: String,
    open: String,
    lost: String,
    open_amount: String,
}

/// Rows of the table of payments, newest first.
pub fn cash_rows(months: &[Cash], pen: Pen) -> Vec<CashRow> {
    let row = |row: &Cash| {
        let href = format!("/admin/revenue/invoices?currency={}&month={}", pen.currency, row.month);
        CashRow {
            month: row.month.to_string(),
            invoiced: pen.money(row.invoiced_cents),
            collected: pen.money(row.collected_cents),
            refunded: pen.less(row.refunded_cents),
            failed: Cell {
                says: pen.count(row.failed),
                href: (row.failed > 0).then(|| format!("{href}&failed=1")),
            },
            recovered: pen.count(row.recovered),
            open: pen.count(row.open),
            lost: pen.count(row.lost),
            open_amount: pen.money(row.open_cents),
            href,
        }
    };
    months.iter().rev().map(row).collect()
}
