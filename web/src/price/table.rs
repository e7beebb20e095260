//! The table of bars: grouped, filtered, sorted, paged.

use analytics::periods::{Bar, Length, changes, group};
use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use super::actions::{Acted, during, says};
use super::question::{Question, SORTS, Sort};
use super::series::Series;
use crate::format;
use crate::market::view::Direction;
use crate::text::{Lang, fill, text};

/// Rows on a page.
pub const ROWS: usize = 50;

/// A row before it is written out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// The bar.
    pub bar: Bar,
    /// The change from the close before, as a share.
    pub change: Option<f64>,
}

/// The rows that are asked for, in the order that is asked for, all pages of them. A week or month that begins before the
/// first day is there as a whole.
pub fn rows(series: &Series, question: &Question) -> Vec<Row> {
    let place = question.span.place(&series.days);
    let (Some(first), bars) = (series.days.get(place.start), series.bars()) else { return Vec::new() };
    let groups = group(bars.get(..place.end).unwrap_or_default(), question.group);
    let first = question.group.first_day(*first);
    let all = groups.iter().zip(changes(&groups)).map(|(bar, change)| Row { bar: *bar, change });
    // What rounding takes away from a move of exactly so many per cent does not count.
    let least = question.least / 100.0 - 1e-12;
    let moved = |row: &Row| least <= 0.0 || row.change.is_some_and(|change| change.abs() >= least);
    let mut rows: Vec<Row> = all.filter(|row| row.bar.on >= first && moved(row)).collect();
    let key = |row: &Row| match question.sort {
        Sort::Day => f64::from(row.bar.on.num_days_from_ce()),
        Sort::Open => row.bar.open,
        Sort::High => row.bar.high,
        Sort::Low => row.bar.low,
        Sort::Close => row.bar.close,
        // What has none comes last either way.
        Sort::Change => row.change.unwrap_or(worst(question.descending)),
        Sort::Volume => row.bar.volume.unwrap_or(worst(question.descending)),
    };
    rows.sort_by(|a, b| {
        let order = key(a).total_cmp(&key(b));
        let order = if question.descending { order.reverse() } else { order };
        order.then(b.bar.on.cmp(&a.bar.on))
    });
    rows
}

fn worst(descending: bool) -> f64 {
    if descending { f64::NEG_INFINITY } else { f64::INFINITY }
}

/// The table as a reader sees it.
#[derive(Debug, Serialize)]
pub struct TableView {
    heads: Vec<Head>,
    rows: Vec<RowView>,
    /// `rows 1 to 50 of 252`.
    count: String,
    /// The page before.
    before: Option<String>,
    /// The next page.
    next: Option<String>,
}

#[derive(Debug, Serialize)]
struct Head {
    label: &'static str,
    href: String,
    /// For `aria-sort`.
    order: &'static str,
    arrow: &'static str,
}

#[derive(Debug, Serialize)]
struct RowView {
    day: String,
    open: String,
    high: String,
    low: String,
    close: String,
    change: Option<(Direction, String)>,
    volume: String,
    /// Splits and dividends in it.
    actions: Vec<String>,
}

/// The page of the table that is asked for.
pub fn view(series: &Series, actions: &[Acted], question: &Question, path: &str, lang: Lang) -> TableView {
    let rows = rows(series, question);
    let last_page = rows.len().div_ceil(ROWS).max(1);
    let page = (question.page as usize).min(last_page);
    let from = (page - 1) * ROWS;
    let shown = rows.get(from..rows.len().min(from + ROWS)).unwrap_or_default();
    let link = |page: usize| {
        let page = u32::try_from(page).unwrap_or(1);
        format!("{}#bars", Question { page, ..question.clone() }.link(path))
    };
    let number = |n: usize| format::count(i64::try_from(n).unwrap_or(i64::MAX), lang);
    let (first, last) = (number(from + usize::from(!shown.is_empty())), number(from + shown.len()));
    TableView {
        heads: SORTS.into_iter().map(|(name, sort)| head(name, sort, question, path, lang)).collect(),
        rows: shown.iter().map(|row| row_view(row, actions, question.group, lang)).collect(),
        count: fill(
            lang,
            "prices_count",
            &[("first", &first), ("last", &last), ("all", &number(rows.len()))],
        ),
        before: (page > 1).then(|| link(page - 1)),
        next: (page < last_page).then(|| link(page + 1)),
    }
}

fn head(name: &'static str, sort: Sort, question: &Question, path: &str, lang: Lang) -> Head {
    let key = match name {
        "open" => "prices_open",
        "high" => "prices_high",
        "low" => "prices_low",
        "close" => "prices_close",
        "change" => "prices_change",
        "volume" => "prices_volume",
        _ => "prices_day",
    };
    let chosen = question.sort == sort;
    // A second click turns the order round; the first shows the largest, or the newest.
    let descending = !(chosen && question.descending);
    let (order, arrow) = match (chosen, question.descending) {
        (false, _) => ("none", ""),
        (true, true) => ("descending", "↓"),
        (true, false) => ("ascending", "↑"),
    };
    let asked = Question { sort, descending, page: 1, ..question.clone() };
    Head { label: text(lang, key), href: format!("{}#bars", asked.link(path)), order, arrow }
}

fn row_view(row: &Row, actions: &[Acted], length: Length, lang: Lang) -> RowView {
    let bar = &row.bar;
    RowView {
        day: match length {
            Length::Day => dated(bar.on, lang),
            Length::Week => fill(lang, "prices_week_of", &[("day", &dated(bar.on, lang))]),
            Length::Month => month(bar.on, lang),
        },
        open: format::price(bar.open, lang),
        high: format::price(bar.high, lang),
        low: format::price(bar.low, lang),
        close: format::price(bar.close, lang),
        change: row.change.map(|c| (Direction::of(c, 0.00005, lang), format::change(c, 2, lang))),
        volume: bar.volume.map_or_else(|| format::MISSING.to_owned(), |v| format::number(v, 0, lang)),
        actions: during(actions, bar.on, length).map(|action| says(action, lang)).collect(),
    }
}

/// A day with its year: `2 Nov 2026`.
pub fn dated(on: NaiveDate, lang: Lang) -> String {
    format!("{} {}", format::short_day(on, lang), on.year())
}

/// A month with its year: `Nov 2026`.
fn month(on: NaiveDate, lang: Lang) -> String {
    let day = format::short_day(on, lang);
    format!("{} {}", day.split_once(' ').map_or("", |(_, name)| name), on.year())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// 2026-11-02 is a Monday.
    fn series() -> Series {
        let closes = [100.0, 110.0, 99.0, 99.0, 101.0, 102.0, 200.0];
        let first: NaiveDate = "2026-11-02".parse().unwrap();
        Series {
            days: first.iter_days().take(7).collect(),
            open: closes.to_vec(),
            high: closes.to_vec(),
            low: closes.to_vec(),
            volume: vec![Some(1.0), None, Some(3.0), Some(4.0), Some(5.0), Some(6.0), Some(7.0)],
            close: closes.to_vec(),
        }
    }

    fn closes(query: &str) -> Vec<f64> {
        rows(&series(), &Question::parse(query).unwrap()).iter().map(|row| row.bar.close).collect()
    }

    #[test]
    fn rows_are_filtered_sorted_and_grouped() {
        assert_eq!(closes(""), [200.0, 102.0, 101.0, 99.0, 99.0, 110.0, 100.0]);
        assert_eq!(closes("sort=day&to=2026-11-04"), [100.0, 110.0, 99.0]);
        assert_eq!(closes("min=10&sort=day"), [110.0, 99.0, 200.0], "10 % down counts as 10 % up does");
        assert_eq!(closes("sort=change")[..2], [99.0, 99.0], "the largest fall, then no change");
        assert_eq!(*closes("sort=-change").last().unwrap(), 100.0, "no change known comes last");
        assert_eq!(*closes("sort=volume").last().unwrap(), 110.0);
        assert_eq!(closes("group=week"), [200.0]);
        assert_eq!(closes("group=week&from=2026-11-05"), [200.0], "the week is there as a whole");
        assert!(closes("from=2030-01-01").is_empty());
    }

    #[test]
    fn a_page_too_far_is_the_last_one() {
        let view = view(&series(), &[], &Question::parse("page=9").unwrap(), "/p", Lang::En);
        assert_eq!((view.rows.len(), view.next, view.before), (7, None, None));
        assert_eq!(view.count, "Rows 1 to 7 of 7");
    }
}
