//! What a reader asks of the price page: the address, understood. What is written is read again as the same question.

use analytics::periods::Length;

use super::overlays::Overlays;
use super::params::{Params, Refused, Written};
use super::series::Prices;
use super::span::Span;

/// How bars are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Candlesticks.
    Candles,
    /// Bars with a tick for open and close.
    Ohlc,
    /// A line through the closes.
    Line,
}

/// The averages whose crossings are the signals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Exponential ones.
    Ema,
    /// Simple ones.
    Sma,
}

/// A column of the table of bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Sort {
    Day,
    Open,
    High,
    Low,
    Close,
    Change,
    Volume,
}

/// A table of returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pivot {
    /// None.
    None,
    /// A row a month, a column a year: the month's return.
    MonthYear,
    /// A row a weekday, a column a month: the mean daily return.
    WeekdayMonth,
}

/// What is sent instead of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Csv {
    /// The table of bars.
    Bars,
    /// The trades.
    Trades,
}

/// A question.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// How bars are drawn.
    pub view: View,
    /// Which prices are drawn, listed and computed with.
    pub prices: Prices,
    /// Which time.
    pub span: Span,
    /// What is drawn over and under the bars.
    pub overlays: Overlays,
    /// What a row of the table lasts.
    pub group: Length,
    /// Which column sorts the table.
    pub sort: Sort,
    /// Whether the largest comes first.
    pub descending: bool,
    /// Only rows that moved by at least so many per cent, up or down.
    pub least: f64,
    /// Which page of the table, from 1.
    pub page: u32,
    /// Which table of returns.
    pub pivot: Pivot,
    /// Which averages give the signals.
    pub rule: Rule,
    /// Fees of one trade, in hundredths of a per cent of what is traded.
    pub costs: u32,
    /// What is sent instead of the page.
    pub csv: Option<Csv>,
}

/// Names of the views.
pub const VIEWS: [(&str, View); 3] = [("candles", View::Candles), ("ohlc", View::Ohlc), ("line", View::Line)];
/// Names of the prices.
pub const PRICES: [(&str, Prices); 2] = [("adjusted", Prices::Adjusted), ("traded", Prices::Traded)];
/// Names of the groups.
pub const GROUPS: [(&str, Length); 3] =
    [("day", Length::Day), ("week", Length::Week), ("month", Length::Month)];
/// Names of the columns.
pub const SORTS: [(&str, Sort); 7] = [
    ("day", Sort::Day),
    ("open", Sort::Open),
    ("high", Sort::High),
    ("low", Sort::Low),
    ("close", Sort::Close),
    ("change", Sort::Change),
    ("volume", Sort::Volume),
];
/// Names of the tables of returns.
pub const PIVOTS: [(&str, Pivot); 3] =
    [("none", Pivot::None), ("month-year", Pivot::MonthYear), ("weekday-month", Pivot::WeekdayMonth)];
/// Names of the rules.
pub const RULES: [(&str, Rule); 2] = [("ema", Rule::Ema), ("sma", Rule::Sma)];
/// The fees that are taken unless something else is asked, and the highest that may be asked.
pub const COSTS: (u32, u32) = (5, 500);
/// Pages of the table that may be asked for.
const PAGES: u32 = 2_000;
/// The largest move that rows may be asked to have, in per cent.
const LARGEST_LEAST: f64 = 1_000.0;

impl Question {
    /// Reads the query of an address.
    ///
    /// # Errors
    /// A parameter is not understood; names it and says what is accepted.
    pub fn parse(query: &str) -> Result<Self, Refused> {
        let params = Params::parse(query)?;
        let (sort, descending) = match params.get("sort") {
            None => (Sort::Day, true),
            Some(given) => {
                let word = given.strip_prefix('-').unwrap_or(given);
                let found = SORTS.iter().find(|(name, _)| *name == word);
                let (_, sort) = found.ok_or_else(|| Refused::new("sort", given, "accepts_sort"))?;
                (*sort, word != given)
            }
        };
        let csv = params.choice("format", &[("csv", true), ("html", false)], false, "accepts_format")?;
        let which = [("bars", Csv::Bars), ("trades", Csv::Trades)];
        let which = params.choice("table", &which, Csv::Bars, "accepts_table")?;
        Ok(Self {
            view: params.choice("view", &VIEWS, View::Candles, "accepts_view")?,
            prices: params.choice("prices", &PRICES, Prices::Adjusted, "accepts_prices")?,
            span: Span::parse(&params)?,
            overlays: Overlays::parse(&params)?,
            group: params.choice("group", &GROUPS, Length::Day, "accepts_group")?,
            sort,
            descending,
            least: least(&params)?,
            page: params.whole("page", (1, PAGES), 1, "accepts_page")?,
            pivot: params.choice("pivot", &PIVOTS, Pivot::None, "accepts_pivot")?,
            rule: params.choice("signals", &RULES, Rule::Ema, "accepts_signals")?,
            costs: params.whole("costs", (0, COSTS.1), COSTS.0, "accepts_costs")?,
            csv: csv.then_some(which),
        })
    }

    /// The question as a query, the usual left out.
    pub fn query(&self) -> String {
        let mut query = Written::default();
        query.choice("view", &VIEWS, self.view, View::Candles);
        query.choice("prices", &PRICES, self.prices, Prices::Adjusted);
        self.span.write(&mut query);
        self.overlays.write(&mut query);
        query.choice("group", &GROUPS, self.group, Length::Day);
        if let Some((word, _)) = SORTS.iter().find(|(_, sort)| *sort == self.sort)
            && (self.sort, self.descending) != (Sort::Day, true)
        {
            query.push("sort", &format!("{}{word}", if self.descending { "-" } else { "" }));
        }
        if self.least > 0.0 {
            query.push("min", &self.least.to_string());
        }
        if self.page > 1 {
            query.push("page", &self.page.to_string());
        }
        query.choice("pivot", &PIVOTS, self.pivot, Pivot::None);
        query.choice("signals", &RULES, self.rule, Rule::Ema);
        if self.costs != COSTS.0 {
            query.push("costs", &self.costs.to_string());
        }
        if let Some(table) = self.csv {
            query.push("format", "csv");
            query.choice("table", &[("trades", Csv::Trades)], table, Csv::Bars);
        }
        query.done()
    }

    /// The address of the question below `path`.
    pub fn link(&self, path: &str) -> String {
        match self.query() {
            query if query.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }
}

fn least(params: &Params) -> Result<f64, Refused> {
    let Some(given) = params.get("min") else { return Ok(0.0) };
    let parsed = given.parse::<f64>().ok().filter(|least| (0.0..=LARGEST_LEAST).contains(least));
    parsed.ok_or_else(|| Refused::new("min", given, "accepts_min"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for query in [
            "",
            "view=ohlc&prices=traded&range=5y&ema=50,200&macd=12,26,9&group=week&sort=-close&min=2.5&page=3",
            "view=line&from=2026-01-02&to=2026-02-03&sort=day&pivot=month-year&signals=sma&costs=0",
            "group=month&pivot=weekday-month&format=csv&table=trades",
            "format=csv",
        ] {
            let question = Question::parse(query).unwrap();
            assert_eq!(question.query(), query);
            assert_eq!(Question::parse(&question.query()).unwrap(), question);
        }
        assert_eq!(Question::parse("utm=1").unwrap().link("/x"), "/x");
    }

    #[test]
    fn what_is_not_understood_is_refused_by_name() {
        for (query, name) in [
            ("view=pie", "view"),
            ("prices=free", "prices"),
            ("group=year", "group"),
            ("sort=colour", "sort"),
            ("sort=--day", "sort"),
            ("min=NaN", "min"),
            ("min=-1", "min"),
            ("min=1e12", "min"),
            ("page=0", "page"),
            ("page=1000000000000", "page"),
            ("pivot=all", "pivot"),
            ("signals=buy", "signals"),
            ("costs=-1", "costs"),
            ("costs=501", "costs"),
            ("format=xlsx", "format"),
            ("table=customers", "table"),
            ("from=2026-02-02&to=2026-02-01", "from"),
        ] {
            assert_eq!(Question::parse(query).unwrap_err().name, name, "{query}");
        }
    }
}
