//! The prices behind a risk, and a digest by which two places prove that they computed from the same ones.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// One asset's closes up to a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// The asset.
    pub symbol: String,
    /// The day of the last close.
    pub on: NaiveDate,
    /// That close as it was traded.
    pub price: f64,
    /// Closes that can be compared over time ([`crate::adjust::comparable`]), oldest first, up to that day.
    pub closes: Vec<f64>,
}

impl Series {
    /// Sha256, in hex, of the symbol, a zero byte, the day in ISO 8601 and all figures as 64-bit floats, lowest byte first:
    /// two series have the same one where every figure is the same to the last bit.
    pub fn digest(&self) -> String {
        let mut bytes = self.symbol.clone().into_bytes();
        bytes.push(0);
        bytes.extend(self.on.to_string().into_bytes());
        bytes.extend(self.price.to_le_bytes());
        bytes.extend(self.closes.iter().flat_map(|close| close.to_le_bytes()));
        domain::lake::sha256(&bytes)
    }

    /// Simple returns, one fewer than there are closes: what one unit of money earned in a day.
    pub fn returns(&self) -> Vec<f64> {
        self.closes.windows(2).map(|pair| pair[1] / pair[0] - 1.0).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn series() -> Series {
        let on = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
        Series { symbol: "A".into(), on, price: 99.0, closes: vec![100.0, 110.0, 99.0] }
    }

    #[test]
    fn returns_are_shares_of_the_day_before() {
        let returns = series().returns();
        assert!((returns[0] - 0.1).abs() < 1e-15 && (returns[1] + 0.1).abs() < 1e-15, "{returns:?}");
        assert_eq!(Series { closes: vec![1.0], ..series() }.returns(), Vec::<f64>::new());
    }

    #[test]
    fn every_part_counts_in_the_digest() {
        let same = series().digest();
        // The bytes written out: 99, 100, 110 and 99 as doubles, lowest byte first.
        let by_hand: Vec<u8> = [
            b"A\x002026-11-20".to_vec(),
            vec![0, 0, 0, 0, 0, 0xc0, 0x58, 0x40],
            vec![0, 0, 0, 0, 0, 0, 0x59, 0x40],
            vec![0, 0, 0, 0, 0, 0x80, 0x5b, 0x40],
            vec![0, 0, 0, 0, 0, 0xc0, 0x58, 0x40],
        ]
        .concat();
        assert_eq!(same, domain::lake::sha256(&by_hand));
        let day = series().on.succ_opt().unwrap();
        for other in [
            Series { symbol: "B".into(), ..series() },
            Series { on: day, ..series() },
            Series { price: 99.000_000_000_000_01, ..series() },
            Series { closes: vec![100.0, 110.0], ..series() },
            Series { closes: vec![110.0, 100.0, 99.0], ..series() },
        ] {
            assert_ne!(other.digest(), same, "{other:?}");
        }
        let sent: Series = serde_json::from_str(&serde_json::to_string(&series()).unwrap()).unwrap();
        assert_eq!(sent.digest(), same);
    }
}
