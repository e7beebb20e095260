//! False discoveries: what p-values are worth when there are many.

/// The q-value of each p-value, in their order: the smallest rate of false discoveries at which the test would count as one
/// (Benjamini and Hochberg, "Controlling the False Discovery Rate", 1995). A p that is NaN has q 1 and counts as a test.
pub fn q_values(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut q = vec![1.0; p.len()];
    let mut smallest = 1.0_f64;
    for (rank, &index) in order.iter().enumerate().rev() {
        // `min` passes NaN over.
        smallest = smallest.min(p[index] * p.len() as f64 / (rank + 1) as f64);
        q[index] = if p[index].is_nan() { 1.0 } else { smallest };
    }
    q
}

#[cfg(test)]
mod tests {
    use super::*;

    /// statsmodels 0.15: `multipletests([.01, .02, .03, .04, .5, .001], method="fdr_bh")[1]`.
    #[test]
    fn are_those_of_statsmodels() {
        let q = q_values(&[0.01, 0.02, 0.03, 0.04, 0.5, 0.001]);
        for (got, wanted) in q.iter().zip([0.03, 0.04, 0.045, 0.048, 0.5, 0.006]) {
            assert!((got - wanted).abs() < 1e-12, "{q:?}");
        }
        assert!(q_values(&[]).is_empty());
        assert_eq!(q_values(&[f64::NAN, 0.01]), [1.0, 0.02]);
    }
}
