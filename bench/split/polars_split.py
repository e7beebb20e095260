"""The split as a polars user would write it: a lazy plan on all cores, one sort, then a slice and two writers for each asset."""

import polars as pl

import common


def main():
    lake, out = common.arguments()
    scans = [
        pl.scan_parquet(files).select(common.COLUMNS).with_columns(source=pl.lit(source))
        for source, files in common.parts(lake)
    ]
    posts = pl.concat(scans)
    codes = common.codes(lake)
    dictionary = pl.LazyFrame({"code": list(codes), "asset": list(codes.values())})
    rows = (
        posts.with_columns(code=pl.col("text").str.extract_all(common.CASHTAG).list.unique())
        .explode("code")
        .with_columns(pl.col("code").str.strip_prefix("$"))
        .join(dictionary, on="code")
        .drop("code")
        .sort("asset", "created_at", "source", "id")
        .collect(engine="streaming")
    )
    total = posts.select(pl.len()).collect().item()
    start = 0
    for symbol, length in rows.group_by("asset", maintain_order=True).len().iter_rows():
        folder = common.place(out, symbol)
        group = rows.slice(start, length).drop("asset")
        start += length
        group.write_csv(folder / "posts.csv")
        group.write_parquet(folder / "posts.parquet", compression="zstd")
    common.done(total, len(rows))


main()
