//! The standard normal distribution: density and quantile function.

pub mod low;

/// Density at `z`.
pub fn density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// The `z` below which a share `p` lies; minus or plus infinity at 0 and 1, NaN outside. Wichura's algorithm AS 241,
/// accurate to about 1e-16 relative.
pub fn quantile(p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p == 0.0 || p == 1.0 {
        return if p == 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180625 - q * q;
        return q * horner(&CENTRE.0, r) / horner(&CENTRE.1, r);
    }
    let r = (-p.min(1.0 - p).ln()).sqrt();
    let z = if r <= 5.0 {
        horner(&MIDDLE.0, r - 1.6) / horner(&MIDDLE.1, r - 1.6)
    } else {
        horner(&TAIL.0, r - 5.0) / horner(&TAIL.1, r - 5.0)
    };
    z.copysign(q)
}

fn horner(coefficients: &[f64; 8], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

/// Numerator and denominator, lowest power first.
type Rational = ([f64; 8], [f64; 8]);

const CENTRE: Rational = (
    [
        3.3871328727963665,
        133.14166789178438,
        1971.5909503065513,
        13731.69376550946,
        45921.95393154987,
        67265.7709270087,
        33430.57558358813,
        2509.0809287301227,
    ],
    [
        1.0,
        42.31333070160091,
        687.1870074920579,
        5394.196021424751,
        21213.794301586597,
        39307.89580009271,
        28729.085735721943,
        5226.495278852854,
    ],
);

const MIDDLE: Rational = (
    [
        1.4234371107496835,
        4.630337846156546,
        5.769497221460691,
        3.6478483247632045,
        1.2704582524523684,
        0.2417807251774506,
        0.022723844989269184,
        0.0007745450142783414,
    ],
    [
        1.0,
        2.053191626637759,
        1.6763848301838038,
        0.6897673349851,
        0.14810397642748008,
        0.015198666563616457,
        0.0005475938084995345,
        1.0507500716444169e-09,
    ],
);

const TAIL: Rational = (
    [
        6.657904643501103,
        5.463784911164114,
        1.7848265399172913,
        0.29656057182850487,
        0.026532189526576124,
        0.0012426609473880784,
        2.7115555687434876e-05,
        2.0103343992922881e-07,
    ],
    [
        1.0,
        0.599832206555888,
        0.1369298809227358,
        0.014875361290850615,
        0.0007868691311456133,
        1.8463183175100548e-05,
        1.421511758316446e-07,
        2.0442631033899397e-15,
    ],
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_quantiles() {
        let table = [
            (0.5, 0.0),
            (0.95, 1.6448536269514722),
            (0.975, 1.9599639845400545),
            (0.99, 2.3263478740408408),
            (0.01, -2.3263478740408408),
            (1e-10, -6.361340902404056),
            (1e-20, -9.262340089798408),
        ];
        for (p, z) in table {
            assert!((quantile(p) - z).abs() < 1e-12, "{p}: {} is not {z}", quantile(p));
        }
        assert!(quantile(0.0).is_infinite() && quantile(1.5).is_nan());
    }

    #[test]
    fn density_is_the_slope_of_the_distribution() {
        for p in [0.01, 0.2, 0.5, 0.9] {
            let slope = 2e-6 / (quantile(p + 1e-6) - quantile(p - 1e-6));
            assert!((slope - density(quantile(p))).abs() < 1e-6);
        }
    }
}
