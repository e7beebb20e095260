//! `ml-vm indicators`: technical indicators of a file of bars, as CSV.

use std::io::Write;

use analytics::indicators::{bollinger, ema, macd, rsi, stochastic};
use anyhow::Context;
use domain::Outcome;

use crate::bars::{BarLine, load};
use crate::cli::BarsArgs;

const HEAD: &str =
    "time,ema12,ema26,macd,macd_signal,macd_hist,rsi14,bb_upper,bb_mid,bb_lower,slowk,slowd,fastk,fastd";

/// Reads the bars, writes the indicators of the closes as traded.
///
/// # Errors
/// The file cannot be read, or the output not written.
pub fn run(args: &BarsArgs, out: &mut impl Write) -> anyhow::Result<Outcome> {
    let file = load(args)?;
    for reason in &file.rejected {
        eprintln!("ml-vm: {reason}");
    }
    write(&file.bars, out).context("cannot write the indicators")?;
    Ok(crate::judge(file.bars.len(), file.rejected.len(), "bars"))
}

fn write(bars: &[BarLine], out: &mut impl Write) -> std::io::Result<()> {
    let closes: Vec<f64> = bars.iter().map(|b| b.close).collect();
    let highs: Vec<f64> = bars.iter().map(|b| b.high).collect();
    let lows: Vec<f64> = bars.iter().map(|b| b.low).collect();
    let macd = macd(&closes, 12, 26, 9);
    let bands = bollinger(&closes, 20, 2.0);
    let swing = stochastic(&highs, &lows, &closes, 14, 3, 3);
    let columns = [
        ema(&closes, 12),
        ema(&closes, 26),
        macd.macd,
        macd.signal,
        macd.histogram,
        rsi(&closes, 14),
        bands.upper,
        bands.middle,
        bands.lower,
        swing.slow_k,
        swing.slow_d,
        swing.fast_k,
        swing.fast_d,
    ];
    writeln!(out, "{HEAD}")?;
    for (i, bar) in bars.iter().enumerate() {
        write!(out, "{}", bar.time)?;
        for column in &columns {
            write!(out, ",{}", digits(column[i]))?;
        }
        writeln!(out)?;
    }
    out.flush()
}

/// A number with 17 significant digits, which name it exactly; nothing for NaN.
fn digits(value: f64) -> String {
    if value.is_nan() {
        return String::new();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let exponent = value.abs().log10().floor() as i32;
    if (-5..17).contains(&exponent) {
        format!("{value:.*}", (16 - exponent) as usize)
    } else {
        format!("{value:.16e}")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn digits_name_a_number_exactly() {
        assert_eq!(digits(0.1), "0.10000000000000001");
        assert_eq!(digits(f64::NAN), "");
        for value in [1.0 / 3.0, -123.456, 1e-9, 1.5e20, 99.99999999999999, 7e-6] {
            assert_eq!(digits(value).parse::<f64>().unwrap(), value, "{}", digits(value));
        }
    }

    #[test]
    fn warming_up_is_empty() {
        let bar = |i: i64| BarLine {
            time: format!("t{i}"),
            opens_at: chrono::DateTime::from_timestamp(i, 0).unwrap(),
            high: 2.0 + i as f64,
            low: 1.0,
            close: 1.5 + (i % 3) as f64,
            adj_close: None,
            volume: None,
        };
        let bars: Vec<BarLine> = (0..34).map(bar).collect();
        let mut out = Vec::new();
        write(&bars, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 35);
        assert_eq!(lines[1], "t0,,,,,,,,,,,,,");
        assert!(!lines[34].contains(",,"), "{}", lines[34]);
    }
}
