"""The split as a pandas user would write it: one frame, findall, explode, map, sort, a group for each asset."""

import pandas as pd

import common


def main():
    lake, out = common.arguments()
    posts = pd.concat(
        [
            pd.read_parquet(file, columns=common.COLUMNS).assign(source=source)
            for source, files in common.parts(lake)
            for file in files
        ],
        ignore_index=True,
    )
    posts["code"] = posts["text"].str.findall(common.CASHTAG)
    rows = posts.explode("code", ignore_index=True)
    rows["asset"] = rows.pop("code").map(common.codes(lake))
    rows = rows.dropna(subset=["asset"]).drop_duplicates(["asset", "source", "id"])
    rows = rows.sort_values(["asset", "created_at", "source", "id"], ignore_index=True)
    for symbol, group in rows.groupby("asset", sort=False):
        folder = common.place(out, symbol)
        group = group.drop(columns="asset")
        group.to_csv(folder / "posts.csv", index=False)
        group.to_parquet(folder / "posts.parquet", index=False, compression="zstd")
    common.done(len(posts), len(rows))


main()
