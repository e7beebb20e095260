"""What the three scripts share: which files to read, which codes name an asset, which columns to keep.

    NAME_split.py LAKE OUT

LAKE is a folder in the lake's layout, OUT is written: asset=SYMBOL/posts.csv and posts.parquet. The last line on standard
output is {"posts": …, "rows": …}.
"""

import csv
import json
import pathlib
import sys
import urllib.parse

# A dollar sign and a code. The records are invented so that nothing else looks like one.
CASHTAG = r"\$([A-Z]{1,6})\b"
COLUMNS = [
    "id", "kind", "author_name", "author_followers", "text", "lang", "vendor_sentiment", "created_at", "collected_at", "url",
    "likes", "reposts",
]


def arguments():
    """The two folders."""
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} LAKE OUT")
    return pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])


def parts(lake):
    """(source, files) of the posts."""
    sources = sorted(lake.glob("records/kind=post/slot=*/source=*"))
    return [(folder.name.partition("=")[2], sorted(map(str, folder.glob("*.parquet")))) for folder in sources]


def codes(lake):
    """Code behind the dollar sign -> symbol. A coin's code is its symbol without the currency."""
    with open(lake / "state/assets.csv", newline="", encoding="utf-8") as file:
        return {row["symbol"].removesuffix("-USD"): row["symbol"] for row in csv.DictReader(file)}


def place(out, symbol):
    """The folder of an asset, made."""
    folder = out / f"asset={urllib.parse.quote(symbol, safe='')}"
    folder.mkdir(parents=True)
    return folder


def done(posts, rows):
    """The last word."""
    print(json.dumps({"posts": int(posts), "rows": int(rows)}))
