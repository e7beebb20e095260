//! How often the prints err, against the exact share of common pairs of words.

use std::collections::BTreeSet;

use super::*;

/// A stream of numbers for made-up texts.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        (super::super::hash::mix(self.0) % n as u64) as usize
    }

    /// A text of so many words out of a thousand, the first ones much more often than the last.
    pub(super) fn text(&mut self, words: usize) -> Vec<String> {
        (0..words).map(|_| format!("w{}", letters(self.below(1 + self.0 as usize % 1_000)))).collect()
    }
}

fn letters(mut number: usize) -> String {
    let mut out = String::new();
    while number > 0 {
        out.push((b'a' + (number % 26) as u8) as char);
        number /= 26;
    }
    out
}

fn exact(one: &[String], two: &[String]) -> f64 {
    let pairs = |words: &[String]| -> BTreeSet<(String, String)> {
        words.windows(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
    };
    let (one, two) = (pairs(one), pairs(two));
    one.intersection(&two).count() as f64 / one.union(&two).count().max(1) as f64
}

/// A text and a copy in which some words are others.
fn copy(dice: &mut Dice, text: &[String]) -> Vec<String> {
    let mut copy = text.to_vec();
    for _ in 0..dice.below(1 + text.len() / 6) {
        let place = dice.below(copy.len());
        match dice.below(3) {
            0 => copy[place] = format!("other{}", letters(dice.below(5_000))),
            1 => copy.insert(place, format!("more{}", letters(dice.below(5_000)))),
            _ => drop(copy.remove(place)),
        }
    }
    copy
}

/// By length of the texts: the share that is found of pairs that are surely (0.8 and more) nearly the same, and the share
/// found of pairs that are surely not (0.6 and less).
fn rates(words: usize) -> (f64, f64) {
    let mut dice = Dice(words as u64);
    let (mut near, mut found, mut far, mut wrong) = (0, 0, 0, 0);
    for _ in 0..4_000 {
        let text = dice.text(words);
        let copy = copy(&mut dice, &text);
        let share = exact(&text, &copy);
        let (text, copy) = (text.join(" "), copy.join(" "));
        let noise = marks(&[post("1", 0, &text), post("2", 60, &copy)]);
        let is_found = noise[1].is_some();
        if share >= 0.8 {
            near += 1;
            found += u32::from(is_found);
        } else if share <= 0.6 {
            far += 1;
            wrong += u32::from(is_found);
        }
    }
    (f64::from(found) / f64::from(near), f64::from(wrong) / f64::from(far))
}

#[test]
fn short_texts_are_compared_exactly_and_long_ones_by_a_fair_sample() {
    for (words, least, most) in [(12, 0.995, 0.005), (20, 0.995, 0.005), (60, 0.93, 0.08), (200, 0.9, 0.1)] {
        let (found, wrong) = rates(words);
        println!(
            "{words} words: {:.2} % of the near found, {:.2} % of the far taken for near",
            found * 100.0,
            wrong * 100.0
        );
        assert!(found >= least && wrong <= most, "{words}: {found} {wrong}");
    }
}

#[test]
fn strangers_are_not_near() {
    let mut dice = Dice(7);
    let texts: Vec<String> = (0..20_000)
        .map(|_| {
            let n = 8 + dice.below(40);
            dice.text(n).join(" ")
        })
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let marked = marks_of(&texts).iter().flatten().count();
    assert!(marked < 5, "{marked} of 20,000");
}

#[test]
fn a_copy_is_found_among_many_others() {
    let mut dice = Dice(9);
    let mut texts = Vec::new();
    for _ in 0..20_000 {
        let text = dice.text(15);
        let mut copy = text.clone();
        copy[14] = "else".to_owned();
        texts.push((text.join(" "), copy.join(" ")));
    }
    // The copies come thousands of other texts after what they copy.
    let all: Vec<&str> =
        texts.iter().map(|(t, _)| t.as_str()).chain(texts.iter().map(|(_, c)| c.as_str())).collect();
    let found = marks_of(&all)[texts.len()..].iter().flatten().count();
    println!("{found} of 20,000 copies found");
    assert!(found > 19_800, "{found}");
}

#[test]
fn the_work_grows_linearly() {
    // 20,000 copies of one template: quadratic work would take minutes.
    let texts: Vec<String> =
        (0..20_000).map(|i| format!("buy this great stock number {i} now before it is too late")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    assert!(marks_of(&texts)[1..].iter().all(Option::is_some));
}
