//! Gradient boosting of small regression trees over binned features (squared error), as LightGBM and XGBoost do it at heart:
//! each tree fits what the ones before left over, splits are chosen from histograms of at most 32 bins.
//!
//! Own code because linfa has classification trees only. Deterministic: no sampling, ties go to the first feature and bin.

/// Bins of a feature.
const BINS: usize = 32;

/// How trees are grown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Params {
    /// Number of trees.
    pub rounds: usize,
    /// Levels of splits in a tree.
    pub depth: usize,
    /// What is kept of each tree, in (0, 1].
    pub rate: f64,
    /// Rows that a leaf needs.
    pub least_rows: usize,
    /// Added to the rows of a leaf, so that small leaves say little.
    pub ridge: f64,
}

impl Default for Params {
    fn default() -> Self {
        Self { rounds: 40, depth: 2, rate: 0.1, least_rows: 25, ridge: 25.0 }
    }
}

/// A fitted sum of trees.
#[derive(Debug, Clone, PartialEq)]
pub struct Trees {
    width: usize,
    base: f64,
    roots: Vec<Node>,
}

#[derive(Debug, Clone, PartialEq)]
struct Node {
    /// Mean of what was left over here, already shrunk: what the tree would say if it ended here.
    value: f64,
    split: Option<Box<Split>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Split {
    feature: usize,
    /// Rows whose feature is at most this go left.
    at_most: f64,
    left: Node,
    right: Node,
}

impl Trees {
    /// Fits targets on rows of one width. `None` without rows, with lengths that differ, or with a number that is not finite.
    pub fn fit<R: AsRef<[f64]>>(rows: &[R], targets: &[f64], params: &Params) -> Option<Self> {
        let width = rows.first()?.as_ref().len();
        let usable = rows.len() == targets.len()
            && rows
                .iter()
                .all(|row| row.as_ref().len() == width && row.as_ref().iter().all(|v| v.is_finite()))
            && targets.iter().all(|t| t.is_finite());
        if !usable {
            return None;
        }
        let columns: Vec<Column> =
            (0..width).map(|j| Column::of(rows.iter().map(|row| row.as_ref()[j]).collect())).collect();
        let base = targets.iter().sum::<f64>() / targets.len() as f64;
        let mut left_over: Vec<f64> = targets.iter().map(|t| t - base).collect();
        let all: Vec<u32> = (0..u32::try_from(rows.len()).ok()?).collect();
        let mut roots = Vec::with_capacity(params.rounds);
        for _ in 0..params.rounds {
            let root = grow(&columns, &left_over, &all, params.depth, params);
            for (row, left) in rows.iter().zip(&mut left_over) {
                *left -= root.value_of(row.as_ref());
            }
            roots.push(root);
        }
        Some(Self { width, base, roots })
    }

    /// The prediction for a row of the width that was fitted.
    pub fn predict(&self, row: &[f64]) -> f64 {
        self.base + self.roots.iter().map(|root| root.value_of(row)).sum::<f64>()
    }

    /// What each feature added to the prediction, and last what rests on none: they sum to it. A split's feature is credited
    /// with the change of the mean on the row's way down (Saabas).
    pub fn contributions(&self, row: &[f64]) -> Vec<f64> {
        let mut parts = vec![0.0; self.width + 1];
        parts[self.width] = self.base;
        for root in &self.roots {
            parts[self.width] += root.value;
            let mut node = root;
            while let Some(split) = &node.split {
                let next = split.next(row);
                parts[split.feature] += next.value - node.value;
                node = next;
            }
        }
        parts
    }
}

impl Node {
    fn value_of(&self, row: &[f64]) -> f64 {
        let mut node = self;
        while let Some(split) = &node.split {
            node = split.next(row);
        }
        node.value
    }
}

impl Split {
    fn next(&self, row: &[f64]) -> &Node {
        if row[self.feature] <= self.at_most { &self.left } else { &self.right }
    }
}

/// A feature of all rows, in bins.
struct Column {
    bins: Vec<u8>,
    /// The largest value of each bin but the last.
    edges: Vec<f64>,
}

impl Column {
    fn of(values: Vec<f64>) -> Self {
        let sorted = crate::statistics::sorted(&values);
        let mut edges: Vec<f64> =
            (1..BINS).map(|i| sorted[(i * sorted.len() / BINS).min(sorted.len() - 1)]).collect();
        edges.dedup();
        // A last edge at the maximum would leave the bin above it empty.
        edges.retain(|edge| *edge < sorted[sorted.len() - 1]);
        let bins = values.iter().map(|v| edges.partition_point(|edge| edge < v) as u8).collect();
        Self { bins, edges }
    }
}

fn grow(columns: &[Column], left_over: &[f64], rows: &[u32], depth: usize, params: &Params) -> Node {
    let sum: f64 = rows.iter().map(|row| left_over[*row as usize]).sum();
    let value = params.rate * sum / (rows.len() as f64 + params.ridge);
    if depth == 0 || rows.len() < 2 * params.least_rows {
        return Node { value, split: None };
    }
    let Some((feature, bin)) = best_split(columns, left_over, rows, sum, params) else {
        return Node { value, split: None };
    };
    let (left, right): (Vec<u32>, Vec<u32>) =
        rows.iter().partition(|row| usize::from(columns[feature].bins[**row as usize]) <= bin);
    let split = Split {
        feature,
        at_most: columns[feature].edges[bin],
        left: grow(columns, left_over, &left, depth - 1, params),
        right: grow(columns, left_over, &right, depth - 1, params),
    };
    Node { value, split: Some(Box::new(split)) }
}

/// The feature and bin after which a split lowers the squared error most; `None` where none does.
fn best_split(
    columns: &[Column],
    left_over: &[f64],
    rows: &[u32],
    sum: f64,
    params: &Params,
) -> Option<(usize, usize)> {
    let score = |sum: f64, count: usize| sum * sum / (count as f64 + params.ridge);
    let whole = score(sum, rows.len());
    let mut best = (1e-12, None);
    // A feature that never changes splits nothing.
    for (feature, column) in columns.iter().enumerate().filter(|(_, column)| !column.edges.is_empty()) {
        let (mut sums, mut counts) = ([0.0; BINS], [0_usize; BINS]);
        for row in rows {
            let bin = usize::from(column.bins[*row as usize]);
            sums[bin] += left_over[*row as usize];
            counts[bin] += 1;
        }
        let (mut left, mut count) = (0.0, 0);
        for bin in 0..column.edges.len() {
            left += sums[bin];
            count += counts[bin];
            let rest = rows.len() - count;
            if count < params.least_rows || rest < params.least_rows {
                continue;
            }
            let gain = score(left, count) + score(sum - left, rest) - whole;
            if gain > best.0 {
                best = (gain, Some((feature, bin)));
            }
        }
    }
    best.1
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::random::Stream;

    fn rows(n: usize, width: usize) -> Vec<Vec<f64>> {
        let mut stream = Stream::new(4);
        (0..n).map(|_| (0..width).map(|_| stream.next_normal()).collect()).collect()
    }

    #[test]
    fn finds_a_step_and_an_interaction() {
        let rows = rows(2_000, 4);
        let truth = |row: &[f64]| if row[1] > 0.3 { 2.0 } else { 0.0 } + if row[0] > 0.0 && row[2] > 0.0 { 1.0 } else { 0.0 };
        let targets: Vec<f64> = rows.iter().map(|row| truth(row)).collect();
        let trees = Trees::fit(&rows, &targets, &Params { rounds: 150, ..Params::default() }).unwrap();
        let error: f64 =
            rows.iter().map(|row| (trees.predict(row) - truth(row)).abs()).sum::<f64>() / 2_000.0;
        assert!(error < 0.1, "{error}");
    }

    #[test]
    fn contributions_sum_to_the_prediction() {
        let rows = rows(400, 3);
        let targets: Vec<f64> = rows.iter().map(|row| row[0] * row[1] + 0.5).collect();
        let trees = Trees::fit(&rows, &targets, &Params::default()).unwrap();
        for row in &rows[..50] {
            let parts = trees.contributions(row);
            assert_eq!(parts.len(), 4);
            assert!((parts.iter().sum::<f64>() - trees.predict(row)).abs() < 1e-12);
        }
    }

    #[test]
    fn constant_and_broken_input_has_an_answer() {
        let flat = vec![[1.0, 2.0]; 100];
        assert!(
            (Trees::fit(&flat, &[3.0; 100], &Params::default()).unwrap().predict(&[9.0, 9.0]) - 3.0).abs()
                < 1e-12
        );
        assert!(Trees::fit(&flat, &[f64::NAN; 100], &Params::default()).is_none());
        assert!(Trees::fit(&flat, &[1.0; 3], &Params::default()).is_none());
        assert!(Trees::fit::<[f64; 2]>(&[], &[], &Params::default()).is_none());
    }
}
