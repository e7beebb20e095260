//! Articles of invented outlets, slot by slot. Some stories run in two outlets in nearly the same words.

use serde::Serialize;

use super::assets::Asset;
use super::dice::{Dice, Purpose, running};
use super::grammar::{Language, Speech, Tone};
use super::mood::Moods;
use super::names::{FIRST_NAMES, LAST_NAMES, OUTLETS};
use super::{Options, Span};
use crate::moment::{HOUR, Micros, SECOND, seconds};

/// A line of articles.ndjson, without what is absent.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Line {
    pub outlet: &'static str,
    pub id: String,
    pub url: String,
    pub title: String,
    pub summary: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
    pub published_at: String,
    pub lang: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tickers: Vec<String>,
}

/// All articles in order of time.
pub(super) fn write_all(options: &Options, assets: &[Asset], moods: &Moods, span: Span) -> Vec<Line> {
    let mut lines = Vec::new();
    for slot in 0..span.slots {
        let mut dice = Dice::new(options.seed, Purpose::Articles, slot);
        let average = (f64::from(options.posts_per_slot) / 25.0).clamp(2.0, 400.0);
        let count = (average * [0.5, 1.0, 1.5, 1.0][slot % 4] + dice.unit()) as usize;
        let talk =
            running(assets.iter().enumerate().map(|(number, asset)| {
                asset.attention.max(0.02) * (0.5 + moods.by_asset[number][slot].abs())
            }));
        let mut drafts: Vec<(Micros, usize, Line)> = Vec::with_capacity(count);
        while drafts.len() < count {
            let number = dice.weighted(&talk);
            let outlet = dice.below(OUTLETS.len());
            let feeling = moods.by_asset[number][slot] + 0.25 * dice.normal();
            let tone = if dice.chance(0.15) { Tone::Flat } else { Tone::of(feeling.clamp(-1.0, 1.0)) };
            let at = span.slot_start(slot) + dice.below(6 * 3_600 - 1_200) as Micros * SECOND;
            let line = article(
                &mut dice,
                outlet,
                &assets[number],
                &assets[neighbour(number, assets.len())],
                tone,
                at,
            );
            if drafts.len() + 1 < count && outlet < 6 && dice.chance(0.1) {
                let twin = reprint(&mut dice, &line, (outlet + 1) % 6, at);
                drafts.push(twin);
            }
            drafts.push((at, outlet, line));
        }
        drafts.sort_by(|a, b| (a.0, a.1, &a.2.title).cmp(&(b.0, b.1, &b.2.title)));
        for (_, outlet, mut line) in drafts {
            line.id = (50_000_000 + lines.len()).to_string();
            line.url = format!(
                "https://{}/{}/{}-{}",
                OUTLETS[outlet].1,
                &line.published_at[..10],
                slug(&line.title),
                line.id
            );
            lines.push(line);
        }
    }
    lines
}

fn neighbour(number: usize, count: usize) -> usize {
    (number + 1) % count
}

fn article(dice: &mut Dice, outlet: usize, asset: &Asset, other: &Asset, tone: Tone, at: Micros) -> Line {
    let (name, _, lang) = OUTLETS[outlet];
    let language = if lang == "es" { Language::Spanish } else { Language::English };
    let speech = Speech { language, tone, asset, other, stocktwits: false };
    let title = speech.say(dice, "{headline}");
    let summary = speech.say(dice, "{lead} {tail}");
    let author = format!("{} {}", dice.pick(&FIRST_NAMES), dice.pick(&LAST_NAMES));
    let authors = if dice.chance(0.85) { vec![author] } else { Vec::new() };
    let tickers = if dice.chance(0.5) { vec![asset.symbol.clone()] } else { Vec::new() };
    Line {
        outlet: name,
        id: String::new(),
        url: String::new(),
        title,
        summary,
        authors,
        published_at: seconds(at),
        lang,
        tickers,
    }
}

/// The same story a little later in another outlet of the same language.
fn reprint(dice: &mut Dice, line: &Line, outlet: usize, at: Micros) -> (Micros, usize, Line) {
    let later = at + dice.below(1_200) as Micros * SECOND;
    debug_assert!(later - at < HOUR);
    let title = if dice.chance(0.5) { line.title.clone() } else { format!("{} – report", line.title) };
    (later, outlet, Line { outlet: OUTLETS[outlet].0, title, published_at: seconds(later), ..line.clone() })
}

/// The title as part of a link.
fn slug(title: &str) -> String {
    let mut slug = String::new();
    for c in title.chars().flat_map(char::to_lowercase).take(48) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}
