"""What Spark's event log says of each stage: tasks, seconds, bytes shuffled, how much slower the slowest task was."""

import json
import statistics
import sys

tasks = {}
with open(sys.argv[1], encoding="utf-8") as events:
    for line in events:
        event = json.loads(line)
        if event["Event"] == "SparkListenerTaskEnd" and event.get("Task Metrics"):
            tasks.setdefault(event["Stage ID"], []).append(event)
for stage, ended in sorted(tasks.items()):
    seconds = sorted((e["Task Info"]["Finish Time"] - e["Task Info"]["Launch Time"]) / 1000 for e in ended)
    # The large ones are those that take at least a tenth of the slowest: many partitions hold next to nothing.
    large = [s for s in seconds if s >= seconds[-1] / 10]
    written = sum(e["Task Metrics"]["Shuffle Write Metrics"]["Shuffle Bytes Written"] for e in ended)
    rows = sum(e["Task Metrics"]["Shuffle Write Metrics"]["Shuffle Records Written"] for e in ended)
    print(
        f"stage {stage}: {len(seconds)} tasks, slowest {seconds[-1]:.1f} s, median of the {len(large)} large ones "
        f"{statistics.median(large):.1f} s, {written / 1e6:.0f} MB in {rows} rows shuffled"
    )
