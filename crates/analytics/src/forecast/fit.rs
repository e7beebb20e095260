//! The linear candidate: an elastic net, fitted by linfa.

use linfa::Dataset;
use linfa::traits::Fit;
use linfa_elasticnet::ElasticNet;
use ndarray::{Array1, Array2};

use super::features::WIDTH;

/// Strength of the penalty, on standardised features and targets of deviation about one.
const PENALTY: f64 = 0.1;
/// Share of the penalty that sets small weights to zero.
const LASSO_SHARE: f64 = 0.5;
/// What is kept of a prediction: five-day returns are nearly all noise, and half of a fitted edge is luck.
const KEPT: f64 = 0.5;

/// A fitted model.
#[derive(Debug, Clone)]
pub(super) struct Model {
    centre: [f64; WIDTH],
    weight: [f64; WIDTH],
    intercept: f64,
}

impl Model {
    /// Fits targets on rows; centres and scales come from these rows only. `None` when the rows teach nothing.
    pub(super) fn fit(rows: &[[f64; WIDTH]], targets: &[f64]) -> Option<Self> {
        let n = rows.len() as f64;
        let mut centre = [0.0; WIDTH];
        let mut scale = [0.0; WIDTH];
        for j in 0..WIDTH {
            centre[j] = rows.iter().map(|r| r[j]).sum::<f64>() / n;
            scale[j] = (rows.iter().map(|r| (r[j] - centre[j]).powi(2)).sum::<f64>() / n).sqrt();
        }
        // A feature that does not move cannot explain what does.
        let usable: Vec<usize> = (0..WIDTH).filter(|j| scale[*j] > 1e-9).collect();
        if usable.is_empty() || rows.len() != targets.len() {
            return None;
        }
        let x = Array2::from_shape_fn((rows.len(), usable.len()), |(i, k)| {
            (rows[i][usable[k]] - centre[usable[k]]) / scale[usable[k]]
        });
        let fitted = ElasticNet::params()
            .penalty(PENALTY)
            .l1_ratio(LASSO_SHARE)
            .with_intercept(true)
            .fit(&Dataset::new(x, Array1::from(targets.to_vec())))
            .ok()?;
        let mut weight = [0.0; WIDTH];
        for (k, j) in usable.into_iter().enumerate() {
            weight[j] = fitted.hyperplane()[k] / scale[j];
        }
        let model = Self { centre, weight, intercept: fitted.intercept() };
        model.predict(&centre).is_finite().then_some(model)
    }

    /// The prediction for a row, already shrunk.
    pub(super) fn predict(&self, row: &[f64; WIDTH]) -> f64 {
        let sum: f64 = (0..WIDTH).map(|j| self.weight[j] * (row[j] - self.centre[j])).sum();
        KEPT * (self.intercept + sum)
    }

    /// What each feature adds to the prediction, and last what rests on none: they sum to it.
    pub(super) fn contributions(&self, row: &[f64; WIDTH]) -> Vec<f64> {
        let parts = (0..WIDTH).map(|j| KEPT * self.weight[j] * (row[j] - self.centre[j]));
        parts.chain([KEPT * self.intercept]).collect()
    }
}
