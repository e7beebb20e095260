//! `ml-vm indicators`: technical indicators of a file of bars, as CSV.

use std::io::Write;

use analytics::indicators::{atr, drawdown, fused, obv, rate_of_change, sma, volatility};
use anyhow::Context;
use domain::Outcome;

use crate::bars::{BarLine, load};
use crate::cli::IndicatorsArgs;

/// Reads the bars, writes the indicators of the closes as traded.
///
/// # Errors
/// The file cannot be read, or the output not written.
pub fn run(args: &IndicatorsArgs, out: &mut impl Write) -> anyhow::Result<Outcome> {
    let file = load(&args.bars)?;
    for reason in &file.rejected {
        eprintln!("ml-vm: {reason}");
    }
    write(&file.bars, args.all, out).context("cannot write the indicators")?;
    Ok(crate::judge(file.bars.len(), file.rejected.len(), "bars"))
}

fn write(bars: &[BarLine], all: bool, out: &mut impl Write) -> std::io::Result<()> {
    let closes: Vec<f64> = bars.iter().map(|b| b.close).collect();
    let highs: Vec<f64> = bars.iter().map(|b| b.high).collect();
    let lows: Vec<f64> = bars.iter().map(|b| b.low).collect();
    let usual = fused(&highs, &lows, &closes);
    let more = if all { further(bars, &highs, &lows, &closes) } else { Vec::new() };
    let further = more.iter().map(|(name, column)| (*name, column.as_slice()));
    let columns: Vec<(&str, &[f64])> = usual.named().into_iter().chain(further).collect();
    write!(out, "time")?;
    for (name, _) in &columns {
        write!(out, ",{name}")?;
    }
    writeln!(out)?;
    for (i, bar) in bars.iter().enumerate() {
        write!(out, "{}", bar.time)?;
        for (_, column) in &columns {
            write!(out, ",{}", digits(column[i]))?;
        }
        writeln!(out)?;
    }
    out.flush()
}

/// The columns of `--all`. On-balance volume is empty from the first bar whose volume is not known: what it would be from
/// there on nobody can say.
fn further(bars: &[BarLine], highs: &[f64], lows: &[f64], closes: &[f64]) -> Vec<(&'static str, Vec<f64>)> {
    let known = bars.iter().take_while(|b| b.volume.is_some());
    let volumes: Vec<f64> = known.filter_map(|b| b.volume).collect();
    vec![
        ("sma50", sma(closes, 50)),
        ("atr14", atr(highs, lows, closes, 14)),
        ("obv", obv(closes, &volumes)),
        ("roc10", rate_of_change(closes, 10)),
        ("volatility20", volatility(closes, 20)),
        ("drawdown", drawdown(closes)),
    ]
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
            open: 1.0,
            opens_at: chrono::DateTime::from_timestamp(i, 0).unwrap(),
            high: 2.0 + i as f64,
            low: 1.0,
            close: 1.5 + (i % 3) as f64,
            adj_close: None,
            volume: None,
        };
        let bars: Vec<BarLine> = (0..34).map(bar).collect();
        let mut out = Vec::new();
        write(&bars, false, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 35);
        assert_eq!(lines[1], "t0,,,,,,,,,,,,,");
        assert!(!lines[34].contains(",,"), "{}", lines[34]);
        let head = "time,ema12,ema26,macd,macd_signal,macd_hist,rsi14,bb_upper,bb_mid,bb_lower,slowk,slowd,fastk,fastd";
        assert_eq!(lines[0], head);

        let mut out = Vec::new();
        write(&bars, true, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], format!("{head},sma50,atr14,obv,roc10,volatility20,drawdown"));
        let last: Vec<&str> = lines[34].split(',').collect();
        // No 50 bars and no volume.
        assert_eq!((last[14], last[16]), ("", ""));
        assert!([15, 17, 18, 19].iter().all(|&i| last[i].parse::<f64>().is_ok()), "{last:?}");
    }

    #[test]
    fn no_bars_are_a_head_alone() {
        let mut out = Vec::new();
        write(&[], true, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap().lines().count(), 1);
    }
}
