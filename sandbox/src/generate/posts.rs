//! Posts of all sources, slot by slot: what people say follows the mood of the slot.

use std::collections::HashMap;

use serde::Serialize;

use super::assets::Asset;
use super::dice::{Dice, Purpose, running};
use super::grammar::{Language, Speech, Tone};
use super::mood::Moods;
use super::names::SECTORS;
use super::people::{People, Person};
use super::places::{Ids, Place, Places, url};
use super::{Options, Span};
use crate::moment::{HOUR, Micros, SECOND, seconds};

/// A line of posts.ndjson, without what is absent.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Line {
    pub source: &'static str,
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author_created_at: Option<String>,
    pub followers: i64,
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_before: Option<String>,
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
    place: Place,
    person: &'a Person,
    text: String,
    language: Language,
    channel: Option<String>,
    /// The channel's number among those of its place.
    channel_number: usize,
    kind: &'static str,
    /// Position of the post that it repeats or answers, among the drafts of the slot.
    parent: Option<usize>,
    tone: Tone,
    bot: bool,
}

/// By place and channel: the drafts of the slot that were written there.
type Told = HashMap<(Place, usize), Vec<usize>>;

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
    let places = Places::new(options);
    let mut known_ids = Ids::default();
    for slot in 0..span.slots {
        let mut dice = Dice::new(options.seed, Purpose::Posts, slot);
        let mut more = Dice::new(options.seed, Purpose::Places, slot);
        let wanted = (f64::from(options.posts_per_slot) * BUSY[slot % 4]).round() as usize;
        let writer = Writer { assets, moods, people, places: &places, span, slot };
        let drafts = writer.slot(&mut dice, &mut more, wanted);
        lines.extend(finish(&mut dice, &mut more, &mut known_ids, drafts, lines.len()));
    }
    lines
}

struct Writer<'a> {
    assets: &'a [Asset],
    moods: &'a Moods,
    people: &'a People,
    places: &'a Places,
    span: Span,
    slot: usize,
}

impl<'a> Writer<'a> {
    fn slot(&self, dice: &mut Dice, more: &mut Dice, wanted: usize) -> Vec<Draft<'a>> {
        // Some assets are the talk of the slot, the more so the stronger their mood.
        let talk = running(self.assets.iter().enumerate().map(|(number, asset)| {
            let burst = if dice.chance(0.05) { 4.0 } else { 1.0 };
            asset.attention * burst * (0.7 + self.moods.by_asset[number][self.slot].abs())
        }));
        let mut drafts: Vec<Draft<'a>> = Vec::with_capacity(wanted);
        let mut told = Told::new();
        while drafts.len() < wanted {
            let left = wanted - drafts.len();
            if left >= 6 && dice.chance(0.004) {
                self.campaign(dice, &talk, left, &mut drafts);
            } else if drafts.len() > 10 && dice.chance(0.1) {
                self.echo(dice, &mut drafts);
            } else {
                let mut draft = self.own(dice, more, &talk);
                self.answer(more, &mut draft, &drafts, &mut told);
                drafts.push(draft);
            }
        }
        drafts
    }

    fn instant(&self, dice: &mut Dice) -> Micros {
        self.span.slot_start(self.slot) + dice.below(6 * 3_600) as Micros * SECOND
    }

    /// Someone's own words.
    fn own(&self, dice: &mut Dice, more: &mut Dice, talk: &[f64]) -> Draft<'a> {
        let person = &self.people.writers[dice.weighted(&self.people.zeal)];
        let number = dice.weighted(talk);
        let asset = &self.assets[number];
        let other = &self.assets[dice.weighted(talk)];
        let place = Place::drawn(dice.unit());
        let language = if person.spanish { Language::Spanish } else { Language::English };
        let about_nothing = dice.chance(0.03);
        let feeling = self.moods.by_asset[number][self.slot] + 0.45 * dice.normal();
        let tone =
            if about_nothing || dice.chance(0.12) { Tone::Flat } else { Tone::of(feeling.clamp(-1.0, 1.0)) };
        let speech = Speech { language, tone, asset, other, stocktwits: place == Place::StockTwits };
        let template = if about_nothing { "{nothing}" } else { "{post}" };
        let mut text = speech.say(dice, template);
        if dice.chance(0.04) {
            text = text.to_uppercase();
        }
        let text = at_length(more, place, &speech, template, text);
        let channel_number = more.below(self.places.channels(place));
        let channel = match place {
            Place::X => None,
            Place::StockTwits => (!about_nothing).then(|| asset.stream()),
            _ => Some(self.places.channel(place, channel_number)),
        };
        Draft {
            at: self.instant(dice),
            place,
            person,
            text,
            language,
            channel,
            channel_number,
            kind: "post",
            parent: None,
            tone,
            bot: false,
        }
    }

    /// Some of what is written in a channel answers, or repeats, something that was written there in this slot.
    fn answer(&self, more: &mut Dice, draft: &mut Draft<'a>, drafts: &[Draft<'a>], told: &mut Told) {
        let (kind, share) = match draft.place {
            Place::Reddit => ("comment", 0.6),
            Place::Telegram if more.chance(0.5) => ("reply", 0.12),
            Place::Telegram => ("repost", 0.12),
            _ => return,
        };
        let before = told.entry((draft.place, draft.channel_number)).or_default();
        if let Some(parent) = (!before.is_empty()).then(|| before[more.below(before.len())])
            && more.chance(share)
        {
            let end = self.span.slot_start(self.slot) + 6 * HOUR - SECOND;
            draft.at = (drafts[parent].at + (1 + more.below(5_400)) as Micros * SECOND).min(end);
            (draft.kind, draft.parent) = (kind, Some(parent));
        }
        before.push(drafts.len());
    }

    /// Someone repeats, quotes or answers a post of this slot on X.
    fn echo(&self, dice: &mut Dice, drafts: &mut Vec<Draft<'a>>) {
        let parent = dice.below(drafts.len());
        let original = &drafts[parent];
        if original.place != Place::X || original.kind != "post" {
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
            place: Place::X,
            person,
            text,
            language,
            channel: None,
            channel_number: 0,
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
        let place = if dice.chance(0.7) { Place::X } else { Place::StockTwits };
        let stocktwits = place == Place::StockTwits;
        let speech = Speech { language: Language::English, tone, asset, other: asset, stocktwits };
        let text =
            speech.say(dice, "{this} {move}! {why}. {plan}{emoji} Join the group https://t.example/{n}{n}");
        let first = self.instant(dice);
        let end = self.span.slot_start(self.slot) + 6 * HOUR - SECOND;
        for _ in 0..(5 + dice.below(14)).min(left) {
            let person = &self.people.bots[dice.below(self.people.bots.len())];
            let text = vary(dice, &text);
            let at = (first + dice.below(900) as Micros * SECOND).min(end);
            let channel = stocktwits.then(|| asset.stream());
            let language = Language::English;
            drafts.push(Draft {
                at,
                place,
                person,
                text,
                language,
                channel,
                channel_number: 0,
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

/// The texts of some places are longer, or end in hashtags.
fn at_length(more: &mut Dice, place: Place, speech: &Speech<'_>, template: &str, mut text: String) -> String {
    match place {
        // More than X shows without being asked for the whole.
        Place::X if more.chance(0.005) => {
            while text.chars().count() <= 280 {
                text.push(' ');
                text.push_str(&speech.say(more, template));
            }
        }
        // A title and a text.
        Place::Reddit | Place::Telegram if more.chance(0.4) => {
            text.push_str("\n\n");
            text.push_str(&speech.say(more, template));
        }
        Place::Instagram => {
            let sector = SECTORS[speech.asset.sector].name.replace(' ', "");
            let general = more.pick(&["stocks", "investing", "markets", "trading", "money"]);
            text.push_str(&format!("\n#{general} #{sector}"));
        }
        _ => {}
    }
    text
}

/// Puts the drafts of a slot in order of time and gives them ids.
fn finish(
    dice: &mut Dice,
    more: &mut Dice,
    known_ids: &mut Ids,
    drafts: Vec<Draft<'_>>,
    before: usize,
) -> Vec<Line> {
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    order.sort_by_key(|draft| (drafts[*draft].at, *draft));
    let mut ids = vec![String::new(); drafts.len()];
    for (count, number) in order.iter().enumerate() {
        let draft = &drafts[*number];
        let channel = draft.channel.as_deref().map(|name| (draft.channel_number, name));
        ids[*number] = known_ids.id(draft.place, channel, draft.kind == "comment", draft.at, before + count);
    }
    order.iter().map(|draft| line(dice, more, *draft, &drafts, &ids)).collect()
}

fn line(dice: &mut Dice, more: &mut Dice, number: usize, drafts: &[Draft<'_>], ids: &[String]) -> Line {
    let (draft, id) = (&drafts[number], ids[number].clone());
    let (place, person) = (draft.place, draft.person);
    let reach = person.followers / 40;
    let likes = (dice.unit() * dice.unit() * (reach as f64 + 6.0)) as i64;
    let (shares, replies) = (likes / 5, likes / 9);
    let marked = place != Place::X && draft.tone.sign() != 0 && !draft.bot && dice.chance(0.4);
    let marked = marked && place == Place::StockTwits;
    let gone = dice.chance(0.004);
    let edited = dice.chance(0.003) || (place != Place::X && place != Place::StockTwits && more.chance(0.02));
    let of_person = !place.is_of_channels();
    Line {
        source: place.name(),
        url: url(place, &id, &person.handle, draft.channel.as_deref()),
        id,
        author: of_person.then(|| person.handle.clone()),
        author_id: of_person.then(|| person.id.clone()),
        author_created_at: of_person.then(|| seconds(person.created_at)),
        followers: person.followers,
        text: draft.text.clone(),
        text_before: edited.then(|| unfinished(&draft.text)),
        lang: draft.language.code(),
        created_at: seconds(draft.at),
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

/// A text before its author looked at it again: without its last word, unless that is a tag or the only one.
fn unfinished(text: &str) -> String {
    match text.rsplit_once(' ') {
        Some((head, last)) if !head.trim().is_empty() && !last.contains(['$', '#', '\n']) => head.to_owned(),
        _ => format!("{text} …"),
    }
}
