"""The split as a DuckDB user would write it: one statement to find the mentions, sorted; then a COPY for each asset, which on
thousands of assets is faster than PARTITION_BY and writes one file an asset. Set PARTITION_BY=1 to see."""

import os

import duckdb

import common


def main():
    lake, out = common.arguments()
    connection = duckdb.connect(":memory:", config={"preserve_insertion_order": True})
    connection.execute("CREATE TABLE codes (code VARCHAR, asset VARCHAR)")
    connection.executemany("INSERT INTO codes VALUES (?, ?)", list(common.codes(lake).items()))
    columns = ", ".join(common.COLUMNS)
    posts = " UNION ALL ".join(
        f"SELECT {columns}, '{source}' AS source FROM read_parquet({files!r})" for source, files in common.parts(lake)
    )
    connection.execute(
        f"""
        CREATE TABLE rows AS
        SELECT asset, mentions.* EXCLUDE (code)
        FROM (SELECT *, unnest(list_distinct(regexp_extract_all(text, '{common.CASHTAG}', 1))) AS code FROM ({posts})) mentions
        JOIN codes USING (code)
        ORDER BY asset, created_at, source, id
        """
    )
    if os.environ.get("PARTITION_BY"):
        out.mkdir(parents=True, exist_ok=True)
        for form in ("CSV, HEADER", "PARQUET, COMPRESSION zstd"):
            options = f"FORMAT {form}, PARTITION_BY (asset), OVERWRITE_OR_IGNORE"
            connection.execute(f"COPY rows TO '{out}' ({options})")
    else:
        for (symbol,) in connection.execute("SELECT DISTINCT asset FROM rows ORDER BY asset").fetchall():
            folder = common.place(out, symbol)
            group = f"SELECT * EXCLUDE (asset) FROM rows WHERE asset = '{symbol}' ORDER BY created_at, source, id"
            connection.execute(f"COPY ({group}) TO '{folder}/posts.csv' (FORMAT CSV, HEADER)")
            connection.execute(f"COPY ({group}) TO '{folder}/posts.parquet' (FORMAT PARQUET, COMPRESSION zstd)")
    total = connection.execute(f"SELECT count(*) FROM ({posts})").fetchone()[0]
    rows = connection.execute("SELECT count(*) FROM rows").fetchone()[0]
    common.done(total, rows)


main()
