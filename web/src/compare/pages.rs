//! The page that compares, and what it shares with the JSON: which assets are meant, and which of them may be seen.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use domain::Feature;
use serde::Serialize;

use super::board::{Board, FEWEST_RETURNS, Member, compare as compute};
use super::question::{MOST, Question, WINDOWS, Window};
use crate::access::Access;
use crate::error::Error;
use crate::export::safe;
use crate::format;
use crate::market::cache::Edition;
use crate::market::pages::find;
use crate::market::store::AssetRow;
use crate::market::view::{self, Direction, LockView};
use crate::price::controls::{Choice, PeriodLink, named, period_label};
use crate::price::export;
use crate::price::series::{Prices, Series, visible};
use crate::price::span::{PERIODS, Span};
use crate::price::table::dated;
use crate::site::reader::Reader;
use crate::site::{page, refusal};
use crate::text::{Lang, fill, text};

/// Assets that an empty page suggests.
const SUGGESTED: usize = 3;

/// A comparison for one reader.
pub struct Compared {
    /// The newest edition.
    pub edition: Arc<Edition>,
    /// What was asked, with what was to be added among its assets.
    pub question: Question,
    /// The assets that may be seen.
    pub open: Vec<AssetRow>,
    /// The others, with the tier that unlocks each.
    pub locked: Vec<(AssetRow, Option<domain::Tier>)>,
    /// What beta is measured against.
    pub benchmark: Option<AssetRow>,
    /// The figures; `None`: fewer than two assets, or no common days.
    pub board: Option<Board>,
    /// What could not be added.
    pub not_added: Option<String>,
}

/// Why there is no comparison.
pub enum NoComparison {
    /// An asset that there is not.
    Unknown(String),
    /// Something failed.
    Failed(Error),
}

impl From<Error> for NoComparison {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Compared {
    /// Answers a question.
    ///
    /// # Errors
    /// An asset that there is not, or Postgres fails.
    pub async fn new(reader: &Reader, mut question: Question) -> Result<Self, NoComparison> {
        let edition = reader.app.edition().await?;
        let known = |symbol: &str| edition.front.assets.get(symbol).cloned();
        let not_added = add(&mut question, &edition);
        let (mut open, mut locked) = (Vec::new(), Vec::new());
        for symbol in &question.assets {
            let asset = known(symbol).ok_or_else(|| NoComparison::Unknown(symbol.clone()))?;
            match edition.access(reader.who(), Feature::Price, symbol, reader.now) {
                Access::Locked { unlocked_by } => locked.push((asset, unlocked_by)),
                _ => open.push(asset),
            }
        }
        let sees = |asset: &AssetRow| {
            !edition.access(reader.who(), Feature::Price, &asset.symbol, reader.now).is_locked()
        };
        let benchmark = match &question.benchmark {
            Some(symbol) => {
                let asset = known(symbol).ok_or_else(|| NoComparison::Unknown(symbol.clone()))?;
                Some(asset).filter(sees)
            }
            // An index where one may be seen; else the first of the assets, against which its own beta is 1.
            None => {
                let index = edition.front.assets.values().find(|asset| asset.class == "index" && sees(asset));
                index.or(open.first()).cloned()
            }
        };
        let board = if open.len() < 2 {
            None
        } else {
            let (members, benchmark) = members(reader, &edition, &open, benchmark.as_ref()).await?;
            compute(&members, benchmark.as_ref(), &question.span, question.window)
        };
        Ok(Self { edition, question, open, locked, benchmark, board, not_added })
    }
}

/// Adds what the search box holds: a symbol or a name, in full or as far as it is the only one. What there is not, or no
/// place for, comes back.
fn add(question: &mut Question, edition: &Edition) -> Option<String> {
    let wanted = question.add.take()?;
    let lower = wanted.to_lowercase();
    let hits = find(edition.front.assets.values(), &wanted);
    let in_full = |asset: &&&AssetRow| {
        asset.symbol.to_lowercase() == lower
            || std::iter::once(&asset.name).chain(&asset.aliases).any(|name| name.to_lowercase() == lower)
    };
    let only = if let [only] = hits.as_slice() { Some(only) } else { None };
    match hits.iter().find(in_full).or(only) {
        Some(asset) if question.assets.contains(&asset.symbol) => None,
        Some(asset) if question.assets.len() < MOST => {
            question.assets.push(asset.symbol.clone());
            None
        }
        _ => Some(wanted),
    }
}

async fn members(
    reader: &Reader,
    edition: &Edition,
    open: &[AssetRow],
    benchmark: Option<&AssetRow>,
) -> Result<(Vec<Member>, Option<Member>), Error> {
    let app = &reader.app;
    let symbols: Vec<&str> = open.iter().chain(benchmark).map(|asset| asset.symbol.as_str()).collect();
    let id = edition.publication.as_ref().map_or(0, |p| p.id);
    let bars = app.shelf.bars(&app.pool, id, &symbols).await?;
    let mut all: Vec<Member> = Vec::new();
    for (asset, bars) in open.iter().chain(benchmark).zip(&bars) {
        let access = edition.access(reader.who(), Feature::Price, &asset.symbol, reader.now);
        let series = Series::of(visible(bars, access, edition.closes_at()), Prices::Adjusted);
        all.push(Member { symbol: asset.symbol.clone(), every_day: asset.class == "crypto", series });
    }
    let benchmark = (all.len() > open.len()).then(|| all.pop()).flatten();
    Ok((all, benchmark))
}

#[derive(Serialize)]
struct MemberView {
    name: String,
    symbol: String,
    href: String,
    /// The receipt of its prices.
    receipt: String,
    /// The comparison without it.
    without: String,
    /// Which of the line styles is its, from 1.
    line: usize,
    close: String,
    change: Option<(Direction, String)>,
    volatility: String,
    drawdown: String,
    beta: String,
}

#[derive(Serialize)]
struct LockedView {
    name: String,
    symbol: String,
    without: String,
    card: LockView,
}

#[derive(Serialize)]
struct Heat {
    value: String,
    /// Class of the colour.
    class: String,
}

/// `GET /compare`
///
/// # Errors
/// Postgres fails.
pub async fn compare(reader: Reader, request: HttpRequest) -> Result<HttpResponse, Error> {
    let question = match Question::parse(request.query_string()) {
        Ok(question) => question,
        Err(refused) => {
            let (edition, says) = (reader.app.edition().await?, refused.says(reader.lang()));
            return refusal::page(&reader, &edition, StatusCode::BAD_REQUEST, &says);
        }
    };
    let compared = match Compared::new(&reader, question).await {
        Ok(compared) => compared,
        Err(NoComparison::Unknown(symbol)) => {
            let says = fill(reader.lang(), "compare_unknown", &[("symbol", &symbol)]);
            let edition = reader.app.edition().await?;
            return refusal::page(&reader, &edition, StatusCode::NOT_FOUND, &says);
        }
        Err(NoComparison::Failed(error)) => return Err(error),
    };
    let (lang, edition, question) = (reader.lang(), &compared.edition, &compared.question);
    let exports = export::may(edition, reader.tier(), "csv");
    if question.csv {
        if !exports {
            return refusal::page(&reader, edition, StatusCode::FORBIDDEN, text(lang, "prices_csv_locked"));
        }
        return lines(&compared);
    }
    let mut context = page::context(&reader, edition, text(lang, "compare_title"));
    let file = exports.then(|| Question { csv: true, ..question.clone() }.link("/compare"));
    context.insert("csv", &file);
    context.insert("says", &answer(&compared, lang));
    context.insert("problem", &compared.not_added.as_ref().map(|name| not_added(name, question, lang)));
    context.insert("members", &member_views(&compared, lang));
    context.insert("locked", &locked_views(&compared, lang));
    context.insert("assets", &question.assets.join(","));
    context.insert("full", &(question.assets.len() >= MOST));
    context.insert("known", &edition.front.assets.values().map(|a| (&a.symbol, &a.name)).collect::<Vec<_>>());
    context.insert("windows", &named(&WINDOWS, question.window, |window| window_label(window, lang)));
    context.insert("periods", &periods(question, lang));
    context.insert("range", &PERIODS.iter().find(|p| p.1 == question.span.period).map(|p| p.0));
    context.insert("span", &[question.span.from, question.span.to].map(|day| day.map(|d| d.to_string())));
    context.insert("benchmarks", &benchmarks(&compared));
    context.insert("benchmark", &compared.benchmark.as_ref().map(|asset| &asset.name));
    context.insert("heat", &compared.board.as_ref().map(|board| heat(board, lang)));
    context.insert("note", &compared.board.as_ref().map(|board| note(board, lang)));
    context.insert("source", &question.link("/api/compare"));
    context.insert("suggested", &suggested(&reader, edition));
    page::render(&reader.app, "compare/page.html", &context)
}

/// The lines as a file: a row a common day, a column an asset, the first day taken as 100.
fn lines(compared: &Compared) -> Result<HttpResponse, Error> {
    let mut head = vec!["day".to_owned()];
    head.extend(compared.open.iter().map(|asset| safe(&asset.symbol)));
    let rows = compared.board.iter().flat_map(|board| {
        board.days.iter().enumerate().map(|(at, day)| {
            let values = board.figures.iter().map(|figures| figures.rebased.get(at));
            let cells = values.map(|value| value.map(ToString::to_string).unwrap_or_default());
            std::iter::once(day.to_string()).chain(cells).collect()
        })
    });
    export::file("comparison.csv", &head, rows)
}

fn not_added(name: &str, question: &Question, lang: Lang) -> String {
    let key = if question.assets.len() >= MOST { "compare_full" } else { "compare_not_found" };
    fill(lang, key, &[("name", name), ("most", &MOST.to_string())])
}

/// One sentence: what did best and worst, and what moved together most.
fn answer(compared: &Compared, lang: Lang) -> String {
    let Some(board) = &compared.board else {
        let key = match (compared.open.len(), compared.locked.is_empty()) {
            (0, true) => "compare_empty",
            (_, false) if compared.open.len() < 2 => "compare_locked",
            (1, _) => "compare_one",
            _ => "compare_no_days",
        };
        return text(lang, key).to_owned();
    };
    let name = |at: usize| compared.open.get(at).map_or("", |asset| asset.name.as_str());
    let by_change = |a: &usize, b: &usize| board.figures[*a].change.total_cmp(&board.figures[*b].change);
    let places = || 0..board.figures.len();
    let (Some(best), Some(worst)) = (places().max_by(by_change), places().min_by(by_change)) else {
        return String::new();
    };
    let change = |at: usize| format::change(board.figures[at].change, 1, lang);
    let since = board.days.first().map(|day| dated(*day, lang)).unwrap_or_default();
    let (first, last) = (change(best), change(worst));
    let values =
        [("since", &*since), ("best", name(best)), ("up", &*first), ("worst", name(worst)), ("down", &*last)];
    let mut said = fill(lang, "compare_answer", &values);
    let mut closest: Option<(usize, usize, f64)> = None;
    for (a, row) in board.correlations.iter().enumerate() {
        for (b, value) in row.iter().enumerate().skip(a + 1) {
            if value.is_finite() && closest.is_none_or(|(.., most)| value.abs() > most.abs()) {
                closest = Some((a, b, *value));
            }
        }
    }
    if let Some((a, b, value)) = closest {
        let value = format::signed(value, 2, lang);
        let values = [("first", name(a)), ("second", name(b)), ("value", &*value)];
        said.push(' ');
        said += &fill(lang, "compare_closest", &values);
    }
    said
}

fn member_views(compared: &Compared, lang: Lang) -> Vec<MemberView> {
    let figures = |at: usize| compared.board.as_ref().and_then(|board| board.figures.get(at));
    let percent = |value: f64, digits| match value.is_finite() {
        true => format::percent(value, digits, lang),
        false => format::MISSING.to_owned(),
    };
    let view = |(at, asset): (usize, &AssetRow)| {
        let figures = figures(at);
        MemberView {
            name: asset.name.clone(),
            symbol: asset.symbol.clone(),
            href: format!("{}/price", view::asset_href(&asset.symbol)),
            receipt: format!("{}/receipt?value=price", view::asset_href(&asset.symbol)),
            without: without(&compared.question, &asset.symbol),
            line: at + 1,
            close: figures.map_or_else(|| format::MISSING.to_owned(), |f| format::price(f.close, lang)),
            change: figures
                .filter(|f| f.change.is_finite())
                .map(|f| (Direction::of(f.change, 0.0005, lang), format::change(f.change, 1, lang))),
            volatility: figures.map_or_else(|| format::MISSING.to_owned(), |f| percent(f.volatility, 1)),
            drawdown: figures.map_or_else(|| format::MISSING.to_owned(), |f| percent(f.drawdown, 1)),
            beta: figures.map_or_else(|| format::MISSING.to_owned(), |f| format::number(f.beta, 2, lang)),
        }
    };
    compared.open.iter().enumerate().map(view).collect()
}

fn locked_views(compared: &Compared, lang: Lang) -> Vec<LockedView> {
    let view = |(asset, unlocked_by): &(AssetRow, Option<domain::Tier>)| LockedView {
        name: asset.name.clone(),
        symbol: asset.symbol.clone(),
        without: without(&compared.question, &asset.symbol),
        card: view::lock(&compared.edition, Feature::Price, *unlocked_by, lang),
    };
    compared.locked.iter().map(view).collect()
}

fn without(question: &Question, symbol: &str) -> String {
    let assets = question.assets.iter().filter(|other| *other != symbol).cloned().collect();
    Question { assets, ..question.clone() }.link("/compare")
}

fn periods(question: &Question, lang: Lang) -> Vec<PeriodLink> {
    let link = |(_, period)| PeriodLink {
        href: Question { span: Span::of(period), ..question.clone() }.link("/compare"),
        label: period_label(period, lang),
        on: question.span == Span::of(period),
    };
    PERIODS.into_iter().map(link).collect()
}

fn benchmarks(compared: &Compared) -> Vec<Choice> {
    let chosen = compared.benchmark.as_ref().map(|asset| &asset.symbol);
    let mut offered: Vec<&AssetRow> = compared.benchmark.iter().collect();
    offered.extend(compared.open.iter().filter(|asset| Some(&asset.symbol) != chosen));
    let choice = |asset: &AssetRow| Choice {
        value: asset.symbol.clone(),
        label: asset.name.clone(),
        on: chosen == Some(&asset.symbol),
    };
    offered.into_iter().map(choice).collect()
}

fn window_label(window: Window, lang: Lang) -> &'static str {
    let key = match window {
        Window::Days(20) => "compare_20",
        Window::Days(60) => "compare_60",
        Window::Days(120) => "compare_120",
        Window::Days(_) => "compare_250",
        Window::All => "compare_all",
    };
    text(lang, key)
}

/// The matrix with a colour for each cell beside its value: eleven steps from −1 to +1.
fn heat(board: &Board, lang: Lang) -> Vec<Vec<Heat>> {
    let cell = |value: &f64| match value.is_finite() {
        false => Heat { value: format::MISSING.to_owned(), class: "none".to_owned() },
        true => {
            let step = (value * 5.0).round() as i64;
            let side = if step < 0 { "under" } else { "over" };
            Heat { value: format::signed(*value, 2, lang), class: format!("{side}-{}", step.abs()) }
        }
    };
    board.correlations.iter().map(|row| row.iter().map(cell).collect()).collect()
}

fn note(board: &Board, lang: Lang) -> String {
    let days = format::count(i64::try_from(board.days.len()).unwrap_or(i64::MAX), lang);
    let returns = format::count(i64::try_from(board.returns).unwrap_or(i64::MAX), lang);
    let year = format::number(board.year, 0, lang);
    let values = [("days", &*days), ("returns", &*returns), ("year", &*year)];
    let mut said = fill(lang, "compare_note", &values);
    if board.returns < FEWEST_RETURNS {
        said.push(' ');
        said += &fill(lang, "compare_few", &[("fewest", &FEWEST_RETURNS.to_string())]);
    }
    said
}

/// The most mentioned assets whose prices the reader may see, as a comparison to begin with.
fn suggested(reader: &Reader, edition: &Edition) -> Option<(String, String)> {
    let sees = |symbol: &str| !edition.access(reader.who(), Feature::Price, symbol, reader.now).is_locked();
    let symbols: Vec<&str> = edition
        .front
        .rows
        .iter()
        .map(|row| row.sentiment.symbol.as_str())
        .filter(|s| sees(s))
        .take(SUGGESTED)
        .collect();
    if symbols.len() < 2 {
        return None;
    }
    let name =
        |symbol: &&str| edition.front.assets.get(*symbol).map_or((*symbol).to_owned(), |a| a.name.clone());
    let names: Vec<String> = symbols.iter().map(name).collect();
    let assets = symbols.iter().map(|symbol| (*symbol).to_owned()).collect();
    let question = Question { assets, ..Question::parse("").ok()? };
    Some((question.link("/compare"), names.join(", ")))
}
