//! What was counted in headlines: words, outlets, authors, assets, and the tone day by day.

use std::collections::{BTreeMap, HashSet};

use analytics::aggregate::{Scored, aggregate};
use chrono::NaiveDate;

use super::store::HeadlineRow;
use super::words;

/// Most headlines that are counted: the newest ones.
pub const MOST: usize = 5_000;
/// Words kept.
const WORDS: usize = 60;
/// Outlets, authors and assets kept.
const NAMES: usize = 20;
/// Seed of the intervals: the same headlines always give the same interval.
const SEED: u64 = 1;

/// A mean tone with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanTone {
    /// The mean, each headline counting once.
    pub score: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl MeanTone {
    /// The mean of these tones; `None` where there are too few.
    fn of(scores: &[f64]) -> Option<Self> {
        let scored: Vec<Scored> =
            scores.iter().map(|score| Scored { score: *score, weight: 1.0, organic: true }).collect();
        aggregate(&scored, SEED).map(|a| Self { score: a.score, low: a.low, high: a.high })
    }
}

/// Headlines that share a word, an outlet, an author, an asset.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    /// What they share.
    pub name: String,
    /// How many there are.
    pub headlines: usize,
    /// Their mean tone; `None`: too few.
    pub tone: Option<MeanTone>,
}

/// The headlines of one day.
#[derive(Debug, Clone, PartialEq)]
pub struct DayTone {
    /// The day (UTC).
    pub day: NaiveDate,
    /// How many.
    pub headlines: usize,
    /// Their mean tone; `None`: too few.
    pub tone: Option<MeanTone>,
}

/// What was counted.
#[derive(Debug, Default, PartialEq)]
pub struct Digest {
    /// How many headlines were looked at.
    pub headlines: usize,
    /// Whether there were more.
    pub more: bool,
    /// Words by the number of headlines that hold them.
    pub words: Vec<Tally>,
    /// Outlets by theirs.
    pub outlets: Vec<Tally>,
    /// Authors by theirs.
    pub authors: Vec<Tally>,
    /// Assets by theirs.
    pub assets: Vec<Tally>,
    /// Languages by theirs.
    pub langs: Vec<String>,
    /// Days, oldest first.
    pub days: Vec<DayTone>,
}

/// The headlines of one name, as they are counted.
type Counts<'a> = BTreeMap<String, (usize, Vec<f64>)>;

/// Counts what is in `rows`, of which `own` are words that are left out. Where a headline may not be shown, neither are its
/// words and its authors.
pub fn digest(rows: &[HeadlineRow], own: &HashSet<String>) -> Digest {
    let (mut words, mut outlets, mut authors, mut assets, mut langs) =
        (Counts::new(), Counts::new(), Counts::new(), Counts::new(), Counts::new());
    let mut days: BTreeMap<NaiveDate, (usize, Vec<f64>)> = BTreeMap::new();
    let rows_looked_at = &rows[..rows.len().min(MOST)];
    for row in rows_looked_at {
        let add = |counts: &mut Counts, name: String| {
            let (headlines, scores) = counts.entry(name).or_default();
            *headlines += 1;
            scores.extend(row.score);
        };
        if let Some(title) = &row.title {
            for word in words::of(title, own) {
                add(&mut words, word);
            }
            for author in row.authors.iter().flatten().filter(|author| !author.trim().is_empty()) {
                add(&mut authors, author.trim().to_owned());
            }
        }
        if let Some(outlet) = &row.outlet {
            add(&mut outlets, outlet.clone());
        }
        if let Some(lang) = &row.lang {
            add(&mut langs, lang.clone());
        }
        for symbol in &row.symbols {
            add(&mut assets, symbol.clone());
        }
        let (headlines, scores) = days.entry(row.said_at.date_naive()).or_default();
        *headlines += 1;
        scores.extend(row.score);
    }
    Digest {
        headlines: rows_looked_at.len(),
        more: rows.len() > MOST,
        words: most(words, WORDS),
        outlets: most(outlets, NAMES),
        authors: most(authors, NAMES),
        assets: most(assets, NAMES),
        langs: most(langs, NAMES).into_iter().map(|tally| tally.name).collect(),
        days: days
            .into_iter()
            .map(|(day, (headlines, scores))| DayTone { day, headlines, tone: MeanTone::of(&scores) })
            .collect(),
    }
}

/// The names that most headlines share; of equal ones the first by the alphabet.
fn most(counts: Counts, kept: usize) -> Vec<Tally> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.0.cmp(&a.1.0).then_with(|| a.0.cmp(&b.0)));
    counts.truncate(kept);
    counts
        .into_iter()
        .map(|(name, (headlines, scores))| Tally { name, headlines, tone: MeanTone::of(&scores) })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn row(hour: i64, title: Option<&str>, author: &str, score: Option<f64>) -> HeadlineRow {
        HeadlineRow {
            said_at: chrono::DateTime::from_timestamp(hour * 3600, 0).unwrap(),
            source: "feeds".into(),
            id: hour.to_string(),
            outlet: Some("Ledger".into()),
            title: title.map(str::to_owned),
            url: None,
            authors: Some(vec![author.to_owned(), " ".into()]),
            lang: Some("en".into()),
            score,
            noise: None,
            symbols: vec!["A".into(), "B".into()],
        }
    }

    #[test]
    fn headlines_are_counted_once_each() {
        let mut rows: Vec<_> =
            (0..5).map(|n| row(n, Some("profit profit rises"), "Ann", Some(0.4))).collect();
        rows.push(row(30, Some("loss"), "Bob", None));
        rows.push(row(31, None, "Cid", Some(-1.0)));
        let found = digest(&rows, &HashSet::new());
        assert_eq!((found.headlines, found.more), (7, false));
        let words: Vec<_> = found.words.iter().map(|w| (w.name.as_str(), w.headlines)).collect();
        assert_eq!(words, [("profit", 5), ("rises", 5), ("loss", 1)]);
        let tone = found.words[0].tone.unwrap();
        assert!((tone.score - 0.4).abs() < 1e-12 && tone.low <= 0.4 && tone.high >= 0.4);
        assert_eq!(found.words[2].tone, None);
        // Who wrote what may not be shown is not named.
        assert_eq!(found.authors.iter().map(|a| a.name.as_str()).collect::<Vec<_>>(), ["Ann", "Bob"]);
        assert_eq!((found.outlets[0].headlines, found.assets.len()), (7, 2));
        assert_eq!(
            found.days.iter().map(|d| (d.headlines, d.tone.is_some())).collect::<Vec<_>>(),
            [(5, true), (2, false)]
        );
    }

    #[test]
    fn the_mean_is_that_of_analytics() {
        let scores = [0.1, 0.7, -0.2, 0.3, 0.25, -0.6];
        let mean = MeanTone::of(&scores).unwrap();
        assert!((mean.score - scores.iter().sum::<f64>() / 6.0).abs() < 1e-12);
        assert_eq!(MeanTone::of(&scores[..4]), None);
    }

    #[test]
    fn only_the_newest_headlines_are_counted() {
        let rows: Vec<_> = (0..MOST as i64 + 1).map(|n| row(n % 20, Some("word"), "Ann", None)).collect();
        let found = digest(&rows, &HashSet::new());
        assert_eq!((found.headlines, found.more, found.words[0].headlines), (MOST, true, MOST));
    }
}
