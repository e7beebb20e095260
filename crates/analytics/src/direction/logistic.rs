//! Logistic regression with a ridge penalty, by Newton's method.
//!
//! Own code: with some thirty features Newton's method ends after a handful of passes, and nothing else of a library is needed.

use super::features::{Features, WIDTH};

/// Passes of Newton's method at most.
const MOST_PASSES: usize = 12;
/// Steps smaller than this end it.
const CLOSE_ENOUGH: f64 = 1e-8;
/// Weights and the intercept.
const UNKNOWNS: usize = WIDTH + 1;

/// A fitted model: a scaler and weights, both from the training rows only.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    centre: Features,
    scale: Features,
    weights: [f64; UNKNOWNS],
}

impl Model {
    /// Fits on rows and whether each went up, with a penalty on squared weights (rows are standardised first). `weights` counts
    /// each row so many times. `None` without rows of both kinds.
    pub fn fit(rows: &[Features], up: &[bool], weights: &[f64], penalty: f64) -> Option<Self> {
        let total: f64 = weights.iter().sum();
        let ups: f64 = weights.iter().zip(up).filter(|(_, up)| **up).map(|(w, _)| w).sum();
        if rows.len() != up.len() || rows.len() != weights.len() || !(ups > 0.0 && ups < total) {
            return None;
        }
        let mut model = Self { centre: [0.0; WIDTH], scale: [1.0; WIDTH], weights: [0.0; UNKNOWNS] };
        for j in 0..WIDTH {
            let mean = rows.iter().zip(weights).map(|(row, w)| w * row[j]).sum::<f64>() / total;
            let square =
                rows.iter().zip(weights).map(|(row, w)| w * (row[j] - mean).powi(2)).sum::<f64>() / total;
            model.centre[j] = mean;
            model.scale[j] = square.sqrt().max(1e-9);
        }
        for _ in 0..MOST_PASSES {
            let step = model.newton(rows, up, weights, penalty)?;
            for (weight, step) in model.weights.iter_mut().zip(step) {
                *weight -= step;
            }
            if step.iter().all(|s| s.abs() < CLOSE_ENOUGH) {
                break;
            }
        }
        model.weights.iter().all(|w| w.is_finite()).then_some(model)
    }

    fn newton(
        &self,
        rows: &[Features],
        up: &[bool],
        weights: &[f64],
        penalty: f64,
    ) -> Option<[f64; UNKNOWNS]> {
        let mut gradient = [0.0; UNKNOWNS];
        let mut curvature = [[0.0; UNKNOWNS]; UNKNOWNS];
        for ((row, up), weight) in rows.iter().zip(up).zip(weights).filter(|(_, w)| **w > 0.0) {
            let x = self.scaled(row);
            let p = 1.0 / (1.0 + (-dot(&self.weights, &x)).exp());
            let (error, bend) = (weight * (p - f64::from(u8::from(*up))), weight * p * (1.0 - p));
            for i in 0..UNKNOWNS {
                gradient[i] += error * x[i];
                let bent = bend * x[i];
                for (sum, xj) in curvature[i][..=i].iter_mut().zip(x) {
                    *sum += bent * xj;
                }
            }
        }
        for i in 0..UNKNOWNS {
            let ridge = if i < WIDTH { penalty } else { 1e-9 };
            gradient[i] += ridge * self.weights[i] * f64::from(u8::from(i < WIDTH));
            curvature[i][i] += ridge;
        }
        solve(&mut curvature, gradient)
    }

    fn scaled(&self, row: &Features) -> [f64; UNKNOWNS] {
        std::array::from_fn(|j| if j < WIDTH { (row[j] - self.centre[j]) / self.scale[j] } else { 1.0 })
    }

    /// Log odds of going up.
    pub fn odds(&self, row: &Features) -> f64 {
        dot(&self.weights, &self.scaled(row))
    }
}

fn dot(a: &[f64; UNKNOWNS], b: &[f64; UNKNOWNS]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Solves A x = b for a positive definite A, of which the lower half is given, by Cholesky's decomposition in place.
fn solve(a: &mut [[f64; UNKNOWNS]; UNKNOWNS], b: [f64; UNKNOWNS]) -> Option<[f64; UNKNOWNS]> {
    let mut x = b;
    for i in 0..UNKNOWNS {
        for j in 0..=i {
            let sum: f64 = a[i][j] - (0..j).map(|k| a[i][k] * a[j][k]).sum::<f64>();
            a[i][j] = if i == j { Some(sum).filter(|s| *s > 0.0)?.sqrt() } else { sum / a[j][j] };
        }
        x[i] = (x[i] - (0..i).map(|k| a[i][k] * x[k]).sum::<f64>()) / a[i][i];
    }
    for i in (0..UNKNOWNS).rev() {
        x[i] = (x[i] - (i + 1..UNKNOWNS).map(|k| a[k][i] * x[k]).sum::<f64>()) / a[i][i];
    }
    Some(x)
}
