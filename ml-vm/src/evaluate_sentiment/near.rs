//! Which texts are nearly the same: at least half of their runs of three words in common; case, marks, addresses and user
//! names aside. Companies and figures count: "A's profit beats by 3 cents" of two companies is two pieces of news in one form.
//! Candidates are found by MinHash (A. Broder, 1997) and checked.

use std::collections::HashMap;

use analytics::random::draw;

/// Bands of [`ROWS`] hashes each; texts that agree in one band are compared.
const BANDS: usize = 16;
const ROWS: usize = 2;
/// Share of runs in common from which two texts are nearly the same.
const ALIKE: f64 = 0.5;

/// For each text the number of its group; texts that are nearly the same, also by way of others, share one.
pub fn groups(texts: &[&str]) -> Vec<usize> {
    let all: Vec<Vec<u64>> = texts.iter().map(|t| runs(t)).collect();
    let mut parents: Vec<usize> = (0..texts.len()).collect();
    for band in 0..BANDS {
        let mut buckets: HashMap<[u64; ROWS], Vec<usize>> = HashMap::new();
        for (at, runs) in all.iter().enumerate() {
            let smallest =
                |row: usize| runs.iter().map(|r| draw((band * ROWS + row) as u64, *r)).min().unwrap_or(0);
            let bucket = buckets.entry(std::array::from_fn(smallest)).or_default();
            // Comparing with the last few is enough: who is near them is joined to their group.
            for other in bucket.iter().rev().take(8) {
                if root(&mut parents, at) != root(&mut parents, *other) && alike(runs, &all[*other]) {
                    let (a, b) = (root(&mut parents, at), root(&mut parents, *other));
                    parents[a.max(b)] = a.min(b);
                }
            }
            bucket.push(at);
        }
    }
    (0..texts.len()).map(|at| root(&mut parents, at)).collect()
}

/// The group's first text.
fn root(parents: &mut [usize], mut at: usize) -> usize {
    while parents[at] != at {
        parents[at] = parents[parents[at]];
        at = parents[at];
    }
    at
}

/// The runs of three words of a text, hashed, sorted, each once; of a shorter text the whole.
fn runs(text: &str) -> Vec<u64> {
    let words: Vec<u64> = text
        .split_whitespace()
        .filter(|w| !w.starts_with("http") && !w.starts_with('@'))
        .map(|w| w.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>())
        .filter(|w| !w.is_empty())
        .map(|w| analytics::random::seed_of(&w))
        .collect();
    let join = |run: &[u64]| run.iter().fold(0, |hash, word| draw(hash, *word));
    let mut runs: Vec<u64> =
        if words.len() < 3 { vec![join(&words)] } else { words.windows(3).map(join).collect() };
    runs.sort_unstable();
    runs.dedup();
    runs
}

fn alike(a: &[u64], b: &[u64]) -> bool {
    let common = a.iter().filter(|run| b.binary_search(run).is_ok()).count();
    common as f64 >= ALIKE * (a.len() + b.len() - common) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_texts_share_a_group() {
        let texts = [
            "$NFLX - New Netflix bear steps out into the open https://a.b/1",
            "The board meets on Tuesday",
            "New Netflix bear steps out into the open",
            "the Board meets on tuesday! @someone",
            "Sales fell",
            "BREAKING: new Netflix bear steps out into the open",
        ];
        assert_eq!(groups(&texts), [0, 1, 0, 1, 4, 0]);
    }

    #[test]
    fn one_form_filled_in_twice_is_two_texts() {
        let texts = [
            "$CMP - Compass Minerals EPS misses by $0.12, misses on revenue https://a.b/1",
            "Ubiquiti EPS misses by $0.06, misses on revenue",
            "Kohl's stock price target cut to $50 from $53 at Wedbush",
            "Synaptics stock price target cut to $40 from $45 at Wedbush",
        ];
        assert_eq!(groups(&texts), [0, 1, 2, 3]);
    }
}
