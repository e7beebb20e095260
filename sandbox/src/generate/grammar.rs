//! Turns templates into sentences: `{key}` stands for any of the phrases of that key, which may have keys of their own.

use super::assets::Asset;
use super::dice::Dice;
use super::names::SECTORS;
use super::words::phrases;

/// So deep may phrases nest.
const DEEPEST: u32 = 6;

/// The language of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// English.
    English,
    /// Spanish.
    Spanish,
}

impl Language {
    /// Its ISO 639-1 code.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
        }
    }
}

/// How a text feels about its asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// Very bad.
    Awful,
    /// Bad.
    Bad,
    /// Neither.
    Flat,
    /// Good.
    Good,
    /// Very good.
    Great,
}

impl Tone {
    /// The tone of a feeling in [-1, 1].
    pub(super) fn of(feeling: f64) -> Self {
        match feeling {
            f if f < -0.55 => Self::Awful,
            f if f < -0.15 => Self::Bad,
            f if f <= 0.15 => Self::Flat,
            f if f <= 0.55 => Self::Good,
            _ => Self::Great,
        }
    }

    /// 1 for good ones, -1 for bad ones.
    pub(super) fn sign(self) -> i8 {
        match self {
            Self::Awful | Self::Bad => -1,
            Self::Flat => 0,
            Self::Good | Self::Great => 1,
        }
    }
}

/// What a text is about and how it speaks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Speech<'a> {
    /// Its language.
    pub language: Language,
    /// Its tone.
    pub tone: Tone,
    /// Its asset.
    pub asset: &'a Asset,
    /// Another asset, to compare with.
    pub other: &'a Asset,
    /// Whether cashtags are spelt as on StockTwits.
    pub stocktwits: bool,
}

impl Speech<'_> {
    /// Says a template.
    pub(super) fn say(&self, dice: &mut Dice, template: &str) -> String {
        let mut text = String::with_capacity(140);
        self.expand(dice, template, &mut text, 0);
        text
    }

    fn expand(&self, dice: &mut Dice, template: &str, text: &mut String, depth: u32) {
        let mut rest = template;
        while let Some(open) = rest.find('{') {
            text.push_str(&rest[..open]);
            let Some(close) = rest[open..].find('}') else { break };
            self.key(dice, &rest[open + 1..open + close], text, depth);
            rest = &rest[open + close + 1..];
        }
        text.push_str(rest);
    }

    fn key(&self, dice: &mut Dice, key: &str, text: &mut String, depth: u32) {
        let tag = |asset: &Asset| if self.stocktwits { asset.stream() } else { asset.cashtag() };
        match key {
            "tag" => {
                text.push('$');
                text.push_str(&tag(self.asset));
            }
            "other" => {
                text.push('$');
                text.push_str(&tag(self.other));
            }
            "name" => text.push_str(self.asset.short_name()),
            "fullname" => text.push_str(&self.asset.name),
            "alias" => {
                text.push_str(dice.pick(&self.asset.aliases.iter().map(String::as_str).collect::<Vec<_>>()))
            }
            "product" => {
                let sector = &SECTORS[self.asset.sector];
                text.push_str(dice.pick(if self.language == Language::Spanish {
                    sector.productos
                } else {
                    sector.products
                }));
            }
            "pct" => text.push_str(&format!("{:.1}%", dice.between(0.4, 11.0))),
            "bigpct" => text.push_str(&format!("{}%", 12 + dice.below(60))),
            "n" => text.push_str(&(2 + dice.below(48)).to_string()),
            "year" => text.push_str(&(2027 + dice.below(6)).to_string()),
            "quarter" => text.push_str(dice.pick(&["Q1", "Q2", "Q3", "Q4"])),
            "sector" => text.push_str(SECTORS[self.asset.sector].name),
            "price" => {
                let near = self.asset.first_price * dice.between(0.8, 1.3);
                text.push_str(&if near < 10.0 { format!("{near:.2}") } else { format!("{near:.0}") });
            }
            _ => {
                let known = phrases(self.language, self.tone, key);
                if depth < DEEPEST && !known.is_empty() {
                    let phrase = dice.pick(known);
                    self.expand(dice, phrase, text, depth + 1);
                }
            }
        }
    }
}
