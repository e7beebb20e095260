//! The rules that change what words say by themselves. Each takes one valence a token and changes some.

use super::token::{Kind, Token};
use super::{context, figures};

/// Strength that capitals add in a text that is not all capitals.
const CAPITALS: f64 = 0.733;
/// What negation leaves of a word, with the opposite sign.
const NEGATED: f64 = -0.74;
/// What a question leaves of a word: "Is it a buy?" says less than "It is a buy".
const ASKED: f64 = 0.6;
/// Strength of "up" or "down" before a number.
const MOVED: f64 = 2.0;
/// Strength of a change in a burden, such as costs that fall.
const BURDEN: f64 = 2.0;

/// A burden that shrinks is good news, one that grows is bad: the direction decides, and the burden itself says no more.
pub(super) fn turn_burdens(tokens: &[Token], valences: &mut [f64]) {
    for at in 0..tokens.len() {
        let Some(direction) = context::direction(&tokens[at].text) else { continue };
        let before = (at.saturating_sub(4)..at).rev().take_while(|i| tokens[*i].kind != Kind::Break);
        // "Bookings are falling and costs are rising": what falls was named before the "and".
        let after = (at + 1..tokens.len().min(at + 4)).take_while(|i| {
            tokens[*i].kind != Kind::Break && !matches!(tokens[*i].text.as_str(), "and" | "y")
        });
        let near = before.chain(after).find(|i| context::burden(&tokens[*i].text));
        if let Some(burden) = near {
            valences[burden] = 0.0;
            valences[at] = -direction * BURDEN;
        }
    }
}

/// Figures that are compared with earlier ones.
pub(super) fn compare_figures(tokens: &[Token], valences: &mut [f64]) {
    let mut from = 0;
    let ends =
        tokens.iter().enumerate().filter(|(_, t)| t.kind == Kind::Break && t.text != ",").map(|(i, _)| i);
    for end in ends.chain([tokens.len()]) {
        if let Some((valence, at)) = figures::comparison(&tokens[from..end]) {
            valences[from + at] = valence;
        }
        from = end + 1;
    }
}

/// "Up 5" and "down 5" are moves; "up" alone is often a mere particle, as in "set up".
pub(super) fn hear_moves(tokens: &[Token], valences: &mut [f64]) {
    for (at, pair) in tokens.windows(2).enumerate() {
        if valences[at] != 0.0 && valences[at].abs() < MOVED && matches!(pair[1].kind, Kind::Number { .. }) {
            match pair[0].text.as_str() {
                "up" => valences[at] = MOVED,
                "down" => valences[at] = -MOVED,
                _ => {}
            }
        }
    }
}

/// Boosters, negation and capitals.
pub(super) fn apply_context(tokens: &[Token], valences: &mut [f64]) {
    let words = tokens.iter().filter(|t| t.kind == Kind::Word && t.text.len() > 1).count();
    let shouted = tokens.iter().filter(|t| t.kind == Kind::Word && t.capitals).count();
    let capitals_mean_something = shouted * 2 < words.max(1) + 1;
    for at in 0..tokens.len() {
        let own = valences[at];
        if own == 0.0 {
            continue;
        }
        let mut strength = own.abs();
        if tokens[at].capitals && capitals_mean_something {
            strength += CAPITALS;
        }
        let mut sign = own.signum();
        if tokens[at].kind == Kind::Word {
            let before = tokens[..at].iter().rev().take(3).take_while(|t| t.kind != Kind::Break);
            for (distance, token) in before.enumerate() {
                if let Some(boost) = context::booster(&token.text) {
                    strength += boost * (1.0 - 0.05 * distance as f64);
                }
                if context::negates(&token.text) {
                    sign *= NEGATED;
                }
            }
        }
        valences[at] = sign * strength;
    }
}

/// After the last "but" of a sentence words weigh more, before it less.
pub(super) fn weigh_contrast(tokens: &[Token], valences: &mut [f64]) {
    let Some(but) = tokens.iter().rposition(|t| t.kind == Kind::Word && context::contrasts(&t.text)) else {
        return;
    };
    let sentence_from =
        tokens[..but].iter().rposition(|t| t.kind == Kind::Break && t.text != ",").map_or(0, |i| i + 1);
    for valence in &mut valences[sentence_from..but] {
        *valence *= 0.5;
    }
    for valence in &mut valences[but..] {
        *valence *= 1.5;
    }
}

/// Words of a question weigh less.
pub(super) fn weigh_questions(tokens: &[Token], valences: &mut [f64]) {
    let mut from = 0;
    for (at, token) in tokens.iter().enumerate().filter(|(_, t)| t.kind == Kind::Break && t.text != ",") {
        if token.text == "?" {
            for valence in &mut valences[from..at] {
                *valence *= ASKED;
            }
        }
        from = at + 1;
    }
}
