//! Who writes: many with few followers, few with many, and bots.

use super::Span;
use super::dice::{Dice, Purpose, zipf};
use super::names::{HANDLE_HEADS, HANDLE_TAILS};
use crate::moment::{DAY, Micros};

/// One account of a place where people write.
#[derive(Debug, Clone)]
pub(super) struct Person {
    /// Its id there.
    pub id: String,
    /// Its public name.
    pub handle: String,
    /// Its followers at the start.
    pub followers: i64,
    /// When it was made.
    pub created_at: Micros,
    /// Whether it writes Spanish.
    pub spanish: bool,
}

/// Everyone.
#[derive(Debug)]
pub(super) struct People {
    /// Those who write by themselves.
    pub writers: Vec<Person>,
    /// How much each of them writes, as running sums.
    pub zeal: Vec<f64>,
    /// Bots.
    pub bots: Vec<Person>,
}

impl People {
    /// As many as that many posts need.
    pub(super) fn new(seed: u64, posts_per_slot: u32, span: Span) -> Self {
        let mut dice = Dice::new(seed, Purpose::People, 0);
        let posts = posts_per_slot as usize * span.slots;
        let count = (posts / 14).clamp(40, 60_000);
        let mut writers: Vec<Person> =
            (0..count).map(|number| writer(&mut dice, number, span.start)).collect();
        writers.iter_mut().enumerate().for_each(|(number, person)| person.spanish = number % 11 == 5);
        let bots = (0..(count / 25).clamp(4, 600)).map(|number| bot(&mut dice, number, span)).collect();
        Self { zeal: zipf(writers.len()), writers, bots }
    }
}

fn writer(dice: &mut Dice, number: usize, start: Micros) -> Person {
    let age_days = 60 + dice.below(3_600) as i64;
    // A heavy tail without a power function: one over a uniform, squared for a few.
    let reach = 40.0 / (dice.unit() + 0.002);
    let reach = if dice.chance(0.03) { reach * 60.0 } else { reach };
    Person {
        id: (20_000_000 + number as u64 * 7_919 + dice.bits() % 7_919).to_string(),
        handle: handle(dice, number),
        followers: reach as i64,
        created_at: start - age_days * DAY,
        spanish: false,
    }
}

/// A bot is young and has hardly any followers.
fn bot(dice: &mut Dice, number: usize, span: Span) -> Person {
    let age_days = 1 + dice.below(25) as i64;
    Person {
        id: (1_900_000_000_000_000_000 + number as u64 * 104_729 + dice.bits() % 104_729).to_string(),
        handle: format!(
            "{}{}{:06}",
            dice.pick(&HANDLE_HEADS),
            dice.pick(&HANDLE_TAILS),
            100_000 + dice.below(900_000)
        ),
        followers: dice.below(9) as i64,
        created_at: span.start - age_days * DAY,
        spanish: false,
    }
}

fn handle(dice: &mut Dice, number: usize) -> String {
    let (head, tail) = (dice.pick(&HANDLE_HEADS), dice.pick(&HANDLE_TAILS));
    match dice.below(3) {
        0 => format!("{head}_{tail}{number}"),
        1 => format!("{tail}{head}{number}"),
        _ => format!("the_{head}_{tail}_{number}"),
    }
}
