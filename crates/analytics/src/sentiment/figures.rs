//! Figures compared with earlier ones: `profit of EUR 13.1 mn, compared with 8.7 mn`.

use super::context;
use super::token::{Kind, Token};

/// Strength of a comparison whose better or worse side is clear.
const VALENCE: f64 = 1.8;

/// The valence of a sentence's comparison, and the index of the token that makes it. `None` where the sentence compares
/// nothing, or says in words which way it went (the words then count).
pub(super) fn comparison(sentence: &[Token]) -> Option<(f64, usize)> {
    let at = sentence.iter().position(|t| {
        matches!(t.text.as_str(), "from" | "compared" | "versus" | "vs" | "against") && t.kind == Kind::Word
    })?;
    if sentence.iter().any(|t| t.kind == Kind::Word && context::direction(&t.text).is_some()) {
        return None;
    }
    let (now, before) = (last_amount(&sentence[..at])?, first_amount(&sentence[at..])?);
    if now.percent != before.percent || now.value == before.value {
        return None;
    }
    let better = if now.value > before.value { 1.0 } else { -1.0 };
    let subject = sentence[..at].iter().find_map(|t| subject(&t.text))?;
    Some((VALENCE * better * subject, at))
}

/// +1 for what should grow, -1 for what should shrink.
fn subject(word: &str) -> Option<f64> {
    match word {
        "profit" | "profits" | "sales" | "revenue" | "revenues" | "turnover" | "income" | "earnings"
        | "eps" | "ebit" | "ebitda" | "ebita" | "orders" | "margin" | "cash" | "order" | "volume"
        | "volumes" | "gain" | "dividend" => Some(1.0),
        word if context::burden(word) => Some(-1.0),
        _ => None,
    }
}

struct Amount {
    value: f64,
    percent: bool,
}

/// The last number before the comparison that is not a year.
fn last_amount(tokens: &[Token]) -> Option<Amount> {
    let at = (0..tokens.len()).rev().find(|i| is_amount(&tokens[*i]))?;
    amount(tokens, at)
}

fn first_amount(tokens: &[Token]) -> Option<Amount> {
    let at = (0..tokens.len().min(8)).find(|i| is_amount(&tokens[*i]))?;
    amount(tokens, at)
}

fn is_amount(token: &Token) -> bool {
    let year = |v: f64| v.fract() == 0.0 && (1_900.0..2_100.0).contains(&v) && !token.text.contains(',');
    matches!(token.kind, Kind::Number { value, .. } if value.is_finite() && !year(value))
}

/// The number at `at`, times the unit that follows it.
fn amount(tokens: &[Token], at: usize) -> Option<Amount> {
    let Kind::Number { value, percent, .. } = tokens[at].kind else { return None };
    let unit = match tokens.get(at + 1).map(|t| t.text.as_str()) {
        Some("k" | "thousand") => 1e3,
        Some("m" | "mn" | "mln" | "million" | "millones") => 1e6,
        Some("b" | "bn" | "bln" | "billion") => 1e9,
        _ => 1.0,
    };
    Some(Amount { value: value * unit, percent })
}

#[cfg(test)]
mod tests {
    use super::super::token::tokens;
    use super::*;

    fn sign(text: &str) -> Option<f64> {
        comparison(&tokens(text)).map(|(valence, _)| valence.signum())
    }

    #[test]
    fn compares_like_with_like() {
        assert_eq!(sign("Operating profit was EUR 13.1 mn , compared to EUR 8.7 mn in 2007"), Some(1.0));
        assert_eq!(sign("Net sales totalled 0.9 bn versus 950 mn"), Some(-1.0));
        assert_eq!(sign("Operating loss was EUR 2 mn, against a loss of 5 mn"), Some(1.0));
    }

    #[test]
    fn keeps_quiet_when_unsure() {
        for text in [
            "Profit rose to 13 mn from 8 mn",
            "He moved 3 boxes from 2 rooms",
            "Profit was 13 % from 8 mn",
            "Sales were 5 mn in 2008 from then",
        ] {
            assert_eq!(sign(text), None, "{text}");
        }
    }
}
