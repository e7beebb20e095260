//! What a document's score is made of, short enough to be kept for every document.

use std::ops::Range;

use domain::prediction::WordWeight;

/// Words that are listed one by one; what the others say together is one entry more.
const LISTED: usize = 12;
/// Characters of a word that are kept; addresses are longer.
const LONGEST: usize = 40;
/// Weights are kept to this many parts of 1: finer ones would be most of the file's size.
const FINENESS: f64 = 1e4;

/// The strongest words of `text`, strongest first, then one entry without a word for all else where there is any. `parts` are
/// places in the text (`None`: nowhere) with their weights, which sum to `score`, as those of the result do. A word that stands
/// in several places is listed once.
pub fn strongest(text: &str, parts: &[(Option<Range<usize>>, f64)], score: f64) -> Vec<WordWeight> {
    let mut words: Vec<(String, &str, f64)> = Vec::new();
    let mut rest = 0.0;
    for (span, weight) in parts {
        match span.clone().and_then(|span| text.get(span)) {
            Some(word) => {
                let lower = word.to_lowercase();
                match words.iter_mut().find(|w| w.0 == lower) {
                    Some(same) => same.2 += weight,
                    None => words.push((lower, word, *weight)),
                }
            }
            None => rest += weight,
        }
    }
    words.sort_by(|a, b| b.2.abs().total_cmp(&a.2.abs()).then_with(|| a.0.cmp(&b.0)));
    let coarse = |weight: f64| (weight * FINENESS).round() / FINENESS;
    let (listed, others) = words.split_at(words.len().min(LISTED));
    rest += others.iter().map(|w| w.2).sum::<f64>();
    let mut out: Vec<WordWeight> = listed
        .iter()
        .map(|(_, word, weight)| WordWeight { word: Some(short(word)), weight: coarse(*weight) })
        .filter(|w| w.weight != 0.0)
        .collect();
    if coarse(rest) != 0.0 || out.is_empty() && score != 0.0 {
        out.push(WordWeight { word: None, weight: coarse(rest) });
    }
    // What rounding left over goes where it is noticed least.
    let kept: f64 = out.iter().map(|w| w.weight).sum();
    if let Some(first) = out.first_mut() {
        first.weight += score - kept;
    }
    out
}

/// The whole score as one entry: what may be kept where the text may not be shown.
pub fn withheld(score: f64) -> Vec<WordWeight> {
    if score == 0.0 { Vec::new() } else { vec![WordWeight { word: None, weight: score }] }
}

fn short(word: &str) -> String {
    match word.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &word[..at]),
        None => word.to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn sum(words: &[WordWeight]) -> f64 {
        words.iter().map(|w| w.weight).sum()
    }

    #[test]
    fn the_strongest_words_and_one_entry_for_the_rest_sum_to_the_score() {
        let text: String = (0..30).map(|n| format!("w{n:02} ")).collect();
        let mut parts: Vec<_> =
            (0..30).map(|n| (Some(n * 4..n * 4 + 3), (n as f64 - 10.0) / 100.0 / 3.0)).collect();
        parts.push((None, -0.2));
        let score: f64 = parts.iter().map(|p| p.1).sum();
        let words = strongest(&text, &parts, score);
        assert_eq!(words.len(), LISTED + 1);
        assert_eq!((words[0].word.as_deref(), words[LISTED].word.as_deref()), (Some("w29"), None));
        assert!(words[..LISTED].windows(2).all(|w| w[0].weight.abs() >= w[1].weight.abs() - 1e-3));
        assert!((sum(&words) - score).abs() < 1e-12);
    }

    #[test]
    fn a_repeated_word_is_listed_once_and_a_long_one_is_cut() {
        let long = "a".repeat(100);
        let text = format!("Buy buy {long}");
        let words = strongest(&text, &[(Some(0..3), 0.2), (Some(4..7), 0.1), (Some(8..108), 0.05)], 0.35);
        assert_eq!(words.len(), 2);
        assert_eq!(words[0].word.as_deref(), Some("Buy"));
        assert_eq!(words[1].word.as_ref().unwrap().chars().count(), LONGEST + 1);
        assert!((sum(&words) - 0.35).abs() < 1e-12);
    }

    #[test]
    fn nothing_said_has_no_words_and_nothing_shown_has_none_by_name() {
        assert_eq!(strongest("good", &[], 0.0), []);
        assert_eq!(withheld(0.0), []);
        assert_eq!(withheld(-0.3), [WordWeight { word: None, weight: -0.3 }]);
        assert_eq!(strongest("x", &[(None, 0.000_01)], 0.000_01), withheld(0.000_01));
    }
}
