"""The split as a DuckDB user would write it: one statement to find the mentions, sorted; then one COPY for each format, which
writes a file for each asset."""

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
    # One file an asset: by default DuckDB holds 100 files open, and begins a new one where an asset comes back.
    connection.execute("SET partitioned_write_max_open_files = 200000")
    for form in ("CSV, HEADER", "PARQUET, COMPRESSION zstd"):
        connection.execute(f"COPY rows TO '{out}' (FORMAT {form}, PARTITION_BY (asset), FILENAME_PATTERN 'posts_{{i}}', OVERWRITE_OR_IGNORE)")
    total = connection.execute(f"SELECT count(*) FROM ({posts})").fetchone()[0]
    rows = connection.execute("SELECT count(*) FROM rows").fetchone()[0]
    common.done(total, rows)


main()
