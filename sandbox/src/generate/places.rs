//! Where people write: the share of each source, its channels, and the ids and addresses of its posts.
//!
//! Ids are written as the sources' wires have them. X and StockTwits ids, and the numbers of a Telegram channel, are in order of time.

use std::collections::HashMap;

use super::Options;
use crate::moment::Micros;

/// A source that people write on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Place {
    X,
    StockTwits,
    Reddit,
    Telegram,
    Facebook,
    Instagram,
}

/// The share of what people write by themselves, in hundredths. Reposts, quotes and replies come on top at X, campaigns at X and
/// StockTwits.
const SHARES: [(Place, u32); 6] = [
    (Place::X, 62),
    (Place::StockTwits, 18),
    (Place::Reddit, 9),
    (Place::Telegram, 5),
    (Place::Facebook, 3),
    (Place::Instagram, 3),
];

const SUBREDDITS: [&str; 6] =
    ["QuayStreet", "TickerTalk", "OpeningBell", "CoinCorner", "DividendDesk", "MacroHarbour"];
const TELEGRAM_CHANNELS: [&str; 5] =
    ["quay_wire", "opening_bell_news", "coin_harbour", "macro_minutes", "earnings_radar"];
const FACEBOOK_PAGES: [&str; 4] = ["quay.finance", "harbour.markets", "ticker.daily", "bell.investors"];
const INSTAGRAM_ACCOUNTS: [&str; 4] = ["quay.charts", "market_snaps", "coin.frames", "bell.stories"];

/// So many posts and comments of a slot a subreddit has on average; Reddit shows a thousand of each.
const SUBREDDIT_A_SLOT: f64 = 500.0;
/// So many posts of a year a Facebook page has on average; it shows six hundred.
const PAGE_A_YEAR: f64 = 400.0;
/// So many posts of a slot an Instagram account has on average.
const ACCOUNT_A_SLOT: f64 = 200.0;
/// The number of the first Facebook page.
const FIRST_PAGE: u64 = 104_400_000_000_000;

impl Place {
    /// The place at `unit`, uniform in [0, 1).
    pub(super) fn drawn(unit: f64) -> Self {
        let at = unit * 100.0;
        let mut sum = 0;
        for (place, share) in SHARES {
            sum += share;
            if at < f64::from(sum) {
                return place;
            }
        }
        Self::X
    }

    /// What the world calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::X => "x",
            Self::StockTwits => "stocktwits",
            Self::Reddit => "reddit",
            Self::Telegram => "telegram",
            Self::Facebook => "facebook",
            Self::Instagram => "instagram",
        }
    }

    /// Whether a channel speaks there, not a person.
    pub(super) fn is_of_channels(self) -> bool {
        matches!(self, Self::Telegram | Self::Facebook | Self::Instagram)
    }

    fn share(self) -> f64 {
        SHARES.iter().filter(|(place, _)| *place == self).map(|(_, share)| f64::from(*share) / 100.0).sum()
    }
}

/// How many channels each place has.
#[derive(Debug)]
pub(super) struct Places(HashMap<Place, usize>);

/// The last number of each Telegram channel.
#[derive(Debug, Default)]
pub(super) struct Ids(HashMap<String, u64>);

impl Places {
    /// As many channels as that many posts need, so that each source can show all of a slot.
    pub(super) fn new(options: &Options) -> Self {
        let a_slot = |place: Place| f64::from(options.posts_per_slot) * place.share();
        let a_year = |place: Place| a_slot(place) * 4.0 * f64::from(options.days.min(366));
        let enough = |need: f64, least: usize| (need.ceil() as usize).max(least);
        Self(HashMap::from([
            (Place::Reddit, enough(a_slot(Place::Reddit) / SUBREDDIT_A_SLOT, SUBREDDITS.len())),
            (Place::Telegram, TELEGRAM_CHANNELS.len()),
            (Place::Facebook, enough(a_year(Place::Facebook) / PAGE_A_YEAR, FACEBOOK_PAGES.len())),
            (Place::Instagram, enough(a_slot(Place::Instagram) / ACCOUNT_A_SLOT, INSTAGRAM_ACCOUNTS.len())),
        ]))
    }

    /// How many channels a place has.
    pub(super) fn channels(&self, place: Place) -> usize {
        self.0.get(&place).copied().unwrap_or(0)
    }

    /// The name of a channel.
    pub(super) fn channel(&self, place: Place, number: usize) -> String {
        let names: &[&str] = match place {
            Place::Reddit => &SUBREDDITS,
            Place::Telegram => &TELEGRAM_CHANNELS,
            Place::Facebook => &FACEBOOK_PAGES,
            _ => &INSTAGRAM_ACCOUNTS,
        };
        match number / names.len() {
            0 => names[number].to_owned(),
            round => format!("{}{round}", names[number % names.len()]),
        }
    }
}

impl Ids {
    /// The id of the `count`-th post of the world.
    pub(super) fn id(
        &mut self,
        place: Place,
        channel: Option<(usize, &str)>,
        comment: bool,
        at: Micros,
        count: usize,
    ) -> String {
        const X_EPOCH_MS: i64 = 1_288_834_974_657;
        let count = count as u64;
        match place {
            Place::X => ((((at / 1_000 - X_EPOCH_MS).max(0) as u64) << 22) | (count & 0x3F_FFFF)).to_string(),
            Place::StockTwits => (600_000_000 + count).to_string(),
            Place::Reddit => {
                format!("{}{}", if comment { "t1_" } else { "t3_" }, base36(1_700_000_000 + count))
            }
            Place::Telegram => {
                let name = channel.map_or("", |(_, name)| name);
                let number = self.0.entry(name.to_owned()).or_insert(1);
                // Numbers have gaps: service messages and the pictures of an album take some.
                *number += if count.is_multiple_of(13) { 4 } else { 1 };
                format!("{name}/{number}")
            }
            Place::Facebook => {
                let page = FIRST_PAGE + channel.map_or(0, |(number, _)| number as u64);
                format!("{page}_{}", 700_000_000_000 + count)
            }
            Place::Instagram => (17_900_000_000_000_000 + count).to_string(),
        }
    }
}

/// The address of a post.
pub(super) fn url(place: Place, id: &str, author: &str, channel: Option<&str>) -> String {
    let channel = channel.unwrap_or("");
    match place {
        Place::X => format!("https://x.com/{author}/status/{id}"),
        Place::StockTwits => format!("https://stocktwits.com/message/{id}"),
        Place::Reddit => format!("https://www.reddit.com/r/{channel}/comments/{}/", &id[3..]),
        Place::Telegram => format!("https://t.me/{id}"),
        Place::Facebook => format!("https://www.facebook.com/{}", id.replacen('_', "/posts/", 1)),
        Place::Instagram => format!("https://www.instagram.com/p/C{id}/"),
    }
}

fn base36(mut number: u64) -> String {
    let mut digits = Vec::new();
    while number > 0 {
        digits.extend(char::from_digit((number % 36) as u32, 36));
        number /= 36;
    }
    digits.iter().rev().collect()
}
