//! The mood about each asset, day by day and source by source, carried on from slot to slot: what lead and lag look back on.
//!
//! One object a slot holds the last [`DAYS`] days of all assets, so that a slot reads one object, not a year of them. A slot
//! takes the newest one before it and adds its own documents. What lies between (slots without such an object) is filled in
//! from the summaries, which know all documents together only.

use std::collections::BTreeMap;

use analytics::aggregate::FEWEST_DOCUMENTS;
use chrono::{Days, NaiveDate, NaiveTime};
use domain::Slot;
use domain::prediction::{MoodDay, MoodSeries, Volume};

use super::asset::Computed;
use super::history::Felt;

/// How many days are kept.
pub const DAYS: u64 = 365;
/// The name that stands for all sources together.
pub const ALL: &str = "all";

/// The days of one asset, by source.
pub type Moods = BTreeMap<String, BTreeMap<NaiveDate, MoodDay>>;

/// The day that a slot belongs to: it closes after the day began and not after it ended.
pub fn day_of(slot: Slot) -> NaiveDate {
    slot.open_at().date_naive()
}

/// The moods of all assets as an object of the lake has them.
pub fn read(rows: Vec<MoodSeries>) -> BTreeMap<String, Moods> {
    let mut out: BTreeMap<String, Moods> = BTreeMap::new();
    for row in rows {
        let days = row.days.into_iter().map(|day| (day.on, day)).collect();
        out.entry(row.symbol).or_default().insert(row.source, days);
    }
    out
}

/// What was felt on the days before `day`, all sources together; days with too few documents are absent.
pub fn felt_before(moods: &Moods, day: NaiveDate) -> impl Iterator<Item = Felt> {
    let days = moods.get(ALL).into_iter().flat_map(move |days| days.range(..day));
    days.filter(|(_, mood)| mood.documents >= FEWEST_DOCUMENTS as i64).filter_map(|(on, mood)| {
        // Known when the day is over.
        let known_at = on.succ_opt()?.and_time(NaiveTime::MIN).and_utc();
        Some(Felt { known_at, score: mood.score, documents: mood.documents, articles: None })
    })
}

/// Adds what the summary of an earlier slot says of all documents together.
pub fn add_summary(moods: &mut Moods, on: NaiveDate, felt: &Felt) {
    add(moods, ALL, MoodDay { on, score: felt.score, documents: felt.documents });
}

/// Adds the documents of a slot.
pub fn add_slot(moods: &mut Moods, slot: Slot, volumes: &[Volume]) {
    let on = day_of(slot);
    let mut all: Option<(f64, f64, i64)> = None;
    let mut by_source: BTreeMap<&str, (f64, f64, i64)> = BTreeMap::new();
    for volume in volumes {
        let Some(score) = volume.score else { continue };
        for sum in [all.get_or_insert_default(), by_source.entry(&volume.source).or_default()] {
            *sum = (sum.0 + volume.weight * score, sum.1 + volume.weight, sum.2 + volume.organic);
        }
    }
    for (source, (weighted, weight, documents)) in all.map(|sum| (ALL, sum)).into_iter().chain(by_source) {
        add(moods, source, MoodDay { on, score: weighted / weight, documents });
    }
}

fn add(moods: &mut Moods, source: &str, more: MoodDay) {
    if more.documents <= 0 {
        return;
    }
    let day = moods.entry(source.to_owned()).or_default().entry(more.on);
    let day = day.or_insert(MoodDay { on: more.on, score: 0.0, documents: 0 });
    let documents = day.documents + more.documents;
    day.score = (day.score * day.documents as f64 + more.score * more.documents as f64) / documents as f64;
    day.documents = documents;
}

/// The rows of one asset as of a slot; days that are too old are gone.
pub fn rows(symbol: &str, moods: &Moods, slot: Slot) -> Vec<MoodSeries> {
    let first = day_of(slot).checked_sub_days(Days::new(DAYS)).unwrap_or(NaiveDate::MIN);
    let series = moods.iter().map(|(source, days)| MoodSeries {
        symbol: symbol.to_owned(),
        source: source.clone(),
        days: days.range(first..).map(|(_, day)| *day).collect(),
    });
    series.filter(|series| !series.days.is_empty()).collect()
}

/// The rows of all assets, those of an asset that is not among the computed ones as they were before.
pub fn carry_on(before: &BTreeMap<String, Moods>, computed: &mut [Computed], slot: Slot) -> Vec<MoodSeries> {
    let mut by_symbol: BTreeMap<String, Vec<MoodSeries>> =
        before.iter().map(|(symbol, moods)| (symbol.clone(), rows(symbol, moods, slot))).collect();
    for asset in computed {
        by_symbol.insert(asset.symbol.clone(), std::mem::take(&mut asset.moods));
    }
    by_symbol.into_values().flatten().collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn volume(source: &str, score: Option<f64>, weight: f64, organic: i64) -> Volume {
        let (source, kind) = (source.to_owned(), "post".to_owned());
        Volume { source, kind, documents: organic + 1, organic, score, weight, noise: Vec::new() }
    }

    #[test]
    fn a_day_is_the_mean_of_its_documents_and_old_days_go() {
        let mut moods = Moods::new();
        let slot: Slot = "2026-11-21T12Z".parse().unwrap();
        add_slot(&mut moods, slot, &[volume("x", Some(0.2), 0.5, 6), volume("reddit", Some(-0.2), 0.5, 2)]);
        // The slot that closes at midnight belongs to the day that ends.
        add_slot(
            &mut moods,
            "2026-11-22T00Z".parse().unwrap(),
            &[volume("x", Some(1.0), 1.0, 2), volume("feeds", None, 0.0, 0)],
        );
        let day = day_of(slot);
        let x = moods["x"][&day];
        assert!((x.score - 0.4).abs() < 1e-12 && x.documents == 8, "{x:?}");
        let all = moods[ALL][&day];
        assert!((all.score - 0.2).abs() < 1e-12 && all.documents == 10, "{all:?}");
        assert!(!moods.contains_key("feeds"));

        let again = read(rows("A", &moods, slot));
        assert_eq!(again["A"], moods);
        let later: Slot = "2027-11-23T00Z".parse().unwrap();
        assert!(rows("A", &moods, later).is_empty());
        let mut summary = Moods::new();
        let felt = Felt { known_at: slot.close_at(), score: 0.5, documents: 3, articles: None };
        add_summary(&mut summary, day, &felt);
        assert_eq!(summary[ALL][&day].documents, 3);
        // Days before are what the forecast looks back on, once over and with enough documents.
        let felt: Vec<Felt> = felt_before(&moods, day.succ_opt().unwrap()).collect();
        let midnight: chrono::DateTime<chrono::Utc> = "2026-11-22T00:00:00Z".parse().unwrap();
        assert_eq!((felt.len(), felt[0].known_at, felt[0].documents), (1, midnight, 10));
        assert_eq!(felt_before(&moods, day).count(), 0);
        assert_eq!(felt_before(&summary, day.succ_opt().unwrap()).count(), 0, "3 documents are too few");
    }
}
