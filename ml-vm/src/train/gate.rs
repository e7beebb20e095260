//! The gate: a challenger may take the champion's place where it is not worse on the last block of cases.
//!
//! Both are asked about the same cases. Their losses are compared case by case; the interval of the difference is a bootstrap
//! over groups (days of forecasts, hours of posts, sets of near duplicates), in blocks of neighbouring ones, since cases of one group err together. Not
//! worse means that the upper end of the interval is below [`MARGIN`] of the champion's loss.
//!
//! Neither has been fitted to the block: the challenger by how it is gathered, the champion since days up to the end of
//! its own window are left out. Where too few are left, the gate says so and stays shut.

use std::collections::BTreeMap;

use analytics::random::{Stream, draw};
use analytics::statistics::{mean, quantile_sorted, sorted};
use chrono::Days;
use domain::model::{Card, Gate, Metric, ModelVersion};

use super::Gathered;
use crate::registry::artefact::{Artefact, Cases, Loss, hour, losses};

/// A loss so much greater, as a share of the champion's, is still not worse.
pub const MARGIN: f64 = 0.02;
/// Fewest cases of a trial.
const FEWEST_CASES: usize = 50;
/// Fewest groups of a trial.
const FEWEST_GROUPS: usize = 8;
/// Neighbouring groups that are drawn together: outcomes of forecasts overlap for five days.
const BLOCK: usize = 5;
/// Resampled trials behind an interval.
const RESAMPLES: usize = 1_000;
/// Days after the champion's window whose outcomes it may have known.
const EMBARGO: u64 = 8;

/// Whom the challenger is tried against.
#[derive(Debug, Clone, Copy)]
pub struct Champion<'a> {
    /// Its version.
    pub version: &'a ModelVersion,
    /// Its card.
    pub card: &'a Card,
    /// The model.
    pub artefact: &'a Artefact,
}

/// What a trial came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Whether the challenger may pass, and why.
    pub gate: Gate,
    /// `loss`, `champion_loss`, `difference`.
    pub metrics: BTreeMap<String, Metric>,
}

/// Tries a challenger against the champion, or against what is built in.
///
/// # Errors
/// The models are of different kinds.
pub fn judge(
    challenger: &Artefact,
    champion: Option<&Champion<'_>>,
    gathered: &Gathered,
    seed: u64,
) -> anyhow::Result<Trial> {
    let block = unseen(&gathered.block, champion.map(|c| c.card));
    let against = champion.map(|c| c.version.clone());
    let ours = losses(Some(challenger), &block)?;
    let theirs = losses(champion.map(|c| c.artefact), &block)?;
    let groups = ours.iter().map(|l| l.group).collect::<std::collections::BTreeSet<_>>().len();
    if ours.len() < FEWEST_CASES || groups < FEWEST_GROUPS {
        let reason = format!(
            "no trial: {} cases in {groups} groups that neither has seen, where {FEWEST_CASES} in {FEWEST_GROUPS} are wanted",
            ours.len()
        );
        return Ok(Trial { gate: Gate { passed: false, reason, against }, metrics: BTreeMap::new() });
    }
    let difference: Vec<Loss> =
        ours.iter().zip(&theirs).map(|(a, b)| Loss { group: a.group, loss: a.loss - b.loss }).collect();
    let metrics = BTreeMap::from([
        ("loss".to_owned(), measure(&ours, draw(seed, 1))),
        ("champion_loss".to_owned(), measure(&theirs, draw(seed, 2))),
        ("difference".to_owned(), measure(&difference, draw(seed, 3))),
    ]);
    let (difference, base) = (metrics["difference"], metrics["champion_loss"].value);
    let passed = difference.high <= MARGIN * base;
    let word = match passed {
        true if difference.high < 0.0 => "better than",
        true => "not worse than",
        false if difference.low > 0.0 => "worse than",
        false => "not surely as good as",
    };
    let name = against.as_ref().map_or_else(|| "what is built in".to_owned(), ToString::to_string);
    let share = |v: f64| if base > 0.0 { 100.0 * v / base } else { 0.0 };
    let reason = format!(
        "{word} {name}: loss {:+.2} % [{:+.2}, {:+.2}] on {} cases that neither has seen",
        share(difference.value),
        share(difference.low),
        share(difference.high),
        difference.cases
    );
    Ok(Trial { gate: Gate { passed, reason, against }, metrics })
}

/// The cases that the champion cannot have been fitted to.
fn unseen(block: &Cases, champion: Option<&Card>) -> Cases {
    let end = champion.and_then(|card| card.window).and_then(|w| w.to.checked_add_days(Days::new(EMBARGO)));
    match end {
        // Cases without days come from files, whose part for trials is chosen by content and is the same every time.
        Some(end) if !block.is_undated() => block.of_groups(|group| group > hour(end)),
        _ => block.clone(),
    }
}

/// The mean loss with the interval of a bootstrap over blocks of neighbouring groups.
pub fn measure(losses: &[Loss], seed: u64) -> Metric {
    let mut groups: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
    for loss in losses {
        let sum = groups.entry(loss.group).or_default();
        sum.0 += loss.loss;
        sum.1 += 1.0;
    }
    let groups: Vec<(f64, f64)> = groups.into_values().collect();
    let values: Vec<f64> = losses.iter().map(|l| l.loss).collect();
    let mut stream = Stream::new(seed);
    let resampled: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let (mut sum, mut count, mut drawn) = (0.0, 0.0, 0);
            while drawn < groups.len() {
                let start = stream.next_index(groups.len());
                for step in 0..BLOCK.min(groups.len() - drawn) {
                    let (loss, cases) = groups[(start + step) % groups.len()];
                    sum += loss;
                    count += cases;
                    drawn += 1;
                }
            }
            sum / count
        })
        .collect();
    let resampled = sorted(&resampled);
    Metric {
        value: mean(&values),
        low: quantile_sorted(&resampled, 0.025),
        high: quantile_sorted(&resampled, 0.975),
        cases: losses.len() as u64,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn losses_of(shift: f64) -> Vec<Loss> {
        (0..400_i64)
            .map(|i| Loss { group: i / 10, loss: shift + ((i * 7919) % 100) as f64 / 100.0 })
            .collect()
    }

    #[test]
    fn an_interval_holds_the_mean_and_shrinks_with_more_groups() {
        let many = measure(&losses_of(0.0), 1);
        let few = measure(&losses_of(0.0)[..100], 1);
        assert!(many.low < many.value && many.value < many.high && many.cases == 400);
        assert!(many.high - many.low < few.high - few.low);
        assert_eq!(measure(&losses_of(0.0), 1), many, "the same seed gives the same interval");
    }
}
