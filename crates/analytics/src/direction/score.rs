//! Accuracy and Matthews correlation of predictions, with a bootstrap over days.

use crate::random::Stream;
use crate::statistics::{quantile_sorted, sorted};

/// Resampled records behind each interval.
const RESAMPLES: usize = 2000;

/// How predictions did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// Share that was right.
    pub accuracy: f64,
    /// Its 95 % interval.
    pub accuracy_interval: (f64, f64),
    /// Matthews correlation coefficient: 0 is worth nothing, 1 is perfect.
    pub mcc: f64,
    /// Its 95 % interval.
    pub mcc_interval: (f64, f64),
    /// Share of the samples that went up: the accuracy of always saying so.
    pub up: f64,
    /// Number of samples.
    pub samples: usize,
    /// Number of days.
    pub days: usize,
}

/// Right and wrong, by what was said: up and up, up and down, down and up, down and down (said, came).
type Counts = [f64; 4];

/// Scores predictions; `days` names the day of each sample, and samples of a day lie together. All of a day are drawn together,
/// since its stocks move together. `None` without samples or with lengths that differ.
pub fn judge(days: &[usize], said: &[bool], came: &[bool], seed: u64) -> Option<Score> {
    if days.is_empty() || days.len() != said.len() || days.len() != came.len() {
        return None;
    }
    let mut by_day: Vec<Counts> = Vec::new();
    for (i, day) in days.iter().enumerate() {
        if i == 0 || days[i - 1] != *day {
            by_day.push([0.0; 4]);
        }
        if let Some(counts) = by_day.last_mut() {
            counts[2 * usize::from(!said[i]) + usize::from(!came[i])] += 1.0;
        }
    }
    let sum = |days: &mut dyn Iterator<Item = Counts>| {
        days.fold([0.0; 4], |all, day| std::array::from_fn(|i| all[i] + day[i]))
    };
    let all = sum(&mut by_day.iter().copied());
    let mut stream = Stream::new(seed);
    let (mut accuracies, mut mccs) = (Vec::with_capacity(RESAMPLES), Vec::with_capacity(RESAMPLES));
    for _ in 0..RESAMPLES {
        let drawn = sum(&mut (0..by_day.len()).map(|_| by_day[stream.next_index(by_day.len())]));
        accuracies.push(accuracy(&drawn));
        mccs.push(mcc(&drawn));
    }
    let interval = |values: &[f64]| {
        let values = sorted(values);
        (quantile_sorted(&values, 0.025), quantile_sorted(&values, 0.975))
    };
    Some(Score {
        accuracy: accuracy(&all),
        accuracy_interval: interval(&accuracies),
        mcc: mcc(&all),
        mcc_interval: interval(&mccs),
        up: (all[0] + all[2]) / all.iter().sum::<f64>(),
        samples: days.len(),
        days: by_day.len(),
    })
}

fn accuracy(counts: &Counts) -> f64 {
    (counts[0] + counts[3]) / counts.iter().sum::<f64>()
}

/// Matthews (1975): (TP TN - FP FN) over the root of the four sums; 0 where one of them is 0.
fn mcc([tp, fp, fneg, tn]: &Counts) -> f64 {
    let under = (tp + fp) * (tp + fneg) * (tn + fp) * (tn + fneg);
    if under > 0.0 { (tp * tn - fp * fneg) / under.sqrt() } else { 0.0 }
}
