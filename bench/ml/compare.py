"""Compares `ml-vm indicators --all` with TA-Lib: every column to 1e-9 (relative to the price where it is above 1), the
empty cells exactly.

    python bench/ml/compare.py target/release/ml-vm [FILE.csv.gz of StockNet's raw prices]

Without the file only generated series are compared. Ends with 1 where a figure differs.
"""
import csv
import gzip
import subprocess
import sys
import tempfile

import numpy as np
import talib

COLUMNS = "ema12 ema26 macd macd_signal macd_hist rsi14 bb_upper bb_mid bb_lower slowk slowd fastk fastd".split()
FURTHER = "sma50 atr14 obv roc10 volatility20 drawdown".split()


def expected(high, low, close, volume):
    out = {"ema12": talib.EMA(close, 12), "ema26": talib.EMA(close, 26), "rsi14": talib.RSI(close, 14)}
    out["macd"], out["macd_signal"], out["macd_hist"] = talib.MACD(close, 12, 26, 9)
    out["bb_upper"], out["bb_mid"], out["bb_lower"] = talib.BBANDS(close, 20, 2, 2)
    out["slowk"], out["slowd"] = talib.STOCH(high, low, close, 14, 3, 0, 3, 0)
    out["fastk"], out["fastd"] = talib.STOCHF(high, low, close, 14, 3, 0)
    out["sma50"], out["atr14"] = talib.SMA(close, 50), talib.ATR(high, low, close, 14)
    out["obv"], out["roc10"] = talib.OBV(close, volume), talib.ROC(close, 10)
    out["volatility20"] = np.full(len(close), np.nan)
    if len(close) > 1 and (close > 0).all():
        out["volatility20"][1:] = talib.STDDEV(np.log(close[1:] / close[:-1]), 20, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        highest = np.maximum.accumulate(close)
        out["drawdown"] = np.where(highest > 0, close / highest - 1, np.nan)
    return out


def actual(program, high, low, close, volume):
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write("symbol,interval,time,open,high,low,close,adj_close,volume\n")
        for i in range(len(close)):
            day = np.datetime64("1990-01-01") + i
            prices = (repr(float(v)) for v in (close[i], high[i], low[i], close[i]))
            file.write(f"A,1d,{day}T00:00:00Z,{','.join(prices)},,{float(volume[i])!r}\n")
        file.flush()
        done = subprocess.run([program, "indicators", "--all", "--bars", file.name], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"ml-vm ended with {done.returncode}: {done.stderr}")
    rows = list(csv.DictReader(done.stdout.splitlines()))
    return {name: np.array([float(r[name]) if r[name] else np.nan for r in rows]) for name in COLUMNS + FURTHER}


def generated():
    rng = np.random.default_rng(7)
    walk = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, 700)))
    shapes = {"walk": walk, "flat": np.full(300, 12.34), "rising": np.linspace(1, 500, 300),
              "falling": np.linspace(500, 1, 300), "saw": 50 + np.arange(300) % 7.0,
              "flat after a rise": np.concatenate([np.linspace(1, 2, 40), np.full(900, 2.0)]),
              "huge": walk * 1e9, "very huge": walk * 1e100, "tiny": walk * 1e-7, "very tiny": walk * 1e-12,
              "denormal": walk * 1e-300, "pennies": np.round(walk / 50, 2), "negative": walk - 150,
              "through zero": np.round(np.cumsum(rng.normal(0, 1, 400))), "a split": np.where(np.arange(700) < 350, walk, walk / 10),
              "jumps": np.where(rng.random(700) < 0.02, walk * 50, walk), "steps": np.repeat(np.round(walk[:60]), 9)}
    for n in (0, 1, 2, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 20, 21, 25, 26, 33, 34, 35, 50, 51):
        shapes[f"{n} bars"] = walk[:n]
    for name, close in shapes.items():
        spread = np.abs(close) * 0.01 * rng.random(len(close))
        volume = np.round(1e6 * rng.random(len(close)))
        yield name, close + spread, close - spread, close, volume
        yield f"{name}, no range", close.copy(), close.copy(), close, np.zeros(len(close))


def stocknet(path):
    stocks = {}
    with gzip.open(path, "rt") as file:
        for row in csv.DictReader(file):
            figures = [float(row[k] or "nan") for k in ("High", "Low", "Close", "Volume")]
            if not np.isnan(figures).any() and figures[0] >= figures[1]:
                stocks.setdefault(row["stock"], []).append(figures)
    for name, rows in stocks.items():
        yield (name, *(np.ascontiguousarray(column) for column in np.array(rows).T))


def main():
    program, files = sys.argv[1], sys.argv[2:]
    series = list(generated()) + [s for path in files for s in stocknet(path)]
    bad, worst, cells = 0, 0.0, 0
    for name, high, low, close, volume in series:
        got = actual(program, high, low, close, volume)
        wanted = expected(high, low, close, volume) if len(close) else {k: np.array([]) for k in COLUMNS + FURTHER}
        for column in COLUMNS + FURTHER:
            a, b = got[column], wanted[column]
            if (np.isnan(a) != np.isnan(b)).any():
                bad += 1
                print(f"{name}: {column}: other empty cells", np.flatnonzero(np.isnan(a) != np.isnan(b))[:5])
                continue
            known = ~np.isnan(a)
            cells += int(known.sum())
            with np.errstate(over="ignore", invalid="ignore"):
                off = np.abs(a - b)[known] / np.maximum(1, np.abs(b[known]))
            off = np.where(a[known] == b[known], 0, off)
            if len(off) and not off.max() <= 1e-9:
                bad += 1
                at = np.flatnonzero(known)[int(np.nanargmax(off))]
                print(f"{name}: {column}: {a[at]!r} is not {b[at]!r} at {at}")
            elif len(off):
                worst = max(worst, float(off.max()))
    print(f"{len(series)} series, {cells} cells, TA-Lib {talib.__version__}: largest difference {worst:.1e}, {bad} columns differ")
    sys.exit(1 if bad else 0)


main()
