//! What of a text is not hashed: what the two lexica say of it, as a whole and in places, and its shape.

use crate::sentiment::vader::Figures;
use crate::sentiment::{Contribution, Scored};

/// How many of the figures are what the lexica say; they come first.
pub(super) const LEXICA: usize = 18;
/// Number of figures.
pub const DENSE: usize = LEXICA + 4;
/// What they weigh beside n-grams, whose two kinds have length 1 each.
const WEIGHT: f32 = 0.6;
/// Valences reach from -4 to 4.
const STRONGEST: f32 = 4.0;

/// The figures of a text of so many words.
pub(super) fn figures(text: &str, words: usize, vader: &Figures, house: &Scored) -> [f32; DENSE] {
    let (mut ups, mut downs, mut up, mut down) = (0.0_f32, 0.0_f32, 0.0_f32, 0.0_f32);
    let (mut highest, mut lowest, mut early) = (0.0_f32, 0.0_f32, 0.0_f32);
    for contribution in &house.contributions {
        let valence = contribution.valence as f32;
        if valence > 0.0 {
            (ups, up) = (ups + 1.0, up + valence);
        } else {
            (downs, down) = (downs + 1.0, down + valence);
        }
        (highest, lowest) = (highest.max(valence), lowest.min(valence));
        if contribution.span.start < text.len() / 2 {
            early += valence;
        }
    }
    let one = |word: Option<&Contribution>| {
        word.map_or(0.0, |word| (word.valence as f32).clamp(-STRONGEST, STRONGEST) / STRONGEST)
    };
    let several = |sum: f32| sum.clamp(-2.0 * STRONGEST, 2.0 * STRONGEST) / (2.0 * STRONGEST);
    let share = |of: fn(&u8) -> bool| text.bytes().filter(of).count() as f32 / text.len().max(1) as f32;
    [
        vader.negative as f32,
        vader.positive as f32,
        vader.compound as f32,
        house.score as f32,
        house.compound as f32,
        house.score.abs() as f32,
        (house.score * vader.compound) as f32,
        ups.min(5.0) / 5.0,
        downs.min(5.0) / 5.0,
        (ups + downs).min(6.0) / 6.0,
        ups.min(downs).min(3.0) / 3.0,
        highest.min(STRONGEST) / STRONGEST,
        lowest.max(-STRONGEST) / STRONGEST,
        several(up),
        several(down),
        several(early),
        one(house.contributions.first()),
        one(house.contributions.last()),
        // Its shape: headlines, lists of prices and what people write differ in it.
        ((words as f32 + 1.0).ln() - 2.5) / 2.0,
        f32::from(u8::from(text.matches('$').nth(1).is_some())),
        share(u8::is_ascii_uppercase) * 2.0,
        share(u8::is_ascii_digit) * 4.0,
    ]
    .map(|figure| figure * WEIGHT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sentiment::{self, vader};

    fn of(text: &str) -> [f32; DENSE] {
        let words = text.split_whitespace().count();
        figures(text, words, &vader::Scorer::new().score(text), &sentiment::score(text, None))
    }

    #[test]
    fn figures_stay_small_whatever_the_text() {
        for text in ["", "$", "😀😀", &"great ".repeat(9_999), &"9".repeat(9_999), "up up down! GOOD? bad"]
        {
            let figures = of(text);
            let (said, shape) = figures.split_at(LEXICA);
            assert!(said.iter().all(|f| f.abs() <= WEIGHT), "{said:?}");
            assert!(shape.iter().all(|f| f.abs() <= 4.0 * WEIGHT), "{shape:?}");
        }
    }

    #[test]
    fn what_comes_first_and_last_is_told() {
        let (fall, rise) = (of("plunges, then soars"), of("soars, then plunges"));
        assert!(fall[LEXICA - 2] < 0.0 && fall[LEXICA - 1] > 0.0, "{fall:?}");
        assert!(rise[LEXICA - 2] > 0.0 && rise[LEXICA - 1] < 0.0, "{rise:?}");
    }
}
