//! Posts of X and StockTwits, slot by slot: what people say follows the mood of the slot.

use serde::Serialize;

use super::assets::Asset;
use super::dice::{Dice, Purpose, running};
use super::grammar::{Language, Speech, Tone};
use super::mood::Moods;
use super::people::{People, Person};
use super::{Options, Span};
use crate::moment::{HOUR, Micros, SECOND, seconds};

/// A line of posts.ndjson, without what is absent.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Line {
    pub source: &'static str,
    pub id: String,
    pub author: String,
    pub author_id: String,
    pub author_created_at: String,
    pub followers: i64,
    pub text: String,
    pub lang: &'static str,
    pub created_at: String,
    pub url: String,
    pub likes: i64,
    pub shares: i64,
    pub replies: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentiment: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<String>,
}

/// A post before it has its id.
struct Draft<'a> {
    at: Micros,
    x: bool,
    person: &'a Person,
    text: String,
    language: Language,
    channel: Option<String>,
    kind: &'static str,
    /// Position of the post that it repeats or answers, among the drafts of the slot.
    parent: Option<usize>,
    tone: Tone,
    bot: bool,
}

/// The share of a day's posts that each slot has, times four: the US night is quiet, its trading day loud.
const BUSY: [f64; 4] = [0.55, 0.75, 1.45, 1.25];

/// All posts in order of time.
pub(super) fn write_all(
    options: &Options,
    assets: &[Asset],
    moods: &Moods,
    people: &People,
    span: Span,
) -> Vec<Line> {
    let mut lines = Vec::with_capacity(options.posts_per_slot as usize * span.slots);
    for slot in 0..span.slots {
        let mut dice = Dice::new(options.seed, Purpose::Posts, slot);
        let wanted = (f64::from(options.posts_per_slot) * BUSY[slot % 4]).round() as usize;
        let writer = Writer { assets, moods, people, span, slot };
        let drafts = writer.slot(&mut dice, wanted);
        lines.extend(finish(&mut dice, drafts, lines.len()));
    }
    lines
}

struct Writer<'a> {
    assets: &'a [Asset],
    moods: &'a Moods,
    people: &'a People,
    span: Span,
    slot: usize,
}

impl<'a> Writer<'a> {
    fn slot(&self, dice: &mut Dice, wanted: usize) -> Vec<Draft<'a>> {
        // Some assets are the talk of the slot, the more so the stronger their mood.
        let talk = running(self.assets.iter().enumerate().map(|(number, asset)| {
            let burst = if dice.chance(0.05) { 4.0 } else { 1.0 };
            asset.attention * burst * (0.7 + self.moods.by_asset[number][self.slot].abs())
        }));
        let mut drafts: Vec<Draft<'a>> = Vec::with_capacity(wanted);
        while drafts.len() < wanted {
            let left = wanted - drafts.len();
            if left >= 6 && dice.chance(0.004) {
                self.campaign(dice, &talk, left, &mut drafts);
            } else if drafts.len() > 10 && dice.chance(0.1) {
                self.echo(dice, &mut drafts);
            } else {
                drafts.push(self.own(dice, &talk));
            }
        }
        drafts
    }

    fn instant(&self, dice: &mut Dice) -> Micros {
        self.span.slot_start(self.slot) + dice.below(6 * 3_600) as Micros * SECOND
    }

    /// Someone's own words.
    fn own(&self, dice: &mut Dice, talk: &[f64]) -> Draft<'a> {
        let person = &self.people.writers[dice.weighted(&self.people.zeal)];
        let number = dice.weighted(talk);
        let asset = &self.assets[number];
        let other = &self.assets[dice.weighted(talk)];
        let x = dice.chance(0.62);
        let language = if person.spanish { Language::Spanish } else { Language::English };
        let about_nothing = dice.chance(0.03);
        let feeling = self.moods.by_asset[number][self.slot] + 0.45 * dice.normal();
        let tone =
            if about_nothing || dice.chance(0.12) { Tone::Flat } else { Tone::of(feeling.clamp(-1.0, 1.0)) };
        let speech = Speech { language, tone, asset, other, stocktwits: !x };
        let mut text = speech.say(dice, if about_nothing { "{nothing}" } else { "{post}" });
        if dice.chance(0.04) {
            text = text.to_uppercase();
        }
        let channel = (!x && !about_nothing).then(|| asset.stream());
        Draft {
            at: self.instant(dice),
            x,
            person,
            text,
            language,
            channel,
            kind: "post",
            parent: None,
            tone,
            bot: false,
        }
    }

    /// Someone repeats, quotes or answers a post of this slot on X.
    fn echo(&self, dice: &mut Dice, drafts: &mut Vec<Draft<'a>>) {
        let parent = dice.below(drafts.len());
        let original = &drafts[parent];
        if !original.x || original.kind != "post" {
            return;
        }
        let person = &self.people.writers[dice.weighted(&self.people.zeal)];
        let end = self.span.slot_start(self.slot) + 6 * HOUR - SECOND;
        let at = (original.at + (1 + dice.below(5_400)) as Micros * SECOND).min(end);
        let (kind, text) = match dice.below(10) {
            0..=6 => ("repost", shorten(&format!("RT @{}: {}", original.person.handle, original.text))),
            7 | 8 => (
                "quote",
                format!(
                    "{} 👇 {}",
                    dice.pick(&["This", "Exactly", "Hmm", "Not sure", "Thread"]),
                    original.text
                ),
            ),
            _ => (
                "reply",
                format!(
                    "@{} {}",
                    original.person.handle,
                    dice.pick(&["agreed", "no way", "source?", "lol", "we will see", "good point"])
                ),
            ),
        };
        let (language, tone) = (original.language, original.tone);
        drafts.push(Draft {
            at,
            x: true,
            person,
            text,
            language,
            channel: None,
            kind,
            parent: Some(parent),
            tone,
            bot: false,
        });
    }

    /// Bots push one asset with near-copies of one text within minutes, whatever its mood.
    fn campaign(&self, dice: &mut Dice, talk: &[f64], left: usize, drafts: &mut Vec<Draft<'a>>) {
        let asset = &self.assets[dice.weighted(talk)];
        let tone = if dice.chance(0.8) { Tone::Great } else { Tone::Awful };
        let x = dice.chance(0.7);
        let speech = Speech { language: Language::English, tone, asset, other: asset, stocktwits: !x };
        let text =
            speech.say(dice, "{this} {move}! {why}. {plan}{emoji} Join the group https://t.example/{n}{n}");
        let first = self.instant(dice);
        let end = self.span.slot_start(self.slot) + 6 * HOUR - SECOND;
        for _ in 0..(5 + dice.below(14)).min(left) {
            let person = &self.people.bots[dice.below(self.people.bots.len())];
            let text = vary(dice, &text);
            let at = (first + dice.below(900) as Micros * SECOND).min(end);
            let channel = (!x).then(|| asset.stream());
            let language = Language::English;
            drafts.push(Draft {
                at,
                x,
                person,
                text,
                language,
                channel,
                kind: "post",
                parent: None,
                tone,
                bot: true,
            });
        }
    }
}

/// A near-copy.
fn vary(dice: &mut Dice, text: &str) -> String {
    match dice.below(6) {
        0 => text.to_owned(),
        1 => format!("{text} {}", dice.below(1_000)),
        2 => format!("{text} 🚀"),
        3 => text.replacen('.', "!!", 1),
        4 => format!("👉 {text}"),
        _ => text.replacen("Join", "join now", 1),
    }
}

/// A repost shows at most 140 characters.
fn shorten(text: &str) -> String {
    if text.chars().count() <= 140 {
        return text.to_owned();
    }
    text.chars().take(139).chain(['…']).collect()
}

/// Puts the drafts of a slot in order of time and gives them ids.
fn finish(dice: &mut Dice, drafts: Vec<Draft<'_>>, before: usize) -> Vec<Line> {
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    order.sort_by_key(|draft| (drafts[*draft].at, *draft));
    let mut ids = vec![String::new(); drafts.len()];
    for (place, draft) in order.iter().enumerate() {
        ids[*draft] = id(drafts[*draft].x, drafts[*draft].at, before + place);
    }
    order.iter().map(|draft| line(dice, *draft, &drafts, &ids)).collect()
}

/// An X id is made of the instant and a counter; a StockTwits id counts up. Both are in order of time.
fn id(x: bool, at: Micros, count: usize) -> String {
    const X_EPOCH_MS: i64 = 1_288_834_974_657;
    if x {
        (((at / 1_000 - X_EPOCH_MS).max(0) << 22) | (count as i64 & 0x3F_FFFF)).to_string()
    } else {
        (600_000_000 + count).to_string()
    }
}

fn line(dice: &mut Dice, number: usize, drafts: &[Draft<'_>], ids: &[String]) -> Line {
    let (draft, id) = (&drafts[number], ids[number].clone());
    let person = draft.person;
    let url = if draft.x {
        format!("https://x.com/{}/status/{id}", person.handle)
    } else {
        format!("https://stocktwits.com/message/{id}")
    };
    let reach = person.followers / 40;
    let likes = (dice.unit() * dice.unit() * (reach as f64 + 6.0)) as i64;
    let (shares, replies) = (likes / 5, likes / 9);
    let marked = !draft.x && draft.tone.sign() != 0 && !draft.bot && dice.chance(0.4);
    let gone = dice.chance(0.004);
    let edited = dice.chance(0.003);
    Line {
        source: if draft.x { "x" } else { "stocktwits" },
        id,
        author: person.handle.clone(),
        author_id: person.id.clone(),
        author_created_at: seconds(person.created_at),
        followers: person.followers,
        text: draft.text.clone(),
        lang: draft.language.code(),
        created_at: seconds(draft.at),
        url,
        likes,
        shares,
        replies,
        channel: draft.channel.clone(),
        kind: draft.kind,
        parent_id: draft.parent.map(|parent| ids[parent].clone()),
        sentiment: marked.then_some(if draft.tone.sign() > 0 { "Bullish" } else { "Bearish" }),
        edited_at: edited.then(|| seconds(draft.at + 7 * HOUR)),
        // A post is deleted after its slot has closed: what a slot shows at its close is all that was written in it.
        deleted_at: gone.then(|| seconds(draft.at + (7 + dice.below(60) as Micros) * HOUR)),
    }
}
