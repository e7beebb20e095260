//! Invented posts: the words, symbols, links, copies and clutter of a real stream, about assets drawn by Zipf's law.

use std::fmt::Write as _;

use super::assets::Invented;
use super::dice::{Dice, Zipf};

/// Words that name no asset.
const WORDS: &str = "the and for that with this from have are was will not but about into over after before they their what when \
    where which while still just more most less very really today tomorrow yesterday week month quarter year morning night open \
    close price market trade trading buy sell hold long short call put calls puts option options strike premium volume volatility \
    breakout support resistance level levels range trend chart candle momentum dip rally squeeze gap fill pump dump bounce rejection \
    bottom top target stop loss profit gain gains green red flat bull bear bullish bearish sideways earnings revenue guidance margin \
    beat miss outlook forecast analyst upgrade downgrade rating report results numbers growth cash debt dividend buyback split merger \
    deal offer contract product launch factory plant supply demand customers orders backlog inventory shipment shortage strike union \
    lawsuit court ruling regulator approval trial phase data study patients drug license patent management chief officer board insider \
    shares stake fund holder holders retail institutions desk flow float borrow fee rates inflation jobs payrolls bank yield curve \
    dollar oil gas power grid solar wind copper steel wheat chips server cloud model training network storage users subscribers \
    platform game store mobile account wallet token chain bridge validator staking mint burn think know guess hope wait watch watching \
    look looking see saw said says heard read told added adding bought sold trimmed doubled averaged loaded holding waiting expecting \
    honestly maybe probably never always again already finally soon later early late small large huge tiny big nice good bad ugly \
    strong weak cheap expensive fair value money people everyone nobody someone friend guys friends thread post news rumor source link";

const PEOPLE: [&str; 12] = [
    "chartwizard",
    "deepvaluedan",
    "tapereader",
    "nightowl",
    "ledgerlady",
    "gammaguy",
    "slowmoney",
    "pitboss",
    "carrytrader",
    "quietdesk",
    "bondmaven",
    "coinclerk",
];
const CLUTTER: [&str; 12] =
    ["🚀", "🚀🚀🚀", "💎🙌", "😂", "📉", "📈", "🔥", "lol", "imo", "fwiw", "not advice", "👀"];
const FOREIGN: [&str; 6] = [
    "La acción sube con fuerza después de los resultados del trimestre",
    "Die Zahlen sind besser als erwartet, aber der Ausblick enttäuscht",
    "決算は予想を上回り、株価は急上昇した",
    "Les résultats dépassent les attentes et le titre grimpe",
    "نتائج الربع أفضل من المتوقع",
    "Выручка выросла, но прогноз слабый",
];

/// Share of posts that repeat another with a word changed, of reposts, and of those about nothing, in percent.
const COPIES: usize = 6;
const REPOSTS: usize = 3;
const NOTHING: usize = 8;
/// Posts that may be repeated.
const REMEMBERED: usize = 64;

/// One invented post's text.
pub(super) struct Said {
    /// The text.
    pub(super) text: String,
    /// Whether it repeats another, as the source states it.
    pub(super) repost: bool,
}

/// A stream of texts.
pub(super) struct Speaker<'a> {
    assets: &'a [Invented],
    zipf: &'a Zipf,
    words: Vec<&'static str>,
    remembered: Vec<String>,
}

impl<'a> Speaker<'a> {
    /// A stream about `assets`, whose ranks `zipf` draws.
    pub(super) fn new(assets: &'a [Invented], zipf: &'a Zipf) -> Self {
        Self { assets, zipf, words: WORDS.split_whitespace().collect(), remembered: Vec::new() }
    }

    /// The next post.
    pub(super) fn say(&mut self, dice: &mut Dice) -> Said {
        if !self.remembered.is_empty() && dice.percent(COPIES + REPOSTS) {
            let earlier = &self.remembered[dice.below(self.remembered.len())];
            if dice.below(COPIES + REPOSTS) < REPOSTS {
                return Said { text: format!("RT @{}: {earlier}", dice.of(&PEOPLE)), repost: true };
            }
            return Said { text: format!("{earlier} {}", dice.of(&self.words)), repost: false };
        }
        let text = self.fresh(dice);
        if dice.percent(5) {
            if self.remembered.len() < REMEMBERED {
                self.remembered.push(text.clone());
            } else {
                let at = dice.below(REMEMBERED);
                self.remembered[at].clone_from(&text);
            }
        }
        Said { text, repost: false }
    }

    fn fresh(&self, dice: &mut Dice) -> String {
        let mut text = String::with_capacity(220);
        let length = 8 + dice.below(22);
        // Where in the text an asset is named; an index that is not reached names none.
        let (at, kind) = (dice.below(length), dice.below(100));
        for word in 0..length {
            if word > 0 {
                text.push(' ');
            }
            if word == at && kind >= NOTHING {
                self.name_assets(&mut text, dice, kind);
                text.push(' ');
            }
            text.push_str(dice.of(&self.words));
        }
        self.clutter(&mut text, dice);
        text
    }

    fn name_assets(&self, text: &mut String, dice: &mut Dice, kind: usize) {
        let tags = match kind {
            ..75 => 1,
            75..88 => 2 + dice.below(3),
            88 => 10 + dice.below(15),
            _ => 0,
        };
        if tags == 0 {
            text.push_str(&self.draw(dice).name);
        }
        for tag in 0..tags {
            // Writing to a text cannot fail.
            let _ = write!(text, "{}${}", if tag > 0 { " " } else { "" }, self.draw(dice).code);
        }
    }

    fn clutter(&self, text: &mut String, dice: &mut Dice) {
        if dice.percent(15) {
            let _ = write!(text, " ${}.{:02}", 1 + dice.below(400), dice.below(100));
        }
        if dice.percent(15) {
            let _ = write!(text, " {}", dice.of(&CLUTTER));
        }
        if dice.percent(8) {
            let _ = write!(text, " #{}", dice.of(&self.words));
        }
        if dice.percent(10) {
            let _ = write!(text, " @{}", dice.of(&PEOPLE));
        }
        if dice.percent(4) {
            let _ = write!(text, ". {}", dice.of(&FOREIGN));
        }
        if dice.percent(20) {
            let _ = write!(text, " https://t.example/{:08x}", dice.below(1 << 31));
        }
    }

    fn draw(&self, dice: &mut Dice) -> &'a Invented {
        &self.assets[self.zipf.draw(dice)]
    }
}
