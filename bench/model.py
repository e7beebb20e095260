#!/usr/bin/env python3
"""What a large slot takes on a cluster, from what a small one took: the table of docs/scaling-split.md.

    model.py --cpu-s 12.8 --in-bytes 80 --rows 1.31 --shuffle-bytes 172 --out-bytes 450 --merge-rows-s 1000000

All measured by bench/spark on one machine, marginal (the difference of two sizes, so that Spark's start does not count): seconds of
processor for a million posts; bytes of records for a post; rows (mentions) of a post; bytes shuffled and written for a row;
rows that `commit` merges in a second on four cores. Assets that several tasks share are merged by the driver alone, so their share
of all rows counts for itself (default: of the ten largest of 50,000 by Zipf's law). The
prices are list prices of us-central1 in US dollars, from memory, November 2026.
"""

import argparse

CORES, GIB = 8, 32
PRICES = {"core-hour": 0.031611, "GiB-hour": 0.004237, "Dataproc, core-hour": 0.010, "local SSD of 375 GB, hour": 0.041}
WRITES, STORED_GB_MONTH = 0.005 / 1000, 0.020
# Stragglers, the lake's latency, a shuffle over a network instead of a loopback: not measured, allowed for.
ALLOWANCE = 2.5
START_S = 120
OBJECTS_A_SECOND = 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("cpu-s", "in-bytes", "rows", "shuffle-bytes", "out-bytes"):
        parser.add_argument(f"--{name}", type=float, required=True)
    parser.add_argument("--posts", type=float, default=1e9)
    parser.add_argument("--assets", type=int, default=50_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[10, 20, 40])
    parser.add_argument("--merge-rows-s", type=float, required=True)
    parser.add_argument("--shared", type=float, default=0.26)
    given = parser.parse_args()

    rows = given.posts * given.rows
    core_hours = given.cpu_s * given.posts / 1e6 / 3600
    objects = given.assets * 6
    gigabytes = [given.posts * given.in_bytes / 1e9, rows * given.shuffle_bytes / 1e9, rows * given.out_bytes / 1e9]
    hour = CORES * (PRICES["core-hour"] + PRICES["Dataproc, core-hour"]) + GIB * PRICES["GiB-hour"] + PRICES["local SSD of 375 GB, hour"]
    print(f"{given.posts:.0f} posts, {rows:.3g} rows: {core_hours:.2f} core-hours; "
          f"read {gigabytes[0]:.0f} GB, shuffled {gigabytes[1]:.0f} GB, written {gigabytes[2]:.0f} GB in {objects} objects")
    print(f"writes {objects * WRITES:.2f} $ a slot; output kept {gigabytes[2] * STORED_GB_MONTH:.2f} $ a month\n")
    print("| workers | shuffle each, GB | tasks, minutes | shared assets, minutes | writing objects, minutes | all, minutes | $ a slot |\n|" + " --- |" * 7)
    for workers in given.workers:
        tasks = core_hours / (workers * CORES) * ALLOWANCE * 60
        writing = objects / OBJECTS_A_SECOND / 60
        shared = rows * given.shared / (given.merge_rows_s * CORES / 4) / 60
        minutes = tasks + shared + writing + START_S / 60
        # The master is one more machine of the kind.
        cost = (workers + 1) * hour * minutes / 60 + objects * WRITES
        print(f"| {workers} | {gigabytes[1] / workers:.0f} | {tasks:.1f} | {shared:.1f} | {writing:.1f} | {minutes:.1f} | {cost:.2f} |")


if __name__ == "__main__":
    main()
